"""What one route was sent is put into a request of another that asks for the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.stored import filled, in_common
from pytest_oneresponse.routes import Route

FORM = "application/x-www-form-urlencoded"
LOGIN = Draft(
    "POST", ("/login",), media=FORM, fields=(("username", "w1qb"), ("password", "w2qc")), query=(("next", "/"),)
)
JSON = Draft(
    "POST", ("/login",), media="application/json", json={"user": {"email": "w1qb", "password": "w2qc"}, "keep": True}
)
REGISTERED = Request(
    "POST",
    "/register",
    "",
    (("content-type", "application/json"),),
    b'{"email": "a@b", "password": "long", "keep": false}',
)
FORMED = Request(
    "POST", "/register", "", (("content-type", FORM + "; charset=x"),), b"email=a%40b&password=long&empty="
)


@pytest.mark.parametrize("stored", [REGISTERED, FORMED])
def test_a_login_is_filled_with_what_has_registered(stored: Request) -> None:
    found = filled([LOGIN], [stored])
    assert found is not None and found.fields == (("username", "a@b"), ("password", "long"))
    found = filled([JSON], [stored])
    assert found is not None and found.json == {"user": {"email": "a@b", "password": "long"}, "keep": True}


def test_of_drafts_that_which_asks_for_most_is_filled() -> None:
    short = replace(LOGIN, fields=(("password", "w2qc"),))
    found = filled([short, LOGIN], [REGISTERED])
    assert found is not None and len(found.fields) == 2


@pytest.mark.parametrize(
    "stored",
    [
        [],
        [Request("POST", "/x", "", (("content-type", "application/json"),), b"[1]")],
        [Request("POST", "/x", "", (("content-type", "application/json"),), b"{")],
        [Request("POST", "/x", "", (("content-type", "text/plain"),), b"username=a")],
        [Request("POST", "/x", "", (), b"username=a")],
        [Request("POST", "/x", "", (("content-type", FORM),), b"other=a")],
    ],
)
def test_where_nothing_is_called_the_same_there_is_none(stored: list[Request]) -> None:
    assert filled([LOGIN, JSON], stored) is None


def register(data: Any) -> Any:
    return data["email"], data["password"], data["full name"]


def login(data: Any) -> Any:
    return data["user"], data["password"]


def test_routes_have_names_in_common_that_they_declare_or_read() -> None:
    body = {"$ref": "#/$defs/New", "$defs": {"New": {"properties": {"email": {}, "password": {}}}}}
    declared, read, other = Route("POST", "/a", None, body=body), Route("POST", "/b", login), Route("POST", "/c", print)
    assert in_common(declared, read) == in_common(Route("POST", "/d", register), read) == 2
    assert in_common(declared, other) == 0

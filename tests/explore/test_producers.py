"""IDs of other routes: who gives them, where they stand in a response, and which requests come first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.producers import Chain, found_id, placeholder, producer_of, with_ids
from pytest_oneresponse.protocols.client import Answer
from pytest_oneresponse.routes import Parameter, Route


def route(method: str, template: str) -> Route:
    """A route from a template with its parameters in braces."""
    texts = template.replace("}", "{").split("{")
    parts = [Parameter(text, "path") if place % 2 else text for place, text in enumerate(texts) if text]
    return Route(method, template, None, tuple(parts))


# producer_of


@pytest.mark.parametrize(
    ("method", "template", "name", "others", "wanted"),
    [
        ("GET", "/companies/{id}", "id", ["GET /companies", "POST /companies"], "POST /companies"),
        ("GET", "/companies/{id}", "id", ["GET /companies", "PUT /companies"], "PUT /companies"),
        ("GET", "/companies/{id}", "id", ["GET /companies"], "GET /companies"),
        ("GET", "/companies/{id}/", "id", ["POST /companies/"], "POST /companies/"),
        ("GET", "/companies/{id}/users", "id", ["POST /companies", "POST /companies/{id}/users"], "POST /companies"),
        # with another parameter before it
        ("DELETE", "/c/{c}/users/{u}", "u", ["POST /c", "POST /c/{c}/users"], "POST /c/{c}/users"),
        ("DELETE", "/c/{c}/users/{u}", "u", ["POST /c/{company}/users"], "POST /c/{company}/users"),
        ("DELETE", "/c/{c}/users/{u}", "c", ["POST /c", "POST /c/{c}/users"], "POST /c"),
        # there is none
        ("GET", "/companies/{id}", "id", ["DELETE /companies", "PATCH /companies"], None),
        ("GET", "/companies/{id}", "id", ["POST /company", "POST /", "POST /companies/{id}"], None),
        ("GET", "/companies/{id}", "id", [], None),
    ],
)
def test_a_producer_stands_above_what_it_creates(
    method: str, template: str, name: str, others: list[str], wanted: str | None
) -> None:
    own = route(method, template)
    found = producer_of([own, *(route(*other.split(" ")) for other in others)], own, name)
    assert (found.name if found is not None else None) == wanted


# found_id


def answer(document: Any, status: int = 201, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, tuple(headers.items()), bytearray(body))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (answer({"id": 7}), "7"),
        (answer({"id": "c7"}), "c7"),
        (answer({"id": 0}), "0"),
        (answer({"id": 7}, 200), "7"),
        (answer({"id": 7}, 303), "7"),
        # the parameter's own name comes first, then what IDs are mostly called
        (answer({"id": 7, "company": "c7"}), "c7"),
        (answer({"name": "Ann", "uuid": "u7"}), "u7"),
        (answer({"slug": "ann", "name": "Ann"}), "ann"),
        # further inside
        (answer({"data": {"id": 7}}), "7"),
        (answer({"data": {"id": 7}, "id": 8}), "8"),
        (answer([{"id": 7}, {"id": 8}]), "7"),
        (answer({"items": [{"id": 7}, {"id": 8}], "total": 2}), "7"),
        (answer({"data": {"company": "c7"}, "id": 7}), "c7"),
        (answer({"a": {"b": {"c": {"id": 7}}}}), "7"),
        (answer({"a": {"b": {"c": {"d": {"id": 7}}}}}), ""),
        # where it was created
        (answer(b"", location="/companies/c7"), "c7"),
        (answer(b"", 303, location="https://shop.test/companies/7/?new=1"), "7"),
        (answer({"id": 7}, location="/companies/c7"), "7"),
        # nothing that can stand in a path
        (answer({"id": None}), ""),
        (answer({"id": True}), ""),
        (answer({"id": ""}), ""),
        (answer({"id": [7]}), ""),
        (answer({"id": 7.5}), ""),
        (answer({"total": 7}), ""),
        (answer([]), ""),
        (answer(7), ""),
        (answer(b"{not json"), ""),
        (answer(b"\xff"), ""),
        (answer(b""), ""),
        # nothing was created
        (answer({"id": 7}, 404), ""),
        (answer({"id": 7}, 500), ""),
        (answer({"id": 7}, 0), ""),
        (answer(b"", 400, location="/companies/c7"), ""),
    ],
)
def test_an_id_is_found_in_a_response(told: Answer, wanted: str) -> None:
    assert found_id(told, "company") == wanted


# chains

COMPANY = Request("POST", "/companies")
USER = Request("POST", "/companies/{company}/users")
CHAIN = Chain().with_producer("company", COMPANY).with_producer("user", USER)
DELETE = Draft("DELETE", ("/c/", ("company",), "/users/", ("user",)), (("company", "1"), ("user", "2")))


def test_a_chain_holds_its_requests_in_order() -> None:
    assert (CHAIN.before, CHAIN.ids) == ((COMPANY, USER), ("company", "user"))


@pytest.mark.parametrize(
    ("chain", "paths"),
    [
        (Chain(), ["/c/1/users/2"]),
        (Chain((COMPANY,), ("company",)), ["/c/{company}/users/2", "/c/1/users/2"]),
        (CHAIN, ["/c/{company}/users/{user}", "/c/1/users/2"]),
        (Chain((COMPANY,), ("other",)), ["/c/1/users/2"]),
    ],
)
def test_each_draft_comes_with_ids_to_come_and_then_as_it_is(chain: Chain, paths: list[str]) -> None:
    assert [draft.request().path for draft in chain.applied([DELETE])] == paths
    assert [draft.request().path for draft in chain.applied([DELETE, DELETE])] == paths * 2


def test_a_draft_that_waits_for_its_ids_is_not_sent_twice() -> None:
    (waits, _) = CHAIN.applied([DELETE])
    assert list(CHAIN.applied([waits])) == [waits]


@pytest.mark.parametrize(
    ("path", "waits"),
    [
        ({"company": "{company}", "user": "{user}"}, True),
        ({"company": "{company}", "user": "2"}, True),
        ({"company": "1", "user": "{user}"}, True),
        ({"company": "1", "user": "2"}, False),
        ({"company": "{user}", "user": "2"}, False),
    ],
)
def test_requests_come_first_where_a_path_waits_for_their_ids(path: dict[str, str], waits: bool) -> None:
    draft = Draft("DELETE", DELETE.template, tuple(path.items()))
    trial = CHAIN.trial(draft)
    assert (trial.before, trial.ids) == (((COMPANY, USER), ("company", "user")) if waits else ((), ()))
    assert trial.request == draft.request() and trial.draft is draft


@pytest.mark.parametrize(
    ("path", "known", "wanted"),
    [
        ("/c/{company}/users/{user}", {"company": "c7", "user": "u8"}, "/c/c7/users/u8"),
        ("/c/{company}/users/{user}", {"company": "c7"}, "/c/c7/users/{user}"),
        ("/c/{company}/users/{user}", {}, "/c/{company}/users/{user}"),
        ("/c/{company}/{company}", {"company": "c7"}, "/c/c7/c7"),
        ("/c/1", {"company": "c7"}, "/c/1"),
        ("/c/{company}", {"company": ""}, "/c/"),
    ],
)
def test_ids_take_their_places_in_a_path(path: str, known: dict[str, str], wanted: str) -> None:
    request = Request("PUT", path, "a={company}", (("x-a", "{company}"),), b"{company}")
    changed = with_ids(request, known)
    assert changed.path == wanted
    assert (changed.query, changed.headers, changed.body) == (request.query, request.headers, request.body)


def test_what_stands_for_an_id_is_told_from_its_name() -> None:
    assert placeholder("company") == "{company}"

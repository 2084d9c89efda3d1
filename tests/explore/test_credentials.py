"""Where somebody may log in, what he is given there, and where he shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_oneresponse.explore.credentials import (
    Credentials,
    credential,
    credential_in,
    credential_of,
    exchanged,
    logins,
    shown,
)
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.producers import placeholder, with_ids
from pytest_oneresponse.protocols.client import Answer
from pytest_oneresponse.routes import Parameter, Route

TOKEN, COOKIE = credential(1, "token"), credential(1, "cookie-who")
GET = Draft("GET", ("/",))


def answer(document: Any = None, status: int = 200, *cookies: str) -> Answer:
    headers = tuple(("Set-Cookie", cookie) for cookie in cookies)
    return Answer(status, headers, bytearray(json.dumps(document).encode()))


def gives_a_token() -> Any:
    return {"token": "abc"}


def keeps_a_session(session: Any) -> None:
    session["user"] = 1


def talks() -> str:
    return "hello"


def route(method: str, template: str, handler: Any = talks) -> Route:
    return Route(method, template, handler, (template,))


def test_one_logs_in_by_a_route_that_is_called_so_or_gives_something() -> None:
    own = route("POST", "/orders", gives_a_token)
    routes = [
        own,
        route("POST", "/pair", keeps_a_session),
        route("POST", "/enroll", gives_a_token),
        route("POST", "/auth/refresh"),
        route("GET", "/login"),
        route("POST", "/hello"),
        route("POST", "/api/sign-in"),
        Route("POST", "/login/{id}", talks, ("/login/", Parameter("id", "path"))),
    ]
    found = [one.template for one in logins(routes, own)]
    assert found == ["/api/sign-in", "/auth/refresh", "/pair", "/enroll"]


@pytest.mark.parametrize(
    ("told", "kind", "text"),
    [
        (answer({"access_token": "abc", "token_type": "bearer"}), "token", "abc"),
        (answer({"data": {"user": {"id": 1}, "token": "abc"}}, 201), "token", "abc"),
        (answer(None, 303, "csrftoken=x; Path=/", "who=ann|7; HttpOnly"), "cookie-who", "ann|7"),
        (answer({"token": "abc"}, 200, "who=ann"), "token", "abc"),
        (answer({"token": 7, "name": "ann"}), None, None),
        (answer(None, 200, "csrftoken=x", "lang=de"), None, None),
        (answer(None, 200, "who=; Max-Age=0"), None, None),
        (answer({"token": "abc"}, 401), None, None),
        (answer(None, 403, "who=ann"), None, None),
    ],
)
def test_what_is_given_is_found_in_the_answer(told: Answer, kind: str | None, text: str | None) -> None:
    assert credential_in(told) == kind
    assert kind is None or credential_of(told, credential(1, kind)) == text


def test_a_token_is_shown_in_headers_that_sound_so_and_a_cookie_as_itself() -> None:
    drafts = list(shown(GET, TOKEN, ["accept-language", "authorization", "x-api-key", "x-auth"]))
    assert [draft.headers for draft in drafts if draft is not None] == [
        (("x-api-key", TOKEN),),
        (("x-auth", TOKEN),),
        (("authorization", f"Bearer {TOKEN}"),),
    ]
    assert [draft.cookies for draft in shown(GET, COOKIE, ["x-api-key"]) if draft is not None] == [(("who", COOKIE),)]


def test_what_others_are_given_is_shown_in_its_place() -> None:
    names = [TOKEN, credential(2, "token"), credential(3, "token")]
    draft = Draft("GET", ("/",), headers=(("authorization", f"Device {TOKEN}"),))
    assert [one.headers[0][1] for one in exchanged(draft, names)] == [f"Device {name}" for name in names[1:]]
    assert list(exchanged(GET, names)) == []


def test_a_draft_is_learnt_from_as_it_was_sent_and_sent_with_names() -> None:
    logged_in = Credentials()
    draft = Draft("GET", ("/",), headers=(("authorization", f"Bearer {TOKEN}"),), cookies=(("who", COOKIE),))
    assert logged_in.actual(draft, {"company": 7}) == draft
    sent = logged_in.actual(draft, {TOKEN: "abc.def", COOKIE: "ann|7"})
    assert (sent.headers[0][1], sent.cookies[0][1]) == ("Bearer abc.def", "ann|7")
    changed = sent.put(("header", "authorization"), "Device abc.def")
    assert changed is not None and logged_in.canonical(changed).headers[0][1] == f"Device {TOKEN}"
    assert logged_in.canonical(sent).key == draft.key


def test_what_is_as_short_as_a_word_is_not_taken_for_a_credential() -> None:
    logged_in = Credentials()
    logged_in.actual(GET, {TOKEN: "e"})
    draft = Draft("GET", ("/",), headers=(("accept", "text/html"),))
    assert logged_in.canonical(draft) is draft


def test_it_takes_its_place_in_the_headers_alone() -> None:
    draft = Draft(
        "POST", ("/",), headers=(("authorization", f"Bearer {TOKEN}"),), media="text/plain", text=placeholder(TOKEN)
    )
    request = with_ids(draft.request(), {TOKEN: "abc"})
    assert request.header("authorization") == "Bearer abc" and TOKEN.encode() in request.body

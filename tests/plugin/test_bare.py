"""Apps without a router that is known: what they look at is found, and what breaks inside is laid to the inner line."""

from __future__ import annotations

from typing import Any

import pytest

Suite = Any

ASGI = """
async def answer(send, status):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"x"})
"""
WRAPPED = """
class Outer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


app = Outer(inner)
"""
CASES = {
    "a header by its bytes": ("""
async def app(scope, receive, send):
    headers = dict(scope["headers"])
    if headers.get(b"x-api-key") == b"internal":
        return
    await answer(send, 200)
""", ("no-response", 5)),
    "a header that is there": ("""
async def app(scope, receive, send):
    if b"last-event-id" in dict(scope["headers"]):
        return
    await answer(send, 200)
""", ("no-response", 4)),
    "another method at a path": ("""
async def app(scope, receive, send):
    if scope["path"] == "/notes":
        if scope["method"] == "GET":
            return await answer(send, 200)
        return
    await answer(send, 404)
""", ("no-response", 6)),
    "one that stops, in another": ("""
async def inner(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    return
""" + WRAPPED, ("unfinished-response", 4)),
}  # fmt: skip
WSGI = """
def inner(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/html")])
    return "<p>no</p>"


class Outer:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


app = Outer(inner)
"""


def found(suite: Suite) -> set[tuple[str, int]]:
    suite.drive("--oneresponse-report=r.json")
    return {(one["rule"], one["where"]["line"]) for one in suite.report("r.json")["findings"]}


@pytest.mark.parametrize("case", CASES)
def test_an_asgi_app(suite: Suite, case: str) -> None:
    source, expected = CASES[case]
    suite.write(shop=source.strip("\n") + "\n\n" + ASGI)
    assert found(suite) == {(expected[0], expected[1] - 1)}


def test_what_a_wsgi_app_inside_another_gives_is_laid_to_it(suite: Suite) -> None:
    suite.write(shop=WSGI)
    assert found(suite) == {("body-not-bytes", 3)}

"""The driver's side of a WebSocket: what the app is asked and told, and when its client leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from pytest_oneresponse.contract.request import WEBSOCKET, Request
from pytest_oneresponse.exchange import Exchange
from pytest_oneresponse.protocols import asgi
from pytest_oneresponse.protocols.client import DEFAULT, Answer, Client
from pytest_oneresponse.protocols.websocket import said

Handler = Callable[[Any, Any, Any], Awaitable[None]]
ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close", "code": 1000}
TEXT = {"type": "websocket.send", "text": "é"}
OCTETS = (("content-type", "application/octet-stream"),)


@pytest.fixture
def connect() -> Iterator[Callable[..., tuple[Exchange, Answer]]]:
    """Opens a connection to a handler."""
    made: list[asgi.Driver] = []

    def connect(
        handler: Handler, body: bytes = b"hello", client: Client = DEFAULT, timeout: float = 2.0, **named: Any
    ) -> tuple[Exchange, Answer]:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                raise NotImplementedError
            await handler(scope, receive, send)

        made.append(asgi.Driver(app, timeout))
        return made[-1].exchange(Request(WEBSOCKET, body=body, **named), client)

    yield connect
    for driver in made:
        driver.close()


Connect = Callable[..., tuple[Exchange, Answer]]


def rules(exchange: Exchange) -> list[str]:
    return [breach.rule for breach in exchange.judge().breaches if not breach.level]


def kinds(exchange: Exchange) -> list[str]:
    return [type(event).__name__ for event in exchange.events]


def test_an_app_is_asked_told_the_same_twice_and_left(connect: Connect) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.append(await receive())
        await send(ACCEPT)
        while got[-1]["type"] != "websocket.disconnect":
            got.append(await receive())
        await send(CLOSE)

    exchange, answer = connect(app)
    message = {"type": "websocket.receive", "text": "hello"}
    assert got[:3] == [{"type": "websocket.connect"}, message, message]
    assert got[3]["type"] == "websocket.disconnect"
    assert answer.status == 101
    assert rules(exchange) == []
    assert exchange.client == ""


def test_a_scope(connect: Connect) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await send(CLOSE)

    headers = (("host", "h"), ("sec-websocket-protocol", "a, b"), *OCTETS)
    _, answer = connect(app, path="/é", query="a=1", headers=headers)
    names = [name for name, _ in seen["headers"]]
    assert seen["type"] == "websocket" and seen["scheme"] == "ws" and "method" not in seen
    assert (seen["path"], seen["raw_path"], seen["query_string"]) == ("/é", b"/%C3%A9", b"a=1")
    assert seen["subprotocols"] == ["a", "b"]
    assert seen["extensions"] == {"websocket.http.response": {}}
    assert (b"upgrade", b"websocket") in seen["headers"] and (b"host", b"h") in seen["headers"]
    assert b"content-type" not in names and b"content-length" not in names
    assert answer.status == 403


SAID = [
    ("nothing", Request(WEBSOCKET), []),
    ("an empty text", Request(WEBSOCKET, headers=(("content-type", "text/plain"),)), ["text", ""]),
    ("a text", Request(WEBSOCKET, body="é".encode()), ["text", "é"]),
    ("bytes", Request(WEBSOCKET, headers=OCTETS, body=b"a"), ["bytes", b"a"]),
    ("what is no text", Request(WEBSOCKET, body=b"\xff"), ["bytes", b"\xff"]),
]


@pytest.mark.parametrize(("request_", "wanted"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_what_is_said(request_: Request, wanted: list[Any]) -> None:
    messages = said(request_)
    assert messages == ([{"type": "websocket.receive", wanted[0]: wanted[1]}] * 2 if wanted else [])


def test_what_the_app_says_is_the_answers_body(connect: Connect) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**ACCEPT, "headers": [(b"x-a", b"1")]})
        await send(TEXT)
        await send({"type": "websocket.send", "bytes": b"b"})
        await send(CLOSE)

    _, answer = connect(app)
    assert bytes(answer.body) == "éb".encode()
    assert answer.header("x-a") == "1"


def test_a_denial_has_its_own_status(connect: Connect) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    exchange, answer = connect(app)
    assert (answer.status, bytes(answer.body), rules(exchange)) == (401, b"no", [])


def test_who_asks_for_a_message_before_accepting_waits_in_vain(connect: Connect) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()

    exchange, answer = connect(app, timeout=0.05)
    assert rules(exchange) == ["hung-response"]
    assert answer.status == 0


@pytest.mark.parametrize("body", [b"", b"hello"], ids=["nothing to say", "something to say"])
def test_a_silent_connection_is_left_and_ended(connect: Connect, body: bytes) -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    began = time.monotonic()
    exchange, _ = connect(app, body, timeout=30.0)
    assert time.monotonic() - began < 10
    assert ended == ["cancelled"]
    assert rules(exchange) == []


def test_who_sends_without_end_learns_that_the_client_has_left(connect: Connect) -> None:
    caught: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        try:
            while True:
                await send(TEXT)
        except OSError as error:
            caught.append(error)

    exchange, answer = connect(app, timeout=30.0)
    assert len(caught) == 1
    assert answer.chunks == 200
    assert rules(exchange) == []


def test_after_the_app_has_closed_it_is_told_so(connect: Connect) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await send(CLOSE)
        await receive()
        got.append(await receive())

    exchange, _ = connect(app)
    assert got == [{"type": "websocket.disconnect", "code": 1005, "reason": ""}]
    assert rules(exchange) == []


LEAVES = [
    ("before", Client(leaves="before"), ["Gone", "Accept"], 0),
    ("after the first message", Client(leaves="first"), ["Accept", "Message", "Gone"], 101),
    ("at the head", Client(refuses="start"), ["Accept", "Gone"], 0),
    ("at the first message", Client(refuses="body"), ["Accept", "Message", "Gone"], 101),
]


@pytest.mark.parametrize(("client", "events", "status"), [row[1:] for row in LEAVES], ids=[row[0] for row in LEAVES])
def test_a_client_that_leaves(connect: Connect, client: Client, events: list[str], status: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        await send(TEXT)
        while (await receive())["type"] != "websocket.disconnect":
            await send(TEXT)

    exchange, answer = connect(app, client=client)
    assert kinds(exchange)[: len(events)] == events
    assert answer.status == status
    assert rules(exchange) == []


def test_a_breach_is_recorded_and_a_strict_server_refuses_it(connect: Connect) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await send(CLOSE)
        await send(TEXT)

    exchange, _ = connect(app)
    assert rules(exchange) == ["websocket-after-close"]
    exchange, _ = connect(app, client=Client(strict=True))
    assert rules(exchange) == ["websocket-after-close"]


def test_the_next_connection_is_served_after_one_that_cannot_be_ended(connect: Connect) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        while True:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                pass

    exchange, answer = connect(app, timeout=0.2)
    assert answer.status == 101
    assert rules(exchange) == []

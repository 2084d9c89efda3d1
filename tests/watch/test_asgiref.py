from __future__ import annotations

import asyncio
from typing import Any

import pytest

testing = pytest.importorskip("asgiref.testing")

SCOPE = {"type": "http", "method": "GET", "path": "/ok"}


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/boom":
        raise ZeroDivisionError("boom")
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    message = await receive()
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": message["body"]})


async def exchange(application: Any) -> bytes:
    communicator = testing.ApplicationCommunicator(application, dict(SCOPE))
    await communicator.send_input({"type": "http.request", "body": b"hello"})
    assert (await communicator.receive_output())["status"] == 200
    body = (await communicator.receive_output())["body"]
    await communicator.wait()
    assert communicator.future is communicator.future
    assert application is not app or communicator.application is app
    return bytes(body)


def test_one_exchange_per_communicator(recorded: Any) -> None:
    async def run() -> list[bytes]:
        return list(await asyncio.gather(exchange(app), exchange(app)))

    assert asyncio.run(run()) == [b"hello", b"hello"]
    assert recorded.lines == [("GET", "/ok", 200)] * 2
    assert recorded[0].messages == ["http.response.start", "http.response.body"] and recorded[0].ended


def test_legacy_double_callables(recorded: Any) -> None:
    def double(scope: Any) -> Any:
        async def instance(receive: Any, send: Any) -> None:
            await app(scope, receive, send)

        return instance

    assert asyncio.run(exchange(double)) == b"hello"
    assert recorded.lines == [("GET", "/ok", 200)]


def test_websocket(recorded: Any) -> None:
    async def run() -> Any:
        communicator = testing.ApplicationCommunicator(app, {"type": "websocket", "path": "/ws"})
        await communicator.send_input({"type": "websocket.connect"})
        message = await communicator.receive_output()
        await communicator.wait()
        return message

    assert asyncio.run(run()) == {"type": "websocket.accept"}
    assert [(seen.interface, seen.messages) for seen in recorded] == [("websocket", ["websocket.accept"])]


def test_exceptions_pass(recorded: Any) -> None:
    async def run() -> None:
        communicator = testing.ApplicationCommunicator(app, {**SCOPE, "path": "/boom"})
        await communicator.wait()

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(run())
    assert recorded[0].error is caught.value


def test_subclasses(recorded: Any) -> None:
    class Communicator(testing.ApplicationCommunicator):  # type: ignore[name-defined, misc]
        def __init__(self, application: Any) -> None:
            super().__init__(application, dict(SCOPE))

        async def response(self) -> Any:
            await self.send_input({"type": "http.request", "body": b""})
            return await self.receive_output()

    async def run() -> Any:
        communicator = Communicator(app)
        message = await communicator.response()
        await communicator.wait()
        return message

    assert asyncio.run(run())["status"] == 200
    assert recorded.lines == [("GET", "/ok", 200)]

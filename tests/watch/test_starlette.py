from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import Any

import pytest

pytest.importorskip("starlette")
testclient = pytest.importorskip("starlette.testclient")
applications = pytest.importorskip("starlette.applications")
responses = pytest.importorskip("starlette.responses")
routing = pytest.importorskip("starlette.routing")
websockets = pytest.importorskip("starlette.websockets")

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]


async def ok(request: Any) -> Any:
    return responses.PlainTextResponse("ok", status_code=201)


async def away(request: Any) -> Any:
    return responses.RedirectResponse("/ok")


async def boom(request: Any) -> Any:
    raise ZeroDivisionError("boom")


def nested(request: Any) -> Any:
    with testclient.TestClient(build()) as client:
        return responses.PlainTextResponse(client.get("/ok").text + " nested")


async def stream(request: Any) -> Any:
    async def parts() -> Any:
        yield b"one "
        yield b"two"

    return responses.StreamingResponse(parts())


async def echo(websocket: Any) -> None:
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        if text == "end":
            break
        if text == "boom":
            raise ZeroDivisionError("boom")
        await websocket.send_text(text * 2)
    await websocket.close()


async def deny(websocket: Any) -> None:
    await websocket.close(1008)


def build(**options: Any) -> Any:
    views = [ok, away, boom, nested, stream]
    http = [routing.Route(f"/{view.__name__}", view, methods=METHODS) for view in views]
    sockets = [routing.WebSocketRoute("/echo", echo), routing.WebSocketRoute("/deny", deny)]
    return applications.Starlette(routes=[*http, *sockets], **options)


@pytest.mark.parametrize("method", METHODS)
def test_one_exchange_per_request(recorded: Any, method: str) -> None:
    app = build()
    client = testclient.TestClient(app)
    assert client.request(method, "/ok").status_code == 201
    assert client.app is app and client._transport.app is app
    assert recorded.lines == [(method, "/ok", 201)]
    assert recorded[0].ended and recorded[0].app is app


def test_redirects_are_followed(recorded: Any) -> None:
    assert testclient.TestClient(build()).get("/away").text == "ok"
    assert recorded.lines == [("GET", "/away", 307), ("GET", "/ok", 201)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_streams_on_both_backends(recorded: Any, backend: str) -> None:
    pytest.importorskip(backend)
    client = testclient.TestClient(build(), backend=backend)
    assert client.get("/stream").text == "one two"
    with client.stream("GET", "/stream") as response:
        assert b"".join(response.iter_bytes()) == b"one two"
    assert recorded.lines == [("GET", "/stream", 200)] * 2
    assert all(seen.ended and seen.body == b"one two" for seen in recorded)


def test_a_server_exception_raised(recorded: Any) -> None:
    with pytest.raises(ZeroDivisionError, match="boom") as caught:
        testclient.TestClient(build()).get("/boom")
    assert recorded.lines == [("GET", "/boom", 500)]
    assert recorded[0].error is caught.value


def test_a_server_exception_answered(recorded: Any) -> None:
    client = testclient.TestClient(build(), raise_server_exceptions=False)
    assert client.get("/boom").status_code == 500
    assert recorded.lines == [("GET", "/boom", 500)]
    assert isinstance(recorded[0].error, ZeroDivisionError)


def test_a_client_inside_the_app_and_two_apps(recorded: Any) -> None:
    assert testclient.TestClient(build()).get("/nested").text == "ok nested"
    http = [seen.line for seen in recorded if seen.interface == "http"]
    assert http == [("GET", "/nested", 200), ("GET", "/ok", 201)]
    assert recorded[0].app is not recorded[1].app


def test_websocket_session(recorded: Any) -> None:
    app = build()
    with testclient.TestClient(app).websocket_connect("/echo") as session:
        session.send_text("a")
        assert session.receive_text() == "aa"
        session.send_text("end")
        with pytest.raises(websockets.WebSocketDisconnect):
            session.receive_text()
        assert session.app is app
    assert [(seen.interface, seen.path) for seen in recorded] == [("websocket", "/echo")]
    assert recorded[0].messages == ["websocket.accept", "websocket.send", "websocket.close"]


def test_websocket_denied_and_failed(recorded: Any) -> None:
    client = testclient.TestClient(build())
    with pytest.raises(websockets.WebSocketDisconnect) as denied, client.websocket_connect("/deny"):
        pass
    assert denied.value.code == 1008
    with pytest.raises(ZeroDivisionError), client.websocket_connect("/echo") as session:
        session.send_text("boom")
        session.receive_text()
    assert [seen.messages for seen in recorded] == [["websocket.close"], ["websocket.accept"]]
    assert isinstance(recorded[1].error, ZeroDivisionError)


def test_lifespan(recorded: Any) -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        steps.append("up")
        yield {"shared": 1}
        steps.append("down")

    with testclient.TestClient(build(lifespan=lifespan)) as client:
        assert steps == ["up"] and client.app_state == {"shared": 1}
        client.get("/ok")
    assert steps == ["up", "down"]
    assert [seen.interface for seen in recorded] == ["lifespan", "http"]
    assert recorded[0].messages == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_lifespan_that_fails(recorded: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        raise ZeroDivisionError("no start")
        yield

    with pytest.raises(ZeroDivisionError, match="no start"), testclient.TestClient(build(lifespan=lifespan)):
        pass
    assert recorded[0].messages == ["lifespan.startup.failed"]


def test_plain_and_legacy_apps(recorded: Any) -> None:
    async def single(scope: Any, receive: Any, send: Any) -> None:
        await responses.PlainTextResponse("single")(scope, receive, send)

    def double(scope: Any) -> Any:
        async def instance(receive: Any, send: Any) -> None:
            await responses.PlainTextResponse("double")(scope, receive, send)

        return instance

    client = testclient.TestClient(single)
    assert client.get("/1").text == "single" and client.app is single
    assert testclient.TestClient(double).get("/2").text == "double"
    assert recorded.lines == [("GET", "/1", 200), ("GET", "/2", 200)]


def test_threads(recorded: Any) -> None:
    app = build()

    def work() -> None:
        testclient.TestClient(app).get("/ok")

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorded.lines == [("GET", "/ok", 201)] * 6


def test_fastapi(recorded: Any) -> None:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    app.get("/items/{number}")(lambda number: {"number": number})
    from fastapi.testclient import TestClient

    assert TestClient(app).get("/items/3").json() == {"number": "3"}
    assert recorded.lines == [("GET", "/items/3", 200)]

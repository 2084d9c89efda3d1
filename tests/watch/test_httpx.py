from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]


@pytest.fixture(params=["httpx", "httpx2"])
def httpx(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    path = environ["PATH_INFO"]
    if path == "/boom":
        raise ZeroDivisionError("boom")
    if path == "/away":
        start_response("302 Found", [("Location", "/ok")])
        return iter([b""])
    start_response("200 OK", [])
    return iter([b"one ", b"two"])


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    path = scope["path"]
    if path == "/boom":
        raise ZeroDivisionError("boom")
    await receive()
    headers = [(b"location", b"/ok")] if path == "/away" else []
    await send({"type": "http.response.start", "status": 302 if path == "/away" else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"one ", "more_body": True})
    await send({"type": "http.response.body", "body": b"two"})


def sync_client(httpx: Any, **options: Any) -> Any:
    transport = httpx.WSGITransport(app=wsgi_app, **options)
    return httpx.Client(transport=transport, base_url="http://shop")


def async_client(httpx: Any, app: Any = asgi_app, **options: Any) -> Any:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, **options), base_url="http://shop")


@pytest.mark.parametrize("method", METHODS)
def test_wsgi(recorded: Any, httpx: Any, method: str) -> None:
    with sync_client(httpx) as client:
        assert client.request(method, "/ok").status_code == 200
        assert client._transport.app is wsgi_app
    assert recorded.lines == [(method, "/ok", 200)]
    assert recorded[0].body == b"one two" and recorded[0].ended and recorded[0].closed


def test_wsgi_redirects_and_streams(recorded: Any, httpx: Any) -> None:
    with sync_client(httpx) as client:
        client.get("/away", follow_redirects=True)
        with client.stream("GET", "/ok") as response:
            assert not recorded[2].ended
            assert b"".join(response.iter_bytes()) == b"one two"
    assert recorded.lines == [("GET", "/away", 302), ("GET", "/ok", 200), ("GET", "/ok", 200)]
    assert recorded[2].ended


def test_wsgi_exceptions_pass(recorded: Any, httpx: Any) -> None:
    with sync_client(httpx) as client, pytest.raises(ZeroDivisionError) as caught:
        client.get("/boom")
    assert recorded[0].error is caught.value


def test_wsgi_threads(recorded: Any, httpx: Any) -> None:
    with sync_client(httpx) as client:
        threads = [threading.Thread(target=client.get, args=("/ok",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert recorded.lines == [("GET", "/ok", 200)] * 8


@pytest.mark.parametrize("method", METHODS)
def test_asgi(recorded: Any, httpx: Any, method: str) -> None:
    async def run() -> None:
        async with async_client(httpx) as client:
            assert (await client.request(method, "/ok")).status_code == 200
            assert client._transport.app is asgi_app

    asyncio.run(run())
    assert recorded.lines == [(method, "/ok", 200)]
    assert recorded[0].body == b"one two" and recorded[0].ended and recorded[0].app is asgi_app


def test_asgi_redirects_and_many_at_once(recorded: Any, httpx: Any) -> None:
    async def run() -> None:
        async with async_client(httpx) as client:
            await client.get("/away", follow_redirects=True)
            await asyncio.gather(*(client.get("/ok") for _ in range(5)))

    asyncio.run(run())
    assert recorded.lines == [("GET", "/away", 302)] + [("GET", "/ok", 200)] * 6


@pytest.mark.parametrize("propagate", [True, False])
def test_asgi_exceptions(recorded: Any, httpx: Any, propagate: bool) -> None:
    async def run() -> int:
        async with async_client(httpx, raise_app_exceptions=propagate) as client:
            return int((await client.get("/boom")).status_code)

    if propagate:
        with pytest.raises(ZeroDivisionError) as caught:
            asyncio.run(run())
        assert recorded[0].error is caught.value
    else:
        assert asyncio.run(run()) == 500
        assert isinstance(recorded[0].error, ZeroDivisionError)


def test_asgi_client_inside_the_app(recorded: Any, httpx: Any) -> None:
    async def outer(scope: Any, receive: Any, send: Any) -> None:
        async with async_client(httpx) as client:
            inner = await client.get("/ok")
        await send({"type": "http.response.start", "status": 201})
        await send({"type": "http.response.body", "body": inner.content + b" nested"})

    async def run() -> bytes:
        async with async_client(httpx, outer) as client:
            return bytes((await client.get("/outer")).content)

    assert asyncio.run(run()) == b"one two nested"
    assert recorded.lines == [("GET", "/outer", 201), ("GET", "/ok", 200)]
    assert [seen.app for seen in recorded] == [outer, asgi_app]

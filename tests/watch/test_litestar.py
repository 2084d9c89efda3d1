"""Litestar's own test clients."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

litestar = pytest.importorskip("litestar")
testing = pytest.importorskip("litestar.testing")
types = pytest.importorskip("litestar.types")

from pytest_oneresponse import watch  # noqa: E402
from pytest_oneresponse.exchange import Watcher, current  # noqa: E402

from .. import dockets  # noqa: E402

# Older releases of Litestar leave streams of anyio unclosed, which their ends complain of.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed <Memory:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What these tests leave is collected within them."""
    yield
    gc.collect()


@pytest.fixture
def docket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dockets.Kept]:
    kept = dockets.Kept()
    monkeypatch.setattr(Watcher, "docket", kept)
    patches = watch.install()
    yield kept
    patches.undo()
    assert current() is None


def build() -> Any:
    @litestar.get("/ok")
    async def ok() -> str:
        return "ok"

    @litestar.asgi("/short", copy_scope=True)
    async def short(scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"ab"})

    @litestar.websocket("/echo")
    async def echo(socket: litestar.WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    return litestar.Litestar([ok, short, echo])


def told(docket: dockets.Kept) -> list[tuple[str, list[str]]]:
    """The exchanges by their kind, and what each broke."""
    return [(one.facts.kind, [breach.rule for breach in one.judge().breaches]) for one in docket.closed]


def test_requests_and_the_lifespan(docket: dockets.Kept) -> None:
    with testing.TestClient(build()) as client:
        assert client.get("/ok").text == "ok" and client.get("/short").status_code == 200
    assert sorted(told(docket)) == [("http", []), ("http", ["length-mismatch"]), ("lifespan", [])]


def test_the_asynchronous_client(docket: dockets.Kept) -> None:
    async def ask() -> None:
        async with testing.AsyncTestClient(build()) as client:
            assert (await client.get("/ok")).text == "ok"
            await client.get("/short")

    asyncio.run(ask())
    assert sorted(told(docket)) == [("http", []), ("http", ["length-mismatch"]), ("lifespan", [])]


def test_a_websocket(docket: dockets.Kept) -> None:
    with testing.TestClient(build()) as client, client.websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
    assert ("websocket", []) in told(docket)


def test_after_the_end_nothing_is_recorded() -> None:
    watch.install().undo()
    with testing.TestClient(build()) as client:
        assert client.get("/short").status_code == 200

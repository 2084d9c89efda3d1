"""A stand-in for the recorders, so that the tests here see the seam and nothing else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse import imported, protocols, watch


@pytest.fixture(autouse=True)
def _nothing_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test here begins with no module awaited, whatever runs of pytest in this process have left behind."""
    monkeypatch.setattr(imported, "_waiting", {})
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if finder is not imported._FINDER])


@dataclass
class Seen:
    """One run of an app, as the stand-in saw it."""

    interface: str
    method: str
    path: str
    app: Any
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    ended: bool = False
    closed: bool = False
    error: BaseException | None = None
    thread: int = field(default_factory=threading.get_ident)

    @property
    def line(self) -> tuple[str, str, int]:
        return self.method, self.path, self.status

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


class Recorded(list[Seen]):
    """What was seen, in the order of the requests."""

    @property
    def lines(self) -> list[tuple[str, str, int]]:
        return [seen.line for seen in self]


class Iterable:
    def __init__(self, inner: Any, seen: Seen) -> None:
        self.inner, self.seen = inner, seen
        self.items: Iterator[bytes] | None = None

    def __iter__(self) -> Iterable:
        return self

    def __next__(self) -> bytes:
        try:
            self.items = iter(self.inner) if self.items is None else self.items
            chunk = next(self.items)
        except StopIteration:
            self.seen.ended = True
            raise
        except BaseException as error:
            self.seen.error = error
            raise
        self.seen.chunks.append(chunk)
        return chunk

    def close(self) -> None:
        self.seen.closed = True
        getattr(self.inner, "close", lambda: None)()


class Wsgi:
    def __init__(self, app: Any, recorded: Recorded) -> None:
        self.app, self.recorded = app, recorded

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path = (environ.get("SCRIPT_NAME") or "") + environ["PATH_INFO"]
        seen = Seen("wsgi", environ["REQUEST_METHOD"], path, self.app)
        self.recorded.append(seen)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            seen.status, seen.headers = int(status[:3]), headers
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            return Iterable(self.app(environ, start), seen)
        except BaseException as error:
            seen.error = error
            raise


class Asgi:
    def __init__(self, app: Any, recorded: Recorded) -> None:
        self.app, self.recorded = app, recorded

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        seen = Seen(scope["type"], scope.get("method", ""), scope.get("path", ""), self.app)
        self.recorded.append(seen)

        async def note_receive() -> Any:
            message = await receive()
            seen.received.append(message["type"])
            return message

        async def note_send(message: Any) -> None:
            seen.messages.append(message["type"])
            seen.status = message.get("status", seen.status)
            seen.chunks.append(message.get("body", b""))
            seen.ended = seen.ended or (message["type"] == "http.response.body" and not message.get("more_body"))
            await send(message)

        try:
            await self.app(scope, note_receive, note_send)
        except BaseException as error:
            seen.error = error
            raise
        finally:
            seen.closed = True


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """Every run of an app that passed a seam, while the seams are in."""
    found = Recorded()
    for name, kind in (("wsgi", Wsgi), ("asgi", Asgi)):

        def watched(app: Any, kind: Any = kind) -> Any:
            return app if isinstance(app, kind) else kind(app, found)

        monkeypatch.setattr(protocols, name, SimpleNamespace(watched=watched), raising=False)
    patches = watch.install()
    yield found
    patches.undo()

"""ASGI: a recorder around an app (http, websocket, lifespan), and a driver that plays the server."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from types import FrameType
from typing import Any, cast
from urllib.parse import quote

from ..contract.events import (
    Accept,
    Close,
    Data,
    End,
    File,
    Improper,
    Informational,
    Lifespan,
    Message,
    Trailers,
)
from ..contract.machine import TABLES, Facts
from ..contract.request import WEBSOCKET, Request, host_and_port
from ..exchange import AlreadyJudged, Exchange, Watcher, put_marks
from ..sites import Chain, capture
from . import websocket
from .alarm import Alarm, TimeLimit
from .client import (
    DEFAULT,
    KEPT_BODY,
    PATIENCE,
    Answer,
    Client,
)
from .forsaken import forsake
from .interrupt import raise_if_users
from .lifespan import LifespanRun
from .loop import Loop, in_a_thread
from .served import Receive, Send, Served

NAME = "asgi"
AsgiApp = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
_getframe = sys._getframe
_exception = sys.exception
_new = tuple.__new__  # as in exchange.py

_EXTENSIONS = {
    "http.response.push": "http.response.push",
    "http.response.zerocopysend": "http.response.zerocopysend",
    "http.response.pathsend": "http.response.pathsend",
    "http.response.early_hint": "http.response.early_hint",
    "http.response.trailers": "http.response.trailers",
    "http.response.debug": "http.response.debug",
    "websocket.http.response.start": "websocket.http.response",
    "websocket.http.response.body": "websocket.http.response",
}


def _awaitable(function: Any) -> Any:
    """Let a function that gives a coroutine pass for one that is marked `async`: asgiref warns of any other."""
    if hasattr(inspect, "markcoroutinefunction"):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return function


class Watched(AlreadyJudged):
    """An ASGI app whose exchanges are recorded; whatever the app and the server do passes through unchanged."""

    __slots__ = ("app",)

    def __init__(self, app: AsgiApp) -> None:
        self.app = app

    @_awaitable
    def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> Any:
        kind = scope.get("type")
        if kind not in TABLES:  # a protocol of somebody's own
            return self.app(scope, receive, send)
        exchange = Exchange(facts_of(kind, scope.get("method", "GET")), self.app, request_of, scope)
        return record(self.app, scope, receive, send, exchange)


@functools.lru_cache(maxsize=64)
def facts_of(kind: str, method: str) -> Facts:
    """The facts of an exchange, one object for each scope type and method."""
    return Facts("asgi", kind, method)


def watched(app: Any) -> AsgiApp:
    """The app with a recorder around it; an app that has one is given back as it is."""
    return cast("AsgiApp", app) if isinstance(app, AlreadyJudged) else Watched(app)


async def record(app: AsgiApp, scope: dict[str, Any], receive: Receive, send: Send, exchange: Exchange) -> None:
    """Call the app once, its events going to `exchange`."""
    exchange.open()
    call = _Call(scope, receive, send, exchange)
    exchange.called = call.waiting
    try:
        result: Any = await app(scope, call.receive, call.send)  # type: ignore[func-returns-value]
    except BaseException as error:
        _escaped(exchange, error)
        exchange.close()
        raise
    if result is not None:
        exchange.improper("invalid-message", f"the app returned {type(result).__name__}; an ASGI app returns nothing")
    exchange.returned()
    exchange.close()


class _Call:
    """One call of an app: its `receive` and `send`. `waiting`: where messages were handed over that nobody has awaited yet."""

    __slots__ = ("exchange", "is_http", "receive_from", "scope", "send_to", "waiting")

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send, exchange: Exchange) -> None:
        self.scope = scope
        self.receive_from = receive
        self.send_to = send
        self.exchange = exchange
        self.is_http = exchange.facts.kind == "http"
        self.waiting: list[Chain] = []

    async def receive(self) -> dict[str, Any]:
        """The app's receive()."""
        message = await self.receive_from()
        kind = message.get("type")
        if kind == "http.disconnect" or kind == "websocket.disconnect":
            self.exchange.gone()
        elif kind == "lifespan.startup" or kind == "lifespan.shutdown":
            self.exchange.add(Lifespan("ask " + kind[9:]))
        return message

    # A plain function: here the stack is whole, also where the message is awaited by another task or thread.
    @_awaitable
    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        """The app's send()."""
        frame = _getframe(1)
        here = (frame.f_code, frame.f_lasti)
        self.waiting.append(here)
        return self.forward(message, frame, _exception(), here)

    async def forward(self, message: Any, frame: FrameType | None, handling: BaseException | None, here: Chain) -> None:
        self.waiting.remove(here)
        exchange = self.exchange
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "http.response.body" and self.is_http:
            _body(exchange, message, frame)
        elif kind == "http.response.start" and self.is_http:
            message = _kept(message)
            _start(exchange, message, frame, handling)
        else:
            message = _kept(message)
            _other(exchange, self.scope, kind, message, frame, handling)
        frame = handling = None
        try:
            await self.send_to(message)
        except OSError as error:
            exchange.refused(error)
            raise


def _escaped(exchange: Exchange, error: BaseException) -> None:
    """An exception left the app. To be cancelled, or dropped with its loop, is the client's or the server's doing."""
    if isinstance(error, TimeLimit):
        pass  # the driver knows what to say of it
    elif isinstance(error, (asyncio.CancelledError, GeneratorExit)) or type(error).__name__ == "Cancelled":
        exchange.gone()
        exchange.returned()
    else:
        if exchange.facts.kind == "websocket":
            Watcher.escaped(exchange, error)
        exchange.raised(error)


# One message of the app becomes events (ASGI, "HTTP Connection Scope", "WebSocket", "Lifespan Protocol").


def _kept(message: Any) -> Any:
    """The message; a copy with a list of its headers where they can be gone through but once."""
    headers: Any = message.get("headers") if isinstance(message, dict) else None
    return {**message, "headers": list(headers)} if hasattr(headers, "__next__") else message


def _start(
    exchange: Exchange, message: dict[str, Any], frame: FrameType | None, handling: BaseException | None = None
) -> None:
    headers = message.get("headers", ())
    try:
        pairs = tuple([tuple(pair) if type(pair) is list else pair for pair in headers])
    except TypeError:
        pairs = (headers,)
    exchange.start(message.get("status"), pairs, frame, False, bool(message.get("trailers")), message, handling)


def _body(exchange: Exchange, message: dict[str, Any], frame: FrameType | None) -> None:
    body = message.get("body", b"")
    more = message.get("more_body", False)
    # Chunks in the middle of a stream need no site of their own: nothing that they could break is first seen there.
    events = exchange.events
    in_stream = more and len(events) > 2 and type(events[-1]) is Data
    site = None if in_stream and not exchange.closed else capture(frame, message)
    size = len(body) if type(body) is bytes or isinstance(body, (bytearray, memoryview, bytes)) else -1
    if size < 0:
        exchange.add(
            Improper("body-not-bytes", f"the body is {type(body).__name__}, not bytes", capture(frame, message))
        )
        size = 0
    add = exchange.add if exchange.closed else events.append
    if size or more:
        add(_new(Data, (size, site)))
    if not more:
        add(_new(End, (site,)))


def _other(
    exchange: Exchange,
    scope: dict[str, Any],
    kind: Any,
    message: Any,
    frame: FrameType | None,
    handling: BaseException | None = None,
) -> None:
    site = capture(frame, message)
    extension = _EXTENSIONS.get(kind) if isinstance(kind, str) else None
    if extension is not None and extension not in (scope.get("extensions") or {}):
        exchange.add(Improper("invalid-message", f"{kind} was sent, an extension that the server did not offer", site))
        if kind == "http.response.trailers":
            exchange.add(Trailers(not message.get("more_trailers", False), site))  # sent they were
        return
    if exchange.facts.kind == "websocket" and kind == "websocket.http.response.start":
        _start(exchange, message, frame, handling)
    elif exchange.facts.kind == "websocket" and kind == "websocket.http.response.body":
        _body(exchange, message, frame)
    elif exchange.facts.kind == "websocket" and kind == "websocket.close" and handling is not None:
        exchange.add(Watcher.closed(exchange, handling, site))
    elif kind == "http.response.trailers":
        exchange.add(Trailers(not message.get("more_trailers", False), site))
    elif kind == "http.response.pathsend":
        exchange.add(File(site))
    elif kind == "http.response.zerocopysend":
        exchange.add(File(site, not message.get("more_body")))
    elif kind == "http.response.early_hint":
        exchange.add(Informational(103, site))
    elif kind in ("http.response.push", "http.response.debug"):
        pass
    elif exchange.facts.kind == "websocket" and kind in _WEBSOCKET:
        exchange.add(_WEBSOCKET[kind](site))
    elif exchange.facts.kind == "lifespan":
        # An app that knows http alone answers whatever it is asked; servers take that for "no lifespan here".
        if isinstance(kind, str) and kind.startswith("lifespan."):
            exchange.add(Lifespan(kind[9:], site))
    else:
        said = f"a message of type {kind!r}" if isinstance(message, dict) else f"{type(message).__name__}, no message"
        exchange.add(Improper("invalid-message", f"{said} was sent in an {exchange.facts.kind} exchange", site))


_WEBSOCKET: dict[str, Callable[[Chain], Accept | Message | Close]] = {
    "websocket.accept": Accept,
    "websocket.send": Message,
    "websocket.close": Close,
}


def request_of(scope: dict[str, Any]) -> Request:
    """The request that a scope describes; its body is not read."""
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope.get("headers") or () if name
    )
    query = scope.get("query_string", b"")
    query = query.decode("latin-1") if isinstance(query, bytes) else str(query)
    method = scope.get("method") or _METHODS.get(scope["type"], "GET")
    return Request(method, scope.get("path") or "/", query, headers)


_METHODS = {"lifespan": "LIFESPAN", "websocket": WEBSOCKET}
"""Stand for the method in exchanges that have none."""


def scope_of(request: Request, spec: str = "2.3") -> dict[str, Any]:
    """The scope of a request, as ASGI 3 ("HTTP Connection Scope") asks for it; from `spec` 2.4 on send() may raise OSError."""
    host = (request.headers and request.header("host")) or "localhost:8000"
    headers = [(b"host", host.encode("latin-1", "replace"))]
    for name, value in request.headers:
        lowered = name.lower()
        if lowered != "host":
            raw = value.encode("latin-1") if value.isascii() else value.encode()
            headers.append((lowered.encode("latin-1", "replace"), raw))
    if request.body and request.header("content-length") is None:
        headers.append((b"content-length", str(len(request.body)).encode()))
    name, port = host_and_port(host)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": raw_path(request.path),
        "query_string": request.query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": (name, port),
        "extensions": {"http.response.trailers": {}},
    }


@functools.lru_cache(maxsize=64)
def raw_path(path: str) -> bytes:
    """The path as it stands in the request line."""
    return quote(path, safe="/:@!$&'()*+,;=~-._").encode()


class Driver:
    """Plays the server for an ASGI app: one event loop, one lifespan, one exchange at a time."""

    def __init__(self, app: AsgiApp, timeout: float = 5.0) -> None:
        self.app = app
        self.timeout = self.patience = timeout
        self.loop: Loop | None = None
        self.lifespan: LifespanRun | None = None
        self.state: dict[str, Any] = {}
        self.threads: list[threading.Thread] = []
        """The threads that there were before the loop."""
        self.known_tasks: set[asyncio.Task[Any]] = set()
        """Tasks that run on from earlier exchanges, and the lifespan's: nobody waits for them again."""

    def exchange(
        self,
        request: Request,
        client: Client = DEFAULT,
        keep: int | None = KEPT_BODY,
    ) -> tuple[Exchange, Answer]:
        """Send one request and take the answer as `client` does. Never raises what the app raises.

        `keep`: how many bytes of the body the answer holds; all of them where it is None.

        KeyboardInterrupt alone passes where it is the user's. A loop in which the app cannot be ended is given up
        and a new one, with a lifespan of its own, serves the next request.
        """
        if asyncio._get_running_loop() is not None:
            return in_a_thread(self.exchange, request, client, keep)
        loop = self.running()
        connects = request.method == WEBSOCKET
        scope = scope_of(request, "2.4" if client.refuses or connects else "2.3")
        if connects:
            scope = websocket.scope_of(request, scope)
        if self.state:
            scope["state"] = dict(self.state)
        exchange = Exchange(facts_of(scope["type"], request.method), self.app, lambda _: request, scope)
        if client is not DEFAULT:
            exchange.client = str(client)
        exchange.docket = None
        call = functools.partial(record, self.app, scope)
        serving = websocket.Connected if connects else Served
        served = serving(call, request, client, exchange, self.timeout, self.known_tasks)
        served.longer = self.timeout - self.patience
        served.answer.keep = keep

        def struck(frame: FrameType | None) -> None:
            served.time_out(capture(frame))

        try:
            with Alarm(self.timeout * 1.5 + 2 if self.timeout else 0, struck):
                served.run(loop)
        except KeyboardInterrupt as error:
            self.give_up()
            raise_if_users(error)
        except TimeLimit:
            self.give_up()
        except BaseException:
            if served.hangs:
                self.give_up()
        finally:
            served.cancel_timers()
            exchange.close()
            if served.timed_out:
                forsake(thread for thread in threading.enumerate() if thread not in self.threads)
            if served.endless:
                self.patience = min(self.timeout, PATIENCE)
        return exchange, served.answer

    def start(self) -> str:
        """Run the app's start-up, where that has not been done; what it says of its failure, empty where it did not fail."""
        if asyncio._get_running_loop() is not None:
            return in_a_thread(self.start)
        self.running()
        return self.lifespan.failure if self.lifespan else ""

    def running(self) -> Loop:
        """The loop, with the app's lifespan started in it."""
        put_marks()
        if self.loop is None:
            self.loop, self.threads = Loop(), threading.enumerate()
            # What the app's tasks raise is theirs; asyncio would log it, at times in the middle of pytest's own work.
            self.loop.set_exception_handler(lambda _loop, _context: None)
            exchange = Exchange(facts_of("lifespan", "LIFESPAN"), self.app, lambda _: Request("LIFESPAN", ""))
            exchange.docket = None
            self.lifespan = LifespanRun(functools.partial(record, self.app, exchange=exchange), exchange, self.timeout)
            try:
                with contextlib.suppress(TimeLimit), Alarm(self.timeout * 2):
                    self.loop.run_until_complete(self.lifespan.startup())
            finally:
                self.lifespan.exchange.leave()
            self.known_tasks = asyncio.all_tasks(self.loop)
            self.state = self.lifespan.state
        return self.loop

    def give_up(self) -> None:
        """Drop a loop in which something hangs, with all that waits in it; the next request gets a new one."""
        loop, self.loop, self.lifespan = self.loop, None, None
        if loop is None or loop.is_running():
            return
        for task in asyncio.all_tasks(loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio would log each of them
        loop._default_executor = None  # its threads hang: nobody is to wait for them
        _given_up.append((loop, list(asyncio.all_tasks(loop))))
        loop.close()

    def close(self) -> None:
        """Shut the app down and close the loop."""
        if asyncio._get_running_loop() is not None:
            return in_a_thread(self.close)
        loop, self.loop = self.loop, None
        if loop is None or self.lifespan is None:
            return
        try:
            with Alarm(self.timeout * 2):
                loop.run_until_complete(self.lifespan.shutdown())
                loop.run_until_complete(_cancel_the_rest())
                loop.run_until_complete(loop.shutdown_asyncgens())
        except KeyboardInterrupt:
            raise
        except BaseException:  # a shutdown that fails is told by its own exchange
            pass
        finally:
            if not loop.is_running():
                loop.close()

    def is_up(self) -> bool:
        """Whether what the app's start-up began goes on: its lifespan has not ended, or it has none."""
        lifespan = self.lifespan
        return lifespan is None or not lifespan.has_begun or lifespan.task is None or not lifespan.task.done()

    def lifespan_exchange(self) -> Exchange | None:
        """The exchange of the lifespan, once it has begun."""
        return self.lifespan.exchange if self.lifespan else None


_given_up: list[Any] = []
"""Loops that were given up and their tasks, kept for good: the end of a task without a loop is an error in whatever runs then."""


async def _cancel_the_rest() -> None:
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=1)

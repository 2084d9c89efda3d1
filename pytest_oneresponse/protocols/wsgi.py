"""WSGI (PEP 3333): a recorder around an app, and a driver that plays the server."""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO, StringIO
from types import FrameType, GeneratorType
from typing import Any, cast
from wsgiref.util import FileWrapper

from ..contract.events import Data, End, Improper, Returned, TimedOut
from ..contract.machine import Facts
from ..contract.request import Request, host_and_port
from ..exchange import AlreadyJudged, Exchange, current, put_marks
from ..sites import Chain, capture
from .alarm import Alarm, TimeLimit
from .client import DEFAULT, KEPT_BODY, MOST_CHUNKS, PATIENCE, Answer, Client, ClientLeft, Refused, as_text
from .interrupt import raise_if_users
from .probe import Probed

NAME = "wsgi"
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_getframe = sys._getframe
_exception = sys.exception
_new = tuple.__new__  # as in exchange.py
_END, _RETURNED = End(), Returned()


class Watched(AlreadyJudged):
    """A WSGI app whose exchanges are recorded; whatever the app and the server do passes through unchanged."""

    __slots__ = ("app",)

    def __init__(self, app: WsgiApp) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        exchange = Exchange(facts_of(environ.get("REQUEST_METHOD", "GET")), self.app, request_of, environ)
        return record(self.app, environ, start_response, exchange)


@functools.lru_cache(maxsize=64)
def facts_of(method: str) -> Facts:
    """The facts of an exchange, one object for each method."""
    return Facts("wsgi", "http", method)


def watched(app: Any) -> WsgiApp:
    """The app with a recorder around it; an app that has one is given back as it is."""
    return cast("WsgiApp", app) if isinstance(app, AlreadyJudged) else Watched(app)


def record(
    app: WsgiApp, environ: dict[str, Any], start_response: Callable[..., Any], exchange: Exchange
) -> Iterable[bytes]:
    """Call the app once, its events going to `exchange`."""
    recording = AppCall(exchange, start_response)
    exchange.open()
    try:
        inner = app(environ, recording.start)
    except BaseException as error:
        _escaped(exchange, error)
        exchange.close()
        raise
    exchange.leave()
    recording.over(inner)
    return recording


def _snapshot(headers: Any) -> tuple[Any, ...]:
    try:
        return tuple(headers)
    except TypeError:
        return ()


def _escaped(exchange: Exchange, error: BaseException) -> None:
    """An exception left the app; of the time limit the driver knows what to say."""
    if not isinstance(error, TimeLimit):
        exchange.raised(error)


class AppCall:
    """One call of an app: its `start_response` and `write`, and its iterable as the server takes it.

    Closing it closes the exchange.
    """

    inner: Any = ()
    """What the app returned."""
    write_on: Any = None
    """The server's own `write`."""
    pieces: Iterator[Any] | None = None
    iterating = False
    exhausted = False
    seen = 0

    def __init__(self, exchange: Exchange, start_response: Callable[..., Any]) -> None:
        self.exchange = exchange
        self.start_response = start_response

    def start(self, status: Any, headers: Any, *exc_info: Any, **named: Any) -> Callable[[bytes], Any]:
        """The app's start_response."""
        exchange = self.exchange
        frame = _getframe(1)
        if type(headers) is list:
            pairs = tuple(headers)
        else:
            exchange.improper("invalid-header", f"the headers are {type(headers).__name__}, not a list", frame)
            pairs = _snapshot(headers)
        replaces = bool((exc_info and exc_info[0]) or (named and named.get("exc_info")))
        exchange.start(status, pairs, frame, replaces, False, headers, _exception())
        try:
            self.write_on = self.start_response(status, headers, *exc_info, **named)
        except OSError as error:
            exchange.refused(error)
            raise
        return self.write

    def write(self, data: Any) -> Any:
        """What `start_response` returns."""
        exchange, frame = self.exchange, _getframe(1)
        if self.iterating:
            exchange.improper("write-during-iteration", "write() was called from inside the iterable", frame)
        if isinstance(data, bytes):
            exchange.data(len(data), frame, data or None)
        else:
            exchange.improper("body-not-bytes", f"write() was given {type(data).__name__}, not bytes", frame)
        try:
            return self.write_on(data)
        except OSError as error:
            exchange.refused(error)
            raise

    def over(self, inner: Any) -> None:
        """Take the app's return value. A list is whole by then: no code of the app's runs when it gives its items."""
        self.inner = inner
        exchange = self.exchange
        exchange.body = id(inner.body if type(inner) is Probed else inner)
        if type(inner) is list or type(inner) is tuple:
            for chunk in inner:
                if type(chunk) is bytes:
                    exchange.events.append(_new(Data, (len(chunk), None)))
                else:
                    self.took(chunk)
            self.exhausted = exchange.exhausted = True
            if exchange.started:
                exchange.events.append(_END)
            exchange.events.append(_RETURNED)
            exchange.close()
        elif isinstance(inner, (str, bytes)):
            level = "" if inner else "practice"
            items = "numbers" if isinstance(inner, bytes) else "characters"
            detail = f"the app returned {type(inner).__name__}, an iterable of {items}, not of bytes"
            exchange.improper("body-not-bytes", detail, None, level)
        elif not hasattr(inner, "__iter__") and not hasattr(inner, "__getitem__"):
            if exchange.started:
                detail = f"the app returned {type(inner).__name__}, no iterable of bytes"
                exchange.improper("body-not-bytes", detail)
                exchange.end()
            self.exhausted = exchange.exhausted = True

    def __iter__(self) -> Iterator[Any]:
        if self.pieces is None:
            self.pieces = iter(self.inner) if self.exhausted else self.made()
        return self.pieces

    def __next__(self) -> Any:
        return next(iter(self))

    def made(self) -> Iterator[Any]:
        """The items of any other iterable: the app's code runs for each of them, and belongs to the exchange meanwhile."""
        exchange = self.exchange
        iterator: Any = None
        while not self.exhausted:
            self.iterating = True
            exchange.enter()
            try:
                if iterator is None:
                    iterator = iter(self.inner)
                chunk = next(iterator)
            except StopIteration:
                self.end()
                return
            except BaseException as error:
                self.exhausted = True
                _escaped(exchange, error)
                raise
            finally:
                self.iterating = False
                exchange.leave()
            self.seen += 1
            if type(chunk) is bytes and not exchange.closed:
                exchange.events.append(_new(Data, (len(chunk), _yielding(iterator))))
            else:
                self.took(chunk, iterator)
            yield chunk

    def end(self) -> None:
        """The server has taken all."""
        exchange = self.exchange
        self.exhausted = exchange.exhausted = True
        if exchange.started:
            exchange.add(_END)
            if not exchange.closed:
                exchange.settle()

    def took(self, chunk: Any, iterator: Any = None) -> None:
        """Record one item of the iterable."""
        site = _yielding(iterator)
        if isinstance(chunk, bytes):
            self.exchange.add(Data(len(chunk), site))
        elif not isinstance(self.inner, (str, bytes)):
            detail = f"the iterable gave {type(chunk).__name__}, not bytes"
            self.exchange.add(Improper("body-not-bytes", detail, site))

    def close(self) -> None:
        """Close the app's iterable, and with it the exchange; a body that was not taken to its end means that the client left."""
        exchange = self.exchange
        close = getattr(self.inner, "close", None)
        if exchange.closed:
            if close is not None:
                close()
            return
        if not self.exhausted:
            exchange.gone()
        try:
            if close is not None:
                exchange.enter()
                close()
        except BaseException as error:
            _escaped(exchange, error)
            exchange.close()
            raise
        exchange.returned()
        exchange.close()


def _yielding(iterator: Any) -> Chain | None:
    """Where a generator stands that has just yielded: it is on no stack then."""
    if type(iterator) is GeneratorType and iterator.gi_frame is not None:
        return iterator.gi_code, iterator.gi_frame.f_lasti
    return None


def request_of(environ: dict[str, Any]) -> Request:
    """The request that an environ describes; its body is not read."""
    headers = [
        (key[5:].replace("_", "-").lower(), str(value))
        for key, value in environ.items()
        if key.startswith("HTTP_") and isinstance(value, str)
    ]
    own = (key for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(key))
    headers += [(key.replace("_", "-").lower(), str(environ[key])) for key in own]
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    decoded = path.encode("latin-1", "replace").decode("utf-8", "replace") or "/"
    return Request(environ.get("REQUEST_METHOD", "GET"), decoded, environ.get("QUERY_STRING", ""), tuple(headers))


_GRACE = 0.05
"""How long threads that the app left behind are waited for, in seconds."""


class Driver:
    """Plays the server for a WSGI app, one exchange at a time, in the thread of the caller."""

    def __init__(self, app: WsgiApp, timeout: float = 5.0) -> None:
        self.app = app
        self.timeout = self.patience = timeout

    def exchange(
        self,
        request: Request,
        client: Client = DEFAULT,
        keep: int | None = KEPT_BODY,
    ) -> tuple[Exchange, Answer]:
        """Send one request and take the answer as `client` does. Never raises what the app raises.

        `keep`: how many bytes of the body the answer holds; all of them where it is None.

        KeyboardInterrupt alone passes where it is the user's.
        """
        put_marks()
        environ = environ_of(request)
        if client.breaks_off:  # the length that was announced stands
            environ["wsgi.input"] = BytesIO(request.body[: len(request.body) // 2])
        exchange = Exchange(facts_of(request.method), self.app, lambda _: request, environ)
        if client is not DEFAULT:
            exchange.client = str(client)
        exchange.docket = None
        answer = Answer(keep=keep)
        server = _Server(exchange, answer, client, self.timeout, self.timeout - self.patience)
        threads = threading.enumerate()
        around = current()
        try:
            with Alarm(self.patience, server.time_out):
                server.serve(self.app, environ)
        except BaseException as error:
            raise_if_users(error)
        finally:
            exchange.close()
            exchange.abandon(around)
        if server.endless:
            self.patience = min(self.timeout, PATIENCE)
        if threading.active_count() > len(threads):
            _wait_for_threads(threads)
        return exchange, answer

    def start(self) -> str:
        """WSGI has no start-up."""
        return ""

    def is_up(self) -> bool:
        """WSGI has no lifespan that could end."""
        return True

    def lifespan_exchange(self) -> Exchange | None:
        """WSGI has no lifespan."""
        return None

    def close(self) -> None:
        """Nothing is kept between exchanges."""


def _wait_for_threads(before: list[threading.Thread]) -> None:
    """Give threads that the app started the time to send what they have left to send."""
    until = time.monotonic() + _GRACE
    for thread in threading.enumerate():
        if thread not in before:
            thread.join(max(0.0, until - time.monotonic()))


class _Server:
    """One request as a server handles it."""

    def __init__(self, exchange: Exchange, answer: Answer, client: Client, timeout: float, longer: float) -> None:
        self.exchange = exchange
        self.timeout = timeout
        self.longer = longer
        """The seconds that an app has which is not streaming when the client looks."""
        self.endless = False
        """Whether the client has left a stream that kept coming."""
        self.answer = answer
        self.client = client
        self.headers_sent = False

    def serve(self, app: WsgiApp, environ: dict[str, Any]) -> None:
        body = record(app, environ, self.start_response, self.exchange)
        try:
            if self.client.leaves != "before":
                self.read(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    def read(self, body: Iterable[Any]) -> None:
        for chunk in body:
            if isinstance(chunk, bytes):
                if self.client.refuses:
                    return
                self.take(chunk)
            if self.wants_to_leave():
                return

    def time_out(self, frame: FrameType | None) -> float:
        """The limit struck in `frame`, the app's or ours that takes its body; a stream that is silent by design is left.

        Gives the seconds that are left where only the client's patience has ended.
        """
        if self.answer.keeps_coming(self.timeout):
            self.endless = True
            self.exchange.gone()
        elif not self.longer:
            self.exchange.add(TimedOut(capture(frame)))
        longer, self.longer = 0.0 if self.endless else self.longer, 0.0
        return longer

    def wants_to_leave(self) -> bool:
        """Whether the client has what it came for; at the "end" it leaves with the last byte that was announced."""
        answer = self.answer
        if self.client.leaves == "end":
            return answer.header("content-length") == str(answer.size)
        return (self.client.leaves == "first" and answer.chunks > 0) or answer.chunks >= MOST_CHUNKS

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., Any]:
        if exc_info:
            try:
                if self.headers_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # a traceback that holds its own frame is a cycle
        elif self.answer.status and self.client.strict:
            raise self.exchange.refused_breach(Refused("start_response() was called a second time without exc_info"))
        if not self.answer.status or not self.headers_sent:
            digits = str(status)[:3]
            self.answer.status = int(digits) if digits.isascii() and digits.isdigit() else 0
            self.answer.headers = as_text(_snapshot(headers))
        return self.write

    def write(self, data: bytes) -> None:
        if self.client.refuses:  # a server that has nobody to send the head to says so with the first bytes
            raise ClientLeft("the client is gone")
        if isinstance(data, bytes):
            self.take(data)

    def take(self, chunk: bytes) -> None:
        if chunk:
            self.headers_sent = True
            self.answer.take(chunk)


def environ_of(request: Request) -> dict[str, Any]:
    """The environ of a request, as PEP 3333 ("environ Variables") asks for it."""
    host = (request.headers and request.header("host")) or "localhost:8000"
    name, port = host_and_port(host)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50000",
        "HTTP_HOST": host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    for key, value in request.headers:
        wsgi_key = key.upper().replace("-", "_")
        text = value.encode().decode("latin-1") if not value.isascii() else value
        if wsgi_key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            environ[wsgi_key] = text
        elif wsgi_key != "HOST":
            known = environ.get(f"HTTP_{wsgi_key}")
            joint = "; " if wsgi_key == "COOKIE" else ", "  # RFC 9110, 5.3
            environ[f"HTTP_{wsgi_key}"] = text if known is None else known + joint + text
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        environ.setdefault("CONTENT_LENGTH", str(len(request.body)))
    return environ

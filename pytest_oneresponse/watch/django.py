"""Django's Client and AsyncClient, and with them REST framework's APIClient.

They call the handler's middleware chain and hand the response object itself to the test: no WSGI or ASGI callable is
run that a recorder could stand around. So what `WSGIHandler` or `ASGIHandler` would have sent is told here: the head
and the body of the response that `get_response` returned, before the client removes bodies that a server would not
send; and a streamed body piece by piece, as the test takes it.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from io import BytesIO
from types import AsyncGeneratorType, GeneratorType, ModuleType
from typing import Any

from ..contract.events import Data, Start
from ..contract.machine import Facts
from ..contract.request import Request
from ..exchange import Exchange, current
from ..patching import Patches
from ..sites import Chain, walk


def patch(module: ModuleType, patches: Patches) -> None:
    """Record what passes through `get_response` of the test clients' handlers, and of those alone."""
    sync, asynchronous = getattr(module, "ClientHandler", None), getattr(module, "AsyncClientHandler", None)
    patches.replace(sync, "get_response", functools.partial(_get_response, sync))
    patches.replace(asynchronous, "get_response_async", functools.partial(_get_response_async, asynchronous))


TARGETS = {"django.test.client": patch}


def _get_response(handler: Any, original: Any) -> Any:
    if not inspect.isfunction(original):
        return original
    before = _before(handler, "get_response", original)

    @functools.wraps(original)
    def get_response(self: Any, /, request: Any) -> Any:
        __tracebackhide__ = True
        if _is_recorded(request.environ):
            return before(self)(request)
        exchange = _exchange("wsgi", self, request)
        exchange.open()
        try:
            response = before(self)(request)
        except BaseException as error:
            _escaped(exchange, error)
            raise
        _answered(exchange, response)
        return response

    return get_response


def _get_response_async(handler: Any, original: Any) -> Any:
    if not inspect.iscoroutinefunction(original):
        return original
    before = _before(handler, "get_response_async", original)

    @functools.wraps(original)
    async def get_response_async(self: Any, /, request: Any) -> Any:
        __tracebackhide__ = True
        if _is_recorded(request.scope):
            return await before(self)(request)
        exchange = _exchange("asgi", self, request)
        exchange.open()
        try:
            response = await before(self)(request)
        except BaseException as error:
            _escaped(exchange, error)
            raise
        _answered(exchange, response)
        return response

    return get_response_async


def _before(handler: Any, name: str, original: Any) -> Callable[[Any], Callable[..., Any]]:
    """The method that ran before, bound; an inherited one is looked up anew, as a test may patch the base class."""
    if name in vars(handler):
        return lambda instance: original.__get__(instance)
    return lambda instance: getattr(super(handler, instance), name)


def _is_recorded(native: Any) -> bool:
    """Whether this very request is being recorded already, by a watch that was installed before."""
    exchange = current()
    return exchange is not None and exchange.native is native


def _exchange(interface: str, handler: Any, request: Any) -> Exchange:
    native = request.environ if interface == "wsgi" else request.scope
    return Exchange(Facts(interface, "http", request.method), handler, lambda _: _request(interface, request), native)


def _request(interface: str, request: Any) -> Request:
    from ..protocols import asgi, wsgi

    seen = wsgi.request_of(request.environ) if interface == "wsgi" else asgi.request_of(request.scope)
    return replace(seen, body=_body(request))


def _body(request: Any) -> bytes:
    """The body, without reading: what the view has read, or else what the client put into its payload."""
    body = getattr(request, "_body", None)
    if isinstance(body, bytes):
        return body
    payload = getattr(getattr(getattr(request, "_stream", None), "_read", None), "__self__", None)
    content = getattr(payload, "_FakePayload__content", None)
    return content.getvalue() if isinstance(content, BytesIO) else b""


def _escaped(exchange: Exchange, error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        exchange.gone()
        exchange.returned()
    else:
        exchange.raised(error)
    exchange.close()


def _answered(exchange: Exchange, response: Any) -> None:
    """Record the head, and the body where it is whole; a streamed one is put under watch."""
    exchange.leave()
    try:
        _start(exchange, response)
        if getattr(response, "streaming", False):
            _watch_stream(exchange, response)
            return
        exchange.data(len(response.content))
        exchange.end()
        exchange.returned()
    except Exception as error:
        # A server would meet it, as with a template response that nobody rendered; the client does not.
        exchange.raised(error)
    exchange.close()


def _start(exchange: Exchange, response: Any) -> None:
    """The head as the handler of the interface writes it. The exception in flight, if any, is the test's own."""
    cookies = [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
    status: Any = response.status_code
    headers: Any = (*response.items(), *cookies)
    if exchange.facts.interface == "wsgi":
        status = f"{response.status_code} {response.reason_phrase}"
    else:
        headers = tuple((_encoded(name), _encoded(value).strip()) for name, value in headers)
    exchange.add(Start(status, headers, exchange.start_site(walk(None), response)))


def _encoded(text: Any) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode("latin-1", "replace")


def _watch_stream(exchange: Exchange, response: Any) -> None:
    source = getattr(response, "_iterator", None)
    stream: _Stream
    if getattr(response, "is_async", False):
        stream = _AsyncStream(exchange, source, response.streaming_content)
    else:
        stream = _SyncStream(exchange, source, response.streaming_content)
    response.streaming_content = stream
    stream.pause()
    if exchange.docket is not None and exchange.judge().breaches:
        # The test may never take the body, nor close it: then this is all that is known.
        exchange.docket.add(exchange)


class _Stream:
    """A streamed body, recorded as it is taken. Django closes it with the response.

    Between two pieces the test's own code runs, which is none of the exchange's: it is entered for each piece.
    """

    def __init__(self, exchange: Exchange, source: Any, inner: Any) -> None:
        self.exchange = exchange
        self.source = source
        self.inner = inner
        self.over = False

    def resume(self) -> None:
        if not self.exchange.closed:
            self.exchange.enter()

    def pause(self) -> None:
        self.exchange.leave()

    def took(self, piece: bytes) -> None:
        if self.exchange.closed:  # what a test reads after it closed the response is sent to nobody
            return
        first = type(self.exchange.events[-1]) is Start
        self.exchange.add(Data(len(piece), self.site() if first else None))

    def ended(self) -> None:
        if not self.over and not self.exchange.closed:
            self.over = self.exchange.exhausted = True
            self.exchange.end()

    def failed(self, error: BaseException) -> None:
        if not self.over and not self.exchange.closed:
            self.over = True
            self.exchange.gone() if isinstance(error, asyncio.CancelledError) else self.exchange.raised(error)

    def site(self) -> Chain | None:
        """Where a generator stands that has just yielded: it is on no stack then."""
        source = self.source
        if isinstance(source, GeneratorType) and source.gi_frame is not None:
            return source.gi_code, source.gi_frame.f_lasti
        if isinstance(source, AsyncGeneratorType) and source.ag_frame is not None:
            return source.ag_code, source.ag_frame.f_lasti
        return None

    def close(self) -> None:
        """A body that was not taken to its end means that the client left."""
        if self.exchange.closed:
            return
        if not self.over:
            self.exchange.gone()
        self.exchange.returned()
        self.exchange.close()


class _SyncStream(_Stream):
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        __tracebackhide__ = True
        self.resume()
        try:
            piece: bytes = next(self.inner)
        except StopIteration:
            self.ended()
            raise
        except BaseException as error:
            self.failed(error)
            raise
        finally:
            self.pause()
        self.took(piece)
        return piece


class _AsyncStream(_Stream):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        __tracebackhide__ = True
        self.resume()
        try:
            piece: bytes = await anext(self.inner)
        except StopAsyncIteration:
            self.ended()
            raise
        except BaseException as error:
            self.failed(error)
            raise
        finally:
            self.pause()
        self.took(piece)
        return piece

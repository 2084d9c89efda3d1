"""Answering what is sent through httpx, and through its successor httpx2: in place of their network transports."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from ..watch.patching import Patches
from .making import TEXT
from .replies import Answering, Asked, Reply

MODULES = ("httpx", "httpx2")


def install(module: Any, patches: Patches, answering: Answering, is_local: Callable[[str], bool]) -> None:
    """From now on requests to other machines are answered by `answering`."""
    respond = functools.partial(_response, module, answering)

    def make(handle: Any) -> Any:
        def handling(self: Any, request: Any) -> Any:
            return handle(self, request) if is_local(request.url.host) else respond(request)

        return handling

    def make_async(handle: Any) -> Any:
        async def handling(self: Any, request: Any) -> Any:
            return await handle(self, request) if is_local(request.url.host) else respond(request)

        return handling

    patches.replace(module.HTTPTransport, "handle_request", make)
    patches.replace(module.AsyncHTTPTransport, "handle_async_request", make_async)


def _response(httpx: Any, answering: Answering, request: Any) -> Any:
    reply = answering(Asked(httpx.__name__, request.method, str(request.url)))
    kinds = {"connect timeout": httpx.ConnectTimeout, "read timeout": httpx.ReadTimeout, "refused": httpx.ConnectError}
    if reply.fails:
        raise kinds[reply.fails](f"{reply.fails} ({TEXT})", request=request)
    if reply.whole:
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)
    return httpx.Response(reply.status, headers=dict(reply.headers), stream=_broken(httpx, reply))


def _broken(httpx: Any, reply: Reply) -> Any:
    """A body that breaks off."""

    def error() -> Exception:
        text = f"peer closed connection without sending complete message body ({TEXT})"
        return httpx.RemoteProtocolError(text)  # type: ignore[no-any-return]

    class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            yield reply.body
            raise error()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield reply.body
            raise error()

    return Broken()

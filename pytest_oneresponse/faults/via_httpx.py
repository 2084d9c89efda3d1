"""Answering what is sent through httpx, and through its successor httpx2: in place of their network transports."""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from ..patching import Patches
from .making import TEXT
from .replies import Asked, Reply, Upstream

MODULES = ("httpx", "httpx2")


def install(module: Any, patches: Patches, upstream: Upstream, is_local: Callable[[str], bool]) -> None:
    """From now on `upstream` fails for other machines, and answers for them what no mock of the user's answers."""

    def reply(handle: Any, request: Any) -> Any:
        """The answer; None where the transport is to be asked."""
        if is_local(request.url.host):
            return None
        asked = Asked(module.__name__, request.method, str(request.url))
        failing = upstream.fail(asked)
        if failing is None and _is_mocked(handle):
            return None
        return _response(module, request, failing or upstream.usual(asked))

    def make(handle: Any) -> Any:
        @functools.wraps(handle)
        def handling(self: Any, request: Any) -> Any:
            return reply(handle, request) or handle(self, request)

        return handling

    def make_async(handle: Any) -> Any:
        @functools.wraps(handle)
        async def handling(self: Any, request: Any) -> Any:
            return reply(handle, request) or await handle(self, request)

        return handling

    patches.replace(module.HTTPTransport, "handle_request", make)
    patches.replace(module.AsyncHTTPTransport, "handle_async_request", make_async)


def _is_mocked(handle: Any) -> bool:
    """Whether the user has put a mock in the place of a transport, or of the pools of connections behind it."""
    core = sys.modules.get("httpcore")
    pools = (core.ConnectionPool.handle_request, core.AsyncConnectionPool.handle_async_request) if core else ()
    return any(not one.__module__.startswith(("httpx", "httpcore")) for one in (handle, *pools))


def _response(httpx: Any, request: Any, reply: Reply) -> Any:
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

"""Answering what is sent through aiohttp's client: its connector gets connections that are none."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

from ..patching import Patches
from .making import TEXT
from .replies import Asked, Upstream

MODULES = ("aiohttp",)


def install(module: Any, patches: Patches, upstream: Upstream, is_local: Callable[[str], bool]) -> None:
    """From now on requests to other machines are answered by `upstream`."""

    def make(connect: Any) -> Any:
        async def connecting(self: Any, request: Any, traces: Any, timeout: Any) -> Any:
            if is_local(request.url.host or ""):
                return await connect(self, request, traces, timeout)
            reply = upstream.answer(Asked("aiohttp", request.method, str(request.url)))
            if reply.fails == "connect timeout":
                raise module.ServerTimeoutError(f"connection timeout ({TEXT})")
            if reply.fails == "refused":
                refusal = ConnectionRefusedError(errno.ECONNREFUSED, f"Connection refused ({TEXT})")
                raise module.ClientConnectorError(request.connection_key, refusal)
            protocol = self._factory()
            protocol.connection_made(_Transport(protocol, None if reply.fails else reply.wire))
            return protocol

        return connecting

    patches.replace(module.TCPConnector, "_create_connection", make)


class _Transport(asyncio.Transport):
    """Answers once a request has been written to it; without an answer it fails as a read timeout does."""

    def __init__(self, protocol: Any, answer: bytes | None) -> None:
        super().__init__()
        self.protocol = protocol
        self.answer = answer
        self.answered = False
        self.closing = False

    def write(self, data: Any) -> None:
        if not self.answered:
            self.answered = True
            asyncio.get_running_loop().call_soon(self.reply)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def reply(self) -> None:
        if self.answer is None:
            from aiohttp import SocketTimeoutError

            self.protocol.set_exception(SocketTimeoutError(f"timeout on reading data ({TEXT})"))
            return
        self.protocol.data_received(self.answer)
        if not self.closing:
            self.closing = True
            self.protocol.connection_lost(None)

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            self.protocol.connection_lost(None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        """All has been read."""

    def resume_reading(self) -> None:
        """All has been read."""

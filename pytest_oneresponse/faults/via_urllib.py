"""Answering what is sent through http.client, and so through urllib.request: its connections get a socket of ours."""

from __future__ import annotations

import errno
import functools
import http.client
import io
from collections.abc import Callable
from typing import Any

from ..patching import Patches
from .making import TEXT
from .replies import Asked, Upstream

MODULES = ("http.client",)


def install(module: Any, patches: Patches, upstream: Upstream, is_local: Callable[[str], bool]) -> None:
    """From now on connections to other machines are answered by `upstream`."""
    for kind in (module.HTTPConnection, module.HTTPSConnection):
        patches.replace(kind, "connect", functools.partial(_connecting, upstream, is_local))


def _connecting(upstream: Upstream, is_local: Callable[[str], bool], connect: Any) -> Callable[..., Any]:
    def connecting(self: Any) -> Any:
        if is_local(self.host):
            return connect(self)
        self.sock = _Socket(self, upstream)
        return None

    return connecting


class _Socket:
    """Takes a request and gives the answer to it."""

    def __init__(self, connection: http.client.HTTPConnection, upstream: Upstream) -> None:
        self.connection = connection
        self.upstream = upstream
        self.sent = bytearray()

    def sendall(self, data: Any) -> None:
        if not self.sent:
            line = bytes(data).split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            scheme = "https" if isinstance(self.connection, http.client.HTTPSConnection) else "http"
            path = line[1] if len(line) > 1 else "/"
            url = path if "://" in path else f"{scheme}://{self.connection.host}:{self.connection.port}{path}"
            self.reply = self.upstream.answer(Asked("urllib", line[0], url))
            if self.reply.fails == "connect timeout":
                raise TimeoutError(f"timed out ({TEXT})")
            if self.reply.fails == "refused":
                raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connection refused ({TEXT})")
        self.sent += data

    def makefile(self, _mode: str, *_: Any, **__: Any) -> io.BufferedIOBase:
        if self.reply.fails == "read timeout":
            return io.BufferedReader(_Silent())
        return io.BytesIO(self.reply.wire)

    def settimeout(self, _seconds: Any) -> None:
        """Nothing is waited for."""

    def close(self) -> None:
        """There is nothing to close."""


class _Silent(io.RawIOBase):
    """A connection on which no answer comes."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise TimeoutError(f"timed out ({TEXT})")

"""One HTTP request as plain values, the same for every protocol."""

from __future__ import annotations

import functools
import re
import shlex
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

WEBSOCKET = "WEBSOCKET"
"""Stands for the method of a request that asks for a WebSocket."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be sent, or one that was seen.

    Of one that asks for a WebSocket `method` is WEBSOCKET, and `body` the message that is said once it is open.
    `path` is the decoded path ("/café"), `query` the raw query string without "?",
    `headers` pairs of text in sending order, `body` the raw bytes.
    """

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, by case-insensitive name; None where it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def with_header(self, name: str, value: str) -> Request:
        """The same request with one header set, in place of any of that name."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def with_cookie(self, name: str, value: str) -> Request:
        """The same request with one cookie set beside the others; `value` as it stands in the header."""
        known = self.header("cookie")
        kept = [pair for pair in (known or "").split("; ") if pair and pair.partition("=")[0] != name]
        return self.with_header("cookie", "; ".join([*kept, f"{name}={value}"]))

    @property
    def target(self) -> str:
        """The request target as it goes over the wire: percent-encoded path and query."""
        path = quote(self.path, safe="/:@!$&'()*+,;=~-._")
        return f"{path}?{self.query}" if self.query else path

    def to_json(self) -> dict[str, Any]:
        """JSON basics only; bytes that are no UTF-8 are written as `text_of` does."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": [list(pair) for pair in self.headers],
            "body": text_of(self.body),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Request:
        """The inverse of `to_json`."""
        headers = tuple((str(name), str(value)) for name, value in data["headers"])
        return cls(data["method"], data["path"], data["query"], headers, bytes_of(data["body"]))

    def curl(self) -> str:
        """A command that sends this request from a POSIX shell: curl's, or websocat's for a WebSocket."""
        return " | ".join(" ".join(map(shlex.quote, words)) for words in self.commands())

    def commands(self) -> list[list[str]]:
        """The words of that command; of several where one pipes into the next."""
        return self._websocat() if self.method == WEBSOCKET else [self._curl()]

    def _curl(self) -> list[str]:
        words = ["curl"]
        if set(self.target) & set("[]{}"):
            words.append("--globoff")
        if self.method == "HEAD":
            words.append("--head")
        elif self.method != ("POST" if self.body else "GET"):
            words += ["-X", self.method]
        words += self._headers("host", "content-length")
        if self.body:
            words += ["--data-raw", self.body.decode(errors="backslashreplace")]
        return [*words, f"http://{self.header('host') or 'localhost:8000'}{self.target}"]

    def _websocat(self) -> list[list[str]]:
        words = ["websocat", *self._headers("host", "content-length", "content-type", "accept")]
        if self.header("content-type") == "application/octet-stream":
            words.append("--binary")
        words.append(f"ws://{self.header('host') or 'localhost:8000'}{self.target}")
        said = [["echo", self.body.decode(errors="backslashreplace")]] if self.body else []
        return [*said, words]

    def _headers(self, *left_out: str) -> list[str]:
        kept = [f"{name}: {value}" for name, value in self.headers if name.lower() not in left_out]
        return [word for header in kept for word in ("-H", header)]


def text_of(body: bytes) -> str:
    """A body as text that UTF-8 can hold: bytes that are no UTF-8 are written as "\\xff"; `bytes_of` undoes it."""
    try:
        text = body.decode()
        return text.replace("\\x", "\\x5cx") if "\\x" in text else text
    except UnicodeDecodeError:
        return body.replace(b"\\x", b"\\x5cx").decode(errors="backslashreplace")


def bytes_of(text: str) -> bytes:
    """The inverse of `text_of`."""
    pieces = re.split(r"\\x([0-9a-f]{2})", text)
    return b"".join(bytes.fromhex(piece) if index % 2 else piece.encode() for index, piece in enumerate(pieces))


@functools.lru_cache(maxsize=64)
def host_and_port(host: str) -> tuple[str, int]:
    """A Host header's name and port, 80 where it has none; an IPv6 address keeps its brackets (RFC 3986, 3.2.2)."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]") or not port.isdigit():
        return host, 80
    return name, int(port)

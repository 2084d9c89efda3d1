"""What another machine answers while a route is driven: what the search wants of it, or one of the ways to misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `fails` names what keeps it from coming: "connect timeout", "read timeout" or "refused".

    `whole`: the body has all the bytes that its Content-Length announces; else the connection breaks off before.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON))
    body: bytes = b"{}"
    fails: str = ""
    whole: bool = True

    @property
    def wire(self) -> bytes:
        """The answer as HTTP/1.1 has it (RFC 9112)."""
        size = len(self.body) + (0 if self.whole else 100)
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Said')}", f"content-length: {size}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "connection: close", "", ""]).encode() + self.body


REASONS = {200: "OK", 302: "Found", 404: "Not Found", 429: "Too Many Requests"} | {
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _error(status: int, **headers: str) -> Reply:
    return Reply(status, {**JSON, **headers}, json.dumps({"error": REASONS[status]}).encode())


MISBEHAVIOURS: dict[str, Reply] = {
    "connect timeout": Reply(fails="connect timeout"),
    "read timeout": Reply(fails="read timeout"),
    "refused": Reply(fails="refused"),
    "404": _error(404),
    "429": _error(429, **{"retry-after": "1"}),
    "500": _error(500),
    "503": _error(503),
    "invalid JSON": Reply(body=b"<html>not JSON</html>", headers={"content-type": "text/html"}),
    "a truncated body": Reply(body=b'{"items": [', whole=False),
    "a redirect loop": Reply(302, {"location": "/oneresponse-loop"}, b""),
}
"""The ways in which an upstream lets its clients down."""


class Asked:
    """What an app asks of another machine: with which client, which method, which URL."""

    __slots__ = ("client", "method", "url")

    def __init__(self, client: str, method: str, url: str) -> None:
        self.client = client
        self.method = method
        self.url = url


@dataclass(frozen=True, slots=True)
class Upstream:
    """Who answers for other machines.

    `fail`: how one misbehaves now; None where it does not. `usual`: what it answers then, unless a mock of the user's does.
    """

    fail: Callable[[Asked], Reply | None]
    usual: Callable[[Asked], Reply]

    def answer(self, asked: Asked) -> Reply:
        """One of the two."""
        return self.fail(asked) or self.usual(asked)


def shaped(document: Any, status: int = 200) -> Reply:
    """The answer of an upstream that works: a JSON document; none where the status has no body (RFC 9110, 15.3.5, 15.4.5)."""
    return Reply(status, body=b"" if status in (204, 304) else json.dumps(document, default=str).encode())

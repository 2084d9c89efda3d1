"""One HTTP request as plain values, the same for every protocol."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be sent, or one that was seen.

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

    @property
    def target(self) -> str:
        """The request target as it goes over the wire: percent-encoded path and query."""
        path = quote(self.path, safe="/:@!$&'()*+,;=~-._")
        return f"{path}?{self.query}" if self.query else path

    def to_json(self) -> dict[str, Any]:
        """JSON basics only; bytes that are no UTF-8 are kept as latin-1 text."""
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
        return cls(data["method"], data["path"], data["query"], headers, data["body"].encode())

    def curl(self) -> str:
        """A command that sends this request from a POSIX shell."""
        host = self.header("host") or "localhost:8000"
        words = ["curl"]
        if self.method == "HEAD":
            words.append("--head")
        elif self.method != ("POST" if self.body else "GET"):
            words += ["-X", self.method]
        for name, value in self.headers:
            if name.lower() not in ("host", "content-length"):
                words += ["-H", f"{name}: {value}"]
        if self.body:
            words += ["--data-binary", text_of(self.body)]
        words.append(f"http://{host}{self.target}")
        return " ".join(shlex.quote(word) for word in words)


def text_of(body: bytes) -> str:
    """A body as text: UTF-8 where it is that, else latin-1."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")

"""What a driven client does, and what it gets to see."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from typing import Any

KEPT_BODY = 65_536
"""How many bytes of a body are kept, in bytes; the rest is only counted."""

MOST_CHUNKS = 2_000
"""After so many chunks the client of an endless stream leaves."""

PATIENCE = 0.5
"""For so many seconds a client takes a stream, once another of the same route has been found not to end."""

STREAMING_TYPES = ("text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson", "application/stream+json")
"""Media types whose responses stay open by design: the client leaves them when they fall silent."""


@dataclass(frozen=True, slots=True)
class Client:
    """How a client misbehaves. The default one takes the whole response.

    `leaves`: "before" the first byte, after the "first" chunk, at the "end". `refuses`: sending to it raises OSError at
    the "start" or at the first "body" chunk. `slow`: sending to it lets other tasks run. `strict`: a breach is
    refused with an exception, as a server would; otherwise all is let through and only recorded. `breaks_off`: it leaves
    half-way through the body of its request.
    """

    leaves: str = ""
    refuses: str = ""
    slow: bool = False
    strict: bool = False
    breaks_off: bool = False

    def __str__(self) -> str:
        said = {
            "before": "leaves before the first byte",
            "first": "leaves after the first chunk",
            "end": "leaves at the end",
        }.get(self.leaves, "")
        if self.refuses:
            said = f"is gone when the {'head' if self.refuses == 'start' else 'body'} is sent (OSError)"
        if self.slow:
            said = "takes its time, so that other tasks run between two sends"
        if self.breaks_off:
            said = "leaves half-way through the body of its request"
        if self.strict:
            said = "stands behind a server that refuses a breach with an exception"
        return said


DEFAULT = Client()
_ALL = (
    *(Client(leaves=when) for when in ("before", "first", "end")),
    *(Client(refuses=what) for what in ("start", "body")),
    *(Client(slow=True), Client(strict=True), Client(breaks_off=True)),
)
NAMED = {str(client): client for client in _ALL}
"""The clients that misbehave in one way, each by what is said of it."""


@dataclass(slots=True)
class Answer:
    """What the client got: the first response's status and headers (text), and the first bytes of all bodies."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytearray = field(default_factory=bytearray)
    size: int = 0
    chunks: int = 0
    latest: float = 0.0
    """When the last chunk but the first came, as time.monotonic() has it."""
    keep: int | None = KEPT_BODY
    """How many bytes of the body are kept; all of them where it is None."""

    def header(self, name: str) -> str | None:
        """The first value of a header, by lower-case name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def take(self, chunk: bytes) -> None:
        """Count a chunk and keep what there is room for."""
        self.size += len(chunk)
        self.chunks += 1
        if self.chunks > 1:
            self.latest = time.monotonic()
        room = len(chunk) if self.keep is None else self.keep - len(self.body)
        if room > 0:
            self.body += chunk[:room]

    def keeps_coming(self, timeout: float) -> bool:
        """Whether a response that takes longer than the limit is no hang: it is open by design, or is being sent all the time."""
        return (self.streams and self.chunks > 0) or time.monotonic() - self.latest < timeout / 4

    @property
    def streams(self) -> bool:
        """Whether the response stays open by design."""
        return _streams(self.headers)


def as_text(headers: Any) -> tuple[tuple[str, str], ...]:
    """The header pairs of a head, as they were handed over, in text; what is no pair of them is left out."""
    try:
        return _known_text(headers)
    except TypeError:  # what cannot be hashed is no legal header, and is read without the cache
        return _known_text.__wrapped__(headers)


# One head is sent many times while a route is driven.
@functools.lru_cache(maxsize=256)
def _known_text(headers: Any) -> tuple[tuple[str, str], ...]:
    pairs = [pair for pair in headers if isinstance(pair, (tuple, list)) and len(pair) == 2]
    known = [
        (name, value) for name, value in pairs if isinstance(name, (str, bytes)) and isinstance(value, (str, bytes))
    ]
    return tuple((_text(name), _text(value)) for name, value in known)


def _text(part: str | bytes) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else part


@functools.lru_cache(maxsize=256)
def _streams(headers: tuple[tuple[str, str], ...]) -> bool:
    media = next((value for name, value in headers if name.lower() == "content-type"), "")
    return media.lower().startswith(STREAMING_TYPES)


REFUSED_RULES = frozenset(
    ("second-response", "write-after-end", "body-before-start", "length-mismatch", "invalid-status", "invalid-header")
)
"""The breaches that servers refuse with an exception."""


class Refused(Exception):
    """What a strict server raises into the app at a breach."""


class ClientLeft(OSError):
    """What sending to a client that is gone raises."""

"""What a client would have got, had the output been held back until the handler ended.

It tells the two remedies apart: what was sent too early becomes right when it is held back, what was answered twice stays
wrong. The events are played once more as a server would pass them on that sends nothing before the app has ended: it
takes the status that the response has by then, and drops an unsent response for that of an error handler, or for the
plain 500 of an exception that escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .events import Data, End, Event, Improper, Lost, Raised, Returned, Start, Swallowed
from .head import read_head
from .machine import Facts, judge

EARLY = frozenset(("late-status", "late-header", "error-after-start", "second-response", "error-swallowed"))
"""The rules of which it is asked."""


class Buffered(NamedTuple):
    """The status and the bytes of body that the client would have got, and whether the contract would then hold."""

    status: int
    size: int
    holds: bool


def held_back(facts: Facts, events: Sequence[Event], status: int = 0) -> Buffered | None:
    """The answer for one exchange; None where nothing was started. `status`: the last that was set, 0 where none was."""
    kept = _passed_on(facts, events)
    start = next((event for event in kept if isinstance(event, Start)), None)
    if start is None:
        return None
    verdict = judge(facts, kept)
    size = sum(event.size for event in kept if isinstance(event, Data))
    code = status if status and start is events[0] else read_head(facts.interface, start.status, start.headers).status
    return Buffered(code, size, not verdict.breaches)


def _passed_on(facts: Facts, events: Sequence[Event]) -> list[Event]:
    kept: list[Event] = []
    for event in events:
        if isinstance(event, (Improper, Lost, Swallowed)):
            continue
        if isinstance(event, Raised):
            text = facts.interface == "wsgi"
            return [Start("500 Internal Server Error" if text else 500, ()), End(), Returned()]
        if isinstance(event, Start) and (event.replaces or event.handling is not None):
            kept = []
        kept.append(event)
    return kept

"""The life of a response, as one literal table for each kind of exchange.

Theory. An exchange is one request and what the app does with it. It is in one *state*; each event of the app, the
client or the server moves it to the next. A *table* says how: ``{state: {event: next}}`` where `next` is a state, or,
where the event breaks the contract in that state, ``(rule, state)``. Nothing else changes a state: whoever wants to know what
is legal when reads the table, and the diagram in the docs is drawn from it.

Some states need a word:

- REFUSED (WSGI): `start_response` was called with exc_info after bytes had gone out, and raised that exception again,
  as PEP 3333 demands. The app must now let it pass.
- SILENT, CUT, OWING: the app returned without a response, without the end of it, without the trailers it promised. These are
  no breaches yet: if a forgotten task sends afterwards, *that* is the breach. `over` tells that nothing more will come.
- GONE, LEFT: the client went before, or after, the head was sent. What the app sends is lost and no end is owed; a second
  head in LEFT is a second response all the same.
- "trailers owed" in the name of an event: the head said that trailers follow (ASGI's `trailers`), so its body's end is not the
  response's.
- OVER: the app has returned with everything sent. JUDGED: a breach was found; what follows from it is part of it.

Beside the state stand a few facts that no state could hold: the declared length and the bytes sent, whether the status
allows a body, and the events that started and ended the response. The machine is pure: events in, breaches out.
Sources: PEP 3333; the ASGI specification (HTTP and WebSocket, Lifespan); RFC 9110, RFC 9112.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from .causes import related
from .events import Data, End, Event, File, Improper, Lost, Raised, Returned, Start, Swallowed
from .head import Head, known_head, read_head

Next = str | tuple[str, str] | tuple[str, str, str]
Table = Mapping[str, Mapping[str, Next]]

_SENDING = (
    "informational",
    "start",
    "restart",
    "data",
    "empty",
    "part of a file",
    "file",
    "end",
    "trailers",
    "last trailers",
)
_ENDING = ("returned", "raised", "raised in the body", "gone", "timed out")
_EVERYTHING = (*_SENDING, *_ENDING, "over")


def _all(next_state: Next, columns: Iterable[str]) -> dict[str, Next]:
    return dict.fromkeys(columns, next_state)


HTTP: Table = {
    "HEAD": {
        "informational": "HEAD",
        "start": "STARTED",
        "restart": "STARTED",
        "data": ("body-before-start", "JUDGED"),
        "empty": ("body-before-start", "HEAD", "practice"),
        "part of a file": ("body-before-start", "JUDGED"),
        "file": ("body-before-start", "JUDGED"),
        "end": ("body-before-start", "JUDGED"),
        "trailers": ("trailers-out-of-order", "JUDGED"),
        "last trailers": ("trailers-out-of-order", "JUDGED"),
        "returned": "SILENT",
        **_all(("unhandled-error", "OVER"), ("raised", "raised in the body")),
        "gone": "GONE",
        "timed out": ("hung-response", "JUDGED"),
        "over": "HEAD",
    },
    "STARTED": {
        "informational": "STARTED",
        "start": ("second-response", "JUDGED"),
        "restart": "STARTED",
        "data": "BODY",
        "empty": "STARTED",
        "part of a file": "BODY",
        "file": "DONE",
        "end": "DONE",
        "file, trailers owed": "TRAILERS",
        "end, trailers owed": "TRAILERS",
        "trailers": ("trailers-out-of-order", "JUDGED"),
        "last trailers": ("trailers-out-of-order", "JUDGED"),
        "returned": "CUT",
        **_all(("error-after-start", "OVER"), ("raised", "raised in the body")),
        # PEP 3333 has a server keep the head back until there is a byte: it answers 500 in its place, and that whole.
        **_all(("error-after-start", "OVER", "practice"), ("raised, in WSGI", "raised in the body, in WSGI")),
        "gone": "LEFT",
        "timed out": ("hung-response", "JUDGED"),
        "over": "STARTED",
    },
    "BODY": {
        "informational": "BODY",
        "start": ("second-response", "JUDGED"),
        "restart": "REFUSED",
        "data": "BODY",
        "empty": "BODY",
        "part of a file": "BODY",
        "file": "DONE",
        "end": "DONE",
        "file, trailers owed": "TRAILERS",
        "end, trailers owed": "TRAILERS",
        "trailers": ("trailers-out-of-order", "JUDGED"),
        "last trailers": ("trailers-out-of-order", "JUDGED"),
        "returned": "CUT",
        **_all(("error-after-start", "OVER"), ("raised", "raised in the body")),
        "gone": "LEFT",
        "timed out": ("hung-response", "JUDGED"),
        "over": "BODY",
    },
    "REFUSED": {
        **_all(("error-swallowed", "JUDGED"), _SENDING),
        "returned": ("error-swallowed", "JUDGED"),
        **_all(("error-after-start", "OVER"), ("raised", "raised in the body")),
        "gone": "LEFT",
        "timed out": ("hung-response", "JUDGED"),
        "over": "REFUSED",
    },
    "TRAILERS": {
        "informational": ("second-response", "JUDGED"),
        "start": ("second-response", "JUDGED"),
        "restart": ("second-response", "JUDGED"),
        "data": ("write-after-end", "JUDGED"),
        "empty": ("write-after-end", "JUDGED"),
        "part of a file": ("write-after-end", "JUDGED"),
        "file": ("write-after-end", "JUDGED"),
        "end": ("write-after-end", "JUDGED"),
        "trailers": "TRAILERS",
        "last trailers": "DONE",
        "returned": "OWING",
        **_all(("error-after-start", "OVER"), ("raised", "raised in the body")),
        "gone": "LEFT",
        "timed out": ("hung-response", "JUDGED"),
        "over": "TRAILERS",
    },
    "DONE": {
        "informational": ("second-response", "JUDGED"),
        "start": ("second-response", "JUDGED"),
        "restart": ("second-response", "JUDGED"),
        "data": ("write-after-end", "JUDGED"),
        "empty": ("write-after-end", "JUDGED"),
        "part of a file": ("write-after-end", "JUDGED"),
        "file": ("write-after-end", "JUDGED"),
        "end": ("write-after-end", "JUDGED"),
        "trailers": ("trailers-out-of-order", "JUDGED"),
        "last trailers": ("trailers-out-of-order", "JUDGED"),
        "returned": "OVER",
        "raised": ("error-after-end", "OVER"),
        "raised in the body": ("error-after-start", "OVER"),
        "gone": "DONE",
        "timed out": "DONE",
        "over": "DONE",
    },
    "SILENT": {
        **_all(("late-send", "JUDGED"), _SENDING),
        **_all("SILENT", _ENDING),
        "over": ("no-response", "JUDGED"),
    },
    "CUT": {
        **_all(("late-send", "JUDGED"), _SENDING),
        **_all("CUT", _ENDING),
        "over": ("unfinished-response", "JUDGED"),
    },
    "OWING": {
        **_all(("late-send", "JUDGED"), _SENDING),
        **_all("OWING", _ENDING),
        "over": ("trailers-missing", "JUDGED"),
    },
    "OVER": {
        **_all(("late-send", "JUDGED"), _SENDING),
        **_all("OVER", (*_ENDING, "over")),
    },
    "GONE": {
        "informational": "GONE",
        "start": "LEFT",
        "restart": "LEFT",
        **_all("GONE", ("data", "empty", "part of a file", "file", "end", "trailers", "last trailers")),
        **_all("QUIET", ("returned", "raised", "raised in the body")),
        "gone": "GONE",
        "timed out": ("hung-response", "JUDGED"),
        "over": "GONE",
    },
    "LEFT": {
        "informational": "LEFT",
        "start": ("second-response", "JUDGED"),
        "restart": "LEFT",
        **_all("LEFT", ("data", "empty", "part of a file", "file", "end", "trailers", "last trailers")),
        **_all("QUIET", ("returned", "raised", "raised in the body")),
        "gone": "LEFT",
        "timed out": ("hung-response", "JUDGED"),
        "over": "LEFT",
    },
    "QUIET": _all("QUIET", _EVERYTHING),
    "JUDGED": _all("JUDGED", _EVERYTHING),
}

_WS_SENDING = ("accept", "message", "close", "start", "data", "empty", "end")
_WS_EVERYTHING = (*_WS_SENDING, "returned", "raised", "gone", "timed out", "over")

WEBSOCKET: Table = {
    "CONNECTING": {
        "accept": "OPEN",
        "message": ("websocket-after-close", "JUDGED"),
        "close": "CLOSED",
        "start": "DENYING",
        "data": ("body-before-start", "JUDGED"),
        "empty": ("body-before-start", "JUDGED"),
        "end": ("body-before-start", "JUDGED"),
        "returned": "UNDECIDED",
        "raised": ("unhandled-error", "OVER"),
        "gone": "GONE",
        "timed out": ("hung-response", "JUDGED"),
        "over": "CONNECTING",
    },
    "OPEN": {
        "accept": ("websocket-second-decision", "JUDGED"),
        "message": "OPEN",
        "close": "CLOSED",
        "start": ("websocket-second-decision", "JUDGED"),
        "data": ("websocket-second-decision", "JUDGED"),
        "empty": ("websocket-second-decision", "JUDGED"),
        "end": ("websocket-second-decision", "JUDGED"),
        "returned": "OVER",
        "raised": ("unhandled-error", "OVER"),
        "gone": "GONE",
        "timed out": "OPEN",
        "over": "OPEN",
    },
    "DENYING": {
        "accept": ("websocket-second-decision", "JUDGED"),
        "message": ("websocket-after-close", "JUDGED"),
        "close": ("websocket-second-decision", "JUDGED"),
        "start": ("second-response", "JUDGED"),
        "data": "DENYING",
        "empty": "DENYING",
        "end": "CLOSED",
        "returned": "CUT",
        "raised": ("error-after-start", "OVER"),
        "gone": "GONE",
        "timed out": ("hung-response", "JUDGED"),
        "over": "DENYING",
    },
    "CLOSED": {
        "accept": ("websocket-second-decision", "JUDGED"),
        "message": ("websocket-after-close", "JUDGED"),
        "close": ("websocket-after-close", "JUDGED"),
        "start": ("websocket-second-decision", "JUDGED"),
        "data": ("write-after-end", "JUDGED"),
        "empty": ("write-after-end", "JUDGED"),
        "end": ("write-after-end", "JUDGED"),
        "returned": "OVER",
        "raised": ("unhandled-error", "OVER"),
        "gone": "CLOSED",
        "timed out": "CLOSED",
        "over": "CLOSED",
    },
    "UNDECIDED": {
        **_all(("late-send", "JUDGED"), _WS_SENDING),
        **_all("UNDECIDED", ("returned", "raised", "gone", "timed out")),
        "over": ("websocket-no-decision", "JUDGED"),
    },
    "CUT": {
        **_all(("late-send", "JUDGED"), _WS_SENDING),
        **_all("CUT", ("returned", "raised", "gone", "timed out")),
        "over": ("unfinished-response", "JUDGED"),
    },
    "OVER": {
        **_all(("late-send", "JUDGED"), _WS_SENDING),
        **_all("OVER", ("returned", "raised", "gone", "timed out", "over")),
    },
    "GONE": _all("GONE", _WS_EVERYTHING),
    "JUDGED": _all("JUDGED", _WS_EVERYTHING),
}

_LIFE = ("startup.complete", "startup.failed", "shutdown.complete", "shutdown.failed")
_LIFE_EVERYTHING = ("ask startup", "ask shutdown", *_LIFE, "returned", "raised", "gone", "timed out", "over")
_ORDER: Next = ("lifespan-out-of-order", "JUDGED")

LIFESPAN: Table = {
    "NEW": {
        **_all(_ORDER, _LIFE),
        "ask startup": "STARTING",
        "ask shutdown": "STOPPING",
        **_all("UNSUPPORTED", ("returned", "raised")),
        **_all("NEW", ("gone", "timed out", "over")),
    },
    "STARTING": {
        **_all(_ORDER, ("shutdown.complete", "shutdown.failed")),
        "startup.complete": "RUNNING",
        "startup.failed": "FAILED",
        "ask startup": "STARTING",
        "ask shutdown": "STARTING",
        **_all("UNSUPPORTED", ("returned", "raised")),
        **_all("STARTING", ("gone", "timed out", "over")),
    },
    "RUNNING": {
        **_all(_ORDER, _LIFE),
        "ask startup": "RUNNING",
        "ask shutdown": "STOPPING",
        **_all("ENDED", ("returned", "raised")),
        **_all("RUNNING", ("gone", "timed out", "over")),
    },
    "STOPPING": {
        **_all(_ORDER, ("startup.complete", "startup.failed")),
        "shutdown.complete": "ENDED",
        "shutdown.failed": "ENDED",
        **_all("STOPPING", ("ask startup", "ask shutdown")),
        **_all("ENDED", ("returned", "raised")),
        **_all("STOPPING", ("gone", "timed out", "over")),
    },
    "FAILED": {**_all("FAILED", _LIFE_EVERYTHING), **_all(_ORDER, _LIFE)},
    "ENDED": {**_all("ENDED", _LIFE_EVERYTHING), **_all(_ORDER, _LIFE)},
    "UNSUPPORTED": _all("UNSUPPORTED", _LIFE_EVERYTHING),
    "JUDGED": _all("JUDGED", _LIFE_EVERYTHING),
}

TABLES: Mapping[str, Table] = MappingProxyType({"http": HTTP, "websocket": WEBSOCKET, "lifespan": LIFESPAN})
FIRST: Mapping[str, str] = MappingProxyType({"http": "HEAD", "websocket": "CONNECTING", "lifespan": "NEW"})


class Facts(NamedTuple):
    """What an exchange is, beside its events. `interface`: "wsgi" or "asgi"; `kind`: a key of TABLES."""

    interface: str
    kind: str = "http"
    method: str = "GET"
    refusal: BaseException | None = None
    """What the server raised into the app to say that the client is gone."""


class Breach(NamedTuple):
    """A rule that was broken: by which event, in which state, and which earlier event it is told beside."""

    rule: str
    at: Event | None
    also: Event | None
    state: str
    detail: str = ""
    level: str = ""
    start: Start | None = None
    """The head in force at that moment."""
    error: BaseException | None = None
    """The exception that was being handled, or that escaped."""
    header: str = ""
    """The name of the header that is wrong, in lower case."""


class Verdict(NamedTuple):
    """What the events of an exchange amount to. `life` is the way through the states, one step for each event."""

    breaches: tuple[Breach, ...]
    state: str
    life: tuple[str, ...]


def judge(facts: Facts, events: Iterable[Event], *, over: bool = True) -> Verdict:
    """Run the events of one exchange through the machine.

    `over`: nothing more will come, so that what is still owed is a breach.
    """
    life = _Life(facts)
    for event in events:
        life.step(event)
    if over:
        life.finish()
    life.tell_lost()
    return Verdict(tuple(life.breaches), life.state, tuple(life.path))


def is_plain(facts: Facts, events: Sequence[Event], returned: bool = False) -> bool:
    """Whether an exchange is of the commonest correct form: a sound head, its body, the end, the return.

    `returned`: the return is still to come, and to be taken for granted. The answer of `judge` to such an exchange is known
    beforehand, so that watching costs a fifth of a full judgement. False says nothing.
    """
    end = len(events) - 1 if returned else len(events) - 2
    if end < 1 or type(events[end]) is not End or not (returned or type(events[-1]) is Returned):
        return False
    start = events[0]
    interface, kind, method, _ = facts
    if type(start) is not Start or kind != "http":
        return False
    status, headers, _, replaces, _, trailers = start
    if replaces or trailers:
        return False
    told_as: Any = type(status)
    try:
        code, length, allows_body, problems = known_head(interface, told_as, status, headers)
    except (TypeError, ValueError):  # what cannot be hashed is not of that form
        return False
    if problems or code >= 500:  # of a failure it is to be seen what lies behind it
        return False
    sent = 0
    for event in events[1:end]:
        if type(event) is not Data:
            return False
        sent += event[0]
    if not allows_body or method == "HEAD":
        return sent == 0 or (method == "HEAD" and interface == "asgi")
    return length is None or length == sent


class _Life:
    """One run through a table, with the facts that stand beside the state."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.table = TABLES[facts.kind]
        self.state = FIRST[facts.kind]
        self.breaches: list[Breach] = []
        self.path: list[str] = [self.state]
        self.start: Start | None = None
        self.head: Head | None = None
        self.first_byte: Event | None = None
        self.ended: Event | None = None
        self.decided: Event | None = None
        self.returned: Event | None = None
        self.refused: Start | None = None
        self.lost: list[Lost] = []
        self.swallowed: list[Swallowed] = []
        self.asked_trailers = False
        self.sent = 0
        self.counting = True
        self.overflowed = False

    def step(self, event: Event) -> None:
        if isinstance(event, Improper):
            self.breach(event.rule, event, self.start, event.detail, event.level)
            self.counting = self.counting and event.rule != "body-not-bytes"
            return
        if isinstance(event, Lost):
            self.lost.append(event)
            return
        if isinstance(event, Swallowed):
            self.swallowed.append(event)
            return
        before = self.state
        row = self.table[before]
        column = event.column
        if self.asked_trailers and f"{column}, trailers owed" in row:
            column = f"{column}, trailers owed"
        if self.facts.interface == "wsgi" and f"{column}, in WSGI" in row:
            column = f"{column}, in WSGI"
        entry = row.get(column)
        if entry is None:
            self.breach("invalid-message", event, self.start, f"{column} has no place in a {self.facts.kind} exchange")
            return
        if isinstance(entry, str):
            after = entry
        else:
            rule, after = entry[0], entry[1]
            if self.is_breach(rule, event):
                self.broken(rule, event, entry[2] if len(entry) == 3 else "")
        self.path.append(_label(event))
        self.path.append(after)
        self.state = after
        self.note(event, before)

    def is_breach(self, rule: str, event: Event) -> bool:
        """False where an error page was sent for an exception, and that exception is then raised for the log.

        An adapter may send the page from another thread, where no exception is being handled: a 5xx is told as such.
        False too where an app answers the server's own word that the client is gone: nobody sees either answer.
        """
        if rule == "error-after-end" and isinstance(event, Raised) and self.start is not None:
            if self.head is not None and self.head.status >= 500:
                return False
            return not related(event.error, self.start.handling)
        if rule == "second-response" and isinstance(event, Start):
            return not related(event.handling, self.facts.refusal)
        return True

    def broken(self, rule: str, event: Event, level: str) -> None:
        also: Event | None = self.start
        if rule == "write-after-end" and isinstance(event, Data):
            # The body went on after an end that was not meant as one: that it was short there is part of it.
            self.breaches = [one for one in self.breaches if one.rule != "length-mismatch" or one.at is not self.ended]
        if rule in ("write-after-end", "error-after-end"):
            # WSGI's end is on no stack: then the start is the place to name
            also = self.ended if self.ended is not None and self.ended.site is not None else self.start
        elif rule == "late-send":
            also = self.ended or self.start or self.returned
        elif rule == "error-swallowed":
            also = self.first_byte or self.start
        elif rule.startswith(("websocket", "lifespan")):
            also = self.decided
        error = event.error if isinstance(event, Raised) else getattr(event, "handling", None)
        at = event
        if rule == "error-swallowed" and self.refused is not None:
            at, error = self.refused, self.refused.handling
        self.breaches.append(Breach(rule, at, also, self.state, "", level, self.start, error))

    def breach(self, rule: str, at: Event | None, also: Event | None, detail: str = "", level: str = "") -> None:
        self.breaches.append(Breach(rule, at, also, self.state, detail, level, self.start))

    def note(self, event: Event, before: str) -> None:
        """Keep the facts beside the state. What comes after a breach is part of it and is not counted."""
        if self.state == "JUDGED":
            return
        column = event.column
        if isinstance(event, Start):
            if self.state == "REFUSED":
                self.refused = event
            self.open_head(event, before)
        elif isinstance(event, Data):
            if self.start is not None and before in ("STARTED", "BODY"):
                self.add_bytes(event)
        elif isinstance(event, File):
            self.first_byte = self.first_byte or event
            self.counting = False
            if event.last:
                self.ended = event
        elif column == "gone":
            self.counting = False
        elif column == "returned":
            self.returned = event
        elif column in ("accept", "close") or column in _LIFE:
            self.decided = event
        elif column == "end" and before == "DENYING":
            self.ended = event
        if isinstance(event, End) and before in ("STARTED", "BODY"):
            self.ended = event
            self.check_end(event)

    def open_head(self, event: Start, before: str) -> None:
        if before not in ("HEAD", "STARTED", "CONNECTING", "GONE"):
            return
        if self.decided is None:
            self.decided = event
        self.start = event
        self.head = head = read_head(self.facts.interface, event.status, event.headers)
        self.asked_trailers = event.trailers
        for problem in head.problems:
            self.breaches.append(
                Breach(
                    problem.rule, event, None, self.state, problem.detail, problem.level, event, None, problem.header
                )
            )
        self.counting = self.facts.method != "HEAD" and head.allows_body and before != "GONE"

    def add_bytes(self, event: Data) -> None:
        head = self.head
        if not event.size or head is None:
            return
        first = self.first_byte is None
        self.first_byte = self.first_byte or event
        self.sent += event.size
        if self.facts.method == "HEAD" and self.facts.interface == "asgi":
            return  # the server drops it
        if not head.allows_body:
            if first:
                detail = f"{event.size} bytes of body on a {head.status}, which has none"
                self.breach("body-not-allowed", event, self.start, detail)
        elif self.facts.method == "HEAD":
            if first:
                self.breach("body-on-head", event, self.start, f"{event.size} bytes of body in answer to HEAD")
        elif self.counting and head.length is not None and self.sent > head.length and not self.overflowed:
            self.overflowed = True
            detail = f"more than the declared Content-Length of {head.length}: {self.sent} bytes so far"
            self.breach("length-mismatch", event, self.start, detail)

    def check_end(self, event: Event) -> None:
        head = self.head
        if head is None or head.length is None or not self.counting or self.overflowed:
            return
        if self.sent < head.length:
            detail = f"Content-Length says {head.length} bytes, {self.sent} were sent"
            self.breach("length-mismatch", event, self.start, detail)

    def finish(self) -> None:
        entry = self.table[self.state]["over"]
        if isinstance(entry, tuple):
            rule, after = entry[0], entry[1]
            if rule != "no-response" or not self.lost:  # an answer that was lost is why there is none
                self.breaches.append(Breach(rule, self.returned, self.start, self.state, "", "", self.start))
            self.path.append("over")
            self.path.append(after)
            self.state = after

    def tell_lost(self) -> None:
        """What was thrown away is told beside what was sent, which as a rule came later."""
        nobody = self.start is None and any(step == "gone" for step in self.path)
        for event in () if nobody else self.lost:
            self.breach(event.rule, event, self.start, event.detail, event.level)
        for swallowed in self.swallowed:
            if self.head is not None and self.head.status != swallowed.status:
                detail = f"{swallowed.detail} was caught, and {self.head.status} was sent in its place"
                self.breach("swallowed-answer", swallowed, None, detail)


def _label(event: Event) -> str:
    if isinstance(event, Start):
        return f"{event.column} {event.status}"
    if isinstance(event, Data):
        return f"data {event.size}"
    return event.column


__all__ = [
    "FIRST",
    "HTTP",
    "LIFESPAN",
    "TABLES",
    "WEBSOCKET",
    "Breach",
    "Facts",
    "Verdict",
    "is_plain",
    "judge",
]

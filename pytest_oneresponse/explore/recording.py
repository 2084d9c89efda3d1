"""What one exchange tells: what the user's functions have read, compared and decided meanwhile, as plain values."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, NamedTuple, Protocol

from . import canary
from .plain import ATOMS, members, plain
from .sql import Columns, samples

MOST_EVENTS = 3000
MOST_OF_A_MARK = 40
MOST_IDLE = 200
"""A mark that had nothing to tell so often is not asked again."""


class Observation(NamedTuple):
    """One thing that a mark has told.

    `kind`: "compare", "truth", "decide", "read", "lookup", "call", "iterate", "unpack" or "match"; `what` says it more
    closely: the operator, the source of the mapping that was read, the function. `given` and `other` are the operands,
    the key, or the function's own object and its arguments; `result` what came of it.
    """

    kind: str
    number: int
    what: str = ""
    given: Any = None
    other: Any = None
    result: Any = None


class Tap(Protocol):
    """Is shown what the user's functions are about to call, await, go through and enter, by the number of the mark.

    It gives back that or what stands in for it.
    """

    def call(self, number: int, function: Any) -> Any: ...
    def awaited(self, number: int, awaitable: Any) -> Any: ...
    def gone_through(self, number: int, iterable: Any) -> Any: ...
    def entered(self, number: int, manager: Any) -> Any: ...
    def upstream(self, asked: Any) -> Any: ...
    def query(self, kind: Any) -> Any: ...


class Recording:
    """The events of one exchange, and what was reached in it.

    `now` is the recording to which the marks tell what happens. It is process-wide, as endpoints run in threads of their
    own; so driven exchanges run one at a time.
    """

    now: ClassVar[Recording | None] = None
    __slots__ = (
        "answered",
        "begun",
        "branches",
        "columns",
        "counts",
        "document",
        "events",
        "full",
        "idle",
        "naps",
        "slept",
        "sound",
        "sources",
        "tap",
        "upstreams",
    )

    def __init__(self, naps: bool = False, tap: Tap | None = None, document: Any = None, answered: int = 200) -> None:
        """`naps`: the user's functions sleep for a moment only, whatever they ask for.

        `document`: what other machines answer, as JSON has it; `answered`: with which status.
        """
        self.answered = answered
        self.naps = naps
        self.slept = 0
        """How often the user's functions have slept."""
        self.sound: frozenset[tuple[int, str]] | None = None
        """What had been taken when the first answer was lost, which may hide what is wrong with all that comes after it."""
        self.tap = tap
        self.document = {} if document is None else document
        self.upstreams = 0
        """How often another machine was asked."""
        self.events: list[Observation] = []
        self.branches: set[tuple[int, str]] = set()
        self.begun: dict[int, None] = {}
        """The functions that ran, by the number of their first mark, in order."""
        self.counts: dict[int, int] = {}
        self.idle: dict[int, int] = {}
        """How often marks had nothing to tell."""
        self.full: set[int] = set()
        """The marks that have told enough: a loop need not be told of to its end."""
        self.columns: Columns = {}
        """What was found in the columns with which statements compare."""
        self.sources: dict[int, tuple[Any, str]] = {}
        """Containers that were looked at, by their id, and the source that they hold; empty for none."""

    @property
    def spoiled(self) -> bool:
        """Whether an answer was lost in the exchange."""
        return self.sound is not None

    @property
    def sound_branches(self) -> Set[tuple[int, str]]:
        """The branches that were taken before any answer was lost."""
        return self.branches if self.sound is None else self.sound

    def note_lost(self) -> None:
        """An answer is thrown away."""
        if self.sound is None:
            self.sound = frozenset(self.branches)

    def note(self, event: Observation) -> None:
        seen = self.counts.get(event.number, 0)
        if seen < MOST_OF_A_MARK and len(self.events) < MOST_EVENTS:
            self.counts[event.number] = seen + 1
            self.events.append(event)
        else:
            self.full.add(event.number)

    def pass_over(self, number: int) -> None:
        """A mark had nothing to tell."""
        seen = self.idle[number] = self.idle.get(number, 0) + 1
        if seen > MOST_IDLE:
            self.full.add(number)

    def source_of(self, container: Any) -> str:
        """Which part of the request a mapping holds; empty where it holds none."""
        known = self.sources.get(id(container))
        if known is None:
            known = self.sources[id(container)] = (container, canary.source_of(container))
        return known[1]

    def note_item(self, number: int, container: Any, key: Any, absent: Any = None) -> None:
        """A key is looked up in a container. `absent`: stands for what is there instead, if it tells the value's type."""
        kind = type(container)
        if kind in (str, bytes, list, tuple):
            what = "shape" if isinstance(key, str) else "index"
            there = isinstance(key, int) and -len(container) <= key < len(container)
            result = plain(container[key]) if there else IndexError
            self.note(Observation("call", number, what, plain(container), [plain(key)], result))
        elif kind is re.Match:
            self.note_group(number, container, key)
        elif isinstance(key, ATOMS) or type(key) is tuple:
            source = self.source_of(container)
            if source:
                self.note(Observation("read", number, source, name_of(key), absent, _has(container, key)))
            elif kind is dict or isinstance(container, Mapping):
                held = members(container)
                self.note(
                    Observation(
                        "lookup", number, "dict" if kind is dict else "", plain(key), held, _has(container, key)
                    )
                )

    def note_group(self, number: int, match: re.Match[Any], group: Any) -> None:
        """A group of what a regex has matched is asked for."""
        with suppress(IndexError):  # the user's own look will tell
            if isinstance(match[group], str):
                text, span = plain(match.string), list(match.span(group))
                self.note(Observation("call", number, "group", text, span, plain(match[group])))

    def note_statement(self, number: int, connection: Any, statement: Any, parameters: Any = ()) -> None:
        """A statement of SQL is sent: the values that its columns hold are what its parameters may be."""
        for parameter, values in samples(connection, statement, parameters, self.columns):
            self.note(Observation("lookup", number, "sql", plain(parameter), values))


@contextmanager
def recording(
    naps: bool = False, tap: Tap | None = None, document: Any = None, answered: int = 200
) -> Iterator[Recording]:
    """What the marks tell goes to a new recording meanwhile; the arguments as Recording has them."""
    now = Recording(naps, tap, document, answered)
    before, Recording.now = Recording.now, now
    try:
        yield now
    finally:
        now.sources.clear()
        Recording.now = before
        vars(LINKS).clear()  # what chains that ended early have left


LINKS = threading.local()
"""What a chain of comparisons keeps for its next link."""


def name_of(key: Any) -> Any:
    """A key by which a part of the request is read; those of ASGI's headers are bytes."""
    return key.decode("latin-1") if isinstance(key, bytes) else plain(key)


def _has(container: Any, key: Any) -> bool | None:
    """Whether a mapping has a key; None where it cannot say, though it may be read."""
    try:
        return bool(key in container)
    except Exception:  # the user's own reading will tell
        return None

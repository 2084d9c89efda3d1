"""What stands between the user's code and what it calls while one exchange runs: it notes what can fail, and makes it fail.

Theory. The marks in the user's functions show each call before it is made. The tap counts how often each place is
passed, and gives back what was to be called; where a fault is planned, something that raises in its place, once the
arguments were made. Nothing is patched: when the exchange is over, nothing is left of it.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, NamedTuple

from .. import frameworks, sites
from ..contract.finding import Place
from ..contract.machine import judge
from ..exchange import Exchange, current
from ..explore.recording import Recording
from ..fault import Fault
from ..instrument.observe import MARKS
from ..protocols.waiting import chained, waiting_frames
from . import callees, exceptions, making, regions
from .regions import Span
from .replies import MISBEHAVIOURS, Asked, Reply
from .standins import Manager, Steps, cancelled, instead, rather, then

_MARKS_OF = {"call": "call", "await": "await", "step": "iterate", "enter": "with", "exit": "with"}
_CANCELLED = exceptions.name_of(asyncio.CancelledError)
_MOST_NOTED = 400
"""A place that was passed so often is only counted."""


class Point(NamedTuple):
    """A place that may fail, the first time that it was passed in this state and under these regions.

    `place`: of the user's code, as Fault has `file` and `span`. `failures`: what it may do instead, as Fault has
    `exception`; of what nobody in the user's code around it can tell apart, the first.
    """

    kind: str
    place: tuple[str, tuple[int, int, int, int]]
    nth: int
    state: str
    spans: tuple[Span, ...]
    failures: tuple[str, ...]


class Passing(NamedTuple):
    """How a place is passed: in which state of the exchange, under which regions, and which frames see what is raised."""

    state: str
    spans: tuple[Span, ...]
    frames: tuple[FrameType, ...]


class Fired(NamedTuple):
    """A fault that has come to pass: where, what was to be called, in which state of the exchange.

    `passing`: of all that may fail on the expression's line, and was passed until then, it is the n-th.
    """

    fault: Fault
    place: Place
    call: str
    state: str
    passing: int = 1
    lets_go: bool = False
    """What failed lets go of something, as `close()` does."""
    asked: str = ""
    """The HTTP client through which another machine was asked."""
    otherwise: Any = None
    """The JSON document that machines answer which do not fail."""


class Tap:
    """For one exchange. `faults` are planned; `points` is what else may fail. `caught`: what the app has handlers for."""

    def __init__(self, faults: Iterable[Fault] = (), caught: exceptions.Types = ()) -> None:
        self.caught = caught
        self.armed: dict[Key, list[Fault]] = {}
        for fault in faults:
            key = key_of(fault)
            if key is not None:
                self.armed.setdefault(key, []).append(fault)
        self.counts: dict[Key, int] = {}
        self.points: dict[tuple[Any, ...], Point] = {}
        self.seen: set[Any] = set()
        self.fired: list[Fired] = []
        self.again = False
        """Whether a place that had failed was passed once more."""
        self.errors: list[BaseException] = []
        """What was raised."""
        self.beside = {key: marks_beside(key) for key in self.armed}
        """The marks on the line of each fault."""
        self.passings = dict.fromkeys(self.armed, 0)
        """How often one of them was passed."""

    # --- what the marks show

    def call(self, number: int, function: Any) -> Any:
        self.count(number)
        types = exceptions.of_call(function)
        if types:
            failing = self.passed("call", number, types)
            if failing is None:
                return function
            if exceptions.lets_go(function):
                return functools.partial(then, function, functools.partial(failing, lets_go=True))
            return functools.partial(rather, failing)
        if type(function) in _HASHED and function in callees.GO_THROUGH:
            return functools.partial(self._called_with, number, function)
        return function

    def _called_with(self, number: int, function: Any, *arguments: Any, **named: Any) -> Any:
        """What goes through its argument fails where that does."""
        types = exceptions.of_thing(arguments[0]) if arguments else ()
        failing = self.passed("call", number, types) if types else None
        return failing() if failing is not None else function(*arguments, **named)

    def awaited(self, number: int, awaitable: Any) -> Any:
        self.count(number)
        types = exceptions.of_awaitable(awaitable)
        running = current()
        if running is not None and running.facts.interface == "wsgi":
            types = tuple(one for one in types if one is not asyncio.CancelledError)  # no WSGI server cancels
        failing = self.passed("await", number, types) if types else None
        if failing is None:
            return awaitable
        cancels = failing.args[0].exception == _CANCELLED
        return cancelled(awaitable, failing) if cancels else instead(awaitable, failing)

    def gone_through(self, number: int, iterable: Any) -> Any:
        types = exceptions.of_thing(iterable)
        return Steps(iterable, functools.partial(self.step, number, types)) if types else iterable

    def step(self, number: int, types: exceptions.Types) -> Callable[[], Any] | None:
        self.count(number)
        return self.passed("step", number, types)

    def entered(self, number: int, manager: Any) -> Any:
        self.count(number)
        may = {kind: exceptions.of_manager(kind, manager) for kind in ("enter", "exit")}
        passed = {kind: functools.partial(self.passed, kind, number, types) for kind, types in may.items() if types}
        return Manager(manager, passed) if passed else manager

    def upstream(self, asked: Asked) -> Reply | None:
        """How another machine answers when it is to fail; None where it does not."""
        frame = sites.users_frame(sys._getframe(1))
        if frame is None:
            return None
        key = ("upstream", _line_of(frame))
        fault = self.due(key)
        if fault is None:
            self.note_place(key, tuple(MISBEHAVIOURS), frame)
            return None
        now = Recording.now
        otherwise = now.document if now is not None else {}
        self.note_fired(fault, frame, f"{asked.method} {asked.url}", asked=asked.client, otherwise=otherwise)
        return MISBEHAVIOURS[fault.exception]

    def query(self, kind: type[BaseException]) -> BaseException | None:
        """The exception with which a statement that is sent to a database fails; None where it does not."""
        frame = sites.users_frame(sys._getframe(1))
        if frame is None:
            return None
        key = ("query", _line_of(frame))
        fault = self.due(key)
        if fault is None:
            self.note_place(key, (exceptions.name_of(kind),), frame)
            return None
        return self.error_of(fault, frame, "the database")

    # --- counting, noting, raising

    def count(self, number: int) -> None:
        """A mark is passed, which may stand on the line of a fault."""
        for key, marks in self.beside.items():
            self.passings[key] += number in marks

    def passed(self, kind: str, number: int, types: exceptions.Types) -> functools.partial[Any] | None:
        """A place is passed: what raises in place of what stands there, None where that is to be done."""
        key = (kind, number)
        fault = self.due(key)
        if fault is not None:
            return functools.partial(self.fail, fault)
        self.note(key, types, sites.users_frame(sys._getframe(1)))
        return None

    def due(self, key: Key) -> Fault | None:
        """The fault that is planned for this passing of a place."""
        nth = self.counts[key] = self.counts.get(key, 0) + 1
        for fault in self.armed.get(key, ()):
            if nth == fault.nth or (fault.always and nth > fault.nth):
                return fault
            self.again |= nth > fault.nth
        return None

    def is_new(self, key: Key, frame: FrameType | None) -> Passing | None:
        """In which state and regions a place is passed, where it was not passed in these before."""
        exchange = current()
        if exchange is None or self.counts[key] > _MOST_NOTED:
            return None
        state = self.state(exchange)
        chain = sites.capture(frame)
        outer = _outer_frames(exchange)
        chain = (*(chain.chain if isinstance(chain, sites.Site) else chain), *chained(outer))
        if (key, state, chain) in self.seen:
            return None
        self.seen.add((key, state, chain))
        spans = regions.around(chain)
        known = (key, state, tuple(span.region for span in spans)) in self.points
        return None if known else Passing(state, spans, (*sites.stack(frame), *outer))

    def note(self, key: tuple[str, int], types: exceptions.Types, frame: FrameType | None) -> None:
        found = self.is_new(key, frame)
        if found is not None:
            mark = MARKS.all[key[1]]
            kinds = apart(types, found.spans, found.frames, self.caught)
            names = tuple(exceptions.name_of(kind) for kind in kinds)
            self.add(key, (sites.Owners.shown(mark.function.file), mark.span), found, names)

    def note_place(self, key: tuple[str, Any], names: tuple[str, ...], frame: FrameType) -> None:
        found = self.is_new(key, frame)
        if found is not None:
            self.add(key, key[1], found, names)

    def add(self, key: Key, place: Any, found: Passing, names: tuple[str, ...]) -> None:
        regions_of = tuple(span.region for span in found.spans)
        self.points[key, found.state, regions_of] = Point(
            key[0], place, self.counts[key], found.state, found.spans, names
        )

    def state(self, exchange: Exchange) -> str:
        """The state of the exchange, as the machine's table has it."""
        return judge(exchange.facts, exchange.events, over=False).state

    def fail(self, fault: Fault, lets_go: bool = False) -> None:
        """Raise what a fault raises where the user's code runs. `lets_go`: what failed has let go of something."""
        __tracebackhide__ = True
        frame = sites.users_frame(sys._getframe(1))
        if frame is None:
            return
        mark = MARKS.all[key_of(fault)[1]]  # type: ignore[index]
        error = self.error_of(fault, frame, regions.told(mark.function.file, mark.span), lets_go)
        if error is not None:
            raise error

    def error_of(self, fault: Fault, frame: FrameType, call: str, lets_go: bool = False) -> BaseException | None:
        """The exception that a fault raises in a frame; None where it cannot be made."""
        kind = exceptions.resolved(fault.exception)
        error = making.made(kind) if kind is not None else None
        if error is not None:
            self.note_fired(fault, frame, call, lets_go)
            self.errors.append(error)
            exchange = current()
            if isinstance(error, asyncio.CancelledError) and exchange is not None:
                exchange.gone()  # who cancels has no more use for an answer
        return error

    def note_fired(
        self, fault: Fault, frame: FrameType, call: str, lets_go: bool = False, asked: str = "", otherwise: Any = None
    ) -> None:
        """Note that a fault has come to pass; the arguments as Fired has them."""
        exchange = current()
        if not any(one.fault == fault for one in self.fired):
            state = self.state(exchange) if exchange is not None else ""
            place = sites.place_of(frame.f_code, frame.f_lasti)
            key = key_of(fault)
            passing = self.passings.get(key, 1) if key is not None else 1
            fired = Fired(fault, place, call, state, passing, lets_go, asked, otherwise)
            self.fired.append(fired)
            if exchange is not None:
                exchange.fired += (fired,)


Key = tuple[str, Any]
"""A kind of fault, and the number of the mark; of upstreams and queries the user's line."""


_HASHED = (type, type(len))
"""The types of what goes through things; classes of other metaclasses may have no hash."""


def _outer_frames(exchange: Exchange) -> list[FrameType]:
    """The frames that wait for what runs now, in a task or thread of its own, and get to see what it raises."""
    task = exchange.task
    if task is None:
        return []
    loop = task.get_loop()
    if asyncio._get_running_loop() is None:  # a thread, which may run before who has started it waits
        for _ in range(_LOOKS):
            if asyncio.current_task(loop) is not task:
                break
            time.sleep(_LOOK)
    return waiting_frames(task) if asyncio.current_task(loop) is not task else []


_LOOKS = 20
_LOOK = 0.0002
"""In seconds."""


def apart(
    types: exceptions.Types, spans: tuple[Span, ...], frames: Iterable[FrameType], registered: exceptions.Types = ()
) -> exceptions.Types:
    """Of what a place may raise one of each kind that the user's `except` clauses and handlers can tell from the others.

    None of them can tell an exception from another if it is an instance of the same of their classes. What the clauses
    name of the same package is among it: their author expects it from there, which who registers a handler does not say.
    """
    clauses = regions.caught(spans, frames)
    named, caught = [kind for kind in clauses if kind not in _BROAD], (*clauses, *registered)
    told: dict[tuple[bool, ...], type[BaseException]] = {}
    for kind in (*types, *(kind for kind in named if _is_failure(kind) and _is_of(kind, types))):
        if not making.can_be_made(kind):
            continue
        if exceptions.name_of(kind) not in callees.IF_NAMED or kind in named:
            told.setdefault(_told_by(kind, caught), kind)
    return tuple(told.values())


def _is_of(kind: type[BaseException], types: exceptions.Types) -> bool:
    """Whether what raises one of some exceptions may raise another one, too.

    They are of one package, or one is of the other's kind; of a callee about which nothing is known, whatever is waited for.
    """
    package = kind.__module__.partition(".")[0]
    return any(
        issubclass(kind, one)
        or (issubclass(one, kind) and kind not in _BROAD)
        or (package != "builtins" and (one is RuntimeError or one.__module__.partition(".")[0] == package))
        for one in types
        if not issubclass(one, asyncio.CancelledError)
    )


_BROAD = (Exception, BaseException)


def _told_by(kind: type[BaseException], caught: Iterable[type[BaseException]]) -> tuple[bool, ...]:
    cancels = issubclass(kind, asyncio.CancelledError)
    return (cancels, *(issubclass(kind, one) for one in caught))


def _is_failure(kind: type[BaseException]) -> bool:
    """Whether an exception that somebody waits for stands for a failure: no answer, and no sign of an end."""
    ends = (StopIteration, StopAsyncIteration, AssertionError)
    fails = issubclass(kind, Exception) or issubclass(kind, asyncio.CancelledError)
    return fails and not issubclass(kind, ends) and not frameworks.stands_for_answer(kind)


class _Numbers:
    """The numbers of the marks by kind, file as reports name it, and span; what is new is added at each look."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, tuple[int, ...]], int] = {}
        self.seen = 0

    def of(self, kind: str, file: str, span: tuple[int, ...]) -> int | None:
        for mark in MARKS.all[self.seen :]:
            self.known[mark.kind, sites.Owners.shown(mark.function.file), mark.span] = mark.number
        self.seen = len(MARKS.all)
        return self.known.get((kind, file, span))

    def forget(self) -> None:
        """Files are named anew where the user's code lies elsewhere."""
        self.known.clear()
        self.seen = 0


_NUMBERS = _Numbers()
sites.Owners.listeners.append(_NUMBERS.forget)


def key_of(fault: Fault) -> Key | None:
    """What a tap counts a fault's place by; None where there is no such place."""
    if fault.kind not in _MARKS_OF:
        return fault.kind, (fault.file, fault.span)
    number = _NUMBERS.of(_MARKS_OF[fault.kind], fault.file, fault.span)
    return (fault.kind, number) if number is not None else None


def marks_beside(key: Key) -> frozenset[int]:
    """The marks on the line of one, among them itself; none for what is no mark."""
    if key[0] not in _MARKS_OF:
        return frozenset()
    mark = MARKS.all[key[1]]
    kinds = frozenset(_MARKS_OF.values())
    beside = MARKS.of_function[mark.function].values()
    return frozenset(one.number for one in beside if one.line == mark.line and one.kind in kinds)


def _line_of(frame: FrameType) -> tuple[str, tuple[int, int, int, int]]:
    return sites.Owners.shown(frame.f_code.co_filename), (frame.f_lineno, 0, frame.f_lineno, 0)


def fault_at(point: Point, failure: str) -> Fault:
    """The fault that makes a point fail in one of its ways."""
    return Fault(point.kind, *point.place, failure, point.nth)

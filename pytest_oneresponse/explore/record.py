"""What the user's functions read, compare and decide while one exchange runs, as the marks tell it.

A recording holds plain values only: texts, numbers, dates, and samples of collections. It is process-wide, as endpoints
run in threads of their own; so driven exchanges run one at a time.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import hmac
import operator
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NamedTuple, Protocol

from ..instrument.observe import ARITHMETICS, CALCULATE_BY, COMPARE_BY, MARKS, OPERATORS, Attributes, Observed
from . import canary

UNKNOWN = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN", "__slots__": ()})()
"""Stands for a value that is no plain one."""
NAP = 0.001
"""In seconds."""
MOST_EVENTS = 3000
MOST_OF_A_MARK = 40
_SAMPLE = 24
_LONGEST = 4096


class Event(NamedTuple):
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
    """The events of one exchange, and what was reached in it."""

    __slots__ = ("begun", "branches", "counts", "document", "events", "naps", "sources", "tap", "upstreams")

    def __init__(self, naps: bool = False, tap: Tap | None = None, document: Any = None) -> None:
        """`naps`: the user's functions sleep for a moment only, whatever they ask for.

        `document`: what other machines answer, as JSON has it.
        """
        self.naps = naps
        self.tap = tap
        self.document = {} if document is None else document
        self.upstreams = 0
        """How often another machine was asked."""
        self.events: list[Event] = []
        self.branches: set[tuple[int, str]] = set()
        self.begun: dict[int, None] = {}
        """The functions that ran, by the number of their first mark, in order."""
        self.counts: dict[int, int] = {}
        self.sources: dict[int, tuple[Any, str]] = {}
        """Containers that were looked at, by their id, and the source that they hold; empty for none."""

    def note(self, event: Event) -> None:
        seen = self.counts.get(event.number, 0)
        if seen < MOST_OF_A_MARK and len(self.events) < MOST_EVENTS:
            self.counts[event.number] = seen + 1
            self.events.append(event)

    def source_of(self, container: Any) -> str:
        """Which part of the request a mapping holds; empty where it holds none."""
        known = self.sources.get(id(container))
        if known is None:
            known = self.sources[id(container)] = (container, canary.source_of(container))
        return known[1]


_now: Recording | None = None


@contextmanager
def recording(naps: bool = False, tap: Tap | None = None, document: Any = None) -> Iterator[Recording]:
    """What the marks tell goes to a new recording meanwhile; the arguments as Recording has them."""
    global _now
    before, _now = _now, Recording(naps, tap, document)
    try:
        yield _now
    finally:
        _now.sources.clear()
        _now = before
        vars(_kept).clear()  # what chains that ended early have left


def now() -> Recording | None:
    """The recording to which the marks tell what happens."""
    return _now


# --- plain values

_ATOMS = (str, bytes, int, float, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
_EXACT = frozenset((*_ATOMS, bool, type(None), datetime.datetime))


def plain(value: Any) -> Any:
    """A value as a plain one; UNKNOWN where it is not."""
    kind = type(value)
    if kind in _EXACT:
        if kind is int:  # one with too many digits cannot be written
            return value if value.bit_length() < _LONGEST else UNKNOWN
        return value[:_LONGEST] if kind is str or kind is bytes else value
    # By its type, not by isinstance: to ask a lazy object for its class would make it.
    if issubclass(kind, enum.Enum):
        return plain(value.value)
    if issubclass(kind, str):
        return str.__str__(value)[:_LONGEST]
    if issubclass(kind, bytes):
        return bytes(value)[:_LONGEST]
    if issubclass(kind, _ATOMS):
        return value
    if kind in (list, tuple):
        return [plain(one) for one in value[:_SAMPLE]]
    if kind in (dict, set, frozenset, *_VIEWS):
        return members(value)
    return UNKNOWN


_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()))


def members(collection: Iterable[Any]) -> list[Any]:
    """A sample of what a collection holds, of a mapping its keys: the same in every run."""
    try:
        if isinstance(collection, (set, frozenset)):
            found = sorted(collection, key=repr)
        else:
            found = [one for one, _ in zip(collection, range(200), strict=False)]
        return [one for one in map(plain, found[:_SAMPLE]) if one is not UNKNOWN]
    except Exception:  # whatever a collection of the user's raises is not ours to tell
        return []


# --- the hooks


def decide(number: int, value: Any) -> bool:
    outcome = bool(value)
    now = _now
    if now is not None:
        now.branches.add((number, "true" if outcome else "false"))
        if type(value) is not bool:
            now.note(Event("truth", number, "", plain(value), None, outcome))
        now.note(Event("decide", number, "", None, None, outcome))
    return outcome


def weigh(number: int, value: Any) -> Any:
    now = _now
    if now is not None and type(value) is not bool:
        seen = plain(value)
        if seen is not UNKNOWN:
            now.note(Event("truth", number, "", seen, None, bool(seen)))
    return value


_NAMES = tuple(kind.__name__ for kind in OPERATORS)


def compare(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
    now = _now
    if kind in _IN:
        if now is not None:
            _in(now, number, kind, one, other)
        return other, one
    if now is not None:
        left, right = plain(one), plain(other)
        if left is not UNKNOWN or right is not UNKNOWN:
            now.note(Event("compare", number, _NAMES[kind], left, right, _result_of(kind, one, other)))
    return one, other


_IN = frozenset((_NAMES.index("In"), _NAMES.index("NotIn")))


def _result_of(kind: int, one: Any, other: Any) -> bool | None:
    """What a comparison of plain values comes to; None where it is not ours to make, or fails."""
    if type(one) not in _EXACT or type(other) not in _EXACT:
        return None
    try:
        return bool(COMPARE_BY[kind](one, other))
    except TypeError:
        return None


def _in(now: Recording, number: int, kind: int, one: Any, other: Any) -> None:
    source = now.source_of(other)
    if source:
        now.note(Event("read", number, source, plain(one), None, one in other))
        return
    atom = type(other) in _EXACT or isinstance(other, int)
    right = plain(other) if atom else members(other) if _is_small(other) else UNKNOWN
    if right is UNKNOWN:
        return
    try:
        inside = bool(one in other)
    except TypeError:  # the user's own comparison will tell
        return
    now.note(Event("compare", number, _NAMES[kind], plain(one), right, inside == (_NAMES[kind] == "In")))


def _is_small(collection: Any) -> bool:
    """Whether a collection can be looked through: others may ask a database, or be used up."""
    return isinstance(collection, (list, tuple, set, frozenset, dict, range, *_VIEWS, Mapping))


_kept = threading.local()


def compare_on(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
    # By the frame, as what is compared may come to this chain again on its way.
    vars(_kept)[f"{number} {id(sys._getframe(1))}"] = other
    return compare(number, kind, one, other)


def middle(number: int) -> Any:
    return vars(_kept).pop(f"{number} {id(sys._getframe(1))}")


def item(number: int, container: Any, key: Any) -> tuple[Any, Any]:
    now = _now
    if now is not None:
        _item(now, number, container, key)
    return container, key


def _item(now: Recording, number: int, container: Any, key: Any, absent: Any = None) -> None:
    kind = type(container)
    if kind in (str, bytes, list, tuple):
        what = "shape" if isinstance(key, str) else "index"
        there = isinstance(key, int) and -len(container) <= key < len(container)
        result = plain(container[key]) if there else IndexError
        now.note(Event("call", number, what, plain(container), [plain(key)], result))
    elif isinstance(key, _ATOMS) or type(key) is tuple:
        source = now.source_of(container)
        if source:
            now.note(Event("read", number, source, plain(key), absent, _has(container, key)))
        elif kind is dict or isinstance(container, Mapping):
            held = members(container)
            now.note(Event("lookup", number, "dict" if kind is dict else "", plain(key), held, _has(container, key)))


def _has(container: Any, key: Any) -> bool | None:
    """Whether a mapping has a key; None where it cannot say, though it may be read."""
    try:
        return bool(key in container)
    except Exception:  # the user's own reading will tell
        return None


def slice_(number: int, container: Any, start: Any, stop: Any, step: Any) -> tuple[Any, Any]:
    part = slice(start, stop, step)
    now = _now
    if now is not None and type(container) in (str, bytes, list):
        try:
            result = plain(container[part])
        except (TypeError, ValueError):  # the user's own slice will tell
            return container, part
        now.note(Event("call", number, "slice", plain(container), [start, stop, step], result))
    return container, part


_NUMBERS = (int, float, decimal.Decimal, datetime.date)


def arithmetic(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
    now = _now
    if now is not None and isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS):
        left, right = plain(one), plain(other)
        try:
            result = plain(CALCULATE_BY[kind](left, right))
        except (TypeError, ArithmeticError, ValueError):  # the user's own operation will tell
            return one, other
        now.note(Event("call", number, ARITHMETICS[kind].__name__, left, right, result))
    return one, other


def iterate(number: int, value: Any) -> Any:
    now = _now
    if now is not None:
        seen = plain(value)
        if seen is not UNKNOWN:
            now.note(Event("iterate", number, "", seen))
        if now.tap is not None:
            return now.tap.gone_through(number, value)
    return value


def await_(number: int, awaitable: Any) -> Any:
    now = _now
    return awaitable if now is None or now.tap is None else now.tap.awaited(number, awaitable)


def enter_with(number: int, manager: Any) -> Any:
    now = _now
    return manager if now is None or now.tap is None else now.tap.entered(number, manager)


def unpack(number: int, count: int, value: Any) -> Any:
    now = _now
    if now is not None:
        seen = plain(value)
        if seen is not UNKNOWN:
            now.note(Event("unpack", number, "", seen, count))
    return value


def match(number: int, subject: Any) -> Any:
    now = _now
    if now is not None:
        examples = MARKS.all[number].detail
        for example in examples:
            if isinstance(example, Attributes):
                _match_attributes(now, number, subject, example)
        now.note(
            Event("match", number, "", _whole(subject), [one for one in examples if not isinstance(one, Attributes)])
        )
    return subject


def _match_attributes(now: Recording, number: int, subject: Any, example: Attributes) -> None:
    held = getattr(subject, "__dict__", {})
    for name, value in example.wanted:
        if name in held:
            one = plain(held[name])
            now.note(Event("compare", number, "Eq", one, value, one == value))


def _whole(subject: Any) -> Any:
    """A subject of `match`: a mapping is told as it is, for its patterns look into it."""
    return dict(subject) if isinstance(subject, dict) else plain(subject)


def passed(number: int) -> None:
    now = _now
    if now is not None:
        now.branches.add((number, MARKS.all[number].outcomes[0]))


def begin(number: int) -> None:
    now = _now
    if now is not None and number not in now.begun:
        now.begun[number] = None


# --- calls: what is worth a look is called through a function that notes it


def call(number: int, function: Any) -> Any:
    now = _now
    if now is None:
        return function
    if now.tap is not None:
        function = now.tap.call(number, function)
    kind = type(function)
    if kind in _OF_C:
        return _builtin(now, number, function)
    if kind is MethodType:
        if function.__name__ in _READS and _is_mapping(function.__self__):
            return _reading(now, number, function, function.__self__)
    elif kind is FunctionType:
        if function is asyncio.sleep:
            return _sleeping(now, number, function)
        name = _FUNCTIONS.get(f"{function.__module__}.{function.__qualname__}")
        if name is not None:
            return _noting(now, number, name, function)
    elif isinstance(function, type):
        return _class(now, number, function)
    return function


_OF_C = frozenset((BuiltinFunctionType, type(re.compile("").match)))
"""The types of functions and methods that are written in C; some methods, as those of patterns, have one of their own."""


def _builtin(now: Recording, number: int, function: Any) -> Any:
    """Functions and methods that are not written in Python."""
    owner, name = function.__self__, function.__name__
    if type(owner) in (str, bytes):
        return _noting(now, number, "str." + name, function, plain(owner)) if name in _OF_TEXT else function
    if type(owner) is dict or isinstance(owner, Mapping):
        return _reading(now, number, function, owner) if name in _READS else function
    if isinstance(owner, (datetime.date, re.Pattern, list)) or any(owner is one for one in _MAKERS):
        own = owner if isinstance(owner, re.Pattern) else plain(owner)
        return _noting(now, number, name, function, own) if name in _OF_OTHERS else function
    if function in _GO_THROUGH:
        return _going_through(now, number, function)
    if function in _COMPARE_TEXTS:
        return _comparing(now, number, function)
    if function is time.sleep:
        return _sleeping(now, number, function)
    if function in _BUILTINS:
        return _noting(now, number, name, function)
    if name in ("execute", "executemany") and type(owner).__module__ == "sqlite3":
        return _asking(now, number, function, owner)
    return function


def _class(now: Recording, number: int, kind: Any) -> Any:
    """What is made of a value, or of the fields that a class declares."""
    if isinstance(kind, enum.EnumMeta):
        return _noting(now, number, "enum", kind, members(kind))
    usual = type(kind) is type  # other metaclasses may make classes that cannot be looked up
    if usual and kind in _CONVERTS:
        return _noting(now, number, _CONVERTS[kind], kind)
    if usual and kind in _COLLECTIONS:
        return _going_through(now, number, kind)
    if kind.__module__ != "builtins" and type(kind).__hash__ is not None:
        now.note(Event("call", number, "made", kind))
    return kind


_READS = frozenset(
    ("get", "getlist", "get_list", "getall", "get_all", "pop", "has", "has_key", "getone", "__contains__")
)
_OF_TEXT = frozenset(
    (
        *("startswith", "endswith", "find", "rfind", "index", "count", "split", "rsplit", "partition", "rpartition"),
        *("isdigit", "isalpha", "isalnum", "isupper", "islower", "isdecimal", "isnumeric", "isspace", "isidentifier"),
        *("isascii", "istitle", "splitlines", "removeprefix", "removesuffix"),
    )
)
_OF_OTHERS = frozenset(
    (
        *("match", "fullmatch", "search", "findall", "finditer", "split", "weekday", "isoweekday", "isocalendar"),
        *("fromisoformat", "strptime", "count", "index", "fromhex", "from_bytes"),
    )
)
_MAKERS = (datetime.date, datetime.datetime, datetime.time, bytes, int)
_BUILTINS = frozenset((len, isinstance, ord, abs, round))
_COMPARE_TEXTS = frozenset((hmac.compare_digest, operator.eq))
_GO_THROUGH = frozenset((sorted, any, all, sum, max, min))
_COLLECTIONS = frozenset((list, tuple, set, frozenset, enumerate, zip, map, filter, reversed))
"""What is called with an iterable, and goes through it."""
_CONVERTS: dict[Any, str] = {int: "int", float: "float", decimal.Decimal: "Decimal", uuid.UUID: "UUID"}
_FUNCTIONS = {
    "re.match": "match",
    "re.fullmatch": "fullmatch",
    "re.search": "search",
    "re.findall": "findall",
    "json.loads": "json.loads",
    "base64.b64decode": "b64decode",
    "urllib.parse.unquote": "unquote",
    "ipaddress.ip_address": "ip_address",
    "ipaddress.ip_network": "ip_network",
    "base64.urlsafe_b64decode": "b64decode",
    "_strptime._strptime_datetime": "strptime",
}


def _is_mapping(thing: Any) -> bool:
    return isinstance(thing, Mapping) or type(thing).__module__.startswith(canary.FRAMEWORKS)


def _noting(now: Recording, number: int, what: str, function: Any, own: Any = None) -> Any:
    def noted(*arguments: Any, **named: Any) -> Any:
        given = [own_form(one) for one in (*arguments, *named.values())]
        try:
            result = function(*arguments, **named)
        except Exception as error:
            now.note(Event("call", number, what, own, given, error.__class__))
            raise
        now.note(Event("call", number, what, own, given, _result(result)))
        return result

    return noted


def _sleeping(now: Recording, number: int, function: Any) -> Any:
    """How long an app sleeps is often what the request asks for: no branch is worth to wait for it."""

    def slept(*arguments: Any, **named: Any) -> Any:
        if now.naps and arguments and isinstance(arguments[0], (int, float)):
            arguments = (min(arguments[0], NAP), *arguments[1:])
        return function(*arguments, **named)

    return slept


def _comparing(now: Recording, number: int, function: Any) -> Any:
    def compared(one: Any, other: Any) -> Any:
        result = function(one, other)
        now.note(Event("compare", number, "Eq", plain(one), plain(other), bool(result)))
        return result

    return compared


def _going_through(now: Recording, number: int, function: Any) -> Any:
    def gone_through(*arguments: Any, **named: Any) -> Any:
        for argument in arguments:
            if type(argument) in (str, list, dict, tuple):
                now.note(Event("iterate", number, "", plain(argument)))
        if function is map and arguments:  # what it calls is called for the user
            arguments = (call(number, arguments[0]), *arguments[1:])
        return function(*arguments, **named)

    return gone_through


def own_form(argument: Any) -> Any:
    """An argument as it is noted: classes and patterns stay what they are."""
    if isinstance(argument, (type, re.Pattern)):
        return argument
    if isinstance(argument, tuple) and argument and all(isinstance(one, type) for one in argument):
        return argument
    return dict(argument) if type(argument) is dict else plain(argument)


def _result(value: Any) -> Any:
    return True if isinstance(value, re.Match) else plain(value)


def _reading(now: Recording, number: int, function: Any, container: Any) -> Any:
    def read(*arguments: Any, **named: Any) -> Any:
        if arguments:
            absent = arguments[1] if len(arguments) > 1 else named.get("default", UNKNOWN)
            kind = named["type"] if isinstance(named.get("type"), type) else _shape(absent)
            _item(now, number, container, arguments[0], kind)
        return function(*arguments, **named)

    return read


def _shape(absent: Any) -> Any:
    """What stands for a key that is not there, if it tells the value's type."""
    return type(absent) if isinstance(absent, (dict, list, tuple, int, float, str)) else None


def _asking(now: Recording, number: int, function: Any, owner: Any) -> Any:
    """A statement of SQL: the values that its columns hold are what its parameters may be."""

    def asked(statement: Any, *arguments: Any) -> Any:
        from .sql import samples

        for parameter, values in samples(getattr(owner, "connection", owner), statement, *arguments[:1]):
            now.note(Event("lookup", number, "sql", plain(parameter), values))
        return function(statement, *arguments)

    return asked


HOOKS = Observed(
    *(decide, weigh, compare, compare_on, middle, item, slice_, arithmetic, call),
    *(iterate, unpack, match, passed, begin, await_, enter_with),
)

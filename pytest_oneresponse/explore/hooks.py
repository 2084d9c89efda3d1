"""The hooks of exploration: what the marks in the user's functions call, and what they tell the recording of the moment."""

from __future__ import annotations

import datetime
import decimal
import sys
from typing import Any

from ..instrument.observe import ARITHMETICS, CALCULATE_BY, COMPARE_BY, MARKS, OPERATORS, Observed
from ..instrument.patterns import Attributes
from .calls import called
from .plain import EXACT, UNKNOWN, is_small, members, plain
from .recording import LINKS, Observation, Recording, name_of


def decide(number: int, value: Any) -> bool:
    outcome = bool(value)
    now = Recording.now
    if now is not None:
        now.branches.add((number, "true" if outcome else "false"))
        if number in now.full:
            return outcome
        if type(value) is not bool:
            now.note(Observation("truth", number, "", plain(value), None, outcome))
        now.note(Observation("decide", number, "", None, None, outcome))
    return outcome


def weigh(number: int, value: Any) -> Any:
    now = Recording.now
    if now is not None and type(value) is not bool and number not in now.full:
        seen = plain(value)
        if seen is not UNKNOWN:
            now.note(Observation("truth", number, "", seen, None, bool(seen)))
    return value


def decide_held(number: int, value: Any) -> bool:
    _tell_flag(number, value)
    return decide(number, value)


def weigh_held(number: int, value: Any) -> Any:
    _tell_flag(number, value)
    return weigh(number, value)


def _tell_flag(number: int, value: Any) -> None:
    now = Recording.now
    if now is not None and type(value) is bool and number not in now.full:
        now.note(Observation("truth", number, "", value, None, value))


_NAMES = tuple(kind.__name__ for kind in OPERATORS)


def compare(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
    now = Recording.now
    if kind in _IN:
        if now is not None and number not in now.full:
            _in(now, number, kind, one, other)
        return other, one
    if now is not None and number not in now.full:
        left, right = plain(one), plain(other)
        if left is not UNKNOWN or right is not UNKNOWN:
            now.note(Observation("compare", number, _NAMES[kind], left, right, _result_of(kind, one, other)))
    return one, other


_IN = frozenset((_NAMES.index("In"), _NAMES.index("NotIn")))


def _result_of(kind: int, one: Any, other: Any) -> bool | None:
    """What a comparison of plain values comes to; None where it is not ours to make, or fails."""
    if type(one) not in EXACT or type(other) not in EXACT:
        return None
    try:
        return bool(COMPARE_BY[kind](one, other))
    except TypeError:
        return None


def _in(now: Recording, number: int, kind: int, one: Any, other: Any) -> None:
    source = now.source_of(other)
    if source:
        now.note(Observation("read", number, source, name_of(one), None, one in other))
        return
    atom = type(other) in EXACT or isinstance(other, int)
    right = plain(other) if atom else members(other) if is_small(other) else UNKNOWN
    if right is UNKNOWN:
        return
    try:
        inside = bool(one in other)
    except TypeError:  # the user's own comparison will tell
        return
    now.note(Observation("compare", number, _NAMES[kind], plain(one), right, inside == (_NAMES[kind] == "In")))


def compare_on(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
    # By the frame, as what is compared may come to this chain again on its way.
    vars(LINKS)[f"{number} {id(sys._getframe(1))}"] = other
    return compare(number, kind, one, other)


def middle(number: int) -> Any:
    return vars(LINKS).pop(f"{number} {id(sys._getframe(1))}")


def item(number: int, container: Any, key: Any) -> tuple[Any, Any]:
    now = Recording.now
    if now is not None and number not in now.full:
        now.note_item(number, container, key)
    return container, key


def slice_(number: int, container: Any, start: Any, stop: Any, step: Any) -> tuple[Any, Any]:
    part = slice(start, stop, step)
    now = Recording.now
    if now is not None and type(container) in (str, bytes, list) and number not in now.full:
        try:
            result = plain(container[part])
        except (TypeError, ValueError):  # the user's own slice will tell
            return container, part
        now.note(Observation("call", number, "slice", plain(container), [start, stop, step], result))
    return container, part


_NUMBERS = (int, float, decimal.Decimal, datetime.date)
_SETS: tuple[type, ...] = (set, frozenset, type({}.keys()))
_SUBTRACT = next(place for place, operation in enumerate(ARITHMETICS) if operation.__name__ == "Sub")


def arithmetic(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
    now = Recording.now
    if now is not None and number not in now.full and isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS):
        left, right = plain(one), plain(other)
        try:
            result = plain(CALCULATE_BY[kind](left, right))
        except (TypeError, ArithmeticError, ValueError):  # the user's own operation will tell
            return one, other
        now.note(Observation("call", number, ARITHMETICS[kind].__name__, left, right, result))
    elif now is not None and kind == _SUBTRACT and type(one) in _SETS and number not in now.full:
        _without(now, number, one, other)
    return one, other


def _without(now: Recording, number: int, one: Any, other: Any) -> None:
    """What the one set has more than the other is asked for: keys that are not known, or keys that are missing."""
    if type(other) not in _SETS:
        return
    now.note(Observation("compare", number, "Without", members(one), members(other), not one <= other))
    mapping = getattr(other, "mapping", None)
    if mapping is not None:
        for key in members(one - other):
            now.note_item(number, mapping, key)


def iterate(number: int, value: Any) -> Any:
    now = Recording.now
    if now is not None:
        seen = plain(value) if number not in now.full else UNKNOWN
        if seen is not UNKNOWN:
            now.note(Observation("iterate", number, "", seen))
        if now.tap is not None:
            return now.tap.gone_through(number, value)
    return value


def await_(number: int, awaitable: Any) -> Any:
    now = Recording.now
    return awaitable if now is None or now.tap is None else now.tap.awaited(number, awaitable)


def enter_with(number: int, manager: Any) -> Any:
    now = Recording.now
    return manager if now is None or now.tap is None else now.tap.entered(number, manager)


def unpack(number: int, count: int, value: Any) -> Any:
    now = Recording.now
    if now is not None and number not in now.full:
        seen = plain(value)
        if seen is not UNKNOWN:
            now.note(Observation("unpack", number, "", seen, count))
    return value


def match(number: int, subject: Any) -> Any:
    now = Recording.now
    if now is not None and number not in now.full:
        examples = MARKS.all[number].detail
        for example in examples:
            if isinstance(example, Attributes):
                _match_attributes(now, number, subject, example)
        now.note(
            Observation(
                "match", number, "", _whole(subject), [one for one in examples if not isinstance(one, Attributes)]
            )
        )
    return subject


def _match_attributes(now: Recording, number: int, subject: Any, example: Attributes) -> None:
    held = getattr(subject, "__dict__", {})
    for name, value in example.wanted:
        if name in held:
            one = plain(held[name])
            now.note(Observation("compare", number, "Eq", one, value, one == value))


def _whole(subject: Any) -> Any:
    """A subject of `match`: a mapping is told as it is, for its patterns look into it."""
    return dict(subject) if isinstance(subject, dict) else plain(subject)


def passed(number: int) -> None:
    now = Recording.now
    if now is not None:
        now.branches.add((number, MARKS.all[number].outcomes[0]))


def begin(number: int) -> None:
    now = Recording.now
    if now is not None and number not in now.begun:
        now.begun[number] = None


def call(number: int, function: Any) -> Any:
    now = Recording.now
    return function if now is None else called(now, number, function)


HOOKS = Observed(
    *(decide, weigh, compare, compare_on, middle, item, slice_, arithmetic, call),
    *(iterate, unpack, match, passed, begin, await_, enter_with, decide_held, weigh_held),
)

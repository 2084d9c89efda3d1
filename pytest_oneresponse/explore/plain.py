"""Values of the user's code as plain ones, which may be kept and compared."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

UNKNOWN = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN", "__slots__": ()})()
"""Stands for a value that is no plain one."""
_SAMPLE = 24
_LONGEST = 4096
ATOMS = (str, bytes, int, float, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
"""The types of values that are plain, their subclasses too."""
EXACT = frozenset((*ATOMS, bool, type(None), datetime.datetime))
"""The types of values that are plain as they are."""


def plain(value: Any) -> Any:
    """A value as a plain one; UNKNOWN where it is not."""
    kind = type(value)
    if kind in EXACT:
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
    if issubclass(kind, ATOMS):
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


def is_small(collection: Any) -> bool:
    """Whether a collection can be looked through: others may ask a database, or be used up."""
    return isinstance(collection, (list, tuple, set, frozenset, dict, range, *_VIEWS, Mapping))

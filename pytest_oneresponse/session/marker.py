"""The `oneresponse` marker: what a test, its class and its module ask for the test's own requests."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from .. import options
from ..contract import rules


@dataclass(frozen=True)
class Marker:
    """What all markers of a test say together. `requests` and `faults` are None where none of them says it."""

    ignore: tuple[str, ...] = ()
    """Rules, or RULE@ROUTE, that are dropped."""
    expect: tuple[str, ...] = ()
    requests: int | None = None
    faults: str | None = None


def read(item: pytest.Item) -> Marker:
    """An item's markers as one: rules add up, of `requests` and `faults` the nearest marker's counts.

    Raises pytest.fail's exception for a marker that is wrong, with the item's place.
    """
    try:
        marks = [_one(mark) for mark in item.iter_markers("oneresponse")]
    except ValueError as error:
        file, line, _ = item.reportinfo()
        raise pytest.fail.Exception(f"{file}:{(line or 0) + 1}: {error}", pytrace=False) from None
    return Marker(
        ignore=tuple(name for mark in marks for name in mark.ignore),
        expect=tuple(name for mark in marks for name in mark.expect),
        requests=next((mark.requests for mark in marks if mark.requests), None),
        faults=next((mark.faults for mark in marks if mark.faults), None),
    )


def _one(mark: pytest.Mark) -> Marker:
    if mark.args:
        raise ValueError("the oneresponse marker takes keys only: oneresponse(ignore=[...])")
    return Marker(**{key: _reader(key)(value) for key, value in mark.kwargs.items()})


def _reader(key: str) -> Callable[[Any], Any]:
    if key in _READERS:
        return _READERS[key]
    near = difflib.get_close_matches(key, options.MARKER_KEYS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(options.MARKER_KEYS)}"
    raise ValueError(f"the oneresponse marker has no key {key!r}{hint}")


def _requests(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"requests must be a whole number more than 0, not {value!r}")
    return value


def _faults(value: Any) -> str:
    options.BY_NAME["faults"].check_choice(value, "faults")
    return str(value)


def _ignore(value: Any) -> tuple[str, ...]:
    names = _names("ignore", value)
    _check_rules("ignore", (name.partition("@")[0] for name in names))
    return names


def _expect(value: Any) -> tuple[str, ...]:
    names = _names("expect", value)
    _check_rules("expect", names)
    return names


def _names(key: str, value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, (list, tuple, set, frozenset)) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{key} must be a list of rules, not {value!r}")
    return tuple(names)


def _check_rules(key: str, names: Iterable[str]) -> None:
    try:
        for name in names:
            rules.get(name)
    except KeyError as error:
        raise ValueError(f"{key}: {error.args[0]}") from None


_READERS: dict[str, Callable[[Any], Any]] = {
    "requests": _requests,
    "faults": _faults,
    "ignore": _ignore,
    "expect": _expect,
}

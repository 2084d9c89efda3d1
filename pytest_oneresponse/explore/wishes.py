"""What would turn out otherwise if a value were another: from one event of a recording to values worth sending."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from . import canary
from .matching import FORMATS, NO_WAY
from .plain import UNKNOWN
from .recording import Observation
from .regexes import matching, several_matching
from .tree import MISSING


class Wish(NamedTuple):
    """In the place of `value` any of `wanted` would be of interest, the first most."""

    value: Any
    wanted: list[Any]
    group: int = 0
    """Wishes of one group may have to be fulfilled together."""


def wishes(event: Observation) -> Iterator[Wish]:
    """What an event makes worth trying."""
    make = _OF.get(event.kind)
    if make is not None:
        with contextlib.suppress(*NO_WAY):
            yield from (wish for wish in make(event) if wish.value is not UNKNOWN and wish.value is not None)


def other_than(value: Any) -> list[Any]:
    """Values that are not this one."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str) and value:
        return [value[:-1] + ("b" if value[-1] == "a" else "a" if value[-1].islower() else "B"), "", "other"]
    if isinstance(value, (str, bytes)):
        return ["" if value else "other", "other"]
    if isinstance(value, (int, float, decimal.Decimal)):
        return [value + 1, value - 1]
    if isinstance(value, datetime.datetime):
        return _moved(value, datetime.timedelta(days=1))[:1]
    if isinstance(value, datetime.date):
        return _moved(value, datetime.timedelta(days=1))
    if isinstance(value, uuid.UUID):
        return [uuid.UUID(int=(value.int + 1) % (1 << 128))]
    return []


def beside(value: Any) -> list[Any]:
    """A value and its neighbours in order."""
    if isinstance(value, bool) or value is None or value is UNKNOWN:
        return []
    if isinstance(value, int):
        return [value, value + 1, value - 1]
    if isinstance(value, float):
        return [value, value + 1, value - 1, value + 0.01, value - 0.01]
    if isinstance(value, decimal.Decimal):
        cent = decimal.Decimal("0.01")
        return [value, value + 1, value - 1, value + cent, value - cent]
    if isinstance(value, datetime.datetime):
        second = datetime.timedelta(seconds=1)
        day = datetime.timedelta(days=1)
        return [value, *_moved(value, second), *_moved(value, day)]
    if isinstance(value, datetime.date):
        day = datetime.timedelta(days=1)
        return [value, *_moved(value, day)]
    if isinstance(value, datetime.time):
        moment = datetime.datetime.combine(datetime.date(2000, 1, 2), value)
        return [value, *(one.time() for one in _moved(moment, datetime.timedelta(minutes=1)))]
    if isinstance(value, datetime.timedelta):
        return [value, *_moved(value, datetime.timedelta(seconds=1)), *_moved(value, datetime.timedelta(days=1))]
    if isinstance(value, str):
        return [value, value + "a", value[:-1], "~" + value, " " + value]
    return [value]


def _moved(value: Any, step: datetime.timedelta) -> list[Any]:
    """A day or a moment one step later and one earlier; the first and the last that there are have one neighbour."""
    found = []
    for one in (step, -step):
        with contextlib.suppress(OverflowError):
            found.append(value + one)
    return found


# --- comparisons


def _compare(event: Observation) -> Iterator[Wish]:
    one, other, result = event.given, event.other, event.result
    if event.what in ("Eq", "NotEq"):
        equal = result if event.what == "Eq" else (not result if result is not None else None)
        yield from _pairs(one, other)
        for left, right in ((one, other), (other, one)):
            yield Wish(left, (other_than(right) if equal else [right]) if right is not UNKNOWN else [])
    elif event.what in ("Lt", "LtE", "Gt", "GtE"):
        for left, right in ((one, other), (other, one)):
            yield Wish(left, beside(right))
        if isinstance(one, list) and isinstance(other, list):
            for left, right in zip(one, other, strict=False):
                yield Wish(left, beside(right)[1:])
            for left, right in ((one, other), (other, one)):  # as sets
                yield Wish(left, [right, right[:1], [*left, *right], []])
    elif event.what == "Without" and isinstance(one, list) and isinstance(other, list):
        yield Wish(one, [other, other[:1], []] if result else [[*one, "other"]])
        yield Wish(other, [one, [*other, *one]] if result else [[]])
    elif event.what in ("In", "NotIn"):
        inside = result == (event.what == "In")
        yield from _inside(one, other, inside)
    elif event.what in ("Is", "IsNot"):
        for left, right in ((one, other), (other, one)):
            # Members of an enum are compared so, too.
            yield Wish(left, [MISSING, None] if right is None else [right] if right is not UNKNOWN else [])


def _pairs(one: Any, other: Any) -> Iterator[Wish]:
    """The members of two lists that are compared as a whole."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other) < 5:
        for left, right in zip(one, other, strict=True):
            if left != right:
                yield Wish(left, [right])
                yield Wish(right, [left])


def _inside(one: Any, other: Any, inside: bool) -> Iterator[Wish]:
    if isinstance(other, str) and isinstance(one, str):
        yield Wish(one, ["~" + one, "~"] if inside else [other, other[:3], other[:1]])
        yield Wish(other, [other.replace(one, ""), ""] if inside else [other + one, one, f"a{one}b"])
    elif isinstance(other, int) and isinstance(one, int):  # flags
        yield Wish(other, [other & ~one] if inside else [other | one, one])
    elif isinstance(other, list):
        yield Wish(one, other_than(one) if inside else spread(other))
        yield Wish(other, [[x for x in other if x != one]] if inside else [[*other, one], [one]])


def spread(members: list[Any]) -> list[Any]:
    """A few of many: the first ones, the middle and the last."""
    if len(members) <= 12:
        return members
    return [*members[:9], members[len(members) // 2], members[-2], members[-1]]


def _truth(event: Observation) -> Iterator[Wish]:
    value = event.given
    if isinstance(value, bool):
        yield Wish(value, [not value])
    elif event.result:
        yield Wish(value, [[] if isinstance(value, list) else MISSING, "", 0, False])
    elif isinstance(value, list):
        yield Wish(value, [["a"], [{canary.NAME: ""}], [1]])
    else:
        yield Wish(value, ["1", 1, True])


def _lookup(event: Observation) -> Iterator[Wish]:
    if isinstance(event.given, list):  # the key is a tuple
        for group, member in enumerate(event.other):
            if isinstance(member, list) and len(member) == len(event.given):
                for one, other in zip(event.given, member, strict=True):
                    yield Wish(one, [other], group)
        return
    others = [member for member in event.other if member != event.given]
    yield Wish(event.given, spread(others) + (other_than(event.given) if event.result else []))


def _iterate(event: Observation) -> Iterator[Wish]:
    value = event.given
    if isinstance(value, str):
        yield Wish(value, [[{canary.NAME: ""}], ["a"]])
    elif isinstance(value, list):
        yield Wish(value, [[]] if value else [[{canary.NAME: ""}], ["a"], [1]])
        if value and len(value) < 3:
            yield Wish(value, [[*value, value[-1]]])


def _unpack(event: Observation) -> Iterator[Wish]:
    value, count = event.given, abs(event.other)
    if isinstance(value, list):
        longer = [*value, *(["1"] * 9)]
        yield Wish(value, [longer[:count], longer[: count + 1], value[: max(count - 1, 0)]])


def _match(event: Observation) -> Iterator[Wish]:
    subject: Any = event.given
    for group, example in enumerate(event.other or ()):
        if isinstance(subject, list) and isinstance(example, list) and len(subject) == len(example):
            for one, other in zip(subject, example, strict=True):
                yield Wish(one, [other], group)
        merged = {**subject, **example} if isinstance(subject, dict) and isinstance(example, dict) else example
        yield Wish(subject, [merged], group + 1000)


# --- calls


def _call(event: Observation) -> Iterator[Wish]:
    make = _CALLS.get(event.what)
    if make is not None:
        yield from make(event)
    elif event.what.startswith("str.is"):
        right = [text for text in _TEXTS if getattr(text, event.what[4:])()]
        wrong = [text for text in _TEXTS if not getattr(text, event.what[4:])()]
        yield Wish(event.given, wrong if event.result else right)


_TEXTS = ("7", "12345", "abc", "Abc", "ABC", "a1", "A1", "a b", " ", "é", "-", "a_b", "0123456789", "ABCDEF", "abcdef")


def _starts(event: Observation) -> Iterator[Wish]:
    own: Any = event.given.decode("latin-1") if isinstance(event.given, bytes) else event.given
    for prefix in _listed(event.other[0]) if event.other else ():
        if isinstance(prefix, bytes):
            prefix = prefix.decode("latin-1")
        if isinstance(prefix, str):
            ends = event.what == "str.endswith"
            with_it = [own + prefix, "a" + prefix] if ends else [prefix + own, prefix + "1", prefix]
            if len(own) > len(prefix):  # in a text of a set length it takes the place of what is there
                with_it.append(own[: -len(prefix)] + prefix if ends else prefix + own[len(prefix) :])
            yield Wish(own, ["other", "~"] if event.result else with_it)
            if not event.result:
                yield Wish(prefix, [own[-3:] if ends else own[:3]])


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _finds(event: Observation) -> Iterator[Wish]:
    own, part = event.given, event.other[0] if event.other else None
    if isinstance(own, str) and isinstance(part, str):
        yield Wish(own, [own + part, f"a{part}b", own.replace(part, ""), own + part + "c" + part])


def _splits(event: Observation) -> Iterator[Wish]:
    own, separator = event.given, event.other[0] if event.other else " "
    if isinstance(own, str) and isinstance(separator, str) and separator:
        count = own.count(separator)
        wanted = [own + separator + "1", f"1{separator}2{separator}3", own.replace(separator, "")]
        yield Wish(own, wanted if count else wanted[:2])


def _regex(event: Observation) -> Iterator[Wish]:
    own = isinstance(event.given, re.Pattern)
    pattern: Any = event.given if own else event.other[0]
    texts = list(event.other[:1] if own else event.other[1:2])
    source = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    flags = pattern.flags if isinstance(pattern, re.Pattern) else 0
    if not isinstance(source, str) or not texts:
        return
    wanted = []
    for least in (0, 8):
        with contextlib.suppress(ValueError, RecursionError):
            wanted.append(matching(source, least))
        wanted += several_matching(source, least)
    if flags & re.IGNORECASE:
        wanted += [text.upper() for text in wanted[:2]]
    wanted = [text for text in dict.fromkeys(wanted) if text != texts[0]]
    if event.result is True or (isinstance(event.result, list) and event.result):
        wanted = ["~", "", *wanted]
    yield Wish(texts[0], wanted)


def _isinstance(event: Observation) -> Iterator[Wish]:
    value, kinds = event.other[0], event.other[1] if len(event.other) > 1 else ()
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if event.result:
        yield Wish(value, [one for one in _OF_TYPES.values() if not isinstance(one, tuple(_types(kinds)))])
    else:
        yield Wish(value, [_OF_TYPES[kind] for kind in kinds if kind in _OF_TYPES])


def _types(kinds: Iterable[Any]) -> list[type]:
    return [kind for kind in kinds if isinstance(kind, type)]


_OF_TYPES: dict[Any, Any] = {
    str: "text",
    int: 7001,
    float: 7.5,
    bool: True,
    list: ["a"],
    dict: {canary.NAME: ""},
    type(None): None,
}


def _converts(right: list[Any], wrong: list[Any]) -> Callable[[Observation], Iterator[Wish]]:
    def wish(event: Observation) -> Iterator[Wish]:
        failed = isinstance(event.result, type) or event.result is None
        for argument in event.other[:1]:
            yield Wish(argument, right if failed else wrong)

    return wish


def _strptime(event: Observation) -> Iterator[Wish]:
    text, form = event.other[0], event.other[1] if len(event.other) > 1 else FORMATS[0]
    if not isinstance(event.result, type):
        yield Wish(text, ["not a date"])
    elif isinstance(form, str):
        yield Wish(text, [datetime.datetime(2032, 5, 14, 9, 26, 53).strftime(form)])


def is_no_url(event: Observation) -> bool:
    """Whether a text was taken for a URL, and is none."""
    if event.what != "urlsplit" or not event.other:
        return False
    return isinstance(event.other[0], str) and "://" not in event.other[0]


def _url(event: Observation) -> Iterator[Wish]:
    for text in event.other[:1]:
        yield Wish(text, ["https://w1u.example:8443/p2u?q=3u#f4u"] if is_no_url(event) else ["other"])


def _enum(event: Observation) -> Iterator[Wish]:
    failed = isinstance(event.result, type)
    yield Wish(event.other[0] if event.other else None, list(event.given) if failed else ["other"])


def _index(event: Observation) -> Iterator[Wish]:
    own = event.given
    if isinstance(own, list) and isinstance(event.other[0], int):
        wanted = abs(event.other[0]) + 1
        yield Wish(own, [(own * wanted)[:wanted] if own else ["a"] * wanted, []])
    elif isinstance(own, str):
        yield Wish(own, [own + "123456789"[: abs(event.other[0]) + 1] if isinstance(event.other[0], int) else own, ""])


def _shape(event: Observation) -> Iterator[Wish]:
    yield Wish(event.given, [{canary.NAME: ""}])


CONVERSIONS = frozenset(
    (
        "parse moment",
        *("int", "float", "Decimal", "UUID", "fromisoformat", "strptime", "json.loads", "b64decode", "enum", "fromhex"),
        *("ip_address", "ip_network"),
    )
)
"""Functions that fail where a text has not their form."""

_CALLS: dict[str, Callable[[Observation], Iterator[Wish]]] = {
    "str.startswith": _starts,
    "str.endswith": _starts,
    "str.removeprefix": _starts,
    "str.removesuffix": _starts,
    "str.find": _finds,
    "str.rfind": _finds,
    "str.index": _finds,
    "str.count": _finds,
    "str.partition": _finds,
    "str.rpartition": _finds,
    "str.split": _splits,
    "str.rsplit": _splits,
    "match": _regex,
    "fullmatch": _regex,
    "search": _regex,
    "findall": _regex,
    "finditer": _regex,
    "isinstance": _isinstance,
    "int": _converts(["7001", "-3", 7001], ["x1"]),
    "float": _converts(["7001.5", "-3.5", 7001.5], ["x1"]),
    "Decimal": _converts(["7001.50", "-3.5"], ["x1"]),
    "UUID": _converts(["0f3b1c2e-5d7a-4c1b-9e2f-3a4b5c6d7e8f"], ["not-a-uuid"]),
    "fromisoformat": _converts(
        ["2032-05-14", "2032-05-14T09:26:53", "09:26:53"],
        ["not a date", "2032-05-14T09:26:53+00:00", "2032-05-14T09:26:53"],
    ),
    "strptime": _strptime,
    "parse moment": _converts(
        ["2032-05-14T09:26:53", "2032-05-14", "09:26:53"],
        ["not a date", "2032-05-14T09:26:53+00:00", "2032-02-31T09:26:53", "2032-02-31"],
    ),
    "urlsplit": _url,
    "ip_address": _converts(["10.1.2.3", "::1"], ["not an address", "203.0.113.9", "127.0.0.1"]),
    "ip_network": _converts(["10.0.0.0/8"], ["not a network"]),
    "fromhex": _converts(["0a0b0c0d0e"], ["xyz"]),
    "json.loads": _converts([json.dumps({canary.NAME: canary.value("text")}), "[]", "7"], ["{not json", "[1]"]),
    "b64decode": _converts(["dXNlcjE6cGFzczE=", "ZmlndXJl"], ["***", "%%%"]),
    "enum": _enum,
    "index": _index,
    "shape": _shape,
}

_OF: dict[str, Callable[[Observation], Iterator[Wish]]] = {
    "compare": _compare,
    "truth": _truth,
    "lookup": _lookup,
    "iterate": _iterate,
    "unpack": _unpack,
    "match": _match,
    "call": _call,
}

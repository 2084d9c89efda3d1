"""What functions have made of values is undone."""

from __future__ import annotations

import datetime
import operator
from typing import Any

import pytest

from pytest_oneresponse.explore.derived import derived
from pytest_oneresponse.explore.matching import Matcher
from pytest_oneresponse.explore.plain import UNKNOWN
from pytest_oneresponse.explore.recording import Observation

DAY = datetime.date(2024, 3, 5)
NEXT = DAY + datetime.timedelta(1)


def event(kind: str, what: str = "", given: Any = None, other: Any = None, result: Any = None) -> Observation:
    return Observation(kind, 1, what, given, other, result)


def called(what: str, own: Any, *given: Any, result: Any = None) -> Observation:
    return event("call", what, own, list(given), result)


@pytest.mark.parametrize(
    ("told", "atom", "value", "wanted", "changed"),
    [
        (called("slice", "abcdef", 0, 3, None, result="abc"), "abcdef", "abc", "xyz", "xyzdef"),
        (called("slice", "abcdef", None, None, -1, result="fedcba"), "abcdef", "fedcba", "123", "321"),
        (called("slice", ["a", "b"], 1, None, None, result=["b"]), ["a", "b"], ["b"], ["c"], ["a", "c"]),
        (called("index", "abc", -1, result="c"), "abc", "c", "x", "abx"),
        (called("index", ["aa", "bb"], 0, result="aa"), ["aa", "bb"], "aa", "x", ["x", "bb"]),
        (event("call", "Add", 7001, 50, 7051), 7001, 7051, 100, 50),
        (event("call", "Sub", 7001, 50, 6951), 7001, 6951, 100, 150),
        (event("call", "Sub", 50, 7001, -6951), 7001, -6951, 10, 40),
        (
            event("call", "Sub", DAY, datetime.date(2024, 1, 1), datetime.timedelta(64)),
            "2024-03-05",
            64,
            1,
            "2024-01-02",
        ),
        (event("call", "Mult", 7001, 3, 21003), 7001, 21003, 100, 34),
        (event("call", "Mod", 7001, 10, 1), 7001, 1, 7, 7007),
        (event("call", "FloorDiv", 7001, 10, 700), 7001, 700, 5, 50),
        (event("call", "Div", 7001, 2, 3500.5), 7001, 3500.5, 4.0, 8.0),
        (event("call", "BitXor", 7001, 5, 7001 ^ 5), 7001, 7001 ^ 5, 12, 12 ^ 5),
        (event("call", "RShift", 7001, 4, 437), 7001, 437, 3, 48),
        (event("call", "BitAnd", 7001, 6, 0), 7001, 0, 4, 7001 & ~6 | 4),
        (called("int", None, "1010", 2, result=10), "1010", 10, 3, "0011"),
        (called("int", None, "ff!", 16, result=255), "ff!", 255, 1, "001"),
        (called("len", None, "abc", result=3), "abc", 3, 5, "abcab"),
        (called("len", None, ["a"], result=1), ["a"], 1, 3, ["a", "a", "a"]),
        (called("group", "a>75", 2, 4, result="75"), "a>75", "75", 100, "a>100"),
        (called("float", None, "7001.5", result=7001.5), "7001.5", 7001.5, 8.0, "8.0"),
        (called("fromisoformat", datetime.date, "2024-03-05", result=DAY), "2024-03-05", DAY, NEXT, "2024-03-06"),
        (called("strptime", None, "5 Mar 2024", "%d %b %Y", result=DAY), "5 Mar 2024", DAY, NEXT, "06 Mar 2024"),
        (called("slice", "ab", 4, None, None, result=""), "ab", "", "yz", "abxxyz"),
        (called("str.count", "a@b", "@", result=1), "a@b", 1, 3, "a@b@@"),
        (called("str.count", "a@b@c", "@", result=2), "a@b@c", 2, 1, "a@bc"),
        (called("count", ["a", "b"], "a", result=1), ["a", "b"], 1, 2, ["b", "a", "a"]),
        (called("weekday", DAY, result=1), "2024-03-05", 1, 6, "2024-03-10"),
        (called("str.split", "x=y", "=", result=["x", "y"]), "x=y", "y", "z", "x=z"),
        (called("str.split", "x=y", "=", result=["x", "y"]), "x=y", ["x", "y"], ["a"], "a"),
        (called("str.partition", "x=y", "=", result=["x", "=", "y"]), "x=y", "x", "a", "a=y"),
        (called("str.partition", "x", "=", result=["x", "", ""]), "x", "", "b", "x=b"),
        (called("str.splitlines", "a\nb", result=["a", "b"]), "a\nb", ["a", "b"], ["c"], "c"),
        (called("ord", None, "a", result=97), "a", 97, 98, "b"),
        (called("abs", None, -7001, result=7001), -7001, 7001, 5, -5),
        (called("round", None, 7001.4, result=7001), 7001.4, 7001, 5, 5),
        (called("b64decode", None, "YTpi", result=b"a:b"), "YTpi", b"a:b", "c:d", "Yzpk"),
        (called("fromhex", None, "0a", result=b"\n"), "0a", b"\n", b"\x0b", "0b"),
        (called("unquote", None, "a%20b", result="a b"), "a%20b", "a b", "c", "c"),
    ],
)
def test_what_a_function_has_made_is_undone(
    told: Observation, atom: Any, value: Any, wanted: Any, changed: Any
) -> None:
    found = derived([told])
    undone = []
    for way in Matcher([(("query", "q", 0), atom)], found).ways(value):
        try:
            undone.append(way.undo(wanted))
        except (ValueError, TypeError, AttributeError):
            continue
    assert changed in undone, (found, undone)


@pytest.mark.parametrize(
    "told",
    [
        called("len", None, "abc", result=TypeError),
        called("len", None, "abc", result=UNKNOWN),
        called("isinstance", None, "a", str, result=True),
        event("compare", "Eq", 1, 1, True),
        event("call", "Mod", 5, 0, 0),
        called("slice", "abc", None, None, 2, result="ac"),
    ],
)
def test_what_cannot_be_undone_is_not_derived(told: Observation) -> None:
    assert derived([told]) == []


def test_a_length_out_of_reach_is_refused() -> None:
    (one,) = derived([called("len", None, "abc", result=3)])
    with pytest.raises(ValueError, match="out of reach"):
        one.undo("abc", -1)
    with pytest.raises(ValueError, match="out of reach"):
        one.undo("abc", 10**6)


def test_operations_with_numbers_lead_to_both_of_them() -> None:
    for what, made in (("Add", operator.add), ("Sub", operator.sub), ("BitXor", operator.xor)):
        found = derived([event("call", what, 70, 9, made(70, 9))])
        assert [one.argument for one in found] == [70, 9]
        first, second = (one.undo(one.argument, 33) for one in found)
        assert made(first, 9) == made(70, second) == 33

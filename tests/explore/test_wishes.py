"""From what an exchange has told: which values are worth sending in the place of others."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from typing import Any

import pytest

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.plain import UNKNOWN
from pytest_oneresponse.explore.recording import Observation
from pytest_oneresponse.explore.tree import MISSING
from pytest_oneresponse.explore.wishes import beside, other_than, spread, wishes

DAY = datetime.date(2024, 3, 5)
MOMENT = datetime.datetime(2024, 3, 5, 6, 7)
D = decimal.Decimal


def event(kind: str, what: str = "", given: Any = None, other: Any = None, result: Any = None) -> Observation:
    return Observation(kind, 1, what, given, other, result)


def compared(what: str, one: Any, other: Any, result: Any) -> Observation:
    return event("compare", what, one, other, result)


def called(what: str, own: Any, *given: Any, result: Any = None) -> Observation:
    return event("call", what, own, list(given), result)


NEW = {canary.NAME: ""}


@pytest.mark.parametrize(
    ("told", "value", "wanted"),
    [
        # equal or not
        (compared("Eq", "a", "b", False), "a", ["b"]),
        (compared("Eq", "a", "b", False), "b", ["a"]),
        (compared("Eq", "ab", "ab", True), "ab", ["aa", ""]),
        (compared("NotEq", "a", "b", True), "a", ["b"]),
        (compared("NotEq", 5, 5, False), 5, [6, 4]),
        (compared("Eq", 7, UNKNOWN, None), 7, []),
        (compared("Eq", ["a", "b"], ["a", "c"], False), "b", ["c"]),
        (compared("Eq", ["a", "b"], ["a", "c"], False), ["a", "c"], [["a", "b"]]),
        # in order
        (compared("Lt", 5, 10, True), 5, [10, 11, 9]),
        (compared("GtE", 5, 10, False), 10, [5, 6, 4]),
        (compared("LtE", 1.5, 2.5, True), 1.5, [2.5, 3.5, 1.5, 2.51, 2.49]),
        (compared("Gt", D(1), D("2.50"), False), D(1), [D("2.50"), D("3.50"), D("1.50"), D("2.51"), D("2.49")]),
        (compared("Lt", DAY, DAY, False), DAY, [DAY, datetime.date(2024, 3, 6), datetime.date(2024, 3, 4)]),
        (compared("Lt", "a", "m", True), "a", ["m", "ma"]),
        (compared("Lt", ["a"], ["a", "b"], True), ["a"], [["a", "b"], ["a"], []]),
        # among others
        (compared("In", "a", ["x", "y"], False), "a", ["x", "y"]),
        (compared("In", "a", ["x", "y"], False), ["x", "y"], [["x", "y", "a"], ["a"]]),
        (compared("In", "x", ["x", "y"], True), "x", other_than("x")),
        (compared("In", "x", ["x", "y"], True), ["x", "y"], [["y"]]),
        (compared("NotIn", "a", ["x"], True), "a", ["x"]),
        (compared("NotIn", "x", ["x"], False), ["x"], [[]]),
        (compared("In", "b", "acd", False), "acd", ["acdb", "b", "abb"]),
        (compared("In", "b", "abc", True), "abc", ["ac", ""]),
        (compared("In", 4, 3, False), 3, [7, 4]),
        (compared("In", 2, 3, True), 3, [1]),
        # the same
        (compared("Is", "a", None, False), "a", [MISSING, None]),
        (compared("IsNot", "red", "blue", True), "red", ["blue"]),
        # true or not
        (event("truth", "", "abc", None, True), "abc", [MISSING, "", 0, False]),
        (event("truth", "", "", None, False), "", ["1", 1, True]),
        (event("truth", "", [1], None, True), [1], [[], ""]),
        (event("truth", "", [], None, False), [], [["a"], [NEW], [1]]),
        # tables
        (event("lookup", "dict", "a", ["a", "b"], True), "a", ["b", *other_than("a")]),
        (event("lookup", "dict", "z", ["a", "b"], False), "z", ["a", "b"]),
        (event("lookup", "", ["GET", "/"], [["POST", "/a"]], False), "/", ["/a"]),
        # going through
        (event("iterate", "", "abc"), "abc", [[NEW], ["a"]]),
        (event("iterate", "", []), [], [[NEW], ["a"], [1]]),
        (event("iterate", "", ["x"]), ["x"], [[]]),
        (event("iterate", "", ["x"]), ["x"], [["x", "x"]]),
        (event("unpack", "", ["a"], 2), ["a"], [["a", "1"], ["a", "1", "1"], ["a"]]),
        (event("unpack", "", ["a", "b"], -1), ["a", "b"], [["a"], ["a", "b"], []]),
        # match
        (event("match", "", "a", ["b", "c"]), "a", ["b"]),
        (event("match", "", "a", ["b", "c"]), "a", ["c"]),
        (event("match", "", ["a", "b"], [["x", "y"]]), "b", ["y"]),
        (event("match", "", {"a": 1}, [{"b": 2}]), {"a": 1}, [{"a": 1, "b": 2}]),
        # texts
        (called("str.startswith", "abc", "x", result=False), "abc", ["xabc", "x1", "x", "xbc"]),
        (called("str.startswith", "abc", ["x", "y"], result=False), "abc", ["yabc"]),
        (called("str.startswith", "xbc", "x", result=True), "xbc", ["other", "~"]),
        (called("str.startswith", b"abc", b"PK", result=False), "abc", ["PKabc"]),
        (called("str.endswith", "abc", ".x", result=False), "abc", ["abc.x", "a.x", "a.x"]),
        (called("str.endswith", "T-000", "13", result=False), "T-000", ["T-00013", "a13", "T-013"]),
        (called("str.endswith", b"abc", [b".x"], result=False), "abc", ["abc.x"]),
        (called("str.find", "abc", "x", result=-1), "abc", ["abcx", "axb"]),
        (called("str.split", "abc", "/", result=["abc"]), "abc", ["abc/1", "1/2/3"]),
        (called("str.split", "a/c", "/", result=["a", "c"]), "a/c", ["a/c/1", "ac"]),
        (called("str.isdigit", "abc", result=False), "abc", ["7", "12345"]),
        (called("str.isdigit", "12", result=True), "12", ["abc"]),
        (called("match", re.compile("[0-9]{3}"), "abc", result=None), "abc", ["111"]),
        (called("fullmatch", None, "x+", "abc", result=None), "abc", ["x"]),
        (called("search", re.compile("x"), "x", result=True), "x", ["~", ""]),
        (called("match", re.compile("ab", re.IGNORECASE), "z", result=None), "z", ["AB"]),
        # conversions
        (called("int", None, "abc", result=ValueError), "abc", ["7001", "-3"]),
        (called("int", None, "12", result=12), "12", ["x1"]),
        (called("float", None, "abc", result=ValueError), "abc", ["7001.5"]),
        (called("Decimal", None, "abc", result=decimal.InvalidOperation), "abc", ["7001.50"]),
        (called("UUID", None, "abc", result=ValueError), "abc", ["0f3b1c2e-5d7a-4c1b-9e2f-3a4b5c6d7e8f"]),
        (called("fromisoformat", None, "abc", result=ValueError), "abc", ["2032-05-14"]),
        (called("fromisoformat", None, "2024-03-05", result=DAY), "2024-03-05", ["not a date"]),
        (called("strptime", None, "abc", "%d/%m/%Y", result=ValueError), "abc", ["14/05/2032"]),
        (called("strptime", None, "05/03/2024", "%d/%m/%Y", result=MOMENT), "05/03/2024", ["not a date"]),
        (called("json.loads", None, "abc", result=ValueError), "abc", ["[]", "7"]),
        (called("b64decode", None, "abc", result=ValueError), "abc", ["dXNlcjE6cGFzczE="]),
        (called("enum", ["red", "blue"], "abc", result=ValueError), "abc", ["red", "blue"]),
        (called("enum", ["red", "blue"], "red", result="red"), "red", ["other"]),
        (called("isinstance", None, "abc", int, result=False), "abc", [7001]),
        (called("isinstance", None, "abc", (list, dict), result=False), "abc", [["a"], NEW]),
        (called("isinstance", None, "abc", str, result=True), "abc", [7001, ["a"]]),
        (called("index", ["a"], 2, result=IndexError), ["a"], [["a", "a", "a"], []]),
        (called("index", "ab", 2, result=IndexError), "ab", ["ab123", ""]),
        (called("shape", ["a"], "key", result=IndexError), ["a"], [NEW]),
    ],
)
def test_what_an_event_makes_worth_sending(told: Observation, value: Any, wanted: list[Any]) -> None:
    found = [wish for wish in wishes(told) if wish.value == value]
    assert any(all(one in wish.wanted for one in wanted) for wish in found), found


@pytest.mark.parametrize(
    "told",
    [
        event("decide", "", None, None, True),
        event("read", "query", "a", None, True),
        event("unheard-of"),
        called("made", str),
        called("unheard-of", "a", "b"),
        compared("Eq", UNKNOWN, UNKNOWN, None),
        # functions that were called wrongly
        called("isinstance", None, result=TypeError),
        called("match", re.compile("a"), result=TypeError),
        called("strptime", None, result=TypeError),
    ],
)
def test_some_events_make_nothing_worth_sending(told: Observation) -> None:
    assert [wish for wish in wishes(told) if wish.wanted] == []


def test_wishes_for_the_parts_of_a_key_belong_together() -> None:
    told = event("lookup", "", ["GET", "/"], [["POST", "/a"], ["PUT", "/b"], ["short"], "other"], False)
    groups: dict[int, list[Any]] = {}
    for wish in wishes(told):
        groups.setdefault(wish.group, []).append((wish.value, *wish.wanted))
    assert list(groups.values()) == [[("GET", "POST"), ("/", "/a")], [("GET", "PUT"), ("/", "/b")]]


@pytest.mark.parametrize(
    ("last", "neighbours"),
    [
        (datetime.date.max, [datetime.date(9999, 12, 30)]),
        (datetime.date.min, [datetime.date(1, 1, 2)]),
    ],
)
def test_the_last_day_has_one_neighbour(last: datetime.date, neighbours: list[datetime.date]) -> None:
    assert other_than(last) == neighbours
    assert beside(last) == [last, *neighbours]
    assert [wish.wanted for wish in wishes(compared("Lt", DAY, last, True))][0] == [last, *neighbours]


def test_the_last_moment_has_earlier_neighbours() -> None:
    last = datetime.datetime.max
    assert beside(last)[0] == last and all(one < last for one in beside(last)[1:]) and len(beside(last)) == 3
    assert other_than(datetime.datetime.max) == [last - datetime.timedelta(days=1)]


@pytest.mark.parametrize(
    "value",
    ["", "a", "Z", "é", b"", b"a", 0, 1.5, D("1.5"), True, DAY, MOMENT, uuid.UUID(int=2**128 - 1), uuid.UUID(int=0)],
)
def test_other_values_are_others(value: Any) -> None:
    assert other_than(value) and value not in other_than(value)


@pytest.mark.parametrize("value", [None, [], {}, UNKNOWN, object()])
def test_what_is_no_plain_value_has_no_other(value: Any) -> None:
    assert other_than(value) == []


@pytest.mark.parametrize("value", [True, None, UNKNOWN])
def test_what_has_no_order_has_no_neighbours(value: Any) -> None:
    assert beside(value) == []


def test_of_many_members_a_few_are_taken() -> None:
    assert spread([1, 2]) == [1, 2] and spread([]) == []
    taken = spread(list(range(100)))
    assert len(taken) == 12 and {0, 50, 98, 99} <= set(taken)

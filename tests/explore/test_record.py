"""What a recording holds: the plain values that functions with marks have read, compared, called and decided."""

from __future__ import annotations

import ast
import datetime
import decimal
import enum
import hmac
import itertools
import json
import re
import sqlite3
import textwrap
import threading
import uuid
from collections import OrderedDict, UserDict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from pytest_oneresponse.explore import canary, record
from pytest_oneresponse.explore.record import (
    HOOKS,
    MOST_EVENTS,
    MOST_OF_A_MARK,
    UNKNOWN,
    Event,
    members,
    plain,
    recording,
)
from pytest_oneresponse.instrument.rewrite import Hooks, compiled

_files = (f"<recorded {number}>" for number in itertools.count())


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Flag(enum.IntFlag):
    A = 1
    B = 2


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError("the text itself is to be taken")


class Multi(UserDict[str, Any]):
    """A mapping as frameworks have them."""

    def getlist(self, key: str, type: Any = None) -> list[Any]:
        return [self.data[key]] if key in self.data else []


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


def marked(source: str, **names: Any) -> dict[str, Any]:
    """The names of a module whose functions have the marks."""
    hooks = Hooks(lambda value: value, (), observed=HOOKS)
    exec(compiled(ast.parse(textwrap.dedent(source)), next(_files), hooks), names)
    return names


def told(expression: str, *arguments: Any, **names: Any) -> list[tuple[Any, ...]]:
    """The events of an expression of `x` and `y`, without their numbers; whatever it raises is left."""
    f = marked(f"def f(x=None, y=None): return {expression}", **names)["f"]
    with recording() as found:
        try:
            f(*arguments)
        except Exception:
            pass
    return [(event.kind, *event[2:]) for event in found.events]


# plain values


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("a" * 9999, "a" * 4096),
        (b"a" * 9999, b"a" * 4096),
        (True, True),
        (10**400, 10**400),
        (None, None),
        (decimal.Decimal(1), decimal.Decimal(1)),
        (datetime.timedelta(1), datetime.timedelta(1)),
        (Color.RED, "red"),
        (Flag.A, 1),
        (Text("abc"), "abc"),
        (bytearray(b"a"), UNKNOWN),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        (list(range(99)), list(range(24))),
        ({"a": 1}, ["a"]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset("b"), ["b"]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        (object(), UNKNOWN),
        ([object()], [UNKNOWN]),
        (iter([1]), UNKNOWN),
        (Point(1), UNKNOWN),
    ],
)
def test_a_value_as_a_plain_one(value: Any, wanted: Any) -> None:
    found = plain(value)
    assert found == wanted and type(found) is type(wanted)


def test_a_number_with_too_many_digits_to_be_written_is_no_plain_value() -> None:
    assert plain(10**5000) is UNKNOWN


def test_a_sample_of_a_collection_is_the_same_in_every_run() -> None:
    words = {f"word{number}" for number in range(99)}
    assert members(words) == members({*sorted(words, reverse=True)}) == sorted(words)[:24]
    assert members(range(10**9)) == list(range(24))
    assert members([object(), 1]) == [1], "what is not plain is left out"
    assert members(Color) == ["red", "blue"]


def test_a_collection_that_cannot_be_looked_at_has_no_members() -> None:
    def fails() -> Any:
        yield 1
        raise RuntimeError

    assert members(fails()) == []


# reading

QUERY = {canary.NAME: canary.value("query"), "a": "1"}
SOURCES: list[Any] = [
    dict(QUERY),
    OrderedDict(QUERY),
    Multi(QUERY),
    parse_qs("oneresponse=from-query&a=1"),
]


@pytest.mark.parametrize("mapping", SOURCES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("expression", "key", "there", "absent"),
    [
        ("x['a']", "a", True, None),
        ("x['b']", "b", False, None),
        ("x.get('a')", "a", True, None),
        ("x.get('b', 5)", "b", False, int),
        ("x.get('b', [])", "b", False, list),
        ("x.pop('b', '')", "b", False, str),
        ("'a' in x", "a", True, None),
        ("'b' not in x", "b", False, None),
    ],
)
def test_reading_a_part_of_the_request(mapping: Any, expression: str, key: str, there: bool, absent: Any) -> None:
    assert told(expression, mapping)[:1] == [("read", "query", key, absent, there)]


def test_reading_with_the_methods_of_frameworks() -> None:
    assert told("x.getlist('b', type=int)", Multi(QUERY)) == [("read", "query", "b", int, False)]
    assert told("x.get('b', default=1.5)", Multi(QUERY))[:1] == [("read", "query", "b", float, False)]


def test_reading_an_inner_mapping_tells_where_it_stands() -> None:
    document = {canary.NAME: "from-json", "user": {canary.NAME: "from-json\nuser", "name": "Ann"}}
    assert told("x['user']['name']", document) == [
        ("read", "json", "user", None, True),
        ("read", "json\nuser", "name", None, True),
    ]


def test_a_mapping_of_the_apps_own_is_looked_up() -> None:
    table = {"a": 1, "b": 2}
    assert told("x[y]", table, "a") == [("lookup", "dict", "a", ["a", "b"], True)]
    assert told("x.get(y)", table, "z") == [("lookup", "dict", "z", ["a", "b"], False)]
    assert told("x[y]", UserDict(table), "z") == [("lookup", "", "z", ["a", "b"], False)]
    assert told("x[y, 1]", {("a", 1): 2}, "a") == [("lookup", "dict", ["a", 1], [["a", 1]], True)]
    assert told("y in x", table, "a") == [("compare", "In", "a", ["a", "b"], True)]


@pytest.mark.parametrize(
    ("expression", "x", "event"),
    [
        ("x[1]", [5, 6], ("call", "index", [5, 6], [1], 6)),
        ("x[-1]", "abc", ("call", "index", "abc", [-1], "c")),
        ("x[7]", "abc", ("call", "index", "abc", [7], IndexError)),
        ("x['a']", "abc", ("call", "shape", "abc", ["a"], IndexError)),
        ("x['a']", [1], ("call", "shape", [1], ["a"], IndexError)),
        ("x[1:]", "abc", ("call", "slice", "abc", [1, None, None], "bc")),
        ("x[::-1]", [1, 2], ("call", "slice", [1, 2], [None, None, -1], [2, 1])),
    ],
)
def test_reading_texts_and_lists(expression: str, x: Any, event: tuple[Any, ...]) -> None:
    assert told(expression, x) == [event]


# comparing and deciding


@pytest.mark.parametrize(
    ("expression", "x", "y", "event"),
    [
        ("x == y", "a", "b", ("compare", "Eq", "a", "b", False)),
        ("x != y", 1, 1, ("compare", "NotEq", 1, 1, False)),
        ("x < y", 1, 2.5, ("compare", "Lt", 1, 2.5, True)),
        ("x < y", 1, "a", ("compare", "Lt", 1, "a", None)),
        ("x == y", [1], (1,), ("compare", "Eq", [1], [1], None)),
        ("x is y", None, "a", ("compare", "Is", None, "a", False)),
        ("x is y", Color.RED, Color.RED, ("compare", "Is", "red", "red", None)),
        ("x == y", "a", object(), ("compare", "Eq", "a", UNKNOWN, None)),
        ("x in y", "a", "abc", ("compare", "In", "a", "abc", True)),
        ("x not in y", "a", ("b",), ("compare", "NotIn", "a", ["b"], True)),
        ("x in y", "a", {"b", "a"}, ("compare", "In", "a", ["a", "b"], True)),
        ("x in y", 5, range(9), ("compare", "In", 5, list(range(9)), True)),
        ("x in y", Flag.A, Flag.B, ("compare", "In", 1, 2, False)),
        ("not x", "a", None, ("truth", "", "a", None, True)),
        ("x and y", "", "b", ("truth", "", "", None, False)),
        ("x + y", 1, 2, ("call", "Add", 1, 2, 3)),
        ("x - y", datetime.date(2024, 1, 2), datetime.date(2024, 1, 1),
         ("call", "Sub", datetime.date(2024, 1, 2), datetime.date(2024, 1, 1), datetime.timedelta(1))),
        ("[*x]", [1], None, None),
        ("x == y", object(), object(), None),
        ("x and y", True, True, None),
        ("x + y", "a", "b", None),
        ("x in y", 5, iter([1]), None),
        ("x / y", 1, 0, None),
    ],
)  # fmt: skip
def test_what_is_compared_and_calculated(expression: str, x: Any, y: Any, event: Any) -> None:
    assert told(expression, x, y) == ([event] if event else [])


def test_decisions_tell_what_decided() -> None:
    names = marked("def f(x):\n    if x: return 1\n    while x == 2: pass\n    for n in [1]: pass")
    with recording() as found:
        names["f"]([])
    assert [(event.kind, *event[2:]) for event in found.events] == [
        ("truth", "", [], None, False),
        ("decide", "", None, None, False),
        ("compare", "Eq", [], 2, None),
        ("decide", "", None, None, False),
        ("iterate", "", [1], None, None),
    ]
    assert sorted(outcome for _, outcome in found.branches) == ["entered", "false", "false"]
    assert len(found.begun) == 1


def test_going_through_and_unpacking() -> None:
    names = marked("def f(x):\n    a, *b = x\n    for n in x: pass")
    with recording() as found:
        names["f"]("ab")
    assert [(event.kind, *event[2:]) for event in found.events] == [
        ("unpack", "", "ab", -1, None),
        ("iterate", "", "ab", None, None),
    ]


def test_a_match_tells_its_subject_and_what_its_cases_wait_for() -> None:
    names = marked(
        "def f(x):\n    match x:\n        case {'a': 1} | 'b': return 1\n        case Point(x=5): return 2", Point=Point
    )
    with recording() as found:
        assert names["f"]({"a": 2}) is None and names["f"](Point(4)) is None
    assert [(event.kind, *event[2:]) for event in found.events] == [
        ("match", "", {"a": 2}, [{"a": 1}, "b"], None),
        ("compare", "Eq", 4, 5, False),
        ("match", "", UNKNOWN, [{"a": 1}, "b"], None),
    ]


# calls

DAY = datetime.date(2024, 3, 5)
THREE = re.compile("[0-9]{3}")


@pytest.mark.parametrize(
    ("expression", "x", "event"),
    [
        ("x.startswith('a')", "abc", ("call", "str.startswith", "abc", ["a"], True)),
        ("x.startswith((b'a', b'b'))", b"abc", ("call", "str.startswith", b"abc", [[b"a", b"b"]], True)),
        ("x.split(',')", "a,b", ("call", "str.split", "a,b", [","], ["a", "b"])),
        ("x.partition('=')", "a=b", ("call", "str.partition", "a=b", ["="], ["a", "=", "b"])),
        ("x.isdigit()", "12", ("call", "str.isdigit", "12", [], True)),
        ("THREE.match(x)", "123", ("call", "match", THREE, ["123"], True)),
        ("re.fullmatch('a', x)", "b", ("call", "fullmatch", None, ["a", "b"], None)),
        ("re.search(THREE, x)", "a123", ("call", "search", None, [THREE, "a123"], True)),
        ("int(x)", "12", ("call", "int", None, ["12"], 12)),
        ("int(x)", "ab", ("call", "int", None, ["ab"], ValueError)),
        ("int(x, base=16)", "ff", ("call", "int", None, ["ff", 16], 255)),
        ("float(x)", "1.5", ("call", "float", None, ["1.5"], 1.5)),
        ("Decimal(x)", "ab", ("call", "Decimal", None, ["ab"], decimal.InvalidOperation)),
        ("UUID(x)", "ab", ("call", "UUID", None, ["ab"], ValueError)),
        ("Color(x)", "red", ("call", "enum", ["red", "blue"], ["red"], "red")),
        ("Color(x)", "pink", ("call", "enum", ["red", "blue"], ["pink"], ValueError)),
        ("len(x)", "abc", ("call", "len", None, ["abc"], 3)),
        ("ord(x)", "a", ("call", "ord", None, ["a"], 97)),
        ("isinstance(x, str)", "a", ("call", "isinstance", None, ["a", str], True)),
        ("isinstance(x, (int, list))", {}, ("call", "isinstance", None, [{}, (int, list)], False)),
        ("compare_digest(x, 'b')", "a", ("compare", "Eq", "a", "b", False)),
        ("date.fromisoformat(x)", "2024-03-05", ("call", "fromisoformat", UNKNOWN, ["2024-03-05"], DAY)),
        ("datetime.strptime(x, '%Y')", "ab", ("call", "strptime", UNKNOWN, ["ab", "%Y"], ValueError)),
        ("x.weekday()", DAY, ("call", "weekday", DAY, [], 1)),
        ("json.loads(x)", "{", ("call", "json.loads", None, ["{"], json.JSONDecodeError)),
        ("json.loads(x)", '["a"]', ("call", "json.loads", None, ['["a"]'], ["a"])),
        ("bytes.fromhex(x)", "0a", ("call", "fromhex", UNKNOWN, ["0a"], b"\n")),
        ("[1, 2].index(x)", 2, ("call", "index", [1, 2], [2], 1)),
        ("sorted(x)", ["b", "a"], ("iterate", "", ["b", "a"], None, None)),
        ("list(x)", "ab", ("iterate", "", "ab", None, None)),
        ("Point(x)", 5, ("call", "made", Point, None, None)),
        ("x.upper()", "a", None),
        ("print", "a", None),
        ("dict(a=x)", "a", None),
    ],
)
def test_calls_that_are_worth_a_look(expression: str, x: Any, event: Any) -> None:
    names = {"THREE": THREE, "re": re, "Decimal": decimal.Decimal, "UUID": uuid.UUID, "Color": Color, "json": json}
    more = {"compare_digest": hmac.compare_digest, "date": datetime.date, "datetime": datetime.datetime, "Point": Point}
    found = told(expression, x, **names, **more)
    assert found == ([event] if event else [])


def test_what_map_calls_is_called_for_the_user() -> None:
    assert told("list(map(float, x))", ["1.5", "ab"]) == [
        ("iterate", "", ["1.5", "ab"], None, None),
        ("call", "float", None, ["1.5"], 1.5),
        ("call", "float", None, ["ab"], ValueError),
    ]


def test_statements_of_sql_tell_what_their_columns_hold() -> None:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create table users (name)")
        connection.execute("insert into users values ('ann')")
        found = told("x.execute('select * from users where name = ?', (y,)).fetchall()", connection, "bob")
        assert ("lookup", "sql", "bob", ["ann"], None) in found
        found = told("x.cursor().execute('select * from users where name = ?', [y])", connection, "bob")
        assert ("lookup", "sql", "bob", ["ann"], None) in found
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("expression", "x"),
    [
        ("[1, x, 'a'.startswith('a'), len([x]), int('5'), Color('red'), sorted([2, 1]), list(map(int, ['7']))]", 5),
        (
            "[x.get('a'), x.get('b', 5), 'a' in x, x['a'], x | {}, isinstance(x, dict), isinstance(x, (str, dict))]",
            QUERY,
        ),
        ("[x[0], x[-1:], x[::2], x == [1], x < [5], 1 in x, 0 < len(x) < 9, not x, x and 5, x or 6]", [1, 2, 3]),
        ("[compare_digest(x, 'a'), x.partition('a'), x % (), x * 2, x[0], 'b' not in x, f'{x.upper()}']", "abc"),
        ("[max(x, key=lambda n: -n), min(x), any(x), all(x), sum(x), tuple(zip(x, x)), dict(enumerate(x))]", [3, 1, 2]),
    ],
)
def test_what_an_expression_gives_is_what_it_gave(expression: str, x: Any) -> None:
    names = {"Color": Color, "compare_digest": hmac.compare_digest}
    wanted = eval(expression, {**names, "x": x})
    f = marked(f"def f(x): return {expression}", **names)["f"]
    assert f(x) == wanted
    with recording() as found:
        assert f(x) == wanted
    assert found.events


# recordings


def test_outside_a_recording_nothing_is_noted() -> None:
    f = marked("def f(x):\n    if x['a'] == 1 and len(x) < 5: return int('5')")["f"]
    assert f({"a": 1}) == 5
    with recording() as found:
        pass
    assert f({"a": 1}) == 5 and found.events == [] and not found.branches and not found.begun
    assert record._now is None


def test_a_recording_within_another_has_what_happens_meanwhile() -> None:
    f = marked("def f(x): return x == 1")["f"]
    with recording() as outer:
        f(1)
        with recording() as inner:
            f(2)
        f(3)
    assert [event.given for event in outer.events] == [1, 3] and [event.given for event in inner.events] == [2]


def test_a_recording_ends_with_what_was_raised() -> None:
    with pytest.raises(KeyError), recording():
        raise KeyError
    assert record._now is None


def test_one_place_is_noted_only_so_often() -> None:
    f = marked("def f(x):\n    for n in x:\n        if n == 5: pass\n    return 7 == x")["f"]
    with recording() as found:
        f(list(range(1000)))
    counts = [sum(event.kind == kind for event in found.events) for kind in ("compare", "decide", "iterate")]
    assert counts == [MOST_OF_A_MARK + 1, MOST_OF_A_MARK, 1], "the comparison after the loop is noted still"


def test_a_recording_holds_only_so_much() -> None:
    with recording() as found:
        for number in range(MOST_EVENTS + 50):
            found.note(Event("compare", number))
    assert len(found.events) == MOST_EVENTS


def test_branches_are_noted_however_many_events_there_are() -> None:
    f = marked("def f(x):\n    for n in x:\n        if n == 500: return 1")["f"]
    with recording() as found:
        f(list(range(1000)))
    assert "true" in {outcome for _, outcome in found.branches}


# what the user's own values do


class Strange:
    """Raises an error of the user's whatever is done to it."""

    def strange(self, *_: Any) -> Any:
        raise ZeroDivisionError("mine")

    __eq__ = __lt__ = __contains__ = __getitem__ = __bool__ = __iter__ = strange  # type: ignore[assignment]
    __hash__ = object.__hash__


@pytest.mark.parametrize(
    "expression",
    [
        "x == 1",
        "x < 1",
        "1 < x",
        "1 in x",
        "x in [5]",
        "x['a']",
        "not x",
        "1 if x else 2",
        "[n for n in x]",
        "{1: 2}[y]",
    ],
)
@pytest.mark.parametrize("records", [True, False])
def test_an_error_of_the_users_is_raised(expression: str, records: bool) -> None:
    f = marked(f"def f(x, y): return {expression}")["f"]
    with pytest.raises((ZeroDivisionError, TypeError), match=r"mine|unhashable|not supported"):
        if records:
            with recording():
                f(Strange(), [])
        else:
            f(Strange(), [])


@pytest.mark.parametrize(
    ("expression", "x", "error"),
    [
        ("x < 'a'", 1, TypeError),
        ("[] in x", {}, TypeError),
        ("[] in x", QUERY, TypeError),
        ("1 in x", "abc", TypeError),
        ("1 in x", 5, TypeError),
        ("x['z']", {}, KeyError),
        ("x[9]", [], IndexError),
        ("x['a']", [], TypeError),
        ("x[::0]", "abc", ValueError),
        ("x['a':]", "abc", TypeError),
        ("x / 0", 1, ZeroDivisionError),
        ("int(x)", "ab", ValueError),
        ("len(x)", 5, TypeError),
        ("x.get()", {}, TypeError),
        ("isinstance(x)", 5, TypeError),
    ],
)
def test_what_fails_fails_as_it_did(expression: str, x: Any, error: type[Exception]) -> None:
    f = marked(f"def f(x): return {expression}")["f"]
    with pytest.raises(error) as raised, recording():
        f(x)
    with pytest.raises(error) as plainly:
        eval(expression, {"x": x})
    assert str(raised.value) == str(plainly.value)


def test_the_middle_of_a_chain_is_made_once() -> None:
    made: list[int] = []
    f = marked("def f(g): return 0 < g() < 9")["f"]
    with recording() as found:
        assert f(lambda: made.append(1) or 5) is True
    assert made == [1]
    assert [event[2:] for event in found.events] == [("Lt", 0, 5, True), ("Lt", 5, 9, True)]


def test_chains_in_a_function_that_calls_itself_are_kept_apart() -> None:
    f = marked("def f(n): return 0 <= n <= 9 and (n == 0 or -1 < (f(n - 1) and n) <= n)")["f"]
    with recording():
        assert f(9) is True and f(10) is False


def test_a_comparison_that_compares_itself_keeps_its_middle() -> None:
    class Chained:
        """Is compared by the very chain in which it stands."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __lt__(self, other: Any) -> bool:
            return bool(self.inner(other))

    between = marked("def between(a, b, c): return a < b < c")["between"]
    with recording():
        assert between(Chained(lambda _: between(1, 2, 3)), 5, 9) is True
        assert between(Chained(lambda _: not between(3, 2, 1)), 5, 9) is True


def test_chains_in_threads_are_kept_apart() -> None:
    both = threading.Barrier(2, timeout=30)

    class Waits(int):
        def __lt__(self, other: Any) -> bool:
            both.wait()  # both threads have kept their middle by now
            return int(self) < other

    between = marked("def between(a, b, c): return a < b < c")["between"]
    found: dict[int, bool] = {}

    def run(number: int) -> None:
        found[number] = between(Waits(number), number + 1, number + 2)

    threads = [threading.Thread(target=run, args=(number,)) for number in (10, 20)]
    with recording():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert found == {10: True, 20: True}


def test_a_generator_that_waits_in_a_chain_goes_on() -> None:
    between: Callable[..., Any] = marked("def between(a):\n    return a < (yield 1) < (yield 2)")["between"]
    first, second = between(0), between(0)
    with recording():
        assert [next(first), next(second)] == [1, 1]
        assert [first.send(5), second.send(50)] == [2, 2]
        for running, high, wanted in ((first, 9, True), (second, 9, False)):
            with pytest.raises(StopIteration) as ended:
                running.send(high)
            assert ended.value.value is wanted


def test_a_class_that_cannot_be_hashed_can_be_called() -> None:
    class Unhashable(type):
        def __eq__(cls, other: object) -> bool:
            return cls is other

        __hash__ = None  # type: ignore[assignment]

    made = Unhashable("Made", (), {})
    f = marked("def f(x): return x()")["f"]
    with recording():
        assert type(f(made)) is made


def test_a_mapping_that_cannot_tell_its_keys_is_read_as_it_was() -> None:
    class Lazy(UserDict[str, int]):
        def __contains__(self, key: object) -> bool:
            raise NotImplementedError

        def __getitem__(self, key: str) -> int:
            return 5

    f = marked("def f(x): return x['a'] + x['b']")["f"]
    with recording() as found:
        assert f(Lazy()) == 10
    assert [event.result for event in found.events][:2] == [None, None]


@pytest.mark.parametrize("expression", ["x is None", "x is y", "x and y"])
def test_a_lazy_object_is_not_made_where_it_was_not(expression: str) -> None:
    made: list[str] = []

    class Lazy:
        @property
        def __class__(self) -> type:  # as django.utils.functional.SimpleLazyObject has it
            made.append("made")
            return str

    f = marked(f"def f(x, y): return {expression}")["f"]
    with recording():
        f(Lazy(), 5)
    assert made == []

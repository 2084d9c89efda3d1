"""What the marks in functions tell: what these have read, compared and decided."""

from __future__ import annotations

import datetime
import threading
from collections import OrderedDict, UserDict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.plain import UNKNOWN
from pytest_oneresponse.explore.recording import recording

from .marked import Color, Flag, Multi, Point, marked, told

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
        ("not x", False, None, ("truth", "", False, None, False)),
        ("x and y", False, None, ("truth", "", False, None, False)),
        ("not bool(x)", False, None, None),
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
    with recording() as found:
        names["f"](True)
    assert [(event.kind, *event[2:]) for event in found.events] == [
        ("truth", "", True, None, True),
        ("decide", "", None, None, True),
    ]
    with recording() as found:
        names["f"]([])
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


def test_what_one_set_has_more_than_another() -> None:
    assert told("x - {'b', 'c'}", {"a", "b"}) == [("compare", "Without", ["a", "b"], ["b", "c"], True)]
    assert told("x - {'a', 'b'}", {"a"}) == [("compare", "Without", ["a"], ["a", "b"], False)]
    found = told("{'a', 'b'} - x.keys()", dict(QUERY))
    assert ("read", "query", "b", None, False) in found, "a key that is missing is read"
    assert [one for one in told("x - y", 5, {"a"}) if one[0] == "compare"] == [], "the user's own operation fails"

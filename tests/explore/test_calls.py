"""What functions with marks have called, and with what."""

from __future__ import annotations

import datetime
import decimal
import hmac
import json
import re
import sqlite3
import uuid
from typing import Any

import pytest

from pytest_oneresponse.explore.plain import UNKNOWN
from pytest_oneresponse.explore.recording import recording

from .marked import Color, Point, marked, told

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
            {"oneresponse": "from-query", "a": "1"},
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

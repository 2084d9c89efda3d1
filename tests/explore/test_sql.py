"""What a column holds is what a parameter may be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_oneresponse.explore.sql import samples


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    made.execute("create table users (name text, age integer)")
    made.executemany("insert into users values (?, ?)", [("bob", 7), ("ann", 8), ("ann", 9)])
    made.execute('create table "orders" (id integer, state text)')
    made.execute("insert into orders values (1, 'open')")
    yield made
    made.close()


NAMES = ["ann", "bob"]


@pytest.mark.parametrize(
    ("statement", "parameters", "wanted"),
    [
        ("select * from users where name = ?", ("x",), [("x", NAMES)]),
        ("SELECT * FROM users WHERE name=? AND age >= ?", ["x", 5], [("x", NAMES), (5, [7, 8, 9])]),
        ("select * from users where name = :name", {"name": "x"}, [("x", NAMES)]),
        ("select * from users where name like ?", ("x%",), [("x%", NAMES)]),
        ("select * from users where lower(name) = ?", ("x",), []),
        ("select * from users where name = lower(?)", ("x",), [("x", NAMES)]),
        ('update "users" set age = ? where "name" = ?', (5, "x"), [(5, [7, 8, 9]), ("x", NAMES)]),
        ("delete from orders where state <> ?", ("x",), [("x", ["open"])]),
        ("select * from users join orders on id = age where state = ?", ("x",), [("x", ["open"])]),
        ("select * from users where unheard_of = ?", ("x",), []),
        ("select * from nothing where name = ?", ("x",), []),
        ("select * from users", (), []),
        ("select * from users where name = ?", (), []),
        ("select * from users where age in (?, ?) and name = ?", (1, 2, "x"), [("x", NAMES)]),
        ("select * from users where name = ? limit ?", ("x", 3), [("x", NAMES)]),
        ('select * from "users" where "users"."name" = %s', ("x",), [("x", NAMES)]),
        ("select * from users where name = ?", "x", []),
        (b"select", ("x",), []),
        (None, ("x",), []),
    ],
)
def test_values_for_parameters(connection: sqlite3.Connection, statement: Any, parameters: Any, wanted: Any) -> None:
    assert list(samples(connection, statement, parameters)) == wanted


def test_of_many_values_the_first_are_taken(connection: sqlite3.Connection) -> None:
    connection.executemany("insert into orders values (?, 'x')", [(number,) for number in range(100, 1, -1)])
    ((_, found),) = samples(connection, "select * from orders where id = ?", (5,))
    assert found == [1, 2, 3, 4, 5]


def test_a_column_is_asked_for_once(connection: sqlite3.Connection) -> None:
    known: dict[tuple[str, str], list[Any]] = {}
    list(samples(connection, "select * from users where name = ?", ("x",), known))
    connection.execute("delete from users")
    assert list(samples(connection, "select * from users where name <> ?", ("y",), known)) == [("y", NAMES)]
    assert list(samples(connection, "select * from users where name <> ?", ("y",))) == []


def test_a_database_that_is_closed_has_none() -> None:
    closed = sqlite3.connect(":memory:")
    closed.close()
    assert list(samples(closed, "select * from users where name = ?", ("x",))) == []


def test_nothing_is_changed(connection: sqlite3.Connection) -> None:
    connection.commit()
    list(samples(connection, "delete from users where name = ?", ("ann",)))
    assert not connection.in_transaction
    assert connection.execute("select count(*) from users").fetchone() == (3,)

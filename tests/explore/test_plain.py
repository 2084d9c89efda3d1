"""Values of the user's code as plain ones."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pytest

from pytest_oneresponse.explore.plain import UNKNOWN, members, plain

from .marked import Color, Flag, Point, Text


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

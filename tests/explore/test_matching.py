"""What an atom has become is known again, and what is wanted in its place is turned back into an atom."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import uuid
from typing import Any

import pytest

from pytest_oneresponse.explore.matching import FORMATS, Derived, Matcher, Way

PLACE = ("query", "q", 0)
DAY = datetime.date(2024, 3, 5)
MOMENT = datetime.datetime(2024, 3, 5, 6, 7)
NUMBER = uuid.UUID("0f3b1c2e-5d7a-4c1b-9e2f-3a4b5c6d7e8f")
UTC = datetime.UTC


def ways(atom: Any, value: Any, *derived: Derived) -> list[Way]:
    return Matcher([(PLACE, atom)], derived).ways(value)


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("atom", "value", "wanted", "changed"),
    [
        # the value itself
        ("abc", "abc", "x", "x"),
        ("abc", b"abc", b"\xff", "\xff"),
        ("abc", "abc", 5, "5"),
        ("", "", "x", "x"),
        (True, True, False, False),
        (None, None, 1, 1),
        ([1, 2], [1, 2], [3], [3]),
        ([2, 1, 2], [1, 2], ["a"], ["a"]),
        ({"a": 1}, {"a": 1}, {}, {}),
        # numbers
        (7001, 7001, 8, 8),
        (7001, 7001.0, 8.5, 8.5),
        (7001, decimal.Decimal(7001), decimal.Decimal("8.5"), decimal.Decimal("8.5")),
        (7001, "7001", "8", "8"),
        (1.00000001, 1.0, 3, 3),
        ("7001", 7001, 8, "8"),
        (" 7001 ", 7001, 8, "8"),
        ("70.5", decimal.Decimal("70.5"), decimal.Decimal("1E+2"), "100"),
        ("70,5", 70.5, 1.5, "1.5"),
        ("page 12 of 30", 30, 7, "page 12 of 07"),
        ("1.2.3", 3, 4, "1.2.4"),
        ("ff", 255, 16, "10"),
        ("abcdef", 6, 8, "abcdefab"),
        ("abcdef", 6, 2, "ab"),
        ('{"n": 7}', 7, 9, '{"n": 9}'),
        # texts in other forms
        ("  abc ", "abc", "x", "x"),
        ("ABC", "abc", "x", "x"),
        ("abc", "ABC", "X", "X"),
        ("abc def", "Abc Def", "X", "X"),
        ("abc", "cba", "xyz", "zyx"),
        ("12-34 56", "123456", "9", "9"),
        # parts of a text
        ("Bearer token1", "token1", "other", "Bearer other"),
        ("Bearer token1", "Bearer", "Basic", "Basic token1"),
        ("KEY-abc", "key", "x", "x-abc"),
        ("abc", "/items/abc.json", "/items/x.json", "x"),
        ("Basic " + coded("ann:pw"), "pw", "secret", "Basic " + coded("ann:secret")),
        (coded("ann:pw"), "ann:pw", "bob:x", coded("bob:x")),
        (base64.urlsafe_b64encode(b'{"a":"?>"}').decode().rstrip("="), '{"a":"?>"}', "[]", "W10="),
        (b"ann:pw".hex(), "ann", "bob", b"bob:pw".hex()),
        ('{"a": ["x"]}', "x", "y", '{"a": ["y"]}'),
        # lists
        ("a,b", ["a", "b"], ["c", "d", "e"], "c,d,e"),
        ("a, b", ["a", "b"], ["c"], "c"),
        ("a b", ["a", "b"], ["c", "d"], "c d"),
        ("1/2", ["1", "2"], "x", "x"),
        ("abc", ["abc"], ["x", "y"], "x"),
        # dates and others
        ("2024-03-05", DAY, datetime.date(2025, 1, 2), "2025-01-02"),
        ("2024-03-05", MOMENT.replace(hour=0, minute=0), datetime.datetime(2025, 1, 2), "2025-01-02T00:00:00"),
        ("2024-03-05T06:07", MOMENT, datetime.datetime(2025, 1, 2, 3), "2025-01-02T03:00:00"),
        ("2024-03-05T06:07", DAY, datetime.date(2025, 1, 2), "2025-01-02T06:07:00"),
        ("2024-03-05T06:07+00:00", MOMENT.replace(tzinfo=UTC), MOMENT.replace(tzinfo=UTC), "2024-03-05T06:07:00+00:00"),
        ("2024-03-05T06:07+00:00", MOMENT, DAY, "2024-03-05T06:07:00+00:00"),
        ("06:07", datetime.time(6, 7), datetime.time(8), "08:00:00"),
        ("05/03/2024", DAY, datetime.date(2025, 1, 2), "02/01/2025"),
        ("05.03.2024", DAY, datetime.date(2025, 1, 2), "02.01.2025"),
        (str(NUMBER), NUMBER, uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (NUMBER.hex, NUMBER, uuid.UUID(int=1), str(uuid.UUID(int=1))),
    ],
)
def test_the_way_back_from_what_an_atom_has_become(atom: Any, value: Any, wanted: Any, changed: Any) -> None:
    found = ways(atom, value)
    assert found and {way.address for way in found} == {PLACE}
    undone = [way.undo(wanted) for way in found]
    assert changed in undone, undone


@pytest.mark.parametrize(
    ("atom", "value"),
    [
        ("abc", "xyz"),
        ("abc", ""),
        ("", "abc"),
        ("abc", 1),
        ("abc", None),
        ("abc", True),
        ("true", False),
        ("yes!", True),
        (1, True),
        (True, 1),
        (False, None),
        ([1], [2]),
        ([1], (1,)),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, "a"),
        (7001, "abc"),
        ("abc", DAY),
        ("2024-03-06", DAY),
        ("abc", NUMBER),
        ("a,b", ["b", "a"]),
        ("abc", object),
        # numbers that are like no other
        (5, 10**400),
        ("5", 10**400),
        (5, float("nan")),
        (5, float("inf")),
        (5, decimal.Decimal("sNaN")),
        ("page 5", decimal.Decimal("sNaN")),
        ("5", decimal.Decimal("NaN")),
    ],
)
def test_what_has_nothing_to_do_with_an_atom_has_no_way_to_it(atom: Any, value: Any) -> None:
    assert ways(atom, value) == []


@pytest.mark.parametrize(
    ("atom", "value", "wanted"),
    [
        ("abc", "/items/abc.json", "/other/x.json"),
        ("abcdef", 6, -1),
        ("abcdef", 6, 10**9),
        ("abcdef", 6, "no number"),
    ],
)
def test_a_value_that_an_atom_cannot_become_raises_an_error(atom: Any, value: Any, wanted: Any) -> None:
    (way,) = ways(atom, value)
    with pytest.raises(ValueError, match=r"stand between|is not sent|invalid literal"):
        way.undo(wanted)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_a_date_is_known_again(form: str) -> None:
    wanted = datetime.datetime(2031, 11, 23, 14, 15)
    read = datetime.datetime.strptime(MOMENT.strftime(form), form)
    value = read.time() if form == "%H:%M" else read
    undone = [way.undo(wanted) for way in ways(MOMENT.strftime(form), value)]
    assert wanted.strftime(form) in undone or wanted.isoformat() in undone


def test_the_likeliest_way_comes_first() -> None:
    atoms = [(("query", "a", 0), "x abc"), (("query", "b", 0), " abc"), (("query", "c", 0), "abc")]
    found = Matcher(atoms).ways("abc")
    assert [way.address[1] for way in found] == ["c", "b", "a"]
    assert [way.cost for way in found] == sorted(way.cost for way in found) and found[0].cost == 0


def test_a_small_number_may_be_there_by_chance() -> None:
    assert ways(1, 1)[0].cost > ways(7001, 7001)[0].cost == 0
    assert ways("1", 1)[0].cost > ways("7001", 7001)[0].cost == 0


def test_a_text_may_be_taken_for_a_truth_value() -> None:
    for text, value, other in (("true", True, "false"), ("0", False, "true"), ("off", False, "true")):
        (way,) = ways(text, value)
        assert way.cost == 3 and way.undo(not value) == other


def test_a_letter_is_no_part_of_a_media_type() -> None:
    matcher = Matcher([(("media",), "application/json")])
    assert matcher.ways("j") == []
    assert matcher.ways("json") != []


def test_equal_values_of_other_types_are_kept_apart() -> None:
    matcher = Matcher([(("json", "a"), True), (("json", "b"), 1)])
    assert [way.address for way in matcher.ways(True)] == [("json", "a")]
    assert [way.address for way in matcher.ways(1)] == [("json", "b")]


# what functions have made


def test_what_a_function_has_made_leads_back_to_its_argument() -> None:
    length = Derived(3, "abc", lambda argument, wanted: (argument * wanted)[:wanted])
    (way,) = [way for way in ways("abc", 3, length) if way.cost]
    assert (way.address, way.undo(5)) == (PLACE, "abcab")


def test_what_was_made_of_what_was_made_leads_back() -> None:
    first = Derived("xyz", "abc", lambda _, wanted: "1" + wanted)
    second = Derived("uvw", "xyz", lambda _, wanted: "2" + wanted)
    found = ways("abc", "uvw", first, second)
    assert [way.undo("w") for way in found] == ["12w"] and found[0].cost == 2


def test_a_circle_of_what_was_made_ends() -> None:
    one, other = Derived("x", "y", lambda _, w: w), Derived("y", "x", lambda _, w: w)
    assert ways("abc", "x", one, other) == []


def test_a_way_too_long_is_none() -> None:
    made = [Derived(f"v{n + 1}!", f"v{n}!", lambda _, wanted: wanted) for n in range(8)]
    assert ways("v0!", "v3!", *made) != []
    assert ways("v0!", "v8!", *made) == []


def test_a_document_is_changed_where_it_holds_the_value() -> None:
    atom = json.dumps({"a": [{"b": "x"}], "c": "y"})
    (way,) = [way for way in ways(atom, "y") if way.cost == 1]
    assert json.loads(way.undo({"d": 1})) == {"a": [{"b": "x"}], "c": {"d": 1}}

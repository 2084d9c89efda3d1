"""The parts of a JSON document: each is found at its way, and can be changed and left out there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_oneresponse.explore.tree import MISSING, at, changed, parts

DEEP = {"user": {"tags": ["a", {"n": 1}], "name": None}}
USER = DEEP["user"]


def test_a_tree_has_parts_each_after_what_holds_it() -> None:
    assert list(parts(DEEP)) == [
        ((), DEEP),
        (("user",), USER),
        (("user", "tags"), ["a", {"n": 1}]),
        (("user", "tags", 0), "a"),
        (("user", "tags", 1), {"n": 1}),
        (("user", "tags", 1, "n"), 1),
        (("user", "name"), None),
    ]


@pytest.mark.parametrize("tree", ["a", 5, None, True, [], {}])
def test_what_holds_nothing_is_its_own_part(tree: Any) -> None:
    assert list(parts(tree)) == [((), tree)]


def test_ways_begin_where_they_are_told_to() -> None:
    assert list(parts([5], ("json", "a"))) == [(("json", "a"), [5]), (("json", "a", 0), 5)]


def test_of_each_list_no_more_members_are_parts_than_asked_for() -> None:
    tree = [[1, 2, 3], {"a": [4, 5, 6], "b": 7, "c": 8}, 9]
    assert [part for _, part in parts(tree, most=2) if isinstance(part, int)] == [1, 2, 4, 5, 7, 8]
    assert len(list(parts(list(range(100))))) == 101


def test_every_part_is_at_its_way() -> None:
    for way, part in parts(DEEP):
        assert at(DEEP, way) is part


@pytest.mark.parametrize("way", [("no",), ("user", 3), ("user", "tags", 2), ("user", "tags", "x"), ("user", "name", 0)])
def test_where_a_way_leads_nowhere_something_is_missing(way: tuple[Any, ...]) -> None:
    assert at(DEEP, way) is MISSING


@pytest.mark.parametrize(
    ("way", "value", "wanted"),
    [
        ((), 5, 5),
        (("user",), 5, {"user": 5}),
        (("new",), 5, {**DEEP, "new": 5}),
        (("user", "tags", 1, "n"), 2, {"user": {"tags": ["a", {"n": 2}], "name": None}}),
        (("user", "tags", 0), [], {"user": {"tags": [[], {"n": 1}], "name": None}}),
        # on the way there is nothing, or something else
        (("a", "b"), 5, {**DEEP, "a": {"b": 5}}),
        (("user", "tags", 9), 5, {"user": {"tags": ["a", {"n": 1}, 5], "name": None}}),
        (("user", "tags", 9, "n"), 5, {"user": {"tags": ["a", {"n": 1}, {"n": 5}], "name": None}}),
        (("user", "tags", "x"), 5, {"user": {"tags": {"x": 5}, "name": None}}),
        (("user", "name", "x"), 5, {"user": {"tags": ["a", {"n": 1}], "name": {"x": 5}}}),
        # taken away
        ((), MISSING, None),
        (("user",), MISSING, {}),
        (("no",), MISSING, DEEP),
        (("user", "tags", 0), MISSING, {"user": {"tags": [{"n": 1}], "name": None}}),
        (("user", "tags", 9), MISSING, DEEP),
    ],
)
def test_a_part_is_changed(way: tuple[Any, ...], value: Any, wanted: Any) -> None:
    before = json.dumps(DEEP)
    assert changed(DEEP, way, value) == wanted
    assert json.dumps(DEEP) == before, "in another tree"


def test_names_keep_their_order() -> None:
    assert list(changed({"a": 1, "b": 2}, ("a",), 3)) == ["a", "b"]


@pytest.mark.parametrize("tree", ["text", 5, None, {"a": "text"}])
def test_what_is_no_list_has_no_members(tree: Any) -> None:
    with pytest.raises(TypeError, match="has no item 0"):
        changed(tree, ("a", 0) if isinstance(tree, dict) else (0,), 5)


def test_what_is_missing_says_so() -> None:
    assert repr(MISSING) == "(left out)"

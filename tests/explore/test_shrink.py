"""A request is made as small as it can be while it still shows what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.bases import with_canaries
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.shrink import MOST, shrunk

FULL = with_canaries(
    Draft(
        "POST",
        ("/", ("id",)),
        (("id", "7"),),
        (("a", "1"), ("b", "2")),
        (("host", "h"), ("accept", "*/*"), ("x-a", "1")),
        (("sid", "s"),),
        "application/json",
        json={"user": {"name": "Ann", "tags": [1, 2]}, "other": 5, canary.NAME: ""},
    )
)


def test_all_is_left_out_that_does_not_matter() -> None:
    small = shrunk(FULL, lambda draft: True, most=1000)
    assert (small.query, small.cookies, small.json) == ((), (), None)
    assert small.headers == (("host", "h"), ("accept", "*/*"))
    assert (small.method, small.path, small.media) == ("POST", (("id", "7"),), "")


@pytest.mark.parametrize(
    ("shows", "left"),
    [
        (lambda draft: ("b", "2") in draft.query, {"query": (("b", "2"),), "json": None}),
        (
            lambda draft: draft.at(("json", "user", "name")) == "Ann",
            {"json": {"user": {"name": "Ann"}}, "query": ()},
        ),
        (lambda draft: draft.cookies, {"cookies": (("sid", "s"),)}),
    ],
)
def test_what_matters_stays(shows: Callable[[Draft], bool], left: dict[str, object]) -> None:
    small = shrunk(FULL, shows, most=1000)
    assert shows(small) and {name: getattr(small, name) for name in left} == left


def test_the_canaries_go_first_and_stay_where_they_matter() -> None:
    tried: list[Draft] = []
    shrunk(FULL, lambda draft: bool(tried.append(draft)))
    assert canary.NAME not in tried[0].key and ("a", "1") in tried[0].query
    small = shrunk(FULL, lambda draft: (canary.NAME, "from-query") in draft.query, most=1000)
    assert small.query == ((canary.NAME, "from-query"),)


def test_long_texts_are_cut_in_halves() -> None:
    long = replace(FULL, query=(("a", "x" * 40 + "!" + "y" * 40),))
    small = shrunk(long, lambda draft: any("!" in text for _, text in draft.query), most=1000)
    ((name, text),) = small.query
    assert name == "a" and "!" in text and len(text) <= 8 + 3


def test_what_shows_nothing_smaller_stays() -> None:
    assert shrunk(FULL, lambda draft: False, most=1000) is FULL


@pytest.mark.parametrize("most", [0, 1, 5, MOST])
def test_no_more_is_tried_than_asked_for(most: int) -> None:
    tried: list[str] = []
    shrunk(FULL, lambda draft: bool(tried.append(draft.key)) or len(tried) % 2 == 0, most=most)
    assert len(tried) <= most
    assert len(tried) == len(set(tried)) and FULL.key not in tried


def test_by_default_a_few_are_tried() -> None:
    tried: list[str] = []
    shrunk(FULL, lambda draft: bool(tried.append(draft.key)))
    assert 5 < len(tried) <= MOST

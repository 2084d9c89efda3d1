"""What the search wants to see: each goal has its drafts, and the nearest one comes first."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.goals import TRIES, Goals

ONE, OTHER = Draft("GET", ("/one",)), Draft("GET", ("/other",))
GOAL = ("branch", 1, "true")


def test_a_goal_has_its_drafts_in_the_order_in_which_they_were_given() -> None:
    goals = Goals()
    goals.add(GOAL, [(1, ONE), (0, None), (-1, OTHER)])
    assert [(offer.cost, offer.draft) for offer in goals.want(GOAL).drafts] == [(1, ONE), (-1, OTHER)]


def test_drafts_of_a_goal_that_is_known_are_not_even_made() -> None:
    def never() -> Iterator[tuple[int, Draft]]:
        raise AssertionError("nobody asked for these")
        yield (0, ONE)

    goals = Goals()
    goals.add(GOAL, [])
    goals.add(GOAL, never())
    assert list(goals) == [GOAL] and goals.want(GOAL).drafts == []


def test_the_cheapest_of_the_goals_that_were_tried_least_is_the_nearest() -> None:
    goals = Goals()
    for name, cost in (("dear", 5), ("cheap", 1), ("cheap too", 1)):
        goals.add((name,), [(cost, ONE), (cost, OTHER)])
    assert goals.nearest() == ("cheap too",), "the one that was found last"
    goals.want(("cheap too",)).tries += 1
    assert goals.nearest() == ("cheap",)
    goals.reached.add(("cheap",))
    assert goals.nearest() == ("dear",)
    goals.want(("dear",)).tries = goals.want(("cheap too",)).tries = TRIES
    assert goals.nearest() is None


def test_goals_without_drafts_are_not_sent() -> None:
    goals = Goals()
    goals.add(GOAL, [(0, None)])
    assert GOAL in goals and goals.nearest() is None


def test_a_goal_is_open_until_it_is_reached_or_given_up() -> None:
    goals = Goals()
    assert goals.is_open(GOAL), "it was never heard of"
    goals.add(GOAL, [(0, ONE)])
    assert goals.is_open(GOAL)
    goals.want(GOAL).tries = TRIES
    assert not goals.is_open(GOAL)
    goals.reached.add(("reached",))
    assert not goals.is_open(("reached",))

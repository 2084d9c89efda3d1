"""Which failures are tried, in which order, and which are not tried twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange
from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.explore.trials import Trial
from pytest_oneresponse.faults.plan import FaultPlan, caught_in
from pytest_oneresponse.faults.regions import Region, Span
from pytest_oneresponse.faults.tap import Point, Tap
from pytest_oneresponse.protocols.client import Client
from pytest_oneresponse.protocols.wsgi import Driver

from .conftest import Load, Module

TRIAL = Trial("valid", Request())
BODY = Span(1, 5, Region("a.py", 1, "body"))


def point(line: int = 1, kind: str = "call", state: str = "HEAD", spans: Any = (), failures: Any = ("E",)) -> Point:
    return Point(kind, ("a.py", (line, 0, line, 5)), 1, state, spans, failures)


def tap_of(*points: Point, again: bool = False) -> Tap:
    tap = Tap()
    tap.points = {(number,): one for number, one in enumerate(points)}
    tap.again = again
    return tap


def left(plan: FaultPlan) -> list[Trial]:
    """What is still to be tried, in order."""
    found = []
    while (trial := plan.next()) is not None:
        found.append(trial)
    return found


def lines(plan: FaultPlan) -> list[list[int]]:
    return [[fault.span[0] for fault in trial.faults] for trial in left(plan)]


def planned(*points: Point) -> FaultPlan:
    plan = FaultPlan()
    plan.learn(TRIAL, tap_of(*points))
    return plan


def test_every_failure_of_every_place_is_tried() -> None:
    trials = left(planned(point(1, failures=("A", "B")), point(2)))
    assert [(fault.span[0], fault.exception) for trial in trials for fault in trial.faults] == [
        (1, "A"),
        (1, "B"),
        (2, "E"),
    ]
    assert all(trial.request == TRIAL.request and trial.label == "valid" for trial in trials)


def test_what_is_caught_or_has_begun_comes_before_what_the_framework_answers() -> None:
    plan = planned(point(1), point(2, state="STARTED"), point(3), point(4, spans=(BODY,)))
    assert lines(plan) == [[2], [4], [1], [3]]


@pytest.mark.parametrize(
    ("other", "more"),
    [
        (point(), 0),
        (point(2), 1),
        (point(kind="await"), 1),
        (point(state="BODY"), 1),
        (point(spans=(BODY,)), 1),
        (point(failures=("E", "F")), 1),
        (point()._replace(nth=5), 0),
        (point(spans=(BODY._replace(last=9),)), 1),
    ],
)
def test_two_failures_of_one_class_are_tried_once(other: Point, more: int) -> None:
    plan = planned(point())
    plan.learn(Trial("explored", Request("POST")), tap_of(other))
    assert len(left(plan)) == 1 + more
    plan.learn(TRIAL, tap_of(point(), other))
    assert left(plan) == [], "also after it was tried"


def test_regions_are_told_by_where_they_begin() -> None:
    plan = planned(point(spans=(BODY,)), point(spans=(BODY._replace(catches=("A",)),)))
    assert len(left(plan)) == 1


def test_places_are_counted_once_whatever_they_raise() -> None:
    plan = planned(point(1, failures=("A", "B")), point(1, state="BODY"), point(2), point(2, kind="step"))
    assert len(plan.sites) == 3


@pytest.mark.parametrize(("kinds", "wanted"), [(("upstream",), [[2]]), (("call", "await"), [[1]]), ((), [])])
def test_only_the_wanted_kinds_fail(kinds: tuple[str, ...], wanted: list[Any]) -> None:
    plan = FaultPlan(kinds)
    plan.learn(TRIAL, tap_of(point(1), point(2, kind="upstream")))
    assert lines(plan) == wanted and len(plan.sites) == len(wanted)


def test_what_fails_in_a_handler_is_tried_two_deep_and_no_deeper() -> None:
    plan = planned(point(1))
    first = plan.next()
    assert first is not None and [fault.span[0] for fault in first.faults] == [1]
    plan.learn(first, tap_of(point(1), point(2, spans=(BODY,)), point(3)))
    (second, third) = left(plan)
    assert [fault.span[0] for fault in second.faults] == [1, 2], "what a clause around it sees comes first"
    assert [fault.span[0] for fault in third.faults] == [1, 3]
    plan.learn(second, tap_of(point(4, spans=(BODY,))))
    assert left(plan) == [] and ("call", ("a.py", (4, 0, 4, 5))) in plan.sites


def test_one_failure_comes_before_two() -> None:
    plan = planned(point(1, state="STARTED"), point(2, state="STARTED"))
    first = plan.next()
    assert first is not None
    plan.learn(first, tap_of(point(3, state="BODY")))
    assert lines(plan) == [[2], [1, 3]]


@pytest.mark.parametrize("again", [True, False])
def test_a_place_fails_for_good_only_where_it_was_passed_again(again: bool) -> None:
    plan = planned(point())
    first = plan.next()
    assert first is not None
    plan.learn(first, tap_of(again=again))
    found = left(plan)
    assert [trial.faults[0].always for trial in found] == [True] * again
    for trial in found:
        plan.learn(trial, tap_of(again=True))
    assert left(plan) == [], "and that once"


def test_of_two_failures_the_last_one_lasts() -> None:
    plan = planned(point(1))
    first = plan.next()
    assert first is not None
    plan.learn(first, tap_of(point(2)))
    second = plan.next()
    assert second is not None
    plan.learn(second, tap_of(again=True))
    (third,) = left(plan)
    assert [fault.always for fault in third.faults] == [False, True]


def test_an_exchange_without_failures_is_not_passed_again() -> None:
    plan = FaultPlan()
    plan.learn(TRIAL, tap_of(again=True), [5])
    assert left(plan) == [] and plan.caught == {5}


def test_clients_leave_once_for_each_clause_that_is_entered() -> None:
    plan = planned(point(1), point(2))
    first, second = left(plan)
    plan.learn(first, tap_of(), [7])
    clients = [trial.client for trial in left(plan)]
    assert clients == [Client(refuses="start"), Client(refuses="body"), Client(leaves="first")]
    plan.learn(second, tap_of(), [7])
    assert left(plan) == [], "one clause, one time"
    plan.learn(second, tap_of(), [7, 8])
    other = left(plan)
    assert len(other) == 3 and all(trial.faults == second.faults for trial in other)
    plan.learn(other[0], tap_of(), [9])
    assert left(plan) == [], "a client that leaves is one change, and enough"


def test_a_clause_that_an_ordinary_request_enters_needs_no_failure() -> None:
    plan = FaultPlan()
    plan.learn(TRIAL, tap_of(point()), [7])
    (first,) = left(plan)
    plan.learn(first, tap_of(), [7])
    assert left(plan) == []


def test_the_order_is_the_same_in_every_run() -> None:
    points = [point(line, state=state) for line in (3, 1, 2) for state in ("HEAD", "BODY")]
    assert lines(planned(*points)) == lines(planned(*points))


def test_an_empty_plan_has_nothing_to_try() -> None:
    assert FaultPlan().next() is None


# with a real app

RETRIES = """
import json
def app(environ, start_response):
    for _ in (1, 2, 3):
        try:
            json.loads("1")
            break
        except ValueError as error:
            last = error
    else:
        raise last
    start_response("200 OK", [])
    return [b"x"]
"""
TWO = """
import json, os
def app(environ, start_response):
    try:
        json.loads("1")
    except ValueError:
        os.stat(".")
    start_response("200 OK", [])
    return [b"x"]
"""


def whole(module: Module) -> list[tuple[Trial, Exchange]]:
    """All that a plan comes to, as a drive goes through it."""
    done: list[tuple[Trial, Exchange]] = []
    plan = FaultPlan()
    trial: Trial | None = TRIAL
    while trial is not None:
        tap = Tap(trial.faults)
        with recording(tap=tap) as told:
            exchange, _ = Driver(module.app).exchange(trial.request, trial.client)
        plan.learn(trial, tap, caught_in(told.branches))
        done.append((trial, exchange))
        trial = plan.next()
        assert len(done) < 50
    return done


@pytest.fixture
def tried(load: Load) -> Callable[[str], list[tuple[Trial, Exchange]]]:
    return lambda source: whole(load(source))


def test_a_retry_that_hides_one_failure_is_shown_by_one_that_lasts(tried: Any) -> None:
    done = tried(RETRIES)
    assert [[fault.always for fault in trial.faults] for trial, _ in done[:3]] == [[], [False], [True]]
    assert [exchange.escaped() is not None for _, exchange in done[:3]] == [False, False, True]
    assert {(trial.client, trial.faults[0].always) for trial, _ in done[3:]} == {
        (client, always)
        for client in (Client(refuses="start"), Client(refuses="body"), Client(leaves="first"))
        for always in (False, True)
    }


def test_what_stands_in_a_handler_fails_after_what_leads_there(tried: Any) -> None:
    done = tried(TWO)
    pairs = [trial for trial, exchange in done if len(exchange.fired) == 2]
    assert [fault.exception for fault in pairs[0].faults] == ["json.decoder.JSONDecodeError", "builtins.OSError"]


def test_only_clauses_are_told_of_the_branches(load: Load) -> None:
    module = load(TWO)
    with recording(tap=Tap([module.fault('json.loads("1")', "json.decoder.JSONDecodeError")])) as told:
        Driver(module.app).exchange(Request())
    assert len(caught_in(told.branches)) == 1
    with recording(tap=Tap()) as told:
        Driver(module.app).exchange(Request())
    assert caught_in(told.branches) == []


@pytest.mark.parametrize(("first", "then", "tries"), [(True, False, 2), (True, True, 1), (False, True, 1)])
def test_what_fails_where_an_answer_is_lost_is_tried_where_none_is(first: bool, then: bool, tries: int) -> None:
    plan = FaultPlan()
    plan.learn(TRIAL, tap_of(point()), spoiled=first)
    plan.learn(TRIAL, tap_of(point()), spoiled=then)
    assert len(lines(plan)) == tries

"""What is lost or swallowed beside the life of a response: a table of exchanges."""

from __future__ import annotations

import pytest

from pytest_oneresponse.contract.events import (
    Data,
    End,
    Event,
    Gone,
    Improper,
    Lost,
    Raised,
    Returned,
    Start,
    Swallowed,
)
from pytest_oneresponse.contract.machine import Facts, is_plain, judge

OK, MISSING, ERROR = Start(200, ()), Start(404, ()), Start(500, ())
ORPHAN = Lost("orphan-response", "a response was built")
UNRAISED = Lost("unraised-error", "NotFound was built")
SWALLOWED = Swallowed(404, "NotFound (404)")
E, R = End(), Returned()


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([ORPHAN, OK, E, R], ["orphan-response"], id="another was sent"),
        pytest.param([OK, ORPHAN, E, R], ["orphan-response"], id="lost after the start"),
        pytest.param([ORPHAN, UNRAISED, OK, E, R], ["orphan-response", "unraised-error"], id="two are lost"),
        pytest.param([ORPHAN, R], ["orphan-response"], id="and so there is none: one cause"),
        pytest.param([ORPHAN, OK, R], ["unfinished-response", "orphan-response"], id="what was sent is not finished"),
        pytest.param([ORPHAN, Raised(ValueError())], ["unhandled-error", "orphan-response"], id="and an error came"),
        pytest.param([Gone(), ORPHAN, R], [], id="nobody is there to answer"),
        pytest.param([Gone(), ORPHAN, OK, E, R], ["orphan-response"], id="another was sent to nobody"),
        pytest.param([SWALLOWED, ERROR, E, R], ["swallowed-answer"], id="caught, and another status sent"),
        pytest.param([SWALLOWED, MISSING, E, R], [], id="caught, and answered as it wanted"),
        pytest.param([SWALLOWED, R], ["no-response"], id="caught, and nothing sent"),
        pytest.param([OK, Improper("late-status", "set"), E, R], ["late-status"], id="status set too late"),
    ],
)
def test_what_is_judged(events: list[Event], expected: list[str]) -> None:
    verdict = judge(Facts("asgi"), events)
    assert [breach.rule for breach in verdict.breaches] == expected
    assert not is_plain(Facts("asgi"), events)


def test_what_was_sent_stands_beside_what_was_lost() -> None:
    (breach,) = judge(Facts("asgi"), [ORPHAN, OK, E, R]).breaches
    assert (breach.at, breach.also, breach.detail) == (ORPHAN, OK, "a response was built")


def test_a_swallowed_answer_is_told_with_both_statuses() -> None:
    (breach,) = judge(Facts("wsgi"), [SWALLOWED, Start("500 Oops", ()), Data(2), E, R]).breaches
    assert breach.detail == "NotFound (404) was caught, and 500 was sent in its place" and breach.at is SWALLOWED


def test_a_failure_is_looked_into_even_where_it_is_whole() -> None:
    assert is_plain(Facts("asgi"), [OK, E, R]) and not is_plain(Facts("asgi"), [ERROR, E, R])

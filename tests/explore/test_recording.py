"""What a recording holds, and for how long."""

from __future__ import annotations

import time

import pytest

from pytest_oneresponse.explore import calls
from pytest_oneresponse.explore.recording import (
    MOST_EVENTS,
    MOST_IDLE,
    MOST_OF_A_MARK,
    Observation,
    Recording,
    recording,
)

from .marked import marked


def test_outside_a_recording_nothing_is_noted() -> None:
    f = marked("def f(x):\n    if x['a'] == 1 and len(x) < 5: return int('5')")["f"]
    assert f({"a": 1}) == 5
    with recording() as found:
        pass
    assert f({"a": 1}) == 5 and found.events == [] and not found.branches and not found.begun
    assert Recording.now is None


def test_a_recording_within_another_has_what_happens_meanwhile() -> None:
    f = marked("def f(x): return x == 1")["f"]
    with recording() as outer:
        f(1)
        with recording() as inner:
            f(2)
        f(3)
    assert [event.given for event in outer.events] == [1, 3] and [event.given for event in inner.events] == [2]


def test_a_recording_ends_with_what_was_raised() -> None:
    with pytest.raises(KeyError), recording():
        raise KeyError
    assert Recording.now is None


def test_one_place_is_noted_only_so_often() -> None:
    f = marked("def f(x):\n    for n in x:\n        if n == 5: pass\n    return 7 == x")["f"]
    with recording() as found:
        f(list(range(1000)))
    counts = [sum(event.kind == kind for event in found.events) for kind in ("compare", "decide", "iterate")]
    assert counts == [MOST_OF_A_MARK + 1, MOST_OF_A_MARK, 1], "the comparison after the loop is noted still"


def test_a_call_that_has_nothing_to_tell_is_not_asked_about_for_ever() -> None:
    with recording() as found:
        for _ in range(MOST_IDLE):
            found.pass_over(7)
        assert 7 not in found.full
        found.pass_over(7)
        found.pass_over(8)
    assert found.full == {7}


def test_what_sleeps_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "NAP", 0)
    f = marked("def f(n):\n    for _ in range(n): time.sleep(0.1)", time=time)["f"]
    with recording(naps=True) as found:
        f(MOST_IDLE + 2)
    assert found.full == set()


def test_who_sleeps_again_and_again_sleeps_no_more() -> None:
    slept: list[float] = []
    with recording(naps=True) as found:
        for _ in range(60):
            calls._sleeping(found, 0, slept.append)(0.1)
    assert slept == [calls.NAP] * 50 + [0] * 10


def test_a_recording_holds_only_so_much() -> None:
    with recording() as found:
        for number in range(MOST_EVENTS + 50):
            found.note(Observation("compare", number))
    assert len(found.events) == MOST_EVENTS


def test_branches_are_noted_however_many_events_there_are() -> None:
    f = marked("def f(x):\n    for n in x:\n        if n == 500: return 1")["f"]
    with recording() as found:
        f(list(range(1000)))
    assert "true" in {outcome for _, outcome in found.branches}

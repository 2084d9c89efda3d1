"""The time limit strikes where the code is, again where it is caught, and leaves other timers as they were."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from pytest_oneresponse.protocols.alarm import Alarm, TimeLimit, kept

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")


@pytest.fixture(autouse=True)
def timers() -> Iterator[None]:
    """Each test ends with the timer and the handler that it began with."""
    handler = signal.getsignal(signal.SIGALRM)
    timer = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.setitimer(signal.ITIMER_REAL, *timer)
    signal.signal(signal.SIGALRM, handler)


def spin() -> None:
    while True:
        pass


def quiet() -> bool:
    return signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_it_strikes_where_the_code_is() -> None:
    began = time.monotonic()
    with pytest.raises(TimeLimit) as caught, Alarm(0.02):
        spin()
    assert 0.015 < time.monotonic() - began < 1
    assert "limit" in str(caught.value)
    frame = caught.value.frame
    assert isinstance(frame, FrameType) and frame.f_code is spin.__code__
    assert quiet()


def test_it_may_give_some_more_time() -> None:
    more = [0.05, 0.02, 0.0]
    began = time.monotonic()
    with pytest.raises(TimeLimit), Alarm(0.02, lambda frame: more.pop(0)):
        spin()
    assert 0.085 < time.monotonic() - began < 1 and more == [] and quiet()


def test_it_wakes_what_waits() -> None:
    began = time.monotonic()
    with pytest.raises(TimeLimit), Alarm(0.02):
        threading.Event().wait(10)
    assert time.monotonic() - began < 1


def test_it_is_no_exception_that_an_app_would_catch() -> None:
    assert not issubclass(TimeLimit, Exception)
    with pytest.raises(TimeLimit), Alarm(0.02):
        try:
            spin()
        except Exception:
            pytest.fail("caught")


def test_it_strikes_again_where_it_is_caught() -> None:
    strikes = 0
    with pytest.raises(TimeLimit), Alarm(0.02):
        while strikes < 2:
            try:
                spin()
            except BaseException:
                strikes += 1
        spin()
    assert strikes == 2


def test_the_first_strike_is_told_before_it_can_be_caught() -> None:
    told: list[FrameType | None] = []
    with pytest.raises(TimeLimit), Alarm(0.02, told.append):
        while True:
            with contextlib.suppress(TimeLimit):
                spin()
            assert len(told) == 1, "once, however often it strikes"
            if signal.getitimer(signal.ITIMER_REAL)[0]:
                break
        spin()
    assert [frame and frame.f_code for frame in told] == [spin.__code__]


def test_a_block_that_ends_in_time_is_told_of_nothing() -> None:
    told: list[FrameType | None] = []
    with Alarm(5, told.append) as alarm:
        assert isinstance(alarm, Alarm)
    assert told == []


def test_a_block_that_ends_in_time_is_left_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with Alarm(5):
        assert not quiet()
        assert signal.getsignal(signal.SIGALRM) is not before
    assert quiet()
    assert signal.getsignal(signal.SIGALRM) is before


def test_without_seconds_it_does_nothing() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with Alarm(0):
        assert quiet() and signal.getsignal(signal.SIGALRM) is before
    assert quiet()


class Ends:
    """Its finalizer runs code of Python's, and what it raises there cannot be raised on."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.end = end

    def __del__(self) -> None:
        self.end()


def fails() -> None:
    raise KeyError("k")


def test_a_strike_that_is_lost_in_a_finalizer_comes_again_and_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", hook := (lambda unraisable: reported.append(unraisable.exc_type)))
    with pytest.raises(TimeLimit), Alarm(0.02):
        Ends(spin)
        Ends(fails)
        spin()
    assert reported == [KeyError], "what is not the limit's is told as ever"
    assert sys.unraisablehook is hook


def test_errors_of_the_block_pass_and_the_timer_is_taken_away() -> None:
    with pytest.raises(KeyError), Alarm(5):
        raise KeyError
    assert quiet()


def test_in_another_thread_it_does_nothing() -> None:
    seen: list[Any] = []

    def run() -> None:
        seen.append(Alarm.available())
        with Alarm(0.01):
            seen.append(quiet())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert Alarm.available() and seen == [False, True]


def test_a_timer_of_somebody_else_is_put_back_with_the_time_it_has_left() -> None:
    signal.signal(signal.SIGALRM, theirs := (lambda *_: None))
    signal.setitimer(signal.ITIMER_REAL, 50, 7)
    with Alarm(5):
        assert signal.getitimer(signal.ITIMER_REAL)[0] <= 5
        began = time.monotonic()
        while time.monotonic() - began < 0.03:
            pass
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 48 < left < 49.975 and interval == 7
    assert signal.getsignal(signal.SIGALRM) is theirs


def test_a_timer_of_somebody_else_that_ran_out_meanwhile_strikes_afterwards() -> None:
    struck: list[float] = []
    signal.signal(signal.SIGALRM, lambda *_: struck.append(time.monotonic()))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    with pytest.raises(TimeLimit), Alarm(0.03):
        spin()
    began = time.monotonic()
    while not struck and time.monotonic() - began < 2:
        pass
    assert len(struck) == 1


def test_limits_within_limits() -> None:
    with pytest.raises(TimeLimit), Alarm(5):
        outer = signal.getsignal(signal.SIGALRM)
        with pytest.raises(TimeLimit), Alarm(0.01):
            spin()
        assert signal.getsignal(signal.SIGALRM) is outer
        assert 4 < signal.getitimer(signal.ITIMER_REAL)[0] <= 5
        signal.raise_signal(signal.SIGALRM)
    assert quiet()


def test_alarms_that_share_a_handler_strike_each_in_its_turn() -> None:
    handler = signal.getsignal(signal.SIGALRM)
    struck: list[str] = []
    with kept():
        shared = signal.getsignal(signal.SIGALRM)
        with pytest.raises(TimeLimit), Alarm(0.02, lambda _: struck.append("first")):
            spin()
        with Alarm(5, lambda _: struck.append("not reached")):
            assert signal.getsignal(signal.SIGALRM) is shared
        with pytest.raises(TimeLimit), Alarm(0.02, lambda _: struck.append("second")):
            spin()
    assert struck == ["first", "second"] and quiet()
    assert signal.getsignal(signal.SIGALRM) is handler


def test_a_shared_timer_runs_on_and_strikes_no_alarm_before_its_time() -> None:
    with kept():
        with Alarm(0.05):
            pass
        assert not quiet(), "it is not taken away between two of them"
        began = time.monotonic()
        with pytest.raises(TimeLimit), Alarm(0.15):
            spin()
        assert 0.14 < time.monotonic() - began < 1
        with Alarm(0.02):
            pass
        while not quiet():  # it fires where no alarm stands, once
            pass
        with pytest.raises(TimeLimit), Alarm(0.02):
            spin()


def test_a_shared_timer_that_an_app_has_used_for_itself_is_set_again() -> None:
    with kept():
        with Alarm(5):
            signal.setitimer(signal.ITIMER_REAL, 0)
        with pytest.raises(TimeLimit), Alarm(0.02):
            spin()


def test_a_shared_handler_leaves_the_timer_of_somebody_else_its_time() -> None:
    signal.setitimer(signal.ITIMER_REAL, 60)
    with kept():
        with Alarm(1):
            pass
        with kept(), Alarm(1):
            pass
    assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60


def test_an_alarm_within_an_alarm_keeps_the_outer_ones_time() -> None:
    with kept(), pytest.raises(TimeLimit) as caught, Alarm(0.05):
        with Alarm(5):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 1
        spin()
    assert isinstance(caught.value, TimeLimit)


def test_what_sets_it_and_puts_it_back_is_not_struck() -> None:
    handler = signal.getsignal(signal.SIGALRM)
    for seconds in (1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5) * 50:
        with contextlib.suppress(TimeLimit), Alarm(seconds):
            pass
        assert quiet() and signal.getsignal(signal.SIGALRM) is handler
        with kept():
            for _ in range(3):
                with contextlib.suppress(TimeLimit), Alarm(seconds):
                    pass
        assert quiet() and signal.getsignal(signal.SIGALRM) is handler and Alarm.standing is None


def test_after_its_block_it_does_not_strike() -> None:
    with Alarm(10) as alarm:
        pass
    alarm._strike(signal.SIGALRM, sys._getframe())

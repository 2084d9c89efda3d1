"""A time limit for code that does not give control back."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar


class TimeLimit(BaseException):
    """Raised into the running frame when the limit has passed; `frame` is where it struck.

    No Exception, so that an app's `except Exception` does not take it for one of its own.
    """

    def __init__(self, frame: FrameType | None) -> None:
        super().__init__("the time limit of the exchange has passed")
        self.frame = frame


class Alarm:
    """`with Alarm(seconds, struck):` raises TimeLimit in the block when the seconds are over, and again every tenth of one.

    `struck(frame)` is called before the first raise, with the frame that runs: code that catches everything hides the
    exception, not the strike. It may give the block some more seconds, by returning them.

    Works in the main thread of a POSIX system, elsewhere it does nothing (`Alarm.available()`). A timer that
    somebody else had set (pytest-timeout) is put back with the time that it has left.
    """

    __slots__ = ("before", "due", "entered", "old", "over", "seconds", "stands", "struck", "unraisable")

    standing: ClassVar[Alarm | None] = None
    """The alarm that the handler which `kept` keeps in its place is to strike."""
    keeper: ClassVar[int] = 0
    """The thread of that handler."""

    def __init__(self, seconds: float, struck: Callable[[FrameType | None], float | None] | None = None) -> None:
        self.seconds = seconds
        self.struck = struck
        self.unraisable: Callable[[Any], object] | None = None
        self.old: tuple[float, float] = (0.0, 0.0)
        self.before: Any = None
        self.entered = self.due = 0.0
        self.stands = self.over = False

    @staticmethod
    def available() -> bool:
        return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Alarm:
        if not self.seconds:
            pass
        elif Alarm.standing is _IDLE and Alarm.keeper == threading.get_ident():
            self.stands = True
            self.due = time.monotonic() + self.seconds
            Alarm.standing = self
            # One that fires sooner will do; an app may have used the timer for itself.
            if not 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= self.seconds:
                _set(self.seconds)
        elif not self.available():
            self.seconds = 0
        else:
            self.install(self._strike)
            self.old = _set(self.seconds)
        return self

    def install(self, handler: Callable[[int, FrameType | None], None]) -> None:
        self.entered = time.monotonic()
        self.before = signal.signal(signal.SIGALRM, handler)

    def __exit__(self, *_: object) -> None:
        self.over = True
        if not self.seconds:
            return
        if self.stands:
            Alarm.standing = _IDLE
        else:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.restore()
        if self.unraisable is not None:
            sys.unraisablehook, self.unraisable = self.unraisable, None

    def restore(self) -> None:
        """Put back the handler and the timer that were there before."""
        signal.signal(signal.SIGALRM, self.before if self.before is not None else signal.SIG_DFL)
        delay, interval = self.old
        if delay:
            left = max(0.001, delay - (time.monotonic() - self.entered))
            signal.setitimer(signal.ITIMER_REAL, left, interval)

    def _strike(self, _signal: int, frame: FrameType | None) -> None:
        if self.over or (frame is not None and frame.f_code in _AROUND):
            return  # not in the block: what was raised here, nobody would put back what this alarm has set
        struck, self.struck = self.struck, None
        longer = struck(frame) if struck is not None else None
        if longer:
            self.struck = struck
            self.due = time.monotonic() + longer
            _set(longer)
            return
        if self.unraisable is None:
            self.unraisable = sys.unraisablehook
            sys.unraisablehook = self._unraised
        raise TimeLimit(frame)

    def _unraised(self, unraisable: Any) -> None:
        """A strike inside of a finalizer is lost, and comes again: nobody needs to hear of it."""
        if unraisable.exc_type is not TimeLimit and self.unraisable is not None:
            self.unraisable(unraisable)


def _set(seconds: float) -> tuple[float, float]:
    """Let the timer fire after so many seconds, and every tenth of one from then on; what it was set to before."""
    return signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)


_AROUND = (Alarm.__enter__.__code__, Alarm.__exit__.__code__, _set.__code__)
_IDLE = Alarm(0)
"""Stands between two alarms."""


@contextmanager
def kept() -> Iterator[None]:
    """Within it the alarms, one after the other, share one handler and one timer: to set them costs more than many an exchange.

    The timer is let run from one alarm to the next; where it fires before the one that stands is due, it is set anew.
    """
    if not Alarm.available() or Alarm.standing is not None:
        yield
        return

    def strike(number: int, frame: FrameType | None) -> None:
        alarm = Alarm.standing
        if alarm is None or alarm is _IDLE:
            signal.setitimer(signal.ITIMER_REAL, 0)
        elif (left := alarm.due - time.monotonic()) > 0:
            _set(left)
        else:
            alarm._strike(number, frame)

    keeper = Alarm(1)
    keeper.install(strike)
    keeper.old = signal.setitimer(signal.ITIMER_REAL, 0)
    Alarm.standing, Alarm.keeper = _IDLE, threading.get_ident()
    try:
        yield
    finally:
        Alarm.standing = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        keeper.restore()

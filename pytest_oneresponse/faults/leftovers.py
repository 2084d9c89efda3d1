"""What an exchange leaves behind because something failed in it or its client left, as locks and cursors, is let go."""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.error import HTTPError

from ..contract.events import End, Gone, Start
from ..exchange import Exchange


class Leftovers(NamedTuple):
    """What may be left: by exceptions that were injected, and by a stream that its client has left."""

    errors: Sequence[BaseException] = ()
    stream: bool = False

    def let_go(self) -> None:
        """Clear the frames of the exceptions, and collect what only they have held."""
        for error in self.errors:
            _let_go_of_frames(error)
            if isinstance(error, HTTPError):
                error.close()  # it has a body, of which Python warns where nobody has closed it
        with _silent():
            gc.collect(2 if self.stream else 1)  # a stream is as old as its exchange


def left_by(exchange: Exchange, errors: Sequence[BaseException], *, broke_off: bool = False) -> Leftovers | None:
    """What an exchange may have left in which these exceptions were injected; None where that is nothing.

    `broke_off`: the client left while it sent its body, of which frameworks keep files.
    """
    kinds = [type(event) for event in exchange.events]
    stream = broke_off or (Gone in kinds and Start in kinds and End not in kinds)
    return Leftovers(errors, stream) if exchange.fired or stream else None


@contextmanager
def only_new() -> Iterator[None]:
    """Collections look only at what is made meanwhile: all that is there already takes too long to look at each time.

    What is left of it is collected in the end, as Python looks seldom at what was frozen; so is, from time to time, what
    somebody else has held until then, as pytest holds what a test has logged.
    """
    if _is_frozen_by_others():
        yield
        return
    gc.freeze()
    try:
        yield
        with _silent():
            gc.collect()
    finally:
        gc.unfreeze()
        if next(_rounds) % _EVERY == 0:
            with _silent():
                gc.collect()


_rounds = itertools.count(1)
_EVERY = 50
"""So many times what is new is collected, before once all is."""


@functools.cache
def _is_frozen_by_others() -> bool:
    """Whether somebody else has said what is not to be looked at. Asked once: what is frozen is counted one by one."""
    return gc.get_freeze_count() > _OF_PYTHON


_OF_PYTHON = 2000
"""So much Python may have frozen itself as it started: 3.12 some hundreds."""


_SUSPENDABLE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def _let_go_of_frames(error: BaseException) -> None:
    """Clear the frames that an exception holds, but of generators and coroutines, which may have caught it and go on.

    Before Python 3.13 clearing the frame of one that waits would end it.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if not frame.f_code.co_flags & _SUSPENDABLE:
            with suppress(RuntimeError):  # it runs
                frame.clear()
    error.__traceback__ = None


@contextmanager
def _silent() -> Iterator[None]:
    """Keep from Python's hooks whatever is raised where nobody can catch it, as in a generator that is collected."""
    unraisable = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = unraisable

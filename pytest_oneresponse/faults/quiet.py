"""What an injected failure leaves behind in threads, finalizers and warnings is nobody's concern."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..contract.causes import causes


@contextmanager
def quiet(errors: Sequence[BaseException]) -> Iterator[None]:
    """Keep from Python's hooks, and so from pytest, what comes of these exceptions; everything else is told as before."""
    in_threads, unraisable = threading.excepthook, sys.unraisablehook

    def in_thread(told: Any) -> None:
        if not comes_of(told.exc_value, errors):
            in_threads(told)

    def not_raised(told: Any) -> None:
        if not comes_of(told.exc_value, errors):
            unraisable(told)

    threading.excepthook, sys.unraisablehook = in_thread, not_raised
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        threading.excepthook, sys.unraisablehook = in_threads, unraisable


def comes_of(error: BaseException | None, errors: Sequence[BaseException]) -> bool:
    """Whether an exception is one of some others, or was raised because of one."""
    return any(one is injected for one in causes(error) for injected in errors)

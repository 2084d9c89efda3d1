"""What an injected failure leaves behind is not told; everything else is."""

from __future__ import annotations

import itertools
import sys
import threading
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse.faults.quiet import comes_of, quiet

INJECTED = OSError("injected")


def raised(*errors: BaseException, by: str = "context") -> BaseException:
    """The last of some exceptions, each of which was raised because of the one before."""
    for one, other in itertools.pairwise(errors):
        setattr(other, f"__{by}__", one)
    return errors[-1]


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (INJECTED, True),
        (OSError("injected"), False),
        (raised(INJECTED, KeyError()), True),
        (raised(INJECTED, KeyError(), by="cause"), True),
        (raised(INJECTED, KeyError(), ValueError()), True),
        (raised(KeyError(), ValueError()), False),
        (ExceptionGroup("some", [KeyError(), INJECTED]), True),
        (ExceptionGroup("some", [ExceptionGroup("more", [raised(INJECTED, KeyError())])]), True),
        (ExceptionGroup("some", [KeyError()]), False),
        (None, False),
    ],
)
def test_what_comes_of_a_failure_is_told_by_its_chain(error: Any, wanted: bool) -> None:
    assert comes_of(error, [ZeroDivisionError(), INJECTED]) is wanted
    assert comes_of(error, []) is False


def test_a_chain_that_is_a_circle_ends() -> None:
    one, other = KeyError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert not comes_of(one, [INJECTED])


Hooks = SimpleNamespace


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Hooks:
    """What Python's hooks are told."""
    found = SimpleNamespace(threads=[], unraisable=[])
    monkeypatch.setattr(threading, "excepthook", lambda told: found.threads.append(told.exc_value))
    monkeypatch.setattr(sys, "unraisablehook", lambda told: found.unraisable.append(told.exc_value))
    return found


def raising(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


class Finalized:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __del__(self) -> None:
        raise self.error


@pytest.mark.parametrize(("error", "is_told"), [(INJECTED, False), (KeyError(), True)])
def test_a_thread_that_fails_is_told_unless_it_was_made_to(hooks: Hooks, error: BaseException, is_told: bool) -> None:
    with quiet([INJECTED]):
        thread = threading.Thread(target=raising(error))
        thread.start()
        thread.join()
    assert hooks.threads == [error] * is_told


@pytest.mark.parametrize(("error", "is_told"), [(INJECTED, False), (KeyError(), True)])
def test_a_finalizer_that_fails_is_told_unless_it_was_made_to(
    hooks: Hooks, error: BaseException, is_told: bool
) -> None:
    with quiet([INJECTED]):
        Finalized(error)
    assert hooks.unraisable == [error] * is_told


def test_failures_that_come_later_count_too(hooks: Hooks) -> None:
    errors: list[BaseException] = []
    with quiet(errors):
        errors.append(INJECTED)
        Finalized(INJECTED)
    assert hooks.unraisable == []


def test_warnings_are_not_told_meanwhile() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with quiet([]):
            warnings.warn("during", stacklevel=1)
        warnings.warn("after", stacklevel=1)
    assert [str(one.message) for one in caught] == ["after"]


@pytest.mark.parametrize("fails", [True, False])
def test_the_hooks_are_put_back(hooks: Hooks, fails: bool) -> None:
    before = threading.excepthook, sys.unraisablehook
    try:
        with quiet([]):
            assert (threading.excepthook, sys.unraisablehook) != before
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert (threading.excepthook, sys.unraisablehook) == before

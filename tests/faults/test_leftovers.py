"""What an exchange leaves behind is let go; what goes on is left alone."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref
from collections.abc import Generator, Iterator, Sequence
from email.message import Message
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import pytest

from pytest_oneresponse.contract.events import End, Event, Gone, Start
from pytest_oneresponse.faults import leftovers
from pytest_oneresponse.faults.leftovers import Leftovers, left_by, only_new

START = Start(200, ())


class Cursor:
    """What a frame holds."""


def failing(cursors: list[Any]) -> None:
    cursor = Cursor()
    cursors.append(weakref.ref(cursor))
    raise OSError("injected")


def failed(*arguments: Any) -> OSError:
    with pytest.raises(OSError, match="injected") as caught:
        failing(*arguments)
    return caught.value


def test_what_the_frames_of_a_failure_hold_is_let_go() -> None:
    cursors: list[Any] = []
    error = failed(cursors)
    assert cursors[0]() is not None
    Leftovers([error]).let_go()
    assert cursors[0]() is None


def test_the_body_of_an_error_is_closed() -> None:
    error = HTTPError("http://a.test", 500, "no", Message(), None)
    Leftovers([error]).let_go()
    assert error.closed


def test_what_a_function_holds_that_runs_is_kept() -> None:
    cursor = Cursor()
    try:
        raise OSError("injected")
    except OSError as error:
        Leftovers([error]).let_go()
    assert isinstance(cursor, Cursor)


def worker(errors: list[BaseException]) -> Generator[str]:
    try:
        raise OSError("injected")
    except OSError as error:
        errors.append(error)
    yield "caught"
    yield "goes on"


def test_a_generator_that_has_caught_it_goes_on() -> None:
    errors: list[BaseException] = []
    steps = worker(errors)
    assert next(steps) == "caught"
    Leftovers(errors).let_go()
    assert inspect.getgeneratorstate(steps) == inspect.GEN_SUSPENDED
    assert next(steps) == "goes on"


def test_a_task_that_has_caught_it_goes_on() -> None:
    errors: list[BaseException] = []

    async def work() -> str:
        try:
            raise OSError("injected")
        except OSError as error:
            errors.append(error)
        await asyncio.sleep(0)
        return "done"

    async def exchange() -> str:
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        Leftovers(errors).let_go()
        return await task

    assert asyncio.run(exchange()) == "done"


def test_a_coroutine_that_nobody_awaited_is_collected_in_silence(recwarn: pytest.WarningsRecorder) -> None:
    async def job() -> None: ...

    def start(coroutine: Any) -> None:
        circle: list[Any] = [coroutine]
        circle.append(circle)

    start(job())
    Leftovers().let_go()
    gc.collect()
    assert [one for one in recwarn if "job" in str(one.message)] == []


def test_what_is_raised_where_nobody_can_catch_it_is_kept_from_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", lambda one: told.append(one) if one.exc_type is OSError else None)

    class Circle:
        def __init__(self) -> None:
            self.own = self

        def __del__(self) -> None:
            raise OSError("injected")

    Circle()
    Leftovers().let_go()
    assert told == []
    Circle()
    gc.collect()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("events", "fired", "wanted"),
    [
        ([START, End()], (), None),
        ([START, Gone(), End()], (), None),
        ([Gone()], (), None),
        ([START, Gone()], (), Leftovers((), True)),
        ([START, End()], ("fault",), Leftovers((), False)),
        ([START, Gone()], ("fault",), Leftovers((), True)),
    ],
)
def test_what_may_be_left(events: Sequence[Event], fired: Sequence[Any], wanted: Leftovers | None) -> None:
    exchange: Any = SimpleNamespace(events=events, fired=fired)
    assert left_by(exchange, ()) == wanted


@pytest.fixture
def thawed() -> Iterator[None]:
    """Nothing is frozen, whatever the interpreter has frozen."""
    gc.unfreeze()
    leftovers._is_frozen_by_others.cache_clear()
    yield
    gc.unfreeze()
    leftovers._is_frozen_by_others.cache_clear()


@pytest.mark.usefixtures("thawed")
def test_collections_look_only_at_what_is_new() -> None:
    with only_new():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


class Circle:
    """What only a collection frees."""

    def __init__(self) -> None:
        self.own = self


@pytest.mark.usefixtures("thawed")
def test_what_is_left_is_collected_in_the_end() -> None:
    with only_new():
        left = weakref.ref(Circle())
    assert left() is None


@pytest.mark.usefixtures("thawed")
def test_what_others_have_held_until_then_is_collected_some_time_later() -> None:
    with only_new():
        held = Circle()
        left = weakref.ref(held)
    del held
    for _ in range(leftovers._EVERY):
        with only_new():
            pass
    assert left() is None


@pytest.mark.parametrize(("frozen", "by_others"), [(0, False), (375, False), (40_000, True)])
@pytest.mark.usefixtures("thawed")
def test_what_python_has_frozen_itself_is_not_somebody_elses(
    monkeypatch: pytest.MonkeyPatch, frozen: int, by_others: bool
) -> None:
    monkeypatch.setattr(gc, "get_freeze_count", lambda: frozen)
    assert leftovers._is_frozen_by_others() is by_others


@pytest.mark.usefixtures("thawed")
def test_what_somebody_else_has_frozen_stays_so() -> None:
    gc.freeze()
    with only_new():
        pass
    assert gc.get_freeze_count() > 0

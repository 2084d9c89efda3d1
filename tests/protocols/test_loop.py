"""The loop's single step is a turn of the loop to all that runs in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from pytest_oneresponse.protocols.loop import Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.run_until_complete(made.shutdown_asyncgens())
    made.close()


def test_a_step_ends_what_waits_for_nothing(loop: Loop) -> None:
    seen: list[Any] = []

    async def work() -> str:
        seen.append((asyncio.get_running_loop() is loop, loop.is_running(), asyncio.current_task()))
        return "done"

    task = loop.create_task(work())
    hooks = sys.get_asyncgen_hooks()
    loop.step()
    assert task.done() and task.result() == "done" and seen == [(True, True, task)]
    assert asyncio._get_running_loop() is None and not loop.is_running() and sys.get_asyncgen_hooks() == hooks


def test_what_waits_goes_on_in_the_loop(loop: Loop) -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    task = loop.create_task(work())
    loop.step()
    assert not task.done() and loop.has_more()
    assert loop.run_until_complete(task) == 7 and not loop.has_more()


def test_nothing_is_taken_out_of_its_turn(loop: Loop) -> None:
    order: list[str] = []

    async def work() -> None:
        order.append("task")

    loop.call_soon(order.append, "before")
    task = loop.create_task(work())
    loop.step()
    assert order == []
    loop.run_until_complete(task)
    assert order == ["before", "task"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_leaves_a_loop_leaves_a_step(loop: Loop, error: type[BaseException]) -> None:
    async def work() -> None:
        raise error

    task = loop.create_task(work())
    with pytest.raises(error):
        loop.step()
    assert task.done() and isinstance(task.exception(), error)
    assert asyncio._get_running_loop() is None and not loop.is_running()


def test_an_asynchronous_generator_of_a_step_belongs_to_the_loop(loop: Loop) -> None:
    closed: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append("closed")

    kept: list[Any] = []

    async def work() -> None:
        kept.append(numbers())
        await anext(kept[0])

    loop.create_task(work())
    loop.step()
    loop.run_until_complete(loop.shutdown_asyncgens())
    assert closed == ["closed"]


def test_tasks_are_counted(loop: Loop) -> None:
    async def work() -> None:
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

    assert loop.tasks_made == 0
    loop.run_until_complete(work())
    assert loop.tasks_made == 3

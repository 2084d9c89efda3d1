"""What stands in the place of what fails: of a call, an awaitable, an iterable, a context manager."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..exchange import current
from ..owners import HERE


def rather(failing: Callable[[], Any], *_: Any, **__: Any) -> Any:
    """Fails in the place of a call, with whatever it is called."""
    __tracebackhide__ = True
    return failing()


def then(function: Callable[..., Any], failing: Callable[[], Any], *arguments: Any, **named: Any) -> Any:
    """Do what is to be done, and fail then, unless that is not wanted."""
    done = function(*arguments, **named)
    return done if named.get("ignore_errors") else failing()


async def instead(awaitable: Any, failing: Callable[[], Any]) -> Any:
    """Fails in the place of an awaitable, which is not awaited any more."""
    let_go(awaitable)
    return failing()


async def cancelled(awaitable: Any, failing: Callable[[], Any]) -> Any:
    """Cancels as a server does, while an awaitable is awaited: the task in which the app was called, and what waits in it.

    A task that outlives the exchange is none of them, nor one that the app's start-up began: there the awaitable is awaited.
    """
    task, exchange = asyncio.current_task(), current()
    if exchange is not None and exchange.facts.kind == "lifespan":
        return await awaitable
    own: Any = exchange.task if exchange is not None and exchange.task is not None else task
    if own is None or own.done() or (exchange is not None and exchange.closed):
        return await awaitable
    sends = inspect.iscoroutine(awaitable) and awaitable.cr_code.co_filename.startswith(HERE)
    if sends:
        await awaitable  # a message was handed over, and who waits for it to be sent is cancelled
    elif own is task:
        let_go(awaitable)
    with suppress(asyncio.CancelledError):
        failing()
    own.cancel()
    try:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
    except BaseException:
        let_go(awaitable)
        raise
    return None if sends else await awaitable


_TURNS = 10
"""So many turns of the loop are enough for a cancellation to come to the tasks of a task group."""


def let_go(awaitable: Any) -> None:
    """Nobody awaits it: a coroutine, or what holds one, is closed, and a task cancelled."""
    if inspect.iscoroutine(awaitable):
        awaitable.close()
    elif hasattr(awaitable, "cancel"):
        awaitable.cancel()
    else:
        with suppress(Exception):
            awaitable.__await__().close()


class Steps:
    """An iterable each step of which may fail, gone through by `for` or, as some can be as well, by `async for`."""

    def __init__(self, iterable: Any, step: Callable[[], Callable[[], Any] | None]) -> None:
        self.iterable = iterable
        self.step = step
        self.iterator: Any = None

    def __iter__(self) -> Steps:
        self.iterator = iter(self.iterable)
        return self

    def __next__(self) -> Any:
        failing = self.step()
        if failing is not None:
            _let_go(self.iterator)
            failing()
        return next(self.iterator)

    def __aiter__(self) -> Steps:
        self.iterator = aiter(self.iterable)
        return self

    async def __anext__(self) -> Any:
        failing = self.step()
        if failing is not None:
            if inspect.isasyncgen(self.iterator):
                await self.iterator.aclose()
            failing()
        return await anext(self.iterator)


def _let_go(iterator: Any) -> None:
    """A generator that fails has ended: what it holds is let go."""
    close = getattr(iterator, "close", None)
    if inspect.isgenerator(iterator) and close is not None:
        close()


class Manager:
    """A context manager the entry and the exit of which may fail; only an exit without another exception does.

    `passed`: by "enter" and "exit", as far as these may fail, what is asked as they are passed.
    """

    def __init__(self, manager: Any, passed: Mapping[str, Callable[[], Callable[[], Any] | None]]) -> None:
        self.manager = manager
        self.passed = passed

    def __enter__(self) -> Any:
        self.fail("enter")
        return self.manager.__enter__()

    def __exit__(self, *raised: Any) -> Any:
        done = self.manager.__exit__(*raised)
        if raised[0] is None:
            self.fail("exit")
        return done

    async def __aenter__(self) -> Any:
        self.fail("enter")
        return await self.manager.__aenter__()

    async def __aexit__(self, *raised: Any) -> Any:
        done = await self.manager.__aexit__(*raised)
        if raised[0] is None:
            self.fail("exit")
        return done

    def fail(self, kind: str) -> None:
        failing = self.passed[kind]() if kind in self.passed else None
        if failing is not None:
            if hasattr(self.manager, "__await__"):  # one that could be awaited as well
                let_go(self.manager)
            failing()

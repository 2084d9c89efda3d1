"""An event loop that runs a coroutine's first step without a turn of its own, also beside one that runs."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from asyncio import events
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_Base: Any = getattr(asyncio, "ProactorEventLoop", asyncio.SelectorEventLoop)  # the one that the platform's own loop is


class Loop(_Base):  # type: ignore[misc]
    """asyncio's own loop, and `step`: most exchanges of an app that waits for nothing are over after it.

    `tasks_made`: how many tasks were made in it so far.
    """

    tasks_made = 0

    def create_task(self, coroutine: Coroutine[Any, Any, Any], **named: Any) -> asyncio.Task[Any]:
        self.tasks_made += 1
        task: asyncio.Task[Any] = super().create_task(coroutine, **named)
        return task

    def has_more(self) -> bool:
        """Whether something is to run as soon as the loop goes on."""
        return bool(self._ready)

    def step(self) -> None:
        """Run what was scheduled last, if it is all that is: what a turn of the loop does, without a look at files and clocks.

        Raises what leaves the loop: SystemExit and KeyboardInterrupt.
        """
        if len(self._ready) != 1 or self.is_running() or self._debug:
            return
        handle = self._ready.popleft()
        hooks = sys.get_asyncgen_hooks()
        self._thread_id: Any = threading.get_ident()
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)
        events._set_running_loop(self)
        try:
            if not handle._cancelled:
                handle._run()
        finally:
            events._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)
            self._thread_id = None


_T = TypeVar("_T")


def in_a_thread(function: Callable[..., _T], *arguments: Any) -> _T:
    """What a function returns that runs a loop of its own, called from inside a running one, as in an async test."""
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1, "oneresponse") as pool:
        return pool.submit(context.run, function, *arguments).result()

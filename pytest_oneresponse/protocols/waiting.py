"""Where an app waits: the chain of what awaits what, down to the innermost line; or the thread in which its code hangs."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Coroutine, Iterable
from types import FrameType
from typing import Any

from ..owners import HERE
from ..sites import Chain, Proxies, holds_user, is_users, walk


def _behind(awaitable: Any) -> Any:
    """The async generator behind one step of it, or the task that a future's iterator stands for: no attribute names them."""
    if isinstance(awaitable, asyncio.Task):
        return awaitable.get_coro()
    if isinstance(awaitable, asyncio.Future):  # asyncio.gather's
        return next((child for child in getattr(awaitable, "_children", ()) if not child.done()), None)
    if type(awaitable).__name__ not in _STEPS:
        return None
    held = gc.get_referents(awaitable)
    return next((one for one in held if isinstance(one, (AsyncGenerator, Coroutine, asyncio.Future))), None)


_STEPS = frozenset(("async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "FutureIter"))


def waiting_chain(awaitable: Any) -> Chain:
    """The chain of frames from the innermost awaiting line outward, found by walking what awaits what."""
    return chained(waiting_frames(awaitable))


def chained(frames: Iterable[FrameType]) -> Chain:
    """Frames, innermost first, as a chain."""
    return tuple(part for frame in frames for part in (frame.f_code, frame.f_lasti))


def waiting_frames(awaitable: Any) -> list[FrameType]:
    """The frames of a chain of what awaits what, innermost first, without this plugin's own."""
    frames: list[FrameType] = []
    for _ in range(500):
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "gi_frame", None)
        frame = frame or getattr(awaitable, "ag_frame", None)
        if frame is not None and not frame.f_code.co_filename.startswith(HERE):
            frames.append(frame)
        inner = getattr(awaitable, "cr_await", None)
        if inner is None:
            inner = getattr(awaitable, "gi_yieldfrom", None)
        if inner is None:
            inner = getattr(awaitable, "ag_await", None) or _behind(awaitable)
        if inner is None:
            break
        awaitable = inner
    frames.reverse()
    return frames


def where_it_waits(run: Any, begun: Iterable[asyncio.Task[Any]], older: Iterable[asyncio.Task[Any]]) -> Chain:
    """Where the app waits: in its own run, or in a task or a thread that it waits for.

    `begun`: the tasks that the exchange has begun; `older`: those that there were before. A proxy, as a middleware's
    `call_next` is, waits for the app behind it, which runs in a task of its own, and there perhaps for a thread.
    """
    own = waiting_chain(run)
    chains = [chain for chain in (own, *map(_of_task, begun)) if holds_user(chain)]
    inmost = next((chain for chain in chains if not _waits_for_a_proxy(chain)), None)
    if inmost is not None:
        return inmost
    outer = next((chain for chain in (*chains, *map(_of_task, older)) if holds_user(chain)), None)
    return _stuck_thread() or outer or own


def _of_task(task: asyncio.Task[Any]) -> Chain:
    return waiting_chain(task.get_coro())


def _waits_for_a_proxy(chain: Chain) -> bool:
    """Whether the innermost frame of the user's waits in a proxy."""
    inner = itertools.takewhile(lambda code: not is_users(code), chain[::2])
    return any(map(Proxies.is_in, inner))


_stuck: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
"""The threads that were found to hang: each does so for one exchange."""


def _stuck_thread() -> Chain | None:
    """The stack of a thread in which the user's code hangs."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread not in _stuck:
            chain = walk(frames.get(thread.ident or 0))[0]
            if holds_user(chain):
                _stuck.add(thread)
                return chain
    return None

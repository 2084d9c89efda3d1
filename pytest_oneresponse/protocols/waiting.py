"""Where a coroutine waits: the chain of what awaits what, down to the innermost line."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from ..owners import HERE
from ..sites import Chain


def _generator_of(awaitable: Any) -> Any:
    """The async generator behind one step of it, which no attribute names."""
    if type(awaitable).__name__ not in ("async_generator_asend", "async_generator_athrow", "coroutine_wrapper"):
        return None
    return next((one for one in gc.get_referents(awaitable) if isinstance(one, (AsyncGenerator, Coroutine))), None)


def waiting_chain(awaitable: Any) -> Chain:
    """The chain of frames from the innermost awaiting line outward, found by walking what awaits what."""
    chain: list[Any] = []
    for _ in range(500):
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "gi_frame", None)
        frame = frame or getattr(awaitable, "ag_frame", None)
        if frame is not None and not frame.f_code.co_filename.startswith(HERE):
            chain = [frame.f_code, frame.f_lasti, *chain]
        inner = getattr(awaitable, "cr_await", None)
        if inner is None:
            inner = getattr(awaitable, "gi_yieldfrom", None)
        if inner is None:
            inner = getattr(awaitable, "ag_await", None) or _generator_of(awaitable)
        if inner is None and isinstance(awaitable, asyncio.Task):
            inner = awaitable.get_coro()
        if inner is None:
            break
        awaitable = inner
    return tuple(chain)

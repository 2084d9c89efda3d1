"""ASGI's lifespan, as a server plays it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ..exchange import Exchange
from .client import Refused

_EXCEPTION = re.compile(r"^(?:\s*\| )?([A-Za-z_][\w.]*(?:: .*)?)$", re.MULTILINE)
"""A traceback's last line, which names the exception, also within a group's frame."""


def in_a_line(failure: str) -> str:
    """What a failed start-up comes to: of a traceback, as which most frameworks tell it, the exception that ends it."""
    if "Traceback (most recent call last)" not in failure:
        return failure
    named: list[str] = _EXCEPTION.findall(failure)
    return named[-1] if named else failure


class LifespanRun:
    """The lifespan protocol: started once for an app; an app that does not know it is served without.

    `app` takes scope, receive and send, and is recorded by `exchange`.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], exchange: Exchange, timeout: float) -> None:
        self.app = app
        self.exchange = exchange
        self.timeout = timeout or None
        self.state: dict[str, Any] = {}
        self.has_begun = False
        """Whether the app has completed its start-up."""
        self.failure = ""
        """What the app said when its start-up failed."""
        self.task: asyncio.Task[None] | None = None
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.told: asyncio.Queue[str] = asyncio.Queue()

    async def startup(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self.task = asyncio.ensure_future(self.run(scope))
        await self.ask("startup")

    async def run(self, scope: dict[str, Any]) -> None:
        try:
            await self.app(scope, self.inbox.get, self.send)
        except KeyboardInterrupt:
            raise
        except BaseException:  # an app that does not know the protocol; SystemExit would end the loop, and pytest
            pass
        finally:
            self.told.put_nowait("returned")

    async def send(self, message: dict[str, Any]) -> None:
        if not str(message.get("type")).startswith("lifespan."):
            raise Refused(f"{message.get('type')!r} has no place in the lifespan")
        self.has_begun |= message.get("type") == "lifespan.startup.complete"
        if message.get("type") == "lifespan.startup.failed":
            self.failure = str(message.get("message") or "it said no more")
        await self.told.put(str(message.get("type")))

    async def ask(self, what: str) -> None:
        await self.inbox.put({"type": f"lifespan.{what}"})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.told.get(), self.timeout)
        self.exchange.leave()

    async def shutdown(self) -> None:
        if self.task is None or self.task.done():
            return
        await self.ask("shutdown")
        await asyncio.wait([self.task], timeout=self.timeout)

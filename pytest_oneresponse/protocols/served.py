"""One request as an ASGI server handles it: what the app receives, and what becomes of what it sends."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from ..contract.events import TimedOut
from ..contract.machine import judge
from ..contract.request import Request
from ..exchange import Exchange
from ..sites import Chain
from .alarm import TimeLimit
from .client import MOST_CHUNKS, REFUSED_RULES, Answer, Client, ClientLeft, Refused, as_text
from .interrupt import raise_if_users
from .loop import Loop
from .waiting import where_it_waits

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Call = Callable[[Receive, Send, Exchange], Coroutine[Any, Any, None]]
"""Calls the app once, its events going to the exchange."""

_GRACE = 0.05
"""How long tasks that the app left behind are waited for, in seconds."""
_IDLE = 0.1
"""After so many silent seconds the client leaves a response that stays open by design."""


class Served:
    """One request as a server handles it."""

    def __init__(
        self,
        call: Call,
        request: Request,
        client: Client,
        exchange: Exchange,
        timeout: float,
        known_tasks: set[asyncio.Task[Any]],
    ) -> None:
        self.known_tasks = known_tasks
        self.call = call
        self.client = client
        self.exchange = exchange
        self.timeout = timeout
        self.answer = Answer()
        half = request.body[: len(request.body) // 2] if client.breaks_off else request.body
        self.messages = [{"type": "http.request", "body": half, "more_body": client.breaks_off}]
        self.left = False
        self.ended = False
        self.hangs = self.timed_out = False
        self.longer = 0.0
        """The seconds of the time limit that an app has which is not streaming when the client looks."""
        self.endless = False
        """Whether the client has left a stream that kept coming."""
        self.sends_after = 0
        self.waiting: list[asyncio.Future[None]] = []
        self.timers: list[asyncio.TimerHandle] = []
        self.task: asyncio.Task[Any] | None = None
        self.app_run: Coroutine[Any, Any, None] | None = None
        self.last_event = 0.0

    def run(self, loop: Loop) -> None:
        """Serve the request to its end. SystemExit in some task of the app's leaves the loop: it is entered again."""
        self.task = self.exchange.task = loop.create_task(self.serve(loop))
        try:
            loop.step()
        except TimeLimit:
            raise
        except BaseException as error:  # the task holds it
            raise_if_users(error)
        if self.timeout and not self.task.done():
            self.timers.append(loop.call_later(self.timeout - self.longer, self.on_limit))
        while not self.task.done():
            try:
                loop.run_until_complete(self.task)
            except TimeLimit:
                raise
            except BaseException as error:
                raise_if_users(error)
                if self.hangs:
                    raise

    async def serve(self, loop: Loop) -> None:
        if self.client.leaves == "before":
            self.leave()
        threads, tasks = threading.active_count(), loop.tasks_made
        self.app_run = self.call(self.receive, self.send, self.exchange)
        try:
            await self.app_run
        finally:
            if self.timers:
                self.cancel_timers()
        new_threads = threading.active_count() > threads
        if new_threads or self.exchange.called or loop.tasks_made > tasks or loop.has_more():
            await self.settle(new_threads)

    async def settle(self, new_threads: bool) -> None:
        """Wait a moment for what the app left running: new tasks, messages that nobody has awaited yet, new threads."""
        left = asyncio.all_tasks() - self.known_tasks
        left.discard(asyncio.current_task())
        if left or new_threads or self.exchange.called:
            for _ in range(3):
                await asyncio.sleep(0)
            left = {task for task in left if not task.done()}
        if left:
            await asyncio.wait(left, timeout=_GRACE)
            self.known_tasks |= {task for task in left if not task.done()}

    async def receive(self) -> dict[str, Any]:
        if self.messages:
            return self.messages.pop(0)
        if self.client.breaks_off:
            self.leave()
        if not (self.left or self.ended):
            future = asyncio.get_running_loop().create_future()
            self.waiting.append(future)
            await future
        return {"type": "http.disconnect"}

    def leave(self, *, told: bool = True) -> None:
        """The client goes; `told`: the exchange does not learn it by an exception."""
        if not self.left:
            if not self.exchange.client:
                self.exchange.client = "leaves a stream that does not end"
            self.left = True
            if told and not self.ended:
                self.exchange.gone()
            self.wake()

    def wake(self) -> None:
        for future in self.waiting:
            if not future.done():
                future.set_result(None)
        self.waiting.clear()

    async def send(self, message: Any) -> None:
        if self.client.strict:
            self.refuse()
        if self.left:
            await self.send_to_nobody()
            return
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "http.response.start":
            self.take_start(message)
        elif kind == "http.response.body":
            self.take_body(message)
        if self.client.slow:
            for _ in range(3):
                await asyncio.sleep(0)

    async def send_to_nobody(self) -> None:
        """After the client has left a send is lost; an app that goes on for long gets an OSError, as ASGI 2.4 has it."""
        self.sends_after += 1
        if self.sends_after > 100:
            raise ClientLeft("the client is gone")
        await asyncio.sleep(0)

    def refuse(self) -> None:
        verdict = judge(self.exchange.facts, tuple(self.exchange.events), over=False)
        if any(breach.rule in REFUSED_RULES and not breach.level for breach in verdict.breaches):
            raise self.exchange.refused_breach(Refused("Unexpected ASGI message: it breaks the contract"))

    def take_start(self, message: dict[str, Any]) -> None:
        if self.client.refuses == "start":
            self.leave(told=False)
            raise ClientLeft("the client is gone")
        if not self.answer.status:
            status = message.get("status")
            self.answer.status = int(status) if isinstance(status, int) else 0
            self.answer.headers = as_text(self.exchange.handed[2] if self.exchange.handed else ())
            if self.answer.streams:
                self.watch_for_silence()

    def take_body(self, message: dict[str, Any]) -> None:
        if self.client.refuses == "body":
            self.leave(told=False)
            raise ClientLeft("the client is gone")
        body = message.get("body", b"")
        self.last_event = time.monotonic()
        if isinstance(body, (bytes, bytearray, memoryview)):
            self.answer.take(bytes(body))
        if not message.get("more_body", False):
            self.ended = True
            self.wake()
        elif (self.client.leaves == "first" and body) or self.answer.chunks >= MOST_CHUNKS:
            self.leave()

    def watch_for_silence(self) -> None:
        loop = asyncio.get_running_loop()
        self.last_event = time.monotonic()

        def look() -> None:
            if time.monotonic() - self.last_event >= _IDLE:
                self.leave()
            else:
                self.timers.append(loop.call_later(_IDLE, look))

        self.timers.append(loop.call_later(_IDLE, look))

    # --- the time limit

    def on_limit(self) -> None:
        """The limit has passed in an await: note where, then cancel, then give the loop up.

        From a stream that keeps coming the client first leaves, and the app has as long again to notice.
        """
        if not self.left and self.answer.keeps_coming(self.timeout):
            self.endless = True
            self.leave()
            self.timers.append(asyncio.get_running_loop().call_later(min(1.0, self.timeout), self.on_limit))
            return
        if self.longer:
            self.timers.append(asyncio.get_running_loop().call_later(self.longer, self.on_limit))
            self.longer = 0.0
            return
        others = [task for task in asyncio.all_tasks() if task is not self.task]
        begun = [task for task in others if task not in self.known_tasks]
        self.time_out(where_it_waits(self.app_run, begun, [task for task in others if task in self.known_tasks]))
        self.left = True
        self.wake()
        loop = asyncio.get_running_loop()
        if self.task is not None:
            self.task.cancel()
        self.timers.append(loop.call_later(min(0.2, self.timeout), self.on_stuck))

    def on_stuck(self) -> None:
        self.hangs = True
        asyncio.get_running_loop().stop()

    def time_out(self, site: Chain) -> None:
        if not self.timed_out:
            self.timed_out = True
            self.exchange.add(TimedOut(site))

    def cancel_timers(self) -> None:
        for timer in self.timers:
            timer.cancel()

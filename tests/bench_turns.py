"""Measuring in turns, and the loops that call an app."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 40
REQUESTS = 300
Run = Callable[[], float]


def in_turns(bare: Run, ours: Run, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """The best round of each side, and the median of ours / bare, pair by pair."""
    pairs = []
    for number in range(rounds):
        gc.collect()
        first, second = (bare, ours) if number % 2 == 0 else (ours, bare)
        one, other = first(), second()
        pairs.append((one, other) if number % 2 == 0 else (other, one))
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs), ratio


def line(name: str, bare: float, ours: float, ratio: float, note: str = "") -> None:
    print(f"{name:34}{bare * 1e6:12.2f}{ours * 1e6:12.2f}{(ours - bare) * 1e6:+10.2f}{ratio:9.3f}  {note}", flush=True)


# --- loops that call an app


def wsgi_loop(app: Any, requests: int = REQUESTS) -> Run:
    from pytest_oneresponse.contract.request import Request
    from pytest_oneresponse.protocols.wsgi import environ_of

    environ = environ_of(Request(path="/items/7", query="q=x"))

    def start_response(*_: Any) -> Any:
        return None

    def run() -> float:
        began = time.perf_counter()
        for _ in range(requests):
            body = app(dict(environ), start_response)
            for _chunk in body:
                pass
            close = getattr(body, "close", None)
            if close is not None:
                close()
        return (time.perf_counter() - began) / requests

    return run


def asgi_loop(app: Any, requests: int = REQUESTS) -> Run:
    from pytest_oneresponse.contract.request import Request
    from pytest_oneresponse.protocols.asgi import scope_of

    scope = scope_of(Request(path="/items/7", query="q=x"))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        pass

    async def loop() -> float:
        began = time.perf_counter()
        for _ in range(requests):
            await app(dict(scope), receive, send)
        return (time.perf_counter() - began) / requests

    return lambda: asyncio.run(loop())

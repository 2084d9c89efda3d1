"""Starlette's TestClient, and with it FastAPI's: requests, websocket sessions and the lifespan."""

from __future__ import annotations

import functools
import inspect
from types import ModuleType
from typing import Any

from ..patching import Patches
from .disguise import Disguise, disguised, watched_asgi


def patch(module: ModuleType, patches: Patches) -> None:
    """Record at the three places where the test client calls the app."""
    patches.replace(getattr(module, "_TestClientTransport", None), "handle_request", _handle_request)
    patches.replace(getattr(module, "WebSocketTestSession", None), "_run", disguised("app", watched_asgi))
    patches.replace(getattr(module, "TestClient", None), "lifespan", disguised("app", watched_asgi))


TARGETS = {"starlette.testclient": patch}


def _handle_request(original: Any) -> Any:
    if not inspect.isfunction(original):
        return original

    @functools.wraps(original)
    def handle_request(self: Any, request: Any, /) -> Any:
        __tracebackhide__ = True
        # A websocket session is handed the app here and calls it in its own `_run`.
        websocket = request.url.scheme in ("ws", "wss")
        return original(self if websocket else Disguise(self, "app", watched_asgi), request)

    return handle_request

"""Litestar's TestClient and AsyncTestClient: requests, websocket sessions and the lifespan."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..patching import Patches
from .disguise import Disguise, disguised, watched_asgi


def _watching(client: Any) -> Any:
    """A test client whose app is recorded."""
    return Disguise(client, "app", watched_asgi)


def _transport(module: ModuleType, patches: Patches) -> None:
    for method in ("handle_request", "handle_async_request"):
        patches.replace(getattr(module, "TestClientTransport", None), method, disguised("client", _watching))


def _websocket(module: ModuleType, patches: Patches) -> None:
    patches.replace(getattr(module, "WebSocketTestSession", None), "do_asgi_call", disguised("client", _watching))


def _lifespan(module: ModuleType, patches: Patches) -> None:
    patches.replace(getattr(module, "LifeSpanHandler", None), "lifespan", disguised("client", _watching))


TARGETS = {
    "litestar.testing.transport": _transport,
    "litestar.testing.websocket_test_session": _websocket,
    "litestar.testing.life_span_handler": _lifespan,
}

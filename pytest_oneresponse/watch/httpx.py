"""The in-process transports of httpx and of its fork httpx2."""

from __future__ import annotations

from types import ModuleType

from ..patching import Patches
from .disguise import disguised, watched_asgi, watched_wsgi


def patch(module: ModuleType, patches: Patches) -> None:
    """Record what passes through `ASGITransport` and `WSGITransport`, made by hand or by `Client(app=...)`."""
    asgi, wsgi = getattr(module, "ASGITransport", None), getattr(module, "WSGITransport", None)
    patches.replace(asgi, "handle_async_request", disguised("app", watched_asgi))
    patches.replace(wsgi, "handle_request", disguised("app", watched_wsgi))


TARGETS = {"httpx": patch, "httpx2": patch}

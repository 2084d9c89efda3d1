"""WebOb: no app class of its own, but the responses and exceptions of Pyramid, and of many a bare WSGI app."""

from __future__ import annotations

from typing import Any

from ..routes import Route

NAME = "webob"
INTERFACE = "wsgi"
APPS: tuple[str, ...] = ()
RESPONSES = ("webob.response.Response",)
ERRORS = ("webob.exc.HTTPException",)
PROXIES = ("webob/request.py",)
"""A request that an app makes of another one gets what that one has answered."""
PACKAGES = ("webob",)
HEADER_SETTERS: tuple[tuple[str, str, str], ...] = ()


def routes(app: Any) -> list[Route]:
    """None: WebOb knows requests and responses only."""
    return []


def hosts(app: Any) -> list[str]:
    """None."""
    return []

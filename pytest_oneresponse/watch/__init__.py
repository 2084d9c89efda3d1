"""Where test clients' requests pass: each client's module is patched once the user has imported it."""

from __future__ import annotations

from ..patching import Patches
from . import asgiref, django, httpx, litestar, starlette, webtest, werkzeug

__all__ = ["CLIENTS", "Patches", "install"]

CLIENTS = "WebTest, Werkzeug, Flask, Django, Starlette, FastAPI, Litestar, httpx, httpx2 and asgiref"
"""Whose requests are seen."""
_CLIENTS = (asgiref, django, httpx, litestar, starlette, webtest, werkzeug)


def install() -> Patches:
    """Record, from now on, every request that passes through a known test client; ended by `Patches.undo()`."""
    patches = Patches()
    try:
        for client in _CLIENTS:
            for name, patch in client.TARGETS.items():
                patches.when_imported(name, patch)
    except BaseException:
        patches.undo()
        raise
    return patches

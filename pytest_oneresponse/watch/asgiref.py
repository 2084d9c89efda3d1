"""asgiref's ApplicationCommunicator, and with it the communicators of Channels."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..patching import Patches
from .disguise import Disguise, disguised, watched_asgi


def patch(module: ModuleType, patches: Patches) -> None:
    """Record the app where its task is made: in the `future` property (asgiref 3.9 on), before that in `__init__`."""
    communicator = getattr(module, "ApplicationCommunicator", None)
    if isinstance(vars(communicator).get("future") if communicator else None, property):
        patches.replace(communicator, "future", _future)
    else:
        patches.replace(communicator, "__init__", disguised("application", watched_asgi))


TARGETS = {"asgiref.testing": patch}


def _future(original: property) -> property:
    getter = original.fget
    assert getter is not None

    def future(self: Any) -> Any:
        __tracebackhide__ = True
        return getter(Disguise(self, "application", watched_asgi))

    return property(future, original.fset, original.fdel, original.__doc__)

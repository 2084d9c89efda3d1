"""Giving a client's method, in place of its app, the app with a recorder around it."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

from .. import protocols
from ..patching import Make


class Disguise:
    """`self` for one call of a client's method: the real object in all but one attribute, which is seen through `view`.

    Reads, writes and deletions go to the real object, `isinstance` and zero-argument `super()` see its class, and
    methods are bound to it; so nothing but the body of that one method can notice.
    """

    __slots__ = ("_disguise_name", "_disguise_real", "_disguise_view")

    def __init__(self, real: Any, name: str, view: Callable[[Any], Any]) -> None:
        put = object.__setattr__
        put(self, "_disguise_real", real)
        put(self, "_disguise_name", name)
        put(self, "_disguise_view", view)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._disguise_real, name)
        return self._disguise_view(value) if name == self._disguise_name else value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._disguise_real, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._disguise_real, name)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._disguise_real)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        attributes: dict[str, Any] = vars(self._disguise_real)
        return attributes


def disguised(name: str, view: Callable[[Any], Any]) -> Make:
    """A `make` for Patches.replace: the method, unchanged, runs with `self.name` seen through `view`."""

    def make(original: Any) -> Any:
        if not inspect.isfunction(original):
            return original

        @functools.wraps(original)
        def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return original(Disguise(self, name, view), *args, **kwargs)

        return method

    return make


def watched_wsgi(app: Any) -> Any:
    """The WSGI callable with the recorder around it."""
    return _protocol("wsgi").watched(app)


def watched_asgi(app: Any) -> Any:
    """The ASGI callable with the recorder around it."""
    return _protocol("asgi").watched(app)


def _protocol(name: str) -> Any:
    """The module of a protocol, imported with the first request that needs it: asyncio is not cheap."""
    return getattr(protocols, name, None) or importlib.import_module(f"{protocols.__name__}.{name}")

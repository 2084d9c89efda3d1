"""Replacing a client's methods, and putting every one of them back."""

from __future__ import annotations

import functools
import importlib
import inspect
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .. import protocols
from .imported import when_imported

Make = Callable[[Any], Any]

_ABSENT = object()


class Patches:
    """Replaced attributes and awaited modules, undone together by `undo`. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._replaced: list[tuple[Any, str, Any, Any]] = []
        self._cancels: list[Callable[[], None]] = []
        self._undone = False

    def when_imported(self, module: str, action: Callable[[ModuleType, Patches], None]) -> None:
        """Call `action(module, self)` as soon as the named module has been imported, and never after `undo`."""
        cancel = when_imported(module, lambda found: action(found, self))
        with self._lock:
            self._cancels.append(cancel)
            if self._undone:
                cancel()

    def replace(self, owner: Any, name: str, make: Make) -> bool:
        """Set `owner.name` to `make(original)`, where the original is as it stands in the class (a descriptor unbound).

        An inherited attribute is replaced on `owner` alone. False, and nothing done, where `owner` is None or has
        no such attribute, where `make` returns the original, where it was replaced here before, or after `undo`.
        """
        with self._lock:
            original = _ABSENT if owner is None else inspect.getattr_static(owner, name, _ABSENT)
            if self._undone or original is _ABSENT or self._is_ours(original):
                return False
            before = vars(owner).get(name, _ABSENT)
            replacement = make(original)
            if replacement is original:
                return False
            setattr(owner, name, replacement)
            self._replaced.append((owner, name, before, replacement))
            return True

    def when_undone(self, action: Callable[[], None]) -> None:
        """Call `action` once, with `undo`."""
        with self._lock:
            self._cancels.append(action)

    def undo(self) -> None:
        """Put every original back, last one first, and stop waiting for modules. A second call does nothing.

        An attribute that someone else has replaced in the meantime is left to them.
        """
        with self._lock:
            self._undone = True
            for cancel in self._cancels:
                cancel()
            self._cancels.clear()
            while self._replaced:
                owner, name, before, replacement = self._replaced.pop()
                if vars(owner).get(name) is not replacement:
                    continue
                if before is _ABSENT:
                    delattr(owner, name)
                else:
                    setattr(owner, name, before)

    def _is_ours(self, value: Any) -> bool:
        return any(replacement is value for *_, replacement in self._replaced)


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

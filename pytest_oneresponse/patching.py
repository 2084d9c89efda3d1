"""Replacing attributes of other people's classes and modules, and putting every one of them back."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

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

"""Acting on a module once the user has imported it, and never importing it for them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Action = Callable[[ModuleType], object]

_waiting: dict[str, list[Action]] = {}
_lock = threading.RLock()


def when_imported(name: str, action: Action) -> Callable[[], None]:
    """Call `action(module)` at once where the module is imported, and after each later import or reload of it.

    Returns a function that stops it. An exception of the action passes out of the import.
    """

    def call(module: ModuleType) -> object:
        # A new function each time, so that one action can be registered twice and stopped once.
        return action(module)

    with _lock:
        if _FINDER not in sys.meta_path:  # the first to wait, or somebody has put an older list back
            sys.meta_path.insert(0, _FINDER)
        _waiting.setdefault(name, []).append(call)
    module = sys.modules.get(name)
    if module is not None:
        try:
            call(module)
        except BaseException:
            _stop(name, call)
            raise
    return lambda: _stop(name, call)


def _stop(name: str, action: Action) -> None:
    with _lock:
        actions = _waiting.get(name, [])
        if action in actions:
            actions.remove(action)
        if not actions:
            _waiting.pop(name, None)
        if not _waiting and _FINDER in sys.meta_path:
            sys.meta_path.remove(_FINDER)


class _Finder:
    """Finds nothing by itself: for an awaited module it asks the others, and wraps the loader that they name."""

    def __init__(self) -> None:
        self._asking = threading.local()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        asking: set[str] = self._asking.__dict__.setdefault("names", set())
        # Other finders that wrap loaders ask all finders in turn, this one too.
        if name not in _waiting or name in asking:
            return None
        asking.add(name)
        try:
            spec = self._ask(name, path, target)
        finally:
            asking.discard(name)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader)
        return spec

    def _ask(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find_spec = getattr(finder, "find_spec", None)
            if finder is not self and find_spec is not None:
                spec: ModuleSpec | None = find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None


class _Loader(Loader):
    """The loader that was found, and the actions after it; the module itself never sees anything but the former."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        create = getattr(self._loader, "create_module", None)
        module: ModuleType | None = None if create is None else create(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None and spec.loader is self:
            spec.loader = self._loader
        if getattr(module, "__loader__", None) is self:
            module.__loader__ = self._loader
        self._loader.exec_module(module)
        with _lock:
            actions = list(_waiting.get(module.__name__, ()))
        # A module may put another object in its place.
        present = sys.modules.get(module.__name__, module)
        for action in actions:
            action(present)


_FINDER: Any = _Finder()

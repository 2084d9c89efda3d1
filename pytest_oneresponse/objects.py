"""Noting where the frameworks' response objects are built, and where their headers are set by hand."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from . import exchange, handed, late, refused, shared, sites
from .contract.head import TELLING
from .frameworks import modules
from .imported import when_imported
from .patching import Patches

_getframe = sys._getframe
_noted: set[type] = set()


def install(patches: Patches) -> None:
    """Note, from now on, what the loaded frameworks build while they answer; ended by `patches.undo()`.

    Only the note of constructions stays in its place, where it does nothing outside of an exchange: a class that once
    had a `__new__` of its own cannot be constructed with arguments after it is taken away again.
    """
    exchange.Watcher.started, exchange.Watcher.ended = staticmethod(_started), staticmethod(late.release)
    exchange.Watcher.passed = staticmethod(shared.note_passed)
    exchange.Watcher.left = staticmethod(handed.note)
    exchange.Watcher.escaped, exchange.Watcher.closed = staticmethod(refused.note), staticmethod(refused.closed)
    sites.Proxies.know({suffix for module in modules() for suffix in module.PROXIES})
    for name in dict.fromkeys(name for module in modules() for name in module.RESPONSES):
        module_name, _, class_name = name.rpartition(".")
        when_imported(module_name, functools.partial(_note_class, class_name))
    for module_name, owner, method in dict.fromkeys(item for module in modules() for item in module.HEADER_SETTERS):
        patches.when_imported(module_name, _setter_patch(owner, method))
    for module_name, name in dict.fromkeys(pair for module in modules() for pair in getattr(module, "SIGNALS", ())):
        patches.when_imported(module_name, functools.partial(_listen, name))


def _listen(name: str, module: ModuleType, patches: Patches) -> None:
    signal = getattr(module, name, None)
    if signal is not None:
        signal.connect(_failed, weak=False)
        patches.when_undone(lambda: signal.disconnect(_failed))


def _failed(*_: Any, exception: BaseException | None = None, **__: Any) -> None:
    """A framework has caught what it will answer 500; Django's signal does not name it."""
    running, error = exchange.current(), exception or sys.exception()
    if running is not None and error is not None:
        running.failed = exchange.framework_says(error), tuple((running.left or {}).values())


def _started(running: exchange.Exchange, response: Any, built: exchange.Built | None) -> None:
    late.watch(running, response, shared.note_served(running, response, built))


def framework_packages() -> frozenset[str]:
    """The top-level packages that are the frameworks themselves."""
    return frozenset(name for module in modules() for name in module.PACKAGES)


def _note_class(class_name: str, module: ModuleType) -> None:
    response = getattr(module, class_name, None)
    if not isinstance(response, type):
        return
    sites.Responses.add(response)
    if response in _noted or "__new__" in vars(response):
        return
    _noted.add(response)
    get, current = exchange._current.get, exchange.current

    def __new__(cls: type, *args: Any, **named: Any) -> Any:
        # what stands behind in the order of the classes: another base's, as of a mixin or of an exception
        make: Any = super(response, cls).__new__  # type: ignore[arg-type]
        built = make(cls) if make is object.__new__ else make(cls, *args, **named)
        running = get() or current()
        if running is not None:
            running.note_built(built, _getframe(1))
        else:
            shared.note_outside(built, _getframe(1))
        return built

    response.__new__ = __new__  # type: ignore[assignment, method-assign]


def _setter_patch(owner: str, method: str) -> Callable[[ModuleType, Patches], None]:
    def patch(module: ModuleType, patches: Patches) -> None:
        patches.replace(getattr(module, owner, None), method, _noting)

    return patch


_QUIET: set[str] = set()
"""Names as they were given that no finding is about, so that each is put in lower case once."""


def _noting(original: Any) -> Any:
    @functools.wraps(original)
    def setter(self: Any, name: Any, *values: Any, **named: Any) -> Any:
        # This runs for every header of every response: for nearly all of them it ends here.
        if type(name) is not str or name not in _QUIET or not _is_sound(*values):
            _note_set(self, name, values, _getframe(1))
        return original(self, name, *values, **named)

    return setter


def _note_set(headers: Any, name: Any, values: tuple[Any, ...], frame: FrameType) -> None:
    if type(name) is str and name.lower() not in TELLING and _is_sound(*values):
        if len(_QUIET) < 1000:
            _QUIET.add(name)
        return
    running = exchange.current()
    if running is not None:
        running.note_header(headers, str(name).lower(), values[0] if values else None, frame)


def _is_sound(value: Any = "\n", *_: Any) -> bool:
    """Whether no finding is about a value; a value that was not given may be one that is."""
    return type(value) is not str or (value.isascii() and value.isprintable())

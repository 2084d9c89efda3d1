"""A failure that a test asks for: of a function by its name, or of what stands on a line."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, MethodType
from typing import Any

from .. import sites
from ..exchange import current
from ..instrument.observe import MARKS
from . import exceptions, making
from .fault import Fault
from .standins import Steps
from .tap import Fired, Tap

Error = BaseException | type[BaseException]
_LINE = re.compile(r"(?P<file>.+\.pyw?):(?P<line>\d+)")


class NoSuchTarget(ValueError):
    """Nothing that could fail goes by that name."""


class NamedTap(Tap):
    """Makes one thing fail. `target`: "package.module.function", "package.module.Class.method" or "file.py:31".

    A function fails where the user's code calls it; of a line each call, await, step and entry counts. The `nth` one raises
    `error`, and where `always` each one after it. Raises NoSuchTarget for a name that does not lead to anything that
    can be called, and TypeError for an error that is no exception.
    """

    def __init__(self, target: str, error: Error, nth: int = 1, always: bool = False) -> None:
        super().__init__()
        made = making.made(error) if isinstance(error, type) and issubclass(error, BaseException) else error
        if not isinstance(made, BaseException):
            raise TypeError(f"a fault raises an exception or a class of exceptions, not {error!r}")
        if nth < 1:
            raise ValueError(f"nth counts from 1, not {nth}")
        self.target, self.error, self.nth, self.always = target, made, nth, always
        line = _LINE.fullmatch(target)
        self.place = (line["file"], int(line["line"])) if line else None
        self.callee = None if line else named(target)
        if self.place is not None:
            self.on_line = numbers_on(*self.place)
            if not self.on_line:
                raise NoSuchTarget(f"nothing that could fail stands on the line {target}")

    def call(self, number: int, function: Any) -> Any:
        if self.is_due(number) if self.callee is None else self.is_called(function) and self.is_due(None):
            return functools.partial(self.fail_with, _told(function))
        return function

    def awaited(self, number: int, awaitable: Any) -> Any:
        if not self.is_due(number):
            return awaitable
        return _raising(awaitable, functools.partial(self.fail_with, "await"))

    def gone_through(self, number: int, iterable: Any) -> Any:
        if not exceptions.of_thing(iterable):
            return iterable
        return Steps(iterable, functools.partial(self.due_at, number, "a step of the iteration"))

    def entered(self, number: int, manager: Any) -> Any:
        failing = self.due_at(number, "the entry of `with`")
        if failing is not None:
            failing()
        return manager

    def upstream(self, asked: Any) -> Any:
        return None

    def query(self, kind: type[BaseException]) -> BaseException | None:
        return None

    # --- when

    def is_called(self, function: Any) -> bool:
        """Whether what is about to be called is what was named."""
        while isinstance(function, functools.partial):
            function = function.func
        if function is self.callee or (isinstance(function, MethodType) and function.__func__ is self.callee):
            return True
        if not isinstance(function, BuiltinFunctionType):
            return False
        if function == self.callee:  # each look at a class method makes a new one
            return True
        inherited = getattr(type(function.__self__), function.__name__, None)
        return inherited is self.callee and inherited is not None

    def due_at(self, number: int, call: str) -> Callable[..., Any] | None:
        return functools.partial(self.fail_with, call) if self.is_due(number) else None

    def is_due(self, number: int | None) -> bool:
        """Count one more time that the target was passed; of a line only its own marks."""
        if number is not None and number not in self.on_line:
            return False
        self.passings += 1
        return self.passings == self.nth or (self.always and self.passings > self.nth)

    def fail_with(self, call: str, *_: Any, **__: Any) -> Any:
        __tracebackhide__ = True
        frame = sites.users_frame(sys._getframe(1))
        exchange = current()
        if frame is not None:
            place = sites.place_of(frame.f_code, frame.f_lasti)
            fault = Fault(
                "call", place.file, (place.line, 0, place.line, 0), _name(self.error), self.passings, self.always
            )
            fired = Fired(fault, place, call, self.state(exchange) if exchange is not None else "", self.passings)
            self.fired.append(fired)
            if exchange is not None:
                exchange.fired += (fired,)
        self.errors.append(self.error)
        raise self.error

    @property
    def complaint(self) -> str:
        """What is wrong where the target was not passed often enough to fail; empty where it failed."""
        if self.fired:
            return ""
        often = {0: "never", 1: "once"}.get(self.passings, f"{self.passings} times")
        asked = f" (nth={self.nth})" if self.nth > 1 else ""
        return f"the fault did not come: the app's code called {self.target} {often}{asked}"


def named(target: str) -> Any:
    """What a dotted name stands for. Raises NoSuchTarget."""
    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:length])
        try:
            value: Any = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and name.startswith(error.name):
                continue
            raise
        for attribute in parts[length:]:
            found = inspect.getattr_static(value, attribute, None) if isinstance(value, type) else None
            value = getattr(value, attribute, found)
            if value is None:
                raise NoSuchTarget(f"{target}: {'.'.join(parts[:length])} has no {'.'.join(parts[length:])}")
        if not callable(value):
            raise NoSuchTarget(f"{target} is of type {type(value).__name__}, which cannot be called")
        return value.__func__ if isinstance(value, MethodType) else value
    raise NoSuchTarget(f"{target!r} names neither a function (package.module.function) nor a line (file.py:31)")


def numbers_on(file: str, line: int) -> frozenset[int]:
    """The marks of what may fail on a line of a file, which is named as reports name it, or by the end of its path."""
    kinds = ("call", "await", "iterate", "with")
    files = {mark.function.file for mark in MARKS.all if sites.Code.is_user(mark.function.file)}
    ending = "/" + file.removeprefix("./")
    exact = {one for one in files if sites.Code.shown(one) == file}
    meant = exact or {one for one in files if f"/{one}".replace("\\", "/").endswith(ending)}
    return frozenset(
        mark.number for mark in MARKS.all if mark.line == line and mark.kind in kinds and mark.function.file in meant
    )


def _told(function: Any) -> str:
    return str(getattr(function, "__qualname__", None) or type(function).__name__)


def _name(error: BaseException) -> str:
    return exceptions.name_of(type(error))


async def _raising(awaitable: Any, failing: Callable[..., Any]) -> Any:
    if inspect.iscoroutine(awaitable):
        awaitable.close()
    return failing()

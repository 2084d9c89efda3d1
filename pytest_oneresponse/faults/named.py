"""A failure that a test asks for: of a function by its name, of what stands on a line, or of another machine."""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FrameType, MethodType
from typing import Any

from .. import sites
from ..exchange import current
from ..explore.recording import Tap as Shown
from ..fault import OF, Fault
from ..instrument.observe import MARKS
from . import exceptions, making
from .replies import MISBEHAVIOURS, Asked, Reply
from .standins import Manager, Steps, cancelled
from .tap import Fired, Tap

Error = BaseException | type[BaseException]
_LINE = re.compile(r"(?P<file>.+\.pyw?):(?P<line>\d+)")
_URL = re.compile(r"[A-Z]+ https?://.+")


class NoSuchTarget(ValueError):
    """Nothing that could fail goes by that name."""


class ByHand(Tap):
    """Lets all be as it is; a subclass makes one thing fail. The `nth` one fails, and where `always` each one after it."""

    def __init__(self, target: str, nth: int, always: bool) -> None:
        super().__init__()
        if nth < 1:
            raise ValueError(f"nth counts from 1, not {nth}")
        self.target, self.nth, self.always = target, nth, always
        self.times = 0
        """How often it was passed."""
        line = _LINE.fullmatch(target)
        self.place = (line["file"], int(line["line"])) if line else None

    def call(self, number: int, function: Any) -> Any:
        return function

    def awaited(self, number: int, awaitable: Any) -> Any:
        return awaitable

    def gone_through(self, number: int, iterable: Any) -> Any:
        return iterable

    def entered(self, number: int, manager: Any) -> Any:
        return manager

    def upstream(self, asked: Asked) -> Reply | None:
        return None

    def query(self, kind: type[BaseException]) -> BaseException | None:
        return None

    def is_here(self, frame: FrameType) -> bool:
        """Whether a frame stands on the line."""
        file, line = self.place or ("", 0)
        return frame.f_lineno == line and f"/{sites.Owners.shown(frame.f_code.co_filename)}".endswith(f"/{file}")

    def comes(self) -> bool:
        """Count one more time that the target was passed; whether it fails."""
        self.times += 1
        return self.times == self.nth or (self.always and self.times > self.nth)

    def note_named(self, kind: str, frame: FrameType, call: str, failure: str) -> None:
        """Note that the fault has come to pass in a frame; `failure` as Fault has `exception`."""
        exchange = current()
        place = sites.place_of(frame.f_code, frame.f_lasti)
        fault = Fault(kind, place.file, (place.line, 0, place.line, 0), failure, self.times, self.always)
        fired = Fired(fault, place, call, self.state(exchange) if exchange is not None else "", self.times)
        self.fired.append(fired)
        if exchange is not None:
            exchange.fired += (fired,)

    @property
    def complaint(self) -> str:
        """What is wrong where the target was not passed often enough to fail; empty where it failed."""
        if self.fired:
            return ""
        often = {0: "never", 1: "once"}.get(self.times, f"{self.times} times")
        asked = f" (nth={self.nth})" if self.nth > 1 else ""
        return f"the fault did not come: the app's code called {self.target} {often}{asked}"


class NamedTap(ByHand):
    """Makes one thing fail. `target`: "package.module.function", "package.module.Class.method" or "file.py:31".

    A function fails where the user's code calls it; of a line each call, await, step and entry counts; it raises
    `error`. Of a line `of` may name what counts alone: the "exit" of a `with`, or a "query" that it sends to a database,
    whoever sends it for it. Raises NoSuchTarget for a name that does not lead to anything that can be called, TypeError
    for an error that is no exception, and ValueError for another `of`.
    """

    def __init__(self, target: str, error: Error, nth: int = 1, always: bool = False, of: str = "") -> None:
        super().__init__(target, nth, always)
        if of and (of not in OF or self.place is None):
            raise ValueError(f"of={of!r}: of a line (file.py:31) it may be {' or '.join(map(repr, OF))}")
        self.of = of
        made = making.made(error) if isinstance(error, type) and issubclass(error, BaseException) else error
        if not isinstance(made, BaseException):
            raise TypeError(f"a fault raises an exception or a class of exceptions, not {error!r}")
        self.error = made
        self.callee = None if self.place is not None else named(target)
        self.on_line = numbers_on(*self.place) if self.place is not None else frozenset()
        if self.place is not None and not self.on_line and of != "query":  # there an attribute may be loaded
            raise NoSuchTarget(f"nothing that could fail stands on the line {target}")

    def call(self, number: int, function: Any) -> Any:
        if self.is_due(number) if self.callee is None else self.is_called(function) and self.is_due(None):
            return functools.partial(self.fail_with, _told(function))
        return function

    def awaited(self, number: int, awaitable: Any) -> Any:
        if not self.is_due(number):
            return awaitable
        failing = functools.partial(self.fail_with, "await")
        if isinstance(self.error, asyncio.CancelledError):
            return cancelled(awaitable, failing)
        return _raising(awaitable, failing)

    def gone_through(self, number: int, iterable: Any) -> Any:
        if not exceptions.of_thing(iterable):
            return iterable
        return Steps(iterable, functools.partial(self.due_at, number, "a step of the iteration"))

    def entered(self, number: int, manager: Any) -> Any:
        if self.of == "exit" and number in self.on_line:
            return Manager(manager, {"exit": self.leaving})
        failing = self.due_at(number, "the entry of `with`")
        if failing is not None:
            failing()
        return manager

    def leaving(self) -> Callable[..., Any] | None:
        return functools.partial(self.fail_with, "the exit of `with`") if self.comes() else None

    def query(self, kind: type[BaseException]) -> BaseException | None:
        frame = sites.users_frame(sys._getframe(1))
        if self.of != "query" or frame is None or not self.is_here(frame) or not self.comes():
            return None
        self.note_named("query", frame, "the database", _name(self.error))
        self.errors.append(self.error)
        return self.error

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
        """Whether what is passed fails now; of a line only its own marks count."""
        return not self.of and (number is None or number in self.on_line) and self.comes()

    def fail_with(self, call: str, *_: Any, **__: Any) -> Any:
        __tracebackhide__ = True
        frame = sites.users_frame(sys._getframe(1))
        if frame is not None:
            self.note_named("call", frame, call, _name(self.error))
        self.errors.append(self.error)
        exchange = current()
        if isinstance(self.error, asyncio.CancelledError) and exchange is not None:
            exchange.gone()  # who cancels has no more use for an answer
        raise self.error


class UpstreamTap(ByHand):
    """Makes another machine fail: one that is asked "GET https://host/path", or from a line, "file.py:31".

    `failure` is a key of replies.MISBEHAVIOURS. Raises NoSuchTarget for what is neither, and TypeError for another failure.
    """

    def __init__(self, target: str, failure: str, nth: int = 1, always: bool = False) -> None:
        super().__init__(target, nth, always)
        if failure not in MISBEHAVIOURS:
            ways = ", ".join(map(repr, MISBEHAVIOURS))
            raise TypeError(
                f"a fault raises an exception or a class of exceptions, not {failure!r}; machines fail by {ways}"
            )
        if self.place is None and not _URL.fullmatch(target):
            raise NoSuchTarget(f"{target!r} names neither a request (GET https://host/path) nor a line (file.py:31)")
        self.failure = failure

    def upstream(self, asked: Asked) -> Reply | None:
        frame = sites.users_frame(sys._getframe(1))
        told = f"{asked.method} {asked.url}"
        meant = frame is not None and (_same(told, self.target) if self.place is None else self.is_here(frame))
        if frame is None or not meant or not self.comes():
            return None
        self.note_named("upstream", frame, told, self.failure)
        return MISBEHAVIOURS[self.failure]


def _same(asked: str, wanted: str) -> bool:
    """Whether two requests are the same: the port that goes without saying, and a path's last slash, may be left out."""
    one, other = (re.sub(r"^(\w+ http)(s?)(://[^/:]+):(?:80|443)(?=/|$)", r"\1\2\3", text) for text in (asked, wanted))
    return one.rstrip("/") == other.rstrip("/")


class Several:
    """Two taps as one: what the first gives back, the second is shown."""

    def __init__(self, first: Shown, second: Shown) -> None:
        self.first = first
        self.second = second

    def call(self, number: int, function: Any) -> Any:
        return self.second.call(number, self.first.call(number, function))

    def awaited(self, number: int, awaitable: Any) -> Any:
        return self.second.awaited(number, self.first.awaited(number, awaitable))

    def gone_through(self, number: int, iterable: Any) -> Any:
        return self.second.gone_through(number, self.first.gone_through(number, iterable))

    def entered(self, number: int, manager: Any) -> Any:
        return self.second.entered(number, self.first.entered(number, manager))

    def upstream(self, asked: Asked) -> Any:
        first, second = self.first.upstream(asked), self.second.upstream(asked)
        return first or second

    def query(self, kind: type[BaseException]) -> Any:
        return self.first.query(kind) or self.second.query(kind)


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
    files = {mark.function.file for mark in MARKS.all if sites.Owners.is_user(mark.function.file)}
    ending = "/" + file.removeprefix("./")
    exact = {one for one in files if sites.Owners.shown(one) == file}
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

"""Which branches of a route's code were taken, and which were not: so that "no finding" can be told from "not reached"."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from ..instrument.observe import MARKS, Function, Mark
from ..routes import Route, handler_of
from .recording import Recording


class Reached:
    """Sums up the recordings of one route.

    The route's code is its handler, what the handler calls, and the dependencies that its signature names; middleware
    and hooks that run for every route are not. Where the handler never ran, all that ran counts.
    """

    def __init__(self, route: Route) -> None:
        self.named = frozenset(_named(route.handler))
        self.branches: set[tuple[int, str]] = set()
        self.own: dict[Function, None] = {}
        self.others: dict[Function, None] = {}

    @property
    def known(self) -> int:
        """How much was reached: it grows with every new branch and function."""
        return len(self.branches) + len(self.own) + len(self.others)

    def note(self, told: Recording) -> None:
        """Take in one exchange."""
        self.branches |= told.branches
        inside = False
        for number in told.begun:
            function = MARKS.all[number].function
            mine = self.is_named(function)
            inside = inside or mine
            (self.own if inside or mine else self.others)[function] = None

    def outcomes(self) -> Iterator[tuple[Mark, str]]:
        """Every outcome of the route's code, in the order of the source; of its handler also what never ran."""
        for function in (*(self.own or self.others), *self.never()):
            for mark in sorted(MARKS.of_function[function].values(), key=lambda mark: (mark.line, mark.column)):
                for outcome in mark.outcomes:
                    yield mark, outcome

    def never(self) -> list[Function]:
        """What stands in the handler and its dependencies and never ran; of those that ran themselves nothing is looked for."""
        if self.named <= {(one.file, one.name) for one in self.own}:
            return []
        files = {file for file, _ in self.named}
        return [one for one in MARKS.of_function if one.file in files and one not in self.own and self.is_named(one)]

    def is_named(self, function: Function) -> bool:
        """Whether a function is the handler, or a dependency of it, or stands in one of them."""
        return any(function.file == file and _is_within(function.name, name) for file, name in self.named)

    def seen(self, shown: Callable[[str], str]) -> list[list[Any]]:
        """Every outcome of the route's code as [file, line, column, outcome, whether it was taken]: routes may share code."""
        return [
            [shown(mark.function.file), mark.line, mark.column, outcome, (mark.number, outcome) in self.branches]
            for mark, outcome in self.outcomes()
        ]

    def to_json(self, shown: Callable[[str], str]) -> dict[str, Any]:
        """As the report has it; `shown` turns a file's name into the one to print."""
        total = taken = 0
        missed = []
        for mark, outcome in self.outcomes():
            total += 1
            if (mark.number, outcome) in self.branches:
                taken += 1
            else:
                missed.append({"file": shown(mark.function.file), "line": mark.line, "outcome": outcome})
        return {"total": total, "taken": taken, "missed": missed}


def _is_within(name: str, owner: str) -> bool:
    return name == owner or name.startswith(owner + ".")


def _named(handler: Callable[..., Any] | None, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The file and name of a handler and of the dependencies that its signature names (FastAPI's Depends)."""
    known = handler_of(handler)
    if known is None or handler is None or depth > 5:
        return
    yield known.file, known.function
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):
        return
    for parameter in parameters:
        for one in (parameter.default, *getattr(parameter.annotation, "__metadata__", ())):
            dependency = getattr(one, "dependency", None)
            if callable(dependency):
                yield from _named(dependency, depth + 1)

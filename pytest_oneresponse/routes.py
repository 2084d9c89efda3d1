"""What a framework says of an app's routes, in one form for all frameworks."""

from __future__ import annotations

import functools
import inspect
import linecache
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from .contract.finding import Place
from .owners import Owners

Schema = Mapping[str, Any]
"""A JSON schema: the one form in which every declared type is kept."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input that a route declares. `source`: "path", "query", "header", "cookie" or "form"."""

    name: str
    source: str
    schema: Schema = field(default_factory=dict)
    required: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template, and the function that answers.

    `parts` is the path in order: literal text, or the Parameter that stands there.
    `body` is the JSON schema of the request body and `media` its type, where declared.
    """

    method: str
    template: str
    handler: Callable[..., Any] | None = None
    parts: tuple[str | Parameter, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    """All inputs but those of the path and the body."""
    body: Schema | None = None
    media: str = "application/json"
    host: str = ""
    """The Host that the route asks for, where it does."""

    @property
    def name(self) -> str:
        """ "METHOD template": how reports and test ids name the route."""
        return f"{self.method} {self.template}"

    @property
    def path_parameters(self) -> tuple[Parameter, ...]:
        return tuple(part for part in self.parts if isinstance(part, Parameter))

    def path(self, values: Mapping[str, str]) -> str:
        """The decoded path with `values` (texts by parameter name) put in.

        Raises KeyError for a parameter without a value.
        """
        return "".join(part if isinstance(part, str) else values[part.name] for part in self.parts)


@dataclass(frozen=True, slots=True)
class Handler:
    """Where a handler is defined. `package` is its top-level module."""

    file: str
    line: int
    function: str
    package: str

    @property
    def place(self) -> Place:
        return line_place(self.file, self.line, self.function)


def innermost(handler: Callable[..., Any]) -> Any:
    """The function behind decorators that keep `__wrapped__`, partials, bound methods and instances with `__call__`."""
    seen = 0
    current: Any = handler
    while seen < 50:
        seen += 1
        if isinstance(current, functools.partial):
            current = current.func
        elif inspect.ismethod(current):
            current = current.__func__
        elif hasattr(current, "__wrapped__"):
            current = current.__wrapped__
        else:
            break
    if not inspect.isfunction(current) and not inspect.isclass(current) and callable(current):
        return innermost(type(current).__call__) if inspect.isfunction(type(current).__call__) else current
    return current


def handler_of(handler: Callable[..., Any] | None) -> Handler | None:
    """The definition of a handler (the line of its `def` or `class`); None where it has no Python source."""
    if handler is None:
        return None
    target = innermost(handler)
    package = str(getattr(target, "__module__", "") or "").partition(".")[0]
    code = getattr(target, "__code__", None)
    if code is not None:
        line = _definition_line(code, getattr(target, "__globals__", None))
        return Handler(code.co_filename, line, code.co_qualname, package)
    try:
        file = inspect.getsourcefile(target)
        lines, start = inspect.getsourcelines(target)
    except (TypeError, OSError):
        return None
    line = next((start + offset for offset, text in enumerate(lines) if re.match(r"\s*class\b", text)), start)
    return Handler(file, line, getattr(target, "__qualname__", ""), package) if file else None


def definition(code: CodeType) -> Place:
    """The place of a function's `def`, which stands below its decorators."""
    return line_place(code.co_filename, _definition_line(code), code.co_qualname)


def line_place(file: str, line: int, function: str) -> Place:
    """The place of a whole line, without its indentation."""
    text = linecache.getline(file, line)
    return Place(
        file=Owners.shown(file),
        line=line,
        column=len(text) - len(text.lstrip()) + 1,
        function=function,
        source=text.strip(),
        end_column=len(text.rstrip()) + 1,
        package="" if Owners.is_user(file) else Owners.package(file),
    )


def _definition_line(code: CodeType, names: dict[str, Any] | None = None) -> int:
    """The line of `def` itself: a decorated function's first line is that of its first decorator.

    `names` are the function's globals, where they are known: through them an import from an archive has its source.
    """
    first = max(code.co_firstlineno, 1)
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, names)[first - 1 :]
    pattern = r".*\blambda\b" if code.co_name == "<lambda>" else r"\s*(async\s+def|def)\b"
    return next((number for number, text in enumerate(lines, first) if re.match(pattern, text)), first)


def find(routes: Iterable[Route], method: str, path: str) -> Route | None:
    """The route that a request belongs to: the match with the most literal text; the method decides between equals.

    HEAD and unknown methods fall to the path's first route.
    """
    best: tuple[tuple[int, bool], Route] | None = None
    for route in routes:
        if not _pattern(route).fullmatch(path):
            continue
        literal = sum(len(part) for part in route.parts if isinstance(part, str))
        rank = (literal, route.method == method)
        if best is None or rank > best[0]:
            best = (rank, route)
    return best[1] if best else None


@functools.lru_cache(maxsize=4096)
def _compiled(parts: tuple[str | None, ...]) -> re.Pattern[str]:
    return re.compile("".join(".+?" if part is None else re.escape(part) for part in parts), re.DOTALL)


def _pattern(route: Route) -> re.Pattern[str]:
    return _compiled(tuple(part if isinstance(part, str) else None for part in route.parts))

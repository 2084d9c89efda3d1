"""Functions with the marks of exploration, and values of the kinds that apps have."""

from __future__ import annotations

import ast
import enum
import itertools
import textwrap
from collections import UserDict
from typing import Any

from pytest_oneresponse.explore.hooks import HOOKS
from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.instrument.rewrite import Hooks, compiled

_files = (f"<recorded {number}>" for number in itertools.count())


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Flag(enum.IntFlag):
    A = 1
    B = 2


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError("the text itself is to be taken")


class Multi(UserDict[str, Any]):
    """A mapping as frameworks have them."""

    def getlist(self, key: str, type: Any = None) -> list[Any]:
        return [self.data[key]] if key in self.data else []


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


def marked(source: str, **names: Any) -> dict[str, Any]:
    """The names of a module whose functions have the marks."""
    hooks = Hooks(lambda value: value, (), observed=HOOKS)
    exec(compiled(ast.parse(textwrap.dedent(source)), next(_files), hooks), names)
    return names


def told(expression: str, *arguments: Any, **names: Any) -> list[tuple[Any, ...]]:
    """The events of an expression of `x` and `y`, without their numbers; whatever it raises is left."""
    f = marked(f"def f(x=None, y=None): return {expression}", **names)["f"]
    with recording() as found:
        try:
            f(*arguments)
        except Exception:
            pass
    return [(event.kind, *event[2:]) for event in found.events]

"""Under which `try` and `with` a line runs: what decides who gets to see an exception that is raised there."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .. import sites
from ..source import function_of, own_nodes, tree_of


class Region(NamedTuple):
    """A part of a `try` or `with`: its file, its first line, and which part: "body", "except 0", "finally", "with"."""

    file: str
    line: int
    part: str


class Span(NamedTuple):
    """The lines of a region, first and last, and the exceptions that its `except` clauses name, in their order."""

    first: int
    last: int
    region: Region
    catches: tuple[str, ...] = ()


BARE = "BaseException"
"""What an `except:` catches."""


@functools.lru_cache(maxsize=4096)
def spans_of(code: CodeType) -> tuple[Span, ...]:
    """The regions in a function, the innermost first."""
    function = function_of(code)
    return tuple(_inside(code.co_filename, function.body)) if function is not None else ()


@functools.lru_cache(maxsize=4096)
def raised_by(code: CodeType) -> tuple[str, ...]:
    """The names of the exceptions that a function raises itself, as its source has them."""
    function = function_of(code)
    raises = (one.exc for one in own_nodes(function.body if function else ()) if isinstance(one, ast.Raise))
    kinds = (one.func if isinstance(one, ast.Call) else one for one in raises)
    return tuple(dict.fromkeys(name for kind in kinds if kind is not None for name in _names(kind)))


def _inside(filename: str, body: list[Any]) -> Iterator[Span]:
    """The regions of a block, without those of functions that are defined in it."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for part, block, catches in _parts(node):
            yield from _inside(filename, block)
            if part and block:
                region = Region(filename, node.lineno, part)
                yield Span(block[0].lineno, block[-1].end_lineno or block[-1].lineno, region, catches)


def _parts(node: Any) -> Iterator[tuple[str, list[Any], tuple[str, ...]]]:
    """The blocks of a statement; those that are regions have a name."""
    if isinstance(node, (ast.Try, ast.TryStar)):
        yield "body", node.body, tuple(name for handler in node.handlers for name in _names(handler.type))
        for number, handler in enumerate(node.handlers):
            yield f"except {number}", handler.body, ()
        yield "", node.orelse, ()
        yield "finally", node.finalbody, ()
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield "with", node.body, ()
    elif isinstance(node, ast.Match):
        for case in node.cases:
            yield "", case.body, ()
    else:
        for name in ("body", "orelse"):
            yield "", getattr(node, name, []), ()


def _names(kind: ast.expr | None) -> Iterator[str]:
    if kind is None:
        yield BARE
    elif isinstance(kind, ast.Tuple):
        for one in kind.elts:
            yield from _names(one)
    elif isinstance(kind, (ast.Name, ast.Attribute)):
        yield ast.unparse(kind)


@functools.lru_cache(maxsize=8192)
def _of_frame(code: CodeType, instruction: int) -> tuple[Span, ...]:
    """The regions in which an instruction of a function stands, the innermost first."""
    spans = spans_of(code)
    if not spans:
        return ()
    line = sites.place_of(code, instruction).line
    return tuple(span for span in spans if span.first <= line <= span.last)


def around(chain: sites.Chain) -> tuple[Span, ...]:
    """The regions of the user's functions in which a chain of frames runs, the innermost first."""
    found: list[Span] = []
    for code, instruction in sites.frames(chain):
        if sites.is_users(code):
            found += _of_frame(code, instruction)
    return tuple(found)


def caught(spans: tuple[Span, ...], frames: Iterable[FrameType]) -> tuple[type[BaseException], ...]:
    """The exceptions that regions catch, as classes, in order; what cannot be found in the frames is left out."""
    found: list[type[BaseException]] = []
    waiting = [span for span in spans if span.catches]
    for frame in frames:
        if not waiting:
            break
        if sites.is_users(frame.f_code):
            own = _of_frame(frame.f_code, frame.f_lasti)  # a name is that of the function in which the clause stands
            mine = [span for span in waiting if span in own]
            for span in mine:
                found += [kind for name in span.catches for kind in _resolved(name, frame)]
            waiting = [span for span in waiting if span not in mine]
    return tuple(dict.fromkeys(found))


def _resolved(name: str, frame: FrameType) -> list[type[BaseException]]:
    """The classes that a dotted name stands for where a frame runs."""
    value = looked_up(name, frame.f_locals, frame.f_globals)
    members = value if issubclass(type(value), tuple) else (value,)
    return [one for one in members if issubclass(type(one), type) and issubclass(one, BaseException)]


def looked_up(name: str, *scopes: Mapping[str, Any]) -> Any:
    """What a dotted name stands for, in the first scope that has it or in the builtins; nothing of the user's is called."""
    first, *rest = name.split(".")
    value = next((scope[first] for scope in (*scopes, vars(builtins)) if first in scope), None)
    for attribute in rest:
        value = inspect.getattr_static(value, attribute, None)
    return value


@functools.lru_cache(maxsize=4096)
def told(filename: str, span: tuple[int, int, int, int]) -> str:
    """How the source writes what is called, awaited, gone through or entered, by the place of the expression."""
    for node in ast.walk(tree_of(filename)):
        if isinstance(node, ast.expr) and span == (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset):
            inner = node.value if isinstance(node, ast.Await) else node
            text = ast.unparse(inner.func if isinstance(inner, ast.Call) else inner)
            return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return ""


_LONGEST = 60

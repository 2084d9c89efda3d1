"""The user's source as syntax trees: the functions of a file, and what stands in one of them itself."""

from __future__ import annotations

import ast
import functools
import linecache
import warnings
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, MappingProxyType

Function = ast.FunctionDef | ast.AsyncFunctionDef
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@functools.lru_cache(maxsize=512)
def tree_of(filename: str) -> ast.Module:
    """The syntax tree of a file; an empty one where the file cannot be read."""
    linecache.checkcache(filename)
    try:
        return parsed("".join(linecache.getlines(filename)), filename)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def parsed(source: str | bytes, filename: str) -> ast.Module:
    """The syntax tree of a source that was imported: what there is to warn of was said then. Raises as ast.parse does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source, filename)
        except SystemError:  # Python counts its own depth wrongly where it collects garbage meanwhile (gh-106905)
            return ast.parse(source, filename)


@functools.lru_cache(maxsize=512)
def functions_of(filename: str) -> Mapping[tuple[int, str], Function]:
    """The functions of a file by the line and the name that their code has: the line is that of the first decorator."""
    found = (node for node in ast.walk(tree_of(filename)) if isinstance(node, Function))
    return MappingProxyType({(first_line(node), node.name): node for node in found})


def function_at(filename: str, line: int) -> Function | None:
    """The function of a file whose `def`, or whose first decorator, stands on a line; None where there is none."""
    found = functions_of(filename).values()
    return next((node for node in found if line in (node.lineno, first_line(node))), None)


def first_line(node: Function) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def function_of(code: CodeType) -> Function | None:
    """The tree of a function, from its file; None where the file does not hold it."""
    return functions_of(code.co_filename).get((code.co_firstlineno, code.co_name))


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's body in their order, without those of what is defined in it."""
    for node in body:
        if not isinstance(node, _INNER):
            yield node
            yield from own_nodes(ast.iter_child_nodes(node))

"""Places of nodes in a tree: where what is added to it stands, so that lines and columns stay as they are."""

from __future__ import annotations

import ast
import sys
from typing import Any

COMPILED = frozenset(("jit", "njit", "vectorize", "guvectorize", "stencil", "cfunc", "compile", "script", "overload"))
"""Decorators of compilers that read a function's bytecode or source: what they take is left as it is."""


def at(node: Any, place: Any) -> Any:
    return ast.copy_location(node, place)


def first_part(node: ast.expr) -> ast.expr:
    """The part of an expression that runs first: its line is the one on which the expression begins to run."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)) and sys.version_info >= (3, 12):
        return first_part(node.generators[0].iter)  # no function of its own any more
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return node
    if isinstance(node, ast.Tuple) and all(isinstance(part, ast.Constant) for part in node.elts):
        return node
    return next((first_part(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)), node)


def nowhere(node: Any) -> Any:
    """The node without a place: the compiler gives its code the place of what runs before it, and no line of its own."""
    node.lineno = node.end_lineno = node.col_offset = node.end_col_offset = -1
    return node


def last_name(node: ast.expr) -> str:
    """The last part of a decorator's name: "jit" of `@numba.jit(nopython=True)`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

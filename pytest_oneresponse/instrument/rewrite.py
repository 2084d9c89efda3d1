"""The rewrite itself: a module's source with marks in it, as code.

Theory. A mark is a constant of the code, not a name: the rewritten source holds a text that no program writes, and
after compiling that text is replaced, in `co_consts`, by the hook that it stands for. So nothing is added to the
user's namespaces, and the code works in whatever globals it is put. Every node that is added stands where the node
stands that it marks: lines and columns, and with them tracebacks, coverage and debuggers, stay as they are.

`return value` becomes ``return RETURNED(value)``, and a function that runs off its end gets the `return None` that it
stands for. An expression statement becomes the chain ``None is not value in
THROWN_AWAY``: the value is made once, and where it is None, as it is nearly always, the cost is that of one comparison.
A broad `except` begins with the call ``CAUGHT()``, and the call ``CHANGED()`` follows a statement that changes in its place
what is called headers, or an item of a message.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Container
from dataclasses import dataclass
from types import CodeType
from typing import Any

RETURNED = "\0oneresponse: returned"
THROWN_AWAY = "\0oneresponse: thrown away"
CAUGHT = "\0oneresponse: caught"
CHANGED = "\0oneresponse: changed"

_MAKES_A_VALUE = (ast.Call, ast.Await, ast.Tuple, ast.IfExp, ast.BoolOp)
"""Expressions that, standing alone as a statement, may throw away what is worth a look."""
_BROAD = frozenset(("Exception", "BaseException"))
_COMPILED = frozenset(("jit", "njit", "vectorize", "guvectorize", "stencil", "cfunc", "compile", "script", "overload"))
"""Decorators of compilers that read a function's bytecode or source: what they take is left as it is."""
_PLAIN = frozenset(("property", "cached_property", "setter", "getter", "deleter", "overload", "total_ordering"))
"""Decorators of functions whose return is no answer to a request, and which are called often."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the marks stand for.

    `returned` gives back its argument; `thrown_away` is asked whether it holds a value; `caught` is called first thing
    in an `except` that takes every exception; `changed` after a statement that changes a thing called headers in its place.
    """

    returned: Callable[[Any], Any]
    thrown_away: Container[Any]
    caught: Callable[[], object] = object
    changed: Callable[[], object] = object

    def table(self) -> dict[str, Any]:
        hooks = (self.returned, self.thrown_away, self.caught, self.changed)
        return dict(zip((RETURNED, THROWN_AWAY, CAUGHT, CHANGED), hooks, strict=True))


def compiled(tree: ast.Module, filename: str, hooks: Hooks | None = None) -> CodeType:
    """The code of a module; with `hooks` the tree is marked first, in place. Raises SyntaxError and ValueError."""
    if hooks is not None:
        _Marker().visit(tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what there is to say of this source was said when it was imported
        code = compile(tree, filename, "exec", dont_inherit=True)
    return code if hooks is None else bound(code, hooks.table())


def bound(code: CodeType, table: dict[str, Any]) -> CodeType:
    """The code with every mark in its constants, and in those of the code within it, replaced by its hook."""
    constants = tuple(
        bound(constant, table)
        if isinstance(constant, CodeType)
        else table.get(constant, constant)
        if type(constant) is str
        else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=constants)


class _Marker(ast.NodeTransformer):
    """Puts the marks into a tree. Where a function is not to be marked, what is defined in it may be all the same."""

    def __init__(self) -> None:
        self.marks_returns = False
        self.marks_bare_returns = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.function(node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        decorators = {_last_name(decorator) for decorator in node.decorator_list}
        if decorators & _COMPILED:
            return node
        outer = self.marks_returns, self.marks_bare_returns
        private = node.name.startswith("__") and node.name.endswith("__") and node.name != "__call__"
        self.marks_returns = not private and not decorators & _PLAIN
        # In an asynchronous generator a return cannot have a value.
        self.marks_bare_returns = self.marks_returns and not (isinstance(node, ast.AsyncFunctionDef) and _yields(node))
        if self.marks_bare_returns:
            _end(node.body, node)
        self.generic_visit(node)
        self.marks_returns, self.marks_bare_returns = outer
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self.marks_bare_returns or (self.marks_returns and node.value is not None):
            value = node.value or _at(ast.Constant(None), node)
            call = ast.Call(func=_at(ast.Constant(RETURNED), node), args=[value], keywords=[])
            node.value = _at(call, node)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if _is_broad(node.type) and not _raises_again(node):
            node.body.insert(0, _call(CAUGHT, node))
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        return self.changing(node, node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        return self.changing(node, [node.target])

    def visit_Delete(self, node: ast.Delete) -> Any:
        return self.changing(node, node.targets)

    def changing(self, node: ast.stmt, targets: list[ast.expr]) -> Any:
        return [node, _call(CHANGED, node)] if any(_is_of_a_head(target) for target in targets) else node

    def visit_Expr(self, node: ast.Expr) -> Any:
        value = node.value
        call = value if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else None
        changes = call is not None and call.func.attr in _CHANGES and _is_named(call.func.value)  # type: ignore[attr-defined]
        if isinstance(value, _MAKES_A_VALUE):
            chain = ast.Compare(
                left=_at(ast.Constant(None), value),
                ops=[ast.IsNot(), ast.In()],
                comparators=[value, _at(ast.Constant(THROWN_AWAY), value)],
            )
            node.value = _at(chain, value)
        return [node, _call(CHANGED, node)] if changes else node


def _call(mark: str, place: ast.stmt | ast.ExceptHandler) -> ast.Expr:
    """A statement that calls a hook, at the beginning of the line of another."""
    name = ast.Constant(mark)
    call = ast.Call(func=name, args=[], keywords=[])
    statement = ast.Expr(call)
    nodes: tuple[ast.expr | ast.stmt, ...] = (name, call, statement)
    for one in nodes:
        one.lineno = one.end_lineno = place.lineno
        one.col_offset, one.end_col_offset = place.col_offset, place.col_offset + 1
        if place.end_lineno == place.lineno and place.end_col_offset is not None:
            one.end_col_offset = place.end_col_offset
    return statement


def _is_of_a_head(target: ast.expr) -> bool:
    """Whether an assignment changes an item of what is called headers, or the head in an ASGI message."""
    if not isinstance(target, ast.Subscript):
        return isinstance(target, ast.Name) and "header" in target.id.lower()  # headers += [...]
    key = target.slice
    return _is_named(target.value) or (isinstance(key, ast.Constant) and key.value in ("headers", "status"))


def _is_named(node: ast.expr) -> bool:
    """Whether an expression is about something called headers: `headers`, `self.headers`, `message["headers"]`."""
    if isinstance(node, ast.Subscript):
        key = node.slice
        return (isinstance(key, ast.Constant) and key.value == "headers") or _is_named(node.value)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return "header" in name.lower()


_CHANGES = frozenset(("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", "update"))


def _raises_again(node: ast.ExceptHandler) -> bool:
    """Whether an `except` ends by raising what it caught."""
    last = node.body[-1]
    if not isinstance(last, ast.Raise):
        return False
    return last.exc is None or (isinstance(last.exc, ast.Name) and last.exc.id == node.name)


def _is_broad(kind: ast.expr | None) -> bool:
    """Whether an `except` takes every exception: a bare one, and one of Exception or BaseException."""
    members = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(member is None or (isinstance(member, ast.Name) and member.id in _BROAD) for member in members)


def _end(body: list[ast.stmt], place: ast.stmt) -> None:
    """Write out the `return None` with which a body ends that runs off its end, on the line on which it does.

    Each way out gets one of its own, as a line that was not run must not seem to have been.
    """
    if not body:
        body.append(_on_first_line(place))
        return
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant):
        return  # a docstring, which is on no line of the code
    if isinstance(last, ast.If):
        _end(last.body, last)
        _end(last.orelse, last)
    elif isinstance(last, (ast.With, ast.AsyncWith)):
        _end(last.body, last)
    elif isinstance(last, ast.Try) and not last.finalbody:
        _end(last.orelse or last.body, last)
        for handler in last.handlers:
            _end(handler.body, last)
    elif not isinstance(last, (ast.Try, ast.TryStar, ast.Match)) and not _is_endless(last):
        body.append(_on_first_line(last))


def _is_endless(node: ast.stmt) -> bool:
    return isinstance(node, ast.While) and isinstance(node.test, ast.Constant)


def _on_first_line(place: ast.stmt) -> ast.Return:
    """A `return None` on the line of a statement; on the last line of its condition where it has one."""
    at: ast.stmt | ast.expr = place
    if isinstance(place, ast.If):
        at = place.test.values[-1] if isinstance(place.test, ast.BoolOp) else place.test
        at = at if at.lineno != place.lineno else place
    value, node = ast.Constant(None), ast.Return()
    node.value = value
    for one in (value, node):
        one.lineno = one.end_lineno = at.lineno
        one.col_offset, one.end_col_offset = at.col_offset, at.col_offset + 1
        if at.end_lineno == at.lineno and at.end_col_offset is not None:
            one.end_col_offset = at.end_col_offset
    return node


def _yields(node: ast.AsyncFunctionDef) -> bool:
    """Whether a function is a generator: a `yield` of its own, not of what is defined in it."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        one = waiting.pop()
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(one)
    return False


def _at(node: Any, place: Any) -> Any:
    return ast.copy_location(node, place)


def _last_name(node: ast.expr) -> str:
    """The last part of a decorator's name: "jit" of `@numba.jit(nopython=True)`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

"""The rewrite itself: a module's source with marks in it, as code.

Theory. A mark is a constant of the code, not a name: the rewritten source holds a text that no program writes, and
after compiling that text is replaced, in `co_consts`, by the hook that it stands for. So nothing is added to the
user's namespaces, and the code works in whatever globals it is put. A node that is added stands where the code runs
that comes before or after it, or nowhere: lines and columns, and with them tracebacks, coverage and debuggers, stay as
they are.

`return value` becomes ``return RETURNED(value)``, and a function that runs off its end gets the `return None` that it
stands for, as ``return ENDED[None]``. An expression statement becomes the chain ``None is not value in
THROWN_AWAY``: the value is made once, and where it is None, as it is nearly always, the cost is that of one comparison.
A broad `except` begins with the call ``CAUGHT()``, and the call ``CHANGED()`` follows a statement that changes in its place
what is called headers, or an item of a message, and ``GIVEN(thing, "status")`` one like `thing.status = 204`; ``UNREAD(name)``
follows an assignment to a name that the function never reads.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Container
from dataclasses import dataclass
from types import CodeType
from typing import Any, cast

from ..source import own_nodes
from .nodes import COMPILED, at, first_part, last_name, nowhere
from .observe import Observed, Observer

RETURNED = "\0oneresponse: returned"
THROWN_AWAY = "\0oneresponse: thrown away"
ENDED = "\0oneresponse: ended"
CAUGHT = "\0oneresponse: caught"
CHANGED = "\0oneresponse: changed"
GIVEN = "\0oneresponse: given"
UNREAD = "\0oneresponse: unread"

_MAKES_A_VALUE = (ast.Call, ast.Await, ast.Tuple)
"""Expressions that, standing alone as a statement, may throw away what is worth a look."""
_CHOOSES = (ast.IfExp, ast.BoolOp)
"""Expressions whose value is that of one of their parts."""
_BROAD = frozenset(("Exception", "BaseException"))
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
    given: Callable[[Any, str], object] = lambda *_: None
    """Told of a thing, and of its attribute or method by which a status or a body may have been given to it."""
    unread: Callable[[Any], object] = lambda _: None
    """Told of what was put under a name that nobody reads."""
    ended: Any = None
    """What is `returned` where it is subscripted; made of that where it is not given."""
    observed: Observed | None = None
    """With these the marks of exploration are put in, too."""

    def table(self) -> dict[str, Any]:
        ended = self.ended or type("Ended", (), {"__getitem__": staticmethod(self.returned)})()
        hooks = (self.returned, self.thrown_away, self.caught, self.changed, self.given, self.unread, ended)
        table = dict(zip((RETURNED, THROWN_AWAY, CAUGHT, CHANGED, GIVEN, UNREAD, ENDED), hooks, strict=True))
        return table | self.observed.table() if self.observed is not None else table


def compiled(tree: ast.Module, filename: str, hooks: Hooks | None = None) -> CodeType:
    """The code of a module; with `hooks` the tree is marked first, in place. Raises SyntaxError and ValueError."""
    if hooks is not None:
        _Marker().visit(tree)
        if hooks.observed is not None:
            Observer(filename, hooks.observed).visit(tree)
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
        self.unread: frozenset[str] = frozenset()
        """The names of the function's own that it never reads."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.function(node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        decorators = {last_name(decorator) for decorator in node.decorator_list}
        if decorators & COMPILED:
            return node
        outer = self.marks_returns, self.marks_bare_returns, self.unread
        self.unread = _unread(node)
        private = node.name.startswith("__") and node.name.endswith("__") and node.name != "__call__"
        self.marks_returns = not private and not decorators & _PLAIN
        # In an asynchronous generator a return cannot have a value.
        self.marks_bare_returns = self.marks_returns and not (isinstance(node, ast.AsyncFunctionDef) and _yields(node))
        self.generic_visit(node)
        if self.marks_bare_returns:
            node.body.append(_end())
        self.marks_returns, self.marks_bare_returns, self.unread = outer
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer, self.unread = self.unread, frozenset()  # a class keeps its names
        self.generic_visit(node)
        self.unread = outer
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self.marks_bare_returns or (self.marks_returns and node.value is not None):
            value = node.value or at(ast.Constant(None), node)
            call = ast.Call(func=at(ast.Constant(RETURNED), first_part(value)), args=[value], keywords=[])
            node.value = _ours(at(call, node))
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if _is_broad(node.type):
            node.body.insert(0, _call(CAUGHT, node))
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in self.unread and isinstance(node.value, (ast.Call, ast.Await)):
            return [node, _told_of(UNREAD, target.id)]
        return self.changing(node, node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        in_its_place = not isinstance(node.target, ast.Subscript) and _is_named(node.target)  # headers += [...]
        return [node, _changed()] if in_its_place else self.changing(node, [node.target])

    def visit_Delete(self, node: ast.Delete) -> Any:
        return self.changing(node, node.targets)

    def changing(self, node: ast.stmt, targets: list[ast.expr]) -> Any:
        changed = [_changed()] if any(_is_of_a_head(target) for target in targets) else []
        return [node, *changed, *(_given(target) for target in targets if _gives(target))]

    def visit_Expr(self, node: ast.Expr) -> Any:
        value = node.value
        call = value if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else None
        changes = call is not None and call.func.attr in _CHANGES and _is_named(call.func.value)  # type: ignore[attr-defined]
        statements: list[ast.stmt] = [node]
        if isinstance(value, _CHOOSES):
            _mark_choices(value)
        elif isinstance(value, _MAKES_A_VALUE):
            # As a condition the chain jumps to the next statement itself. Where the two ways meet there has to be a line:
            # else a second statement on this one would seem to begin there, and what follows would have that of another.
            chain = ast.If(test=_thrown_away(value), body=[nowhere(ast.Pass())], orelse=[])
            statements = [_ours(nowhere(chain)), _where_it_ends(value)]
        given = [_given(call.func)] if call is not None and _gives(call.func) else []
        return [*statements, *([_changed()] if changes else []), *given]


def _thrown_away(value: ast.expr) -> ast.expr:
    """The chain that throws a value away. It has no place of its own, and so gets the one at which the value was made."""
    chain = ast.Compare(
        left=at(ast.Constant(None), first_part(value)),
        ops=[ast.IsNot(), ast.In()],
        comparators=[value, nowhere(ast.Constant(THROWN_AWAY))],
    )
    return cast("ast.expr", _ours(nowhere(chain)))


def _where_it_ends(value: ast.expr) -> ast.Pass:
    """A statement that does nothing, on the line on which a value was made last: that of a method's name is its call's."""
    place = at(ast.Pass(), value)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        place.lineno = value.func.end_lineno or value.lineno
        place.end_lineno = max(place.lineno, value.end_lineno or 0)
    return cast("ast.Pass", place)


def _mark_choices(value: ast.BoolOp | ast.IfExp) -> None:
    """Put the mark on the values that an expression chooses from; what `and` and `or` look at first they only look at."""
    for name in ("body", "orelse") if isinstance(value, ast.IfExp) else ():
        setattr(value, name, _choice(getattr(value, name)))
    if isinstance(value, ast.BoolOp):
        value.values[-1] = _choice(value.values[-1])


def _choice(value: ast.expr) -> ast.expr:
    if isinstance(value, _CHOOSES):
        _mark_choices(value)
        return value
    return _thrown_away(value) if isinstance(value, _MAKES_A_VALUE) else value


def _changed() -> ast.stmt:
    """The statement that calls the hook, at the place of what has run before it."""
    call = ast.Call(func=nowhere(ast.Constant(CHANGED)), args=[], keywords=[])
    return cast("ast.stmt", nowhere(ast.Expr(_ours(nowhere(call)))))


def _given(target: ast.expr) -> ast.stmt:
    """The statement that tells which thing was given something, at the place of what has run before it."""
    assert isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    return _told_of(GIVEN, target.value.id, target.attr)


def _told_of(mark: str, name: str, *more: str) -> ast.stmt:
    """The statement that calls a hook with what has a name, at the place of what has run before it."""
    arguments: list[ast.expr] = [nowhere(ast.Name(name, ast.Load())), *(nowhere(ast.Constant(one)) for one in more)]
    call = ast.Call(func=nowhere(ast.Constant(mark)), args=arguments, keywords=[])
    return cast("ast.stmt", nowhere(ast.Expr(_ours(nowhere(call)))))


def _unread(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The names that a function gives to something by itself, and that nothing in it reads, not even what is defined in it.

    Not those that begin with an underscore: they are told to be of no use.
    """
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    read = {one.id for one in names if not isinstance(one.ctx, ast.Store)}
    read |= {
        one.target.id for one in ast.walk(node) if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name)
    }
    read |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute) and one.attr in _READ_ALL}
    if read & _READ_ALL:
        return frozenset()
    shared = {name for one in ast.walk(node) if isinstance(one, (ast.Global, ast.Nonlocal)) for name in one.names}
    given = (
        one.targets[0].id
        for one in own_nodes(node.body)
        if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name)
    )
    return frozenset(name for name in given if name not in read | shared and not name.startswith("_"))


_READ_ALL = frozenset(("locals", "vars", "eval", "exec", "dir", "f_locals", "currentframe", "_getframe"))
"""Functions that may read any name."""


def _gives(target: ast.expr) -> bool:
    """Whether an assignment to an expression, or the call of it, may give a status or a body to a response."""
    return isinstance(target, ast.Attribute) and target.attr in _GIVING and isinstance(target.value, ast.Name)


_GIVING = frozenset(
    (
        *("status", "status_code", "status_int", "content", "data", "body", "text", "response", "app_iter"),
        *("headers", "set_data", "write"),
    )
)
"""Attributes and methods of the frameworks' responses."""


def _call(mark: str, place: ast.ExceptHandler) -> ast.Expr:
    """A statement that calls a hook, at the word `except`."""
    name = ast.Constant(mark)
    call = _ours(ast.Call(func=name, args=[], keywords=[]))
    statement = ast.Expr(call)
    nodes: tuple[ast.expr | ast.stmt, ...] = (name, call, statement)
    for one in nodes:
        one.lineno = one.end_lineno = place.lineno
        one.col_offset, one.end_col_offset = place.col_offset, place.col_offset + len("except")
    return statement


def _is_of_a_head(target: ast.expr) -> bool:
    """Whether an assignment changes an item of what is called headers, or the head in an ASGI message."""
    if not isinstance(target, ast.Subscript):
        return False
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


def _is_broad(kind: ast.expr | None) -> bool:
    """Whether an `except` takes every exception: a bare one, and one of Exception or BaseException."""
    members = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(member is None or (isinstance(member, ast.Name) and member.id in _BROAD) for member in members)


def _end() -> ast.Return:
    """The `return None` that a body's end stands for.

    It has no place of its own: the compiler gives it, as it does the one that it replaces, the line that comes before it
    on each way out, and leaves it out where there is none.
    """
    # A subscript, as that is short enough for the compiler to write it at each way out, like the end it replaces.
    mark, nothing = nowhere(ast.Constant(ENDED)), nowhere(ast.Constant(None))
    subscript = _ours(nowhere(ast.Subscript(value=mark, slice=nothing, ctx=ast.Load())))
    return cast("ast.Return", nowhere(ast.Return(value=subscript)))


def _yields(node: ast.AsyncFunctionDef) -> bool:
    """Whether a function is a generator: a `yield` of its own, not of what is defined in it."""
    return any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in own_nodes(node.body))


def _ours(node: Any) -> Any:
    """The node, known for a mark: it is not marked in its turn."""
    node.ours = True
    return node

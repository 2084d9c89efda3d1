"""The marks that exploration and fault injection need: what a function compares, reads, calls and decides.

Theory. Each mark is a call of a hook, with the number of its place and what the hook is to see; the hook gives back
what the code goes on with. `a < b` becomes ``lt(*COMPARE(7, 2, a, b))`` and `container[key]` ``getitem(*ITEM(8, container,
key))``: what is done is done by Python's own functions, so that no frame of ours is in a traceback. `f(x)` becomes
``CALL(9, f)(x)``: the hook gives back `f`, or what stands in for it, so that the call itself is the user's, with the
user's frame. What is merely passed on (the value of a condition, an iterable, a subject of `match`) goes through a hook
that returns it. Every mark stands where the code that it marks stands.
"""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .nodes import COMPILED, at, first_part, last_name, nowhere
from .patterns import examples

DECIDE = "\0oneresponse: decide"
WEIGH = "\0oneresponse: weigh"
DECIDE_HELD = "\0oneresponse: decide held"
WEIGH_HELD = "\0oneresponse: weigh held"
COMPARE = "\0oneresponse: compare"
COMPARE_ON = "\0oneresponse: compare on"
MIDDLE = "\0oneresponse: middle"
ITEM = "\0oneresponse: item"
DONE_BY = "\0oneresponse: done by "
SLICE = "\0oneresponse: slice"
ARITHMETIC = "\0oneresponse: arithmetic"
CALL = "\0oneresponse: call"
AWAIT = "\0oneresponse: await"
ITERATE = "\0oneresponse: iterate"
ENTER_WITH = "\0oneresponse: with"
UNPACK = "\0oneresponse: unpack"
MATCH = "\0oneresponse: match"
PASS = "\0oneresponse: pass"
BEGIN = "\0oneresponse: begin"

OPERATORS: tuple[type[ast.cmpop], ...] = (
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    *(ast.In, ast.NotIn, ast.Is, ast.IsNot),
)
"""What a comparison's number stands for."""
COMPARE_BY: tuple[Callable[[Any, Any], Any], ...] = (
    *(operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
    *(operator.contains, operator.contains, operator.is_, operator.is_not),
)
"""What compares; of a container and its member the container comes first, and `not in` is the contrary."""
ARITHMETICS: tuple[type[ast.operator], ...] = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Mod, ast.FloorDiv, ast.BitAnd),
    *(ast.Div, ast.BitXor, ast.RShift),
)
"""What an operation's number stands for."""
CALCULATE_BY: tuple[Callable[[Any, Any], Any], ...] = (
    *(operator.add, operator.sub, operator.mul, operator.mod, operator.floordiv, operator.and_),
    *(operator.truediv, operator.xor, operator.rshift),
)
_GIVES = frozenset(("get", "pop"))
"""Methods that give what a mapping holds."""
_LEFT_ALONE = frozenset(("super", "locals", "globals", "vars", "dir", "eval", "exec"))
"""Functions that look at the frame that calls them."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function in which marks were put: its file, its first line (that of the first decorator) and its name."""

    file: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Inside:
    """What stands in a function: texts and numbers, the names of attributes, and those of variables, also with one."""

    constants: tuple[str | int | float, ...]
    attributes: frozenset[str]
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a function. `outcomes`: the ways on from here, empty where the place is no branch."""

    number: int
    kind: str
    function: Function
    line: int
    column: int
    outcomes: tuple[str, ...] = ()
    detail: Any = None
    """For `match` what its cases wait for, as plain values; for a comparison which side stands in the code as it is, "left" or
    "right"; for a function's beginning what is `Inside`."""
    end: tuple[int, int] = (0, 0)
    """The last line and the column after it."""

    @property
    def span(self) -> tuple[int, int, int, int]:
        """The place as Python's syntax tree has it: first line and column, last line and the column after it."""
        return (self.line, self.column, *self.end)


@dataclass(frozen=True, slots=True)
class Observed:
    """What the marks stand for, each named as in the theory above; what is None is not marked."""

    decide: Callable[[int, Any], bool]
    weigh: Callable[[int, Any], Any]
    compare: Callable[[int, int, Any, Any], tuple[Any, Any]]
    compare_on: Callable[[int, int, Any, Any], tuple[Any, Any]]
    middle: Callable[[int], Any]
    item: Callable[[int, Any, Any], tuple[Any, Any]]
    slice: Callable[[int, Any, Any, Any, Any], tuple[Any, Any]]
    arithmetic: Callable[[int, int, Any, Any], tuple[Any, Any]]
    call: Callable[[int, Any], Any]
    iterate: Callable[[int, Any], Any]
    unpack: Callable[[int, int, Any], Any]
    match: Callable[[int, Any], Any]
    passed: Callable[[int], object]
    begin: Callable[[int], object]
    await_: Callable[[int, Any], Any] | None = None
    enter_with: Callable[[int, Any], Any] | None = None
    decide_held: Callable[[int, Any], bool] | None = None
    """What decides by a value that something holds; as any other does where it is None."""
    weigh_held: Callable[[int, Any], Any] | None = None

    def table(self) -> dict[str, Any]:
        hooks = {
            DECIDE: self.decide,
            WEIGH: self.weigh,
            DECIDE_HELD: self.decide_held or self.decide,
            WEIGH_HELD: self.weigh_held or self.weigh,
            COMPARE: self.compare,
            COMPARE_ON: self.compare_on,
            MIDDLE: self.middle,
            ITEM: self.item,
            SLICE: self.slice,
            ARITHMETIC: self.arithmetic,
            CALL: self.call,
            ITERATE: self.iterate,
            UNPACK: self.unpack,
            MATCH: self.match,
            PASS: self.passed,
            BEGIN: self.begin,
            AWAIT: self.await_,
            ENTER_WITH: self.enter_with,
        }
        own = (*COMPARE_BY, *CALCULATE_BY, operator.getitem)
        return hooks | {f"{DONE_BY}{function.__name__}": function for function in own}


@dataclass(slots=True)
class Marks:
    """Every mark that was put in, by its number; a function that is compiled twice has the same ones."""

    all: list[Mark] = field(default_factory=list)
    of_function: dict[Function, dict[tuple[Any, ...], Mark]] = field(default_factory=dict)
    calls: dict[tuple[str, int, int], int | None] = field(default_factory=dict)
    """What `call_at` has found."""

    def add(self, kind: str, function: Function, node: Any, outcomes: tuple[str, ...] = (), detail: Any = None) -> int:
        known = self.of_function.setdefault(function, {})
        key = (kind, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        mark = known.get(key)
        if mark is None:
            end = (node.end_lineno or 0, node.end_col_offset or 0)
            mark = known[key] = Mark(len(self.all), kind, function, node.lineno, node.col_offset, outcomes, detail, end)
            self.all.append(mark)
        return mark.number

    def call_at(self, file: str, line: int) -> int | None:
        """The number of the smallest call that a line is of; None where none is."""
        key = (file, line, len(self.all))
        if key not in self.calls:
            calls = [mark for mark in self.all if mark.kind == "call" and mark.function.file == file]
            there = [mark for mark in calls if mark.line <= line <= mark.end[0]]
            smallest = min(there, key=lambda mark: (mark.end[0] - mark.line, mark.end[1] - mark.column), default=None)
            self.calls[key] = smallest.number if smallest is not None else None
        return self.calls[key]


MARKS = Marks()


class Observer(ast.NodeTransformer):
    """Puts the marks into the functions of a tree. Nodes that have the attribute `ours` are the other marks' own."""

    def __init__(self, filename: str, hooks: Observed) -> None:
        self.filename = filename
        self.hooks = hooks
        self.names: list[str] = []
        self.function: Function | None = None

    # --- where we are

    def visit(self, node: ast.AST) -> Any:
        if self.function is None:
            outside = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
            return super().visit(node) if isinstance(node, outside) else self.generic_visit(node)
        if getattr(node, "ours", False):
            return self.generic_visit(node)
        return super().visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        outer, self.function = self.function, None  # a class's body is not run again
        self.names.append(node.name)
        node.body = self.statements(node.body)
        self.names.pop()
        self.function = outer
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self.defined(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self.defined(node)

    def defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Any:
        if any(last_name(decorator) in COMPILED for decorator in node.decorator_list):
            return node
        outer = self.function
        self.names.append(node.name)
        line = min((decorator.lineno for decorator in node.decorator_list), default=node.lineno)
        self.function = Function(self.filename, line, ".".join(self.names))
        self.names.append("<locals>")
        begin = self.statement(BEGIN, MARKS.add("begin", self.function, node, (), _inside(node)))
        silent = next((n for n, one in enumerate(node.body) if not _runs_nothing(one)), 0)
        _all_at(begin, _beginning(node.body[silent]))
        node.body = [*node.body[:silent], begin, *self.statements(node.body[silent:])]
        del self.names[-2:]
        self.function = outer
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        outer = self.function
        self.function = Function(self.filename, node.lineno, ".".join((*self.names, "<lambda>")))
        self.names += ["<lambda>", "<locals>"]
        node.body = self.visit(node.body)
        del self.names[-2:]
        self.function = outer
        return node

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for statement in body:
            marked = self.visit(statement)
            done += marked if isinstance(marked, list) else [marked]
        return done

    # --- decisions

    def visit_If(self, node: ast.If) -> Any:
        return self.deciding(node)

    def visit_While(self, node: ast.While) -> Any:
        return self.deciding(node)

    def visit_Assert(self, node: ast.Assert) -> Any:
        if isinstance(node.test, ast.Compare):
            self.generic_visit(node.test)  # the comparison itself stays: the compiler takes its place for the error's
        else:
            node.test = self.visit(node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.deciding(node)

    def deciding(self, node: Any) -> Any:
        plain = node.test
        self.generic_visit(node)
        node.test = self.decided(plain, node.test, node)
        return node

    def decided(self, plain: ast.expr, marked: ast.expr, place: Any) -> ast.expr:
        if isinstance(plain, ast.Constant) or _of_an_assertion(plain):
            return marked
        number = self.add("decide", place if isinstance(place, ast.stmt) else plain, ("true", "false"))
        return _hook(DECIDE_HELD if _is_held(plain) else DECIDE, number, marked)

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        plain = list(node.ifs)
        self.generic_visit(node)
        node.iter = _hook(ITERATE, self.add("iterate", node.iter), node.iter)
        node.ifs = [self.decided(one, marked, one) for one, marked in zip(plain, node.ifs, strict=True)]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        plain = list(node.values)
        self.generic_visit(node)
        # What a comparison or another choice comes to is noted there.
        noted = (ast.Compare, ast.BoolOp, ast.Constant)
        node.values = [
            value if isinstance(one, noted) else self.weighed(one, value)
            for one, value in zip(plain, node.values, strict=True)
        ]
        return node

    def weighed(self, plain: ast.expr, marked: ast.expr) -> ast.expr:
        return _hook(WEIGH_HELD if _is_held(plain) else WEIGH, self.add("weigh", marked), marked)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        plain = node.operand
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and not isinstance(plain, (ast.Compare, ast.BoolOp, ast.Constant)):
            node.operand = self.weighed(plain, node.operand)
        return node

    # --- comparisons

    def visit_Compare(self, node: ast.Compare) -> Any:
        if _of_an_assertion(node):
            return node
        self.generic_visit(node)
        if len(node.ops) == 1:
            right = node.comparators[0]
            constant = (
                "left" if isinstance(node.left, ast.Constant) else "right" if isinstance(right, ast.Constant) else None
            )
            number = self.add("compare", node, detail=constant)
            return self.compared(node, node.ops[0], node.left, right, COMPARE, number)
        # a < b < c is (a < b) and (b < c), with b made once: the hook keeps it for the next link.
        links: list[ast.expr] = []
        left = node.left
        for place, (kind, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            # The links of a chain share a place in the source: each has its own number by its right side.
            number = self.add("compare", right if place else node)
            last = place == len(node.ops) - 1
            links.append(self.compared(node, kind, left, right, COMPARE if last else COMPARE_ON, number))
            left = at(_call(MIDDLE, right, ast.Constant(number)), right)
        return at(ast.BoolOp(op=ast.And(), values=links), node)

    def compared(
        self, node: ast.Compare, kind: ast.cmpop, left: ast.expr, right: ast.expr, mark: str, number: int
    ) -> Any:
        place = OPERATORS.index(type(kind))
        pair = at(_call(mark, first_part(left), ast.Constant(number), ast.Constant(place), left, right), node)
        done = _done_by(COMPARE_BY[place], pair, left, node)
        return at(ast.UnaryOp(op=ast.Not(), operand=done), node) if isinstance(kind, ast.NotIn) else done

    # --- what is read, called, gone through

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        if isinstance(node.slice, ast.Slice):
            return self.sliced(node, node.slice)
        pair = at(
            _call(ITEM, first_part(node.value), ast.Constant(self.add("item", node)), node.value, node.slice), node
        )
        return _done_by(operator.getitem, pair, node.value, node)

    def sliced(self, node: ast.Subscript, piece: ast.Slice) -> Any:
        parts = [part or at(ast.Constant(None), piece) for part in (piece.lower, piece.upper, piece.step)]
        number = ast.Constant(self.add("slice", node))
        pair = at(_call(SLICE, first_part(node.value), number, node.value, *parts), node)
        return _done_by(operator.getitem, pair, node.value, node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        texts = (ast.Constant, ast.JoinedStr)
        formats = isinstance(node.op, ast.Mod) and isinstance(node.left, texts)
        if (
            type(node.op) not in ARITHMETICS
            or formats
            or (isinstance(node.left, texts) and isinstance(node.right, texts))
        ):
            return node
        place = ARITHMETICS.index(type(node.op))
        numbers = ast.Constant(self.add("arithmetic", node)), ast.Constant(place)
        pair = at(_call(ARITHMETIC, first_part(node.left), *numbers, node.left, node.right), node)
        return _done_by(CALCULATE_BY[place], pair, node.left, node)

    def visit_Call(self, node: ast.Call) -> Any:
        func = node.func
        self.generic_visit(node)
        if not isinstance(func, ast.Name) or func.id not in _LEFT_ALONE:
            node.func = _hook(CALL, self.add("call", node), node.func)
            if isinstance(func, ast.Attribute) and func.lineno != func.end_lineno:
                # The compiler gives the call of a method the place of the method's name.
                for call in (node, node.func):
                    call.lineno, call.col_offset = func.end_lineno or 0, (func.end_col_offset or 0) - len(func.attr)
        return node

    def visit_Await(self, node: ast.Await) -> Any:
        self.generic_visit(node)
        if self.hooks.await_ is not None:
            node.value = _hook(AWAIT, self.add("await", node), node.value)
        return node

    def visit_For(self, node: ast.For) -> Any:
        return self.going_through(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> Any:
        return self.going_through(node)

    def going_through(self, node: Any) -> Any:
        self.generic_visit(node)
        node.iter = _hook(ITERATE, self.add("iterate", node.iter), node.iter)
        node.body.insert(0, self.statement(PASS, self.add("for", node, ("entered",))))
        return node

    def visit_With(self, node: ast.With) -> Any:
        return self.entering(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Any:
        return self.entering(node)

    def entering(self, node: Any) -> Any:
        self.generic_visit(node)
        if self.hooks.enter_with is not None:
            for item in node.items:
                number = self.add("with", item.context_expr)
                item.context_expr = _hook(ENTER_WITH, number, item.context_expr)
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        target = node.targets[0]
        if isinstance(target, (ast.Tuple, ast.List)) and not isinstance(node.value, (ast.Tuple, ast.List)):
            starred = any(isinstance(one, ast.Starred) for one in target.elts)
            count = ast.Constant(-(len(target.elts) - 1) if starred else len(target.elts))
            number = self.add("unpack", target)
            node.value = at(
                _call(UNPACK, first_part(node.value), ast.Constant(number), at(count, node.value), node.value),
                node.value,
            )
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    # --- except and match

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        self.generic_visit(node)
        passed = self.statement(PASS, self.add("except", node, ("caught",)), node)
        node.body.insert(0, passed)
        return node

    def visit_Match(self, node: ast.Match) -> Any:
        node.subject = self.visit(node.subject)
        number = self.add("match", node.subject, (), examples([case.pattern for case in node.cases]))
        node.subject = _hook(MATCH, number, node.subject)
        for case in node.cases:
            if case.guard is not None:
                plain = case.guard
                case.guard = self.decided(plain, self.visit(plain), plain)
            passed = self.statement(PASS, self.add("case", case.pattern, ("matched",)))
            case.body = [passed, *self.statements(case.body)]
        return node

    # --- how a mark is made

    def add(self, kind: str, node: Any, outcomes: tuple[str, ...] = (), detail: Any = None) -> int:
        assert self.function is not None
        return MARKS.add(kind, self.function, node, outcomes, detail)

    def statement(self, mark: str, number: int, place: ast.ExceptHandler | None = None) -> ast.stmt:
        """A statement that calls a hook, where nothing else is: at the word `except`, or at the place of what runs before."""
        call = _call(mark, None, ast.Constant(number))
        for node in (call.func, call.args[0], call, statement := ast.Expr(call)):
            nowhere(node)
            if place is not None:
                node.lineno = node.end_lineno = place.lineno
                node.col_offset, node.end_col_offset = place.col_offset, place.col_offset + len("except")
        return statement


def _is_held(test: ast.expr) -> bool:
    """Whether what is decided by is held by something: a truth value may come from outside, where a comparison's is made here."""
    is_got = isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr in _GIVES
    return is_got or isinstance(test, (ast.Name, ast.Attribute, ast.Subscript))


def _all_at(statement: ast.stmt, place: ast.expr | ast.stmt) -> None:
    for node in ast.walk(statement):
        if hasattr(node, "lineno"):
            at(node, place)


def _beginning(statement: Any) -> ast.expr | ast.stmt:
    """The part of a statement that runs first."""
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return first_part(statement.items[0].context_expr)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return next((first_part(decorator) for decorator in statement.decorator_list), statement)
    parts = (getattr(statement, name, None) for name in ("value", "test", "iter", "subject", "exc"))
    return next((first_part(part) for part in parts if isinstance(part, ast.expr)), statement)


def _call(mark: str, place: ast.expr | None, *arguments: ast.expr) -> ast.Call:
    name = ast.Constant(mark)
    if place is not None:
        at(name, place)
        for argument in arguments:
            if not hasattr(argument, "lineno"):
                at(argument, place)
    return ast.Call(func=name, args=list(arguments), keywords=[])


def _done_by(function: Callable[..., Any], pair: ast.expr, left: ast.expr, node: ast.expr) -> Any:
    """The call of one of Python's own functions with the two things that a hook gives."""
    return at(_call(f"{DONE_BY}{function.__name__}", first_part(left), at(ast.Starred(pair, ast.Load()), node)), node)


def _hook(mark: str, number: int, value: ast.expr) -> ast.expr:
    """The call of a hook that is given a value, at the value's place."""
    call: ast.expr = at(_call(mark, first_part(value), ast.Constant(number), value), value)
    return call


def _runs_nothing(statement: ast.stmt) -> bool:
    """Whether a statement leaves no code: a docstring, `global`, `nonlocal`, an annotation alone."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None and isinstance(statement.target, ast.Name)
    documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return documents or isinstance(statement, (ast.Global, ast.Nonlocal))


def _inside(function: ast.AST) -> Inside:
    constants: dict[Any, None] = {}
    attributes, names = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            attributes.add(node.attr)
            base = node.value
            names.add(f"{base.id if isinstance(base, ast.Name) else getattr(base, 'attr', '')}.{node.attr}")
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and type(node.value) in (str, int, float):
            constants[node.value] = None
    plain = (value for value in constants if not isinstance(value, str) or (value and "\0" not in value))
    return Inside(tuple(itertools.islice(plain, 60)), frozenset(attributes), frozenset(names))


def _of_an_assertion(node: ast.AST) -> bool:
    """Whether an expression was made by pytest's rewriting of assertions."""
    return any(isinstance(one, ast.Name) and one.id.startswith("@py_") for one in ast.walk(node))

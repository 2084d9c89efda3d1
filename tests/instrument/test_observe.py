"""What the marks of exploration tell: one number for each place, and what the code sees there."""

from __future__ import annotations

import ast
import asyncio
import itertools
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from pytest_oneresponse.instrument.observe import (
    ARITHMETICS,
    MARKS,
    OPERATORS,
    Inside,
    Mark,
    Observed,
)
from pytest_oneresponse.instrument.patterns import Attributes
from pytest_oneresponse.instrument.rewrite import Hooks, compiled

_files = (f"<observed {number}>" for number in itertools.count())


class Told:
    """What the marks of one source have told: a name, the mark, and what the code saw there."""

    def __init__(self) -> None:
        self.all: list[tuple[Any, ...]] = []
        self.kept: dict[int, Any] = {}
        self.file = next(_files)

    def say(self, kind: str, number: int, *seen: Any) -> None:
        self.all.append((kind, MARKS.all[number], *seen))

    def of(self, *kinds: str) -> list[tuple[Any, ...]]:
        """What marks of some kinds have told, without the marks."""
        return [(kind, *seen) if len(kinds) > 1 else tuple(seen) for kind, _, *seen in self.all if kind in kinds]

    def marks(self, kind: str) -> list[Mark]:
        found = [mark for mark in MARKS.all if mark.function.file == self.file and mark.kind == kind]
        return sorted(found, key=lambda mark: (mark.line, mark.column))

    def value(self, kind: str) -> Callable[[int, Any], Any]:
        def hook(number: int, value: Any) -> Any:
            self.say(kind, number, value)
            return value

        return hook

    def decide(self, number: int, value: Any) -> bool:
        self.say("decide", number, value)
        return bool(value)

    def compare(self, number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
        name = OPERATORS[kind].__name__
        self.say("compare", number, name, one, other)
        return (other, one) if name in ("In", "NotIn") else (one, other)

    def compare_on(self, number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
        self.kept[number] = other
        return self.compare(number, kind, one, other)

    def item(self, number: int, container: Any, key: Any) -> tuple[Any, Any]:
        self.say("item", number, container, key)
        return container, key

    def slice(self, number: int, container: Any, *parts: Any) -> tuple[Any, Any]:
        self.say("slice", number, container, *parts)
        return container, slice(*parts)

    def arithmetic(self, number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
        self.say("arithmetic", number, ARITHMETICS[kind].__name__, one, other)
        return one, other

    def unpack(self, number: int, count: int, value: Any) -> Any:
        self.say("unpack", number, count, value)
        return value

    @property
    def hooks(self) -> Hooks:
        value = self.value
        observed = Observed(
            *(self.decide, value("weigh"), self.compare, self.compare_on, self.kept.pop, self.item, self.slice),
            *(self.arithmetic, value("call"), value("iterate"), self.unpack, value("match")),
            *(lambda number: self.say(MARKS.all[number].kind, number), lambda number: self.say("begin", number)),
            value("await"),
            value("with"),
        )
        return Hooks(lambda returned: returned, (), observed=observed)

    def names(self, source: str, asserting: bool = False) -> dict[str, Any]:
        """The names of a module that has the marks."""
        tree = ast.parse(textwrap.dedent(source))
        if asserting:
            from _pytest.assertion.rewrite import rewrite_asserts

            rewrite_asserts(tree, source.encode(), self.file)
        names: dict[str, Any] = {"__name__": "user"}
        exec(compiled(tree, self.file, self.hooks), names)
        return names

    def f(self, source: str, *arguments: Any) -> Any:
        """What the source's `f` gives."""
        return self.names(source)["f"](*arguments)


@pytest.fixture
def told() -> Told:
    return Told()


# ------------------------------------------------------------------------------------------ what each mark tells

TELLS: dict[str, tuple[str, tuple[Any, ...], Any, list[tuple[Any, ...]]]] = {
    # a source, the arguments of its `f`, what that gives, and what the marks that the kind names have told
    "decide if": ("def f(x):\n    if x: return 1\n    return 2", ([],), 2, [([],)]),
    "decide elif": ("def f(x):\n    if x == 1: return 1\n    elif x: return 2", (3,), 2, [(False,), (3,)]),
    "decide while": ("def f(x):\n    while x: x.pop()\n    return x", ([5],), [], [([],), ([],)]),
    "decide conditional expression": ("def f(x): return 'a' if x else 'b'", (0,), "b", [(0,)]),
    "decide comprehension": ("def f(x): return [n for n in x if n if n - 1]", ([0, 1, 2],), [2],
                             [(0,), (1,), (0,), (2,), (1,)]),
    "decide generator": ("def f(x): return sum(n for n in x if n)", ([0, 3],), 3, [(0,), (3,)]),
    "decide guard": ("def f(x):\n    match x:\n        case n if n: return n", (4,), 4, [(4,)]),
    "decide lambda": ("f = lambda x: 1 if x else 2", (3,), 1, [(3,)]),
    "decide constant": ("def f():\n    while True:\n        if 1: return 2", (), 2, []),
    "weigh and": ("def f(a, b): return a and b", (0, 2), 0, [(0,)]),
    "weigh or": ("def f(a, b): return a or b", ("", "x"), "x", [("",), ("x",)]),
    "weigh not": ("def f(a): return not a", ([],), True, [([],)]),
    "weigh comparison": ("def f(a): return a == 1 or a == 2 and (a or a)", (2,), 2, [(2,)]),
    "compare equal": ("def f(a, b): return a == b", (1, 1.0), True, [("Eq", 1, 1.0)]),
    "compare others": ("def f(a, b): return [a != b, a < b, a <= b, a > b, a >= b]", (1, 2),
                       [True, True, True, False, False],
                       [("NotEq", 1, 2), ("Lt", 1, 2), ("LtE", 1, 2), ("Gt", 1, 2), ("GtE", 1, 2)]),
    "compare in": ("def f(a, b): return a in b", (1, [1, 2]), True, [("In", 1, [1, 2])]),
    "compare not in": ("def f(a, b): return a not in b", (1, [1, 2]), False, [("NotIn", 1, [1, 2])]),
    "compare is": ("def f(a): return a is None, a is not None", (5,), (False, True),
                   [("Is", 5, None), ("IsNot", 5, None)]),
    "compare chain": ("def f(a, b, c): return a < b <= c", (1, 2, 2), True, [("Lt", 1, 2), ("LtE", 2, 2)]),
    "compare chain cut": ("def f(a, b, c): return a < b < c", (2, 1, 0), False, [("Lt", 2, 1)]),
    "compare long chain": ("def f(a): return 0 < a < 9 != 3 in [3]", (5,), True,
                           [("Lt", 0, 5), ("Lt", 5, 9), ("NotEq", 9, 3), ("In", 3, [3])]),
    "item key": ("def f(x): return x['a']", ({"a": 1},), 1, [({"a": 1}, "a")]),
    "item tuple": ("def f(x): return x[1, 2]", ({(1, 2): 3},), 3, [({(1, 2): 3}, (1, 2))]),
    "item nested": ("def f(x): return x['a'][0]", ({"a": [4]},), 4, [({"a": [4]}, "a"), ([4], 0)]),
    "item stored": ("def f(x):\n    x['a'] = 1\n    x['a'] += 1\n    del x['a']\n    return x", ({},), {}, []),
    "slice": ("def f(x): return x[1:]", ([1, 2],), [2], [([1, 2], 1, None, None)]),
    "slice of three": ("def f(x): return x[3:0:-2]", ("abcd",), "db", [("abcd", 3, 0, -2)]),
    "arithmetic": ("def f(a): return [a + 1, a - 1, a * 2, a % 4, a // 2, a & 4, a / 2, a ^ 1, a >> 1]", (5,),
                   [6, 4, 10, 1, 2, 4, 2.5, 4, 2],
                   [("Add", 5, 1), ("Sub", 5, 1), ("Mult", 5, 2), ("Mod", 5, 4), ("FloorDiv", 5, 2), ("BitAnd", 5, 4),
                    ("Div", 5, 2), ("BitXor", 5, 1), ("RShift", 5, 1)]),
    "arithmetic formats": ("def f(a): return '%s' % a + f'{a}' 'b'", (5,), "55b", [("Add", "5", "5b")]),
    "arithmetic others": ("def f(a): return a ** 2 | 1", (2,), 5, []),
    "call": ("def f(x): return len(x)", ([],), 0, [(len,)]),
    "call left alone": ("def f(a):\n    b = 1\n    return locals(), 'f' in globals()", (5,), ({"a": 5, "b": 1}, True), []),
    "iterate for": ("def f(x):\n    for n in x: pass\n    return n", ([1, 2],), 2, [([1, 2],)]),
    "iterate comprehension": ("def f(x): return {n: m for n in x for m in n}", (["a"],), {"a": "a"},
                              [(["a"],), ("a",)]),
    "unpack": ("def f(x):\n    a, b = x\n    return b", ((1, 2),), 2, [(2, (1, 2))]),
    "unpack a list": ("def f(x):\n    [a] = x\n    return a", ((1,),), 1, [(1, (1,))]),
    "unpack starred": ("def f(x):\n    a, *b, c = x\n    return b", ("abcd",), ["b", "c"], [(-2, "abcd")]),
    "unpack at once": ("def f(x):\n    a, b = x, 2\n    return b", (1,), 2, []),
    "match": ("def f(x):\n    match x:\n        case 1: return 2", (1,), 2, [(1,)]),
    "case": ("def f(x):\n    match x:\n        case 1: return 2\n        case _: return 3", (4,), 3, [()]),
    "for": ("def f(x):\n    for n in x: pass", ([1, 2],), None, [(), ()]),
    "for nothing": ("def f(x):\n    for n in x: pass", ([],), None, []),
    "except": ("def f():\n    try: 1 // 0\n    except OSError: pass\n    except ArithmeticError: return 1", (), 1, [()]),
    "except star": ("def f():\n    try: raise ExceptionGroup('', [KeyError()])\n    except* KeyError: pass", (), None,
                    [()]),
    "begin": ("def f():\n    def g(): pass\n    g()\n    g()", (), None, [(), (), ()]),
}  # fmt: skip


@pytest.mark.parametrize("kind", TELLS)
def test_what_a_mark_tells(kind: str, told: Told) -> None:
    source, arguments, value, wanted = TELLS[kind]
    assert told.f(source, *arguments) == value
    assert told.of(kind.partition(" ")[0]) == wanted


def test_waiting_and_entering_are_told(told: Told) -> None:
    source = """
        import asyncio, contextlib
        async def g(): return 1
        async def f(x):
            with contextlib.nullcontext(x) as y:
                return await g() + y
    """
    assert asyncio.run(told.f(source, 2)) == 3
    ((manager,),) = told.of("with")
    assert manager.enter_result == 2 and len(told.of("await")) == 1


def test_asynchronous_loops_are_told(told: Told) -> None:
    source = """
        async def g(): yield 1
        async def f():
            async for n in g(): pass
            return [n async for n in g() if n]
    """
    assert asyncio.run(told.f(source)) == [1]
    assert len(told.of("iterate")) == 2 and told.of("for") == [()] and told.of("decide") == [(1,)]


def test_the_middle_of_a_chain_is_made_once(told: Told) -> None:
    made: list[int] = []
    assert told.f("def f(g): return 0 < g() < 9", lambda: made.append(1) or 5) is True
    assert made == [1]


def test_the_parts_of_a_comparison_are_made_in_their_order(told: Told) -> None:
    order: list[Any] = []
    source = (
        "def f(n): return n(1) < n(2) < n(3), n(1) in n([1]), n({'a': 1})[n('a')], n(1) + n(2), n([1])[n(0) : n(1)]"
    )
    told.f(source, lambda value: order.append(value) or value)
    assert order == [1, 2, 3, 1, [1], {"a": 1}, "a", 1, 2, [1], 0, 1]


def test_super_is_called_as_it_was(told: Told) -> None:
    source = """
        class A:
            def m(self, x): return x
        class B(A):
            def m(self, x): return super().m(x) + 1
        f = B().m
    """
    assert told.f(source, 4) == 5
    ((function,),) = told.of("call")
    assert function.__name__ == "m", "super itself is not told"


# ------------------------------------------------------------------------------------------ patterns

EXAMPLES: dict[str, list[Any]] = {
    "case 1": [1],
    "case 'a' | 'b'": ["a", "b"],
    "case -1": [-1],
    "case None": [None],
    "case [1, x]": [[1, "text"]],
    "case ('GET', 'a' | 'b')": [["GET", "a"]],
    "case ['a', *rest]": [["a"]],
    "case {'a': 1, 'b': x}": [{"a": 1, "b": "text"}],
    "case {'a': {'b': [2]}}": [{"a": {"b": [2]}}],
    "case {1: 2}": [{}],
    "case int()": [1],
    "case str() as s": ["text"],
    "case list()": [[1]],
    "case Point(x=1, y=y)": [Attributes((("x", 1),))],
    "case Point(x=y)": [],
    "case Point()": [],
    "case m.X": [],
    "case x if x": [],
    "case _": [],
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_what_patterns_wait_for(case: str, told: Told) -> None:
    told.names(f"def f(x):\n    match x:\n        {case}: pass")
    (mark,) = told.marks("match")
    assert list(mark.detail) == EXAMPLES[case]


def test_of_many_patterns_the_first_ones_are_told(told: Told) -> None:
    told.names("def f(x):\n    match x:\n" + "".join(f"        case {n}: pass\n" for n in range(50)))
    (mark,) = told.marks("match")
    assert list(mark.detail) == list(range(12)) and len(told.marks("case")) == 50


# ------------------------------------------------------------------------------------------ places


def test_the_ways_on_from_a_mark(told: Told) -> None:
    source = """
        def f(x):
            if x: pass
            for n in x: pass
            try: x.y
            except AttributeError: pass
            match x:
                case []: pass
            return x == 1
    """
    told.names(source)
    outcomes = {mark.kind: mark.outcomes for mark in MARKS.all if mark.function.file == told.file}
    assert {kind: ways for kind, ways in outcomes.items() if ways} == {
        "decide": ("true", "false"),
        "for": ("entered",),
        "except": ("caught",),
        "case": ("matched",),
    }
    (decision,) = told.marks("decide")
    assert (decision.line, decision.column) == (3, 4), "the place of the statement"


def test_marks_of_functions_within_functions_have_their_names(told: Told) -> None:
    source = """
        def f():
            def g(): return lambda: 1
            class A:
                def m(self): pass
        class B:
            @property
            def p(self): pass
    """
    told.names(source)
    found = [(mark.function.name, mark.function.line) for mark in told.marks("begin")]
    assert found == [("f", 2), ("f.<locals>.g", 3), ("f.<locals>.A.m", 5), ("B.p", 7)]


def test_a_function_that_is_compiled_twice_has_the_same_marks(told: Told) -> None:
    source = "def f(a, b):\n    if a < b < 9 and a:\n        return a[b](b) + 1\n    return [n for n in a if n]\n"
    told.names(source)
    before = len(MARKS.all)
    told.names(source)
    assert len(MARKS.all) == before
    other = Told()
    other.names(source)
    assert len(MARKS.all) > before, "another file has its own"


def test_every_place_has_a_number_of_its_own(told: Told) -> None:
    told.f("def f(x): return x[0][0] + x[0][0], 1 < x[0][0] < 3 < 4", [[2]])
    marks = [mark.number for kind, mark, *_ in told.all if kind != "begin"]
    assert len(marks) == len(set(marks)) == 6 + 1 + 3


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    '''text'''\n    return 5",
        "n = 4\ndef f():\n    global n\n    n += 1\n    return n",
        "def f():\n    n: int\n    n = 5\n    return n",
        "def f():\n    'text'",
    ],
)
def test_a_function_begins_after_what_runs_nothing(source: str, told: Told) -> None:
    names = told.names(source)
    assert names["f"]() == (None if source.endswith("'text'") else 5)
    assert told.of("begin") == [()]
    assert names["f"].__doc__ == ("text" if "text" in source else None)


def test_what_stands_in_a_function_is_told_with_its_beginning(told: Told) -> None:
    told.names("def f(x):\n    'about'\n    return x.a.b('text', 5, 1.5, True, None, b'c') or g(x=f'{x}y')")
    (mark,) = told.marks("begin")
    assert mark.detail == Inside(
        ("about", "text", 5, 1.5, "y"), frozenset(("a", "b")), frozenset(("x", "g", "x.a", "a.b"))
    )


# ------------------------------------------------------------------------------------------ what is left alone


def test_assertions_that_pytest_has_rewritten_are_left_alone(told: Told) -> None:
    names = told.names("def f(x):\n    assert x == 1 and len([x]) < 2, 'no'\n    return x\n", asserting=True)
    assert names["f"](1) == 1
    assert told.of("compare") == []
    with pytest.raises(AssertionError, match="no\nassert"):
        names["f"](2)


def test_plain_assertions_do_what_they_did(told: Told) -> None:
    names = told.names("def f(x):\n    assert x == 1, 'no'\n    assert len([x])\n    return x\n")
    assert names["f"](1) == 1
    with pytest.raises(AssertionError, match=r"^no$"):
        names["f"](2)


@pytest.mark.parametrize("decorator", ["jit", "numba.njit", "numba.jit(nopython=True)", "torch.compile", "vectorize()"])
def test_functions_that_a_compiler_takes_are_left_alone(decorator: str, told: Told) -> None:
    source = f"""
        class numba:
            def njit(g): return g
            def jit(nopython): return numba.njit
        class torch:
            compile = numba.njit
        jit, vectorize = numba.njit, lambda: numba.njit
        @{decorator}
        def f(x):
            def g(): return x
            return g() if x == 1 else [n for n in x]
        def h(x): return x == 1
    """
    names = told.names(source)
    told.all.clear()
    assert names["f"](1) == 1 and told.all == []
    assert names["h"](1) and told.of("compare") == [("Eq", 1, 1)]


def test_code_outside_functions_is_not_marked(told: Told) -> None:
    source = """
        x = {"a": 1}["a"] + 1
        if x == 2 and len([x]):
            y = [n for n in [x] if n]
        class A:
            z = x < 3 and len([x])
            if z:
                def m(self, d=len([1]), *, e=1 + x) -> list[int]: return d == e
            w = [n for n in [x] if n]
        @(lambda g: g)
        def f(): return A().m() if x else None
    """
    names = told.names(source)
    assert {kind for kind, *_ in told.all} <= {"call"}, "a lambda that stands there is a function"
    told.all.clear()
    assert names["f"]() is False
    assert told.of("compare", "decide") == [("decide", 2), ("compare", "Eq", 1, 3)]


def test_what_fails_fails_as_it_did(told: Told) -> None:
    names = told.names("def f(a, b): return a < b\ndef g(a, b): return a[b]\ndef h(a):\n    b, c = a\n")
    for name, arguments, error in (
        ("f", (1, "a"), "'<' not supported between instances of 'int' and 'str'"),
        ("g", ([], 0), "list index out of range"),
        ("h", ([1],), "not enough values to unpack"),
    ):
        with pytest.raises((TypeError, IndexError, ValueError), match=error) as raised:
            names[name](*arguments)
        assert raised.traceback[-1].name == name, "no frame of ours is in the traceback"

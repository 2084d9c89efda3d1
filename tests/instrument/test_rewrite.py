"""A function with marks does what it did without: its values, its names, its lines and columns, what a tracer sees of it."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from pytest_oneresponse.instrument.rewrite import _unread, compiled

from .conftest import Noted

NAMES = ("co_name", "co_qualname", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_filename")
COUNTS = ("co_firstlineno", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals")


def run(source: str, noted: Noted | None = None, filename: str = "<user>", **names: Any) -> dict[str, Any]:
    """The names of a module; with marks where there is somebody to note what they say."""
    source = textwrap.dedent(source)
    code = compiled(ast.parse(source), filename, noted.hooks if noted else None)
    exec(code, names)
    return names


def inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from inner(constant)


# ------------------------------------------------------------------------------------------ what functions do

DOES: dict[str, tuple[str, Any]] = {
    # a source whose `f` is called, and what it gives
    "value": ("def f(): return 5", 5),
    "bare": ("def f():\n    return", None),
    "nothing": ("def f():\n    pass", None),
    "docstring": ("def f():\n    'text'", None),
    "ellipsis": ("def f(): ...", None),
    "closure": ("def make(n):\n    def g(): return n\n    return g\nf = make(7)", 7),
    "nonlocal": ("def f():\n    n = 1\n    def g():\n        nonlocal n\n        n += 1\n    g()\n    return n", 2),
    "global": ("n = 1\ndef g():\n    global n\n    n += 1\ndef f():\n    g()\n    return n", 2),
    "decorated": ("def twice(g):\n    return lambda: 2 * g()\n@twice\ndef f(): return 4", 8),
    "lambda": ("f = lambda: (lambda: 3)()", 3),
    "method": ("class A:\n    x = 6\n    def m(self): return self.x\nf = A().m", 6),
    "super": ("class A:\n    def m(self): return 1\nclass B(A):\n    def m(self): return super().m() + 1\nf = B().m", 2),
    "class cell": ("class A:\n    def m(self): return __class__.__name__\nf = A().m", "A"),
    "mangled": ("class A:\n    def __g(self): return 9\n    def m(self): return self.__g()\nf = A().m", 9),
    "property": ("class A:\n    @property\n    def x(self): return 4\ndef f(): return A().x", 4),
    "static": ("class A:\n    @staticmethod\n    def m(x=2): return x\nf = A.m", 2),
    "class method": ("class A:\n    @classmethod\n    def m(cls): return cls.__name__\nf = A.m", "A"),
    "call": ("class A:\n    def __call__(self): return 'called'\nf = A()", "called"),
    "init": ("class A:\n    def __init__(self):\n        self.x = 3\ndef f(): return A().x", 3),
    "class in a function": ("def f():\n    class A:\n        def m(self): return 5\n    return A().m()", 5),
    "locals": ("def f(a=1):\n    b = 2\n    return locals()", {"a": 1, "b": 2}),
    "dir": ("def f(a=1):\n    print\n    dir()\n    return dir()", ["a"]),
    "walrus": ("def f():\n    (n := 3)\n    print if (m := n) else None\n    return n + m", 6),
    "match": ("def f(x={'a': [1, 2]}):\n    match x:\n        case {'a': [_, y]}:\n            return y", 2),
    "match of nothing": ("def f(x=1):\n    match x:\n        case 2:\n            return 3", None),
    "try": ("def f():\n    try:\n        1 // 0\n    except ArithmeticError as e:\n        return str(e)[-4:]", "zero"),
    "finally": ("def f():\n    l = []\n    def g():\n        try:\n            return l.append(1)\n"
                "        finally:\n            l.append(2)\n    g()\n    return l", [1, 2]),
    "return in finally": ("def f():\n    for _ in 1, 2:\n        try:\n            return 1\n"
                          "        finally:\n            break\n    return 2", 2),
    "try star": ("def f():\n    try:\n        raise ExceptionGroup('', [ValueError(1)])\n"
                 "    except* ValueError as e:\n        n = len(e.exceptions)\n    return n", 1),
    "with": ("import contextlib\ndef f():\n    with contextlib.suppress(KeyError):\n        {}[1]\n    return 1", 1),
    "returned from a with": ("import contextlib\ndef f():\n    with contextlib.suppress(KeyError):\n"
                             "        return 8", 8),
    "star": ("def f(*a, k=1, **n):\n    return (*a, k, n)", (1, {})),
    "comprehension": ("def f():\n    return [(lambda: i)() for i in range(3) if (lambda: i)()]", [1, 2]),
    "generator": ("def g():\n    x = yield 1\n    yield x\n    return 5\ndef f():\n    h = (yield from g())\n"
                  "    return h\nf = lambda f=f: list(f())", [1, None]),
    "the value of a generator": ("def g():\n    yield\n    return 5\ndef h(l):\n    l.append((yield from g()))\n"
                                 "def f():\n    l = []\n    list(h(l))\n    return l", [5]),
    "coroutine": ("import asyncio\nasync def g():\n    await asyncio.sleep(0)\n    return 5\n"
                  "async def h():\n    await g()\n    return await g()\ndef f(): return asyncio.run(h())", 5),
    "asynchronous generator": ("import asyncio\nasync def g():\n    try:\n        yield 1\n        yield 2\n        return\n"
                               "    finally:\n        await asyncio.sleep(0)\n"
                               "async def h(): return [i async for i in g()]\ndef f(): return asyncio.run(h())", [1, 2]),
    "asynchronous with": ("import asyncio, contextlib\n@contextlib.asynccontextmanager\nasync def c():\n    yield 4\n"
                          "async def h():\n    async with c() as n:\n        return n\ndef f(): return asyncio.run(h())", 4),
    "choice": ("l = []\ndef f():\n    l.append(1) if not l else l.append(2)\n    l and l.append(3)\n"
               "    l or l.append(4)\n    l.pop(0), l.append(5)\n    return l", [3, 5]),
    "choice of choices": ("l = []\ndef f():\n    (l and l.append(1)) or (l.append(2) if l else l.append(3))\n"
                          "    return l", [3]),
    "chain of calls": ("class A:\n    n = 0\n    def m(self):\n        self.n += 1\n        return self\n"
                       "def f():\n    a = A()\n    (\n        a\n        .m()\n        .m()\n    )\n    return a.n", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", DOES)
def test_a_marked_function_gives_what_it_gave(kind: str, noted: Noted) -> None:
    source, value = DOES[kind]
    assert run(source)["f"]() == value
    marked = run(source, noted)
    # The names come from the source alone.
    assert set(marked) == set(run(source))
    assert marked["f"]() == value


@pytest.mark.parametrize("kind", DOES)
def test_a_marked_function_has_the_names_and_lines_that_it_had(kind: str, noted: Noted) -> None:
    source, _ = DOES[kind]
    before = compiled(ast.parse(source), "<user>")
    after = compiled(ast.parse(source), "<user>", noted.hooks)
    for one, other in zip(inner(before), inner(after), strict=True):
        for name in NAMES + COUNTS:
            assert getattr(one, name) == getattr(other, name), (one.co_name, name)
        assert {line for *_, line in one.co_lines()} - {None} == {line for *_, line in other.co_lines()} - {None}


# ------------------------------------------------------------------------------------------ what the marks say

SAYS: dict[str, tuple[str, list[Any], list[Any]]] = {
    # the body of a function; with what it is left; what it throws away
    "a value": ("return 5", [5], []),
    "bare": ("return", [None], []),
    "its end": ("pass", [None], []),
    "a docstring": ("'text'", [None], []),
    "a call": ("make(1)", [None], [1]),
    "None": ("make(None)", [None], []),
    "a name": ("make", [None], []),
    "a text": ("x = 1\n'text'", [None], []),
    "an attribute": ("make.__name__", [None], []),
    "a comparison": ("make(1) == make(2)", [None], []),
    "a yield": ("x = [i for i in range(2)]\nx[0]", [None], []),
    "what is kept": ("x = make(1)", [None], []),
    "what is handed on": ("make(make(1))", [None], [1]),
    "a tuple": ("make(1), make(2)", [None], [(1, 2)]),
    "an empty tuple": ("()", [None], [()]),
    "if": ("if make(0):\n    return 1", [None], []),
    "else": ("if make(0):\n    return 1\nelse:\n    make(3)", [None], [3]),
    "either": ("make(1) if make(0) else make(2)", [None], [2]),
    "or": ("make(0) or make(2)", [None], [2]),
    "and": ("make(0) and make(2)", [None], []),
    "not both": ("make(1) or make(2)", [None], []),
    "either of or": ("make(1) if make(0) else (make(0) or make(4))", [None], [4]),
    "a name of two": ("make(0) or make", [None], []),
    "in a loop": ("for i in 1, 2:\n    make(i)", [None], [1, 2]),
    "a loop that is left": ("for i in 1, 2:\n    make(i)\n    return i", [1], [1]),
    "endless": ("while True:\n    if make(1):\n        return 3", [3], []),
    "an endless loop's break": ("while True:\n    break", [None], []),
    "with": ("with open(__file__):\n    make(1)", [None], [1]),
    "match": ("match make(1):\n    case 1:\n        make(2)\n    case _:\n        return 3", [None], [2]),
    "try": ("try:\n    make(1)\nfinally:\n    make(2)", [None], [1, 2]),
    "except": ("try:\n    {}[1]\nexcept KeyError:\n    make(1)", [None], [1]),
    "except star": ("try:\n    {}[1]\nexcept* KeyError:\n    make(1)", [None], [1]),
    "return in finally": ("try:\n    return 1\nfinally:\n    return 2", [1, 2], []),
    "inner": ("def g():\n    make(1)\n    return 2\ng()", [2, None], [1, 2]),
    "inner lambda": ("(lambda: make(1))()", [None], [1]),
    "inner class": ("class A:\n    make(1)\n    def m(self):\n        return 2\nA().m()", [2, None], [1, 2]),
    "after a return": ("return 1\nmake(2)", [1], []),
}


@pytest.mark.parametrize("kind", SAYS)
def test_what_a_function_is_left_with_and_what_it_throws_away(kind: str, noted: Noted) -> None:
    body, left, thrown_away = SAYS[kind]
    function = run(f"def f():\n{textwrap.indent(body, '    ')}", noted, make=lambda value: value, __file__=__file__)[
        "f"
    ]
    assert function() == left[-1]
    assert (noted.returned, noted.thrown_away) == (left, thrown_away)


def test_an_exception_leaves_nothing(noted: Noted) -> None:
    with pytest.raises(ZeroDivisionError):
        run("def f():\n    return 1 // 0", noted)["f"]()
    assert noted.returned == []


@pytest.mark.parametrize(
    ("decorators", "name", "left"),
    [
        ("", "view", ["v"]),
        ("", "__call__", ["v"]),
        ("", "__len__", []),
        ("", "__private", ["v"]),
        ("@same", "view", ["v"]),
        ("@same(1)", "view", ["v"]),
        ("@property", "view", []),
        ("@functools.cached_property", "view", []),
        ("@same\n@view.setter", "view", []),
        ("@numba.jit(nopython=True)", "view", []),
        ("@njit", "view", []),
    ],
)
def test_whose_return_is_marked(decorators: str, name: str, left: list[Any], noted: Noted) -> None:
    function = f"def {name}(): return 'v'"
    tree = ast.parse(f"{decorators}\n{function}" if decorators else function)
    code = next(inner(compiled(tree, "<user>", noted.hooks)))
    assert eval(code) == "v" and noted.returned == left


def test_what_is_defined_in_a_function_that_is_not_marked_is_marked(noted: Noted) -> None:
    names = run("class A:\n    def __init__(self):\n        def view(): return 1\n        self.view = view", noted)
    assert names["A"]().view() == 1 and noted.returned == [1], "and __init__ says nothing"


def test_in_what_is_compiled_by_others_nothing_is_marked(noted: Noted) -> None:
    source = "def jit(f): return f\n@jit\ndef f():\n    print\n    def g(): return 1\n    return g()"
    assert run(source, noted)["f"]() == 1
    assert noted.returned.count(1) == 0


def test_an_asynchronous_generator_may_return_only_bare(noted: Noted) -> None:
    source = """
    async def f():
        yield 1
        return

    async def g():
        return [i async for i in f()]

    async def outer():
        async def f():
            yield 1
        return f
    """
    assert asyncio.run(run(source, noted)["g"]()) == [1]
    assert noted.returned == [[1]]
    asyncio.run(run(source, noted)["outer"]())
    assert len(noted.returned) == 2, "a yield of what is defined within makes no generator of it"


CATCHES = [
    ("except Exception:", 1),
    ("except BaseException as error:", 1),
    ("except:", 1),
    ("except (KeyError, Exception):", 1),
    ("except KeyError:", 0),
    ("except (KeyError, ValueError) as error:", 0),
    ("except errors.Exception:", 0),
]


@pytest.mark.parametrize(("clause", "times"), CATCHES)
def test_a_broad_except_tells_that_it_caught(clause: str, times: int, noted: Noted) -> None:
    class errors:
        Exception = KeyError

    source = f"def f(x):\n    try:\n        x[1]\n    {clause}\n        return 'caught'"
    function = run(source, noted, errors=errors)["f"]
    assert function({1: 2}) is None and noted.caught == 0
    assert function({}) == "caught" and noted.caught == times


CHANGES = [
    ("headers['a'] = 1", 1),
    ("message['headers'] = []", 1),
    ("headers += [1]", 1),
    ("other.headers += [1]", 1),
    ("message['headers'] += [1]", 1),
    ("message['status'] = 1", 1),
    ("headers = other", 0),
    ("other.headers = x", 0),
    ("del headers", 0),
    ("del headers[0]", 1),
    ("headers.append(\n    1)", 1),
    ("response_headers.clear()", 1),
    ("headers.get(1)", 0),
    ("other['a'] = 1", 0),
    ("x = 1", 0),
]


@pytest.mark.parametrize(("statement", "times"), CHANGES)
def test_a_change_of_headers_is_told_after_it_and_on_its_line(statement: str, times: int, noted: Noted) -> None:
    source = f"def f():\n    x = 1\n{textwrap.indent(statement, '    ')}\n    return x\n"
    lines: list[int] = []
    hooks = replace(noted.hooks, changed=lambda: lines.append(sys._getframe(1).f_lineno))
    names: dict[str, Any] = {name: Anything() for name in ("headers", "message", "self", "response_headers", "other")}
    exec(compiled(ast.parse(source.replace("def f():", "def f(headers=headers):")), "<user>", hooks), names)
    names["f"]()
    assert lines == [3] * times


GIVING = [
    ("response.status_code = 204", ["status_code"]),
    ("response.status = x = 5", ["status"]),
    ("response.content += b'x'", ["content"]),
    ("response.set_data(\n    b'x')", ["set_data"]),
    ("response.data", []),
    ("self.response.status = 204", []),
    ("response['status'] = 204", []),
    ("del response.data", ["data"]),
    ("x = response.write(b'x')", []),
    ("response.reason = 'x'", []),
]


@pytest.mark.parametrize(("statement", "told"), GIVING)
def test_what_may_be_given_to_a_response_is_told_after_it_and_on_its_line(
    statement: str, told: list[str], noted: Noted
) -> None:
    source = f"def f():\n    x = 1\n{textwrap.indent(statement, '    ')}\n    return x\n"
    seen: list[tuple[Any, str, int]] = []
    hooks = replace(noted.hooks, given=lambda thing, name: seen.append((thing, name, sys._getframe(1).f_lineno)))
    response = Anything()
    names: dict[str, Any] = {"response": response, "self": Anything()}
    exec(compiled(ast.parse(source), "<user>", hooks), names)
    names["f"]()
    assert [(thing is response, name, line) for thing, name, line in seen] == [(True, name, 3) for name in told]


class Anything:
    """Whatever is done to it can be done."""

    def __getattr__(self, name: str) -> Any:
        return Anything()

    def __delattr__(self, name: str) -> None: ...

    def __call__(self, *_: Any) -> None: ...

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __delitem__(self, key: Any) -> None: ...

    def __getitem__(self, key: Any) -> Any:
        return self

    def __iadd__(self, other: Any) -> Anything:
        return self


def test_warnings_of_a_source_are_not_given_a_second_time(noted: Noted) -> None:
    # This run makes errors of warnings; the source has one of its own, and a mark is a text that is called.
    compiled(ast.parse("def f(x):\n    assert (x, 1)\n    return x is 5"), "<user>", noted.hooks)


def test_a_text_that_looks_like_a_mark_in_a_program_without_marks_is_a_text() -> None:
    assert run('def f(): return "\\0oneresponse: returned"')["f"]() == "\0oneresponse: returned"


def test_a_future_of_the_source_holds_and_none_of_ours(noted: Noted) -> None:
    with_future = run("from __future__ import annotations\ndef f(a: missing): return 1", noted)
    assert with_future["f"].__annotations__ == {"a": "missing"}
    assert run("def f(a: int): return 1", noted)["f"].__annotations__ == {"a": int}


# ------------------------------------------------------------------------------------------ what others see

INSPECTED = '''
def f(a, /, b: int = 1, *c, d="x", **e) -> str:
    """What f does."""
    g = 5
    h = [g for _ in c]
    return h
'''


def test_what_inspect_says_of_a_function_stays(noted: Noted, tmp_path: Path) -> None:
    path = tmp_path / "inspected.py"
    path.write_text(INSPECTED, encoding="utf-8")
    linecache.checkcache(str(path))
    before = run(INSPECTED, None, str(path))["f"]
    after = run(INSPECTED, noted, str(path))["f"]
    for ask in (
        inspect.signature,
        inspect.getsource,
        inspect.getdoc,
        inspect.getsourcelines,
        inspect.getclosurevars,
        inspect.isgeneratorfunction,
        inspect.iscoroutinefunction,
        inspect.get_annotations,
    ):
        assert ask(after) == ask(before), ask
    assert after.__code__.co_consts[0] == before.__code__.co_consts[0] == "What f does."


@pytest.mark.parametrize(
    "body", ["pass", "make()", "return", "return make()", "x = 'no docstring'", "return 'nor this'"]
)
def test_a_function_without_a_docstring_has_none(body: str, noted: Noted) -> None:
    assert run(f"def f():\n    {body}", noted, make=int)["f"].__doc__ is None


FAILS: dict[str, str] = {
    "in a return": "return fail(1)",
    "in a return of several lines": "return (\n    1 +\n    fail(\n        1\n    )\n)",
    "after a point": "return fail . __call__ ( 1 )",
    "in a statement": "x = 1; fail(x); x",
    "in an argument": "print(fail(1), 2)",
    "in a chain": "(\n    fail\n    .__call__(\n        1)\n)",
    "in a tuple": "1, fail(1)",
    "of an operator": "return 1 + (2 // 0) + 3",
    "of an operand": "print(1 + (2 // 0))",
    "in a choice": "print(1) if fail(1) else print(2)",
    "in a chosen part": "fail(1) if print else print(2)",
    "in an and": "print and fail(1)",
    "of an or": "(print or print) and (None or\n fail(1))",
    "in a condition": "if (print and\n    fail(1)):\n    pass",
    "in a with": "with suppress(KeyError):\n    fail(1)",
    "in a handler": "try:\n    {}[1]\nexcept Exception:\n    fail(1)",
    "in a handler of a group": "try:\n    {}[1]\nexcept* KeyError as e:\n    fail(1)",
    "in a finally": "try:\n    return 1\nfinally:\n    fail(2)",
    "raised": "raise ValueError(\n    'x'\n)",
    "raised from": "try:\n    fail(1)\nexcept ArithmeticError as e:\n    raise ValueError('x') from e",
    "asserted": "assert (\n    1 ==\n    2), 'text'",
    "in a comprehension": "return [fail(i)\n for i in [1]]",
    "in a generator": "sum(fail(i)\n for i in [1])",
    "in an inner function": "def g():\n    fail(1)\n    return 1\ng()",
    "in a format": "f'{fail(1)!r}'\nreturn f'{1} {2}'",
}


def traced(function: Callable[[], Any]) -> tuple[str, list[tuple[Any, ...]]]:
    """The traceback of a function that fails, as text, and the places of its frames: lines and columns."""
    try:
        function()
    except Exception as error:
        told = traceback.TracebackException.from_exception(error)
        places = [(f.name, f.lineno, f.end_lineno, f.colno, f.end_colno) for f in told.stack if f.filename != __file__]
        return "".join(line for line in told.format() if __file__ not in line), places
    raise AssertionError("it has not failed")


@pytest.mark.parametrize("kind", FAILS)
def test_a_traceback_stays_to_the_column(kind: str, noted: Noted, tmp_path: Path) -> None:
    head = "from contextlib import suppress\ndef fail(x):\n    return x // 0\n\n\n"
    source = f"{head}def f():\n{textwrap.indent(FAILS[kind], '    ')}\n"
    path = tmp_path / "fails.py"
    path.write_text(source, encoding="utf-8")
    linecache.checkcache(str(path))
    before = traced(run(source, None, str(path))["f"])
    after = traced(run(source, noted, str(path))["f"])
    assert after == before
    assert before[1][0][0] == "f", "the user's frames are there, and no other"


# Bodies of a function of `c`, which gives each of the answers that a case stands for in turn, and None at last.
LINES: dict[str, str] = {
    "statement": "c()",
    "two on a line": "c(); c()",
    "two lines": "c()\nc()",
    "docstring": "'text'",
    "docstring and more": "'text'\nc()",
    "pass": "pass",
    "ellipsis": "...",
    "annotation": "x: int",
    "global": "global x",
    "nested def": "def g():\n    c()\ng()",
    "if": "if c():\n    x = 1",
    "if return": "if c():\n    return 1",
    "if call": "if c():\n    c()",
    "elif": "if c():\n    c()\nelif c():\n    c()",
    "if else": "if c():\n    c()\nelse:\n    x = 1",
    "nested if": "if c():\n    if c():\n        c()\n    else:\n        if c():\n            c()",
    "if on a line": "if c(): c()",
    "long condition": "if (c() and\n    c() or\n    c()):\n    c()",
    "long condition with a call": "if c(\n    1\n):\n    c()",
    "not": "if not (c() or\n    c()):\n    return",
    "for": "for i in range(2):\n    c()",
    "for else": "for i in range(2):\n    if c():\n        break\nelse:\n    c()",
    "for break": "for i in range(2):\n    if c():\n        break\n    c()",
    "for continue": "for i in range(3):\n    if c():\n        continue\n    c()",
    "for return": "for i in range(2):\n    if c():\n        return c()",
    "while": "while c():\n    c()",
    "while break": "while True:\n    if c():\n        break\n    if not c():\n        return",
    "while else": "while c():\n    c()\nelse:\n    c()",
    "try": "try:\n    c()\nexcept KeyError:\n    c()",
    "try fails": "try:\n    c()\n    {}[1]\nexcept KeyError:\n    c()",
    "try fails as": "try:\n    {}[1]\nexcept KeyError as error:\n    c()",
    "try fails broadly": "try:\n    {}[1]\nexcept Exception:\n    c()",
    "try fails broadly as": "try:\n    {}[1]\nexcept Exception as error:\n    if c():\n        c()",
    "try fails bare": "try:\n    {}[1]\nexcept:\n    pass",
    "try else": "try:\n    c()\nexcept KeyError:\n    c()\nelse:\n    c()",
    "try finally": "try:\n    c()\nfinally:\n    c()",
    "try return finally": "try:\n    if c():\n        return c()\nfinally:\n    c()",
    "try all": "try:\n    if c():\n        {}[1]\nexcept KeyError:\n    c()\nelse:\n    c()\nfinally:\n    c()",
    "try in a loop": "for i in range(2):\n    try:\n        {}[c()]\n    except KeyError:\n        continue\n    c()",
    "with": "with w:\n    c()",
    "with several": "with (w,\n      w):\n    c()",
    "with return": "with w:\n    if c():\n        return c()",
    "with after": "with w:\n    c()\nc()",
    "with in if": "if c():\n    with w:\n        c()",
    "match": "match c():\n    case 1:\n        c()\n    case _:\n        x = 1",
    "match without a rest": "match c():\n    case 1:\n        return 1\n    case 2:\n        c()",
    "call of several lines": "c(\n    c(),\n    1,\n)",
    "chain of several lines": "(\n    o\n    .m()\n    .m()\n)",
    "chain of several lines that goes on": "o.m(\n    c()\n).m(\n    1)\nc()",
    "returned call of several lines": "return c(\n    c(),\n    1,\n)",
    "returned in brackets": "return (\n    c(\n        1\n    )\n)",
    "returned chain": "return (\n    o\n    .m()\n    .m()\n)",
    "returned dict": "return {\n    'a': c(),\n    'b': c(),\n}",
    "returned choice": "return (\n    c()\n    if c()\n    else c()\n)",
    "returned sum": "return (\n    'a' +\n    str(c())\n)",
    "returned list": "return [\n    c()\n    for i in\n    range(2)\n]",
    "returned lambda": "return (\n    lambda: 1)",
    "returned constant": "return (\n    1)",
    "returned tuple": "return (\n    1,\n    2,\n)",
    "choice": "c() if c() else c()",
    "choice of several lines": "(c()\n if c()\n else c())\nc()",
    "and": "c() and c()",
    "or of several lines": "(c() or\n c())\nc()",
    "tuple": "c(), c()",
    "tuple of several lines": "(\n    c(),\n    c(),\n)",
    "raise": "if c():\n    raise KeyError(c())\nc()",
    "assert": "assert not c()\nc()",
    "yield": "yield c()\nc()\nyield",
    "yield from": "x = yield from [c(), c()]\nc()",
    "del": "x = 1\ndel x",
    "walrus": "(x := c())",
    "import": "import sys",
    "headers": "headers = {}\nheaders['a'] = c()\nheaders.update(\n    a=c(),\n    b=1)\ndel headers['a']",
    "headers with choice": "headers = {}\nheaders['a'] = (\n    c()\n    if c()\n    else 2)\nheaders.clear(); c()",
}  # fmt: skip


class Chained:
    def m(self, _: Any = None) -> Chained:
        return self


class Entered:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def seen(function: Callable[..., Any], answers: list[Any]) -> list[tuple[str, int, str]]:
    """What a tracer sees of the code in <user>, while a function runs that asks for these answers."""
    events: list[tuple[str, int, str]] = []
    waiting = list(answers)

    def trace(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != "<user>":
            return None
        events.append((frame.f_code.co_name, frame.f_lineno - function.__code__.co_firstlineno, event))
        return trace

    def c(*_: Any) -> Any:
        return waiting.pop(0) if waiting else None

    outer = sys.gettrace()  # coverage's own
    sys.settrace(trace)
    try:
        result = function(c, Chained(), Entered())
        if inspect.isgenerator(result):
            list(result)
    except (KeyError, AssertionError):
        pass
    finally:
        sys.settrace(outer)
    return events


STEPS_OF_THEIR_OWN = ("chain", "long condition", "not")


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("answers", [[], [1], [0, 1], [1, 1], [1, 0, 1], [2, 2, 2]], ids=str)
def test_a_tracer_sees_the_lines_that_it_saw(kind: str, answers: list[Any], noted: Noted) -> None:
    if noted.observed and any(word in kind for word in STEPS_OF_THEIR_OWN):
        pytest.skip("while it is explored, an expression over several lines goes from line to line in another order")
    source = f"def f(c, o, w):\n{textwrap.indent(LINES[kind], '    ')}\n"
    before, after = run(source)["f"], run(source, noted)["f"]
    assert before.__code__ != after.__code__ or kind == "yield"
    assert seen(after, answers) == seen(before, answers)


ASYNCHRONOUS = {
    "await": "await a()",
    "await twice": "await a()\nawait a()",
    "return await": "return await a()",
    "with": "async with w:\n    await a()",
    "with return": "async with w:\n    return await a()",
    "for": "async for i in g():\n    await a()",
    "if": "if await a():\n    await a()\nelse:\n    c()",
    "try": "try:\n    await a()\nfinally:\n    await a()",
    "handled": "try:\n    {}[1]\nexcept Exception:\n    await a()",
}
COROUTINE = """
class W:
    async def __aenter__(self): pass
    async def __aexit__(self, *_): pass
async def a():
    c()
async def g():
    yield 1
async def f():
    w = W()
{}
"""


@pytest.mark.parametrize("kind", ASYNCHRONOUS)
def test_a_tracer_sees_the_lines_of_coroutines_that_it_saw(kind: str, noted: Noted) -> None:
    source = COROUTINE.format(textwrap.indent(ASYNCHRONOUS[kind], "    "))

    def lines(coroutine: Callable[[], Any]) -> list[tuple[str, int, str]]:
        def step(*_: Any) -> None:
            with pytest.raises(StopIteration):
                coroutine().send(None)

        step.__code__ = step.__code__.replace(co_firstlineno=0)
        return seen(step, [])

    before, after = run(source, c=int)["f"], run(source, noted, c=int)["f"]
    assert lines(after) == lines(before)


@pytest.mark.parametrize("branch", [False, True], ids=["lines", "branches"])
def test_coverage_measures_what_it_measured(branch: bool, noted: Noted, tmp_path: Path) -> None:
    coverage = pytest.importorskip("coverage")
    bodies = "\n\n".join(
        f"def f{number}(c, o, w):\n{textwrap.indent(body, '    ')}" for number, body in enumerate(LINES.values())
    )
    path = tmp_path / "measured.py"
    path.write_text(bodies + "\n", encoding="utf-8")

    def measured(noted: Noted | None) -> Any:
        names = run(bodies + "\n", noted, str(path))
        functions = [names[f"f{number}"] for number in range(len(LINES))]
        meter = coverage.Coverage(data_file=None, branch=branch, include=[str(path)], config_file=False)
        meter.start()
        try:
            for function in functions:
                answers = [1, 0]
                try:
                    result = function(lambda *_, a=answers: a.pop(0) if a else None, Chained(), Entered())
                    list(result) if inspect.isgenerator(result) else None
                except (KeyError, AssertionError):
                    pass
        finally:
            meter.stop()
        analysis = meter._analyze(str(path))
        return sorted(analysis.executed), sorted(analysis.missing), analysis.numbers.pc_covered

    outer = sys.gettrace()
    if outer is not None:
        pytest.skip("one meter at a time")
    assert measured(noted) == measured(None)


REWRITTEN = """
def value(x):
    return x

def test_passes():
    value(1)
    assert value(1) == 1

def test_fails():
    one = value([1, 2])
    assert one == value([1, 3]), "differs"
"""

SWAPPING = """
import pytest
from pytest_oneresponse.instrument.rewrite import Hooks
from pytest_oneresponse.instrument.swap import Swap

class Nothing:
    left = 0
    def leave(self, value):
        self.left += 1
        return value
    def __contains__(self, value): return False

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    config.noted = Nothing()
    swap = Swap(lambda name: name.endswith("test_rewritten.py"), Hooks(config.noted.leave, config.noted), config)
    print("swapped", swap.put())

def pytest_sessionfinish(session):
    print("left", session.config.noted.left)
"""


def test_pytest_explains_a_failed_assertion_as_before(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(test_rewritten=REWRITTEN)
    plain = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=short", "-s")
    pytester.makeconftest(SWAPPING)
    marked = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=short", "-s")
    # Four calls of value, and the end of the test that passes.
    marked.stdout.fnmatch_lines(["*swapped *", "*left 5*"])

    def failure(result: pytest.RunResult) -> list[str]:
        lines = result.outlines
        first = next(number for number, line in enumerate(lines) if "FAILURES" in line)
        return [line for line in lines[first:] if not line.startswith("left") and " in " not in line]

    assert failure(marked) == failure(plain)
    assert any("At index 1 diff: 2 != 3" in line for line in failure(marked))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("x = make()", {"x"}),
        ("x = make()\ny = make()\nreturn y", {"x"}),
        ("if a:\n    x = make()", {"x"}),
        ("_x = make()", set()),
        ("x = y = make()", set()),
        ("x, y = make()", set()),
        ("x = make()\ndel x", set()),
        ("x = make()\nx += 1", set()),
        ("x = make()\ndef g():\n    return x", set()),
        ("x = make()\nreturn [x for _ in a]", set()),
        ("global x\nx = make()", set()),
        ("x = make()\nreturn locals()", set()),
        ("def g():\n    x = make()", set()),
        ("class C:\n    x = make()", set()),
    ],
)
def test_the_names_that_a_function_never_reads(body: str, names: set[str]) -> None:
    tree = ast.parse(f"def f(a):\n{textwrap.indent(body, '    ')}")
    assert _unread(tree.body[0]) == names  # type: ignore[arg-type]

"""Marks are put into live functions, wherever they are held, and every one of them is taken out again."""

from __future__ import annotations

import gc
import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from pytest_oneresponse.instrument.swap import Swap

from .conftest import Import, Noted, seeing_nothing


@pytest.fixture
def swap(noted: Noted, tmp_path: Path) -> Iterator[Swap]:
    """The user's files are those in the test's folder."""
    made = Swap(lambda name: name.startswith(str(tmp_path)), noted.hooks)
    yield made
    made.take_out()


HELD: dict[str, tuple[str, str]] = {
    # a source, and an expression that calls a function of it that gives 1
    "module": ("def f(): return 1", "f()"),
    "class": ("class A:\n    def f(self): return 1", "A().f()"),
    "bound method": ("class A:\n    def f(self): return 1\nm = A().f\ndel A", "m()"),
    "instance": ("def f(): return 1\nclass A: pass\na = A()\na.f = f\ndel f", "a.f()"),
    "slots": ("def f(): return 1\nclass A:\n    __slots__ = ('f',)\na = A()\na.f = f\ndel f", "a.f()"),
    "static method": ("class A:\n    @staticmethod\n    def f(): return 1", "A.f()"),
    "class method": ("class A:\n    @classmethod\n    def f(cls): return 1", "A.f()"),
    "closure": ("def make():\n    n = 1\n    def f(): return n\n    return f\nf = make()\ndel make", "f()"),
    "cell": ("def f(): return 1\ndef make(g):\n    return lambda: g()\nh = make(f)\ndel f", "h()"),
    "decorator": ("import functools\ndef d(g):\n    @functools.wraps(g)\n    def h(): return g()\n    return h\n"
                  "@d\ndef f(): return 1", "f()"),
    "cache": ("import functools\n@functools.cache\ndef f(): return 1", "f()"),
    "partial": ("import functools\ndef f(x): return x\nf = functools.partial(f, 1)", "f()"),
    "list": ("def f(): return 1\nviews = [f]\ndel f", "views[0]()"),
    "dict": ("def f(): return 1\nviews = {'f': f}\ndel f", "views['f']()"),
    "default": ("def f(): return 1\ndef g(h=f): return h()\ndel f", "g()"),
    "single dispatch": ("import functools\n@functools.singledispatch\ndef f(x): return 0\n"
                        "@f.register\ndef _(x: int): return x\ndel _", "f(1)"),
    "context manager": ("import contextlib\n@contextlib.contextmanager\ndef c():\n    yield 1\n"
                        "def f():\n    with c() as n:\n        return n", "f()"),
    "generator": ("def g():\n    yield 1\n    return 1\ndef f(): return next(g())", "f()"),
    "nested": ("def f():\n    def g():\n        def h(): return 1\n        return h\n    return g()()", "f()"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HELD)
def test_a_function_is_found_wherever_it_is_held(kind: str, swap: Swap, load: Import, noted: Noted) -> None:
    source, expression = HELD[kind]
    user = load("user", source + "\n")
    assert eval(expression, vars(user)) == 1 and noted.returned == []
    if kind == "cache":
        user.f.cache_clear()
    assert swap.put() >= 1
    assert eval(expression, vars(user)) == 1 and 1 in noted.returned
    noted.returned.clear()
    swap.take_out()
    if kind == "cache":
        user.f.cache_clear()
    assert eval(expression, vars(user)) == 1 and noted.returned == []


def test_a_property_is_found_and_says_nothing_of_what_it_returns(swap: Swap, load: Import, noted: Noted) -> None:
    source = "made = []\nclass A:\n    @property\n    def p(self):\n        made.pop()\n        return 1\n"
    user = load("user", source)
    swap.put()
    user.made.append(5)
    assert user.A().p == 1 and (noted.returned, noted.thrown_away) == ([], [5])


def functions(of: ModuleType) -> list[FunctionType]:
    """Every function that is alive whose code is of a module's file."""
    found = (one for one in gc.get_objects() if type(one) is FunctionType)
    return [one for one in found if one.__code__.co_filename == of.__file__]


MANY = """
import functools

def make(n):
    def inner():
        def innermost():
            return n
        return innermost
    return inner

def decorated(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        return f(*a, **k)
    return wrapper

class A:
    def __init__(self): self.n = 1
    @decorated
    def m(self): return self.n
    @staticmethod
    def s(): return 2
    @classmethod
    def c(cls): return 3
    @property
    def p(self): return 4
    async def a(self): return 5
    def g(self): yield 6

before = make(1)
before_that = before()
l = lambda: 7
"""


def test_every_original_comes_back(swap: Swap, load: Import) -> None:
    user = load("user", MANY)
    originals = {id(one): one.__code__ for one in functions(user)}
    assert swap.put() == len(originals) >= 13
    assert all(one.__code__ is not originals[id(one)] for one in functions(user))
    assert swap.put() == 0, "none is marked twice"
    swap.take_out()
    assert all(one.__code__ is originals[id(one)] for one in functions(user))
    assert len(functions(user)) == len(originals)
    assert not (swap.before or swap.files or swap.seen or swap.users or swap.swapped) and swap.is_behind()
    swap.take_out()


def test_what_a_marked_function_defines_is_marked_and_gets_its_original_back(
    swap: Swap, load: Import, noted: Noted
) -> None:
    user = load("user", MANY)
    original = user.make.__code__.co_consts
    swap.put()
    inner = user.make(2)
    innermost = inner()
    wrapped = user.decorated(len)
    noted.returned.clear()
    assert innermost() == 2 and wrapped([1]) == 1 and noted.returned == [2, 1]
    assert swap.put() == 0, "there is nothing left to do for these"
    swap.take_out()
    assert inner.__code__ in original and any(inner.__code__ is constant for constant in original)
    assert any(innermost.__code__ is constant for constant in inner.__code__.co_consts)
    noted.returned.clear()
    assert innermost() == 2 and user.make(3)()() == 3 and noted.returned == []


def test_marks_can_be_put_in_again_after_they_were_taken_out(swap: Swap, load: Import, noted: Noted) -> None:
    user = load("user", MANY)
    first = swap.put()
    swap.take_out()
    assert swap.put() == first
    assert user.l() == 7 and user.A.s() == 2 and noted.returned == [2], "a lambda's value is no return"


def test_a_function_that_runs_goes_on_with_the_code_it_began_with(swap: Swap, load: Import, noted: Noted) -> None:
    user = load("user", "def f(put):\n    put()\n    return 1\n\ndef g():\n    yield 1\n    return 2\n")
    running = user.g()
    assert next(running) == 1
    assert user.f(swap.put) == 1 and noted.returned == [], "its own code was swapped while it ran"
    assert user.f(swap.take_out) == 1 and noted.returned == [1]
    with pytest.raises(StopIteration) as ended:
        next(running)
    assert ended.value.value == 2 and noted.returned == [1]


def test_a_recursive_function_may_be_swapped_between_its_calls(swap: Swap, load: Import, noted: Noted) -> None:
    user = load("user", "def f(n, put):\n    if n == 2:\n        put()\n    return n if n == 0 else f(n - 1, put)\n")
    assert user.f(3, swap.put) == 0 and noted.returned == [0, 0], "the two calls that came after"


def test_nothing_of_other_packages_is_touched(swap: Swap, load: Import) -> None:
    user = load("user", MANY)
    found = [one for one in gc.get_objects() if type(one) is FunctionType]
    before = [(one, one.__code__) for one in found if one.__code__.co_filename != user.__file__]
    swap.put()
    assert len(before) > 1000 and all(one.__code__ is code for one, code in before)
    assert set(swap.files) == {user.__file__}
    assert json.loads("[1]") == [1]


def test_code_from_no_file_is_left_alone(swap: Swap, noted: Noted, tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(compile("def f(): return 1", str(tmp_path / "not_there.py"), "exec"), names)
    code = names["f"].__code__
    swap.put()
    assert names["f"].__code__ is code


def test_one_file_that_cannot_be_compiled_keeps_no_other_from_its_marks(swap: Swap, load: Import, noted: Noted) -> None:
    bad, good = load("bad", "def f(): return 1\n"), load("good", "def f(): return 2\n")
    Path(str(bad.__file__)).write_text("def f(:\n", encoding="utf-8")
    assert swap.put() == 1
    assert (bad.f(), good.f(), noted.returned) == (1, 2, [2])


def test_two_modules_of_one_file_get_their_marks_both(swap: Swap, load: Import, noted: Noted) -> None:
    one = load("user", "def f(): return 1\n")
    other = load("user", "def f(): return 1\n")
    assert one.f is not other.f and swap.put() == 2
    assert one.f() == other.f() == 1 and noted.returned == [1, 1]
    codes = one.f.__code__, other.f.__code__
    swap.take_out()
    assert one.f.__code__ not in codes and other.f.__code__ not in codes


# ------------------------------------------------------------------------------------------ looking anew


def test_a_refresh_looks_only_where_a_module_of_the_users_is_new(
    swap: Swap, load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    put = swap.put
    monkeypatch.setattr(swap, "put", lambda *functions: looks.append(put(*functions)) or 0)
    swap.refresh()
    looks.clear()
    assert not swap.refresh() and looks == [], "nothing was imported"
    user = load("user", "def f(): return 1\n")
    assert swap.refresh() and looks == [1]
    assert not swap.refresh() and looks == [1]
    monkeypatch.setitem(sys.modules, "not_the_users", ModuleType("not_the_users"))
    assert not swap.refresh() and looks == [1], "a module without a file, and so not the user's"
    theirs = ModuleType("theirs")
    theirs.__file__ = json.__file__
    monkeypatch.setitem(sys.modules, "theirs", theirs)
    assert not swap.refresh() and looks == [1], "and one of somebody else's"
    assert user.f() == 1


def test_a_module_that_was_loaded_again_gets_its_marks_again(swap: Swap, load: Import, noted: Noted) -> None:
    load("user", "def f(): return 1\n")
    swap.refresh()
    user = load("user", "def f(): return 1\n")  # under the same name
    assert swap.refresh() and user.f() == 1 and noted.returned == [1]


def test_a_module_in_the_place_of_one_that_was_thrown_out_gets_its_marks(
    swap: Swap, load: Import, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "thrown_out", ModuleType("thrown_out"))
    first = load("user", "def f(): return 1\n")
    swap.refresh()
    assert not swap.is_behind()
    del sys.modules["thrown_out"], sys.modules[first.__name__]
    load("another", "def f(): return 2\n")
    user = load("user", "def f(): return 1\n")  # as many modules as before, and the last has the name that the last had
    assert swap.is_behind()
    assert swap.refresh() and user.f() == 1 and noted.returned == [1]


@pytest.mark.parametrize("strange", [None, 5, object()])
def test_strange_things_among_the_modules_do_not_matter(
    strange: Any, swap: Swap, load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap.refresh()
    monkeypatch.setitem(sys.modules, "strange_thing", strange)
    load("user", "def f(): return 1\n")
    assert swap.refresh()


def test_to_forget_is_to_look_at_all_again(noted: Noted, load: Import) -> None:
    whose: list[str] = []
    swap = Swap(lambda name: name in whose, noted.hooks)
    user = load("user", "def f(): return 1\n")
    assert not swap.refresh()
    whose.append(str(user.__file__))
    assert not swap.refresh(), "what was seen was not the user's then"
    swap.forget()
    assert swap.refresh() and user.f() == 1 and noted.returned == [1]
    swap.take_out()
    assert swap.refresh() and user.f() == 1 and noted.returned == [1, 1]
    swap.take_out()


def test_a_function_from_before_a_freeze_gets_its_original_back(swap: Swap, load: Import, noted: Noted) -> None:
    # What is frozen, for a fork or so, the collector does not list any more.
    user = load("user", "def f(): return 1\n")
    swap.put()
    gc.freeze()
    try:
        swap.take_out()
        assert user.f() == 1 and noted.returned == []
    finally:
        gc.unfreeze()


# ------------------------------------------------------------------------------------------ pickling


def test_a_marked_function_is_pickled_by_its_name(swap: Swap, load: Import) -> None:
    user = load("user", "def f(): return 1\n")
    swap.put()
    assert pickle.loads(pickle.dumps(user.f)) is user.f


PICKLED = """
def make():
    n = []
    def f():
        n.append(1)
        n and len(n)
        if n:
            return len(n)
    return f
"""


def test_a_marked_function_is_pickled_by_value(load: Import, tmp_path: Path) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    from pytest_oneresponse.marks import HOOKS

    swap = Swap(lambda name: name.startswith(str(tmp_path)), HOOKS)
    user = load("user", PICKLED)
    swap.put()
    try:
        assert pickle.loads(cloudpickle.dumps(user.make()))() == 1
    finally:
        swap.take_out()


def constants(code: Any) -> Iterator[Any]:
    for constant in code.co_consts:
        yield from constants(constant) if isinstance(constant, type(code)) else (constant,)


def test_the_hooks_in_a_functions_constants_can_be_pickled(load: Import, tmp_path: Path) -> None:
    # What pickles functions by value pickles these; one comes back as itself, wherever it is read.
    from pytest_oneresponse.marks import HOOKS

    swap = Swap(lambda name: name.startswith(str(tmp_path)), HOOKS)
    user = load("user", PICKLED)
    swap.put()
    hooks = [one for one in constants(user.make.__code__) if not isinstance(one, (str, int, tuple, type(None)))]
    swap.take_out()
    assert hooks
    read: Callable[[Any], Any] = lambda one: pickle.loads(pickle.dumps(one))  # noqa: E731
    assert all(read(one) is one for one in hooks)


def test_what_a_time_limit_has_cut_short_is_done_again(
    swap: Swap, load: Import, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = load("user", "def f(): return 1\n")

    def struck(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(swap, "put", struck)
        swap.refresh()
    assert swap.refresh() and user.f() == 1 and noted.returned == [1]


# ------------------------------------------------------------------------------------------ other hooks


def test_the_marks_of_other_hooks_take_the_place_of_these_and_give_it_back(load: Import, tmp_path: Path) -> None:
    first, second = Noted(), Noted(seeing_nothing())
    hooks, others = first.hooks, second.hooks
    swap = Swap(lambda name: name.startswith(str(tmp_path)), hooks)
    user = load("user", MANY)
    originals = {id(one): one.__code__ for one in functions(user)}
    swap.put()
    marked = user.l.__code__, user.A.s.__code__
    try:
        swap.change(others)
        assert user.A.s() == 2 and (first.returned, second.returned) == ([], [2])
        assert user.A.s.__code__ not in marked
        assert swap.put() == 0, "none is marked twice"
        swap.change(others)
        swap.change(hooks)
        assert user.A.s() == 2 and (first.returned, second.returned) == ([2], [2])
        assert (user.l.__code__, user.A.s.__code__) == marked, "the same code as before, not made anew"
        swap.change(others)
    finally:
        swap.take_out()
    assert all(one.__code__ is originals[id(one)] for one in functions(user))
    assert user.A.s() == 2 and (first.returned, second.returned) == ([2], [2])
    assert not (swap.before or swap.swapped or any(swap.of_hooks.values()))


def test_what_was_defined_meanwhile_gets_the_other_hooks_marks_too(load: Import, tmp_path: Path) -> None:
    first, second = Noted(), Noted(seeing_nothing())
    hooks, others = first.hooks, second.hooks
    swap = Swap(lambda name: name.startswith(str(tmp_path)), hooks)
    user = load("user", MANY)
    original = user.make.__code__
    swap.put()
    try:
        inner = user.make(2)
        first.returned.clear()
        swap.change(others)
        innermost = inner()
        assert innermost() == 2 and first.returned == [] and second.returned == [innermost, 2]
        swap.change(hooks)
        second.returned.clear()
        assert innermost() == 2 and inner()() == 2 and second.returned == []
        assert first.returned[0] == 2 and len(first.returned) == 3
    finally:
        swap.take_out()
    assert user.make.__code__ is original
    assert any(inner.__code__ is constant for constant in original.co_consts)
    assert any(innermost.__code__ is constant for constant in inner.__code__.co_consts)


def test_what_is_imported_after_a_change_gets_the_marks_of_the_other_hooks(load: Import, tmp_path: Path) -> None:
    first, second = Noted(), Noted(seeing_nothing())
    swap = Swap(lambda name: name.startswith(str(tmp_path)), first.hooks)
    load("early", "def f(): return 1\n")
    swap.refresh()
    try:
        swap.change(second.hooks)
        late = load("late", "def f(): return 2\n")
        assert swap.refresh() and late.f() == 2
        assert (first.returned, second.returned) == ([], [2])
    finally:
        swap.take_out()
    assert late.f() == 2 and second.returned == [2]


def test_a_file_that_has_changed_since_loses_its_marks_with_a_change(load: Import, tmp_path: Path) -> None:
    first, second = Noted(), Noted(seeing_nothing())
    swap = Swap(lambda name: name.startswith(str(tmp_path)), first.hooks)
    user = load("user", "def f(): return 1\n")
    original = user.f.__code__
    swap.put()
    try:
        Path(str(user.__file__)).write_text("def f(): return 2\n", encoding="utf-8")
        swap.change(second.hooks)
        assert user.f() == 1 and user.f.__code__ is original
        assert (first.returned, second.returned) == ([], [])
    finally:
        swap.take_out()
    assert user.f.__code__ is original

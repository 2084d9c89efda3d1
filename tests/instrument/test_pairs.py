"""Which code stands in place of which: found by what was compiled, and only where the file still says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from pytest_oneresponse.instrument import pairs as module
from pytest_oneresponse.instrument.pairs import Pairs

from .conftest import Import, Noted

SOURCE = "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n"


def pairs(of: ModuleType, noted: Noted) -> Pairs:
    assert of.__file__ is not None
    return Pairs(of.__file__, noted.hooks)


def test_code_is_found_by_what_it_is(load: Import, noted: Noted) -> None:
    user = load("user", SOURCE)
    found = pairs(user, noted)
    one, other = found.rewritten(user.f.__code__), found.rewritten(user.g.__code__)
    assert one and other and (one.co_name, other.co_name) == ("f", "g")
    assert found.rewritten(user.f.__code__) is one, "the same one each time"
    assert found.rewritten(user.f.__code__.replace()) is one, "and for equal code"
    assert found.rewritten(one) is None, "what is rewritten is not rewritten again"


def test_code_of_another_source_is_not_found(load: Import, noted: Noted) -> None:
    user = load("user", SOURCE)
    found = pairs(user, noted)
    strange: dict[str, Any] = {}
    exec(compile("def f(x):\n    return x + 1\n", str(user.__file__), "exec"), strange)
    assert found.rewritten(strange["f"].__code__) is None
    assert found.rest == [], "every way of compiling was tried"
    assert found.rewritten(user.f.__code__) is not None


def test_code_that_is_found_at_once_costs_one_way_of_compiling(load: Import, noted: Noted) -> None:
    user = load("user", SOURCE)
    found = pairs(user, noted)
    assert found.rewritten(user.f.__code__) and found.rest == [module._asserting]


@pytest.mark.parametrize(
    "line",
    [
        "a, b = lambda x: x, lambda x: x",
        "a, b = lambda x: (lambda: x)(), lambda x: (lambda: x)()",
        "a, b = (lambda x: x,\n  lambda x: x)",
    ],
)
def test_two_lambdas_on_one_line_keep_their_own_columns(line: str, load: Import, watched: Noted) -> None:
    user = load("user", line + "\n")
    found = pairs(user, watched)
    for function in (user.a, user.b):
        code = found.rewritten(function.__code__)
        assert code is not None
        # Where the compiler has made the same of both, columns included, either stands for both.
        assert list(code.co_positions()) == list(function.__code__.co_positions())


def test_two_functions_on_one_line_keep_their_own_columns(load: Import, noted: Noted) -> None:
    user = load("user", "class A:\n    f = lambda s: s; g = lambda s: s\n")
    found = pairs(user, noted)
    columns = [
        [start for *_, start, _ in code.co_positions() if start is not None]
        for function in (user.A.f, user.A.g)
        if (code := found.rewritten(function.__code__)) is not None
    ]
    assert len(columns) == 2 and columns[0] != columns[1]


@pytest.mark.parametrize(
    "later",
    [
        "\n\n" + SOURCE,
        SOURCE.replace("return x", "return  x"),
        SOURCE.replace("return x", "return -x"),
        SOURCE.replace("x", "y"),
        "def f(x:\n",
        "\0",
        "",
    ],
    ids=["moved", "indented", "changed", "renamed", "broken", "binary", "empty"],
)
def test_a_file_that_was_changed_since_is_left_alone(later: str, load: Import, noted: Noted) -> None:
    user = load("user", SOURCE)
    Path(str(user.__file__)).write_text(later, encoding="utf-8")
    found = pairs(user, noted)
    assert found.rewritten(user.f.__code__) is None and found.rewritten(user.g.__code__) is None
    assert found.rewritten(user.f.__code__) is None, "nor the second time"


def test_a_function_that_a_change_has_spared_is_found(load: Import, noted: Noted) -> None:
    user = load("user", SOURCE)
    Path(str(user.__file__)).write_text(SOURCE + "\n\ndef h():\n    return 1\n", encoding="utf-8")
    assert pairs(user, noted).rewritten(user.f.__code__) is not None


def test_a_file_that_is_gone_is_left_alone(load: Import, noted: Noted) -> None:
    user = load("user", SOURCE)
    Path(str(user.__file__)).unlink()
    found = pairs(user, noted)
    assert found.source is None and found.rewritten(user.f.__code__) is None


def test_what_is_no_file_is_left_alone(noted: Noted, tmp_path: Path) -> None:
    for name in ("<string>", "", str(tmp_path)):
        assert Pairs(name, noted.hooks).rewritten(noted.leave.__code__) is None


ENCODED: dict[str, bytes] = {
    "cookie": "# -*- coding: latin-1 -*-\ndef f(): return 'ä'\n".encode("latin-1"),
    "cookie on the second line": "#!python\n# vim: set fileencoding=cp1252 :\ndef f(): return 'ä'\n".encode("cp1252"),
    "byte order mark": b"\xef\xbb\xbf" + "def f(): return 'ä'\n".encode(),
    "byte order mark and cookie": b"\xef\xbb\xbf# coding: utf-8\n" + "def f(): return 'ä'\n".encode(),
    "carriage returns": "def f(): return (\r\n    'ä')\r\n".encode(),
    "no last line feed": "def f(): return 'ä'".encode(),
    "form feed": "\x0cdef f(): return 'ä'\n".encode(),
}


@pytest.mark.parametrize("kind", ENCODED)
def test_a_file_may_be_encoded_in_any_way(kind: str, load: Import, noted: Noted) -> None:
    user = load("user", ENCODED[kind])
    code = pairs(user, noted).rewritten(user.f.__code__)
    assert code is not None and user.f() == eval(code) == "ä" and noted.returned == ["ä"]


@pytest.mark.parametrize("source", [b"# coding: no-such-thing\nx = 1\n", b"\xff\xfe\x00", b"x = '\xe4'\n"])
def test_a_file_that_cannot_be_read_as_a_source_is_left_alone(source: bytes, noted: Noted, tmp_path: Path) -> None:
    path = tmp_path / "user.py"
    path.write_bytes(source)
    assert Pairs(str(path), noted.hooks).rewritten(noted.leave.__code__) is None


FUTURE = (
    "from __future__ import annotations\ndef f(a: int) -> missing:\n    def g(b: missing): return b\n    return g(a)\n"
)


def test_the_futures_of_a_file_hold_for_what_is_rewritten(load: Import, noted: Noted) -> None:
    user = load("user", FUTURE)
    code = pairs(user, noted).rewritten(user.f.__code__)
    assert code is not None
    user.f.__code__ = code
    assert user.f(1) == 1 and noted.returned == [1, 1]


ASSERTING = "def f(x):\n    assert x == 1, 'text'\n    return x\n\n\ndef g(x):\n    return x\n"


@pytest.fixture
def asserting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Runs a source as pytest's assertion rewriting compiles it."""
    from _pytest.assertion.rewrite import rewrite_asserts

    def asserting(source: str) -> ModuleType:
        import ast

        path = tmp_path / "test_user.py"
        path.write_text(source, encoding="utf-8")
        tree = ast.parse(source.encode())
        rewrite_asserts(tree, source.encode(), str(path), None)
        made = ModuleType("test_user")
        made.__file__ = str(path)
        exec(compile(tree, str(path), "exec", dont_inherit=True), vars(made))
        return made

    return asserting


def test_a_module_whose_assertions_pytest_has_rewritten(asserting: Callable[[str], ModuleType], noted: Noted) -> None:
    user = asserting(ASSERTING)
    found = pairs(user, noted)
    for function in (user.f, user.g):
        code = found.rewritten(function.__code__)
        assert code is not None
        function.__code__ = code
        assert function(1) == 1
    assert noted.returned == [1, 1]
    with pytest.raises(AssertionError, match=r"assert 2 == 1"):
        user.f(2)


def test_what_pytest_is_told_not_to_rewrite_is_found_as_it_is(
    asserting: Callable[[str], ModuleType], noted: Noted
) -> None:
    user = asserting('"""PYTEST_DONT_REWRITE"""\n' + ASSERTING)
    assert pairs(user, noted).rewritten(user.f.__code__) is not None


def test_a_way_of_compiling_that_fails_is_as_good_as_none(
    load: Import, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> CodeType:
        raise RecursionError

    user = load("user", SOURCE)
    monkeypatch.setattr(module, "compiled", fails)
    assert pairs(user, noted).rewritten(user.f.__code__) is None


def test_trees_of_another_shape_are_no_pairs() -> None:
    one = compile("def f(): return lambda: 1", "x", "exec")
    with pytest.raises(ValueError, match="another shape"):
        list(module._paired(one, compile("def f(): return 1", "x", "exec")))
    with pytest.raises(ValueError, match="another shape"):
        list(module._paired(one, compile("def g(): return lambda: 1", "x", "exec")))
    assert [a.co_name for a, _ in module._paired(one, one)] == ["f", "<lambda>"]


NEVER_REACHED = """
def f(x):
    return [y for y in x]
    return [z for z in x]


def g(x):
    if False:
        x.sort(key=lambda one: one)
    return len([y for y in x])
"""


def test_what_is_defined_where_nothing_runs_makes_no_difference(load: Import, noted: Noted) -> None:
    user = load("user", NEVER_REACHED)
    found = pairs(user, noted)
    for function in (user.f, user.g):
        code = found.rewritten(function.__code__)
        assert code is not None and code.co_name == function.__name__

"""A function's tree is found by its code, and what is defined in it is told from what it does itself."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from pytest_oneresponse.source import function_of, functions_of, own_nodes, parsed, tree_of

SOURCE = """
import functools


def plain():
    return 1


@functools.lru_cache
@functools.wraps(plain)
async def decorated():
    return 2


class Shop:
    def plain(self):
        return 3
"""


def compiled(folder: Path, source: str) -> list[CodeType]:
    """Every code object of a file, in order."""
    file = folder / "shop.py"
    file.write_text(source, encoding="utf-8")
    waiting, found = [compile(source, str(file), "exec")], []
    while waiting:
        inner = [one for one in waiting.pop(0).co_consts if isinstance(one, CodeType)]
        found += inner
        waiting += inner
    return found


def test_a_function_is_found_by_its_first_line_and_its_name(tmp_path: Path) -> None:
    codes = {(code.co_name, code.co_firstlineno): code for code in compiled(tmp_path, SOURCE)}
    for name, line, value in (("plain", 5, 1), ("decorated", 9, 2), ("plain", 16, 3)):
        node: Any = function_of(codes[name, line])
        assert node.name == name and node.body[0].value.value == value
    assert function_of(codes["Shop", 15]) is None, "a class is none"


@pytest.mark.parametrize("source", [None, "def f(:", "\0"])
def test_a_file_that_cannot_be_read_has_no_functions(tmp_path: Path, source: str | None) -> None:
    file = tmp_path / "shop.py"
    if source is not None:
        file.write_text(source)
    assert dict(functions_of(str(file))) == {} and tree_of(str(file)).body == []


@pytest.mark.filterwarnings("error")
def test_nobody_is_warned_of_a_source_again(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text('def f(): return "\\d"')
    assert len(functions_of(str(file))) == 1


def test_what_is_defined_within_is_not_a_functions_own() -> None:
    body = ast.parse(
        textwrap.dedent("""
            one = 1
            def inner(): two = 2
            class Inner: three = 3
            four = lambda: (five := 5)
            if one:
                for six in (): pass
        """)
    ).body
    stored = [one.id for one in own_nodes(body) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    assert stored == ["one", "four", "six"], "and they come in their order"


def test_a_depth_that_python_counts_wrongly_is_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [SystemError("AST constructor recursion depth mismatch")]
    parse = ast.parse

    def failing(*arguments: Any) -> ast.Module:
        if errors:
            raise errors.pop()
        return parse(*arguments)

    monkeypatch.setattr(ast, "parse", failing)
    assert len(parsed("x = 1", "shop.py").body) == 1
    assert not errors

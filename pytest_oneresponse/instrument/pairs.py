"""Which code of a module stands in place of which: the code as it was compiled, and the same with marks."""

from __future__ import annotations

import ast
import dis
import tokenize
from collections.abc import Iterator
from types import CodeType
from typing import Any

from ..source import parsed
from .rewrite import Hooks, compiled


class Pairs:
    """The rewritten code of one file, by the code that it replaces.

    Two ways of compiling are known, Python's own and that of pytest's assertion rewriting: a function has the code of
    one of them. Code is found by equality, so what was compiled from another source is not found.
    """

    def __init__(self, filename: str, hooks: Hooks, config: Any = None, asserting: bool = False) -> None:
        self.filename = filename
        self.hooks = hooks
        self.config = config
        self.source = _read(filename)
        self.known: dict[CodeType, CodeType] = {}
        self.rest: list[Any] = [_asserting, _plain] if asserting else [_plain, _asserting]
        """The ways of compiling that were not needed yet, the likelier one first."""

    def rewritten(self, code: CodeType) -> CodeType | None:
        """What stands in place of `code`; None where it does not come from this file as it is now."""
        found = self.known.get(code)
        while found is None and self.rest and self.source is not None:
            self.compile(self.rest.pop(0))
            found = self.known.get(code)
        return found

    def compile(self, way: Any) -> None:
        try:
            tree = way(self)
            before = compiled(tree, self.filename)
            after = compiled(tree, self.filename, self.hooks)  # marks the tree
            self.known.update(_paired(before, after))
        except Exception:  # a source that this Python cannot compile again stays as it is
            return


def _read(filename: str) -> bytes | None:
    try:
        with open(filename, "rb") as file:
            tokenize.detect_encoding(file.readline)
            file.seek(0)
            return file.read()
    except (OSError, SyntaxError):
        return None


def _plain(pairs: Pairs) -> ast.Module:
    return parsed(pairs.source or b"", pairs.filename)


def _asserting(pairs: Pairs) -> ast.Module:
    from _pytest.assertion.rewrite import rewrite_asserts

    tree = _plain(pairs)
    rewrite_asserts(tree, pairs.source or b"", pairs.filename, pairs.config)
    return tree


def _paired(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The code objects of two trees of the same shape, pair by pair."""
    mine, theirs = _inside(before), _inside(after)
    if len(mine) != len(theirs):  # of code that is never reached the compiler keeps what is defined there, or not
        mine, theirs = _used(before), _used(after)
    if len(mine) != len(theirs) or before.co_name != after.co_name:
        raise ValueError(f"{before.co_name} has another shape after the rewrite")
    for one, other in zip(mine, theirs, strict=True):
        yield one, other
        yield from _paired(one, other)


def _inside(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _used(code: CodeType) -> list[CodeType]:
    """The code objects in a code that an instruction of it loads, in the order of its constants."""
    loaded = {instruction.arg for instruction in dis.get_instructions(code) if instruction.opname == "LOAD_CONST"}
    return [one for place, one in enumerate(code.co_consts) if isinstance(one, CodeType) and place in loaded]

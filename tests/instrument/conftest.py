"""Modules of a user's in files of their own, and hooks that note what the marks say."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse.instrument.observe import OPERATORS, Observed
from pytest_oneresponse.instrument.rewrite import Hooks

Import = Callable[..., ModuleType]


def seeing_nothing() -> Observed:
    """Hooks for the marks of exploration that let everything be as it is."""
    kept: dict[int, Any] = {}

    def compare(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
        return (other, one) if OPERATORS[kind] in (ast.In, ast.NotIn) else (one, other)

    def compare_on(number: int, kind: int, one: Any, other: Any) -> tuple[Any, Any]:
        kept[number] = other
        return compare(number, kind, one, other)

    def given(number: int, value: Any) -> Any:
        return value

    return Observed(
        decide=lambda number, value: bool(value),
        weigh=given,
        compare=compare,
        compare_on=compare_on,
        middle=kept.pop,
        item=lambda number, container, key: (container, key),
        slice=lambda number, container, *parts: (container, slice(*parts)),
        arithmetic=lambda number, kind, one, other: (one, other),
        call=given,
        iterate=given,
        unpack=lambda number, count, value: value,
        match=given,
        passed=lambda number: None,
        begin=lambda number: None,
        await_=given,
        enter_with=given,
    )


class Noted:
    """What the marks have said: the values that functions were left with, those thrown away, and how often one caught."""

    def __init__(self, observed: Observed | None = None) -> None:
        self.observed = observed
        self.returned: list[Any] = []
        self.thrown_away: list[Any] = []
        self.caught = 0

    @property
    def hooks(self) -> Hooks:
        return Hooks(self.leave, self, self.catch, observed=self.observed)

    def leave(self, value: Any) -> Any:
        self.returned.append(value)
        return value

    def __contains__(self, value: Any) -> bool:
        self.thrown_away.append(value)
        return False

    def catch(self) -> None:
        self.caught += 1


@pytest.fixture(params=["watched", "explored"])
def noted(request: pytest.FixtureRequest) -> Noted:
    """With the marks that watching puts in, and with those of exploration beside them."""
    return Noted(seeing_nothing() if request.param == "explored" else None)


@pytest.fixture
def watched() -> Noted:
    """With the marks alone that watching puts in."""
    return Noted()


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Import]:
    """Writes a source to a file below the test's folder and imports it from there, under a name that no other test has."""
    made: list[str] = []

    def load(stem: str, source: str | bytes) -> ModuleType:
        path = tmp_path / f"{stem}.py"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        linecache.checkcache(str(path))
        name = f"{stem}_of_{tmp_path.name}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        made.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in made:
        sys.modules.pop(name, None)

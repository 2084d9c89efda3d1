"""Modules of a user's in files of their own, and hooks that note what the marks say."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse.instrument.rewrite import Hooks

Import = Callable[..., ModuleType]


class Noted:
    """What the marks have said: the values that functions were left with, those thrown away, and how often one caught."""

    def __init__(self) -> None:
        self.returned: list[Any] = []
        self.thrown_away: list[Any] = []
        self.caught = 0

    @property
    def hooks(self) -> Hooks:
        return Hooks(self.leave, self, self.catch)

    def leave(self, value: Any) -> Any:
        self.returned.append(value)
        return value

    def __contains__(self, value: Any) -> bool:
        self.thrown_away.append(value)
        return False

    def catch(self) -> None:
        self.caught += 1


@pytest.fixture
def noted() -> Noted:
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

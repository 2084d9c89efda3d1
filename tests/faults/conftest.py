"""A user's modules with the marks of exploration in their functions, and exchanges that run under a tap."""

from __future__ import annotations

import ast
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse import objects, sites
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.drive.run import EXPLORING
from pytest_oneresponse.exchange import Exchange, Watcher
from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.fault import Fault
from pytest_oneresponse.faults.tap import Tap
from pytest_oneresponse.instrument.rewrite import compiled
from pytest_oneresponse.protocols import asgi, wsgi
from pytest_oneresponse.protocols.client import DEFAULT, Answer, Client

_numbers = itertools.count()
"""Each file has a name of its own: marks are kept by it for as long as the process lives."""


class Module:
    """A module of the user's."""

    def __init__(self, path: Path, source: str, names: dict[str, Any]) -> None:
        self.path = path
        self.source = source
        self.names = names

    def __getattr__(self, name: str) -> Any:
        try:
            return self.names[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def file(self) -> str:
        """As reports name it."""
        return sites.Owners.shown(str(self.path))

    def line(self, text: str) -> int:
        """The first line that holds a text."""
        return next(number for number, line in enumerate(self.source.splitlines(), 1) if text in line)

    def span(self, text: str) -> tuple[int, int, int, int]:
        """The place of the first expression that is written so."""
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.expr) and ast.get_source_segment(self.source, node) == text:
                return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0
        raise LookupError(text)

    def fault(self, text: str, error: str, kind: str = "call", nth: int = 1, always: bool = False) -> Fault:
        return Fault(kind, self.file, self.span(text), error, nth, always)


Load = Callable[..., Module]
Run = Callable[..., tuple[Exchange, Answer]]


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder whose files are the user's."""
    for name in ("root", "packages", "frameworks", "_user"):
        monkeypatch.setattr(sites.Owners, name, getattr(sites.Owners, name))
    monkeypatch.setattr(Watcher, "marks", None)
    sites.Owners.configure(tmp_path, (), objects.framework_packages())
    return tmp_path


@pytest.fixture
def load(users: Path) -> Iterator[Load]:
    """Writes a source to a file of the user's, or to one below `folder`, and makes a module of it."""
    made: list[str] = []

    def load(source: str, folder: str = ".", **names: Any) -> Module:
        name = f"app_{next(_numbers)}"
        path = (users / folder).resolve() / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        source = textwrap.dedent(source)
        path.write_text(source, encoding="utf-8")
        module = ModuleType(name)
        module.__file__ = str(path)
        vars(module).update(names)
        tree = ast.parse(source)
        is_users = sites.Owners.is_user(str(path))
        exec(compiled(tree, str(path), EXPLORING) if is_users else compile(tree, path, "exec"), vars(module))
        sys.modules[name] = module
        made.append(name)
        return Module(path, source, vars(module))

    yield load
    for name in made:
        del sys.modules[name]


@pytest.fixture
def run() -> Run:
    """Sends one request to a WSGI app, or to one of ASGI, while a tap stands between it and what it calls."""

    def run(app: Any, tap: Any = None, client: Client = DEFAULT, request: Request | None = None) -> Any:
        is_async = bool(app.__code__.co_flags & 0x80)
        driver: Any = (asgi if is_async else wsgi).Driver(app)
        try:
            with recording(tap=tap or Tap()):
                return driver.exchange(request or Request(), client)
        finally:
            driver.close()

    return run

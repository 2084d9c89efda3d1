"""Statements that reach a database on whatever way, as what an ORM loads lazily does: made to fail where they are sent."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..explore.recording import Recording
from ..watch.patching import Patches
from .exceptions import resolved

_OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "PRAGMA")
"""Statements that keep a transaction in order, also that of a test around the exchange: these do not fail."""


@contextmanager
def tapped() -> Iterator[None]:
    """What Django's ORM and SQLAlchemy send to a database meanwhile can be made to fail."""
    patches = Patches()
    try:
        patches.when_imported("django.db.backends.utils", _django)
        patches.when_imported("sqlalchemy.engine.default", _sqlalchemy)
        yield
    finally:
        patches.undo()


def _django(module: Any, patches: Patches) -> None:
    def make(execute: Any) -> Any:
        @functools.wraps(execute)
        def executing(self: Any, sql: Any, *arguments: Any, **named: Any) -> Any:
            _fail(sql, resolved("django.db.utils.OperationalError"))
            return execute(self, sql, *arguments, **named)

        return executing

    patches.replace(module.CursorWrapper, "_execute_with_wrappers", make)


def _sqlalchemy(module: Any, patches: Patches) -> None:
    def make(execute: Any) -> Any:
        @functools.wraps(execute)
        def executing(self: Any, cursor: Any, statement: Any, *arguments: Any, **named: Any) -> Any:
            _fail(statement, getattr(getattr(self, "dbapi", None), "OperationalError", None))
            return execute(self, cursor, statement, *arguments, **named)

        return executing

    patches.replace(module.DefaultDialect, "do_execute", make)


def _fail(statement: Any, kind: Any) -> None:
    now = Recording.now
    if now is None or now.tap is None or kind is None or str(statement).lstrip().upper().startswith(_OF_TRANSACTIONS):
        return
    error = now.tap.query(kind)
    if error is not None:
        raise error

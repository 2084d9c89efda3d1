"""Statements that reach a database in whatever way, as what an ORM loads lazily does.

Where they are sent they are made to fail; what their parameters are compared with is told to the search.
"""

from __future__ import annotations

import functools
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import sites
from ..explore.recording import Recording
from ..instrument.observe import MARKS
from ..patching import Patches
from .exceptions import resolved

_OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "PRAGMA")
"""Statements that keep a transaction in order, also that of a test around the exchange: these do not fail."""


@contextmanager
def tapped() -> Iterator[None]:
    """What Django's ORM and SQLAlchemy send to a database meanwhile can be made to fail, and is told to the search."""
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
            _tell(getattr(self.db, "connection", None), sql, *arguments[:1])
            return execute(self, sql, *arguments, **named)

        return executing

    patches.replace(module.CursorWrapper, "_execute_with_wrappers", make)


def _sqlalchemy(module: Any, patches: Patches) -> None:
    def make(execute: Any) -> Any:
        @functools.wraps(execute)
        def executing(self: Any, cursor: Any, statement: Any, *arguments: Any, **named: Any) -> Any:
            _fail(statement, getattr(getattr(self, "dbapi", None), "OperationalError", None))
            _tell(getattr(cursor, "connection", None), statement, *arguments[:1])
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


def _tell(connection: Any, statement: Any, parameters: Any = ()) -> None:
    """Note what the columns hold with which the parameters are compared; other databases than SQLite are not asked."""
    now = Recording.now
    if now is None or now.tap is not None or not parameters or not isinstance(connection, sqlite3.Connection):
        return
    frame = sites.users_frame(sys._getframe(1))
    number = MARKS.call_at(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None
    if number is not None:
        now.note_statement(number, connection, statement, parameters)

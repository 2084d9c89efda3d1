"""Django's database connections while a route is driven: those of the test that drives it, left open and in its transaction."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def around() -> Iterator[None]:
    """Around one exchange, as Django's own test client does: its end closes no connection that a test's transaction holds."""
    signals, db = sys.modules.get("django.core.signals"), sys.modules.get("django.db")
    if signals is None or db is None or not _in_transaction(db):
        yield
        return
    both = (signals.request_started, signals.request_finished)
    cut = [signal for signal in both if signal.disconnect(db.close_old_connections)]
    try:
        yield
    finally:
        for signal in cut:
            signal.connect(db.close_old_connections)


@contextmanager
def around_asgi() -> Iterator[None]:
    """The same for an app that runs in an event loop: what is synchronous in it runs in one thread, on the test's connections.

    Without it Django gives each request a thread, and that connections of its own, which no test's transaction takes back.
    """
    db, sync = sys.modules.get("django.db"), sys.modules.get("asgiref.sync")
    if db is None or sync is None or not _in_transaction(db):
        yield
        return
    shared = {one.alias: one for one in db.connections.all(initialized_only=True)}
    executors = sync.AsyncToSync.executors
    outer = getattr(executors, "current", None)
    for connection in shared.values():
        connection.inc_thread_sharing()
    _Synchronous.use(db.connections, shared)
    executors.current = _Synchronous.pool
    try:
        with around():
            yield
    finally:
        executors.current = outer
        for connection in shared.values():
            connection.dec_thread_sharing()


class _Synchronous:
    """The thread in which synchronous code runs, and the connections that it has been given."""

    pool: Any = None
    given: Mapping[str, Any] = {}

    @classmethod
    def use(cls, connections: Any, shared: Mapping[str, Any]) -> None:
        """Give the thread these connections, as Django's LiveServerThread is given them."""
        if cls.pool is None:
            cls.pool = ThreadPoolExecutor(1, "oneresponse-django")
        if cls.given != shared:
            cls.pool.submit(_take, connections, shared).result()
            cls.given = dict(shared)


def _take(connections: Any, shared: Mapping[str, Any]) -> None:
    for alias, connection in shared.items():
        connections[alias] = connection


def has_database() -> bool:
    """Whether one is configured: without any Django has one that refuses everything."""
    db = sys.modules.get("django.db")
    engines = [one.get("ENGINE", "") for one in db.connections.settings.values()] if db is not None else []
    return any(engine and not engine.endswith(".dummy") for engine in engines)


@contextmanager
def apart() -> Iterator[None]:
    """Within a test's transaction each trial has a savepoint, so that it finds what the first one found.

    An error that the app catches would else leave the transaction broken for all that come after it.
    """
    db = sys.modules.get("django.db")
    opened = db.connections.all(initialized_only=True) if db is not None else ()
    saved = [(one, one.savepoint()) for one in opened if one.in_atomic_block and one.features.uses_savepoints]
    try:
        yield
    finally:
        for connection, savepoint in reversed(saved):
            with suppress(db.Error):  # type: ignore[union-attr]  # as where the app has ended the connection
                connection.set_rollback(False)
                connection.savepoint_rollback(savepoint)
                connection.savepoint_commit(savepoint)


def in_transaction() -> bool:
    """Whether what is written now is taken back."""
    db = sys.modules.get("django.db")
    return db is not None and _in_transaction(db)


def _in_transaction(db: Any) -> bool:
    return any(connection.in_atomic_block for connection in db.connections.all(initialized_only=True))

"""Watching the WSGI apps inside an app: whether those around them close what they return (PEP 3333, "Specification Details")."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CellType
from typing import Any, NamedTuple

from ..contract.events import Improper
from ..exchange import Exchange, current
from ..sites import capture

_getframe = sys._getframe


class Hold(NamedTuple):
    """Where an inner WSGI app is held: an attribute of an object, or a cell of a closure."""

    holder: Any
    via: Any
    app: Callable[..., Any]


class Probe:
    """Stands in for an inner WSGI app while the outer one is driven: it only looks whether close() is called."""

    def __init__(self, app: Callable[..., Any], handed: list[Handed]) -> None:
        self.__wrapped__ = app
        self.handed = handed

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        body = self.__wrapped__(environ, start_response)
        exchange = current()
        if exchange is None or getattr(body, "close", None) is None:
            return body
        watched = Probed(body)
        self.handed.append(Handed(exchange, watched, capture(_getframe(1))))
        return watched

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)


class Handed(NamedTuple):
    """An iterable that was handed out, and the site of the call that got it."""

    exchange: Exchange
    body: Probed
    site: Any


class Probed:
    """An iterable with a close(), which notes that it was called."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.closed = False

    def __iter__(self) -> Iterator[Any]:
        return iter(self.body)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.body, name)

    def close(self) -> None:
        self.closed = True
        self.body.close()


@contextmanager
def probing(holds: Iterable[Hold]) -> Iterator[Callable[[Exchange | None], None]]:
    """Put probes in for the inner apps, and take them out again.

    Gives the function that judges the iterables of one exchange, or of all.
    """
    handed: list[Handed] = []
    put = [hold for hold in holds if _set(hold, Probe(hold.app, handed))]
    try:
        yield functools.partial(_judge, handed)
    finally:
        for hold in put:
            _set(hold, hold.app)


def _judge(handed: list[Handed], exchange: Exchange | None) -> None:
    for one in handed:
        if (exchange is None or one.exchange is exchange) and not one.body.closed:
            detail = "the close() of the inner app's iterable was never called"
            one.exchange.add(Improper("iterable-not-closed", detail, one.site))
    handed.clear()


def _set(hold: Hold, value: Any) -> bool:
    try:
        if isinstance(hold.via, CellType):
            hold.via.cell_contents = value
        else:
            setattr(hold.holder, hold.via, value)
    except Exception:  # an object that takes no attributes is left as it is
        return False
    return True

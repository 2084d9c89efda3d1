"""Seeing that one response object answers two requests."""

from __future__ import annotations

import weakref
from types import FrameType
from typing import Any, NamedTuple

from . import sites
from .contract.events import Improper
from .exchange import Exchange
from .marks import CLIENTS


class Served(NamedTuple):
    """A response that has been started: where it was built, as far as that is known, and for which exchange."""

    response: weakref.ref[Any]
    origin: sites.Chain
    exchange: weakref.ref[Exchange]


_served: dict[int, Served] = {}
_outside: dict[int, tuple[weakref.ref[Any], sites.Chain]] = {}
"""Where the responses were built that were built for no request: at the import of a module, as a rule."""


def note_outside(response: Any, frame: FrameType | None) -> None:
    """A response object is being built while no request is answered."""
    kind = type(response)
    if kind.__module__.startswith(CLIENTS):
        return
    chain = sites.capture_built(frame)
    reference = _held_weakly(response, _outside) if sites.holds_user(chain) else None
    if reference is not None:
        _outside[id(response)] = (reference, chain)


def note_served(exchange: Exchange, response: Any) -> None:
    """A response has been started for an exchange; a second exchange with it is a finding of that one."""
    key = id(response)
    known = _served.get(key)
    if known is None:
        reference = _held_weakly(response, _served)
        if reference is not None:
            built = exchange.built.get(key) if exchange.built else None
            origin = built.chain if built else _outside[key][1] if key in _outside else ()
            _served[key] = Served(reference, origin, weakref.ref(exchange))
    elif known.response() is response and known.exchange() is not exchange:
        detail = "the response object that answers this request has answered another one before"
        exchange.add(Improper("shared-response", detail, sites.Site((), sites.NO_SENDER, known.origin or None)))


def _held_weakly(response: Any, known: dict[int, Any]) -> weakref.ref[Any] | None:
    """A reference with which an object's entry goes when the object does; None where it cannot be held weakly."""
    key = id(response)
    try:
        return weakref.ref(response, lambda _: known.pop(key, None))
    except TypeError:
        return None

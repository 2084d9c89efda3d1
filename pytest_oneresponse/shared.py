"""Seeing that one response object answers two requests."""

from __future__ import annotations

import weakref
from types import FrameType
from typing import Any

from . import sites
from .contract.events import Improper
from .exchange import Built, Exchange, Left
from .marks import CLIENTS
from .weakly import Known

Reference = weakref.ref[Any]

_served = Known(1000)
"""The responses that have been started: where each was built, as far as that is known, and for which exchange.

None stands for the exchange for which it was built, which finds it there.
"""
_fresh: list[tuple[Reference, sites.Chain, Any]] = []
"""The last of them, of which nearly all are gone by the time that the next ones come; what lives on goes to the others."""
_MOST_FRESH = 50
_outside = Known(1000)
"""Where the responses were built that were built for no request: at the import of a module, as a rule."""


def note_outside(response: Any, frame: FrameType | None) -> None:
    """A response object is being built while no request is answered."""
    if type(response).__module__.startswith(CLIENTS):
        return
    chain = sites.capture_built(frame)
    reference = _reference(response) if sites.holds_user(chain) else None
    if reference is not None:
        _outside.sweep()
        _outside[id(response)] = (reference, chain)


def note_served(exchange: Exchange, response: Any, built: Built | None) -> Reference | None:
    """A response has been started for an exchange; a second exchange with it is a finding of that one.

    `built`: where it was built for this exchange, if it was. Gives a reference to the response, for whoever needs one.
    """
    if built is not None:  # it cannot have answered another one
        if built.response is not None:
            if len(_fresh) >= _MOST_FRESH:
                _settle()
            _fresh.append((built.response, built.chain, None))
        return built.response
    _settle()
    key = id(response)
    known = _served.get(key)
    if known is not None and known[0]() is response:
        # A response that is mounted as an app serves many, and is made for it: no function of the user's returns it.
        returned = next((left for left in list((exchange.left or {}).values()) if left.value == key), None)
        if returned is not None:
            _note_again(exchange, returned, known)
        served: Reference = known[0]
        return served
    origin = _outside[key][1] if key in _outside and _outside[key][0]() is response else ()
    reference = _reference(response)
    if reference is not None:
        _served.sweep()
        _served[key] = (reference, origin, weakref.ref(exchange))
    return reference


def note_passed(exchange: Exchange) -> None:
    """A proxy passes on a response that was not built for the exchange: which one, its function has said as it returned it."""
    _settle()
    for left in list((exchange.left or {}).values()):
        known, outside = _served.get(left.value), _outside.get(left.value)
        if left.value in (exchange.built or {}):
            continue  # the proxy itself, through middleware
        if left.caller is not None and sites.is_users(left.caller):
            continue  # it may have been looked at only
        if known is not None and known[0]() is not None:
            _note_again(exchange, left, known)
        elif outside is not None and outside[0]() is not None:
            _served.sweep()
            _served[left.value] = (*outside, weakref.ref(exchange))


def _note_again(exchange: Exchange, left: Left, known: Any) -> None:
    """A function has returned a response that has been started, for another exchange as a rule."""
    if known[2] is None or known[2]() is not exchange:
        detail = "the response object that answers this request has answered another one before"
        site = sites.Site((left.code, left.instruction), sites.NO_SENDER, known[1] or None)
        exchange.add(Improper("shared-response", detail, site))


def _settle() -> None:
    """Put the fresh ones that still live to the others."""
    for entry in _fresh:
        response = entry[0]()
        if response is not None:
            _served.sweep()
            _served[id(response)] = entry
    _fresh.clear()


def _reference(response: Any) -> Reference | None:
    try:
        return weakref.ref(response)
    except TypeError:
        return None

"""Answers that come to nothing: built and thrown away, or raised and caught as any exception would be."""

from __future__ import annotations

from types import FrameType
from typing import Any

from . import frameworks, sites
from .contract.events import Lost, Swallowed
from .exchange import Exchange
from .sites import Proxies, Site

_new = tuple.__new__  # as in exchange.py


def note_lost(exchange: Exchange, rule: str, value: Any, frame: FrameType) -> None:
    """An answer is being thrown away by the code that runs in `frame`: a response that was built for this exchange."""
    chain = sites.walk(frame)[0]
    built = exchange.built.get(id(value)) if exchange.built else None
    # A class that allows no weak references: whatever else was built at this address has been noted since.
    if built and (built.response is None or built.response() is value):
        if frame.f_code not in built.chain[::2] or Proxies.passes_on(built.chain):
            return  # it came back through a framework, as what a middleware replaces does
        origin = built.chain
    elif rule == "orphan-response":
        return  # it answered another request, of a client that the app itself uses
    elif isinstance(value, BaseException) and value.__traceback__ is not None:
        return  # it was raised, and caught
    else:
        left = (exchange.left or {}).values()
        maker = next((one for one in left if one.value == id(value) and one.kind is type(value)), None)
        origin = (maker.code, maker.instruction, *chain) if maker else chain
    exchange.add(Lost(rule, told(value, rule), _new(Site, (chain, sites.NO_SENDER, origin, -1, (), ()))))


def note_swallowed(exchange: Exchange, error: BaseException, frame: FrameType) -> None:
    """An exception that stands for an answer was caught, by the code that runs in `frame`, as any other would be."""
    status = status_of(error)
    if status:
        name = f"{type(error).__name__} ({status})"
        site = _new(Site, (sites.walk(frame)[0], sites.NO_SENDER, sites.chain_of(error), -1, (), ()))
        event = Swallowed(status, name, site)
        exchange.add(event)
        exchange.caught = (*exchange.caught, (event, error, frame.f_code))


def told(value: Any, rule: str) -> str:
    """What became of an answer that was lost, in one sentence: its class, and its status where it says it."""
    name = type(value).__name__ if rule == "unraised-error" else "a response"
    status = status_of(value)
    fate = "neither raised nor returned" if rule == "unraised-error" else "neither sent nor returned"
    return f"{name}{f' ({status})' if status else ''} was built, and {fate}"


def status_of(value: Any) -> int:
    """The status of a response or an HTTP exception, under the names that frameworks use; 0 where it does not say it."""
    codes = (getattr(value, attribute, None) for attribute in ("status_code", "code", "status"))
    known = next((int(code) for code in codes if isinstance(code, int)), 0)
    inner = getattr(value, "response", None)  # an exception that was made of a response
    return known or frameworks.status_of_error(value) or (status_of(inner) if inner is not None else 0)

"""What frameworks do on a WebSocket because of an exception: refuse to send what has no place there, and close for the app."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

from . import frameworks, sites
from .contract.events import Accept, Close, End, Event, Improper, Message, Raised, Start
from .exchange import HANDLED, Exchange
from .sites import Chain, Given, Site


def note(exchange: Exchange, error: BaseException) -> None:
    """An exception has left the app: if it is such a refusal, what was to be sent counts as sent."""
    for one in _members(error):
        frame = _innermost(one.__traceback__)
        message = next(filter(None, (refused(frame) for refused in _known())), {}) if frame is not None else {}
        event = _event(message, sites.chain_of(one))
        if isinstance(event, Close) and one.__context__ is not None:
            event = closed(exchange, one.__context__, event.site)
        if event is not None:
            exchange.add(event)


def _event(message: Mapping[str, Any], chain: Chain) -> Event | None:
    """What a message would have been, had it been sent."""
    kind = message.get("type")
    if kind == "websocket.receive":
        told = "a message was asked for before the connection was accepted"
        return Improper("websocket-no-decision", told, chain)
    if kind == "websocket.http.response.start":
        return Start(message.get("status"), (), chain)
    return _EVENTS[kind](chain) if kind in _EVENTS else None


_EVENTS: dict[Any, Callable[[Any], Accept | Message | Close]] = {
    "websocket.accept": Accept,
    "websocket.send": Message,
    "websocket.close": Close,
}


def closed(exchange: Exchange, error: BaseException, site: Site | Chain) -> Event:
    """What a close is that is sent while `error` is handled.

    Of a framework that closes for any failure, a second close says no more than that the app has failed; an exception
    that is an answer is the app's own second word.
    """
    if not sites.handled_by_framework(error, site):
        return Close(site)
    is_decided = any(isinstance(event, (Close, End)) for event in exchange.events)
    if is_decided and not frameworks.stands_for_answer(error):
        return Raised(error)
    chain = site.chain if isinstance(site, Site) else site
    return Close(Site(chain, given=(Given(HANDLED, None, sites.chain_of(error)),)), error)


@functools.cache
def _known() -> list[Callable[[FrameType], Mapping[str, Any]]]:
    return [module.refused for module in frameworks.modules() if hasattr(module, "refused")]


def _members(error: BaseException) -> Iterator[BaseException]:
    """An exception, or those of a group of a TaskGroup's."""
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _members(member)
    else:
        yield error


def _innermost(traceback: TracebackType | None) -> FrameType | None:
    frame = None
    while traceback is not None:
        frame, traceback = traceback.tb_frame, traceback.tb_next
    return frame

"""What a framework's own class has refused to send on a WebSocket: where nobody catches that, the app has broken the protocol."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from . import frameworks, sites
from .contract.events import Accept, Close, Improper, Message
from .exchange import Exchange


def note(exchange: Exchange, error: BaseException) -> None:
    """An exception has left the app: if it is such a refusal, what was to be sent counts as sent."""
    for one in _members(error):
        frame = _innermost(one.__traceback__)
        kind = next(filter(None, (refused(frame) for refused in _known())), "") if frame is not None else ""
        if kind == "websocket.receive":
            told = "a message was asked for before the connection was accepted"
            exchange.add(Improper("websocket-no-decision", told, sites.chain_of(one)))
        elif kind in _EVENTS:
            exchange.add(_EVENTS[kind](sites.chain_of(one)))


_EVENTS: dict[str, Callable[[Any], Accept | Message | Close]] = {
    "websocket.accept": Accept,
    "websocket.send": Message,
    "websocket.close": Close,
}


@functools.cache
def _known() -> list[Callable[[FrameType], str]]:
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

"""One WebSocket connection as an ASGI server handles it, and a client that says the body of its request and leaves."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from typing import Any

from ..contract.request import Request
from ..exchange import Exchange
from ..sites import Chain
from .client import PATIENCE, Client, ClientLeft, as_text
from .served import Call, Served

_SAID = 2
"""So often the client says the same: what is said first may ask who it is."""
_SILENCE = 0.1
"""After so many seconds in which nothing happened a client leaves that has said all."""
_KNOWN_SILENCE = 0.03
"""The same, where another connection of the route was left so."""
_KNOWN_OPEN = 0.05
"""In seconds: so long the client stays, whatever comes, where the app is known to push without end."""
_TO_NOTICE = 0.03
"""So many seconds an app has to notice that the client has left."""
_MOST = 200
"""After so many messages of the app's the client leaves."""


def scope_of(request: Request, scope: dict[str, Any]) -> dict[str, Any]:
    """The scope of a connection (ASGI, "WebSocket Connection Scope"), from the http scope of the same request."""
    kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-type", b"content-length")]
    names = {name for name, _ in kept}
    kept += [pair for pair in _UPGRADE if pair[0] not in names]
    asked = request.header("sec-websocket-protocol") or ""
    connection = {key: value for key, value in scope.items() if key != "method"}
    return connection | {
        "type": "websocket",
        "scheme": "ws",
        "headers": kept,
        "subprotocols": [name.strip() for name in asked.split(",") if name.strip()],
        "extensions": {"websocket.http.response": {}},
    }


_UPGRADE = (
    (b"connection", b"Upgrade"),
    (b"upgrade", b"websocket"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", base64.b64encode(b"one-response-one")),
)
"""What asks for a WebSocket (RFC 6455, 4.1)."""


def said(request: Request) -> list[dict[str, Any]]:
    """What the client of a request says: its body, as text where it is declared and read as that."""
    media = request.header("content-type")
    if media is None and not request.body:
        return []
    message: dict[str, Any] = {"type": "websocket.receive", "bytes": request.body}
    if media != "application/octet-stream":
        with contextlib.suppress(UnicodeDecodeError):
            message = {"type": "websocket.receive", "text": request.body.decode()}
    return [dict(message) for _ in range(_SAID)]


class Connected(Served):
    """A connection, from its handshake until one of both has left."""

    def __init__(
        self,
        call: Call,
        request: Request,
        client: Client,
        exchange: Exchange,
        timeout: float,
        known_tasks: set[asyncio.Task[Any]],
    ) -> None:
        super().__init__(call, request, client, exchange, timeout, known_tasks)
        self.messages = [{"type": "websocket.connect"}]
        self.to_say = said(request)
        self.sent = 0

    async def receive(self) -> dict[str, Any]:
        self.last_event = time.monotonic()
        if self.messages:
            return self.messages.pop(0)
        if not (self.left or self.ended or self.is_open):
            future = asyncio.get_running_loop().create_future()
            self.waiting.append(future)
            await future
        if self.is_open and self.to_say and not (self.left or self.ended):
            return self.to_say.pop(0)
        if not self.ended:
            self.leave()
        return {"type": "websocket.disconnect", "code": 1005 if self.ended else 1001, "reason": ""}

    @property
    def is_open(self) -> bool:
        """Whether the app has accepted the connection."""
        return self.answer.status == _SWITCHED

    def leave(self, *, told: bool = True) -> None:
        """The client goes, as a client of a connection does in the end."""
        if not self.left:
            self.left = True
            if told and not self.ended:
                self.exchange.gone()
            self.wake()

    async def send(self, message: Any) -> None:
        if self.client.strict:
            self.refuse()
        if self.left:
            raise ClientLeft("the client is gone")
        self.last_event = time.monotonic()
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "websocket.accept":
            self.take_accept(message)
        elif kind == "websocket.send":
            self.take_message(message)
        elif kind == "websocket.close":
            self.answer.status = self.answer.status or _REFUSED
            self.ended = True
            self.wake()
        elif kind == "websocket.http.response.start":
            self.take_start(message)
        elif kind == "websocket.http.response.body":
            self.take_body(message)
        if self.client.slow:
            for _ in range(3):
                await asyncio.sleep(0)

    def take_accept(self, message: dict[str, Any]) -> None:
        if self.client.refuses == "start":
            self.leave(told=False)
            raise ClientLeft("the client is gone")
        if not self.answer.status:
            self.answer.status = _SWITCHED
            headers = message.get("headers")
            self.answer.headers = as_text(headers if isinstance(headers, (list, tuple)) else ())
            self.wake()
            self.watch_for_silence()

    def take_message(self, message: dict[str, Any]) -> None:
        if self.client.refuses == "body":
            self.leave(told=False)
            raise ClientLeft("the client is gone")
        content = message.get("text") if message.get("text") is not None else message.get("bytes")
        if isinstance(content, (str, bytes)):
            self.answer.take(content.encode() if isinstance(content, str) else content)
        self.sent += 1
        self.endless |= self.sent >= _MOST
        if self.client.leaves == "first" or self.endless:
            self.leave()

    def watch_for_silence(self) -> None:
        """Leave where nothing happens any more; an app that goes on nevertheless is cancelled, as it does at a shutdown."""
        loop = asyncio.get_running_loop()
        began = time.monotonic()

        def look() -> None:
            if self.left and self.task is not None:
                self.task.cancel()
                self.timers.append(loop.call_later(_TO_NOTICE, self.on_stuck))
                return
            now = time.monotonic()
            silent = now - self.last_event
            if silent >= self.silence() or (self.longer and now - began >= _KNOWN_OPEN):
                self.endless = True
                self.leave()
            self.timers.append(loop.call_later(_TO_NOTICE if self.left else self.silence() - silent, look))

        self.timers.append(loop.call_later(self.silence(), look))

    def silence(self) -> float:
        """How long the client bears that nothing happens."""
        if self.longer:
            return _KNOWN_SILENCE
        return PATIENCE if self.to_say else _SILENCE

    def on_limit(self) -> None:
        """A connection that is open may stay so: its client leaves, and sees to the rest."""
        if self.is_open and not self.timed_out:
            self.endless = True
            self.leave()
        else:
            super().on_limit()

    def time_out(self, site: Chain) -> None:
        if not self.is_open:
            super().time_out(site)


_SWITCHED = 101
"""Stands for a connection that was accepted (RFC 9110, 15.2.2)."""
_REFUSED = 403
"""What a server answers where the app closes before it has accepted (ASGI, "Close - send event")."""

"""WebSocket endpoints and the lifespan of FastAPI."""

from __future__ import annotations

from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, WebSocket, WebSocketException


async def never_decides(websocket: WebSocket):  # also: websocket-no-decision
    websocket.state.seen = True  # where: websocket-no-decision


async def accepts_past_the_class(websocket: WebSocket):
    await websocket.accept()  # also: websocket-second-decision
    await websocket._send({"type": "websocket.accept"})  # where: websocket-second-decision


async def sends_past_the_class(websocket: WebSocket):
    await websocket.accept()
    await websocket.close()  # also: websocket-after-close
    await websocket._send({"type": "websocket.send", "text": "late"})  # where: websocket-after-close


async def raises_when_open(websocket: WebSocket):
    await websocket.accept()
    raise ValueError("lost")  # where: unhandled-error


async def echoes(websocket: WebSocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def guard():
    raise WebSocketException(1008)


async def refused_by_a_dependency(websocket: WebSocket, _one: None = Depends(guard)):
    await websocket.accept()


def _app(view):
    app = FastAPI()
    app.websocket("/")(view)
    return app


@asynccontextmanager
async def state(app):
    yield


VIEWS = [never_decides, accepts_past_the_class, sends_past_the_class, raises_when_open, echoes, refused_by_a_dependency]
SOCKETS = {view.__name__: _app(view) for view in VIEWS}
LIFESPANS = {"in_order": FastAPI(lifespan=state)}

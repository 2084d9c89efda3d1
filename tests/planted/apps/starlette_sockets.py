"""WebSocket endpoints and lifespans of Starlette, whose own classes let through only some of the breaches."""

from __future__ import annotations

from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException, WebSocketException
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute


async def never_decides(websocket):  # also: websocket-no-decision
    websocket.state.seen = True  # where: websocket-no-decision


async def accepts_past_the_class(websocket):
    await websocket.accept()  # also: websocket-second-decision
    await websocket._send({"type": "websocket.accept"})  # where: websocket-second-decision


async def sends_past_the_class(websocket):
    await websocket.accept()
    await websocket.close()  # also: websocket-after-close
    await websocket._send({"type": "websocket.send", "text": "late"})  # where: websocket-after-close


async def sends_after_close(websocket):
    await websocket.accept()
    await websocket.close()  # also: websocket-after-close
    await websocket.send_text("late")  # where: websocket-after-close


async def accepts_after_denial(websocket):
    if "token" not in websocket.query_params:
        await websocket.close(1008)  # also: websocket-second-decision
    await websocket.accept()  # where: websocket-second-decision


async def sends_before_accepting(websocket):
    await websocket.send_text("early")  # where: websocket-after-close


async def reads_before_accepting(websocket):  # also: websocket-no-decision
    await websocket.receive_text()  # where: websocket-no-decision


async def minds_that_it_is_closed(websocket):
    await websocket.accept()
    await websocket.close()
    try:
        await websocket.close()
    except RuntimeError:
        pass


async def minds_that_it_was_not_accepted(websocket):
    try:
        await websocket.receive_text()
    except RuntimeError:
        await websocket.close()


async def raises_when_open(websocket):
    await websocket.accept()
    raise ValueError("lost")  # where: unhandled-error


async def echoes(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def refuses(websocket):
    await websocket.close(1008)


async def denies(websocket):
    await websocket.send_denial_response(PlainTextResponse("no", status_code=403))


async def denies_after_accepting(websocket):
    await websocket.accept()  # also: websocket-second-decision
    await websocket.send_denial_response(PlainTextResponse("no", status_code=403))  # where: websocket-second-decision


async def denies_twice(websocket):
    await websocket.send_denial_response(PlainTextResponse("no", status_code=401))  # also: websocket-second-decision
    await websocket.send_denial_response(PlainTextResponse("no", status_code=403))  # where: websocket-second-decision


async def answers_after_accepting(websocket):
    await websocket.accept()  # also: websocket-second-decision
    if "token" not in websocket.query_params:
        raise HTTPException(403)  # where: websocket-second-decision


async def refuses_after_closing(websocket):
    await websocket.accept()
    await websocket.close()  # also: websocket-after-close
    raise WebSocketException(1008)  # where: websocket-after-close


async def raises_when_closed(websocket):
    await websocket.accept()
    await websocket.close()
    raise ValueError("lost")  # where: unhandled-error


class Completing:
    """Says by itself that the start-up is complete, and so does the app within."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})  # also: lifespan-out-of-order for completes_twice

        async def again():
            return {"type": "lifespan.startup"}

        await self.app(scope, again, send)


@asynccontextmanager
async def state(app):
    yield {"seen": True}


VIEWS = [
    never_decides,
    accepts_past_the_class,
    sends_past_the_class,
    sends_after_close,
    accepts_after_denial,
    sends_before_accepting,
    reads_before_accepting,
    minds_that_it_is_closed,
    minds_that_it_was_not_accepted,
    raises_when_open,
    echoes,
    refuses,
    denies,
    denies_after_accepting,
    denies_twice,
    answers_after_accepting,
    refuses_after_closing,
    raises_when_closed,
]
SOCKETS = {view.__name__: Starlette(routes=[WebSocketRoute("/", view)]) for view in VIEWS}
LIFESPANS = {
    "in_order": Starlette(lifespan=state),
    "without_one": Starlette(),
    "completes_twice": Completing(Starlette(lifespan=state)),
}

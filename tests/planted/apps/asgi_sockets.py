"""WebSocket apps and lifespans without a framework."""

from __future__ import annotations

import asyncio
from inspect import iscoroutinefunction

TASKS = set()


# --- WebSocket


async def accepts_twice(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})  # also: websocket-second-decision
    await send({"type": "websocket.accept"})  # where: websocket-second-decision
    await send({"type": "websocket.close"})


async def accepts_and_denies(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})  # also: websocket-second-decision
    await send(
        {"type": "websocket.http.response.start", "status": 403, "headers": []}
    )  # where: websocket-second-decision


async def denies_and_accepts(scope, receive, send):
    await receive()
    await send({"type": "websocket.close", "code": 1008})  # also: websocket-second-decision
    await send({"type": "websocket.accept"})  # where: websocket-second-decision


async def _decide(send, kind):
    await send({"type": kind})


async def accepts_twice_by_helper(scope, receive, send):
    await receive()
    await _decide(send, "websocket.accept")  # also: websocket-second-decision
    await _decide(send, "websocket.accept")  # where: websocket-second-decision


async def never_decides(scope, receive, send):  # also: websocket-no-decision
    await receive()  # where: websocket-no-decision


async def sends_after_close(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close"})  # also: websocket-after-close
    await send({"type": "websocket.send", "text": "late"})  # where: websocket-after-close


async def sends_before_accept(scope, receive, send):
    await receive()
    await send({"type": "websocket.send", "text": "early"})  # where: websocket-after-close
    await send({"type": "websocket.accept"})


async def closes_twice(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close"})  # also: websocket-after-close
    await send({"type": "websocket.close"})  # where: websocket-after-close


async def denies_twice(scope, receive, send):
    await receive()
    await send({"type": "websocket.http.response.start", "status": 403, "headers": []})  # also: second-response
    await send({"type": "websocket.http.response.start", "status": 404, "headers": []})  # where: second-response
    await send({"type": "websocket.http.response.body"})


async def denies_by_half(scope, receive, send):
    await receive()
    await send({"type": "websocket.http.response.start", "status": 403, "headers": []})  # also: unfinished-response
    return  # where: unfinished-response


async def denies_with_body_first(scope, receive, send):
    await receive()
    await send({"type": "websocket.http.response.body", "body": b"no"})  # where: body-before-start


async def denial_ends_twice(scope, receive, send):
    await receive()
    await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
    await send({"type": "websocket.http.response.body"})  # also: write-after-end
    await send({"type": "websocket.http.response.body"})  # where: write-after-end


async def denies_with_a_bad_head(scope, receive, send):
    await receive()
    await send({"type": "websocket.http.response.start", "status": "403", "headers": []})  # where: invalid-status
    await send({"type": "websocket.http.response.body"})


async def sends_after_it_returned(scope, receive, send):
    async def later():
        await send({"type": "websocket.send", "text": "late"})  # where: late-send

    await receive()
    await send({"type": "websocket.accept"})
    task = asyncio.create_task(later())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


async def raises_when_open(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    raise ValueError("lost")  # where: unhandled-error


async def raises_while_it_denies(scope, receive, send):
    await receive()
    start = {"type": "websocket.http.response.start", "status": 403, "headers": []}
    await send(start)  # also: error-after-start
    raise ValueError("lost")  # where: error-after-start


async def message_of_http(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200})  # where: invalid-message
    await send({"type": "websocket.close"})


async def echoes(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def closes(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None})
    await send({"type": "websocket.send", "text": "hello"})
    await send({"type": "websocket.close"})


async def returns_when_open(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})


async def refuses(scope, receive, send):
    await receive()
    await send({"type": "websocket.close", "code": 1008})


async def denies(scope, receive, send):
    await receive()
    await send({"type": "websocket.http.response.start", "status": 403, "headers": [(b"content-length", b"2")]})
    await send({"type": "websocket.http.response.body", "body": b"no"})


async def sends_after_the_client_left(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass
    await send({"type": "websocket.close"})


SOCKETS = {name: app for name, app in list(globals().items()) if not name.startswith("_") and iscoroutinefunction(app)}


# --- lifespan


async def completes_twice(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})  # also: lifespan-out-of-order
    await send({"type": "lifespan.startup.complete"})  # where: lifespan-out-of-order
    await receive()


async def completes_and_fails(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})  # also: lifespan-out-of-order
    await send({"type": "lifespan.startup.failed"})  # where: lifespan-out-of-order
    await receive()


async def completes_before_it_is_asked(scope, receive, send):
    await send({"type": "lifespan.startup.complete"})  # where: lifespan-out-of-order
    await receive()


async def completes_the_shutdown_first(scope, receive, send):
    await receive()
    await send({"type": "lifespan.shutdown.complete"})  # where: lifespan-out-of-order
    await receive()


async def completes_the_shutdown_twice(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})  # also: lifespan-out-of-order
    await send({"type": "lifespan.shutdown.complete"})  # where: lifespan-out-of-order


async def misspells(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.completed"})  # where: invalid-message
    await send({"type": "lifespan.startup.complete"})
    await receive()


async def in_order(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def fails(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


async def unknown(scope, receive, send):
    raise RuntimeError("this app knows no lifespan")


async def left_alone(scope, receive, send):
    return


LIFESPANS = {
    name: app
    for name, app in list(globals().items())
    if not name.startswith("_") and iscoroutinefunction(app) and name not in SOCKETS
}

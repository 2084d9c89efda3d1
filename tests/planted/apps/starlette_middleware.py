"""Starlette with the user's middleware: pure ASGI and BaseHTTPMiddleware."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route


def _asked(scope, path):
    return scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == path


# --- pure ASGI middleware that merely forwards


class Forwarding:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def forward(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-seen", b"1")]}
            await send(message)

        await self.app(scope, receive, forward)


async def forwarded(request):
    return PlainTextResponse("text")


async def forwarded_twice(request):
    response = PlainTextResponse("one")  # also: second-response
    await response(request.scope, request.receive, request._send)  # also: second-response
    return PlainTextResponse("two")  # where: second-response


async def forwarded_no_content(request):
    return JSONResponse(None, status_code=204)  # where: body-not-allowed


async def forwarded_short(request):
    async def chunks():
        yield "text"

    return StreamingResponse(chunks(), headers={"content-length": "10"})  # where: length-mismatch


async def forwarded_raising(request):
    async def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


FORWARDED = [forwarded, forwarded_twice, forwarded_no_content, forwarded_short, forwarded_raising]


# --- BaseHTTPMiddleware: the view is to blame, not dispatch


class Dispatching(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["X-Seen"] = "1"
        return response


async def dispatched(request):
    return PlainTextResponse("text")


async def dispatched_twice(request):
    """The middleware drops the second response: what leaves the app is one."""
    await PlainTextResponse("one")(request.scope, request.receive, request._send)
    return PlainTextResponse("two")


async def dispatched_no_content(request):
    return JSONResponse(None, status_code=204)  # where: body-not-allowed


async def dispatched_short(request):
    async def chunks():
        yield "text"

    return StreamingResponse(chunks(), headers={"content-length": "10"})  # where: length-mismatch


async def dispatched_raising(request):
    async def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


def dispatched_status(request):
    return PlainTextResponse("text", status_code=1000)  # where: invalid-status


async def dispatched_nothing(request):  # also: no-response
    request.state.seen = True  # where: no-response


async def dispatched_hung(request):
    while True:
        await asyncio.sleep(60)  # where: hung-response


NEVER = threading.Event()


def dispatched_blocked(request):
    NEVER.wait(3)  # where: hung-response
    return PlainTextResponse("late")


@asynccontextmanager
async def beating(app):
    """A task that has nothing to do with any request runs on."""

    async def beat():
        while True:
            await asyncio.sleep(0.05)

    task = asyncio.create_task(beat())
    yield
    task.cancel()


DISPATCHED = [
    dispatched,
    dispatched_twice,
    dispatched_no_content,
    dispatched_short,
    dispatched_raising,
    dispatched_status,
    dispatched_nothing,
    dispatched_hung,
]


# --- pure ASGI middleware that is wrong itself


class Answering:
    """Answers an error although the response has started."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except ValueError:
            response = PlainTextResponse("sorry", status_code=500)  # where: second-response for answered_again
            await response(scope, receive, send)  # where: second-response for answered_again


async def answered_again(request):
    async def chunks():
        yield "one"
        raise ValueError("lost")

    return StreamingResponse(chunks())  # also: second-response


async def answered_once(request):
    return PlainTextResponse("text")


class Restarting:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def again(message):
            await send(message)  # also: second-response for restarted
            if message["type"] == "http.response.start" and _asked(scope, "/restarted"):
                await send({**message, "status": 500})  # where: second-response for restarted

        await self.app(scope, receive, again)


async def restarted(request):
    return PlainTextResponse("text")  # also: second-response


async def not_restarted(request):
    return PlainTextResponse("text")


class Signing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def sign(message):
            if message["type"] == "http.response.body" and _asked(scope, "/signed"):
                message = {**message, "body": message["body"] + b" signed"}
            await send(message)  # where: length-mismatch for signed

        await self.app(scope, receive, sign)


async def signed(request):
    return PlainTextResponse("text")  # also: length-mismatch


async def not_signed(request):
    return PlainTextResponse("text")


class Measuring:
    """Declares a length of its own."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def measure(message):
            if message["type"] == "http.response.start" and _asked(scope, "/measured"):
                headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                await send(
                    {**message, "headers": [*headers, (b"content-length", b"9")]}
                )  # where: length-mismatch for measured
                return
            await send(message)

        await self.app(scope, receive, measure)


async def measured(request):
    return PlainTextResponse("text")


async def not_measured(request):
    return PlainTextResponse("text")


class Emptying:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def empty(message):
            if message["type"] == "http.response.start" and _asked(scope, "/emptied"):
                await send({**message, "status": 204})  # where: body-not-allowed for emptied
                return
            await send(message)

        await self.app(scope, receive, empty)


async def emptied(request):
    return PlainTextResponse("text")


async def not_emptied(request):
    return PlainTextResponse("text")


class Leaving:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):  # also: no-response for shut
        if _asked(scope, "/shut"):
            return  # where: no-response for shut
        await self.app(scope, receive, send)


async def shut(request):
    return PlainTextResponse("text")


async def opened(request):
    return PlainTextResponse("text")


# --- BaseHTTPMiddleware that reads or replaces the inner response, which is legal


class Replacing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.url.path == "/refused":
            return PlainTextResponse("no", status_code=403)
        response = await call_next(request)
        if request.url.path == "/read":
            body = b"".join([chunk async for chunk in response.body_iterator])
            headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            return Response(body.upper(), status_code=response.status_code, headers=headers)
        if request.url.path == "/replaced":
            return PlainTextResponse("another")
        return response


async def refused(request):
    return PlainTextResponse("text")


async def read(request):
    return PlainTextResponse("text")


async def replaced(request):
    return PlainTextResponse("text")


async def passed(request):
    return PlainTextResponse("text")


class Emptied(BaseHTTPMiddleware):
    """Reads the body and puts another in its place, with the old length."""

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        if request.url.path != "/relabelled":
            return response
        body = b"".join([chunk async for chunk in response.body_iterator])
        return Response(body + b" more", headers=dict(response.headers))  # where: length-mismatch for relabelled


async def relabelled(request):
    return PlainTextResponse("text")


async def not_relabelled(request):
    return PlainTextResponse("text")


async def zipped(request):
    return PlainTextResponse("text " * 200)


async def zipped_not_modified(request):
    return Response(status_code=304, headers={"etag": '"a"'})


def _app(middleware, *views):
    routes = [Route(f"/{view.__name__.replace('_', '-')}", view) for view in views]
    return Starlette(routes=routes, middleware=[Middleware(layer) for layer in middleware])


APPS = {
    "forwarding": _app([Forwarding, Forwarding], *FORWARDED),
    "dispatching": _app([Dispatching, Dispatching], *DISPATCHED),
    "beating": Starlette(
        routes=[Route("/dispatched-blocked", dispatched_blocked)],
        middleware=[Middleware(Dispatching)],
        lifespan=beating,
    ),
    "answering": _app([Answering], answered_again, answered_once),
    "restarting": _app([Restarting], restarted, not_restarted),
    "signing": _app([Signing], signed, not_signed),
    "measuring": _app([Measuring], measured, not_measured),
    "emptying": _app([Emptying], emptied, not_emptied),
    "leaving": _app([Leaving], shut, opened),
    "replacing": _app([Replacing], refused, read, replaced, passed),
    "relabelling": _app([Emptied], relabelled, not_relabelled),
    "zipping": _app([GZipMiddleware], zipped, zipped_not_modified),
}

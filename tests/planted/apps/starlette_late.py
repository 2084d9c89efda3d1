"""Starlette responses that are changed after their start; beside them the same before it."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route


async def header_in_the_body(request):
    async def chunks():
        yield "one"
        response.headers["X-Rows"] = "2"  # where: late-header
        yield "two"

    response = StreamingResponse(chunks())  # also: late-header
    return response


async def status_in_the_background(request):
    async def work():
        response.status_code = 500  # where: late-status

    response = PlainTextResponse("text", background=BackgroundTask(work))  # also: late-status
    return response


def cookie_in_the_background(request):
    def work():
        response.set_cookie("seen", "yes")  # where: late-header

    response = PlainTextResponse("text", background=BackgroundTask(work))  # also: late-header
    return response


class Forwarding:
    """Pure ASGI middleware that keeps the response of the app below it, and changes it when that is done."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
        if scope["type"] == "http" and "response" in scope.get("state", {}):
            scope["state"]["response"].headers["X-After"] = "yes"  # where: late-header for after


async def after(request):
    request.state.response = PlainTextResponse("text")  # also: late-header
    return request.state.response


class Stamping(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["X-Stamp"] = "yes"
        response.status_code = response.status_code
        return response


async def behind(request):
    async def work():
        response.headers["X-Late"] = "yes"  # where: late-header

    response = PlainTextResponse("text", background=BackgroundTask(work))  # also: late-header
    return response


# --- in time


async def in_time(request):
    async def chunks():
        yield str(response.status_code)
        response.headers.setdefault("X-Rows", "3")

    response = StreamingResponse(chunks())
    response.headers["X-Rows"] = "2"
    response.status_code = 202
    response.set_cookie("seen", "yes")
    return response


async def stamped(request):
    return PlainTextResponse("text")


app = Starlette(
    routes=[
        Route("/header-in-the-body", header_in_the_body),
        Route("/status-in-the-background", status_in_the_background),
        Route("/cookie-in-the-background", cookie_in_the_background),
        Route("/after", after),
        Route("/in-time", in_time),
        Mount(
            "/stamped",
            routes=[Route("/behind", behind), Route("/stamped", stamped)],
            middleware=[Middleware(Stamping)],
        ),
    ],
    middleware=[Middleware(Forwarding)],
)

APPS = {"app": app}

"""Answers that Starlette code builds and loses; beside them what is built, and rightly not sent."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route


async def redirected(request):
    RedirectResponse("/login")  # where: orphan-response
    return PlainTextResponse("for all to see")  # also: orphan-response


def in_a_thread(request):
    JSONResponse({"error": "no key"}, 403)  # where: orphan-response
    return PlainTextResponse("for all to see")  # also: orphan-response


async def _denied():
    return Response(status_code=403)  # where: orphan-response for awaited


async def awaited(request):
    await _denied()
    return PlainTextResponse("for all to see")  # also: orphan-response


class Lost(HTTPEndpoint):
    async def get(self, request):
        JSONResponse({"lost": True})  # where: orphan-response
        return PlainTextResponse("sent")  # also: orphan-response


async def not_raised(request):
    HTTPException(404)  # where: unraised-error
    return PlainTextResponse("here it is")  # also: unraised-error


class Guard(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.url.path == "/guarded":
            Response(status_code=401)  # where: orphan-response for guarded
        if request.url.path == "/replaced":
            await call_next(request)
            return PlainTextResponse("another")
        return await call_next(request)


async def guarded(request):
    return PlainTextResponse("for users")  # also: orphan-response


# --- nothing is lost


async def replaced(request):
    return PlainTextResponse("one")


async def raised(request):
    if request.query_params.get("key") != "7":
        raise HTTPException(404)
    return PlainTextResponse("found")


async def one_branch(request):
    refusal = RedirectResponse("/login")
    if request.query_params.get("user"):
        return PlainTextResponse("welcome")
    return refusal


class Handing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/handed":
            response = PlainTextResponse("handed")
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


async def handed(request):
    return PlainTextResponse("never")


app = Starlette(
    routes=[
        Route("/redirected", redirected),
        Route("/in-a-thread", in_a_thread),
        Route("/awaited", awaited),
        Route("/lost-in-a-class", Lost),
        Route("/not-raised", not_raised),
        Route("/guarded", guarded),
        Route("/replaced", replaced),
        Route("/raised", raised),
        Route("/one-branch", one_branch),
        Route("/handed", handed),
    ],
    middleware=[Middleware(Guard), Middleware(Handing)],
)

APPS = {"app": app}

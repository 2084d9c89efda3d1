"""Starlette's exception handlers: one that answers in time is right, one that answers by itself is not."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


class Lost(Exception):
    pass


class Found(Exception):
    pass


async def handle_lost(request, error):
    return PlainTextResponse("lost", status_code=404)


async def handle_found(request, error):
    response = PlainTextResponse("found", status_code=410)  # also: second-response for handled_by_sending
    await response(request.scope, request.receive, request._send)  # also: second-response for handled_by_sending
    return PlainTextResponse("again")  # where: second-response for handled_by_sending


async def handled(request):
    raise Lost


async def handled_by_sending(request):
    raise Found


async def handled_too_late(request):
    async def chunks():
        yield "one"
        raise Lost("in the stream")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


VIEWS = [handled, handled_by_sending, handled_too_late]
app = Starlette(
    routes=[Route(f"/{view.__name__.replace('_', '-')}", view) for view in VIEWS],
    exception_handlers={Lost: handle_lost, Found: handle_found},
)
APPS = {"starlette": app}

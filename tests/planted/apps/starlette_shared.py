"""Starlette: responses that serve two requests, and answers that a broad except swallows; beside them what is right."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

REFUSAL = PlainTextResponse("no", 403)  # where: shared-response for refused


async def refused(request):
    return REFUSAL  # also: shared-response


def swallowed(request):
    try:
        raise HTTPException(404)  # also: swallowed-answer
    except Exception:  # where: swallowed-answer
        return PlainTextResponse("sorry", 500)


# --- right


async def anew(request):
    return PlainTextResponse("no", 403)


async def raised_again(request):
    try:
        raise HTTPException(404)
    except Exception:
        raise


app = Starlette(
    routes=[
        Route("/refused", refused),
        Route("/swallowed", swallowed),
        Route("/anew", anew),
        Mount("/mounted", app=PlainTextResponse("the same for all")),
        Route("/raised-again", raised_again),
    ]
)

APPS = {"app": app}

"""Django's async views, under ASGI."""

from __future__ import annotations

import asyncio

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path


async def nothing_async(request):  # also: no-response
    request.seen = True  # where: no-response


async def something_async(request):
    return HttpResponse("text")


async def hung_async(request):
    await asyncio.Event().wait()  # where: hung-response
    return HttpResponse("at last")


async def hung_in_the_async_body(request):
    async def chunks():
        yield "one"
        await asyncio.Event().wait()  # where: hung-response
        yield "two"

    return StreamingHttpResponse(chunks())  # also: hung-response


async def raises_in_the_async_body(request):
    async def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingHttpResponse(chunks())  # also: error-after-start


async def raises_in_a_task_group(request):
    async def part():
        raise ValueError("lost")  # where: error-after-start

    async def chunks():
        yield "one"
        async with asyncio.TaskGroup() as group:
            group.create_task(part())

    return StreamingHttpResponse(chunks())  # also: error-after-start


async def streams_async(request):
    async def chunks():
        yield "one"
        yield "two"

    return StreamingHttpResponse(chunks())


async def too_short_async(request):
    async def chunks():
        yield "text"

    response = StreamingHttpResponse(chunks())
    response["Content-Length"] = "10"  # where: length-mismatch
    return response


async def no_content_async(request):
    return HttpResponse("text", status=204)  # where: body-not-allowed


VIEWS = [value for value in list(globals().values()) if getattr(value, "__module__", None) == __name__]
urlpatterns = [path(f"{view.__name__}/", view) for view in VIEWS]

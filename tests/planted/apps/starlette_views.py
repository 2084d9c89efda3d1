"""Starlette endpoints: each breaks one rule, its twin breaks none."""

from __future__ import annotations

import asyncio
import threading

import starlette
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

FOREVER = threading.Event()
TASKS = set()


# --- exactly one response


async def nothing(request):  # also: no-response
    request.state.seen = True  # where: no-response


async def text_returned(request):  # also: no-response
    return "text"  # where: no-response


def nothing_in_a_thread(request):  # also: no-response
    request.state.seen = True  # where: no-response


class Nothing(HTTPEndpoint):
    async def get(self, request):  # also: no-response
        request.state.seen = True  # where: no-response


async def something(request):
    return PlainTextResponse("text")


def something_in_a_thread(request):
    return PlainTextResponse("text")


class Something(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse("text")


async def sends_and_returns(request):
    response = PlainTextResponse("one")  # also: second-response
    await response(request.scope, request.receive, request._send)  # also: second-response
    return PlainTextResponse("two")  # where: second-response


async def sends_one_response_twice(request):
    response = PlainTextResponse("one")  # also: second-response
    await response(request.scope, request.receive, request._send)  # also: second-response
    return response  # where: second-response


async def starts_and_returns(request):
    await request._send({"type": "http.response.start", "status": 404, "headers": []})  # also: second-response
    return PlainTextResponse("two")  # where: second-response


class Sent(Response):
    async def __call__(self, scope, receive, send):
        return


async def sends_and_returns_what_sends_nothing(request):
    await PlainTextResponse("one")(request.scope, request.receive, request._send)
    return Sent()


class Unfinished(Response):
    async def __call__(self, scope, receive, send):
        await send(
            {"type": "http.response.start", "status": 200, "headers": []}
        )  # also: unfinished-response for unfinished
        await send(
            {"type": "http.response.body", "body": b"a", "more_body": True}
        )  # where: unfinished-response for unfinished


async def unfinished(request):
    return Unfinished()  # where: unfinished-response, also: unfinished-response


async def hung(request):
    await asyncio.Event().wait()  # where: hung-response
    return PlainTextResponse("at last")


async def hung_in_the_body(request):
    async def chunks():
        yield "one"
        await asyncio.Event().wait()  # where: hung-response
        yield "two"

    return StreamingResponse(chunks())  # also: hung-response


def hung_in_a_thread(request):
    FOREVER.wait()  # where: hung-response
    return PlainTextResponse("at last")


# --- errors


async def raises_in_the_body(request):
    async def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


async def raises_in_a_sync_body(request):
    def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


def raises_in_the_body_of_a_thread(request):
    def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


async def raises_in_a_task_group(request):
    async def part():
        raise ValueError("lost")  # where: error-after-start

    async def chunks():
        yield "one"
        async with asyncio.TaskGroup() as group:
            group.create_task(part())

    return StreamingResponse(chunks())  # also: error-after-start


async def streams(request):
    async def chunks():
        yield "one"
        yield "two"

    return StreamingResponse(chunks())


def streams_in_a_thread(request):
    def chunks():
        yield "one"
        yield "two"

    return StreamingResponse(chunks())


async def raises_in_background(request):
    async def work():
        raise ValueError("lost")  # where: error-after-end

    return PlainTextResponse("text", background=BackgroundTask(work))  # also: error-after-end


async def raises_in_a_background_thread(request):
    def work():
        raise ValueError("lost")  # where: error-after-end

    return PlainTextResponse("text", background=BackgroundTask(work))  # also: error-after-end


async def works_in_background(request):
    return PlainTextResponse("text", background=BackgroundTask(lambda: None))


async def raises(request):
    raise ValueError("answered with a page of Starlette's own, then raised again")


def raises_in_a_thread(request):
    raise ValueError("answered with a page of Starlette's own, then raised again")


async def refuses(request):
    raise HTTPException(403)


# --- body and length


async def body_before_the_start(request):
    await request._send({"type": "http.response.body", "body": b"a", "more_body": True})  # where: body-before-start
    return PlainTextResponse("text")


async def body_after_the_end(request):
    await PlainTextResponse("one")(request.scope, request.receive, request._send)  # also: write-after-end
    await request._send({"type": "http.response.body", "body": b"late"})  # where: write-after-end
    return Sent()


async def sent_by_a_forgotten_task(request):
    async def later():
        await request._send({"type": "http.response.body", "body": b"late"})  # where: late-send

    async def forget():
        task = asyncio.create_task(later())
        TASKS.add(task)
        task.add_done_callback(TASKS.discard)

    return PlainTextResponse("text", background=BackgroundTask(forget))


async def too_short(request):
    async def chunks():
        yield "text"

    return StreamingResponse(chunks(), headers={"Content-Length": "10"})  # where: length-mismatch


async def too_long(request):
    response = PlainTextResponse("text")
    response.headers["Content-Length"] = "2"  # where: length-mismatch
    return response


async def length_counted_in_characters(request):
    text = "Łódź"
    return HTMLResponse(text, headers={"content-length": str(len(text))})  # where: length-mismatch


async def just_right(request):
    return PlainTextResponse("text", headers={"content-length": "4"})


async def no_content(request):
    return PlainTextResponse("text", status_code=204)  # where: body-not-allowed


async def no_content_of_json(request):
    return JSONResponse(None, status_code=204)  # where: body-not-allowed


async def not_modified(request):
    return PlainTextResponse("text", status_code=304)  # where: body-not-allowed


async def no_content_without_body(request):
    return Response(status_code=204)


async def text_sent(request):
    await request._send({"type": "http.response.start", "status": 200, "headers": []})  # also: body-not-bytes
    await request._send({"type": "http.response.body", "body": "text"})  # where: body-not-bytes
    return Sent()


async def number_in_the_body(request):
    async def chunks():
        yield "one"
        yield 2  # where: error-after-start

    return StreamingResponse(chunks())  # where: error-after-start


# --- the form of the head


async def status_too_high(request):
    return PlainTextResponse("text", status_code=1000)  # where: invalid-status


async def status_informational(request):
    return Response(status_code=103)  # where: invalid-status


async def header_with_newline(request):
    return PlainTextResponse("text", headers={"X-Name": "a\r\nSet-Cookie: b=1"})  # where: invalid-header


async def header_with_newline_later(request):
    response = PlainTextResponse("text")
    response.headers["X-Name"] = "a\r\nSet-Cookie: b=1"  # where: invalid-header
    return response


async def header_with_a_bad_name(request):
    return PlainTextResponse("text", headers={"X Name": "a"})  # where: invalid-header


async def two_lengths(request):
    response = PlainTextResponse("text")  # where: conflicting-length
    response.headers.append("content-length", "5")  # where: conflicting-length
    return response


async def length_in_words(request):
    return PlainTextResponse("text", headers={"content-length": "four"})  # where: conflicting-length


async def two_types(request):
    response = PlainTextResponse("text")  # where: duplicate-header
    response.headers.append("content-type", "text/html")  # where: duplicate-header
    return response


async def two_cookies(request):
    response = PlainTextResponse("text")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


# --- protocol


async def message_unknown(request):
    await request._send({"type": "http.response.begin"})  # where: invalid-message
    return PlainTextResponse("text")


async def trailers_not_declared(request):
    response = PlainTextResponse("text")  # also: trailers-out-of-order
    await response(request.scope, request.receive, request._send)  # also: trailers-out-of-order
    await request._send({"type": "http.response.trailers", "headers": []})  # where: trailers-out-of-order
    return Sent()


class Promised(Response):
    async def __call__(self, scope, receive, send):
        headers = {"type": "http.response.start", "status": 200, "headers": [], "trailers": True}
        await send(headers)  # also: trailers-missing for trailers_missing
        await send({"type": "http.response.body", "body": b"text"})  # where: trailers-missing for trailers_missing


async def trailers_missing(request):
    return Promised()  # where: trailers-missing, also: trailers-missing


# --- legal, though it looks odd


async def redirects(request):
    return RedirectResponse("somewhere")


async def file(request):
    return FileResponse(__file__)


async def stops_when_the_client_leaves(request):
    async def chunks():
        for number in range(10):
            if await request.is_disconnected():
                break
            yield str(number)

    return StreamingResponse(chunks())


HIDDEN = [Starlette, BackgroundTask, HTTPException, Response, Sent, Unfinished, Promised, Route]
if int(starlette.__version__.partition(".")[0]) < 1:
    HIDDEN.append(file)  # those releases declare a byte too few where two ranges are asked for
VIEWS = [
    value
    for value in list(globals().values())
    if getattr(value, "__module__", None) == __name__ and value not in HIDDEN and callable(value)
]
APPS = {"starlette": Starlette(routes=[Route(f"/{view.__name__.replace('_', '-')}", view) for view in VIEWS])}

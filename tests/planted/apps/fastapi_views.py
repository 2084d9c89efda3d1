"""FastAPI endpoints: each breaks one rule, its twin breaks none."""

from __future__ import annotations

import asyncio
import threading

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

FOREVER = threading.Event()
TASKS = set()
app = FastAPI()


class Sent(Response):
    async def __call__(self, scope, receive, send):
        return


# --- exactly one response


@app.get("/nothing")
async def nothing():
    return None


@app.get("/item/{number}")
async def item(number: int, name: str = "a"):
    if number == 0:
        raise HTTPException(404)
    return {"number": number, "name": name}


@app.get("/item-in-a-thread/{number}")
def item_in_a_thread(number: int):
    return {"number": number}


@app.get("/sends-and-returns")
async def sends_and_returns(request: Request):
    response = PlainTextResponse("one")  # also: second-response
    await response(request.scope, request.receive, request._send)  # also: second-response
    return PlainTextResponse("two")  # where: second-response


@app.get("/sends-and-returns-a-value")
async def sends_and_returns_a_value(request: Request):
    response = PlainTextResponse("one")  # also: second-response
    await response(request.scope, request.receive, request._send)  # also: second-response
    return {"two": 2}  # where: second-response


@app.get("/sends-and-ends")
async def sends_and_ends(request: Request):
    response = PlainTextResponse("one")  # also: second-response
    await response(request.scope, request.receive, request._send)  # where: second-response, also: second-response


@app.get("/sends-alone")
async def sends_alone(request: Request):
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


@app.get("/unfinished")
async def unfinished():
    return Unfinished()  # where: unfinished-response, also: unfinished-response


class Unanswered(Response):
    async def __call__(self, scope, receive, send):  # also: no-response for unanswered
        scope["seen"] = True  # where: no-response for unanswered


@app.get("/unanswered")
async def unanswered():
    return Unanswered()  # where: no-response


@app.get("/hung")
async def hung():
    await asyncio.Event().wait()  # where: hung-response


@app.get("/hung-in-a-thread")
def hung_in_a_thread():
    FOREVER.wait()  # where: hung-response


# --- errors


@app.get("/raises-in-the-body")
async def raises_in_the_body():
    async def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


@app.get("/raises-in-the-body-of-a-thread")
def raises_in_the_body_of_a_thread():
    def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


@app.get("/refuses-in-the-body")
async def refuses_in_the_body():
    async def chunks():
        yield "one"
        raise HTTPException(404)  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


@app.get("/streams")
async def streams():
    async def chunks():
        yield "one"
        yield "two"

    return StreamingResponse(chunks())


@app.get("/raises-in-background")
async def raises_in_background(tasks: BackgroundTasks):
    def work():
        raise ValueError("lost")  # where: error-after-end

    tasks.add_task(work)
    return PlainTextResponse("text")  # also: error-after-end


@app.get("/raises-in-background-of-a-value")
async def raises_in_background_of_a_value(tasks: BackgroundTasks):
    def work():
        raise ValueError("lost")  # where: error-after-end

    tasks.add_task(work)
    return {"a": 1}  # also: error-after-end


@app.get("/works-in-background")
async def works_in_background(tasks: BackgroundTasks):
    tasks.add_task(lambda: None)
    return {"a": 1}


async def fragile():
    yield 1
    raise ValueError("lost")  # where: error-after-end for depends_on_what_fails


async def sound():
    yield 1


@app.get("/depends-on-what-fails")
async def depends_on_what_fails(one: int = Depends(fragile)):
    return {"one": one}  # also: error-after-end


@app.get("/depends-on-what-is-sound")
async def depends_on_what_is_sound(one: int = Depends(sound)):
    return {"one": one}


@app.get("/raises")
async def raises():
    raise ValueError("answered with a page of Starlette's own, then raised again")


@app.get("/raises-in-a-thread")
def raises_in_a_thread():
    raise ValueError("answered with a page of Starlette's own, then raised again")


# --- body and length


@app.get("/body-before-the-start")
async def body_before_the_start(request: Request):
    await request._send({"type": "http.response.body", "body": b"a", "more_body": True})  # where: body-before-start
    return {"a": 1}


@app.get("/body-after-the-end")
async def body_after_the_end(request: Request):
    await PlainTextResponse("one")(request.scope, request.receive, request._send)  # also: write-after-end
    await request._send({"type": "http.response.body", "body": b"late"})  # where: write-after-end
    return Sent()


@app.get("/sent-by-a-forgotten-task")
async def sent_by_a_forgotten_task(request: Request, tasks: BackgroundTasks):
    async def later():
        await request._send({"type": "http.response.body", "body": b"late"})  # where: late-send

    async def forget():
        task = asyncio.create_task(later())
        TASKS.add(task)
        task.add_done_callback(TASKS.discard)

    tasks.add_task(forget)
    return {"a": 1}


@app.get("/too-short")
async def too_short():
    async def chunks():
        yield "text"

    return StreamingResponse(chunks(), headers={"Content-Length": "10"})  # where: length-mismatch


@app.get("/length-of-a-value")
async def length_of_a_value(response: Response):
    response.headers["Content-Length"] = "2"  # where: conflicting-length
    return {"a": 1}


@app.get("/just-right")
async def just_right():
    return PlainTextResponse("text", headers={"content-length": "4"})


@app.get("/no-content")
async def no_content():
    return JSONResponse(None, status_code=204)  # where: body-not-allowed


@app.get("/no-content-declared", status_code=204)
async def no_content_declared():
    return None


@app.get("/no-content-of-a-value", status_code=204)
async def no_content_of_a_value():
    return {"a": 1}


@app.get("/no-content-set", response_model=None)
async def no_content_set(response: Response):
    response.status_code = 204
    return {"a": 1}


@app.get("/text-sent")
async def text_sent(request: Request):
    await request._send({"type": "http.response.start", "status": 200, "headers": []})  # also: body-not-bytes
    await request._send({"type": "http.response.body", "body": "text"})  # where: body-not-bytes
    return Sent()


# --- the form of the head


@app.get("/status-too-high")
async def status_too_high():
    return PlainTextResponse("text", status_code=1000)  # where: invalid-status


@app.get("/status-of-a-value-too-high")
async def status_of_a_value_too_high(response: Response):
    response.status_code = 1000  # where: invalid-status
    return {"a": 1}


@app.get("/header-with-newline")
async def header_with_newline():
    return PlainTextResponse("text", headers={"X-Name": "a\r\nSet-Cookie: b=1"})  # where: invalid-header


@app.get("/header-of-a-value-with-newline")
async def header_of_a_value_with_newline(response: Response):
    response.headers["X-Name"] = "a\r\nSet-Cookie: b=1"  # where: invalid-header
    return {"a": 1}


@app.get("/header-of-a-refusal-with-newline")
async def header_of_a_refusal_with_newline():
    raise HTTPException(404, headers={"X-Name": "a\r\nSet-Cookie: b=1"})  # where: invalid-header


@app.get("/length-in-words")
async def length_in_words():
    return PlainTextResponse("text", headers={"content-length": "four"})  # where: conflicting-length


@app.get("/two-types")
async def two_types():
    response = PlainTextResponse("text")  # where: duplicate-header
    response.headers.append("content-type", "text/html")  # where: duplicate-header
    return response


@app.get("/two-cookies")
async def two_cookies(response: Response):
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return {"a": 1}


# --- protocol


@app.get("/message-unknown")
async def message_unknown(request: Request):
    await request._send({"type": "http.response.begin"})  # where: invalid-message
    return {"a": 1}


@app.get("/trailers-not-declared")
async def trailers_not_declared(request: Request):
    response = PlainTextResponse("text")  # also: trailers-out-of-order
    await response(request.scope, request.receive, request._send)  # also: trailers-out-of-order
    await request._send({"type": "http.response.trailers", "headers": []})  # where: trailers-out-of-order
    return Sent()


class Promised(Response):
    async def __call__(self, scope, receive, send):
        headers = {"type": "http.response.start", "status": 200, "headers": [], "trailers": True}
        await send(headers)  # also: trailers-missing for trailers_missing
        await send({"type": "http.response.body", "body": b"text"})  # where: trailers-missing for trailers_missing


@app.get("/trailers-missing")
async def trailers_missing():
    return Promised()  # where: trailers-missing, also: trailers-missing


APPS = {"fastapi": app}

# --- behind @app.middleware("http"), which is BaseHTTPMiddleware

behind = FastAPI()


@behind.middleware("http")
async def add_header(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Seen"] = "1"
    return response


@behind.get("/right-behind")
async def right_behind():
    return {"a": 1}


@behind.get("/no-content-behind")
def no_content_behind():
    return JSONResponse({}, status_code=204)  # where: body-not-allowed


@behind.get("/twice-behind")
async def twice_behind(request: Request):
    """The middleware drops the second response: what leaves the app is one."""
    await PlainTextResponse("one")(request.scope, request.receive, request._send)
    return {"two": 2}


@behind.get("/raises-behind")
async def raises_behind():
    async def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingResponse(chunks())  # also: error-after-start


APPS["behind"] = behind

"""Starlette endpoints that are right until a call of theirs fails; then each breaks one rule, and its twin none."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
from contextlib import asynccontextmanager
from urllib.error import URLError
from urllib.request import urlopen

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

INVENTORY = "data:application/json,%7B%22pen%22:%203%7D"  # stands for an upstream; needs no network
log = logging.getLogger(__name__)


def _connect():
    db = sqlite3.connect(":memory:", check_same_thread=False)  # where: error-after-start for export
    db.execute("create table items (id integer, name text)")  # where: error-after-start for export
    db.executemany(
        "insert into items values (?, ?)", [(1, "pen"), (2, "ink"), (3, "paper")]
    )  # where: error-after-start for export
    return db


@asynccontextmanager
async def _session():
    """A connection that is awaited, as aiosqlite's is."""
    db = _connect()  # where: error-after-start for export
    await asyncio.sleep(0)  # where: error-after-start for export
    try:
        yield db
    finally:
        db.close()  # where: error-after-start for export


class UpstreamDown(Exception):
    pass


async def _fetch(name):
    """Asks an upstream."""
    try:
        with open(os.devnull, "rb") as wire:
            wire.read(1)
    except OSError as error:
        raise UpstreamDown(name) from error
    await asyncio.sleep(0)
    return name


# --- an answer to the failure that is built and lost


def stock(request):
    left = {}
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        PlainTextResponse("the inventory does not answer", 502)  # where: orphan-response
    return JSONResponse(left)  # also: orphan-response


def stock_or_502(request):
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        return PlainTextResponse("the inventory does not answer", 502)
    return JSONResponse(left)


async def items(request):
    try:
        async with _session() as db:
            return JSONResponse([name for (name,) in db.execute("select name from items")])
    except sqlite3.Error:
        log.exception("items")
        JSONResponse({"error": "no database"}, 503)  # where: orphan-response


async def items_or_503(request):
    try:
        async with _session() as db:
            return JSONResponse([name for (name,) in db.execute("select name from items")])
    except sqlite3.Error:
        log.exception("items")
        return JSONResponse({"error": "no database"}, 503)


async def _failed(text):
    return JSONResponse({"error": text}, 504)  # where: orphan-response for news


async def news(request):
    text = "no news"
    try:
        text = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        await _failed("too slow")
    return PlainTextResponse(text)  # also: orphan-response


async def news_or_504(request):
    try:
        text = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        return await _failed("too slow")
    return PlainTextResponse(text)


async def item(request):
    name = "unknown"
    try:
        async with _session() as db:
            name = db.execute("select name from items").fetchone()[0]
    except sqlite3.Error:
        HTTPException(503, "no database")  # where: unraised-error
    return PlainTextResponse(name)  # also: unraised-error


async def item_or_503(request):
    try:
        async with _session() as db:
            name = db.execute("select name from items").fetchone()[0]
    except sqlite3.Error:
        raise HTTPException(503, "no database") from None
    return PlainTextResponse(name)


class Basket(HTTPEndpoint):
    async def get(self, request):
        content = "empty"
        try:
            content = json.loads(await self.content())
        except (ValueError, OSError):
            RedirectResponse("/maintenance")  # where: orphan-response
        return PlainTextResponse(content)  # also: orphan-response

    async def content(self):
        return await run_in_threadpool(self.read)

    def read(self):
        with open(os.devnull, encoding="utf-8") as file:
            return file.read() or '"pen"'


# --- no answer


async def greeting(request):  # also: no-response
    try:
        return PlainTextResponse(await _fetch("hello"))
    except Exception:
        request.state.failed = True  # where: no-response


async def greeting_or_204(request):
    try:
        return PlainTextResponse(await _fetch("hello"))
    except Exception:
        request.state.failed = True
        return Response(status_code=204)


def counted(request):  # also: no-response
    response = None
    try:
        count = _connect().execute("select count(*) from items").fetchone()[0]
        response = PlainTextResponse(str(count))
    except sqlite3.Error:
        log.exception("no database")
    return response  # where: no-response


def counted_or_500(request):
    response = PlainTextResponse("no database", 500)
    try:
        count = _connect().execute("select count(*) from items").fetchone()[0]
        response = PlainTextResponse(str(count))
    except sqlite3.Error:
        log.exception("no database")
    return response


# --- failures in the body


async def export(request):
    async def lines():
        yield "name\n"
        async with _session() as db:  # where: error-after-start
            for (name,) in db.execute("select name from items"):  # where: error-after-start
                yield f"{name}\n"

    return StreamingResponse(lines(), media_type="text/csv")  # also: error-after-start


async def export_fetched(request):
    async with _session() as db:
        rows = db.execute("select name from items").fetchall()
    return StreamingResponse((f"{name}\n" for (name,) in rows), media_type="text/csv")


def export_from_a_thread(request):
    def lines():
        yield "name\n"
        for (name,) in rows:  # where: error-after-start
            yield f"{name}\n"

    rows = _connect().execute("select name from items")
    return StreamingResponse(lines())  # also: error-after-start


def export_from_a_thread_fetched(request):
    rows = _connect().execute("select name from items").fetchall()
    return StreamingResponse(f"{name}\n" for (name,) in rows)


async def ticker(request):
    async def lines():
        yield "prices\n"
        try:
            yield await _fetch("price")
        except UpstreamDown:
            response.status_code = 503  # where: late-status

    response = StreamingResponse(lines())  # also: late-status
    return response


async def ticker_with_a_last_line(request):
    async def lines():
        yield "prices\n"
        try:
            yield await _fetch("price")
        except UpstreamDown:
            yield "none"

    return StreamingResponse(lines())


def logbook(request):
    def lines():
        yield "log\n"
        try:
            with open(__file__, encoding="utf-8") as file:
                yield file.readline()
        except OSError as error:
            response.headers["X-Error"] = type(error).__name__  # where: late-header

    response = StreamingResponse(lines())  # also: late-header
    return response


def logbook_read_first(request):
    line, error = "", "none"
    try:
        with open(__file__, encoding="utf-8") as file:
            line = file.readline()
    except OSError as caught:
        error = type(caught).__name__
    response = StreamingResponse(iter(["log\n", line]))
    response.headers["X-Error"] = error
    return response


async def download(request):
    async def chunks():
        try:
            with open(__file__, "rb") as file:
                yield file.read()
        except OSError:
            log.exception("download")

    size = os.stat(__file__).st_size
    return StreamingResponse(chunks(), headers={"Content-Length": str(size)})  # where: length-mismatch


async def download_read_first(request):
    try:
        with open(__file__, "rb") as file:
            content = file.read()
    except OSError:
        return Response(status_code=503)
    return StreamingResponse(iter([content]), headers={"Content-Length": str(len(content))})


class Events(Response):
    """Sends what it has, and an error where it has none."""

    async def __call__(self, scope, receive, send):
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)  # also: second-response for events
        try:
            text = await _fetch("event")
        except UpstreamDown:
            await send({**start, "status": 502})  # where: second-response for events
            text = "sorry"
        await send({"type": "http.response.body", "body": text.encode()})


async def events(request):
    return Events()


class EventsInTime(Response):
    async def __call__(self, scope, receive, send):
        status = 200
        try:
            text = await _fetch("event")
        except UpstreamDown:
            status, text = 502, "sorry"
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})


async def events_in_time(request):
    return EventsInTime()


class Feed(Response):
    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})  # also: unfinished-response for feed
        try:
            async with asyncio.timeout(1):
                text = await _fetch("feed")
        except (UpstreamDown, TimeoutError):
            return  # where: unfinished-response for feed
        await send({"type": "http.response.body", "body": text.encode()})


async def feed(request):
    return Feed()  # where: unfinished-response, also: unfinished-response


# --- after the end


async def mailed(request):
    def mail():
        with open(os.devnull, "a") as file:  # where: error-after-end
            file.write("mail")  # where: error-after-end

    return PlainTextResponse("sent", background=BackgroundTask(mail))  # also: error-after-end


async def mailed_at_best(request):
    def mail():
        try:
            with open(os.devnull, "a") as file:
                file.write("mail")
        except Exception:
            log.exception("mail")

    return PlainTextResponse("sent", background=BackgroundTask(mail))


# --- exception handlers


class OutOfOrder(Exception):
    pass


class Closed(Exception):
    pass


async def out_of_order(request, error):
    JSONResponse({"error": "later"}, 503)  # where: orphan-response for machine
    return JSONResponse({"error": "sorry"}, 500)  # also: orphan-response for machine


async def closed(request, error):
    """Asks once more, which may fail as well: that is answered 500 once."""
    return PlainTextResponse(await _fetch("closed"), 503)


async def machine(request):
    try:
        return PlainTextResponse(await _fetch("machine"))
    except UpstreamDown as error:
        raise OutOfOrder from error


async def shop(request):
    try:
        return PlainTextResponse(await _fetch("shop"))
    except UpstreamDown as error:
        raise Closed from error


# --- middleware


class Answering(BaseHTTPMiddleware):
    """Means to answer for the endpoints that fail."""

    async def dispatch(self, request, call_next):  # also: no-response for swallowed
        try:
            return await call_next(request)
        except UpstreamDown:
            PlainTextResponse("sorry", 502)  # where: orphan-response for dispatched
        except sqlite3.Error:
            request.state.failed = True  # where: no-response for swallowed


async def dispatched(request):
    return PlainTextResponse(await _fetch("dispatched"))


def swallowed(request):
    with sqlite3.connect(":memory:") as db:
        return PlainTextResponse(str(db.execute("select 1").fetchone()[0]))


class AnsweringInTime(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        try:
            return await call_next(request)
        except UpstreamDown:
            return PlainTextResponse("sorry", 502)
        except LookupError:
            return PlainTextResponse("none", 404)


async def found(request):
    try:
        return PlainTextResponse(await _fetch("found"))
    except UpstreamDown as error:
        raise LookupError("found") from error


class Replying:
    """Pure ASGI middleware that answers what fails inside, even where that has answered."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except sqlite3.Error:
            response = PlainTextResponse("sorry", 500)  # where: second-response for streamed
            await response(scope, receive, send)  # where: second-response for streamed


async def streamed(request):
    async def lines():
        yield "name\n"
        for (name,) in rows:
            yield f"{name}\n"

    rows = _connect().execute("select name from items")
    return StreamingResponse(lines())  # also: second-response


async def answered_for(request):
    rows = _connect().execute("select name from items").fetchall()
    return PlainTextResponse(str(len(rows)))


class Auditing:
    """Writes down what was answered, once it has gone out."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)  # also: write-after-end for audited
        try:
            with open(os.devnull, "a") as file:
                file.write(scope["path"])
        except OSError:
            await send({"type": "http.response.body", "body": b"not audited"})  # where: write-after-end for audited


async def audited(request):
    return PlainTextResponse("audited")  # also: write-after-end


class AuditingAtBest:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
        try:
            with open(os.devnull, "a") as file:
                file.write(scope["path"])
        except OSError:
            log.exception("not audited")


async def audited_at_best(request):
    return PlainTextResponse("audited")


def _app(*views, middleware=(), **named):
    routes = [Route(f"/{view.__name__.replace('_', '-').lower()}", view) for view in views]
    return Starlette(routes=routes, middleware=[Middleware(layer) for layer in middleware], **named)


APPS = {
    "plain": _app(
        *(stock, stock_or_502, items, items_or_503, news, news_or_504, item, item_or_503, Basket),
        *(greeting, greeting_or_204, counted, counted_or_500),
        *(export, export_fetched, export_from_a_thread, export_from_a_thread_fetched),
        *(ticker, ticker_with_a_last_line, logbook, logbook_read_first, download, download_read_first),
        *(events, events_in_time, feed, mailed, mailed_at_best),
    ),
    "handled": _app(machine, shop, exception_handlers={OutOfOrder: out_of_order, Closed: closed}),
    "answering": _app(dispatched, swallowed, middleware=[Answering]),
    "answering_in_time": _app(found, middleware=[AnsweringInTime]),
    "replying": _app(streamed, answered_for, middleware=[Replying]),
    "auditing": _app(audited, middleware=[Auditing]),
    "auditing_at_best": _app(audited_at_best, middleware=[AuditingAtBest]),
}

"""FastAPI endpoints that are right until a call of theirs fails; then each breaks one rule, and its twin none."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

INVENTORY = "data:application/json,%7B%22pen%22:%203%7D"  # stands for an upstream; needs no network
TASKS = set()
log = logging.getLogger(__name__)
app = FastAPI(openapi_url=None)


@contextmanager
def _connection():
    db = sqlite3.connect(":memory:", check_same_thread=False)  # where: error-after-start for export
    db.execute("create table items (id integer, name text)")  # where: error-after-start for export
    db.executemany(
        "insert into items values (?, ?)", [(1, "pen"), (2, "ink"), (3, "paper")]
    )  # where: error-after-start for export
    try:
        yield db
    finally:
        db.close()  # where: error-after-start for export


class PoolTimeout(Exception):
    pass


class _Rows:
    """The rows of an asynchronous driver."""

    def __init__(self, rows):
        self.rows = rows

    def __aiter__(self):
        return self

    async def __anext__(self):
        await asyncio.sleep(0)  # where: error-after-start for export_later
        for row in self.rows:  # where: error-after-start for export_later
            return row
        raise StopAsyncIteration


class _Database:
    @asynccontextmanager
    async def acquire(self):
        try:
            db = sqlite3.connect(":memory:", check_same_thread=False)
        except sqlite3.Error as error:
            raise PoolTimeout("no connection is free") from error
        db.execute("create table items (id integer, name text)")
        db.executemany("insert into items values (?, ?)", [(1, "pen"), (2, "ink"), (3, "paper")])
        try:
            yield db
        finally:
            db.close()


_DATABASE = _Database()


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


@app.get("/stock")
def stock():
    left = {}
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        HTTPException(502, "the inventory does not answer")  # where: unraised-error
    return left  # also: unraised-error


@app.get("/stock-or-502")
def stock_or_502():
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            return json.load(reply)
    except (URLError, TimeoutError):
        raise HTTPException(502, "the inventory does not answer") from None


@app.get("/items")
async def items():
    names = []
    try:
        async with _DATABASE.acquire() as db:
            async for (name,) in _Rows(db.execute("select name from items")):
                names.append(name)
    except (sqlite3.Error, PoolTimeout):
        JSONResponse({"error": "no database"}, 503)  # where: orphan-response
    return names  # also: orphan-response


@app.get("/items-or-503")
async def items_or_503():
    try:
        async with _DATABASE.acquire() as db:
            return [name async for (name,) in _Rows(db.execute("select name from items"))]
    except (sqlite3.Error, PoolTimeout):
        return JSONResponse({"error": "no database"}, 503)


@app.get("/item/{number}")
def item(number: int):
    try:
        with _connection() as db:
            return db.execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error:
        log.exception("item")
        HTTPException(status_code=503)  # where: unraised-error


@app.get("/item-or-503/{number}")
def item_or_503(number: int):
    try:
        with _connection() as db:
            return db.execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error as error:
        log.exception("item")
        raise HTTPException(status_code=503) from error


@app.get("/item-or-none/{number}")
def item_or_none(number: int):
    """None is an answer: null."""
    try:
        with _connection() as db:
            return db.execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error:
        log.exception("item")


async def _too_slow(name):
    return PlainTextResponse(f"{name} is too slow", 504)  # where: orphan-response for news


@app.get("/news")
async def news():
    text = "no news"
    try:
        text = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        await _too_slow("news")
    return {"news": text}  # also: orphan-response


@app.get("/news-or-504")
async def news_or_504():
    try:
        text = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        return await _too_slow("news")
    return {"news": text}


@app.get("/recommended")
async def recommended():
    names = ["pen"]
    try:
        try:
            names = [await _fetch("recommended")]
        except UpstreamDown as error:
            raise HTTPException(502) from error  # also: swallowed-answer
    except Exception:  # where: swallowed-answer
        log.exception("recommended")
    return names


@app.get("/recommended-at-best")
async def recommended_at_best():
    try:
        return [await _fetch("recommended")]
    except UpstreamDown:
        log.exception("recommended")
        return ["pen"]


# --- dependencies


def _user():
    name = "nobody"
    try:
        name = json.loads('"root"')
    except ValueError:
        HTTPException(401)  # where: unraised-error for profile
    return name


@app.get("/profile")
async def profile(user: Annotated[str, Depends(_user)]):
    return {"user": user}  # also: unraised-error


def _known_user():
    try:
        return json.loads('"root"')
    except ValueError:
        raise HTTPException(401) from None


@app.get("/profile-of-the-known")
async def profile_of_the_known(user: Annotated[str, Depends(_known_user)]):
    return {"user": user}


async def _transaction():
    with _connection() as db:
        try:
            yield db
        except sqlite3.Error:
            db.rollback()
            HTTPException(409, "rolled back")  # where: unraised-error for moved


@app.get("/moved")
async def moved(db: Annotated[sqlite3.Connection, Depends(_transaction)]):
    db.execute("update items set name = 'nib' where id = 1")
    return {"moved": 1}


async def _sound_transaction():
    with _connection() as db:
        try:
            yield db
        except sqlite3.Error as error:
            db.rollback()
            raise HTTPException(409, "rolled back") from error


@app.get("/moved-or-409")
async def moved_or_409(db: Annotated[sqlite3.Connection, Depends(_sound_transaction)]):
    db.execute("update items set name = 'nib' where id = 1")
    return {"moved": 1}


# --- failures in the body


@app.get("/export")
def export():
    def lines():
        with _connection() as db:  # where: error-after-start
            yield "name\n"
            for (name,) in db.execute("select name from items"):  # where: error-after-start
                yield f"{name}\n"

    return StreamingResponse(lines(), media_type="text/csv")  # also: error-after-start


@app.get("/export-fetched")
def export_fetched():
    with _connection() as db:
        rows = db.execute("select name from items").fetchall()
    return StreamingResponse((f"{name}\n" for (name,) in rows), media_type="text/csv")


@app.get("/export-later")
async def export_later():
    async def lines():
        yield "name\n"
        async for (name,) in rows:  # where: error-after-start
            yield f"{name}\n"

    rows = _Rows(iter([("pen",), ("ink",)]))
    return StreamingResponse(lines())  # also: error-after-start


@app.get("/export-later-with-a-last-line")
async def export_later_with_a_last_line():
    async def lines():
        yield "name\n"
        try:
            async for (name,) in rows:
                yield f"{name}\n"
        except Exception:
            yield "cut off\n"

    rows = _Rows(iter([("pen",), ("ink",)]))
    return StreamingResponse(lines())


@app.get("/ticker")
async def ticker():
    async def lines():
        yield "prices\n"
        try:
            yield await _fetch("price")
        except UpstreamDown:
            response.headers["X-Error"] = "no prices"  # where: late-header

    response = StreamingResponse(lines())  # also: late-header
    return response


@app.get("/ticker-with-a-last-line")
async def ticker_with_a_last_line():
    async def lines():
        yield "prices\n"
        try:
            yield await _fetch("price")
        except UpstreamDown:
            yield "none"

    return StreamingResponse(lines())


@app.get("/download")
def download():
    def chunks():
        try:
            with open(__file__, "rb") as file:
                yield file.read()
        except OSError:
            log.exception("download")

    size = os.stat(__file__).st_size
    return StreamingResponse(chunks(), headers={"Content-Length": str(size)})  # where: length-mismatch


@app.get("/download-read-first")
def download_read_first():
    try:
        with open(__file__, "rb") as file:
            content = file.read()
    except OSError:
        raise HTTPException(503) from None
    return StreamingResponse(iter([content]), headers={"Content-Length": str(len(content))})


class Events(Response):
    """Server-sent events."""

    async def __call__(self, scope, receive, send):
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)  # also: unfinished-response for events
        try:
            async with asyncio.timeout(1):
                text = await _fetch("event")
        except (UpstreamDown, TimeoutError):
            log.exception("events")
            return  # where: unfinished-response for events
        await send({"type": "http.response.body", "body": text.encode()})


@app.get("/events")
async def events():
    return Events()  # where: unfinished-response, also: unfinished-response


class EndedEvents(Response):
    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        text = ""
        try:
            async with asyncio.timeout(1):
                text = await _fetch("event")
        except (UpstreamDown, TimeoutError):
            log.exception("events")
        await send({"type": "http.response.body", "body": text.encode()})


@app.get("/ended-events")
async def ended_events():
    return EndedEvents()


class Dashboard(Response):
    async def __call__(self, scope, receive, send):
        async def refresh():
            await asyncio.sleep(0.02)
            try:
                await _fetch("prices")
            except UpstreamDown:
                await send({"type": "http.response.body", "body": b"stale"})  # where: late-send for dashboard

        task = asyncio.create_task(refresh())
        TASKS.add(task)
        task.add_done_callback(TASKS.discard)
        await super().__call__(scope, receive, send)


@app.get("/dashboard")
async def dashboard():
    return Dashboard(b"prices")


# --- after the end


@app.get("/mailed")
async def mailed(tasks: BackgroundTasks):
    def mail(text):
        with open(os.devnull, "a") as file:  # where: error-after-end
            file.write(text)  # where: error-after-end

    tasks.add_task(mail, "mail")
    return {"sent": 1}  # also: error-after-end


@app.get("/mailed-at-best")
async def mailed_at_best(tasks: BackgroundTasks):
    def mail(text):
        try:
            with open(os.devnull, "a") as file:
                file.write(text)
        except Exception:
            log.exception("mail")

    tasks.add_task(mail, "mail")
    return {"sent": 1}


@app.get("/reported")
async def reported(tasks: BackgroundTasks):
    async def report():
        try:
            await _fetch("report")
        except UpstreamDown:
            response.status_code = 502  # where: late-status

    tasks.add_task(report)
    response = JSONResponse({"reported": 1}, background=tasks)  # also: late-status
    return response


@app.get("/reported-at-best")
async def reported_at_best(tasks: BackgroundTasks):
    async def report():
        try:
            await _fetch("report")
        except UpstreamDown:
            log.warning("not reported")

    tasks.add_task(report)
    return JSONResponse({"reported": 1}, background=tasks)


# --- exception handlers


class OutOfOrder(Exception):
    pass


class Closed(Exception):
    pass


@app.exception_handler(OutOfOrder)
async def out_of_order(request: Request, error: OutOfOrder):
    JSONResponse({"error": "later"}, 503)  # where: orphan-response for machine
    return JSONResponse({"error": "sorry"}, 500)  # also: orphan-response for machine


@app.exception_handler(Closed)
async def closed(request: Request, error: Closed):
    """Asks once more, which may fail as well: that is answered 500 once."""
    return PlainTextResponse(await _fetch("closed"), 503)


@app.get("/machine")
async def machine():
    try:
        return await _fetch("machine")
    except UpstreamDown as error:
        raise OutOfOrder from error


@app.get("/shop")
async def shop():
    try:
        return await _fetch("shop")
    except UpstreamDown as error:
        raise Closed from error


APPS = {"fastapi": app}

# --- middleware

behind = FastAPI(openapi_url=None)


@behind.middleware("http")
async def answer(request: Request, call_next):  # also: no-response for swallowed
    try:
        return await call_next(request)
    except UpstreamDown:
        JSONResponse({"error": "sorry"}, 502)  # where: orphan-response for dispatched
    except sqlite3.Error:
        request.state.failed = True  # where: no-response for swallowed


@behind.get("/dispatched")
async def dispatched():
    return await _fetch("dispatched")


@behind.get("/swallowed")
def swallowed():
    db = sqlite3.connect(":memory:")
    return db.execute("select 1").fetchone()


APPS["behind"] = behind

behind_in_time = FastAPI(openapi_url=None)


@behind_in_time.middleware("http")
async def answer_in_time(request: Request, call_next):
    try:
        return await call_next(request)
    except (sqlite3.Error, PoolTimeout):
        return JSONResponse({"error": "busy"}, 503)


@behind_in_time.get("/answered-for")
async def answered_for():
    async with _DATABASE.acquire() as db:
        return db.execute("select name from items").fetchall()


APPS["behind_in_time"] = behind_in_time


class Replying:
    """Pure ASGI middleware that answers what fails inside, even where that has answered."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except (sqlite3.Error, PoolTimeout):
            response = JSONResponse({"error": "sorry"}, 500)  # where: second-response for streamed
            await response(scope, receive, send)  # where: second-response for streamed


replied = FastAPI(openapi_url=None)
replied.add_middleware(Replying)


@replied.get("/streamed")
async def streamed():
    async def lines():
        yield "name\n"
        async with _DATABASE.acquire() as db:
            for (name,) in db.execute("select name from items"):
                yield f"{name}\n"

    return StreamingResponse(lines())  # also: second-response


@replied.get("/replied-to")
async def replied_to():
    async with _DATABASE.acquire() as db:
        return db.execute("select name from items").fetchall()


APPS["replied"] = replied

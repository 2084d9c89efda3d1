"""Litestar handlers that are right until a call of theirs fails; then each breaks one rule, and its twin none."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
from urllib.error import URLError
from urllib.request import urlopen

from litestar import Litestar, Request, Response, get
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Stream

INVENTORY = "data:application/json,%7B%22pen%22:%203%7D"  # stands for an upstream; needs no network
log = logging.getLogger(__name__)


def _connect():
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.execute("create table items (id integer, name text)")
    db.executemany("insert into items values (?, ?)", [(1, "pen"), (2, "ink"), (3, "paper")])
    return db


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


@get("/stock", sync_to_thread=True)
def stock() -> dict:
    left = {}
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        HTTPException("the inventory does not answer", status_code=502)  # where: unraised-error
    return left  # also: unraised-error


@get("/stock-or-502", sync_to_thread=True)
def stock_or_502() -> dict:
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            return json.load(reply)
    except (URLError, TimeoutError):
        raise HTTPException("the inventory does not answer", status_code=502) from None


@get("/items")
async def items() -> Response:
    names = []
    try:
        names = [name for (name,) in _connect().execute("select name from items")]
    except sqlite3.Error:
        Response({"error": "no database"}, status_code=503)  # where: orphan-response
    return Response(names)  # also: orphan-response


@get("/items-or-503")
async def items_or_503() -> Response:
    try:
        names = [name for (name,) in _connect().execute("select name from items")]
    except sqlite3.Error:
        return Response({"error": "no database"}, status_code=503)
    return Response(names)


@get("/item")
async def item() -> str:
    name = "unknown"
    try:
        name = _connect().execute("select name from items").fetchone()[0]
    except sqlite3.Error:
        NotFoundException("no such item")  # where: unraised-error
    return name  # also: unraised-error


@get("/item-or-404")
async def item_or_404() -> str:
    try:
        return _connect().execute("select name from items").fetchone()[0]
    except sqlite3.Error:
        raise NotFoundException("no such item") from None


async def _too_slow(name):
    return Response(f"{name} is too slow", status_code=504)  # where: orphan-response for news


@get("/news")
async def news() -> Response:
    text = "no news"
    try:
        text = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        await _too_slow("news")
    return Response(text)  # also: orphan-response


@get("/news-or-504")
async def news_or_504() -> Response:
    try:
        text = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        return await _too_slow("news")
    return Response(text)


# --- failures in the body


@get("/export")
async def export() -> Stream:
    async def lines():
        yield "name\n"
        for (name,) in rows:  # where: error-after-start
            yield f"{name}\n"

    rows = _connect().execute("select name from items")
    return Stream(lines())  # also: error-after-start


@get("/export-fetched")
async def export_fetched() -> Stream:
    rows = _connect().execute("select name from items").fetchall()
    return Stream(iter([f"{name}\n" for (name,) in rows]))


@get("/download")
async def download() -> Stream:
    def chunks():
        try:
            with open(__file__, "rb") as file:
                yield file.read()
        except OSError:
            log.exception("download")

    size = os.stat(__file__).st_size
    return Stream(chunks(), headers={"Content-Length": str(size)})  # where: length-mismatch


@get("/download-read-first")
async def download_read_first() -> Response:
    try:
        with open(__file__, "rb") as file:
            content = file.read()
    except OSError:
        return Response("cannot be read", status_code=503)
    return Response(content, media_type="text/plain")


# --- after the end


@get("/mailed")
async def mailed() -> Response:
    async def mail():
        with open(os.devnull, "a") as file:  # where: error-after-end
            file.write("mail")  # where: error-after-end

    return Response("sent", background=BackgroundTask(mail))  # also: error-after-end


@get("/mailed-at-best")
async def mailed_at_best() -> Response:
    async def mail():
        try:
            with open(os.devnull, "a") as file:
                file.write("mail")
        except Exception:
            log.exception("mail")

    return Response("sent", background=BackgroundTask(mail))


# --- exception handlers


class OutOfOrder(Exception):
    pass


def _out_of_order(_request: Request, _error: OutOfOrder) -> Response:
    Response({"error": "later"}, status_code=503)  # where: orphan-response for machine
    return Response({"error": "sorry"}, status_code=500)  # also: orphan-response for machine


@get("/machine")
async def machine() -> str:
    try:
        return await _fetch("machine")
    except UpstreamDown as error:
        raise OutOfOrder from error


HANDLERS = [stock, stock_or_502, items, items_or_503, item, item_or_404, news, news_or_504, export, export_fetched]
HANDLERS += [download, download_read_first, mailed, mailed_at_best, machine]
APPS = {"plain": Litestar(HANDLERS, openapi_config=None, exception_handlers={OutOfOrder: _out_of_order})}

# --- middleware


def _auditing(app):
    """Writes down what was answered, once it has gone out."""

    async def middleware(scope, receive, send):
        await app(scope, receive, send)  # also: write-after-end for audited
        try:
            with open(os.devnull, "a") as file:
                file.write(scope["path"])
        except OSError:
            await send({"type": "http.response.body", "body": b"not audited"})  # where: write-after-end for audited

    return middleware


def _auditing_at_best(app):
    async def middleware(scope, receive, send):
        await app(scope, receive, send)
        try:
            with open(os.devnull, "a") as file:
                file.write(scope["path"])
        except OSError:
            log.exception("not audited")

    return middleware


@get("/audited")
async def audited() -> Response:
    return Response("audited")  # also: write-after-end


@get("/audited-at-best")
async def audited_at_best() -> Response:
    return Response("audited")


APPS["auditing"] = Litestar([audited], openapi_config=None, middleware=[_auditing])
APPS["at_best"] = Litestar([audited_at_best], openapi_config=None, middleware=[_auditing_at_best])

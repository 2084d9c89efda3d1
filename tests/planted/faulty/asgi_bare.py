"""ASGI apps that are right until a call of theirs fails; then each breaks one rule, and its twin none."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction

PLAIN = [(b"content-type", b"text/plain")]
TASKS = set()
log = logging.getLogger(__name__)


def _start(status=200, headers=PLAIN):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def _body(body=b"text", **keys):
    return {"type": "http.response.body", "body": body, **keys}


async def _answer(send, status, body=b"text"):
    await send({"type": "http.response.start", "status": status, "headers": list(PLAIN)})
    await send({"type": "http.response.body", "body": body})


class PoolTimeout(Exception):
    pass


class UpstreamDown(Exception):
    pass


class _Pool:
    """Hands out connections to a database in memory; its methods are awaited, as those of aiosqlite are."""

    @asynccontextmanager
    async def acquire(self):
        try:
            db = sqlite3.connect(":memory:")
        except sqlite3.Error as error:
            raise PoolTimeout("no connection is free") from error
        db.execute("create table items (id integer, name text)")
        db.executemany("insert into items values (?, ?)", [(1, "pen"), (2, "ink"), (3, "paper")])
        try:
            yield db
        finally:
            db.close()


_POOL = _Pool()


async def _names():
    async with _POOL.acquire() as db:
        await asyncio.sleep(0)
        return "\n".join(name for (name,) in db.execute("select name from items")).encode()


async def _rows():
    async with _POOL.acquire() as db:
        for (name,) in db.execute("select name from items"):
            await asyncio.sleep(0)
            yield name


async def _fetch(name):
    """Asks an upstream."""
    try:
        with open(os.devnull, "rb") as wire:
            wire.read(1)
    except OSError as error:
        raise UpstreamDown(name) from error
    await asyncio.sleep(0)
    return name.encode()


class _Audit:
    def write(self, line):
        with open(os.devnull, "a") as file:  # where: error-after-end for counted, where: error-after-start for fallback
            file.write(line)  # where: error-after-end for counted, where: error-after-start for fallback


_AUDIT = _Audit()


# --- a second head


async def listing(scope, receive, send):
    await send(_start())  # also: second-response
    try:
        names = await _names()
    except (sqlite3.Error, PoolTimeout):
        await send(_start(500))  # where: second-response
        await send(_body(b"no database"))
        return
    await send(_body(names))


async def listing_prepared(scope, receive, send):
    try:
        names = await _names()
    except (sqlite3.Error, PoolTimeout):
        await _answer(send, 503, b"no database")
        return
    await send(_start())
    await send(_body(names))


async def pooled(scope, receive, send):
    await send(_start())  # also: second-response
    try:
        async with _POOL.acquire() as db:
            count = db.execute("select count(*) from items").fetchone()[0]
    except PoolTimeout:
        await send(_start(503))  # where: second-response
        await send(_body(b"busy"))
        return
    await send(_body(str(count).encode()))


async def pooled_first(scope, receive, send):
    try:
        async with _POOL.acquire() as db:
            count = db.execute("select count(*) from items").fetchone()[0]
    except PoolTimeout:
        await _answer(send, 503, b"busy")
        return
    await _answer(send, 200, str(count).encode())


async def cancelled(scope, receive, send):
    await send(_start())  # also: second-response
    try:
        news = await _fetch("news")
    except asyncio.CancelledError:
        await send(_start(499))  # where: second-response
        await send(_body(b""))
        raise
    await send(_body(news))


async def cancelled_in_time(scope, receive, send):
    try:
        news = await _fetch("news")
    except asyncio.CancelledError:
        log.info("cancelled")
        raise
    await _answer(send, 200, news)


async def caught_at_all_cost(scope, receive, send):
    await send(_start())  # also: second-response
    try:
        news = await _fetch("news")
    except BaseException:
        log.exception("news")
        await send(_start(500))  # where: second-response
        news = b"sorry"
    await send(_body(news))


async def caught_before_the_start(scope, receive, send):
    status = 200
    try:
        news = await _fetch("news")
    except BaseException:
        status, news = 500, b"sorry"
    await send(_start(status))
    await send(_body(news))


async def gathered(scope, receive, send):
    await send(_start())  # also: second-response
    try:
        async with asyncio.TaskGroup() as group:
            news = group.create_task(_fetch("news"))
            weather = group.create_task(_fetch("weather"))
    except* (UpstreamDown, TimeoutError):
        await send(_start(504))  # where: second-response
    else:
        await send(_body(news.result() + weather.result(), more_body=True))
    await send(_body(b""))


async def gathered_first(scope, receive, send):
    status, body = 200, b""
    try:
        async with asyncio.TaskGroup() as group:
            news = group.create_task(_fetch("news"))
            weather = group.create_task(_fetch("weather"))
    except* (UpstreamDown, TimeoutError):
        status = 504
    else:
        body = news.result() + weather.result()
    await _answer(send, status, body)


class Errors:
    """Answers what the app inside lets escape, whether it has answered or not."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except (sqlite3.Error, UpstreamDown, RuntimeError):
            await send(_start(500))  # where: second-response for behind_errors
            await send(_body(b"sorry"))


async def _inner(scope, receive, send):
    await send(_start())  # also: second-response for behind_errors
    await send(_body(await _fetch("news")))


async def _inner_first(scope, receive, send):
    news = await _fetch("news")
    await send(_start())
    await send(_body(news))


async def behind_errors(scope, receive, send):
    await Errors(_inner)(scope, receive, send)


class CarefulErrors:
    """Answers only where nothing has been sent."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        started = False

        async def noting(message):
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except (sqlite3.Error, UpstreamDown, RuntimeError):
            if started:
                raise
            await _answer(send, 500, b"sorry")


async def behind_careful_errors(scope, receive, send):
    await CarefulErrors(_inner_first)(scope, receive, send)


# --- no head, or no end


async def waited_for(scope, receive, send):
    await send(_start())  # also: unfinished-response
    try:
        news = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        log.warning("no news")
        return  # where: unfinished-response
    await send(_body(news))


async def waited_for_and_ended(scope, receive, send):
    await send(_start())
    try:
        news = await asyncio.wait_for(_fetch("news"), 1)
    except TimeoutError:
        news = b""
    await send(_body(news))


async def swallowed_in_the_stream(scope, receive, send):
    await send(_start())  # also: unfinished-response
    try:
        async with asyncio.timeout(1):
            names = await _names()
    except Exception:
        return  # where: unfinished-response
    await send(_body(names, more_body=True))
    await send(_body(b""))


async def swallowed_before_the_stream(scope, receive, send):
    try:
        async with asyncio.timeout(1):
            names = await _names()
    except Exception:
        names = b"none"
    await send(_start())
    await send(_body(names, more_body=True))
    await send(_body(b""))


async def logged(scope, receive, send):  # also: no-response
    try:
        names = await _names()
    except Exception:
        log.exception("names")
        return  # where: no-response
    await _answer(send, 200, names)


async def logged_and_raised(scope, receive, send):
    try:
        names = await _names()
    except Exception:
        log.exception("names")
        raise
    await _answer(send, 200, names)


async def ended_whatever_comes(scope, receive, send):
    try:
        names = await _names()
        await send(_start())
        await send(_body(names, more_body=True))
    finally:
        await send(_body(b""))  # where: body-before-start


async def ended_where_started(scope, receive, send):
    started = False
    try:
        names = await _names()
        await send(_start())
        started = True
        await send(_body(names, more_body=True))
    finally:
        if started:
            await send(_body(b""))


async def forecast(scope, receive, send):
    text = None
    try:
        text = await _fetch("weather")
    except UpstreamDown:
        log.warning("no weather")
    await send(_start())  # also: body-not-bytes
    await send(_body(text))  # where: body-not-bytes


async def forecast_or_nothing(scope, receive, send):
    try:
        text = await _fetch("weather")
    except UpstreamDown:
        text = b"no weather"
    await send(_start())
    await send(_body(text))


# --- failures in the body


async def export(scope, receive, send):
    async with _POOL.acquire() as db:
        await send(_start())  # also: error-after-start
        for (name,) in db.execute("select name from items"):  # where: error-after-start
            await send(_body(name.encode(), more_body=True))  # where: error-after-start
        await send(_body(b""))  # where: error-after-start


async def export_fetched(scope, receive, send):
    names = [name async for name in _rows()]
    await send(_start())
    await send(_body("\n".join(names).encode()))


async def download(scope, receive, send):
    size = os.stat(__file__).st_size
    await send(_start(200, [*PLAIN, (b"content-length", str(size).encode())]))  # where: length-mismatch
    try:
        with open(__file__, "rb") as file:
            content = file.read()
    except OSError:
        content = b""
    await send(_body(content))


async def download_read_first(scope, receive, send):
    try:
        with open(__file__, "rb") as file:
            content = file.read()
    except OSError:
        await _answer(send, 503, b"cannot be read")
        return
    await send(_start(200, [*PLAIN, (b"content-length", str(len(content)).encode())]))
    await send(_body(content))


# --- after the end


async def audited(scope, receive, send):
    await send(_start())
    await send(_body(b"welcome"))  # also: write-after-end
    try:
        _AUDIT.write("seen")
    except OSError:
        await send(_body(b", unseen"))  # where: write-after-end


async def audited_first(scope, receive, send):
    await send(_start())
    await send(_body(b"welcome", more_body=True))
    try:
        _AUDIT.write("seen")
        rest = b""
    except OSError:
        rest = b", unseen"
    await send(_body(rest))


async def audited_and_apologised_for(scope, receive, send):
    await _answer(send, 200, b"welcome")  # also: second-response
    try:
        _AUDIT.write("seen")
    except OSError:
        await _answer(send, 500, b"sorry")  # where: second-response


async def counted(scope, receive, send):
    await send(_start())
    await send(_body(b"welcome"))  # also: error-after-end
    _AUDIT.write("seen")  # where: error-after-end


async def counted_at_best(scope, receive, send):
    await send(_start())
    await send(_body(b"welcome"))
    try:
        _AUDIT.write("seen")
    except Exception:
        log.warning("not counted")


async def fallback(scope, receive, send):
    """What handles the failure fails."""
    try:
        price = {"pen": 3}["paper"]
    except KeyError:
        await send(_start())  # also: error-after-start
        _AUDIT.write("no price")  # where: error-after-start
        await send(_body(b"no price"))  # where: error-after-start
        return
    await _answer(send, 200, str(price).encode())


async def dashboard(scope, receive, send):
    async def refresh():
        await asyncio.sleep(0.02)
        try:
            await _fetch("prices")
        except (UpstreamDown, TimeoutError):
            await send(_body(b"these prices are of yesterday"))  # where: late-send

    await send(_start())
    await send(_body(b"prices"))
    task = asyncio.create_task(refresh())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


async def dashboard_that_tells_nobody(scope, receive, send):
    async def refresh():
        await asyncio.sleep(0.02)
        try:
            await _fetch("prices")
        except (UpstreamDown, TimeoutError):
            log.warning("these prices are of yesterday")

    await send(_start())
    await send(_body(b"prices"))
    task = asyncio.create_task(refresh())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


APPS = {name: app for name, app in list(globals().items()) if not name.startswith("_") and iscoroutinefunction(app)}

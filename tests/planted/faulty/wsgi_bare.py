"""WSGI apps that are right until a call of theirs fails; then each breaks one rule, and its twin none."""

from __future__ import annotations

import json
import logging
import os
import queue
import sqlite3
import string
import sys
import tempfile
import threading
import time
from urllib.error import URLError
from urllib.request import urlopen

PLAIN = [("Content-Type", "text/plain")]
INVENTORY = "data:application/json,%7B%22pen%22:%203%7D"  # stands for an upstream; needs no network
log = logging.getLogger(__name__)


def _connect():
    db = sqlite3.connect(":memory:")
    db.execute("create table items (id integer, name text)")
    db.executemany("insert into items values (?, ?)", [(1, "pen"), (2, "ink"), (3, "paper")])
    return db


class CacheDown(Exception):
    pass


class _Cache:
    """Keeps texts in a file, as a cache server would."""

    def __init__(self):
        self.texts = {"motd": "hello", "price": "3"}

    def get(self, key):
        try:
            with open(os.devnull, "rb") as wire:
                wire.read(1)
        except OSError as error:
            raise CacheDown(key) from error
        return self.texts.get(key)

    def set(self, key, text):
        try:
            with open(os.devnull, "wb") as wire:  # where: error-after-end for audited
                wire.write(text.encode())  # where: error-after-end for audited
        except OSError as error:
            raise CacheDown(key) from error  # where: error-after-end for audited
        self.texts[key] = text


_CACHE = _Cache()


def _names(db):
    return "\n".join(name for (name,) in db.execute("select name from items order by id"))


# --- a second head


def listing(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response
    try:
        text = _names(_connect())
    except sqlite3.Error:
        start_response("500 Internal Server Error", list(PLAIN))  # where: second-response
        return [b"no database"]
    return [text.encode()]


def listing_prepared(environ, start_response):
    try:
        text = _names(_connect())
    except sqlite3.Error:
        start_response("503 Service Unavailable", list(PLAIN))
        return [b"no database"]
    start_response("200 OK", list(PLAIN))
    return [text.encode()]


def listing_replaced(environ, start_response):
    start_response("200 OK", list(PLAIN))
    try:
        text = _names(_connect())
    except sqlite3.Error:
        start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())
        return [b"no database"]
    return [text.encode()]


def stock(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])  # also: second-response
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            return [reply.read()]
    except (URLError, TimeoutError):
        start_response("502 Bad Gateway", list(PLAIN))  # where: second-response
        return [b"the inventory does not answer"]


def stock_asked_first(environ, start_response):
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            body = reply.read()
    except (URLError, TimeoutError):
        start_response("502 Bad Gateway", list(PLAIN))
        return [b"the inventory does not answer"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]


def rendered(environ, start_response):
    try:
        start_response("200 OK", list(PLAIN))  # also: second-response
        return [string.Template("$greeting, world").substitute(greeting="hello").encode()]
    except (KeyError, ValueError):
        start_response("404 Not Found", list(PLAIN))  # where: second-response
        return [b"no such page"]


def rendered_first(environ, start_response):
    try:
        page = string.Template("$greeting, world").substitute(greeting="hello").encode()
    except (KeyError, ValueError):
        start_response("404 Not Found", list(PLAIN))
        return [b"no such page"]
    start_response("200 OK", list(PLAIN))
    return [page]


def spooled(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response
    try:
        with tempfile.TemporaryFile() as spool:
            spool.write(b"report")
            spool.seek(0)
            return [spool.read()]
    except OSError:
        start_response("507 Insufficient Storage", list(PLAIN))  # where: second-response
        return [b"the disk is full"]


def spooled_first(environ, start_response):
    try:
        with tempfile.TemporaryFile() as spool:
            spool.write(b"report")
            spool.seek(0)
            body = spool.read()
    except OSError:
        start_response("507 Insufficient Storage", list(PLAIN))
        return [b"the disk is full"]
    start_response("200 OK", list(PLAIN))
    return [body]


def tried_again(environ, start_response):
    for _attempt in range(3):
        try:
            start_response("200 OK", list(PLAIN))  # where: second-response, also: second-response
            return [_names(_connect()).encode()]
        except sqlite3.OperationalError:
            log.info("the database is locked")
    return [b"busy"]


def tried_again_first(environ, start_response):
    for _attempt in range(3):
        try:
            text = _names(_connect())
        except sqlite3.OperationalError:
            continue
        start_response("200 OK", list(PLAIN))
        return [text.encode()]
    start_response("503 Service Unavailable", list(PLAIN))
    return [b"busy"]


class ErrorPages:
    """Answers what the app inside lets escape."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        try:
            return self.app(environ, start_response)
        except (sqlite3.Error, ValueError, OSError):
            log.exception("unhandled")
            start_response("500 Internal Server Error", list(PLAIN))  # where: second-response for behind_error_pages
            return [b"sorry"]


def _settings(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response for behind_error_pages
    return [json.loads('{"theme": "dark"}')["theme"].encode()]


def _settings_first(environ, start_response):
    theme = json.loads('{"theme": "dark"}')["theme"]
    start_response("200 OK", list(PLAIN))
    return [theme.encode()]


behind_error_pages = ErrorPages(_settings)
behind_error_pages_in_time = ErrorPages(_settings_first)


# --- no head, or no end


def message_of_the_day(environ, start_response):  # also: no-response
    try:
        text = _CACHE.get("motd")
        start_response("200 OK", list(PLAIN))
        return [text.encode()]
    except CacheDown:
        log.warning("the cache is down")
    return []  # where: no-response


def message_of_the_day_or_none(environ, start_response):
    try:
        text = _CACHE.get("motd")
    except CacheDown:
        text = "no message today"
    start_response("200 OK", list(PLAIN))
    return [text.encode()]


def first_item(environ, start_response):  # also: no-response
    db = None
    try:
        db = _connect()
        row = db.execute("select name from items").fetchone()
    except sqlite3.Error:
        log.exception("query")
        return []  # where: no-response
    finally:
        if db is not None:
            db.close()
    start_response("200 OK", list(PLAIN))
    return [row[0].encode()]


def first_item_or_error(environ, start_response):
    db = None
    try:
        db = _connect()
        row = db.execute("select name from items").fetchone()
    except sqlite3.Error:
        log.exception("query")
        raise
    finally:
        if db is not None:
            db.close()
    start_response("200 OK", list(PLAIN))
    return [row[0].encode()]


def price(environ, start_response):
    try:
        text = _CACHE.get("price")
    except CacheDown:
        text = None
    start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    return [text and text.encode()]  # where: body-not-bytes


def price_or_nothing(environ, start_response):
    try:
        text = _CACHE.get("price")
    except CacheDown:
        text = ""
    start_response("200 OK", list(PLAIN))
    return [text.encode()]


def tagged(environ, start_response):
    tag = None
    try:
        tag = _CACHE.get("price")
    except CacheDown:
        log.warning("no tag")
    start_response("200 OK", [*PLAIN, ("ETag", tag)])  # where: invalid-header
    return [b"tagged"]


def tagged_or_not(environ, start_response):
    headers = list(PLAIN)
    try:
        headers.append(("ETag", _CACHE.get("price")))
    except CacheDown:
        log.warning("no tag")
    start_response("200 OK", headers)
    return [b"tagged"]


# --- failures in the body


def export(environ, start_response):
    db = _connect()
    start_response("200 OK", list(PLAIN))  # also: error-after-start
    yield b"name\n"
    for (name,) in db.execute("select name from items"):  # where: error-after-start
        yield f"{name}\n".encode()


def export_fetched(environ, start_response):
    rows = _connect().execute("select name from items").fetchall()
    start_response("200 OK", list(PLAIN))
    yield b"name\n"
    for (name,) in rows:
        yield f"{name}\n".encode()


def report(environ, start_response):
    start_response("200 OK", list(PLAIN))
    yield b"name\n"  # also: error-swallowed
    try:
        text = _names(_connect())
    except sqlite3.Error:
        try:
            start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())  # where: error-swallowed
        except sqlite3.Error:  # where: error-swallowed
            yield b"the report failed\n"
    else:
        yield text.encode()


def report_with_a_last_line(environ, start_response):
    start_response("200 OK", list(PLAIN))
    yield b"name\n"
    try:
        text = _names(_connect())
    except sqlite3.Error:
        text = "the report failed\n"
    yield text.encode()


def paged(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response
    yield b"name\n"
    try:
        text = _names(_connect())
    except sqlite3.Error:
        start_response("503 Service Unavailable", list(PLAIN))  # where: second-response
        text = "try again later"
    yield text.encode()


def paged_lazily(environ, start_response):
    try:
        text = _names(_connect())
    except sqlite3.Error:
        start_response("503 Service Unavailable", list(PLAIN))
        yield b"try again later"
        return
    start_response("200 OK", list(PLAIN))
    yield b"name\n"
    yield text.encode()


def download(environ, start_response):
    size = os.stat(__file__).st_size
    start_response("200 OK", [*PLAIN, ("Content-Length", str(size))])  # where: length-mismatch
    try:
        with open(__file__, "rb") as file:
            chunk = file.read()
    except OSError:
        chunk = b"cannot be read"
    yield chunk


def download_read_first(environ, start_response):
    try:
        with open(__file__, "rb") as file:
            chunk = file.read()
    except OSError:
        start_response("503 Service Unavailable", list(PLAIN))
        yield b"cannot be read"
        return
    start_response("200 OK", [*PLAIN, ("Content-Length", str(len(chunk)))])
    yield chunk


# --- after the end


class _Body:
    def __init__(self, chunk, close):
        self.chunks = iter([chunk])
        self.close = close

    def __iter__(self):
        return self.chunks


def audited(environ, start_response):
    def close():
        _CACHE.set("seen", "yes")  # where: error-after-end

    start_response("200 OK", list(PLAIN))
    return _Body(b"audited", close)


def audited_at_best(environ, start_response):
    def close():
        try:
            _CACHE.set("seen", "yes")
        except CacheDown:
            log.warning("not audited")

    start_response("200 OK", list(PLAIN))
    return _Body(b"audited", close)


def apologising(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response

    def close():
        try:
            _CACHE.set("seen", "yes")
        except CacheDown:
            start_response("500 Internal Server Error", list(PLAIN))  # where: second-response

    return _Body(b"welcome", close)


def waited_for(environ, start_response):
    write = start_response("200 OK", list(PLAIN))
    done = queue.Queue()

    def work():
        time.sleep(0.02)
        try:
            write(b"counted")  # where: late-send
        except OSError:
            log.info("the client has left")
        done.put(True)

    threading.Thread(target=work).start()
    try:
        done.get(timeout=0.2)
    except queue.Empty:
        log.warning("still counting")
    return []


def waited_for_without_sending(environ, start_response):
    done = queue.Queue()

    def work():
        time.sleep(0.02)
        done.put(b"counted")

    threading.Thread(target=work).start()
    try:
        body = done.get(timeout=0.2)
    except queue.Empty:
        start_response("504 Gateway Timeout", list(PLAIN))
        return [b"still counting"]
    start_response("200 OK", list(PLAIN))
    return [body]


APPS = {
    name: app
    for name, app in list(globals().items())
    if not name.startswith("_") and getattr(app, "__module__", None) == __name__ and not isinstance(app, type)
}

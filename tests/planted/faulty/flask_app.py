"""Flask views that are right until a call of theirs fails; then each breaks one rule, and its twin none."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import tempfile
import threading
from urllib.error import URLError
from urllib.request import urlopen

import flask
from werkzeug.exceptions import NotFound, ServiceUnavailable

INVENTORY = "data:application/json,%7B%22pen%22:%203%7D"  # stands for an upstream; needs no network
LOCK = threading.Lock()
app = flask.Flask(__name__, static_folder=None)


def _connect():
    db = sqlite3.connect(":memory:", check_same_thread=False)
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
            with open(os.devnull, "wb") as wire:
                wire.write(text.encode())
        except OSError as error:
            raise CacheDown(key) from error
        self.texts[key] = text


_CACHE = _Cache()


# --- an answer to the failure that is built and lost


@app.get("/stock")
def stock():
    left = {}
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        flask.make_response("the inventory does not answer", 502)  # where: orphan-response
    return flask.jsonify(left)  # also: orphan-response


@app.get("/stock-or-502")
def stock_or_502():
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        return flask.make_response("the inventory does not answer", 502)
    return flask.jsonify(left)


@app.get("/items")
def items():
    try:
        names = [name for (name,) in _connect().execute("select name from items")]
        return flask.jsonify(names)
    except sqlite3.Error:
        app.logger.exception("items")
        flask.jsonify(error="no database"), 503  # where: orphan-response


@app.get("/items-or-503")
def items_or_503():
    try:
        names = [name for (name,) in _connect().execute("select name from items")]
        return flask.jsonify(names)
    except sqlite3.Error:
        app.logger.exception("items")
        return flask.jsonify(error="no database"), 503


def _fail(text, status=503):
    return flask.Response(text, status)  # where: orphan-response for price


@app.get("/price")
def price():
    text = "unknown"
    try:
        text = _CACHE.get("price")
    except CacheDown:
        _fail("the cache is down")
    return text  # also: orphan-response


@app.get("/price-or-503")
def price_or_503():
    try:
        text = _CACHE.get("price")
    except CacheDown:
        return _fail("the cache is down")
    return text


@app.get("/item/<int:number>")
def item(number):
    row = None
    try:
        row = _connect().execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error:
        NotFound("no such item")  # where: unraised-error
    return row[0] if row else "unknown"  # also: unraised-error


@app.get("/item-or-404/<int:number>")
def item_or_404(number):
    row = None
    try:
        row = _connect().execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error:
        raise NotFound("no such item") from None
    return row[0] if row else "unknown"


@app.get("/uploaded")
def uploaded():
    try:
        with tempfile.TemporaryFile() as spool:
            spool.write(b"text")
    except OSError as error:
        ServiceUnavailable(f"cannot store: {error.strerror}")  # where: unraised-error
    return "stored"  # also: unraised-error


@app.get("/uploaded-or-503")
def uploaded_or_503():
    try:
        with tempfile.TemporaryFile() as spool:
            spool.write(b"text")
    except OSError as error:
        flask.abort(503, f"cannot store: {error.strerror}")
    return "stored"


def _database(view):
    @functools.wraps(view)
    def with_database(*args, **kwargs):
        try:
            return view(*args, **kwargs)
        except sqlite3.Error:
            flask.redirect("/maintenance")  # where: orphan-response for first_item

    return with_database


@app.get("/first-item")
@_database
def first_item():
    return _connect().execute("select name from items").fetchone()[0]


class OutOfOrder(Exception):
    pass


@app.errorhandler(OutOfOrder)
def out_of_order(error):
    flask.jsonify(error=str(error)), 503  # where: orphan-response for machine
    return "sorry", 500


@app.get("/machine")
def machine():
    try:
        return _CACHE.get("motd")
    except CacheDown as error:
        raise OutOfOrder("the machine") from error


class Closed(Exception):
    pass


@app.errorhandler(Closed)
def closed(error):
    """Counts the failures, which may fail as well: Flask answers 500 once."""
    _CACHE.set("failures", "1")
    return str(error), 503


@app.get("/shop")
def shop():
    try:
        return _CACHE.get("motd")
    except CacheDown as error:
        raise Closed("the shop") from error


# --- no answer


@app.get("/greeting")
def greeting():  # also: no-response
    try:
        return _CACHE.get("motd")
    except Exception:
        app.logger.exception("greeting")
        flask.g.failed = True  # where: no-response


@app.get("/greeting-or-none")
def greeting_or_none():
    try:
        return _CACHE.get("motd")
    except Exception:
        app.logger.exception("greeting")
        flask.g.failed = True
        return "", 204


@app.get("/settings")
def settings():  # also: no-response
    body = None
    try:
        body = json.loads('{"theme": "dark"}')
    except ValueError:
        app.logger.warning("broken settings")
    return body  # where: no-response


@app.get("/settings-or-default")
def settings_or_default():
    body = {}
    try:
        body = json.loads('{"theme": "dark"}')
    except ValueError:
        app.logger.warning("broken settings")
    return body


@app.get("/locked")
def locked():  # also: no-response
    response = None
    try:
        with LOCK, open(__file__, "rb") as file:
            response = flask.Response(file.read(9))
    finally:
        return response  # noqa: B012  # where: no-response


@app.get("/locked-and-raised")
def locked_and_raised():
    response = None
    try:
        with LOCK, open(__file__, "rb") as file:
            response = flask.Response(file.read(9))
    finally:
        flask.g.failed = response is None
    return response


# --- failures in the body


@app.get("/export")
def export():
    def lines():
        yield "name\n"
        for (name,) in rows:  # where: error-after-start
            yield f"{name}\n"

    rows = _connect().execute("select name from items")
    return flask.Response(flask.stream_with_context(lines()), mimetype="text/csv")  # also: error-after-start


@app.get("/export-fetched")
def export_fetched():
    def lines():
        yield "name\n"
        for (name,) in rows:
            yield f"{name}\n"

    rows = _connect().execute("select name from items").fetchall()
    return flask.Response(flask.stream_with_context(lines()), mimetype="text/csv")


@app.get("/feed")
def feed():
    def lines():
        yield "name\n"
        try:
            for (name,) in _connect().execute("select name from items"):
                yield f"{name}\n"
        except sqlite3.Error:
            yield flask.jsonify(error="no database")  # where: body-not-bytes

    return flask.Response(flask.stream_with_context(lines()))  # where: body-not-bytes, also: body-not-bytes


@app.get("/feed-with-a-last-line")
def feed_with_a_last_line():
    def lines():
        yield "name\n"
        try:
            for (name,) in _connect().execute("select name from items"):
                yield f"{name}\n"
        except sqlite3.Error:
            yield json.dumps({"error": "no database"})

    return flask.Response(flask.stream_with_context(lines()))


@app.get("/ticker")
def ticker():
    def lines():
        yield "prices\n"
        try:
            yield _CACHE.get("price")
        except CacheDown:
            response.status_code = 503  # where: late-status

    response = flask.Response(lines())  # also: late-status
    return response


@app.get("/log")
def log():
    def lines():
        yield "log\n"
        try:
            with open(__file__, encoding="utf-8") as file:
                yield file.readline()
        except OSError as error:
            response.headers["X-Error"] = type(error).__name__  # where: late-header

    response = flask.Response(lines())  # also: late-header
    return response


@app.get("/log-read-first")
def log_read_first():
    def lines():
        yield "log\n"
        yield first

    first = ""
    error = "none"
    try:
        with open(__file__, encoding="utf-8") as file:
            first = file.readline()
    except OSError as caught:
        error = type(caught).__name__
    response = flask.Response(lines())
    response.headers["X-Error"] = error
    return response


@app.get("/download")
def download():
    def chunks():
        try:
            with open(__file__, "rb") as file:
                yield file.read()
        except OSError:
            app.logger.exception("download")

    size = os.stat(__file__).st_size
    return flask.Response(chunks(), headers={"Content-Length": str(size)})  # where: length-mismatch


@app.get("/download-opened-first")
def download_opened_first():
    def chunks():
        with file:
            yield content

    try:
        file = open(__file__, "rb")  # noqa: SIM115
        content = file.read()
    except OSError:
        app.logger.exception("download")
        flask.abort(503)
    return flask.Response(chunks(), headers={"Content-Length": str(len(content))})


# --- after the end


@app.get("/counted")
def counted():
    response = flask.Response("text")

    @response.call_on_close
    def count():
        with open(os.devnull, "a") as file:  # where: error-after-end
            file.write("1")  # where: error-after-end

    return response


@app.get("/counted-at-best")
def counted_at_best():
    response = flask.Response("text")

    @response.call_on_close
    def count():
        try:
            with open(os.devnull, "a") as file:
                file.write("1")
        except Exception:
            app.logger.warning("not counted")

    return response


APPS = {"flask": app}

# --- hooks that fail after the view

stamping = flask.Flask(f"{__name__}.stamping", static_folder=None)


@stamping.after_request
def stamp(response):  # also: no-response for stamped
    try:
        response.headers["X-Motd"] = _CACHE.get("motd")
    except CacheDown:
        return None  # where: no-response for stamped
    return response


@stamping.get("/stamped")
def stamped():
    return "stamped"


APPS["stamping"] = stamping

careful = flask.Flask(f"{__name__}.careful", static_folder=None)


@careful.after_request
def stamp_with_care(response):
    try:
        response.headers["X-Motd"] = _CACHE.get("motd")
    except CacheDown:
        return flask.Response("sorry", 503)
    return response


@careful.teardown_request
def forget(_error):
    flask.g.pop("failed", None)


@careful.get("/stamped-with-care")
def stamped_with_care():
    return "stamped"


APPS["careful"] = careful

torn = flask.Flask(f"{__name__}.torn", static_folder=None)


@torn.teardown_request
def disconnect(_error):
    db = flask.g.pop("db", None)
    if db is not None:
        db.commit()  # where: error-after-start for disconnected
        db.close()


@torn.get("/disconnected")
def disconnected():
    flask.g.db = _connect()
    names = flask.g.db.execute("select name from items").fetchall()
    return flask.Response(str(len(names)))  # also: error-after-start


APPS["torn"] = torn

# --- middleware around the app


def _keeps(app):
    """Keeps each page, and shows an error where it cannot, even though the app inside has begun to answer."""

    def middleware(environ, start_response):
        body = app(environ, start_response)
        try:
            _CACHE.set("last", environ["PATH_INFO"])
        except CacheDown:
            start_response("503 Service Unavailable", [])  # where: second-response for kept_for_later
            body.close()
            return [b"sorry"]
        except BaseException:
            body.close()
            raise
        return body

    return middleware


keeping = flask.Flask(f"{__name__}.keeping", static_folder=None)
keeping.wsgi_app = _keeps(keeping.wsgi_app)


@keeping.get("/kept-for-later")
def kept_for_later():
    return "kept"  # also: second-response


APPS["keeping"] = keeping

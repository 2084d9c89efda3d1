"""Django views and middleware that are right until a call of theirs fails; then each breaks one rule, its twin none."""

from __future__ import annotations

import functools
import json
import logging
import os
import sqlite3
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseServerError,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.urls import path
from django.views import View

INVENTORY = "data:application/json,%7B%22pen%22:%203%7D"  # stands for an upstream; needs no network
log = logging.getLogger(__name__)


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


class _Items:
    """A lazy query, as a QuerySet is."""

    def __init__(self):
        self.db = _connect()

    def __iter__(self):
        for (name,) in self.db.execute("select name from items order by id"):
            yield name

    def count(self):
        return self.db.execute("select count(*) from items").fetchone()[0]


class _Atomic:
    """Rolls back where the block fails, and keeps that to itself."""

    def __enter__(self):
        self.db = _connect()
        return self.db

    def __exit__(self, kind, error, traceback):
        if kind is not None:
            self.db.rollback()
            log.error("rolled back", exc_info=error)
        else:
            self.db.commit()
        return True


@contextmanager
def _atomic():
    db = _connect()
    try:
        yield db
    except BaseException:
        db.rollback()
        raise
    db.commit()


# --- an answer to the failure that is built and lost


def stock(request):
    left = {}
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        HttpResponse("the inventory does not answer", status=502)  # where: orphan-response
    return JsonResponse(left)  # also: orphan-response


def stock_or_502(request):
    try:
        with urlopen(INVENTORY, timeout=2) as reply:
            left = json.load(reply)
    except (URLError, TimeoutError):
        return HttpResponse("the inventory does not answer", status=502)
    return JsonResponse(left)


def items(request):
    try:
        return JsonResponse({"items": list(_Items())})
    except sqlite3.Error:
        log.exception("items")
        HttpResponseServerError("no database")  # where: orphan-response


def items_or_500(request):
    try:
        return JsonResponse({"items": list(_Items())})
    except sqlite3.Error:
        log.exception("items")
        return HttpResponseServerError("no database")


def _failed(text):
    return JsonResponse({"error": text}, status=503)  # where: orphan-response for price


def price(request):
    text = "unknown"
    try:
        text = _CACHE.get("price")
    except CacheDown as error:
        _failed(str(error))
    return HttpResponse(text)  # also: orphan-response


def price_or_503(request):
    try:
        text = _CACHE.get("price")
    except CacheDown as error:
        return _failed(str(error))
    return HttpResponse(text)


def item(request, number):
    name = "unknown"
    try:
        name = _connect().execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error:
        Http404("no such item")  # where: unraised-error
    return HttpResponse(str(name))  # also: unraised-error


def item_or_404(request, number):
    try:
        name = _connect().execute("select name from items where id = ?", (number,)).fetchone()
    except sqlite3.Error:
        raise Http404("no such item") from None
    return HttpResponse(str(name))


def members(request):
    try:
        user = json.loads('{"name": "root"}')
    except ValueError:
        user = None
        PermissionDenied("no session")  # where: unraised-error
    return HttpResponse(str(user))  # also: unraised-error


def members_only(request):
    try:
        user = json.loads('{"name": "root"}')
    except ValueError:
        raise PermissionDenied("no session") from None
    return HttpResponse(str(user))


def _with_database(view):
    @functools.wraps(view)
    def inner(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except sqlite3.Error:
            redirect("/maintenance")  # where: orphan-response for first_item

    return inner


@_with_database
def first_item(request):
    return HttpResponse(_connect().execute("select name from items").fetchone()[0])


class OutOfOrder(Exception):
    pass


class Explaining:
    """Middleware that means to answer for the views that fail."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        if isinstance(error, OutOfOrder):
            JsonResponse({"error": str(error)}, status=503)  # where: orphan-response for machine
        if isinstance(error, CacheDown):
            return JsonResponse({"error": str(error)}, status=503)
        return None


def machine(request):
    try:
        return HttpResponse(_CACHE.get("motd"))
    except CacheDown as error:
        raise OutOfOrder("the machine") from error


def explained(request):
    return HttpResponse(_CACHE.get("motd"))


# --- no answer


def greeting(request):  # also: no-response
    try:
        return HttpResponse(_CACHE.get("motd"))
    except Exception:
        request.failed = True  # where: no-response


def greeting_or_503(request):
    try:
        return HttpResponse(_CACHE.get("motd"))
    except Exception:
        request.failed = True
        return HttpResponse(status=503)


def logged(request):  # also: no-response
    try:
        count = _Items().count()
    except sqlite3.Error:
        return log.exception("no database")  # where: no-response
    return HttpResponse(str(count))


def logged_and_raised(request):
    try:
        count = _Items().count()
    except sqlite3.Error:
        log.exception("no database")
        raise
    return HttpResponse(str(count))


def moved(request):  # also: no-response
    with _Atomic() as db:
        db.execute("update items set name = 'nib' where id = 1")
        return HttpResponse("moved")
    request.failed = True  # where: no-response


def moved_or_failed(request):
    with _atomic() as db:
        db.execute("update items set name = 'nib' where id = 1")
        return HttpResponse("moved")


class Basket(View):
    def get(self, request):  # also: no-response
        content = None
        try:
            content = self.content()
        except (ValueError, OSError):
            log.warning("broken basket")
        if content is not None:
            return HttpResponse(content)
        self.empty = True  # where: no-response

    def content(self):
        with open(os.devnull, encoding="utf-8") as file:
            return json.loads(file.read() or '"pen"')


class EmptyBasket(View):
    def get(self, request):
        content = None
        try:
            content = self.content()
        except (ValueError, OSError):
            log.warning("broken basket")
        return HttpResponse(content or "empty")

    def content(self):
        with open(os.devnull, encoding="utf-8") as file:
            return json.loads(file.read() or '"pen"')


def counting(get_response):
    def middleware(request):  # also: no-response for counted
        response = get_response(request)
        if request.path != "/counted/":
            return response
        try:
            _CACHE.set("seen", "1")
            return response
        except CacheDown:
            request.failed = True  # where: no-response for counted

    return middleware


def counted(request):
    return HttpResponse("counted")


def counting_at_best(get_response):
    def middleware(request):
        response = get_response(request)
        if request.path == "/counted_at_best/":
            try:
                _CACHE.set("seen", "1")
            except CacheDown:
                log.warning("not counted")
        return response

    return middleware


def counted_at_best(request):
    return HttpResponse("counted")


# --- failures in the body


def export(request):
    def lines():
        yield "name\n"
        for (name,) in rows:  # where: error-after-start
            yield f"{name}\n"

    rows = _connect().execute("select name from items")
    return StreamingHttpResponse(lines())  # also: error-after-start


def export_fetched(request):
    def lines():
        yield "name\n"
        for name in names:
            yield f"{name}\n"

    names = list(_Items())
    return StreamingHttpResponse(lines())


def export_at_once(request):
    """An HttpResponse takes its content as it is made: what fails there is answered 500."""
    return HttpResponse(f"{name}\n" for name in _Items())


def ticker(request):
    def lines():
        yield "prices\n"
        try:
            yield _CACHE.get("price")
        except CacheDown:
            response.status_code = 503  # where: late-status

    response = StreamingHttpResponse(lines())  # also: late-status
    return response


def ticker_with_a_last_line(request):
    def lines():
        yield "prices\n"
        try:
            yield _CACHE.get("price")
        except CacheDown:
            yield "none"

    return StreamingHttpResponse(lines())


def logbook(request):
    def lines():
        yield "log\n"
        try:
            with open(__file__, encoding="utf-8") as file:
                yield file.readline()
        except OSError as error:
            response["X-Error"] = type(error).__name__  # where: late-header

    response = StreamingHttpResponse(lines())  # also: late-header
    return response


def logbook_read_first(request):
    line, error = "", "none"
    try:
        with open(__file__, encoding="utf-8") as file:
            line = file.readline()
    except OSError as caught:
        error = type(caught).__name__
    response = StreamingHttpResponse(["log\n", line])
    response["X-Error"] = error
    return response


def download(request):
    def chunks():
        try:
            with open(__file__, "rb") as file:
                yield file.read()
        except OSError:
            log.exception("download")

    size = os.stat(__file__).st_size
    return StreamingHttpResponse(chunks(), headers={"Content-Length": str(size)})  # where: length-mismatch


def download_read_first(request):
    try:
        with open(__file__, "rb") as file:
            content = file.read()
    except OSError:
        return HttpResponse(status=503)
    return StreamingHttpResponse([content], headers={"Content-Length": str(len(content))})


# --- after the end


class Audited(HttpResponse):
    def close(self):
        super().close()  # where: error-after-end for audited
        with open(os.devnull, "a") as file:  # where: error-after-end for audited
            file.write(str(self.status_code))  # where: error-after-end for audited


def audited(request):
    return Audited("text")


class AuditedAtBest(HttpResponse):
    def close(self):
        super().close()
        try:
            with open(os.devnull, "a") as file:
                file.write(str(self.status_code))
        except Exception:
            log.warning("not audited")


def audited_at_best(request):
    return AuditedAtBest("text")


MIDDLEWARE = ["counting", "counting_at_best", "Explaining"]
NUMBERED = [item, item_or_404]
VIEWS = [
    *(stock, stock_or_502, items, items_or_500, price, price_or_503, members, members_only, first_item, machine),
    *(explained, greeting, greeting_or_503, logged, logged_and_raised, moved, moved_or_failed, Basket, EmptyBasket),
    *(counted, counted_at_best, export, export_fetched, export_at_once, ticker, ticker_with_a_last_line, logbook),
    *(logbook_read_first, download, download_read_first, audited, audited_at_best),
]
urlpatterns = [
    *(path(f"{view.__name__}/", view.as_view() if isinstance(view, type) else view) for view in VIEWS),
    *(path(f"{view.__name__}/<int:number>/", view) for view in NUMBERED),
]

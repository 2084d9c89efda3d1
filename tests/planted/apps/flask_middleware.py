"""Flask behind the user's WSGI middleware: who merely forwards is not to blame."""

from __future__ import annotations

import flask
from werkzeug.wsgi import ClosingIterator


def _forwards(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Seen", "1")], exc_info)

        return app(environ, start)

    return middleware


forwarded = flask.Flask(f"{__name__}.forwarded")


@forwarded.get("/text-forwarded")
def text_forwarded():
    return "text"


@forwarded.get("/status-forwarded")
def status_forwarded():
    return flask.Response("text", status=999)  # where: invalid-status


@forwarded.get("/status-of-text-forwarded")
def status_of_text_forwarded():
    return "text", 999  # where: invalid-status


@forwarded.get("/short-forwarded")
def short_forwarded():
    return flask.Response(iter([b"text"]), headers={"Content-Length": "10"})  # where: length-mismatch


@forwarded.get("/raises-forwarded")
def raises_forwarded():
    def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return flask.Response(chunks())  # also: error-after-start


forwarded.wsgi_app = _forwards(forwarded.wsgi_app)


def _starts_again(app):
    def middleware(environ, start_response):
        body = app(environ, start_response)
        if environ["PATH_INFO"].endswith("-restarted") and environ["REQUEST_METHOD"] == "GET":
            start_response(
                "500 Oops", []
            )  # where: second-response for text_restarted, where: second-response for built_restarted
        return body

    return middleware


restarted = flask.Flask(f"{__name__}.restarted")


@restarted.get("/text-right")
def text_right():
    return "text"


@restarted.get("/text-restarted")
def text_restarted():
    return "text"  # also: second-response


@restarted.get("/built-restarted")
def built_restarted():
    return flask.Response("text")  # also: second-response


restarted.wsgi_app = _starts_again(restarted.wsgi_app)


def _starts_each_time(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            if environ["PATH_INFO"] == "/started-twice" and environ["REQUEST_METHOD"] == "GET":
                start_response(status, headers, exc_info)  # also: second-response for started_twice
            return start_response(
                status, [*headers, ("X-Seen", "1")], exc_info
            )  # where: second-response for started_twice

        return app(environ, start)

    return middleware


doubled = flask.Flask(f"{__name__}.doubled")


@doubled.get("/started-once")
def started_once():
    return "text"


@doubled.get("/started-twice")
def started_twice():
    return "text"  # also: second-response


doubled.wsgi_app = _starts_each_time(doubled.wsgi_app)


def _shouts(app):
    def middleware(environ, start_response):
        for chunk in app(environ, start_response):  # where: iterable-not-closed for shouted
            yield chunk.upper()

    return lambda environ, start: (middleware if environ["PATH_INFO"] == "/shouted" else app)(environ, start)


shouting = flask.Flask(f"{__name__}.shouting")


@shouting.get("/shouted")
def shouted():
    return "text"


shouting.wsgi_app = _shouts(shouting.wsgi_app)


def _signs(app):
    def middleware(environ, start_response):
        body = app(environ, start_response)
        if environ["PATH_INFO"] == "/signed" and environ["REQUEST_METHOD"] == "GET":
            return ClosingIterator([*body, b"signed"], body.close)  # where: length-mismatch for signed
        return body

    return middleware


signing = flask.Flask(f"{__name__}.signing")


@signing.get("/signed")
def signed():
    return "text"  # also: length-mismatch


signing.wsgi_app = _signs(signing.wsgi_app)


def _empties(app):
    def middleware(environ, start_response):
        def start(_status, headers, exc_info=None):
            return start_response("204 No Content", headers, exc_info)  # where: body-not-allowed for emptied

        return app(
            environ,
            start if (environ["PATH_INFO"], environ["REQUEST_METHOD"]) == ("/emptied", "GET") else start_response,
        )

    return middleware


emptying = flask.Flask(f"{__name__}.emptying")


@emptying.get("/emptied")
def emptied():
    return "text"


emptying.wsgi_app = _empties(emptying.wsgi_app)


def _leaves_early(app):
    def middleware(environ, start_response):
        if environ["PATH_INFO"] == "/shut":
            return []  # where: no-response for shut
        return app(environ, start_response)

    return middleware


leaving = flask.Flask(f"{__name__}.leaving")


@leaving.get("/shut")
def shut():
    return "text"


@leaving.get("/open")
def opened():
    return "text"


leaving.wsgi_app = _leaves_early(leaving.wsgi_app)

APPS = {
    "forwarded": forwarded,
    "restarted": restarted,
    "doubled": doubled,
    "shouting": shouting,
    "signing": signing,
    "emptying": emptying,
    "leaving": leaving,
}

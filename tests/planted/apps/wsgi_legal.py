"""WSGI apps that are right, though they look odd."""

from __future__ import annotations

import io
import sys

PLAIN = [("Content-Type", "text/plain")]


def lazy_start(environ, start_response):
    start_response("200 OK", list(PLAIN))
    yield b"text"


def error_before_any_byte(environ, start_response):
    start_response("200 OK", list(PLAIN))
    try:
        int("x")
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())
    return [b"sorry"]


def error_as_first_call(environ, start_response):
    try:
        int("x")
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())
    return [b"sorry"]


def error_after_an_empty_chunk(environ, start_response):
    start_response("200 OK", list(PLAIN))
    yield b""
    try:
        int("x")
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())
    yield b"sorry"


def error_twice_before_any_byte(environ, start_response):
    start_response("200 OK", list(PLAIN))
    for status in ("500 Internal Server Error", "503 Service Unavailable"):
        try:
            int("x")
        except ValueError:
            start_response(status, list(PLAIN), sys.exc_info())
    return [b"sorry"]


def empty_exc_info(environ, start_response):
    start_response("200 OK", list(PLAIN), None)
    return [b"text"]


def exc_info_by_name(environ, start_response):
    start_response("200 OK", list(PLAIN))
    try:
        int("x")
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN), exc_info=sys.exc_info())
    return [b"sorry"]


def write_and_iterable(environ, start_response):
    write = start_response("200 OK", list(PLAIN))
    write(b"one ")
    write(b"")
    return [b"two"]


def write_alone(environ, start_response):
    write = start_response("200 OK", list(PLAIN))
    write(b"all")
    return []


def empty_iterable(environ, start_response):
    start_response("200 OK", list(PLAIN))
    return ()


def empty_chunks(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "4" if environ["REQUEST_METHOD"] != "HEAD" else "0")])
    return [b"", b"te", b"", b"xt", b""] if environ["REQUEST_METHOD"] != "HEAD" else []


def no_close(environ, start_response):
    start_response("200 OK", list(PLAIN))
    return iter([b"text"])


def file_wrapper(environ, start_response):
    start_response("200 OK", list(PLAIN))
    return environ["wsgi.file_wrapper"](io.BytesIO(b"text" * 10), 8)


def head_with_length(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "4")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"text"]


def not_modified_with_length(environ, start_response):
    start_response("304 Not Modified", [("Content-Length", "4"), ("ETag", '"a"')])
    return []


def relative_location(environ, start_response):
    start_response("302 Found", [("Location", "next?page=2")])
    return []


def no_content_type(environ, start_response):
    start_response("200 OK", [])
    return [b"text"]


def reason_left_empty(environ, start_response):
    start_response("200 ", list(PLAIN))
    return [b"text"]


class Application:
    """A class whose instances are the iterables, as PEP 3333 shows it."""

    def __init__(self, environ, start_response):
        self.start = start_response

    def __iter__(self):
        self.start("200 OK", list(PLAIN))
        yield b"text"


def _forwards(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Seen", "1")], exc_info)

        return app(environ, start)

    return middleware


APPS = {
    name: app
    for name, app in list(globals().items())
    if not name.startswith("_") and callable(app) and getattr(app, "__module__", None) == __name__
}
del APPS["Application"]
APPS["application"] = lambda environ, start_response: Application(environ, start_response)
APPS["forwarded"] = _forwards(error_before_any_byte)
APPS["forwarded_lazily"] = _forwards(error_after_an_empty_chunk)

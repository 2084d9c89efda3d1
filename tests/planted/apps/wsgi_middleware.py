"""WSGI middleware without a framework: who merely forwards is not to blame, who answers again is."""

from __future__ import annotations

PLAIN = [("Content-Type", "text/plain")]


def _forwards(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Seen", "1")], *([exc_info] if exc_info else []))

        return app(environ, start)

    return middleware


def _twice(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response for forwarded_twice
    start_response("404 Not Found", list(PLAIN))  # where: second-response for forwarded_twice
    return [b"either"]


def _short(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "9")])  # where: length-mismatch for forwarded_short
    return [b"text"]


def _right(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response for started_again
    return [b"text"]


def _starts_again(app):
    def middleware(environ, start_response):
        body = app(environ, start_response)
        start_response("500 Internal Server Error", list(PLAIN))  # where: second-response for started_again
        return body

    return middleware


def _starts_each_time(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            start_response(status, headers)  # also: second-response for started_in_the_wrapper
            return start_response(
                status, [*headers, ("X-Seen", "1")]
            )  # where: second-response for started_in_the_wrapper

        return app(environ, start)

    return middleware


def _measured(environ, start_response):
    start_response(
        "200 OK", [*PLAIN, ("Content-Length", "4")]
    )  # also: length-mismatch for length_kept, also: second-response for started_in_the_wrapper
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"text"]


def _adds_a_line(app):
    def middleware(environ, start_response):
        return [*app(environ, start_response), b" and more"]  # where: length-mismatch for length_kept

    return middleware


def _empties_the_status(app):
    def middleware(environ, start_response):
        def start(_status, headers, exc_info=None):
            return start_response("204 No Content", headers)  # where: body-not-allowed for status_replaced

        return app(environ, start)

    return middleware


def _passes_on_twice(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            start_response(status, headers)  # also: second-response for passed_on_twice
            return start_response(status, headers)  # where: second-response for passed_on_twice

        return app(environ, start)

    return middleware


def _copies_twice(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            start_response(status, [*headers])  # also: second-response for copied_twice
            return start_response(status, [*headers])  # where: second-response for copied_twice

        return app(environ, start)

    return middleware


APPS = {
    "forwarded_twice": _forwards(_twice),
    "forwarded_short": _forwards(_short),
    "forwarded_right": _forwards(_right),
    "forwarded_twice_over": _forwards(_forwards(_right)),
    "started_again": _starts_again(_right),
    "started_in_the_wrapper": _starts_each_time(_measured),
    "length_kept": _adds_a_line(_measured),
    "status_replaced": _empties_the_status(_right),
    "passed_on_twice": _passes_on_twice(_right),
    "copied_twice": _copies_twice(_right),
}

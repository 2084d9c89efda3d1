"""WSGI apps without a framework: each breaks one rule, its twin of the same shape breaks none."""

from __future__ import annotations

import contextlib
import sys
import threading

PLAIN = [("Content-Type", "text/plain")]
FOREVER = threading.Event()


# --- exactly one response


def silent(environ, start_response):  # also: no-response
    return []  # where: no-response


def silent_generator(environ, start_response):  # also: no-response
    for path in ("/never",):  # where: no-response
        if environ["PATH_INFO"] == path + path:
            start_response("200 OK", list(PLAIN))
            yield b"found"


def twice(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response
    start_response("404 Not Found", list(PLAIN))  # where: second-response
    return [b"either"]


def twice_after_bytes(environ, start_response):
    write = start_response("200 OK", list(PLAIN))  # also: second-response
    write(b"some")
    start_response("500 Internal Server Error", list(PLAIN))  # where: second-response
    return [b"more"]


def _head(start_response, status):
    start_response(status, [("Content-Type", "text/plain")])


def twice_by_helper(environ, start_response):
    _head(start_response, "200 OK")  # also: second-response
    _head(start_response, "404 Not Found")  # where: second-response
    return [b"either"]


def twice_by_helpers_of_a_helper(environ, start_response):
    def refuse(status):
        _head(start_response, status)

    refuse("401 Unauthorized")  # also: second-response
    refuse("403 Forbidden")  # where: second-response
    return [b"no"]


def once_by_helper(environ, start_response):
    if environ["PATH_INFO"] == "/missing":
        _head(start_response, "404 Not Found")
        return [b"missing"]
    _head(start_response, "200 OK")
    return [b"here"]


def answers_the_error_too(environ, start_response):
    try:
        start_response("200 OK", list(PLAIN))  # also: second-response
        return [str(int("x")).encode()]
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN))  # where: second-response
        return [b"sorry"]


def answers_the_error(environ, start_response):
    try:
        start_response("200 OK", list(PLAIN))
        return [str(int("x")).encode()]
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())
        return [b"sorry"]


def twice_while_iterated(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response
    yield b"one"
    start_response("500 Internal Server Error", list(PLAIN))  # where: second-response
    yield b"two"


def hung(environ, start_response):
    FOREVER.wait()  # where: hung-response
    start_response("200 OK", list(PLAIN))
    return [b"at last"]


def hung_in_the_body(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: hung-response
    yield b"one"
    FOREVER.wait()  # where: hung-response
    yield b"two"


# --- the head is frozen


def header_added_late(environ, start_response):
    headers = list(PLAIN)
    start_response("200 OK", headers)  # also: late-header
    headers.append(("Set-Cookie", "a=1"))  # where: late-header
    return [b"text"]


def header_changed_in_the_body(environ, start_response):
    headers = [*PLAIN, ("X-Count", "0")]
    start_response("200 OK", headers)  # also: late-header
    yield b"one"
    headers[-1] = ("X-Count", "1")  # where: late-header
    yield b"two"


def header_added_in_time(environ, start_response):
    headers = list(PLAIN)
    headers.append(("Set-Cookie", "a=1"))
    start_response("200 OK", headers)
    headers = []
    return [b"text"]


def error_swallowed(environ, start_response):
    write = start_response("200 OK", list(PLAIN))
    write(b"part")  # also: error-swallowed
    try:
        int("x")
    except ValueError:
        try:
            start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())  # where: error-swallowed
        except ValueError:  # where: error-swallowed
            write(b"sorry")
    return [b"sorry"]


def error_swallowed_while_iterated(environ, start_response):
    start_response("200 OK", list(PLAIN))
    yield b"part"  # also: error-swallowed
    try:
        int("x")
    except ValueError:
        try:
            start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())  # where: error-swallowed
        except ValueError:  # where: error-swallowed
            yield b"sorry"


# --- errors


def raises_in_the_body(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: error-after-start
    yield b"one"
    raise ValueError("lost")  # where: error-after-start


def raises_after_the_start(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: error-after-start
    return [str(int("x")).encode()]  # where: error-after-start


def raises_again_after_bytes(environ, start_response):
    write = start_response("200 OK", list(PLAIN))  # also: error-after-start
    write(b"part")
    try:
        int("x")  # where: error-after-start
    except ValueError:
        start_response("500 Internal Server Error", list(PLAIN), sys.exc_info())
    return [b"sorry"]


class _Body:
    def __init__(self, close):
        self.close = close
        self.chunks = iter([b"one", b"two"])

    def __iter__(self):
        return self.chunks


def raises_in_close(environ, start_response):
    def close():
        raise ValueError("lost")  # where: error-after-end

    start_response("200 OK", list(PLAIN))
    return _Body(close)


def closes(environ, start_response):
    start_response("200 OK", list(PLAIN))
    return _Body(lambda: None)


def raises(environ, start_response):
    raise ValueError("lost")  # where: unhandled-error


# --- body and length


def body_first(environ, start_response):
    yield b"early"  # where: body-before-start
    start_response("200 OK", list(PLAIN))
    yield b"text"


def body_alone(environ, start_response):
    return [b"text"]  # where: body-before-start


def writes_in_close(environ, start_response):
    write = start_response("200 OK", list(PLAIN))

    def close():
        write(b"late")  # where: write-after-end

    return _Body(close)


def starts_in_close(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response

    def close():
        start_response("500 Internal Server Error", list(PLAIN))  # where: second-response

    return _Body(close)


def writes_from_a_thread(environ, start_response):
    write = start_response("200 OK", list(PLAIN))

    def later():
        with contextlib.suppress(OSError):
            write(b"late")  # where: late-send

    threading.Timer(0.01, later).start()
    return [b"text"]


def writes_from_a_thread_in_time(environ, start_response):
    write = start_response("200 OK", list(PLAIN))

    def now():
        with contextlib.suppress(OSError):
            write(b"first ")

    thread = threading.Thread(target=now)
    thread.start()
    thread.join()
    return [b"text"]


def too_short(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "10")])  # where: length-mismatch
    return [b"text"]


def too_long(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "2")])  # where: length-mismatch
    yield b"te"
    yield b"xt"  # also: length-mismatch


def just_right(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "4")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"te", b"xt"]


def no_content(environ, start_response):
    start_response("204 No Content", [])  # where: body-not-allowed
    yield b"text"  # also: body-not-allowed


def not_modified(environ, start_response):
    write = start_response("304 Not Modified", [])  # where: body-not-allowed
    write(b"text")  # also: body-not-allowed
    return []


def no_content_without_body(environ, start_response):
    start_response("204 No Content", [])
    return []


def body_on_head(environ, start_response):
    write = start_response("200 OK", list(PLAIN))  # also: body-on-head
    write(b"text")  # where: body-on-head
    return []


def text_returned(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    return "text"  # where: body-not-bytes


def bytes_returned(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    return b"text"  # where: body-not-bytes


def text_in_a_list(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    return ["text"]  # where: body-not-bytes


def text_yielded(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    yield b"bytes"
    yield "text"  # where: body-not-bytes


def none_yielded(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    yield None  # where: body-not-bytes


def text_written(environ, start_response):
    write = start_response("200 OK", list(PLAIN))  # also: body-not-bytes
    write("text")  # where: body-not-bytes
    return []


# --- the form of the head


def status_without_reason(environ, start_response):
    start_response("200", list(PLAIN))  # where: invalid-status
    return [b"text"]


def status_as_number(environ, start_response):
    start_response(200, list(PLAIN))  # where: invalid-status
    return [b"text"]


def status_informational(environ, start_response):
    start_response("103 Early Hints", list(PLAIN))  # where: invalid-status
    return []


def status_too_high(environ, start_response):
    start_response("700 Beyond", list(PLAIN))  # where: invalid-status
    return [b"text"]


def header_with_newline(environ, start_response):
    start_response("200 OK", [*PLAIN, ("X-Name", "a\r\nSet-Cookie: b=1")])  # where: invalid-header
    return [b"text"]


def header_in_unicode(environ, start_response):
    start_response("200 OK", [*PLAIN, ("X-Name", "Łódź")])  # where: invalid-header
    return [b"text"]


def header_in_bytes(environ, start_response):
    start_response("200 OK", [*PLAIN, (b"X-Name", b"a")])  # where: invalid-header
    return [b"text"]


def header_of_none(environ, start_response):
    start_response("200 OK", [*PLAIN, ("X-Name", None)])  # where: invalid-header
    return [b"text"]


def header_with_a_bad_name(environ, start_response):
    start_response("200 OK", [*PLAIN, ("X Name:", "a")])  # where: invalid-header
    return [b"text"]


def headers_in_a_tuple(environ, start_response):
    start_response("200 OK", tuple(PLAIN))  # where: invalid-header
    return [b"text"]


def two_lengths(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "4"), ("content-length", "5")])  # where: conflicting-length
    return [b"text"]


def length_in_words(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "four")])  # where: conflicting-length
    return [b"text"]


def connection_closed(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Connection", "close")])  # where: hop-by-hop-header
    return [b"text"]


def two_types(environ, start_response):
    start_response("200 OK", [*PLAIN, ("content-type", "text/html")])  # where: duplicate-header
    return [b"text"]


def two_cookies(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Name", "Zo\xeb")])
    return [b"text"]


# --- protocol


def writes_while_iterated(environ, start_response):
    write = start_response("200 OK", list(PLAIN))  # also: write-during-iteration
    yield b"one"
    write(b"two")  # where: write-during-iteration


def _drops_close(app):
    def middleware(environ, start_response):
        for chunk in app(environ, start_response):  # where: iterable-not-closed for close_dropped
            yield chunk.upper()

    return middleware


def _passes_close(app):
    def middleware(environ, start_response):
        body = app(environ, start_response)
        try:
            for chunk in body:
                yield chunk.upper()
        finally:
            body.close()

    return middleware


APPS = {
    name: app
    for name, app in list(globals().items())
    if not name.startswith("_") and callable(app) and getattr(app, "__module__", None) == __name__
}
APPS["close_dropped"] = _drops_close(closes)
APPS["close_passed"] = _passes_close(closes)

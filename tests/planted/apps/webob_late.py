"""WebOb responses that are changed after their start; beside them the same before it."""

from __future__ import annotations

from webob import Response


def header_in_the_body(environ, start_response):
    def chunks():
        yield b"one"
        response.headers["X-Rows"] = "2"  # where: late-header
        response.status = 500  # where: late-status

    response = Response(app_iter=chunks())  # also: late-header, also: late-status
    return response(environ, start_response)


def in_time(environ, start_response):
    response = Response("text")
    response.headers["X-Rows"] = "2"
    response.status = 202
    response.set_cookie("seen", "yes")
    return response(environ, start_response)


APPS = {"header_in_the_body": header_in_the_body, "in_time": in_time}

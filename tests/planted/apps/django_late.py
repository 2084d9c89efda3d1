"""Django responses that are changed after their start; beside them the same before it."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path


def header_in_the_body(request):
    def chunks():
        yield b"one"
        response["X-Rows"] = "2"  # where: late-header
        yield b"two"

    response = StreamingHttpResponse(chunks())  # also: late-header
    return response


def status_in_the_body(request, rows):
    def chunks():
        yield b"one"
        if rows > 3:
            response.status_code = 500  # where: late-status

    response = StreamingHttpResponse(chunks())  # also: late-status
    return response


def cookie_in_the_body(request):
    def chunks():
        yield b"one"
        response.set_cookie("seen", "yes")  # where: late-header

    response = StreamingHttpResponse(chunks())  # also: late-header
    return response


class Closing(HttpResponse):
    def close(self):
        self.headers["X-Closed"] = "yes"  # where: late-header for on_close
        super().close()


def on_close(request):
    return Closing("text")  # also: late-header


# --- in time


def in_time(request):
    def chunks():
        yield str(response.status_code).encode()
        response.headers.get("X-Rows")
        response.headers.setdefault("X-Rows", "3")

    response = StreamingHttpResponse(chunks())
    response["X-Rows"] = "2"
    response.status_code = 202
    response.set_cookie("seen", "yes")
    return response


def another(request):
    other = HttpResponse("not sent in this request")

    def chunks():
        other["X-Rows"] = "2"
        other.status_code = 500
        yield b"one"

    return StreamingHttpResponse(chunks())


def stamping(get_response):
    def middleware(request):
        response = get_response(request)
        response["X-Stamp"] = "yes"
        response.status_code = response.status_code
        return response

    return middleware


urlpatterns = [
    path("header-in-the-body", header_in_the_body),
    path("status-in-the-body/<int:rows>", status_in_the_body),
    path("cookie-in-the-body", cookie_in_the_body),
    path("on-close", on_close),
    path("in-time", in_time),
    path("another", another),
]

MIDDLEWARE = ("stamping",)

"""Django views, served by WSGI and by ASGI: each breaks one rule, its twin breaks none."""

from __future__ import annotations

import threading

from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path
from django.views import View
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition

FOREVER = threading.Event()


# --- exactly one response


def nothing(request):  # also: no-response
    HttpResponse  # noqa: B018
    if request.GET.get("never") == "ever":
        return HttpResponse("found")
    request.seen = True  # where: no-response


def text_returned(request):  # also: no-response
    return "text"  # where: no-response


def something(request):
    return HttpResponse("text")


class Nothing(View):
    def get(self, request):  # also: no-response
        self.seen = True  # where: no-response


class Something(View):
    def get(self, request):
        return HttpResponse("text")


def hung(request):
    FOREVER.wait()  # where: hung-response
    return HttpResponse("at last")


def hung_in_the_body(request):
    def chunks():
        yield "one"
        FOREVER.wait()  # where: hung-response
        yield "two"

    return StreamingHttpResponse(chunks())  # also: hung-response


# --- errors


def raises_in_the_body(request):
    def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return StreamingHttpResponse(chunks())  # also: error-after-start


def streams(request):
    return StreamingHttpResponse(["one", "two"])


def raises(request):
    raise ValueError("answered with a page of Django's own")


def refuses(request):
    raise Http404


def redirects(request):
    return HttpResponseRedirect("somewhere")


def raises_in_close(request):
    class Held:
        def close(self):
            raise ValueError("swallowed by Django")

    response = HttpResponse("text")
    response._resource_closers.append(Held().close)
    return response


# --- body and length


def too_short(request):
    return StreamingHttpResponse(["text"], headers={"Content-Length": "10"})  # where: length-mismatch


def too_long(request):
    response = HttpResponse("text")
    response["Content-Length"] = "2"  # where: length-mismatch
    return response


def length_counted_in_characters(request):
    text = "Łódź"
    response = HttpResponse(text)
    response.headers["Content-Length"] = str(len(text))  # where: length-mismatch
    return response


def just_right(request):
    return HttpResponse("text", headers={"Content-Length": "4"})


def no_content(request):
    return HttpResponse("text", status=204)  # where: body-not-allowed


def no_content_later(request):
    response = JsonResponse({})
    response.status_code = 204  # where: body-not-allowed
    return response


def not_modified(request):
    return HttpResponse("text", status=304)  # where: body-not-allowed


def no_content_without_body(request):
    return HttpResponse(status=204)


def body_on_head(request):
    return HttpResponse("text")  # where: body-on-head on wsgi


def converted(request):
    return HttpResponse([1, "two", b"three"])


# --- the form of the head


def status_informational(request):
    return HttpResponse(status=101)  # where: invalid-status


def header_with_a_bad_name(request):
    return HttpResponse("text", headers={"X Name": "a"})  # where: invalid-header


def header_with_a_control_character(request):
    return HttpResponse("text", headers={"X-Name": "a\x00b"})  # where: invalid-header


def length_in_words(request):
    response = HttpResponse("text")
    response["Content-Length"] = "four"  # where: conflicting-length
    return response


def connection_closed(request):
    return HttpResponse("text", headers={"Connection": "close"})  # where: hop-by-hop-header on wsgi


def cookies(request):
    response = HttpResponse("text")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    response.headers["X-Name"] = "Łódź"
    return response


# --- legal, though it looks odd


def file(request):
    return FileResponse(open(__file__, "rb"))


@gzip_page
def zipped(request):
    return HttpResponse("text " * 100)


@condition(etag_func=lambda request: '"a"')
def conditional(request):
    return HttpResponse("text")


VIEWS = [value for value in list(globals().values()) if getattr(value, "__module__", None) == __name__]
urlpatterns = [path(f"{view.__name__}/", view.as_view() if isinstance(view, type) else view) for view in VIEWS]

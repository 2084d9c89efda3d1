"""Django with the user's middleware: each breaks one rule on one path, and lets the others pass."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.urls import path


def changing(get_response):
    def middleware(request):
        response = get_response(request)
        if request.path == "/lengthened/":
            response.content += b" and more"  # where: length-mismatch for lengthened
        elif request.path == "/emptied/":
            response.status_code = 204  # where: body-not-allowed for emptied
        elif request.path == "/replaced/":
            return HttpResponse("another")
        elif request.path == "/measured-anew/":
            response.content += b" and more"
            response["Content-Length"] = str(len(response.content))
        return response

    return middleware


def forgetting(get_response):
    def middleware(request):  # also: no-response for forgotten
        response = get_response(request)
        if request.path != "/forgotten/":
            return response
        response.headers["X-Seen"] = "1"  # where: no-response for forgotten

    return middleware


def forwarding(get_response):
    def middleware(request):
        response = get_response(request)
        response.headers["X-Seen"] = "1"
        return response

    return middleware


def answering(get_response):
    def middleware(request):
        if request.path == "/answered/":
            return HttpResponse("no", status=403)
        try:
            return get_response(request)
        except ValueError:
            return HttpResponse("sorry", status=500)

    return middleware


class Catching:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        return HttpResponse("caught", status=500)


MIDDLEWARE = ["forgetting", "forwarding", "changing", "answering", "Catching"]


def measured(request):
    return HttpResponse("text", headers={"Content-Length": "4"})


def lengthened(request):
    return HttpResponse("text", headers={"Content-Length": "4"})  # also: length-mismatch


def emptied(request):
    return HttpResponse("text")


def replaced(request):
    return HttpResponse("one")


def measured_anew(request):
    return HttpResponse("text", headers={"Content-Length": "4"})


def forgotten(request):
    return HttpResponse("text")


def answered(request):
    return HttpResponse("text")


def caught(request):
    raise ValueError("lost")


def short_behind_middleware(request):
    return HttpResponse("text", headers={"Content-Length": "10"})  # where: length-mismatch


def no_content_behind_middleware(request):
    return JsonResponse({}, status=204)  # where: body-not-allowed


VIEWS = [
    measured,
    lengthened,
    emptied,
    replaced,
    measured_anew,
    forgotten,
    answered,
    caught,
    short_behind_middleware,
    no_content_behind_middleware,
]
urlpatterns = [path(f"{view.__name__.replace('_', '-')}/", view) for view in VIEWS]

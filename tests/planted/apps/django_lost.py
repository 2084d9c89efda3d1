"""Answers that Django code builds and loses; beside them what is built, and rightly not sent."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect
from django.urls import path
from django.views import View


def redirected(request):
    redirect("/login")  # where: orphan-response
    return HttpResponse("for all to see")  # also: orphan-response


def forbidden(request):
    if not request.GET.get("key"):
        HttpResponseForbidden()  # where: orphan-response
    return JsonResponse({"ok": True})  # also: orphan-response


def _refused(status):
    return JsonResponse({"error": "refused"}, status=status)  # where: orphan-response for helped


def helped(request):
    _refused(403)
    return HttpResponse("for all to see")  # also: orphan-response


async def _denied(request):
    return HttpResponseForbidden()  # where: orphan-response for awaited


async def awaited(request):
    await _denied(request)
    return HttpResponse("for all to see")  # also: orphan-response


def and_nothing(request):
    redirect("/login")  # where: orphan-response


class Lost(View):
    def get(self, request):
        JsonResponse({"lost": True})  # where: orphan-response
        return HttpResponse("sent")  # also: orphan-response


class LostLater(View):
    async def get(self, request):
        JsonResponse({"lost": True})  # where: orphan-response
        return HttpResponse("sent")  # also: orphan-response


def not_raised(request, number):
    if number > 3:
        Http404("no such thing")  # where: unraised-error
    return HttpResponse("here it is")  # also: unraised-error


def allowed(request):
    if request.GET.get("user") != "root":
        PermissionDenied()  # where: unraised-error
    return HttpResponse("for root")  # also: unraised-error


class Never(View):
    def get(self, request, name):
        if hash(name) == hash("out of reach") and len(name) > 1_000_000:
            redirect("/login")  # where: orphan-response
            Http404()  # where: unraised-error
        return HttpResponse(name)


# --- nothing is lost


def raised(request):
    error = Http404("none")
    if request.GET.get("key") != "7":
        raise error
    return HttpResponse("found")


def one_branch(request):
    refusal = redirect("/login")
    if request.GET.get("user"):
        return HttpResponse("welcome")
    return refusal


def _stamped(response):
    response["X-Stamp"] = "no"
    return response


def changed(request):
    response = HttpResponse("text")
    _stamped(response)
    response.setdefault("X-Stamp", "yes")
    return response


def asked_itself(request):
    from django.test import Client

    Client().get("/raised")
    return HttpResponse("asked")


class Kept(View):
    def dispatch(self, request, *args, **kwargs):
        self.refusal = HttpResponseForbidden()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return HttpResponse("kept")


def dropping(get_response):
    def middleware(request):
        if request.path == "/through":
            HttpResponseForbidden()  # where: orphan-response for through
        return get_response(request)

    return middleware


def replacing(get_response):
    def middleware(request):
        response = get_response(request)
        if request.path == "/replaced":
            return HttpResponse("another")
        return response

    return middleware


def through(request):
    return HttpResponse("for all to see")  # also: orphan-response


def replaced(request):
    return HttpResponse("one")


urlpatterns = [
    path("redirected", redirected),
    path("forbidden", forbidden),
    path("helped", helped),
    path("awaited", awaited),
    path("and-nothing", and_nothing),
    path("lost-in-a-class", Lost.as_view()),
    path("lost-later", LostLater.as_view()),
    path("not-raised/<int:number>", not_raised),
    path("allowed", allowed),
    path("never/<name>", Never.as_view()),
    path("raised", raised),
    path("one-branch", one_branch),
    path("changed", changed),
    path("asked-itself", asked_itself),
    path("kept", Kept.as_view()),
    path("through", through),
    path("replaced", replaced),
]

MIDDLEWARE = ("dropping", "replacing")

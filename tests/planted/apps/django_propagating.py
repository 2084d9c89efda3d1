"""Django that lets errors through to the server."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

SETTINGS = {"DEBUG_PROPAGATE_EXCEPTIONS": True}


def raises_through(request):
    raise ValueError("lost")  # where: unhandled-error


def right(request):
    return HttpResponse("text")


urlpatterns = [path("raises-through/", raises_through), path("right/", right)]

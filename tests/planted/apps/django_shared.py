"""Django: responses that serve two requests, and answers that a broad except swallows; beside them what is right."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import path

_kept: list[HttpResponse] = []


def cached(request):
    if not _kept:
        _kept.append(HttpResponse("page"))  # where: shared-response
    return _kept[0]  # also: shared-response


def swallowed(request):
    try:
        raise Http404("none")  # also: swallowed-answer
    except Exception:  # where: swallowed-answer
        return JsonResponse({"error": "internal"}, status=500)


# --- right


def anew(request):
    return HttpResponse("page")


def passed(request):
    try:
        raise PermissionDenied
    except (Http404, PermissionDenied):
        raise
    except Exception:
        return HttpResponse("sorry", status=500)


urlpatterns = [
    path("cached", cached),
    path("swallowed", swallowed),
    path("anew", anew),
    path("passed", passed),
]

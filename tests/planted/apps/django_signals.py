"""Django whose receivers of request_finished fail: they run when the response is closed."""

from __future__ import annotations

from django.core.signals import request_finished
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

SEEN = []


class Fragile(HttpResponse):
    fragile = True

    def close(self):
        super().close()
        raise ValueError("lost")  # where: error-after-end for raises_in_close


def raises_in_close(request):
    return Fragile("text")


def sound(request):
    return StreamingHttpResponse(["text"])


def finished(sender, **_named):
    SEEN.append(sender)


request_finished.connect(finished, dispatch_uid=__name__)
urlpatterns = [path("raises-in-close/", raises_in_close), path("sound/", sound)]

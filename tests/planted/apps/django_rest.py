"""Answers that code of Django REST framework builds and loses; beside them what is built, and rightly not sent."""

from __future__ import annotations

from django.urls import path
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView


class Dropped(APIView):
    def get(self, request):
        if not request.query_params.get("key"):
            Response({"error": "no key"}, status=403)  # where: orphan-response
        return Response({"ok": True})  # also: orphan-response


@api_view(["GET"])
def dropped(request):
    Response({"error": "no key"}, status=403)  # where: orphan-response
    return Response({"ok": True})  # also: orphan-response


class NotRaised(APIView):
    def get(self, request, number):
        if number > 3:
            NotFound()  # where: unraised-error
        return Response({"number": number})  # also: unraised-error


# --- nothing is lost


class Checked(APIView):
    def get(self, request):
        if request.query_params.get("key") != "7":
            raise ValidationError({"key": "must be 7"})
        return Response({"ok": True})


class Handled(APIView):
    def get(self, request):
        raise NotFound

    def handle_exception(self, exc):
        response = super().handle_exception(exc)
        response.data = {"handled": str(exc)}
        return response


urlpatterns = [
    path("dropped-in-a-class", Dropped.as_view()),
    path("dropped", dropped),
    path("not-raised/<int:number>", NotRaised.as_view()),
    path("checked", Checked.as_view()),
    path("handled", Handled.as_view()),
]

SETTINGS = {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}}

"""Answers that code of Django REST framework builds and loses; beside them what is built, and rightly not sent."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path
from django.views import View
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import CreateModelMixin
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


class Refused(View):
    """What View answers to another method is lost: it has no effect beside."""

    def get(self, request):
        if request.GET.get("key") != "7":
            self.http_method_not_allowed(request)  # where: orphan-response
        return HttpResponse("ok")  # also: orphan-response


# --- nothing is lost


class Name(serializers.Serializer):
    name = serializers.CharField()

    def create(self, validated):
        return validated


class Stored(CreateModelMixin, GenericAPIView):
    """What it inherits is called for what it stores."""

    serializer_class = Name

    def post(self, request):
        return self.create(request)

    def create(self, request):
        super().create(request)
        return Response({"ok": True}, status=201)


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
    path("refused", Refused.as_view()),
    path("stored", Stored.as_view()),
    path("checked", Checked.as_view()),
    path("handled", Handled.as_view()),
]

SETTINGS = {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}}

"""What a framework says that it was given for a response is laid to who gave it: decorators, error handlers, hooks of classes."""

from __future__ import annotations

from typing import Any

import pytest

Suite = Any

FLASK = """
import functools

from flask import Flask, abort, jsonify, request

app = Flask(__name__, static_folder=None)


def admin(view):
    @functools.wraps(view)
    def wrapper(**given):
        if request.args.get("admin") == "1":
            return view(**given)
        print("no")

    return wrapper


@app.get("/users")
@admin
def users():
    return "users"


@app.get("/none")
@admin
def none():
    return None


@app.get("/count")
@admin
def count():
    return len("users")


@app.before_request
def before():
    return None


@app.get("/fails")
def fails():
    raise KeyError("no")


@app.get("/missing")
def missing():
    abort(404)


@app.errorhandler(404)
def not_found(error):
    if "html" in request.headers.get("accept", ""):
        return "none", 404


@app.teardown_request
def after(error):
    return None


@app.get("/read")
def read():
    name = request.args.get("name", "x")
    if not name.endswith(".csv"):
        jsonify(error="no table")
    try:
        open(__file__).close()
    except OSError:
        return None
    return "read"
"""
FASTAPI = """
from fastapi import FastAPI, Request

app = FastAPI(openapi_url=None)


class Stock(Exception):
    pass


@app.exception_handler(Stock)
def stock(request: Request, error: Stock):
    return {"detail": "stock"}


@app.get("/order")
def order(count: int = 1):
    if count > 20:
        raise Stock
    return {}


@app.get("/fails")
def fails():
    raise KeyError("no")
"""
DJANGO = """
from django.conf import settings

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="secret")

import django

django.setup()

from django import forms
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.generic import FormView


class Name(forms.Form):
    name = forms.CharField()


class View(FormView):
    form_class = Name

    def get(self, request):
        return HttpResponse("form")

    def form_invalid(self, form):
        return HttpResponse("bad", status=422)

    def form_valid(self, form):
        if self.request.POST.get("draft") == "1":
            print("draft")
        else:
            return HttpResponse("ok")


urlpatterns = [path("view/", View.as_view())]
app = get_wsgi_application()
"""


def found(suite: Suite, *arguments: str) -> set[tuple[str, str, int]]:
    suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json", *arguments)
    findings = suite.report("r.json")["findings"]
    assert {one["level"] for one in findings} == {"breach"}
    return {(one["rule"], one["route"], one["where"]["line"]) for one in findings}


def test_flask(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK)
    assert found(suite) == {
        ("no-response", "GET /users", 13),
        ("no-response", "GET /none", 13),
        ("no-response", "GET /none", 27),
        ("no-response", "GET /count", 13),
        ("no-response", "GET /count", 33),
        ("no-response", "GET /missing", 53),
        ("orphan-response", "GET /read", 66),
        ("no-response", "GET /read", 70),
    }


def test_fastapi(suite: Suite) -> None:
    pytest.importorskip("fastapi")
    suite.write(shop=FASTAPI)
    assert found(suite) == {("no-response", "GET /order", 12)}


def test_django(suite: Suite) -> None:
    pytest.importorskip("django")
    suite.write(shop=DJANGO)
    assert found(suite) == {("no-response", "POST /view/", 31)}

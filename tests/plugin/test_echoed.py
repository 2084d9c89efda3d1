"""What a client sends and gets back in a header: where it stands there as it is, it can break it."""

from __future__ import annotations

from typing import Any

import pytest

Suite = Any

FLASK = """
from urllib.parse import quote

from flask import Flask, Response, redirect, request

app = Flask(__name__, static_folder=None)


@app.get("/report")
def report():
    name = request.args.get("name", "report")
    return Response("a,b", headers={"Content-Disposition": f"attachment; filename={name}"})


@app.get("/quoted")
def quoted():
    name = quote(request.args.get("name", "report"))
    return Response("a,b", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@app.get("/next")
def next():
    return redirect(request.args.get("next", "/"))
"""
STARLETTE = """
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route


async def tag(request):
    return PlainTextResponse("tag", headers={"X-Tag": request.path_params["tag"]})


async def quoted(request):
    return PlainTextResponse("tag", headers={"X-Tag": quote(request.query_params.get("tag", "none"))})


async def next(request):
    return RedirectResponse(request.query_params.get("next", "/"))


app = Starlette(routes=[Route("/tag/{tag}", tag), Route("/quoted", quoted), Route("/next", next)])
"""
DJANGO = """
from django.conf import settings

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="secret")

import django

django.setup()

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def report(request):
    name = request.GET.get("name", "report")
    return HttpResponse("a,b", headers={"Content-Disposition": f"attachment; filename={name}"})


urlpatterns = [path("report/", report)]
app = get_wsgi_application()
"""


@pytest.mark.parametrize(
    ("framework", "source", "found"),
    [
        ("flask", FLASK, [("invalid-header", "GET /report", 11)]),
        ("starlette", STARLETTE, [("invalid-header", "GET /tag/{tag}", 9)]),
        ("django", DJANGO, []),  # it refuses the one, and encodes the other
    ],
)
def test_a_header_that_a_client_can_break(suite: Suite, framework: str, source: str, found: Any) -> None:
    pytest.importorskip(framework)
    suite.write(shop=source)
    suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json")
    findings = suite.report("r.json")["findings"]
    assert [(one["rule"], one["route"], one["where"]["line"]) for one in findings] == found


def test_it_is_run_again(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK)
    suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json")
    replay = suite.report("r.json")["findings"][0]["replay"]
    again = suite.spawn(*replay.split()[1:])
    assert "invalid-header GET /report" in again.stdout.str()

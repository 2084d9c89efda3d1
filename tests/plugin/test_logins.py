"""What docs/exploring.md says of apps behind a login is true, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Suite

PAGE = Path(__file__).parents[2] / "docs" / "exploring.md"
RECIPES = dict(
    re.findall(r"^### (\w+)\n\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)

FLASK = """
from flask import Flask, redirect, request, session

app = Flask(__name__)
app.secret_key = "secret"


@app.get("/orders")
def orders():
    if session.get("user_id") != 1:
        return redirect("/login")
    if request.args.get("year") == "2031":
        redirect("/archive")
    return "orders"
"""
DJANGO = """
import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="secret",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
)
django.setup()

from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST


@login_required
@require_POST
def orders(request):
    if request.POST.get("year") == "2031":
        redirect("/archive")
    return HttpResponse("orders")


urlpatterns = [path("orders", orders)]
app = get_wsgi_application()
"""
FASTAPI = """
import hashlib

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from fastapi.security import HTTPBearer

app = FastAPI()


def make_token(name):
    return hashlib.sha256(f"secret {name}".encode()).hexdigest()


def user(credentials=Depends(HTTPBearer())):
    if hashlib.sha256(credentials.credentials.encode()).digest() != hashlib.sha256(make_token("ada").encode()).digest():
        raise HTTPException(403)
    return "ada"


@app.get("/orders")
def orders(year: int = 2030, name: str = Depends(user)):
    if year == 2031:
        RedirectResponse("/archive")
    return "orders"
"""


@pytest.mark.parametrize(
    ("framework", "app", "imports", "route"),
    [
        ("Flask", FLASK, "from shop import app", "GET /orders"),
        ("Django", DJANGO, "from django.test import Client", "POST /orders"),
        ("FastAPI", FASTAPI, "from shop import make_token", "GET /orders"),
    ],
)
def test_what_is_behind_a_login_is_explored(suite: Suite, framework: str, app: str, imports: str, route: str) -> None:
    pytest.importorskip(framework.lower())
    arguments = [
        "--oneresponse",
        "--oneresponse-app=shop:app",
        "--oneresponse-report=r.json",
        f"oneresponse::shop:app::{route}",
    ]
    if framework == "Django":
        pytest.importorskip("pytest_django")
        arguments = ["-p", "django", *arguments]
    suite.write(shop=app)
    suite.spawn(*arguments)
    levels = {one["level"] for one in suite.report("r.json")["findings"]}
    if framework == "FastAPI":
        assert levels <= {"practice"}, "it was read, and not reached"
    else:
        assert levels == {"breach"}, "sessions are explored"
    suite.write(conftest=f"import pytest\n{imports}\n\n\n{RECIPES[framework]}")
    suite.spawn(*arguments)
    (found,) = suite.report("r.json")["findings"]
    assert (found["rule"], found["level"]) == ("orphan-response", "breach") and "/archive" in found["where"]["source"]

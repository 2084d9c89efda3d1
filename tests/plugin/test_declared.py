"""Driven routes whose input is declared by forms, schemas and decorators, and routes that share a handler."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

Suite = Any

FORM = """
from flask import Flask, redirect
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import IntegerField, PasswordField, StringField
from wtforms.validators import DataRequired, Email, EqualTo, Length, ValidationError

app = Flask(__name__)
app.secret_key = "key"
CSRFProtect(app)


class Register(FlaskForm):
    name = StringField(validators=[DataRequired(), Length(3, 20)])
    mail = StringField(validators=[DataRequired(), Email()])
    password = PasswordField(validators=[DataRequired(), Length(min=8)])
    again = PasswordField(validators=[EqualTo("password")])
    age = IntegerField(validators=[DataRequired()])

    def validate_name(self, field):
        if field.data == "admin":
            raise ValidationError("taken")


@app.route("/register", methods=["GET", "POST"])
def register():
    form = Register()
    if form.validate_on_submit():
        if form.age.data > 90:
            redirect("/old")
        return redirect("/")
    return "please"


@app.get("/checks")
def checks():
    return str(app.config["WTF_CSRF_ENABLED"])
"""


def test_a_form_of_flask_wtf_is_filled_and_needs_no_token(suite: Suite) -> None:
    pytest.importorskip("flask_wtf")
    pytest.importorskip("email_validator")
    suite.write(shop=FORM)
    suite.pytester.makepyfile(
        test_after="""
import shop

def test_a_token_is_asked_for_again():
    assert shop.app.config["WTF_CSRF_ENABLED"] and shop.app.test_client().post("/register").status_code == 400
"""
    )
    result = suite.drive("-v")
    result.stdout.fnmatch_lines(["orphan-response POST /register: *", '*redirect("/old")', "6 of 6 branches taken"])
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.no_fnmatch_line("*did not take*")
    result.stdout.no_fnmatch_line("*no request has reached*")
    result.stdout.no_fnmatch_line("*never answered*")


ARGUMENTS = """
from flask import Flask, request
from marshmallow import Schema, fields, validate
from webargs.flaskparser import use_args, use_kwargs

app = Flask(__name__, static_folder=None)


class Order(Schema):
    name = fields.Str(required=True)
    count = fields.Int(required=True, validate=validate.Range(min=1, max=99))


order = Order()


@app.post("/orders")
def orders():
    if order.load(request.get_json())["count"] == 77:
        return "many"
    return "few"


@app.put("/args")
@use_args({"name": fields.Str(required=True), "number": fields.Int(required=True)})
def args(found):
    return "seven" if found["number"] == 7 else "other"


@app.get("/kwargs")
@use_kwargs({"page": fields.Int(required=True), "sort": fields.Str(required=True)}, location="query")
def kwargs(page, sort):
    if sort == "desc":
        return "down"
    return "far" if page > 100 else "near"


@app.errorhandler(422)
def refused(error):
    return "refused", 422
"""


def test_schemas_of_marshmallow_are_filled(suite: Suite) -> None:
    pytest.importorskip("marshmallow")
    pytest.importorskip("webargs")
    suite.write(shop=ARGUMENTS)
    result = suite.drive("-v", "--oneresponse-faults=none")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["8 of 8 branches taken"])
    result.stdout.no_fnmatch_line("*never answered*")


SHARED = """
from flask import Flask, redirect, request

app = Flask(__name__, static_folder=None)


def helper(number):
    if number > 10:
        return "large"
    return "small"


@app.get("/one/<int:number>")
def one(number):
    return helper(number)


@app.get("/ten")
def ten():
    return helper(10)


@app.route("/both", methods=["GET", "POST"])
def both():
    if request.method == "POST":
        {lost}
    return "both"
"""


def test_a_branch_that_another_route_takes_is_taken(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=SHARED.replace("{lost}", "return 'posted'"))
    result = suite.drive("-v")
    result.stdout.fnmatch_lines(["4 of 4 branches taken"])
    result.stdout.no_fnmatch_line("*did not take*")


def test_a_lost_answer_is_told_of_the_method_that_reaches_it(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=SHARED.replace("{lost}", "redirect('/')"))
    result = suite.drive()
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*4 routes driven, *: breach: orphan-response 1"])


def test_a_lost_answer_that_no_method_reaches_is_told_once(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(
        shop=SHARED.replace("{lost}", textwrap.indent("if app.extensions:\n    redirect('/')", " " * 8).strip())
    )
    result = suite.drive()
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*4 routes driven, *: practice: orphan-response 1"])


NEGOTIATING = """
from flask import Flask, request

app = Flask(__name__, static_folder=None)


@app.get("/type")
def media():
    if request.accept_mimetypes.accept_json and not request.accept_mimetypes.accept_html:
        return {"a": 1}
    if request.accept_mimetypes.best_match(["text/csv", "text/html"]) == "text/csv":
        return "csv"
    return "html"


@app.get("/language")
def language():
    if request.accept_languages.best_match(["en", "pl"]) == "pl":
        return "pl"
    return "mobile" if "iPhone" in request.user_agent.string else "en"
"""


def test_headers_that_are_given_parsed_are_sent(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=NEGOTIATING)
    suite.drive("-v", "--oneresponse-faults=none").stdout.fnmatch_lines(["8 of 8 branches taken"])


FASTAPI = """
from fastapi import FastAPI, Header, HTTPException, Query

app = FastAPI(openapi_url=None)


@app.get("/cars")
def cars(make: list[str] = Query([]), limit: int = 10, x_tenant: str | None = Header(None)):
    if x_tenant is not None and x_tenant != "t7":
        raise HTTPException(403)
    if "fiat" in make:
        return "fiat" if limit > 50 else "few"
    return "all"
"""


def test_lists_are_sent_and_one_refused_input_hides_no_other(suite: Suite) -> None:
    pytest.importorskip("fastapi")
    suite.write(shop=FASTAPI)
    suite.drive("-v", "--oneresponse-faults=none").stdout.fnmatch_lines(["6 of 6 branches taken"])


UPLOADS = """
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def upload(request):
    form = await request.form()
    document = form.get("document")
    if not isinstance(document, UploadFile):
        return PlainTextResponse("none", 400)
    if document.content_type == "application/pdf":
        return PlainTextResponse("pdf")
    return PlainTextResponse(document.filename)


app = Starlette(routes=[Route("/upload", upload, methods=["POST"])])
"""


def test_files_are_sent_in_forms_that_hold_both(suite: Suite) -> None:
    pytest.importorskip("starlette")
    pytest.importorskip("python_multipart")
    suite.write(shop=UPLOADS)
    suite.drive("-v", "--oneresponse-faults=none").stdout.fnmatch_lines(["4 of 4 branches taken"])


DJANGO = """
import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="secret",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
)
django.setup()

from django import forms
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.generic import FormView
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView


class Order(forms.Form):
    name = forms.CharField(min_length=3)
    count = forms.IntegerField(max_value=99)


class Orders(FormView):
    form_class = Order

    def form_valid(self, form):
        if form.cleaned_data["count"] == 77:
            return HttpResponse("many")
        return HttpResponse("few")

    def form_invalid(self, form):
        return HttpResponse("invalid", status=400)

    def get(self, request):
        return HttpResponse("form")


class Line(serializers.Serializer):
    sku = serializers.RegexField("^[A-Z]{2}-[0-9]$")
    count = serializers.IntegerField(min_value=1)


class Basket(serializers.Serializer):
    lines = Line(many=True, allow_empty=False)
    tags = serializers.ListField(child=serializers.CharField())


class Baskets(APIView):
    def post(self, request):
        basket = Basket(data=request.data)
        basket.is_valid(raise_exception=True)
        if basket.validated_data["lines"][0]["count"] > 500:
            return Response("many")
        return Response("few")


urlpatterns = [path("orders", Orders.as_view()), path("baskets", Baskets.as_view())]
app = get_wsgi_application()
"""


def test_forms_that_the_framework_makes_and_serializers_in_serializers_are_filled(suite: Suite) -> None:
    pytest.importorskip("rest_framework")
    suite.write(shop=DJANGO)
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "-v", "--oneresponse-faults=none")
    result.stdout.fnmatch_lines(["4 of 4 branches taken"])


VISITS = """
from flask import Flask, redirect, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "key"


@app.post("/wizard")
def wizard():
    if request.form.get("kind") != "company":
        return "person"
    if "kind" not in session:
        session["kind"] = "company"
        return "first step"
    redirect("/done")
    return "second step"
"""


def test_a_second_visit_has_the_cookies_of_the_first(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=VISITS)
    result = suite.drive("-v")
    result.stdout.fnmatch_lines(['*redirect("/done")*', "* = request: curl *session=*", "4 of 4 branches taken"])
    replay = next(line for line in result.outlines if "--oneresponse-replay=" in line).rpartition("=")[2]
    suite.drive(f"--oneresponse-replay={replay}").stdout.fnmatch_lines(["*: breach: orphan-response 1"])

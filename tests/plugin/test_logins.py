"""Apps that are driven through their own login, and lists that are empty until something was stored."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

Suite = Any

BEARER = """
import base64, hashlib, hmac, json, time

from flask import Flask, abort, jsonify, redirect, request

app = Flask(__name__, static_folder=None)
PEOPLE = {"ann": ("pw-ann", "clerk"), "bob": ("pw-bob", "chief")}


def signed(claims):
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return body + "." + hmac.new(b"key", body.encode(), hashlib.sha256).hexdigest()


def role():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    body, _, mark = token.partition(".")
    if scheme != "SCHEME" or not hmac.compare_digest(signed(json.loads(base64.urlsafe_b64decode(body or "bnVsbA=="))), token):
        abort(401)
    return json.loads(base64.urlsafe_b64decode(body))["role"]


@app.delete("/orders")
def orders():
    if role() == "chief":
        redirect("/chief")
    elif role() == "clerk":
        abort(403)
    return "done"


@app.post("/token")
def token():
    data = request.get_json()
    password, role = PEOPLE.get(data["name"], ("", ""))
    if not password or password != data["password"]:
        abort(401)
    return jsonify(access_token=signed({"role": role, "until": time.time() + 60}))
"""


@pytest.mark.parametrize("scheme", ["Bearer", "Device"])
def test_a_route_is_driven_as_those_who_log_in(suite: Suite, scheme: str) -> None:
    pytest.importorskip("flask")
    suite.write(shop=BEARER.replace("SCHEME", scheme))
    result = suite.drive("-v", "--oneresponse-faults=none", "--oneresponse-report=found.json")
    result.stdout.fnmatch_lines([
        "orphan-response DELETE /orders: *",
        '*redirect("/chief")',
        f"*= request: curl -X DELETE *-H 'authorization: {scheme} ey*",
        "*= note: it comes after curl *bob*/token",
    ])  # fmt: skip
    result.stdout.no_fnmatch_line("*oneresponse-credential*")
    (finding,) = json.loads((suite.path / "found.json").read_text())["findings"]
    identity = re.search(r"replay=(\w+)", finding["replay"])
    assert identity is not None
    again = suite.drive(f"--oneresponse-replay={identity[1]}", "--oneresponse-faults=none")
    again.stdout.fnmatch_lines(["orphan-response DELETE /orders: *"])


COOKIE = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

TICKETS = {}


async def login(request):
    async with request.form() as form:
        if form.get("pin") != "4711":
            return PlainTextResponse("pin", 403)
    response = RedirectResponse("/me", 303)
    response.set_cookie("who", f"ann-{hash('ann')}")
    return response


async def me(request):
    if request.cookies.get("who") != f"ann-{hash('ann')}":
        return RedirectResponse("/login", 303)
    if request.query_params.get("as") == "text":
        PlainTextResponse("me")
    return PlainTextResponse("it is me")


app = Starlette(routes=[Route("/me", me), Route("/login", login, methods=["POST"])])
"""


def test_a_cookie_of_the_apps_own_is_shown(suite: Suite) -> None:
    pytest.importorskip("starlette")
    pytest.importorskip("multipart")
    suite.write(shop=COOKIE)
    result = suite.drive("-v", "-k", "me", "--oneresponse-faults=none")
    result.stdout.fnmatch_lines(["orphan-response GET /me: *", '*PlainTextResponse("me")', "4 of 4 branches taken"])


TICKETS = """
import contextlib

from flask import Flask, jsonify, request

app = Flask(__name__, static_folder=None)
TICKETS = {}
SENT = []


@app.get("/tickets")
def tickets():
    for ticket in TICKETS.values():
        if ticket["state"] == "open" and request.args.get("mine"):
            jsonify(ticket)
    return "all"


@app.get("/walls")
def walls():
    return "wide" if request.args.get("w") == "9" else "small"


@app.post("/tickets")
def create():
    if request.get_json()["title"][:2] != "T-":
        return "title", 422
    TICKETS[len(TICKETS)] = {"state": "open"}
    return "made", 201
"""
EMPTIED = """
import contextlib
import pytest
import shop

@pytest.fixture
def oneresponse_reset():
    @contextlib.contextmanager
    def emptied():
        shop.TICKETS.clear()
        yield
    return emptied
"""


@pytest.mark.parametrize("conftest", ["", EMPTIED], ids=["kept", "emptied before each"])
def test_a_list_is_read_once_another_route_has_stored_something(suite: Suite, conftest: str) -> None:
    pytest.importorskip("flask")
    suite.write(shop=TICKETS, conftest=conftest)
    result = suite.drive("-v", "--oneresponse-faults=none", "-k", "GET")
    result.stdout.fnmatch_lines([
        "orphan-response GET /tickets: *", "*jsonify(ticket)", "*= note: it comes after curl *T-*/tickets",
    ])  # fmt: skip
    result.assert_outcomes(passed=1, failed=1)


REGISTERED = """
import hashlib, os

from flask import Flask, abort, jsonify, redirect, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "unknown to who asks"
PEOPLE = {"ann@example.com": (b"salt", hashlib.sha256(b"salt" + b"her own").digest())}


@app.post("/login")
def login():
    salt, kept = PEOPLE.get(request.form.get("username", ""), (b"", b""))
    if hashlib.sha256(salt + request.form.get("password", "").encode()).digest() != kept:
        abort(401)
    if request.form.get("remember"):
        jsonify(remembered=True)
    return jsonify(token=login_of(request.form["username"]))


TOKENS = {}


def login_of(name):
    token = os.urandom(8).hex()
    TOKENS[token] = name
    return token


@app.get("/mine")
def mine():
    if request.headers.get("Authorization", "").removeprefix("Bearer ") not in TOKENS:
        abort(401)
    redirect("/elsewhere")
    return "mine"


@app.post("/register")
def register():
    data = request.get_json()
    if "@" not in data["email"] or len(data["password"]) < 8:
        return "The form is not complete", 200
    if data["email"] in PEOPLE:
        abort(409)
    salt = os.urandom(4)
    PEOPLE[data["email"]] = (salt, hashlib.sha256(salt + data["password"].encode()).digest())
    return jsonify(registered=data["email"]), 201
"""


@pytest.mark.parametrize("route", ["GET /mine", "POST /login"])
def test_where_nobody_is_known_somebody_registers_and_logs_in(suite: Suite, route: str) -> None:
    pytest.importorskip("flask")
    suite.write(shop=REGISTERED)
    method, _, path = route.partition(" ")
    result = suite.drive("-v", "--oneresponse-faults=none", "-k", f"{method} and {path.strip('/')}")
    result.stdout.fnmatch_lines(
        [f"orphan-response {route}: *", "*= note: it comes after curl *email*password*/register*"]
    )

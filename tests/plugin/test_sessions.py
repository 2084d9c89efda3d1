"""What handlers look for in a session is explored: a session of its own is made for each exchange."""

from __future__ import annotations

from typing import Any

import pytest

Suite = Any

FLASK = """
from flask import Flask, jsonify, redirect, session

app = Flask(__name__)
app.secret_key = "key"


@app.post("/pay")
def pay():
    if "cart" not in session:
        return redirect("/cart")
    if session.get("plan") == "pro" and len(session["cart"]) > 2:
        redirect("/too-many")
    return jsonify(paid=True)


@app.get("/lines")
def lines():
    def rows():
        yield "first"
        if "lines" in kept:
            yield str(kept["lines"]["total"] / 2)
    kept = dict(session)
    return app.response_class(rows())
"""
LOGIN = """
from flask import Flask, redirect
from flask_login import LoginManager, UserMixin, current_user, login_required

app = Flask(__name__)
app.secret_key = "key"
logins = LoginManager(app)


class User(UserMixin):
    def __init__(self, name, admin):
        self.id, self.admin = name, admin


USERS = {"ada": User("ada", True), "bob": User("bob", False)}


@logins.user_loader
def load(name):
    return USERS.get(name)


@app.get("/panel")
@login_required
def panel():
    if not current_user.admin:
        redirect("/")
    return "panel"
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route


async def cart(request):
    if request.session.get("frozen") is True:
        RedirectResponse("/frozen")
    return JSONResponse({"items": 0})


app = Starlette(routes=[Route("/cart", cart)], middleware=[Middleware(SessionMiddleware, secret_key="key")])
"""
OWN = """
import pytest, shop

@pytest.fixture
def oneresponse_request():
    made = shop.app.session_interface.get_signing_serializer(shop.app).dumps({"cart": [1, 2, 3], "plan": "pro"})
    return lambda request: request.with_cookie("session", made)
"""


def found(suite: Suite, *arguments: str) -> tuple[set[Any], str]:
    """The findings of a run, by rule, line and level, and what was printed."""
    result = suite.drive(*arguments, "--oneresponse-report=r.json")
    findings = suite.report("r.json")["findings"]
    return {(one["rule"], one["where"]["line"], one["level"]) for one in findings}, result.stdout.str()


LOST = ("orphan-response", 12, "breach")
PRO = '= note: the session holds {"cart": '


def test_flasks_own_sessions(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK)
    findings, printed = found(suite)
    assert findings == {LOST, ("error-after-start", 21, "practice")}, "the app may never keep what breaks a stream"
    assert PRO in printed


def test_such_an_exchange_is_run_again_by_its_id(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK)
    found(suite, "-p", "no:cacheprovider")
    (lost,) = [one for one in suite.report("r.json")["findings"] if one["rule"] == "orphan-response"]
    replay = f"--oneresponse-replay={lost['replay'].rpartition('=')[2]}"
    findings, printed = found(suite, "-p", "no:cacheprovider", replay)
    assert findings == {LOST} and PRO in printed


def test_a_session_of_the_users_stands(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK, conftest=OWN)
    findings, printed = found(suite)
    assert LOST in findings and "the session holds" not in printed


def test_who_is_logged_in_with_flask_login(suite: Suite) -> None:
    pytest.importorskip("flask_login")
    suite.write(shop=LOGIN)
    findings, printed = found(suite)
    assert findings == {("orphan-response", 26, "breach")}
    assert '= note: the session holds {"_user_id": "bob"}' in printed


def test_the_sessions_of_starlettes_middleware(suite: Suite) -> None:
    pytest.importorskip("starlette")
    pytest.importorskip("itsdangerous")
    suite.write(shop=STARLETTE)
    findings, printed = found(suite)
    assert findings == {("orphan-response", 10, "breach")}
    assert '= note: the session holds {"frozen": true}' in printed


BASKETS = """
import sqlite3

from flask import Flask, jsonify, redirect, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "secret"
PRICES = {"MUG": 900, "TEE": 2500}
DB = sqlite3.connect(":memory:", check_same_thread=False)
DB.executescript("create table pens (sku text, price integer); insert into pens values ('PEN', 900), ('INK', 2500);")


@app.post("/order")
def order():
    data = request.get_json(silent=True) or {}
    total = 0
    for sku, count in data.get("items", {}).items():
        if sku not in PRICES:
            return "no such thing", 404
        total += PRICES[sku] * count
    if total > 4000:
        jsonify(error="too much")
    return "ok"


@app.post("/checkout")
def checkout():
    total = 0
    for sku, count in (session.get("basket") or {}).items():
        row = DB.execute("select price from pens where sku = ?", (sku,)).fetchone()
        total += row[0] * count
    if total > 4000:
        redirect("/split")
    return "ok"
"""


def test_the_keys_of_a_basket_are_those_of_the_apps_own_table(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=BASKETS)
    suite.spawn(
        "--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json", "--oneresponse-faults=none"
    )
    findings = suite.report("r.json")["findings"]
    assert {(one["rule"], one["level"], one["where"]["line"]) for one in findings} == {
        ("orphan-response", "breach", 21),
        ("orphan-response", "breach", 32),
    }

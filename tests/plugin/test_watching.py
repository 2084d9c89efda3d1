"""`pytest --oneresponse`: what the tests' own requests break fails the tests that made them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

CLIENT = """
import pytest
import webtest
import shop

def get(path, app=shop.app):
    return webtest.TestApp(app, lint=False).get(path, status="*")
"""


def outcomes(suite: Suite, tests: str, *arguments: str) -> dict[str, str]:
    """Watch some tests that have `get(path)`; their outcomes by their names."""
    suite.write(client=CLIENT, test_it="from client import get, pytest, shop, webtest\n" + tests)
    result = suite.run("--oneresponse", *arguments)
    return {name.rpartition("::")[2]: outcome for name, outcome in suite.outcomes(result).items()}


def output(suite: Suite, tests: str, *arguments: str) -> str:
    """The same; what the run printed."""
    suite.write(client=CLIENT, test_it="from client import get, pytest, shop, webtest\n" + tests)
    return str(suite.run("--oneresponse", *arguments).stdout)


def test_a_breach_fails_its_test_alone(wsgi: Suite) -> None:
    tests = """
def test_before(): get("/")
def test_bad(): get("/twice")
def test_after(): get("/")
"""
    assert outcomes(wsgi, tests) == {"test_before": "passed", "test_bad": "failed", "test_after": "passed"}


def test_without_the_flag_nothing_is_judged(wsgi: Suite) -> None:
    wsgi.write(client=CLIENT, test_it="from client import get\ndef test_bad(): get('/twice')")
    assert wsgi.run().ret == pytest.ExitCode.OK
    assert wsgi.run("--oneresponse", "--no-oneresponse").ret == pytest.ExitCode.OK


def test_the_finding_is_the_failure(wsgi: Suite) -> None:
    told = output(wsgi, "def test_bad(): get('/twice')")
    assert "second-response GET /twice: a second response" in told
    assert " --> shop.py:8:9" in told
    assert " ::: shop.py:6:5" in told
    assert "second response" in told and "first response" in told
    assert "curl " in told and "help: " in told
    assert "Traceback" not in told and "session.py" not in told and "docket.py:" not in told


def test_the_summary_line_begins_with_rule_and_route(wsgi: Suite) -> None:
    told = output(wsgi, "def test_bad(): get('/twice')")
    line = next(line for line in told.splitlines() if line.startswith("FAILED"))
    assert line.startswith("FAILED test_it.py::test_bad - second-response GET /twice: ")
    assert len(line) <= 80


def test_two_breaches_are_told_in_one_failure(wsgi: Suite) -> None:
    told = output(wsgi, "def test_bad():\n    get('/twice')\n    get('/text')")
    assert "second-response GET /twice: " in told
    assert "body-not-bytes GET /text: " in told


def test_the_same_breach_twice_is_told_once(wsgi: Suite) -> None:
    told = output(wsgi, "def test_bad():\n    get('/twice')\n    get('/twice')", "--oneresponse-report=r.json")
    assert told.count(" --> shop.py:8:9") == 1
    assert [finding["count"] for finding in wsgi.report("r.json")["findings"]] == [2]


def test_a_test_that_fails_by_itself_keeps_its_failure(wsgi: Suite) -> None:
    told = output(wsgi, "def test_bad():\n    get('/twice')\n    assert 1 == 2, 'my own'")
    line = next(line for line in told.splitlines() if line.startswith("FAILED"))
    assert "AssertionError: my own" in line
    assert "- Captured oneresponse call -" in told
    assert "second-response GET /twice: " in told


HELD = """
import gc, weakref

class Held: pass
held = []

def failing(environ, start_response):
    one = Held()
    held.append(weakref.ref(one))
    raise KeyError("x")

def fails():
    try:
        get("/", failing)
    except KeyError:
        pass
    else:
        raise AssertionError("it has not failed")
    gc.collect()

def test_freed():
    fails()
    assert held[-1]() is None

@pytest.mark.oneresponse(expect="unhandled-error")
def test_wanted():
    fails()
"""


def test_what_an_exception_holds_is_freed_where_it_does_not_count(wsgi: Suite) -> None:
    assert outcomes(wsgi, HELD) == {"test_freed": "passed", "test_wanted": "passed"}
    selected = outcomes(wsgi, HELD, "--oneresponse-select=unhandled-error")
    assert selected == {"test_freed": "failed", "test_wanted": "passed"}


def test_a_practice_warns_and_does_not_fail(wsgi: Suite) -> None:
    wsgi.write(client=CLIENT, test_it="from client import get\ndef test_it(): get('/practice')")
    result = wsgi.run("--oneresponse")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*shop.py:*: PracticeWarning: body-not-bytes GET /practice: *"])


def test_a_practice_warning_can_be_filtered(wsgi: Suite) -> None:
    wsgi.write(client=CLIENT, test_it="from client import get\ndef test_it(): get('/practice')")
    result = wsgi.run("--oneresponse", "-W", "ignore::pytest_oneresponse.PracticeWarning")
    result.assert_outcomes(passed=1, warnings=0)


@pytest.mark.parametrize("filtered", ["error", "error::pytest_oneresponse.PracticeWarning"])
def test_a_practice_warning_can_be_made_an_error(wsgi: Suite, filtered: str) -> None:
    found = outcomes(wsgi, "def test_it(): get('/practice')\ndef test_after(): get('/')", "-W", filtered)
    assert found == {"test_it": "failed", "test_after": "passed"}


def test_the_rest_of_a_test_that_warns_is_not_lost(wsgi: Suite) -> None:
    """A warning that is made an error must not hide the breach."""
    told = output(wsgi, "def test_it():\n    get('/practice')\n    get('/twice')", "-W", "error")
    assert "second-response GET /twice: " in told


def test_a_warning_leaves_the_failure_of_a_test_alone(wsgi: Suite) -> None:
    told = output(wsgi, "def test_it():\n    get('/practice')\n    assert 1 == 2, 'my own'", "-W", "error")
    assert "AssertionError: my own" in next(line for line in told.splitlines() if line.startswith("FAILED"))


def test_a_breach_in_a_fixture(wsgi: Suite) -> None:
    tests = """
@pytest.fixture
def asked(): get("/twice")
def test_it(asked): pass
def test_after(): get("/")
"""
    found = outcomes(wsgi, tests)
    assert found["test_it"] in ("failed", "error")
    assert found["test_after"] == "passed"


def test_a_breach_in_a_teardown(wsgi: Suite) -> None:
    tests = """
@pytest.fixture
def asked():
    yield
    get("/twice")
def test_it(asked): pass
def test_after(): get("/")
"""
    assert outcomes(wsgi, tests) == {"test_it": "error", "test_after": "passed"}


@pytest.mark.parametrize("scope", ["class", "module", "session"])
def test_a_breach_in_a_wider_teardown(wsgi: Suite, scope: str) -> None:
    tests = f"""
@pytest.fixture(scope={scope!r})
def asked():
    yield
    get("/twice")
def test_it(asked): pass
"""
    assert outcomes(wsgi, tests) == {"test_it": "error"}


def test_a_breach_in_a_fixture_of_a_test_that_is_then_skipped(wsgi: Suite) -> None:
    """A skip is the test's own outcome; the finding is told all the same."""
    tests = """
@pytest.fixture
def asked():
    get("/twice")
    pytest.skip("not today")
def test_it(asked): pass
def test_after(): get("/")
"""
    found = outcomes(wsgi, tests, "--oneresponse-report=r.json")
    assert found["test_after"] == "passed"
    assert [finding["rule"] for finding in wsgi.report("r.json")["findings"]] == ["second-response"]


def test_xfail(wsgi: Suite) -> None:
    tests = """
@pytest.mark.xfail
def test_x(): get("/twice")
@pytest.mark.xfail(strict=True)
def test_strict(): get("/twice")
@pytest.mark.xfail(strict=True)
def test_fine(): get("/")
"""
    assert outcomes(wsgi, tests) == {"test_x": "xfailed", "test_strict": "xfailed", "test_fine": "failed"}


def test_xfail_raises_the_failure_class(wsgi: Suite) -> None:
    tests = """
from pytest_oneresponse import BreachFailure
@pytest.mark.xfail(raises=BreachFailure)
def test_x(): get("/twice")
"""
    assert outcomes(wsgi, tests) == {"test_x": "xfailed"}


def test_a_skip_in_the_test(wsgi: Suite) -> None:
    tests = """
def test_s():
    get("/")
    pytest.skip("enough")
@pytest.mark.skip
def test_never(): get("/twice")
"""
    assert outcomes(wsgi, tests) == {"test_s": "skipped", "test_never": "skipped"}


def test_parametrize(wsgi: Suite) -> None:
    tests = """
@pytest.mark.parametrize("path", ["/", "/twice", "/text"])
def test_p(path): get(path)
"""
    found = outcomes(wsgi, tests)
    assert found == {"test_p[/]": "passed", "test_p[/twice]": "failed", "test_p[/text]": "failed"}


def test_parameters_with_marks(wsgi: Suite) -> None:
    tests = """
@pytest.mark.parametrize("path", ["/", pytest.param("/twice", marks=pytest.mark.xfail(strict=True))])
def test_p(path): get(path)
"""
    assert outcomes(wsgi, tests) == {"test_p[/]": "passed", "test_p[/twice]": "xfailed"}


def test_threads(wsgi: Suite) -> None:
    tests = """
import threading
def test_threads():
    threads = [threading.Thread(target=get, args=(path,)) for path in ["/", "/twice", "/"] * 5]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
def test_after(): get("/")
"""
    assert outcomes(wsgi, tests, "--oneresponse-report=r.json") == {"test_threads": "failed", "test_after": "passed"}
    (finding,) = wsgi.report("r.json")["findings"]
    assert (finding["rule"], finding["count"]) == ("second-response", 5)


def test_several_apps_in_one_test(wsgi: Suite) -> None:
    from .conftest import WSGI_SHOP

    wsgi.write(other=WSGI_SHOP.replace("/twice", "/double"))
    told = output(
        wsgi,
        "import other\ndef test_it():\n    get('/twice')\n    get('/double', other.app)\n    get('/twice', other.app)",
    )
    assert " --> shop.py:8:9" in told
    assert " --> other.py:8:9" in told
    assert "second-response GET /twice" in told and "second-response GET /double" in told


def test_an_app_that_asks_another(wsgi: Suite) -> None:
    tests = """
def outer(environ, start_response):
    get("/twice")
    start_response("200 OK", [])
    return [b"outer"]
def test_it(): get("/outer", outer)
"""
    told = output(wsgi, tests)
    assert "second-response GET /twice: " in told
    assert "GET /outer" not in told


def test_classes_and_unittest(wsgi: Suite) -> None:
    tests = """
import unittest
class TestPlain:
    def test_bad(self): get("/twice")
    def test_good(self): get("/")
class Cases(unittest.TestCase):
    def test_case_bad(self): get("/twice")
    def test_case_good(self): get("/")
"""
    found = outcomes(wsgi, tests)
    assert found == {"test_bad": "failed", "test_good": "passed", "test_case_bad": "failed", "test_case_good": "passed"}


def test_an_exception_that_the_test_expects_of_the_app(wsgi: Suite) -> None:
    """`unhandled-error` is off: many tests let the app raise on purpose."""
    tests = """
def broken(environ, start_response):
    raise LookupError
def test_it():
    with pytest.raises(LookupError):
        get("/", broken)
"""
    assert outcomes(wsgi, tests) == {"test_it": "passed"}
    assert outcomes(wsgi, tests, "--oneresponse-select=unhandled-error") == {"test_it": "failed"}


def test_requests_at_import_belong_to_no_test(wsgi: Suite) -> None:
    assert outcomes(wsgi, "get('/twice')\ndef test_it(): pass") == {"test_it": "passed"}


def test_the_client_keeps_its_app(wsgi: Suite) -> None:
    tests = """
def test_it():
    client = webtest.TestApp(shop.app, lint=False)
    assert client.app is shop.app
    client.get("/")
    assert client.app is shop.app
"""
    assert outcomes(wsgi, tests) == {"test_it": "passed"}


def test_async_tests(asgi: Suite) -> None:
    pytest.importorskip("httpx")
    pytest.importorskip("pytest_asyncio")
    asgi.write(
        test_it="""
import asyncio, httpx, pytest, shop

async def get(path):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="http://t") as client:
        return await client.get(path)

@pytest.mark.asyncio
async def test_bad(): await get("/twice")
@pytest.mark.asyncio
async def test_good(): await get("/")
@pytest.mark.asyncio
async def test_gathered(): await asyncio.gather(*(get(path) for path in ["/", "/twice", "/"]))
def test_sync(): asyncio.run(get("/twice"))
"""
    )
    result = asgi.spawn("-p", "asyncio", "--oneresponse", "--oneresponse-report=r.json")
    result.assert_outcomes(passed=1, failed=3)
    tests = {finding["test"] for finding in asgi.report("r.json")["findings"]}
    assert len(tests) == 1  # equal findings of several tests are one, with a count
    assert [finding["count"] for finding in asgi.report("r.json")["findings"]] == [3]


def test_anyio_tests(asgi: Suite) -> None:
    pytest.importorskip("httpx")
    pytest.importorskip("anyio")
    asgi.write(
        test_it="""
import httpx, pytest, shop

@pytest.fixture
def anyio_backend(): return "asyncio"

@pytest.fixture
async def client(anyio_backend):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="http://t") as client:
        yield client

@pytest.mark.anyio
async def test_bad(client): await client.get("/twice")
@pytest.mark.anyio
async def test_good(client): await client.get("/")
"""
    )
    asgi.spawn("-p", "anyio", "--oneresponse").assert_outcomes(passed=1, failed=1)


UNHASHABLE = """
import webtest

class Meta(type):
    __hash__ = None

class Odd(metaclass=Meta):
    pass

class OddError(Exception, metaclass=Meta):
    def __str__(self):
        raise LookupError("no text")

def app(environ, start_response):
    Odd(), 1
    Odd()
    try:
        raise OddError
    except Exception:
        pass
    start_response("200 OK", [])
    return [b"fine"]

def failing(environ, start_response):
    raise OddError
"""


def test_types_without_a_hash_and_errors_without_a_text_break_nothing(suite: Suite) -> None:
    suite.write(
        shop=UNHASHABLE,
        test_a="""
import pytest, shop, webtest
def test_a(): assert webtest.TestApp(shop.app).get("/").text == "fine"
def test_b():
    with pytest.raises(shop.OddError): webtest.TestApp(shop.failing).get("/")
""",
    )
    suite.run("--oneresponse").assert_outcomes(passed=2)


LOSING = """
from flask import Flask, redirect

app = Flask(__name__)

@app.get("/")
def home():
    redirect("/login")
    return "home"
"""


def test_the_code_beside_a_folder_of_tests_with_an_ini_file_is_the_users(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    suite.write(
        src__shop=LOSING,
        tests__test_a="import shop\ndef test_a(): assert shop.app.test_client().get('/').text == 'home'",
    )
    (suite.path / "tests" / "pytest.ini").write_text("[pytest]\npythonpath = ../src\n", encoding="utf-8")
    for folder in (suite.path, suite.path / "tests"):
        os.chdir(folder)
        result = suite.run("--oneresponse", str(suite.path / "tests"))
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(['*redirect("/login")*'])


HELPERS = """
from flask import Flask, flash, redirect, session

app = Flask(__name__)
app.secret_key = "key"
PENDING = {"1"}

def deny():
    app.logger.warning("denied")
    answer = redirect("/login")
    answer.headers["X-Why"] = "denied"
    answer.set_cookie("why", "denied")
    return answer

def abort_signup():
    PENDING.discard("1")
    return redirect("/signup")

class Away(app.response_class):
    def __init__(self, url):
        super().__init__(status=302)
        self.headers["Location"] = url
        PENDING.discard(url)

@app.get("/away")
def away():
    Away("/")
    return "still here"

def log_out():
    session["user"] = None
    return redirect("/")

@app.get("/deny")
def denied():
    deny()
    return "secret"

@app.get("/abort")
def aborted():
    abort_signup()
    return "confirmed"

@app.get("/out")
def out():
    log_out()
    return "bye"
"""


def test_what_is_called_for_something_else_too_may_answer_in_vain(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    suite.write(
        shop=HELPERS,
        test_a="""
import shop
client = shop.app.test_client()
def test_deny(): client.get("/deny")
def test_abort(): client.get("/abort")
def test_out(): client.get("/out")
def test_away(): client.get("/away")
""",
    )
    result = suite.run("--oneresponse")
    assert suite.outcomes(result) == {
        "test_a.py::test_deny": "failed",
        "test_a.py::test_abort": "passed",
        "test_a.py::test_out": "passed",
        "test_a.py::test_away": "failed",
    }
    result.stdout.fnmatch_lines(["*judged: breach: orphan-response 2; practice: orphan-response 2"])


UNREAD = """
from flask import Flask, make_response, redirect, request
from werkzeug.exceptions import NotFound

app = Flask(__name__)

@app.get("/unread")
def unread():
    if not request.args.get("user"):
        response = redirect("/login")
    return "secret"

@app.get("/unraised")
def unraised():
    error = NotFound()
    return "found"

@app.get("/right")
def right():
    response = redirect("/login")
    def later():
        return response
    _ = redirect("/elsewhere")
    plain = make_response("plain")
    plain.headers["X-Plain"] = "yes"
    seen = later
    return "user" if request.args.get("user") else seen()

@app.get("/held")
def held():
    everything = []
    kept = keep(everything, redirect("/login"))
    return everything[0]

def keep(everything, response):
    everything.append(response)
    return response
"""


def test_what_is_put_under_a_name_that_nobody_reads(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    suite.write(
        shop=UNREAD,
        test_a="""
import pytest, shop
@pytest.mark.parametrize("name", ["unread", "unraised", "right", "held"])
def test(name): shop.app.test_client().get("/" + name)
""",
    )
    result = suite.run("--oneresponse")
    result.assert_outcomes(passed=4, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "*shop.py:9: PracticeWarning: orphan-response GET /unread: *",
            "*shop.py:14: PracticeWarning: unraised-error GET /unraised: *",
            "*judged: practice: orphan-response 1, unraised-error 1",
        ]
    )


INHERITING = """
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="secret",
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
)

import django

django.setup()

from django import forms
from django.http import JsonResponse
from django.urls import path
from django.views.generic import FormView
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import CreateModelMixin
from rest_framework.response import Response


class Serializer(serializers.Serializer):
    name = serializers.CharField()

    def create(self, validated):
        return validated


class Things(CreateModelMixin, GenericAPIView):
    serializer_class = Serializer

    def post(self, request):
        return self.create(request)

    def create(self, request):
        super().create(request)
        return Response({"ok": True}, status=201)


class Other(Things):
    def post(self, request):
        super().create(request)
        return Response({"ok": True}, status=201)


class Form(forms.Form):
    name = forms.CharField()


class Page(FormView):
    form_class = Form
    success_url = "/done"

    def form_valid(self, form):
        super().form_valid(form)
        return JsonResponse({"ok": True})


class Refusing(Page):
    def form_valid(self, form):
        self.http_method_not_allowed(self.request)
        return JsonResponse({"ok": True})


urlpatterns = [path(one.__name__, one.as_view()) for one in (Things, Other, Page, Refusing)]
"""


def test_what_a_view_inherits_is_called_for_what_it_does_beside(suite: Suite) -> None:
    pytest.importorskip("rest_framework")
    suite.write(
        shop=INHERITING,
        test_a="""
import pytest
import shop
from django.test import Client
@pytest.mark.parametrize("name", ["Things", "Other", "Page", "Refusing"])
def test(name): Client().post("/" + name, {"name": "pen"})
""",
    )
    result = suite.spawn("--oneresponse", "-v")
    result.assert_outcomes(passed=3, failed=1, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "*PracticeWarning: orphan-response POST /Other: *",
            "*PracticeWarning: orphan-response POST /Page: *",
            "*judged: breach: orphan-response 1; practice: orphan-response 2",
            "FAILED *Refusing*",
        ]
    )


SHARING = """
import flask

class Page:
    def __init__(self, answer=flask.Response("same")):
        self.answer = answer

    def __call__(self):
        return self.answer

app = flask.Flask(__name__)
app.add_url_rule("/", "page", Page())
"""


def test_an_object_that_was_built_before_all_is_told_where_it_was_returned(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    test = "import shop\ndef test_a():\n    for _ in range(2): shop.app.test_client().get('/')\n"
    suite.write(shop=SHARING, conftest="import shop", test_a=test)
    # in a process of its own: here the class may be one whose objects are noted already, and the line where it was built is told
    suite.spawn("--oneresponse").stdout.fnmatch_lines(["*PracticeWarning: shared-response GET /: *(shop.py:8)"])

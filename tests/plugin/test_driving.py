"""`--oneresponse-app`: where the app comes from, what the user's fixtures do to it, and what one route's item tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import ASGI_SHOP, WSGI_SHOP

if TYPE_CHECKING:
    from .conftest import Suite

ITEM = "oneresponse::shop:app::GET {path}"

# Notes in a file what it was asked.
NOTING = """
def app(environ, start_response):
    with open("asked.txt", "a") as file:
        token = environ.get("HTTP_AUTHORIZATION", "")
        file.write(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {token}\\n")
    start_response("200 OK", [])
    return [b"fine"]
"""


def asked(suite: Suite) -> list[str]:
    """What the noting app has been asked, a line a request."""
    return (suite.path / "asked.txt").read_text(encoding="utf-8").splitlines()


def failure(result: pytest.RunResult) -> str:
    """The text of the one failure of a run."""
    (report,) = (r for r in result.reprec.getreports("pytest_runtest_logreport") if r.failed)  # type: ignore[attr-defined]
    return str(report.longreprtext)


# ---------------------------------------------------------------- the finding


@pytest.mark.parametrize(("shop", "second", "first"), [(WSGI_SHOP, 8, 6), (ASGI_SHOP, 11, 9)])
def test_a_breach_fails_the_item_and_names_both_lines(suite: Suite, shop: str, second: int, first: int) -> None:
    suite.write(shop=shop)
    told = failure(suite.drive())
    assert told.startswith("second-response GET {path}: a second response")
    assert f"--> shop.py:{second}:" in told
    assert f"::: shop.py:{first}:" in told
    assert "^ second response" in told
    assert "- first response" in told
    assert "curl -H 'accept: */*' http://localhost:8000/twice" in told
    assert re.search(r"replay: pytest --oneresponse --oneresponse-app=shop:app --oneresponse-replay=\w+$", told)


def test_the_summary_line_begins_with_rule_and_route(asgi: Suite) -> None:
    line = next(line for line in asgi.drive().outlines if line.startswith("FAILED"))
    assert line.startswith(f"FAILED {ITEM} - second-response GET {{path}}")
    assert len(line) <= 80


def test_a_finding_is_the_same_in_every_run(wsgi: Suite) -> None:
    told = []
    for _ in range(2):
        wsgi.drive("--oneresponse-report=r.json")
        told.append(wsgi.report("r.json")["findings"])
    assert told[0] == told[1] != []


def test_an_app_without_breaches_passes(asgi: Suite) -> None:
    assert asgi.outcomes(asgi.drive(app="shop:fine")) == {"oneresponse::shop:fine::GET {path}": "passed"}


def test_a_breach_is_not_hidden_by_a_milder_case_of_its_rule(wsgi: Suite) -> None:
    """A bytes body is a practice, a text in the body a breach of the same rule, at the same line here."""
    assert failure(wsgi.drive("--oneresponse-ignore=second-response")).startswith("body-not-bytes GET {path}: ")


# ---------------------------------------------------------------- where the app comes from


def test_a_factory(suite: Suite) -> None:
    suite.write(shop=WSGI_SHOP + "\ndef create():\n    return fine\n")
    assert suite.outcomes(suite.drive(app="shop:create")) == {"oneresponse::shop:create::GET {path}": "passed"}


def test_a_factory_with_optional_arguments(suite: Suite) -> None:
    suite.write(shop=WSGI_SHOP + "\ndef create(config=None, **more):\n    return fine\n")
    assert suite.outcomes(suite.drive(app="shop:create")) == {"oneresponse::shop:create::GET {path}": "passed"}


def test_an_attribute_of_an_attribute(suite: Suite) -> None:
    suite.write(shop=WSGI_SHOP + "\nclass Site:\n    app = staticmethod(fine)\n")
    assert list(suite.outcomes(suite.drive(app="shop:Site.app"))) == ["oneresponse::shop:Site.app::GET {path}"]


def test_a_module_in_a_package(suite: Suite) -> None:
    suite.write(web____init__="", web__site=WSGI_SHOP)
    assert list(suite.outcomes(suite.drive(app="web.site:fine"))) == ["oneresponse::web.site:fine::GET {path}"]


def test_the_module_is_looked_for_where_pytest_was_started(suite: Suite) -> None:
    suite.write(src__shop=WSGI_SHOP, tests__test_a="def test_a(): pass")
    (suite.path / "pytest.ini").write_text("[pytest]\npythonpath = src\n", encoding="utf-8")
    assert suite.outcomes(suite.drive(app="shop:fine"))["oneresponse::shop:fine::GET {path}"] == "passed"


@pytest.mark.parametrize("name", ["oneresponse_app", "app"])
@pytest.mark.parametrize("scope", ["session", "function"])
def test_the_app_of_a_fixture(wsgi: Suite, name: str, scope: str) -> None:
    wsgi.write(
        conftest=f"import pytest, shop\n@pytest.fixture(scope={scope!r})\ndef {name}():\n    return shop.app\n",
        test_a="def test_a(): pass",
    )
    outcomes = wsgi.outcomes(wsgi.run("--oneresponse"))
    assert outcomes == {"test_a.py::test_a": "passed", f"oneresponse::{name}::GET {{path}}": "failed"}


@pytest.mark.parametrize("name", ["oneresponse_app", "app"])
def test_the_app_of_a_fixture_below_the_root(wsgi: Suite, name: str) -> None:
    """As most projects have it: the app in tests/conftest.py."""
    wsgi.write(
        tests__conftest=f"import pytest, shop\n@pytest.fixture\ndef {name}():\n    return shop.app\n",
        tests__test_a="def test_a(): pass",
    )
    (wsgi.path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    outcomes = wsgi.outcomes(wsgi.run("--oneresponse"))
    assert outcomes == {"tests/test_a.py::test_a": "passed", f"oneresponse::{name}::GET {{path}}": "failed"}


def test_a_fixture_is_torn_down(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import pytest, shop
@pytest.fixture
def base():
    yield shop.fine
    print("BASE DOWN")
@pytest.fixture
def app(base):
    print("APP UP")
    yield base
    print("APP DOWN")
""",
        test_a="def test_a(): pass",
    )
    result = wsgi.run("--oneresponse", "-s")
    told = str(result.stdout)
    # to list its routes, and for its item
    assert told.count("APP UP") == told.count("APP DOWN") == told.count("BASE DOWN") == 2


def test_the_flag_goes_before_the_fixture(wsgi: Suite) -> None:
    wsgi.write(conftest="import pytest\n@pytest.fixture\ndef oneresponse_app():\n    raise LookupError\n")
    assert wsgi.outcomes(wsgi.drive(app="shop:fine")) == {"oneresponse::shop:fine::GET {path}": "passed"}


def test_oneresponse_app_goes_before_app(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import pytest, shop
@pytest.fixture
def app(): raise LookupError
@pytest.fixture
def oneresponse_app(): return shop.fine
""",
        test_a="def test_a(): pass",
    )
    outcomes = wsgi.outcomes(wsgi.run("--oneresponse"))
    assert outcomes == {"test_a.py::test_a": "passed", "oneresponse::oneresponse_app::GET {path}": "passed"}


def test_a_fixture_named_app_that_is_no_web_app_is_left_alone(suite: Suite) -> None:
    suite.write(
        conftest="import pytest\n@pytest.fixture\ndef app():\n    return 'a window'\n",
        test_a="def test_a(app): assert app",
    )
    assert suite.outcomes(suite.run("--oneresponse")) == {"test_a.py::test_a": "passed"}


@pytest.mark.parametrize("value", ["'a window'", "None"])
def test_oneresponse_app_that_is_no_web_app_is_an_error(suite: Suite, value: str) -> None:
    suite.write(
        conftest=f"import pytest\n@pytest.fixture\ndef oneresponse_app():\n    return {value}\n",
        test_a="def test_a(): pass",
    )
    result = suite.run("--oneresponse")
    assert suite.outcomes(result) == {"test_a.py::test_a": "passed", "oneresponse::oneresponse_app": "failed"}
    assert f"oneresponse_app is {value}, which is neither a WSGI app" in failure(result)


def test_a_fixture_named_app_in_a_test_module_is_not_taken(wsgi: Suite) -> None:
    wsgi.write(test_a="import pytest, shop\n@pytest.fixture\ndef app(): return shop.app\ndef test_a(app): pass")
    assert wsgi.outcomes(wsgi.run("--oneresponse")) == {"test_a.py::test_a": "passed"}


# ---------------------------------------------------------------- the user's fixtures


def test_oneresponse_request_changes_every_request(suite: Suite) -> None:
    suite.write(
        shop=NOTING,
        conftest="""
import pytest
@pytest.fixture
def token():
    return "secret"
@pytest.fixture
def oneresponse_request(token):
    return lambda request: request.with_header("authorization", token)
""",
    )
    assert list(suite.outcomes(suite.drive()).values()) == ["passed"]
    assert len(asked(suite)) > 10
    assert all(line.endswith(" secret") for line in asked(suite))


def test_oneresponse_reset_is_around_every_exchange(suite: Suite) -> None:
    suite.write(
        shop=NOTING,
        conftest="""
import contextlib, pytest
@pytest.fixture
def oneresponse_reset():
    @contextlib.contextmanager
    def reset():
        with open("asked.txt", "a") as file: file.write("(\\n")
        yield
        with open("asked.txt", "a") as file: file.write(")\\n")
    return reset
""",
    )
    assert list(suite.outcomes(suite.drive("--oneresponse-faults=none")).values()) == ["passed"]
    marks = "".join(line if line in "()" else "r" for line in asked(suite))
    assert re.fullmatch(r"(\(r+\))+", marks), marks
    assert marks.count("(") > 10


def test_oneresponse_values_are_sent(suite: Suite) -> None:
    suite.write(
        shop=NOTING,
        conftest="import pytest\n@pytest.fixture\ndef oneresponse_values():\n    return {'path': ['/one', '/two']}\n",
    )
    suite.drive()
    paths = {line.split()[1] for line in asked(suite)}
    assert {"/one", "/two"} <= paths


def test_oneresponse_values_take_a_hypothesis_strategy(suite: Suite) -> None:
    pytest.importorskip("hypothesis")
    suite.write(
        shop=NOTING,
        conftest="""
import pytest
from hypothesis import strategies
@pytest.fixture
def oneresponse_values():
    return {"path": strategies.sampled_from(["/ruby", "/opal"])}
""",
    )
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(passed=1)
    assert {"/ruby", "/opal"} & {line.split()[1] for line in asked(suite)}


def test_a_value_that_is_not_made_by_hand_is_needed_no_more(flask: Suite) -> None:
    flask.write(conftest="import pytest\n@pytest.fixture\ndef oneresponse_values():\n    return {'number': 4711}\n")
    assert "http://localhost:8000/bad/4711" in failure(flask.drive())


@pytest.mark.parametrize("name", ["oneresponse_request", "oneresponse_reset", "oneresponse_values"])
def test_a_user_fixture_that_raises_is_an_error_of_the_item(wsgi: Suite, name: str) -> None:
    wsgi.write(conftest=f"import pytest\n@pytest.fixture\ndef {name}():\n    raise LookupError('mine')\n")
    result = wsgi.drive("--oneresponse-app=shop:fine")
    assert set(wsgi.outcomes(result).values()) <= {"failed", "error"}
    assert "LookupError: mine" in str(result.stdout)


@pytest.mark.parametrize(
    "body",
    ["lambda request: 1 / 0", "__import__('contextlib').contextmanager(lambda: 1 / 0)"],
    ids=["request", "reset"],
)
def test_a_function_of_a_user_fixture_that_raises_is_told_as_it_is(wsgi: Suite, body: str) -> None:
    name = "oneresponse_request" if "request" in body else "oneresponse_reset"
    wsgi.write(conftest=f"import pytest\n@pytest.fixture\ndef {name}():\n    return {body}\n")
    result = wsgi.drive()
    assert wsgi.outcomes(result) == {ITEM: "failed"}
    assert "ZeroDivisionError" in str(result.stdout)


@pytest.mark.parametrize("error", ["KeyError('mine')", "ValueError('mine')"])
def test_an_error_of_the_users_function_is_not_taken_for_a_missing_value(wsgi: Suite, error: str) -> None:
    wsgi.write(
        conftest=f"""
import pytest
def change(request): raise {error}
@pytest.fixture
def oneresponse_request(): return change
"""
    )
    told = failure(wsgi.drive())
    assert "conftest.py" in told
    assert "no request could be made" not in told


def test_autouse_fixtures_of_the_user_apply_to_items(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import pytest
@pytest.fixture(autouse=True)
def note(request):
    with open("asked.txt", "a") as file: file.write(request.node.nodeid + "\\n")
"""
    )
    wsgi.drive(app="shop:fine")
    assert asked(wsgi) == ["oneresponse::shop:fine::GET {path}"]


def test_what_the_app_prints_is_captured_and_shown_of_one_exchange_alone(suite: Suite) -> None:
    suite.write(
        shop=WSGI_SHOP.replace('path = environ["PATH_INFO"]', 'path = environ["PATH_INFO"]\n    print("in the app")')
    )
    whole = str(suite.drive().stdout)
    assert "- Captured stdout call -" not in whole and "\nin the app" not in whole
    replay = re.search("--oneresponse-replay=[0-9a-f]+", whole)
    assert replay is not None
    again = str(suite.drive(replay[0]).stdout)
    assert "broke nothing" not in again
    assert "- Captured stdout call -" in again and "\nin the app" in again


def test_an_exchange_that_breaks_nothing_when_it_is_run_again_is_said_to(wsgi: Suite) -> None:
    start = '    start_response("200 OK", [("Content-Type", "text/plain")])\n'
    view = "def app(environ, start_response):\n{}    return [b'text']\n"
    wsgi.write(shop=view.format(start * 2))
    replay = re.search("--oneresponse-replay=[0-9a-f]+", str(wsgi.drive().stdout))
    assert replay is not None
    wsgi.write(shop=view.format(start))
    assert wsgi.outcomes(again := wsgi.drive(replay[0])) == {ITEM: "passed"}
    identity = replay[0].partition("=")[2]
    assert f"the exchange {identity} was run again, and broke nothing" in str(again.stdout)


def test_monkeypatch_and_the_like_reach_a_driven_app(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import pytest, shop
@pytest.fixture(autouse=True)
def note(monkeypatch):
    monkeypatch.setenv("SHOP", "open")
"""
    )
    wsgi.write(
        shop=WSGI_SHOP
        + "\nimport os\n"
        + "def app(environ, start_response):\n    os.environ['SHOP']\n    return fine(environ, start_response)\n"
    )
    assert wsgi.outcomes(wsgi.drive("--oneresponse-select=unhandled-error")) == {ITEM: "passed"}


# ---------------------------------------------------------------- replay

KEEPING = ("-p", "cacheprovider")
"""Found exchanges are kept in pytest's cache."""
NOTES = """
old = app
def app(e, s):
    note(e, lambda *_: 0)
    return old(e, s)
"""


def test_replay_runs_exactly_that_exchange(suite: Suite) -> None:
    suite.write(
        shop=WSGI_SHOP
        + NOTING.replace("return [", "x = [").replace("def app", "def note")
        + "\nold = app\ndef app(e, s):\n    note(e, lambda *_: 0)\n    return old(e, s)\n"
    )
    identity = re.search(r"--oneresponse-replay=(\w+)", failure(suite.drive(*KEEPING)))
    assert identity is not None
    (suite.path / "asked.txt").unlink()
    told = failure(suite.drive(*KEEPING, f"--oneresponse-replay={identity[1]}"))
    assert told.startswith("second-response GET {path}: ")
    assert f"--oneresponse-replay={identity[1]}" in told
    assert asked(suite) == ["GET /twice "]


def test_replay_searches_for_an_exchange_that_was_not_kept(wsgi: Suite) -> None:
    first = failure(wsgi.drive())
    identity = re.search(r"--oneresponse-replay=(\w+)", first)
    assert identity is not None
    again = failure(wsgi.drive(f"--oneresponse-replay={identity[1]}"))
    assert again.partition("= replay")[0] == first.partition("= replay")[0]


def test_what_failed_is_tried_first_in_the_next_run(suite: Suite) -> None:
    suite.write(shop=WSGI_SHOP + NOTING.replace("def app", "def note") + NOTES)
    failure(suite.drive(*KEEPING))
    (suite.path / "asked.txt").unlink()
    failure(suite.drive(*KEEPING))
    lines = asked(suite)
    assert lines.index("GET /twice ") < lines.index("GET / ")


def test_what_was_kept_and_is_no_exchange_is_passed_over(wsgi: Suite) -> None:
    failure(wsgi.drive(*KEEPING))
    (kept,) = (wsgi.path / ".pytest_cache").rglob("oneresponse/failed")
    for text in ('{"oneresponse::shop:app::GET {path}": {"a": {}}}', "[]", '{"a": 1}', "{"):
        kept.write_text(text, encoding="utf-8")
        assert failure(wsgi.drive(*KEEPING)).startswith("second-response GET {path}: ")


def test_replay_leaves_the_other_routes_alone(flask: Suite) -> None:
    result = flask.drive()
    identity = re.search(r"--oneresponse-replay=(\w+)", failure(result))
    assert identity is not None
    outcomes = flask.outcomes(flask.drive(f"--oneresponse-replay={identity[1]}"))
    assert outcomes.pop("oneresponse::shop:app::GET /bad/<int:number>") == "failed"
    assert set(outcomes.values()) <= {"skipped"}


def test_replay_sends_nothing_to_other_routes(suite: Suite) -> None:
    suite.write(shop=NOTING, other=WSGI_SHOP)
    identity = re.search(r"--oneresponse-replay=(\w+)", failure(suite.drive(*KEEPING, "--oneresponse-app=other:app")))
    assert identity is not None
    (suite.path / "asked.txt").unlink()
    failure(suite.drive(*KEEPING, "--oneresponse-app=other:app", f"--oneresponse-replay={identity[1]}"))
    assert not (suite.path / "asked.txt").exists()


def test_the_replay_command_of_a_fixtures_app_works_as_it_is_printed(wsgi: Suite) -> None:
    wsgi.write(
        conftest="import pytest, shop\n@pytest.fixture\ndef app(): return shop.app\n", test_a="def test_a(): pass"
    )
    told = failure(wsgi.run("--oneresponse"))
    command = re.search(r"replay: pytest (.*)", told)
    assert command is not None
    again = wsgi.run(*command[1].split())
    assert failure(again).startswith("second-response GET {path}: ")


def test_an_unknown_replay_id_is_an_error(wsgi: Suite) -> None:
    result = wsgi.drive("--oneresponse-replay=nosuchid", app="shop:fine")
    assert result.ret != pytest.ExitCode.OK
    assert "nosuchid" in str(result.stdout) + str(result.stderr)


SERIAL = """
import functools

def serialised(view):
    @functools.wraps(view)
    def inner(**given):
        return str(1 / view(**given).number)
    return inner
"""


def test_what_another_package_makes_an_answer_of_is_no_missing_answer(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(**{"site-packages__serial": SERIAL})
    suite.pytester.syspathinsert(suite.path / "site-packages")
    shop = """
import types
from flask import Flask
from serial import serialised

app = Flask(__name__, static_folder=None)

@app.get("/<int:number>")
@serialised
def one(number):
    return types.SimpleNamespace(number=number)

@app.get("/none/<int:number>")
@serialised
def forgets(number):
    types.SimpleNamespace(number=number)
"""
    suite.write(shop=shop)
    result = suite.drive()
    found = suite.outcomes(result)
    assert found["oneresponse::shop:app::GET /<int:number>"] == "passed", "to divide by 0 is the app's own 500"
    assert found["oneresponse::shop:app::GET /none/<int:number>"] == "failed"
    result.stdout.fnmatch_lines(["no-response GET /none/*: the view returned None*"])


def test_what_breaks_under_another_routes_method_is_told_of_that_route(suite: Suite) -> None:
    pytest.importorskip("flask")
    shop = """
from flask import Flask, Response, request

app = Flask(__name__, static_folder=None)

@app.route("/things/<name>", methods=["POST", "PATCH"])
def things(name):
    if request.method == "POST":
        return Response("x", status="odd")
    return Response("ok")
"""
    suite.write(shop=shop)
    found = suite.outcomes(suite.drive())
    assert found == {
        "oneresponse::shop:app::PATCH /things/<name>": "passed",
        "oneresponse::shop:app::POST /things/<name>": "failed",
    }


def test_a_number_of_something_else_does_not_multiply_the_query(suite: Suite) -> None:
    pytest.importorskip("flask")
    shop = """
from flask import Flask, request

app = Flask(__name__, static_folder=None)

@app.get("/a/<slug>")
def a(slug):
    parts = "Token abc".split()
    with open("queries.txt", "a") as log:
        log.write(request.query_string.decode() + chr(10))
    for number in range(1, 13):
        if len(parts) == 1 + number * 2:
            return "odd"
    if request.args.get("q") == "x":
        return "x"
    return "two"
"""
    suite.write(shop=shop)
    suite.drive("--oneresponse-faults=none")
    sent = (suite.path / "queries.txt").read_text().splitlines()
    assert any(query.endswith("q=x") for query in sent)
    assert not [query for query in sent if query.count("q=") > 1]


HANGS = """
import asyncio, threading

async def app(scope, receive, send):
    if scope["type"] == "http":
        await asyncio.to_thread(threading.Event().wait)
"""


def test_the_process_ends_while_a_thread_of_the_app_hangs(suite: Suite) -> None:
    suite.write(shop=HANGS)
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-timeout=0.2")
    result.stdout.fnmatch_lines(["hung-response *", "*1 failed*"])


MADE = """
import pytest
from fastapi import FastAPI
from pathlib import Path
import contextlib

def note(text):
    with open("notes.txt", "a") as notes:
        notes.write(text + chr(10))

@pytest.fixture(scope={scope!r})
def base():
    note("base up")
    yield
    note("base down")

@pytest.fixture(scope={scope!r})
def app(base):
    @contextlib.asynccontextmanager
    async def lifespan(app):
        note("app up")
        yield
        note("app down")

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    for name in "abc":
        app.get(f"/{{name}}")(lambda: "fine")
    return app
"""


@pytest.mark.parametrize(("scope", "times"), [("function", 3), ("session", 1)])
def test_an_app_that_a_fixture_makes_is_started_and_ended_with_it(suite: Suite, scope: str, times: int) -> None:
    pytest.importorskip("fastapi")
    suite.write(conftest=MADE.format(scope=scope), test_a="def test_a(): pass")
    result = suite.run("--oneresponse", "--oneresponse-faults=none", "--oneresponse-report=report.json")
    result.assert_outcomes(passed=4)
    listed = ["base up", "base down"]  # once more while tests are collected, for the routes
    assert (suite.path / "notes.txt").read_text().split("\n")[:-1] == [
        *listed,
        *(["base up", "app up", "app down", "base down"] * times),
    ]

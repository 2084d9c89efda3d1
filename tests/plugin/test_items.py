"""Driven routes are pytest items: their ids, and what picks and shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

X = "oneresponse::shop:app::GET /x"
Y = "oneresponse::shop:app::POST /y"
BAD = "oneresponse::shop:app::GET /bad/<int:number>"


MIDDLEWARE = """
import flask

app = flask.Flask(__name__, static_folder=None)


@app.before_request
def closed():
    flask.jsonify(error='closed')


@app.get("/one")
def one():
    return "one"


@app.get("/two")
def two():
    return "two"
"""
DOTTED = """
import flask

app = flask.Flask(__name__)


@app.get("/orders.csv")
def orders():
    return "id,total"
"""


def test_one_item_for_each_route(flask: Suite) -> None:
    result = flask.drive()
    outcomes = flask.outcomes(result)
    assert outcomes.pop("oneresponse::shop:app::GET /static/<path:filename>", "passed") == "passed"
    assert outcomes == {X: "passed", BAD: "failed", Y: "passed"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_bare_app_is_one_item(asgi: Suite) -> None:
    result = asgi.drive("--oneresponse-app=shop:fine")
    assert list(asgi.outcomes(result)) == ["oneresponse::shop:app::GET {path}", "oneresponse::shop:fine::GET {path}"]


def test_items_come_after_the_tests(wsgi: Suite) -> None:
    wsgi.write(test_z="def test_z(): pass")
    result = wsgi.drive()
    assert list(wsgi.outcomes(result)) == ["test_z.py::test_z", "oneresponse::shop:app::GET {path}"]


def test_collect_only_shows_ids_and_drives_nothing(flask: Suite) -> None:
    result = flask.drive("--collect-only", "-q", "--oneresponse-report=r.json")
    assert {X, Y, BAD} <= set(result.outlines)
    assert result.ret == pytest.ExitCode.OK
    assert flask.report("r.json")["routes"] == []


def test_collect_only_shows_the_node(flask: Suite) -> None:
    flask.drive("--collect-only").stdout.fnmatch_lines(
        ["*<OneResponseNode oneresponse>", "*<RouteItem shop:app::GET /x>"]
    )


@pytest.mark.parametrize(
    ("expression", "ids"), [("oneresponse and bad", [BAD]), ("POST", [Y]), ("shop and not GET", [Y])]
)
def test_k(flask: Suite, expression: str, ids: list[str]) -> None:
    assert list(flask.outcomes(flask.drive("-k", expression))) == ids


def test_an_id_on_the_command_line_picks_its_item(flask: Suite) -> None:
    flask.write(test_other="def test_other(): raise SystemExit('not wanted')")
    result = flask.drive(X)
    assert flask.outcomes(result) == {X: "passed"}
    assert result.ret == pytest.ExitCode.OK


def test_ids_of_items_and_of_tests_together(flask: Suite) -> None:
    flask.write(test_other="def test_a(): pass\ndef test_b(): pass")
    result = flask.drive(BAD, "test_other.py::test_b", Y)
    assert flask.outcomes(result) == {BAD: "failed", "test_other.py::test_b": "passed", Y: "passed"}


@pytest.mark.parametrize("node", ["oneresponse", "oneresponse::shop:app"])
def test_the_whole_node_on_the_command_line(flask: Suite, node: str) -> None:
    flask.write(test_other="def test_a(): pass")
    assert {X, BAD, Y} <= set(flask.outcomes(flask.drive(node)))
    assert "test_other.py::test_a" not in flask.outcomes(flask.drive(node))


def test_an_id_that_does_not_exist_is_an_error(flask: Suite) -> None:
    result = flask.drive("oneresponse::shop:app::GET /nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "GET /nowhere" in str(result.stdout) + str(result.stderr)


def test_a_file_on_the_command_line_leaves_the_driven_items_in(flask: Suite) -> None:
    flask.write(test_other="def test_a(): pass", test_more="def test_b(): pass")
    outcomes = flask.outcomes(flask.drive("test_other.py"))
    assert outcomes["test_other.py::test_a"] == "passed"
    assert "test_more.py::test_b" not in outcomes


def test_deselect(flask: Suite) -> None:
    assert BAD not in flask.outcomes(flask.drive("--deselect", BAD))


def test_x_ends_at_the_first_failure(flask: Suite) -> None:
    outcomes = flask.outcomes(flask.drive("-x"))
    assert list(outcomes.values()).count("failed") == 1
    assert list(outcomes)[-1] == BAD


def test_last_failed(flask: Suite) -> None:
    first = flask.pytester.runpytest_inprocess("-p", "oneresponse", "--oneresponse", "--oneresponse-app=shop:app")
    again = flask.pytester.runpytest_inprocess(
        "-p", "oneresponse", "--oneresponse", "--oneresponse-app=shop:app", "--lf"
    )
    assert first.parseoutcomes()["failed"] == 1
    assert flask.outcomes(again) == {BAD: "failed"}


def test_failed_first(flask: Suite) -> None:
    flask.write(test_other="def test_a(): pass")
    arguments = ("-p", "oneresponse", "--oneresponse", "--oneresponse-app=shop:app")
    flask.pytester.runpytest_inprocess(*arguments)
    again = flask.pytester.runpytest_inprocess(*arguments, "--ff")
    assert next(iter(flask.outcomes(again))) == BAD


def test_junit_xml(flask: Suite) -> None:
    flask.drive("--junitxml=junit.xml", "--color=yes")
    text = (flask.path / "junit.xml").read_text(encoding="utf-8")
    assert "\x1b" not in text and "#x1B" not in text
    cases = {(case.get("classname"), case.get("name")): case for case in ElementTree.fromstring(text).iter("testcase")}
    shop = "oneresponse.shop:app"
    assert {(shop, "GET /x"), (shop, "POST /y"), (shop, "GET /bad/<int:number>")} <= set(cases)
    assert not list(cases[shop, "GET /x"])
    failure = cases[shop, "GET /bad/<int:number>"].find("failure")
    assert failure is not None and failure.text is not None
    assert failure.text.startswith("error-after-start GET /bad/<int:number>: ")
    assert "shop.py:17" in failure.text
    assert (failure.get("message") or "").startswith("error-after-start GET /bad/<int:number>: ")


def test_several_apps(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    from .conftest import ASGI_SHOP, FLASK_SHOP

    suite.write(shop=FLASK_SHOP, other=ASGI_SHOP)
    outcomes = suite.outcomes(suite.drive("--oneresponse-app=other:fine", "--oneresponse-app=other:app"))
    assert outcomes[X] == "passed"
    assert outcomes["oneresponse::other:fine::GET {path}"] == "passed"
    assert outcomes["oneresponse::other:app::GET {path}"] == "failed"


def test_the_same_app_twice_is_one(wsgi: Suite) -> None:
    assert len(wsgi.outcomes(wsgi.drive("--oneresponse-app=shop:app"))) == 1


def test_durations_and_verbose_name_the_items(flask: Suite) -> None:
    result = flask.drive("-v", "--durations=0", "-vv")
    result.stdout.fnmatch_lines(["oneresponse::shop:app::GET /x *PASSED*", "*s call *oneresponse::shop:app::GET /x"])


@pytest.mark.parametrize("module", ["shop", "shop_of.mine"])
def test_verbose_shows_ids_as_they_are(suite: Suite, module: str) -> None:
    pytest.importorskip("flask")
    suite.write(**{module.replace(".", "__"): DOTTED})
    result = suite.drive("-v", app=f"{module}:app")
    result.stdout.fnmatch_lines([f"oneresponse::{module}:app::GET /orders.csv PASSED *"])
    result = suite.drive("-v", app=f"{module}:nothing")
    result.stdout.fnmatch_lines([f"oneresponse::{module}:nothing FAILED *", f"*_ the app {module}:nothing _*"])


def test_an_item_points_at_its_handler(flask: Suite) -> None:
    result = flask.drive("-k", "bad")
    report = next(r for r in result.reprec.getreports("pytest_runtest_logreport") if r.failed)  # type: ignore[attr-defined]
    assert report.location[:2] == ("shop.py", 13)


def test_no_app_no_items(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    assert suite.outcomes(suite.run("--oneresponse")) == {"test_a.py::test_a": "passed"}


def test_driving_alone_is_enough_to_pass(wsgi: Suite) -> None:
    result = wsgi.drive(app="shop:fine")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)


def test_without_the_flag_an_app_is_not_driven(wsgi: Suite) -> None:
    result = wsgi.run("--oneresponse-app=shop:app")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_what_a_middleware_breaks_is_told_in_full_once(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=MIDDLEWARE)
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert text.count("= help:") == text.count("jsonify(error='closed')") == 1
    assert text.count("--> shop.py:8:") == 2
    assert text.count("= as in: oneresponse::shop:app::GET /one") == 1
    alone = suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "-k", "two").stdout.str()
    assert alone.count("= help:") == 1
    assert "= as in:" not in alone


HELPED = """
from flask import Flask, Response, request

app = Flask(__name__, static_folder=None)


def deny():
    return Response("denied", status=403)


@app.get("/one")
def one():
    deny()
    return "one"


@app.get("/two")
def two():
    deny()
    return "two"
"""


def test_two_callers_that_drop_one_helpers_answer_are_both_told_in_full(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=HELPED)
    text = suite.spawn("--oneresponse", "--oneresponse-app=shop:app").stdout.str()
    assert text.count("::: shop.py:12:") == text.count("::: shop.py:18:") == 1
    assert text.count("= help:") == 2


def test_nothing_refers_to_an_item_that_was_expected_to_fail(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(
        shop=MIDDLEWARE,
        conftest="""
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name.endswith("/one"):
            item.add_marker("xfail")
""",
    )
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(failed=1, xfailed=1)
    assert result.stdout.str().count("= help:") == 1
    assert "= as in:" not in result.stdout.str()

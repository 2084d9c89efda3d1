"""`pytest -n 2`: the same findings, and one report, written once by the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import FLASK_SHOP, WSGI_SHOP

if TYPE_CHECKING:
    from .conftest import Suite

pytest.importorskip("xdist")

TESTS = """
import shop, webtest
def get(path): webtest.TestApp(shop.app, lint=False).get(path, status="*")
def test_good(): get("/")
def test_bad(): get("/twice")
def test_again(): get("/twice")
def test_practice(): get("/practice")
"""


def without_clock(document: dict[str, Any]) -> dict[str, Any]:
    """A report without its seconds, which are the clock's."""
    return {**document, "routes": [{**route, "seconds": 0} for route in document["routes"]]}


@pytest.fixture
def spread(suite: Suite) -> pytest.RunResult:
    """A run over two processes, after one in a single process with the same report."""
    suite.write(shop=WSGI_SHOP, test_a=TESTS)
    arguments = ("--cache-clear", "--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-app=shop:fine")
    suite.spawn(*arguments, "--oneresponse-report=one.json")
    return suite.spawn("-p", "xdist", "-n", "2", *arguments, "--oneresponse-report=two.json")


def test_two_processes_find_what_one_finds(suite: Suite, spread: pytest.RunResult) -> None:
    spread.assert_outcomes(passed=3, failed=3)
    assert without_clock(suite.report("one.json")) == without_clock(suite.report("two.json"))
    assert len(suite.report("two.json")["findings"]) == 5
    assert len(list(suite.path.glob("*.json*"))) == 2
    told = str(spread.stdout)
    assert told.count("report: two.json") == 1
    assert told.count(" requests judged: breach: ") == 1
    assert told.count("oneresponse: drive ") == 1
    assert "FAILED test_a.py::test_bad - second-response GET /twice: " in told
    assert "INTERNALERROR" not in told


def test_an_id_and_k(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    suite.write(shop=FLASK_SHOP)
    arguments = ("-p", "xdist", "-n", "2", "--oneresponse", "--oneresponse-app=shop:app")
    wanted = ("oneresponse::shop:app::GET /x", "oneresponse::shop:app::POST /y")
    suite.spawn(*arguments, *wanted, "-k", "GET").assert_outcomes(passed=1)


def test_bad_input_in_workers(suite: Suite) -> None:
    suite.write(shop=WSGI_SHOP, test_a="def test_a(): pass")
    arguments = ("-p", "xdist", "-n", "2", "--oneresponse", "--oneresponse-app=shop:fine")
    result = suite.spawn(*arguments, "--oneresponse-app=nosuch:app")
    result.assert_outcomes(passed=2, failed=1)
    assert "there is no module 'nosuch'" in str(result.stdout)


def test_an_unknown_rule(suite: Suite) -> None:
    result = suite.spawn("-p", "xdist", "-n", "2", "--oneresponse", "--oneresponse-ignore=nosuch")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no rule is named 'nosuch'" in str(result.stderr)


def test_loadscope_and_the_apps_of_fixtures(suite: Suite) -> None:
    suite.write(
        shop=WSGI_SHOP,
        test_a=TESTS,
        conftest="import pytest, shop\n@pytest.fixture(scope='session')\ndef app(): return shop.app\n",
    )
    result = suite.spawn("-p", "xdist", "-n", "2", "--dist=loadscope", "--oneresponse", "--oneresponse-report=r.json")
    result.assert_outcomes(passed=2, failed=3)
    assert {finding["route"] for finding in suite.report("r.json")["findings"]} >= {"GET /twice", "GET {path}"}


def test_a_wrong_id_is_told(suite: Suite) -> None:
    suite.write(shop=WSGI_SHOP)
    arguments = ("-p", "xdist", "-n", "2", "--oneresponse", "--oneresponse-app=shop:app")
    result = suite.spawn(*arguments, "oneresponse::shop:app::GET /nosuch")
    result.stdout.fnmatch_lines(["not found: oneresponse::shop:app::GET /nosuch", "(the driven items are *GET {path})"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED

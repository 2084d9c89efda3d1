"""The JSON report, as the design's schema 1 has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

PLACE = {"file", "line", "column", "function", "source"}
ROUTE = {"app", "method", "path", "handler", "requests", "seconds", "outcome", "branches", "faults"}
FINDING = {
    "rule", "level", "route", "message", "where", "also", "stack", "state", "exception", "request", "fault", "buffered",
    "count", "replay", "test",
}  # fmt: skip
TEST = "import shop, webtest\ndef test_a(): webtest.TestApp(shop.app, lint=False).get('/twice', status='*')"


@pytest.fixture
def document(flask: Suite) -> dict[str, Any]:
    """The report of the driven Flask app."""
    flask.drive("--oneresponse-report=r.json")
    return flask.report("r.json")


def test_the_top(document: dict[str, Any]) -> None:
    assert list(document) == ["schema", "routes", "findings"]
    assert document["schema"] == 1


def test_routes(document: dict[str, Any]) -> None:
    routes = {(route["method"], route["path"]): route for route in document["routes"]}
    assert {("GET", "/x"), ("GET", "/bad/<int:number>"), ("POST", "/y")} <= set(routes)
    for route in routes.values():
        assert set(route) == ROUTE
        assert route["app"] == "shop:app"
        assert set(route["branches"]) == {"total", "taken", "missed"}
        assert set(route["faults"]) == {"sites", "injected"}
        assert isinstance(route["requests"], int) and route["requests"] > 5
        assert isinstance(route["seconds"], float)
    assert routes["GET", "/x"]["handler"] == {"file": "shop.py", "line": 9, "function": "fine"}
    assert routes["GET", "/x"]["outcome"] == "passed"
    assert routes["GET", "/bad/<int:number>"]["outcome"] == "failed"


def test_findings(document: dict[str, Any]) -> None:
    (finding,) = document["findings"]
    assert set(finding) == FINDING
    assert (finding["rule"], finding["level"]) == ("error-after-start", "breach")
    assert finding["route"] == "GET /bad/<int:number>"
    assert finding["message"].startswith("LookupError escaped after the response")
    assert (
        finding["where"]
        == {
            "file": "shop.py",
            "line": 17,
            "column": 9,
            "function": "bad.<locals>.body",
            "source": "        raise LookupError(number)",
        }
        or finding["where"]["source"].strip() == "raise LookupError(number)"
    )
    assert (finding["also"]["file"], finding["also"]["line"]) == ("shop.py", 19)
    assert all(set(place) == PLACE for place in (finding["where"], finding["also"], *finding["stack"]))
    assert finding["stack"][-1] == finding["where"]
    assert finding["state"] == "BODY"
    assert finding["exception"]["type"] == "LookupError"
    assert finding["exception"]["message"] == "1"
    assert finding["exception"]["where"]["line"] == 17
    assert set(finding["request"]) == {"method", "path", "query", "headers", "body"}
    assert (finding["request"]["method"], finding["request"]["path"]) == ("GET", "/bad/1")
    assert finding["fault"] is None and finding["buffered"] == {"status": 500, "size": 0, "holds": True}
    assert finding["count"] > 1
    assert finding["replay"].startswith("pytest --oneresponse --oneresponse-app=shop:app --oneresponse-replay=")
    assert finding["test"] == "oneresponse::shop:app::GET /bad/<int:number>"


def test_a_watched_finding(wsgi: Suite) -> None:
    wsgi.write(test_a=TEST)
    wsgi.run("--oneresponse", "--oneresponse-report=r.json")
    document = wsgi.report("r.json")
    assert document["routes"] == []
    (finding,) = document["findings"]
    assert set(finding) == FINDING
    assert (finding["route"], finding["test"], finding["count"]) == ("GET /twice", "test_a.py::test_a", 1)
    assert finding["replay"] == ""


def test_practices_and_findings_of_teardown_are_in_it(wsgi: Suite) -> None:
    wsgi.write(
        test_a="""
import pytest, shop, webtest
@pytest.fixture
def asked():
    yield
    webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
def test_a(asked): webtest.TestApp(shop.app, lint=False).get("/practice")
"""
    )
    wsgi.run("--oneresponse", "--oneresponse-report=r.json")
    levels = {finding["rule"]: finding["level"] for finding in wsgi.report("r.json")["findings"]}
    assert levels == {"body-not-bytes": "practice", "second-response": "breach"}


@pytest.mark.parametrize(
    "fixture",
    ["    pytest.skip('not today')", "    raise LookupError"],
    ids=["skips", "raises"],
)
def test_findings_of_a_setup_that_ends_early_are_in_it(wsgi: Suite, fixture: str) -> None:
    wsgi.write(
        test_a=f"""
import pytest, shop, webtest
@pytest.fixture
def asked():
    webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
{fixture}
def test_a(asked): pass
"""
    )
    wsgi.run("--oneresponse", "--oneresponse-report=r.json")
    assert [finding["rule"] for finding in wsgi.report("r.json")["findings"]] == ["second-response"]


def test_equal_findings_of_several_tests_are_one(wsgi: Suite) -> None:
    wsgi.write(test_a=TEST, test_b=TEST)
    wsgi.run("--oneresponse", "--oneresponse-report=r.json")
    assert [finding["count"] for finding in wsgi.report("r.json")["findings"]] == [2]


def test_a_run_without_findings_is_reported_too(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    suite.run("--oneresponse", "--oneresponse-report=r.json")
    assert suite.report("r.json") == {"schema": 1, "routes": [], "findings": []}


def test_the_report_without_the_flag_is_not_written(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    suite.run("--oneresponse-report=r.json")
    assert not (suite.path / "r.json").exists()


def test_several_reports_are_the_same(wsgi: Suite) -> None:
    (wsgi.path / "deep").mkdir()
    wsgi.drive("--oneresponse-report=one.json", "--oneresponse-report=deep/two.json")
    assert wsgi.report("one.json") == wsgi.report("deep/two.json")


def test_the_ini_key(wsgi: Suite) -> None:
    (wsgi.path / "pytest.ini").write_text("[pytest]\noneresponse_report = r.json\n", encoding="utf-8")
    wsgi.drive()
    assert wsgi.report("r.json")["schema"] == 1


def test_no_escape_codes(wsgi: Suite) -> None:
    wsgi.drive("--oneresponse-report=r.json", "--color=yes")
    assert "\\u001b" not in (wsgi.path / "r.json").read_text(encoding="utf-8")


def test_what_was_there_is_replaced(wsgi: Suite) -> None:
    (wsgi.path / "r.json").write_text("old" * 10_000, encoding="utf-8")
    wsgi.drive("--oneresponse-report=r.json")
    assert wsgi.report("r.json")["schema"] == 1
    assert [path.name for path in wsgi.path.iterdir() if "json" in path.name] == ["r.json"]


def test_a_report_is_a_baseline(wsgi: Suite) -> None:
    wsgi.drive("--oneresponse-report=r.json")
    assert wsgi.drive("--oneresponse-baseline=r.json", "--oneresponse-report=r.json").ret == pytest.ExitCode.OK
    assert wsgi.drive("--oneresponse-baseline=r.json").ret == pytest.ExitCode.OK


def test_it_is_written_when_the_run_is_broken_off(flask: Suite) -> None:
    flask.drive("-x", "--oneresponse-report=r.json")
    assert len(flask.report("r.json")["findings"]) == 1


def test_the_report_is_json_for_odd_bytes(suite: Suite) -> None:
    suite.write(
        shop="""
def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [])
    if environ["QUERY_STRING"]:
        raise LookupError("\\ud800 \\x00 \\x1b[31m \\u65e5\\u672c")
    return [b"fine"]
"""
    )
    result = suite.drive("--oneresponse-report=r.json")
    (finding,) = suite.report("r.json")["findings"]
    assert finding["exception"]["type"] == "LookupError"
    json.dumps(finding, ensure_ascii=False, allow_nan=False)
    assert "\x1b[31m" not in str(result.stdout)


@pytest.mark.parametrize("how", ["folder", "locked"])
def test_an_unwritable_path(wsgi: Suite, how: str) -> None:
    wsgi.write(test_a="def test_a(): pass")
    if how == "folder":
        (wsgi.path / "r.json").mkdir()
    else:
        wsgi.write(
            conftest="""
import shutil
def pytest_sessionstart(): shutil.rmtree("out")
def pytest_runtest_setup(): open("out", "w").close()
"""
        )
        (wsgi.path / "out").mkdir()
    path = "r.json" if how == "folder" else "out/r.json"
    result = wsgi.drive(f"--oneresponse-report={path}", "--oneresponse-report=good.json", app="shop:fine")
    told = str(result.stdout) + str(result.stderr)
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR)
    assert f"cannot write the report {path}: " in told
    assert "Traceback" not in told and "INTERNALERROR" not in told
    assert set(wsgi.outcomes(result).values()) == {"passed"}
    assert wsgi.report("good.json")["schema"] == 1
    assert f"\nreport: {path}" not in told


def test_findings_are_painted_where_the_terminal_has_colours(wsgi: Suite) -> None:
    painted, plain = wsgi.drive("--color=yes"), wsgi.drive("--color=no")
    assert "\x1b[1;31msecond-response\x1b[0m" in str(painted.stdout)
    assert "\x1b" not in str(plain.stdout)
    (report,) = [one for one in painted.reprec.getreports("pytest_runtest_logreport") if one.failed]  # type: ignore[attr-defined]
    assert "\x1b" not in report.longreprtext

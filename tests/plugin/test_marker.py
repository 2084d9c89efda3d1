"""`@pytest.mark.oneresponse(...)`."""

from __future__ import annotations

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

mark = pytest.mark.oneresponse
"""


def run(suite: Suite, tests: str, *arguments: str) -> tuple[dict[str, str], str]:
    """Watch some tests that have `get(path)` and `mark`: their outcomes by name, and what was printed."""
    suite.write(client=CLIENT, test_it="from client import get, mark, pytest, shop, webtest\n" + tests)
    result = suite.run("--oneresponse", *arguments)
    return {name.rpartition("::")[2]: outcome for name, outcome in suite.outcomes(result).items()}, str(result.stdout)


# ---------------------------------------------------------------- ignore


@pytest.mark.parametrize(
    "ignore",
    [
        "['second-response']",
        "('second-response',)",
        "'second-response'",
        "['second-response@GET /twice']",
        "{'second-response'}",
    ],
)
def test_ignore(wsgi: Suite, ignore: str) -> None:
    outcomes, _ = run(wsgi, f"@mark(ignore={ignore})\ndef test_it(): get('/twice')\ndef test_after(): get('/twice')")
    assert outcomes == {"test_it": "passed", "test_after": "failed"}


def test_ignore_of_another_rule_or_route(wsgi: Suite) -> None:
    tests = """
@mark(ignore=["late-send", "second-response@GET /other"])
def test_it(): get("/twice")
"""
    assert run(wsgi, tests)[0] == {"test_it": "failed"}


def test_ignore_in_fixtures_and_teardown(wsgi: Suite) -> None:
    tests = """
@pytest.fixture
def asked():
    get("/twice")
    yield
    get("/twice")
@mark(ignore=["second-response"])
def test_it(asked): pass
"""
    assert run(wsgi, tests)[0] == {"test_it": "passed"}


def test_on_a_class_and_a_module(wsgi: Suite) -> None:
    tests = """
pytestmark = mark(ignore=["second-response"])
def test_it(): get("/twice")
def test_text(): get("/text")
@mark(ignore=["body-not-bytes"])
class TestIt:
    def test_text_here(self): get("/text")
"""
    assert run(wsgi, tests)[0] == {"test_it": "passed", "test_text": "failed", "test_text_here": "passed"}


def test_the_markers_of_test_class_and_module_add_up(wsgi: Suite) -> None:
    """What is ignored for a module is ignored for a test in it that ignores more."""
    tests = """
pytestmark = mark(ignore=["second-response"])
@mark(ignore=["body-not-bytes"])
def test_it():
    get("/twice")
    get("/text")
"""
    assert run(wsgi, tests)[0] == {"test_it": "passed"}


def test_on_a_parameter(wsgi: Suite) -> None:
    tests = """
@pytest.mark.parametrize("path", ["/", pytest.param("/twice", marks=mark(ignore=["second-response"]))])
def test_it(path): get(path)
"""
    assert run(wsgi, tests)[0] == {"test_it[/]": "passed", "test_it[/twice]": "passed"}


# ---------------------------------------------------------------- expect


def test_expect(wsgi: Suite) -> None:
    tests = """
@mark(expect=["second-response"])
def test_it(): get("/twice")
@mark(expect=["second-response"])
def test_none(): get("/")
@mark(expect=["second-response", "body-not-bytes"])
def test_both():
    get("/twice")
    get("/text")
@mark(expect=["second-response", "body-not-bytes"])
def test_one(): get("/text")
@mark(expect="second-response")
def test_other(): get("/text")
"""
    outcomes, told = run(wsgi, tests)
    assert outcomes == {
        "test_it": "passed", "test_none": "failed", "test_both": "passed", "test_one": "failed", "test_other": "failed"
    }  # fmt: skip
    assert "expected second-response, and none came from 1 requests" in told or (
        "expected second-response, and none came from 1 request" in told
    )


def test_an_expected_finding_is_in_no_report(wsgi: Suite) -> None:
    outcomes, told = run(
        wsgi, "@mark(expect=['second-response'])\ndef test_it(): get('/twice')", "--oneresponse-report=r.json"
    )
    assert outcomes == {"test_it": "passed"}
    assert wsgi.report("r.json")["findings"] == []
    assert "1 request judged: no findings" in told


def test_expect_of_a_test_that_fails_by_itself(wsgi: Suite) -> None:
    outcomes, told = run(
        wsgi, "@mark(expect=['second-response'])\ndef test_it():\n    get('/')\n    assert 0, 'my own'"
    )
    assert outcomes == {"test_it": "failed"}
    assert "my own" in told
    assert "expected second-response" not in told


def test_expect_and_an_expected_failure_of_the_test(wsgi: Suite) -> None:
    """A breach that is wanted does not stand beside the test's own failure."""
    _, told = run(wsgi, "@mark(expect=['second-response'])\ndef test_it():\n    get('/twice')\n    assert 0, 'my own'")
    assert "my own" in told
    assert "second-response GET" not in told


def test_expect_of_a_test_that_skips(wsgi: Suite) -> None:
    tests = "@mark(expect=['second-response'])\ndef test_it():\n    get('/')\n    pytest.skip('not today')"
    assert run(wsgi, tests)[0] == {"test_it": "skipped"}


def test_expect_in_a_fixture(wsgi: Suite) -> None:
    tests = """
@pytest.fixture
def asked(): get("/twice")
@mark(expect=["second-response"])
def test_it(asked): pass
"""
    assert run(wsgi, tests)[0] == {"test_it": "passed"}


def test_expect_a_practice(wsgi: Suite) -> None:
    outcomes, told = run(wsgi, "@mark(expect=['body-not-bytes'])\ndef test_it(): get('/practice')")
    assert outcomes == {"test_it": "passed"}
    assert "PracticeWarning" not in told


def test_expect_a_rule_that_is_off(wsgi: Suite) -> None:
    tests = """
def broken(environ, start_response): raise LookupError
@mark(expect=["unhandled-error"])
def test_it():
    with pytest.raises(LookupError): get("/", broken)
"""
    assert run(wsgi, tests)[0] == {"test_it": "passed"}


def test_the_marker_without_the_flag_does_nothing(wsgi: Suite) -> None:
    wsgi.write(
        client=CLIENT, test_it="from client import *\n@mark(expect=['second-response'])\ndef test_it(): get('/')"
    )
    assert wsgi.run().ret == pytest.ExitCode.OK
    assert wsgi.run("--strict-markers").ret == pytest.ExitCode.OK


# ---------------------------------------------------------------- requests


def test_requests_of_a_driven_item(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.oneresponse(requests=3))
"""
    )
    wsgi.drive("--oneresponse-report=r.json", app="shop:fine")
    (route,) = wsgi.report("r.json")["routes"]
    assert route["requests"] == 3


def test_ignore_and_expect_of_a_driven_item(asgi: Suite) -> None:
    asgi.write(
        conftest="""
import os, pytest
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(eval(os.environ["MARK"]))
"""
    )
    marks = {
        "pytest.mark.oneresponse(ignore=['second-response'])": "passed",
        "pytest.mark.oneresponse(expect=['second-response'])": "passed",
        "pytest.mark.oneresponse(expect=['late-send'])": "failed",
        "pytest.mark.oneresponse(expect=['second-response', 'late-send'])": "failed",
        "pytest.mark.xfail(strict=True)": "xfailed",
        "pytest.mark.skip": "skipped",
    }
    for mark, outcome in marks.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MARK", mark)
            assert list(asgi.outcomes(asgi.drive()).values()) == [outcome], mark


def test_requests_of_a_check(wsgi: Suite) -> None:
    tests = """
@mark(requests=3, faults="none")
def test_it(oneresponse):
    asked = []
    def app(environ, start_response):
        asked.append(1)
        return shop.fine(environ, start_response)
    oneresponse.check(app)
    assert len(asked) == 3
"""
    assert run(wsgi, tests)[0] == {"test_it": "passed"}


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ("mark(ignores=['second-response'])", "the oneresponse marker has no key 'ignores'; did you mean 'ignore'?"),
        ("mark(expected=['second-response'])", "no key 'expected'; did you mean 'expect'?"),
        ("mark(request=3)", "no key 'request'; did you mean 'requests'?"),
        ("mark(faults='some')", "faults must be one of calls, upstream, none, not 'some'"),
        ("mark(zzz=3)", "no key 'zzz'; it has requests, faults, ignore, expect"),
        ("mark(timeout=3)", "no key 'timeout'"),
        ("mark('second-response')", "takes keys only"),
        ("mark(ignore=['second-respons'])", "did you mean second-response"),
        ("mark(ignore='second-respons@GET /')", "did you mean second-response"),
        ("mark(expect=['zzz'])", "expect: "),
        ("mark(ignore=None)", "ignore"),
        ("mark(ignore=7)", "ignore"),
        ("mark(ignore=[7])", "ignore"),
        ("mark(requests=0)", "requests"),
        ("mark(requests='many')", "requests"),
    ],
)
def test_a_wrong_marker_is_an_error_at_its_line(wsgi: Suite, marker: str, says: str) -> None:
    outcomes, told = run(wsgi, f"def test_before(): pass\n\n@{marker}\ndef test_it(): get('/')\ndef test_after(): pass")
    assert outcomes == {"test_before": "passed", "test_it": "error", "test_after": "passed"}
    assert says in told
    assert "test_it.py:4" in told or "test_it.py:5" in told  # of the marker or the function below
    assert "session.py" not in told and "Traceback" not in told
    assert "INTERNALERROR" not in told


def test_a_wrong_marker_on_a_driven_item(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import pytest
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items[-1].add_marker(pytest.mark.oneresponse(ignores=[]))
"""
    )
    result = wsgi.drive(app="shop:fine")
    assert list(wsgi.outcomes(result).values()) == ["error"]
    assert "did you mean 'ignore'?" in str(result.stdout)

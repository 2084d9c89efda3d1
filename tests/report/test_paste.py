"""A finding that a failure shows, as a test that can be put into a suite."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse.contract.finding import Finding, Place
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.protocols.client import Client
from pytest_oneresponse.report.paste import pasted

FAULT = {
    "kind": "call",
    "where": {"file": "shop/views.py", "line": 40, "column": 5, "function": "show", "source": "rows = load()"},
    "call": "load",
    "exception": "sqlite3.OperationalError",
    "occurrence": 1,
    "line": 40,
    "passing": 1,
    "always": False,
    "before": [],
}
FINDING = Finding(
    rule="second-response",
    level="breach",
    route="GET /companies/{id}",
    message="a second response was started",
    where=Place("shop/views.py", 44, 9),
    request=Request("GET", "/companies/1", headers=(("host", "localhost:8000"), ("accept", "*/*"))),
    test="oneresponse::shop:app::GET /companies/{id}",
    fault=FAULT,
)


def failing(**values: Any) -> Finding:
    return replace(FINDING, fault=FAULT | values)


def sent(request: Request) -> str:
    """The line that sends a request."""
    return pasted(replace(FINDING, request=request)).rpartition("\n")[2].strip()


def test_the_test_makes_the_same_call_fail() -> None:
    assert pasted(FINDING) == "\n".join(
        [
            "import sqlite3",
            "from shop import app",
            "def test_get_companies_id(oneresponse):",
            "    client = oneresponse.client(app)",
            '    with oneresponse.fault("shop/views.py:40", sqlite3.OperationalError):',
            "        client.get('/companies/1', expect_errors=True)",
        ]
    )


@pytest.mark.parametrize(
    ("label", "imports", "wanted"),
    [
        ("shop:app", "from shop import app", "client(app)"),
        ("shop.web:make()", "from shop.web import make", "client(make())"),
        ("shop:site.app", "from shop import site", "client(site.app)"),
        ("shop:Site.make()", "from shop import Site", "client(Site.make())"),
    ],
)
def test_the_app_is_imported_as_its_label_says(label: str, imports: str, wanted: str) -> None:
    lines = pasted(replace(FINDING, test=f"oneresponse::{label}::GET /a")).splitlines()
    assert imports in lines and f"    client = oneresponse.{wanted}" in lines


def test_an_app_of_a_fixture_is_asked_for() -> None:
    lines = pasted(replace(FINDING, test="oneresponse::web_app::GET /a")).splitlines()
    assert lines[1:3] == ["def test_get_a(oneresponse, web_app):", "    client = oneresponse.client(web_app)"]


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("GET /", "get_"),
        ("POST /a-b/{id:int}/c.json", "post_a_b_id_int_c_json"),
        ("GET /a::b", "get_a_b"),
    ],
)
def test_the_test_is_named_after_the_route(route: str, name: str) -> None:
    text = pasted(replace(FINDING, test=f"oneresponse::shop:app::{route}"))
    assert f"def test_{name.strip('_')}(oneresponse):" in text and "from shop import app" in text


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"passing": 3}, '"shop/views.py:40", sqlite3.OperationalError, nth=3'),
        ({"always": True}, '"shop/views.py:40", sqlite3.OperationalError, always=True'),
        ({"passing": 2, "always": True}, '"shop/views.py:40", sqlite3.OperationalError, nth=2, always=True'),
        ({"line": 38}, '"shop/views.py:38", sqlite3.OperationalError'),
        ({"exception": "KeyError"}, '"shop/views.py:40", KeyError'),
        ({"exception": "json.decoder.JSONDecodeError"}, '"shop/views.py:40", json.decoder.JSONDecodeError'),
    ],
)
def test_when_and_what_fails_is_told(values: dict[str, Any], wanted: str) -> None:
    assert f"    with oneresponse.fault({wanted}):" in pasted(failing(**values)).splitlines()


def test_an_exception_within_a_class_is_imported_with_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shop.models", ModuleType("shop.models"))
    lines = pasted(failing(exception="shop.models.Item.DoesNotExist")).splitlines()
    assert lines[0] == "import shop.models" and "shop.models.Item.DoesNotExist)" in lines[-2]


def test_an_exception_of_python_is_not_imported() -> None:
    assert pasted(failing(exception="KeyError")).startswith("from shop import app\n")


@pytest.mark.parametrize("rule", ["error-after-start", "error-after-end"])
def test_an_error_that_escapes_is_expected(rule: str) -> None:
    lines = pasted(replace(FINDING, rule=rule)).splitlines()
    assert lines[0] == "import contextlib"
    assert lines[-2].endswith("sqlite3.OperationalError), contextlib.suppress(sqlite3.OperationalError):")


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (Request("GET", "/a", "b=c"), "client.get('/a?b=c', expect_errors=True)"),
        (Request("HEAD", "/a"), "client.head('/a', expect_errors=True)"),
        (Request("OPTIONS", "/a"), "client.options('/a', expect_errors=True)"),
        (Request("POST", "/a"), "client.request('/a', method='POST', expect_errors=True)"),
        (
            Request("PUT", "/a", headers=(("content-type", "text/plain"), ("content-length", "1")), body=b"x"),
            "client.request('/a', method='PUT', body=b'x', headers={'content-type': 'text/plain'}, expect_errors=True)",
        ),
        (
            Request("GET", "/a", headers=(("Host", "b"), ("Content-Length", "0"), ("x-token", "it's"))),
            """client.get('/a', headers={'x-token': "it's"}, expect_errors=True)""",
        ),
        (Request("GET", "/it's"), """client.get("/it's", expect_errors=True)"""),
    ],
)
def test_the_same_request_is_sent(request_: Request, wanted: str) -> None:
    assert sent(request_) == wanted


@pytest.mark.parametrize(
    "finding",
    [
        FINDING,
        failing(passing=2, always=True),
        replace(FINDING, rule="error-after-start", test="oneresponse::web_app::DELETE /ä/{x}"),
        replace(FINDING, request=Request("POST", "/ä'\"\\", "a=\n", (("x", "\x00'"),), b"\xff\x00'\"\n")),
    ],
)
def test_what_is_pasted_is_python(finding: Finding) -> None:
    (function,) = [node for node in ast.parse(pasted(finding)).body if isinstance(node, ast.FunctionDef)]
    assert function.name.startswith("test_")


@pytest.mark.parametrize(
    "finding",
    [
        replace(FINDING, fault=None),
        replace(FINDING, request=None),
        replace(FINDING, client="does what nobody knows"),
        replace(FINDING, test="tests/test_shop.py::test_all"),
        replace(FINDING, test=""),
    ],
)
def test_what_a_test_by_hand_cannot_show_is_not_pasted(finding: Finding) -> None:
    assert pasted(FINDING) and pasted(finding) == ""


UPSTREAM = {
    "kind": "upstream",
    "call": "GET https://stock.test/pens?n=1",
    "exception": "read timeout",
    "asked": "httpx",
    "otherwise": {},
}


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, "\"shop/views.py:40\", 'read timeout'"),
        ({"exception": "a truncated body"}, "\"shop/views.py:40\", 'a truncated body'"),
        ({"occurrence": 2, "passing": 5}, "\"shop/views.py:40\", 'read timeout', nth=2"),
        ({"always": True}, "\"shop/views.py:40\", 'read timeout', always=True"),
        ({"otherwise": {"left": 3}}, "\"shop/views.py:40\", 'read timeout', otherwise={'left': 3}"),
    ],
)
def test_another_machine_lets_the_app_down_in_the_same_way(values: dict[str, Any], wanted: str) -> None:
    lines = pasted(failing(**{**UPSTREAM, **values})).splitlines()
    assert lines == [
        "from shop import app",
        "def test_get_companies_id(oneresponse):",
        "    client = oneresponse.client(app)",
        f"    with oneresponse.fault({wanted}):",
        "        client.get('/companies/1', expect_errors=True)",
    ]


def test_what_escapes_because_of_another_machine_is_whatever_the_client_makes_of_it() -> None:
    lines = pasted(replace(failing(**UPSTREAM), rule="error-after-start")).splitlines()
    assert lines[0] == "import contextlib" and lines[-2].endswith("), contextlib.suppress(Exception):")


def test_two_failures_stand_beside_each_other() -> None:
    first = {**FAULT, "line": 12, "exception": "KeyError", "passing": 2}
    lines = pasted(failing(before=[first])).splitlines()
    blocks = 'oneresponse.fault("shop/views.py:12", KeyError, nth=2), oneresponse.fault("shop/views.py:40", '
    assert lines[-2] == f"    with {blocks}sqlite3.OperationalError):" and lines[0] == "import sqlite3"


@pytest.mark.parametrize(
    ("client", "wanted"),
    [
        (Client(leaves="first"), "leaves='first'"),
        (Client(refuses="start"), "refuses='start'"),
        (Client(slow=True), "slow=True"),
        (Client(strict=True), "strict=True"),
        (Client(breaks_off=True), "breaks_off=True"),
    ],
)
def test_a_client_misbehaves_in_the_same_way(client: Client, wanted: str) -> None:
    assert f"oneresponse.client(app, {wanted})" in pasted(replace(FINDING, client=str(client)))


@pytest.mark.parametrize("kind", ["exit", "query"])
def test_what_counts_alone_on_a_line_says_so(kind: str) -> None:
    wanted = f"\"shop/views.py:40\", sqlite3.OperationalError, nth=2, of='{kind}'"
    assert f"    with oneresponse.fault({wanted}):" in pasted(failing(kind=kind, occurrence=2, passing=5)).splitlines()


@pytest.mark.parametrize("kind", ["call", "await", "step", "enter"])
def test_what_stands_on_a_line_can_be_pasted(kind: str) -> None:
    assert pasted(failing(kind=kind)) == pasted(FINDING)

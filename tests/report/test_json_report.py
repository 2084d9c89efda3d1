from __future__ import annotations

import itertools
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse.contract.finding import Finding, Place
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.contract.rules import Level
from pytest_oneresponse.report import json_report

FINDING = Finding(
    rule="second-response",
    level="breach",
    route="GET /companies/{id}",
    message="a second response was started",
    where=Place("shop/views.py", 40, 16, "show", 'return Response("error", 500)', 38),
    also=Place("shop/views.py", 12, 5, "show", "await send(start)"),
    stack=(Place("shop/views.py", 40, 16, "show"),),
    state="BODY",
    request=Request("GET", "/companies/1", headers=(("Host", "shop.test"),)),
    replay="pytest --oneresponse",
    test="shop:app::GET /companies/{id}",
)


def route(path: str = "/companies/{id}", **values: Any) -> dict[str, Any]:
    return {
        "app": "shop:app",
        "method": "GET",
        "path": path,
        "handler": {"file": "shop/views.py", "line": 9, "function": "show"},
        "requests": 3,
        "seconds": 0.5,
        "outcome": "passed",
        "branches": {"total": 4, "taken": 4, "missed": []},
        "faults": {"sites": 2, "injected": 5},
    } | values


def missed(line: int) -> dict[str, Any]:
    return {"file": "shop/views.py", "line": line, "outcome": "true"}


def test_a_document_is_schema_1() -> None:
    place = {"file": "shop/views.py", "line": 40, "column": 16, "function": "show"}
    assert json_report.document([route()], [FINDING]) == {
        "schema": 1,
        "routes": [route()],
        "findings": [
            {
                "rule": "second-response",
                "level": "breach",
                "route": "GET /companies/{id}",
                "message": "a second response was started",
                "where": {**place, "source": 'return Response("error", 500)'},
                "also": {
                    "file": "shop/views.py",
                    "line": 12,
                    "column": 5,
                    "function": "show",
                    "source": "await send(start)",
                },
                "stack": [{**place, "source": ""}],
                "state": "BODY",
                "exception": None,
                "request": {
                    "method": "GET",
                    "path": "/companies/1",
                    "query": "",
                    "headers": [["Host", "shop.test"]],
                    "body": "",
                },
                "fault": None,
                "buffered": None,
                "count": 1,
                "replay": "pytest --oneresponse",
                "test": "shop:app::GET /companies/{id}",
            }
        ],
    }


def test_a_document_holds_json_basics_only() -> None:
    made = json_report.document([route(handler=None)], [replace(FINDING, level=Level.PRACTICE, fault={"where": (1,)})])
    (finding,) = made["findings"]
    assert type(finding["level"]) is str
    assert finding["fault"] == {"where": [1]}


def test_routes_and_findings_are_sorted() -> None:
    findings = [
        replace(FINDING, route="POST /a"),
        FINDING,
        replace(FINDING, rule="late-send"),
        replace(FINDING, where=Place("shop/views.py", 7)),
        replace(FINDING, where=Place("shop/a.py", 90)),
        replace(FINDING, where=None, also=None),
    ]
    routes = [route("/b"), route("/a"), route("/a", app="shop:admin"), route("/a", method="DELETE")]
    made = json_report.document(routes, findings)
    assert [
        (found["route"], found["rule"], found["where"] and found["where"]["line"]) for found in made["findings"]
    ] == [
        ("GET /companies/{id}", "late-send", 40),
        ("GET /companies/{id}", "second-response", None),
        ("GET /companies/{id}", "second-response", 90),
        ("GET /companies/{id}", "second-response", 7),
        ("GET /companies/{id}", "second-response", 40),
        ("POST /a", "second-response", 40),
    ]
    assert [(one["method"], one["path"], one["app"]) for one in made["routes"]] == [
        ("DELETE", "/a", "shop:app"),
        ("GET", "/a", "shop:admin"),
        ("GET", "/a", "shop:app"),
        ("GET", "/b", "shop:app"),
    ]


def test_nothing_merged_is_an_empty_document() -> None:
    assert json_report.merge([]) == {"schema": 1, "routes": [], "findings": []}


def test_equal_findings_are_one_with_the_shortest_request() -> None:
    long = replace(FINDING, request=Request("GET", f"/companies/{'1' * 99}"), count=2, message="long")
    mild = replace(FINDING, request=None, level="practice", count=4, message="mild")
    documents = [json_report.document([], [finding]) for finding in (long, FINDING, mild)]
    merged = [json_report.merge(order) for order in itertools.permutations(documents)]
    assert all(one == merged[0] for one in merged)
    (finding,) = merged[0]["findings"]
    assert finding == {**documents[1]["findings"][0], "count": 7}


def test_other_lines_are_other_findings() -> None:
    documents = [json_report.document([], [FINDING]), json_report.document([], [replace(FINDING, also=None)])]
    assert [found["count"] for found in json_report.merge(documents)["findings"]] == [1, 1]


def test_equal_routes_are_one_in_any_order() -> None:
    parts = [
        route(
            requests=3,
            seconds=0.1,
            branches={"total": 4, "taken": 2, "missed": [missed(1), missed(2)]},
            faults={"sites": 2, "injected": 5},
        ),
        route(
            requests=2,
            seconds=0.2,
            outcome="failed",
            branches={"total": 4, "taken": 2, "missed": [missed(2), missed(3)]},
            faults={"sites": 3, "injected": 1},
        ),
        route(requests=1, seconds=0.3, branches={"total": 0, "taken": 0, "missed": []}),
        route(requests=0, seconds=9.0, outcome="error", branches={"total": 0, "taken": 0, "missed": []}),
    ]
    documents = [json_report.document([part], []) for part in parts]
    merged = [json_report.merge(order) for order in itertools.permutations(documents)]
    assert all(one == merged[0] for one in merged)
    assert merged[0]["routes"] == [
        route(
            requests=6,
            seconds=pytest.approx(0.6),
            outcome="failed",
            branches={"total": 4, "taken": 3, "missed": [missed(2)]},
            faults={"sites": 3, "injected": 11},
        )
    ]


def test_a_route_that_nobody_drove_is_kept() -> None:
    parts = [json_report.document([route(requests=0, outcome="skipped")], []) for _ in range(2)]
    assert json_report.merge(parts)["routes"] == [route(requests=0, outcome="skipped")]


def test_an_outcome_of_another_name_gives_way() -> None:
    parts = [json_report.document([route(outcome=outcome)], []) for outcome in ("odd", "skipped")]
    assert json_report.merge(parts)["routes"][0]["outcome"] == "skipped"


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^cannot merge a report of schema 2: this is schema 1$"):
        json_report.merge([{"schema": 2, "routes": [], "findings": []}])


def test_write(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    made = json_report.document([route("/caf\N{LATIN SMALL LETTER E WITH ACUTE}\udc80")], [FINDING])
    json_report.write(path, {"schema": 0})
    json_report.write(str(path), made)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == made
    assert text.endswith("}\n")
    assert os.listdir(path.parent) == ["report.json"]


def test_a_path_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.mkdir()
    with pytest.raises(OSError, match=r"^cannot write the report .*report\.json: Is a directory$") as caught:
        json_report.write(path, {"schema": 1})
    assert isinstance(caught.value.__cause__, OSError)
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "report.json"
    with pytest.raises(OSError, match=r"^cannot write the report .*report\.json: (Not a directory|File exists)$"):
        json_report.write(path, {"schema": 1})


def test_what_is_no_json_leaves_the_old_report(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    json_report.write(path, {"schema": 1})
    with pytest.raises(TypeError):
        json_report.write(path, {"schema": object()})
    assert json.loads(path.read_text()) == {"schema": 1}

"""What a finding is in a report, what makes two of them one, and that it holds plain values only."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from pytest_oneresponse.contract.finding import Caught, Finding, Ledger, Place
from pytest_oneresponse.contract.request import Request

WHERE = Place("shop/views.py", 12, 9, "view", "return second", 22)
ALSO = Place("shop/views.py", 8, 5, "view", "start(send)", package="")
FINDING = Finding("second-response", "breach", "GET /a", "a second response was started", WHERE, ALSO)
PLACE_KEYS = ["file", "line", "column", "function", "source"]
KEYS = (
    "rule level route message where also stack state exception request fault buffered count replay test"  # schema 1
).split()


def test_the_report_has_the_keys_of_schema_1() -> None:
    whole = replace(
        FINDING,
        stack=(ALSO, WHERE),
        state="BODY",
        exception=Caught("KeyError", "'k'", WHERE),
        request=Request("POST", "/a", "b=1", (("host", "x"),), b"body"),
        fault={"call": "f"},
        buffered={"status": 200},
        count=3,
        replay="pytest --x",
        test="t.py::t",
    ).to_json()
    assert list(whole) == KEYS
    assert whole["where"] == dict(zip(PLACE_KEYS, ("shop/views.py", 12, 9, "view", "return second"), strict=True))
    assert [place["line"] for place in whole["stack"]] == [8, 12]
    assert whole["exception"] == {"type": "KeyError", "message": "'k'", "where": whole["where"]}
    assert whole["request"]["body"] == "body"
    assert (whole["state"], whole["count"], whole["replay"], whole["test"]) == ("BODY", 3, "pytest --x", "t.py::t")
    assert json.loads(json.dumps(whole)) == whole


def test_what_is_not_known_is_null_in_the_report() -> None:
    bare = Finding("no-response", "breach", "GET /a", "nothing").to_json()
    assert list(bare) == KEYS
    assert [key for key, value in bare.items() if value is None] == [
        "where",
        "also",
        "exception",
        "request",
        "fault",
        "buffered",
    ]
    assert Caught("KeyError", "").to_json() == {"type": "KeyError", "message": "", "where": None}


def test_a_finding_crosses_any_wire_and_cannot_be_changed() -> None:
    assert pickle.loads(pickle.dumps(FINDING)) == FINDING
    with pytest.raises(FrozenInstanceError):
        FINDING.rule = "x"  # type: ignore[misc]


def test_the_headline_begins_with_the_rule_and_the_route() -> None:
    assert FINDING.headline == "second-response GET /a: a second response was started"


def test_a_place_is_written_as_editors_read_it() -> None:
    assert str(WHERE) == "shop/views.py:12:9"


SAME = [
    replace(FINDING, message="told otherwise", level="practice"),
    replace(FINDING, state="DONE", count=7, replay="x", test="y", request=Request()),
    replace(FINDING, where=replace(WHERE, column=1, source="x", function="y")),
    replace(FINDING, stack=(WHERE,)),
]
OTHER = [
    replace(FINDING, rule="no-response"),
    replace(FINDING, route="POST /a"),
    replace(FINDING, where=replace(WHERE, line=13)),
    replace(FINDING, where=replace(WHERE, file="other.py")),
    replace(FINDING, also=replace(ALSO, line=9)),
    replace(FINDING, also=None),
    replace(FINDING, where=None),
]


@pytest.mark.parametrize("other", SAME, ids=range(len(SAME)))
def test_the_same_finding(other: Finding) -> None:
    ledger = Ledger()
    assert ledger.add(FINDING) is True
    assert ledger.add(other) is False
    assert len(ledger) == 1
    (kept,) = ledger
    assert kept == replace(FINDING, count=1 + other.count), "the first one is kept, and counts the others"


@pytest.mark.parametrize("other", OTHER, ids=range(len(OTHER)))
def test_another_finding(other: Finding) -> None:
    ledger = Ledger()
    assert ledger.add(FINDING) and ledger.add(other)
    assert list(ledger) == [FINDING, other], "in order of arrival"


def test_a_ledger_begins_empty() -> None:
    ledger = Ledger()
    assert len(ledger) == 0 and list(ledger) == []
    ledger.add(FINDING)
    assert len(Ledger()) == 0


def test_answers_that_one_helper_builds_are_told_by_who_drops_them() -> None:
    first = replace(FINDING, rule="orphan-response", dropped=replace(WHERE, line=30))
    second = replace(first, dropped=replace(WHERE, line=20))
    ledger = Ledger()
    assert ledger.add(first) and ledger.add(second) and not ledger.add(replace(first, also=None))
    ledger.sort()
    assert [one.dropped and one.dropped.line for one in ledger] == [20, 30]

"""Bugs behind bugs: an answer that is lost hides what else is wrong with its request, so the search goes around it."""

from __future__ import annotations

import json
from typing import Any

import pytest

Suite = Any

BOOKINGS = """
import datetime

from flask import Flask, jsonify, make_response, request

app = Flask(__name__, static_folder=None)
TAKEN = []


def problem(status, text):
    response = jsonify(error=text)
    response.status_code = status
    return response


def stored(start, end):
    if (start, end) in TAKEN:
        raise KeyError(start)
    TAKEN.append((start, end))


@app.post("/bookings")
def book():
    data = request.get_json(silent=True) or {}
    try:
        start, end = (datetime.datetime.fromisoformat(data[name]) for name in ("start", "end"))
    except (KeyError, TypeError, ValueError):
        return problem(400, "start and end")
    if end <= start:
        problem(422, "end is before start")
    if end - start > datetime.timedelta(hours=12):
        return problem(422, "at most twelve hours")
    if start.weekday() == 6:
        problem(422, "closed on Sundays")
    try:
        stored(start, end)
    except LookupError:
        problem(409, "taken")
    except OSError:
        return None
    return make_response(jsonify(data), 201)
"""


def test_a_helper_whose_answer_is_lost_on_several_lines_is_a_finding_for_each(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=BOOKINGS)
    suite.drive("--oneresponse-report=found.json").stdout.fnmatch_lines(["*: breach: orphan-response 3"])
    findings = json.loads((suite.path / "found.json").read_text())["findings"]
    lost = [place["source"] for finding in findings for place in finding["stack"] if place["function"] == "book"]
    told = ("end is before start", "closed on Sundays", "taken")
    assert [text for text in told if any(text in source for source in lost)] == [*told]


def test_a_baseline_has_one_of_them_and_not_the_others(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=BOOKINGS)
    suite.drive("--oneresponse-report=found.json")
    path = suite.path / "found.json"
    document = json.loads(path.read_text())
    del document["findings"][0]
    path.write_text(json.dumps(document))
    result = suite.drive("--oneresponse-baseline=found.json")
    result.stdout.fnmatch_lines(["*: breach: orphan-response 3* (2 of them in the baseline)"])
    result.assert_outcomes(failed=1)


MEMOS = """
from flask import Flask, jsonify, request

app = Flask(__name__, static_folder=None)
STORED = []


@app.post("/memos")
def memo():
    if request.get_json(silent=True) is None or request.json.get("kind") != "memo":
        return jsonify(error="no memo"), 400
    if request.get_data() in STORED:
        jsonify(error="taken")
    STORED.append(request.get_data())
    return jsonify(stored=len(STORED))
"""


def test_what_the_same_request_shows_when_it_comes_again_is_told(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=MEMOS)
    result = suite.drive("--oneresponse-report=found.json")
    result.stdout.fnmatch_lines(
        ["orphan-response POST /memos: *", "*note: it is sent twice, and this is the second answer"]
    )
    (finding,) = json.loads((suite.path / "found.json").read_text())["findings"]
    again = suite.drive(f"--oneresponse-replay={finding['replay'].rpartition('=')[2]}")
    again.stdout.fnmatch_lines(["orphan-response POST /memos: *"])

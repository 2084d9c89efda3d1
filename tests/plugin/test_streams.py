"""Streams that break off where what they are made of is odd: an empty text, a zero, also one that another route has stored."""

from __future__ import annotations

from typing import Any

import pytest

Suite = Any

FLASK = """
from flask import Flask, Response, request

app = Flask(__name__, static_folder=None)
ROWS = []


@app.post("/projects")
def create():
    ROWS.append((request.form.get("name", ""), request.form.get("hours", 1, type=int)))
    return {"id": len(ROWS)}


@app.get("/rates.csv")
def rates():
    rows = list(ROWS)

    def lines():
        yield "name,rate\\n"
        for name, hours in rows:
            yield f"{name},{100 // hours}\\n"

    return Response(lines(), mimetype="text/csv")


@app.get("/hours.csv")
def hours():
    def lines():
        yield "name,hours\\n"
        for name, hours in list(ROWS):
            yield f"{name},{hours}\\n"

    return Response(lines(), mimetype="text/csv")


@app.get("/shares.csv")
def shares():
    per = request.args.get("per", "1")
    if not per.isdigit():
        return "per", 400

    def lines():
        yield "share\\n"
        yield f"{100 // int(per)}\\n"

    return Response(lines(), mimetype="text/csv")


@app.get("/page")
def page():
    per = request.args.get("per", "1")
    return f"{100 // int(per)}" if per.isdigit() else "per"
"""
FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI(openapi_url=None)
NOTES = []


class Note(BaseModel):
    text: str
    author: str | None = None


@app.post("/notes")
def create(note: Note):
    NOTES.append(note)
    return {"id": len(NOTES)}


@app.get("/notes.txt")
async def notes():
    async def lines():
        yield "notes\\n"
        for note in list(NOTES):
            yield note.text.split()[0] + "\\n"

    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/authors.txt")
async def authors():
    async def lines():
        yield "authors\\n"
        for note in list(NOTES):
            yield (note.author or "nobody") + "\\n"

    return StreamingResponse(lines(), media_type="text/plain")
"""


def found(suite: Suite, *arguments: str) -> list[dict[str, Any]]:
    suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json", *arguments)
    return [one for one in suite.report("r.json")["findings"] if one["fault"] is None]


@pytest.mark.parametrize(
    ("framework", "source", "lines"),
    [
        ("flask", FLASK, {("GET /rates.csv", 20), ("GET /shares.csv", 43)}),
        ("fastapi", FASTAPI, {("GET /notes.txt", 25)}),
    ],
)
def test_a_stream_of_what_is_odd(suite: Suite, framework: str, source: str, lines: Any) -> None:
    pytest.importorskip(framework)
    suite.write(shop=source)
    findings = found(suite)
    assert {one["rule"] for one in findings} == {"error-after-start"}
    assert {(one["route"], one["where"]["line"]) for one in findings} == lines


def test_what_was_stored_before_is_told_and_stored_again(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK)
    replay = next(one["replay"] for one in found(suite) if one["route"] == "GET /rates.csv")
    again = suite.spawn(*replay.split()[1:])
    again.stdout.fnmatch_lines(
        [
            "error-after-start GET /rates.csv: ZeroDivisionError *",
            "* = note: it comes after curl * *hours=0* */projects",
        ]
    )


def test_what_was_stored_for_another_route_is_told_too(suite: Suite) -> None:
    """The rows that one stream can bear break the next one's first request."""
    pytest.importorskip("flask")
    rates, hours = FLASK.index('@app.get("/rates.csv")'), FLASK.index('@app.get("/hours.csv")')
    shares = FLASK.index('@app.get("/shares.csv")')
    suite.write(shop=FLASK[:rates] + FLASK[hours:shares] + FLASK[rates:hours])
    findings = found(suite)
    assert [one["route"] for one in findings] == ["GET /rates.csv"]
    replay = findings[0]["replay"]
    again = suite.spawn(*replay.split()[1:])
    again.stdout.fnmatch_lines(
        ["error-after-start GET /rates.csv: ZeroDivisionError *", "* = note: it comes after curl *"]
    )


def test_a_stream_in_a_nested_generator_is_odd_alone_too(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=FLASK)
    assert [one["route"] for one in found(suite, "-k", "rates")] == ["GET /rates.csv"]

"""Every example of docs/answered-twice.md earns the finding that stands below it, and its way out earns none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "answered-twice.md"

BEGINNINGS = {
    "Flask": (
        "from flask import Flask, Response, abort, jsonify, redirect, request\n"
        "from werkzeug.exceptions import HTTPException\n\napp = Flask(__name__)\n"
    ),
    "Django": (
        "from django.conf import settings\n\n"
        "settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], SECRET_KEY='x', MIDDLEWARE=[f'{__name__}.closed'])\n"
        "import django\n\ndjango.setup()\n"
        "from django.core.exceptions import PermissionDenied\n"
        "from django.core.wsgi import get_wsgi_application\n"
        "from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse\n"
        "from django.shortcuts import redirect\nfrom django.urls import path\n"
    ),
    "FastAPI": (
        "from fastapi import BackgroundTasks, FastAPI, HTTPException\n"
        "from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse\n\napp = FastAPI()\n"
    ),
}
"""What the page leaves out."""


class Example(NamedTuple):
    framework: str
    wrong: str
    headline: str
    right: str


def examples() -> list[Example]:
    found = re.findall(
        r"^### (\w+)\n\n```python\n(.*?)```\n\n```text\n(.*?)\n```\n\n```python\n(.*?)```",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    return [Example(*parts) for parts in found]


def headlines(folder: Path, framework: str, code: list[str]) -> set[str]:
    """What driving a module of these examples finds, as headlines: of each rule and route the first."""
    source = BEGINNINGS[framework] + "\n\n" + "\n\n".join(code)
    if framework == "Django":
        views = re.findall(r"^def (\w+)\(request\):", source, re.MULTILINE)
        source += "\n\nurlpatterns = [" + ", ".join(f"path('{view}', {view})" for view in views) + "]\n"
        source += "app = get_wsgi_application()\n"
    (folder / "examples.py").write_text(source, encoding="utf-8")
    arguments = ["--oneresponse", "--oneresponse-app=examples:app", "--oneresponse-report=report.json", "-q"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    report = folder / "report.json"
    assert report.exists(), run.stdout + run.stderr
    found = json.loads(report.read_text(encoding="utf-8"))["findings"]
    first = {(one["rule"], one["route"]): one["message"] for one in reversed(found) if one["route"].startswith("GET ")}
    return {f"{rule} {route}: {message}" for (rule, route), message in first.items()}


def test_the_page_shows_each_pattern_in_each_framework() -> None:
    told = [example.framework for example in examples()]
    assert told == [*BEGINNINGS] * PAGE.read_text(encoding="utf-8").count("\n### Flask\n")
    assert len(told) >= 18


@pytest.mark.parametrize("framework", BEGINNINGS)
def test_the_examples_earn_what_the_page_says(framework: str, tmp_path: Path) -> None:
    pytest.importorskip(framework.lower())
    mine = [example for example in examples() if example.framework == framework]
    assert headlines(tmp_path, framework, [example.wrong for example in mine]) == {one.headline for one in mine}


@pytest.mark.parametrize("framework", BEGINNINGS)
def test_the_ways_out_are_right(framework: str, tmp_path: Path) -> None:
    pytest.importorskip(framework.lower())
    mine = [example for example in examples() if example.framework == framework]
    assert headlines(tmp_path, framework, [example.right for example in mine]) == set()

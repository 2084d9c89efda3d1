"""Which statements of a handler throw an answer away is told by reading it; what is not certain is let be."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pytest_oneresponse import sites, source
from pytest_oneresponse.contract.finding import Finding, Place
from pytest_oneresponse.drive import unreached
from pytest_oneresponse.routes import Route

pytest.importorskip("flask")

BEGINNING = """
import functools

import flask
from flask import Response, jsonify, redirect
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug import exceptions


def fail(status):
    return jsonify(error=status), status


def either(flag):
    if flag:
        return redirect("/a")
    return redirect("/b")


def mixed(flag):
    if flag:
        return redirect("/a")
    return "text"


def sometimes(flag):
    if flag:
        return redirect("/a")


def round_and_round():
    return round_and_round()


async def denied():
    return Response(status=403)


@functools.cache
def cached():
    return Response("kept")


"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    for name in ("root", "_user"):
        monkeypatch.setattr(sites.Owners, name, getattr(sites.Owners, name))
    sites.Owners.configure(tmp_path)
    names: list[str] = []

    def loaded(source: str) -> ModuleType:
        name = f"oneresponse_unreached_{len(names)}"
        file = tmp_path / f"{name}.py"
        file.write_text(BEGINNING + source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield loaded
    for name in names:
        del sys.modules[name]


def told(module: ModuleType) -> list[tuple[str, str]]:
    return [(rule, place.source) for rule, place in unreached.lost(module.view)]


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ('redirect("/login")', "orphan-response"),
        ("flask.jsonify(error=1), 404", "orphan-response"),
        ('flask.Response("x")', "orphan-response"),
        ('NotFound("none")', "unraised-error"),
        ("exceptions.NotFound()", "unraised-error"),
        ("fail(403)", "orphan-response"),
        ("either(1)", "orphan-response"),
        ("await denied()", "orphan-response"),
        ("raise NotFound()", ""),
        ('x = redirect("/login")', ""),
        ("mixed(1)", ""),
        ("sometimes(1)", ""),
        ("round_and_round()", ""),
        ("denied()", ""),
        ("await fail(1)", ""),
        ("cached()", ""),
        ('print(redirect("/login"))', ""),
        ("unknown()", ""),
        ('flask.nothing.such("x")', ""),
        ("local()", ""),
        ("given()", ""),
        ('Response("x").set_cookie("a", "b")', ""),
        ('"a text"', ""),
        ('yield redirect("/login")', ""),
    ],
)
def test_a_statement(statement: str, rule: str, load: Callable[[str], ModuleType]) -> None:
    source = f"async def view(given):\n    local = redirect\n    if given:\n        {statement}\n"
    assert [one for one, _ in told(load(source))] == ([rule] if rule else [])


def test_the_place_is_that_of_the_statement(load: Callable[[str], ModuleType]) -> None:
    module = load('def view():\n    if 0:\n        redirect(\n            "/login"\n        )\n')
    ((rule, place),) = unreached.lost(module.view)
    assert (rule, place.function, place.source, place.column, place.end_column) == (
        "orphan-response",
        "view",
        "redirect(",
        9,
        0,
    )


def test_the_methods_of_a_class_and_what_a_decorator_hides_are_read(load: Callable[[str], ModuleType]) -> None:
    module = load(
        "class View:\n    def get(self):\n        NotFound()\n    kept = 1\n\n\n"
        "@functools.wraps(fail)\ndef wrapper():\n    pass\n\n\nwrapper.__wrapped__ = View\nview = wrapper\n"
    )
    assert told(module) == [("unraised-error", "NotFound()")]


@pytest.mark.parametrize("handler", [None, print, len, object()])
def test_what_has_no_source_has_nothing_to_tell(handler: object) -> None:
    assert list(unreached.lost(handler)) == []


def test_what_a_request_has_found_is_not_told_again(load: Callable[[str], ModuleType]) -> None:
    module = load('def view():\n    redirect("/a")\n    redirect("/b")\n    fail(3)\n')
    route = Route("GET", "/", module.view)
    all_three = unreached.findings(route, ())
    assert [(one.rule, one.level, one.route) for one in all_three] == [("orphan-response", "practice", "GET /")] * 3
    first, _, third = (one.where for one in all_three)
    assert first and third
    found = [
        Finding("orphan-response", "breach", "GET /", "lost", where=first),
        Finding(
            "orphan-response",
            "breach",
            "GET /",
            "lost",
            where=Place(first.file, 10, 5, "fail", "return jsonify(error=status), status"),
            dropped=third,
        ),
    ]
    assert [one.where.source for one in unreached.findings(route, found) if one.where] == ['redirect("/b")']


def test_a_file_that_has_changed_or_gone_tells_nothing(load: Callable[[str], ModuleType]) -> None:
    module = load('def view():\n    redirect("/a")\n')
    Path(str(module.__file__)).unlink()
    source.functions_of.cache_clear()
    source.tree_of.cache_clear()
    assert told(module) == []

"""Small suites and apps for the plugin, and how to run them."""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import importlib.util
import json
import os
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse.faults import leftovers

ROOT = Path(__file__).parents[2]

# What a run of pytest in this process imports, pytester forgets when the test ends. These have to outlive it: they
# change classes of modules that outlive it too, and twice would be once too often.
LASTING = (
    "asyncio",
    "fastapi",
    "flask.testing",
    "pytest_oneresponse.session.ask",
    "pytest_oneresponse.session.client",
    "pytest_oneresponse.session.start",
    "pytest_oneresponse.explore.values",
    "starlette.applications",
    "webtest",
)

WSGI_SHOP = '''
"""A WSGI app whose path says what it does."""


def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/twice":
        start_response("500 Error", [("Content-Type", "text/plain")])
    if path == "/practice":
        return b""
    if path == "/text":
        return ["text"]
    return [b"fine"]


def fine(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
'''

ASGI_SHOP = '''
"""An ASGI app whose path says what it does."""

START = {"type": "http.response.start", "status": 200, "headers": []}


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("http alone is spoken here")
    await send(START)
    if scope["path"] == "/twice":
        await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})


async def fine(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("http alone is spoken here")
    await send(START)
    await send({"type": "http.response.body", "body": b"fine"})
'''

FLASK_SHOP = '''
"""A Flask app with one bad route."""

import flask

app = flask.Flask(__name__)


@app.get("/x")
def fine():
    return "fine"


@app.get("/bad/<int:number>")
def bad(number):
    def body():
        yield "some"
        raise LookupError(number)

    return flask.Response(body())


@app.post("/y")
def post():
    return "", 204
'''


@pytest.fixture(autouse=True)
def _short_collections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """pytest collects garbage five times at the end of every run: what is alive before a test need not be looked at then."""
    monkeypatch.setattr(leftovers, "_is_frozen_by_others", lambda: True)  # which is asked once for a process
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def entry_points(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder to add to the path so that the plugin's entry points are known; empty where it is installed."""
    found = importlib.metadata.entry_points(group="pytest11", name="oneresponse")
    if any(entry.value == "pytest_oneresponse.plugin" for entry in found):
        yield ""
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = tmp_path_factory.mktemp("installed")
    info = folder / "pytest_oneresponse-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pytest-oneresponse\nVersion: 0\n", encoding="utf-8")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    yield f"{folder}{os.pathsep}{ROOT}"


class Suite:
    """A folder with tests and apps, in which pytest is run with the plugin and without its neighbours."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, **files: str) -> None:
        """Write Python files by their stems; "__" stands for "/"."""
        for name, text in files.items():
            path = self.path / f"{name.replace('__', '/') if not name.startswith('__') else name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.strip("\n") + "\n", encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process."""
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # ours make errors of them
            return self.pytester.runpytest_inprocess("-p", "oneresponse", "-p", "no:cacheprovider", *arguments)

    def spawn(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess("-p", "oneresponse", *arguments, timeout=60)

    def drive(self, *arguments: str, app: str = "shop:app") -> pytest.RunResult:
        """Drive an app, in this process."""
        return self.run("--oneresponse", f"--oneresponse-app={app}", *arguments)

    @staticmethod
    def outcomes(result: pytest.RunResult) -> dict[str, str]:
        """Each test's outcome by its id, of a run in this process: "error" is a failure outside of the call."""
        found: dict[str, str] = {}
        recorder: Any = result.reprec  # type: ignore[attr-defined]
        for report in recorder.getreports("pytest_runtest_logreport"):
            if report.failed:
                found[report.nodeid] = "failed" if report.when == "call" else "error"
            elif report.when == "call" or report.skipped:
                found[report.nodeid] = "xfailed" if hasattr(report, "wasxfail") and report.skipped else report.outcome
        return found

    def report(self, name: str = "report.json") -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        return document


@pytest.fixture(scope="session")
def _lasting() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on 3.11 webob imports cgi
        for name in LASTING:
            if name.startswith("pytest_oneresponse") or importlib.util.find_spec(name.partition(".")[0]):
                importlib.import_module(name)


@pytest.fixture
def suite(_lasting: None, entry_points: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """An empty suite."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("CI", raising=False)  # there, pytest cuts no summary line
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    if entry_points:
        for folder in entry_points.split(os.pathsep):
            monkeypatch.syspath_prepend(folder)
        monkeypatch.setenv("PYTHONPATH", entry_points, prepend=os.pathsep)
    return Suite(pytester)


@pytest.fixture
def wsgi(suite: Suite) -> Suite:
    """A suite with a bare WSGI app in shop.py."""
    suite.write(shop=WSGI_SHOP)
    return suite


@pytest.fixture
def asgi(suite: Suite) -> Suite:
    """A suite with a bare ASGI app in shop.py."""
    suite.write(shop=ASGI_SHOP)
    return suite


@pytest.fixture
def flask(suite: Suite) -> Suite:
    """A suite with a Flask app in shop.py, which has the routes GET /x, GET /bad/<int:number> and POST /y."""
    pytest.importorskip("flask.testing")
    suite.write(shop=FLASK_SHOP)
    return suite

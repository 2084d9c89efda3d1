"""Every planted bug is found, under its rule, on its route and on both of its lines; everything else is silent."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse import apps, judging
from pytest_oneresponse.contract import rules
from pytest_oneresponse.contract.finding import Finding, Place
from pytest_oneresponse.contract.request import WEBSOCKET, Request
from pytest_oneresponse.drive.run import drive
from pytest_oneresponse.drive.settings import Settings
from pytest_oneresponse.exchange import Docket, Exchange, Watcher
from pytest_oneresponse.protocols import asgi
from pytest_oneresponse.routes import Route, innermost
from pytest_oneresponse.session.docket import Selection

from .table import Marked, Module, modules

ROOT = Path(__file__).parents[2]
OFF = ("unhandled-error", "body-on-head")
TIMEOUT, SHORT = 5.0, 0.1

_CAUSES: dict[str, tuple[str, ...]] = {
    "blame.header: the line that changed the body stands beside the one that declared its length": (
        "asgi_middleware-length_kept",
    ),
    "blame.lines: a frame that passes the body on, having kept the start back, is passed over": (
        "asgi_middleware-start_held_back",
    ),
}
"""What the product does not get right yet, each cause with the cases that show it."""

KNOWN = {case: cause for cause, cases in _CAUSES.items() for case in cases}

MODULES = [module for module in modules() if not module.name.endswith("_sockets")]
CONNECTED = [module for module in modules() if module.name.endswith("_sockets")]
"""Files of WebSocket apps and lifespans: they are recorded as a test client's would be, and WebSockets driven too."""

# Clients that leave, and handlers that hang, make frameworks drop files and loops unclosed.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:StreamingHttpResponse must consume:Warning",
)


SINCE = {"fastapi_views-depends_on_what_fails": ("fastapi", "0.118")}
"""Bugs that older releases of a framework do not have: there a dependency ends before the response is sent."""


def _known(identity: str) -> Iterable[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=KNOWN[identity])] if identity in KNOWN else []


def bugs(modules: Iterable[Module]) -> Iterator[Any]:
    for module in modules:
        for owner in module.bugs:
            yield pytest.param(module, owner, id=f"{module}-{owner}", marks=_known(f"{module}-{owner}"))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The frameworks log what is planted."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module", autouse=True)
def tidy() -> Iterator[None]:
    """What clients who leave make frameworks drop is collected here, so that no other test is told of it."""
    yield
    gc.collect()


Routes = list[tuple[str, apps.App, Route]]


@pytest.fixture
def routes_of(apps_of: Callable[[Module], dict[str, Any]]) -> Iterator[Callable[..., Routes]]:
    """The routes of a module: the handler's name, or the app's where it has no router, its app and the route."""
    opened: list[apps.App] = []

    def found(module: Module, owner: str = "") -> Routes:
        if module.framework:
            pytest.importorskip(module.framework)
        routes: Routes = []
        targets = apps_of(module)
        for name, target in {owner: targets[owner]}.items() if owner in targets else targets.items():
            app = apps.recognised(name, target)
            assert app.interface == module.interface
            app.lifespan_judged = True  # with whichever route comes first: lifespans stand in files of their own
            opened.append(app)
            for route in app.routes:
                routes.append((name if route.template == "{path}" else _owner(route), app, route))
        return routes

    yield found
    for app in opened:
        app.close()


def _owner(route: Route) -> str:
    """The function or class at the top of the file that holds a route's handler."""
    return str(innermost(route.handler).__qualname__).partition(".")[0]  # type: ignore[arg-type]


def findings(app: apps.App, route: Route, expected: Iterable[str] = (), faults: str = "none") -> list[Finding]:
    """What driving a route finds, of the rules that are off only the `expected` ones."""
    timeout = SHORT if "hung-response" in expected else TIMEOUT
    driven = drive(app, route, Settings(timeout=timeout, faults=faults))
    assert driven.requests > 3 or "hung-response" in expected, driven.gave_up
    return Selection.of(set(OFF) & set(expected), ()).keep(driven.findings)


def said(found: Iterable[Finding]) -> str:
    lines = []
    for one in found:
        told = one.request.to_json() if one.request else {}
        lines.append(f"{one.headline}\n  where {one.where}  also {one.also}  {one.life}")
        lines.append(f"  {told.get('method')} {told.get('path')} {one.client} {one.notes or ''}")
    return "\n".join(lines)


def named(place: Place | None, module: Module, lines: tuple[int, ...]) -> bool:
    """Whether a place is one of the marked lines; any place is right where none is marked."""
    if not lines:
        return True
    return place is not None and ROOT / place.file == module.file and place.line in lines


@pytest.mark.parametrize(("module", "owner"), list(bugs(MODULES)))
def test_a_bug_is_found_on_its_lines(module: Module, owner: str, routes_of: Callable[..., Routes]) -> None:
    expected: dict[str, Marked] = module.bugs[owner]
    if since := SINCE.get(f"{module}-{owner}"):
        pytest.importorskip(since[0], minversion=since[1])
    mine = [(app, route) for name, app, route in routes_of(module, owner) if name == owner]
    if "body-on-head" in expected:
        mine = [(app, route) for app, route in mine if route.method == "GET"]
    assert mine, f"no route is named {owner}"
    for app, route in mine:
        compare(findings(app, route, expected), expected, module, route.name)


def compare(found: list[Finding], expected: dict[str, Marked], module: Module, route: str) -> None:
    """Fail where the findings are not those of the table, each on its lines."""
    wrong = [] if sorted(one.rule for one in found) == sorted(expected) else [f"expected {', '.join(expected)}"]
    for one in found:
        marked = expected.get(one.rule, Marked())
        if one.route != route:
            wrong.append(f"the route is {route}")
        if not named(one.where, module, marked.where):
            wrong.append(f"where must be {marked.where}")
        if not named(one.also, module, marked.also):
            wrong.append(f"also must be {marked.also}")
    if wrong:
        pytest.fail(f"{'; '.join(wrong)}\n{said(found)}", pytrace=False)


def twins(modules: Iterable[Module]) -> Iterator[Any]:
    for module in modules:
        yield pytest.param(module, id=str(module), marks=_known(str(module)))


@pytest.mark.parametrize("module", list(twins(MODULES)))
def test_what_is_right_is_silent(module: Module, routes_of: Callable[..., Routes]) -> None:
    rest = [(owner, app, route) for owner, app, route in routes_of(module) if owner not in module.bugs]
    assert rest, "a file of bugs alone shows no silence"
    loud = {owner: said(found) for owner, app, route in rest if (found := unplanted(module, findings(app, route)))}
    if loud:
        pytest.fail("\n".join(f"{owner}: {text}" for owner, text in loud.items()), pytrace=False)


def unplanted(module: Module, found: list[Finding]) -> list[Finding]:
    """Findings but those on the lines of a planted bug: a search through one route may come upon another's."""
    planted = [(rule, one.where) for rules in module.bugs.values() for rule, one in rules.items() if one.where]
    return [
        one for one in found if not any(one.rule == rule and named(one.where, module, lines) for rule, lines in planted)
    ]


HTTP_ONLY = "asgi_legal-lifespan"


@pytest.mark.parametrize(
    "module", [pytest.param(m, marks=_known(HTTP_ONLY)) for m in MODULES if m.name == "asgi_legal"]
)
def test_an_app_that_knows_http_alone_is_silent(module: Module, apps_of: Callable[[Module], dict[str, Any]]) -> None:
    """A server takes what such an app sends to its lifespan for "not supported" (ASGI, "Lifespan Protocol", "Scope")."""
    app = apps.recognised("app", apps_of(module)["list_pairs"])
    try:
        assert findings(app, app.routes[0]) == []
    finally:
        app.close()


# --- WebSocket and lifespan


class Kept(Docket):
    def __init__(self) -> None:
        super().__init__()
        self.exchanges: dict[int, Exchange] = {}

    def add(self, exchange: Exchange) -> None:
        self.exchanges[id(exchange)] = exchange


@pytest.fixture
def connect(
    load: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Module], dict[str, tuple[str, Callable[..., list[Finding]]]]]:
    """Each app's name: the route of its findings, and what playing it finds."""

    def connected(module: Module) -> dict[str, tuple[str, Callable[..., list[Finding]]]]:
        if module.framework:
            pytest.importorskip(module.framework)
        loaded = load(module.file)
        plays = {name: ("WEBSOCKET /", functools.partial(both, app)) for name, app in loaded.SOCKETS.items()}
        plays |= {name: ("LIFESPAN", functools.partial(play, app, lifespan)) for name, app in loaded.LIFESPANS.items()}
        return plays

    def both(app: Any, expected: Iterable[str] = ()) -> list[Finding]:
        watched, driven = play(app, websocket, expected), kept([driven_exchange(app)], expected)
        assert [one.key for one in watched] == [one.key for one in driven]
        return watched

    def play(app: Any, client: Callable[[Any], Any], expected: Iterable[str] = ()) -> list[Finding]:
        docket = Kept()
        monkeypatch.setattr(Watcher, "docket", docket)
        asyncio.run(client(asgi.watched(app)))
        return kept(docket.exchanges.values(), expected)

    def kept(exchanges: Iterable[Exchange], expected: Iterable[str]) -> list[Finding]:
        found = [one for exchange in exchanges for one in judging.findings(exchange, judging.Told())]
        return Selection.of(set(OFF) & set(expected), ()).keep(found)

    return connected


async def websocket(app: Any) -> None:
    """A client that connects, says one thing and leaves."""
    inbox = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}]

    async def receive() -> dict[str, Any]:
        return inbox.pop(0) if inbox else {"type": "websocket.disconnect", "code": 1000}

    async def send(_message: dict[str, Any]) -> None:
        await asyncio.sleep(0)

    extensions = {"websocket.http.response": {}}
    scope = {"type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.4"}, "path": "/", "query_string": b""}
    scope |= {"headers": [], "subprotocols": [], "scheme": "ws", "root_path": "", "extensions": extensions}
    await finished(app(scope, receive, send))


def driven_exchange(app: Any) -> Exchange:
    """What the driver of a route sees, as a client that says one thing twice and leaves."""
    driver = asgi.Driver(app, TIMEOUT)
    exchange, _ = driver.exchange(Request(WEBSOCKET, body=b"hello"))
    driver.close()
    return exchange


async def lifespan(app: Any) -> None:
    """A server that starts the app and shuts it down."""
    inbox = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, Any]:
        if not inbox:
            await asyncio.Event().wait()
        return inbox.pop(0)

    async def send(_message: dict[str, Any]) -> None:
        await asyncio.sleep(0)

    await finished(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))


async def finished(running: Any) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(running, TIMEOUT)
    while rest := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(rest)


@pytest.mark.parametrize(("module", "owner"), list(bugs(CONNECTED)))
def test_a_bug_of_a_connection_is_found_on_its_lines(module: Module, owner: str, connect: Any) -> None:
    route, play = connect(module)[owner]
    compare(play(expected=module.bugs[owner]), module.bugs[owner], module, route)


@pytest.mark.parametrize("module", list(twins(CONNECTED)))
def test_what_is_right_on_a_connection_is_silent(module: Module, connect: Any) -> None:
    rest = {owner: play for owner, (_, play) in connect(module).items() if owner not in module.bugs}
    assert rest
    loud = {owner: said(found) for owner, play in rest.items() if (found := play())}
    assert not loud, loud


# --- through pytest

RUN = {
    "wsgi_bare:twice_by_helper": ["twice_by_helper"],
    "flask_views:torn": ["torn_down"],
    "starlette_handlers:app": ["handled_by_sending", "handled_too_late"],
    "fastapi_views:behind": ["no_content_behind", "raises_behind"],
}
"""Apps, and which of their handlers are wrong."""


def test_a_run_of_pytest_names_the_same_lines(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    wanted = set()
    arguments = []
    for app, owners in RUN.items():
        module = next(module for module in MODULES if module.name == app.partition(":")[0])
        if module.framework:
            pytest.importorskip(module.framework)
        shutil.copy(module.file, pytester.path)
        arguments.append(f"--oneresponse-app={app}")
        for owner in owners:
            for rule, marked in module.bugs[owner].items():
                wanted.add((rule, module.file.name, marked.where))
    result = pytester.runpytest_subprocess(
        "-p", "pytest_oneresponse.plugin", "--oneresponse", *arguments, "--oneresponse-report=report.json"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    told = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["findings"]
    found = {(one["rule"], one["where"]["file"], one["where"]["line"]) for one in told}
    lines = {(rule, file, line) for rule, file, marked in wanted for line in marked}
    assert found <= lines
    assert all(any((rule, file, line) in found for line in marked) for rule, file, marked in wanted)


# --- the whole


def test_every_rule_of_an_exchange_is_planted() -> None:
    """Of each rule at least one bug stands in the table for each interface that can break it."""
    planted = {
        (rule, kind)
        for module in (*MODULES, *CONNECTED)
        for owner, marked in module.bugs.items()
        for rule in marked
        for kind in _kinds(module, rule)
    }
    wanted = {
        (rule.name, interface)
        for rule in rules.RULES.values()
        for interface in rule.interfaces
        if interface != "objects" and (rule.name, interface) not in ELSEWHERE
    }
    assert wanted - planted == set()


ELSEWHERE = {
    ("hung-response", "websocket"),
    ("error-after-end", "websocket"),
    ("invalid-header", "websocket"),
    ("conflicting-length", "websocket"),
    ("duplicate-header", "websocket"),
}
"""Pairs of rule and interface that are off, that no client here waits for, or whose heads the same code reads."""


def _kinds(module: Module, rule: str) -> tuple[str, ...]:
    if not module.name.endswith("_sockets"):
        return ("wsgi",) if module.interface == "wsgi" else ("asgi http",)
    return ("websocket", "lifespan")

"""Every planted bug is found, under its rule, on its route and on both of its lines; everything else is silent."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse import apps
from pytest_oneresponse.contract.finding import Finding, Place
from pytest_oneresponse.docket import Selection
from pytest_oneresponse.drive import Settings, drive
from pytest_oneresponse.routes import Route, innermost

from .table import Marked, Module, modules

ROOT = Path(__file__).parents[2]
OFF = ("unhandled-error", "body-on-head")
TIMEOUT, SHORT = 5.0, 0.1

KNOWN: dict[str, str] = {}
"""Cases that the product does not get right yet, by id, each with a diagnosis of one line."""

MODULES = modules()

# Clients that leave, and handlers that hang, make frameworks drop files and loops unclosed.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::RuntimeWarning")


def _known(identity: str) -> Iterable[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=KNOWN[identity])] if identity in KNOWN else []


def bugs() -> Iterator[Any]:
    for module in MODULES:
        for owner in module.bugs:
            yield pytest.param(module, owner, id=f"{module}-{owner}", marks=_known(f"{module}-{owner}"))


@pytest.fixture(scope="module", autouse=True)
def tidy() -> Iterator[None]:
    """What was dropped is collected here, so that no other test is told of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The frameworks log the errors that are planted."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


Routes = list[tuple[str, apps.App, Route]]


@pytest.fixture
def routes_of(apps_of: Callable[[Module], dict[str, Any]]) -> Iterator[Callable[[Module], Routes]]:
    """The routes of a module: the handler's name, or the app's where it has no router, its app and the route."""
    opened: list[apps.App] = []

    def found(module: Module) -> Routes:
        if module.framework:
            pytest.importorskip(module.framework)
        routes: Routes = []
        for name, target in apps_of(module).items():
            app = apps.recognised(name, target)
            assert app.interface == module.interface
            opened.append(app)
            for route in app.routes:
                owner = name if route.template == "{path}" else innermost(route.handler).__name__  # type: ignore[arg-type]
                routes.append((owner, app, route))
        return routes

    yield found
    for app in opened:
        app.close()


def findings(app: apps.App, route: Route, expected: Iterable[str] = ()) -> list[Finding]:
    """What driving a route finds, of the rules that are off only the `expected` ones."""
    timeout = SHORT if "hung-response" in expected else TIMEOUT
    driven = drive(app, route, Settings(timeout=timeout))
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


@pytest.mark.parametrize(("module", "owner"), list(bugs()))
def test_a_bug_is_found_on_its_lines(module: Module, owner: str, routes_of: Callable[[Module], Routes]) -> None:
    expected: dict[str, Marked] = module.bugs[owner]
    mine = [(app, route) for name, app, route in routes_of(module) if name == owner]
    assert mine, f"no route is named {owner}"
    for app, route in mine:
        found = findings(app, route, expected)
        wrong = [] if sorted(one.rule for one in found) == sorted(expected) else [f"expected {', '.join(expected)}"]
        for one in found:
            marked = expected.get(one.rule, Marked())
            if one.route != route.name:
                wrong.append(f"the route is {route.name}")
            if not named(one.where, module, marked.where):
                wrong.append(f"where must be {marked.where}")
            if not named(one.also, module, marked.also):
                wrong.append(f"also must be {marked.also}")
        if wrong:
            pytest.fail(f"{'; '.join(wrong)}\n{said(found)}", pytrace=False)


def twins() -> Iterator[Any]:
    for module in MODULES:
        yield pytest.param(module, id=str(module), marks=_known(str(module)))


@pytest.mark.parametrize("module", list(twins()))
def test_what_is_right_is_silent(module: Module, routes_of: Callable[[Module], Routes]) -> None:
    rest = [(owner, app, route) for owner, app, route in routes_of(module) if owner not in module.bugs]
    assert rest, "a file of bugs alone shows no silence"
    loud = {owner: said(found) for owner, app, route in rest if (found := findings(app, route))}
    if loud:
        pytest.fail("\n".join(f"{owner}: {text}" for owner, text in loud.items()), pytrace=False)

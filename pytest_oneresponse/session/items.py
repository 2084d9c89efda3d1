"""Driven routes as pytest items: one node named `oneresponse`, one item for each route of each app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .. import apps
from ..apps import App, NoApp
from ..drive.run import drive
from ..drive.settings import Settings
from ..routes import Route, handler_of
from . import told
from .docket import by_level
from .state import State

NODE = "oneresponse"
FIXTURES = ("oneresponse_app", "app")
_PLUGIN = __name__.partition(".")[0]


class Cannot(pytest.fail.Exception):  # type: ignore[misc, name-defined]
    """Fails an item that could not be driven, with what to do about it."""

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


class OneResponseNode(pytest.Collector):
    """The node under which all driven items stand."""

    def __init__(self, *, state: State, **named: Any) -> None:
        super().__init__(**named)
        self.state = state
        self.obj = None

    def collect(self) -> Iterator[pytest.Item]:
        for label, target in self.sources():
            yield from self.items_of(label, target)

    def sources(self) -> Iterator[tuple[str, Callable[[], App]]]:
        """Each app's label and how to get it, from the flag or the ini file, else from a fixture."""
        named = self.state.option("app")
        if named:
            paths = (Path(self.config.invocation_params.dir), self.config.rootpath)
            for spec in dict.fromkeys(named):
                yield spec, lambda spec=spec: apps.load(spec, paths)  # type: ignore[misc]
            return
        fixture = app_fixture(self.session, self)
        if fixture:
            yield fixture, lambda: self.from_fixture(fixture)

    def from_fixture(self, name: str) -> App:
        """The app that a fixture gives, made once here to list its routes."""
        probe = pytest.Function.from_parent(self, name=f"(fixture {name})", callobj=lambda: None)
        setup = self.session._setupstate
        with apps.told_as(f"the fixture {name!r} raised"):
            try:
                setup.setup(probe)
                return apps.recognised(name, probe._request.getfixturevalue(name))
            except pytest.FixtureLookupError as error:
                raise NoApp(f"the fixture {name!r} needs the fixture {error.argname!r}, which is not there") from None
            finally:
                setup.teardown_exact(None)

    def items_of(self, label: str, load: Callable[[], App]) -> Iterator[pytest.Item]:
        try:
            app = self.state.app(label, load)
        except NoApp as error:
            if label != "app" or self.state.option("app"):  # a fixture of that name need not give a web app
                yield ErrorItem.from_parent(self, name=label, text=str(error))
            return
        fixtures = None  # the same for all of them, and looking them up takes longer than all else of an item
        for route in app.routes:
            item = RouteItem.from_parent(
                self,
                name=f"{label}::{route.name}",
                callobj=_drive_item,
                fixtureinfo=fixtures,
                app=app,
                route=route,
                state=self.state,
            )
            fixtures = item._fixtureinfo
            yield item


def app_fixture(session: pytest.Session, node: Any) -> str:
    """The name of the user's app fixture that a node sees; empty where there is none."""
    for name in FIXTURES:
        for definition in session._fixturemanager.getfixturedefs(name, node) or ():
            home = getattr(definition.func, "__module__", "")
            if home.rpartition(".")[2] == "conftest" or (name == FIXTURES[0] and not home.startswith(_PLUGIN)):
                return name
    return ""


def _parse_id(item: pytest.Item) -> None:
    """Give a node the id that a report's text parses to: from pytest 9.1 on --lf compares parsed ids."""
    known = getattr(item, "_id", None)
    if known is not None and hasattr(known, "parse"):
        item._id = type(known).parse(item.nodeid)


class ErrorItem(pytest.Item):
    """An app that cannot be driven."""

    def __init__(self, *, text: str, **named: Any) -> None:
        super().__init__(**named)
        _parse_id(self)
        self.text = text

    def runtest(self) -> None:
        raise Cannot(self.text)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        return self.config.rootpath, None, f"the app {self.name}"  # not its id's end: see RouteItem


class RouteItem(pytest.Function):
    """One route. A pytest function, so that fixtures, markers and every plugin that knows tests work on it."""

    def __init__(self, *, app: App, route: Route, state: State, **named: Any) -> None:
        super().__init__(**named)
        _parse_id(self)
        self.app = app
        self.route = route
        self.state = state
        if app.has_database and self.config.pluginmanager.hasplugin("django"):
            self.add_marker("django_db")

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        # Were this the end of the id, -v would show the id with "::" for each of its dots.
        title = f"{self.route.name} of {self.app.label}"
        handler = handler_of(self.route.handler)
        if handler is None:
            return self.config.rootpath, None, title
        return handler.file, handler.line - 1, title


def _drive_item(request: pytest.FixtureRequest) -> None:
    """The body of a driven item."""
    item = request.node
    state: State = item.state
    app, route = item.app, item.route
    if app.label in FIXTURES:
        app = state.refreshed(app.label, request.getfixturevalue(app.label))
        route = next((one for one in app.routes if (one.name, one.host) == (route.name, route.host)), route)
        # its lifespan ends before the fixture takes away what it lives on
        request._get_active_fixturedef(app.label).addfinalizer(app.close)
    settings = Settings(
        requests=state.requests(item),
        timeout=state.option("timeout"),
        reset=request.getfixturevalue("oneresponse_reset"),
        prepare=request.getfixturevalue("oneresponse_request"),
        values=request.getfixturevalue("oneresponse_values"),
        replay=state.option("replay"),
        replay_command=state.replay_command(app.label),
        test=item.nodeid,
        seed=state.option("seed"),
        faults=state.faults(item),
        network=state.option("network"),
        **state.kept(item.name),
    )
    driven = drive(app, route, settings)
    docket = state.docket
    if docket is not None:
        docket.found.extend(driven.findings)
        docket.count += driven.exchanges
    told.note_driven(item, app, driven, settings.replay)
    breaches, _ = by_level(docket.selection.keep(driven.findings) if docket else list(driven.findings))
    if driven.gave_up and not breaches:
        raise Cannot(f"{item.route.name}: {driven.gave_up}")
    if settings.replay and not driven.replayed:
        pytest.skip(f"the exchange {settings.replay} is not one of this route's")

"""The `oneresponse` fixture: the contract, asked for by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from .. import apps, marks, options
from ..contract import rules
from ..contract.finding import Finding, Ledger
from ..drive.run import EXPLORING, drive
from ..drive.settings import Settings
from ..exchange import Watcher
from ..explore.recording import Recording, recording
from ..faults.databases import tapped
from ..faults.named import NamedTap, Several, UpstreamTap
from ..faults.network import watched_over
from ..faults.quiet import quiet
from ..protocols.client import Client
from .docket import BreachFailure, TestDocket, Unexpected
from .start import start
from .state import State


def asking(request: pytest.FixtureRequest) -> Iterator[OneResponse]:
    """The body of the fixture."""
    state = start(request.config, watching=bool(options.value(request.config, "")))
    docket = state.docket or state.open_docket(request.node)
    state.read_marker(request.node, docket)
    docket.asked = True
    one = OneResponse(request, state, docket)
    try:
        yield one
    finally:
        one.close()


class OneResponse:
    """Holds apps, routes and single exchanges to the contract from inside a test."""

    def __init__(self, request: pytest.FixtureRequest, state: State, docket: TestDocket) -> None:
        self._request = request
        self._state = state
        self._docket = docket
        self._apps: list[apps.App] = []
        self._upstream: Any = None

    def client(self, app: Any, **misbehaving: Any) -> Any:
        """A `webtest.TestApp` for a WSGI or ASGI app; every exchange is judged when the test ends.

        `misbehaving`: as in protocols.client.Client (`leaves`, `refuses`, `slow`, `strict`, `breaks_off`); who leaves before
        the head gets 499. Raises apps.NoApp for what is no app, and TypeError for what no client does.
        """
        from .client import test_app

        known = self._recognised(app)
        return test_app(known, self._docket, self._state.option("timeout"), Client(**misbehaving))

    def check(self, app: Any, routes: Iterable[str] | str | None = None, **settings: Any) -> list[Finding]:
        """Drive an app's routes; a breach fails the test. Returns the milder findings.

        `routes`: names as "GET /companies/{id}", or templates; all where it is None. `settings`: as in drive.Settings
        (`requests`, `timeout`, `faults`, `values`, `prepare`, `reset`). Raises ValueError for a route that the app does not have.
        """
        known = self._recognised(app)
        found = Ledger()
        given: dict[str, Any] = {
            "requests": self._state.requests(self._request.node),
            "timeout": self._state.option("timeout"),
            "values": self._request.getfixturevalue("oneresponse_values"),
            "prepare": self._request.getfixturevalue("oneresponse_request"),
            "reset": self._request.getfixturevalue("oneresponse_reset"),
            "test": self._request.node.nodeid,
            "faults": self._state.faults(self._request.node),
            "network": self._state.option("network"),
            **settings,
        }
        given.setdefault("seed", self._state.option("seed"))
        for route in _chosen(known, routes):
            driven = drive(known, route, Settings(**given))
            self._docket.count += driven.exchanges
            if driven.gave_up and not len(driven.findings):
                pytest.fail(f"{route.name}: {driven.gave_up}", pytrace=False)
            for finding in driven.findings:
                found.add(finding)
        if Watcher.marks is not None:
            Watcher.marks.change(marks.HOOKS)  # nothing of the search slows down what the test does next
        kept = self._docket.selection.keep(found)
        expected = self._expecting
        if expected is not None:
            expected.extend(finding for finding in kept if finding.rule in self._wanted)
            kept = [finding for finding in kept if finding.rule not in self._wanted]
        breaches = [finding for finding in kept if finding.level == rules.Level.BREACH]
        if breaches:
            raise BreachFailure(self._state.text_of(breaches), tuple(breaches))
        return kept

    _expecting: list[Finding] | None = None
    _wanted: tuple[str, ...] = ()

    @contextmanager
    def expect(self, *wanted: str) -> Iterator[list[Finding]]:
        """The breaches named are wanted in this block: they do not fail the test, and it fails if one does not come.

        Gives a list that holds the findings once the block has ended. Raises KeyError for a rule that does not exist.
        """
        for name in wanted:
            rules.get(name)
        caught: list[Finding] = []
        since = len(self._docket.exchanges)
        before = self._docket.count
        outer = (self._expecting, self._wanted)
        self._expecting, self._wanted = caught, wanted
        try:
            yield caught
        finally:
            self._expecting, self._wanted = outer
            caught.extend(self._docket.forgive(since, wanted))
        missing = [name for name in wanted if name not in {finding.rule for finding in caught}]
        if missing:
            requests = self._docket.count - before
            raise Unexpected(f"expected {', '.join(missing)}, and none came from {requests} requests")

    @contextmanager
    def fault(
        self, target: str, error: Any, *, nth: int = 1, always: bool = False, of: str = "", otherwise: Any = None
    ) -> Iterator[None]:
        """In this block the app's own code fails where it calls `target` for the `nth` time, `always` also after that.

        `target`: "package.module.function", "package.module.Class.method", or a line, "shop/views.py:31". `error`: an
        exception or its class. `of` a line, "exit" or "query" may be meant alone: the end of a `with`, and what it has a
        database asked through Django's ORM or SQLAlchemy.

        Where another machine is to fail, `target` is "GET https://host/path" or the line that asks it, `error` one of
        "connect timeout", "read timeout", "refused", "404", "429", "500", "503", "invalid JSON", "a truncated body" and
        "a redirect loop", and `otherwise` the JSON document that is answered where nothing fails.

        Blocks may stand within each other. The test fails where the fault does not come. Raises ValueError for a target
        that does not exist, TypeError for an error that is no exception.
        """
        swap = Watcher.marks
        assert swap is not None, "a docket is open"
        hooks, outer = swap.hooks, Recording.now
        swap.change(EXPLORING)
        swap.refresh()
        try:
            tap = (
                UpstreamTap(target, error, nth, always)
                if isinstance(error, str)
                else NamedTap(target, error, nth, always, of)
            )
            within = outer.tap if outer is not None else None
            document = outer.document if outer is not None and otherwise is None else otherwise
            with ExitStack() as stack:
                stack.enter_context(recording(tap=Several(within, tap) if within else tap, document=document))
                stack.enter_context(quiet(tap.errors))
                if isinstance(tap, UpstreamTap):
                    stack.enter_context(watched_over())
                elif of == "query":
                    stack.enter_context(tapped())
                yield
        finally:
            swap.change(hooks)
        if tap.complaint:
            raise Unexpected(tap.complaint)

    @property
    def upstream(self) -> Any:
        """A `requests_mock.Mocker` that answers what the test's code sends through requests, until the test ends."""
        if self._upstream is None:
            import requests_mock

            self._upstream = requests_mock.Mocker()
            self._upstream.start()
        return self._upstream

    @property
    def findings(self) -> list[Finding]:
        """What the test's requests have broken so far."""
        return self._docket.findings()

    def _recognised(self, app: Any) -> apps.App:
        for known in self._apps:
            if known.target is app:
                return known
        known = apps.recognised(getattr(app, "__name__", None) or type(app).__name__, app)
        self._apps.append(known)
        return known

    def close(self) -> None:
        """Shut down the apps that were driven, and give requests its network back."""
        if self._upstream is not None:
            self._upstream.stop()
        for app in self._apps:
            app.close()


def _chosen(app: apps.App, wanted: Iterable[str] | str | None) -> list[Any]:
    if wanted is None:
        return app.routes
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    chosen = [route for route in app.routes if route.name in names or route.template in names]
    unknown = [name for name in names if not any(name in (route.name, route.template) for route in chosen)]
    if unknown:
        known = ", ".join(route.name for route in app.routes)
        raise ValueError(f"the app has no route {unknown[0]!r}; it has {known}")
    return chosen

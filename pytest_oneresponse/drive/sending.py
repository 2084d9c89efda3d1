"""Sending the trials of one route, each after what has to come before it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from ..apps import App
from ..contract.request import Request
from ..exchange import Exchange, Watcher
from ..explore.cookies import with_given
from ..explore.credentials import CREDENTIAL
from ..explore.producers import ID, REGISTERED, found_id, with_ids
from ..explore.recording import Recording, recording
from ..explore.trials import EXPLORED, Trial
from ..faults.leftovers import Leftovers, left_by
from ..faults.quiet import quiet
from ..faults.tap import Tap
from ..protocols.client import DEFAULT, Answer
from ..routes import Route
from .settings import Driven, Settings


class Sending:
    """Sends trials to an app and counts them for the route that is driven; what the last one told is kept."""

    def __init__(
        self, app: App, route: Route, settings: Settings, driven: Driven, closing: Callable[[Exchange | None], None]
    ) -> None:
        self.app = app
        self.route = route
        self.settings = settings
        self.driven = driven
        self.closing = closing
        self.driver = app.driven_by(settings.timeout)
        self.told = Recording()
        """What the last exchange has told."""
        self.before: list[Request] = []
        """What was sent before the last exchange, for the IDs that it needs."""
        self.known: dict[str, ID | None] = {}
        """What the requests before the last one gave, by name."""
        self.session = ""
        """The cookie of the session that was made for the last exchange; empty where there was none."""
        self.leftovers: Leftovers | None = None
        """What the last exchange may have left behind."""

    def play(self, trial: Trial, counted: bool = True, tap: Tap | None = None) -> tuple[Exchange, Answer]:
        """Send a trial, after what has to come before it; IDs that this creates take their places, and its cookies are kept.

        Not `counted`: it is sent to another route than the one that is driven. `tap`: sees what the trial's own request calls.
        """
        self.known = {}
        known = self.known
        given: list[tuple[str, str]] = []
        self.before = []
        self.tidy()
        if tap is None and trial.faults:
            tap = Tap(trial.faults, self.app.caught)
        with self.app.apart(), self.settings.reset():
            for request, name in itertools.zip_longest(trial.before, trial.ids):
                before = replace(trial, request=with_given(with_ids(request, known), given), client=DEFAULT)
                self.before.append(before.request)
                is_login = name is not None and name.startswith(CREDENTIAL)
                keeps = name is not None and name.startswith(REGISTERED) and not self.is_reset
                if keeps and before.request in self.app.registered:
                    given += self.app.registered[before.request]
                    continue
                _, answer = self.send(before, counted and tap is None and not is_login)
                given += answer.headers
                if keeps:  # to hash his password takes long: he is known from now on
                    self.app.registered[before.request] = tuple(answer.headers)
                if name is not None:
                    known[name] = found_id(answer, name)
                    if is_login and known[name] is None:
                        self.app.registered.clear()  # whoever was known is so no more
            request = with_given(self.with_session(with_ids(trial.request, known), trial.session), given)
            done = self.send(replace(trial, request=request), counted, tap)
            self.leftovers = left_by(done[0], tap.errors if tap is not None else (), broke_off=trial.client.breaks_off)
            return done

    @property
    def is_reset(self) -> bool:
        """Whether what an exchange stores is taken back."""
        return self.settings.reset is not nullcontext or self.app.apart is not nullcontext

    def with_session(self, request: Request, session: Any) -> Request:
        """The request with the cookie of a session that has this content, where the app can be given one."""
        cookie = self.app.seal(session) if session is not None else None
        self.session = "=".join(cookie) if cookie is not None else ""
        return request.with_cookie(*cookie) if cookie is not None else request

    def aside(self, trial: Trial) -> tuple[Exchange, Answer, Recording]:
        """Send a trial to another route than the one that is driven."""
        exchange, answer = self.play(trial, counted=False)
        return exchange, answer, self.told

    def tidy(self) -> None:
        """Let go of what the last exchange has left behind."""
        if self.leftovers is not None:
            self.leftovers.let_go()
            self.leftovers = None

    def send(self, trial: Trial, counted: bool = True, tap: Tap | None = None) -> tuple[Exchange, Answer]:
        request = self.settings.prepare(self.app.prepare(trial.request))
        if self.session not in (request.header("cookie") or ""):
            self.session = ""  # the user's fixture has one of its own
        naps = tap is not None or trial.label.startswith(EXPLORED)
        silence = quiet(tap.errors) if tap is not None else nullcontext()
        with silence, self.app.around(), recording(naps, tap, trial.upstream, trial.answered) as self.told:
            Watcher.lost = staticmethod(self.told.note_lost)
            exchange, answer = self.driver.exchange(request, trial.client)
            self.closing(exchange)
        if not counted:
            return exchange, answer
        if tap is not None:
            self.driven.injected += bool(trial.faults)
            self.app.injured |= bool(trial.faults)
            if self.driven.reached is not None:
                self.driven.reached.note(self.told)
            return exchange, answer
        self.driven.requests += 1
        if self.driven.reached is not None:
            self.driven.reached.note(self.told)
        if request.method == self.route.method:
            self.driven.statuses[answer.status] = self.driven.statuses.get(answer.status, 0) + 1
        return exchange, answer

"""Driving one route: every trial sent, every exchange judged."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .. import judging, marks
from ..apps import App
from ..contract.finding import Ledger
from ..exchange import Watcher, put_marks
from ..explore import hooks
from ..explore.bases import bases, completed, declared, fallbacks
from ..explore.draft import Address, Draft, without_canaries
from ..explore.echoed import broken, echoed
from ..explore.explorer import AT_RANDOM, Explorer
from ..explore.reached import Reached
from ..explore.recording import Recording
from ..explore.schemas import declared_by
from ..explore.stored import filled
from ..explore.trials import VALID, Plan, Trial, draft_for
from ..faults.databases import tapped
from ..faults.leftovers import only_new
from ..faults.network import watched_over
from ..owners import Owners
from ..protocols import alarm, probe
from ..protocols.client import Answer
from ..protocols.lifespan import in_a_line
from ..routes import Route, handler_of
from . import odd, unreached
from .budget import Budget
from .failing import Branch, Failing
from .hosts import accepted
from .producing import SAME, Producing
from .sending import Sending
from .settings import Driven, Settings
from .telling import Telling, trial_id

EXPLORING = replace(marks.HOOKS, observed=hooks.HOOKS)
"""The marks of a function that is explored."""


def drive(app: App, route: Route, settings: Settings) -> Driven:
    """Send the route's trials and judge each exchange.

    Raises only what the user's own fixtures raise, and KeyboardInterrupt.
    """
    driven = Driven(route, reached=Reached(route))
    put_marks()
    if Watcher.marks is not None:
        Watcher.marks.change(EXPLORING)
    began = time.perf_counter()
    with probe.probing(app.holds) as closing, alarm.kept(), watched_over(settings.network) as driven.network, tapped():
        with only_new():
            _Run(Sending(app, route, settings, driven, closing)).whole()
        if not settings.replay and _is_last_of_its_handler(app, route):
            for finding in unreached.findings(route, (*driven.findings, *app.found), settings.test):
                driven.findings.add(finding)
        app.found += driven.findings
    driven.findings.sort()
    driven.seconds = time.perf_counter() - began
    return driven


def _is_last_of_its_handler(app: App, route: Route) -> bool:
    """Whether no later route has the same handler: under another method the line may be reached that this one cannot reach."""
    same = [one for one in app.routes if one.handler is not None and one.handler == route.handler]
    return not same or same[-1] == route


class _Run:
    """The order of things."""

    def __init__(self, sending: Sending) -> None:
        self.sending = sending
        self.app, self.route, self.settings = app, route, settings = sending.app, sending.route, sending.settings
        self.driven, self.driver = sending.driven, sending.driver
        alone = next(other for other in app.routes if other.template == route.template) is route
        self.plan = Plan(route, settings.values, app.host, alone)
        self.producing = Producing(app, route, settings, sending.aside, lambda: sending.known)
        """What creates the things that the route names."""
        self.budget = Budget(settings, self.driven, self.producing)
        self.telling = Telling(sending, self.producing, self.budget)
        self.new: list[tuple[Trial, frozenset[Branch]]] = []
        """The trials that took a branch, or came to a function, that none before had come to, each with what it took."""
        self.sound: set[Branch] = set()
        """The branches that were taken where no answer was lost."""
        self.keeping: list[Trial] = []
        """Those of them whose answer has set a cookie."""
        self.streamed: odd.Streamed | None = None
        """The richest that was answered with a stream."""
        self.accepted: Trial | None = None
        """Of what the search has sent, and was not refused, that which took most branches."""
        self.accepted_with = Answer()
        self.accepted_branches = 0
        self.stored = False
        """Whether it was seen to it that other routes store something first."""
        self.registered = False
        """Whether it was tried that somebody registers first."""
        self.echoed: set[Address] = set()
        """Where what came back in the headers of an answer stood in its request."""

    def whole(self) -> None:
        """Drive the route, from its first trial until nothing is left behind."""
        try:
            self.plan.first()
        except (KeyError, ValueError) as error:
            told = f"no request could be made: {error}; give values through the oneresponse_values fixture"
            self.driven.gave_up = told
            return
        with self.app.relaxed():
            self.start()
        self.sending.tidy()

    def start(self) -> None:
        """Send the trials once the app has started; with the app's first route its start-up is judged too."""
        failure = self.driver.start()
        if failure:
            short = in_a_line(failure)
            whole = "" if self.app.lifespan_judged or short == failure else f"\n{failure}"  # once for the app
            self.driven.gave_up = f"the app's start-up failed: {short}{whole}"
        else:
            self.all()
        self.judge_lifespan()

    def judge_lifespan(self) -> None:
        """Judge the app's start-up, once for the app, and before a failure that is injected can end it."""
        lifespan = self.driver.lifespan_exchange()
        if lifespan is not None and not self.app.lifespan_judged:
            self.app.lifespan_judged = True
            for finding in judging.findings(lifespan, judging.Told(None, "", self.settings.test)):
                self.driven.findings.add(finding)

    def all(self) -> None:
        if self.settings.replay:
            self.again(self.settings.replay)
        else:
            self.every()

    def every(self) -> None:
        """All that a route is sent: first what had findings before."""
        for identity, trial in self.settings.failed.items():
            if not self.budget.is_over():
                self.one(trial, identity)
        self.some([self.plan.first()])
        answer = self.plan.answers.get(VALID, Answer())
        refused = answer.status >= 300
        if not refused:
            self.some(self.plan.varied(self.plan.first(), answer))
        if not self.budget.is_over():
            self.producing.look_for_declared()
        self.explore(_VARIED if refused else 0)
        self.some(self.seconds())
        if refused:
            self.some(self.varied())
        if self.streamed is not None:
            self.some(odd.inputs(self.streamed, self.producing))
            if not self.budget.is_over(2):
                self.some(odd.rows(self.streamed, self.producing))
        self.some(self.plan.boundaries())
        self.budget.note()
        self.fail()
        self.budget.note()

    def fail(self) -> None:
        """Let fail what the trials call that have shown something new."""
        if self.settings.faults == "none" or Watcher.marks is None or self.driven.gave_up:
            return
        self.judge_lifespan()
        Failing(self.sending, self.budget, self.telling).run(self.new)

    def again(self, wanted: str) -> None:
        """Run exactly one exchange, found by its ID: among those kept, those planned, or those that a whole run comes upon."""
        driven = self.driven
        trial = self.settings.failed.get(wanted)
        if trial is None and self.has(wanted):
            self.some(self.plan.trials(), wanted)
        elif trial is None and self.settings.searches:
            self.every()
            trial = driven.failed.get(wanted)
            driven.findings, driven.failed = Ledger(), {}
            driven.requests = driven.injected = driven.looked = 0
            driven.gave_up = driven.cut_short = ""
        if trial is not None:
            self.one(replace(trial, draft=None), wanted)  # just that one, and none that is smaller
            driven.replayed = True

    def some(self, trials: Iterable[Trial], wanted: str = "") -> None:
        """Send trials as long as there is room; of a search for one exchange only that one is judged."""
        for trial in trials:
            if self.budget.is_over(1 + len(trial.before)):
                break
            identity = trial_id(self.app, self.route, trial)
            if wanted and identity != wanted and trial.label != VALID:
                continue
            self.one(trial, identity, judged=not wanted or identity == wanted)
            self.driven.replayed |= identity == wanted

    def seconds(self) -> list[Trial]:
        """A few of the requests that were given a cookie, sent once more with it: as the second visit, or the next step."""
        return [
            replace(
                trial, label=f"{trial.label}, again with its cookies", before=(*trial.before, trial.request), draft=None
            )
            for trial in self.keeping[:_SECONDS]
            if trial.session is None
        ]

    def varied(self) -> Iterator[Trial]:
        """What clients and servers do to a request that is not refused, where the search has found one."""
        base, answer = self.plan.first(), self.plan.answers.get(VALID, Answer())
        found = self.accepted
        if found is not None and found.draft is not None:
            base, answer = found, self.accepted_with
            plain = self.producing.chain.trial(without_canaries(found.draft))
            if plain.label != base.label:
                again, _ = self.one(plain, trial_id(self.app, self.route, plain))
                base, answer = (plain, again) if again.status < 300 else (base, answer)
        yield from self.plan.varied(base, answer)

    def echoes(self, draft: Draft, answer: Answer) -> Iterator[Trial]:
        """What came back in a header of an answer, for the first time, is sent as what cannot stand there."""
        for address in echoed(draft, answer.headers):
            if address not in self.echoed and len(self.echoed) < _ECHOES:
                self.echoed.add(address)
                yield from map(self.producing.chain.trial, broken(draft, address))

    def one(self, trial: Trial, identity: str, judged: bool = True) -> tuple[Answer, Recording]:
        """Send one trial, and judge what came of it."""
        known = self.driven.reached.known if self.driven.reached is not None else 0
        sound = len(self.sound)
        exchange, answer = self.sending.play(trial)
        self.plan.learn(trial, answer)
        self.sound |= self.sending.told.sound_branches
        is_new = self.driven.reached is not None and self.driven.reached.known > known
        if (is_new or len(self.sound) > sound) and not trial.faults:
            self.new.append((trial, frozenset(self.sending.told.branches)))
            if answer.header("set-cookie"):
                self.keeping.append(trial)
        if trial.label == VALID:
            exchange, answer = accepted(self.sending, self.plan, trial, exchange, answer)
        told = self.sending.told
        if self.route.template == "{path}":
            self.budget.learn(trial.request.path, told.begun)
        fits = 0 < answer.status < 300 and answer.chunks <= _CHUNKS
        if trial.draft is not None and fits and len(told.branches) >= self.accepted_branches:
            self.accepted, self.accepted_with, self.accepted_branches = trial, answer, len(told.branches)
        streamed = odd.streamed(trial, exchange, answer, told) if self.is_users and not trial.faults else None
        if streamed is not None and (self.streamed is None or streamed.parts >= self.streamed.parts):
            self.streamed = streamed
        if judged:
            self.telling.judge(exchange, identity, trial)
        return answer, told

    def explore(self, kept: int) -> None:
        """Send what may take branches that were not taken yet, until nothing new is to be had; so many requests are `kept`."""
        explorer = self.explorer()
        while explorer is not None and not self.budget.is_over(1 + kept + (_ODD if self.streamed else 0)):
            draft = explorer.next()
            ends = draft is None or explorer.why == AT_RANDOM
            asks = self.accepted is None and not self.registered and (ends or self.driven.requests > _REFUSED)
            if asks and self.register(explorer) and draft is None:
                continue
            if ends and not self.stored and explorer.missed() and self.store(explorer):
                continue
            if draft is None:
                break
            self.try_out(explorer, draft)

    def try_out(self, explorer: Explorer, draft: Draft) -> bool:
        """Send what the search wants to see; whether it has shown anything new."""
        draft = self.producing.logins.canonical(draft)
        trial = self.producing.chain.trial(draft)
        answer, told = self.one(trial, trial_id(self.app, self.route, trial))
        sent = self.producing.logins.actual(draft, self.sending.known)
        new = explorer.learn(sent, told, answer.status)
        if new and draft.session is None:
            self.some(self.echoes(sent, answer))
        return new

    def store(self, explorer: Explorer) -> bool:
        """Where the search is at its end: whether there is more to see once other routes have stored something."""
        self.stored = True
        before = self.producing.chain
        draft = self.accepted.draft if self.accepted is not None else None
        draft = draft or next((first for first, _ in explorer.corpus), None)
        if draft is not None and self.producing.store():
            same = filled((one for one, _ in explorer.corpus), self.producing.chain.stored)
            if [True for one in (draft, same) if one is not None and self.try_out(explorer, one)]:
                explorer.begin_again()
                return True
        self.producing.chain = before
        return False

    def register(self, explorer: Explorer) -> bool:
        """Where all is refused: somebody registers first, at a route that asks for the same; whether that shows more."""
        self.registered = True
        before = self.producing.chain
        if self.producing.store(self.route, SAME):
            same = filled((one for one, _ in explorer.corpus), self.producing.chain.stored)
            if same is not None and self.try_out(explorer, same):
                return True
        self.producing.chain = before
        return False

    def explorer(self) -> Explorer | None:
        """The search; None where the user's code has no marks, or no request can be made of what is declared."""
        inputs, host = self.plan.inputs, self.app.host
        if Watcher.marks is None:
            return None
        try:
            plain = draft_for(self.route, inputs, host=host)
            first = self.producing.chain.applied(bases(self.route, inputs, host))
            return Explorer(
                first,
                inputs.given,
                self.settings.seed,
                plain,
                self.producing.has_ids,
                declared_by(self.route),
                self.producing.chain.applied(fallbacks(self.route, inputs, host)),
                self.app.sessions if self.is_users else list,
                self.telling.of_others,
                self.producing.credentials,
                self.producing.logins.canonical,
                functools.partial(completed, next(declared(self.route, inputs, host), plain)),
            )
        except (KeyError, ValueError):
            return None

    @functools.cached_property
    def is_users(self) -> bool:
        """Whether what answers is the user's own, not a framework's or a package's, which has tests of its own."""
        handler = handler_of(self.route.handler)
        return handler is not None and Owners.is_user(handler.file)

    def has(self, identity: str) -> bool:
        """Whether a trial of the route has the ID."""
        return any(trial_id(self.app, self.route, trial) == identity for trial in self.plan.trials())


_REFUSED = 25
"""So many requests that are refused, and no other, say that somebody has to be known."""
_VARIED = 18
"""So many requests are kept for what clients and servers do to a request that the search has to find first."""
_CHUNKS = 50
"""What is answered with more parts takes too long to be sent again and again."""
_ODD = 16
"""So many requests are kept for what is odd, where a route streams."""
_ECHOES = 8
"""So many parts of requests are looked at that came back in headers."""
_SECONDS = 5
"""So many requests are sent a second time, with what they were given."""

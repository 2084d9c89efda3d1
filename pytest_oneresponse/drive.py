"""Driving one route: every trial sent, every exchange judged."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from . import judging, marks, sites, unreached
from .apps import App
from .contract.events import TimedOut
from .contract.finding import Finding, Ledger, Place
from .driving import Driven, Settings
from .exchange import Exchange, Watcher, put_marks
from .explore import hooks
from .explore.bases import bases, fallbacks
from .explore.draft import Draft
from .explore.explorer import Explorer
from .explore.reached import Reached
from .explore.recording import Recording
from .explore.schemas import declared_by
from .explore.shrink import shrunk
from .explore.trials import Plan, Trial, draft_for
from .fault import KINDS
from .faults.databases import tapped
from .faults.leftovers import only_new
from .faults.network import watched_over
from .faults.plan import FaultPlan, caught_in
from .faults.tap import Tap
from .producing import Producing
from .protocols import alarm, probe
from .protocols.client import Answer
from .protocols.lifespan import in_a_line
from .routes import Route
from .sending import Sending

EXPLORING = replace(marks.HOOKS, observed=hooks.HOOKS)
"""The marks of a function that is explored."""

_REFUSALS = (400, 403, 421)
"""Statuses with which an app refuses a Host that it does not know (RFC 9110, 7.4 and 15.5.20)."""


Failed = tuple[tuple[Any, ...], Trial]
"""What was made to fail, and in which trial."""

TIME_LIMITS = 4
"""A route may take so many times the time limit of one exchange."""


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


def trial_id(app: App, route: Route, trial: Trial) -> str:
    """The ID by which one exchange is run again: the same in every run and on every machine."""
    told = "\n".join((app.label, route.name, route.host, trial.identity))
    return hashlib.sha256(told.encode()).hexdigest()[:10]


class _Run:
    def __init__(self, sending: Sending) -> None:
        self.sending = sending
        self.app, self.route, self.settings = app, route, settings = sending.app, sending.route, sending.settings
        self.driven, self.driver = sending.driven, sending.driver
        self.began = time.perf_counter()
        same = [other for other in app.routes if (other.template, other.host) == (route.template, route.host)]
        self.of_others = frozenset(other.method for other in same) - {route.method}
        """Methods that other routes answer at this place: what they break is told of those."""
        alone = next(other for other in app.routes if other.template == route.template) is route
        self.plan = Plan(route, settings.values, app.host, alone)
        self.producing = Producing(app, route, settings, self.aside)
        """What creates the things that the route names."""
        self.injured_before = app.injured
        """Whether something was made to fail in another route before this one."""
        self.telling: list[Trial] = []
        """The trials that took a branch, or came to a function, that none before had come to."""
        self.keeping: list[Trial] = []
        """Those of them whose answer has set a cookie."""

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
            if not self.is_over():
                self.one(trial, identity)
        self.some(self.plan.variations())
        if not self.is_over():
            self.producing.look_for_declared()
        self.explore()
        self.some(self.seconds())
        self.some(self.plan.boundaries())
        self.fail()

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
            if self.is_over(1 + len(trial.before)):
                break
            identity = trial_id(self.app, self.route, trial)
            if wanted and identity != wanted and trial.label != "valid":
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
        ]

    def one(self, trial: Trial, identity: str, judged: bool = True) -> tuple[Answer, Recording]:
        """Send one trial, and judge what came of it."""
        known = self.driven.reached.known if self.driven.reached is not None else 0
        exchange, answer = self.sending.play(trial)
        self.plan.learn(trial, answer)
        if self.driven.reached is not None and self.driven.reached.known > known and not trial.faults:
            self.telling.append(trial)
            if answer.header("set-cookie"):
                self.keeping.append(trial)
        if trial.label == "valid":
            exchange, answer = self.find_host(trial, exchange, answer)
        told = self.sending.told
        if judged:
            self.judge(exchange, identity, trial)
        return answer, told

    def is_over(self, needed: int = 1) -> bool:
        """Whether the route has had its requests or its time."""
        ended = self.driven.gave_up or self.driven.cut_short or self.is_late()
        return bool(ended) or self.settings.requests - self.driven.requests < needed

    def fail(self) -> None:
        """Make each call fail that the user's code made, one at a time, in as many exchanges again as the route may have."""
        if self.settings.faults == "none" or Watcher.marks is None or self.driven.gave_up:
            return
        self.judge_lifespan()
        plan = FaultPlan(KINDS if self.settings.faults == "calls" else ("upstream",))
        self.began = time.perf_counter() - self.producing.seconds
        for trial in self.telling:
            if self.may_inject():
                self.look(trial, plan)
        last: Failed | None = None
        while self.may_inject() and (failing := plan.next()) is not None:
            last = self.inject(failing, plan, last)
        if last is not None and not self.driven.gave_up:
            self.inject(replace(self.telling[0], faults=()), plan, last)
        self.driven.sites = len(plan.sites)

    def look(self, trial: Trial, plan: FaultPlan) -> None:
        """Run a trial once more, to see what may fail in it."""
        tap = Tap((), self.app.caught)
        self.sending.play(trial, tap=tap)
        self.driven.looked += 1
        plan.learn(trial, tap)

    def inject(self, trial: Trial, plan: FaultPlan, last: Failed | None) -> Failed | None:
        """Run a trial with what is to fail in it, and judge it; gives what failed `last`, for what hangs after it."""
        tap = Tap(trial.faults, self.app.caught)
        exchange, _ = self.sending.play(trial, tap=tap)
        plan.learn(trial, tap, caught_in(self.sending.told.branches))
        if exchange.fired:
            self.judge(exchange, trial_id(self.app, self.route, trial), trial)
            last = exchange.fired, trial
        elif last is not None and any(isinstance(event, TimedOut) for event in exchange.events):
            exchange.fired = last[0]  # what failed before has kept a lock
            self.judge(exchange, trial_id(self.app, self.route, last[1]), last[1])
        if not self.driver.is_up():
            self.driver.close()  # the failure has ended what the app's start-up began
        return last

    def may_inject(self) -> bool:
        """Whether the route has room and time for one more failure."""
        sent = self.driven.injected + self.driven.looked
        return sent < self.settings.requests and not self.driven.gave_up and not self.is_late()

    def explore(self) -> None:
        """Send what may take branches that were not taken yet, until nothing new is to be had."""
        explorer = self.explorer()
        while explorer is not None and not self.is_over():
            draft = explorer.next()
            if draft is None:
                break
            trial = self.producing.chain.trial(draft)
            answer, told = self.one(trial, trial_id(self.app, self.route, trial))
            explorer.learn(draft, told, answer.status)

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
            )
        except (KeyError, ValueError):
            return None

    def has(self, identity: str) -> bool:
        """Whether a trial of the route has the ID."""
        return any(trial_id(self.app, self.route, trial) == identity for trial in self.plan.trials())

    def is_late(self) -> bool:
        """Whether the route has had its time: a slow handler must not hold up all the others."""
        most = self.settings.timeout * TIME_LIMITS
        if time.perf_counter() - self.began - self.producing.seconds < most or not self.driven.requests:
            return False
        self.driven.cut_short = f"slow: stopped after {most:g} s and {self.driven.requests} requests"
        return True

    def aside(self, trial: Trial) -> tuple[Exchange, Answer, Recording]:
        """Send a trial to another route than the one that is driven."""
        exchange, answer = self.sending.play(trial, counted=False)
        return exchange, answer, self.sending.told

    def find_host(self, trial: Trial, exchange: Exchange, answer: Answer) -> tuple[Exchange, Answer]:
        """Where the app refuses the request, ask under the Hosts that it may wait for; the first it accepts is kept."""
        app = self.app
        if answer.status not in _REFUSALS or app.host_tries <= 0 or self.route.host:
            if answer.status:
                app.host_tries = 0 if answer.status not in _REFUSALS else app.host_tries
            return exchange, answer
        app.host_tries -= 1
        for host in app.hosts:
            tried = replace(trial, request=trial.request.with_header("host", host))
            other_exchange, other = self.sending.play(tried)
            if other.status and other.status not in _REFUSALS:
                app.host, app.host_tries, self.plan.host = host, 0, host
                self.plan.learn(trial, other)
                return other_exchange, other
        return exchange, answer

    def judge(self, exchange: Exchange, identity: str, trial: Trial) -> None:
        for found in self.found(exchange, trial, identity):
            finding = self.as_told(found)
            new = self.driven.findings.add(finding) and finding.level != "off"
            if finding.rule == "hung-response":
                why = "" if finding.level == "breach" else f"; {_INJURED}"
                self.driven.gave_up = f"an exchange hung, so the rest of the route was not driven{why}"
            if new and trial.draft is not None and not self.driven.gave_up:
                smallest, finding = self.smallest(finding, trial.draft, trial)
                self.driven.findings.replace(finding)
                self.driven.failed[trial_id(self.app, self.route, smallest)] = smallest
            elif new:
                self.driven.failed[identity] = trial
        if not self.driven.gave_up and any(isinstance(event, TimedOut) for event in exchange.events):
            self.driven.cut_short = "slow: what runs on after the response outlasts the time limit"

    def as_told(self, finding: Finding) -> Finding:
        """A finding, or the one that was told already: a stream that failures cut short is one, and tells of all their lines."""
        if finding.fault is None or finding.rule not in ("error-after-start", "error-after-end"):
            return finding
        same = (
            one for one in self.driven.findings if one.rule == finding.rule and _line(one.also) == _line(finding.also)
        )
        known = next(same, None)
        if known is None or known.where is None or finding.where is None:
            return finding
        note = f"so it does where {finding.where.file}:{finding.where.line} fails"
        if finding.where.line != known.where.line and note not in known.notes:
            self.driven.findings.replace(replace(known, notes=(*known.notes, note)))
        return replace(finding, where=known.where, also=known.also)

    def found(self, exchange: Exchange, trial: Trial, identity: str) -> list[Finding]:
        """What an exchange broke."""
        if exchange.plain or trial.request.method in self.of_others:
            return []
        settings = self.settings
        replay = f"{settings.replay_command}{identity}" if settings.replay_command else ""
        before = tuple(f"it comes after {request.curl()}" for request in self.sending.before) if trial.ids else ()
        found = judging.findings(exchange, judging.Told(self.route, replay, settings.test))
        if self.injured_before and not exchange.fired:
            found = [self.as_a_consequence(finding, exchange) for finding in found]
        if self.sending.told.upstreams:
            before += (f"other machines answer {json.dumps(self.sending.told.document)}",)
        return [replace(finding, notes=(*finding.notes, *before)) for finding in found]

    def as_a_consequence(self, finding: Finding, exchange: Exchange) -> Finding:
        """A finding; what hangs may wait for what a failure in another route has kept.

        Not where the user's own code runs or sleeps, unless a failure was seen to keep what is waited for there.
        """
        site = next((event.site for event in exchange.events if isinstance(event, TimedOut)), None)
        chain = site.chain if isinstance(site, sites.Site) else site
        known = any(one.rule == "hung-response" and one.where == finding.where for one in self.app.found)
        if finding.rule != "hung-response" or not (known or (chain and not sites.is_users(chain[0]))):
            return finding
        return replace(finding, level="practice", notes=(*finding.notes, _INJURED))

    def smallest(self, finding: Finding, draft: Draft, like: Trial) -> tuple[Trial, Finding]:
        """The smallest request that shows the same as the trial `like`, and the finding with it."""
        best = finding

        def shows(smaller: Draft) -> bool:
            nonlocal best
            if self.is_late() if like.faults else self.is_over():
                return False
            trial = replace(self.producing.chain.trial(smaller), faults=like.faults, client=like.client)
            exchange, _ = self.sending.play(trial)
            identity = trial_id(self.app, self.route, trial)
            same = next((one for one in self.found(exchange, trial, identity) if one.key == finding.key), None)
            best = same or best
            return same is not None

        return replace(self.producing.chain.trial(shrunk(draft, shows)), faults=like.faults, client=like.client), best


_SECONDS = 5
_INJURED = (
    "failures in other routes may have kept what it waits for: drive this one alone, or with --oneresponse-faults=none"
)


def _line(place: Place | None) -> tuple[str, int] | None:
    return (place.file, place.line) if place is not None else None


def by_level(findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Findings parted into breaches and what is milder."""
    return [f for f in findings if f.level == "breach"], [f for f in findings if f.level != "breach"]

"""Judging what driving a route brings, and telling each thing once, by the smallest request that shows it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from .. import judging, sites
from ..apps import App
from ..contract.events import TimedOut
from ..contract.finding import Finding, Place
from ..contract.request import Request
from ..exchange import Exchange
from ..explore import canary
from ..explore.draft import Draft
from ..explore.shrink import shrunk
from ..explore.trials import VALID, Trial
from ..routes import Route
from .budget import Budget
from .producing import Producing
from .sending import Sending

_INJURED = (
    "failures in other routes may have kept what it waits for: drive this one alone, or with --oneresponse-faults=none"
)


def trial_id(app: App, route: Route, trial: Trial) -> str:
    """The ID by which one exchange is run again: the same in every run and on every machine."""
    told = "\n".join((app.label, route.name, route.host, trial.identity))
    return hashlib.sha256(told.encode()).hexdigest()[:10]


class Telling:
    """The findings of the route that is driven."""

    def __init__(self, sending: Sending, producing: Producing, budget: Budget) -> None:
        self.sending, self.producing, self.budget = sending, producing, budget
        self.app, self.route = app, route = sending.app, sending.route
        self.settings, self.driven = sending.settings, sending.driven
        same = [other for other in app.routes if (other.template, other.host) == (route.template, route.host)]
        self.of_others = frozenset(other.method for other in same) - {route.method}
        """Methods that other routes answer at this place: what they break is told of those."""
        self.injured_before = app.injured
        """Whether something was made to fail in another route before this one."""
        self.odd_before = tuple(app.odd)
        """What was to store something odd, before this route was driven."""

    def judge(self, exchange: Exchange, identity: str, trial: Trial) -> None:
        for found in self.found(exchange, trial, identity):
            finding = self.as_told(found)
            if self.may_be_for_odd(finding, trial):
                trial, identity, finding = self.after_odd(trial, finding)
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

    def may_be_for_odd(self, finding: Finding, trial: Trial) -> bool:
        """Whether a stream may break off for what was stored while other routes were driven: the request has nothing odd."""
        streams = finding.rule in ("error-after-start", "error-after-end")
        return bool(self.odd_before) and streams and trial.label == VALID and not trial.faults

    def after_odd(self, trial: Trial, finding: Finding) -> tuple[Trial, str, Finding]:
        """The trial after all that, with its ID and its finding."""
        before = tuple(request for one in self.odd_before for request in (*one.before, one.request))
        ids = tuple(name for one in self.odd_before for name in (*one.ids, ""))
        label = f"{trial.label}, after odd values"
        after = replace(trial, label=label, before=before, ids=ids, draft=None)
        identity = trial_id(self.app, self.route, after)
        notes = tuple(_after(request) for request in before)
        replay = f"{self.settings.replay_command}{identity}" if finding.replay else ""
        return after, identity, replace(finding, replay=replay, notes=(*finding.notes, *_shortened(notes)))

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
        before = _shortened(
            tuple(
                _after(request)
                for request in self.sending.before
                if trial.ids or (request.path, request.body) != (trial.request.path, trial.request.body)
            )
        )
        before += (_TWICE,) if trial.before[-1:] == (trial.request,) else ()
        found = judging.findings(exchange, judging.Told(self.route, replay, settings.test))
        if self.injured_before and not exchange.fired:
            found = [self.as_a_consequence(finding, exchange) for finding in found]
        if self.sending.told.upstreams:
            told = self.sending.told
            status = f"{told.answered} " if told.answered != 200 else ""
            before += (f"other machines answer {status}{json.dumps(told.document)}",)
        if trial.session and self.sending.session:
            before += (f"the session holds {json.dumps(trial.session)}",)
            found = [self.of_a_session(finding, trial.session) for finding in found]
        return [replace(finding, notes=(*finding.notes, *before)) for finding in found]

    def of_a_session(self, finding: Finding, session: dict[str, Any]) -> Finding:
        """A finding; what breaks a stream, and was made up for the session, the app may never put there."""
        of_users = {key for one in self.app.new_sessions() for key in one} | {canary.NAME}
        streams = finding.rule in ("error-after-start", "error-after-end") and finding.level == "breach"
        return replace(finding, level="practice") if streams and not session.keys() <= of_users else finding

    def as_a_consequence(self, finding: Finding, exchange: Exchange) -> Finding:
        """A finding; what hangs may wait for what a failure in another route has kept.

        Not where the user's own code runs or sleeps, unless a failure was seen to keep what is waited for there.
        """
        site = next((event.site for event in exchange.events if isinstance(event, TimedOut)), None)
        chain = site.chain if isinstance(site, sites.Site) else site
        known = any(one.rule == "hung-response" and one.where == finding.where for one in self.app.found)
        if finding.rule != "hung-response" or not (known or (chain and not _is_users_own(chain))):
            return finding
        return replace(finding, level="practice", notes=(*finding.notes, _INJURED))

    def smallest(self, finding: Finding, draft: Draft, like: Trial) -> tuple[Trial, Finding]:
        """The smallest request that shows the same as the trial `like`, and the finding with it."""
        best = finding

        def shows(smaller: Draft) -> bool:
            nonlocal best
            if self.budget.is_late() if like.faults else not self.budget.may_shrink():
                return False
            trial = replace(self.producing.chain.trial(smaller), faults=like.faults, client=like.client)
            exchange, _ = self.sending.play(trial, counted=bool(like.faults))
            self.driven.shrinking += not like.faults
            identity = trial_id(self.app, self.route, trial)
            same = next((one for one in self.found(exchange, trial, identity) if one.key == finding.key), None)
            best = same or best
            return same is not None

        return replace(self.producing.chain.trial(shrunk(draft, shows)), faults=like.faults, client=like.client), best


_TWICE = "it is sent twice, and this is the second answer"
_MOST_BEFORE = 4
"""So many of the requests that come first are told."""


def _after(request: Request) -> str:
    return f"it comes after {request.curl()}"


def _shortened(notes: tuple[str, ...]) -> tuple[str, ...]:
    more = len(notes) - _MOST_BEFORE
    return notes if more <= 0 else (*notes[:_MOST_BEFORE], f"and after {more} more requests")


def _is_users_own(chain: sites.Chain) -> bool:
    """Whether the user's own code runs at the end of a chain, or sleeps there."""
    inner = chain[2] if chain[0].co_name == "sleep" and len(chain) > 2 else chain[0]
    return sites.is_users(inner)


def _line(place: Place | None) -> tuple[str, int] | None:
    return (place.file, place.line) if place is not None else None

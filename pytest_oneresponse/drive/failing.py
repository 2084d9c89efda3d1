"""Making each call fail that the user's code made, one at a time, in exchanges that are run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..contract.events import TimedOut
from ..exchange import Exchange
from ..explore.trials import Trial
from ..fault import KINDS
from ..faults.plan import FaultPlan, caught_in
from ..faults.tap import Tap
from .budget import Budget
from .fresh import altered, fresh
from .sending import Sending
from .telling import Telling, trial_id

Branch = tuple[int, str]
"""A mark and its outcome."""
Failed = tuple[tuple[Any, ...], Trial]
"""What was made to fail, and in which trial."""
_LOOKS = 3
"""So great a part of the exchanges may be spent on looking, rather than on failures."""


class Failing:
    """The failures of one route."""

    def __init__(self, sending: Sending, budget: Budget, telling: Telling) -> None:
        self.sending, self.budget, self.telling = sending, budget, telling
        self.app, self.route, self.driven = sending.app, sending.route, sending.driven
        kind = sending.settings.faults
        self.plan = FaultPlan(KINDS if kind == "calls" else (kind,))
        self.sound: set[str] = set()
        """The labels of trials in which no answer is lost."""
        self.renewed = 0
        """How often a trial was sent with new values."""

    def run(self, trials: list[tuple[Trial, frozenset[Branch]]]) -> None:
        """See what may fail in the trials, and let it fail, in as many exchanges as the route may have.

        With each trial come the branches that it has taken: where it does not take them again, what it creates is there already.
        """
        self.budget.start_again()
        for trial, branches in trials:
            if self.budget.may_fail():
                self.look(trial, branches)
        last: Failed | None = None
        while self.budget.may_fail() and (failing := self.plan.next()) is not None:
            last = self.inject(failing, last)
        if last is not None and not self.driven.gave_up:
            self.inject(replace(trials[0][0], faults=()), last)
        self.driven.sites = len(self.plan.sites)

    def look(self, trial: Trial, branches: frozenset[Branch]) -> None:
        """Run a trial once more, to see what may fail in it."""
        tap = Tap((), self.app.caught)
        exchange, _ = self.sending.play(trial, tap=tap)
        self.driven.looked += 1
        self.tell_again(trial, exchange)
        told = self.sending.told
        for renewed in self.renewed_ones(trial):
            if branches <= told.branches:
                break
            other = Tap((), self.app.caught)
            self.sending.play(renewed, tap=other)
            self.driven.looked += 1
            if len(branches & self.sending.told.branches) > len(branches & told.branches):
                trial, tap, told = renewed, other, self.sending.told
        if not told.spoiled:
            self.sound.add(trial.label)
        self.plan.learn(trial, tap, spoiled=told.spoiled)

    def renewed_ones(self, trial: Trial) -> Iterator[Trial]:
        """The trial with new values, one of which may create again what it has created."""
        renewed = self.fresh(trial)
        if renewed is not None:
            yield renewed
        for one in altered(trial, self.renewed):
            if self.driven.looked < self.budget.requests // _LOOKS:
                yield one

    def tell_again(self, trial: Trial, exchange: Exchange) -> None:
        """Judge what a trial has shown when it was sent once more: what it has stored itself may be in its way."""
        if trial.session is None and not self.driven.gave_up:
            before = (*trial.before, trial.request)
            again = replace(trial, label=f"{trial.label}, again", before=before, draft=None)
            self.telling.judge(exchange, trial_id(self.app, self.route, again), again)

    def fresh(self, trial: Trial) -> Trial | None:
        """The trial with new values; None where it has none that were made up."""
        self.renewed += 1
        renewed = fresh(trial, self.renewed)
        return renewed if (renewed.request, renewed.before) != (trial.request, trial.before) else None

    def inject(self, trial: Trial, last: Failed | None) -> Failed | None:
        """Run a trial with what is to fail in it, and judge it; gives what failed `last`, for what hangs after it."""
        exchange = self.failed(trial)
        if self.is_spent(trial, exchange) and (renewed := self.fresh(trial)) is not None and self.budget.may_fail():
            if exchange.fired:
                self.telling.judge(exchange, trial_id(self.app, self.route, trial), trial)
            trial, exchange = renewed, self.failed(renewed)
        if exchange.fired:
            self.telling.judge(exchange, trial_id(self.app, self.route, trial), trial)
            last = exchange.fired, trial
        elif last is not None and any(isinstance(event, TimedOut) for event in exchange.events):
            exchange.fired = last[0]  # what failed before has kept a lock
            self.telling.judge(exchange, trial_id(self.app, self.route, last[1]), last[1])
        if not self.sending.driver.is_up():
            self.sending.driver.close()  # the failure has ended what the app's start-up began
        return last

    def failed(self, trial: Trial) -> Exchange:
        """Run a trial with what is to fail in it."""
        tap = Tap(trial.faults, self.app.caught)
        exchange, _ = self.sending.play(trial, tap=tap)
        told = self.sending.told
        self.plan.learn(trial, tap, caught_in(told.branches), spoiled=told.spoiled)
        return exchange

    def is_spent(self, trial: Trial, exchange: Exchange) -> bool:
        """Whether what a trial creates may have been there already: its failure did not come, or an answer was lost."""
        if not trial.faults:
            return False
        return not exchange.fired or (self.sending.told.spoiled and trial.label in self.sound)

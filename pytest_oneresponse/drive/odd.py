"""Streams, when what they are made of is odd: a body that breaks off cannot be taken back, as a failing page can."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ..contract.events import Data
from ..exchange import Exchange
from ..explore.draft import Address, without_canaries
from ..explore.odd import absent, odd
from ..explore.producers import storing
from ..explore.recording import Recording
from ..explore.trials import Trial
from ..instrument.observe import MARKS, Function
from ..protocols.client import Answer
from ..source import functions_of, own_nodes
from .producing import Producing

_PRODUCERS = 3
"""So many routes are asked to store something odd."""


class Streamed(NamedTuple):
    """A trial that was answered with a stream, and where parts would stand that the app has looked for in vain."""

    trial: Trial
    missing: list[Address]

    @property
    def parts(self) -> int:
        """In how many places something odd can stand."""
        draft = self.trial.draft
        return len(list(draft.atoms())) + len(self.missing) if draft is not None else 0


def streamed(trial: Trial, exchange: Exchange, answer: Answer, told: Recording) -> Streamed | None:
    """A trial that was answered with a stream; None for one that was not."""
    return Streamed(trial, absent(told)) if _streams(exchange, answer, told) else None


def _streams(exchange: Exchange, answer: Answer, told: Recording) -> bool:
    """Whether an exchange was answered with a body in parts, or with one that a generator of the user's has made."""
    if answer.status != 200 or answer.header("content-length") is not None:
        return False
    if sum(type(event) is Data for event in exchange.events) > 1:
        return True
    return any(_yields(MARKS.all[number].function) for number in told.begun)


@functools.lru_cache(maxsize=1024)
def _yields(function: Function) -> bool:
    node = functions_of(function.file).get((function.line, function.name.rpartition(".")[2]))
    return node is not None and any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in own_nodes(node.body))


def inputs(streamed: Streamed, producing: Producing) -> Iterator[Trial]:
    """A trial whose answer is streamed, with odd values in it."""
    draft = streamed.trial.draft
    if draft is not None:
        yield from map(producing.chain.trial, odd(without_canaries(draft), streamed.missing))


def rows(streamed: Streamed, producing: Producing) -> Iterator[Trial]:
    """A trial whose answer is streamed, each time after something odd was stored through another route."""
    trial = streamed.trial
    if trial.draft is not None:
        trial = producing.chain.trial(without_canaries(trial.draft))
    for producer in storing(producing.app.routes, producing.route)[:_PRODUCERS]:
        for number, first in enumerate(producing.storing_odd(producer)):
            before, ids = (*first.before, *trial.before, first.request), (*first.ids, *trial.ids)
            producing.app.odd.append(first)
            label = f"{trial.label}, after {producer.name} with odd values, {number}"
            yield replace(trial, label=label, before=before, ids=ids, draft=None)

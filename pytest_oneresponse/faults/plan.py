"""Which exchange is run again with which fault: every class of failures once, what is most likely to show something first."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

from ..explore.trials import Trial
from ..fault import KINDS
from ..instrument.observe import MARKS
from ..protocols.client import Client
from .tap import Point, Tap, fault_at

_DEEPEST = 2
"""So many faults come together: one that leads into an `except`, and one in what stands there."""
_CLIENTS = (Client(refuses="start"), Client(refuses="body"), Client(leaves="first"))
"""Clients that leave while an error is answered."""


class FaultPlan:
    """The failures that are still to be tried.

    Two are of one class where place, state, regions around it and exception are the same: `Tap` and `apart` see to that,
    for all of the route's requests together here.
    """

    def __init__(self, kinds: Container[str] = KINDS) -> None:
        """`kinds`: what is made to fail."""
        self.kinds = kinds
        self.waiting: list[tuple[int, int, Trial]] = []
        self.order = itertools.count()
        self.planned: set[tuple[Any, ...]] = set()
        self.sites: set[tuple[Any, ...]] = set()
        """The places that may fail."""
        self.caught: set[int] = set()
        """The `except` clauses that were entered."""

    def learn(self, trial: Trial, tap: Tap, entered: Iterable[int] = (), *, spoiled: bool = False) -> None:
        """Plan what an exchange has shown that may fail; `entered` are the `except` clauses that it came to.

        `spoiled`: it loses an answer, which may hide what a failure does there; in one that loses none the same is tried again.
        """
        for point in tap.points.values():
            if point.kind in self.kinds:
                self.sites.add((point.kind, point.place))
                for failure in point.failures if len(trial.faults) < _DEEPEST else ():
                    self.plan(trial, point, failure, spoiled)
        new = set(entered) - self.caught
        self.caught |= new
        if not trial.faults:
            return
        last = trial.faults[-1]
        if tap.again and not last.always:
            self.push(2, replace(trial, faults=(*trial.faults[:-1], replace(last, always=True))))
        if new and trial.client == Client():
            for client in _CLIENTS:
                self.push(3, replace(trial, client=client))

    def plan(self, trial: Trial, point: Point, failure: str, spoiled: bool = False) -> None:
        regions = tuple(span.region for span in point.spans)
        key = (point.kind, point.place, point.state, regions, failure)
        if (key, False) in self.planned or (key, spoiled) in self.planned:
            return
        self.planned.add((key, spoiled))
        # What nobody catches before the start is the framework's to answer: such failures are all alike.
        alike = point.state == "HEAD" and not regions
        self.push(4 if alike else len(trial.faults), replace(trial, faults=(*trial.faults, fault_at(point, failure))))

    def push(self, weight: int, trial: Trial) -> None:
        heapq.heappush(self.waiting, (weight, next(self.order), trial))

    def next(self) -> Trial | None:
        """The next trial; None where none is left."""
        return heapq.heappop(self.waiting)[2] if self.waiting else None


def caught_in(branches: Iterable[tuple[int, str]]) -> list[int]:
    """The `except` clauses among the branches that an exchange took."""
    return [number for number, _ in branches if MARKS.all[number].kind == "except"]

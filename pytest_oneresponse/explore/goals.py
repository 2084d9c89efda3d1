"""What the search wants to see, and the drafts that may show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .draft import Draft
from .recording import Observation, Recording
from .turning import Turning
from .wishes import CONVERSIONS

Goal = tuple[Any, ...]
"""("branch", number, outcome), ("event", number, result), ("read", source, key) and others: something not seen yet."""

_LATER = ("event", "named")
"""Goals that may lead somewhere; those that do for certain come first."""
TRIES = 24
"""A goal that so many drafts did not reach is left."""


class Offer(NamedTuple):
    """A draft for a goal. `base`: the recording that it was made from; `repairs`: how often it was mended already."""

    cost: int
    order: int
    draft: Draft
    base: Recording | None = None
    repairs: int = 0


@dataclass(slots=True)
class Wanted:
    """A goal's drafts, each with its cost, the cheapest to be sent first."""

    drafts: list[Offer] = field(default_factory=list)
    tries: int = 0
    order: int = 0


class Goals:
    """Every goal, in the order in which they were found, and those that were reached."""

    def __init__(self) -> None:
        self.wanted: dict[Goal, Wanted] = {}
        self.reached: set[Goal] = set()
        self.spoiled: set[Goal] = set()
        """Those that were reached, be it after an answer was lost: to reach them again where none is comes later."""
        self.count = 0

    def __contains__(self, goal: Goal) -> bool:
        return goal in self.wanted

    def __iter__(self) -> Iterator[Goal]:
        return iter(self.wanted)

    def want(self, goal: Goal) -> Wanted:
        """What is known of a goal; it is a new one if it was not known."""
        if goal not in self.wanted:
            self.wanted[goal] = Wanted(order=len(self.wanted))
        return self.wanted[goal]

    def is_open(self, goal: Goal) -> bool:
        """Whether more drafts for a goal are of use: it was not reached, and not given up."""
        wanted = self.wanted.get(goal)
        return goal not in self.reached and (wanted is None or wanted.tries < TRIES)

    def offer(self, wanted: Wanted, cost: int, draft: Draft | None, turning: Turning | None = None) -> None:
        """A draft that may reach a goal; None is none."""
        if draft is not None:
            self.count += 1
            base, repairs = (turning.base, turning.repairs) if turning is not None else (None, 0)
            wanted.drafts.append(Offer(cost, self.count, draft, base, repairs))

    def add(self, goal: Goal, offers: Iterable[tuple[int, Draft | None]], turning: Turning | None = None) -> None:
        """A goal with its drafts and their costs, in the order in which they are sent; one that is known stays as it is."""
        if goal not in self.wanted:
            wanted = self.want(goal)
            for cost, draft in offers:
                self.offer(wanted, cost, draft, turning)

    def turn(self, goal: Goal, wanted: Wanted) -> int:
        """When a goal is tried, among the others."""
        return 4 + 3 * wanted.tries if goal[0] in _LATER or goal in self.spoiled else wanted.tries

    def nearest(self) -> Goal | None:
        """The goal that was tried least, of those the one that is cheapest to try, then the one that was found last."""
        open_goals = [
            (self.turn(goal, wanted), wanted.drafts[0].cost, -wanted.order, goal)
            for goal, wanted in self.wanted.items()
            if wanted.drafts and self.is_open(goal)
        ]
        return min(open_goals, key=lambda one: one[:3])[3] if open_goals else None


def own(event: Observation) -> Goal:
    return ("event", event.number, outcome_of(event))


def outcome_of(event: Observation) -> Any:
    """What came of an event, in few kinds."""
    result = event.result
    if event.kind in ("iterate", "unpack"):
        return len(event.given) if isinstance(event.given, list) and len(event.given) < 2 else "more"
    if isinstance(result, type):
        return "failed"
    if result is None or isinstance(result, bool):
        return result
    return "done"


def others(event: Observation) -> list[Goal]:
    """How else an event could turn out."""
    outcome = outcome_of(event)
    if event.kind == "match":
        outcomes: tuple[Any, ...] = ("another",)
    elif event.kind == "iterate":
        outcomes = ("more", 1, 0)
    elif event.kind == "unpack" or (outcome == "done" and event.what in CONVERSIONS):
        outcomes = ("failed",)
    elif outcome == "failed":
        outcomes = ("done",)
    else:
        outcomes = (not outcome,) if outcome != "done" else ()
    return [("event", event.number, one) for one in outcomes]

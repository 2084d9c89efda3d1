"""Which request to send next, so that every branch is taken that an input can reach.

Theory. Each exchange tells what the app has read, compared and decided (record.py). For each outcome that was not seen yet,
what stood before it is turned into requests that may bring it about (wishes.py, matching.py): these are the goals, and each
has a list of drafts, the likeliest first. A draft that brings something new teaches further goals in its turn. When no
goal has a draft left, constants of the code and changes of structure are tried on what was of interest so far.
Nothing here knows a framework: what a mapping holds is told by a canary that stands in every part of the request.
"""

from __future__ import annotations

import base64
import contextlib
import decimal
import json
import random
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..instrument.observe import MARKS
from . import canary
from .bodies import BODY_METHODS, with_bodies
from .draft import MISSING, Address, Draft, without_canaries
from .matching import Derived, Matcher, Way
from .record import Event, Recording
from .schemas import seeds
from .wishes import CONVERSIONS, Wish, derived, spread, wishes

Goal = tuple[Any, ...]
"""("branch", number, outcome), ("event", number, result), ("read", source, key) and others: something not seen yet."""

TRIES = 24
"""A goal that so many drafts did not reach is left."""
_WINDOW = 12
"""So many events before a decision may have to do with it."""
_PER_GOAL = 60
_VALUES = 12
"""The most values that one comparison is given to meet."""
_QUIET = 50
"""After so many changes at random that brought nothing new the search is over."""


class _Offer(NamedTuple):
    """A draft for a goal. `base`: the recording that it was made from; `repairs`: how often it was mended already."""

    cost: int
    order: int
    draft: Draft
    base: Recording | None = None
    repairs: int = 0


@dataclass(slots=True)
class _Wanted:
    """A goal's drafts, each with its cost, the cheapest to be sent first."""

    drafts: list[_Offer] = field(default_factory=list)
    tries: int = 0
    order: int = 0


class Explorer:
    """The search for one route. `next` gives a draft to send, `learn` takes what came of it."""

    def __init__(
        self, bases: Iterable[Draft], given: Mapping[str, list[Any]], seed: int = 0, plain: Draft | None = None
    ) -> None:
        """`plain`: a request without a canary, which is of use only where the others are refused."""
        self.plain = plain
        self.statuses: set[int] = set()
        self.given = given
        self.random = random.Random(seed)
        self.bases = deque(bases)
        self.goals: dict[Goal, _Wanted] = {}
        self.reached: set[Goal] = set()
        self.sent: set[str] = set()
        self.corpus: list[tuple[Draft, Recording]] = []
        self.count = 0
        self.unique = 0
        self.quiet = 0
        self.constants: dict[Any, None] = {}
        self.structural: Iterator[Draft] | None = None
        self.values_of: dict[int, int] = {}
        """How many values each comparison was given to meet."""
        self.why: Goal = ()
        """The goal of the draft that `next` gave last."""
        self.offer: _Offer | None = None
        self.branches: set[tuple[int, str]] = set()
        """The outcomes that were seen."""
        self.functions: dict[int, None] = {}
        """The functions that ran, by the number of their first mark."""

    # --- what to send

    def next(self) -> Draft | None:
        """The draft to send now; None where nothing is left that promises anything."""
        while self.bases:
            draft = self.bases.popleft()
            if self.is_new(draft):
                return draft
        if self.plain is not None and min(self.statuses, default=0) >= 400:
            plain, self.plain = self.plain, None
            self.why, self.offer = ("plain",), None
            return plain
        while (goal := self.nearest()) is not None:
            wanted = self.goals[goal]
            offer = wanted.drafts.pop(0)
            if self.is_new(offer.draft):
                wanted.tries += 1
                self.why, self.offer = goal, offer
                return offer.draft
        self.why, self.offer = ("at random",), None
        return self.at_random()

    def nearest(self) -> Goal | None:
        """The goal that was tried least, of those the one that is cheapest to try, then the one that was found last."""
        open_goals = [
            (wanted.tries if goal[0] != "event" else 4 + 3 * wanted.tries, wanted.drafts[0].cost, -wanted.order, goal)
            for goal, wanted in self.goals.items()
            if wanted.drafts and goal not in self.reached and wanted.tries < TRIES
        ]
        return min(open_goals, key=lambda one: one[:3])[3] if open_goals else None

    def is_new(self, draft: Draft) -> bool:
        key = draft.key
        if key in self.sent:
            return False
        self.sent.add(key)
        return True

    def at_random(self) -> Draft | None:
        """Constants and structure, once all goals are spent; None after a while without anything new."""
        if self.quiet >= _QUIET or not self.corpus or not self.missed():
            return None
        if self.structural is None:
            self.structural = self.changed()
        for draft in self.structural:
            if self.is_new(draft):
                self.quiet += 1
                return draft
        return None

    def missed(self) -> list[tuple[int, str]]:
        """The outcomes of functions that ran which were not seen."""
        return [
            (mark.number, outcome)
            for number in self.functions
            for mark in MARKS.of_function[MARKS.all[number].function].values()
            for outcome in mark.outcomes
            if (mark.number, outcome) not in self.branches
        ]

    # --- what came of it

    def learn(self, draft: Draft, told: Recording, status: int) -> bool:
        """Take in what an exchange has told; whether there was anything new."""
        if self.why == ("plain",) and status in self.statuses:
            return self.note(told)  # it is not the canary that is refused
        self.statuses.add(status)
        new = self.note(told)
        if new:
            self.quiet = 0
            self.structural = None
            self.corpus.append((draft, told))
        self.aim(draft, told)
        self.repair(draft, told)
        self.fill(draft)
        self.undress(draft, told)
        self.log_in(draft, told, status)
        self.read(draft, told.events)
        if status >= 500:
            self.reshape(draft, told.events)
        return new

    def note(self, told: Recording) -> bool:
        before = len(self.reached) + len(self.functions)
        self.branches |= told.branches
        self.functions |= told.begun
        self.reached.update(("branch", number, outcome) for number, outcome in told.branches)
        for event in told.events:
            if event.kind == "read":
                self.reached.add(("read", event.what, event.given, bool(event.result)))
            elif event.kind != "decide":
                self.reached.add(_own(event))
        return len(self.reached) + len(self.functions) > before

    def aim(self, draft: Draft, told: Recording) -> None:
        """Turn what an exchange told into drafts for what it did not reach."""
        aiming = _Aiming(draft, _atoms(draft), derived(told.events), told)
        for event, recent in _leading(told.events, aiming):
            if event.kind == "decide":
                goal = ("branch", event.number, "false" if event.result else "true")
                if goal not in self.reached:
                    for distance, one in enumerate(reversed(recent)):
                        self.propose(goal, one, distance, aiming)
            elif event.what == "made":
                self.seed(draft, event)
            else:
                self.form(event, aiming)
                if event.kind == "lookup":
                    self.look_up(event, aiming)
                elif event.what == "enum" and event.other:
                    self.look_up(Event("lookup", event.number, "", event.other[0], event.given), aiming)
                elif event.kind == "compare" and event.what in ("Eq", "NotEq"):
                    self.equal(event, aiming)
                elif event.what in _PATTERNS:
                    self.meet(event, aiming)
                for goal in _open_goals(event):
                    if goal not in self.reached:
                        self.propose(goal, event, 1, aiming)

    def look_up(self, event: Event, aiming: _Aiming) -> None:
        """A table of the app's own is asked for a key: each of its keys may lead somewhere else."""
        if isinstance(event.given, list):
            self.look_up_pairs(event, aiming)
            return
        for place, member in enumerate(spread(event.other)):
            for way in aiming.matcher.ways(event.given)[:1]:
                goal = ("member", event.number, repr(member))
                wanted = self.goals.setdefault(goal, _Wanted(order=len(self.goals)))
                if event.given != member and len(wanted.drafts) < 2:
                    self.add(wanted, place, _put(aiming.draft, way, member), aiming)

    def look_up_pairs(self, event: Event, aiming: _Aiming) -> None:
        """The same for keys of several parts, as the method and the path are."""
        for place, member in enumerate(spread(event.other)):
            if not isinstance(member, list) or len(member) != len(event.given):
                continue
            wishes_of = [Wish(one, [other]) for one, other in zip(event.given, member, strict=True) if one != other]
            changed = _all_put(aiming, wishes_of)
            wanted = self.goals.setdefault(("member", event.number, repr(member)), _Wanted(order=len(self.goals)))
            if changed is not None and len(wanted.drafts) < 2:
                self.add(wanted, place, changed, aiming)

    def equal(self, event: Event, aiming: _Aiming) -> None:
        """One place compares with one value after the other, as a dispatcher does: each of them is worth to be met once."""
        for one, other in ((event.given, event.other), (event.other, event.given)):
            goal: Goal = ("value", event.number, repr(other))
            if one == other or other is None or goal in self.goals or self.values_of.get(event.number, 0) >= _VALUES:
                continue
            for way in aiming.matcher.ways(one)[:1]:
                if way.cost > (0 if _is_number(one) else 2):
                    continue
                if way.address == ("method",):
                    goal = (*goal, aiming.draft.path)  # each path may wait for a method of its own
                self.values_of[event.number] = self.values_of.get(event.number, 0) + 1
                wanted = self.goals[goal] = _Wanted(order=len(self.goals))
                self.add(wanted, way.cost, _put(aiming.draft, way, other), aiming)

    def meet(self, event: Event, aiming: _Aiming) -> None:
        """One place tries one pattern after the other: each of them is worth to be met once."""
        goal = ("value", event.number, repr(event.other[:1]) + repr(event.given if event.what in _REGEXES else ""))
        if event.result is not True and goal not in self.goals and self.values_of.get(event.number, 0) < _VALUES:
            turned = aiming.turned(event)[:1]
            if turned:
                self.values_of[event.number] = self.values_of.get(event.number, 0) + 1
                wanted = self.goals[goal] = _Wanted(order=len(self.goals))
                self.add(wanted, turned[0][0], turned[0][1], aiming)

    def form(self, event: Event, aiming: _Aiming) -> None:
        """A conversion has failed: give the atom a text of the form that it asks for, whatever that may lead to."""
        if event.kind == "call" and _outcome(event) == "failed":
            for wish in wishes(event):
                for way in aiming.matcher.ways(wish.value)[:1]:
                    goal = ("form", event.number, way.address, repr(wish.value) if way.cost else "")
                    if goal not in self.goals and way.cost < 3:
                        wanted = self.goals[goal] = _Wanted(order=len(self.goals))
                        for place, value in enumerate(wish.wanted[:2]):
                            self.add(wanted, place - 1, _put(aiming.draft, way, value), aiming)

    def repair(self, draft: Draft, told: Recording) -> None:
        """What was changed for a decision has turned out an earlier one, so that it was not made: turn that back."""
        offer, goal = self.offer, self.why
        if offer is None or offer.base is None or goal[0] != "branch" or goal in self.reached or offer.repairs > 1:
            return
        if any(event.kind == "decide" and event.number == goal[1] for event in told.events):
            return
        aiming = _Aiming(draft, _atoms(draft), derived(told.events), offer.base, offer.repairs + 1)
        decided = iter([event for event in offer.base.events if event.kind == "decide"])
        for event, recent in _leading(told.events, aiming):
            if event.kind == "decide":
                before = next(decided, None)
                if before is None or before.number != event.number:
                    return
                if before.result != event.result:
                    for distance, one in enumerate(list(reversed(recent))[:4]):
                        self.propose(goal, one, distance - 2, aiming)
                    return

    def propose(self, goal: Goal, event: Event, distance: int, aiming: _Aiming) -> None:
        """Drafts for a goal in which an event turns out another way."""
        wanted = self.goals.setdefault(goal, _Wanted(order=len(self.goals)))
        signature = (goal, event.number, repr(event[2:]))
        if signature in aiming.done or len(wanted.drafts) > _PER_GOAL:
            return
        aiming.done.add(signature)
        for cost, changed in aiming.turned(event):
            self.add(wanted, distance + cost, changed, aiming)
        wanted.drafts.sort(key=lambda one: one[:2])

    def add(self, wanted: _Wanted, cost: int, draft: Draft | None, aiming: _Aiming | None = None) -> None:
        if draft is not None:
            self.count += 1
            base, repairs = (aiming.base, aiming.repairs) if aiming is not None else (None, 0)
            wanted.drafts.append(_Offer(cost, self.count, draft, base, repairs))

    # --- what the app reads

    def read(self, draft: Draft, events: list[Event]) -> None:
        """Put in what was asked for and was not there: all of it at once, then each alone."""
        absent = {}
        for event in events:
            if event.kind == "read" and not event.result and isinstance(event.given, str):
                address = _address(event.what, event.given)
                if address is not None and ("read", event.what, event.given, True) not in self.reached:
                    absent[address] = event
            elif event.kind == "lookup" and event.what == "dict" and not event.result and isinstance(event.given, str):
                for way in _dicts_with(draft, event.other):
                    source = "\n".join(map(str, way))
                    if ("read", source, event.given, True) not in self.reached:
                        absent[*way, event.given] = Event("read", event.number, source, event.given)
        if not absent:
            return
        together: Draft | None = draft
        for address, event in absent.items():
            value = self.value_for(event)
            together = together.put(address, value) if together is not None else None
            goal: Goal = ("read", event.what, event.given, True)
            wanted = self.goals.setdefault(goal, _Wanted(order=len(self.goals)))
            if len(wanted.drafts) < 4:
                self.add(wanted, 1, draft.put(address, value))
        goal = ("reads", *sorted(absent, key=repr))
        if goal not in self.goals:
            wanted = self.goals[goal] = _Wanted(order=len(self.goals))
            self.add(wanted, -1, together)
            for event in absent.values():
                for value in self.given.get(event.given, ())[1:8]:
                    address = _address(event.what, event.given)
                    if together is not None and address is not None:
                        self.add(wanted, 0, together.put(address, value))

    def log_in(self, draft: Draft, told: Recording, status: int) -> None:
        """Where credentials are looked at, or asked for: send some."""
        looked_at = any("authorization" in MARKS.all[number].detail.attributes for number in told.begun)
        if looked_at or status in (401, 403):
            wanted = self.goals.setdefault(("log in",), _Wanted())
            if not wanted.order:
                wanted.order = 1
                for place, value in enumerate(("Basic " + base64.b64encode(b"user1:pass1").decode(), "Bearer token1")):
                    self.add(wanted, place, draft.put(("header", "authorization"), value))

    def fill(self, draft: Draft) -> None:
        """A request was found to be of use with a method that has a body: send bodies."""
        if draft.media or draft.method not in BODY_METHODS or self.bases:
            return
        goal = ("bodies", draft.method, draft.path)
        if goal not in self.goals:
            wanted = self.goals[goal] = _Wanted(order=len(self.goals))
            for place, filled in enumerate(with_bodies(draft)):
                self.add(wanted, place - 2, filled)

    def undress(self, draft: Draft, told: Recording) -> None:
        """The app looks at the canary itself, as one that refuses what it does not know: the same without it."""
        if any(
            canary.NAME in (event.given, event.other) for event in told.events if event.kind in ("compare", "lookup")
        ):
            goal = ("undressed", draft.key)
            if goal not in self.goals and len([one for one in self.goals if one[0] == goal[0]]) < 6:
                wanted = self.goals[goal] = _Wanted(order=len(self.goals))
                self.add(wanted, -1, without_canaries(draft))

    def value_for(self, event: Event) -> Any:
        """A value for a key: the user's; else one that no other atom has."""
        given = self.given.get(event.given)
        if given:
            return given[0]
        self.unique += 1
        kind = event.other if isinstance(event.other, type) else None
        if kind is dict and event.what.startswith("json"):
            return {canary.NAME: ""}
        if kind is list and event.what.startswith("json"):
            return [{canary.NAME: ""}]
        if kind in (int, float) or kind is bool:
            return 7000 + self.unique
        if event.given.lower() == "authorization":
            return "Bearer token1"
        return f"w{self.unique}q{'abcdefghij'[self.unique % 10]}"

    def reshape(self, draft: Draft, events: list[Event]) -> None:
        """The app failed after it had read something: its value may have to be of another kind."""
        reads = [event for event in events if event.kind == "read" and event.result and isinstance(event.given, str)]
        for event in reads[-2:]:
            address = _address(event.what, event.given)
            goal = ("shape", event.what, event.given)
            if address is None or goal in self.goals:
                continue
            wanted = self.goals[goal] = _Wanted(order=len(self.goals))
            if address[0] == "field":
                self.add(wanted, 1, draft.put(("file", event.given, "content"), "a,b\n1,2\n"))
            shapes: list[Any] = ["7001"]
            if address[0] == "json":
                shapes = [{canary.NAME: ""}, [{canary.NAME: ""}], 7001, ["a"], "7001", True]
            for place, value in enumerate(shapes):
                self.add(wanted, place, draft.put(address, value))

    def seed(self, draft: Draft, event: Event) -> None:
        """The app makes an object of a class that declares its fields: begin anew with these."""
        goal = ("schema", event.given)
        if goal in self.goals:
            return
        wanted = self.goals[goal] = _Wanted(order=len(self.goals))
        bodies = list(with_bodies(draft))[:2] if draft.method in BODY_METHODS else []
        for one in bodies or [draft]:
            for place, changed in enumerate(seeds(event.given, one)):
                self.add(wanted, place, changed)
        wanted.drafts.sort(key=lambda offer: offer[:2])

    # --- at random

    def changed(self) -> Iterator[Draft]:
        """Drafts that were of interest, the latest first, with constants of the code and other shapes in their atoms."""
        constants = self.known_constants()
        drafts = [draft for draft, _ in self.corpus[::-1]]
        for draft in drafts[:6]:
            for address, atom in list(draft.atoms()):
                if _is_free(address, atom):
                    shapes: tuple[Any, ...] = (MISSING, "", None, []) if address[0] == "json" else (MISSING, "")
                    shapes += _KINDS if address[0] != "file" else ("\xff\xfe\xff",)
                    for value in shapes:
                        if (changed := draft.put(address, value)) is not None:
                            yield changed
        for _ in range(400):
            draft = self.random.choice(drafts)
            atoms = [address for address, atom in draft.atoms() if _is_free(address, atom)]
            if not atoms or not constants:
                return
            changed = draft.put(self.random.choice(atoms), self.random.choice(constants))
            if changed is not None:
                yield changed

    def known_constants(self) -> list[Any]:
        found: dict[Any, None] = {}
        for number in self.functions:
            found |= dict.fromkeys(MARKS.all[number].detail.constants)
        return list(found)


@dataclass(slots=True)
class _Aiming:
    """A draft that was sent, in the form in which other drafts are made from it."""

    draft: Draft
    atoms: list[tuple[Address, Any]]
    derived: list[Derived]
    base: Recording
    repairs: int = 0
    done: set[Any] = field(default_factory=set)
    known: dict[str, list[tuple[int, Draft]]] = field(default_factory=dict)
    matcher: Matcher = field(init=False)

    def __post_init__(self) -> None:
        self.matcher = Matcher(self.atoms, self.derived)

    def turned(self, event: Event) -> list[tuple[int, Draft]]:
        """Drafts in which an event may turn out another way, each with what it costs to believe in it."""
        key = repr(event)
        if key not in self.known:
            self.known[key] = list(self.turning(event)) if len(self.known) < _MOST_EVENTS else []
        return self.known[key]

    def turning(self, event: Event) -> Iterator[tuple[int, Draft]]:
        matched = 0
        all_wishes = [wish for wish in wishes(event) if wish.wanted]
        for wish in all_wishes:
            for way in self.matcher.ways(wish.value)[:4]:
                matched += 1
                for place, value in enumerate(wish.wanted[:9]):
                    changed = _put(self.draft, way, value)
                    if changed is not None:
                        yield way.cost + place, changed
        for group in dict.fromkeys(wish.group for wish in all_wishes) if 1 < matched < 13 else ():
            together = _all_put(self, [wish for wish in all_wishes if wish.group == group])
            if together is not None:
                yield 3, together
        if _is_absent(event):
            yield from self.keyed(event)
        if not matched and event.kind in ("compare", "truth"):
            # There is no way from a float to a decimal, to infinity, or to what is too large.
            with contextlib.suppress(TypeError, ValueError, ArithmeticError):
                for place, nearer in enumerate(_nearer(self.draft, self.atoms, self.derived, event)):
                    if nearer is not None:
                        yield 2 + place, nearer

    def keyed(self, event: Event) -> Iterator[tuple[int, Draft]]:
        """A key is missing in what was made of a text like "a=1, b=2": put it there."""
        inner = [one.separator for one in self.derived if one.separator][-1:] or ["="]
        if not isinstance(event.given, str):
            return
        seen = set()
        for one in self.derived:
            if one.separator and isinstance(one.argument, str) and one.argument not in seen:
                seen.add(one.argument)
                for way in self.matcher.ways(one.argument)[:1]:
                    for separator in dict.fromkeys(("=", *inner)):
                        pair = f"{event.given}{separator}v{len(one.argument)}x"
                        for place, text in enumerate((one.argument + one.separator + pair, pair)):
                            changed = _put(self.draft, way, text)
                            if changed is not None:
                                yield 4 + place, changed


_MOST_EVENTS = 400
"""So many different events of an exchange are looked at."""


def _leading(events: list[Event], aiming: _Aiming) -> Iterator[tuple[Event, deque[Event]]]:
    """Each event but reads, with those before it in which a part of the request has a say."""
    recent: deque[Event] = deque(maxlen=_WINDOW)
    for event in events:
        if event.kind != "read":
            yield event, recent
        if event.kind not in ("read", "decide") and event.what != "made" and aiming.turned(event):
            recent.append(event)


def _all_put(aiming: _Aiming, all_wishes: list[Wish]) -> Draft | None:
    """A draft in which every atom that a value may have come from is changed, and every member of what is compared."""
    draft: Draft | None = aiming.draft
    for wish in all_wishes:
        found = Matcher(_atoms(draft), aiming.derived).ways(wish.value) if draft is not None else []
        for way in [way for way in found if way.cost == found[0].cost]:
            draft = _put(draft, way, wish.wanted[0]) if draft is not None else None
    return draft


def _atoms(draft: Draft) -> list[tuple[Address, Any]]:
    return [(address, atom) for address, atom in draft.atoms() if not _is_canary(atom)]


_REGEXES = frozenset(("match", "fullmatch", "search"))
_PATTERNS = _REGEXES | {"str.startswith", "str.endswith", "str.removeprefix"}
"""Calls in which a text is held against a pattern."""


def _is_absent(event: Event) -> bool:
    """Whether a text was looked for in a collection, and was not there."""
    if not isinstance(event.given, str):
        return False
    if event.kind == "lookup":
        return not event.result
    return event.what in ("In", "NotIn") and isinstance(event.other, list) and event.result == (event.what == "NotIn")


def _dicts_with(draft: Draft, keys: list[Any]) -> list[Address]:
    """Where a JSON body holds a mapping with just these keys, if there is but one."""
    found = [way for way, atom in draft.atoms() if way[0] == "json" and isinstance(atom, dict) and list(atom) == keys]
    return found if len(found) == 1 else []


def _own(event: Event) -> Goal:
    return ("event", event.number, _outcome(event))


def _outcome(event: Event) -> Any:
    """What came of an event, in few kinds."""
    result = event.result
    if event.kind in ("iterate", "unpack"):
        return len(event.given) if isinstance(event.given, list) and len(event.given) < 2 else "more"
    if isinstance(result, type):
        return "failed"
    if result is None or isinstance(result, bool):
        return result
    return "done"


def _open_goals(event: Event) -> list[Goal]:
    """How else an event could turn out."""
    outcome = _outcome(event)
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


def _put(draft: Draft, way: Way, value: Any) -> Draft | None:
    try:
        if way.address[0] == "json" and not way.cost and not isinstance(value, (bytes, str)):
            return draft.put(way.address, value)  # what was compared is the atom itself
        return draft.put(way.address, value if value is MISSING else way.undo(value))
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        return None


def _address(source: str, key: str) -> Address | None:
    """Where a key of a part of the request stands."""
    part, *steps = source.split("\n")
    way = [int(step) if step.isdigit() else step for step in steps]
    if part == "json":
        return ("json", *way, key)
    if part.startswith(canary.INSIDE):
        return ("inside", tuple(json.loads(part[len(canary.INSIDE) :])), *way, key)
    if part in ("query", "form"):
        return ("query" if part == "query" else "field", key, 0)
    if part == "cookie":
        return ("cookie", key)
    if part == "file":
        return ("file", key, "content")
    if part == "header":
        name = key.lower().replace("_", "-").removeprefix("http-")
        return None if name in _SERVERS or name.startswith(("wsgi", "werkzeug")) else ("header", name)
    return None


_SERVERS = frozenset(
    (
        *("content-type", "content-length", "host", "request-method", "path-info", "query-string", "script-name"),
        *("server-name", "server-port", "server-protocol", "remote-addr", "remote-host", "request-uri", "raw-uri"),
        *("transfer-encoding", "cookie", "remote-user", "x-forwarded-for"),
    )
)


_KINDS = ("7001", "2032-05-14", "true", "-1")
"""Texts of different kinds, for what a framework parses before the app sees it."""


def _is_free(address: Address, atom: Any) -> bool:
    """Whether an atom may be changed without a reason."""
    if address[0] in ("query", "field") and address[2] == "all":
        return False
    return address[0] not in ("method", "media") and address != ("header", "accept") and not _is_canary(atom)


def _is_canary(atom: Any) -> bool:
    return isinstance(atom, str) and atom.startswith(canary.value(""))


def _nearer(
    draft: Draft, atoms: list[tuple[Address, Any]], known: list[Derived], event: Event
) -> Iterator[Draft | None]:
    """Where no atom is what was compared: numbers that may bring a sum, a product or a checksum there."""
    left, right = event.given, event.other if event.kind == "compare" else 0
    if not _is_number(left) or not _is_number(right):
        return
    gap = right - left
    numeric = [(address, atom) for address, atom in atoms if _is_free(address, atom) and _is_numeric(atom)]
    steps = [gap, gap + 1, gap - 1, -gap]
    # A remainder may have been compared: then its modulus says how far to go round.
    steps += [gap % one.modulus for one in known if one.modulus and one.result == left]
    for modulus in (one.modulus for one in known if one.modulus and one.result == left):
        for address, atom in atoms:
            if isinstance(atom, str):
                yield draft.put(address, _check_digits(atom, gap, modulus))
    for step in dict.fromkeys(steps):
        for address, atom in numeric:
            yield _stepped(draft, address, atom, step)
    for address, atom in atoms:
        if isinstance(atom, list) and 0 < len(atom) < 3:
            yield draft.put(address, [*atom, *atom])
    yield _all_stepped(draft, numeric, gap)
    for address, atom in numeric:
        for scale in (100, 0):
            yield draft.put(address, _number(atom) * scale)
    for step in range(1, 10):
        for address, atom in numeric:
            yield draft.put(address, _last_digit(atom, step) if isinstance(atom, str) else atom + step)


def _all_stepped(draft: Draft, numeric: list[tuple[Address, Any]], gap: Any) -> Draft | None:
    """Every number of a JSON body moved by its share of the way."""
    numbers = [(address, atom) for address, atom in numeric if address[0] == "json"]
    changed: Draft | None = draft
    for address, atom in numbers:
        share = int(gap / len(numbers)) + (1 if gap > 0 else -1)
        changed = changed.put(address, _number(atom) + share) if changed is not None else None
    return changed if numbers else None


def _stepped(draft: Draft, address: Address, atom: Any, step: Any) -> Draft | None:
    if isinstance(atom, str) and isinstance(step, int) and not atom.lstrip("-").isdigit():
        return draft.put(address, _stepped_text(atom, step))
    if isinstance(atom, str) and len(atom) > 5 and isinstance(step, int):
        return draft.put(address, _last_digit(atom, step))
    try:
        value = _number(atom) + step
    except TypeError:
        value = float(_number(atom)) + float(step)
    return draft.put(address, value)


def _stepped_text(text: str, step: int) -> str:
    """The text with its first digits moved on by a step, in as many places: where some checksums stand."""
    digits = re.search(r"\d+", text)
    if digits is None:
        return text
    width = len(digits[0])
    return text[: digits.start()] + str((int(digits[0]) + step) % 10**width).zfill(width) + text[digits.end() :]


def _check_digits(text: str, step: int, modulus: int) -> str:
    """The text with the two check digits that stand first in it, as in an IBAN, moved on by a step."""
    found = re.search(r"\d\d", text)
    if found is None:
        return text
    moved = (int(found[0]) + step) % modulus
    return text[: found.start()] + str(moved).zfill(2) + text[found.end() :]


def _last_digit(text: str, step: int) -> str:
    """The text with its last digit moved on, round the ten of them: so checksums are met."""
    place = max((n for n, character in enumerate(text) if character.isdigit()), default=-1)
    if place < 0:
        return text
    return text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)


def _is_numeric(atom: Any) -> bool:
    if _is_number(atom):
        return True
    return isinstance(atom, str) and sum(character.isdigit() for character in atom) * 2 >= max(len(atom), 1)


def _number(atom: Any) -> Any:
    if isinstance(atom, str):
        try:
            return int(atom)
        except ValueError:
            try:
                return float(atom)
            except ValueError:
                return 0
    return atom

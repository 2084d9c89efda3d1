"""Which request to send next, so that every branch is taken that an input can reach.

Theory. Each exchange tells what the app has read, compared and decided (recording.py). For each outcome that was not seen yet,
what stood before it is turned into requests that may bring it about (wishes.py, derived.py, matching.py): these are the
goals, and each has a list of drafts, the likeliest first. A draft that brings something new teaches further goals in its
turn. When no goal has a draft left, constants of the code and changes of structure are tried on what was of interest so far.
Nothing here knows a framework: what a mapping holds is told by a canary that stands in every part of the request.
"""

from __future__ import annotations

import base64
import heapq
import itertools
import random
import re
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..instrument.observe import MARKS
from . import canary, parsed
from .addresses import address_of, is_free, keys_beside, mappings_of, mappings_with, mappings_within, meant
from .bodies import BODY_METHODS, with_bodies
from .credentials import exchanged, shown
from .crossing import Crossing
from .derived import derived
from .draft import DOCUMENTS, Draft, without_canaries
from .goals import Goal, Goals, Offer, others, outcome_of, own
from .nearer import is_number
from .producers import ID_PARTS, placeholder
from .recording import Observation, Recording
from .schemas import seeds
from .tree import MISSING
from .turning import Turning, all_put, constant_of, leading, put, turnable
from .wishes import Wish, is_no_url, spread, wishes

AT_RANDOM: Goal = ("at random",)
"""Stands for a goal where there is none."""
_PER_GOAL = 60
"""A goal that has so many drafts needs no more."""
_VALUES = 12
"""The most values that one comparison is given to meet."""
_FALLBACKS = 20
"""The most of them that are sent."""
_COMPLETED = 6
"""So many drafts add to the first one that is not refused what is declared besides."""
_MOST_FORMS = 9
"""Of so many texts that are to have a form not all are changed at once."""
_CROSSED = 40
"""After so many requests that showed no outcome for the first time no more are crossed."""
_MET = 3
"""A key of a table that was sent so often has led wherever it leads."""
_QUIET = 50
"""After so many changes at random that brought nothing new the search is over."""


class Explorer:
    """The search for one route. `next` gives a draft to send, `learn` takes what came of it."""

    def __init__(
        self,
        bases: Iterable[Draft],
        given: Mapping[str, list[Any]],
        seed: int = 0,
        plain: Draft | None = None,
        has_ids: Callable[[str], bool] = lambda name: False,
        declared: Iterable[Any] = (),
        fallbacks: Iterable[Draft] = (),
        sessions: Callable[[], list[dict[str, Any]]] = list,
        elsewhere: Container[str] = (),
        credentials: Callable[[], list[str]] = list,
        canonical: Callable[[Draft], Draft] = lambda draft: draft,
        completed: Callable[[Draft], Iterable[Draft]] = lambda draft: (),
    ) -> None:
        """`plain`: a request without a canary, which is of use only where the others are refused.

        `has_ids`: whether another route gives IDs for a name; what stands for one is put in (producers.py). `declared`:
        classes that say which fields the input has (schemas.py). `fallbacks`: of use where the first request is refused.
        `sessions`: what sessions of the app hold at first; empty where it can be given none. `elsewhere`: methods that are
        not sent, because other routes answer them. `credentials`: the names of what logins of the app give; `canonical`: a
        draft with such names in place of what was given (credentials.py). `completed`: a draft with more of what is declared.
        """
        self.completed = completed
        self.credentials = credentials
        self.canonical = canonical
        self.elsewhere = elsewhere
        self.declared = declared
        self.fallbacks = fallbacks
        self.sessions = sessions
        self.has_ids = has_ids
        self.plain = plain
        self.statuses: set[int] = set()
        self.given = given
        self.random = random.Random(seed)
        self.bases = deque(bases)
        self.goals = Goals()
        self.sent: set[str] = set()
        self.corpus: list[tuple[Draft, Recording]] = []
        self.unique = 0
        self.quiet = 0
        self.structural: Iterator[Draft] | None = None
        self.crossing = Crossing()
        self.crossed = 0
        """How many requests have shown nothing but outcomes together."""
        self.values_of: dict[int, int] = {}
        """How many values each comparison was given to meet."""
        self.names_of_credentials: list[str] | None = None
        self.met: dict[Goal, int] = {}
        """How often a key of a table was sent."""
        self.why: Goal = ()
        """The goal of the draft that `next` gave last."""
        self.sending: Offer | None = None
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
            self.why, self.sending = ("plain",), None
            return plain
        while (goal := self.goals.nearest()) is not None:
            wanted = self.goals.want(goal)
            offer = wanted.drafts.pop(0)
            if self.is_new(offer.draft):
                wanted.tries += 1
                self.why, self.sending = goal, offer
                return offer.draft
        self.sending = None
        crossed = self.cross()
        self.why = ("together",) if crossed is not None else AT_RANDOM
        return crossed if crossed is not None else self.at_random()

    def begin_again(self) -> None:
        """What was sent is answered otherwise from now on."""
        self.sent.clear()
        self.crossed = self.quiet = 0
        self.structural = None

    def is_new(self, draft: Draft) -> bool:
        key = self.canonical(draft).key
        if key in self.sent or draft.method in self.elsewhere:
            return False
        self.sent.add(key)
        return True

    def cross(self) -> Draft | None:
        """What may show two outcomes together, once all goals are spent; None after a while without anything new."""
        while self.crossed < _CROSSED and (draft := self.crossing.next()) is not None:
            if self.is_new(draft):
                self.crossed += 1
                return draft
        return None

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
        if not self.statuses and status >= 400:
            for place, fallback in enumerate(itertools.islice(self.fallbacks, _FALLBACKS)):
                self.goals.add(("fallback", place), [(2, fallback)])
        if status < 400 <= min(self.statuses, default=0):
            offers = itertools.islice(self.completed(draft), _COMPLETED)
            self.goals.add(("completed",), enumerate(offers, -1))
        self.statuses.add(status)
        took = not (told.branches <= self.branches and told.begun.keys() <= self.functions.keys())
        self.crossing.learn(draft, told, new=took)
        self.crossed = 0 if took else self.crossed
        new = self.note(told)
        if new:
            self.quiet = 0
            self.structural = None
            self.corpus.append((draft, told))
            self.negotiate(draft, told)
        for kind in self.declared:
            self.seed(draft, kind)
        self.aim(Turning(draft, meant(draft), derived(told.events), told, dearer=0 if took else 1))
        self.repair(draft, told)
        self.fill(draft, told)
        self.upload(draft, told)
        self.answer(draft, told, new)
        self.remember(draft, told, status)
        self.undress(draft, told)
        self.name(draft, told)
        self.log_in(draft, told, status)
        self.read(draft, told.events)
        if status >= 500 and not told.spoiled:
            self.reshape(draft, told.events)
        self.met_member(told)
        return new

    def note(self, told: Recording) -> bool:
        before = len(self.goals.reached) + len(self.functions)
        self.branches |= told.branches
        self.functions |= told.begun
        self.goals.reached.update(("branch", number, outcome) for number, outcome in told.sound_branches)
        self.goals.spoiled.update(("branch", number, outcome) for number, outcome in told.branches)
        for event in told.events:
            if event.kind == "read":
                self.goals.reached.add(("read", event.what, event.given, bool(event.result)))
            elif event.kind != "decide":
                self.goals.reached.add(own(event))
        return len(self.goals.reached) + len(self.functions) > before

    def aim(self, turning: Turning) -> None:
        """Turn what an exchange told into drafts for what it did not reach."""
        self.form_all(turning.base.events, turning)
        for event, recent in leading(turning.base.events):
            if event.kind == "decide":
                goal = ("branch", event.number, "false" if event.result else "true")
                if self.goals.is_open(goal):
                    for distance, one in enumerate(turnable(recent, turning)):
                        self.propose(goal, one, distance, turning)
            elif event.what == "made":
                self.seed(turning.draft, event.given)
            else:
                self.form(event, turning)
                if event.kind == "lookup":
                    self.look_up(event, turning)
                elif event.what == "enum" and event.other:
                    self.look_up(Observation("lookup", event.number, "", event.other[0], event.given), turning)
                elif event.kind == "compare" and event.what in ("Eq", "NotEq"):
                    self.equal(event, turning)
                elif event.what in ("In", "NotIn"):
                    self.be_inside(event, turning)
                elif event.what in _PATTERNS:
                    self.meet(event, turning)
                for goal in others(event):
                    if self.goals.is_open(goal):
                        self.propose(goal, event, 1, turning)

    def look_up(self, event: Observation, turning: Turning) -> None:
        """A table of the app's own is asked for a key: each of its keys may lead somewhere else."""
        if isinstance(event.given, list):
            self.look_up_pairs(event, turning)
            return
        for place, member in enumerate(spread(event.other)):
            for way in turning.matcher.ways(event.given)[:1]:
                goal = ("member", event.number, repr(member))
                wanted = self.goals.want(goal)
                if event.given == member:
                    self.met[goal] = self.met.get(goal, 0) + 1
                elif len(wanted.drafts) < 2 and self.met.get(goal, 0) < _MET:
                    self.goals.offer(wanted, place, put(turning.draft, way, member), turning)

    def be_inside(self, event: Observation, turning: Turning) -> None:
        """What was sent is not among the app's own: what comes behind may have been seen of a default only, so send some."""
        if isinstance(event.other, list) and event.result == (event.what == "NotIn"):
            for way in turning.matcher.ways(event.given)[:1]:
                changed = (put(turning.draft, way, member) for member in event.other[:2])
                self.goals.add(("inside", event.number, way.address), enumerate(changed, 1 + way.cost), turning)

    def look_up_pairs(self, event: Observation, turning: Turning) -> None:
        """The same for keys of several parts, as the method and the path are."""
        for place, member in enumerate(spread(event.other)):
            if not isinstance(member, list) or len(member) != len(event.given):
                continue
            wishes_of = [Wish(one, [other]) for one, other in zip(event.given, member, strict=True) if one != other]
            changed = all_put(turning, wishes_of)
            wanted = self.goals.want(("member", event.number, repr(member)))
            if changed is not None and len(wanted.drafts) < 2:
                self.goals.offer(wanted, place, changed, turning)

    def equal(self, event: Observation, turning: Turning) -> None:
        """One place compares with one value after the other, as a dispatcher does: each of them is worth to be met once."""
        constant = constant_of(event)
        for one, other in ((event.given, event.other), (event.other, event.given)):
            if one in (other, constant) or other is None or self.values_of.get(event.number, 0) >= _VALUES:
                continue
            for way in turning.matcher.ways(one)[:1]:
                # Each path may wait for a method of its own.
                path = turning.draft.path if way.address == ("method",) else ()
                goal = ("value", event.number, repr(other), path)
                if goal in self.goals or way.cost > (0 if is_number(one) else 2):
                    continue
                self.values_of[event.number] = self.values_of.get(event.number, 0) + 1
                self.goals.add(goal, [(way.cost, put(turning.draft, way, other))], turning)

    def meet(self, event: Observation, turning: Turning) -> None:
        """One place tries one pattern after the other: each of them is worth to be met once."""
        goal = ("value", event.number, repr(event.other[:1]) + repr(event.given if event.what in _REGEXES else ""))
        if event.result is not True and goal not in self.goals and self.values_of.get(event.number, 0) < _VALUES:
            turned = turning.turned(event)[:1]
            if turned:
                self.values_of[event.number] = self.values_of.get(event.number, 0) + 1
                self.goals.add(goal, turned, turning)

    def form(self, event: Observation, turning: Turning) -> None:
        """A conversion has failed, or a check of a form: give the atom a text of that form, whatever that may lead to."""
        refused = event.what.startswith("str.is") and event.result is False
        refused |= event.what == "parse moment" and event.result is None
        if event.kind == "call" and (refused or is_no_url(event) or outcome_of(event) == "failed"):
            for wish in wishes(event):
                for way in turning.matcher.ways(wish.value)[:1]:
                    goal = ("form", event.number, way.address, repr(wish.value) if way.cost else "")
                    if way.cost < 3:
                        changed = (put(turning.draft, way, value) for value in wish.wanted[:2])
                        self.goals.add(goal, enumerate(changed, -1), turning)

    def form_all(self, events: list[Observation], turning: Turning) -> None:
        """Several conversions have failed, and the app went on: give each atom a text of the form that is asked for."""
        failed: dict[str, Wish] = {}
        for event in events:
            if event.kind == "call" and outcome_of(event) == "failed":
                failed |= {repr(wish.value): wish for wish in wishes(event) if wish.wanted}
        if 1 < len(failed) < _MOST_FORMS:
            goal = ("forms", *sorted(failed))
            for place in range(2) if goal not in self.goals else ():
                all_wishes = [
                    Wish(one.value, one.wanted[place : place + 1] or one.wanted[-1:]) for one in failed.values()
                ]
                self.goals.offer(self.goals.want(goal), place - 1, all_put(turning, all_wishes), turning)

    def repair(self, draft: Draft, told: Recording) -> None:
        """What was changed for a decision has turned out an earlier one, so that it was not made: turn that back."""
        offer, goal = self.sending, self.why
        if (
            offer is None
            or offer.base is None
            or goal[0] != "branch"
            or goal in self.goals.reached
            or offer.repairs > 1
        ):
            return
        if any(event.kind == "decide" and event.number == goal[1] for event in told.events):
            return
        turning = Turning(draft, meant(draft), derived(told.events), offer.base, offer.repairs + 1)
        decided = iter([event for event in offer.base.events if event.kind == "decide"])
        for event, recent in leading(told.events):
            if event.kind == "decide":
                before = next(decided, None)
                if before is None or before.number != event.number:
                    return
                if before.result != event.result:
                    for distance, one in enumerate(itertools.islice(turnable(recent, turning), 4)):
                        self.propose(goal, one, distance - 2, turning)
                    return

    def propose(self, goal: Goal, event: Observation, distance: int, turning: Turning) -> None:
        """Drafts for a goal in which an event turns out another way."""
        wanted = self.goals.want(goal)
        signature = (goal, event.number, repr(event[2:]))
        if signature in turning.done or len(wanted.drafts) > _PER_GOAL:
            return
        turning.done.add(signature)
        for cost, changed in turning.turned(event):
            self.goals.offer(wanted, distance + cost + turning.dearer, changed, turning)
        wanted.drafts.sort(key=lambda one: one[:2])

    # --- what the app reads

    def read(self, draft: Draft, events: list[Observation]) -> None:
        """Put in what was asked for and was not there: all of it at once, then each alone."""
        absent = {}
        for event in events:
            if event.kind == "read" and not event.result and isinstance(event.given, str):
                address = address_of(event.what, event.given)
                if address is not None and ("read", event.what, event.given, True) not in self.goals.reached:
                    absent[address] = event
            elif event.kind == "lookup" and event.what == "dict" and not event.result and isinstance(event.given, str):
                for way in mappings_with(draft, event.other):
                    source = "\n".join(map(str, way))
                    if ("read", source, event.given, True) not in self.goals.reached:
                        absent[*way, event.given] = Observation("read", event.number, source, event.given)
        if not absent:
            return
        together: Draft | None = draft
        for address, event in absent.items():
            value = self.value_for(event)
            together = together.put(address, value) if together is not None else None
            goal: Goal = ("read", event.what, event.given, True)
            wanted = self.goals.want(goal)
            if len(wanted.drafts) < 4:
                self.goals.offer(wanted, 1, draft.put(address, value))
        goal = ("reads", *sorted(absent, key=repr))
        if goal not in self.goals:
            wanted = self.goals.want(goal)
            self.goals.offer(wanted, -1, together)
            for address, event in absent.items():
                values = self.given.get(event.given, ())[1:8]
                if address[0] in ID_PARTS and self.has_ids(event.given):
                    values = [placeholder(event.given)]
                for value in values:
                    if together is not None:
                        self.goals.offer(wanted, 0, together.put(address, value))

    def log_in(self, draft: Draft, told: Recording, status: int) -> None:
        """Where credentials are looked at, or asked for: send some."""
        looked_at = any("authorization" in MARKS.all[number].detail.attributes for number in told.begun)
        if looked_at or status in (401, 403):
            wanted = self.goals.want(("log in",))
            if not wanted.drafts and not wanted.tries:
                for place, value in enumerate(("Basic " + base64.b64encode(b"user1:pass1").decode(), "Bearer token1")):
                    self.goals.offer(wanted, place, draft.put(("header", "authorization"), value))
        if status in _ASKS_WHO:
            self.show_credentials(draft, told, status)

    def show_credentials(self, draft: Draft, told: Recording, status: int) -> None:
        """Somebody has to log in: send what another route gives who does; where that is not enough, what it gives others."""
        if self.names_of_credentials is None:
            self.names_of_credentials = []  # whoever is asked for them meanwhile asks this one for nothing
            self.names_of_credentials = names = self.credentials()
            read = {address_of("header", event.given) for event in told.events if event.what == "header"}
            headers = sorted(address[1] for address in read if address is not None)
            for place, changed in enumerate(shown(draft, names[0], headers) if names else ()):
                self.goals.add(("credential", place), [(-4, changed)])
        elif status in (401, 403):
            for other in exchanged(self.canonical(draft), self.names_of_credentials):
                self.goals.add(("credential", other.headers, other.cookies), [(-3, other)])

    def negotiate(self, draft: Draft, told: Recording) -> None:
        """Headers are looked at that the framework gives parsed: send some."""
        inside = [MARKS.all[number].detail for number in told.begun]
        texts = [text for one in inside for text in one.constants if isinstance(text, str)]
        for name, value in parsed.headers((attribute for one in inside for attribute in one.attributes), texts):
            self.goals.add(("parsed", name, value), [(0, draft.put(("header", name), value))])

    def upload(self, draft: Draft, told: Recording) -> None:
        """Code that deals with files reads a form, in which some frameworks have files too: send some by these names."""
        inside = (MARKS.all[number].detail for number in told.begun)
        if draft.media != "multipart/form-data" or all(_OF_FILES.isdisjoint(one.attributes) for one in inside):
            return
        for event in told.events:
            if event.kind == "read" and event.what in ("form", "file") and isinstance(event.given, str):
                offers = [draft.put(("file", event.given, "name"), name) for name in ("upload.txt", "upload.png")]
                self.goals.add(("upload", event.given), enumerate(offers, 1))

    def fill(self, draft: Draft, told: Recording) -> None:
        """A request was found to be of use with a method that has a body, or its body is read though it has none: send bodies."""
        if draft.media:
            return
        if any(event.what == "json.loads" and event.other[:1] in ([""], [b""]) for event in told.events):
            self.goals.add(("a body", draft.key), [(-2, next(with_bodies(draft)))])
        if draft.method not in BODY_METHODS or self.bases:
            return
        self.goals.add(("bodies", draft.method, draft.path), enumerate(with_bodies(draft), -2))

    def answer(self, draft: Draft, told: Recording, new: bool) -> None:
        """The app asks another machine: answer with what it may read; once that is known, where anything is new."""
        if told.upstreams and draft.upstream is None:
            shapes: tuple[Any, ...] = (
                ({}, [{}]) if len([goal for goal in self.goals if goal[0] == "upstream"]) < 2 else ({},)
            )
            answers = [replace(draft, upstream=shape).put(("upstream",), canary.put_in(shape)) for shape in shapes]
            known = next((one.upstream for one, _ in reversed(self.corpus) if one.upstream is not None), None)
            if known is not None:
                answers = [replace(draft, upstream=known)] if new else []
            self.goals.add(("upstream", draft.key), enumerate(answers, -2))

    def remember(self, draft: Draft, told: Recording, status: int) -> None:
        """The app looks into the session, or waits for somebody to log in: send one, whose canary shows what is looked for."""
        asks = status in _ASKS_WHO or self.names(told, _OF_USERS)
        if draft.session is not None or not (asks or self.names(told, _OF_SESSIONS)):
            return
        if len([goal for goal in self.goals if goal[0] == "session"]) < 3:
            wanted = [one for one in self.sessions() if one or self.names(told, _OF_SESSIONS)]
            begun = [replace(draft, session={}).put(("session",), canary.put_in(one)) for one in wanted]
            # Where nobody asks, a session is one input among others.
            self.goals.add(("session", draft.key), enumerate(begun, -2 if status in _ASKS_WHO else 2))

    def names(self, told: Recording, wanted: re.Pattern[str]) -> bool:
        """Whether a function that ran has a variable or an attribute of a name."""
        return any(wanted.fullmatch(name) for number in told.begun for name in MARKS.all[number].detail.names)

    def undress(self, draft: Draft, told: Recording) -> None:
        """The app looks at the canary itself, as one that refuses what it does not know: the same without it."""
        looks = [event for event in told.events if event.kind in ("compare", "lookup")]
        looked_at = any(_holds(event.given) or _holds(event.other) for event in looks)
        if looked_at and len([goal for goal in self.goals if goal[0] == "undressed"]) < 6:
            self.goals.add(("undressed", draft.key), [(-1, without_canaries(draft))])

    def name(self, draft: Draft, told: Recording) -> None:
        """The app goes through the keys that it was sent: send those that it compares the canary's with."""
        keys: dict[str, None] = {}
        for event in told.events:
            if event.kind == "compare":
                keys |= dict.fromkeys(keys_beside(event.given, event.other) + keys_beside(event.other, event.given))
            if event.given == canary.NAME and isinstance(event.other, list) and event.kind in ("compare", "lookup"):
                self.name_members(draft, [key for key in spread(event.other) if isinstance(key, str) and key][:_KEYS])
            elif event.kind == "call" and canary.NAME in (event.given, *_texts(event.other)):
                for wish in wishes(event):
                    if wish.value == canary.NAME:
                        keys |= dict.fromkeys([key for key in _texts(wish.wanted[:2]) if key and key != canary.NAME])
        for key in list(keys)[:8]:
            for address in mappings_of(draft):
                self.goals.add(("named", address, key), [(0, draft.put((*address, key), f"k{len(key)}y{key[:2]}"))])
        if len(keys) > 1:
            for address in mappings_of(draft):
                together: Draft | None = without_canaries(draft)
                for key in list(keys)[:12]:
                    together = together.put((*address, key), f"k{len(key)}y{key[:2]}") if together is not None else None
                self.goals.add(("named", address, *keys), [(0, together)])

    def name_members(self, draft: Draft, keys: list[str]) -> None:
        """The keys of a mapping are looked up in a table of the app's own: send one that is there, with a number or a text."""
        inner_first = sorted(mappings_within(draft), key=lambda address: len(address) == 1)
        for place, address in enumerate(inner_first):
            for key in keys:
                offers = (draft.put(address, {key: value}) for value in (_FEW, f"k{len(key)}y{key[:2]}"))
                self.goals.add(("keyed", address, key), enumerate(offers, 4 * place))

    def met_member(self, told: Recording) -> None:
        """The key of a table that was sent has come to where it is looked up: it need not be sent in other mappings."""
        if self.why[:1] == ("keyed",) and any(
            event.kind == "lookup" and event.given == self.why[2] for event in told.events
        ):
            self.goals.reached.update(
                goal for goal in self.goals if goal[0] == "keyed" and goal[2] == self.why[2] and goal[1] != self.why[1]
            )

    def value_for(self, event: Observation) -> Any:
        """A value for a key: the user's; else one that no other atom has."""
        given = self.given.get(event.given)
        if given:
            return given[0]
        self.unique += 1
        kind = event.other if isinstance(event.other, type) else None
        if kind is dict and event.what.startswith(DOCUMENTS):
            return {canary.NAME: ""}
        if kind is list and event.what.startswith(DOCUMENTS):
            return [{canary.NAME: ""}]
        if kind in (int, float) or kind is bool:
            return 7000 + self.unique
        if event.given.lower() == "authorization":
            return "Bearer token1"
        return f"w{self.unique}q{'abcdefghij'[self.unique % 10]}"

    def reshape(self, draft: Draft, events: list[Observation]) -> None:
        """The app failed after it had read something: its value may have to be of another kind."""
        reads = [event for event in events if event.kind == "read" and event.result and isinstance(event.given, str)]
        # What runs after a handler that has failed reads too.
        last = {(event.what, event.given): event for event in reversed(reads)}
        for event in itertools.islice(last.values(), _LAST_READ):
            address = address_of(event.what, event.given)
            if address is None:
                continue
            file = draft.put(("file", event.given, "content"), "a,b\n1,2\n") if address[0] == "field" else None
            shapes: list[Any] = ["7001"]
            if address[0] in DOCUMENTS:
                shapes = [{canary.NAME: ""}, [{canary.NAME: ""}], 7001, ["a"], "7001", True]
            offers = [(1, file), *enumerate(draft.put(address, shape) for shape in shapes)]
            self.goals.add(("shape", event.what, event.given), offers)

    def seed(self, draft: Draft, kind: Any) -> None:
        """The app makes an object of a class that declares its fields, or fills one: begin anew with these."""
        own = kind if isinstance(kind, type) else type(kind)  # an app may make a new object for each request
        goal = ("schema", own)
        if goal not in self.goals:
            bodies = list(with_bodies(draft))[:2] if draft.method in BODY_METHODS else []
            offers = [enumerate(seeds(kind, one)) for one in bodies or [draft]]
            self.goals.add(goal, heapq.merge(*offers, key=lambda offer: offer[0]))

    # --- at random

    def changed(self) -> Iterator[Draft]:
        """Drafts that were of interest, the latest first, with constants of the code and other shapes in their atoms."""
        constants = self.known_constants()
        drafts = [draft for draft, _ in self.corpus[::-1]]
        for draft in drafts[:6]:
            for address, atom in list(draft.atoms()):
                if is_free(address, atom):
                    shapes: tuple[Any, ...] = (MISSING, "", None, []) if address[0] in DOCUMENTS else (MISSING, "")
                    shapes += _KINDS if address[0] != "file" else ("\xff\xfe\xff",)
                    for value in shapes:
                        if (changed := draft.put(address, value)) is not None:
                            yield changed
        for _ in range(400):
            draft = self.random.choice(drafts)
            atoms = [address for address, atom in draft.atoms() if is_free(address, atom)]
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


def _texts(values: Any) -> list[str]:
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []


def _holds(operand: Any) -> bool:
    """Whether an operand is the canary's name, or holds it among others."""
    return bool(operand == canary.NAME or (isinstance(operand, list) and canary.NAME in operand))


_OF_SESSIONS = re.compile(r"(?!(db|database|orm|sa)\.)(\w*\.)?session")
_OF_USERS = re.compile(r"current_user|user|\w*\.user")
"""What sessions, and those who are logged in, are called."""
_ASKS_WHO = (302, 303, 401, 403)
"""Statuses that answer somebody who has not logged in."""
_REGEXES = frozenset(("match", "fullmatch", "search"))
_PATTERNS = _REGEXES | {"str.startswith", "str.endswith", "str.removeprefix"}
"""Calls in which a text is held against a pattern."""


_OF_FILES = frozenset(("filename", "content_type", "chunks", "file", "temporary_file_path", "mimetype"))
"""Attributes that uploaded files have."""
_LAST_READ = 3
"""So many of the keys that were read last may have led to a failure."""
_KEYS = 3
"""So many keys of a table are tried."""
_FEW = 2
"""Stands beside a key for how many there are of what it names."""
_KINDS = ("7001", "2032-05-14", "true", "-1")
"""Texts of different kinds, for what a framework parses before the app sees it."""

"""From one exchange to drafts in which one of its events may turn out another way."""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..instrument.observe import MARKS
from .addresses import meant
from .derived import derived
from .draft import DOCUMENTS, METHODS, Address, Draft
from .matching import NO_WAY, Derived, Matcher, Way
from .nearer import nearer, resized
from .plain import UNKNOWN
from .recording import Observation, Recording
from .tree import MISSING
from .wishes import Wish, wishes

_WINDOW = 12
"""So many events before a decision may have to do with it."""
_LOOKED_THROUGH = 80
"""They are looked for among so many."""
_LONG = 200
_MOST_EVENTS = 400
"""So many different events of an exchange are looked at."""


@dataclass(slots=True)
class Turning:
    """A draft that was sent, in the form in which other drafts are made from it."""

    draft: Draft
    atoms: list[tuple[Address, Any]]
    derived: list[Derived]
    base: Recording
    repairs: int = 0
    dearer: int = 0
    """What its drafts cost besides: those of an exchange that has led somewhere new come before the others."""
    done: set[Any] = field(default_factory=set)
    known: dict[str, list[tuple[int, Draft]]] = field(default_factory=dict)
    matcher: Matcher = field(init=False)

    def __post_init__(self) -> None:
        self.matcher = Matcher(self.atoms, self.derived)

    def turned(self, event: Observation) -> list[tuple[int, Draft]]:
        """Drafts in which an event may turn out another way, each with what it costs to believe in it."""
        key = repr(event)
        if key not in self.known:
            self.known[key] = list(self.turning(event)) if len(self.known) < _MOST_EVENTS else []
        return self.known[key]

    def turning(self, event: Observation) -> Iterator[tuple[int, Draft]]:
        matched = 0
        all_wishes = [wish for wish in wishes(event) if wish.wanted]
        constant = constant_of(event)
        for wish in all_wishes:
            if wish.value == constant != UNKNOWN:
                continue
            ways = self.matcher.ways(wish.value)[:4]
            for value in wish.wanted[:2]:
                changed = self.put_in_all(ways, value)
                if changed is not None:
                    yield ways[0].cost, changed
            for way in ways:
                matched += 1
                for place, value in enumerate(wish.wanted[:9]):
                    changed = put(self.draft, way, value)
                    if changed is not None:
                        yield way.cost + place, changed
        for group in dict.fromkeys(wish.group for wish in all_wishes) if 1 < matched < 13 else ():
            together = all_put(self, [wish for wish in all_wishes if wish.group == group])
            if together is not None:
                yield 3, together
        if _is_absent(event):
            yield from self.keyed(event)
        yield from self.as_many(event)
        # What a remainder equals by chance, as a length, did not make it.
        remains = any(one.modulus and one.result == event.given for one in self.derived)
        if event.kind in ("compare", "truth") and (remains or not matched):
            # There is no way from a float to a decimal, to infinity, or to what is too large.
            with contextlib.suppress(TypeError, ValueError, ArithmeticError):
                for place, numbers in enumerate(nearer(self.draft, self.looked_at_before(event), self.derived, event)):
                    if numbers is not None:
                        yield (0 if remains else 2) + place, numbers

    def put_in_all(self, ways: list[Way], value: Any) -> Draft | None:
        """The draft with the value in every member of a list that may be meant, where there are several: they are alike."""
        beside = [way for way in ways if way.cost == ways[0].cost and way.address[:-1] == ways[0].address[:-1]]
        if len(beside) < 2 or beside[0].address[0] not in DOCUMENTS or not isinstance(beside[0].address[-1], int):
            return None
        draft: Draft | None = self.draft
        for way in beside:
            draft = put(draft, way, value) if draft is not None else None
        return draft

    def as_many(self, event: Observation) -> Iterator[tuple[int, Draft]]:
        """Numbers were compared that may be how many there are of something: lists, and texts that are split, of more or less."""
        count, limit = event.given, event.other
        if event.kind != "compare" or type(count) is not int or type(limit) is not int:
            return
        if constant_of(event) == count:
            count, limit = limit, count
        equal = event.what in ("Eq", "NotEq")
        for address, atom in self.atoms:
            if isinstance(atom, list) and address[0] in DOCUMENTS:
                for cost, members in resized(atom, count, limit, equal):
                    changed = self.draft.put(address, members)
                    if changed is not None:
                        yield cost, changed
        for one in () if equal else self.derived:  # as often as is told, they had better be unlike each other
            if one.separator and isinstance(one.result, list) and len(one.result) == count:
                for cost, members in resized(one.result, count, limit, equal):
                    for way in self.matcher.ways(one.argument)[:1]:
                        changed = put(self.draft, way, one.separator.join(map(str, members)))
                        if changed is not None:
                            yield cost + way.cost, changed

    def looked_at_before(self, event: Observation) -> list[tuple[Address, Any]]:
        """The atoms, those first that were looked at shortly before an event: it may be about them."""
        last: dict[str, int] = {}
        for place, before in enumerate(self.base.events):
            if before is event:
                break
            last |= {str(one): place for one in (before.given, before.result) if isinstance(one, (str, int, float))}
        return sorted(self.atoms, key=lambda pair: -last.get(str(pair[1]), -1))

    def keyed(self, event: Observation) -> Iterator[tuple[int, Draft]]:
        """A key is missing in what was made of a text like "a=1, b=2": put it there."""
        inner = [one.separator for one in self.derived if one.separator][-1:] or ["="]
        seen = set()
        for one in self.derived:
            if one.separator and isinstance(one.argument, str) and one.argument not in seen:
                seen.add(one.argument)
                for way in self.matcher.ways(one.argument)[:1]:
                    for separator in dict.fromkeys(("=", *inner)):
                        pair = f"{event.given}{separator}v{len(one.argument)}x"
                        for place, text in enumerate((one.argument + one.separator + pair, pair)):
                            changed = put(self.draft, way, text)
                            if changed is not None:
                                yield 4 + place, changed


def constant_of(event: Observation) -> Any:
    """The operand of a comparison that stands in the code as it is: no part of a request is to be another for it.

    UNKNOWN where there is none, and where the other operand is the same.
    """
    if event.kind != "compare" or event.number >= len(MARKS.all) or event.given == event.other:
        return UNKNOWN
    side = MARKS.all[event.number].detail
    return event.given if side == "left" else event.other if side == "right" else UNKNOWN


def with_other_keys(draft: Draft, told: Recording, most: int) -> Iterator[Draft]:
    """A draft with other keys of the tables in which its own were found, so many of each."""
    turning = Turning(draft, meant(draft), derived(told.events), told)
    for event in told.events:
        if event.kind == "lookup" and isinstance(event.other, list) and event.given in event.other:
            for way in turning.matcher.ways(event.given)[:1]:
                for member in itertools.islice((one for one in event.other if one != event.given), most):
                    changed = put(draft, way, member)
                    if changed is not None:
                        yield changed


def leading(events: list[Observation]) -> Iterator[tuple[Observation, deque[Observation]]]:
    """Each event but reads, with those before it that may have led to it."""
    recent: deque[Observation] = deque(maxlen=_LOOKED_THROUGH)
    for event in events:
        if event.kind != "read":
            yield event, recent
        if event.kind not in ("read", "decide") and event.what != "made":
            recent.append(event)


def turnable(recent: deque[Observation], turning: Turning) -> Iterator[Observation]:
    """Of the events before a decision those in which a part of the request has a say, the last one first."""
    return itertools.islice((event for event in reversed(recent) if turning.turned(event)), _WINDOW)


def all_put(turning: Turning, all_wishes: list[Wish]) -> Draft | None:
    """A draft in which every atom that a value may have come from is changed, and every member of what is compared."""
    draft: Draft | None = turning.draft
    for wish in all_wishes:
        found = Matcher(meant(draft), turning.derived).ways(wish.value) if draft is not None else []
        for way in [way for way in found if way.cost == found[0].cost]:
            draft = put(draft, way, wish.wanted[0]) if draft is not None else None
    return draft


def put(draft: Draft, way: Way, value: Any) -> Draft | None:
    try:
        if way.address[0] in DOCUMENTS and not way.cost and not isinstance(value, (bytes, str)):
            return draft.put(way.address, value)  # what was compared is the atom itself
        atom = value if value is MISSING else way.undo(value)
        if way.address == ("method",) and draft.is_bare and atom not in METHODS:
            atom = "GET" if draft.method == "POST" else "POST"  # any other, where it is to be another one
        return None if _swells(draft, way.address, atom) else draft.put(way.address, atom)
    except NO_WAY:
        return None  # what is wanted has no form in which it can stand there


def _swells(draft: Draft, address: Address, atom: Any) -> bool:
    """Whether a long text holds what it replaces more than once: it would grow without end."""
    if not isinstance(atom, str) or len(atom) < _LONG:
        return False
    before = draft.at(address)
    return isinstance(before, str) and len(before) > 1 and atom.count(before) > 1


def _is_absent(event: Observation) -> bool:
    """Whether a text was looked for in a collection, and was not there."""
    if not isinstance(event.given, str):
        return False
    if event.kind == "lookup":
        return not event.result
    return event.what in ("In", "NotIn") and isinstance(event.other, list) and event.result == (event.what == "NotIn")

"""Outcomes that were seen, but not together: what has brought one of them about is put into a request that has the other.

Theory. The search turns each condition by itself, most often in the latest request, so that what stands in the way
of another one stays there: a header that a middleware minds, a total that is too high. Two requests that differ in few parts
tell what these parts do; the same parts in a third request show it in the place where that one leads.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..instrument.observe import MARKS, Function
from .draft import Address, Draft
from .recording import Recording
from .tree import MISSING

Branch = tuple[int, str]
"""A mark and its outcome; of the first one of a function that began, an empty one."""

_MOST = 24
"""So many requests that took a new branch are crossed with each other, the latest ones."""
_KEPT = 100
"""So many requests are kept to find the one that another is most like."""
_FEW = 4
"""Requests that differ in more parts tell little about each of them."""
_WHOLE = ("session", "upstream")
"""What is put in as a whole where there was none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was sent: its parts, all its outcomes, and the functions that it has led to."""

    draft: Draft
    parts: dict[Address, Any]
    outcomes: frozenset[Branch]
    functions: frozenset[Function]


@dataclass(frozen=True, slots=True)
class Change:
    """Parts to be put into a request, and the outcomes that are expected of them."""

    parts: tuple[tuple[Address, Any], ...]
    outcomes: tuple[Branch, ...]


class Crossing:
    """What was seen together, and the requests that may show what was not."""

    def __init__(self) -> None:
        self.pairs: set[tuple[Branch, Branch]] = set()
        self.sent: deque[Seen] = deque(maxlen=_KEPT)
        self.seen: list[Seen] = []
        """Those of them that have shown something new."""
        self.changes: list[Change] = []
        self.tried: set[tuple[int, int]] = set()

    def learn(self, draft: Draft, told: Recording, *, new: bool) -> None:
        """Take in what an exchange has shown together. `new`: it took a branch, or came to a function, which none before did.

        What it has shown after an answer was lost is still to be seen where none is.
        """
        functions = frozenset(MARKS.all[number].function for number in told.begun)
        one = Seen(draft, _parts(draft), _outcomes(told), functions)
        before = len(self.pairs)
        sound = told.sound_branches if told.spoiled else one.outcomes
        self.pairs.update(itertools.combinations(sorted(sound), 2))
        if new or len(self.pairs) > before:
            self.changes += self.told_by(one)
            self.seen.append(one)
        self.sent.append(one)

    def told_by(self, one: Seen) -> list[Change]:
        """What the parts do in which a request differs from the one that was most like it; and the other way round."""
        apart = [(_differing(one.parts, other.parts), other) for other in reversed(self.sent)]
        addresses, nearest = min(apart, key=lambda pair: len(pair[0]), default=([], one))
        elsewhere = one.draft.is_bare and any(address[0] == "path" for address in addresses)
        if elsewhere or not 0 < len(addresses) <= _FEW:
            return []
        return [_change(addresses, one, nearest), _change(addresses, nearest, one)]

    def next(self) -> Draft | None:
        """The request that may show most pairs of outcomes which were not seen; None where none may. Each is made once."""
        while (best := max(self.open(), default=None)) is not None:
            place, number = -best[1], -best[2]
            self.tried.add((place, number))
            crossed = _crossed(self.seen[place].draft, self.changes[number])
            if crossed is not None:
                return crossed
        return None

    def open(self) -> Iterator[tuple[int, int, int]]:
        """What is to be gained, and for which request and change, both counted downward: the first ones come first."""
        for place, one in enumerate(self.seen[-_MOST:], max(0, len(self.seen) - _MOST)):
            for number, change in enumerate(self.changes):
                if (place, number) not in self.tried:
                    gain = self.gain(one, change)
                    if gain:
                        yield gain, -place, -number
                    else:
                        self.tried.add((place, number))

    def gain(self, one: Seen, change: Change) -> int:
        """How many pairs may be seen for the first time, if a request behaves as others did."""
        marks = {number for number, _ in change.outcomes}
        return sum(
            (min(outcome, branch), max(outcome, branch)) not in self.pairs
            for outcome in change.outcomes
            if MARKS.all[outcome[0]].function in one.functions and outcome not in one.outcomes
            for branch in one.outcomes
            if branch[0] not in marks
        )


def _outcomes(told: Recording) -> frozenset[Branch]:
    """The branches of an exchange, and the beginnings of its functions."""
    return frozenset((*told.branches, *((number, "") for number in told.begun)))


def _parts(draft: Draft) -> dict[Address, Any]:
    found = {
        address: atom
        for address, atom in draft.atoms()
        if not (isinstance(atom, (dict, list)) and atom) and "all" not in address
    }
    return found | {("whole", part): getattr(draft, part) is not None for part in _WHOLE}


def _differing(one: dict[Address, Any], other: dict[Address, Any]) -> list[Address]:
    return [key for key in {**one, **other} if one.get(key, MISSING) != other.get(key, MISSING)]


def _change(addresses: list[Address], one: Seen, other: Seen) -> Change:
    """What has to be put into the other request for it to be as the one."""
    whole = {address[1] for address in addresses if address[0] == "whole"}
    parts = [(address, one.parts.get(address, MISSING)) for address in addresses if address[0] not in {*whole, "whole"}]
    parts += [(("whole", part), getattr(one.draft, part)) for part in sorted(whole)]
    return Change(tuple(parts), tuple(sorted(one.outcomes - other.outcomes)))


def _crossed(draft: Draft, change: Change) -> Draft | None:
    """A request with the parts of a change in it; None where they cannot stand there."""
    changed: Draft | None = draft
    for address, value in change.parts:
        if changed is None:
            return None
        changed = replace(changed, **{address[1]: value}) if address[0] == "whole" else changed.put(address, value)
    return changed

"""What is known of objects that are no more is forgotten."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from pytest_oneresponse.weakly import Known


class Thing:
    pass


def things(known: Known, count: int) -> list[Thing]:
    """New things, each with an entry."""
    made = [Thing() for _ in range(count)]
    known.update((id(thing), (weakref.ref(thing), "entry")) for thing in made)
    return made


def test_entries_are_kept_for_as_long_as_their_objects_live() -> None:
    known = Known(1)
    one, other = things(known, 2)
    known.sweep()
    assert list(known) == [id(one), id(other)]
    known.limit = 1
    del one
    gc.collect()
    known.sweep()
    assert list(known) == [id(other)]


def test_few_are_not_looked_at() -> None:
    known = Known(3)
    things(known, 3)
    known.sweep()
    assert len(known) == 3


def test_where_many_live_they_are_looked_at_seldom() -> None:
    known, limits, alive = Known(10), [], []
    for _ in range(1000):
        alive += things(known, 1)
        known.sweep()
        limits.append(known.limit)
    assert len(known) == 1000 and len(set(limits)) < 10


def test_where_many_have_died_it_is_as_before() -> None:
    known = Known(10)
    alive = things(known, 40)
    known.sweep()
    assert known.limit == 80
    alive.clear()
    alive = things(known, 81)
    alive.clear()
    gc.collect()
    known.sweep()
    assert len(known) == 0 and known.limit == 10


def test_what_other_threads_add_meanwhile_is_kept() -> None:
    class Adding(Known):
        def items(self) -> Any:
            self[len(self)] = (lambda: self, "added meanwhile")
            return super().items()

    known = Adding(1)
    alive = things(known, 2)
    known.sweep()
    assert len(known) == 3 and len(alive) == 2

"""What is known of objects that are no more is forgotten."""

from __future__ import annotations

import gc
import weakref

from pytest_oneresponse.weakly import forget_the_dead


class Thing:
    pass


def test_entries_are_kept_for_as_long_as_their_objects_live() -> None:
    one, other = Thing(), Thing()
    known = {1: (weakref.ref(one), "one"), 2: (weakref.ref(other), "other")}
    forget_the_dead(known)
    assert list(known) == [1, 2]
    del one
    gc.collect()
    forget_the_dead(known)
    assert list(known) == [2]

"""What is known of objects that are held weakly."""

from __future__ import annotations

from typing import Any


def forget_the_dead(known: dict[int, Any]) -> None:
    """Throw out the entries, each of which begins with a weak reference, whose object is no more."""
    for key in [key for key, entry in known.items() if entry[0]() is None]:
        del known[key]

"""Values that no branch asks for, and that people send: nothing, a blank, zero. What is computed with them may fail late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .addresses import address_of, is_free
from .draft import Address, Draft
from .recording import Recording

_PARTS = ("query", "field", "json")
_MOST = 5
"""So many parts of a request are odd one by one."""


def absent(told: Recording) -> list[Address]:
    """Where parts would stand that the app has looked for in vain."""
    found = (
        address_of(event.what, event.given)
        for event in told.events
        if event.kind == "read" and not event.result and isinstance(event.given, str)
    )
    return [address for address in dict.fromkeys(found) if address is not None and address[0] in _PARTS]


def odd(draft: Draft, missing: Iterable[Address] = ()) -> Iterator[Draft]:
    """The draft with an odd value in all of its parts, then in each alone; in a JSON document null is one too.

    `missing`: where parts could stand besides.
    """
    places: list[tuple[Address, Any]] = [(address, "") for address in missing]
    places += [
        (address, atom)
        for address, atom in draft.atoms()
        if address[0] in _PARTS and type(atom) in (str, int, float) and is_free(address, atom)
    ]
    seen = {draft.key}
    for changes in _changes(places):
        changed: Draft | None = draft
        for address, value in changes:
            changed = changed.put(address, value) if changed is not None else None
        if changed is not None and changed.key not in seen:
            seen.add(changed.key)
            yield changed


def _changes(places: list[tuple[Address, Any]]) -> Iterator[list[tuple[Address, Any]]]:
    yield [(address, "" if isinstance(atom, str) else 0) for address, atom in places]
    yield [(address, "0" if isinstance(atom, str) else -1) for address, atom in places]
    for address, atom in places[:_MOST]:
        for value in ("", "0") if isinstance(atom, str) else (0,):
            yield [(address, value)]
        if address[0] == "json":
            yield [(address, None)]

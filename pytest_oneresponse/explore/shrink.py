"""The smallest request that still shows a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from .draft import Draft, without_canaries
from .tree import MISSING

MOST = 24
"""So many smaller requests are tried for one finding."""


def shrunk(draft: Draft, shows: Callable[[Draft], bool], most: int = MOST) -> Draft:
    """A draft with everything left out that `shows` does not ask for; `shows` is called at most `most` times."""
    tried = {draft.key}
    count = 0
    again = True
    while again and count < most:
        again = False
        for smaller in _smaller(draft):
            if smaller.key in tried:
                continue
            tried.add(smaller.key)
            count += 1
            if shows(smaller):
                draft, again = smaller, True
                break
            if count >= most:
                break
    return draft


_WHOLE = (("json",), ("upstream",), ("session",))


def _smaller(draft: Draft) -> Iterator[Draft]:
    """The draft with less in it, the largest steps first."""
    yield without_canaries(draft)
    if draft.media:
        yield replace(draft, media="", json=None, fields=(), files=(), text="", raw=False)
    for address, atom in list(draft.atoms()):
        if address[0] in ("method", "media", "path") or address == ("header", "accept") or address in _WHOLE:
            continue
        less = draft.put(address, MISSING)
        if less is not None:
            yield less
        if isinstance(atom, str) and len(atom) > 8 and address[0] != "file":
            for short in (atom[: len(atom) // 2], atom[len(atom) // 2 :]):
                less = draft.put(address, short)
                if less is not None:
                    yield less

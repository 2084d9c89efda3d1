"""Requests of which the app has seen the like: made-up values, and days, give way to others, which create something new again."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace

from ..contract.request import Request
from ..explore.addresses import is_free
from ..explore.trials import Trial

_MADE_UP = re.compile(r"(?<![A-Za-z0-9])([ws])(\d{1,4}[qk][a-j])(?![a-wyzA-Z0-9])")
"""Values that exploring has made up so that no other input has them (explore/bases.py, explore/explorer.py)."""

_DAY = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")

_PARTS = ("field", "json", "query")
_WORD = re.compile(r"[A-Za-z]\w*")
_MOST = 6


def fresh(trial: Trial, number: int) -> Trial:
    """The trial with other made-up values in all of its requests: equal ones are equal again, each `number` gives new ones."""
    before = tuple(_renewed(request, number) for request in trial.before)
    return replace(trial, request=_renewed(trial.request, number), before=before, draft=None)


def altered(trial: Trial, number: int) -> Iterator[Trial]:
    """The trial with one of its texts made up anew, where nobody has made them up: each of the first few by itself."""
    draft = trial.draft
    atoms = [(address, atom) for address, atom in draft.atoms() if address[0] in _PARTS] if draft is not None else []
    texts = [(address, atom) for address, atom in atoms if isinstance(atom, str) and is_free(address, atom)]
    for place, (address, text) in enumerate(texts[:_MOST]):
        changed = (
            draft.put(address, _made_anew(text, f"w{number}q{'abcdefghij'[place]}")) if draft is not None else None
        )
        if changed is not None:
            yield replace(trial, request=changed.request(), draft=None)


def _made_anew(text: str, made: str) -> str:
    """A text with another first word, as long as that was."""
    found = _WORD.search(text)
    return text[: found.start()] + made.ljust(len(found[0]), "x") + text[found.end() :] if found else made + text


def _renewed(request: Request, number: int) -> Request:
    headers = tuple((name, _other(value, number)) for name, value in request.headers)
    body = _other(request.body.decode("latin-1"), number).encode("latin-1")
    return replace(
        request, path=_other(request.path, number), query=_other(request.query, number), headers=headers, body=body
    )


def _other(text: str, number: int) -> str:
    text = _DAY.sub(lambda found: _weeks_later(found[0], number), text)
    return _MADE_UP.sub(lambda found: f"{found[1]}{number}{found[2]}", text)


def _weeks_later(day: str, weeks: int) -> str:
    """A day on which nothing was stored yet, on the same day of the week and as far from the other days."""
    try:
        return (datetime.date.fromisoformat(day) + datetime.timedelta(weeks=weeks)).isoformat()
    except (ValueError, OverflowError):
        return day

"""Exchanges that had findings, kept in pytest's cache for the next run: they are tried first, and can be run again by ID."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..explore.trials import Trial

KEY = "oneresponse/failed"
MOST = 20
"""So many exchanges of a route are kept."""

Kept = dict[str, dict[str, Any]]
"""For each route's item the exchanges by ID, as JSON basics."""


def read(config: Any) -> Kept:
    """What was kept; nothing where there is no cache, or where it holds something else."""
    cache = getattr(config, "cache", None)
    found = cache.get(KEY, {}) if cache is not None else {}
    return found if isinstance(found, dict) and all(isinstance(one, dict) for one in found.values()) else {}


def write(config: Any, failed: Kept) -> None:
    """Keep the exchanges of each route; routes without any are dropped."""
    cache = getattr(config, "cache", None)
    wanted = {name: trials for name, trials in failed.items() if trials}
    if cache is not None and (wanted or read(config)):
        cache.set(KEY, wanted)


def trials(failed: Kept, name: str) -> dict[str, Trial]:
    """The exchanges of one route; what cannot be read is left out."""
    found = {}
    for identity, data in failed.get(name, {}).items():
        try:
            found[identity] = Trial.from_json(data)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def knows(failed: Kept, identity: str) -> bool:
    """Whether an exchange was kept, whatever its route is."""
    return any(identity in trials for trials in failed.values())


def to_json(failed: Mapping[str, Trial]) -> dict[str, Any]:
    """The exchanges of a route as they are kept."""
    return {identity: trial.to_json() for identity, trial in list(failed.items())[:MOST]}

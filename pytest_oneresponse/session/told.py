"""What the next report of an item is to carry, as Tally.add takes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from .. import sites
from ..apps import App
from ..contract import rules
from ..contract.finding import Finding
from ..drive.settings import Driven
from ..routes import handler_of
from . import kept

_KEY = pytest.StashKey[dict[str, Any]]()


def note_findings(item: pytest.Item, found: Iterable[Finding]) -> None:
    """A test's findings are to be told."""
    item.stash.setdefault(_KEY, {}).setdefault("findings", []).extend(finding.to_json() for finding in found)


def taken(item: pytest.Item) -> dict[str, Any]:
    """What was noted for an item; it is not told again."""
    told = item.stash.get(_KEY, {})
    item.stash[_KEY] = {}
    return told


def note_driven(item: pytest.Item, app: App, driven: Driven, replay: str) -> None:
    """What driving an item came to is to be told; `replay`: the ID of the exchange that was to be run again."""
    handler = handler_of(driven.route.handler)
    # as Flask's route for files, where there are none
    own = handler is not None and sites.Owners.is_framework(handler.file)
    reached = driven.reached
    route = {
        "app": app.label,
        "method": driven.route.method,
        "path": driven.route.template,
        "handler": handler
        and {"file": sites.Owners.shown(handler.file), "line": handler.line, "function": handler.function},
        "requests": driven.requests,
        "seconds": round(driven.seconds, 3),
        "outcome": driven.gave_up,
        "branches": reached.to_json(sites.Owners.shown)
        if reached is not None
        else {"total": 0, "taken": 0, "missed": []},
        "faults": {"sites": driven.sites, "injected": driven.injected},
    }
    unbroken = driven.replayed and all(finding.level == rules.Level.OFF for finding in driven.findings)
    again = f"the exchange {replay} was run again, and broke nothing" if unbroken else ""
    item.stash.setdefault(_KEY, {}).update(
        routes=[route],
        replayed=driven.replayed,
        failed={} if replay else {item.name: kept.to_json(driven.failed)},
        remarks=[f"{item.name}: {text}" for text in (driven.cut_short, again, *driven.network.remarks()) if text],
        refused=[item.name] if driven.refused and not own and not replay else [],
        branches=reached.seen(sites.Owners.shown) if reached is not None else [],
    )

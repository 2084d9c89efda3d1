"""The findings and routes of a run as one JSON document, schema 1; the documents of several workers become one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_oneresponse.contract.finding import LEVELS, LOST, Finding

SCHEMA = 1

# the first is the one that stands for all, where the same thing was seen with several
_OUTCOMES = ("error", "failed", "passed", "skipped")


def document(routes: Iterable[Mapping[str, Any]], findings: Iterable[Finding]) -> dict[str, Any]:
    """The report of one process: JSON basics only; routes and findings sorted, equal ones made one."""
    own = {"schema": SCHEMA, "routes": [*routes], "findings": [finding.to_json() for finding in findings]}
    # through JSON and back: enums, tuples and other look-alikes would not cross xdist's wire
    return merge([json.loads(json.dumps(own))])


def merge(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One document of many, the same in whatever order they come.

    Findings with the same rule, route and lines are one, with their counts added; of a lost answer the calls that led to
    where it was built are among these lines. The most serious and then the one with the shortest request stands for the
    others. Routes with the same app, method and path are one, too: requests and seconds are added, and a branch is missed
    when all of them missed it.
    """
    routes: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    findings: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for part in documents:
        if part["schema"] != SCHEMA:
            raise ValueError(f"cannot merge a report of schema {part['schema']!r}: this is schema {SCHEMA}")
        for route in part["routes"]:
            routes.setdefault(_route_key(route), []).append(route)
        for finding in part["findings"]:
            findings.setdefault(_finding_key(finding), []).append(finding)
    return {
        "schema": SCHEMA,
        "routes": sorted((_one_route(same) for same in routes.values()), key=_route_order),
        "findings": sorted((_one_finding(same) for same in findings.values()), key=_finding_order),
    }


def write(path: str | os.PathLike[str], document: Mapping[str, Any]) -> None:
    """Write a document as UTF-8 text, whole or not at all; missing folders are made.

    Raises OSError with a message that names the path and the reason, and leaves no file of its own behind.
    """
    text = json.dumps(document, indent=2) + "\n"
    target = Path(path)
    scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise OSError(f"cannot write the report {os.fspath(path)}: {error.strerror or error}") from error


def _line(place: Mapping[str, Any] | None) -> tuple[str, int]:
    return (place["file"], place["line"]) if place else ("", 0)


def _finding_key(finding: Mapping[str, Any]) -> tuple[str, ...]:
    places = [finding["where"], finding["also"], *callers(finding)]
    return (finding["rule"], finding["route"], *(str(part) for place in places for part in _line(place)))


def callers(finding: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The calls that led to where a lost answer was built, outermost first: one of them has thrown it away. Of others none."""
    stack: list[Mapping[str, Any]] = list(finding.get("stack", ())) if finding.get("rule") in LOST else []
    where = finding.get("where")
    return stack[: stack.index(where)] if where in stack else []


def _finding_order(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    return (finding["route"], finding["rule"], *_line(finding["where"]), *_line(finding["also"]))


def _one_finding(same: list[Mapping[str, Any]]) -> dict[str, Any]:
    chosen = min(same, key=_seriousness)
    return {**chosen, "count": sum(finding["count"] for finding in same)}


def _seriousness(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    request = json.dumps(finding["request"], sort_keys=True)
    return (LEVELS.index(finding["level"]), len(request), json.dumps(finding, sort_keys=True))


def _route_key(route: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(route["app"]), str(route["method"]), str(route["path"]))


def _route_order(route: Mapping[str, Any]) -> tuple[str, str]:
    return (f"{route['method']} {route['path']}", str(route["app"]))


def _one_route(same: list[Mapping[str, Any]]) -> dict[str, Any]:
    # the order decides which handler is kept, and in which order seconds are added: so it must not be chance
    driven = sorted((route for route in same if route["requests"]), key=_text) or sorted(same, key=_text)[:1]
    if len(driven) == 1:
        return dict(driven[0])
    return {
        **driven[0],
        "requests": sum(route["requests"] for route in driven),
        "seconds": sum(route["seconds"] for route in driven),
        "outcome": min((route["outcome"] for route in driven), key=_outcome_rank),
        "branches": _branches([route["branches"] for route in driven]),
        "faults": {
            "sites": max(route["faults"]["sites"] for route in driven),
            "injected": sum(route["faults"]["injected"] for route in driven),
        },
    }


def _branches(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    total = max(part["total"] for part in parts)
    kept = [part for part in parts if part["total"] == total]
    everywhere = set.intersection(*({_text(branch) for branch in part["missed"]} for part in kept))
    missed = [branch for branch in kept[0]["missed"] if _text(branch) in everywhere]
    return {"total": total, "taken": total - len(missed), "missed": missed}


def _outcome_rank(outcome: str) -> tuple[int, str]:
    return (_OUTCOMES.index(outcome) if outcome in _OUTCOMES else len(_OUTCOMES), outcome)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

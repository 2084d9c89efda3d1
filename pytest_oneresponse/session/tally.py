"""What all tests of a run told, from this process and from xdist's workers; and the run's summary."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from ..report import json_report
from .docket import baseline_key


@dataclass
class Tally:
    """Sums up what tests' reports carry. Routes and findings are in the report's schema."""

    requests: int = 0
    routes: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Names of routes that answered with errors alone."""
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The exchanges that had findings, by route and by ID."""
    branches: dict[tuple[Any, ...], bool] = field(default_factory=dict)
    """For each outcome of the routes' code, by file, line, column and its name, whether some route has taken it."""
    replayed: bool = False
    """Whether a route had the exchange that was to be run again."""

    def add(self, told: Mapping[str, Any]) -> None:
        """Take up what one report carries; each key may be absent."""
        self.requests += told.get("requests", 0)
        self.routes += told.get("routes", ())
        self.findings += told.get("findings", ())
        self.remarks += told.get("remarks", ())
        self.refused += told.get("refused", ())
        self.failed |= told.get("failed", {})
        for *place, taken in told.get("branches", ()):
            self.branches[*place,] = taken or self.branches.get((*place,), False)
        self.replayed |= told.get("replayed", False)

    def document(self) -> dict[str, Any]:
        """All of it as a report."""
        return json_report.merge(
            [{"schema": json_report.SCHEMA, "routes": self.routes, "findings": self.findings}],
        )

    def lines(self, known: Set[tuple[str, ...]], verbose: bool) -> list[str]:
        """The summary and remarks; empty where nothing was judged. `known`: the keys of a baseline's findings."""
        if not self.routes and not self.requests and not self.findings:
            return []
        found = self.document()["findings"]
        in_baseline = sum(baseline_key(finding) in known for finding in found)
        driven = f"{_number(len(self.routes), 'route')} driven, " if self.routes else ""
        told = f"{driven}{_number(self.requests, 'request')} judged: {_counts(found)}"
        told += f" ({in_baseline} of them in the baseline)" if in_baseline else ""
        return [told, *self.branch_lines(verbose), *self.fault_lines(), *self.remarks, *self.refused_lines(verbose)]

    def branch_lines(self, verbose: bool) -> list[str]:
        """How many branches were taken, by whatever route; where it is verbose, the others, with each route that comes by."""
        if not self.branches:
            return []
        taken = sum(self.branches.values())
        told = f"{taken} of {_number(len(self.branches), 'branch', 'branches')} taken"
        if not verbose:
            return [told + (" (-v lists the rest)" if taken < len(self.branches) else "")]
        by_others = {(file, line, outcome) for (file, line, _, outcome), is_taken in self.branches.items() if is_taken}
        by_others -= {
            (file, line, outcome) for (file, line, _, outcome), is_taken in self.branches.items() if not is_taken
        }
        return [told, *(line for route in self.document()["routes"] for line in _missed(route, by_others))]

    def fault_lines(self) -> list[str]:
        """How many failures were tried, and at how many places of the routes' code."""
        faults = [route["faults"] for route in self.document()["routes"] if route["faults"]["sites"]]
        if not faults:
            return []
        places = _number(sum(one["sites"] for one in faults), "place")
        return [f"{_number(sum(one['injected'] for one in faults), 'failure')} injected, {places} may fail"]

    def refused_lines(self, verbose: bool) -> list[str]:
        """What to do about routes behind whose errors nothing was seen; their names where it is verbose."""
        if not self.refused:
            return []
        told = f"{_number(len(self.refused), 'route')} never answered below 400: "
        told += "give values through oneresponse_values, or log in through oneresponse_request"
        return [told, *(f"  {name}" for name in sorted(self.refused))] if verbose else [f"{told} (-v lists them)"]


def _counts(findings: list[dict[str, Any]]) -> str:
    counted: dict[str, dict[str, int]] = {}
    for finding in findings:
        by_rule = counted.setdefault(finding["level"], {})
        by_rule[finding["rule"]] = by_rule.get(finding["rule"], 0) + 1
    if not counted:
        return "no findings"
    return "; ".join(
        f"{level}: " + ", ".join(f"{rule} {number}" for rule, number in sorted(by_rule.items()))
        for level, by_rule in sorted(counted.items())
    )


def _missed(route: Mapping[str, Any], by_others: Set[tuple[Any, ...]]) -> list[str]:
    """A route's branches that no route has taken, those of one file in one line."""
    by_file: dict[str, list[str]] = {}
    for one in route["branches"]["missed"]:
        if (one["file"], one["line"], one["outcome"]) not in by_others:
            by_file.setdefault(one["file"], []).append(f"{one['line']} {one['outcome']}")
    name = f"{route['method']} {route['path']}"
    return [f"  {name} did not take {file}: {', '.join(places)}" for file, places in by_file.items()]


def _number(count: int, noun: str, many: str = "") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"

"""A finding: which rule was broken, on which two lines, by which request; and what makes two findings one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .request import Request

LEVELS = ("breach", "practice", "off")
"""The values of rules.Level, the most serious first."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in code. `line` and `column` count from 1; `end_column` is exclusive, 0 where it is unknown.

    `file` is relative to the root directory where it lies below it, absolute otherwise, and for a file of an
    installed package the path from the package's own folder on ("slowapi/middleware.py").
    """

    file: str
    line: int
    column: int = 1
    function: str = ""
    source: str = ""
    end_column: int = 0
    package: str = ""
    """The installed package that holds the file; empty for the user's own code."""

    def to_json(self) -> dict[str, Any]:
        """The five keys of the report's schema."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "function": self.function,
            "source": self.source,
        }

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Caught:
    """An exception that had a part in a finding: its type's name, its message and the user's line that raised it."""

    type: str
    message: str
    where: Place | None = None

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "message": self.message, "where": self.where and self.where.to_json()}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of the contract, ready to be printed. Holds nothing but values, so it crosses any wire."""

    rule: str
    level: str
    """"breach", "practice" or "off", as in rules.Level; a case milder than its rule carries the milder level."""
    route: str
    """"METHOD template", as the framework writes the template."""
    message: str
    """One sentence about this very case, without the route."""
    where: Place | None = None
    also: Place | None = None
    where_label: str = ""
    """What happened at `where`, for the caret line: "second response"."""
    also_label: str = ""
    stack: tuple[Place, ...] = ()
    """The chain of calls that led to `where`, outermost first."""
    state: str = ""
    life: str = ""
    """The exchange as one line: "HEAD -start 200-> STARTED -data 7-> BODY -start 500-> second-response"."""
    exception: Caught | None = None
    request: Request | None = None
    client: str = ""
    """What the client did out of the ordinary, as a phrase: "leaves after the first chunk"; empty otherwise."""
    notes: tuple[str, ...] = ()
    dropped: Place | None = None
    """The line that threw a lost answer away, where that is not the one that built it."""
    fault: dict[str, Any] | None = None
    buffered: dict[str, Any] | None = None
    count: int = 1
    replay: str = ""
    """The whole command that runs this exchange again; empty where there is none."""
    test: str = ""
    """The id of the test that made the request."""
    mend: str = ""
    """How to mend it, where it is not as the rule says."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two findings one: the rule, the route and both lines; of what is lost the line that threw it away."""
        if self.rule in LOST:
            return (self.rule, self.route, _line(self.to_mend))
        return (self.rule, self.route, _line(self.where), _line(self.also))

    @property
    def to_mend(self) -> Place | None:
        """The line to mend: that which threw a lost answer away, else that which is to blame."""
        return self.dropped or self.where

    @property
    def headline(self) -> str:
        """The first line of every print: begins with the rule and the route."""
        return f"{self.rule} {self.route}: {self.message}"

    def to_json(self) -> dict[str, Any]:
        """The finding in the report's schema 1."""
        return {
            "rule": self.rule,
            "level": self.level,
            "route": self.route,
            "message": self.message,
            "where": self.where and self.where.to_json(),
            "also": self.also and self.also.to_json(),
            "stack": [place.to_json() for place in self.stack],
            "state": self.state,
            "exception": self.exception and self.exception.to_json(),
            "request": self.request and self.request.to_json(),
            "fault": self.fault and {key: self.fault[key] for key in _FAULT if key in self.fault},
            "buffered": self.buffered,
            "count": self.count,
            "replay": self.replay,
            "test": self.test,
        }


_FAULT = ("where", "call", "exception", "occurrence")
LOST = frozenset(("orphan-response", "unraised-error"))
"""Rules about an answer that was lost, whatever was sent in its place."""


def _order(one: Finding) -> tuple[Any, ...]:
    return LEVELS.index(one.level), _line(one.where) or ("", 0), _line(one.dropped) or ("", 0), one.rule


def _line(place: Place | None) -> tuple[str, int] | None:
    return (place.file, place.line) if place else None


@dataclass(slots=True)
class Ledger:
    """Findings in order of arrival, each kept once with a count."""

    found: dict[tuple[Any, ...], Finding] = field(default_factory=dict)

    def add(self, finding: Finding) -> bool:
        """Keep a finding; False where one with its key is there: the more serious then stands for both."""
        known = self.found.get(finding.key)
        if known is None:
            self.found[finding.key] = finding
            return True
        kept = min(known, finding, key=lambda one: LEVELS.index(one.level))
        self.found[finding.key] = replace(kept, count=known.count + finding.count)
        return False

    def replace(self, finding: Finding) -> None:
        """Put a finding in the place of the one with its key, keeping the count."""
        known = self.found.get(finding.key)
        self.found[finding.key] = replace(finding, count=known.count if known is not None else finding.count)

    def sort(self) -> None:
        """Order the findings: the most serious first, then as their lines stand in the source."""
        found = sorted(self.found.values(), key=_order)
        self.found = {finding.key: finding for finding in found}

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.found.values())

    def __len__(self) -> int:
        return len(self.found)

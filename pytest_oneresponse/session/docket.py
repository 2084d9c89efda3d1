"""The findings of one test: what its requests broke, what of it is wanted, ignored or known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from .. import judging
from ..contract import rules
from ..contract.finding import Finding, Ledger
from ..exchange import Docket, Exchange
from ..report.json_report import callers
from ..routes import Route, find


class BreachFailure(pytest.fail.Exception):  # type: ignore[misc, name-defined]
    """Fails a test whose requests broke the contract. Its text is the whole report; `findings` are its values."""

    def __init__(self, text: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(text, pytrace=False)
        self.findings = findings


def shown_as_text(longrepr: Any, text: str, painted: str = "") -> Any:
    """A failure's representation whose one-line form is the first line of `text`, without the name of an exception class.

    Where pytest runs in CI it prints that form in full at the end, so that the whole text would come twice. `painted` is
    the text with colours, for terminals that have them.
    """
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = text.partition("\n")[0]
    plain = getattr(longrepr, "toterminal", None)
    if painted and plain is not None:
        longrepr.toterminal = lambda writer: writer.line(painted) if writer.hasmarkup else plain(writer)
    return longrepr


class PracticeWarning(UserWarning):
    """Something that the contract advises against, at the line that does it."""


class Unexpected(pytest.fail.Exception):  # type: ignore[misc, name-defined]
    """Fails a test in which an expected breach did not come."""

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


@dataclass(frozen=True)
class Selection:
    """Which findings count: rules taken up that are off, and rules dropped, everywhere or on one route."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    known: frozenset[tuple[str, ...]] = frozenset()
    """Keys of a baseline's findings."""

    @classmethod
    def of(cls, select: Iterable[str], ignore: Iterable[str], known: Iterable[tuple[str, ...]] = ()) -> Selection:
        """Raises KeyError, with the nearest names, for a rule that does not exist."""
        for name in select:
            rules.get(name)
        for entry in ignore:
            rules.get(entry.partition("@")[0])
        return cls(frozenset(select), frozenset(ignore), frozenset(known))

    def also_ignoring(self, ignore: Iterable[str]) -> Selection:
        added = Selection.of((), ignore)
        return replace(self, ignore=self.ignore | added.ignore)

    def keep(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that count, at the level at which they count."""
        kept = []
        for finding in findings:
            if finding.rule in self.ignore or f"{finding.rule}@{finding.route}" in self.ignore:
                continue
            if finding.level == rules.Level.OFF:
                if finding.rule not in self.select:
                    continue
                finding = replace(finding, level=rules.Level.BREACH.value)
            kept.append(finding)
        return kept

    def is_known(self, finding: Finding) -> bool:
        """Whether the baseline lists the finding."""
        return baseline_key(finding.to_json()) in self.known


def baseline_key(finding: dict[str, Any]) -> tuple[str, ...]:
    """What makes a finding the same after lines have moved: rule, route, and of its lines file, function and text."""
    places = [finding.get("where") or {}, *callers(finding)]
    told = [place.get(part) or "" for place in places for part in ("file", "function", "source")]
    return (str(finding.get("rule")), str(finding.get("route")), *map(str, told))


Listed = dict[int, tuple[Any, list[Route]]]
"""Apps and their routes, by the ids of the apps."""


@dataclass
class TestDocket(Docket):
    """Keeps the exchanges of one test that are not plainly right, and judges them when it is asked."""

    __test__ = False  # for pytest: this is no test class

    test: str
    selection: Selection
    exchanges: list[Exchange] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    """The ids of all exchanges that were ever kept; they live as long as the docket."""
    unclosed: dict[int, Exchange] = field(default_factory=dict)
    count: int = 0
    forgiven: set[tuple[int, str]] = field(default_factory=set)
    judged: list[Exchange] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    """Findings that were judged elsewhere: by driving."""
    listed: Listed = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    """The rules that the test's marker expects to be broken."""
    asked: bool = False
    """Whether the test may ask for findings of its own choice: what counts is not known before."""

    def add(self, exchange: Exchange) -> None:
        """Keep the exchange, unless nothing of it will count."""
        if id(exchange) not in self.known and not self.can_forget(exchange):
            self.known.add(id(exchange))
            self.exchanges.append(exchange)

    def can_forget(self, exchange: Exchange) -> bool:
        """Whether an exchange has ended with an exception, and that is off or ignored.

        The exception holds all that its frames held, which a test may wait to see freed.
        """
        if self.asked or self.wanted or not exchange.closed or exchange.escaped() is None:
            return False
        return not self.selection.keep(judge_watched(exchange, self.test, self.listed))

    def findings(self, since: int = 0) -> list[Finding]:
        """What the exchanges from number `since` on broke, each finding once."""
        self.gather()
        ledger = Ledger()
        for exchange in self.exchanges[since:]:
            for finding in judge_watched(exchange, self.test, self.listed):
                if (id(exchange), finding.rule) not in self.forgiven:
                    ledger.add(finding)
        for finding in self.found if since == 0 else ():
            ledger.add(finding)
        return self.selection.keep(ledger)

    def forgive(self, since: int, wanted: Iterable[str]) -> list[Finding]:
        """Take findings of the wanted rules as wanted, and return them."""
        self.gather()
        taken = []
        names = set(wanted)
        for exchange in self.exchanges[since:]:
            for finding in judge_watched(exchange, self.test, self.listed):
                if finding.rule in names and (id(exchange), finding.rule) not in self.forgiven:
                    self.forgiven.add((id(exchange), finding.rule))
                    taken.append(finding)
        return taken

    def missing(self) -> list[str]:
        """Take the findings that the marker expects as wanted; returns the rules of which none came."""
        met = {finding.rule for finding in (*self.forgive(0, self.wanted), *self.found)}
        self.found = [finding for finding in self.found if finding.rule not in self.wanted]
        return [rule for rule in self.wanted if rule not in met]

    def gather(self) -> None:
        """Take up the exchanges whose body was taken whole and never closed, and those that are wrong already."""
        for exchange in list(self.unclosed.values()):
            if exchange.exhausted:
                exchange.returned()
                exchange.close()
            elif exchange.judge().breaches:
                self.add(exchange)

    def take(self) -> list[Finding]:
        """All findings so far; they are not told again."""
        found = self.findings()
        for exchange in self.exchanges:
            if not exchange.closed:  # it is judged again
                self.forgiven.update(
                    (id(exchange), one.rule) for one in judge_watched(exchange, self.test, self.listed)
                )
        self.judged += [exchange for exchange in self.exchanges if exchange.closed]
        self.exchanges = [exchange for exchange in self.exchanges if not exchange.closed]
        self.found = []
        return found


def judge_watched(exchange: Exchange, test: str, listed: Listed) -> list[Finding]:
    """The findings of an exchange that a test made; its route is looked up only if there are any."""
    verdict = exchange.judge()
    if not verdict.breaches and not exchange.left:
        return []
    return judging.findings(exchange, judging.Told(route_of(exchange, listed), exchange.replay, test), verdict)


def route_of(exchange: Exchange, listed: Listed) -> Route | None:
    """The route that a watched exchange belongs to, from the routes of its app; these are kept in `listed`."""
    if exchange.facts.kind != "http":
        return None
    from ..frameworks.recognise import routes_of

    app = exchange.app
    if id(app) not in listed:
        try:
            routes = routes_of(app)
        except Exception:  # the app's own listing may raise; the finding is told by its path then
            routes = []
        listed[id(app)] = (app, routes)
    request = exchange.make_request()
    return find(listed[id(app)][1], request.method, request.path)


def by_level(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Findings parted into breaches and what is milder."""
    found = list(findings)
    return [one for one in found if one.level == "breach"], [one for one in found if one.level != "breach"]

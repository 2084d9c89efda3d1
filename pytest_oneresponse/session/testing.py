"""Running a test: its docket is open meanwhile, and what it holds is told after the test's own outcome."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from typing import Any

import pytest

from .. import marks
from ..contract import rules
from ..contract.finding import Finding
from ..report.terminal import fault_line
from . import told
from .docket import BreachFailure, PracticeWarning, Unexpected
from .items import RouteItem
from .state import State


class Testing:
    """Hooks around each test, driven ones too: a breach fails it, what is milder warns."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.warned: set[tuple[str, str, int]] = set()
        """The practices that were warned of, each by its rule and line: middleware has it in every route."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.state.close_docket()  # left open by the test whose fixture started this plugin
        if self.state.watching:
            self.state.open_docket(item)
        try:
            return (yield)
        finally:
            self.state.close_docket()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self.state.docket is not None:
            if not isinstance(item, RouteItem):
                self.state.marks.change(marks.HOOKS)
            self.state.marks.refresh()
            self.state.read_marker(item, self.state.docket)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Judge what the test's requests did, after its own outcome is known."""
        if self.state.docket is not None:
            self.state.marks.refresh()
        try:
            result = yield
        except BaseException:
            self.missing()
            self.tell(item, "call", own_outcome=False)
            raise
        missing = self.missing()
        self.tell(item, "call", own_outcome=not missing)
        if missing:
            count = self.state.docket.count if self.state.docket is not None else 0
            raise Unexpected(f"expected {', '.join(missing)}, and none came from {count} requests")
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        try:
            result = yield
        except BaseException:
            self.tell(item, "teardown", own_outcome=False)
            raise
        self.tell(item, "teardown", own_outcome=True)
        return result

    def missing(self) -> list[str]:
        """Forgive what the test's marker expects; the rules that it expects in vain."""
        return self.state.docket.missing() if self.state.docket is not None else []

    def tell(self, item: pytest.Item, when: str, *, own_outcome: bool) -> None:
        """Bring a test's findings out: breaches fail it, unless it has failed of its own; the rest warns."""
        docket = self.state.docket
        if docket is None:
            return
        found = docket.take()
        if not found:
            return
        told.note_findings(item, found)
        new = [finding for finding in found if not self.state.selection.is_known(finding)]
        breaches = [finding for finding in new if finding.level == rules.Level.BREACH]
        # Whoever has made errors of warnings is told of a practice as of a breach.
        breaches += [finding for finding in new if finding.level == rules.Level.PRACTICE and self.warn(finding)]
        if not breaches:
            return
        text = self.state.text_of(breaches, shown=item.get_closest_marker("xfail") is None)
        if own_outcome:
            raise BreachFailure(text, tuple(breaches))
        item.add_report_section(when, "oneresponse", text)

    def warn(self, finding: Finding) -> bool:
        """Warn of a finding, once for its line; whether the user's filters make an error of the warning."""
        where = finding.to_mend
        text = finding.headline + (f" ({where.file}:{where.line})" if where else "")
        text += f"; injected: {fault_line(finding.fault)}" if finding.fault else ""
        filename, line = (where.file, where.line) if where else ("oneresponse", 1)
        if where and (finding.rule, filename, line) in self.warned:
            return False
        try:
            warnings.warn_explicit(text, PracticeWarning, filename, line)
        except PracticeWarning:
            return True
        self.warned.add((finding.rule, filename, line))
        return False

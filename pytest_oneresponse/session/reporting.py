"""What is shown and written while a run goes on and when it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from typing import Any

import pytest

from .. import watch
from ..report import json_report
from ..report.progress import Progress
from . import guess, kept, told
from .docket import BreachFailure, Unexpected, shown_as_text
from .items import NODE, Cannot
from .state import State


class Reporting:
    """Hooks that gather what the items' reports carry, here or from xdist's workers, and tell it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.progress: Progress | None = None
        self.written: list[str] = []
        """The reports that could be written."""

    def pytest_report_header(self) -> str:
        named = ", ".join(self.state.option("app"))
        parts = [f"drive {named}" if named else "", "watch every test" if self.state.watching else ""]
        limits = (
            f"at most {self.state.option('requests')} requests a route, {self.state.option('timeout'):g} s an exchange"
        )
        seed = f", seed {self.state.option('seed')}" if named else ""
        return f"oneresponse: {'; '.join(part for part in parts if part)}; {limits}{seed}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if isinstance(error, (BreachFailure, Unexpected, Cannot)):
            found = error.findings if isinstance(error, BreachFailure) else ()
            text = self.state.text_of(found, color=True, shown=report.failed)
            report.longrepr = shown_as_text(report.longrepr, str(error), text)
        if call.when in ("call", "teardown"):
            carried = self.told_of(item, report)
            if isinstance(error, BreachFailure) and carried.get("routes") and not self.state.option("replay"):
                # What hundreds of exchanges printed and logged would bury the one that is told of.
                report.sections = [section for section in report.sections if not section[0].startswith("Captured ")]
            # As one text: xdist sends a report value by value, in Python.
            report.oneresponse = json.dumps(carried) if carried and self.state.is_worker else carried
        return report

    def told_of(self, item: pytest.Item, report: pytest.TestReport) -> dict[str, Any]:
        """What a report carries for the tally; what is told here is not told again."""
        carried = told.taken(item)
        if report.when == "call" and self.state.docket is not None:
            carried["requests"] = self.state.docket.count
        for route in carried.get("routes", ()):
            route["outcome"] = route["outcome"] or report.outcome
        return carried

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather what the reports carry: here they arrive from this process or from xdist's workers."""
        if self.progress is not None:
            self.progress.wipe()
        if not self.state.is_worker:  # pytest keeps its reports to the end: what they carry is kept once
            carried = report.__dict__.pop("oneresponse", {})
            self.state.tally.add(json.loads(carried) if isinstance(carried, str) else carried)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        spread = self.state.is_worker or getattr(self.state.config.option, "dist", "no") != "no"
        self.progress = Progress(None if spread else self.state.config.pluginmanager.get_plugin("terminalreporter"))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show the route that is being driven."""
        node, _, name = nodeid.partition("::")
        if node == NODE and self.progress is not None:
            method, _, template = name.rpartition("::")[2].partition(" ")
            self.progress.show(method, template)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """See, once the tests have run to their end, whether there was the exchange that was to be run again."""
        result = yield
        wanted, given = self.state.option("replay"), self.state.config.option
        runs = not any(getattr(given, name, False) for name in ("collectonly", "setuponly"))
        if wanted and runs and self.state.watching and not self.state.is_worker and not self.state.tally.replayed:
            self.state.problems.append(f"--oneresponse-replay={wanted}: no route that was driven has this exchange")
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for app in self.state.apps.values():
            app.close()
        if not self.state.is_worker:
            self.write_reports()
            kept.write(self.state.config, {**self.state.failed, **self.state.tally.failed})
        if self.state.problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def write_reports(self) -> None:
        for path in self.state.reports:
            try:
                json_report.write(path, self.state.tally.document())
            except OSError as error:
                self.state.problems.append(str(error))
            else:
                self.written.append(path)

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """What was done, the findings that did not fail a test, and what went wrong with the options."""
        lines = self.state.tally.lines(self.state.selection.known, self.state.config.option.verbose > 0)
        if (
            not lines
            and self.state.watching
            and not self.state.option("app")
            and not self.state.config.option.collectonly
        ):
            lines = self.hints(terminalreporter, exitstatus)
        if not lines and not self.state.problems:
            return
        terminalreporter.write_sep("=", "oneresponse")
        for line in lines:
            terminalreporter.write_line(line)
        for path in self.written:
            terminalreporter.write_line(f"report: {path}")
        for problem in self.state.problems:
            terminalreporter.write_line(problem, red=True)
        self.state.problems.clear()

    def hints(self, terminalreporter: Any, exitstatus: int) -> list[str]:
        """What to do where there was nothing to judge, for those who have asked for it in this very run."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and "deselected" not in terminalreporter.stats:
            text = "nothing to judge: there is no test, and no app to drive is named, as in --oneresponse-app="
            found = guess.apps_in(self.state.config.invocation_params.dir)[:5]
            return [f"{text}{found[0]}", *(f"  or {one}" for one in found[1:])] if found else [f"{text}MODULE:ATTR"]
        ran = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if ran and self.state.config.getoption("oneresponse"):
            return [f"no request was judged; watched are those of {watch.CLIENTS}"]
        return []

    def pytest_unconfigure(self) -> None:
        self.state.end()
        for problem in self.state.problems:  # nobody prints summaries in this run
            print(f"oneresponse: {problem}", file=sys.stderr)

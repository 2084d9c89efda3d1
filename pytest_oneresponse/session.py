"""The plugin while the flag is on: what is watched, what is driven, what is told."""

from __future__ import annotations

import difflib
import json
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import objects, options, sites, watch
from .apps import App, recognised
from .contract import rules
from .contract.finding import Finding
from .docket import BreachFailure, PracticeWarning, Selection, TestDocket, Unexpected, baseline_key, shown_as_text
from .drive import Driven
from .driven import NODE, Cannot, OneResponseNode, RouteItem, app_fixture
from .exchange import Watcher
from .report import json_report, terminal
from .report.progress import Progress
from .routes import handler_of

_PLUGIN = "oneresponse-session"
_KEY = pytest.StashKey["Session"]()
_DRIVEN = pytest.StashKey[dict[str, Any]]()
_REMARKS = pytest.StashKey[list[str]]()
_TAKEN = pytest.StashKey[list[Finding]]()


def start(config: pytest.Config, *, watching: bool) -> Session:
    """The session's plugin, made and registered once. Raises pytest.UsageError for a wrong option."""
    if _KEY not in config.stash:
        config.stash[_KEY] = session = Session(config, watching)
        config.pluginmanager.register(session, _PLUGIN)
    return config.stash[_KEY]


class Session:
    """Hooks of pytest, and the state that they share."""

    def __init__(self, config: pytest.Config, watching: bool) -> None:
        self.config = config
        self.watching = watching
        self.apps: dict[str, App] = {}
        self.docket: TestDocket | None = None
        self.selection = self.read_selection()
        self.reports = self.read_reports()
        self.patches = watch.install() if watching else watch.Patches()
        self.progress: Progress | None = None
        self.told: dict[str, list[dict[str, Any]]] = {"routes": [], "findings": []}
        self.remarks: list[str] = []
        self.judged = 0
        self.in_selected: list[str] | None = None
        objects.install(self.patches)
        self.configure_sites()

    # --- options

    def option(self, name: str) -> Any:
        try:
            return options.value(self.config, name)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None

    def read_selection(self) -> Selection:
        known = self.read_baseline(self.option("baseline"))
        try:
            return Selection.of(self.option("select"), self.option("ignore"), known)
        except KeyError as error:
            raise pytest.UsageError(f"--oneresponse-select / --oneresponse-ignore: {error.args[0]}") from None

    def read_baseline(self, path: str) -> list[tuple[str, ...]]:
        if not path:
            return []
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
            return [baseline_key(finding) for finding in document["findings"]]
        except OSError as error:
            raise pytest.UsageError(f"--oneresponse-baseline: cannot read {path}: {error.strerror or error}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise pytest.UsageError(
                f"--oneresponse-baseline: {path} is no report; write one with --oneresponse-report={path}"
            ) from None

    def read_reports(self) -> tuple[str, ...]:
        paths: tuple[str, ...] = self.option("report")
        for path in paths:
            if not path.endswith(".json"):
                raise pytest.UsageError(f"--oneresponse-report={path}: the suffix must be .json")
            parent = Path(path).absolute().parent
            if not parent.is_dir():
                raise pytest.UsageError(f"--oneresponse-report={path}: there is no folder {parent}")
        self.option("requests")
        self.option("timeout")
        return paths

    def configure_sites(self) -> None:
        own = {package for app in self.apps.values() for package in app.packages}
        sites.Code.configure(self.config.rootpath, own, objects.framework_packages())

    def marker(self, item: pytest.Item) -> dict[str, Any]:
        """The marker's keys for an item, the nearest marker's first. Raises BadMarker for a key or rule that does not exist."""
        merged: dict[str, Any] = {}
        for mark in item.iter_markers("oneresponse"):
            if mark.args:
                raise _bad_marker(item, "the oneresponse marker takes keys only: oneresponse(ignore=[...])")
            for key, value in mark.kwargs.items():
                if key not in options.MARKER_KEYS:
                    near = difflib.get_close_matches(key, options.MARKER_KEYS, n=1)
                    hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(options.MARKER_KEYS)}"
                    raise _bad_marker(item, f"the oneresponse marker has no key {key!r}{hint}")
                merged.setdefault(key, value)
        for key in ("ignore", "expect"):
            names = merged.get(key, [])
            merged[key] = [names] if isinstance(names, str) else list(names)
            try:
                for name in merged[key]:
                    rules.get(name.partition("@")[0])
            except KeyError as error:
                raise _bad_marker(item, f"{key}: {error.args[0]}") from None
        return merged

    # --- collection

    def pytest_report_header(self) -> str:
        named = ", ".join(self.option("app"))
        parts = [f"drive {named}" if named else "", "watch every test" if self.watching else ""]
        limits = f"at most {self.option('requests')} requests a route, {self.option('timeout'):g} s an exchange"
        return f"oneresponse: {'; '.join(part for part in parts if part)}; {limits}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Take the ids of driven items out of the arguments: pytest would look for a file of that name."""
        folder = self.config.invocation_params.dir / NODE
        mine = [
            argument
            for argument in self.config.args
            if argument.startswith(f"{NODE}::") or (argument == NODE and not folder.exists())
        ]
        if mine:
            self.in_selected = mine
            rest = [argument for argument in self.config.args if argument not in mine]
            self.config.args[:] = rest or [str(self.config.rootpath)]
            if not rest:
                self.config.option.ignore_glob = ["*"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the driven items."""
        if not self.watching:
            return
        node = OneResponseNode.from_parent(
            self.home(session, items), name=NODE, nodeid=NODE, session_state=self
        )
        report = session.ihook.pytest_make_collect_report(collector=node)
        found: list[pytest.Item] = report.result if report.passed else []
        if self.in_selected:
            for wanted in self.in_selected:
                if not any(_within(item.nodeid, wanted) for item in found):
                    known = ", ".join(item.nodeid for item in found) or "none: name an app with --oneresponse-app"
                    raise pytest.UsageError(f"not found: {wanted}\n(the driven items are {known})")
            found = [item for item in found if any(_within(item.nodeid, wanted) for wanted in self.in_selected)]
            report.result = found
        if not found and report.passed:
            return
        for item in found:
            session.ihook.pytest_itemcollected(item=item)
        session.ihook.pytest_collectreport(report=report)
        items += found

    def home(self, session: pytest.Session, items: list[pytest.Item]) -> Any:
        """The node that the driven items hang under: the folder of the conftest.py that has the app fixture, else the session."""
        folders = (node for item in items for node in item.listchain() if isinstance(node, pytest.Directory))
        for node in (session, *dict.fromkeys(folders)):
            if app_fixture(session, node):
                return node
        return session

    def app(self, label: str, load: Callable[[], App]) -> App:
        """The app of a label, loaded once."""
        if label not in self.apps:
            self.apps[label] = load()
            self.configure_sites()
        return self.apps[label]

    def refreshed(self, app: App, target: Any) -> App:
        """The app as a fixture gives it to this very test."""
        if target is app.target:
            return app
        app.close()
        fresh = recognised(app.label, target)
        self.apps[app.label] = fresh
        return fresh

    def replay_command(self, label: str) -> str:
        named = f" --oneresponse-app={label}" if ":" in label else ""
        return f"pytest --oneresponse{named} --oneresponse-replay="

    # --- one test

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.open_docket(item)
        try:
            return (yield)
        finally:
            self.close_docket()

    def open_docket(self, item: pytest.Item) -> TestDocket:
        """A new docket for a test; what is recorded from here on is held against it."""
        self.docket = docket = TestDocket(item.nodeid, self.selection)
        Watcher.docket = docket
        Watcher.running.clear()
        return docket

    def close_docket(self) -> None:
        self.docket = None
        Watcher.docket = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        marker = self.marker(item)
        if self.docket is not None and marker["ignore"]:
            self.docket.selection = self.docket.selection.also_ignoring(marker["ignore"])
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Judge what the test's requests did, after its own outcome is known."""
        try:
            result = yield
        except BaseException:
            self.tell(item, "call", own_outcome=False)
            raise
        self.meet_expectations(item)
        self.tell(item, "call", own_outcome=True)
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

    def meet_expectations(self, item: pytest.Item) -> None:
        """The marker's `expect`: those breaches are wanted, and each has to come."""
        wanted = self.marker(item)["expect"]
        docket = self.docket
        if not wanted or docket is None:
            return
        taken = {finding.rule for finding in docket.forgive(0, wanted)}
        taken |= {finding.rule for finding in docket.found if finding.rule in wanted}
        docket.found = [finding for finding in docket.found if finding.rule not in wanted]
        missing = [rule for rule in wanted if rule not in taken]
        if missing:
            raise Unexpected(f"expected {', '.join(missing)}, and none came from {docket.count} requests")

    def tell(self, item: pytest.Item, when: str, *, own_outcome: bool) -> None:
        """Bring a test's findings out: breaches fail it, unless it has failed of its own; the rest warns."""
        docket = self.docket
        if docket is None:
            return
        found = docket.take()
        if not found:
            return
        item.stash.setdefault(_TAKEN, []).extend(found)
        new = [finding for finding in found if not self.selection.is_known(finding)]
        breaches = [finding for finding in new if finding.level == rules.Level.BREACH]
        # Whoever has made errors of warnings is told of a practice as of a breach.
        breaches += [finding for finding in new if finding.level == rules.Level.PRACTICE and _warn(finding)]
        if not breaches:
            return
        text = self.text_of(breaches)
        if own_outcome:
            raise BreachFailure(text, tuple(breaches))
        item.add_report_section(when, "oneresponse", text)

    def text_of(self, findings: list[Finding]) -> str:
        """The findings as one text, each as a block of its own."""
        root = self.config.rootpath
        return "\n\n".join(
            terminal.render(finding, help_text=rules.RULES[finding.rule].mend, root=root) for finding in findings
        )

    def note_driven(self, item: RouteItem, driven: Driven) -> None:
        """Keep what driving came to, for the report."""
        handler = handler_of(driven.route.handler)
        if driven.cut_short:
            item.stash[_REMARKS] = [f"{item.name}: {driven.cut_short}"]
        item.stash[_DRIVEN] = {
            "app": item.app.label,
            "method": driven.route.method,
            "path": driven.route.template,
            "handler": handler
            and {"file": sites.Code.shown(handler.file), "line": handler.line, "function": handler.function},
            "requests": driven.requests,
            "seconds": round(driven.seconds, 3),
            "outcome": driven.gave_up or "driven",
            "branches": {"total": 0, "taken": 0, "missed": []},
            "faults": {"sites": 0, "injected": 0},
        }

    # --- reports

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if isinstance(error, (BreachFailure, Unexpected, Cannot)):
            report.longrepr = shown_as_text(report.longrepr, str(error))
        if call.when in ("call", "teardown"):
            told: dict[str, Any] = {}
            if call.when == "call" and self.docket is not None:
                told["requests"] = self.docket.count
            if _TAKEN in item.stash:
                told["findings"] = [finding.to_json() for finding in item.stash[_TAKEN]]
                del item.stash[_TAKEN]
            if _DRIVEN in item.stash:
                route = item.stash[_DRIVEN]
                outcome = "failed" if report.failed else report.outcome
                told["route"] = {**route, "outcome": outcome if route["outcome"] == "driven" else route["outcome"]}
                del item.stash[_DRIVEN]
            told["remarks"] = item.stash.get(_REMARKS, [])
            if told:
                report.oneresponse = told
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather what the reports carry: here they arrive from this process or from xdist's workers."""
        if self.progress is not None:
            self.progress.wipe()
        told = getattr(report, "oneresponse", None)
        if not told:
            return
        self.judged += told.get("requests", 0)
        self.told["findings"] += told.get("findings", [])
        self.remarks += told.get("remarks", [])
        if "route" in told:
            self.told["routes"].append(told["route"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        spread = self.is_worker or getattr(self.config.option, "dist", "no") != "no"
        self.progress = Progress(None if spread else self.config.pluginmanager.get_plugin("terminalreporter"))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show the route that is being driven."""
        node, _, name = nodeid.partition("::")
        if node == NODE and self.progress is not None:
            method, _, template = name.rpartition("::")[2].partition(" ")
            self.progress.show(method, template)

    @property
    def is_worker(self) -> bool:
        """Whether this is one of xdist's workers, which leave reports to the controller."""
        return hasattr(self.config, "workerinput")

    def document(self) -> dict[str, Any]:
        """All that was told, in the report's schema."""
        return json_report.merge([{"schema": 1, **self.told}])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for app in self.apps.values():
            app.close()
        if self.is_worker:
            return
        for path in self.reports:
            try:
                json_report.write(path, self.document())
            except OSError as error:
                self.unwritten = f"--oneresponse-report={path}: {error}"
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
                print(f"oneresponse: {self.unwritten}", file=sys.stderr)

    def pytest_unconfigure(self) -> None:
        self.patches.undo()
        Watcher.docket = None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line that says what was done, and the findings that did not fail a test."""
        found = self.told["findings"]
        routes = self.told["routes"]
        if not routes and not self.judged and not found:
            return
        driven = f"{_number(len(routes), 'route')} driven, " if routes else ""
        found = self.document()["findings"]
        known = sum(baseline_key(finding) in self.selection.known for finding in found)
        terminalreporter.section("oneresponse")
        told = f"{driven}{_number(self.judged, 'request')} judged: {_counts(found)}"
        terminalreporter.write_line(told + (f" ({known} of them in the baseline)" if known else ""))
        for line in self.remarks:
            terminalreporter.write_line(line)
        for path in self.reports:
            terminalreporter.write_line(f"report: {path}")


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


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _within(nodeid: str, wanted: str) -> bool:
    return nodeid == wanted or nodeid.startswith(wanted + "::")


def _warn(finding: Finding) -> bool:
    """Warn of a finding; whether the user's filters make an error of the warning."""
    where = finding.where
    text = finding.headline + (f" ({where.file}:{where.line})" if where else "")
    filename, line = (where.file, where.line) if where else ("oneresponse", 1)
    try:
        warnings.warn_explicit(text, PracticeWarning, filename, line)
    except PracticeWarning:
        return True
    return False


def _bad_marker(item: pytest.Item, text: str) -> BaseException:
    file, line, _ = item.reportinfo()
    place = f"{file}:{(line or 0) + 1}"
    return pytest.fail.Exception(f"{place}: {text}", pytrace=False)


def iter_sessions(config: pytest.Config) -> Iterator[Session]:
    """The session's plugin, where it has been started."""
    if _KEY in config.stash:
        yield config.stash[_KEY]

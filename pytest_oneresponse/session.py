"""The plugin while the flag is on: what is watched, what is driven, what is told."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from . import guess, kept, marker, marks, objects, options, sites, watch
from .apps import App, recognised
from .contract import rules
from .contract.finding import Finding
from .docket import BreachFailure, PracticeWarning, Selection, TestDocket, Unexpected, baseline_key, shown_as_text
from .driven import NODE, Cannot, ErrorItem, OneResponseNode, RouteItem, app_fixture
from .driving import Driven
from .exchange import Watcher
from .instrument.swap import Swap
from .report import json_report, terminal
from .report.progress import Progress
from .routes import handler_of
from .tally import Tally

_PLUGIN = "oneresponse-session"
_KEY = pytest.StashKey["Session"]()
_TOLD = pytest.StashKey[dict[str, Any]]()
"""What an item's next report is to carry, as Tally.add takes it."""


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
        self.outer = Watcher.docket, Watcher.marks
        """A test of a run around this one, where a test runs pytest in its own process."""
        self.tally = Tally()
        self.problems: list[str] = []
        """What makes the run as a whole a wrong one, until it is told."""
        self.written: list[str] = []
        """The reports that could be written."""
        self.in_selected: list[str] | None = None
        self.failed = kept.read(config)
        """The exchanges that had findings in the last runs, by route and by ID."""
        objects.install(self.patches)
        self.marks = Swap(sites.Code.is_user, marks.HOOKS, config)
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
        self.option("seed")
        self.option("faults")
        return paths

    def configure_sites(self) -> None:
        own = {package for app in self.apps.values() for package in app.packages}
        root = self.config.rootpath
        sites.Code.configure(root, own, objects.framework_packages(), around(root, self.config.invocation_params.dir))
        self.marks.forget()

    def requests(self, item: pytest.Item) -> int:
        """Most requests per route, for an item."""
        most: int = marker.read(item).requests or self.option("requests")
        return most

    def faults(self, item: pytest.Item) -> str:
        """What is made to fail, for an item."""
        kind: str = marker.read(item).faults or self.option("faults")
        return kind

    # --- collection

    def pytest_report_header(self) -> str:
        named = ", ".join(self.option("app"))
        parts = [f"drive {named}" if named else "", "watch every test" if self.watching else ""]
        limits = f"at most {self.option('requests')} requests a route, {self.option('timeout'):g} s an exchange"
        seed = f", seed {self.option('seed')}" if named else ""
        return f"oneresponse: {'; '.join(part for part in parts if part)}; {limits}{seed}"

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
        node = OneResponseNode.from_parent(self.home(session, items), name=NODE, nodeid=NODE, session_state=self)
        report = session.ihook.pytest_make_collect_report(collector=node)
        found: list[pytest.Item] = report.result if report.passed else []
        if self.in_selected:
            found = self.selected(node, found)
            report.result = found
        if not found and report.passed:
            return
        for item in found:
            session.ihook.pytest_itemcollected(item=item)
        session.ihook.pytest_collectreport(report=report)
        items += found

    def selected(self, node: OneResponseNode, found: list[pytest.Item]) -> list[pytest.Item]:
        """The driven items that were asked for by their ids. Raises UsageError for an id that there is not."""
        wanted_ids = self.in_selected or []
        for wanted in wanted_ids:
            if not any(_within(item.nodeid, wanted) for item in found):
                known = ", ".join(item.nodeid for item in found) or "none: name an app with --oneresponse-app"
                told = f"not found: {wanted}\n(the driven items are {known})"
                if self.is_worker:  # whose usage errors nobody is shown
                    return [ErrorItem.from_parent(node, name=wanted.removeprefix(f"{NODE}::"), text=told)]
                raise pytest.UsageError(told)
        return [item for item in found if any(_within(item.nodeid, wanted) for wanted in wanted_ids)]

    def home(self, session: pytest.Session, items: list[pytest.Item]) -> Any:
        """The node above the driven items: the folder of the conftest.py that has the app fixture, else the session."""
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

    def refreshed(self, label: str, given: Any) -> App:
        """The app as a fixture gives it to this very test; what is known of the one before is true of it too."""
        known = self.apps[label]
        if given is not known.given:
            known.close()
            self.apps[label] = recognised(label, given).succeeding(known)
        return self.apps[label]

    def replay_command(self, label: str) -> str:
        named = f" --oneresponse-app={label}" if ":" in label else ""
        return f"pytest --oneresponse{named} --oneresponse-replay="

    # --- one test

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.close_docket()  # left open by the test whose fixture started this plugin
        if self.watching:
            self.open_docket(item)
        try:
            return (yield)
        finally:
            self.close_docket()

    def open_docket(self, item: pytest.Item) -> TestDocket:
        """A new docket for a test; what is recorded from here on is held against it."""
        self.docket = docket = TestDocket(item.nodeid, self.selection)
        Watcher.docket = docket
        Watcher.marks = self.marks
        Watcher.running.clear()
        return docket

    def close_docket(self) -> None:
        self.docket = None
        Watcher.docket, Watcher.marks = self.outer

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self.docket is not None:
            if not isinstance(item, RouteItem):
                self.marks.change(marks.HOOKS)
            self.marks.refresh()
            self.read_marker(item, self.docket)

    def read_marker(self, item: pytest.Item, docket: TestDocket) -> None:
        """Hold a test to its own markers. Raises pytest.fail's exception for a wrong one."""
        said = marker.read(item)
        docket.selection = self.selection.also_ignoring(said.ignore)
        docket.wanted = said.expect

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Judge what the test's requests did, after its own outcome is known."""
        if self.docket is not None:
            self.marks.refresh()
        try:
            result = yield
        except BaseException:
            self.missing()
            self.tell(item, "call", own_outcome=False)
            raise
        missing = self.missing()
        self.tell(item, "call", own_outcome=not missing)
        if missing:
            count = self.docket.count if self.docket is not None else 0
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
        return self.docket.missing() if self.docket is not None else []

    def tell(self, item: pytest.Item, when: str, *, own_outcome: bool) -> None:
        """Bring a test's findings out: breaches fail it, unless it has failed of its own; the rest warns."""
        docket = self.docket
        if docket is None:
            return
        found = docket.take()
        if not found:
            return
        item.stash.setdefault(_TOLD, {}).setdefault("findings", []).extend(finding.to_json() for finding in found)
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

    def text_of(self, findings: Iterable[Finding], color: bool = False) -> str:
        """The findings as one text, each as a block of its own."""
        root = self.config.rootpath
        return "\n\n".join(
            terminal.render(finding, color=color, help_text=rules.RULES[finding.rule].mend, root=root)
            for finding in findings
        )

    def kept(self, name: str) -> dict[str, Any]:
        """What the last runs have kept of a route: the settings that it changes."""
        wanted = self.option("replay")
        return {"failed": kept.trials(self.failed, name), "searches": not kept.knows(self.failed, wanted)}

    def note_driven(self, item: RouteItem, driven: Driven) -> None:
        """Keep what driving came to, for the report."""
        handler = handler_of(driven.route.handler)
        own = handler is not None and sites.Code.is_framework(
            handler.file
        )  # as Flask's route for files, where there are none
        reached = driven.reached
        route = {
            "app": item.app.label,
            "method": driven.route.method,
            "path": driven.route.template,
            "handler": handler
            and {"file": sites.Code.shown(handler.file), "line": handler.line, "function": handler.function},
            "requests": driven.requests,
            "seconds": round(driven.seconds, 3),
            "outcome": driven.gave_up,
            "branches": reached.to_json(sites.Code.shown)
            if reached is not None
            else {"total": 0, "taken": 0, "missed": []},
            "faults": {"sites": driven.sites, "injected": driven.injected},
        }
        unbroken = driven.replayed and all(finding.level == rules.Level.OFF for finding in driven.findings)
        again = f"the exchange {self.option('replay')} was run again, and broke nothing" if unbroken else ""
        item.stash.setdefault(_TOLD, {}).update(
            routes=[route],
            replayed=driven.replayed,
            failed={} if self.option("replay") else {item.name: kept.to_json(driven.failed)},
            remarks=[f"{item.name}: {text}" for text in (driven.cut_short, again, *driven.network.remarks()) if text],
            refused=[item.name] if driven.refused and not own and not self.option("replay") else [],
            branches=reached.seen(sites.Code.shown) if reached is not None else [],
        )

    # --- reports

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if isinstance(error, (BreachFailure, Unexpected, Cannot)):
            found = error.findings if isinstance(error, BreachFailure) else ()
            report.longrepr = shown_as_text(report.longrepr, str(error), self.text_of(found, color=True))
        if call.when in ("call", "teardown"):
            told = self.told_of(item, report)
            if isinstance(error, BreachFailure) and told.get("routes") and not self.option("replay"):
                # What hundreds of exchanges printed and logged would bury the one that is told of.
                report.sections = [section for section in report.sections if not section[0].startswith("Captured ")]
            # As one text: xdist sends a report value by value, in Python.
            report.oneresponse = json.dumps(told) if told and self.is_worker else told
        return report

    def told_of(self, item: pytest.Item, report: pytest.TestReport) -> dict[str, Any]:
        """What a report carries for the tally; what is told here is not told again."""
        told = item.stash.get(_TOLD, {})
        item.stash[_TOLD] = {}
        if report.when == "call" and self.docket is not None:
            told["requests"] = self.docket.count
        for route in told.get("routes", ()):
            route["outcome"] = route["outcome"] or report.outcome
        return told

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather what the reports carry: here they arrive from this process or from xdist's workers."""
        if self.progress is not None:
            self.progress.wipe()
        if not self.is_worker:  # pytest keeps its reports to the end: what they carry is kept once
            told = report.__dict__.pop("oneresponse", {})
            self.tally.add(json.loads(told) if isinstance(told, str) else told)

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

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """See, once the tests have run to their end, whether there was the exchange that was to be run again."""
        result = yield
        wanted, given = self.option("replay"), self.config.option
        runs = not any(getattr(given, name, False) for name in ("collectonly", "setuponly"))
        if wanted and runs and self.watching and not self.is_worker and not self.tally.replayed:
            self.problems.append(f"--oneresponse-replay={wanted}: no route that was driven has this exchange")
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for app in self.apps.values():
            app.close()
        if not self.is_worker:
            self.write_reports()
            kept.write(self.config, {**self.failed, **self.tally.failed})
        if self.problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def write_reports(self) -> None:
        for path in self.reports:
            try:
                json_report.write(path, self.tally.document())
            except OSError as error:
                self.problems.append(str(error))
            else:
                self.written.append(path)

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """What was done, the findings that did not fail a test, and what went wrong with the options."""
        lines = self.tally.lines(self.selection.known, self.config.option.verbose > 0)
        if not lines and self.watching and not self.option("app") and not self.config.option.collectonly:
            lines = self.hints(terminalreporter, exitstatus)
        if not lines and not self.problems:
            return
        terminalreporter.write_sep("=", "oneresponse")
        for line in lines:
            terminalreporter.write_line(line)
        for path in self.written:
            terminalreporter.write_line(f"report: {path}")
        for problem in self.problems:
            terminalreporter.write_line(problem, red=True)
        self.problems.clear()

    def hints(self, terminalreporter: Any, exitstatus: int) -> list[str]:
        """What to do where there was nothing to judge, for those who have asked for it in this very run."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and "deselected" not in terminalreporter.stats:
            told = "nothing to judge: there is no test, and no app to drive is named, as in --oneresponse-app="
            found = guess.apps_in(self.config.invocation_params.dir)[:5]
            return [f"{told}{found[0]}", *(f"  or {one}" for one in found[1:])] if found else [f"{told}MODULE:ATTR"]
        ran = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if ran and self.config.getoption("oneresponse"):
            return [f"no request was judged; watched are those of {watch.CLIENTS}"]
        return []

    def pytest_unconfigure(self) -> None:
        self.patches.undo()
        self.marks.take_out()
        Watcher.docket, Watcher.marks = self.outer
        for problem in self.problems:  # nobody prints summaries in this run
            print(f"oneresponse: {problem}", file=sys.stderr)


def around(root: Path, start: Path) -> list[Path]:
    """The folders around pytest's root directory that hold the user's code too, as where tests/ has an ini file of its own.

    That from which pytest was started, and that of a folder of tests; not a home directory, nor that of a system.
    """
    found = [start] if start in root.parents else []
    if root.name in ("test", "tests") and root.parent not in found:
        found.append(root.parent)
    return [folder for folder in found if folder not in (Path(folder.anchor), Path.home())]


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

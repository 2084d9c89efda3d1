"""What a run knows: its options, apps and findings, and what is watched now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from .. import marks, objects, sites, watch
from ..apps import App, recognised
from ..contract import rules
from ..contract.finding import Finding, Place
from ..exchange import Watcher
from ..instrument.swap import Swap
from ..report import terminal
from . import given, kept, marker
from .docket import TestDocket
from .tally import Tally


class State:
    """What the hooks, the driven items and the fixture of a run share. Raises pytest.UsageError for a wrong option.

    `watching`: whether the flag is on; without it a test has asked for the fixture.
    """

    def __init__(self, config: pytest.Config, watching: bool) -> None:
        self.config = config
        self.watching = watching
        self.apps: dict[str, App] = {}
        self.docket: TestDocket | None = None
        self.selection = given.selection(config)
        self.reports = given.reports(config)
        self.patches = watch.install() if watching else watch.Patches()
        self.outer = Watcher.docket, Watcher.marks
        """A test of a run around this one, where a test runs pytest in its own process."""
        self.tally = Tally()
        self.told_in: dict[tuple[str, Place], str] = {}
        """The driven item with which a finding on a line was told."""
        self.problems: list[str] = []
        """What makes the run as a whole a wrong one, until it is told."""
        self.failed = kept.read(config)
        """The exchanges that had findings in the last runs, by route and by ID."""
        objects.install(self.patches)
        self.marks = Swap(sites.Owners.is_user, marks.HOOKS, config)
        self.configure_sites()

    def option(self, name: str) -> Any:
        """The value of an option."""
        return given.option(self.config, name)

    @property
    def is_worker(self) -> bool:
        """Whether this is one of xdist's workers, which leave reports to the controller."""
        return hasattr(self.config, "workerinput")

    def configure_sites(self) -> None:
        own = {package for app in self.apps.values() for package in app.packages}
        root = self.config.rootpath
        sites.Owners.configure(root, own, objects.framework_packages(), around(root, self.config.invocation_params.dir))
        self.marks.forget()

    def requests(self, item: pytest.Item) -> int:
        """Most requests per route, for an item."""
        most: int = marker.read(item).requests or self.option("requests")
        return most

    def faults(self, item: pytest.Item) -> str:
        """What is made to fail, for an item."""
        kind: str = marker.read(item).faults or self.option("faults")
        return kind

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

    def kept(self, name: str) -> dict[str, Any]:
        """What the last runs have kept of a route: the settings that it changes."""
        wanted = self.option("replay")
        return {"failed": kept.trials(self.failed, name), "searches": not kept.knows(self.failed, wanted)}

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

    def read_marker(self, item: pytest.Item, docket: TestDocket) -> None:
        """Hold a test to its own markers. Raises pytest.fail's exception for a wrong one."""
        said = marker.read(item)
        docket.selection = self.selection.also_ignoring(said.ignore)
        docket.wanted = said.expect

    def end(self) -> None:
        """Nothing is watched from here on but what was before the run."""
        self.patches.undo()
        self.marks.take_out()
        Watcher.docket, Watcher.marks = self.outer

    def text_of(self, findings: Iterable[Finding], color: bool = False, shown: bool = True) -> str:
        """The findings as one text, each as a block of its own. `shown`: others may refer to it, as it stands in the terminal."""
        return "\n\n".join(self.block_of(finding, color, shown) for finding in findings)

    def block_of(self, finding: Finding, color: bool, shown: bool) -> str:
        """A finding as a block; one of a driven route in full where no other route had it on that line, as of a middleware."""
        if finding.replay and finding.to_mend is not None:
            key = (finding.rule, finding.to_mend)
            first = self.told_in.setdefault(key, finding.test) if shown else self.told_in.get(key, finding.test)
            if first != finding.test:
                return terminal.brief(finding, first, color=color)
        help_text = finding.mend or rules.RULES[finding.rule].mend
        return terminal.render(finding, color=color, help_text=help_text, root=self.config.rootpath)


def around(root: Path, start: Path) -> list[Path]:
    """The folders around pytest's root directory that hold the user's code too, as where tests/ has an ini file of its own.

    That from which pytest was started, and that of a folder of tests; not a home directory, nor that of a system.
    """
    found = [start] if start in root.parents else []
    if root.name in ("test", "tests") and root.parent not in found:
        found.append(root.parent)
    return [folder for folder in found if folder not in (Path(folder.anchor), Path.home())]

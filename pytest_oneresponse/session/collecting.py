"""Collecting: the driven items among those of pytest."""

from __future__ import annotations

from typing import Any

import pytest

from .items import NODE, ErrorItem, OneResponseNode, app_fixture
from .state import State


class Collecting:
    """Hooks that add the driven items, or those of them that were asked for by their ids."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.in_selected: list[str] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Take the ids of driven items out of the arguments: pytest would look for a file of that name."""
        folder = self.state.config.invocation_params.dir / NODE
        mine = [
            argument
            for argument in self.state.config.args
            if argument.startswith(f"{NODE}::") or (argument == NODE and not folder.exists())
        ]
        if mine:
            self.in_selected = mine
            rest = [argument for argument in self.state.config.args if argument not in mine]
            self.state.config.args[:] = rest or [str(self.state.config.rootpath)]
            if not rest:
                self.state.config.option.ignore_glob = ["*"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the driven items."""
        if not self.state.watching:
            return
        node = OneResponseNode.from_parent(self.home(session, items), name=NODE, nodeid=NODE, state=self.state)
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
                if self.state.is_worker:  # whose usage errors nobody is shown
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


def _within(nodeid: str, wanted: str) -> bool:
    return nodeid == wanted or nodeid.startswith(wanted + "::")

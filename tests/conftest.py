"""Keeps an environment honest: what it needs is there, what it must lack is not, and some test has run."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable

import pytest

pytest_plugins = ["pytester"]

NEEDS = "ONERESPONSE_NEEDS"
"""The environment variable that names modules, between commas, without which the run fails before it starts."""
LACKS = "ONERESPONSE_LACKS"
"""The environment variable that names modules, between commas, that must not be installed."""


def named(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


def complaints(needs: Iterable[str], lacks: Iterable[str]) -> list[str]:
    """One sentence for each module that is missing or should be."""
    found = []
    for name in needs:
        # elsewhere, since some tests look at what has been imported here
        tried = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, text=True)
        if tried.returncode:
            reason = tried.stderr.strip().rpartition("\n")[2]
            found.append(f"{NEEDS} names {name!r}, which cannot be imported: {reason}")
    found += [
        f"{LACKS} names {name!r}, which is installed" for name in lacks if importlib.util.find_spec(name) is not None
    ]
    return found


def pytest_sessionstart(session: pytest.Session) -> None:
    # a worker of xdist has been preceded by its controller
    if not hasattr(session.config, "workerinput") and (found := complaints(named(NEEDS), named(LACKS))):
        pytest.exit("\n".join(found), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run in which every test was skipped is no success."""
    if exitstatus != pytest.ExitCode.OK or session.config.option.collectonly:
        return
    reporter: pytest.TerminalReporter | None = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

"""Drives a file of guards as the plugin does, and prints which of its branches were taken: one line of JSON.

`python runner.py FILE [REQUESTS]`; in a process of its own, as each Django app needs one.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_oneresponse import apps, marks, objects, sites
from pytest_oneresponse.drive.run import drive
from pytest_oneresponse.drive.settings import Settings
from pytest_oneresponse.exchange import Watcher
from pytest_oneresponse.instrument.observe import MARKS, Mark
from pytest_oneresponse.instrument.swap import Swap
from pytest_oneresponse.patching import Patches

REQUESTS = 100


def load(path: Path) -> Any:
    """A file of guards as a module of its own."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def outcomes(path: Path) -> Iterator[tuple[Mark, str]]:
    """Every outcome in a file but those that no request can reach."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for mark in MARKS.all:
        said = lines[mark.line - 1].partition("# unreachable:")[2]
        if mark.function.file == str(path):
            yield from ((mark, outcome) for outcome in mark.outcomes if outcome not in said)


def measure(path: Path, requests: int = REQUESTS) -> dict[str, Any]:
    """Drive every route of a file; what was taken, what was not, and what it took."""
    logging.disable(logging.CRITICAL)
    objects.install(Patches())
    sites.Owners.configure(path.parent, (), objects.framework_packages())
    app = apps.recognised(path.stem, load(path).app)
    Watcher.marks = Swap(lambda filename: filename == str(path), marks.HOOKS)
    taken: set[tuple[int, str]] = set()
    sent, findings, began = 0, [], time.process_time()
    for route in app.routes:
        driven = drive(app, route, Settings(requests=requests))
        assert driven.reached is not None
        taken |= driven.reached.branches
        sent += driven.requests
        findings += [finding.headline for finding in driven.findings if finding.level != "off"]
    missed = [f"{mark.line} {outcome}" for mark, outcome in outcomes(path) if (mark.number, outcome) not in taken]
    return {
        "file": path.stem,
        "total": len(list(outcomes(path))),
        "missed": missed,
        "requests": sent,
        "seconds": round(time.process_time() - began, 2),
        "findings": findings,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:]))))

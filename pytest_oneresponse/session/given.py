"""The options of a run, each with an error of pytest's own where it is a wrong one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .. import options
from .docket import Selection, baseline_key


def option(config: pytest.Config, name: str) -> Any:
    """The value of an option. Raises pytest.UsageError."""
    try:
        return options.value(config, name)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def selection(config: pytest.Config) -> Selection:
    """Which findings count. Raises pytest.UsageError."""
    known = _baseline(option(config, "baseline"))
    try:
        return Selection.of(option(config, "select"), option(config, "ignore"), known)
    except KeyError as error:
        raise pytest.UsageError(f"--oneresponse-select / --oneresponse-ignore: {error.args[0]}") from None


def _baseline(path: str) -> list[tuple[str, ...]]:
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


def reports(config: pytest.Config) -> tuple[str, ...]:
    """The reports to be written. Raises pytest.UsageError, also for what is wrong in any other option."""
    paths: tuple[str, ...] = option(config, "report")
    for path in paths:
        if not path.endswith(".json"):
            raise pytest.UsageError(f"--oneresponse-report={path}: the suffix must be .json")
        parent = Path(path).absolute().parent
        if not parent.is_dir():
            raise pytest.UsageError(f"--oneresponse-report={path}: there is no folder {parent}")
    option(config, "requests")
    option(config, "timeout")
    option(config, "seed")
    option(config, "faults")
    return paths

"""Events name their column, and the whole contract needs nothing but the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pytest_oneresponse
from pytest_oneresponse.contract.events import (
    Accept,
    Close,
    Data,
    End,
    Event,
    File,
    Gone,
    Improper,
    Informational,
    Lifespan,
    Lost,
    Message,
    Raised,
    Returned,
    Start,
    Swallowed,
    TimedOut,
    Trailers,
)

ROOT = Path(pytest_oneresponse.__file__).parents[1]
MODULES = sorted(path.stem for path in (ROOT / "pytest_oneresponse" / "contract").glob("*.py"))

COLUMNS = [
    (Informational(103), "informational"),
    (Start("200 OK", ()), "start"),
    (Start("200 OK", (), replaces=True), "restart"),
    (Start(200, (), trailers=True), "start"),
    (Data(1), "data"),
    (Data(0), "empty"),
    (File(), "file"),
    (File(last=False), "part of a file"),
    (End(), "end"),
    (Trailers(), "last trailers"),
    (Trailers(last=False), "trailers"),
    (Returned(), "returned"),
    (Raised(ValueError()), "raised"),
    (Raised(ValueError(), in_body=True), "raised in the body"),
    (Gone(), "gone"),
    (TimedOut(), "timed out"),
    (Accept(), "accept"),
    (Message(), "message"),
    (Close(), "close"),
    (Lifespan("startup.complete"), "startup.complete"),
    (Improper("invalid-message", "what"), "improper"),
    (Lost("orphan-response", "what"), "lost"),
    (Swallowed(404, "what"), "swallowed"),
]


@pytest.mark.parametrize(("event", "column"), COLUMNS, ids=[f"{type(e).__name__}-{c}" for e, c in COLUMNS])
def test_column(event: Event, column: str) -> None:
    assert event.column == column


@pytest.mark.parametrize("event", [event for event, _ in COLUMNS], ids=[c for _, c in COLUMNS])
def test_events_cannot_be_changed_and_carry_a_site(event: Event) -> None:
    assert event.site is None
    with pytest.raises(AttributeError):
        event.site = 1  # type: ignore[misc]


@pytest.mark.parametrize("module", MODULES)
def test_the_contract_imports_only_the_standard_library(module: str) -> None:
    name = "pytest_oneresponse.contract" + ("" if module == "__init__" else f".{module}")
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
class Block:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        own = name == "pytest_oneresponse" or name.startswith("pytest_oneresponse.contract")
        if top not in sys.stdlib_module_names and not own:
            raise ImportError("the contract may not import " + name)
sys.meta_path.insert(0, Block())
before = set(sys.modules)
import importlib
importlib.import_module({name!r})
new = set(sys.modules) - before
print(sorted(n for n in new if n.partition(".")[0] in ("asyncio", "socket", "logging", "threading", "pytest")))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n", "pure: nothing that talks to the world either"


def test_the_guard_of_the_test_above_works() -> None:
    assert "machine" in MODULES and "head" in MODULES and len(MODULES) >= 6

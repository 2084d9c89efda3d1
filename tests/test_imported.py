"""An action waits for a module that the user imports, and never imports it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from pytest_oneresponse import imported
from pytest_oneresponse.imported import when_imported

NAME = "oneresponse_probe"


@pytest.fixture(autouse=True)
def _nothing_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test here begins with no module awaited, whatever runs of pytest in this process have left behind."""
    monkeypatch.setattr(imported, "_waiting", {})
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if finder is not imported._FINDER])


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The source of a module that nobody has imported yet."""
    source = tmp_path / f"{NAME}.py"
    source.write_text("loader = __loader__\nspecs = __spec__.loader\nvalue = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    yield source
    sys.modules.pop(NAME, None)
    assert sys.meta_path == finders, "a finder was left behind"


def test_acts_after_the_import_and_imports_nothing(probe: Path) -> None:
    seen: list[int] = []
    stop = when_imported(NAME, lambda module: seen.append(module.value))
    assert NAME not in sys.modules and seen == []
    importlib.import_module(NAME)
    assert seen == [1]
    stop()


def test_acts_at_once_on_an_imported_module() -> None:
    seen: list[ModuleType] = []
    when_imported("json", seen.append)()
    assert seen == [sys.modules["json"]]


def test_the_module_sees_only_its_own_loader(probe: Path) -> None:
    stop = when_imported(NAME, lambda module: None)
    module = importlib.import_module(NAME)
    stop()
    for loader in (module.__loader__, module.__spec__.loader, module.loader, module.specs):  # type: ignore[union-attr]
        assert type(loader) is SourceFileLoader


def test_acts_again_after_reload_and_reimport(probe: Path) -> None:
    seen: list[ModuleType] = []
    stop = when_imported(NAME, seen.append)
    first = importlib.import_module(NAME)
    importlib.reload(first)
    del sys.modules[NAME]
    second = importlib.import_module(NAME)
    stop()
    importlib.reload(second)
    assert seen == [first, first, second] and first is not second


def test_several_actions_and_each_stops_alone(probe: Path) -> None:
    seen: list[str] = []
    stops = [when_imported(NAME, lambda module, mark=mark: seen.append(mark)) for mark in "abc"]  # type: ignore[misc]
    stops[1]()
    importlib.import_module(NAME)
    assert seen == ["a", "c"]
    for stop in stops:
        stop()
        stop()


def test_one_action_twice_is_stopped_once(probe: Path) -> None:
    seen: list[ModuleType] = []
    stops = [when_imported(NAME, seen.append) for _ in range(2)]
    stops[0]()
    importlib.import_module(NAME)
    stops[1]()
    assert len(seen) == 1


def test_a_module_that_is_not_there_stays_missing() -> None:
    stop = when_imported("oneresponse_not_there", lambda module: pytest.fail("acted"))
    assert importlib.util.find_spec("oneresponse_not_there") is None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("oneresponse_not_there")
    stop()


def test_a_module_that_fails_to_import_is_not_acted_on(probe: Path) -> None:
    probe.write_text("raise ZeroDivisionError('mine')")
    stop = when_imported(NAME, lambda module: pytest.fail("acted"))
    with pytest.raises(ZeroDivisionError, match="mine"):
        importlib.import_module(NAME)
    assert NAME not in sys.modules
    stop()


def test_a_module_that_replaces_itself(probe: Path) -> None:
    probe.write_text("import sys, types\nsys.modules[__name__] = types.SimpleNamespace(other=1)\n")
    seen: list[int] = []
    stop = when_imported(NAME, lambda module: seen.append(module.other))
    importlib.import_module(NAME)
    stop()
    assert seen == [1]


def test_finders_that_wrap_loaders_in_the_same_way(probe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As wrapt does: the other finder asks all finders, ours too, while ours asks it."""
    asked: list[str] = []

    class Other:
        busy = False

        def find_spec(self, name: str, path: object = None, target: object = None) -> object:
            if name != NAME or self.busy:
                return None
            asked.append(name)
            self.busy = True
            spec = importlib.util.find_spec(name)
            self.busy = False
            return spec

    seen: list[ModuleType] = []
    for other_is_first in (True, False):
        stop = when_imported(NAME, seen.append)
        other = Other()
        with monkeypatch.context() as patch:
            found = [other, *sys.meta_path] if other_is_first else [sys.meta_path[0], other, *sys.meta_path[1:]]
            patch.setattr(sys, "meta_path", found)
            module = importlib.import_module(NAME)
        assert type(module.__loader__) is SourceFileLoader
        del sys.modules[NAME]
        stop()
    assert len(seen) == 2 and asked == [NAME, NAME]


def test_lazy_loaders_act_when_the_module_is_run(probe: Path) -> None:
    seen: list[int] = []
    stop = when_imported(NAME, lambda module: seen.append(module.value))
    spec = importlib.util.find_spec(NAME)
    assert spec is not None and spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    assert seen == []
    assert module.value == 1
    assert seen == [1]
    stop()

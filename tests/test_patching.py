"""Attributes are replaced until they are put back."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse import imported
from pytest_oneresponse.patching import Patches


@pytest.fixture(autouse=True)
def _nothing_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test here begins with no module awaited, whatever runs of pytest in this process have left behind."""
    monkeypatch.setattr(imported, "_waiting", {})
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if finder is not imported._FINDER])


class Base:
    def inherited(self) -> str:
        return "base"


class Client(Base):
    app = "app"

    def run(self) -> Any:
        return self.app

    @staticmethod
    def still() -> str:
        return "still"

    @property
    def prop(self) -> str:
        return "prop"


def loud(original: Any) -> Any:
    return lambda *args: "patched"


def test_replaced_until_undone_to_the_very_same_objects() -> None:
    before = dict(vars(Client))
    patches = Patches()
    assert patches.replace(Client, "run", loud)
    assert patches.replace(Client, "still", lambda original: staticmethod(lambda: original.__func__() + "!"))
    assert patches.replace(Client, "prop", lambda original: property(lambda self: original.fget(self) + "!"))
    assert patches.replace(Client, "inherited", loud)
    client = Client()
    assert (client.run(), client.still(), client.prop, client.inherited()) == ("patched", "still!", "prop!", "patched")
    assert Base().inherited() == "base"
    patches.undo()
    assert dict(vars(Client)) == before
    assert all(vars(Client)[name] is value for name, value in before.items())
    patches.undo()


@pytest.mark.parametrize("owner", [None, Client, ModuleType("hollow")])
def test_what_is_not_there_is_skipped(owner: Any) -> None:
    patches = Patches()
    assert not patches.replace(owner, "nothing", loud)
    patches.undo()


def test_replaced_once_however_often_it_is_asked() -> None:
    patches = Patches()
    assert patches.replace(Client, "run", lambda original: lambda self: original(self) + "!")
    assert not patches.replace(Client, "run", loud)
    assert Client().run() == "app!"
    patches.undo()
    assert not patches.replace(Client, "run", loud)


def test_a_strangers_patch_on_top_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    patches = Patches()

    class Mine(Client):
        pass

    patches.replace(Mine, "run", loud)
    monkeypatch.setattr(Mine, "run", lambda self: "stranger")
    patches.undo()
    assert Mine().run() == "stranger"


def test_nested_patches_unwind() -> None:
    before = vars(Client)["run"]
    outer, inner = Patches(), Patches()
    outer.replace(Client, "run", lambda original: lambda self: original(self) + " outer")
    inner.replace(Client, "run", lambda original: lambda self: original(self) + " inner")
    assert Client().run() == "app outer inner"
    inner.undo()
    assert Client().run() == "app outer"
    outer.undo()
    assert vars(Client)["run"] is before


def test_undo_stops_waiting_for_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "oneresponse_later.py").write_text("def ask(): return 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    patches = Patches()
    patches.when_imported("oneresponse_later", lambda module, patches: pytest.fail("acted after undo"))
    patches.undo()
    assert sys.meta_path == finders
    patches.when_imported("oneresponse_later", lambda module, patches: pytest.fail("awaited after undo"))
    assert sys.meta_path == finders
    importlib.import_module("oneresponse_later")
    del sys.modules["oneresponse_later"]

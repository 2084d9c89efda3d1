from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse.watch.patching import Disguise, Patches, disguised


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


class Thing:
    def __init__(self, app: str) -> None:
        self.app = app
        self.count = 0
        self.spare = 1

    def who(self) -> Thing:
        return self

    def run(self) -> tuple[Any, ...]:
        self.count += 1
        del self.spare
        return self.app, self.who(), isinstance(self, Thing)


class Heir(Thing):
    def run(self) -> tuple[Any, ...]:
        return (*super().run(), "heir")


def test_a_disguise_is_the_real_object_but_for_one_attribute() -> None:
    thing = Heir("app")
    shown, real, same_class, mark = Heir.run(Disguise(thing, "app", str.upper))  # type: ignore[arg-type]
    assert (shown, same_class, mark) == ("APP", True, "heir")
    assert real is thing and thing.app == "app" and thing.count == 1 and not hasattr(thing, "spare")


def test_a_disguised_method_keeps_its_name_and_leaves_other_things_alone() -> None:
    make = disguised("app", str.upper)
    method = make(Thing.run)
    assert method.__name__ == "run" and method.__wrapped__ is Thing.run
    assert method(Thing("app"))[0] == "APP"
    assert make("no function") == "no function"


def test_threads_do_not_see_each_other() -> None:
    patches = Patches()
    patches.replace(Thing, "run", disguised("app", lambda app: app + "!"))
    results: dict[int, Any] = {}
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        thing = Thing(str(number))
        barrier.wait()
        results[number] = [thing.run()[0], thing.app]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patches.undo()
    assert results == {number: [f"{number}!", str(number)] for number in range(8)}

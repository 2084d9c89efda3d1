"""A disguise is the real object but for its app."""

from __future__ import annotations

import threading
from typing import Any

from pytest_oneresponse.patching import Patches
from pytest_oneresponse.watch.disguise import Disguise, disguised


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

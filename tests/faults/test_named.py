"""A failure that a test asks for by name."""

from __future__ import annotations

import asyncio
import errno
import functools
import json
import os
import sqlite3
from typing import Any

import pytest

from pytest_oneresponse.faults.named import NamedTap, NoSuchTarget, named

from .conftest import Load, Module, Run
from .test_tap import STRANGE

SHOP = """
import asyncio, contextlib, functools, json, os, sqlite3
done = []
def price(number): return number
class Shop:
    def item(self, number): return number
    @classmethod
    def of(cls): return cls()
    @staticmethod
    def tax(): return 5
    @property
    def name(self): return "n"
class Branch(Shop): pass
class Held:
    def __enter__(self): return self
    def __exit__(self, *raised): pass
    def __iter__(self): return iter((1, 2, 3))
def app(environ, start_response):
    done.clear()
    try:
        go()
    except (RuntimeError, OSError, sqlite3.Error, TypeError) as error:
        done.append(error)
    start_response("200 OK", [])
    return [b"x"]
def go():
    for number in (1, 2, 3):
        done.append(price(number))
"""
BROKEN = RuntimeError("broken")


def tap_on(module: Module, name: str, error: Any = BROKEN, nth: int = 1, always: bool = False) -> NamedTap:
    return NamedTap(f"{module.path.stem}.{name}", error, nth, always)


def gone(load: Load, body: str) -> Module:
    return load(SHOP + "def go():\n" + "".join(f"    {line}\n" for line in body.splitlines()))


# functions


@pytest.mark.parametrize(
    ("nth", "wanted"),
    [(1, [BROKEN]), (2, [1, BROKEN]), (3, [1, 2, BROKEN]), (4, [1, 2, 3])],
)
def test_the_nth_call_of_a_function_fails(load: Load, run: Run, nth: int, wanted: list[Any]) -> None:
    module = load(SHOP)
    tap = tap_on(module, "price", nth=nth)
    exchange, answer = run(module.app, tap)
    assert module.done == wanted and answer.status == 200
    assert tap.errors == [one for one in wanted if one is BROKEN]
    assert bool(tap.complaint) is (nth == 4)
    assert len(exchange.fired) == (nth < 4)


def test_what_failed_is_told_with_its_place(load: Load, run: Run) -> None:
    module = load(SHOP)
    exchange, _ = run(module.app, tap_on(module, "price", nth=2))
    (fired,) = exchange.fired
    line = module.line("price(number))")
    assert (fired.call, fired.state, fired.place.line, fired.place.file) == ("price", "HEAD", line, module.file)
    assert fired.fault.exception == "builtins.RuntimeError" and fired.fault.nth == fired.passing == 2
    assert fired.fault.span[0] == line


LOOP = """
for _ in (1, 2, 3):
    try: done.append(price(1))
    except RuntimeError: done.append("failed")
"""


@pytest.mark.parametrize(
    ("nth", "always", "wanted"),
    [
        (1, False, ["failed", 1, 1]),
        (1, True, ["failed", "failed", "failed"]),
        (2, True, [1, "failed", "failed"]),
        (3, True, [1, 1, "failed"]),
    ],
)
def test_all_that_come_after_it_fail_where_that_is_wanted(
    load: Load, run: Run, nth: int, always: bool, wanted: list[Any]
) -> None:
    module = gone(load, LOOP)
    tap = tap_on(module, "price", nth=nth, always=always)
    run(module.app, tap)
    assert module.done == wanted and tap.complaint == ""


@pytest.mark.parametrize(
    ("body", "target", "fails"),
    [
        ("Shop().item(1)", "Shop.item", True),
        ("Branch().item(1)", "Shop.item", True),
        ("Branch().item(1)", "Branch.item", True),
        ("Shop.item(Shop(), 1)", "Shop.item", True),
        ("bound = Shop().item\nbound(1)", "Shop.item", True),
        ("Shop.of()", "Shop.of", True),
        ("Shop().of()", "Shop.of", True),
        ("Branch.of()", "Shop.of", True),
        ("Shop.tax()", "Shop.tax", True),
        ("Shop().tax()", "Shop.tax", True),
        ("Shop()", "Shop", True),
        ("Branch()", "Shop", False),
        ("functools.partial(price, 1)()", "price", True),
        ("functools.partial(functools.partial(price), 1)()", "price", True),
        ("other = price\nother(1)", "price", True),
        ("list(map(price, [1]))", "price", True),
        ("sorted([1], key=price)", "price", False),
        ("Shop().of()", "Shop.item", False),
        ("len('a')", "price", False),
    ],
)
def test_a_target_fails_wherever_the_users_code_calls_it(
    load: Load, run: Run, body: str, target: str, fails: bool
) -> None:
    module = gone(load, body)
    tap = tap_on(module, target)
    run(module.app, tap)
    assert module.done == [BROKEN] * fails and bool(tap.complaint) is not fails


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ("open('nowhere')", "builtins.open"),
        ("open('nowhere')", "io.open"),
        ("json.loads('1')", "json.loads"),
        ("os.path.join('a')", "os.path.join"),
        ("'abc'.upper()", "builtins.str.upper"),
        ("[].append(1)", "builtins.list.append"),
        (
            "with contextlib.closing(sqlite3.connect(':memory:')) as c: c.cursor().execute('x')",
            "sqlite3.Cursor.execute",
        ),
        ("sqlite3.connect('nowhere/a')", "sqlite3.connect"),
        ("dict.fromkeys('a')", "builtins.dict.fromkeys"),
        ("len('a')", "builtins.len"),
    ],
)
def test_functions_and_methods_written_in_c_fail_too(load: Load, run: Run, body: str, target: str) -> None:
    module = gone(load, body)
    tap = NamedTap(target, BROKEN)
    run(module.app, tap)
    assert module.done == [BROKEN] and tap.complaint == ""


def test_a_method_of_another_class_does_not_fail(load: Load, run: Run) -> None:
    module = gone(load, "b''.upper()\ndone.append(5)")
    tap = NamedTap("builtins.str.upper", BROKEN)
    run(module.app, tap)
    assert module.done == [5] and tap.complaint


def test_only_what_the_users_code_calls_fails(load: Load, run: Run) -> None:
    library = load("import json\ndef get(): return json.loads('5')\n", folder="site-packages/lib")
    module = gone(load, "done.append(get())")
    module.names["get"] = library.get  # which has no marks
    tap = NamedTap("json.loads", BROKEN)
    run(module.app, tap)
    assert module.done == [5] and "never" in tap.complaint


# lines

LINES = """
number = price(1) + price(2)
for one in Held():
    done.append(one)
with Held(): pass
"""


@pytest.mark.parametrize(
    ("text", "nth", "call"),
    [
        ("price(1) +", 1, "price"),
        ("price(1) +", 2, "price"),
        ("for one in Held", 1, "Held"),
        ("for one in Held", 2, "a step of the iteration"),
        ("for one in Held", 4, "a step of the iteration"),
        ("with Held()", 1, "Held"),
        ("with Held()", 2, "the entry of `with`"),
        ("done.append(one)", 3, "list.append"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_what_stands_on_a_line_fails(load: Load, run: Run, text: str, nth: int, call: str, whole: bool) -> None:
    module = gone(load, LINES)
    line = module.line(text)
    tap = NamedTap(f"{module.path if whole else module.file}:{line}", BROKEN, nth)
    exchange, answer = run(module.app, tap)
    assert module.done[-1] is BROKEN and answer.status == 200
    (fired,) = exchange.fired
    assert (fired.call, fired.place.line, fired.passing) == (call, line, nth)


@pytest.mark.parametrize("nth", [1, 2])
def test_an_await_on_a_line_fails(load: Load, run: Run, nth: int) -> None:
    module = load(
        """
        done = []
        async def later(): done.append(1)
        async def app(scope, receive, send):
            if scope["type"] != "http": return
            try: await later()
            except RuntimeError: done.append("failed")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x"})
        """
    )
    tap = NamedTap(f"{module.file}:{module.line('await later')}", BROKEN, nth)
    exchange, answer = run(module.app, tap)
    assert module.done == ["failed"] and answer.status == 200
    assert exchange.fired[0].call == ("later" if nth == 1 else "await")


def test_a_coroutine_function_fails_where_it_is_called(load: Load, run: Run) -> None:
    module = load(
        """
        async def later(): pass
        async def app(scope, receive, send):
            if scope["type"] == "http": await later()
        """
    )
    exchange, _ = run(module.app, tap_on(module, "later"))
    assert exchange.escaped() is BROKEN


def test_a_file_is_named_as_short_as_one_likes(load: Load, run: Run) -> None:
    module = load(SHOP, folder="shop/views")
    line = module.line("price(number))")
    for file in (module.file, f"views/{module.path.name}", module.path.name, f"./{module.file}"):
        run(module.app, NamedTap(f"{file}:{line}", BROKEN))
        assert module.done == [BROKEN]
    with pytest.raises(NoSuchTarget, match="nothing that could fail stands on the line"):
        NamedTap(f"ews/{module.path.name}:{line}", BROKEN)


@pytest.mark.parametrize("line", [1, 3, 9999])
def test_a_line_without_anything_that_could_fail_is_refused(load: Load, line: int) -> None:
    module = load(SHOP)
    with pytest.raises(NoSuchTarget, match=f"{module.file}:{line}$"):
        NamedTap(f"{module.file}:{line}", BROKEN)


# what it complains of


@pytest.mark.parametrize(
    ("body", "nth", "often"),
    [
        ("pass", 1, "never"),
        ("price(1)", 2, r"once \(nth=2\)"),
        ("price(1); price(2)", 5, r"2 times \(nth=5\)"),
    ],
)
def test_a_fault_that_does_not_come_is_complained_of(load: Load, run: Run, body: str, nth: int, often: str) -> None:
    module = gone(load, body)
    tap = tap_on(module, "price", nth=nth)
    exchange, _ = run(module.app, tap)
    target = f"{module.path.stem}.price"
    assert tap.complaint == f"the fault did not come: the app's code called {target} {often}".replace("\\", "")
    assert exchange.fired == ()


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("json.nothing", "json.nothing: json has no nothing"),
        ("json.decoder.JSONDecoder.nothing", "json.decoder has no JSONDecoder.nothing"),
        ("nowhere.at.all", "names neither a function"),
        ("json", "names neither a function"),
        ("", "names neither a function"),
        ("loads", "names neither a function"),
        ("json.loads()", "has no"),
        ("os.sep", "os.sep is of type str, which cannot be called"),
        ("os.environ", "cannot be called"),
        ("a.py:0", "nothing that could fail stands on the line"),
        ("a.txt:5", "names neither a function"),
        ("a.py:five", "names neither a function"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(target: str, says: str) -> None:
    with pytest.raises(NoSuchTarget) as caught:
        NamedTap(target, BROKEN)
    assert says in str(caught.value)


def test_an_error_while_a_module_is_imported_is_told(load: Load, users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (users / "oneresponse_broken.py").write_text("import oneresponse_is_not_there\n")
    monkeypatch.syspath_prepend(users)
    with pytest.raises(ModuleNotFoundError, match="is_not_there"):
        named("oneresponse_broken.function")


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("json.loads", json.loads),
        ("os.path.join", os.path.join),
        ("sqlite3.Cursor.execute", sqlite3.Cursor.execute),
        ("functools.partial", functools.partial),
        ("asyncio.sleep", asyncio.sleep),
        ("builtins.dict.fromkeys", dict.fromkeys),
        ("json.JSONDecoder.decode", json.JSONDecoder.decode),
    ],
)
def test_a_name_stands_for_what_is_there(target: str, wanted: Any) -> None:
    assert named(target) == wanted


# what is raised


@pytest.mark.parametrize("error", [RuntimeError, OSError, json.JSONDecodeError, KeyError, asyncio.CancelledError])
def test_a_class_of_exceptions_will_do(load: Load, run: Run, error: Any) -> None:
    module = load(SHOP)
    tap = tap_on(module, "price", error)
    run(module.app, tap)
    assert [type(one) for one in tap.errors] == [error]
    assert tap.fired[0].fault.exception == f"{error.__module__}.{error.__qualname__}"


def test_the_very_exception_is_raised(load: Load, run: Run) -> None:
    module = load(SHOP)
    error = OSError(errno.ENOSPC, "full")
    run(module.app, tap_on(module, "price", error))
    assert module.done[0] is error


@pytest.mark.parametrize("error", ["text", None, dict, 5, type])
def test_what_is_no_exception_is_refused(error: Any) -> None:
    with pytest.raises(TypeError, match="raises an exception or a class of exceptions"):
        NamedTap("json.loads", error)


@pytest.mark.parametrize("nth", [0, -1])
def test_there_is_no_call_before_the_first(nth: int) -> None:
    with pytest.raises(ValueError, match="counts from 1"):
        NamedTap("json.loads", BROKEN, nth)


@pytest.mark.parametrize("target", ["json.loads", "builtins.str.upper"])
def test_things_that_are_strange_are_left_as_they_are(load: Load, run: Run, target: str) -> None:
    exchange, answer = run(load(STRANGE).app, NamedTap(target, BROKEN))
    assert answer.status == 200, exchange.escaped()


def test_upstreams_and_queries_are_left_alone() -> None:
    tap = NamedTap("json.loads", BROKEN)
    assert tap.upstream(None) is None and tap.query(OSError) is None

"""What a tap sees while an app answers, and what happens where it makes something fail."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
import zipfile
from typing import Any

import pytest

from pytest_oneresponse.contract.events import Gone
from pytest_oneresponse.explore.recording import Recording
from pytest_oneresponse.fault import Fault
from pytest_oneresponse.faults import callees, making
from pytest_oneresponse.faults.regions import Region, Span
from pytest_oneresponse.faults.tap import Point, Tap, apart, fault_at, key_of

from .conftest import Load, Module, Run

OS, BROKEN, JSON = "builtins.OSError", "builtins.RuntimeError", "json.decoder.JSONDecodeError"
CANCELLED = "asyncio.exceptions.CancelledError"


def points(run: Run, app: Any) -> list[Point]:
    """What may fail in an app."""
    tap = Tap()
    run(app, tap)
    return list(tap.points.values())


def told(module: Module, found: list[Point]) -> list[str]:
    """Points as "kind text state", in order."""
    lines = module.source.splitlines()
    texts = []
    for point in found:
        file, (line, column, _, end) = point.place
        assert file == module.file
        texts.append(f"{point.kind} {lines[line - 1][column:end]} {point.state}")
    return texts


@pytest.fixture
def thrice(load: Load) -> Module:
    """Calls the same thing three times and notes what came of it."""
    return load(
        """
        import json
        done = []
        def app(environ, start_response):
            done.clear()
            for number in (1, 2, 3):
                try:
                    done.append(json.loads("1"))
                except json.JSONDecodeError:
                    done.append("failed")
            start_response("200 OK", [])
            return [b"x"]
        """
    )


# what may fail


def test_each_place_that_may_fail_is_told_with_the_state_of_the_exchange(load: Load, run: Run) -> None:
    module = load(
        """
        import json, os
        def app(environ, start_response):
            json.loads("1")
            write = start_response("200 OK", [])
            os.stat(".")
            write(b"x")
            os.listdir(".")
            return body()
        def body():
            json.loads("2")
            yield b"a"
            os.getcwd()
            json.dumps(1)
        """
    )
    assert told(module, points(run, module.app)) == [
        'call json.loads("1") HEAD',
        'call os.stat(".") STARTED',
        'call os.listdir(".") BODY',
        'call json.loads("2") BODY',
        "call os.getcwd() BODY",
    ]


def test_what_runs_after_the_last_message_is_in_the_end_state(load: Load, run: Run) -> None:
    module = load(
        """
        import os
        async def app(scope, receive, send):
            if scope["type"] != "http": return
            os.stat(".")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            os.stat("..")
            await send({"type": "http.response.body", "body": b"x"})
            os.listdir(".")
        """
    )
    assert [one.split(" ", 1)[1] for one in told(module, points(run, module.app)) if one.startswith("call")] == [
        'os.stat(".") HEAD',
        'os.stat("..") STARTED',
        'os.listdir(".") DONE',
    ]


def test_a_place_is_told_once_for_each_state_and_clause(load: Load, run: Run) -> None:
    module = load(
        """
        import os
        def look(): return os.stat(".")
        def app(environ, start_response):
            look()
            look()
            try: look()
            except OSError: pass
            start_response("200 OK", [])
            look()
            return [b"x"]
        """
    )
    found = points(run, module.app)
    assert [(point.nth, point.state, [span.region.part for span in point.spans]) for point in found] == [
        (1, "HEAD", []),
        (3, "HEAD", ["body"]),
        (4, "STARTED", []),
    ]
    assert {point.failures for point in found} == {(OS,)}


def test_without_an_exchange_nothing_is_noted(load: Load) -> None:
    tap = Tap()
    module = load("import os\ndef f(): return os.stat('.')\n")
    function = tap.call(0, module.f)
    assert function is module.f and tap.points == {}


# failing


def test_a_call_raises_what_it_is_told_to_and_is_not_made(load: Load, run: Run) -> None:
    module = load(
        """
        import os
        done = []
        def app(environ, start_response):
            try:
                os.stat(done.append("argument") or ".")
            except OSError as error:
                done.append(error)
            start_response("200 OK", [])
            return [b"x"]
        """
    )
    (point,) = points(run, module.app)
    module.done.clear()
    tap = Tap([fault_at(point, OS)])
    exchange, answer = run(module.app, tap)
    assert answer.status == 200
    text, error = module.done
    assert text == "argument" and type(error) is OSError and making.TEXT in str(error)
    (fired,) = exchange.fired
    assert tap.fired == [fired] and tap.errors == [error]
    assert (fired.call, fired.state, fired.place.line) == ("os.stat", "HEAD", module.line("os.stat"))
    assert error.__traceback__.tb_frame.f_code is module.app.__code__


@pytest.mark.parametrize(
    ("nth", "always", "wanted", "again"),
    [
        (1, False, ["failed", 1, 1], True),
        (2, False, [1, "failed", 1], True),
        (3, False, [1, 1, "failed"], False),
        (1, True, ["failed"] * 3, False),
        (2, True, [1, "failed", "failed"], False),
        (4, False, [1, 1, 1], False),
    ],
)
def test_the_nth_call_fails_and_all_after_it_where_that_is_wanted(
    thrice: Module, run: Run, nth: int, always: bool, wanted: list[Any], again: bool
) -> None:
    tap = Tap([thrice.fault('json.loads("1")', JSON, nth=nth, always=always)])
    exchange, _ = run(thrice.app, tap)
    assert thrice.done == wanted
    assert len(exchange.fired) == ("failed" in wanted), "a fault is told once"
    assert len(tap.errors) == wanted.count("failed")
    assert tap.again is again, "whether the place was passed once more without failing"


def test_a_fault_counts_what_may_fail_on_its_line(load: Load, run: Run) -> None:
    module = load(
        """
        import os
        def app(environ, start_response):
            for _ in (1, 2):
                os.stat("."), os.stat("..")
            start_response("200 OK", [])
            return [b"x"]
        """
    )
    exchange, _ = run(module.app, Tap([module.fault('os.stat("..")', OS, nth=2)]))
    assert exchange.fired[0].passing == 4


def test_two_faults_come_one_after_the_other(load: Load, run: Run) -> None:
    module = load(
        """
        import json, os
        done = []
        def app(environ, start_response):
            try:
                json.loads("1")
            except ValueError:
                try: os.stat(".")
                except OSError: done.append("both")
            start_response("200 OK", [])
            return [b"x"]
        """
    )
    first, second = module.fault('json.loads("1")', JSON), module.fault('os.stat(".")', OS)
    exchange, _ = run(module.app, Tap([first, second]))
    assert module.done == ["both"] and [one.fault for one in exchange.fired] == [first, second]
    exchange, _ = run(module.app, Tap([second]))
    assert module.done == ["both"] and exchange.fired == (), "what is not reached does not fail"


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [("call", 'json.loads("1")', "nowhere.Error"), ("step", 'json.loads("1")', JSON), ("call", '"200 OK"', JSON)],
)
def test_what_cannot_come_to_pass_does_nothing(thrice: Module, run: Run, kind: str, text: str, error: str) -> None:
    exchange, answer = run(thrice.app, Tap([thrice.fault(text, error, kind)]))
    assert exchange.fired == () and answer.status == 200


def test_a_fault_of_another_file_is_none(thrice: Module, run: Run) -> None:
    fault = Fault("call", "gone.py", thrice.span('json.loads("1")'), JSON)
    assert key_of(fault) is None
    exchange, _ = run(thrice.app, Tap([fault]))
    assert exchange.fired == () and thrice.done == [1, 1, 1]


def test_what_lets_go_does_so_and_fails_then(load: Load, run: Run) -> None:
    module = load(
        """
        import sqlite3
        connections = []
        def app(environ, start_response):
            connections.append(sqlite3.connect(":memory:"))
            connections[-1].close()
            start_response("200 OK", [])
            return [b"x"]
        """
    )
    exchange, _ = run(module.app, Tap([module.fault("connections[-1].close()", "sqlite3.OperationalError")]))
    assert len(exchange.fired) == 1 and isinstance(exchange.escaped(), sqlite3.OperationalError)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        module.connections[-1].execute("SELECT 1")


# what is gone through

STEPS = """
import contextlib, functools, sqlite3
connection = sqlite3.connect(":memory:", check_same_thread=False)
connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3);")
seen = []
def app(environ, start_response):
    seen.clear()
    try:
        go(connection.execute("SELECT a FROM t"))
        seen.append("end")
    except sqlite3.OperationalError:
        seen.append("failed")
    start_response("200 OK", [])
    return [b"x"]
"""


@pytest.mark.parametrize(
    ("body", "text", "kind", "nth", "wanted"),
    [
        ("for (a,) in rows: seen.append(a)", "rows", "step", 1, ["failed"]),
        ("for (a,) in rows: seen.append(a)", "rows", "step", 3, [1, 2, "failed"]),
        ("for (a,) in rows: seen.append(a)", "rows", "step", 4, [1, 2, 3, "failed"]),
        ("for (a,) in rows: seen.append(a)", "rows", "step", 5, [1, 2, 3, "end"]),
        ("[seen.append(a) for (a,) in rows]", "rows", "step", 2, [1, "failed"]),
        ("{seen.append(a): 1 for (a,) in rows}", "rows", "step", 2, [1, "failed"]),
        ("list(seen.append(a) for (a,) in rows)", "rows", "step", 2, [1, "failed"]),
        ("seen.extend(list(rows))", "list(rows)", "call", 1, ["failed"]),
        ("seen.extend(sorted(rows))", "sorted(rows)", "call", 1, ["failed"]),
        ("seen.append(next(rows)[0])", "next(rows)", "call", 1, ["failed"]),
        ("for _ in 'ab': seen.append(next(rows)[0])", "next(rows)", "call", 2, [1, "failed"]),
        ("functools.partial(connection.execute, 'x')()", "functools.partial(connection.execute, 'x')()", "call", 1,
         ["failed"]),
        ("seen.extend(map(len, rows.fetchall()))", "rows.fetchall()", "call", 1, ["failed"]),
    ],
)  # fmt: skip
def test_what_is_gone_through_fails_at_a_step(
    load: Load, run: Run, body: str, text: str, kind: str, nth: int, wanted: list[Any]
) -> None:
    module = load(f"{STEPS}\ndef go(rows):\n    {body}\n")
    exchange, _ = run(module.app, Tap([module.fault(text, "sqlite3.OperationalError", kind, nth)]))
    module.connection.close()
    assert module.seen == wanted
    assert len(exchange.fired) == (wanted[-1] == "failed")


@pytest.mark.parametrize("body", ["for _ in rows: pass", "list(rows)", "[a for a in rows]", "next(rows)"])
def test_what_is_gone_through_is_told(load: Load, run: Run, body: str) -> None:
    module = load(f"{STEPS}\ndef go(rows):\n    {body}\n")
    found = [point for point in points(run, module.app) if point.place[1][0] == module.line("def go") + 1]
    module.connection.close()
    assert [point.failures for point in found] == [("sqlite3.OperationalError",)]


def test_an_iterator_of_the_users_fails_at_a_step_and_one_of_plain_values_does_not(load: Load, run: Run) -> None:
    module = load(
        """
        class Rows:
            def __iter__(self): return self
            def __next__(self): raise StopIteration
        def steps(): yield 1
        def app(environ, start_response):
            for _ in Rows(): pass
            for _ in [1]: pass
            for _ in steps(): pass
            start_response("200 OK", [])
            return [b"x"]
        """
    )
    assert told(module, points(run, module.app)) == ["step Rows() HEAD"]


ASYNC = """
import asyncio, contextlib
done = []
class Rows:
    def __aiter__(self): return self
    async def __anext__(self):
        done.append("step")
        if done.count("step") > 2: raise StopAsyncIteration
        return 1
class Held:
    async def __aenter__(self): done.append("in")
    async def __aexit__(self, *raised): done.append("out")
class Failing(Exception): pass
async def later(): done.append("later")
async def app(scope, receive, send):
    if scope["type"] != "http": return
    done.clear()
    try:
        await go()
    except RuntimeError: done.append("failed")
    except asyncio.CancelledError:
        done.append(asyncio.current_task().cancelling())
        raise
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x"})
"""


@pytest.mark.parametrize(
    ("body", "text", "kind", "nth", "wanted"),
    [
        ("async for _ in Rows(): pass", "Rows()", "step", 2, ["step", "failed"]),
        ("[_ async for _ in Rows()]", "Rows()", "step", 3, ["step", "step", "failed"]),
        ("async with Held(): done.append(1)", "Held()", "enter", 1, ["failed"]),
        ("await later()", "await later()", "await", 1, ["failed"]),
        ("done.append(1); await later()", "await later()", "await", 1, [1, "failed"]),
    ],
)
def test_what_is_awaited_gone_through_and_entered_fails(
    load: Load, run: Run, body: str, text: str, kind: str, nth: int, wanted: list[Any]
) -> None:
    module = load(f"{ASYNC}\nasync def go():\n    {body}\n")
    exchange, answer = run(module.app, Tap([module.fault(text, BROKEN, kind, nth)]))
    assert module.done == wanted and len(exchange.fired) == 1 and answer.status == 200


BOTH = """
class Rows:
    def __iter__(self): return iter([1, 2])
    async def __aiter__(self):
        try:
            for number in (1, 2): yield number
        finally: done.append("closed")
    def __enter__(self): return self
    def __exit__(self, *raised): pass
"""


@pytest.mark.parametrize("word", ["for", "async for"])
@pytest.mark.parametrize(("nth", "wanted"), [(1, ["failed"]), (2, [1, "failed"]), (9, [1, 2])])
def test_what_can_be_gone_through_in_both_ways_fails_in_both(
    load: Load, run: Run, word: str, nth: int, wanted: list[Any]
) -> None:
    module = load(f"{ASYNC}{BOTH}\nasync def go():\n    {word} number in (Rows()): done.append(number)\n")
    _, answer = run(module.app, Tap([module.fault("Rows()", BROKEN, "step", nth)]))
    assert [one for one in module.done if one != "closed"] == wanted and answer.status == 200
    assert ("closed" in module.done) is (word == "async for" and nth > 1)
    assert module.done[-1] == wanted[-1] or nth == 9, "what is held is let go first"


# with

HELD = """
import contextlib
done = []
class Held:
    def __enter__(self): done.append("in")
    def __exit__(self, *raised):
        done.append("out")
        return False
class Stored(Held): pass
Stored.__module__ = "sqlalchemy.engine.base"  # a package whose managers end transactions
@contextlib.contextmanager
def held():
    done.append("in")
    yield
    done.append("out")
def app(environ, start_response):
    try:
        go()
    except RuntimeError: done.append("failed")
    except KeyError: done.append("key")
    start_response("200 OK", [])
    return [b"x"]
"""


@pytest.mark.parametrize(
    ("body", "kind", "wanted"),
    [
        ("with Held(): done.append(1)", "enter", ["failed"]),
        ("with Held(): done.append(1)", "exit", ["in", 1, "out"]),
        ("with Stored(): done.append(1)", "exit", ["in", 1, "out", "failed"]),
        ("with Stored(): raise KeyError", "exit", ["in", "out", "key"]),
        ("with Stored(), Stored(): done.append(1)", "exit", ["in", "in", 1, "out", "out", "failed"]),
    ],
)
def test_the_entry_and_the_exit_of_a_manager_fail(
    load: Load, run: Run, body: str, kind: str, wanted: list[Any]
) -> None:
    module = load(f"{HELD}\ndef go():\n    {body}\n")
    name = "Held()" if "Held" in body else "Stored()"
    run(module.app, Tap([module.fault(name, BROKEN, kind)]))
    assert module.done == wanted


def test_both_ends_of_a_manager_are_told(load: Load, run: Run) -> None:
    module = load(f"{HELD}\ndef go():\n    with Stored(): pass\n    with Held(): pass\n    with held(): pass\n")
    wanted = ["enter Stored() HEAD", "exit Stored() HEAD", "enter Held() HEAD"]
    assert told(module, points(run, module.app)) == wanted


# awaits


@pytest.mark.parametrize("failure", [BROKEN, CANCELLED])
@pytest.mark.filterwarnings("error")
def test_a_coroutine_that_fails_is_not_begun_and_nobody_complains(load: Load, run: Run, failure: str) -> None:
    module = load(f"{ASYNC}\nasync def go():\n    await later()\n")
    exchange, _ = run(module.app, Tap([module.fault("await later()", failure, "await")]))
    gc.collect()  # what was never awaited would be told now
    assert "later" not in module.done and len(exchange.fired) == 1


def test_no_wsgi_server_cancels(load: Load, run: Run) -> None:
    views = """
import asyncio, json
async def later(): return json.loads("{}")
async def go(): return await later()
def app(environ, start_response):
    asyncio.run(go())
    start_response("200 OK", [])
    return [b"x"]
"""
    behind = {failure for point in points(run, load(views).app) for failure in point.failures}
    assert JSON in behind and CANCELLED not in behind
    served = load(f"{ASYNC}\nasync def go():\n    await later()\n")
    assert CANCELLED in {failure for point in points(run, served.app) for failure in point.failures}


def test_a_task_whose_await_fails_is_cancelled(load: Load, run: Run) -> None:
    module = load(
        f"""{ASYNC}
async def works():
    try: await asyncio.Event().wait()
    except asyncio.CancelledError:
        done.append("cancelled")
        raise
async def go():
    task = asyncio.ensure_future(works())
    await asyncio.sleep(0)
    try: await task
    finally:
        await asyncio.sleep(0)
        done.append(task.cancelled())
"""
    )
    run(module.app, Tap([module.fault("await task", BROKEN, "await")]))
    assert module.done == ["cancelled", True, "failed"]


def test_who_is_cancelled_is_so_as_by_a_server(load: Load, run: Run) -> None:
    module = load(f"{ASYNC}\nasync def go():\n    await later()\n")
    exchange, answer = run(module.app, Tap([module.fault("await later()", CANCELLED, "await")]))
    assert module.done == [1], "the task counts that it was cancelled"
    assert answer.status == 0 and any(isinstance(event, Gone) for event in exchange.events)


def test_a_client_has_left_also_where_the_app_goes_on(load: Load, run: Run) -> None:
    swallows = "async def go():\n    try: await later()\n    except asyncio.CancelledError: done.append('swallowed')\n"
    module = load(f"{ASYNC}\n{swallows}")
    exchange, _ = run(module.app, Tap([module.fault("await later()", CANCELLED, "await")]))
    assert module.done == ["swallowed"] and any(isinstance(event, Gone) for event in exchange.events)


def test_a_group_of_tasks_hears_of_it(load: Load, run: Run) -> None:
    module = load(
        f"""{ASYNC}
async def go():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.Event().wait())
            await later()
    finally: done.append("left")
"""
    )
    run(module.app, Tap([module.fault("await later()", CANCELLED, "await")]))
    assert module.done == ["left", 1]


def test_a_message_is_handed_over_before_its_sender_is_cancelled(load: Load, run: Run) -> None:
    module = load(f"{ASYNC}\nasync def go(): pass\n")
    text = 'await send({"type": "http.response.start", "status": 200, "headers": []})'
    exchange, answer = run(module.app, Tap([module.fault(text, CANCELLED, "await")]))
    assert answer.status == 200 and answer.chunks == 0 and not exchange.called


def test_an_await_may_be_cancelled_and_fail_as_its_coroutine_does(load: Load, run: Run) -> None:
    library = load("async def get(): pass\n", folder="site-packages/lib")
    module = load(f"{ASYNC}\nasync def go():\n    await get()\n    await later()\n", get=library.get)
    found = {one: point.failures for point in points(run, module.app) for one in told(module, [point])}
    assert found["await await get() HEAD"] == (BROKEN, CANCELLED)
    assert found["await await later() HEAD"] == (CANCELLED,)


# threads


def test_a_thread_of_the_apps_is_seen_too(load: Load, run: Run) -> None:
    module = load(
        """
        import os, threading
        done = []
        def works():
            try: os.stat(".")
            except OSError: done.append("failed")
        def app(environ, start_response):
            thread = threading.Thread(target=works)
            thread.start()
            thread.join()
            start_response("200 OK", [])
            return [b"x"]
        """
    )
    assert 'call os.stat(".") HEAD' in told(module, points(run, module.app))
    exchange, _ = run(module.app, Tap([module.fault('os.stat(".")', OS)]))
    assert module.done == ["failed"] and len(exchange.fired) == 1


def test_endpoints_that_run_in_threads_are_seen(load: Load, run: Run) -> None:
    module = load(f"import os\n{ASYNC}\nasync def go():\n    await asyncio.to_thread(look)\ndef look(): os.stat('.')\n")
    exchange, _ = run(module.app, Tap([module.fault("os.stat('.')", OS)]))
    assert len(exchange.fired) == 1 and isinstance(exchange.escaped(), OSError)


# nothing is left of it


def test_nothing_is_left_behind(thrice: Module, run: Run) -> None:
    code = thrice.app.__code__
    loads = thrice.json.loads
    threads = threading.active_count()
    run(thrice.app, Tap([thrice.fault('json.loads("1")', JSON, always=True)]))
    assert thrice.done == ["failed"] * 3
    assert Recording.now is None and thrice.app.__code__ is code and thrice.json.loads is loads
    run(thrice.app)
    assert thrice.done == [1, 1, 1] and threading.active_count() == threads


def test_a_generator_that_fails_has_ended(load: Load, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    library = load(
        """
        done = []
        def rows():
            try:
                yield 1
                yield 2
            finally: done.append("closed")
        """,
        folder="site-packages/lib",
    )
    monkeypatch.setitem(callees.RAISES, library.path.stem, (OS,))
    module = load(
        """
        def app(environ, start_response):
            try:
                for _ in rows(): pass
            except OSError: done.append("failed")
            start_response("200 OK", [])
            return [b"x"]
        """,
        rows=library.rows,
        done=library.done,
    )
    run(module.app, Tap([module.fault("rows()", OS, "step", nth=2)]))
    assert library.done == ["closed", "failed"]


STRANGE = """
class Strict:
    __slots__ = ()
    def __getattr__(self, name): raise KeyError(name)
    def __call__(self): return self
    def __iter__(self): return iter([1])
    def __enter__(self): return self
    def __exit__(self, *raised): pass
    def __await__(self):
        return 1
        yield
class Meta(type):
    def __eq__(cls, other): raise KeyError
class Unhashable(metaclass=Meta): pass
async def app(scope, receive, send):
    if scope["type"] != "http": return
    strict = Strict()
    with strict() as one:
        for _ in one: Unhashable()
        assert await strict == 1
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x"})
"""


def test_things_that_are_strange_are_left_as_they_are(load: Load, run: Run) -> None:
    exchange, answer = run(load(STRANGE).app)
    assert answer.status == 200, exchange.escaped()


# which failures can be told apart


class OfPackage(zipfile.BadZipFile):
    __module__ = "zipfile"


class Unmakeable(OSError):
    def __init__(self) -> None:
        raise TypeError

    def __new__(cls, *_: Any) -> Unmakeable:
        raise TypeError


CANCEL = asyncio.CancelledError


@pytest.mark.parametrize(
    ("types", "clauses", "wanted"),
    [
        ((KeyError, ValueError), (), [KeyError]),
        ((KeyError, ValueError), ("Exception",), [KeyError]),
        ((KeyError, ValueError), ("KeyError",), [KeyError, ValueError]),
        ((KeyError, ValueError), ("(KeyError, ValueError)",), [KeyError, ValueError]),
        ((KeyError, IndexError), ("LookupError",), [KeyError]),
        ((OSError,), ("FileNotFoundError",), [OSError, FileNotFoundError]),
        ((OSError,), ("FileNotFoundError", "OSError"), [OSError, FileNotFoundError]),
        ((OSError,), ("KeyError",), [OSError]),
        ((OSError,), ("LookupError",), [OSError]),
        ((OSError,), ("Exception", "BaseException"), [OSError]),
        ((TimeoutError,), ("OSError",), [TimeoutError]),
        ((TimeoutError,), ("TimeoutError", "OSError"), [TimeoutError, OSError]),
        ((zipfile.BadZipFile,), ("OfPackage",), [zipfile.BadZipFile, OfPackage]),
        ((zipfile.BadZipFile,), ("zipfile.LargeZipFile",), [zipfile.BadZipFile, zipfile.LargeZipFile]),
        ((zipfile.BadZipFile,), ("sqlite3.Error",), [zipfile.BadZipFile]),
        ((RuntimeError,), ("zipfile.BadZipFile",), [RuntimeError, zipfile.BadZipFile]),
        ((RuntimeError,), ("KeyError",), [RuntimeError]),
        ((RuntimeError, CANCEL), (), [RuntimeError, CANCEL]),
        ((RuntimeError, CANCEL), ("Exception",), [RuntimeError, CANCEL]),
        ((RuntimeError, CANCEL), ("BaseException",), [RuntimeError, CANCEL]),
        ((CANCEL,), ("asyncio.TimeoutError",), [CANCEL]),
        ((Exception,), ("StopIteration", "AssertionError"), [Exception]),
        ((Exception,), ("KeyError", "AssertionError"), [Exception, KeyError]),
        ((Unmakeable,), (), []),
        ((KeyError, Unmakeable), ("Unmakeable",), [KeyError]),
        ((), ("KeyError",), []),
    ],
)
def test_of_what_nobody_can_tell_apart_one_is_tried(load: Load, types: Any, clauses: Any, wanted: list[Any]) -> None:
    names = {"asyncio": asyncio, "zipfile": zipfile, "sqlite3": sqlite3, "OfPackage": OfPackage}
    found: list[Any] = []

    def here(frame: Any, spans: tuple[Span, ...]) -> None:
        found.extend(apart(types, spans, [frame] if frame else []))

    clause = "".join(f"    except {one}: pass\n" for one in clauses)
    body = "    try: here(sys._getframe(), spans(sys._getframe()))\n" + clause if clause else "    here(None, ())\n"
    load(f"import sys\ndef f():\n{body}", here=here, spans=_spans, Unmakeable=Unmakeable, **names).f()
    assert found == wanted


WAITING = """
import asyncio, socket
def connect(): socket.getaddrinfo("127.0.0.1", 1)
async def connecting(): connect()
async def app(scope, receive, send):
    if scope["type"] != "http": return
    try: await {waited}
    except {clause}: pass
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"x"}})
"""


@pytest.mark.parametrize(
    "waited", ["asyncio.ensure_future(connecting())", "asyncio.to_thread(connect)", "connecting()"]
)
@pytest.mark.parametrize(
    ("clause", "wanted"),
    [("OSError", ["ConnectionResetError"]), ("TimeoutError", ["ConnectionResetError", "TimeoutError"])],
)
def test_who_waits_for_another_task_or_thread_tells_apart_what_is_raised_there(
    load: Load, run: Run, waited: str, clause: str, wanted: list[str]
) -> None:
    module = load(WAITING.format(waited=waited, clause=clause))
    found = [point for point in points(run, module.app) if point.place[1][0] == 3]
    assert [point.failures for point in found] == [tuple(f"builtins.{name}" for name in wanted)]
    assert [span.region.part for span in found[0].spans] == ["body"]


def test_a_handler_that_is_registered_with_the_app_tells_apart() -> None:
    types = (OSError, KeyError)
    assert apart(types, (), ()) == (OSError,)
    assert apart(types, (), (), (LookupError,)) == (OSError, KeyError)


def _spans(frame: Any) -> tuple[Span, ...]:
    from pytest_oneresponse.faults import regions

    return regions.around((frame.f_code, frame.f_lasti))


def test_a_clause_further_out_tells_apart_what_an_inner_one_does_not(load: Load, run: Run) -> None:
    module = load(
        """
        import json
        def app(environ, start_response):
            try:
                inner()
            except json.JSONDecodeError: pass
            start_response("200 OK", [])
            return [b"x"]
        def inner():
            try: read()
            except TypeError: pass
        """,
        read=load("def read(): pass\n", folder="site-packages/lib").read,
    )
    (point,) = points(run, module.app)
    assert point.failures == (BROKEN, JSON)
    assert [span.region for span in point.spans] == [
        Region(str(module.path), module.line("try: read()"), "body"),
        Region(str(module.path), module.line("    try:"), "body"),
    ]


def test_what_is_raised_where_it_was_asked_for_needs_a_clause(load: Load, run: Run) -> None:
    source = """
        import queue
        waiting = queue.Queue()
        waiting.put(1)
        def app(environ, start_response):
            %s
            start_response("200 OK", [])
            return [b"x"]
    """
    plain = load(source % "waiting.get_nowait()")
    assert [point.failures for point in points(run, plain.app)] == [()]
    waits = load(source % "\n            try: waiting.get_nowait()\n            except queue.Empty: pass")
    assert [point.failures for point in points(run, waits.app)] == [("_queue.Empty",)]


# faults as they are kept


def test_a_fault_is_kept_and_told(thrice: Module) -> None:
    fault = thrice.fault('json.loads("1")', JSON, nth=2, always=True)
    line = thrice.line("json.loads(")
    assert Fault.from_json(fault.to_json()) == fault
    assert fault.label == f"call {thrice.file}:{line}:24:{line}:39 {JSON} 2+"
    assert thrice.file.startswith("app_") and key_of(fault) is not None


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"kind": "nothing"}, ValueError),
        ({"other": 1}, TypeError),
        ({"span": 5}, TypeError),
        ({"span": None}, TypeError),
    ],
)
def test_what_is_no_fault_is_refused(changed: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Fault.from_json({**Fault("call", "a.py", (1, 0, 1, 5), OS).to_json(), **changed})
    with pytest.raises(KeyError):
        Fault.from_json({})

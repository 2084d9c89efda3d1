"""What a call can raise: by what is called, and an instance of it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import csv
import functools
import gzip
import importlib
import io
import itertools
import json
import logging
import os
import pathlib
import pickle
import queue
import shutil
import socket
import sqlite3
import string
import subprocess
import sys
import tempfile
import threading
import tokenize
import types
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_oneresponse import sites
from pytest_oneresponse.faults import exceptions
from pytest_oneresponse.faults.exceptions import (
    may,
    name_of,
    of_awaitable,
    of_call,
    of_manager,
    of_thing,
    resolved,
)

from .conftest import Load


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


# the standard library

FAILING: list[tuple[Any, Any]] = [
    (open, (OSError,)),
    (io.open, (OSError,)),
    (os.remove, (OSError,)),
    (os.listdir, (OSError,)),
    (os.makedirs, (OSError,)),
    (shutil.copy, (OSError,)),
    (pathlib.Path("a").read_text, (OSError,)),
    (pathlib.Path.write_bytes, (OSError,)),
    (tempfile.NamedTemporaryFile, (OSError,)),
    (subprocess.run, (OSError,)),
    (sqlite3.connect, (sqlite3.OperationalError,)),
    (json.loads, (json.JSONDecodeError,)),
    (json.load, (json.JSONDecodeError,)),
    (pickle.loads, (pickle.UnpicklingError,)),
    (zipfile.ZipFile, (zipfile.BadZipFile,)),
    (gzip.open, (gzip.BadGzipFile,)),
    (socket.create_connection, (ConnectionResetError, TimeoutError)),
    (socket.socket, (ConnectionResetError, TimeoutError)),
    (urllib.request.urlopen, (urllib.error.URLError, TimeoutError)),
    (queue.Queue().get_nowait, None),
    (string.Template("").substitute, (KeyError, ValueError)),
    (pathlib.Path("a").unlink, (OSError,)),
    (functools.partial(open, "a"), (OSError,)),
    (functools.partial(functools.partial(json.loads), "1"), (json.JSONDecodeError,)),
    (functools.cache(json.loads), (json.JSONDecodeError,)),
    (concurrent.futures.Future().result, (TimeoutError,)),
]


@pytest.mark.parametrize(("function", "wanted"), FAILING, ids=lambda one: getattr(one, "__qualname__", None))
def test_what_meets_the_outside_fails_as_its_documentation_says(function: Any, wanted: Any) -> None:
    wanted = (resolved("_queue.Empty"), queue.Full) if wanted is None else wanted
    assert of_call(function) == wanted


@pytest.mark.parametrize("name", ["execute", "executemany", "fetchone", "fetchall", "close"])
def test_a_cursor_fails_as_sqlite_does(database: sqlite3.Connection, name: str) -> None:
    assert of_call(getattr(database.cursor(), name)) == (sqlite3.OperationalError,)


def test_a_connection_fails_as_sqlite_does(database: sqlite3.Connection) -> None:
    for function in (database.execute, database.commit, database.cursor, database.close):
        assert of_call(function) == (sqlite3.OperationalError,)


def test_an_open_file_fails_as_the_system_does(tmp_path: pathlib.Path) -> None:
    with open(tmp_path / "a", "w") as file:
        assert of_call(file.write) == of_call(file.close) == (OSError,)
    with io.StringIO() as memory:
        assert of_call(memory.write) == of_call(memory.getvalue) == ()


NEVER: list[Any] = [
    *(len, int, str, list, dict, print, isinstance, sorted, getattr, repr, sum, object, KeyError),
    *("".upper, "".join, [].append, {}.get, {}.setdefault, b"".decode, (1).bit_length, set().add),
    *(logging.getLogger, logging.getLogger().info, logging.getLogger().exception, logging.error),
    *(os.path.join, os.path.basename, os.fspath, os.getenv, os.getpid, os.urandom, os.environ.get),
    *(json.dumps, pickle.dumps, io.StringIO, io.BytesIO, pathlib.PurePath, pathlib.Path, pathlib.PurePath("a").joinpath),
    *(pathlib.Path("a").joinpath, pathlib.Path("a").with_suffix, pathlib.Path("a").with_name, pathlib.Path("a").as_posix),
    *(urllib.parse.urlencode, urllib.parse.urlparse, functools.reduce, contextlib.suppress, contextlib.nullcontext),
    *(asyncio.create_task, asyncio.sleep, asyncio.gather, asyncio.current_task, asyncio.Lock, asyncio.shield),
    *(string.Template, string.Template("").safe_substitute, json.JSONDecodeError, zipfile.BadZipFile, os.getppid),
    *(subprocess.list2cmdline, tempfile.gettempdir, types.SimpleNamespace, "not callable", None),
    *(concurrent.futures.ThreadPoolExecutor.shutdown, gzip.GzipFile.closed, io.BytesIO().getvalue, csv.DictReader),
]  # fmt: skip


@pytest.mark.parametrize("function", NEVER, ids=lambda one: getattr(one, "__qualname__", None) or type(one).__name__)
def test_what_computes_only_never_fails(function: Any) -> None:
    assert of_call(function) == ()


def test_a_response_and_its_methods_never_fail(users: Any, monkeypatch: pytest.MonkeyPatch, load: Load) -> None:
    library = load("class Answer:\n    def set_cookie(self): pass\n", folder="site-packages/lib")
    assert of_call(library.Answer().set_cookie) == (RuntimeError,)
    monkeypatch.setattr(sites.Responses, "classes", (library.Answer,))
    assert of_call(library.Answer().set_cookie) == ()
    assert of_thing(library.Answer()) == ()


# the user's own, and what others have installed

USERS = """
import contextlib, functools, json
class Broken(Exception): pass
class Errors:
    class Inner(ValueError): pass
def plain(): return json.loads("1")
def raises(a):
    if a: raise Broken("x")
    raise Errors.Inner
def raises_everything(): raise BaseException
def raises_again():
    try: plain()
    except Broken: raise
def raises_what_it_has(error): raise error
def raises_unknown(): raise nowhere.Error
def makes_it(): return Broken()
async def later(): raise Broken
def steps():
    yield 1
    raise Broken
async def async_steps():
    yield 1
    raise Broken
@functools.cache
def cached(): raise Broken
class Thing:
    def raises(self): raise Broken
    @classmethod
    def of_class(cls): raise Broken
    @staticmethod
    def static(): raise Broken
    def __call__(self): raise Broken
"""


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("plain", []),
        ("raises", ["Broken", "Errors.Inner"]),
        ("raises_everything", []),
        ("raises_again", []),
        ("raises_what_it_has", []),
        ("raises_unknown", []),
        ("makes_it", []),
        ("later", []),
        ("steps", []),
        ("async_steps", []),
        ("cached", ["Broken"]),
        ("Thing().raises", ["Broken"]),
        ("Thing.raises", ["Broken"]),
        ("Thing.of_class", ["Broken"]),
        ("Thing.static", ["Broken"]),
        ("Thing", []),
        ("Broken", []),
        ("functools.partial(raises, 1)", ["Broken", "Errors.Inner"]),
        ("contextlib.contextmanager(steps)", []),
    ],
)
def test_a_function_of_the_users_fails_with_what_it_raises_itself(load: Load, name: str, wanted: list[str]) -> None:
    module = load(USERS)
    assert {kind.__qualname__ for kind in of_call(eval(name, module.names))} == set(wanted)


def test_an_exception_that_is_an_answer_is_no_failure(load: Load) -> None:
    werkzeug = pytest.importorskip("werkzeug.exceptions")
    module = load("def f(a):\n    if a: raise NotFound\n    raise KeyError\n", NotFound=werkzeug.NotFound)
    assert of_call(module.f) == (KeyError,)


LIBRARY = """
import asyncio, contextlib, functools
def get(): pass
async def aget(): pass
def rows(): yield 1
@contextlib.contextmanager
def session(): yield 1
class Client:
    def get(self): pass
    def closed(self): pass
    def shutdown(self): pass
    def close(self): pass
    async def aget(self): pass
    def __enter__(self): return self
    def __exit__(self, *raised): pass
"""


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("get", (RuntimeError,)),
        ("aget", ()),
        ("rows", ()),
        ("Client().get", (RuntimeError,)),
        ("Client().close", ()),
        ("Client().closed", ()),
        ("Client().shutdown", ()),
        ("Client().aget", ()),
        ("Client", ()),
    ],
)
def test_a_function_of_any_package_fails_somehow(load: Load, name: str, wanted: Any) -> None:
    module = load(LIBRARY, folder="site-packages/lib")
    assert of_call(eval(name, module.names)) == wanted


def test_what_a_framework_offers_does_not_fail(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites.Owners, "frameworks", frozenset(["framework"]))
    module = load(LIBRARY, folder="site-packages/framework")
    assert of_call(module.get) == of_call(module.Client().get) == ()


@pytest.mark.parametrize(("package", "wanted"), [("click.core", ()), ("clickhouse.client", (RuntimeError,))])
def test_a_package_that_computes_only_is_told_by_its_whole_name(load: Load, package: str, wanted: Any) -> None:
    module = load(LIBRARY, folder="site-packages/lib", __name__=package)
    assert of_call(module.get) == wanted


def test_what_is_ours_does_not_fail() -> None:
    assert of_call(exceptions.of_call) == of_call(sites.capture) == ()


# libraries of the table

REAL = [
    ("requests", "get", "requests.exceptions.ConnectionError requests.exceptions.ReadTimeout"),
    ("requests", "Session().post", "requests.exceptions.ConnectionError requests.exceptions.ReadTimeout"),
    ("httpx", "get", "httpx.ConnectError httpx.ReadTimeout"),
    ("httpx2", "get", "httpx2.ConnectError httpx2.ReadTimeout"),
    ("jinja2", "Template('').render", "jinja2.exceptions.UndefinedError"),
    ("flask", "render_template", "jinja2.exceptions.UndefinedError"),
    ("flask", "jsonify", ""),
    ("flask", "redirect", ""),
    ("django.shortcuts", "render", "django.template.exceptions.TemplateSyntaxError"),
    ("django.shortcuts", "redirect", ""),
    ("django.core.mail", "send_mail", "smtplib.SMTPServerDisconnected"),
    ("django.db.models", "F", ""),
    ("django.db.models", "Q", ""),
    ("django.db.models", "Count", ""),
    ("django.db.models", "Manager().get", "django.db.utils.OperationalError"),
    ("django.db.models", "Manager().create", "django.db.utils.OperationalError"),
    ("django.db.models", "Manager().filter", ""),
    ("django.db.models", "Manager().all", ""),
    ("django.db.models", "Manager().annotate", ""),
    ("django.db.models", "Manager().values_list", ""),
    ("django.db.models", "Manager().count", "django.db.utils.OperationalError"),
    ("django.db.models", "QuerySet().first", "django.db.utils.OperationalError"),
    ("django.db.models", "QuerySet().order_by", ""),
    ("sqlalchemy", "create_engine", "sqlalchemy.exc.OperationalError"),
    ("sqlalchemy", "select", ""),
    ("sqlalchemy", "func.count", ""),
    ("sqlalchemy.orm", "Session().commit", "sqlalchemy.exc.OperationalError"),
    ("sqlalchemy.orm", "Session().scalars", "sqlalchemy.exc.OperationalError"),
    ("starlette.requests", "Request({'type': 'http', 'headers': []}).url_for", ""),
    ("starlette.requests", "Request", ""),
    ("requests.exceptions", "ConnectionError", ""),
    ("starlette.responses", "JSONResponse", ""),
]


@pytest.mark.parametrize(("module", "name", "wanted"), REAL, ids=lambda one: one)
def test_libraries_fail_as_they_do(users: Any, module: str, name: str, wanted: str) -> None:
    for needed in (module, *(one.rpartition(".")[0] for one in wanted.split())):
        pytest.importorskip(needed)
    function = eval(name, vars(importlib.import_module(module)))
    assert " ".join(map(name_of, of_call(function))) == wanted


def test_what_is_not_loaded_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "zipfile")
    assert resolved("zipfile.BadZipFile") is None
    assert of_call(zipfile.ZipFile) == ()
    assert "zipfile" not in sys.modules


# what is awaited, gone through and entered


def test_an_await_may_be_cancelled_in_any_case(load: Load) -> None:
    module = load("async def later(): raise KeyError\n")
    library = load(LIBRARY, folder="site-packages/lib")
    loop = asyncio.new_event_loop()
    try:
        for made_of, wanted in (
            (module.later(), ()),
            (library.aget(), (RuntimeError,)),
            (library.Client().aget(), (RuntimeError,)),
            (asyncio.sleep(0), ()),
            (asyncio.wait_for(loop.create_future(), 1), (TimeoutError,)),
            (loop.create_future(), ()),
            (asyncio.StreamReader(loop=loop).read(), (ConnectionResetError,)),
        ):
            assert of_awaitable(made_of) == (*wanted, asyncio.CancelledError), made_of
            if asyncio.iscoroutine(made_of):
                made_of.close()
    finally:
        loop.close()


def test_coroutines_of_libraries_fail_as_these_do(users: Any) -> None:
    httpx = pytest.importorskip("httpx")
    coroutine = httpx.AsyncClient().get("http://other.test/")
    assert of_awaitable(coroutine) == (httpx.ConnectError, httpx.ReadTimeout, asyncio.CancelledError)
    coroutine.close()


def test_what_a_framework_reads_may_end_as_the_client_leaves(users: Any) -> None:
    requests = pytest.importorskip("starlette.requests")
    request = requests.Request({"type": "http", "headers": []})
    for coroutine in (request.body(), request.json()):
        assert of_awaitable(coroutine) == (requests.ClientDisconnect, asyncio.CancelledError)
        coroutine.close()
    assert of_thing(request.stream()) == (requests.ClientDisconnect,)


THINGS = """
import time
class Steps:
    def __iter__(self): return self
    def __next__(self): raise StopIteration
class Held:
    def __enter__(self): return self.open()
    def __exit__(self, *raised): pass
class Peaceful:
    def __enter__(self): return self
    def __exit__(self, *raised): pass
class Timed:
    def __enter__(self):
        self.begun = time.perf_counter()
        return self
    def __exit__(self, *raised): pass
class Slow:
    def __enter__(self): return time.sleep(get())
    def __exit__(self, *raised): pass
class Raising:
    def __enter__(self):
        if not self: raise KeyError
    def __exit__(self, *raised): pass
class AsyncHeld:
    async def __aenter__(self): return self
    async def __aexit__(self, *raised): pass
class Neither:
    def __iter__(self): return iter(())
def steps(): yield 1
async def async_steps(): yield 1
"""


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Steps()", (RuntimeError,)),
        ("Held()", (RuntimeError,)),
        ("AsyncHeld()", (RuntimeError,)),
        ("Neither()", (RuntimeError,)),
        ("steps()", ()),
        ("async_steps()", ()),
        ("[1]", ()),
        ("range(3)", ()),
        ("iter([1])", ()),
        ("zip()", ()),
        ("{}.items()", ()),
    ],
)
def test_a_thing_of_the_users_fails_where_others_hold_what_it_stands_for(load: Load, name: str, wanted: Any) -> None:
    assert of_thing(eval(name, load(THINGS).names)) == wanted


def test_things_of_libraries_fail_as_their_calls_do(database: sqlite3.Connection, tmp_path: pathlib.Path) -> None:
    assert of_thing(database) == of_thing(database.cursor()) == (sqlite3.OperationalError,)
    with (tmp_path / "a").open("w") as file:
        assert of_thing(file) == (OSError,)
    assert of_thing(csv.reader([])) == (csv.Error,)
    assert of_thing(itertools.count()) == of_thing(tokenize.generate_tokens(input)) == ()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        assert of_thing(archive) == (zipfile.BadZipFile,)


def test_generators_of_any_package_fail_somehow(load: Load) -> None:
    library = load(LIBRARY, folder="site-packages/lib")
    assert of_thing(library.rows()) == (RuntimeError,)
    assert of_thing(library.session()) == (), "it is not gone through"


def test_what_a_manager_may_raise(load: Load, database: sqlite3.Connection) -> None:
    library = load(LIBRARY, folder="site-packages/lib")
    things = load(THINGS).names
    held = things["Held"]()
    for manager, enter, leave in (
        (library.session(), (RuntimeError,), ()),
        (library.Client(), (RuntimeError,), ()),
        (held, (RuntimeError,), ()),
        (things["Peaceful"](), (), ()),
        (things["Timed"](), (), ()),
        (things["Slow"](), (RuntimeError,), ()),
        (things["Raising"](), (RuntimeError,), ()),
        (database, (), (sqlite3.OperationalError,)),
        (threading.Lock(), (), ()),
        (contextlib.suppress(KeyError), (), ()),
        (contextlib.nullcontext(), (), ()),
    ):
        assert (of_manager("enter", manager), of_manager("exit", manager)) == (enter, leave), manager


@pytest.mark.parametrize(
    ("expression", "enter", "exit"),
    [
        ("open(file)", False, False),
        ("tempfile.TemporaryFile()", False, False),
        ("sqlite3.connect(':memory:')", False, True),
        ("zipfile.ZipFile(file, 'w')", False, False),
        ("Held()", True, False),
        ("library.session()", True, True),
        ("library.Client()", True, False),
        ("threading.Lock()", True, False),
    ],
)
def test_where_a_manager_may_fail(load: Load, tmp_path: pathlib.Path, expression: str, enter: bool, exit: bool) -> None:
    library = load(LIBRARY, folder="site-packages/lib")
    (tmp_path / "a.txt").touch()
    names = {"library": library, "file": tmp_path / "a.txt"}
    module = load("import sqlite3, tempfile, threading, zipfile\n" + THINGS, **names)
    manager = eval(expression, module.names)
    assert (may("enter", manager), may("exit", manager)) == (enter, exit)
    if hasattr(manager, "close"):
        manager.close()


# exceptions


@pytest.mark.parametrize("name", ["builtins.KeyError", "json.decoder.JSONDecodeError", "sqlite3.OperationalError"])
def test_an_exception_is_found_by_its_name(name: str) -> None:
    kind = resolved(name)
    assert kind is not None and name_of(kind) == name


@pytest.mark.parametrize("name", ["KeyError", "", "builtins.len", "builtins.nothing", "json.nothing.Error", "json"])
def test_what_is_no_exception_is_not_found(name: str) -> None:
    assert resolved(name) is None


def test_a_class_within_a_class_is_found(load: Load) -> None:
    module = load("class A:\n    class Error(Exception): pass\n")
    kind = module.A.Error
    assert resolved(name_of(kind)) is kind


@pytest.mark.parametrize(
    ("name", "wanted"), [("close", True), ("aclose", True), ("release", True), ("read", False), ("closed", False)]
)
def test_what_lets_go_is_told_by_its_name(load: Load, name: str, wanted: bool) -> None:
    thing = load(f"class Thing:\n    def {name}(self): pass\n").Thing()
    assert exceptions.lets_go(getattr(thing, name)) is wanted


def test_a_call_without_a_name_lets_go_of_nothing() -> None:
    assert not exceptions.lets_go(functools.partial(print))

"""Failures that are injected: found while driving, run again, asked for by hand, and kept from everything else."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import shutil
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

# What a suite in this process has imported is forgotten after it, while what was imported before still holds on to it.
for _name in ("aiohttp", "httpcore", "httpx", "requests", "sqlalchemy.orm"):
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)

SHOP = """
import sqlite3

PLAIN = [("Content-Type", "text/plain")]


def connect():
    return sqlite3.connect(":memory:")


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    try:
        row = connect().execute("select 1").fetchone()
    except sqlite3.Error:
        start_response("503 Service Unavailable", PLAIN)
        return [b"no database"]
    return [str(row).encode()]


def fine(environ, start_response):
    try:
        row = connect().execute("select 1").fetchone()
    except sqlite3.Error:
        start_response("503 Service Unavailable", PLAIN)
        return [b"no database"]
    start_response("200 OK", PLAIN)
    return [str(row).encode()]


def stream(environ, start_response):
    start_response("200 OK", PLAIN)
    for row in connect().execute("select 1 union select 2"):
        yield str(row).encode()
"""


@pytest.fixture(autouse=True)
def _closed_by_themselves() -> Iterator[None]:
    """Since Python 3.13 connections warn that nobody has closed them: the shop leaves it to their collection."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def told(result: Any) -> str:
    return str(result.stdout) + str(result.stderr)


# ---------------------------------------------------------------- driving


def test_a_failure_shows_a_breach(suite: Suite) -> None:
    suite.write(shop=SHOP)
    result = suite.drive("--oneresponse-report=report.json")
    assert list(suite.outcomes(result).values()) == ["failed"]
    result.stdout.fnmatch_lines(
        [
            "second-response GET {path}: a second response (503 *) was started after the first (200 OK) had started",
            "*--> shop.py:15:9",
            "*::: shop.py:11:5",
            "* = fault: sqlite3.connect at shop.py:7 raises sqlite3.OperationalError",
            "* failures injected, * places may fail",
        ]
    )
    (finding,) = json.loads(Path(suite.path, "report.json").read_text(encoding="utf-8"))["findings"]
    fault = finding["fault"]
    assert set(fault) == {"where", "call", "exception", "occurrence"}
    assert (fault["call"], fault["exception"], fault["occurrence"]) == (
        "sqlite3.connect",
        "sqlite3.OperationalError",
        1,
    )
    assert (fault["where"]["file"], fault["where"]["line"]) == ("shop.py", 7)


def test_a_right_answer_to_a_failure_is_silent(suite: Suite) -> None:
    suite.write(shop=SHOP)
    result = suite.drive("--oneresponse-report=report.json", app="shop:fine")
    assert list(suite.outcomes(result).values()) == ["passed"]
    document = json.loads(Path(suite.path, "report.json").read_text(encoding="utf-8"))
    (route,) = document["routes"]
    assert route["faults"]["sites"] == 3 and route["faults"]["injected"] >= 3
    assert not document["findings"]
    assert route["branches"]["missed"] == [], "a failure takes the branches of an except"


def test_a_stream_that_a_failure_cuts_short_is_one_practice(suite: Suite) -> None:
    suite.write(shop=SHOP)
    result = suite.drive(app="shop:stream")
    assert list(suite.outcomes(result).values()) == ["passed"]
    assert told(result).count("PracticeWarning: error-after-start") == 1
    assert "practice: error-after-start 1" in told(result)


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ((), "failed"),
        (("--oneresponse-faults=calls",), "failed"),
        (("--oneresponse-faults=upstream",), "passed"),
        (("--oneresponse-faults=none",), "passed"),
    ],
)
def test_what_may_fail(suite: Suite, arguments: tuple[str, ...], outcome: str) -> None:
    suite.write(shop=SHOP)
    assert list(suite.outcomes(suite.drive(*arguments)).values()) == [outcome]


def test_the_ini_file_says_what_may_fail(suite: Suite) -> None:
    suite.write(shop=SHOP)
    Path(suite.path, "pytest.ini").write_text("[pytest]\noneresponse_faults = none\n", encoding="utf-8")
    assert list(suite.outcomes(suite.drive()).values()) == ["passed"]
    assert list(suite.outcomes(suite.drive("--oneresponse-faults=calls")).values()) == ["failed"]


def test_as_many_exchanges_again_as_requests(suite: Suite) -> None:
    suite.write(shop=SHOP)
    suite.drive("--oneresponse-requests=2", "--oneresponse-report=report.json", app="shop:fine")
    (route,) = json.loads(Path(suite.path, "report.json").read_text(encoding="utf-8"))["routes"]
    assert route["requests"] == 2 and route["faults"]["injected"] == 1, "one of the two shows what may fail"


KEEPING = ("-p", "cacheprovider")


def test_it_is_run_again(suite: Suite) -> None:
    suite.write(shop=SHOP)
    first = told(suite.drive(*KEEPING))
    command = first.partition("--oneresponse-replay=")[2].split()[0]
    again = suite.drive(*KEEPING, f"--oneresponse-replay={command}")
    again.stdout.fnmatch_lines(["second-response *", "* = fault: sqlite3.connect at shop.py:7 raises *"])
    assert "1 request judged" in told(again)
    shutil.rmtree(Path(suite.path, ".pytest_cache"))
    sought = suite.drive(*KEEPING, f"--oneresponse-replay={command}")
    sought.stdout.fnmatch_lines(["second-response *", "* = fault: sqlite3.connect at shop.py:7 raises *"])


def test_what_failed_is_tried_first_in_the_next_run(suite: Suite) -> None:
    suite.write(shop=SHOP)
    suite.drive(*KEEPING)
    few = "--oneresponse-requests=1", "--oneresponse-faults=none"
    assert list(suite.outcomes(suite.drive(*KEEPING, *few)).values()) == ["failed"]
    assert list(suite.outcomes(suite.drive(*few)).values()) == ["passed"], "without the cache"


def test_it_offers_itself_as_a_test(suite: Suite) -> None:
    suite.write(shop=SHOP)
    lines = told(suite.drive()).partition(" = test: ")[2].splitlines()
    body = [line for line in lines[1:] if line.startswith(" " * 9)][:5]
    suite.write(test_it=lines[0] + "\n" + textwrap.dedent("\n".join(body)))
    result = suite.run()
    assert list(suite.outcomes(result).values()) == ["failed"], told(result)
    result.stdout.fnmatch_lines(["second-response GET *", "*--> shop.py:15:9"])


ASKING = """
import asyncio

PLAIN = [("Content-Type", "text/plain")]


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    if format({asked}, "x") == "1ad":  # 429, in a form to which no search finds its way
        start_response("503 Service Unavailable", PLAIN)
    return [b"pens"]


def urllib_get(url):
    import urllib.request
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.request.HTTPError as error:
        return error.code


async def aiohttp_get(url):
    import aiohttp
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            return answer.status
"""
CLIENTS = {
    "requests": "__import__('requests').get('https://stock.test/pens', timeout=5).status_code",
    "httpx": "__import__('httpx').get('https://stock.test/pens', timeout=5).status_code",
    "urllib": "urllib_get('https://stock.test/pens')",
    "aiohttp": "asyncio.run(aiohttp_get('https://stock.test/pens'))",
}


@pytest.mark.parametrize("name", list(CLIENTS))
def test_a_failure_of_another_machine_offers_itself_as_a_test(suite: Suite, name: str) -> None:
    pytest.importorskip(name)
    suite.write(shop=ASKING.format(asked=CLIENTS[name]))
    result = suite.drive("--oneresponse-faults=upstream")
    result.stdout.fnmatch_lines(
        ["second-response *", "* = fault: GET https://stock.test*/pens at shop.py:* answers with 429"]
    )
    again = pasted_and_run(suite, told(result), 5)
    again.stdout.fnmatch_lines(["second-response GET *", "*--> shop.py:9:9"])


def pasted_and_run(suite: Suite, told_before: str, lines: int) -> pytest.RunResult:
    """The test that a run has offered, in a suite of its own: it fails."""
    offered = told_before.partition(" = test: ")[2].splitlines()[:lines]
    indent = min(len(line) - len(line.lstrip()) for line in offered[1:])
    suite.write(test_it="\n".join([offered[0], *(line[indent:] for line in offered[1:])]))
    again = suite.run("--oneresponse")
    assert list(suite.outcomes(again).values()) == ["failed"], told(again)
    return again


TWICE_DOWN = """
PLAIN = [("Content-Type", "text/plain")]


def primary():
    open("shop.py").close()


def secondary():
    open("shop.py").close()


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    try:
        primary()
    except OSError:
        try:
            secondary()
        except OSError:
            start_response("503 Service Unavailable", PLAIN)
    return [b"pens"]
"""


def test_two_failures_offer_themselves_as_one_test(suite: Suite) -> None:
    suite.write(shop=TWICE_DOWN)
    result = suite.drive()
    result.stdout.fnmatch_lines(["second-response *", "* = note: before that * raises *OSError*"])
    again = pasted_and_run(suite, told(result), 5)
    again.stdout.fnmatch_lines(["second-response GET *", "*--> shop.py:20:13"])


AT_THE_EXIT = """
import sqlite3

PLAIN = [("Content-Type", "text/plain")]
connection = sqlite3.connect(":memory:", check_same_thread=False)


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    try:
        with connection:
            pass
    except sqlite3.OperationalError:
        start_response("503 Service Unavailable", PLAIN)
    return [b"pens"]
"""
OF_AN_ORM = """
from sqlalchemy import Column, Integer, create_engine, exc, orm

PLAIN = [("Content-Type", "text/plain")]
Base = orm.declarative_base()


class Pen(Base):
    __tablename__ = "pens"
    id = Column(Integer, primary_key=True)


engine = create_engine("sqlite://")


def count():
    return orm.Session(engine).query(Pen).count()


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    try:
        count()
    except exc.OperationalError:
        start_response("503 Service Unavailable", PLAIN)
    return [b"pens"]


Base.metadata.create_all(engine)
"""
CANCELLED = """
import asyncio


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b"pens"})
"""


@pytest.mark.parametrize(
    ("source", "module", "of"),
    [(AT_THE_EXIT, "sqlite3", "of='exit'"), (OF_AN_ORM, "sqlalchemy", ""), (CANCELLED, "asyncio", "CancelledError")],
    ids=["exit", "query", "cancelled"],
)
def test_whatever_fails_offers_itself_as_a_test(suite: Suite, source: str, module: str, of: str) -> None:
    pytest.importorskip(module)
    suite.write(shop=source)
    result = suite.drive()
    result.stdout.fnmatch_lines(["second-response *"])
    first = told(result).partition("second-response ")[2]
    assert of in first.partition(" = test: ")[2].partition("with oneresponse.fault(")[2].splitlines()[0]
    lines = first.partition(" = test: ")[2].splitlines()
    pasted_and_run(suite, first, next(number for number, line in enumerate(lines) if "client.get(" in line) + 1)


def test_a_query_of_a_line_fails(suite: Suite) -> None:
    pytest.importorskip("sqlalchemy")
    tests = """
from sqlalchemy import exc
from shop import app

def test_it(oneresponse):
    client = oneresponse.client(app)
    with oneresponse.expect("second-response"), oneresponse.fault("shop.py:16", exc.OperationalError, of="query"):
        client.get("/", status=503)
    client.get("/", status=200)

def test_there_is_only_one(oneresponse):
    client = oneresponse.client(app)
    with oneresponse.fault("shop.py:16", exc.OperationalError, nth=2, of="query"):
        client.get("/")
"""
    suite.write(shop=OF_AN_ORM, test_it=tests)
    result = suite.run()
    assert list(suite.outcomes(result).values()) == ["passed", "failed"], told(result)
    assert "the app's code called shop.py:16 once (nth=2)" in told(result)


LEAVING = """
PLAIN = [("Content-Type", "text/plain")]


class Pens:
    def __init__(self, start_response):
        self.start_response = start_response

    def __iter__(self):
        yield b"one"
        yield b"two"

    def close(self):
        try:
            open("shop.py").close()
        except OSError:
            self.start_response("503 Service Unavailable", PLAIN)


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    return Pens(start_response)
"""


@pytest.mark.parametrize(
    "body",
    [
        "client = oneresponse.client(app, leaves='first')\n    assert client.get('/').body == b'one'",
        "client = oneresponse.client(app, leaves='before')\n    assert client.get('/', status=200).body == b''",
        "client = oneresponse.client(later, leaves='before')\n    assert client.get('/', status=499).body == b''",
        "client = oneresponse.client(streams, leaves='first')\n    assert client.get('/').body == b'one'",
        "client = oneresponse.client(app, slow=True)\n    assert client.get('/').body == b'onetwo'",
    ],
)
def test_a_client_of_a_test_may_leave(suite: Suite, body: str) -> None:
    more = """

def later(environ, start_response):
    def steps():
        start_response("200 OK", PLAIN)
        yield b"one"
    return steps()


async def streams(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass
"""
    test = f"from shop import app, later, streams\n\n\ndef test_it(oneresponse):\n    {body}\n"
    suite.write(shop=LEAVING + more, test_it=test)
    result = suite.run("--oneresponse")
    assert list(suite.outcomes(result).values()) == ["passed"], told(result)


def test_faults_within_each_other(suite: Suite) -> None:
    tests = """
import pytest
import shop

def test_it(oneresponse):
    client = oneresponse.client(shop.app)
    with oneresponse.expect("second-response"):
        with oneresponse.fault("shop.primary", OSError), oneresponse.fault("shop.secondary", OSError):
            client.get("/", status=503)
    with oneresponse.fault("shop.primary", OSError):
        client.get("/")
    client.get("/")

def test_the_inner_one_does_not_come(oneresponse):
    client = oneresponse.client(shop.app)
    with oneresponse.fault("shop.primary", OSError):
        with oneresponse.fault("shop.secondary", OSError, nth=2):
            client.get("/")
"""
    suite.write(shop=TWICE_DOWN, test_it=tests)
    result = suite.run()
    assert list(suite.outcomes(result).values()) == ["passed", "failed"], told(result)
    assert "the app's code called shop.secondary once (nth=2)" in told(result)


BY_URL = """
import pytest
import shop

def test_it(oneresponse):
    client = oneresponse.client(shop.app)
    with oneresponse.fault({fault}):
        client.get("/")
"""


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ('"GET https://stock.test/pens", "404"', ""),
        ('"GET https://stock.test/pens/", "read timeout", always=True', ""),
        ('"shop.py:9", "503"', ""),
        ('"GET https://stock.test/pens", "404", nth=2', "called GET https://stock.test/pens once (nth=2)"),
        ('"GET https://other.test/pens", "404"', "called GET https://other.test/pens never"),
        ('"GET https://stock.test/pens", "405"', "not '405'; machines fail by 'connect timeout', "),
        ('"shop.app", "404"', "'shop.app' names neither a request (GET https://host/path) nor a line"),
    ],
)
def test_another_machine_fails_by_its_name(suite: Suite, fault: str, says: str) -> None:
    asking = """
import urllib.request

PLAIN = [("Content-Type", "text/plain")]


def app(environ, start_response):
    start_response("200 OK", PLAIN)
    try:
        urllib.request.urlopen("https://stock.test:443/pens")
    except OSError:
        return [b"none"]
    return [b"pens"]
"""
    suite.write(shop=asking, test_it=BY_URL.format(fault=fault))
    result = suite.run()
    assert list(suite.outcomes(result).values()) == ["failed" if says else "passed"], told(result)
    assert says in told(result)


# ---------------------------------------------------------------- by hand

BY_HAND = """
import pytest, sqlite3
import shop

def test_it(oneresponse):
    client = oneresponse.client(shop.{app})
    with oneresponse.fault({fault}):
        assert client.get("/", expect_errors=True).status_int == {status}
"""


@pytest.mark.parametrize(
    "fault",
    [
        '"sqlite3.connect", sqlite3.OperationalError',
        '"sqlite3.connect", sqlite3.OperationalError("my own")',
        '"shop.connect", sqlite3.OperationalError',
        '"sqlite3.Cursor.fetchone", sqlite3.OperationalError',
        '"sqlite3.Connection.execute", sqlite3.OperationalError',
        '"shop.py:7", sqlite3.OperationalError',
        '"shop.py:22", sqlite3.OperationalError',
        '"shop.py:22", sqlite3.OperationalError, nth=3',
        '"shop.py:22", sqlite3.OperationalError, nth=2, always=True',
    ],
)
@pytest.mark.parametrize("watching", [True, False])
def test_a_test_makes_a_call_fail(suite: Suite, fault: str, watching: bool) -> None:
    suite.write(shop=SHOP, test_it=BY_HAND.format(app="fine", fault=fault, status=503))
    result = suite.run(*(["--oneresponse"] if watching else []))
    assert list(suite.outcomes(result).values()) == ["passed"], told(result)


def test_what_it_shows_fails_the_test(suite: Suite) -> None:
    suite.write(
        shop=SHOP, test_it=BY_HAND.format(app="app", fault='"shop.connect", sqlite3.OperationalError', status=200)
    )
    result = suite.run()
    result.stdout.fnmatch_lines(["second-response GET *", "* = fault: connect at shop.py:13 raises sqlite3.*"])


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (
            '"sqlite3.connect", ValueError, nth=2',
            "the fault did not come: the app's code called sqlite3.connect once (nth=2)",
        ),
        ('"json.loads", ValueError', "the fault did not come: the app's code called json.loads never"),
        ('"nosuch.module", ValueError', "'nosuch.module' names neither a function"),
        ('"shop.nosuch", ValueError', "shop.nosuch: shop has no nosuch"),
        ('"shop.PLAIN", ValueError', "shop.PLAIN is of type list, which cannot be called"),
        ('"shop.py:1", ValueError', "nothing that could fail stands on the line shop.py:1"),
        ('"shop.connect", "text"', "a fault raises an exception or a class of exceptions, not 'text'"),
        ('"shop.connect", ValueError, nth=0', "nth counts from 1, not 0"),
        ('"shop.connect", ValueError, of="exit"', "of='exit': of a line (file.py:31) it may be 'exit' or 'query'"),
        ('"shop.py:7", ValueError, of="entry"', "of='entry': of a line (file.py:31) it may be 'exit' or 'query'"),
    ],
)
def test_a_fault_that_cannot_come_is_an_error(suite: Suite, fault: str, says: str) -> None:
    suite.write(shop=SHOP, test_it=BY_HAND.format(app="fine", fault=fault, status=200))
    result = suite.run()
    assert list(suite.outcomes(result).values()) == ["failed"]
    assert says in told(result)


def test_nothing_fails_after_the_block(suite: Suite) -> None:
    tests = """
import sqlite3
import shop

def test_it(oneresponse):
    client = oneresponse.client(shop.fine)
    with oneresponse.fault("sqlite3.connect", sqlite3.Error, always=True):
        client.get("/", status=503)
        client.get("/", status=503)
    client.get("/", status=200)
    with oneresponse.fault("sqlite3.connect", sqlite3.Error, nth=2):
        client.get("/", status=200)
        client.get("/", status=503)
    client.get("/", status=200)
"""
    suite.write(shop=SHOP, test_it=tests)
    result = suite.run()
    assert list(suite.outcomes(result).values()) == ["passed"], told(result)


def test_requests_are_answered_by_hand(suite: Suite) -> None:
    tests = """
import requests

def app(environ, start_response):
    stock = requests.get("https://inventory.internal/stock").json()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(stock["pens"]).encode()]

def test_it(oneresponse):
    oneresponse.upstream.get("https://inventory.internal/stock", json={"pens": 3})
    assert oneresponse.client(app).get("/").text == "3"
    assert oneresponse.upstream.called

def test_after():
    assert "requests_mock" not in repr(requests.Session().get_adapter("https://inventory.internal"))
"""
    suite.write(test_it=tests)
    result = suite.run()
    assert set(suite.outcomes(result).values()) == {"passed"}, told(result)


# ---------------------------------------------------------------- other machines

REACHING = """
import socket


def app(environ, start_response):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=0.01).close()
    except OSError as error:
        open("error.txt", "a").write(f"{type(error).__name__} {error}\\n")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
"""


def test_no_request_leaves_the_machine(suite: Suite) -> None:
    suite.write(shop=REACHING)
    result = suite.drive("--oneresponse-faults=none")
    assert "192.0.2.1 was not reached in shop.py:6 (--oneresponse-network allows it)" in told(result)
    error = Path(suite.path, "error.txt").read_text(encoding="utf-8").splitlines()[0]
    assert error.startswith("Unreachable ") and "192.0.2.1:80 is on another machine" in error and "shop.py:6" in error


def test_the_user_allows_it(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    suite.write(shop=REACHING)
    result = suite.drive("--oneresponse-faults=none", "--oneresponse-network")
    assert "was not reached" not in told(result)
    assert ("192.0.2.1", 80) in tried


UPSTREAM = """
import json
import urllib.request


def app(environ, start_response):
    with urllib.request.urlopen("http://inventory.internal/stock") as answer:
        stock = json.load(answer)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if stock["pens"] > 1000:
        start_response("500 Oops", [("Content-Type", "text/plain")])
    return [b"done"]
"""


def test_branches_on_what_another_machine_answers_are_taken(suite: Suite) -> None:
    suite.write(shop=UPSTREAM)
    result = suite.drive("--oneresponse-faults=none")
    result.stdout.fnmatch_lines(
        ["second-response *", '* = note: other machines answer {"pens": *}', "*2 of 2 branches taken"]
    )


# ---------------------------------------------------------------- what a failure leaves behind

LOCKING = """
import json
import threading

LOCK = threading.Lock()


def app(environ, start_response):
    LOCK.acquire()
    document = json.loads('{"a": 1}')
    LOCK.release()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(document).encode()]
"""


def test_a_lock_that_a_failure_leaves_is_told_where_it_failed(suite: Suite) -> None:
    suite.write(shop=LOCKING)
    result = suite.drive("--oneresponse-timeout=0.3")
    result.stdout.fnmatch_lines(
        ["hung-response *", "* = fault: json.loads at shop.py:9 raises json.decoder.JSONDecodeError"]
    )


LEAKING = """
import asyncio
import json
import threading
import time
from fastapi import FastAPI

app = FastAPI(openapi_url=None)
PLACES = asyncio.Semaphore(1)
LOCK = threading.Lock()


async def query():
    await PLACES.acquire()
    document = json.loads('{"a": 1}')
    PLACES.release()
    return document


@app.get("/a")
async def a():
    return await query()


@app.get("/b")
async def b():
    return await query()


@app.get("/c")
async def c():
    while True:
        pass


@app.get("/d")
def d():
    LOCK.acquire()
    document = json.loads('{"a": 1}')
    LOCK.release()
    return document


@app.get("/e")
def e():
    return d()
"""


def test_what_hangs_for_what_a_failure_in_another_route_has_kept_is_no_breach_of_its_own(suite: Suite) -> None:
    pytest.importorskip("fastapi")
    suite.write(shop=LEAKING)
    result = suite.drive("--oneresponse-timeout=0.3")
    found = [line for line in result.outlines if line.startswith("hung-response ")]
    assert [line.partition(":")[0] for line in found] == [f"hung-response GET /{name}" for name in "acd"]
    result.assert_outcomes(failed=5, warnings=2)
    result.stdout.fnmatch_lines(
        ["GET /b: an exchange hung, *; failures in other routes may have kept what it waits for: *"]
    )


LIVING = """
import asyncio
import contextlib
import pathlib

from fastapi import FastAPI


@contextlib.asynccontextmanager
async def lifespan(app):
    async with asyncio.TaskGroup() as group:
        app.state.group = group
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


async def job():
    try:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        pathlib.Path("cancelled").touch()


@app.post("/jobs")
async def start():
    app.state.group.create_task(job())
    await asyncio.sleep(0.01)
    return {"ok": 1}
"""


def test_a_task_of_the_apps_own_is_not_cancelled_by_a_client(suite: Suite) -> None:
    pytest.importorskip("fastapi")
    suite.write(shop=LIVING)
    result = suite.drive("--oneresponse-report=report.json")
    assert list(suite.outcomes(result).values()) == ["passed"], told(result)
    assert suite.report()["findings"] == []
    assert not (suite.path / "cancelled").exists()


REMOVING = """
import os
import tempfile


def app(environ, start_response):
    handle, name = tempfile.mkstemp(dir=FOLDER)
    try:
        os.close(handle)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]
    finally:
        os.unlink(name)
"""


def test_what_is_removed_is_removed_and_fails_then(suite: Suite) -> None:
    folder = Path(suite.path, "made")
    folder.mkdir()
    suite.write(shop=f"FOLDER = {str(folder)!r}\n" + REMOVING)
    result = suite.drive()
    result.stdout.fnmatch_lines(["* failures injected, 3 places may fail"])
    assert list(folder.iterdir()) == []


DECORATED = """
import contextlib
import functools
import json

from flask import Flask, Response

app = Flask(__name__, static_folder=None)


class Report:
    name = "report"


class Unique:
    def __call__(self, form, field):
        return None


def as_json(view):
    @functools.wraps(view)
    def wrapper():
        return Response(json.dumps(view().name) + json.loads('"."'))

    return wrapper


@app.get("/report")
@as_json
def report():
    return Report()


@app.get("/unsaved")
def unsaved():
    with contextlib.ExitStack() as checks:
        checks.callback(Unique(), "form", "field")
    return "could not be saved", 500
"""


def test_a_failure_of_what_makes_the_response_is_not_laid_to_the_view(suite: Suite) -> None:
    """Nor is a validator that returns None a middleware, because a view answers 500."""
    pytest.importorskip("flask")
    suite.write(shop=DECORATED)
    result = suite.drive()
    assert set(suite.outcomes(result).values()) == {"passed"}, told(result)


MOCKED = """
import requests
from flask import Flask

app = Flask(__name__, static_folder=None)
stock = requests.Session()


@app.get("/stock")
def pens():
    return str(stock.get("http://inventory.internal/stock").json()["pens"])
"""


def test_mocks_of_the_users_answer_a_driven_app(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(
        shop=MOCKED,
        conftest="""
import pytest, requests_mock
@pytest.fixture(autouse=True)
def inventory():
    with requests_mock.Mocker() as mocker:
        mocker.get("http://inventory.internal/stock", json={"pens": 3})
        yield
""",
        test_a="""
from shop import app
def test_a(oneresponse):
    oneresponse.upstream.get("http://inventory.internal/stock", json={"pens": 4})
    oneresponse.check(app)
    assert oneresponse.upstream.called
    assert oneresponse.client(app).get("/stock").text == "4"
""",
    )
    result = suite.drive("-v")
    result.assert_outcomes(passed=2)
    assert "never answered" not in told(result), "the app was answered by the mock"
    assert "failures injected" in told(result), "and machines misbehave all the same"


CONSUMED = """
import smtplib

from flask import Flask, request

app = Flask(__name__)
USERS = set()


def send_mail(to):
    with smtplib.SMTP("localhost", 2525, timeout=2) as smtp:
        smtp.sendmail("a@b", [to], "x")


@app.post("/register")
def register():
    name = request.form.get("name", "")
    if not name or name in USERS:
        return "taken", 409
    USERS.add(name)
    try:
        send_mail(name)
    except smtplib.SMTPRecipientsRefused:
        return None
    except OSError:
        pass
    return "ok"
"""


def test_what_a_trial_has_created_is_created_anew_for_what_fails(suite: Suite) -> None:
    pytest.importorskip("flask")
    suite.write(shop=CONSUMED)
    suite.drive("--oneresponse-report=r.json")
    (found,) = suite.report("r.json")["findings"]
    assert (found["rule"], found["where"]["line"]) == ("no-response", 23)
    assert found["fault"]["exception"].endswith("SMTPRecipientsRefused")


STATUSES = """
import requests
from flask import Flask, jsonify

app = Flask(__name__)


@app.post("/pay")
def pay():
    answer = requests.post("https://pay.internal/charges", json={"amount": 5}, timeout=3)
    if answer.status_code == 402:
        jsonify(error="declined"), 402
    if answer.status_code == 204:
        return None
    return jsonify(ok=True)
"""


def test_other_machines_answer_with_the_statuses_that_the_app_waits_for(suite: Suite) -> None:
    pytest.importorskip("flask")
    pytest.importorskip("requests")
    suite.write(shop=STATUSES)
    result = suite.drive("--oneresponse-faults=none", "--oneresponse-report=r.json")
    found = {(one["rule"], one["where"]["line"]) for one in suite.report("r.json")["findings"]}
    assert found == {("orphan-response", 11), ("no-response", 13)}
    result.stdout.fnmatch_lines(["*= note: other machines answer 402 {}*"])
    lost = next(one for one in suite.report("r.json")["findings"] if one["rule"] == "orphan-response")
    again = suite.drive(f"--oneresponse-replay={lost['replay'].rpartition('=')[2]}", "-p", "no:cacheprovider")
    again.stdout.fnmatch_lines(["*orphan-response POST /pay*"])


WORKER = """
import asyncio, contextlib

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

JOBS = []


async def worker():
    while True:
        await asyncio.sleep(0)
        while JOBS:
            job = JOBS.pop()
            if not job.done():
                job.set_result("done")


@contextlib.asynccontextmanager
async def lifespan(app):
    working = asyncio.create_task(worker())
    yield
    working.cancel()


async def ask(request):
    JOBS.append(asyncio.get_running_loop().create_future())
    return PlainTextResponse(await JOBS[-1])


app = Starlette(routes=[Route("/ask", ask), Route("/again", ask)], lifespan=lifespan)
"""


def test_what_the_start_up_began_is_not_cancelled_with_a_request(suite: Suite) -> None:
    pytest.importorskip("starlette")
    suite.write(shop=WORKER)
    result = suite.drive("-v", "--oneresponse-timeout=1")
    result.stdout.fnmatch_lines(["2 routes driven, * requests judged: no findings"])
    result.assert_outcomes(passed=2)

"""From exchanges to findings: sentences, life lines, routes, and the lines that real apps are blamed with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse import judging
from pytest_oneresponse.contract import rules
from pytest_oneresponse.contract.events import (
    Accept,
    Data,
    End,
    Event,
    Gone,
    Improper,
    Lifespan,
    Lost,
    Message,
    Raised,
    Returned,
    Start,
    TimedOut,
)
from pytest_oneresponse.contract.finding import Finding, Place
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange
from pytest_oneresponse.fault import Fault
from pytest_oneresponse.faults.tap import Fired
from pytest_oneresponse.judging import Told, failed_with, findings, life_line, route_name
from pytest_oneresponse.protocols import asgi, wsgi
from pytest_oneresponse.protocols.client import DEFAULT, Client
from pytest_oneresponse.routes import Route
from pytest_oneresponse.sites import Owners

A, W = Facts("asgi"), Facts("wsgi")


@pytest.fixture(autouse=True)
def root(tmp_path: Path) -> Iterator[Path]:
    """The user's root, with one framework beside it."""
    before = Owners.root, Owners.packages, Owners.frameworks
    Owners.configure(tmp_path, (), ("fw",))
    yield tmp_path
    Owners.root, Owners.packages, Owners.frameworks = before
    Owners._user = {}


def exchange_of(facts: Facts, events: list[Event], app: Any = None) -> Exchange:
    exchange = Exchange(facts, app, lambda _: Request(facts.method, "/a"))
    exchange.docket = None
    exchange.events += events
    exchange.closed = True
    return exchange


START, SECOND = Start(200, ()), Start(500, ())
E, R = End(), Returned()
CL = Start(200, ((b"content-length", b"4"),))

SENTENCES: list[tuple[Facts, list[Event], str]] = [
    (A, [R], "the app returned without having started a response"),
    (A, [START, SECOND, R], "a second response (500) was started after the first (200) had started"),
    (
        A,
        [START, Data(1), SECOND],
        "a second response (500) was started after the first (200) had sent a part of its body",
    ),
    (A, [START, E, SECOND], "a second response (500) was started after the first (200) was complete"),
    (
        A,
        [START, Gone(), SECOND],
        "a second response (500) was started after the first (200) had started (the client has left)",
    ),
    (A, [START, R], "the response (200) was started and never ended"),
    (A, [TimedOut()], "the handler neither ended nor failed within the time limit"),
    (A, [START, TimedOut()], "the response (200) was started, but neither ended nor failed within the time limit"),
    (A, [Raised(KeyError())], "KeyError escaped before a response was started"),
    (A, [START, Raised(KeyError())], "KeyError escaped after the response (200) had started"),
    (A, [START, Data(1), Raised(KeyError())], "KeyError escaped after the response (200) had sent a part of its body"),
    (A, [START, E, Raised(KeyError())], "KeyError escaped after the response (200) was complete"),
    (A, [START, E, Data(3), R], "3 bytes were sent after the end of the response (200)"),
    (A, [START, E, E, R], "the body was ended again after the end of the response (200)"),
    (A, [START, E, R, Data(3)], "a part of the body was sent after the app had returned to the server"),
    (A, [R, START], "a response was sent after the app had returned to the server"),
    (A, [START, R, E], "the end of the body was sent after the app had returned to the server"),
    (A, [CL, Data(3), E, R], "Content-Length says 4 bytes, 3 were sent"),
    (A, [START, Improper("invalid-message", "what was wrong"), E, R], "what was wrong"),
    (A, [Data(3), R], rules.RULES["body-before-start"].sentence),
    (Facts("asgi", "websocket"), [R], rules.RULES["websocket-no-decision"].sentence),
    (
        Facts("asgi", "websocket"),
        [Accept(), Raised(KeyError())],
        "KeyError escaped when the connection had been accepted",
    ),
]


@pytest.mark.parametrize(("facts", "events", "sentence"), SENTENCES, ids=[case[2][:60] for case in SENTENCES])
def test_sentence(facts: Facts, events: list[Event], sentence: str) -> None:
    (finding,) = findings(exchange_of(facts, events), Told())
    assert finding.message == sentence
    assert finding.headline.startswith(f"{finding.rule} ")


def test_no_breach_no_finding() -> None:
    assert findings(exchange_of(A, [START, E, R]), Told()) == []


def test_what_a_finding_carries() -> None:
    route = Route("GET", "/items/{id}")
    exchange = exchange_of(A, [START, Data(7), SECOND, R])
    exchange.client = "leaves"
    (finding,) = findings(exchange, Told(route, "pytest --replay", "t.py::t"))
    rule = rules.RULES["second-response"]
    assert (finding.rule, finding.level, finding.route) == ("second-response", "breach", "GET /items/{id}")
    assert (finding.where_label, finding.also_label) == (rule.where, rule.also)
    assert (finding.state, finding.client, finding.replay) == ("BODY", "leaves", "pytest --replay")
    assert (finding.test, finding.request) == ("t.py::t", Request("GET", "/a"))
    assert finding.life == "HEAD -start 200-> STARTED -data 7-> BODY -start 500-> second-response"


LEVELS: list[tuple[list[Event], list[tuple[str, str]]]] = [
    ([START, SECOND], [("second-response", "breach")]),
    ([Raised(KeyError())], [("unhandled-error", "off")]),
    ([START, E, Raised(KeyError())], [("error-after-end", "practice")]),
    ([START, Improper("body-not-bytes", "x", None, "practice"), E, R], [("body-not-bytes", "practice")]),
    ([Data(0), START, E, R], [("body-before-start", "practice")]),
    ([Data(0), Data(5)], [("body-before-start", "breach")]),
    ([Data(0), Data(0), Data(5)], [("body-before-start", "breach")]),
]


@pytest.mark.parametrize(("events", "expected"), LEVELS, ids=range(len(LEVELS)))
def test_levels(events: list[Event], expected: list[tuple[str, str]]) -> None:
    assert [(finding.rule, finding.level) for finding in findings(exchange_of(A, events), Told())] == expected


def test_what_is_told_alike_is_told_once() -> None:
    wrong = Improper("body-not-bytes", "the iterable gave int, not bytes")
    other = Improper("body-not-bytes", "the iterable gave str, not bytes")
    found = findings(exchange_of(W, [Start("200 OK", ()), wrong, wrong, other, E, R]), Told())
    assert [finding.message for finding in found] == [wrong.detail, other.detail]


def test_each_line_that_loses_an_answer_is_told() -> None:
    def lost(site: Any) -> Event:
        return Lost("orphan-response", "a response (302) was built, and neither sent nor returned", site)

    here, there = (test_levels.__code__, 2), (test_levels.__code__, 4)
    events = [lost(here), lost(here), lost(there), START, E, R]
    assert [finding.rule for finding in findings(exchange_of(A, events), Told())] == ["orphan-response"] * 2


def test_how_an_exchange_is_named() -> None:
    route = Route("GET", "/items/{id}")
    assert route_name(exchange_of(A, []), route) == "GET /items/{id}"
    assert route_name(exchange_of(A, []), None) == "GET /a"
    assert route_name(exchange_of(Facts("asgi", "lifespan"), []), None) == "LIFESPAN"
    assert route_name(exchange_of(Facts("asgi", "websocket"), []), None) == "WEBSOCKET /a"


def test_a_lifespan_and_a_websocket_have_findings_too() -> None:
    lifespan = exchange_of(Facts("asgi", "lifespan", "LIFESPAN"), [Lifespan("startup.complete")])
    assert [finding.headline.split(":")[0] for finding in findings(lifespan, Told())] == [
        "lifespan-out-of-order LIFESPAN"
    ]
    websocket = exchange_of(Facts("asgi", "websocket"), [Accept(), Accept(), Message()])
    assert [finding.route for finding in findings(websocket, Told())] == ["WEBSOCKET /a"]


LIVES = [
    (("HEAD",), "", "HEAD"),
    (("HEAD", "returned", "SILENT", "over", "JUDGED"), "no-response", "HEAD -returned-> SILENT -over-> no-response"),
    (("HEAD", "a", "B", "c", "JUDGED", "d", "JUDGED"), "rule", "HEAD -a-> B -c-> rule"),
    (("HEAD", "a", "B", "c", "OVER"), "rule", "HEAD -a-> B -c-> OVER"),
    (("HEAD", "a", "JUDGED"), "", "HEAD -a-> JUDGED"),
]


@pytest.mark.parametrize(("path", "rule", "expected"), LIVES, ids=range(len(LIVES)))
def test_life_line(path: tuple[str, ...], rule: str, expected: str) -> None:
    assert life_line(path, rule) == expected


def test_a_long_life_is_shortened_in_its_middle() -> None:
    path: list[str] = ["HEAD"]
    for number in range(1, 31):
        path += [f"e{number}", f"S{number}"]
    line = life_line(tuple(path))
    assert line.startswith("HEAD -e1-> S1 ") and line.endswith("-e30-> S30")
    assert "(20 more)" in line and line.count("->") == 10
    exactly = life_line(tuple(path[: 1 + 2 * 11]))
    assert "more" not in exactly and exactly.count("->") == 11


# ------------------------------------------------------------------------------------------ real apps

FRAMEWORK = """\
def respond(send_it, *args):
    return send_it(*args)
"""


@pytest.fixture
def load(root: Path) -> Callable[..., Any]:
    """Runs a source as shop/app.py and gives its `app`."""

    def load(source: str) -> Any:
        path = root / "shop" / "app.py"
        path.parent.mkdir()
        path.write_text(source)
        names: dict[str, Any] = {"asyncio": asyncio, "__name__": "shop.app"}
        exec(compile(source, str(path), "exec"), names)
        return names["app"]

    return load


def drive(app: Any, interface: str, client: Client) -> list[Finding]:
    driver: Any = {"wsgi": wsgi, "asgi": asgi}[interface].Driver(app, 2)
    exchange, _ = driver.exchange(Request("GET", "/x"), client)
    driver.close()
    return findings(exchange, Told())


APPS: list[tuple[str, str, str, Client, list[tuple[str, int, int]]]] = [
    # what, the interface, the source, the client, the findings: rule, line, other line (0 where there is none)
    (
        "the missing return",
        "wsgi",
        """\
        def app(environ, start_response):
            if environ["PATH_INFO"] == "/x":
                start_response("404 Not Found", [])
            start_response("200 OK", [])
            return [b"hello"]
        """,
        DEFAULT,
        [("second-response", 4, 3)],
    ),
    (
        "a second answer from the except",
        "asgi",
        """\
        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                return
            try:
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": b"a", "more_body": True})
                raise KeyError
            except KeyError:
                await send({"type": "http.response.start", "status": 500})
                await send({"type": "http.response.body"})
        """,
        DEFAULT,
        [("second-response", 9, 5)],
    ),
    (
        "nothing at all",
        "asgi",
        """\
        class App:
            async def __call__(self, scope, receive, send):
                pass


        app = App()
        """,
        DEFAULT,
        [("no-response", 2, 0)],
    ),
    (
        "nothing ended",
        "asgi",
        """\
        async def app(scope, receive, send):
            if scope["type"] != "lifespan":
                await send({"type": "http.response.start", "status": 200})
        """,
        DEFAULT,
        [("unfinished-response", 1, 3)],
    ),
    (
        "a forgotten task",
        "asgi",
        """\
        async def app(scope, receive, send):
            if scope["type"] != "lifespan":
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": b"a"})
                app.task = asyncio.ensure_future(later(send))


        async def later(send):
            await asyncio.sleep(0.001)
            await send({"type": "http.response.body", "body": b"b"})
        """,
        DEFAULT,
        [("late-send", 10, 4)],
    ),
    (
        "an error in the stream",
        "wsgi",
        """\
        def app(environ, start_response):
            start_response("200 OK", [])
            return rows()


        def rows():
            yield b"a"
            yield 1 // 0
        """,
        DEFAULT,
        [("error-after-start", 8, 2)],
    ),
    (
        "a wrong length",
        "wsgi",
        """\
        def app(environ, start_response):
            start_response("200 OK", [("Content-Length", "3")])
            return [b"four"]
        """,
        DEFAULT,
        [("length-mismatch", 2, 0)],
    ),
    (
        "an error that is swallowed",
        "wsgi",
        """\
        import sys


        def app(environ, start_response):
            start_response("200 OK", [])
            yield b"a"
            try:
                raise KeyError
            except KeyError:
                try:
                    start_response("500 No", [], sys.exc_info())
                except KeyError:
                    pass
            yield b"b"
        """,
        DEFAULT,
        [("error-swallowed", 11, 6)],
    ),
    (
        "a client that is gone, and an app that minds",
        "asgi",
        """\
        async def app(scope, receive, send):
            if scope["type"] != "lifespan":
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": b"a", "more_body": True})
                await send({"type": "http.response.start", "status": 500})
        """,
        Client(leaves="first"),
        [("second-response", 5, 3)],
    ),
    (
        "a body on a 204",
        "asgi",
        """\
        async def app(scope, receive, send):
            if scope["type"] != "lifespan":
                await send({"type": "http.response.start", "status": 204})
                await send({"type": "http.response.body", "body": b"null"})
        """,
        DEFAULT,
        [("body-not-allowed", 3, 4)],
    ),
]


@pytest.mark.parametrize(("interface", "source", "client", "expected"), [c[1:] for c in APPS], ids=[c[0] for c in APPS])
def test_a_real_app_is_blamed_with_its_lines(
    load: Any, interface: str, source: str, client: Client, expected: Any
) -> None:
    import textwrap

    found = drive(load(textwrap.dedent(source)), interface, client)
    assert [(f.rule, f.where.line if f.where else 0, f.also.line if f.also else 0) for f in found] == expected
    for finding in found:
        for place in (finding.where, finding.also):
            assert place is None or (place.file == "shop/app.py" and place.package == "" and place.source)
        assert finding.request == Request("GET", "/x") and finding.route == "GET /x"


def test_the_handler_of_the_route_is_blamed_where_the_app_is_a_package(load: Any, root: Path) -> None:
    app = load("async def app(scope, receive, send):\n    pass\n\n\ndef view():\n    pass\n\n\napp.view = view\n")
    driver = asgi.Driver(app, 2)
    exchange, _ = driver.exchange(Request())
    driver.close()
    (finding,) = findings(exchange, Told(Route("GET", "/", app.view)))
    assert finding.where is not None and (finding.where.line, finding.where.function) == (5, "view")
    (finding,) = findings(exchange, Told(Route("GET", "/")))
    assert finding.where is not None and finding.where.line == 1, "else the app itself"


def test_what_is_judged_can_be_judged_again() -> None:
    exchange = exchange_of(A, [START, SECOND])
    assert judging.findings(exchange, Told()) == judging.findings(exchange, Told())


# what was made to fail


def fired(line: int, exception: str = "builtins.OSError", **values: Any) -> Fired:
    fault = Fault("call", "shop.py", (line, 4, line, 10), exception, values.pop("nth", 1), values.pop("always", False))
    return Fired(fault, Place("shop.py", line, 5, "f", "open(a)"), "open", "HEAD", values.pop("passing", 1))


FINDING = Finding("second-response", "breach", "GET /a", "m", notes=("first",))


def test_a_finding_tells_what_was_made_to_fail() -> None:
    finding = failed_with(FINDING, (fired(7, nth=2, always=True, passing=3),))
    assert finding.fault == {
        "kind": "call",
        "where": {"file": "shop.py", "line": 7, "column": 5, "function": "f", "source": "open(a)"},
        "call": "open",
        "exception": "OSError",
        "occurrence": 2,
        "line": 7,
        "passing": 3,
        "always": True,
        "before": [],
    }
    assert (finding.level, finding.notes) == ("breach", ("first",))


def test_of_two_failures_the_last_is_the_cause() -> None:
    finding = failed_with(FINDING, (fired(7, "json.decoder.JSONDecodeError"), fired(9)))
    assert finding.fault is not None and finding.fault["line"] == 9
    assert [one["line"] for one in finding.fault["before"]] == [7]
    assert finding.notes == ("first", "before that open in shop.py:7 raises json.decoder.JSONDecodeError")


@pytest.mark.parametrize(
    ("rule", "level", "wanted"),
    [
        ("error-after-start", "breach", "practice"),
        ("error-after-start", "off", "off"),
        ("error-after-start", "practice", "practice"),
        ("error-after-end", "breach", "breach"),
        ("second-response", "breach", "breach"),
        ("unfinished-response", "breach", "breach"),
    ],
)
def test_a_stream_that_a_failure_cuts_short_is_a_practice(rule: str, level: str, wanted: str) -> None:
    assert failed_with(Finding(rule, level, "GET /a", "m"), (fired(7),)).level == wanted


def test_only_where_something_failed_is_it_told() -> None:
    exchange = exchange_of(A, [START, SECOND])
    assert all(finding.fault is None for finding in findings(exchange, Told()))
    exchange.fired = (fired(7),)
    found = findings(exchange, Told())
    assert found and all(finding.fault and finding.fault["call"] == "open" for finding in found)

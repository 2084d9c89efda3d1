"""The ASGI recorder, message by message, and the driver: a server that outlives whatever the app does."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import gc
import signal
import sys
import threading
import time
import tracemalloc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from pytest_oneresponse import sites
from pytest_oneresponse.contract.events import Lifespan, Start, TimedOut
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import AlreadyJudged, Docket, Exchange, Watcher, current
from pytest_oneresponse.protocols import asgi, interrupt, served
from pytest_oneresponse.protocols.alarm import Alarm
from pytest_oneresponse.protocols.client import DEFAULT, MOST_CHUNKS, Answer, Client, ClientLeft, Refused
from pytest_oneresponse.protocols.waiting import waiting_chain

from ..dockets import Kept

Handler = Callable[[Any, Any, Any], Awaitable[Any]]
START: dict[str, Any] = {"type": "http.response.start", "status": 200}
BODY: dict[str, Any] = {"type": "http.response.body", "body": b"body"}
TRAILERS: dict[str, Any] = {"type": "http.response.trailers"}
MORE: dict[str, Any] = {**BODY, "more_body": True}
needs_alarm = pytest.mark.skipif(not Alarm.available(), reason="no interval timers here: code that never awaits hangs")


def http(handler: Handler) -> Any:
    """An app that knows no lifespan."""

    async def app(scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        return await handler(scope, receive, send)

    return app


@pytest.fixture
def drive() -> Iterator[Callable[..., asgi.Driver]]:
    """Makes drivers, and closes them."""
    made: list[asgi.Driver] = []

    def drive(app: Any, timeout: float = 2.0) -> asgi.Driver:
        made.append(asgi.Driver(app, timeout))
        return made[-1]

    yield drive
    for driver in made:
        driver.close()


@pytest.fixture
def play(drive: Callable[..., asgi.Driver]) -> Callable[..., tuple[Exchange, Answer]]:
    """Sends one request to a handler."""

    def play(handler: Handler, client: Client = DEFAULT, timeout: float = 2.0, **named: Any) -> tuple[Exchange, Answer]:
        return drive(http(handler), timeout).exchange(Request(**named), client)

    return play


Play = Callable[..., tuple[Exchange, Answer]]
Drive = Callable[..., asgi.Driver]


def rules(exchange: Exchange) -> list[str]:
    return [f"{breach.rule}{' ' if breach.level else ''}{breach.level}" for breach in exchange.judge().breaches]


def kinds(exchange: Exchange) -> list[str]:
    return [type(event).__name__ for event in exchange.events]


def lines(chain: Any) -> list[str]:
    """The source lines of a chain, innermost first."""
    return [place.source for place in reversed(sites.places(getattr(chain, "chain", chain)))]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def whole(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await send(BODY)


# ------------------------------------------------------------------------------------------ the recorder


def record(
    handler: Handler, kind: str = "http", extensions: Any = None, receive: Any = None, method: str = "GET"
) -> Exchange:
    """One exchange with a server that takes everything."""
    scope = {"type": kind, "method": method, "path": "/"}
    if extensions is not None:
        scope["extensions"] = {name: {} for name in extensions}
    exchange = Exchange(Facts("asgi", kind, method), handler, asgi.request_of, scope)
    exchange.docket = None

    async def take(message: Any) -> None:
        pass

    async def give() -> Any:
        return {"type": f"{kind}.request" if kind == "http" else f"{kind}.connect"}

    with asyncio.Runner() as runner:
        try:
            runner.run(asgi.record(handler, scope, receive or give, take, exchange))
        except Exception as error:
            exchange.replay = repr(error)
    return exchange


def sends(*messages: Any) -> Handler:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


MESSAGES: list[tuple[str, tuple[str, ...], list[Any], list[str]]] = [
    # what, the extensions offered, the messages, the events before the return
    ("a body", (), [START, BODY], ["start", "data", "end"]),
    ("chunks", (), [START, MORE, MORE, BODY], ["start", "data", "data", "data", "end"]),
    ("nothing but what is needed", (), [START, {"type": "http.response.body"}], ["start", "end"]),
    ("an empty chunk", (), [START, {"type": "http.response.body", "more_body": True}], ["start", "empty"]),
    ("extra keys", (), [{**START, "x": 1}, {**BODY, "x": 1}], ["start", "data", "end"]),
    ("a bytearray", (), [START, {**BODY, "body": bytearray(b"x")}], ["start", "data", "end"]),
    ("a memoryview", (), [START, {**BODY, "body": memoryview(b"x")}], ["start", "data", "end"]),
    ("text", (), [START, {**BODY, "body": "x"}], ["start", "improper", "end"]),
    ("None", (), [START, {**BODY, "body": None}], ["start", "improper", "end"]),
    ("no status", (), [{"type": "http.response.start"}], ["start"]),
    ("an unknown type", (), [{"type": "http.response.begin"}], ["improper"]),
    ("no type", (), [{}], ["improper"]),
    ("no message", (), ["http.response.start"], ["improper"]),
    ("nothing", (), [None], ["improper"]),
    ("a type that is no text", (), [{"type": 5}], ["improper"]),
    ("a websocket's message", (), [{"type": "websocket.accept"}], ["improper"]),
    ("a lifespan's message", (), [{"type": "lifespan.startup.complete"}], ["improper"]),
    ("a hint", ("http.response.early_hint",), [{"type": "http.response.early_hint", "links": []}], ["informational"]),
    ("a hint that was not offered", (), [{"type": "http.response.early_hint", "links": []}], ["improper"]),
    (
        "a file",
        ("http.response.pathsend",),
        [START, {"type": "http.response.pathsend", "path": "/x"}],
        ["start", "file"],
    ),
    ("a file that was not offered", (), [START, {"type": "http.response.pathsend"}], ["start", "improper"]),
    (
        "a part of a descriptor",
        ("http.response.zerocopysend",),
        [START, {"type": "http.response.zerocopysend", "more_body": True}, BODY],
        ["start", "part of a file", "data", "end"],
    ),
    (
        "a descriptor",
        ("http.response.zerocopysend",),
        [START, {"type": "http.response.zerocopysend"}],
        ["start", "file"],
    ),
    ("a push", ("http.response.push",), [START, {"type": "http.response.push"}], ["start"]),
    ("a push that was not offered", (), [{"type": "http.response.push"}], ["improper"]),
    ("debug", ("http.response.debug",), [{"type": "http.response.debug"}], []),
    (
        "trailers",
        ("http.response.trailers",),
        [
            {**START, "trailers": True},
            BODY,
            {"type": "http.response.trailers", "more_trailers": True},
            {"type": "http.response.trailers"},
        ],
        ["start", "data", "end", "trailers", "last trailers"],
    ),
    ("trailers that were not offered", (), [START, TRAILERS], ["start", "improper", "last trailers"]),
]


@pytest.mark.parametrize(("extensions", "messages", "columns"), [m[1:] for m in MESSAGES], ids=[m[0] for m in MESSAGES])
def test_messages_become_events(extensions: Any, messages: list[Any], columns: list[str]) -> None:
    exchange = record(sends(*messages), extensions=extensions)
    assert [event.column for event in exchange.events] == [*columns, "returned"]
    assert exchange.closed
    for event in exchange.events:
        if event.column == "improper":
            assert event.rule in ("invalid-message", "body-not-bytes") and event.detail  # type: ignore[union-attr]
            assert "await send(message)" in lines(event.site)


SOCKET: list[tuple[str, list[Any], list[str]]] = [
    ("a conversation", ["websocket.accept", "websocket.send", "websocket.close"], ["accept", "message", "close"]),
    ("a denial", ["websocket.http.response.start", "websocket.http.response.body"], ["start", "end"]),
    ("an http trailer", ["http.response.trailers"], ["improper", "last trailers"]),
    ("an unknown message", ["websocket.open"], ["improper"]),
]


@pytest.mark.parametrize(("types", "columns"), [case[1:] for case in SOCKET], ids=[case[0] for case in SOCKET])
def test_messages_of_a_websocket(types: list[str], columns: list[str]) -> None:
    messages = [{"type": name, "status": 403} for name in types]
    exchange = record(sends(*messages), "websocket", ("websocket.http.response",))
    assert [event.column for event in exchange.events] == [*columns, "returned"]


@pytest.mark.parametrize(
    ("kind", "prefix", "extensions"),
    [("websocket", "", ("websocket.http.response",)), ("websocket", "websocket.", ()), ("http", "websocket.", ())],
    ids=["http messages for a websocket", "a denial that was not offered", "a denial of plain http"],
)
def test_a_denial_out_of_place(kind: str, prefix: str, extensions: Any) -> None:
    start = {"type": f"{prefix}http.response.start", "status": 403}
    exchange = record(sends(start, {"type": f"{prefix}http.response.body"}), kind, extensions)
    assert "invalid-message" in rules(exchange)


def test_a_message_may_be_any_kind_of_dict() -> None:
    exchange = record(sends(collections.OrderedDict(START), collections.OrderedDict(BODY)))
    assert rules(exchange) == []


def test_a_file_mixed_with_bytes_is_not_measured() -> None:
    start = {**START, "headers": [(b"content-length", b"13")]}
    file = {"type": "http.response.zerocopysend", "file": 1, "count": 9, "more_body": True}
    assert rules(record(sends(start, file, BODY), extensions=("http.response.zerocopysend",))) == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([(b"a", b"b")], ((b"a", b"b"),)),
        ([[b"a", b"b"]], ((b"a", b"b"),)),
        (((b"a", b"b"), [b"c", b"d"]), ((b"a", b"b"), (b"c", b"d"))),
        (iter([(b"a", b"b")]), ((b"a", b"b"),)),
        ([], ()),
        (5, (5,)),
        ([5], (5,)),
    ],
    ids=["tuples", "lists", "both", "an iterator", "none", "a number", "a list of numbers"],
)
def test_headers_are_kept_as_they_were(headers: Any, expected: Any) -> None:
    start = record(sends({**START, "headers": headers}, BODY)).events[0]
    assert isinstance(start, Start) and start.headers == expected


def test_headers_that_are_changed_afterwards_stay_as_they_were_sent() -> None:
    headers: list[Any] = [[b"a", b"b"]]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**START, "headers": headers})
        headers[0][1] = b"c"
        headers.append((b"d", b"e"))
        await send(BODY)

    start = record(app).events[0]
    assert isinstance(start, Start) and start.headers == ((b"a", b"b"),)


def test_a_start_without_a_status_is_one_finding() -> None:
    assert rules(record(sends({"type": "http.response.start"}, BODY))) in (["invalid-message"], ["invalid-status"])


def test_what_an_app_returns_is_told() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> Any:
        await whole(scope, receive, send)
        return "x"

    exchange = record(app)
    assert rules(exchange) == ["invalid-message"]
    assert "str" in exchange.judge().breaches[0].detail


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_a_send_that_is_not_awaited_is_told() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        send(BODY)
        send(BODY)
        await send(BODY)

    exchange = record(app)
    assert rules(exchange) == ["invalid-message"]
    assert exchange.judge().breaches[0].detail.startswith("2 ")
    del exchange
    gc.collect()


def test_a_send_that_another_task_awaits_is_none_such() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in (START, BODY):
            await asyncio.ensure_future(send(message))

    exchange = record(app)
    assert rules(exchange) == []
    start = exchange.events[0]
    assert lines(start.site)[0] == "await asyncio.ensure_future(send(message))", "the stack at the call"


def test_what_the_server_says_is_recorded() -> None:
    async def disconnects() -> Any:
        return {"type": "http.disconnect"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.disconnect"

    exchange = record(app, receive=disconnects)
    assert kinds(exchange) == ["Gone", "Returned"] and rules(exchange) == []


def test_a_cancelled_app_is_the_servers_doing() -> None:
    class Cancelled(BaseException):
        """As trio calls it."""

    for error in (asyncio.CancelledError(), Cancelled()):

        async def app(scope: Any, receive: Any, send: Any, error: BaseException = error) -> None:
            await send(START)
            raise error

        scope = {"type": "http"}
        exchange = Exchange(Facts("asgi"), app, asgi.request_of, scope)

        async def take(message: Any) -> None:
            pass

        running = asgi.record(app, scope, take, take, exchange)  # type: ignore[arg-type]
        with pytest.raises(type(error)):
            running.send(None)
        assert kinds(exchange) == ["Start", "Gone", "Returned"] and rules(exchange) == []


def test_an_app_that_is_thrown_away_is_the_servers_doing() -> None:
    class Never:
        def __await__(self) -> Any:
            yield

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await Never()

    async def take(message: Any) -> None:
        pass

    scope = {"type": "http"}
    exchange = Exchange(Facts("asgi"), app, asgi.request_of, scope)
    running = asgi.record(app, scope, take, take, exchange)  # type: ignore[arg-type]
    running.send(None)
    running.close()
    assert rules(exchange) == []


def test_an_os_error_of_the_servers_is_the_client_gone_and_not_the_apps() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)

    async def broken(message: Any) -> None:
        raise BrokenPipeError

    scope = {"type": "http"}
    exchange = Exchange(Facts("asgi"), app, asgi.request_of, scope)
    with asyncio.Runner() as runner, pytest.raises(BrokenPipeError):
        runner.run(asgi.record(app, scope, broken, broken, exchange))  # type: ignore[arg-type]
    assert kinds(exchange) == ["Start", "Gone", "Returned"] and rules(exchange) == []


def test_an_os_error_of_the_apps_is_its_own() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        raise BrokenPipeError

    exchange = record(app)
    assert rules(exchange) == ["error-after-start"] and "BrokenPipeError" in exchange.replay, "and it passes through"


def test_a_websocket_learns_of_its_client() -> None:
    async def disconnects() -> Any:
        return {"type": "websocket.disconnect"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close"})

    exchange = record(app, "websocket", receive=disconnects)
    assert kinds(exchange) == ["Gone", "Close", "Returned"] and rules(exchange) == []


LATER_CHUNKS = [
    # the last send is the guilty one
    ([START, BODY, BODY], "write-after-end"),
    ([START, BODY, MORE], "write-after-end"),
    ([START, MORE, MORE, MORE, BODY, BODY], "write-after-end"),
]


@pytest.mark.parametrize(("messages", "rule"), LATER_CHUNKS, ids=range(len(LATER_CHUNKS)))
def test_the_chunk_to_blame_has_a_site(messages: list[Any], rule: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages[:-1]:
            await send(message)
        await send(messages[-1])  # guilty

    (breach,) = record(app).judge().breaches
    assert breach.rule == rule and breach.at is not None
    assert lines(breach.at.site)[:1] == ["await send(messages[-1])  # guilty"]


# ------------------------------------------------------------------------------------------ watching


@pytest.fixture
def docket(monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(Watcher, "docket", kept)
    return kept


def test_a_watched_app_is_transparent(docket: Kept) -> None:
    seen: list[Any] = []
    request = {"type": "http.request", "body": b"", "more_body": False}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        seen.append(await receive())
        await send(START)
        await send(BODY)
        raise KeyError("the app's own")

    async def receive() -> Any:
        return request

    async def send(message: Any) -> None:
        seen.append(message)

    watched = asgi.watched(app)
    assert isinstance(watched, AlreadyJudged) and asgi.watched(watched) is watched
    scope = {"type": "http", "method": "GET", "path": "/a"}
    with asyncio.Runner() as runner, pytest.raises(KeyError, match="the app's own"):
        runner.run(watched(scope, receive, send))  # type: ignore[arg-type]
    assert all(one is other for one, other in zip(seen, [scope, request, START, BODY], strict=True))
    (exchange,) = docket.added
    assert docket.opened == docket.closed == [exchange]
    assert rules(exchange) == ["error-after-end"] and exchange.app is app
    assert exchange.make_request().path == "/a"
    assert current() is None


def test_a_watched_exchange_that_is_plainly_right_is_not_brought_before_the_docket(docket: Kept) -> None:
    async def nothing(*_: Any) -> Any:
        return {"type": "http.request"}

    with asyncio.Runner() as runner:
        runner.run(asgi.watched(whole)({"type": "http", "method": "GET"}, nothing, nothing))  # type: ignore[arg-type]
    assert len(docket.closed) == 1 and docket.added == []


def test_a_watched_exchange_is_current_while_its_app_runs(docket: Kept) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(current())
        seen.append(await asyncio.create_task(of_task()))
        seen.append(await asyncio.to_thread(current))
        await whole(scope, receive, send)

    async def of_task() -> Any:
        return current()

    async def nothing(*_: Any) -> Any:
        return {"type": "http.request"}

    with asyncio.Runner() as runner:
        runner.run(asgi.watched(app)({"type": "http", "method": "GET"}, nothing, nothing))  # type: ignore[arg-type]
    assert seen == docket.closed * 3


# ------------------------------------------------------------------------------------------ requests and scopes


def test_a_scope_of_a_request() -> None:
    request = Request(
        "PUT", "/café/x", "a=1&b", (("Host", "shop.test:81"), ("X-Name", "é"), ("cookie", "c=d")), b"body"
    )
    scope = asgi.scope_of(request)
    assert scope["type"] == "http" and scope["method"] == "PUT" and scope["scheme"] == "http"
    assert scope["path"] == "/café/x" and scope["raw_path"] == b"/caf%C3%A9/x" and scope["root_path"] == ""
    assert scope["query_string"] == b"a=1&b" and scope["http_version"] == "1.1"
    assert scope["headers"] == [
        (b"host", b"shop.test:81"),
        (b"x-name", "é".encode()),
        (b"cookie", b"c=d"),
        (b"content-length", b"4"),
    ]
    assert scope["server"] == ("shop.test", 81) and isinstance(scope["client"], tuple)
    assert scope["asgi"]["version"] == "3.0"


def test_a_length_that_the_request_declares_is_sent_as_it_is() -> None:
    headers = asgi.scope_of(Request("POST", headers=(("Content-Length", "9"),), body=b"x"))["headers"]
    assert [value for name, value in headers if name == b"content-length"] == [b"9"]
    assert not any(name == b"content-length" for name, _ in asgi.scope_of(Request("GET"))["headers"])


def test_a_host_may_be_an_ipv6_address() -> None:
    scope = asgi.scope_of(Request(headers=(("host", "[::1]:8001"),)))
    assert scope["server"] in (("::1", 8001), ("[::1]", 8001))


def test_a_request_of_a_scope() -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/café",
        "query_string": b"a=%20",
        "headers": [(b"x-name", b"caf\xe9"), (b"host", b"h")],
    }
    assert asgi.request_of(scope) == Request("POST", "/café", "a=%20", (("x-name", "caf\xe9"), ("host", "h")))
    assert asgi.request_of({"type": "websocket"}) == Request("WEBSOCKET", "/")
    assert asgi.request_of({"type": "lifespan"}).method == "LIFESPAN"


# ------------------------------------------------------------------------------------------ the driver: receive


def test_receive_gives_the_body_then_waits_then_says_disconnect(play: Play) -> None:
    told: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.append(await receive())
        waiting = asyncio.ensure_future(receive())
        await turns()
        told.append(waiting.done())
        await send(START)
        await send(MORE)
        await turns()
        told.append(waiting.done())
        await send(BODY)
        told.append(await waiting)
        told.append(await receive())

    exchange, answer = play(app, method="POST", body=b"the body")
    gone = {"type": "http.disconnect"}
    assert told == [{"type": "http.request", "body": b"the body", "more_body": False}, False, False, gone, gone]
    assert rules(exchange) == [] and (answer.status, bytes(answer.body)) == (200, b"bodybody")


def test_an_answer_has_status_headers_and_body(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**START, "status": 201, "headers": [(b"x-name", b"caf\xe9"), [b"b", b"c"], 5, (1, 2)]})
        await send(BODY)
        await send({**START, "status": 500, "headers": [(b"second", b"")]})

    _, answer = play(app)
    assert answer.status == 201, "the first"
    assert answer.headers == (("x-name", "caf\xe9"), ("b", "c"))
    assert (bytes(answer.body), answer.size, answer.chunks) == (b"body", 4, 1)


def test_how_much_of_a_body_is_kept(drive: Drive) -> None:
    driver = drive(http(whole))
    for keep, expected in ((2, b"bo"), (None, b"body"), (0, b"")):
        _, answer = driver.exchange(Request(), keep=keep)
        assert (bytes(answer.body), answer.size) == (expected, 4)


def test_an_exchange_tells_of_its_request_and_client(drive: Drive) -> None:
    request = Request("BREW", "/pot")
    exchange, _ = drive(http(whole)).exchange(request, Client(slow=True))
    assert exchange.make_request() is request
    assert exchange.facts == Facts("asgi", "http", "BREW")
    assert exchange.client == str(Client(slow=True)) and exchange.closed


# ------------------------------------------------------------------------------------------ the driver: lifespan


def with_lifespan(log: list[str], handler: Handler = whole) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            log.append(f"request {scope.get('state')}")
            return await handler(scope, receive, send)
        scope["state"]["db"] = "open"
        while True:
            message = await receive()
            log.append(message["type"])
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return None

    return app


def test_the_lifespan_is_run_once_for_an_app(drive: Drive) -> None:
    log: list[str] = []
    driver = drive(with_lifespan(log))
    assert driver.lifespan_exchange() is None and log == []
    for _ in range(3):
        exchange, answer = driver.exchange(Request())
        assert answer.status == 200 and rules(exchange) == []
    lifespan = driver.lifespan_exchange()
    assert lifespan is not None
    driver.close()
    driver.close()
    assert log == ["lifespan.startup", *["request {'db': 'open'}"] * 3, "lifespan.shutdown"]
    assert rules(lifespan) == [] and lifespan.facts.kind == "lifespan"
    assert [event.column for event in lifespan.events] == [
        "ask startup",
        "startup.complete",
        "ask shutdown",
        "shutdown.complete",
        "returned",
    ]


def test_a_request_changes_its_own_state_only(drive: Drive) -> None:
    async def changes(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["mine"] = 1
        await whole(scope, receive, send)

    log: list[str] = []
    driver = drive(with_lifespan(log, changes))
    driver.exchange(Request())
    driver.exchange(Request())
    assert log[1] == log[2]


def test_a_closed_driver_can_be_used_again(drive: Drive) -> None:
    log: list[str] = []
    driver = drive(with_lifespan(log))
    driver.exchange(Request())
    driver.close()
    assert driver.exchange(Request())[1].status == 200
    assert log.count("lifespan.startup") == 2


class Odd(BaseException):
    """No Exception."""


def lifespan_that(act: Handler) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (act if scope["type"] == "lifespan" else whole)(scope, receive, send)

    return app


async def returns(scope: Any, receive: Any, send: Any) -> None:
    pass


async def fails(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


async def waits(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


async def raises_late(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    raise RuntimeError


async def spins(scope: Any, receive: Any, send: Any) -> None:
    while True:
        pass


async def exits(scope: Any, receive: Any, send: Any) -> None:
    sys.exit("no database")


async def breaks_out(scope: Any, receive: Any, send: Any) -> None:
    raise Odd


async def ends_never(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.Event().wait()


LIFESPANS = [
    returns,
    fails,
    waits,
    raises_late,
    ends_never,
    pytest.param(spins, marks=needs_alarm),
    exits,
    breaks_out,
]


@pytest.mark.parametrize("act", LIFESPANS, ids=lambda act: act.__name__)
def test_an_app_is_served_whatever_its_lifespan_does(act: Handler) -> None:
    driver = asgi.Driver(lifespan_that(act), 0.05)
    began = time.monotonic()
    for _ in range(2):
        exchange, answer = driver.exchange(Request())
        assert answer.status == 200 and rules(exchange) == []
    driver.close()
    assert time.monotonic() - began < 2
    gc.collect()


@needs_alarm
def test_the_marks_are_put_in_before_a_time_limit_runs(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[float] = []

    class Marks:
        def is_behind(self) -> bool:
            return not left

        def refresh(self) -> None:
            left.append(signal.getitimer(signal.ITIMER_REAL)[0])

    before = signal.getitimer(signal.ITIMER_REAL)[0]
    monkeypatch.setattr(Watcher, "marks", Marks())
    drive(http(whole)).start()
    assert left[0] <= before


def test_a_lifespan_out_of_order_is_told(drive: Drive) -> None:
    async def twice(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.startup.complete"})

    driver = drive(lifespan_that(twice))
    driver.exchange(Request())
    lifespan = driver.lifespan_exchange()
    assert lifespan is not None and rules(lifespan) == ["lifespan-out-of-order"]
    assert lifespan.events[0] == Lifespan("ask startup")


# ------------------------------------------------------------------------------------------ the driver: clients


def test_a_client_that_leaves_before_the_first_byte(play: Play) -> None:
    told: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.append((await receive())["type"])
        told.append((await receive())["type"])
        await whole(scope, receive, send)

    exchange, answer = play(app, Client(leaves="before"))
    assert told == ["http.request", "http.disconnect"]
    assert answer.status == answer.size == 0
    assert kinds(exchange)[0] == "Gone" and rules(exchange) == []


def test_a_client_that_leaves_after_the_first_chunk(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(START)
        await send({**MORE, "body": b""})
        await send(MORE)
        assert (await receive())["type"] == "http.disconnect"
        await send(MORE)

    exchange, answer = play(app, Client(leaves="first"))
    assert (answer.status, bytes(answer.body)) == (200, b"body")
    assert kinds(exchange).count("Gone") >= 1 and rules(exchange) == []


def test_a_client_that_leaves_at_the_end_has_it_all(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(START)
        await send(MORE)
        await send(BODY)
        assert (await receive())["type"] == "http.disconnect"

    exchange, answer = play(app, Client(leaves="end"))
    assert answer.size == 8 and rules(exchange) == []


def test_a_second_start_after_the_client_left_is_one_all_the_same(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(MORE)
        await send(START)

    assert rules(play(app, Client(leaves="first"))[0]) == ["second-response"]


@pytest.mark.parametrize(("refuses", "status"), [("start", 0), ("body", 200)])
def test_a_client_that_is_gone_when_it_is_sent_to(play: Play, refuses: str, status: int) -> None:
    errors: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await whole(scope, receive, send)
        except OSError as error:
            errors.append(error)
            assert (await receive())["type"] == "http.request"
            assert (await receive())["type"] == "http.disconnect"
            raise

    exchange, answer = play(app, Client(refuses=refuses))
    assert [type(error) for error in errors] == [ClientLeft]
    assert (answer.status, answer.size) == (status, 0)
    assert kinds(exchange)[-2:] == ["Gone", "Returned"] and rules(exchange) == []


def test_another_error_after_the_client_is_gone_is_none_of_ours(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await whole(scope, receive, send)
        except OSError:
            raise KeyError("wrapped") from None

    exchange, _ = play(app, Client(refuses="body"))
    assert rules(exchange) == []


def test_a_second_answer_to_a_client_that_is_gone(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await whole(scope, receive, send)
        except OSError:
            await send({**START, "status": 500})
            await send(BODY)

    async def later(scope: Any, receive: Any, send: Any) -> None:
        with contextlib.suppress(OSError):
            await whole(scope, receive, send)
        await send({**START, "status": 500})

    assert rules(play(app, Client(refuses="body"))[0]) == [], "in answer to the server's own word"
    assert rules(play(later, Client(refuses="body"))[0]) == ["second-response"]


def test_a_strict_server_raises_at_a_second_start(play: Play) -> None:
    errors: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await whole(scope, receive, send)
        try:
            await send(START)
        except Exception as error:
            errors.append(error)
            raise

    exchange, answer = play(app, Client(strict=True))
    assert [type(error) for error in errors] == [Refused] and rules(exchange) == ["second-response"]
    assert answer.status == 200
    errors.clear()
    exchange, _ = play(app)
    assert errors == [] and rules(exchange) == ["second-response"]


@pytest.mark.parametrize(
    "messages", [[BODY], [START, BODY, BODY], [START, MORE, START]], ids=["early", "late", "again"]
)
def test_a_strict_server_lets_no_other_breach_of_order_pass(play: Play, messages: list[Any]) -> None:
    raised: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for number, message in enumerate(messages):
            try:
                await send(message)
            except Refused:
                raised.append(number)

    exchange, _ = play(app, Client(strict=True))
    assert raised == [len(messages) - 1] and len(rules(exchange)) == 1


def test_a_strict_server_does_not_mind_what_is_right(play: Play) -> None:
    exchange, answer = play(sends(START, MORE, MORE, BODY), Client(strict=True))
    assert exchange.plain and answer.size == 12


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ([(b"content-type", b"a"), (b"content-type", b"b")], "duplicate-header"),
        ([(b"content-length", b"9")], "length-mismatch"),
        ([(b"a b", b"c")], "invalid-header"),
    ],
)
def test_what_a_strict_server_raises_is_no_further_finding(play: Play, headers: Any, rule: str) -> None:
    exchange, _ = play(sends({**START, "headers": headers}, BODY), Client(strict=True))
    assert rules(exchange) == [rule]


@pytest.mark.parametrize("headers", [5, None])
def test_headers_that_are_none_are_let_through(play: Play, headers: Any) -> None:
    exchange, answer = play(sends({**START, "headers": headers}, BODY))
    assert answer.size == 4 and set(rules(exchange)) == {"invalid-header"}


def test_other_tasks_run_between_the_sends_of_a_slow_client(play: Play) -> None:
    seen: dict[bool, list[int]] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(tick())
        counts = []
        for message in (START, MORE, BODY):
            await send(message)
            counts.append(ticks)
        task.cancel()
        seen[bool(scope["extensions"].get("slow"))] = counts

    play(app)
    quick = seen.popitem()[1]
    play(app, Client(slow=True))
    slow = seen.popitem()[1]
    assert quick == [0, 0, 0]
    assert slow[0] > 0 and slow[1] > slow[0] and slow[2] > slow[1]


def test_two_answers_that_only_a_slow_client_shows(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        answered = False

        async def watchdog() -> None:
            await asyncio.sleep(0)
            if not answered:
                await send({**START, "status": 504})

        task = asyncio.ensure_future(watchdog())
        await send(START)
        answered = True
        await send(BODY)
        await task

    assert rules(play(app)[0]) == []
    assert rules(play(app, Client(slow=True))[0]) == ["second-response"]


# ------------------------------------------------------------------------------------------ the driver: late sends


def test_a_task_that_sends_after_the_return_is_seen(play: Play) -> None:
    tasks: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(0.002)
            await send(START)  # late
            await send(BODY)

        tasks.append(asyncio.ensure_future(later()))

    exchange, _ = play(app)
    assert rules(exchange) == ["late-send"]
    (breach,) = exchange.judge().breaches
    assert breach.at is not None and lines(breach.at.site)[0] == "await send(START)  # late"


def test_a_task_that_goes_on_streaming_is_seen(play: Play) -> None:
    tasks: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def later() -> None:
            await turns()
            await send(MORE)
            await send(BODY)

        await send(START)
        tasks.append(asyncio.ensure_future(later()))

    assert rules(play(app)[0]) == ["late-send"]


def test_a_send_that_is_left_to_a_task_is_a_late_send_alone(play: Play) -> None:
    tasks: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await whole(scope, receive, send)
        tasks.append(asyncio.ensure_future(send(BODY)))

    assert rules(play(app)[0]) == ["late-send"]


def test_a_thread_that_sends_after_the_return_is_seen(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await whole(scope, receive, send)
        loop = asyncio.get_running_loop()

        def later() -> None:
            returned.wait(1)
            asyncio.run_coroutine_threadsafe(send(BODY), loop).result(1)

        loop.run_in_executor(None, later)
        tasks.append(asyncio.ensure_future(release()))

    async def release() -> None:
        returned.set()
        await asyncio.sleep(0.02)

    returned = threading.Event()
    tasks: list[Any] = []
    assert rules(play(app)[0]) == ["late-send"]


def test_a_task_that_only_works_on_is_no_breach_and_is_not_waited_for_long(play: Play) -> None:
    done: list[bool] = []
    tasks: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def later() -> None:
            await turns()
            done.append(True)
            await asyncio.Event().wait()

        tasks.append(asyncio.ensure_future(later()))
        await whole(scope, receive, send)

    began = time.monotonic()
    exchange, _ = play(app)
    assert rules(exchange) == [] and done == [True]
    assert time.monotonic() - began < 1


# ------------------------------------------------------------------------------------------ the driver: what never ends


class Hung:
    """Handlers that hang at their first request and answer afterwards."""

    def __init__(self) -> None:
        self.asked = 0
        self.released = threading.Event()

    def first(self) -> bool:
        self.asked += 1
        return self.asked == 1

    async def in_an_await(self, scope: Any, receive: Any, send: Any) -> None:
        if self.first():
            await asyncio.Event().wait()  # hangs
        await whole(scope, receive, send)

    async def started(self, scope: Any, receive: Any, send: Any) -> None:
        if self.first():
            await send(START)
            await asyncio.Event().wait()  # hangs
        await whole(scope, receive, send)

    async def in_receive(self, scope: Any, receive: Any, send: Any) -> None:
        if self.first():
            await receive()
            await receive()  # hangs
            await asyncio.Event().wait()
        await whole(scope, receive, send)

    async def though_cancelled(self, scope: Any, receive: Any, send: Any) -> None:
        while self.asked == 0 or not self.first():
            self.asked = self.asked or 1
            try:
                await asyncio.Event().wait()  # hangs
            except asyncio.CancelledError:
                continue

    async def in_a_thread(self, scope: Any, receive: Any, send: Any) -> None:
        if self.first():
            await asyncio.to_thread(self.released.wait, 30)  # hangs
        await whole(scope, receive, send)

    async def in_a_generator(self, scope: Any, receive: Any, send: Any) -> None:
        if self.first():
            async for _ in self.steps():
                pass
        await whole(scope, receive, send)

    async def steps(self) -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()  # hangs

    async def without_awaiting(self, scope: Any, receive: Any, send: Any) -> None:
        while self.asked == 0 or not self.first():
            self.asked = self.asked or 1
            time.sleep(30)  # hangs

    async def without_awaiting_in_a_callback(self, scope: Any, receive: Any, send: Any) -> None:
        if self.first():
            asyncio.get_running_loop().call_soon(time.sleep, 30)
            await asyncio.Event().wait()  # hangs
        await whole(scope, receive, send)


AWAITING = ["in_an_await", "started", "in_receive", "in_a_thread"]
NOT_AWAITING = ["without_awaiting", "without_awaiting_in_a_callback"]


@pytest.fixture
def hung() -> Iterator[Hung]:
    hung = Hung()
    yield hung
    hung.released.set()


def hang(handler: Handler, timeout: float = 0.05) -> tuple[Exchange, asgi.Driver]:
    driver = asgi.Driver(http(handler), timeout)
    began = time.monotonic()
    exchange, _ = driver.exchange(Request())
    assert time.monotonic() - began < timeout * 1.5 + 1.2
    return exchange, driver


@pytest.mark.parametrize("name", AWAITING)
def test_an_app_that_hangs_is_ended_and_the_next_request_served(hung: Hung, name: str) -> None:
    exchange, driver = hang(getattr(hung, name))
    assert rules(exchange) == ["hung-response"]
    told = [event for event in exchange.events if isinstance(event, TimedOut)]
    assert len(told) == 1
    if name != "in_a_thread":
        assert any(text.endswith("# hangs") for text in lines(told[0].site))
    exchange, answer = driver.exchange(Request())
    assert answer.status == 200 and rules(exchange) == []
    driver.close()


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_alarm) for name in NOT_AWAITING])
def test_an_app_that_hangs_without_awaiting_is_ended(hung: Hung, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "Alarm", lambda seconds, *struck: Alarm(min(seconds, 0.2), *struck))
    exchange, driver = hang(getattr(hung, name), 0.02)
    assert rules(exchange) == ["hung-response"]
    if name == "without_awaiting":
        (told,) = [event for event in exchange.events if isinstance(event, TimedOut)]
        assert lines(told.site)[0] == "time.sleep(30)  # hangs"
    handler = driver.app
    driver.app = http(whole) if name == "without_awaiting" else handler
    assert driver.exchange(Request())[1].status == 200
    driver.close()
    gc.collect()


def test_an_app_that_does_not_let_itself_be_cancelled_is_given_up(hung: Hung) -> None:
    exchange, driver = hang(hung.though_cancelled)
    assert rules(exchange) == ["hung-response"]
    driver.app = http(whole)
    assert driver.exchange(Request())[1].status == 200, "in a loop of its own"
    driver.close()
    gc.collect()


def test_a_loop_that_is_given_up_is_closed(hung: Hung) -> None:
    driver = asgi.Driver(http(hung.though_cancelled), 0.02)
    loop = driver.running()
    driver.exchange(Request())
    driver.close()
    closed = loop.is_closed()
    for task in asyncio.all_tasks(loop) if not closed else ():
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    assert closed


def test_the_chain_goes_through_awaitable_objects() -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    class Query:
        def __await__(self) -> Any:
            return inner().__await__()

    async def outer() -> None:
        await Query()

    async def look() -> list[str]:
        task = asyncio.ensure_future(outer())
        await turns()
        chain = waiting_chain(task)
        task.cancel()
        return [code.co_name for code, _ in sites.frames(chain)]

    with asyncio.Runner() as runner:
        assert runner.run(look()) == ["wait", "inner", "outer"]


def test_where_an_asynchronous_generator_hangs(hung: Hung) -> None:
    exchange, driver = hang(hung.in_a_generator)
    driver.close()
    (told,) = [event for event in exchange.events if isinstance(event, TimedOut)]
    assert lines(told.site)[1] == "await asyncio.Event().wait()  # hangs", "the first is asyncio's own"


def test_the_chain_of_what_waits_runs_from_the_innermost_line_outwards() -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    async def middle() -> None:
        await inner()

    async def outer() -> None:
        await middle()

    async def look() -> list[str]:
        task = asyncio.ensure_future(outer())
        await turns()
        chain = waiting_chain(task)
        task.cancel()
        return [code.co_name for code, _ in sites.frames(chain)]

    with asyncio.Runner() as runner:
        names = runner.run(look())
    assert names == ["wait", "inner", "middle", "outer"]
    assert waiting_chain(None) == ()


@pytest.mark.parametrize("wait", [asyncio.ensure_future, asyncio.gather])
def test_the_chain_goes_through_tasks(wait: Callable[[Any], Any]) -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    async def outer() -> None:
        await wait(inner())

    async def look() -> list[str]:
        task = asyncio.ensure_future(outer())
        await turns()
        chain = waiting_chain(task)
        task.cancel()
        return [code.co_name for code, _ in sites.frames(chain)]

    with asyncio.Runner() as runner:
        assert runner.run(look()) == ["wait", "inner", "outer"]


def test_an_endless_stream_ends_when_the_client_has_had_enough(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        while True:
            await send(MORE)

    exchange, answer = play(app, timeout=20)
    assert answer.chunks == MOST_CHUNKS and rules(exchange) == []
    assert len(exchange.events) < MOST_CHUNKS + 200


@pytest.mark.parametrize("leaves", ["before", "first"])
def test_an_endless_stream_ends_when_the_client_leaves(play: Play, leaves: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        while True:
            await send(MORE)

    exchange, _ = play(app, Client(leaves=leaves), timeout=20)
    assert rules(exchange) == [] and len(exchange.events) < 200


def test_an_event_stream_that_falls_silent_is_left(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({**START, "headers": [(b"content-type", b"text/event-stream")]})
        await send({**MORE, "body": b"data: 1\n\n"})
        assert (await receive())["type"] == "http.disconnect"

    exchange, answer = play(app)
    assert answer.size == 9 and rules(exchange) == [] and "TimedOut" not in kinds(exchange)


def test_after_a_stream_without_an_end_the_client_loses_patience_with_streams(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "MOST_CHUNKS", 10**9)
    monkeypatch.setattr(asgi, "PATIENCE", 0.02)
    hangs = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        while not hangs.is_set():
            await send(MORE)
            await asyncio.sleep(0.005)
        await asyncio.get_running_loop().create_future()

    driver = drive(http(app), 1.0)
    chunks, found = [], []
    for last in (False, False, True):
        if last:
            hangs.set()
        began = time.monotonic()
        exchange, answer = driver.exchange(Request())
        took = time.monotonic() - began
        chunks.append(answer.chunks)
        found.append(rules(exchange))
        assert driver.patience == 0.02
    assert chunks[1] < chunks[0] / 2
    assert found == [[], [], ["hung-response"]] and took >= 0.99, "what does not stream has all of its time"


# ------------------------------------------------------------------------------------------ the driver: what escapes


async def recurses(scope: Any, receive: Any, send: Any) -> None:
    await recurses(scope, receive, send)


def raises(error: BaseException) -> Handler:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    return app


ESCAPING: list[tuple[Handler, type[BaseException]]] = [
    (raises(ValueError("v")), ValueError),
    (raises(SystemExit(3)), SystemExit),
    (raises(Odd()), Odd),
    (raises(GeneratorExit()), GeneratorExit),
    (raises(StopAsyncIteration()), StopAsyncIteration),
    (raises(BaseExceptionGroup("g", [Odd()])), BaseExceptionGroup),
    (recurses, RecursionError),
    (raises(MemoryError()), MemoryError),
]


@pytest.mark.parametrize(("handler", "kind"), ESCAPING, ids=[kind.__name__ for _, kind in ESCAPING])
def test_nothing_that_escapes_leaves_the_driver(drive: Drive, handler: Handler, kind: type[BaseException]) -> None:
    driver = drive(http(handler))
    exchange, answer = driver.exchange(Request())
    assert answer.status == 0
    if kind is not GeneratorExit:
        assert rules(exchange) == ["unhandled-error"] and type(exchange.escaped()) is kind
    driver.app = http(whole)
    exchange, answer = driver.exchange(Request())
    assert answer.status == 200 and rules(exchange) == []


def test_an_error_after_the_start_is_told(play: Play) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        raise SystemExit

    assert rules(play(app)[0]) == ["error-after-start"]


def test_a_task_of_the_apps_that_exits_does_not_leave_the_driver(drive: Drive) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def leaves() -> None:
            raise SystemExit

        await asyncio.ensure_future(leaves())

    driver = drive(http(app))
    first = driver.exchange(Request())[0]
    driver.app = http(whole)
    second = driver.exchange(Request())[1]
    assert driver.loop is not None
    assert second.status == 200 and rules(first) == ["unhandled-error"]


def test_a_keyboard_interrupt_is_the_users(drive: Drive) -> None:
    async def pressed(scope: Any, receive: Any, send: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    driver = drive(http(pressed))
    with pytest.raises(KeyboardInterrupt):
        driver.exchange(Request())
    driver.app = http(whole)
    assert driver.exchange(Request())[1].status == 200
    assert current() is None


def test_a_keyboard_interrupt_of_the_apps_own_ends_the_exchange(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt, "is_users", lambda code: True)  # wherever the root is that another test has set
    driver = drive(http(raises(KeyboardInterrupt())))
    exchange, answer = driver.exchange(Request())
    assert rules(exchange) == ["unhandled-error"] and answer.status == 0
    driver.app = http(whole)
    assert driver.exchange(Request())[1].status == 200


def test_an_app_that_returns_without_a_word(play: Play) -> None:
    assert rules(play(returns)[0]) == ["no-response"]


def test_an_app_that_is_cancelled_by_itself_is_no_finding(play: Play) -> None:
    assert rules(play(raises(asyncio.CancelledError()))[0]) == []


def test_nothing_of_an_exchange_is_left_behind(drive: Drive) -> None:
    timer = signal.getitimer(signal.ITIMER_REAL)[0] if Alarm.available() else 0.0
    driver = drive(http(whole))
    for _ in range(3):
        driver.exchange(Request())
        assert current() is None and Watcher.running == []
    assert driver.loop is not None and asyncio.all_tasks(driver.loop) == set()
    assert not Alarm.available() or signal.getitimer(signal.ITIMER_REAL)[0] == timer
    loop = driver.loop
    driver.close()
    assert loop.is_closed()


# ------------------------------------------------------------------------------------------ the driver: large bodies

HUNDRED_MB = 100 * 1024 * 1024


def peak(run: Callable[[], Any]) -> int:
    """The most memory that was taken at once, in bytes."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_hundred_megabytes_in_one_chunk(drive: Drive) -> None:
    body = bytes(HUNDRED_MB)
    driver = drive(http(sends(START, {**BODY, "body": body})), 20)
    answers: list[Answer] = []
    assert peak(lambda: answers.append(driver.exchange(Request())[1])) < 5_000_000
    assert answers[0].size == HUNDRED_MB and len(answers[0].body) == 65_536


def test_a_hundred_megabytes_in_many_chunks(drive: Drive) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        for _ in range(1600):
            await send({**MORE, "body": bytes(65_536)})
        await send(BODY)

    driver = drive(http(app), 20)
    answers: list[Answer] = []
    assert peak(lambda: answers.append(driver.exchange(Request())[1])) < 5_000_000
    assert answers[0].size == HUNDRED_MB + 4


def test_the_body_of_a_request_breaks_off(drive: Drive) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not got or got[-1]["type"] != "http.disconnect":
            got.append(await receive())

    exchange, _ = drive(http(app)).exchange(Request("POST", body=b"abcdef"), Client(breaks_off=True))
    assert got == [{"type": "http.request", "body": b"abc", "more_body": True}, {"type": "http.disconnect"}]
    assert rules(exchange) == [], "nobody waits for an answer"


def test_headers_that_can_be_gone_through_once_reach_the_client() -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**START, "headers": (pair for pair in [(b"x-one", b"1")])})
        await send(BODY)

    async def send(message: Any) -> None:
        got.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    exchange = Exchange(Facts("asgi", "http", "GET"), app, lambda _: Request())
    asyncio.run(asgi.record(app, {"type": "http"}, receive, send, exchange))
    assert list(got[0]["headers"]) == [(b"x-one", b"1")] and exchange.events[0].headers == ((b"x-one", b"1"),)


def test_a_start_up_that_fails_is_told_inside_a_running_loop_too(drive: Drive) -> None:
    ended: list[str] = []

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("no settings")

    async def ends(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            ended.append("down")
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await whole(scope, receive, send)

    async def inside() -> tuple[str, str]:
        driver = drive(ends)
        told = drive(fails).start(), driver.start()
        driver.exchange(Request())
        driver.close()
        return told

    outside = drive(fails).start()
    assert asyncio.run(inside()) == (outside, "") and ended == ["down"]


@pytest.mark.parametrize("scope", [{"value": 1}, {"type": "telegram"}])
def test_a_protocol_of_somebodys_own_passes_through(scope: dict[str, Any]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**await receive(), **scope})

    got: list[Any] = []

    async def receive() -> Any:
        return {"message": 42}

    async def send(message: Any) -> None:
        got.append(message)

    docket, Watcher.docket = Watcher.docket, (mine := Docket())
    try:
        asyncio.run(asgi.watched(app)(scope, receive, send))
    finally:
        Watcher.docket = docket
    assert got == [{"message": 42, **scope}] and mine.count == 0


def test_a_message_without_a_type_is_received_as_it_is() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(await receive())
        await whole(scope, receive, send)

    async def receive() -> Any:
        return {"value": 1}

    exchange = record(app, receive=receive)
    assert seen == [{"value": 1}] and rules(exchange) == []


def test_send_and_receive_are_known_for_asynchronous_functions() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of its name, from Python 3.14 on
            assert asyncio.iscoroutinefunction(receive) and asyncio.iscoroutinefunction(send)
        await whole(scope, receive, send)

    assert rules(record(app)) == []


def test_trailers_that_were_not_offered_may_come_in_two_messages() -> None:
    trailers = {"type": "http.response.trailers", "headers": []}
    exchange = record(sends({**START, "trailers": True}, BODY, {**trailers, "more_trailers": True}, trailers))
    assert set(rules(exchange)) == {"invalid-message"}

"""The WSGI recorder, call by call, and the driver: a server that outlives whatever the app does."""

from __future__ import annotations

import io
import signal
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import check_environ

import pytest

from pytest_oneresponse import exchange as exchange_module
from pytest_oneresponse import sites
from pytest_oneresponse.contract.events import Raised, Start, TimedOut
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import AlreadyJudged, Exchange, Watcher, current
from pytest_oneresponse.protocols import interrupt, wsgi
from pytest_oneresponse.protocols.alarm import Alarm
from pytest_oneresponse.protocols.client import DEFAULT, MOST_CHUNKS, Answer, Client, ClientLeft, Refused

from ..dockets import Kept

App = Callable[..., Any]
needs_alarm = pytest.mark.skipif(not Alarm.available(), reason="no interval timers here")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """No exchange goes on after its test."""
    yield
    left, Watcher.running[:] = list(Watcher.running), []
    exchange_module._current.set(None)
    assert left == []


def play(app: App, client: Client = DEFAULT, timeout: float = 2.0, **named: Any) -> tuple[Exchange, Answer]:
    return wsgi.Driver(app, timeout).exchange(Request(**named), client)


def rules(exchange: Exchange) -> list[str]:
    return [f"{breach.rule}{' ' if breach.level else ''}{breach.level}" for breach in exchange.judge().breaches]


def columns(exchange: Exchange) -> list[str]:
    return [event.column for event in exchange.events]


def lines(chain: Any) -> list[str]:
    """The source lines of a chain, innermost first."""
    return [place.source for place in reversed(sites.places(getattr(chain, "chain", chain)))]


class Closing:
    """An iterable that tells when it is closed."""

    def __init__(self, *chunks: Any, error: BaseException | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.closed = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.chunks)

    def close(self) -> None:
        self.closed += 1
        if self.error is not None:
            raise self.error


def ok(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [])
    return [b"body"]


def answers(body: Any, *headers: tuple[str, str], status: str = "200 OK") -> App:
    """An app that gives a body, whatever it is."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, list(headers))
        return body

    return app


# ------------------------------------------------------------------------------------------ the recorder

BODIES: list[tuple[str, Any, list[str], list[str]]] = [
    # a body, the events between the start and the return, the rules broken
    ("a list", [b"a", b"bc"], ["data", "data", "end"], []),
    ("a tuple", (b"a",), ["data", "end"], []),
    ("an iterator", iter([b"a"]), ["data", "end"], []),
    ("nothing", [], ["end"], []),
    ("nothing, lazily", iter(()), ["end"], []),
    ("empty chunks", [b"", b"a", b""], ["empty", "data", "empty", "end"], []),
    ("a file", FileWrapper(io.BytesIO(b"abc")), ["data", "end"], []),
    ("text in a list", ["a"], ["improper", "end"], ["body-not-bytes"]),
    ("a number in a list", [b"a", 1], ["data", "improper", "end"], ["body-not-bytes"]),
    ("None in a list", [None], ["improper", "end"], ["body-not-bytes"]),
    ("text in an iterator", iter(["a"]), ["improper", "end"], ["body-not-bytes"]),
    ("text itself", "text", ["improper", "end"], ["body-not-bytes"]),
    ("bytes themselves", b"bytes", ["improper", "end"], ["body-not-bytes"]),
    ("no text", "", ["improper", "end"], ["body-not-bytes practice"]),
    ("no bytes", b"", ["improper", "end"], ["body-not-bytes practice"]),
    ("None", None, ["improper"], ["body-not-bytes"]),
    ("a number", 5, ["improper"], ["body-not-bytes"]),
]


@pytest.mark.parametrize(("body", "events", "broken"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
def test_a_body_becomes_events(body: Any, events: list[str], broken: list[str]) -> None:
    exchange, _ = play(answers(body))
    seen = columns(exchange)
    assert seen[0] == "start" and seen[-1] == "returned"
    assert [column for column in seen[1:-1] if column != "end" or "end" in events] == events
    assert rules(exchange)[:1] == broken


@pytest.mark.parametrize("body", ["text", ["text"], b"text", (1, 2, 3, 4)], ids=repr)
def test_a_body_of_the_wrong_type_is_one_finding_also_with_a_length(body: Any) -> None:
    assert set(rules(play(answers(body, ("Content-Length", "4")))[0])) == {"body-not-bytes"}


def test_an_app_that_returns_none_and_starts_nothing_gives_no_response() -> None:
    assert rules(play(lambda environ, start_response: None)[0]) == ["no-response"]


@pytest.mark.parametrize("body", [None, 5])
def test_an_app_that_returns_no_iterable_is_one_finding(body: Any) -> None:
    assert rules(play(answers(body))[0]) == ["body-not-bytes"]


def test_lazy_starts_are_legal() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        yield b"a"
        yield b"b"

    exchange, answer = play(app)
    assert exchange.plain and (answer.status, bytes(answer.body)) == (200, b"ab")


def test_write_and_then_an_iterable() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        write = start_response("200 OK", [("Content-Length", "6")])
        write(b"ab")
        write(b"cd")
        return [b"ef"]

    exchange, answer = play(app)
    assert exchange.plain and bytes(answer.body) == b"abcdef"


def test_write_from_inside_the_iterable_is_bad_practice() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        write = start_response("200 OK", [])
        yield b"a"
        write(b"b")  # inside

    exchange, _ = play(app)
    assert rules(exchange) == ["write-during-iteration"]
    assert 'write(b"b")  # inside' in lines(exchange.judge().breaches[0].at.site)  # type: ignore[union-attr]


def test_write_of_anything_but_bytes() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])("text")
        return []

    exchange, answer = play(app)
    assert rules(exchange) == ["body-not-bytes"] and answer.size == 0


def test_a_file_wrapper_is_offered_and_closed() -> None:
    file = io.BytesIO(b"x" * 20_000)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Length", "20000")])
        return environ["wsgi.file_wrapper"](file, 8192)

    exchange, answer = play(app)
    assert exchange.plain and answer.size == 20_000 and file.closed


ODD_HEADERS: list[tuple[Any, list[str]]] = [
    ([("X-Name", "v")], []),
    ((("X-Name", "v"),), ["invalid-header"]),
    (None, ["invalid-header"]),
    (5, ["invalid-header"]),
    ({"X-Name": "v"}, ["invalid-header"]),
    ([5], ["invalid-header"]),
    ([None], ["invalid-header"]),
    ([("a", "b", "c")], ["invalid-header"]),
]


@pytest.mark.parametrize(("headers", "broken"), ODD_HEADERS, ids=[repr(case[0]) for case in ODD_HEADERS])
def test_headers_of_any_kind_are_let_through(headers: Any, broken: list[str]) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        return [b"body"]

    exchange, answer = play(app)
    assert (answer.status, answer.size) == (200, 4)
    assert sorted(set(rules(exchange))) == broken


@pytest.mark.parametrize("status", ["\xb200 OK", 200, None, "OK", ""], ids=repr)
def test_a_status_of_any_kind_is_let_through(status: Any) -> None:
    exchange, answer = play(answers([b"body"], status=status))
    assert rules(exchange) == ["invalid-status"] and answer.size == 4


def test_headers_that_are_changed_afterwards_stay_as_they_were() -> None:
    headers = [("A", "b")]

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        headers.append(("C", "d"))
        return []

    start = play(app)[0].events[0]
    assert isinstance(start, Start) and start.headers == (("A", "b"),)


def fail() -> None:
    raise KeyError("k")


def replacing(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [("Content-Length", "99")])
    try:
        fail()
    except KeyError:
        start_response("500 No", [("Content-Length", "2")], sys.exc_info())
    return [b"no"]


def replacing_by_name(environ: Any, start_response: Any) -> Any:
    try:
        fail()
    except KeyError:
        start_response("500 No", [], exc_info=sys.exc_info())
    return [b"no"]


def replacing_after_an_empty_chunk(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b""
    try:
        fail()
    except KeyError:
        start_response("500 No", [], sys.exc_info())
    yield b"no"


@pytest.mark.parametrize(
    "app", [replacing, replacing_by_name, replacing_after_an_empty_chunk], ids=lambda app: app.__name__
)
@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_a_head_may_be_replaced_for_an_error(app: App, strict: bool) -> None:
    exchange, answer = play(app, Client(strict=strict))
    assert rules(exchange) == [] and (answer.status, bytes(answer.body)) == (500, b"no")
    start = [event for event in exchange.events if isinstance(event, Start)][-1]
    assert start.replaces and isinstance(start.handling, KeyError)


def test_an_error_after_the_first_byte_is_raised_again() -> None:
    raised: list[BaseException] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        try:
            fail()
        except KeyError:
            try:
                start_response("500 No", [], sys.exc_info())
            except KeyError as error:
                raised.append(error)
        yield b"b"

    exchange, answer = play(app)
    assert rules(exchange) == ["error-swallowed"] and len(raised) == 1 and answer.status == 200


def test_an_error_after_the_first_byte_may_pass() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        try:
            fail()
        except KeyError:
            start_response("500 No", [], sys.exc_info())

    exchange, _ = play(app)
    assert rules(exchange) == ["error-after-start"] and isinstance(exchange.escaped(), KeyError)


def test_a_second_start_without_an_error() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("First", "1")])
        start_response("500 No", [("Second", "2")])
        return [b"body"]

    assert rules(play(app)[0]) == ["second-response"]


def test_exc_info_of_nothing_is_none() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [], None)
        start_response("500 No", [], None)
        return []

    assert rules(play(app)[0]) == ["second-response"]


def test_where_a_start_came_from() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])  # the start
        return [b"a"]

    exchange, _ = play(app)
    start = exchange.events[0]
    assert lines(start.site) == ['start_response("200 OK", [])  # the start'], (
        "and no frame of the server's or of pytest"
    )


def test_where_a_generator_yields() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[Any]:
        start_response("204 None", [])
        yield b"not allowed"  # here

    exchange, _ = play(app)
    (breach,) = exchange.judge().breaches
    assert breach.rule == "body-not-allowed" and breach.at is not None
    assert lines(breach.at.site) == ['yield b"not allowed"  # here']


# ------------------------------------------------------------------------------------------ closing


def test_the_iterable_is_closed_once() -> None:
    for client in (
        DEFAULT,
        Client(leaves="before"),
        Client(leaves="first"),
        Client(leaves="end"),
        Client(refuses="body"),
    ):
        body = Closing(b"a", b"b")
        exchange, _ = play(answers(body), client)
        assert body.closed == 1 and rules(exchange) == [] and exchange.closed


def test_an_error_of_close_is_told() -> None:
    exchange, answer = play(answers(Closing(b"a", error=KeyError("k"))))
    assert rules(exchange) == ["error-after-end"] and answer.size == 1
    exchange, _ = play(answers(Closing(b"a", b"b", error=KeyError("k"))), Client(leaves="first"))
    assert rules(exchange) == [], "the client has gone"


def test_an_iterable_that_fails_is_closed_too() -> None:
    class Failing(Closing):
        def __iter__(self) -> Iterator[Any]:
            yield b"a"
            raise KeyError

    body = Failing()
    exchange, _ = play(answers(body))
    assert body.closed == 1 and rules(exchange) == ["error-after-start"]


def record(app: App, exchange: Exchange | None = None) -> tuple[Any, Exchange]:
    exchange = exchange or Exchange(Facts("wsgi"), app, wsgi.request_of, {})
    return wsgi.record(app, {}, lambda *_: lambda _: None, exchange), exchange


def test_a_body_that_was_judged_already_is_closed_all_the_same() -> None:
    inner = Closing(b"a")
    body, exchange = record(answers(inner))
    assert list(body) == [b"a"]
    exchange.returned()
    exchange.close()
    body.close()
    assert inner.closed == 1


def test_a_body_can_be_taken_step_by_step() -> None:
    body, exchange = record(answers(iter([b"a", b"b"])))
    assert next(body) == b"a" and list(body) == [b"b"]
    assert next(body, None) is None
    body.close()
    assert columns(exchange) == ["start", "data", "data", "end", "returned"]


def test_a_body_that_is_not_taken_to_its_end_was_left() -> None:
    body, exchange = record(answers(iter([b"a", b"b"]), ("Content-Length", "2")))
    assert next(iter(body)) == b"a"
    body.close()
    assert columns(exchange) == ["start", "data", "gone", "returned"] and rules(exchange) == []


def test_a_list_is_handed_over_whole_whatever_the_client_takes_of_it() -> None:
    body, exchange = record(answers([b"a", b"b"], ("Content-Length", "3")))
    assert columns(exchange) == ["start", "data", "data", "end", "returned"] and rules(exchange) == ["length-mismatch"]
    assert next(iter(body)) == b"a"
    body.close()
    assert columns(exchange) == ["start", "data", "data", "end", "returned"]


# ------------------------------------------------------------------------------------------ watching


@pytest.fixture
def docket(monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(Watcher, "docket", kept)
    return kept


def test_a_watched_app_is_transparent(docket: Kept) -> None:
    environ = wsgi.environ_of(Request("POST", "/a", body=b"x"))
    seen: list[Any] = []
    written: list[bytes] = []

    def app(given: Any, start_response: Any) -> Any:
        seen.append(given)
        assert start_response("200 OK", headers)(b"w") == 1
        return Closing(b"a", b"b")

    def start_response(*given: Any) -> Any:
        seen.extend(given)
        return lambda data: written.append(data) or 1

    headers = [("A", "b")]
    watched = wsgi.watched(app)
    assert isinstance(watched, AlreadyJudged) and wsgi.watched(watched) is watched
    body = watched(environ, start_response)
    assert list(body) == [b"a", b"b"] and written == [b"w"]
    body.close()  # type: ignore[attr-defined]
    assert seen[0] is environ and seen[1:] == ["200 OK", headers] and seen[2] is headers
    (exchange,) = docket.closed
    assert docket.added == [] and exchange.app is app and exchange.make_request().path == "/a"
    assert current() is None


def test_errors_of_a_watched_app_pass(docket: Kept) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        raise KeyError("the app's own")

    with pytest.raises(KeyError, match="the app's own"):
        wsgi.watched(app)({}, lambda *_: None)  # type: ignore[arg-type, return-value]
    (exchange,) = docket.added
    assert rules(exchange) == ["unhandled-error"]


def test_errors_of_the_server_pass(docket: Kept) -> None:
    def broken(*_: Any) -> Any:
        raise BrokenPipeError("gone")

    with pytest.raises(BrokenPipeError, match="gone"):
        wsgi.watched(ok)({}, broken)
    (exchange,) = docket.added
    assert rules(exchange) == []
    assert "gone" in columns(exchange)


def test_errors_of_the_app_in_its_body_pass(docket: Kept) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        raise KeyError("late")

    body = wsgi.watched(app)({}, lambda *_: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(KeyError, match="late"):
        list(body)
    body.close()  # type: ignore[attr-defined]
    assert [rules(exchange) for exchange in docket.added] == [["error-after-start"]]


def test_an_exchange_is_current_while_its_app_runs_and_only_then(docket: Kept) -> None:
    seen: list[Any] = []

    class Body(Closing):
        def __iter__(self) -> Iterator[bytes]:
            seen.append(current())
            yield b"a"
            seen.append(current())

        def close(self) -> None:
            seen.append(current())

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(current())
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
        start_response("200 OK", [])
        return Body()

    body = wsgi.watched(app)({}, lambda *_: None)  # type: ignore[arg-type, return-value]
    assert current() is None
    for _ in body:
        assert current() is None
    body.close()  # type: ignore[attr-defined]
    (exchange,) = docket.closed
    assert seen == [exchange] * 5 and current() is None and Watcher.running == []


# ------------------------------------------------------------------------------------------ requests and environs


def test_an_environ_of_a_request() -> None:
    headers = (("Host", "shop.test:81"), ("X-Name", "é"), ("cookie", "c=d"), ("Content-Type", "text/plain"))
    environ = wsgi.environ_of(Request("PUT", "/café/x", "a=1&b", headers, b"body"))
    assert environ["REQUEST_METHOD"] == "PUT" and environ["QUERY_STRING"] == "a=1&b"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café/x" and environ["SCRIPT_NAME"] == ""
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["HTTP_HOST"]) == ("shop.test", "81", "shop.test:81")
    assert environ["HTTP_X_NAME"].encode("latin-1").decode() == "é" and environ["HTTP_COOKIE"] == "c=d"
    assert environ["CONTENT_TYPE"] == "text/plain" and environ["CONTENT_LENGTH"] == "4"
    assert "HTTP_CONTENT_TYPE" not in environ and environ["wsgi.input"].read() == b"body"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "BREW"])
def test_an_environ_is_what_the_standard_librarys_validator_wants(method: str) -> None:
    environ = wsgi.environ_of(Request(method, "/a", headers=(("accept", "*/*"),)))
    check_environ(environ) if method != "BREW" else None
    assert ("CONTENT_LENGTH" in environ) is (method == "POST")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("h", ("h", "80")), ("h:81", ("h", "81")), ("[::1]:81", ("[::1]", "81")), ("[::1]", ("[::1]", "80"))],
)
def test_a_host_and_its_port(host: str, expected: tuple[str, str]) -> None:
    environ = wsgi.environ_of(Request(headers=(("host", host),)))
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == expected


def test_a_header_that_is_sent_twice_is_joined() -> None:
    environ = wsgi.environ_of(Request(headers=(("accept", "a"), ("x", "1"), ("Accept", "b"))))
    assert environ["HTTP_ACCEPT"].replace(" ", "") == "a,b"


def test_a_request_of_an_environ() -> None:
    headers = (("x-name", "v"), ("content-type", "text/plain"), ("content-length", "4"))
    request = Request("PUT", "/café/x", "a=1", headers, b"body")
    found = wsgi.request_of(wsgi.environ_of(request))
    assert (found.method, found.path, found.query, found.body) == ("PUT", "/café/x", "a=1", b"")
    assert dict(found.headers) == {"host": "localhost:8000", **dict(headers)}
    assert wsgi.request_of({}) == Request("GET", "/")
    assert wsgi.request_of({"SCRIPT_NAME": "/app", "PATH_INFO": "/x"}).path == "/app/x"


# ------------------------------------------------------------------------------------------ the driver: clients


def test_an_answer() -> None:
    exchange, answer = play(answers([b"ab", b"c"], ("X-Name", "v"), status="201 Made"))
    assert (answer.status, answer.headers, bytes(answer.body)) == (201, (("X-Name", "v"),), b"abc")
    assert (answer.size, answer.chunks, exchange.closed) == (3, 2, True)
    for keep, expected in ((2, b"bo"), (None, b"body"), (0, b"")):
        _, answer = wsgi.Driver(ok).exchange(Request(), keep=keep)
        assert (bytes(answer.body), answer.size) == (expected, 4)


def test_an_exchange_tells_of_its_request_and_client() -> None:
    request = Request("BREW", "/pot")
    exchange, _ = wsgi.Driver(ok).exchange(request, Client(leaves="first"))
    assert exchange.make_request() is request and exchange.facts == Facts("wsgi", "http", "BREW")
    assert exchange.client == str(Client(leaves="first"))


@pytest.mark.parametrize(
    ("client", "taken"),
    [(Client(leaves="before"), 0), (Client(leaves="first"), 1), (Client(leaves="end"), 3), (DEFAULT, 3)],
    ids=["before", "first", "end", "not at all"],
)
def test_how_much_a_client_takes(client: Client, taken: int) -> None:
    given: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"", b"a", b"b", b"c"):
            given.append(chunk)
            yield chunk

    exchange, answer = play(answers(chunks(), ("Content-Length", "3")), client)
    assert answer.chunks == taken
    assert len([chunk for chunk in given if chunk]) == taken
    assert rules(exchange) == []


@pytest.mark.parametrize("refuses", ["start", "body"])
def test_a_client_that_is_gone_when_it_is_written_to(refuses: str) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])(b"a")
        raise AssertionError("not reached")

    exchange, answer = play(app, Client(refuses=refuses))
    assert isinstance(exchange.refusal, ClientLeft)
    assert rules(exchange) == [] and answer.size == 0 and columns(exchange)[-2:] == ["gone", "returned"]


@pytest.mark.parametrize("refuses", ["start", "body"])
def test_a_client_that_is_gone_when_the_body_is_sent(refuses: str) -> None:
    given: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(5):
            given.append(number)
            yield b"a"

    exchange, answer = play(answers(chunks()), Client(refuses=refuses))
    assert given == [0] and answer.size == 0 and "gone" in columns(exchange) and rules(exchange) == []


def test_a_strict_server_raises_at_a_second_start() -> None:
    errors: list[BaseException] = []

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        try:
            start_response("500 No", [])
        except Exception as error:
            errors.append(error)
            raise
        return [b"body"]

    exchange, _ = play(app, Client(strict=True))
    assert [type(error) for error in errors] == [Refused] and rules(exchange) == ["second-response"]
    errors.clear()
    assert rules(play(app)[0]) == ["second-response"] and errors == []
    assert play(ok, Client(strict=True))[0].plain


# ------------------------------------------------------------------------------------------ the driver: threads


def test_a_thread_that_writes_after_the_return_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    returned = threading.Event()
    wait = wsgi._wait_for_threads
    monkeypatch.setattr(wsgi, "_wait_for_threads", lambda before: (returned.set(), wait(before)))

    def app(environ: Any, start_response: Any) -> Any:
        write = start_response("200 OK", [])
        body = Closing(b"a")
        body.close = lambda: threads[0].start()  # type: ignore[method-assign]
        threads.append(threading.Thread(target=lambda: (returned.wait(10), write(b"late"))))
        return body

    exchange, _ = play(app)
    threads[0].join()
    assert rules(exchange) == ["late-send"]


def test_a_thread_that_works_on_is_not_waited_for_long() -> None:
    released = threading.Event()

    def app(environ: Any, start_response: Any) -> Any:
        threading.Thread(target=released.wait, args=(10,)).start()
        return ok(environ, start_response)

    began = time.monotonic()
    assert play(app)[0].plain
    assert time.monotonic() - began < 1
    released.set()


# ------------------------------------------------------------------------------------------ the driver: what never ends


def sleeping(environ: Any, start_response: Any) -> Any:
    time.sleep(30)  # hangs


def spinning(environ: Any, start_response: Any) -> Any:
    while True:  # hangs
        pass


def waiting(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [])
    threading.Event().wait(30)  # hangs


def in_its_body(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [])
    yield b"a"
    time.sleep(30)  # hangs


def in_its_body_after_a_catch(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [])
    with suppress(Exception):
        time.sleep(30)  # hangs
    yield b"a"


def catching_everything_once(environ: Any, start_response: Any) -> Any:
    try:
        time.sleep(30)  # hangs
    except BaseException:
        time.sleep(30)
    return ok(environ, start_response)


HANGING = [sleeping, spinning, waiting, in_its_body, in_its_body_after_a_catch, catching_everything_once]


@needs_alarm
@pytest.mark.parametrize("app", HANGING, ids=lambda app: app.__name__)
def test_an_app_that_hangs_is_ended_and_the_next_request_served(app: App) -> None:
    driver = wsgi.Driver(app, 0.03)
    began = time.monotonic()
    exchange, _ = driver.exchange(Request())
    assert time.monotonic() - began < 1
    assert rules(exchange) == ["hung-response"]
    (told,) = [event for event in exchange.events if isinstance(event, TimedOut)]
    found = lines(told.site)
    assert any(text.endswith("# hangs") for text in found) or app in (spinning, catching_everything_once)
    assert not any(isinstance(event, Raised) for event in exchange.events)
    driver.app = ok
    assert driver.exchange(Request())[0].plain and current() is None


@needs_alarm
def test_a_close_that_hangs_is_ended() -> None:
    body = Closing(b"a")
    body.close = lambda: time.sleep(30)  # type: ignore[method-assign]
    began = time.monotonic()
    exchange, answer = play(answers(body), timeout=0.03)
    assert time.monotonic() - began < 1 and answer.size == 1
    assert "raised" not in columns(exchange)


@needs_alarm
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("chunk", [b"", b"a"], ids=["of nothing", "of something"])
def test_an_endless_stream_ends(chunk: bytes) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        while True:
            yield chunk

    exchange, answer = play(app, timeout=0.05 if not chunk else 20)
    if chunk:
        assert answer.chunks == MOST_CHUNKS and rules(exchange) == [] and len(exchange.events) < MOST_CHUNKS + 10
    else:
        assert rules(exchange) == ["hung-response"]
        exchange_module._current.set(None)
        Watcher.running.clear()


@needs_alarm
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it may strike in a weakref's callback
def test_wherever_the_limit_strikes_no_exchange_is_left_behind() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        while True:
            yield b""

    found = []
    for _ in range(60):
        found.append(rules(play(app, timeout=0.003)[0]))
        left = current() is not None or bool(Watcher.running)
        exchange_module._current.set(None)
        Watcher.running.clear()
        assert not left
    assert found == [["hung-response"]] * 60


@needs_alarm
def test_an_event_stream_that_falls_silent_is_left() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        yield b"data: 1\n\n"
        time.sleep(30)

    exchange, answer = play(app, timeout=0.03)
    assert answer.size == 9 and rules(exchange) == []


@needs_alarm
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_a_stream_without_an_end_the_client_loses_patience_with_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsgi, "MOST_CHUNKS", 10**9)
    monkeypatch.setattr(wsgi, "PATIENCE", 0.02)
    hangs = threading.Event()

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        while not hangs.wait(0.005):
            yield b"a"
        threading.Event().wait()

    driver = wsgi.Driver(app, 1.0)
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


class Odd(BaseException):
    """No Exception."""


def recurses(environ: Any, start_response: Any) -> Any:
    return recurses(environ, start_response)


def raises(error: BaseException) -> App:
    def app(environ: Any, start_response: Any) -> Any:
        raise error

    return app


ESCAPING: list[tuple[App, type[BaseException]]] = [
    (raises(ValueError("v")), ValueError),
    (raises(SystemExit(3)), SystemExit),
    (raises(Odd()), Odd),
    (raises(GeneratorExit()), GeneratorExit),
    (raises(StopIteration()), StopIteration),
    (raises(BaseExceptionGroup("g", [Odd()])), BaseExceptionGroup),
    (recurses, RecursionError),
    (raises(MemoryError()), MemoryError),
]


@pytest.mark.parametrize(("app", "kind"), ESCAPING, ids=[kind.__name__ for _, kind in ESCAPING])
def test_nothing_that_escapes_leaves_the_driver(app: App, kind: type[BaseException]) -> None:
    driver = wsgi.Driver(app, 2)
    exchange, answer = driver.exchange(Request())
    assert rules(exchange) == ["unhandled-error"] and type(exchange.escaped()) is kind and answer.status == 0
    driver.app = ok
    assert driver.exchange(Request())[0].plain
    assert current() is None and Watcher.running == []


@pytest.mark.parametrize(
    "error", [ValueError(), SystemExit(), Odd(), RecursionError()], ids=lambda error: type(error).__name__
)
def test_nothing_that_escapes_from_a_body_leaves_the_driver(error: BaseException) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        yield b"a"
        raise error

    exchange, answer = play(app)
    assert rules(exchange) == ["error-after-start"] and exchange.escaped() is error and answer.size == 1


def interrupted(place: str) -> Any:
    """An app during which the user presses Ctrl-C."""

    def press(where: str) -> None:
        if where == place:
            signal.raise_signal(signal.SIGINT)

    class Body(Closing):
        def close(self) -> None:
            press("in close")

        def __iter__(self) -> Iterator[bytes]:
            press("in the body")
            return iter((b"a",))

    def app(environ: Any, start_response: Any) -> Any:
        press("in the app")
        start_response("200 OK", [])
        return Body(b"a")

    return app


def test_a_keyboard_interrupt_of_the_apps_own_ends_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt, "is_users", lambda code: True)  # wherever the root is that another test has set
    exchange, answer = play(raises(KeyboardInterrupt()))
    assert rules(exchange) == ["unhandled-error"] and answer.status == 0


@pytest.mark.parametrize("where", ["in the app", "in the body", "in close"])
def test_a_keyboard_interrupt_is_the_users(where: str) -> None:
    driver = wsgi.Driver(interrupted(where), 2)
    with pytest.raises(KeyboardInterrupt):
        driver.exchange(Request())
    driver.app = ok
    assert driver.exchange(Request())[0].plain and current() is None


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


def test_a_hundred_megabytes_in_one_chunk() -> None:
    app = answers([bytes(HUNDRED_MB)], ("Content-Length", str(HUNDRED_MB)))
    found: list[Any] = []
    assert peak(lambda: found.extend(play(app, timeout=20))) < 5_000_000
    assert found[0].plain and found[1].size == HUNDRED_MB and len(found[1].body) == 65_536


def test_a_hundred_megabytes_in_many_chunks() -> None:
    app = answers((bytes(65_536) for _ in range(1600)), ("Content-Length", str(HUNDRED_MB)))
    found: list[Any] = []
    assert peak(lambda: found.extend(play(app, timeout=20))) < 5_000_000
    assert found[0].plain and found[1].size == HUNDRED_MB


def test_the_body_of_a_request_breaks_off() -> None:
    read: list[bytes] = []

    def app(environ: Any, start_response: Any) -> Any:
        assert environ["CONTENT_LENGTH"] == "6"
        read.append(environ["wsgi.input"].read(6))
        start_response("400 Bad Request", [])
        return [b"a"]

    wsgi.Driver(app, 2).exchange(Request("POST", body=b"abcdef"), Client(breaks_off=True))
    assert read == [b"abc"]


@pytest.mark.parametrize("inner", [None, 5], ids=repr)
@pytest.mark.parametrize("starts", [True, False])
def test_what_cannot_be_gone_through_fails_as_it_would_without_a_recorder(inner: Any, starts: bool) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        if starts:
            start_response("200 OK", [])
        return inner

    body, exchange = record(app)
    with pytest.raises(TypeError, match="not iterable"):
        list(body)
    body.close()
    assert rules(exchange) == (["body-not-bytes"] if starts else ["no-response"])

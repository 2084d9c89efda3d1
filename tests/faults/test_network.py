"""What leaves the machine while an app is driven: nothing."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.fault import Fault
from pytest_oneresponse.faults.network import Network, Unreachable, is_local, watched_over
from pytest_oneresponse.faults.replies import MISBEHAVIOURS, Asked
from pytest_oneresponse.faults.tap import Tap

from .conftest import Load, Module

NAMES = [
    *((socket.socket, name) for name in ("connect", "connect_ex", "sendto", "sendmsg")),
    *((socket, name) for name in ("getaddrinfo", "gethostbyname")),
]


def patched() -> list[Any]:
    return [getattr(owner, name) for owner, name in NAMES]


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "localhost.", "api.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "0.0.0.0"),
        *("", None, "::", "::1%lo", "::ffff:127.0.0.1", b"localhost", b"127.0.0.1", "testserver", socket.gethostname()),
    ],
)
def test_an_address_of_this_machine_is_local(host: Any) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host",
    [
        *("example.test", "10.0.0.1", "8.8.8.8", "2001:db8::1", "localhost.example.test", "notlocalhost", "128.0.0.1"),
        *(b"example.test", "::ffff:10.0.0.1", "example.test.", "localhost:80.example"),
    ],
)
def test_any_other_address_is_not(host: Any) -> None:
    assert not is_local(host)


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()


def test_this_machine_is_reached(server: tuple[str, int]) -> None:
    with watched_over() as network:
        with socket.create_connection(server):
            pass
        with socket.socket() as other:
            assert other.connect_ex(server) == 0
        assert socket.getaddrinfo("localhost", 80)
    assert network.refused == {} and network.remarks() == []


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_a_socket_of_the_file_system_is_reached(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of such a socket is short
    with socket.socket(socket.AF_UNIX) as listening, watched_over(), socket.socket(socket.AF_UNIX) as other:
        listening.bind("a")
        listening.listen()
        other.connect("a")
    with socket.socket(type=socket.SOCK_DGRAM) as here, watched_over(), socket.socket(type=socket.SOCK_DGRAM) as sender:
        here.bind(("127.0.0.1", 0))
        assert sender.sendto(b"x", here.getsockname()) == 1


OUT = """
import socket
def connects():
    with socket.socket() as out:
        out.connect(("10.255.255.1", 80))
def connects_to_six():
    with socket.socket(socket.AF_INET6) as out:
        out.connect(("2001:db8::1", 443, 0, 0))
def tries():
    with socket.socket() as out:
        return out.connect_ex(("10.255.255.2", 80))
def sends():
    with socket.socket(type=socket.SOCK_DGRAM) as out:
        out.sendto(b"x", ("10.255.255.1", 53))
def sends_with_flags():
    with socket.socket(type=socket.SOCK_DGRAM) as out:
        out.sendto(b"x", 0, ("10.255.255.1", 53))
def sends_a_message():
    with socket.socket(type=socket.SOCK_DGRAM) as out:
        out.sendmsg([b"x"], [], 0, ("10.255.255.1", 53))
def looks_up():
    socket.getaddrinfo("example.test", 443)
def looks_up_by_words():
    socket.getaddrinfo(host="example.test", port=443)
def looks_up_bytes():
    socket.getaddrinfo(b"example.test", 443)
def looks_one_up():
    socket.gethostbyname("example.test")
def looks_one_up_ex():
    socket.gethostbyname_ex("example.test")
def creates():
    socket.create_connection(("example.test", 443), timeout=1)
"""


@pytest.mark.parametrize(
    ("function", "target"),
    [
        ("connects", "10.255.255.1:80"),
        ("connects_to_six", "2001:db8::1:443"),
        ("sends", "10.255.255.1:53"),
        ("sends_with_flags", "10.255.255.1:53"),
        ("sends_a_message", "10.255.255.1:53"),
        ("looks_up", "example.test:443"),
        ("looks_up_by_words", "example.test:443"),
        ("looks_up_bytes", "example.test:443"),
        ("creates", "example.test:443"),
        ("looks_one_up", "example.test"),
        ("looks_one_up_ex", "example.test"),
    ],
)
def test_another_machine_is_refused_with_the_users_line(load: Load, function: str, target: str) -> None:
    module = load(OUT)
    with watched_over() as network, pytest.raises(ConnectionRefusedError) as caught:
        getattr(module, function)()
    line = module.line(f"def {function}():") + 1
    error = caught.value
    assert isinstance(error, Unreachable) and error.errno
    assert str(error.strerror).startswith(f"{target} is on another machine, and was not asked in {module.file}:")
    assert "--oneresponse-network" in str(error)
    ((host, place),) = network.refused.items()
    assert target.startswith(host) and place is not None and place.file == module.file
    assert line <= place.line <= line + 1
    assert network.remarks() == [
        f"{host} was not reached in {module.file}:{place.line} (--oneresponse-network allows it)"
    ]


def test_who_asks_for_the_number_of_an_error_gets_it(load: Load) -> None:
    module = load(OUT)
    with watched_over() as network:
        assert module.tries() == errno.ECONNREFUSED
    (place,) = network.refused.values()
    assert place is not None and place.function == "tries"


def test_a_host_is_told_once_with_the_line_that_tried_first(load: Load) -> None:
    module = load(OUT)
    with watched_over() as network:
        for function in (module.creates, module.looks_up, module.looks_up):
            with contextlib.suppress(Unreachable):
                function()
    (place,) = network.refused.values()
    assert place is not None and place.function == "creates" and len(network.remarks()) == 1


def test_who_tries_without_a_line_of_the_users_is_refused_too(users: Any) -> None:
    with watched_over() as network, pytest.raises(Unreachable, match="was not asked: an app is driven"):
        socket.getaddrinfo("example.test", 80)
    assert network.refused == {"example.test": None}
    assert network.remarks() == ["example.test was not reached (--oneresponse-network allows it)"]


def test_an_address_that_needs_no_name_is_looked_up() -> None:
    with watched_over() as network:
        assert socket.getaddrinfo("10.0.0.1", 80)[0][4][0] == "10.0.0.1"
        assert socket.getaddrinfo("2001:db8::1", 80)[0][4][0] == "2001:db8::1"
        assert socket.getaddrinfo(b"10.0.0.1", 80)
        assert socket.getaddrinfo(None, 80)
        assert socket.gethostbyname("10.0.0.1") == "10.0.0.1"
        assert socket.gethostbyname("localhost").startswith("127.")
    assert network.refused == {}


def test_threads_are_refused_too() -> None:
    found: list[Any] = []

    def works() -> None:
        try:
            socket.getaddrinfo("example.test", 80)
        except OSError as error:
            found.append(error)

    with watched_over():
        thread = threading.Thread(target=works)
        thread.start()
        thread.join()
    assert [type(error) for error in found] == [Unreachable]


@pytest.mark.parametrize("error", [None, KeyError, KeyboardInterrupt])
def test_everything_is_put_back(error: Any) -> None:
    before, own = patched(), [name in vars(owner) for owner, name in NAMES]
    with contextlib.suppress(KeyError, KeyboardInterrupt), watched_over():
        assert all(one is not other for one, other in zip(before, patched(), strict=True))
        if error is not None:
            raise error
    assert patched() == before
    assert [name in vars(owner) for owner, name in NAMES] == own


def test_one_inside_another_ends_first() -> None:
    before = patched()
    with watched_over():
        with watched_over() as inner, pytest.raises(Unreachable):
            socket.getaddrinfo("example.test", 80)
        with pytest.raises(Unreachable):
            socket.getaddrinfo("example.test", 80)
    assert patched() == before and list(inner.refused) == ["example.test"]


def test_where_the_network_is_allowed_nothing_is_done() -> None:
    before = patched()
    with watched_over(allowed=True) as network:
        assert patched() == before
    assert network.remarks() == []


# what is answered

ASKED = Asked("requests", "GET", "http://example.test/a")


@pytest.fixture
def client(load: Load) -> Module:
    """Asks from a line of the user's."""
    return load("def f(network, asked):\n    return network.upstream.answer(asked)\n")


def test_another_machine_answers_with_the_document_of_the_trial(client: Module) -> None:
    with recording(document={"items": [1]}, tap=Tap()) as now:
        reply = client.f(Network(), ASKED)
    assert (reply.status, reply.body, dict(reply.headers)) == (
        200,
        b'{"items": [1]}',
        {"content-type": "application/json"},
    )
    assert now.upstreams == 1


def test_without_a_trial_the_answer_is_empty(client: Module) -> None:
    assert client.f(Network(), ASKED).body == b"{}"


def test_another_machine_misbehaves_from_a_line_of_the_users(client: Module) -> None:
    fault = Fault("upstream", client.file, (2, 0, 2, 0), "503", nth=2)
    tap = Tap([fault])
    with recording(tap=tap) as now:
        statuses = [client.f(Network(), ASKED).status for _ in range(3)]
    assert statuses == [200, 503, 200] and tap.again and now.upstreams == 3
    (fired,) = tap.fired
    assert fired.call == "GET http://example.test/a" and fired.place.line == 2


def test_who_asks_without_a_line_of_the_users_is_answered(users: Any) -> None:
    with recording(tap=Tap([Fault("upstream", "a.py", (1, 0, 1, 0), "500")])):
        assert Network().upstream.answer(ASKED).status == 200


def test_each_misbehaviour_is_a_way_for_a_place_to_fail(load: Load, run: Any) -> None:
    module = load(
        """
        def app(environ, start_response):
            network.upstream.answer(asked)
            start_response("200 OK", [])
            return [b"x"]
        """,
        network=Network(),
        asked=ASKED,
    )
    tap = Tap()
    run(module.app, tap)
    (point,) = [point for point in tap.points.values() if point.kind == "upstream"]
    line = module.line("upstream.answer")
    assert point.place == (module.file, (line, 0, line, 0)) and point.failures == tuple(MISBEHAVIOURS)


def test_a_refusal_that_ends_a_thread_is_not_told_by_python_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))

    def refused() -> None:
        socket.getaddrinfo("example.test", 80)

    def wrapped() -> None:
        try:
            refused()
        except OSError as error:
            raise RuntimeError from error

    def fails() -> None:
        raise LookupError

    with watched_over():
        for works in (refused, wrapped, fails):
            thread = threading.Thread(target=works)
            thread.start()
            thread.join()
    assert told == [LookupError]

"""HTTP clients whose requests are answered without a network see what they would see of a real server."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib
import io
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from pytest_oneresponse.faults import network, via_aiohttp, via_httpx, via_requests, via_urllib
from pytest_oneresponse.faults.replies import MISBEHAVIOURS, Asked, Reply, Upstream, shaped
from pytest_oneresponse.patching import Patches

LIMIT = 0.2
"""In seconds: so long clients wait for an answer that does not come."""
ELSEWHERE = "http://example.test:8000/a?b=c"


class Got(NamedTuple):
    """What a client has made of an answer."""

    status: int
    document: Any


def urllib_gets(url: str) -> Got:
    with urllib.request.urlopen(url, timeout=LIMIT) as response:
        return Got(response.status, json.loads(response.read()))


def requests_gets(url: str) -> Got:
    import requests

    response = requests.get(url, timeout=LIMIT)
    return Got(response.status_code, response.json())


def httpx_gets(url: str, name: str = "httpx") -> Got:
    response = importlib.import_module(name).get(url, timeout=LIMIT, follow_redirects=True)
    return Got(response.status_code, response.json())


def httpx2_gets(url: str) -> Got:
    return httpx_gets(url, "httpx2")


async def _httpx_gets(url: str, name: str) -> Got:
    async with importlib.import_module(name).AsyncClient(timeout=LIMIT, follow_redirects=True) as client:
        response = await client.get(url)
        return Got(response.status_code, response.json())


def async_httpx_gets(url: str) -> Got:
    return asyncio.run(_httpx_gets(url, "httpx"))


def async_httpx2_gets(url: str) -> Got:
    return asyncio.run(_httpx_gets(url, "httpx2"))


async def _aiohttp_gets(url: str) -> Got:
    import aiohttp

    limits = aiohttp.ClientTimeout(total=None, sock_connect=LIMIT, sock_read=LIMIT)
    async with aiohttp.ClientSession(timeout=limits) as session, session.get(url) as response:
        return Got(response.status, await response.json())


def aiohttp_gets(url: str) -> Got:
    return asyncio.run(_aiohttp_gets(url))


class Client(NamedTuple):
    module: str
    via: Any
    get: Callable[[str], Got]
    connect_timeout: str


CLIENTS = {
    "urllib": Client("http.client", via_urllib, urllib_gets, "URLError of TimeoutError"),
    "requests": Client("requests", via_requests, requests_gets, "requests.exceptions.ConnectTimeout"),
    "httpx": Client("httpx", via_httpx, httpx_gets, "httpx.ConnectTimeout"),
    "httpx, async": Client("httpx", via_httpx, async_httpx_gets, "httpx.ConnectTimeout"),
    "httpx2": Client("httpx2", via_httpx, httpx2_gets, "httpx2.ConnectTimeout"),
    "httpx2, async": Client("httpx2", via_httpx, async_httpx2_gets, "httpx2.ConnectTimeout"),
    "aiohttp": Client("aiohttp", via_aiohttp, aiohttp_gets, "aiohttp.client_exceptions.ConnectionTimeoutError"),
}


def outcome(get: Callable[[str], Got], url: str) -> Any:
    """What comes of a request: what the client got, or how it failed."""
    try:
        return get(url)
    except urllib.error.HTTPError as error:
        with error:
            return "HTTPError", error.code
    except urllib.error.URLError as error:
        return f"URLError of {type(error.reason).__name__}"
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__qualname__}"


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    found = CLIENTS[request.param]
    pytest.importorskip(found.module)
    return found


@contextlib.contextmanager
def answered(client: Client, reply: Reply) -> Iterator[list[Asked]]:
    """The client's requests get an answer without a network; what was asked."""
    asked: list[Asked] = []

    def answer(one: Asked) -> Reply:
        asked.append(one)
        return reply

    patches = Patches()
    try:
        is_failure = reply in MISBEHAVIOURS.values()
        upstream = Upstream(answer, usual=answer) if is_failure else Upstream(lambda one: None, answer)
        client.via.install(importlib.import_module(client.module), patches, upstream, network.is_local)
        yield asked
    finally:
        patches.undo()


@pytest.fixture
def served() -> Iterator[Callable[[Reply], str]]:
    """Answers with a reply on this machine, again and again; gives the URL."""
    with contextlib.ExitStack() as stack:

        def serve(reply: Reply) -> str:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/a?b=c"
            if reply.fails == "refused":
                listening.close()
                return url
            thread = threading.Thread(target=works, args=(listening, reply))
            thread.start()
            stack.callback(thread.join)
            # A call of shutdown() wakes the thread up that waits in accept().
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            return url

        yield serve


def works(listening: socket.socket, reply: Reply) -> None:
    held = []
    while True:
        try:
            connection = listening.accept()[0]
        except OSError:
            break
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096) or b"\r\n\r\n"
        if reply.fails:
            held.append(connection)
        else:
            connection.sendall(reply.wire)
            connection.close()
    for connection in held:
        connection.close()


# what clients see


@pytest.mark.parametrize("way", [way for way in MISBEHAVIOURS if way != "connect timeout"])
def test_a_client_sees_what_it_sees_of_a_real_server(client: Client, served: Callable[[Reply], str], way: str) -> None:
    reply = MISBEHAVIOURS[way]
    real = outcome(client.get, served(reply))
    with answered(client, reply) as asked:
        assert outcome(client.get, ELSEWHERE) == real
    assert asked and getattr(real, "status", 0) != 200


def test_a_client_that_does_not_get_through_in_time_says_so(client: Client) -> None:
    with answered(client, MISBEHAVIOURS["connect timeout"]):
        assert outcome(client.get, ELSEWHERE) == client.connect_timeout


def test_a_client_gets_the_document(client: Client, served: Callable[[Reply], str]) -> None:
    reply = shaped({"items": [1, "ä"]})
    with answered(client, reply) as asked:
        found = client.get(ELSEWHERE)
    assert found == client.get(served(reply)) == Got(200, {"items": [1, "ä"]})
    assert [(one.method, one.url) for one in asked] == [("GET", ELSEWHERE)]
    assert asked[0].client in (client.module, "urllib")


def test_no_time_is_waited(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.LIMIT", 3600)
    with answered(client, MISBEHAVIOURS["read timeout"]):
        assert isinstance(outcome(client.get, ELSEWHERE), str)


def test_https_is_answered_too(client: Client) -> None:
    with answered(client, shaped({})) as asked:
        assert client.get("https://example.test/a").document == {}
    assert [one.url for one in asked] in (["https://example.test/a"], ["https://example.test:443/a"])


def test_this_machine_is_asked_itself(client: Client, served: Callable[[Reply], str]) -> None:
    url = served(shaped("real"))
    with answered(client, shaped("not real")) as asked:
        assert client.get(url).document == "real"
        assert client.get(ELSEWHERE).document == "not real"
    assert len(asked) == 1


def test_clients_are_put_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[Any] = []

    def look_up(host: Any, *_: Any, **__: Any) -> Any:
        hosts.append(host)
        raise socket.gaierror

    with answered(client, shaped({})) as asked:
        client.get(ELSEWHERE)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert isinstance(outcome(client.get, ELSEWHERE), str)
    assert len(asked) == 1 and hosts, "the network is asked again"


# beside the table


def test_a_body_that_is_sent_is_taken() -> None:
    with answered(CLIENTS["urllib"], shaped([1])) as asked:
        request = urllib.request.Request(ELSEWHERE, data=b"x" * 100_000, method="PUT")
        with urllib.request.urlopen(request) as response:
            assert json.load(response) == [1] and response.headers["content-type"] == "application/json"
    assert asked[0].method == "PUT"


def test_one_connection_can_be_used_again() -> None:
    with answered(CLIENTS["urllib"], shaped([1])) as asked:
        connection = http.client.HTTPConnection("example.test", 8000)
        for path in ("/a", "/b"):
            connection.request("GET", path)
            assert json.loads(connection.getresponse().read()) == [1]
        connection.close()
    assert [one.url for one in asked] == ["http://example.test:8000/a", "http://example.test:8000/b"]


@pytest.mark.parametrize("module", ["requests", "httpx", "httpx2"])
def test_a_session_is_answered_each_time(module: str) -> None:
    sessions = pytest.importorskip(module)
    made = sessions.Session if module == "requests" else sessions.Client
    with answered(CLIENTS[module], shaped([1])) as asked, made() as session:
        assert [session.post(ELSEWHERE, json={}).json() for _ in (1, 2)] == [[1], [1]]
    assert [one.method for one in asked] == ["POST", "POST"]


def test_a_session_of_aiohttp_is_answered_each_time() -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def asks() -> list[Any]:
        async with aiohttp.ClientSession() as session:
            found = []
            for _ in (1, 2):
                async with session.post(ELSEWHERE, json={"a": 1}) as response:
                    found.append(await response.json())
            return found

    with answered(CLIENTS["aiohttp"], shaped([1])) as asked:
        assert asyncio.run(asks()) == [[1], [1]]
    assert [one.method for one in asked] == ["POST", "POST"]


@pytest.mark.parametrize("way", ["connect timeout", "read timeout", "refused"])
@pytest.mark.parametrize("module", ["requests", "httpx", "httpx2"])
def test_an_error_knows_its_request(module: str, way: str) -> None:
    library = pytest.importorskip(module)
    with answered(CLIENTS[module], MISBEHAVIOURS[way]), pytest.raises(Exception, match="injected") as caught:
        library.get(ELSEWHERE)
    assert str(getattr(caught.value, "request").url) == ELSEWHERE  # noqa: B009


@pytest.mark.parametrize("module", ["httpx", "httpx2"])
def test_a_transport_of_the_users_own_is_left_alone(module: str) -> None:
    library = pytest.importorskip(module)
    own = library.MockTransport(lambda request: library.Response(418))
    with answered(CLIENTS[module], shaped([1])) as asked, library.Client(transport=own) as session:
        assert session.get(ELSEWHERE).status_code == 418
    assert asked == []


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_an_answer_on_the_wire_is_one_of_http(name: str) -> None:
    reply = MISBEHAVIOURS[name]
    head, _, body = reply.wire.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ") for line in lines[1:])
    assert lines[0].split(" ", 2)[:2] == ["HTTP/1.1", str(reply.status)] and body == reply.body
    assert (int(headers["content-length"]) == len(body)) is reply.whole


def test_each_misbehaviour_tells_who_it_is() -> None:
    assert {name for name, reply in MISBEHAVIOURS.items() if reply.fails} == {
        "connect timeout",
        "read timeout",
        "refused",
    }
    assert {str(reply.status) for reply in MISBEHAVIOURS.values()} >= {"404", "429", "500", "503", "302"}


# mocks of the user's


def mocked_by_requests_mock(stack: contextlib.ExitStack) -> None:
    mocker = stack.enter_context(pytest.importorskip("requests_mock").Mocker())
    mocker.get(ELSEWHERE, json="mocked")


def mocked_at_the_adapter(stack: contextlib.ExitStack) -> None:
    """As the package responses does it."""
    requests = pytest.importorskip("requests")

    def send(self: Any, request: Any, **_: Any) -> Any:
        raw = urllib3.HTTPResponse(io.BytesIO(b'"mocked"'), {}, 200, preload_content=False)
        return self.build_response(request, raw)

    import urllib3

    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(requests.adapters.HTTPAdapter, "send", send)


def mocked_at_the_transport(stack: contextlib.ExitStack) -> None:
    """As pytest-httpx does it."""
    httpx = pytest.importorskip("httpx")
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: httpx.Response(200, json="mocked"))


def mocked_behind_the_transport(stack: contextlib.ExitStack) -> None:
    """As respx does it."""
    httpcore = pytest.importorskip("httpcore")
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    answer = httpcore.Response(200, content=b'"mocked"')
    patch.setattr(httpcore.ConnectionPool, "handle_request", lambda self, request: answer)


@pytest.mark.parametrize(
    ("name", "mocked"),
    [
        ("requests", mocked_by_requests_mock),
        ("requests", mocked_at_the_adapter),
        ("httpx", mocked_at_the_transport),
        ("httpx", mocked_behind_the_transport),
    ],
)
def test_a_mock_of_the_users_answers_unless_a_failure_is_wanted(
    name: str, mocked: Callable[[contextlib.ExitStack], None]
) -> None:
    client = CLIENTS[name]
    with contextlib.ExitStack() as stack:
        mocked(stack)
        with answered(client, shaped("ours")):
            assert client.get(ELSEWHERE).document == "mocked"
        with answered(client, MISBEHAVIOURS["404"]) as asked:
            assert outcome(client.get, ELSEWHERE).status == 404 and asked
        assert client.get(ELSEWHERE).document == "mocked"

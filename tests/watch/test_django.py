from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

django = pytest.importorskip("django")

from django.conf import settings  # noqa: E402

from pytest_oneresponse import watch  # noqa: E402
from pytest_oneresponse.contract.events import Start  # noqa: E402
from pytest_oneresponse.exchange import Exchange, Watcher, current  # noqa: E402
from pytest_oneresponse.session.docket import Listed, route_of  # noqa: E402

from .. import dockets  # noqa: E402

URLS = "oneresponse_watch_urls"
METHODS = ["get", "post", "put", "patch", "delete", "options", "head"]
log: list[str] = []


class Kept(dockets.Kept):
    @property
    def lines(self) -> list[tuple[str, str, str]]:
        return [_line(exchange) for exchange in self.closed]


def _line(exchange: Exchange) -> tuple[str, str, str]:
    request = exchange.make_request()
    start = next((event for event in exchange.events if isinstance(event, Start)), None)
    return request.method, request.path, str(start.status)[:3] if start else ""


def columns(exchange: Exchange) -> list[str]:
    return [event.column for event in exchange.events]


def rules(exchange: Exchange) -> list[str]:
    return [breach.rule for breach in exchange.judge().breaches]


@pytest.fixture(autouse=True)
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Django set up with the views below, whatever else in this process has set it up before."""
    if not settings.configured:
        settings.configure(SECRET_KEY="key", ALLOWED_HOSTS=["*"], DATABASES={}, INSTALLED_APPS=[])
        django.setup()
    from django.test.utils import override_settings
    from django.urls import clear_url_caches

    monkeypatch.setitem(sys.modules, URLS, views())
    log.clear()
    with override_settings(ROOT_URLCONF=URLS, MIDDLEWARE=[], ALLOWED_HOSTS=["*"], DEBUG=False):
        clear_url_caches()
        yield
    clear_url_caches()


@pytest.fixture
def docket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    kept = Kept()
    monkeypatch.setattr(Watcher, "docket", kept)
    Watcher.running.clear()
    patches = watch.install()
    yield kept
    patches.undo()
    assert current() is None
    assert Watcher.running == []


def views() -> ModuleType:
    from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
    from django.template.response import SimpleTemplateResponse
    from django.test import Client
    from django.urls import path

    def ok(request: Any) -> Any:
        response = HttpResponse(request.body or b"ok", headers={"Content-Length": str(len(request.body or b"ok"))})
        response.set_cookie("seen", "yes")
        assert current() is not None
        return response

    def empty(request: Any) -> Any:
        return HttpResponse(b"not allowed", status=204)

    def length(request: Any) -> Any:
        return HttpResponse(b"ok", headers={"Content-Length": "7"})

    def away(request: Any) -> Any:
        return HttpResponseRedirect("/ok")

    barrier = threading.Barrier(6)

    def meet(request: Any) -> Any:
        exchange = current()
        barrier.wait(timeout=20)
        assert current() is exchange
        return HttpResponse(b"met")

    def boom(request: Any) -> Any:
        raise ZeroDivisionError("boom")

    def nothing(request: Any) -> None:
        return None

    def nested(request: Any) -> Any:
        before = current()
        inner = Client().get("/ok").content
        assert current() is before
        return HttpResponse(inner + b" nested")

    def pieces() -> Any:
        try:
            assert current() is not None
            yield "one "
            yield b"two"
        finally:
            log.append("generator closed")

    def stream(request: Any) -> Any:
        return StreamingHttpResponse(pieces(), status=204 if request.GET.get("status") else 200)

    def broken(request: Any) -> Any:
        def parts() -> Any:
            yield b"one"
            raise ZeroDivisionError("in the stream")

        return StreamingHttpResponse(parts())

    def bad_stream(request: Any) -> Any:
        return StreamingHttpResponse([b"x"], headers={"Content-Length": "many"})

    async def async_ok(request: Any) -> Any:
        await asyncio.sleep(0)
        assert current() is not None
        return HttpResponse(b"ok", status=202)

    async def async_pieces() -> Any:
        assert current() is not None
        yield "one "
        await asyncio.sleep(0)
        yield b"two"

    async def async_stream(request: Any) -> Any:
        return StreamingHttpResponse(async_pieces())

    async def async_broken(request: Any) -> Any:
        async def parts() -> Any:
            yield b"one"
            raise ZeroDivisionError("in the stream")

        return StreamingHttpResponse(parts())

    async def async_endless(request: Any) -> Any:
        async def parts() -> Any:
            yield b"one"
            await asyncio.Event().wait()

        return StreamingHttpResponse(parts())

    async def async_boom(request: Any) -> Any:
        raise ZeroDivisionError("boom")

    async def hang(request: Any) -> Any:
        await asyncio.Event().wait()

    def lost(request: Any) -> Any:
        return SimpleTemplateResponse("none.html")

    module = ModuleType(URLS)
    found = [ok, empty, length, away, meet, boom, nothing, nested, stream, broken, bad_stream, lost]
    found += [async_ok, async_stream, async_broken, async_endless, async_boom, hang]
    module.urlpatterns = [path(view.__name__, view) for view in found]  # type: ignore[attr-defined]
    return module


def client(**options: Any) -> Any:
    from django.test import Client

    return Client(**options)


def async_client(**options: Any) -> Any:
    from django.test import AsyncClient

    return AsyncClient(**options)


@contextmanager
def middleware(name: str, make: Any) -> Iterator[None]:
    from django.test.utils import override_settings

    setattr(sys.modules[URLS], name, make)
    with override_settings(MIDDLEWARE=[f"{URLS}.{name}"]):
        yield


@pytest.mark.parametrize("method", METHODS)
def test_one_exchange_per_request(docket: Kept, method: str) -> None:
    assert getattr(client(), method)("/ok").status_code == 200
    assert docket.lines == [(method.upper(), "/ok", "200")]
    assert columns(docket.closed[0]) == ["start", "data", "end", "returned"]


@pytest.mark.parametrize("method", METHODS)
def test_one_exchange_per_async_request(docket: Kept, method: str) -> None:
    async def run() -> Any:
        return await getattr(async_client(), method)("/async_ok")

    assert asyncio.run(run()).status_code == 202
    assert docket.lines == [(method.upper(), "/async_ok", "202")]
    assert columns(docket.closed[0]) == ["start", "data", "end", "returned"] and docket.closed[0].plain


def test_the_head_is_the_one_a_server_would_get(docket: Kept) -> None:
    client().get("/ok")
    asyncio.run(async_client().get("/ok"))
    wsgi, asgi = (exchange.events[0] for exchange in docket.closed)
    assert isinstance(wsgi, Start) and isinstance(asgi, Start)
    assert wsgi.status == "200 OK" and asgi.status == 200
    assert ("Content-Length", "2") in wsgi.headers and (b"Content-Length", b"2") in asgi.headers
    assert dict(wsgi.headers)["Set-Cookie"].strip() == "seen=yes; Path=/"
    assert dict(asgi.headers)[b"Set-Cookie"] == b"seen=yes; Path=/"
    assert [rules(exchange) for exchange in docket.closed] == [[], []]


def test_the_request_is_told_with_its_body(docket: Kept) -> None:
    client().post("/ok?a=1", b'{"n": 1}', content_type="application/json", headers={"X-Mine": "1"})
    client().post("/away", b"unread", content_type="text/plain")
    asyncio.run(async_client().post("/ok?b=2", b"text", content_type="text/plain"))
    asyncio.run(async_client().post("/away", b"unread", content_type="text/plain"))
    requests = [exchange.make_request() for exchange in docket.closed]
    assert [request.body for request in requests] == [b'{"n": 1}', b"unread", b"text", b"unread"]
    assert [request.query for request in requests] == ["a=1", "", "b=2", ""]
    assert requests[0].header("x-mine") == "1" and requests[2].header("content-type") == "text/plain"


@pytest.mark.parametrize("use", ["sync", "async"])
def test_recorded_before_the_client_removes_the_body(docket: Kept, use: str) -> None:
    def send(method: str, path: str) -> Any:
        if use == "sync":
            return getattr(client(), method)(path)
        return asyncio.run(getattr(async_client(), method)(path))

    assert send("get", "/empty").content == b""
    assert send("head", "/ok").content == b""
    send("get", "/length")
    found = [rules(exchange) for exchange in docket.added]
    assert found == [["body-not-allowed"], ["body-on-head"], ["length-mismatch"]][:: 1 if use == "sync" else 2]


def test_redirects_are_one_exchange_each(docket: Kept) -> None:
    response = client().get("/away", follow=True)
    assert response.redirect_chain == [("/ok", 302)] and response.content == b"ok"
    assert docket.lines == [("GET", "/away", "302"), ("GET", "/ok", "200")]


@pytest.mark.parametrize("path", ["/boom", "/async_boom"])
def test_exceptions_raised_and_answered(docket: Kept, path: str) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="boom"):
            client().get(path)
        assert client(raise_request_exception=False).get(path).status_code == 500
    with pytest.raises(ZeroDivisionError, match="boom"):
        asyncio.run(async_client().get(path))
    assert docket.lines == [("GET", path, "500")] * 5


def test_an_exception_that_leaves_the_handler(docket: Kept) -> None:
    from django.test.utils import override_settings

    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
        with pytest.raises(ZeroDivisionError) as caught:
            client().get("/boom")
        with pytest.raises(ZeroDivisionError):
            asyncio.run(async_client().get("/async_boom"))
    assert [columns(exchange) for exchange in docket.closed] == [["raised"], ["raised"]]
    assert docket.closed[0].events[0].error is caught.value  # type: ignore[union-attr]


def test_cancelled_is_the_clients_doing(docket: Kept) -> None:
    async def run() -> None:
        task = asyncio.create_task(async_client().get("/hang"))
        while not Watcher.running:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert columns(docket.closed[0]) == ["gone", "returned"] and rules(docket.closed[0]) == []


def test_a_client_inside_a_view(docket: Kept) -> None:
    assert client().get("/nested").content == b"ok nested"
    assert docket.lines == [("GET", "/ok", "200"), ("GET", "/nested", "200")]
    assert docket.closed[0].app is not docket.closed[1].app


def test_the_test_is_outside_of_the_exchange(docket: Kept) -> None:
    def handler(exchange: Exchange) -> str:
        return type(exchange.app).__qualname__

    client().get("/ok")
    assert current() is None
    asyncio.run(async_client().get("/ok"))
    assert [handler(exchange) for exchange in docket.closed] == ["ClientHandler", "AsyncClientHandler"]


def test_streams_are_recorded_as_the_test_takes_them(docket: Kept) -> None:
    response = client().get("/stream")
    assert docket.closed == [] and current() is None and Watcher.running == []
    pieces = iter(response)
    assert next(pieces) == b"one " and current() is None and Watcher.running == []
    assert list(pieces) == [b"two"] and log == ["generator closed"]
    assert docket.lines == [("GET", "/stream", "200")]
    assert columns(docket.closed[0]) == ["start", "data", "data", "end", "returned"]
    site = docket.closed[0].events[1].site
    assert site[0].co_name == "pieces"


def test_a_stream_taken_whole_by_an_async_client(docket: Kept) -> None:
    async def run(path: str) -> list[bytes]:
        response = await async_client().get(path)
        assert response.is_async is (path == "/async_stream") and current() is None and Watcher.running == []
        if response.is_async:
            return [piece async for piece in response]
        return list(response)

    assert asyncio.run(run("/async_stream")) == [b"one ", b"two"]
    assert asyncio.run(run("/stream")) == [b"one ", b"two"]
    assert [columns(exchange) for exchange in docket.closed] == [["start", "data", "data", "end", "returned"]] * 2
    assert docket.closed[0].events[1].site[0].co_name == "async_pieces"


@pytest.mark.parametrize("taken", [0, 1])
def test_a_stream_closed_early_is_the_clients_doing(docket: Kept, taken: int) -> None:
    response = client().get("/stream")
    pieces = iter(response)
    for _ in range(taken):
        next(pieces)
    response.close()
    response.close()
    assert columns(docket.closed[0]) == ["start", *["data"] * taken, "gone", "returned"]
    assert rules(docket.closed[0]) == [] and len(docket.closed) == 1
    assert log == ["generator closed"] * taken


def test_a_stream_that_the_client_drops(docket: Kept) -> None:
    assert b"".join(client().head("/stream")) == b""
    assert b"".join(client().get("/stream?status=204")) == b""
    assert [columns(exchange) for exchange in docket.closed] == [["start", "gone", "returned"]] * 2


def test_a_stream_that_fails(docket: Kept) -> None:
    response = client().get("/broken")
    with pytest.raises(ZeroDivisionError, match="in the stream"):
        b"".join(response)
    assert columns(docket.closed[0]) == ["start", "data", "raised", "returned"]
    assert rules(docket.closed[0]) == ["error-after-start"]


def test_an_async_stream_that_fails_or_is_cancelled(docket: Kept) -> None:
    async def take(path: str, begun: asyncio.Event) -> None:
        response = await async_client().get(path)
        async for _ in response:
            begun.set()

    async def cancel() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(take("/async_endless", begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with pytest.raises(ZeroDivisionError, match="in the stream"):
        asyncio.run(take("/async_broken", asyncio.Event()))
    asyncio.run(cancel())
    failed, cancelled = docket.closed
    assert columns(failed) == ["start", "data", "raised", "returned"] and rules(failed) == ["error-after-start"]
    assert columns(cancelled) == ["start", "data", "gone", "returned"] and rules(cancelled) == []


def test_what_is_read_after_the_close_is_none_of_the_exchange(docket: Kept) -> None:
    async def run() -> list[bytes]:
        response = await async_client().get("/async_stream")
        pieces = aiter(response)
        first = await anext(pieces)
        response.close()
        return [first, *[piece async for piece in pieces]]

    assert asyncio.run(run()) == [b"one ", b"two"]
    assert columns(docket.closed[0]) == ["start", "data", "gone", "returned"] and rules(docket.closed[0]) == []


def test_a_bad_head_of_a_stream_that_nobody_takes(docket: Kept) -> None:
    client().get("/bad_stream")
    assert [rules(exchange) for exchange in docket.added] == [["conflicting-length"]]


def test_a_file_response(docket: Kept, tmp_path: Any) -> None:
    from django.http import FileResponse
    from django.urls import path

    (tmp_path / "file.txt").write_bytes(b"x" * 5000)
    sys.modules[URLS].urlpatterns.append(
        path("file", lambda request: FileResponse((tmp_path / "file.txt").open("rb")))  # type: ignore[attr-defined]
    )
    assert b"".join(client().get("/file")) == b"x" * 5000
    assert columns(docket.closed[0]) == ["start", "data", "data", "end", "returned"] and rules(docket.closed[0]) == []


def test_middleware_belongs_to_the_exchange(docket: Kept) -> None:
    def make(get_response: Any) -> Any:
        def outer(request: Any) -> Any:
            response = get_response(request)
            response.status_code = 418
            return response

        return outer

    with middleware("teapot", make):
        assert client().get("/ok").status_code == 418
    assert docket.lines == [("GET", "/ok", "418")]


def test_a_middleware_that_returns_nothing(docket: Kept) -> None:
    with middleware("silent", lambda get_response: lambda request: None), pytest.raises(AttributeError):
        client().get("/ok")
    assert columns(docket.closed[0]) == ["raised"]


def test_a_template_response_that_nobody_rendered(docket: Kept) -> None:
    from django.template.response import SimpleTemplateResponse

    with middleware("lazy", lambda get_response: lambda request: SimpleTemplateResponse("none.html")):
        assert client().get("/ok").status_code == 200
    assert rules(docket.closed[0]) == ["error-after-start"]


def test_a_view_that_returns_none(docket: Kept) -> None:
    with pytest.raises(ValueError, match="returned None"):
        client().get("/nothing")
    assert docket.lines == [("GET", "/nothing", "500")]


def test_somebody_elses_patch_of_the_base_class_is_kept(docket: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.handlers.base import BaseHandler
    from django.http import HttpResponse

    def get_response(self: Any, request: Any) -> Any:
        return HttpResponse(b"", status=299)

    monkeypatch.setattr(BaseHandler, "get_response", get_response)
    assert client().get("/ok").status_code == 299
    assert docket.lines == [("GET", "/ok", "299")]


def test_threads(docket: Kept) -> None:
    threads = [threading.Thread(target=client().get, args=("/meet",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert docket.lines == [("GET", "/meet", "200")] * 6


def test_many_at_once(docket: Kept) -> None:
    async def run() -> None:
        await asyncio.gather(*(async_client().get("/async_ok") for _ in range(5)))

    asyncio.run(run())
    assert docket.lines == [("GET", "/async_ok", "202")] * 5


def test_the_handlers_of_a_server_are_left_alone(docket: Kept) -> None:
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    environ = RequestFactory().get("/away").environ
    assert b"".join(WSGIHandler()(environ, lambda *args: None)) == b""
    assert docket.closed == []


def test_installed_twice_records_once(docket: Kept) -> None:
    again = watch.install()
    client().get("/nested")
    asyncio.run(async_client().get("/async_ok"))
    again.undo()
    assert docket.lines == [("GET", "/ok", "200"), ("GET", "/nested", "200"), ("GET", "/async_ok", "202")]


def test_undo_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.test import client as module

    before = [dict(vars(handler)) for handler in (module.ClientHandler, module.AsyncClientHandler)]
    patches = watch.install()
    assert "get_response" in vars(module.ClientHandler)
    patches.undo()
    assert [dict(vars(handler)) for handler in (module.ClientHandler, module.AsyncClientHandler)] == before


def test_rest_framework(docket: Kept) -> None:
    pytest.importorskip("rest_framework")
    from django.test.utils import override_settings

    with override_settings(INSTALLED_APPS=["rest_framework"]):
        test = pytest.importorskip("rest_framework.test")
        api = test.APIClient()
        api.force_authenticate(user=SimpleNamespace(is_active=True))
        assert api.post("/ok", {"a": 1}, format="json").status_code == 200
    assert docket.lines == [("POST", "/ok", "200")]


@pytest.mark.parametrize("name", ["Client", "AsyncClient"])
def test_a_finding_is_named_by_the_pattern_of_its_route(
    name: str, docket: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django import test
    from django.http import HttpResponse
    from django.urls import clear_url_caches, path

    def item(request: Any, item: int) -> Any:
        return HttpResponse(b"ok", headers={"Content-Length": "7"})

    monkeypatch.setattr(sys.modules[URLS], "urlpatterns", [path("items/<int:item>/", item)])
    clear_url_caches()
    client = getattr(test, name)()
    for number in (7, 8):
        asked = client.get(f"/items/{number}/")
        if name == "AsyncClient":
            asyncio.run(asked)
    listed: Listed = {}
    routes = [route_of(exchange, listed) for exchange in docket.closed]
    assert [route and route.name for route in routes] == ["GET /items/<int:item>/"] * 2
    assert len(listed) == 1

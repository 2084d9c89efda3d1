from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

webtest = pytest.importorskip("webtest")

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
FORM = b'<form action="/ok" method="post"><input name="a" value="1"></form>'
HTML = [("Content-Type", "text/html")]
MEETING = threading.Barrier(6)


def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    path = environ["PATH_INFO"]
    if path == "/boom":
        raise ZeroDivisionError("boom")
    if path == "/meet":
        MEETING.wait(timeout=20)
    if path == "/away":
        start_response("302 Found", [("Location", "http://localhost/ok"), *HTML])
        return iter([b""])
    if path == "/nested":
        inner = webtest.TestApp(app).get("/ok")
        start_response("200 OK", HTML)
        return iter([inner.body + b" nested"])
    start_response("404 Not Found" if path == "/missing" else "200 OK", HTML)
    return iter([FORM if path == "/form" else b"" if environ["REQUEST_METHOD"] == "HEAD" else b"ok"])


@pytest.mark.parametrize("lint", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_one_exchange_per_request(recorded: Any, method: str, lint: bool) -> None:
    client = webtest.TestApp(app, lint=lint)
    response = getattr(client, method.lower())("/ok")
    assert response.status_int == 200
    assert recorded.lines == [(method, "/ok", 200)]
    assert recorded[0].ended and recorded[0].closed and recorded[0].app is app


@pytest.mark.parametrize("lint", [True, False])
def test_nothing_shows(recorded: Any, lint: bool) -> None:
    client = webtest.TestApp(app, lint=lint)
    response = client.get("/ok")
    assert client.app is app and response.test_app is client
    assert (response.app is app) is not lint
    assert client.RequestClass is webtest.TestRequest


def test_the_recorder_is_inside_the_lint(recorded: Any) -> None:
    def wrong(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Status", "200")])
        return [b""]

    with pytest.raises(AssertionError, match="Status"):
        webtest.TestApp(wrong).get("/")
    assert len(recorded) == 1 and isinstance(recorded[0].error, AssertionError)


@pytest.mark.filterwarnings("ignore:Call to deprecated method findAll")  # WebTest 3.0.0, by itself
def test_redirects_forms_and_expected_errors(recorded: Any) -> None:
    client = webtest.TestApp(app)
    client.get("/away").follow()
    client.get("/form").form.submit()
    client.get("/missing", status=404)
    with pytest.raises(webtest.AppError):
        client.get("/missing")
    assert recorded.lines == [
        ("GET", "/away", 302),
        ("GET", "/ok", 200),
        ("GET", "/form", 200),
        ("POST", "/ok", 200),
        ("GET", "/missing", 404),
        ("GET", "/missing", 404),
    ]


def test_exceptions_pass(recorded: Any) -> None:
    with pytest.raises(ZeroDivisionError, match="boom") as caught:
        webtest.TestApp(app).get("/boom")
    assert recorded[0].error is caught.value


def test_a_client_inside_the_app(recorded: Any) -> None:
    assert webtest.TestApp(app).get("/nested").body == b"ok nested"
    assert recorded.lines == [("GET", "/nested", 200), ("GET", "/ok", 200)]


def test_subclasses_that_override(recorded: Any) -> None:
    class Client(webtest.TestApp):  # type: ignore[name-defined, misc]
        def do_request(self, req: Any, status: Any = None, expect_errors: Any = None) -> Any:
            req.environ["HTTP_X_MINE"] = "1"
            return super().do_request(req, status, expect_errors)

    client = Client(app)
    assert client.get("/ok").test_app is client
    assert recorded.lines == [("GET", "/ok", 200)]


def test_a_remote_host_is_no_app(recorded: Any) -> None:
    remote = type("HostProxy", (), {"__module__": "wsgiproxy.app", "__call__": lambda self, *args: app(*args)})
    webtest.TestApp(remote()).get("/ok")
    assert recorded == []


def test_threads(recorded: Any) -> None:
    client_of = {number: webtest.TestApp(app) for number in range(6)}
    threads = [threading.Thread(target=client_of[number].get, args=("/meet",)) for number in client_of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorded.lines == [("GET", "/meet", 200)] * 6
    assert all(client.app is app for client in client_of.values())

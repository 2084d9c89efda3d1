from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

test = pytest.importorskip("werkzeug.test")
wrappers = pytest.importorskip("werkzeug.wrappers")

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"]
MEETING = threading.Barrier(6)


def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    path = environ["PATH_INFO"]
    if path == "/boom":
        raise ZeroDivisionError("boom")
    if path == "/meet":
        MEETING.wait(timeout=20)
    if path == "/away":
        start_response("302 Found", [("Location", "/away2")])
        return iter([b"gone"])
    if path == "/away2":
        start_response("302 Found", [("Location", "/ok")])
        return iter([])
    if path == "/nested":
        inner = test.Client(app).get("/ok").data
        start_response("200 OK", [])
        return iter([inner, b" nested"])
    if path == "/from_app":
        response = wrappers.Response.force_type(app, {**environ, "PATH_INFO": "/ok"})
        return iter(response(environ, start_response))
    if path == "/write":
        start_response("200 OK", [])(b"written ")
        return iter([b"and told"])
    start_response("200 OK", [("X-Ok", "1")])
    return stream() if path == "/stream" else iter([b"ok"])


def stream() -> Iterator[bytes]:
    yield b"one "
    yield b"two"


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_one_exchange_per_request(recorded: Any, method: str, buffered: bool) -> None:
    client = test.Client(app)
    response = client.open("/ok", method=method, buffered=buffered)
    assert response.status_code == 200 and client.application is app
    assert recorded.lines == [(method, "/ok", 200)]
    assert recorded[0].closed is buffered
    response.close()
    assert recorded[0].closed and recorded[0].app is app


def test_streams_are_recorded_as_they_are_read(recorded: Any) -> None:
    response = test.Client(app).get("/stream")
    assert recorded[0].chunks == [b"one "] and not recorded[0].ended
    assert response.data == b"one two"
    assert recorded[0].chunks == [b"one ", b"two"] and recorded[0].ended


def test_write_reaches_the_client(recorded: Any) -> None:
    assert test.Client(app).get("/write").data == b"written and told"


def test_redirects_are_one_exchange_each(recorded: Any) -> None:
    response = test.Client(app).get("/away", follow_redirects=True)
    assert response.data == b"ok" and [past.status_code for past in response.history] == [302, 302]
    assert recorded.lines == [("GET", "/away", 302), ("GET", "/away2", 302), ("GET", "/ok", 200)]


def test_exceptions_pass(recorded: Any) -> None:
    with pytest.raises(ZeroDivisionError, match="boom") as caught:
        test.Client(app).get("/boom")
    assert recorded[0].error is caught.value


def test_a_client_inside_the_app(recorded: Any) -> None:
    assert test.Client(app).get("/nested").data == b"ok nested"
    assert recorded.lines == [("GET", "/nested", 200), ("GET", "/ok", 200)]


def test_apps_run_inside_an_app_are_part_of_its_answer(recorded: Any) -> None:
    assert test.Client(app).get("/from_app").data == b"ok"
    assert recorded.lines == [("GET", "/from_app", 200)]


def test_undo_restores_the_function(recorded: Any) -> None:
    from pytest_oneresponse import watch

    inner = watch.install()
    assert test.Client.run_wsgi_app.__wrapped__.__wrapped__.__module__ == "werkzeug.test"
    inner.undo()
    assert not hasattr(test.Client.run_wsgi_app.__wrapped__, "__wrapped__")
    test.Client(app).get("/ok")
    assert len(recorded) == 1


def test_threads(recorded: Any) -> None:
    client = test.Client(app)
    threads = [threading.Thread(target=client.get, args=("/meet",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorded.lines == [("GET", "/meet", 200)] * 6
    assert len({seen.thread for seen in recorded}) == 6 and client.application is app


def test_flask(recorded: Any) -> None:
    flask = pytest.importorskip("flask")
    site = flask.Flask(__name__)
    other = flask.Flask(__name__)

    @site.get("/")
    def index() -> Any:
        flask.session["a"] = 1
        return flask.redirect("/end")

    @site.get("/end")
    def end() -> str:
        return f"{flask.session['a']}{other.test_client().get('/other').status_code}"

    site.secret_key = "key"
    client = site.test_client()
    with client:
        assert client.get("/", follow_redirects=True).text == "1404"
        assert flask.request.path in ("/", "/end")  # the context is kept, of the last or (Flask 3.0) the first
    with client.session_transaction() as session:
        assert session["a"] == 1
    assert client.application is site
    assert recorded.lines == [("GET", "/", 302), ("GET", "/end", 200), ("GET", "/other", 404)]
    assert [seen.app for seen in recorded] == [site, site, other]


@pytest.mark.parametrize("propagate", [True, False])
def test_flask_errors(recorded: Any, propagate: bool) -> None:
    flask = pytest.importorskip("flask")
    site = flask.Flask(__name__)
    site.config["PROPAGATE_EXCEPTIONS"] = propagate
    site.add_url_rule("/boom", view_func=lambda: 1 // 0, endpoint="boom")
    if propagate:
        with pytest.raises(ZeroDivisionError):
            site.test_client().get("/boom")
        assert isinstance(recorded[0].error, ZeroDivisionError)
    else:
        assert site.test_client().get("/boom").status_code == 500
        assert recorded.lines == [("GET", "/boom", 500)]

"""The `oneresponse` fixture: `client`, `check`, `expect`, with the flag on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import ASGI_SHOP, FLASK_SHOP, WSGI_SHOP

if TYPE_CHECKING:
    from .conftest import Suite

pytestmark = pytest.mark.parametrize("flags", [("--oneresponse",), ()], ids=["on", "off"])
Flags = tuple[str, ...]


def run(suite: Suite, tests: str, flags: Flags) -> tuple[dict[str, str], str]:
    """Run some tests: their outcomes by name, and what was printed."""
    suite.write(test_it="import pytest, shop\n" + tests)
    result = suite.run(*flags)
    return {name.rpartition("::")[2]: outcome for name, outcome in suite.outcomes(result).items()}, str(result.stdout)


@pytest.fixture(params=[WSGI_SHOP, ASGI_SHOP], ids=["wsgi", "asgi"])
def shop(suite: Suite, request: pytest.FixtureRequest) -> Suite:
    """A suite whose shop.py is WSGI, and one whose is ASGI."""
    suite.write(shop=request.param)
    return suite


# ---------------------------------------------------------------- client


def test_client(shop: Suite, flags: Flags) -> None:
    tests = """
def test_good(oneresponse):
    import webtest
    client = oneresponse.client(shop.app)
    assert isinstance(client, webtest.TestApp)
    response = client.get("/")
    assert (response.status_int, response.body) == (200, b"fine")
def test_bad(oneresponse):
    oneresponse.client(shop.app).get("/twice", status="*")
def test_after(oneresponse):
    oneresponse.client(shop.app).get("/")
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_good": "passed", "test_bad": "failed", "test_after": "passed"}
    assert "second-response GET /twice: a second response" in told
    assert told.count("second-response GET /twice: a second") == 1 + (
        "FAILED test_it.py::test_bad - second-response GET /twice: a second" in told
    )


def test_each_exchange_is_judged_once(shop: Suite, flags: Flags) -> None:
    tests = """
def test_it(oneresponse):
    client = oneresponse.client(shop.app)
    for _ in range(3):
        client.get("/twice", status="*")
    assert [finding.count for finding in oneresponse.findings] == [3]
    assert [finding.rule for finding in oneresponse.findings] == ["second-response"]
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "failed"}
    assert "assert [" not in told


def test_a_client_sends_what_it_is_told(suite: Suite, flags: Flags) -> None:
    suite.write(
        shop="""
async def app(scope, receive, send):
    body = (await receive())["body"]
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    text = " ".join([scope["method"], scope["path"], scope["query_string"].decode(), headers["x-shop"], body.decode()])
    headers = [(b"content-type", b"text/plain"), (b"x-a", b"b")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
"""
    )
    tests = """
def test_it(oneresponse):
    response = oneresponse.client(shop.app).post("/caf%C3%A9?a=1", b"body", headers={"X-Shop": "open"})
    assert (response.status_int, response.text) == (201, "POST /caf\\u00e9 a=1 open body")
    assert response.headers["x-a"] == "b"
"""
    outcomes, told = run(suite, tests, flags)
    assert outcomes == {"test_it": "passed"}, told


def test_what_the_app_raises_reaches_the_test(suite: Suite, flags: Flags) -> None:
    suite.write(
        shop="""
def app(environ, start_response): raise LookupError("mine")
async def other(scope, receive, send): raise LookupError("mine")
"""
    )
    tests = """
@pytest.mark.parametrize("app", [shop.app, shop.other])
def test_it(oneresponse, app):
    with pytest.raises(LookupError, match="mine"):
        oneresponse.client(app).get("/")
"""
    assert set(run(suite, tests, flags)[0].values()) == {"passed"}


@pytest.mark.parametrize("value", ["None", "'text'", "7", "object()", "lambda one: 1"])
def test_a_client_of_what_is_no_app(suite: Suite, flags: Flags, value: str) -> None:
    suite.write(shop="")
    tests = f"def test_it(oneresponse):\n    oneresponse.client({value}).get('/')\ndef test_after(): pass"
    outcomes, told = run(suite, tests, flags)
    assert outcomes == {"test_it": "failed", "test_after": "passed"}
    assert "neither a WSGI app (environ, start_response), nor an ASGI app (scope, receive, send)" in told


def test_two_clients_in_one_test(suite: Suite, flags: Flags) -> None:
    suite.write(shop=WSGI_SHOP, other=ASGI_SHOP)
    tests = """
import other
def test_it(oneresponse):
    oneresponse.client(shop.app).get("/twice", status="*")
    oneresponse.client(other.app).get("/twice", status="*")
"""
    _, told = run(suite, tests, flags)
    assert "--> shop.py:8:" in told
    assert "--> other.py:11:" in told


def test_a_client_in_a_thread(shop: Suite, flags: Flags) -> None:
    tests = """
import threading
def test_it(oneresponse):
    client = oneresponse.client(shop.app)
    thread = threading.Thread(target=client.get, args=("/twice",), kwargs={"status": "*"})
    thread.start()
    thread.join()
    assert len(oneresponse.findings) == 1
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "failed"}
    assert "second-response GET /twice: " in told


def test_a_client_in_an_async_test(asgi: Suite, flags: Flags) -> None:
    """Its loop runs already, so the app runs in another one, elsewhere."""
    pytest.importorskip("pytest_asyncio")
    asgi.write(
        test_it="""
import pytest, shop
@pytest.mark.asyncio
async def test_it(oneresponse):
    assert oneresponse.client(shop.app).get("/").body == b"fine"
"""
    )
    asgi.spawn("-p", "asyncio", *flags).assert_outcomes(passed=1)


# ---------------------------------------------------------------- check


def test_check(shop: Suite, flags: Flags) -> None:
    tests = """
def test_good(oneresponse): assert oneresponse.check(shop.fine) == []
def test_bad(oneresponse):
    oneresponse.check(shop.app)
    raise SystemExit("not reached")
def test_caught(oneresponse):
    from pytest_oneresponse import BreachFailure
    with pytest.raises(BreachFailure) as caught:
        oneresponse.check(shop.app)
    assert "second-response" in [finding.rule for finding in caught.value.findings]
def test_after(oneresponse): oneresponse.check(shop.fine)
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_good": "passed", "test_bad": "failed", "test_caught": "passed", "test_after": "passed"}
    assert "second-response GET {path}: " in told


@pytest.mark.parametrize("routes", ["'GET /x'", "['GET /x']", "'/x'", "['/x', 'POST /y']", "('GET /x',)", "{'/x'}"])
def test_check_of_some_routes(flask: Suite, flags: Flags, routes: str) -> None:
    assert run(flask, f"def test_it(oneresponse): oneresponse.check(shop.app, routes={routes})", flags)[0] == {
        "test_it": "passed"
    }


def test_check_of_all_routes(flask: Suite, flags: Flags) -> None:
    outcomes, told = run(flask, "def test_it(oneresponse): oneresponse.check(shop.app)", flags)
    assert outcomes == {"test_it": "failed"}
    assert "error-after-start GET /bad/<int:number>: " in told


@pytest.mark.parametrize("routes", ["['GET /nowhere']", "'GET /nowhere'", "['/x', 'GET /nowhere']"])
def test_check_of_a_route_that_is_not_there(flask: Suite, flags: Flags, routes: str) -> None:
    outcomes, told = run(flask, f"def test_it(oneresponse): oneresponse.check(shop.app, routes={routes})", flags)
    assert outcomes == {"test_it": "failed"}
    assert "the app has no route 'GET /nowhere'; it has " in told
    assert "GET /x" in told


def test_check_of_no_routes(flask: Suite, flags: Flags) -> None:
    assert run(flask, "def test_it(oneresponse): oneresponse.check(shop.app, routes=[])", flags)[0] == {
        "test_it": "passed"
    }


def test_check_takes_settings(shop: Suite, flags: Flags) -> None:
    tests = """
def test_it(oneresponse):
    asked = []
    def prepare(request):
        asked.append(request.path)
        return request.with_header("x-a", "b")
    oneresponse.check(shop.fine, requests=4, timeout=1, faults="none", prepare=prepare, values={"path": ["/one", "/two"]})
    assert asked == ["/one"] * 4
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "passed"}, told


def test_check_with_a_setting_that_does_not_exist(shop: Suite, flags: Flags) -> None:
    outcomes, told = run(shop, "def test_it(oneresponse): oneresponse.check(shop.fine, request=4)", flags)
    assert outcomes == {"test_it": "failed"}
    assert "TypeError" in told
    assert "request" in told


def test_check_uses_the_fixtures(shop: Suite, flags: Flags) -> None:
    tests = """
asked = []
@pytest.fixture
def oneresponse_request():
    def change(request):
        asked.append(request.path)
        return request
    return change
@pytest.fixture
def oneresponse_values(): return {"path": "/mine"}
def test_it(oneresponse):
    oneresponse.check(shop.fine)
    assert asked.count("/mine") > 5
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "passed"}, told


def test_check_gives_the_milder_findings(wsgi: Suite, flags: Flags) -> None:
    tests = """
def app(environ, start_response):
    start_response("200 OK", [])
    return b""
def test_it(oneresponse):
    assert [finding.rule for finding in oneresponse.check(app)] == ["body-not-bytes"]
"""
    assert run(wsgi, tests, flags)[0] == {"test_it": "passed"}


def test_check_takes_a_factory(shop: Suite, flags: Flags) -> None:
    assert run(shop, "def test_it(oneresponse): oneresponse.check(lambda: shop.fine)", flags)[0] == {
        "test_it": "passed"
    }


def test_check_runs_the_lifespan_once(suite: Suite, flags: Flags) -> None:
    suite.write(
        shop="""
asked = []
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for what in ("startup", "shutdown"):
            await receive()
            asked.append(what)
            await send({"type": f"lifespan.{what}.complete"})
        return
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})
"""
    )
    tests = """
def test_it(oneresponse):
    oneresponse.check(shop.app)
    oneresponse.check(shop.app)
    oneresponse.client(shop.app).get("/")
    assert shop.asked == ["startup"]
def test_after():
    assert shop.asked == ["startup", "shutdown"]
"""
    outcomes, told = run(suite, tests, flags)
    assert outcomes == {"test_it": "passed", "test_after": "passed"}, told


# ---------------------------------------------------------------- expect


def test_expect(shop: Suite, flags: Flags) -> None:
    tests = """
def test_comes(oneresponse):
    with oneresponse.expect("second-response") as caught:
        oneresponse.client(shop.app).get("/twice", status="*")
    assert [finding.rule for finding in caught] == ["second-response"]
def test_does_not_come(oneresponse):
    with oneresponse.expect("second-response"):
        oneresponse.client(shop.app).get("/")
def test_nothing_asked(oneresponse):
    with oneresponse.expect("second-response"):
        pass
def test_another(oneresponse):
    with oneresponse.expect("late-send"):
        oneresponse.client(shop.app).get("/twice", status="*")
def test_only_in_the_block(oneresponse):
    client = oneresponse.client(shop.app)
    with oneresponse.expect("second-response"):
        client.get("/twice", status="*")
    client.get("/twice", status="*")
def test_not_before_the_block(oneresponse):
    client = oneresponse.client(shop.app)
    client.get("/twice", status="*")
    with oneresponse.expect("second-response"):
        client.get("/")
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {
        "test_comes": "passed",
        "test_does_not_come": "failed",
        "test_nothing_asked": "failed",
        "test_another": "failed",
        "test_only_in_the_block": "failed",
        "test_not_before_the_block": "failed",
    }
    assert "expected second-response, and none came from 1 request" in told
    assert "expected second-response, and none came from 0 requests" in told


def test_expect_a_check(shop: Suite, flags: Flags) -> None:
    tests = """
def test_comes(oneresponse):
    with oneresponse.expect("second-response", "body-not-bytes") as caught:
        oneresponse.check(shop.app)
    assert "second-response" in [finding.rule for finding in caught]
def test_does_not_come(oneresponse):
    with oneresponse.expect("second-response"):
        oneresponse.check(shop.fine)
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes["test_does_not_come"] == "failed"
    if "async def" in (shop.path / "shop.py").read_text(encoding="utf-8"):  # breaks one rule alone
        assert "expected body-not-bytes, and none came" in told
    else:
        assert outcomes["test_comes"] == "passed"


def test_expect_leaves_an_exception_of_the_block_alone(shop: Suite, flags: Flags) -> None:
    tests = """
def test_it(oneresponse):
    with oneresponse.expect("second-response"):
        raise LookupError("mine")
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "failed"}
    assert "LookupError: mine" in told
    assert "expected second-response" not in told


def test_expect_does_not_tell_a_breach_again_when_the_block_raises(shop: Suite, flags: Flags) -> None:
    tests = """
def test_it(oneresponse):
    with pytest.raises(LookupError), oneresponse.expect("second-response"):
        oneresponse.client(shop.app).get("/twice", status="*")
        raise LookupError("mine")
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "passed"}, told


def test_expect_of_no_rule_or_an_unknown_one(shop: Suite, flags: Flags) -> None:
    tests = """
def test_unknown(oneresponse):
    with oneresponse.expect("second-respons"):
        pass
def test_none(oneresponse):
    with oneresponse.expect():
        pass
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes["test_unknown"] == "failed"
    assert "did you mean second-response" in told


def test_blocks_in_blocks(wsgi: Suite, flags: Flags) -> None:
    tests = """
def test_it(oneresponse):
    client = oneresponse.client(shop.app)
    with oneresponse.expect("second-response"):
        client.get("/twice", status="*")
        with oneresponse.expect("body-not-bytes"):
            client.get("/text")
"""
    outcomes, told = run(wsgi, tests, flags)
    assert outcomes == {"test_it": "passed"}, told


# ---------------------------------------------------------------- and beside it


def test_other_clients_are_watched_only_with_the_flag(wsgi: Suite, flags: Flags) -> None:
    tests = """
import webtest
def test_it(oneresponse):
    oneresponse.client(shop.fine).get("/")
    webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
"""
    assert run(wsgi, tests, flags)[0] == {"test_it": "failed" if flags else "passed"}


def test_later_tests_without_the_fixture(wsgi: Suite, flags: Flags) -> None:
    tests = """
import webtest
def test_a(oneresponse): oneresponse.client(shop.fine).get("/")
def test_b(): webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
"""
    assert run(wsgi, tests, flags)[0] == {"test_a": "passed", "test_b": "failed" if flags else "passed"}


def test_the_marker_holds_for_the_fixture(shop: Suite, flags: Flags) -> None:
    tests = """
@pytest.mark.oneresponse(ignore=["second-response"])
def test_ignored(oneresponse): oneresponse.client(shop.app).get("/twice", status="*")
@pytest.mark.oneresponse(expect=["second-response"])
def test_expected(oneresponse): oneresponse.client(shop.app).get("/twice", status="*")
@pytest.mark.oneresponse(expect=["second-response"])
def test_missing(oneresponse): oneresponse.client(shop.app).get("/")
@pytest.mark.oneresponse(ignores=["second-response"])
def test_wrong(oneresponse): pass
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {
        "test_ignored": "passed",
        "test_expected": "passed",
        "test_missing": "failed",
        "test_wrong": "error",
    }
    assert "did you mean 'ignore'?" in told


def test_the_ignore_option_holds_for_the_fixture(shop: Suite, flags: Flags) -> None:
    tests = "def test_it(oneresponse): oneresponse.client(shop.app).get('/twice', status='*')"
    assert run(shop, tests, (*flags, "--oneresponse-ignore=second-response"))[0] == {"test_it": "passed"}


def test_a_wider_fixture_cannot_use_it(shop: Suite, flags: Flags) -> None:
    tests = """
@pytest.fixture(scope="module")
def client(oneresponse): return oneresponse.client(shop.app)
def test_it(client): pass
"""
    outcomes, told = run(shop, tests, flags)
    assert outcomes == {"test_it": "error"}
    assert "ScopeMismatch" in told


def test_practices_warn(wsgi: Suite, flags: Flags) -> None:
    outcomes, told = run(wsgi, "def test_it(oneresponse): oneresponse.client(shop.app).get('/practice')", flags)
    assert outcomes == {"test_it": "passed"}
    assert "PracticeWarning: body-not-bytes GET /practice" in told


def test_flask_routes_are_named_as_flask_writes_them(suite: Suite, flags: Flags) -> None:
    pytest.importorskip("flask.testing")
    suite.write(shop=FLASK_SHOP)
    tests = """
def test_it(oneresponse):
    with pytest.raises(LookupError):
        oneresponse.client(shop.app).get("/bad/7")
"""
    outcomes, told = run(suite, tests, flags)
    assert outcomes == {"test_it": "failed"}
    assert "error-after-start GET /bad/<int:number>: " in told

"""Apps that cannot be driven or behave badly: each is told clearly, and the rest still runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import WSGI_SHOP

if TYPE_CHECKING:
    from .conftest import Suite

FINE = "oneresponse::good:fine::GET {path}"

WSGI = "def app(environ, start_response):\n"
ASGI = (
    'START = {"type": "http.response.start", "status": 200, "headers": []}\n'
    'BODY = {"type": "http.response.body", "body": b"x"}\n'
    "async def app(scope, receive, send):\n"
    '    if scope["type"] != "http": return\n'
)


def drive(suite: Suite, shop: str, *arguments: str, app: str = "shop:app") -> tuple[str, str]:
    """Drive a bad app between a test and a good app: its outcome, and what was printed."""
    suite.write(shop=shop, good=WSGI_SHOP, test_a="def test_a(): pass")
    result = suite.drive("--oneresponse-app=good:fine", *arguments, app=app)
    outcomes = suite.outcomes(result)
    assert outcomes.pop("test_a.py::test_a") == "passed"
    assert outcomes.pop(FINE) == "passed"
    told = str(result.stdout) + str(result.stderr)
    assert "INTERNALERROR" not in told
    assert len(outcomes) == 1, outcomes
    return next(iter(outcomes.values())), told


# ---------------------------------------------------------------- what is no app


@pytest.mark.parametrize(
    ("app", "says"),
    [
        ("nosuch:app", "nosuch:app: there is no module 'nosuch' on sys.path"),
        ("nosuch.deep:app", "there is no module 'nosuch' on sys.path"),
        ("shop.deep:app", "shop.deep:app: "),
        ("shop:nosuch", "shop:nosuch: the module has no 'nosuch'; it has app"),
        ("shop:app.nosuch", "shop:app.nosuch: "),
        ("shop", "'shop' names no app: write MODULE:ATTR, as in shop:app"),
        ("app", "'app' names no app: write MODULE:ATTR, as in app:app"),
        ("shop:", "'shop:' names no app: write MODULE:ATTR"),
        (":app", "':app' names no app: write MODULE:ATTR"),
        ("shop/web.py:app", "shop/web.py:app: "),
        ("..shop:app", "..shop:app: "),
        ("shop:number", "shop:number is 7, which is neither a WSGI app (environ, start_response), nor an ASGI app"),
        ("shop:Plain", "which is neither a WSGI app"),
        ("shop:needy", "which is neither a WSGI app"),
        ("shop:failing", "shop:failing: the factory raised LookupError: mine"),
        ("shop:leaving", "shop:leaving: the factory raised SystemExit: 3"),
        ("shop:silent", "shop:silent is None, which is neither a WSGI app"),
        ("shop:interrupted", "shop:interrupted: the factory raised Interrupted"),
        ("shop:failed", "shop:failed: the factory raised Failed: mine"),
    ],
)
def test_what_is_no_app(suite: Suite, app: str, says: str) -> None:
    shop = """
import pytest
number = 7
class Plain: pass
class Interrupted(BaseException): pass
def app(environ, start_response): return []
def needy(config): return app
def failing(): raise LookupError("mine")
def leaving(): raise SystemExit(3)
def silent(): pass
def interrupted(): raise Interrupted
def failed(): pytest.fail("mine")
"""
    outcome, told = drive(suite, shop, app=app)
    assert outcome == "failed"
    assert says in told
    assert "session.py" not in told and "driven.py" not in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("shop", "says"),
    [
        ("raise LookupError('mine')", "shop:app: importing shop failed with LookupError: mine"),
        ("def app(:", "shop:app: importing shop failed with SyntaxError: "),
        ("import nosuch", "importing shop failed with ModuleNotFoundError: No module named 'nosuch'"),
        ("raise SystemExit(3)", "importing shop failed with SystemExit: 3"),
        ("class Odd(BaseException): pass\nraise Odd('mine')", "importing shop failed with Odd: mine"),
        ("import pytest\npytest.skip('mine', allow_module_level=True)", "importing shop failed with Skipped: mine"),
    ],
)
def test_a_module_that_cannot_be_imported(suite: Suite, shop: str, says: str) -> None:
    outcome, told = drive(suite, shop)
    assert outcome == "failed"
    assert says in told


def test_a_module_that_failed_says_on_which_line(suite: Suite) -> None:
    _, told = drive(suite, "import os\n\ndef load():\n    raise LookupError('mine')\n\nload()")
    assert "shop.py:4" in told


@pytest.mark.parametrize(
    "how", ["raise LookupError('mine')", "pytest.skip('mine')", "pytest.fail('mine')", "raise SystemExit(3)"]
)
def test_an_app_fixture_that_does_not_give_one(suite: Suite, how: str) -> None:
    suite.write(
        conftest=f"import pytest\n@pytest.fixture\ndef oneresponse_app():\n    {how}\n", test_a="def test_a(): pass"
    )
    result = suite.run("--oneresponse")
    outcomes = suite.outcomes(result)
    assert outcomes.pop("test_a.py::test_a") == "passed"
    assert list(outcomes) == ["oneresponse::oneresponse_app"]
    assert "the fixture 'oneresponse_app' " in str(result.stdout)
    assert "INTERNALERROR" not in str(result.stdout)


def test_an_app_fixture_that_needs_what_is_not_there(suite: Suite) -> None:
    suite.write(
        conftest="import pytest\n@pytest.fixture\ndef oneresponse_app(nosuch): pass\n", test_a="def test_a(): pass"
    )
    result = suite.run("--oneresponse")
    assert suite.outcomes(result)["test_a.py::test_a"] == "passed"
    assert "the fixture 'oneresponse_app' needs the fixture 'nosuch', which is not there" in str(result.stdout)


# ---------------------------------------------------------------- apps that behave badly


ENDLESS = ["--oneresponse-timeout=0.2"]


@pytest.mark.parametrize(
    ("shop", "line"),
    [
        (WSGI + "    while True: pass", 2),
        (WSGI + "    import time\n    time.sleep(60)", 3),
        (WSGI + "    import threading\n    threading.Event().wait()", 3),
        (ASGI + "    import asyncio\n    await asyncio.sleep(60)", 6),
        (ASGI + "    import asyncio\n    await asyncio.Event().wait()", 6),
        (ASGI + "    while True: pass", 5),
        (ASGI + "    import time\n    time.sleep(60)", 6),
    ],
    ids=["loop", "sleep", "thread", "async sleep", "async event", "async loop", "blocking"],
)
def test_a_handler_that_never_ends(suite: Suite, shop: str, line: int) -> None:
    outcome, told = drive(suite, shop, *ENDLESS)
    assert outcome == "failed"
    assert "hung-response GET {path}: the handler neither ended nor failed within the time limit" in told
    assert f"--> shop.py:{line}:" in told


@pytest.mark.parametrize(
    "shop",
    [
        WSGI
        + "    import time\n    for _ in range(3):\n        try: time.sleep(60)\n        except BaseException: pass",
        ASGI
        + "    import asyncio\n    for _ in range(3):\n"
        + "        try: await asyncio.sleep(60)\n        except BaseException: pass",
    ],
    ids=["sync", "async"],
)
def test_a_handler_that_never_ends_and_will_not_be_stopped(suite: Suite, shop: str) -> None:
    """What stops it is caught by it, and more than once."""
    outcome, told = drive(suite, shop, *ENDLESS)
    assert outcome == "failed"
    assert "hung-response GET {path}: " in told


@pytest.mark.parametrize(
    "shop",
    [
        WSGI
        + '    start_response("200 OK", [])\n'
        + '    def body():\n        yield b"x"\n        while True: pass\n    return body()',
        ASGI + "    import asyncio\n    await send(START)\n    await asyncio.sleep(60)",
    ],
    ids=["sync", "async"],
)
def test_a_response_that_never_ends(suite: Suite, shop: str) -> None:
    outcome, told = drive(suite, shop, *ENDLESS)
    assert outcome == "failed"
    assert "hung-response GET {path}: the response (200" in told or "was started, but neither ended nor failed" in told


def test_a_hung_exchange_ends_the_route(suite: Suite) -> None:
    """A hundred requests with a time limit each would take minutes."""
    shop = WSGI + "    import time\n    time.sleep(60)"
    drive(suite, shop, *ENDLESS, "--oneresponse-report=r.json")
    routes = {route["app"]: route["requests"] for route in suite.report("r.json")["routes"]}
    assert routes["shop:app"] == 1
    assert routes["good:fine"] > 5


@pytest.mark.parametrize("error", ["SystemExit(3)", "Odd('mine')", "RecursionError", "MemoryError", "StopIteration"])
@pytest.mark.parametrize("kind", [WSGI, ASGI], ids=["wsgi", "asgi"])
def test_an_exception_of_any_kind(suite: Suite, kind: str, error: str) -> None:
    shop = f"class Odd(BaseException): pass\n{kind}    raise {error}"
    outcome, told = drive(suite, shop, "--oneresponse-select=unhandled-error")
    assert outcome == "failed"
    name = error.partition("(")[0].replace("StopIteration", "StopIteration" if kind == WSGI else "RuntimeError")
    assert f"unhandled-error GET {{path}}: {name} escaped before a response was started" in told


@pytest.mark.parametrize("error", ["SystemExit(3)", "Odd('mine')"])
@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_an_exception_of_any_kind_in_the_body(suite: Suite, kind: str, error: str) -> None:
    shop = (
        f'{WSGI}    start_response("200 OK", [])\n    yield b"x"\n    raise {error}'
        if kind == "wsgi"
        else f'{ASGI}    await send(START)\n    await send(BODY | {{"more_body": True}})\n    raise {error}'
    )
    outcome, told = drive(suite, "class Odd(BaseException): pass\n" + shop)
    assert outcome == "failed"
    assert f"error-after-start GET {{path}}: {error.partition('(')[0]} escaped after the response (200" in told


def test_ctrl_c_is_the_users(suite: Suite) -> None:
    suite.write(shop="import signal\n" + WSGI + "    signal.raise_signal(signal.SIGINT)")
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app")
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_keyboard_interrupt_of_the_apps_own_is_as_any_error(suite: Suite) -> None:
    suite.write(shop=WSGI + "    raise KeyboardInterrupt")
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-select=unhandled-error")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "unhandled-error GET {path}: KeyboardInterrupt escaped" in str(result.stdout)


@pytest.mark.parametrize("kind", [WSGI, ASGI], ids=["wsgi", "asgi"])
def test_recursion_without_end(suite: Suite, kind: str) -> None:
    shop = f"def deeper(number): return deeper(number + 1)\n{kind}    deeper(0)"
    outcome, told = drive(suite, shop, "--oneresponse-select=unhandled-error", "--oneresponse-requests=3")
    assert outcome == "failed"
    assert "unhandled-error GET {path}: RecursionError escaped" in told
    assert "--> shop.py:1:" in told


@pytest.mark.parametrize(
    "shop",
    [
        WSGI + '    start_response("200 OK", [])\n    while True: yield b"x"',
        WSGI + '    start_response("200 OK", [])\n    while True: yield b""',
        ASGI + '    await send(START)\n    while True: await send(BODY | {"more_body": True})',
    ],
    ids=["wsgi", "wsgi, empty chunks", "asgi"],
)
def test_a_stream_without_end(suite: Suite, shop: str) -> None:
    """Legal, if the client may leave it."""
    outcome, told = drive(suite, shop, "--oneresponse-timeout=0.5", "--oneresponse-requests=4")
    assert outcome == "passed" or "hung-response GET {path}: " in told


@pytest.mark.parametrize(
    "shop",
    [
        WSGI + '    start_response("200 OK", [("Content-Length", "100000000")])\n    return [b"x" * 100_000_000]',
        WSGI + '    start_response("200 OK", [])\n    for _ in range(100): yield b"x" * 1_000_000',
        ASGI + '    await send(START)\n    await send({"type": "http.response.body", "body": b"x" * 100_000_000})',
    ],
    ids=["wsgi", "wsgi, in chunks", "asgi"],
)
def test_a_hundred_megabytes(suite: Suite, shop: str) -> None:
    assert drive(suite, shop, "--oneresponse-requests=4")[0] == "passed"


def test_an_app_that_changes_its_routes_while_driven(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    shop = """
import flask
app = flask.Flask(__name__)
@app.get("/x")
def x():
    app._got_first_request = False
    number = len(list(app.url_map.iter_rules()))
    app.add_url_rule(f"/new/{number}", f"new{number}", lambda: "new")
    return "x"
@app.get("/y")
def y(): return "y"
"""
    suite.write(shop=shop, test_a="def test_a(): pass")
    result = suite.drive()
    outcomes = suite.outcomes(result)
    assert outcomes["oneresponse::shop:app::GET /y"] == outcomes["oneresponse::shop:app::GET /x"] == "passed"
    assert not [name for name in outcomes if "/new" in name]


def test_an_app_that_takes_its_routes_away(suite: Suite) -> None:
    pytest.importorskip("starlette")
    suite.write(
        shop="""
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def x(request):
    app.router.routes[1:] = []
    return PlainTextResponse("x")
app = Starlette(routes=[Route("/x", x), Route("/y", x)])
""",
        test_a="def test_a(): pass",
    )
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(passed=3)


def test_a_route_whose_parameter_cannot_be_made(suite: Suite) -> None:
    pytest.importorskip("flask.testing")
    shop = """
import flask, werkzeug.routing
class Odd(werkzeug.routing.BaseConverter):
    regex = r"(?=impossible)(?!impossible)x"
app = flask.Flask(__name__, static_folder=None)
app.url_map.converters["odd"] = Odd
@app.get("/odd/<odd:thing>")
def odd(thing): return thing
"""
    outcome, told = drive(suite, shop)
    assert outcome == "failed"
    assert "GET /odd/<odd:thing>: no request could be made: " in told
    assert "give values through the oneresponse_values fixture" in told
    suite.write(conftest="import pytest\n@pytest.fixture\ndef oneresponse_values(): return {'thing': 'x'}")
    assert drive(suite, shop)[0] == "passed"


@pytest.mark.parametrize("values", ["7", "None", "['one']", "{'path': []}", "{'path': object()}", "{7: 8}"])
def test_odd_values_of_the_user(suite: Suite, values: str) -> None:
    suite.write(shop=WSGI_SHOP, conftest=f"import pytest\n@pytest.fixture\ndef oneresponse_values(): return {values}")
    result = suite.drive(app="shop:fine")
    assert "INTERNALERROR" not in str(result.stdout)
    if set(suite.outcomes(result).values()) == {"failed"}:
        assert "oneresponse_values" in str(result.stdout)


@pytest.mark.parametrize("fixture", ["oneresponse_request", "oneresponse_reset"])
@pytest.mark.parametrize("value", ["7", "None", "lambda: 7", "lambda *_: None"])
def test_odd_functions_of_the_user(suite: Suite, fixture: str, value: str) -> None:
    suite.write(shop=WSGI_SHOP, conftest=f"import pytest\n@pytest.fixture\ndef {fixture}(): return {value}")
    result = suite.drive(app="shop:fine")
    assert suite.outcomes(result) == {"oneresponse::shop:fine::GET {path}": "failed"}
    assert fixture in str(result.stdout)


@pytest.mark.parametrize("shop", ["raise LookupError('mine')", WSGI + "    raise LookupError"], ids=["import", "app"])
def test_a_bad_app_with_no_terminal(suite: Suite, shop: str) -> None:
    suite.write(shop=shop)
    result = suite.drive("-p", "no:terminal", "--oneresponse-select=unhandled-error")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in str(result.stdout) + str(result.stderr)


def test_a_broken_lifespan(suite: Suite) -> None:
    shop = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        return
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})
"""
    outcome, told = drive(suite, shop)
    assert outcome == "failed"
    assert "no database" in told


def test_a_start_up_that_fails_is_told_in_full_once(suite: Suite) -> None:
    pytest.importorskip("starlette")
    suite.write(shop=FAILING_STARTUP)
    told = str(suite.drive().stdout)
    assert told.count("the app's start-up failed: OSError: no database") == 2
    assert told.count("Traceback (most recent call last)") == 1


FAILING_STARTUP = """
import contextlib
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

@contextlib.asynccontextmanager
async def lifespan(app):
    raise OSError("no database")
    yield

async def one(request):
    return Response()

app = Starlette(routes=[Route("/one", one, methods=["POST"]), Route("/two", one, methods=["POST"])], lifespan=lifespan)
"""


def test_a_lifespan_that_never_starts(suite: Suite) -> None:
    shop = """
import asyncio
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await asyncio.sleep(60)
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})
"""
    outcome, told = drive(suite, shop, "--oneresponse-timeout=0.2", "--oneresponse-requests=3")
    assert outcome in ("passed", "failed")
    assert outcome == "passed" or "lifespan" in told.lower()

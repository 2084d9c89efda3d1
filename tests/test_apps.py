"""The app under test: found by its name, known by its interface, and what is told where it cannot be driven."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse import apps
from pytest_oneresponse.apps import App, NoApp, bare, listed, load, recognised
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.protocols import asgi, wsgi
from pytest_oneresponse.routes import Route

SOURCE = """\
import sys


def app(environ, start_response):
    if environ["PATH_INFO"] == "/about":
        pass
    start_response("200 OK", [])
    return [b"hello"]


async def asgi_app(scope, receive, send):
    pass


def create():
    return app


def create_with(debug=False, *args, **named):
    return asgi_app


def create_for(settings):
    return app


def create_badly():
    raise RuntimeError("no settings")


def create_exit():
    sys.exit("no settings")


def create_number():
    return 5


class Holder:
    inner = staticmethod(app)


class Lazy:
    @property
    def app(self):
        raise RuntimeError("no database")


lazy = Lazy()
number = 5
text = "app"
nothing = None
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module `shop_web`, which is not on sys.path."""
    (tmp_path / "shop_web.py").write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("shop_")]:
        del sys.modules[name]


def test_an_app_is_found_by_its_name(folder: Path) -> None:
    app = load("shop_web:app", (folder,))
    assert (app.label, app.interface, app.host) == ("shop_web:app", "wsgi", "localhost:8000")
    assert app.target is sys.modules["shop_web"].app and app.packages == ("shop_web",)
    assert str(folder) in sys.path and not app.has_database
    load("shop_web:app", (folder,))
    assert sys.path.count(str(folder)) == 1


@pytest.mark.parametrize(
    ("attribute", "interface"),
    [
        ("app", "wsgi"),
        ("asgi_app", "asgi"),
        ("Holder.inner", "wsgi"),
        ("create", "wsgi"),
        ("create()", "wsgi"),
        ("create_with", "asgi"),
    ],
)
def test_apps_and_factories(folder: Path, attribute: str, interface: str) -> None:
    app = load(f"shop_web:{attribute}", (folder,))
    assert app.interface == interface
    expected = sys.modules["shop_web"].app if interface == "wsgi" else sys.modules["shop_web"].asgi_app
    assert app.target is expected


UNUSABLE = [
    ("shop_web", "names no app: write MODULE:ATTR"),
    (":app", "names no app"),
    ("shop_web:", "names no app"),
    ("", "names no app"),
    ("shop_nowhere:app", "there is no module 'shop_nowhere'"),
    ("shop_web.deeper:app", "shop_web"),
    ("shop_web:aplication", "the module has no 'aplication'; it has app"),
    ("shop_web:app.inner", "has no 'inner'"),
    ("shop_web:create_badly", "the factory raised RuntimeError: no settings"),
    ("shop_web:create_exit", "SystemExit: no settings"),
    ("shop_web:create_number", "is 5, which is neither"),
    ("shop_web:create_for", "is of type function, which is neither"),
    ("shop_web:number", "is 5, which is neither"),
    ("shop_web:text", "is 'app', which is neither"),
    ("shop_web:nothing", "is None, which is neither"),
    ("shop_web:Holder", "is of type Holder, which is neither"),
    ("shop_web:lazy.app", "RuntimeError: no database"),
]


@pytest.mark.parametrize(("spec", "told"), UNUSABLE, ids=[spec or "nothing" for spec, _ in UNUSABLE])
def test_what_cannot_be_driven_says_why(folder: Path, spec: str, told: str) -> None:
    with pytest.raises(NoApp) as caught:
        load(spec, (folder,))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


BROKEN = [
    ("import shop_missing_thing\n", "shop_missing_thing"),
    ("1 / 0\n", "ZeroDivisionError: division by zero"),
    ("def (:\n", "SyntaxError"),
    ("raise SystemExit('stop')\n", "SystemExit: stop"),
    ("raise ValueError\n", "ValueError"),
    ("class Odd(BaseException): pass\nraise Odd('x')\n", "Odd: x"),
]


@pytest.mark.parametrize(("source", "told"), BROKEN, ids=[told for _, told in BROKEN])
def test_a_module_that_cannot_be_imported_says_why(folder: Path, source: str, told: str) -> None:
    (folder / "shop_broken.py").write_text(source)
    with pytest.raises(NoApp) as caught:
        load("shop_broken:app", (folder,))
    assert str(caught.value).startswith("shop_broken:app: ") and told in str(caught.value)


def test_a_keyboard_interrupt_of_an_import_is_the_users(folder: Path) -> None:
    (folder / "shop_broken.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load("shop_broken:app", (folder,))


# ------------------------------------------------------------------------------------------ an app in an object


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"a"})


def wsgi_app(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] in ("/cart", "/cart/pay", "no path", "/with space"):
        start_response("200 OK", [])
    return helper(environ)


def helper(environ: Any) -> Any:
    def nested() -> bool:
        return bool(environ["PATH_INFO"].encode().startswith(b"/deep"))

    return [b"a"] if nested() else []


class Callable_:
    def __call__(self, environ: Any, start_response: Any) -> Any:
        return wsgi_app(environ, start_response)


def test_an_app_in_an_object() -> None:
    app = recognised("the fixture", wsgi_app)
    assert (app.label, app.interface, app.target, app.packages) == ("the fixture", "wsgi", wsgi_app, ())
    assert [route.name for route in app.routes] == ["GET {path}"]
    assert app.hosts == apps.COMMON_HOSTS


def test_a_driver_is_made_once_and_closed() -> None:
    for target, kind in ((wsgi_app, wsgi.Driver), (asgi_app, asgi.Driver)):
        app = recognised("x", target)
        driver = app.driven_by(2.0)
        assert type(driver) is kind and driver.app is target and driver.timeout == 2.0
        assert app.driven_by(3.0) is driver and driver.timeout == 3.0
        exchange, _ = driver.exchange(Request())
        assert exchange.app is target
        app.close()
        assert app.driver is None
        app.close()
        assert app.driven_by(1.0) is not driver
        app.close()


def paths_of(route: Route) -> list[str]:
    (part,) = route.parts
    return list(part.schema["enum"])  # type: ignore[union-attr]


def paths(target: Any) -> list[str]:
    return paths_of(bare(target))


def test_an_app_without_a_router_is_one_route_with_the_paths_that_its_code_names() -> None:
    found = paths(wsgi_app)
    assert found[0] == "/" and {"/cart", "/cart/pay", "/deep"} <= set(found)
    assert not {"no path", "/with space"} & set(found) and len(found) == len(set(found)) <= 21
    assert found.index("/cart") < found.index("/deep"), "the app's own first"
    assert bare(wsgi_app).handler is wsgi_app and bare(wsgi_app).name == "GET {path}"


def test_paths_are_found_behind_objects_with_a_call_too() -> None:
    assert "/cart" in paths(Callable_())


def test_an_app_of_a_package_names_no_paths() -> None:
    assert paths(pytest.fail) == ["/"]


@pytest.mark.parametrize("routes", [[], [Route("GET", "/a"), Route("POST", "/a"), Route("GET", "/a", host="x")]])
def test_routes_are_listed_once_each(monkeypatch: pytest.MonkeyPatch, routes: list[Route]) -> None:
    monkeypatch.setattr(apps.recognise, "routes_of", lambda target: routes)
    assert listed(wsgi_app) == (routes[:2] or [bare(wsgi_app)])


def test_an_app_whose_listing_raises_is_driven_as_a_bare_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(target: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(apps.recognise, "routes_of", fails)
    monkeypatch.setattr(apps.recognise, "hosts_of", fails)
    app = recognised("x", wsgi_app)
    assert [route.name for route in app.routes] == ["GET {path}"] and app.hosts == apps.COMMON_HOSTS


def test_the_hosts_of_the_app_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps.recognise, "hosts_of", lambda target: ["shop.test", "localhost"])
    assert recognised("x", wsgi_app).hosts[:3] == ("shop.test", "localhost", "testserver")


FACTORIES: list[tuple[Callable[..., Any], bool]] = [
    (lambda: wsgi_app, True),
    (lambda x=1: wsgi_app, True),
    (lambda *x, **y: wsgi_app, True),
    (lambda *, x=1: wsgi_app, True),
    (lambda x: wsgi_app, False),
    (lambda *, x: wsgi_app, False),
    (lambda: None, False),
]


@pytest.mark.parametrize(("factory", "usable"), FACTORIES, ids=range(len(FACTORIES)))
def test_a_factory_needs_no_arguments(factory: Any, usable: bool) -> None:
    if usable:
        assert recognised("x", factory).target is wsgi_app
    else:
        with pytest.raises(NoApp):
            recognised("x", factory)


def test_apps_do_not_share_their_defaults() -> None:
    one = App("a:b", None, "wsgi", [])
    one.host_tries = 0
    assert App("a:c", None, "wsgi", []).host_tries == 3


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("from shop_installed import app", ("shop_run", "shop_installed")),
        ("from shop_installed import create\n\napp = create()", ("shop_run",)),
        (
            "import shop_installed\n\n\ndef app(environ, start_response):\n    return shop_installed.app(environ)",
            ("shop_run",),
        ),
    ],
    ids=["taken", "made", "wrapped"],
)
def test_an_installed_app_that_a_module_takes_is_the_users_own(folder: Path, text: str, own: tuple[str, ...]) -> None:
    installed = folder / "site-packages" / "shop_installed"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text(
        "def app(environ, start_response=None):\n    return []\n\n\n"
        "def create():\n    return lambda environ, start_response: []\n"
    )
    (folder / "shop_run.py").write_text(text + "\n")
    assert load("shop_run:app", (folder, installed.parent)).packages == own


def test_the_first_of_several_folders_goes_first(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "shop_web.py").write_text("def app(environ, start_response):\n    return [b'inner']\n")
    app = load("shop_web:app", (folder / "inner", folder))
    assert app.target({}, None) == [b"inner"]


ROUTED = """
class Router:
    def add(self, path, view): pass
    def __call__(self, environ, start_response): return []

app = Router()
app.add("/quote", None)
app.add("/items/<number:int>/lines/{line}", None)
app.add("/users/:name", None)
"""


def test_paths_stand_also_where_an_unknown_framework_is_told_its_routes(folder: Path) -> None:
    (folder / "shop_routed.py").write_text(ROUTED)
    (route,) = load("shop_routed:app", (folder,)).routes
    assert paths_of(route) == ["/", "/quote", "/items/1/lines/1", "/users/1"]

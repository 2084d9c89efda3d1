"""A framework app is found through whatever wraps it."""

from __future__ import annotations

import functools
import importlib.metadata
import subprocess
import sys
import types
from typing import Any

import pytest

from pytest_oneresponse.frameworks import GROUP, OWN, app_classes, modules
from pytest_oneresponse.frameworks.recognise import (
    caught_by,
    hosts_of,
    interface,
    recognise,
    recognise_all,
    routes_of,
)


def make_flask(name: str = "shop", rule: str = "/a") -> Any:
    flask = pytest.importorskip("flask")
    app = flask.Flask(name, static_folder=None)
    app.add_url_rule(rule, view_func=lambda: "a", endpoint="a")
    return app


def make_starlette() -> Any:
    pytest.importorskip("starlette")
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def view(request: Any) -> Response:
        return Response()

    return Starlette(routes=[Route("/s", view)])


def make_django() -> Any:
    pytest.importorskip("django")
    from django.core.handlers.wsgi import WSGIHandler

    return WSGIHandler.__new__(WSGIHandler)  # its __init__ loads the middleware of whatever settings there are


def found(app: Any) -> str | None:
    framework = recognise(app).framework
    return framework.NAME if framework else None


# Wrapped WSGI apps


def test_an_app_itself() -> None:
    app = make_flask()
    recognised = recognise(app)
    assert (found(app), recognised.app, recognised.path, recognised.prefix) == ("flask", app, (), "")


def test_a_subclass() -> None:
    flask = pytest.importorskip("flask")

    class Shop(flask.Flask):
        pass

    assert found(Shop("shop")) == "flask"


def test_middleware_object() -> None:
    pytest.importorskip("werkzeug")
    from werkzeug.middleware.proxy_fix import ProxyFix

    app = make_flask()
    outer = ProxyFix(app)
    recognised = recognise(outer)
    assert recognised.app is app
    assert [(step.holder, step.via) for step in recognised.path] == [(outer, "app")]


def test_wsgi_app_replaced() -> None:
    pytest.importorskip("werkzeug")
    from werkzeug.middleware.proxy_fix import ProxyFix

    app = make_flask()
    app.wsgi_app = ProxyFix(app.wsgi_app)
    assert recognise(app).app is app
    assert recognise(app.wsgi_app).app is app


def test_bound_wsgi_app() -> None:
    app = make_flask()
    bound = app.wsgi_app
    recognised = recognise(bound)
    assert recognised.app is app
    assert [(step.holder, step.via) for step in recognised.path] == [(bound, "__self__")]


def test_closure() -> None:
    app = make_flask()

    def outer(environ: Any, start_response: Any) -> Any:
        return app(environ, start_response)

    recognised = recognise(outer)
    assert recognised.app is app
    (step,) = recognised.path
    assert step.holder is outer and step.via.cell_contents is app


def test_decorated_with_wraps() -> None:
    app = make_flask()

    def middleware(inner: Any) -> Any:
        @functools.wraps(inner)
        def outer(*args: Any) -> Any:
            return inner(*args)

        return outer

    assert recognise(middleware(middleware(app.wsgi_app))).app is app


def test_partial_with_the_app_as_argument() -> None:
    app = make_flask()

    def outer(inner: Any, environ: Any, start_response: Any) -> Any:
        return inner(environ, start_response)

    assert recognise(functools.partial(outer, app)).app is app
    assert recognise(functools.partial(outer, inner=app)).app is app


_module_app: Any = None


def module_level(environ: Any, start_response: Any) -> Any:
    return _module_app(environ, start_response)


def test_a_global_of_the_outer_function(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_flask()
    monkeypatch.setattr(sys.modules[__name__], "_module_app", app)
    assert recognise(module_level).app is app


def test_an_object_with_slots() -> None:
    class Outer:
        __slots__ = ("application", "unset")

        def __init__(self, application: Any) -> None:
            self.application = application

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return self.application(environ, start_response)

    app = make_flask()
    assert recognise(Outer(app)).app is app


def test_properties_are_not_run() -> None:
    class Outer:
        def __init__(self, inner: Any) -> None:
            self.hidden = inner

        @property
        def app(self) -> Any:
            raise AssertionError("run")

        def __getattr__(self, name: str) -> Any:
            raise AssertionError("run")

        def __call__(self, environ: Any, start_response: Any) -> Any: ...

    app = make_flask()
    assert recognise(Outer(app)).app is app


def test_a_local_proxy_without_an_object_is_harmless() -> None:
    flask = pytest.importorskip("flask")
    assert recognise({"proxy": flask.current_app}).framework is None


def test_a_cycle_and_a_wide_container_end() -> None:
    class Outer:
        pass

    outer: Any = Outer()
    outer.app = outer
    outer.many = [Outer() for _ in range(10_000)]
    assert recognise(outer) == (None, outer, (), "")


def test_a_closure_that_is_not_filled_yet_and_a_deep_chain_end() -> None:
    app = make_flask()

    def early() -> Any:
        return later

    assert recognise(early).framework is None
    later = app
    assert recognise(early).app is app
    for _ in range(20):
        later = [later]
    assert recognise(later).framework is None


def test_classes_and_modules_are_not_entered() -> None:
    flask = pytest.importorskip("flask")
    assert recognise({"module": flask, "class": flask.Flask}).framework is None
    assert recognise(flask.Flask).framework is None


# Several apps


def test_dispatcher_mounts_are_found_with_their_prefix() -> None:
    pytest.importorskip("werkzeug")
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from werkzeug.middleware.proxy_fix import ProxyFix

    root, shop, deep = make_flask("root"), make_flask("shop", "/b"), make_flask("deep", "/c")
    nested = DispatcherMiddleware(shop, {"/deep": deep})
    outer = ProxyFix(DispatcherMiddleware(root, {"/shop": ProxyFix(nested)}))
    prefixes = [(one.app, one.prefix) for one in recognise_all(outer)]
    assert prefixes == [(root, ""), (shop, "/shop"), (deep, "/shop/deep")]
    assert [route.name for route in routes_of(outer)] == ["GET /a", "GET /shop/b", "GET /shop/deep/c"]
    assert routes_of(outer)[1].parts == ("/shop/b",)


def test_mounts_put_into_the_app_itself() -> None:
    pytest.importorskip("werkzeug")
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app, shop = make_flask(), make_flask("shop", "/b")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/shop": shop})
    assert [route.name for route in routes_of(app)] == ["GET /a", "GET /shop/b"]


def test_an_app_mounted_twice_is_listed_at_its_first_place() -> None:
    pytest.importorskip("werkzeug")
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app = make_flask()
    assert [route.name for route in routes_of(DispatcherMiddleware(app, {"/again": app}))] == ["GET /a"]


def test_hosts_of_all_apps() -> None:
    app = make_flask()
    app.config["SERVER_NAME"] = "shop.example"
    assert hosts_of(functools.partial(app)) == ["shop.example"]


# Between WSGI and ASGI


def test_a2wsgi_both_ways() -> None:
    a2wsgi = pytest.importorskip("a2wsgi")
    flask_app, starlette_app = make_flask(), make_starlette()
    to_asgi = a2wsgi.WSGIMiddleware(flask_app)
    to_wsgi = a2wsgi.ASGIMiddleware(starlette_app)
    assert (recognise(to_asgi).app, interface(to_asgi)) == (flask_app, "asgi")
    assert (recognise(to_wsgi).app, interface(to_wsgi)) == (starlette_app, "wsgi")


def test_pure_asgi_middleware() -> None:
    app = make_starlette()
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    outer = CORSMiddleware(GZipMiddleware(app))
    recognised = recognise(outer)
    assert (recognised.app, [step.via for step in recognised.path]) == (app, ["app", "app"])
    assert interface(outer) == "asgi"


def test_fastapi_is_not_taken_for_its_base() -> None:
    fastapi = pytest.importorskip("fastapi")
    assert (found(fastapi.FastAPI()), found(make_starlette())) == ("fastapi", "starlette")


def test_django_behind_its_static_files_handler() -> None:
    handler = make_django()
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler

    static = StaticFilesHandler.__new__(StaticFilesHandler)
    static.application = handler
    assert (found(handler), found(static)) == ("django", "django")
    assert interface(static) == "wsgi"
    assert interface(ASGIStaticFilesHandler.__new__(ASGIStaticFilesHandler)) == "asgi"


# Interfaces


async def asgi_app(scope: Any, receive: Any, send: Any) -> None: ...


async def asgi_by_count(s: Any, r: Any, w: Any) -> None: ...


def asgi_not_async(scope: Any, receive: Any, send: Any) -> Any: ...


def wsgi_app(environ: Any, start_response: Any) -> Any: ...


def wsgi_by_count(e: Any, s: Any, extra: int = 1) -> Any: ...


def factory() -> Any: ...


async def handler(request: Any) -> Any: ...


class WsgiClass:
    def __init__(self, environ: Any, start_response: Any) -> None: ...


class WsgiObject:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...

    def method(self, env: Any, start: Any) -> Any: ...


class AsgiObject:
    async def __call__(self, a: Any, b: Any, c: Any) -> None: ...

    async def method(self, scope: Any, receive: Any, send: Any) -> None: ...


def passing(inner: Any, keep: bool) -> Any:
    def outer(*args: Any, **options: Any) -> Any:
        return inner(*args, **options)

    return functools.wraps(inner)(outer) if keep else outer


@functools.wraps(wsgi_app)
async def adapter(scope: Any, receive: Any, send: Any) -> None: ...


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (asgi_app, "asgi"),
        (asgi_by_count, "asgi"),
        (asgi_not_async, "asgi"),
        (wsgi_app, "wsgi"),
        (wsgi_by_count, "wsgi"),
        (lambda config, settings: None, None),
        (lambda request, start_response: None, "wsgi"),
        (WsgiClass, "wsgi"),
        (WsgiObject(), "wsgi"),
        (WsgiObject().method, "wsgi"),
        (AsgiObject(), "asgi"),
        (AsgiObject().method, "asgi"),
        (functools.partial(asgi_app), "asgi"),
        (functools.partial(lambda app, environ, start_response: None, wsgi_app), "wsgi"),
        (passing(wsgi_app, keep=True), "wsgi"),
        (passing(asgi_app, keep=True), "asgi"),
        (adapter, "asgi"),
        (factory, None),
        (handler, None),
        (WsgiObject, None),
        (3, None),
        (print, None),
    ],
)
def test_interface_of_a_signature(app: Any, expected: str | None) -> None:
    assert interface(app) == expected


def test_interface_of_what_passes_everything_on() -> None:
    assert interface(passing(make_flask(), keep=False)) == "wsgi"
    assert interface(passing(make_starlette(), keep=False)) == "asgi"


def test_a_factory_has_no_interface_even_where_its_app_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_flask()
    assert interface(lambda: app) is None


# The modules


def test_every_framework_module_holds_all_names() -> None:
    names = {module.NAME for module in modules()}
    assert set(OWN) <= names
    for module in modules():
        assert module.INTERFACE in ("wsgi", "asgi")
        assert module.RESPONSES and module.PACKAGES
        for name in ("APPS", "RESPONSES", "PROXIES", "PACKAGES", "HEADER_SETTERS"):
            assert isinstance(getattr(module, name), tuple)
        for name in ("routes", "hosts"):
            assert callable(getattr(module, name))


class Entry:
    def __init__(self, module: Any) -> None:
        self.module = module

    def load(self) -> Any:
        if self.module is None:
            raise ImportError("broken")
        return self.module


class Odd:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


def test_a_third_partys_module_comes_first_and_a_broken_one_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    odd: Any = types.ModuleType("odd_framework")
    odd.NAME, odd.INTERFACE, odd.APPS = "odd", "asgi", (f"{__name__}.Odd",)
    entries = [Entry(None), Entry(modules()[0]), Entry(odd)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries if group == GROUP else [])
    for cached in (modules, app_classes):
        cached.cache_clear()
    try:
        assert [module.NAME for module in modules()] == ["odd", *OWN]
        assert found(Odd()) == "odd"
        assert interface(Odd()) == "asgi"
    finally:
        for cached in (modules, app_classes):
            cached.cache_clear()


def test_no_framework_is_imported() -> None:
    code = (
        "import sys; from pytest_oneresponse.frameworks.recognise import *; routes_of(print); interface(print);"
        "assert not {'flask', 'werkzeug', 'django', 'starlette', 'fastapi', 'pydantic'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_exceptions_that_handlers_were_registered_for_are_known() -> None:
    fastapi = pytest.importorskip("fastapi")

    class Mine(Exception): ...

    app = fastapi.FastAPI()
    app.add_exception_handler(Mine, lambda request, error: None)
    app.add_exception_handler(404, lambda request, error: None)
    assert Mine in caught_by(app) and 404 not in caught_by(app)


def test_a_blueprints_handlers_are_known() -> None:
    flask = pytest.importorskip("flask")
    app, blueprint = flask.Flask("shop"), flask.Blueprint("inner", "inner")
    app.register_error_handler(LookupError, lambda error: "")
    blueprint.register_error_handler(ArithmeticError, lambda error: "")
    app.register_blueprint(blueprint)
    assert {LookupError, ArithmeticError} <= set(caught_by(app))


def test_an_app_without_a_framework_has_no_handlers() -> None:
    assert caught_by(lambda environ, start_response: []) == []

"""Starlette apps are listed as they route."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

pytest.importorskip("starlette")

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Match, Mount, Router, WebSocketRoute
from starlette.routing import Route as Declared
from starlette.staticfiles import StaticFiles

from pytest_oneresponse.contract.request import Request as Wanted
from pytest_oneresponse.explore.values import first, text_of
from pytest_oneresponse.frameworks import starlette as framework
from pytest_oneresponse.protocols.asgi import Driver
from pytest_oneresponse.routes import Parameter, Route, handler_of

TEXT = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
REST = Parameter("path", "path", {"type": "string", "format": "path"}, required=False)


async def view(request: Request) -> Response:
    return Response()


async def socket(websocket: Any) -> None:
    return None


async def raw(scope: Any, receive: Any, send: Any) -> None:
    return None


class Page(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return Response()

    async def post(self, request: Request) -> Response:
        return Response()


class Code(Convertor[str]):
    regex = "[A-Z]{2}|0"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("code", Code())


def listed(*routes: Any) -> list[Route]:
    return framework.routes(Starlette(routes=list(routes)))


def names(*routes: Any) -> list[str]:
    return [route.name for route in listed(*routes)]


def test_one_route_per_method_without_the_head_that_starlette_adds() -> None:
    assert names(Declared("/a", view, methods=["POST", "GET"])) == ["GET /a", "POST /a"]


def test_head_and_options_that_the_user_asks_for_are_kept() -> None:
    assert names(Declared("/a", view, methods=["HEAD", "OPTIONS"])) == ["HEAD /a", "OPTIONS /a"]


def test_a_route_as_a_whole() -> None:
    parts = ("/items/", Parameter("id", "path", {"type": "integer", "minimum": 0}), "/x")
    assert listed(Declared("/items/{id:int}/x", view)) == [Route("GET", "/items/{id:int}/x", view, parts)]


@pytest.mark.parametrize(
    ("convertor", "schema", "text"),
    [
        ("", TEXT, "a"),
        (":str", TEXT, "a"),
        (":path", {"type": "string", "format": "path"}, "a"),
        (":int", {"type": "integer", "minimum": 0}, "1"),
        (":float", {"type": "number", "minimum": 0}, "1.0"),
        (":uuid", {"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        (":code", {"type": "string", "pattern": "^(?:[A-Z]{2}|0)$"}, "AA"),
    ],
)
def test_convertors_become_schemas_whose_first_value_is_routed(convertor: str, schema: Any, text: str) -> None:
    declared = Declared(f"/a/{{x{convertor}}}/b", view)
    (route,) = listed(declared)
    assert route.path_parameters == (Parameter("x", "path", schema),)
    path = route.path({"x": text_of(first(schema))})
    assert path == f"/a/{text}/b"
    match, _ = declared.matches({"type": "http", "method": "GET", "path": path})
    assert match is Match.FULL


def test_each_method_of_an_endpoint_class_is_its_own_handler() -> None:
    assert [(route.method, route.handler) for route in listed(Declared("/a", Page))] == [
        ("GET", Page.get),
        ("POST", Page.post),
    ]


def test_an_endpoint_class_with_fewer_methods_allowed() -> None:
    assert names(Declared("/a", Page, methods=["POST"])) == ["POST /a"]


def test_an_asgi_app_as_endpoint_answers_any_method() -> None:
    class App:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            return None

    app = App()
    assert listed(Declared("/a", app)) == [Route("GET", "/a", app, ("/a",)), Route("POST", "/a", app, ("/a",))]


def test_a_partial_leads_to_its_function() -> None:
    (route,) = listed(Declared("/a", partial(view)))
    place = handler_of(route.handler)
    assert place is not None and place.function == "view" and place.file == __file__


def test_nested_mounts_carry_their_prefixes_and_parameters() -> None:
    inner = Mount("/in/{user:int}", routes=[Declared("/a/{x}", view)])
    (route,) = listed(Mount("/out", routes=[inner]))
    number = Parameter("user", "path", {"type": "integer", "minimum": 0})
    assert route.template == "/out/in/{user:int}/a/{x}"
    assert route.parts == ("/out/in/", number, "/a/", Parameter("x", "path", TEXT))


def test_mounted_apps_and_routers_are_read_through_their_middleware() -> None:
    sub = Starlette(routes=[Declared("/a", view)])
    assert names(
        Mount("/one", app=sub),
        Mount("/two", app=Router([Declared("/b", view)])),
        Mount("/three", app=GZipMiddleware(sub)),
        Mount("/four", routes=[Declared("/c", view)], middleware=[Middleware(GZipMiddleware)]),
    ) == ["GET /one/a", "GET /two/b", "GET /three/a", "GET /four/c"]


def test_websocket_routes_stand_among_the_others() -> None:
    found = names(WebSocketRoute("/ws", socket), Mount("/m", routes=[WebSocketRoute("/ws/{id:int}", socket)]))
    assert found == ["WEBSOCKET /ws", "WEBSOCKET /m/ws/{id:int}"]


def test_a_mounted_app_without_routes_is_one_path() -> None:
    static = StaticFiles(directory="/", check_dir=False)
    assert listed(Mount("/static", app=static), Mount("/raw", app=raw)) == [
        Route("GET", "/static/{path}", static, ("/static/", REST)),
        Route("GET", "/raw/{path}", raw, ("/raw/", REST)),
        Route("POST", "/raw/{path}", raw, ("/raw/", REST)),
    ]


def test_hosts_are_asked_for() -> None:
    routes = listed(Host("{shop}.example", app=Router([Declared("/a", view)])), Declared("/b", view))
    assert [(route.template, route.host) for route in routes] == [("/a", "shop.example"), ("/b", "")]


def test_a_wsgi_app_behind_a2wsgi_is_listed_by_its_own_framework() -> None:
    a2wsgi = pytest.importorskip("a2wsgi")
    flask = pytest.importorskip("flask")
    inner = flask.Flask("inner", static_folder=None)
    inner.add_url_rule("/a/<int:id>", view_func=lambda id: "a", endpoint="a")
    (route,) = listed(Mount("/wsgi", app=a2wsgi.WSGIMiddleware(inner)))
    assert route.name == "GET /wsgi/a/<int:id>"
    assert route.path({"id": "1"}) == "/wsgi/a/1"


def test_a_router_is_an_app() -> None:
    assert [route.name for route in framework.routes(Router([Declared("/a", view)]))] == ["GET /a"]


def test_hosts_of_the_middleware() -> None:
    allowed = Middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", "*.api.example", "*"])
    assert framework.hosts(Starlette(middleware=[allowed])) == ["shop.example", "www.api.example"]
    assert framework.hosts(Router()) == []


def test_the_named_classes_and_methods_exist() -> None:
    import starlette.datastructures as module
    import starlette.responses

    (response,) = framework.RESPONSES
    assert response == f"{starlette.responses.Response.__module__}.Response"
    for _, owner, method in framework.HEADER_SETTERS:
        assert method in vars(getattr(module, owner))


def test_a_session_is_sealed_as_the_middleware_does_it() -> None:
    seen: list[Any] = []

    async def shown(request: Request) -> Response:
        seen.append(dict(request.session))
        return Response()

    app = Starlette(
        routes=[Declared("/", shown)],
        middleware=[Middleware(GZipMiddleware), Middleware(SessionMiddleware, "key", session_cookie="basket")],
    )
    sealed = framework.sealed(app, {"a": [1]})
    assert sealed is not None and sealed[0] == "basket"
    driver = Driver(app)
    driver.exchange(Wanted().with_cookie(*sealed))
    driver.close()
    assert seen == [{"a": [1]}]
    assert framework.sealed(Starlette(), {}) is None and framework.sealed(Router(), {}) is None

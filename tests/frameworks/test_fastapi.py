"""FastAPI apps are listed with all that their path operations declare."""

from __future__ import annotations

import enum
from typing import Annotated, Any
from uuid import UUID

import pytest

pytest.importorskip("fastapi")

from fastapi import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Path,
    Query,
    UploadFile,
    WebSocket,
)
from fastapi.security import APIKeyHeader, HTTPBasic, OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route as Declared

from pytest_oneresponse.explore.values import first
from pytest_oneresponse.frameworks import fastapi as framework
from pytest_oneresponse.routes import Parameter, Route


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    code: str = Field(pattern="^[A-Z]{3}$")


class Item(BaseModel):
    name: str = Field(min_length=2)
    parts: list[Part] = Field(min_length=1)
    price: float | None = None


class Window(BaseModel):
    limit: int = Field(10, le=100)
    after_id: UUID


class Opaque:
    """No pydantic schema can be made of this."""


class Loose(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    value: Opaque


class Names(BaseModel):
    x_tag: str
    other: str = Field(alias="X_Other")


def plain() -> FastAPI:
    return FastAPI(openapi_url=None)


def only(app: FastAPI) -> Route:
    (route,) = framework.routes(app)
    return route


def bare(parameters: tuple[Parameter, ...]) -> dict[tuple[str, str], tuple[dict[str, Any], bool]]:
    """Parameters without the titles that pydantic puts in."""
    return {
        (one.source, one.name): ({key: value for key, value in one.schema.items() if key != "title"}, one.required)
        for one in parameters
    }


def test_path_parameters_have_the_type_of_their_annotation() -> None:
    app = plain()

    @app.get("/items/{id}/{colour}/{rest:path}")
    def read(id: Annotated[int, Path(ge=3)], colour: Colour, rest: str) -> None: ...

    route = only(app)
    assert (route.method, route.template, route.handler) == ("GET", "/items/{id}/{colour}/{rest:path}", read)
    number, choice, rest = route.path_parameters
    assert (number.schema["type"], number.schema["minimum"]) == ("integer", 3)
    assert choice.schema["enum"] == ["red", "blue"]
    assert (rest.schema["type"], rest.schema["format"]) == ("string", "path")
    assert route.parts[0::2] == ("/items/", "/", "/")


def test_a_text_parameter_keeps_what_the_path_lets_through() -> None:
    app = plain()

    @app.get("/{name}")
    def read(name: Annotated[str, Path(max_length=5)]) -> None: ...

    (parameter,) = only(app).path_parameters
    assert parameter.schema == {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[^/]+$"}


def test_query_header_and_cookie_parameters() -> None:
    app = plain()

    @app.get("/")
    def read(
        page: int,
        tags: Annotated[list[str], Query()],
        size: Annotated[int, Query(alias="page-size", gt=0)] = 20,
        x_token: Annotated[str | None, Header()] = None,
        session: Annotated[str, Cookie()] = "s",
    ) -> None: ...

    route = only(app)
    assert bare(route.parameters) == {
        ("query", "page"): ({"type": "integer"}, True),
        ("query", "tags"): ({"type": "array", "items": {"type": "string"}}, True),
        ("query", "page-size"): ({"type": "integer", "exclusiveMinimum": 0, "default": 20}, False),
        ("header", "x-token"): ({"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}, False),
        ("cookie", "session"): ({"type": "string", "default": "s"}, False),
    }
    assert route.body is None


def test_models_of_parameters_are_taken_apart() -> None:
    pytest.importorskip("fastapi", minversion="0.115")
    app = plain()

    @app.get("/")
    def read(window: Annotated[Window, Query()], names: Annotated[Names, Header()]) -> None: ...

    assert bare(only(app).parameters) == {
        ("query", "limit"): ({"type": "integer", "maximum": 100, "default": 10}, False),
        ("query", "after_id"): ({"type": "string", "format": "uuid"}, True),
        ("header", "x-tag"): ({"type": "string"}, True),
        ("header", "X_Other"): ({"type": "string"}, True),
    }


def test_what_dependencies_declare_counts_once_and_as_required() -> None:
    app = plain()

    def deep(token: Annotated[str, Header()], q: str) -> None: ...

    def shallow(inner: None = Depends(deep), q: str = "x") -> None: ...

    @app.get("/", dependencies=[Depends(deep)])
    def read(one: None = Depends(shallow), q: str = "y") -> None: ...

    assert {(one.source, one.name, one.required) for one in only(app).parameters} == {
        ("header", "token", True),
        ("query", "q", True),
    }


def test_security_schemes_are_inputs() -> None:
    app = plain()
    key, bearer, basic = APIKeyHeader(name="X-Key"), OAuth2PasswordBearer("token"), HTTPBasic(auto_error=False)

    @app.get("/key", dependencies=[Depends(key)])
    def by_key() -> None: ...

    @app.get("/bearer", dependencies=[Depends(bearer)])
    def by_bearer() -> None: ...

    @app.get("/basic", dependencies=[Depends(basic)])
    def by_basic() -> None: ...

    assert [route.parameters for route in framework.routes(app)] == [
        (Parameter("X-Key", "header", {"type": "string"}),),
        (Parameter("authorization", "header", {"type": "string", "examples": ["Bearer token1"]}),),
        (
            Parameter(
                "authorization", "header", {"type": "string", "examples": ["Basic dXNlcjE6cGFzczE="]}, required=False
            ),
        ),
    ]


def test_a_body_carries_its_definitions() -> None:
    app = plain()

    @app.post("/items")
    def create(item: Item) -> None: ...

    route = only(app)
    assert route.media == "application/json"
    assert route.body is not None and set(route.body["$defs"]) == {"Part"}
    assert route.body["properties"]["parts"]["items"] == {"$ref": "#/$defs/Part"}
    assert first(route.body) == {"name": "aa", "parts": [{"code": "AAA"}]}


def test_several_bodies_are_embedded() -> None:
    app = plain()

    @app.put("/items")
    def change(item: Item, amount: Annotated[int, Body(gt=4)]) -> None: ...

    body = only(app).body
    assert body is not None
    assert first(body) == {"item": {"name": "aa", "parts": [{"code": "AAA"}]}, "amount": 5}


def test_form_fields_are_parameters() -> None:
    pytest.importorskip("python_multipart")
    app = plain()

    @app.post("/form")
    def send(name: Annotated[str, Form(min_length=2)], age: Annotated[int, Form()] = 7) -> None: ...

    route = only(app)
    assert (route.body, route.media) == (None, "application/x-www-form-urlencoded")
    assert bare(route.parameters) == {
        ("form", "name"): ({"type": "string", "minLength": 2}, True),
        ("form", "age"): ({"type": "integer", "default": 7}, False),
    }


def test_uploads_are_binary_form_fields() -> None:
    pytest.importorskip("python_multipart")
    app = plain()

    @app.post("/form")
    def send(
        one: UploadFile, raw: Annotated[bytes, File()], many: list[UploadFile], note: Annotated[str, Form()]
    ) -> None: ...

    route = only(app)
    assert route.media == "multipart/form-data"
    schemas = {one.name: one.schema for one in route.parameters}
    assert schemas["one"]["format"] == schemas["raw"]["format"] == "binary"
    assert schemas["many"]["items"]["format"] == "binary"
    assert "format" not in schemas["note"]


def test_a_model_of_form_fields_is_taken_apart() -> None:
    pytest.importorskip("python_multipart")
    pytest.importorskip("fastapi", minversion="0.115")
    app = plain()

    @app.post("/form")
    def send(window: Annotated[Window, Form()]) -> None: ...

    route = only(app)
    assert route.body is None
    assert [(one.name, one.source, one.required) for one in route.parameters] == [
        ("limit", "form", False),
        ("after_id", "form", True),
    ]


def test_included_routers_with_prefixes_and_dependencies() -> None:
    app, outer, inner = plain(), APIRouter(prefix="/o"), APIRouter(prefix="/i")

    def deep(token: Annotated[str, Header()]) -> None: ...

    @inner.get("/a/{id}")
    def read(id: int) -> None: ...

    outer.include_router(inner, dependencies=[Depends(deep)])
    app.include_router(outer, prefix="/v1")
    route = only(app)
    assert route.name == "GET /v1/o/i/a/{id}"
    assert route.handler is read
    assert [one.schema["type"] for one in route.path_parameters] == ["integer"]
    assert [(one.source, one.name) for one in route.parameters] == [("header", "token")]


def test_a_websocket_with_what_it_and_its_dependencies_declare() -> None:
    app, router = plain(), APIRouter(prefix="/r")

    def deep(token: Annotated[str, Header()]) -> None: ...

    @router.websocket("/ws/{id}", dependencies=[Depends(deep)])
    async def socket(websocket: WebSocket, id: int, q: int = 0) -> None: ...

    app.include_router(router)
    route = only(app)
    assert route.name == "WEBSOCKET /r/ws/{id}"
    assert route.handler is socket
    assert [one.schema["type"] for one in route.path_parameters] == ["integer"]
    assert sorted((one.source, one.name) for one in route.parameters) == [("header", "token"), ("query", "q")]


def test_a_starlette_route_and_a_mount_in_an_included_router() -> None:
    async def view(request: Any) -> Response:
        return Response()

    app, router = plain(), APIRouter()
    router.routes.append(Declared("/a", view))
    router.routes.append(Mount("/m", routes=[Declared("/b", view)]))
    app.include_router(router, prefix="/v1")
    names = [route.name for route in framework.routes(app)]
    assert names[0] == "GET /v1/a"
    # Older versions drop mounts of included routers: they do not route them either.
    assert names[1:] in ([], ["GET /v1/m/b"])


def test_routes_outside_the_schema_are_listed_with_their_inputs() -> None:
    app = plain()

    @app.get("/hidden", include_in_schema=False)
    def hidden(q: int) -> None: ...

    assert bare(only(app).parameters) == {("query", "q"): ({"type": "integer"}, True)}


def test_a_type_without_a_schema_hides_nothing() -> None:
    app = plain()

    @app.post("/loose")
    def loose(value: Loose, q: int) -> None: ...

    @app.get("/fine")
    def fine() -> None: ...

    one, other = framework.routes(app)
    assert (one.name, one.body, [parameter.name for parameter in one.parameters]) == ("POST /loose", {}, ["q"])
    assert other.name == "GET /fine"


def test_a_router_that_cannot_be_unfolded_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = plain()

    @app.get("/a")
    def one() -> None: ...

    @app.get("/b")
    def two() -> None: ...

    def unfold(routes: list[Any]) -> list[Any]:
        if routes[0].path == "/a":
            raise RuntimeError("broken")
        return routes

    monkeypatch.setattr("fastapi.routing.iter_route_contexts", unfold, raising=False)
    assert [route.name for route in framework.routes(app)] == ["GET /b"]


def test_versions_without_folded_routers(monkeypatch: pytest.MonkeyPatch) -> None:
    app = plain()

    @app.get("/a")
    def one() -> None: ...

    monkeypatch.setattr("fastapi.routing.iter_route_contexts", None, raising=False)
    assert only(app).name == "GET /a"


def test_what_cannot_be_read_hides_no_route() -> None:
    app = plain()

    @app.get("/a")
    def one(q: int) -> None: ...

    app.routes[0].dependant = object()  # type: ignore[attr-defined]
    assert only(app) == Route("GET", "/a", one, ("/a",))


@pytest.mark.skipif(not hasattr(FastAPI, "frontend"), reason="newer than this FastAPI")
def test_a_frontend_is_one_route() -> None:
    app = plain()
    app.frontend("/", directory="/", check_dir=False)
    route = only(app)
    assert (route.name, route.path({"path": "a"})) == ("GET /{path}", "/a")


def test_sub_apps_are_listed_below_their_mount() -> None:
    app, sub = plain(), plain()

    @sub.get("/a")
    def read(q: int) -> None: ...

    app.mount("/sub", sub)
    route = only(app)
    assert route.name == "GET /sub/a"
    assert bare(route.parameters) == {("query", "q"): ({"type": "integer"}, True)}


def test_several_methods_of_one_operation() -> None:
    app = plain()

    @app.api_route("/a", methods=["PUT", "GET", "HEAD"])
    def both() -> None: ...

    assert [route.name for route in framework.routes(app)] == ["GET /a", "PUT /a"]


def test_the_documentation_is_listed_as_fastapis_own() -> None:
    routes = framework.routes(FastAPI())
    assert {route.template for route in routes} >= {"/openapi.json", "/docs"}
    assert {str(getattr(route.handler, "__module__", "")) for route in routes} == {"fastapi.applications"}


def test_a_router_is_an_app() -> None:
    router = APIRouter()

    @router.get("/a")
    def read(q: int) -> None: ...

    (route,) = framework.routes(router)
    assert [one.name for one in route.parameters] == ["q"]

"""Litestar apps are listed with all that their handlers declare."""

from __future__ import annotations

import enum
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import pytest

pytest.importorskip("litestar")

from litestar import Controller, Litestar, Response, Router, asgi, get, head, post, route, websocket
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.datastructures import UploadFile
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.params import Body
from litestar.params import Parameter as Declared
from litestar.response import Stream

from pytest_oneresponse import apps, objects, sites
from pytest_oneresponse.contract.finding import Finding
from pytest_oneresponse.drive.run import drive
from pytest_oneresponse.drive.settings import Settings
from pytest_oneresponse.explore.values import first
from pytest_oneresponse.frameworks import litestar as framework
from pytest_oneresponse.patching import Patches
from pytest_oneresponse.routes import Parameter, Route, handler_of

# newer releases deprecate inputs that are declared by their names alone, as most apps do
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

VERSION = tuple(int(part) for part in version("litestar").split(".")[:2])
TEXT = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
REST = Parameter("path", "path", {"type": "string", "format": "path"}, required=False)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    name: str
    count: int = 3


def app(*handlers: Any, **named: Any) -> Litestar:
    return Litestar([*handlers], openapi_config=None, **named)


def listed(*handlers: Any, **named: Any) -> list[Route]:
    return framework.routes(app(*handlers, **named))


def names(*handlers: Any, **named: Any) -> list[str]:
    return [one.name for one in listed(*handlers, **named)]


def text() -> str:
    return "text"


def schemas(described: Route) -> dict[str, Any]:
    return {parameter.name: parameter.schema for parameter in (*described.path_parameters, *described.parameters)}


def test_one_route_per_method_without_the_options_that_litestar_adds() -> None:
    assert names(route("/a", http_method=["POST", "GET"], sync_to_thread=False)(text)) == ["GET /a", "POST /a"]


def test_head_and_options_that_the_user_asks_for_are_kept() -> None:
    def nothing() -> None:
        return None

    options = route("/b", http_method=["OPTIONS"], sync_to_thread=False)(text)
    assert names(head("/a", sync_to_thread=False)(nothing), options) == ["HEAD /a", "OPTIONS /b"]


def test_the_order_is_that_of_the_paths_whatever_order_litestar_keeps() -> None:
    paths = ["/d", "/b", "/c", "/a"]
    assert names(get(paths, sync_to_thread=False)(text)) == ["GET /a", "GET /b", "GET /c", "GET /d"]


def test_routers_and_controllers_are_followed() -> None:
    class Pages(Controller):
        path = "/pages"

        @get(["/", "/{name:str}"], sync_to_thread=False)
        def page(self) -> str:
            return "page"

    found = listed(Router("/v1", route_handlers=[Pages]))
    assert [one.name for one in found] == ["GET /v1/pages", "GET /v1/pages/{name}"]
    assert found[1].parts == ("/v1/pages/", Parameter("name", "path", TEXT))
    handlers = [handler_of(one.handler) for one in found]
    assert {handler and handler.file for handler in handlers} == {__file__}
    assert {handler and handler.function.rpartition(".")[2] for handler in handlers} == {"page"}


@pytest.mark.parametrize("in_thread", [True, False])
def test_the_handler_is_what_the_user_wrote(in_thread: bool) -> None:
    (found,) = listed(get("/", sync_to_thread=in_thread)(text))
    assert found.handler is text
    assert found.parts == ("/",)


def test_the_pages_of_the_documentation_stand_among_the_routes() -> None:
    found = [one.name for one in framework.routes(Litestar([]))]
    assert "GET /schema/openapi.json" in found


def test_websockets_stand_among_the_others_with_what_they_declare() -> None:
    @websocket("/ws/{id:int}")
    async def socket(socket: Any, id: int, token: str) -> None:
        return None

    (route,) = framework.routes(Litestar([socket], openapi_config=None))
    assert route.name == "WEBSOCKET /ws/{id}"
    assert route.handler is socket.fn
    assert [one.schema["type"] for one in route.path_parameters] == ["integer"]
    assert [(one.source, one.name) for one in route.parameters] == [("query", "token")]


def test_the_first_values_of_typed_paths_are_answered() -> None:
    @get("/{a:int}/{b:float}/{c:decimal}/{d:uuid}/{e:date}/{f:datetime}/{g:time}/{h:timedelta}/{i:str}/{j:path}")
    async def typed(
        a: int, b: float, c: Decimal, d: uuid.UUID, e: date, f: datetime, g: time, h: timedelta, i: str, j: Path
    ) -> str:
        return "typed"

    known = apps.recognised("typed", app(typed))
    assert drive(known, known.routes[0], Settings(requests=1)).statuses == {200: 1}
    known.close()


def test_an_annotation_narrows_what_the_path_takes() -> None:
    @get("/{number:int}/{colour:str}/{word:str}")
    async def narrow(number: Annotated[int, Declared(ge=3, lt=9)], colour: Colour, word: str) -> str:
        return "narrow"

    (found,) = listed(narrow)
    given = schemas(found)
    assert given["number"] == {"type": "integer", "minimum": 3, "exclusiveMaximum": 9}
    assert first(given["colour"]) in ("red", "blue")
    assert given["word"] == TEXT


def test_inputs_are_listed_by_name_with_their_types_and_limits() -> None:
    @get("/")
    async def view(
        name: str,
        size: Annotated[int, Declared(le=5)] = 3,
        token: str = Declared(header="X-Token"),
        session: str | None = Declared(cookie="sid", default=None),
    ) -> str:
        return "view"

    (found,) = listed(view)
    assert [(one.name, one.source, one.required) for one in found.parameters] == [
        ("name", "query", True),
        ("size", "query", False),
        ("X-Token", "header", True),
        ("sid", "cookie", False),
    ]
    assert schemas(found)["size"] == {"type": "integer", "maximum": 5}


def test_the_inputs_of_dependencies_and_layers_are_listed_too() -> None:
    async def page(number: int) -> int:
        return number

    @get("/")
    async def view(page: int, tenant: str) -> str:
        return "view"

    (found,) = listed(
        view, dependencies={"page": Provide(page)}, parameters={"tenant": Declared(str, header="X-Tenant")}
    )
    assert found.parameters[0] == Parameter("number", "query", {"type": "integer"})
    assert [one.name for one in found.parameters] == ["number", "X-Tenant"]


def test_a_body_is_its_json_schema() -> None:
    @post("/")
    async def create(data: Item) -> Item:
        return data

    (found,) = listed(create)
    assert found.body is not None
    assert first(found.body) == {"name": "a"}
    assert found.media == "application/json"


def test_a_form_is_its_fields() -> None:
    @post("/")
    async def create(data: Annotated[Item, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> Item:
        return data

    (found,) = listed(create)
    assert found.body is None
    assert found.media == "application/x-www-form-urlencoded"
    assert [(one.name, one.source, one.required) for one in found.parameters] == [
        ("name", "form", True),
        ("count", "form", False),
    ]


def test_a_form_that_is_taken_as_a_mapping_declares_no_field() -> None:
    @post("/")
    async def order(data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]) -> str:
        return "order"

    (found,) = listed(order)
    assert (found.parameters, found.body, found.media) == ((), None, "application/x-www-form-urlencoded")


def test_an_upload_is_one_field() -> None:
    @post("/")
    async def upload(data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)]) -> str:
        return "upload"

    (found,) = listed(upload)
    assert found.media == "multipart/form-data"
    assert found.parameters == (Parameter("data", "form", {"type": "string", "format": "binary"}),)


def test_a_type_that_nobody_can_describe_hides_nothing() -> None:
    class Odd:
        pass

    @post("/{name:str}", signature_namespace={"Odd": Odd}, type_decoders=[(lambda kind: kind is Odd, lambda *_: Odd())])
    async def create(name: str, data: Odd) -> str:
        return name

    create.fn.__annotations__["data"] = Odd
    (found,) = listed(create)
    assert found.body == {}
    assert found.parts == ("/", Parameter("name", "path", TEXT))


def test_inputs_that_cannot_be_read_hide_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Route:
        raise RuntimeError

    monkeypatch.setattr(framework, "_declared", broken)
    assert names(get("/a", sync_to_thread=False)(text)) == ["GET /a"]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"raw"})


def test_an_asgi_handler_is_asked_with_and_without_a_body() -> None:
    found = listed(asgi("/raw")(raw))
    assert [(one.name, one.handler, one.parts) for one in found] == [
        ("GET /raw", raw, ("/raw",)),
        ("POST /raw", raw, ("/raw",)),
    ]


@pytest.mark.parametrize(
    ("path", "template", "parts"), [("/below", "/below/{path}", ("/below/", REST)), ("/", "/{path}", ("/", REST))]
)
def test_a_mount_is_whatever_path_follows(path: str, template: str, parts: Any) -> None:
    found, _ = listed(asgi(path, is_mount=True)(raw))
    assert (found.template, found.handler, found.parts) == (template, raw, parts)


def test_a_mounted_app_is_listed_below_its_path() -> None:
    inner = app(get("/a/{name:str}", sync_to_thread=False)(text))
    (found,) = listed(asgi("/below", is_mount=True)(inner))
    assert found.name == "GET /below/a/{name}"
    assert found.parts == ("/below/a/", Parameter("name", "path", TEXT))


def test_hosts_are_those_that_are_allowed() -> None:
    config = AllowedHostsConfig(["a.example", "*.b.example"])
    assert framework.hosts(app(allowed_hosts=config)) == ["a.example", "www.b.example"]
    assert framework.hosts(app(allowed_hosts=["c.example"])) == ["c.example"]
    assert framework.hosts(app()) == []


# Which line is blamed


class Passing:
    """A middleware that has no part in anything."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture
def hooks(request: pytest.FixtureRequest) -> Any:
    """Responses are noted where they are built, and this file is the user's."""
    patches = Patches()
    objects.install(patches)
    before = (sites.Owners.root, sites.Owners.packages, sites.Owners.frameworks)
    sites.Owners.configure(request.config.rootpath, (), objects.framework_packages())
    yield
    sites.Owners.root, sites.Owners.packages, sites.Owners.frameworks = before
    sites.Owners._user = {}
    patches.undo()


def findings(view: Any, **named: Any) -> list[Finding]:
    known = apps.recognised("app", app(view, **named))
    found = list(drive(known, known.routes[0], Settings(requests=1)).findings)
    known.close()
    return found


async def failing() -> AsyncIterator[bytes]:
    yield b"row"
    raise HTTPException("the database went away")


@pytest.mark.skipif(VERSION < (2, 9), reason="answers a second time: litestar-org/litestar#3479")
@pytest.mark.usefixtures("hooks")
def test_a_stream_that_fails_is_laid_to_the_line_that_raised() -> None:
    @get("/")
    async def view() -> Stream:
        return Stream(failing())

    (found,) = [one for one in findings(view) if one.rule == "error-after-start"]
    assert found.where is not None
    assert (found.where.function, found.where.source) == ("failing", 'raise HTTPException("the database went away")')
    assert found.also is not None
    assert found.also.source == "return Stream(failing())"


@pytest.mark.usefixtures("hooks")
def test_a_response_is_laid_to_the_line_that_built_it() -> None:
    @get("/")
    async def view() -> Response[str]:
        return Response("a", headers={"content-length": "3"})

    (found,) = [one for one in findings(view) if one.rule == "length-mismatch"]
    assert found.where is not None
    assert found.where.source == 'return Response("a", headers={"content-length": "3"})'


@pytest.mark.usefixtures("hooks")
def test_what_is_made_of_a_return_value_is_laid_to_the_handler() -> None:
    @get("/", response_headers={"content-length": "3"})
    async def view() -> str:
        return "a"

    (found,) = [one for one in findings(view) if one.rule == "length-mismatch"]
    assert found.where is not None
    assert found.where.function.endswith("view")


@pytest.mark.usefixtures("hooks")
def test_an_app_that_keeps_the_contract_has_no_findings() -> None:
    @get("/", sync_to_thread=True)
    def view() -> str:
        return "a"

    assert findings(view, middleware=[DefineMiddleware(Passing)]) == []


def test_who_is_given_what_a_dependency_returns() -> None:
    async def inner() -> int:
        return 1

    async def outer(inner: int) -> int:
        return inner

    async def unused() -> int:
        return 2

    seen: list[Any] = []

    @get("/", dependencies={"inner": Provide(inner), "outer": Provide(outer), "unused": Provide(unused)})
    async def view(outer: int, scope: Any) -> int:
        seen.append(scope)
        return outer

    known = apps.recognised("app", app(view))
    drive(known, known.routes[0], Settings(requests=1))
    found = {(one.function, one.user, one.name) for one in framework.handed(seen[0])}
    assert found == {(inner, outer, "inner"), (outer, seen[0]["route_handler"].fn, "outer")}
    assert list(framework.handed({})) == []

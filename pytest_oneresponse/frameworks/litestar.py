"""Litestar: the routes of an app, with the inputs that handlers and their dependencies declare."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..contract.request import WEBSOCKET
from ..routes import Parameter, Route, Schema
from . import Handed, Parts, class_names, joined, prefixed, top_package

NAME = "litestar"
INTERFACE = "asgi"
APPS = ("litestar.app.Litestar",)
RESPONSES = ("litestar.response.base.Response", "litestar.response.base.ASGIResponse")
ERRORS = (
    "litestar.exceptions.http_exceptions.HTTPException",
    "litestar.exceptions.websocket_exceptions.WebSocketException",
)
# Here a Response becomes the ASGIResponse that is sent.
PROXIES = tuple(f"litestar/response/{name}.py" for name in ("base", "file", "redirect", "sse", "streaming", "template"))
PACKAGES = ("litestar", "msgspec", "anyio", "sniffio")
HEADER_SETTERS = ()

_ANY = ("GET", "POST")
"""Asked of a handler that takes any method."""
_JSON = "application/json"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_REST = Parameter("path", "path", {"type": "string", "format": "path"}, required=False)
_SOURCES = (
    ("expected_query_params", "query"),
    ("expected_header_params", "header"),
    ("expected_cookie_params", "cookie"),
)
_LIMITS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "pattern": "pattern",
    "format": "format",
}


def routes(app: Any) -> list[Route]:
    """The routes in order of their paths: Litestar keeps them in no order that matters, and matches by a tree.

    Those of the documentation pages stand among them; the OPTIONS that Litestar adds is left out.
    """
    return sorted(_all(app), key=lambda route: (route.template, route.method))


def caught(app: Any) -> list[Any]:
    """The keys of `exception_handlers`."""
    return list(getattr(app, "exception_handlers", None) or ())


def hosts(app: Any) -> list[str]:
    """`allowed_hosts`; a name below a wildcard stands for it."""
    config = getattr(app, "allowed_hosts", None)
    names = getattr(config, "allowed_hosts", config) or ()
    return [f"www.{name[2:]}" if name.startswith("*.") else name for name in names if name != "*"]


def _all(app: Any) -> Iterator[Route]:
    for route in app.routes:
        known = class_names(route)
        if "litestar.routes.http.HTTPRoute" in known:
            yield from _http(route)
        elif "litestar.routes.asgi.ASGIRoute" in known:
            yield from _asgi(route)
        elif "litestar.routes.websocket.WebSocketRoute" in known:
            handler = route.route_handler
            described = Route(WEBSOCKET, route.path_format, _function(handler), _parts(route))
            yield _described(route, handler, described)


def _http(route: Any) -> Iterator[Route]:
    parts = _parts(route)
    for handler in route.route_handlers:
        function = _function(handler)
        for method in sorted(str(method) for method in handler.http_methods):
            if method == "OPTIONS" and top_package(function) == "litestar":
                continue
            described = Route(method, route.path_format, function, parts)
            yield _described(route, handler, described)


def _described(route: Any, handler: Any, described: Route) -> Route:
    """The route with what is declared; an input that cannot be described must not hide it."""
    try:
        return _declared(route, handler, _model(route, handler, described.method), described)
    except Exception:
        return described


def _model(route: Any, handler: Any, method: str) -> Any:
    """What Litestar has found that a handler takes."""
    known = route.route_handler_map[method] if method != WEBSOCKET else None
    if isinstance(known, tuple):
        return known[1]
    if known is None and hasattr(route, "handler_parameter_model"):
        return route.handler_parameter_model
    return handler._get_kwargs_model_for_route(route.path_parameters)  # Litestar 3


def _asgi(route: Any) -> Iterator[Route]:
    """An ASGI handler takes any method; below a mount stand the routes of the app there, or whatever path follows."""
    handler = route.route_handler
    function, parts = _function(handler), _parts(route)
    template = route.path_format.rstrip("/")
    if not (handler.is_mount or getattr(handler, "is_static", False)):
        yield from (Route(method, route.path_format, function, parts) for method in _ANY)
        return
    parts = () if not template else parts
    found = False
    for route_below in _below(function):
        found = True
        yield prefixed(route_below, template, parts)
    if not found:
        below = joined((*parts, "/", _REST))
        yield from (Route(method, f"{template}/{{path}}", function, below) for method in _ANY)


def _below(mounted: Any) -> list[Route]:
    """The routes of a mounted framework app; a function may name the app that mounts it, and is left alone."""
    from .recognise import routes_of

    return [] if hasattr(mounted, "__code__") else routes_of(mounted)


def _function(handler: Any) -> Callable[..., Any]:
    """What the user wrote, inside Litestar's own wrappers: Ref in 2.0, AsyncCallable for what runs in a thread."""
    function = handler.fn
    if class_names(function)[0].endswith(".Ref"):
        function = function.value
    return _unwrapped(function)  # type: ignore[no-any-return]


def _unwrapped(function: Any) -> Any:
    """A function inside what runs it in a thread."""
    if class_names(function)[0] == "litestar.utils.sync.AsyncCallable":
        return getattr(function, "func", function)
    return function


def _parts(route: Any) -> Parts:
    parts: list[str | Parameter] = []
    for component in route.path_components:
        if isinstance(component, str):
            parts.append(f"/{component}")
        else:
            parts += ["/", Parameter(component.name, "path", _path_schema(component.type))]
    return joined(parts or ["/"])


def _path_schema(kind: Any) -> Schema:
    return _KNOWN.get(class_names(kind)[0], {"type": "string", "minLength": 1, "pattern": "^[^/]+$"})


_KNOWN: dict[str, Schema] = {
    "builtins.int": {"type": "integer"},
    "builtins.float": {"type": "number"},
    "decimal.Decimal": {"type": "string", "format": "decimal"},
    "uuid.UUID": {"type": "string", "format": "uuid"},
    "datetime.date": {"type": "string", "format": "date"},
    "datetime.datetime": {"type": "string", "format": "date-time"},
    "datetime.time": {"type": "string", "format": "time"},
    "datetime.timedelta": {"type": "string", "format": "duration"},
    "pathlib.Path": {"type": "string", "format": "path"},
}


def _declared(route: Any, handler: Any, model: Any, described: Route) -> Route:
    fields = _fields(handler)
    parts = tuple(
        part if isinstance(part, str) else replace(part, schema=_narrowed(part.schema, _schema(fields.get(part.name))))
        for part in described.parts
    )
    parameters = [
        Parameter(one.field_alias, source, _schema(fields.get(one.field_name)), bool(one.is_required))
        for group, source in _SOURCES
        for one in sorted(getattr(model, group), key=lambda one: str(one.field_alias))
    ]
    body: Schema | None = None
    media = _JSON
    if "data" in model.expected_reserved_kwargs and "data" in fields:
        data = fields["data"]
        body = _schema(data)
        given = getattr(data.kwarg_definition, "media_type", None) or _JSON
        media = str(getattr(given, "value", given))
        if media in _FORMS:
            parameters += _form(data, body)
            body = None
    return replace(described, parts=parts, parameters=tuple(parameters), body=body, media=media)


def _fields(handler: Any) -> dict[str, Any]:
    """The declared inputs by name: the handler's own, before its layers', before its dependencies'."""
    found: dict[str, Any] = {}
    for provider in _of(handler, "resolve_dependencies").values():
        found |= getattr(getattr(provider, "parsed_fn_signature", None), "parameters", {})
    return found | _of(handler, "resolve_layered_parameters") | dict(handler.parsed_fn_signature.parameters)


def handed(native: Any) -> Iterator[Handed]:
    """The dependencies of the handler that a scope was routed to, and who is given their values."""
    handler = native.get("route_handler") if isinstance(native, dict) else None
    providers = _of(handler, "resolve_dependencies") if handler is not None else {}
    users = {id(one): (one, one.dependency) for one in providers.values()}
    for user, function in ((handler, getattr(handler, "fn", None)), *users.values()):
        asked = getattr(getattr(user, "parsed_fn_signature", None), "parameters", {})
        for name in providers.keys() & asked:
            yield Handed(_unwrapped(providers[name].dependency), _unwrapped(function), name)


def _of(handler: Any, name: str) -> dict[str, Any]:
    return dict(getattr(handler, name, dict)())


def _narrowed(of_path: Schema, of_type: Schema) -> Schema:
    """The path decides what arrives, the annotation what is valid of it: a choice, or limits."""
    if "enum" in of_type or "$ref" in of_type:
        return of_type
    return {**of_path, **of_type} if of_type.get("type") == of_path.get("type") else of_path


def _form(data: Any, schema: Schema) -> Iterable[Parameter]:
    """The fields of a form's model, none of a mapping's, else one field with what was uploaded."""
    definitions = schema.get("$defs", {})
    model = definitions.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    required = model.get("required", ())
    fields = model.get("properties")
    if fields is None and model.get("type") == "object":
        return
    if fields is None:
        yield Parameter("data", "form", {"type": "string", "format": "binary"}, not data.is_optional)
        return
    for name, inner in fields.items():
        yield Parameter(name, "form", {**inner, "$defs": definitions} if definitions else inner, name in required)


def _schema(field: Any) -> Schema:
    """The JSON schema of a declared input, its definitions inside; empty where nobody has one for its type."""
    if field is None:
        return {}
    found: dict[str, Any] = {}
    for describe in (_by_msgspec, _by_pydantic):
        try:
            found = dict(describe(field.raw))
        except Exception:  # a type that this one does not know
            continue
        break
    limits = field.kwarg_definition
    for name, key in _LIMITS.items():
        value = getattr(limits, name, None)
        if value is not None:
            found[key] = value
    return found


def _by_msgspec(kind: Any) -> Schema:
    return sys.modules["msgspec"].json.schema(kind)  # type: ignore[no-any-return]


def _by_pydantic(kind: Any) -> Schema:
    return sys.modules["pydantic"].TypeAdapter(kind).json_schema()  # type: ignore[no-any-return]

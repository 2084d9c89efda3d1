"""FastAPI: Starlette's routes, with the inputs that path operations and their dependencies declare."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..routes import Parameter, Route, Schema
from . import Handed, class_names, starlette

NAME = "fastapi"
INTERFACE = "asgi"
APPS = ("fastapi.applications.FastAPI", "fastapi.routing.APIRouter")
RESPONSES = starlette.RESPONSES
ERRORS = starlette.ERRORS
# Here the Response is built that handlers may ask for: what is set on it is passed on with theirs.
PROXIES = (*starlette.PROXIES, "fastapi/dependencies/utils.py")
PACKAGES = ("fastapi", "pydantic", "pydantic_core", *starlette.PACKAGES)
HEADER_SETTERS = starlette.HEADER_SETTERS

_SOURCES = (("query_params", "query"), ("header_params", "header"), ("cookie_params", "cookie"))
_JSON = "application/json"


def routes(app: Any) -> list[Route]:
    """The routes, sub-apps' included, in order of matching; those of the documentation pages stand among them."""
    listed = list(starlette.Reader(_expanded, _declared).read(app.routes))
    return listed + list(_frontends(app))


hosts = starlette.hosts
caught = starlette.caught


def _expanded(routes: Iterable[Any]) -> Iterator[Any]:
    """Included routers are kept folded in newer versions; a router that fails to unfold hides no other."""
    unfold = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    if unfold is None:
        yield from routes
        return
    for route in routes:
        try:
            # some versions keep the path of what is no path operation in a route beside the context
            yield from [getattr(context, "starlette_route", None) or context for context in unfold([route])]
        except Exception:
            continue


def _frontends(app: Any) -> Iterator[Route]:
    """`app.frontend(path)` serves files for whatever no route answers."""
    rest = Parameter("path", "path", {"type": "string", "format": "path"}, required=False)
    for group in getattr(getattr(app, "router", app), "_low_priority_routes", ()):
        for front in getattr(group, "routes", ()):
            prefix = str(getattr(front, "path", "")).rstrip("/")
            yield Route("GET", f"{prefix}/{{path}}", front.app, (f"{prefix}/", rest))


def handed(native: Any) -> Iterator[Handed]:
    """The dependencies of the route that a scope was matched with, and who is given their values."""
    if not isinstance(native, dict):
        return
    # Newer versions keep what an including router adds to a route beside it.
    route = (native.get("fastapi") or {}).get("effective_route_context") or native.get("route")
    dependant = getattr(route, "dependant", None)
    others = getattr(native.get("app"), "dependency_overrides", None) or {}
    for one in _flat(dependant, set()) if dependant is not None else ():
        for inner in one.dependencies:
            yield Handed(others.get(inner.call, inner.call), others.get(one.call, one.call), inner.name or "")


def _declared(route: Any, described: Route) -> Route:
    dependant = getattr(route, "dependant", None)
    if dependant is None:
        return described
    every = list(_flat(dependant, set()))
    typed = {_alias(one): _schema(one) for dependency in every for one in dependency.path_params}
    parts = tuple(
        part if isinstance(part, str) else replace(part, schema=_merged(part.schema, typed.get(part.name)))
        for part in described.parts
    )
    parameters = [
        parameter
        for dependency in every
        for group, source in _SOURCES
        for one in getattr(dependency, group)
        for parameter in _of_field(one, source)
    ]
    parameters += [parameter for dependency in every for parameter in _of_security(dependency)]
    body_field = getattr(route, "body_field", None)
    body: Schema | None = None
    media = _JSON
    if body_field is not None:
        media = str(getattr(body_field.field_info, "media_type", None) or _JSON)
        fields = [one for dependency in every for one in dependency.body_params]
        if _is_form(fields):
            parameters += [parameter for one in fields for parameter in _of_field(one, "form")]
        else:
            body = _schema(body_field)
    return replace(described, parts=parts, parameters=_once(parameters), body=body, media=media)


def _flat(dependant: Any, seen: set[int]) -> Iterator[Any]:
    """A dependant and all that it depends on, each once."""
    if id(dependant) not in seen:
        seen.add(id(dependant))
        yield dependant
        for inner in dependant.dependencies:
            yield from _flat(inner, seen)


def _once(parameters: list[Parameter]) -> tuple[Parameter, ...]:
    """Each input once; where two dependencies declare it, the one that requires it counts."""
    kept: dict[tuple[str, str], Parameter] = {}
    for parameter in parameters:
        key = (parameter.source, parameter.name)
        if key not in kept or (parameter.required and not kept[key].required):
            kept[key] = parameter
    return tuple(kept.values())


def _merged(of_path: Schema, of_type: Schema | None) -> Schema:
    """The path's convertor decides what arrives, the annotation what is valid; a plain text convertor adds little."""
    if not of_type:
        return of_path
    if of_type.get("type") == "string" and "enum" not in of_type and "$ref" not in of_type:
        return {**of_path, **of_type}
    return of_type


def _is_form(fields: list[Any]) -> bool:
    return any("fastapi.params.Form" in class_names(one.field_info) for one in fields)


def _alias(one: Any) -> str:
    return str(getattr(one, "alias", None) or one.name)


def _required(one: Any) -> bool:
    asked = getattr(one.field_info, "is_required", None)
    return bool(asked()) if asked is not None else bool(getattr(one, "required", True))


def _of_field(one: Any, source: str) -> Iterator[Parameter]:
    """The inputs of one declared parameter: itself, or the fields of a model that gathers several."""
    model = _model(one)
    if model is None:
        yield Parameter(_alias(one), source, _schema(one), _required(one))
        return
    schema = _schema(one)
    definitions = schema.get("$defs")
    if "$ref" in schema and definitions:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    aliased = {info.alias for info in model.model_fields.values() if info.alias}
    for name, inner in schema.get("properties", {}).items():
        hyphens = source == "header" and name not in aliased
        required = _required(one) and name in schema.get("required", ())
        inner = {**inner, "$defs": definitions} if definitions else inner
        yield Parameter(name.replace("_", "-") if hyphens else name, source, inner, required)


def _model(one: Any) -> Any:
    """The pydantic model behind a parameter, if it is one."""
    annotation = getattr(one.field_info, "annotation", None)
    if isinstance(annotation, type) and "pydantic.main.BaseModel" in class_names(annotation):
        return annotation
    return None


def _schema(one: Any) -> Schema:
    """The JSON schema of a field, its definitions inside; empty where pydantic has none for its type."""
    adapter = getattr(one, "_type_adapter", None)
    try:
        return _file(dict(adapter.json_schema()) if adapter is not None else {})
    except Exception:  # pydantic raises several kinds for types without a schema, and runs user code
        return {}


def _file(schema: Schema) -> Schema:
    """An upload is told by its format in all versions; newer ones write its content's media type instead."""
    if schema.get("type") == "array":
        return {**schema, "items": _file(schema.get("items") or {})}
    if schema.get("contentMediaType") == "application/octet-stream":
        return {**schema, "format": "binary"}
    return schema


def _of_security(dependency: Any) -> Iterator[Parameter]:
    """The key or header that a security scheme reads."""
    scheme = dependency.call
    if scheme is None or "fastapi.security.base.SecurityBase" not in class_names(scheme):
        return
    model = scheme.model
    required = bool(getattr(scheme, "auto_error", True))
    kind = getattr(model.type_, "value", model.type_)
    if kind == "apiKey":
        yield Parameter(model.name, str(getattr(model.in_, "value", model.in_)), {"type": "string"}, required)
        return
    basic = getattr(model, "scheme", "") == "basic"
    schema = {"type": "string", "examples": ["Basic dXNlcjE6cGFzczE=" if basic else "Bearer token1"]}
    yield Parameter("authorization", "header", schema, required)

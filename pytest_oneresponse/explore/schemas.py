"""Requests for classes that say which fields they have: models, forms and serializers that the app makes while it answers."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import CellType, FunctionType, MethodType
from typing import Any, get_type_hints

from ..routes import Route
from . import canary, forms
from . import values as made
from .bases import full
from .draft import Draft, json_of, text_of, without_canaries
from .tree import MISSING


def seeds(kind: Any, draft: Draft) -> Iterator[Draft]:
    """The draft with valid values for the fields of a class: all of them, what is required alone, and each boundary."""
    schema = schema_of(kind)
    if not schema:
        return
    definitions = schema.get("$defs", {})
    fields = schema.get("properties", {})
    try:
        whole = full(schema, definitions, itertools.count(1))
        values = (whole, made.first(schema, definitions), *made.boundaries(schema, definitions))
    except (ValueError, RecursionError):
        return
    plain = without_canaries(draft)  # many a schema refuses what it does not know
    for one, value in ((plain, values[0]), (draft, values[0]), *((plain, value) for value in values[1:])):
        if isinstance(value, dict):
            yield _filled(one, _agreed(value, fields), fields)
        elif "json" in one.media:
            yield replace(one, json=json_of(value))


def _agreed(value: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values, those that have to equal another one being that."""
    same = {name: one["x-equals"] for name, one in fields.items() if "x-equals" in one and one["x-equals"] in value}
    return {**value, **{name: value[other] for name, other in same.items()}}


def _filled(draft: Draft, value: dict[str, Any], fields: Mapping[str, Any]) -> Draft:
    if "json" in draft.media:
        known = draft.json if isinstance(draft.json, dict) else {}
        return replace(draft, json=canary.placed({**known, **json_of(value)}, ("json",)))
    files = {name: _file(name, one) for name, one in value.items() if fields.get(name, {}).get("format") == "binary"}
    pairs = tuple(pair for name, one in value.items() if name not in files for pair in _pairs(name, one))
    if draft.media:
        kept = tuple(pair for pair in draft.fields if pair[0] not in value)
        media = "multipart/form-data" if files else draft.media
        return replace(draft, media=media, fields=(*kept, *pairs), files=(*draft.files, *files.values()))
    kept = tuple(pair for pair in draft.query if pair[0] not in value)
    return replace(draft, query=(*kept, *pairs))


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    for one in value if isinstance(value, list) else (value,):
        if one is not None and one is not MISSING:
            yield name, text_of(one)


def _file(name: str, value: Any) -> tuple[str, str, str]:
    return name, value if isinstance(value, str) and "." in value else "upload.txt", "text"


def declared_by(route: Route) -> list[Any]:
    """What the handler's decorators and annotations say of its input: the classes, and the objects, that declare fields.

    A decorator keeps what it was given in its closure, where the function lies as well that it wraps. Empty where the
    framework has said what the route takes.
    """
    if route.body is not None or any(parameter.source != "path" for parameter in route.parameters):
        return []
    found: dict[int, Any] = {}
    waiting: list[Any] = [route.handler]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_LOOKED_AT:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, MethodType):
            waiting.append(one.__func__)
        elif isinstance(one, FunctionType):
            waiting += [cell.cell_contents for cell in one.__closure__ or () if _holds(cell)]
            waiting += [kind for name, kind in _annotations(one).items() if name != "return"]
        elif type(one) in (tuple, list):
            waiting += one
        elif type(one) is dict:
            waiting += one.values()
        elif isinstance(one, type) and hasattr(one, "get_form_class"):
            waiting += _forms_of(one)
        elif schema_of(one):
            found[id(one)] = one
    return list(found.values())


def _forms_of(view: Any) -> list[Any]:
    """The form of a class-based view of Django's, which the framework makes: the one it names, or one of its model's fields."""
    try:
        return [view().get_form_class()]
    except Exception:  # one that depends on the request
        return []


_MOST_LOOKED_AT = 100


def _holds(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # empty still
        return False


def _annotations(function: FunctionType) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except Exception:  # a name that is known to type checkers only
        return {}


def schema_of(kind: Any) -> dict[str, Any]:
    """A JSON schema of the fields that a class, or an object, declares; empty where it declares none that are known here."""
    try:
        of_libraries = (forms.of_django, forms.of_rest, forms.of_wtforms, forms.of_marshmallow)
        for read in (_of_pydantic, *of_libraries, _of_dataclass):
            found = read(kind)
            if found:
                return found
    except Exception:  # a class that cannot say what it holds
        pass
    return {}


def _of_pydantic(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and hasattr(kind, "model_json_schema") and hasattr(kind, "model_fields"):
        schema: dict[str, Any] = kind.model_json_schema()
        return schema
    return {}


_TYPES: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    list: {"type": "array"},
    dict: {"type": "object"},
}


def _of_dataclass(kind: Any) -> dict[str, Any]:
    """A dataclass, whose fields are filled from a body as `Order(**data)`."""
    fields = getattr(kind, "__dataclass_fields__", None) if isinstance(kind, type) else None
    if not fields:
        return {}
    by_name = {known.__name__: schema for known, schema in _TYPES.items()}
    properties = {
        name: _TYPES.get(one.type) or by_name.get(str(one.type).partition("[")[0], {"type": "string"})
        for name, one in fields.items()
        if one.init
    }
    missing = dataclasses.MISSING
    required = [name for name, one in fields.items() if one.default is missing and one.default_factory is missing]
    return {"type": "object", "properties": properties, "required": required}

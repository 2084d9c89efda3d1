"""Requests for classes that say which fields they have: models, forms and serializers that the app makes while it answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import values as made
from .draft import Draft, json_of, text_of
from .tree import MISSING


def seeds(kind: type, draft: Draft) -> Iterator[Draft]:
    """The draft with valid values for the fields of a class, and with each of their boundaries."""
    schema = _schema(kind)
    if not schema:
        return
    definitions = schema.get("$defs", {})
    try:
        first = made.first(schema, definitions)
        others = made.boundaries(schema, definitions)
    except (ValueError, RecursionError):
        return
    for value in (first, *others):
        if isinstance(value, dict):
            yield _filled(draft, value)


def _filled(draft: Draft, value: dict[str, Any]) -> Draft:
    if "json" in draft.media:
        known = draft.json if isinstance(draft.json, dict) else {}
        return replace(draft, json={**known, **json_of(value)})
    pairs = tuple((name, text_of(one)) for name, one in value.items() if one is not None and one is not MISSING)
    if draft.media:
        kept = tuple(pair for pair in draft.fields if pair[0] not in value)
        return replace(draft, fields=(*kept, *pairs))
    kept = tuple(pair for pair in draft.query if pair[0] not in value)
    return replace(draft, query=(*kept, *pairs))


def _schema(kind: type) -> dict[str, Any]:
    """A JSON schema of a class's fields; empty where it declares none that are known here."""
    try:
        for read in (_of_pydantic, _of_django, _of_rest, _of_dataclass):
            found = read(kind)
            if found:
                return found
    except Exception:  # a class that cannot say what it holds
        pass
    return {}


def _of_pydantic(kind: Any) -> dict[str, Any]:
    if hasattr(kind, "model_json_schema") and hasattr(kind, "model_fields"):
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
    fields = getattr(kind, "__dataclass_fields__", None)
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


_DJANGO = {
    "IntegerField": {"type": "integer"},
    "FloatField": {"type": "number"},
    "DecimalField": {"type": "number"},
    "BooleanField": {"type": "boolean"},
    "DateField": {"type": "string", "format": "date"},
    "DateTimeField": {"type": "string", "format": "date-time"},
    "TimeField": {"type": "string", "format": "time"},
    "EmailField": {"type": "string", "format": "email"},
    "URLField": {"type": "string", "format": "uri"},
    "UUIDField": {"type": "string", "format": "uuid"},
    "JSONField": {"type": "string", "default": "{}"},
}


def _of_django(kind: Any) -> dict[str, Any]:
    """Django's forms (`base_fields`)."""
    return _of_fields(getattr(kind, "base_fields", None))


def _of_rest(kind: Any) -> dict[str, Any]:
    """Django REST framework's serializers, whose fields are known to an instance."""
    if not hasattr(kind, "_declared_fields") or not hasattr(kind, "to_internal_value"):
        return {}
    fields = {name: one for name, one in kind().fields.items() if not getattr(one, "read_only", False)}
    return _of_fields(fields)


def _of_fields(fields: Any) -> dict[str, Any]:
    if not isinstance(fields, dict) or not fields:
        return {}
    properties: dict[str, Any] = {}
    for name, one in fields.items():
        kinds = (base.__name__ for base in type(one).__mro__)
        schema: dict[str, Any] = dict(next((_DJANGO[known] for known in kinds if known in _DJANGO), {"type": "string"}))
        numeric = schema["type"] in ("integer", "number")
        for attribute, word in _LIMITS_OF_NUMBERS if numeric else _LIMITS_OF_TEXTS:
            limit = getattr(one, attribute, None)
            if isinstance(limit, (int, float)) and not isinstance(limit, bool):
                schema[word] = limit
        regex = getattr(one, "regex", None)
        if regex is not None and not numeric:
            schema["pattern"] = getattr(regex, "pattern", str(regex))
        declared = getattr(one, "choices", None) or ()
        keys = declared if isinstance(declared, dict) else [key for key, _ in declared]
        choices = [key for key in keys if isinstance(key, (str, int)) and key != ""]
        if choices:
            schema = {"enum": choices}
        properties[name] = schema
    required = [name for name, one in fields.items() if getattr(one, "required", True)]
    return {"type": "object", "properties": properties, "required": required}


_LIMITS_OF_NUMBERS = (("min_value", "minimum"), ("max_value", "maximum"))
_LIMITS_OF_TEXTS = (("min_length", "minLength"), ("max_length", "maxLength"))

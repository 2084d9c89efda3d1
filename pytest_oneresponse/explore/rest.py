"""What serializers of Django REST framework take, as JSON schemas; nothing is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]
_DEEPEST = 8


def _class_names(value: Any) -> list[str]:
    """An object's class and its bases, as "module.name"."""
    return [f"{base.__module__}.{base.__qualname__}" for base in type(value).__mro__]


def of_serializer(serializer: Any, depth: int = 0) -> Schema:
    """What a serializer takes, as an object's schema; what is read only, or filled by itself, is none of it."""
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for name, one in serializer.fields.items():
        if one.read_only or "rest_framework.fields.HiddenField" in _class_names(one):
            continue
        properties[name] = _of_field(one, depth + 1)
        if one.required:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


def _of_field(one: Any, depth: int) -> Schema:
    """The JSON schema of a serializer field; empty for a kind that is not known."""
    for name in _class_names(one):
        describe = _FIELDS.get(name.rpartition(".")[2]) if name.startswith("rest_framework.") else None
        if describe is not None and depth < _DEEPEST:
            schema = dict(describe(one, depth))
            return {"anyOf": [schema, {"type": "null"}]} if one.allow_null else schema
    return {}


def _limited(one: Any, schema: dict[str, Any], names: Mapping[str, str]) -> Schema:
    limits = {key: getattr(one, attribute, None) for key, attribute in names.items()}
    return {**schema, **{key: _limit(value) for key, value in limits.items() if value is not None}}


def _limit(value: Any) -> Any:
    return value if isinstance(value, int) else float(value)


def _text(one: Any, depth: int) -> Schema:
    schema = dict(_limited(one, {"type": "string"}, {"minLength": "min_length", "maxLength": "max_length"}))
    if not one.allow_blank:
        schema.setdefault("minLength", 1)
    for validator in one.validators:
        regex = getattr(validator, "regex", None)
        if regex is not None and "RegexValidator" in _class_names(validator)[0]:
            schema["pattern"] = str(getattr(regex, "pattern", regex))
    return schema


def _decimal(one: Any, depth: int) -> Schema:
    kind = "integer" if one.decimal_places == 0 else "number"
    schema = dict(_limited(one, {"type": kind}, {"minimum": "min_value", "maximum": "max_value"}))
    if one.max_digits is not None:
        schema.setdefault("maximum", 10 ** (one.max_digits - (one.decimal_places or 0)) - 1)
    return schema


def _numeric(kind: str) -> Callable[[Any, int], Schema]:
    return lambda one, depth: _limited(one, {"type": kind}, {"minimum": "min_value", "maximum": "max_value"})


def _formatted(form: str) -> Callable[[Any, int], Schema]:
    return lambda one, depth: {"type": "string", "format": form}


def _listed(one: Any, depth: int) -> Schema:
    names = {"minItems": "min_length", "maxItems": "max_length"}
    schema = dict(_limited(one, {"type": "array", "items": _of_field(one.child, depth + 1)}, names))
    if one.allow_empty is False:
        schema.setdefault("minItems", 1)
    return schema


def _primary_key(one: Any, depth: int) -> Schema:
    key = one.queryset.model._meta.pk.get_internal_type()
    if key == "UUIDField":
        return {"type": "string", "format": "uuid"}
    return {"type": "integer"} if key.endswith(("AutoField", "IntegerField")) else {"type": "string"}


def _many(one: Any, depth: int) -> Schema:
    items = {"type": "array", "items": _of_field(one.child_relation, depth + 1)}
    return items if one.allow_empty else {**items, "minItems": 1}


_FIELDS: dict[str, Callable[[Any, int], Schema]] = {
    "EmailField": lambda one, depth: _limited(one, {"type": "string", "format": "email"}, {"maxLength": "max_length"}),
    "URLField": _formatted("uri"),
    "UUIDField": _formatted("uuid"),
    "IPAddressField": lambda one, depth: {
        "type": "string",
        "format": "ipv6" if str(one.protocol).lower() == "ipv6" else "ipv4",
    },
    "CharField": _text,
    "IntegerField": _numeric("integer"),
    "FloatField": _numeric("number"),
    "DecimalField": _decimal,
    "BooleanField": lambda one, depth: {"type": "boolean"},
    "DateTimeField": _formatted("date-time"),
    "DateField": _formatted("date"),
    "TimeField": _formatted("time"),
    "DurationField": lambda one, depth: {"type": "string", "examples": ["00:00:01"]},
    "MultipleChoiceField": lambda one, depth: {
        "type": "array",
        "items": {"enum": list(one.choices)},
        "minItems": 0 if one.allow_empty else 1,
    },
    "ChoiceField": lambda one, depth: {"enum": list(one.choices)},
    "FileField": _formatted("binary"),
    "ListField": _listed,
    "DictField": lambda one, depth: {"type": "object", "additionalProperties": _of_field(one.child, depth + 1)},
    "JSONField": lambda one, depth: {},
    "PrimaryKeyRelatedField": _primary_key,
    "ManyRelatedField": _many,
    "SlugRelatedField": lambda one, depth: {"type": "string"},
    "HyperlinkedRelatedField": _formatted("uri"),
    "ListSerializer": _listed,
    "Serializer": of_serializer,
}

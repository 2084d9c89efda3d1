"""What forms, serializers and schemas of libraries declare, as JSON schemas: Django's, REST framework's, WTForms', marshmallow's.

A field is known by the name of its class or of one of its bases; nothing is imported. Two words are no part of JSON Schema:
`x-equals` names the field whose value is wanted once more, and a text of the format `binary` is a file, its value the name.
"""

from __future__ import annotations

import datetime
import enum
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from . import rest

Schema = dict[str, Any]
_DEEPEST = 4
_MOMENT = datetime.datetime(2032, 5, 14, 9, 26, 53)

_KINDS: dict[str, Schema] = {
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
    "FileField": {"type": "string", "format": "binary"},
}


def _object(properties: dict[str, Schema], required: Iterable[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)} if properties else {}


def _class_names(kind: type) -> Iterator[str]:
    return (base.__name__ for base in kind.__mro__)


def _known(kind: type, kinds: Mapping[str, Schema]) -> Schema:
    """A new schema for a field of a class; a text where the class is not known."""
    return dict(next((kinds[name] for name in _class_names(kind) if name in kinds), {"type": "string"}))


# --- Django, REST framework


def of_django(kind: Any) -> Schema:
    """Django's forms (`base_fields`)."""
    return _of_fields(getattr(kind, "base_fields", None))


def of_rest(kind: Any) -> Schema:
    """Django REST framework's serializers, whose fields are known to an instance."""
    if not hasattr(kind, "_declared_fields") or not hasattr(kind, "to_internal_value"):
        return {}
    return dict(rest.of_serializer(kind() if isinstance(kind, type) else kind))


def _of_fields(fields: Any) -> Schema:
    if not isinstance(fields, dict):
        return {}
    required = [name for name, one in fields.items() if getattr(one, "required", True)]
    return _object({name: _of_field(one) for name, one in fields.items()}, required)


def _of_field(one: Any) -> Schema:
    schema = _known(type(one), _KINDS)
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
    return {"enum": choices} if choices else schema


_LIMITS_OF_NUMBERS = (("min_value", "minimum"), ("max_value", "maximum"))
_LIMITS_OF_TEXTS = (("min_length", "minLength"), ("max_length", "maxLength"))


# --- WTForms


def of_wtforms(kind: Any, depth: int = 0) -> Schema:
    """WTForms' forms, whose fields are not bound before the form is made; a form in a form has its fields behind a prefix."""
    own = kind if isinstance(kind, type) else type(kind)
    declared = {name: one for base in reversed(own.__mro__) for name, one in vars(base).items()}  # no descriptor is run
    unbound: dict[str, Any] = {
        name: one for name, one in declared.items() if getattr(type(one), "_formfield", None) is True
    }
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for attribute, one in sorted(unbound.items(), key=lambda item: item[1].creation_counter):
        for name, schema, needed in _of_unbound(one.name or attribute, one, depth):
            properties[name] = schema
            required += [name] if needed else []
    return _object(properties, required)


def _of_unbound(name: str, one: Any, depth: int) -> Iterator[tuple[str, Schema, bool]]:
    """The inputs of one field: name, schema, whether it is required."""
    # of `__init__`, as `__new__` takes whatever comes; None for `self`
    given = inspect.signature(one.field_class.__init__).bind_partial(None, *one.args, **one.kwargs).arguments
    given = {**given, **given.pop("kwargs", {})}
    if "form_class" in given:
        inner = of_wtforms(given["form_class"], depth + 1) if depth < _DEEPEST else {}
        for below, schema in inner.get("properties", {}).items():
            yield f"{name}-{below}", schema, below in inner["required"]
    elif "unbound_field" in given:
        if depth < _DEEPEST:
            yield from _of_unbound(f"{name}-0", given["unbound_field"], depth + 1)
    else:
        validators = [one for one in given.get("validators") or () if one is not None]
        schema = _of_input(one.field_class, given)
        for validator in validators:
            schema |= _validated(validator, schema)
        yield name, schema, any(type(one).__name__ in _REQUIRING for one in validators)


def _of_input(kind: type, given: Mapping[str, Any]) -> Schema:
    choices = given.get("choices")
    if choices is not None:
        keys = _choices(choices() if callable(choices) else choices)
        several = "SelectMultipleField" in _class_names(kind)
        return {} if not keys else {"type": "array", "items": {"enum": keys}} if several else {"enum": keys}
    form = given.get("format") or _default_of(kind, "format")
    form = form[0] if isinstance(form, (list, tuple)) and form else form
    if isinstance(form, str) and "%" in form:
        return {"type": "string", "examples": [_MOMENT.strftime(form)]}
    plain = ("EmailField", "URLField", "JSONField")  # texts with an input of their own
    return _known(kind, {name: schema for name, schema in _KINDS.items() if name not in plain})


def _default_of(kind: type, parameter: str) -> Any:
    known = inspect.signature(kind.__init__).parameters.get(parameter)  # type: ignore[misc]
    return known.default if known is not None and known.default is not known.empty else None


def _choices(choices: Any) -> list[Any]:
    """The keys of choices: values, pairs, triples, or groups of them by their label."""
    if isinstance(choices, dict):
        choices = [one for group in choices.values() for one in group]
    keys = [one[0] if isinstance(one, (tuple, list)) else getattr(one, "value", one) for one in choices]
    return [key for key in keys if isinstance(key, (str, int)) and key != ""]


_REQUIRING = frozenset(("DataRequired", "InputRequired", "FileRequired"))


def _validated(validator: Any, schema: Schema) -> Schema:
    """What a validator asks for, in addition to a schema; WTForms and marshmallow have the same ones."""
    return next((_ASKS[name](validator, schema) for name in _class_names(type(validator)) if name in _ASKS), {})


def _limits(least: str, most: str) -> Callable[[Any, Schema], Schema]:
    def asked(validator: Any, schema: Schema) -> Schema:
        found = {least: getattr(validator, "min", None), most: getattr(validator, "max", None)}
        exact = getattr(validator, "equal", None)
        found = dict.fromkeys(found, exact) if exact is not None else found
        return {word: limit for word, limit in found.items() if isinstance(limit, (int, float)) and limit != -1}

    return asked


def _extensions(validator: Any, schema: Schema) -> Schema:
    allowed = getattr(validator, "upload_set", ())
    extension = next(iter(getattr(allowed, "extensions", allowed)), "txt")
    return {"examples": [f"upload.{extension}"]}


_ASKS: dict[str, Callable[[Any, Schema], Schema]] = {
    "Length": _limits("minLength", "maxLength"),
    "NumberRange": _limits("minimum", "maximum"),
    "Range": _limits("minimum", "maximum"),
    "Regexp": lambda validator, schema: {"pattern": validator.regex.pattern},
    "Email": lambda validator, schema: {"format": "email"},
    "URL": lambda validator, schema: {"format": "uri"},
    "UUID": lambda validator, schema: {"format": "uuid"},
    "IPAddress": lambda validator, schema: {"format": "ipv4" if getattr(validator, "ipv4", True) else "ipv6"},
    "MacAddress": lambda validator, schema: {"examples": ["00:00:5e:00:53:01"]},
    "AnyOf": lambda validator, schema: {"enum": list(validator.values)},
    "OneOf": lambda validator, schema: {"enum": list(validator.choices)},
    "Equal": lambda validator, schema: {"enum": [validator.comparable]},
    "EqualTo": lambda validator, schema: {"x-equals": validator.fieldname},
    "FileAllowed": _extensions,
}


# --- marshmallow


def of_marshmallow(kind: Any, depth: int = 0) -> Schema:
    """marshmallow's schemas, as classes or as objects; one of many is a list."""
    fields = getattr(kind, "_declared_fields", None)
    if not isinstance(fields, dict) or not hasattr(kind, "load"):
        return {}
    if not isinstance(kind, type):
        fields = getattr(kind, "load_fields", fields)  # without those that the object leaves out
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for attribute, one in fields.items():
        if not getattr(one, "dump_only", False):
            name = getattr(one, "data_key", None) or attribute
            properties[name] = _of_marshalled(one, depth)
            required += [name] if getattr(one, "required", False) else []
    schema = _object(properties, required)
    return {"type": "array", "items": schema, "minItems": 1} if getattr(kind, "many", None) is True else schema


_MARSHALLED: dict[str, Schema] = {
    "Integer": {"type": "integer"},
    "Number": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "AwareDateTime": {"type": "string", "format": "date-time"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
    "Time": {"type": "string", "format": "time"},
    "TimeDelta": {"type": "integer"},
    "Email": {"type": "string", "format": "email"},
    "Url": {"type": "string", "format": "uri"},
    "UUID": {"type": "string", "format": "uuid"},
    "IPv6": {"type": "string", "format": "ipv6"},
    "IP": {"type": "string", "format": "ipv4"},
    "Mapping": {"type": "object"},
    "Raw": {},
}


def _of_marshalled(one: Any, depth: int) -> Schema:
    if depth >= _DEEPEST:
        return {}
    if hasattr(one, "nested"):
        inner = of_marshmallow(one.schema, depth + 1)
        return {"type": "array", "items": inner, "minItems": 1} if getattr(one, "many", False) else inner
    schema = _known(type(one), _MARSHALLED)
    members: Any = getattr(one, "enum", None)
    if hasattr(one, "inner"):
        schema = {"type": "array", "items": _of_marshalled(one.inner, depth + 1)}
    elif isinstance(members, enum.EnumMeta):
        known: list[Any] = list(members)
        schema = {"enum": [member.value if getattr(one, "by_value", False) else member.name for member in known]}
    declared = getattr(one, "validators", None) or ()
    for validator in declared:
        schema |= _validated(validator, schema)
    if schema.get("type") == "array":
        words = {"minLength": "minItems", "maxLength": "maxItems"}
        schema = {words.get(word, word): value for word, value in schema.items()}
    return schema

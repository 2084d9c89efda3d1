"""Values from JSON schemas: the same ones every time."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .regexes import matching_or, reading

Schema = Mapping[str, Any] | bool

DEPTH = 24
"""How deep a schema is followed: one that requires itself has no finite value."""

MOST = 12
"""The most values that `boundaries` gives."""

LONG = 1_000
"""The length of a long text."""

_FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00",
    "duration": "PT1S",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uuid1": "00000000-0000-1000-8000-000000000000",
    "uuid3": "00000000-0000-3000-8000-000000000000",
    "uuid4": "00000000-0000-4000-8000-000000000000",
    "uuid5": "00000000-0000-5000-8000-000000000000",
    "uuid6": "00000000-0000-6000-8000-000000000000",
    "uuid7": "00000000-0000-7000-8000-000000000000",
    "uuid8": "00000000-0000-8000-8000-000000000000",
    "email": "a@example.com",
    "idn-email": "a@example.com",
    "name-email": "a <a@example.com>",
    "uri": "http://example.com/",
    "url": "http://example.com/",
    "iri": "http://example.com/",
    "uri-reference": "/",
    "multi-host-uri": "postgresql://a@example.com/a",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ip": "127.0.0.1",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "ipvanyaddress": "127.0.0.1",
    "ipvanyinterface": "127.0.0.1/8",
    "ipvanynetwork": "127.0.0.0/8",
    "ipv4interface": "127.0.0.1/8",
    "ipv4network": "127.0.0.0/8",
    "ipv6interface": "::1/128",
    "ipv6network": "::1/128",
    "decimal": "1",
    "byte": "YQ==",
    "base64": "YQ==",
    "base64url": "YQ==",
    "json-string": "{}",
    "json-pointer": "/a",
    "regex": "a",
    "color": "#000000",
    "directory-path": "/",
}

_NEIGHBOURS = {
    "date": ("1970-01-01", "2000-02-29", "9999-12-31", "2000-02-30"),
    "date-time": ("1970-01-01T00:00:00Z", "2000-02-29T23:59:59+14:00", "9999-12-31T23:59:59", "2000-02-30T00:00:00Z"),
    "time": ("23:59:59", "12:00:00+14:00", "24:00:00"),
    "uuid": ("ffffffff-ffff-4fff-bfff-ffffffffffff", "00000000-0000-0000-0000-000000000000"),
    "email": ("A+b@sub.example.com", "a@", "a@b@example.com"),
    "uri": ("https://example.com:8443/a?b=c#d", "/a", "javascript:a"),
    "decimal": ("0", "-1", "0.001", "1e400", "NaN"),
}


# A first value


def first(schema: Schema, definitions: Mapping[str, Any] | None = None) -> Any:
    """A small valid value of a JSON schema, as plain JSON data; "a" where the schema allows anything.

    `definitions` are looked up for a "$ref" beside the schema's own "$defs". A declared default or example counts,
    where it is not null; numbers are 1 where that is allowed, since 0 rarely names a thing; optional properties are
    left out. A schema that requires itself for ever ends in null.
    """
    return _First(_definitions(schema, definitions), schema).of(schema, 0)


def _definitions(schema: Schema, known: Mapping[str, Any] | None) -> dict[str, Any]:
    own = {} if isinstance(schema, bool) else {**schema.get("definitions", {}), **schema.get("$defs", {})}
    return {**(known or {}), **own}


class _First:
    def __init__(self, definitions: Mapping[str, Any], root: Schema) -> None:
        self.definitions = definitions
        self.root = root

    def plain(self, schema: Schema, depth: int = 0) -> dict[str, Any]:
        """The schema with its "$ref" and "allOf" merged in and one of its alternatives chosen."""
        if isinstance(schema, bool):
            return {}
        result = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
        if depth > DEPTH:
            return result
        merged = [self.plain(one, depth + 1) for one in schema.get("allOf", ())]
        if "$ref" in schema:
            merged.append(self.plain(self.named(schema["$ref"]), depth + 1))
        options = [self.plain(one, depth + 1) for key in ("anyOf", "oneOf") for one in schema.get(key, ())]
        if options:
            merged.append(next((one for one in options if not _null(one)), options[0]))
        for one in merged:
            result = _both(one, result)
        return result

    def options(self, schema: Schema) -> list[Schema]:
        """The alternatives that a schema offers, followed through "$ref"; itself where there is but one."""
        if isinstance(schema, bool):
            return [schema]
        target = self.named(schema["$ref"]) if "$ref" in schema else schema
        if isinstance(target, bool):
            return [target]
        return [*target.get("anyOf", ()), *target.get("oneOf", ())] or [schema]

    def named(self, reference: str) -> Schema:
        """What a "$ref" points to; anything goes where it points nowhere."""
        if reference == "#":
            return self.root
        name = reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        found: Schema = self.definitions.get(name, {})
        return found

    def of(self, schema: Schema, depth: int) -> Any:
        plain = self.plain(schema)
        if depth > DEPTH:
            return None
        for key in ("const", "enum"):
            if key in plain:
                return plain[key] if key == "const" else _chosen(plain[key])
        for value in _suggested(plain):
            if value is not None and _fits(value, plain):
                return value
        kind = _kind(plain)
        if kind == "object":
            return self.object(plain, depth)
        if kind == "array":
            return self.array(plain, depth)
        if kind == "string":
            return self.string(plain, depth)
        if kind in ("integer", "number"):
            return _number(plain, kind)
        return {"boolean": False, "null": None}.get(kind, "a")

    def object(self, plain: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = plain.get("properties", {})
        names = list(plain.get("required", ()))
        names += [name for name in properties if name not in names]
        least = max(len(plain.get("required", ())), plain.get("minProperties", 0))
        value = {name: self.of(properties.get(name, {}), depth + 1) for name in names[:least]}
        extra = plain.get("additionalProperties", True)
        patterns = plain.get("patternProperties", {})
        while len(value) < least:
            number = len(value) + 1
            if patterns:
                pattern, inner = next(iter(patterns.items()))
                name = matching_or(pattern, "a", number)
            else:
                name, inner = "a" * number, extra
            value[name if name not in value else f"{name}{number}"] = self.of(inner, depth + 1)
        return value

    def array(self, plain: Mapping[str, Any], depth: int) -> list[Any]:
        least = plain.get("minItems", 0)
        leading = list(plain.get("prefixItems", ()))
        value = [self.of(one, depth + 1) for one in leading[: max(least, 0) or 0]]
        items = plain.get("items", True)
        unique = plain.get("uniqueItems", False)
        others = self.distinct(items, depth) if unique else iter(())
        while len(value) < least:
            value.append(
                next((one for one in others if one not in value), None) if unique else self.of(items, depth + 1)
            )
        return value

    def distinct(self, items: Schema, depth: int) -> Iterator[Any]:
        start = self.of(items, depth + 1)
        plain = self.plain(items)
        if "enum" in plain:
            yield from plain["enum"]
        elif isinstance(start, bool):
            yield from (start, not start)
        elif isinstance(start, (int, float)):
            step = plain.get("multipleOf", 1)
            yield from (start + step * count for count in range(1_000))
        elif isinstance(start, str):
            yield from (_other(plain, start, count) for count in range(1_000))
        else:
            yield from (start for _ in range(1_000))

    def string(self, plain: Mapping[str, Any], depth: int) -> str:
        least = int(plain.get("minLength", 0))
        if "contentSchema" in plain and plain.get("contentMediaType") == "application/json":
            return json.dumps(self.of(plain["contentSchema"], depth + 1))
        known = _FORMATS.get(str(plain.get("format", "")))
        if known is not None and _fits(known, plain):
            return known
        text = "a" * max(1, least)
        if plain.get("maxLength") == 0:
            return ""
        if "pattern" in plain and not _fits(text, plain):
            return matching_or(plain["pattern"], text, least)
        return text


def _null(plain: Mapping[str, Any]) -> bool:
    return plain.get("type") == "null" or plain.get("const", 0) is None


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that asks for what both ask for, as far as simple joining goes."""
    result = {**one, **other}
    for key in ("properties", "patternProperties", "$defs"):
        if key in one and key in other:
            result[key] = {**one[key], **other[key]}
    if "required" in one and "required" in other:
        result["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    for key in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
        if key in one and key in other:
            result[key] = max(one[key], other[key])
    for key in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
        if key in one and key in other:
            result[key] = min(one[key], other[key])
    return result


def _chosen(values: Iterable[Any]) -> Any:
    listed = list(values)
    return next((value for value in listed if value is not None and value != ""), listed[0] if listed else None)


def _suggested(plain: Mapping[str, Any]) -> Iterator[Any]:
    if "default" in plain:
        yield plain["default"]
    if "example" in plain:
        yield plain["example"]
    examples = plain.get("examples", ())
    if isinstance(examples, Mapping):  # as OpenAPI writes them
        examples = [one.get("value") if isinstance(one, Mapping) else one for one in examples.values()]
    yield from examples


def _kind(plain: Mapping[str, Any]) -> str:
    """The schema's type, guessed from its other keys where it has none."""
    kind = plain.get("type", "")
    if isinstance(kind, (list, tuple)):
        kind = next((one for one in kind if one != "null"), "null")
    if kind:
        return str(kind)
    for guess, keys in (
        ("object", ("properties", "required", "additionalProperties", "minProperties")),
        ("array", ("items", "prefixItems", "minItems", "maxItems")),
        ("string", ("pattern", "format", "minLength", "maxLength")),
        ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    ):
        if any(key in plain for key in keys):
            return guess
    return ""


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


def _fits(value: Any, plain: Mapping[str, Any]) -> bool:
    """Whether a value has the schema's type, limits and pattern; what lies inside it is not looked at."""
    kinds = plain.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if kinds and not any(isinstance(value, _TYPES.get(kind, (object,))) for kind in kinds):
        return False
    if isinstance(value, bool):
        return not kinds or "boolean" in kinds
    if isinstance(value, str):
        return _fits_text(value, plain)
    if isinstance(value, (int, float)):
        low, high = _limits(plain, 0)
        return (low is None or low <= value) and (high is None or value <= high) and _on_step(value, plain)
    return True


def _fits_text(value: str, plain: Mapping[str, Any]) -> bool:
    return plain.get("minLength", 0) <= len(value) <= plain.get("maxLength", math.inf) and matches(value, plain)


def matches(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a text matches the schema's pattern; True where there is none that Python can read."""
    try:
        return "pattern" not in schema or re.search(schema["pattern"], text) is not None
    except re.error:
        return True


def _on_step(value: float, plain: Mapping[str, Any]) -> bool:
    step = plain.get("multipleOf")
    if not step:
        return True
    return decimal.Decimal(str(value)) % decimal.Decimal(str(step)) == 0


def _limits(plain: Mapping[str, Any], gap: float) -> tuple[float | None, float | None]:
    """The least and the greatest number allowed; `gap` is how far inside an exclusive limit it lies."""
    lows = [plain["minimum"]] if plain.get("minimum") is not None else []
    highs = [plain["maximum"]] if plain.get("maximum") is not None else []
    for key, found, inwards in (("exclusiveMinimum", lows, gap), ("exclusiveMaximum", highs, -gap)):
        limit = plain.get(key)
        if limit is True and found:  # as OpenAPI 3.0 writes it
            found[0] += inwards
        elif limit is not None and not isinstance(limit, bool):
            found.append(limit + inwards)
    return max(lows, default=None), min(highs, default=None)


def _number(plain: Mapping[str, Any], kind: str) -> float:
    whole = kind == "integer"
    step = plain.get("multipleOf") or 0
    low, high = _limits(plain, 1 if whole else _gap(plain))
    value: float = 1
    if low is not None and low > value:
        value = math.ceil(low) if whole else low
    if high is not None and high < value:
        value = math.floor(high) if whole else high
    if step and not _on_step(value, plain):
        value = _stepped(value, step, low, high)
    return int(value) if whole else float(value)


def _gap(plain: Mapping[str, Any]) -> float:
    """How far inside an exclusive limit a number goes: to the middle, where both ends are near."""
    ends = [plain.get(key) for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")]
    known = [end for end in ends if isinstance(end, (int, float)) and not isinstance(end, bool)]
    width = max(known) - min(known) if len(known) > 1 else 2
    return min(1.0, width / 2) or 1.0


def _stepped(value: float, step: float, low: float | None, high: float | None) -> float:
    """The multiple of a step next to a value, within the limits where there is one."""
    exact = decimal.Decimal(str(step))
    count = (decimal.Decimal(str(value)) / exact).to_integral_value(decimal.ROUND_CEILING)
    if high is not None and float(count * exact) > high:
        count = (decimal.Decimal(str(high)) / exact).to_integral_value(decimal.ROUND_FLOOR)
    return float(count * exact)


def _other(plain: Mapping[str, Any], text: str, count: int) -> str:
    """The count-th text of a family of distinct ones that fit a schema where that is easy."""
    for candidate in (text + "a" * count, f"{text}{count}", f"{count}{text}", chr(ord("a") + count % 26) + text[1:]):
        if _fits_text(candidate, plain):
            return candidate
    try:
        return reading(str(plain.get("pattern", "")), count % 3, count)
    except ValueError:
        return text


# Values at the edges


def boundaries(schema: Schema, definitions: Mapping[str, Any] | None = None) -> list[Any]:
    """Values next to `first`, valid and not: at most MOST, most telling first, always the same ones.

    Limits and what lies just outside them, nothing, zero, negative, long, non-ASCII, another type, a missing property.
    """
    maker = _First(_definitions(schema, definitions), schema)
    start = maker.of(schema, 0)
    kept: list[Any] = []
    known = {_same(start)}
    for value in _edges(maker, schema, start, 0):
        if _same(value) not in known:
            known.add(_same(value))
            kept.append(value)
        if len(kept) == MOST:
            break
    return kept


def _same(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"


def _edges(maker: _First, schema: Schema, start: Any, depth: int) -> Iterator[Any]:
    plain = maker.plain(schema)
    for option in maker.options(schema)[1:5]:
        yield maker.of(option, depth + 1)
    if "enum" in plain:
        yield from plain["enum"][:8]
    if "const" in plain or "enum" in plain:
        yield f"{start}a" if isinstance(start, str) else "a"
        yield ""
        return
    kind = _kind(plain)
    if kind in ("integer", "number"):
        yield from _edge_numbers(plain, kind)
    elif kind == "string":
        yield from _edge_texts(plain, str(start))
    elif kind == "array":
        yield from _edge_arrays(maker, plain, depth)
    elif kind == "object":
        yield from _edge_objects(maker, plain, start, depth)
    elif kind == "boolean":
        yield from (True, "a", 2, None)
    else:
        yield from ("", 0, -1, [], {}, None, "é", "a" * LONG)
    if plain.get("nullable") or "null" in plain.get("type", ()):
        yield None


def _edge_numbers(plain: Mapping[str, Any], kind: str) -> Iterator[Any]:
    as_kind = int if kind == "integer" else float
    low, high = _limits(plain, 1 if kind == "integer" else 0.001)
    step = plain.get("multipleOf") or 1
    for limit, outwards in ((low, -1), (high, 1)):
        if limit is not None:
            yield from (as_kind(limit), as_kind(limit + outwards * step))
    yield from (as_kind(0), as_kind(-1), as_kind(2))
    if "multipleOf" in plain:
        yield as_kind(step) + (1 if kind == "integer" else step / 2)
    yield from (2**31, 2**63, "a", "", 1.5, None)


def _edge_texts(plain: Mapping[str, Any], start: str) -> Iterator[Any]:
    form = str(plain.get("format", ""))
    yield from _NEIGHBOURS.get("uuid" if form.startswith("uuid") else form, ())
    least, most = plain.get("minLength"), plain.get("maxLength")
    unit = start[-1:] or "a"
    if most is not None:
        yield from ((start + unit * most)[:most], (start + unit * (most + 1))[: most + 1])
    if least:
        yield from ((start + unit * least)[:least], start[: least - 1])
    yield ""
    if "pattern" in plain:
        yield from (matching_or(plain["pattern"], start, len(start) + 3), "!")
    yield from ("é", "0", "a" * LONG, " ", "-1", "a'\"<&;/..%00", "true", "null")


def _edge_arrays(maker: _First, plain: Mapping[str, Any], depth: int) -> Iterator[Any]:
    items = plain.get("items", True)
    if depth > 3:
        return
    one = maker.of(items, depth + 1)
    least, most = plain.get("minItems", 0), plain.get("maxItems")
    yield from ([one], [], [one, one])
    if least:
        yield from ([one] * least, [one] * (least - 1))
    if most is not None:
        yield from ([one] * most, [one] * (most + 1))
    yield from ([value] for value in list(_edges(maker, items, one, depth + 1))[:4])
    yield from ("a", None, {})


def _edge_objects(maker: _First, plain: Mapping[str, Any], start: Any, depth: int) -> Iterator[Any]:
    properties: Mapping[str, Any] = plain.get("properties", {})
    if depth > 3 or not isinstance(start, dict):
        return
    optional = {name: maker.of(inner, depth + 1) for name, inner in properties.items() if name not in start}
    if optional:
        yield {**start, **optional}
    yield from ({key: value for key, value in start.items() if key != name} for name in list(start)[:3])
    yield []
    pairs = [(name, list(_edges(maker, inner, start.get(name), depth + 1))) for name, inner in properties.items()]
    for turn in range(3):
        yield from ({**start, name: values[turn]} for name, values in pairs if turn < len(values))
    yield from ({}, None, "a", {**start, "a": "a"})


# Texts


def text_of(value: Any) -> str:
    """A value as it stands in a path, a query, a header or a form field; null is empty, containers are JSON."""
    if value is None:
        return ""
    if isinstance(value, enum.Enum):
        return text_of(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        text = format(decimal.Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    if isinstance(value, (bytes, bytearray)):
        return _text_of_bytes(bytes(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")

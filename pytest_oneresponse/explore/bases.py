"""The requests that exploring a route begins with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..routes import Route
from . import canary
from . import values as made
from .bodies import BODY_METHODS, with_bodies
from .draft import Address, Draft
from .regexes import matching
from .trials import Inputs, draft_for, with_body


def bases(route: Route, inputs: Inputs, host: str) -> Iterator[Draft]:
    """Requests with a canary in each of their parts: all that is declared, and what has to be there alone.

    Where no body is declared, there is one with each kind of body.
    """
    for whole in declared(route, inputs, host):
        yield with_canaries(whole)
    yield with_canaries(draft_for(route, inputs, host=host))


def fallbacks(route: Route, inputs: Inputs, host: str) -> Iterator[Draft]:
    """Requests for where all that is declared is refused together: what has to be there, with one thing more in each."""
    for parameter in route.parameters:
        if not parameter.required and parameter.name not in inputs.given:
            try:
                first = full(parameter.schema, parameter.schema.get("$defs", {}), itertools.count(1))
            except (ValueError, RecursionError):
                continue
            yield with_canaries(draft_for(route, inputs, {parameter.name: first}, host))
    if route.body is not None and "json" in route.media:
        plain = draft_for(route, inputs, host=host)
        for way, value in itertools.islice(_alternatives(route.body, inputs.defs, ("json",)), 12):
            other = plain.put(way, value)
            if other is not None:
                yield with_canaries(other)


def completed(whole: Draft, draft: Draft) -> Iterator[Draft]:
    """A draft with what another has more, and with a text where that has an empty one: all of it together, then each alone."""
    together = draft
    alone: list[Draft] = []
    numbers = itertools.count(1)
    for part in ("query", "headers", "cookies", *(["fields"] if draft.media == whole.media else ())):
        known = {name for name, _ in getattr(draft, part)}
        for name, value in getattr(whole, part):
            if name not in known:
                pair = (name, value or f"o{next(numbers)}p")
                together, one = (_with_pair(before, part, pair) for before in (together, draft))
                alone.append(one)
    if isinstance(draft.json, dict) and isinstance(whole.json, dict):
        for name, value in whole.json.items():
            if name not in draft.json:
                more = {name: f"o{next(numbers)}p" if value == "" else value}
                together = replace(together, json={**together.json, **more})
                alone.append(replace(draft, json={**draft.json, **more}))
    if alone:
        yield together
        yield from alone if len(alone) > 1 else ()


def _with_pair(draft: Draft, part: str, pair: tuple[str, str]) -> Draft:
    changed: dict[str, Any] = {part: (*getattr(draft, part), pair)}
    return replace(draft, **changed)


def declared(route: Route, inputs: Inputs, host: str) -> Iterator[Draft]:
    """Requests with all that a route declares, optional inputs included, and with each alternative that it allows."""
    changed = {}
    numbers = itertools.count(1)
    for parameter in route.parameters:
        try:
            first = inputs.first(parameter)
        except ValueError:
            continue
        if parameter.name in inputs.given:
            changed[parameter.name] = first
            continue
        definitions = parameter.schema.get("$defs", {})
        if isinstance(first, list):  # with an item, to be known by what that is compared with
            first = full(parameter.schema, definitions, numbers)
        changed[parameter.name] = _unlike_others(first, _resolved(parameter.schema, definitions), numbers)
    whole = draft_for(route, inputs, changed, host)
    if route.body is not None:
        everything = full(route.body, inputs.defs, numbers)
        if isinstance(everything, dict):
            everything |= {name: values[0] for name, values in inputs.given.items() if name in everything and values}
        whole = with_body(whole, route.media, everything)
    if whole.media or whole.method not in BODY_METHODS:
        yield whole
    else:
        yield from with_bodies(whole)
    if route.body is not None and "json" in route.media:
        for way, value in itertools.islice(_alternatives(route.body, inputs.defs, ("json",)), 12):
            other = whole.put(way, value)
            if other is not None:
                yield other


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without a reference at its top."""
    for _ in range(10):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            schema = definitions.get(str(schema["$ref"]).rpartition("/")[2], {})
        elif len(schema.get("allOf", ())) == 1:
            schema = {**schema["allOf"][0], **{key: one for key, one in schema.items() if key != "allOf"}}
        else:
            break
    return dict(schema)


def _choices(schema: dict[str, Any], definitions: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [_resolved(one, definitions) for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]
    return [one for one in found if one.get("type") != "null"]


def full(schema: Any, definitions: Mapping[str, Any], numbers: Iterator[int], depth: int = 0) -> Any:
    """A value with everything that a schema allows: each property, and one item in each list."""
    schema = _resolved(schema, definitions)
    choices = _choices(schema, definitions)
    if choices and depth < _DEEPEST:
        return full(choices[0], definitions, numbers, depth + 1)
    if "properties" in schema and depth < _DEEPEST:
        return {name: full(one, definitions, numbers, depth + 1) for name, one in schema["properties"].items()}
    if schema.get("type") == "object" and schema.get("additionalProperties", True) is not False:
        return {canary.NAME: ""}
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict) and depth < _DEEPEST:
        count = max(int(schema.get("minItems", 1)), min(1, int(schema.get("maxItems", 1))))
        return [full(schema["items"], definitions, numbers, depth + 1)] * count
    try:
        first = made.first(schema, definitions)
    except (ValueError, RecursionError):
        return None
    return _unlike_others(first, schema, numbers)


_DEEPEST = 8
_LONGEST = 99
_DECIDED = frozenset(("enum", "const", "format", "pattern", "default", "examples", "multipleOf"))
"""What a schema that has one of these says is not to be replaced."""


def _unlike_others(value: Any, schema: Mapping[str, Any], numbers: Iterator[int]) -> Any:
    """A value that no other input has, where the schema allows it: so it is known by what it is compared with."""
    if value == "" and "pattern" in schema:
        return matching(schema["pattern"], 4)
    if _DECIDED & schema.keys() or isinstance(value, bool):
        return value
    number = next(numbers)
    if isinstance(value, str) and schema.get("type") == "string":
        text = f"s{number}k{'abcdefghij'[number % 10]}".ljust(int(schema.get("minLength", 0)), "x")
        return text if len(text) <= int(schema.get("maxLength", _LONGEST)) else value
    if isinstance(value, int) and schema.get("type") == "integer":
        return next((one for one in (7000 + number, 60 + number, 10 + number) if _allowed(one, schema)), value)
    return value


def _allowed(value: int, schema: Mapping[str, Any]) -> bool:
    above = value <= schema.get("maximum", value) and value < schema.get("exclusiveMaximum", value + 1)
    return bool(above and value >= schema.get("minimum", value) and value > schema.get("exclusiveMinimum", value - 1))


def _alternatives(schema: Any, definitions: Mapping[str, Any], way: Address) -> Iterator[tuple[Address, Any]]:
    """The other choices of a schema, each with where it stands."""
    schema = _resolved(schema, definitions)
    choices = _choices(schema, definitions)
    for choice in choices[1:]:
        yield way, full(choice, definitions, itertools.count(60))
        yield from _alternatives(choice, definitions, way)
    if len(way) < _DEEPEST:
        for name, one in schema.get("properties", {}).items():
            yield from _alternatives(one, definitions, (*way, name))
        if isinstance(schema.get("items"), dict):
            yield from _alternatives(schema["items"], definitions, (*way, 0))
        if choices:
            yield from _alternatives(choices[0], definitions, way)


def with_canaries(draft: Draft) -> Draft:
    """A draft in which each part of the request that has names has the canary's."""
    named = any(name == canary.NAME for name, _ in draft.fields)
    fields = (*draft.fields, (canary.NAME, canary.value("form"))) if draft.fields and not named else draft.fields
    return replace(
        draft,
        query=(*draft.query, (canary.NAME, canary.value("query"))),
        cookies=(*draft.cookies, (canary.NAME, canary.value("cookie"))),
        headers=(*draft.headers, (canary.HEADER, canary.value("header"))),
        fields=fields,
    )

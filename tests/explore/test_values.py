"""Values are valid where they should be, and the same every time."""

from __future__ import annotations

import datetime
import decimal
import enum
import re
import uuid
from typing import Any

import pytest

from pytest_oneresponse.explore.values import LONG, MOST, boundaries, first, text_of

# first


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "a"),
        (True, "a"),
        ({"title": "X"}, "a"),
        ({"const": 5}, 5),
        ({"const": None}, None),
        ({"enum": ["b", "a"]}, "b"),
        ({"enum": [None, "", "c"]}, "c"),
        ({"enum": [None]}, None),
        ({"enum": []}, None),
        ({"anyOf": [True]}, "a"),
        ({"type": "integer", "default": True}, 1),
        ({"type": "boolean", "minimum": 3, "default": True}, True),
        ({"type": "object", "default": {"x": 1}}, {"x": 1}),
        ({"type": "null"}, None),
        ({"type": "boolean"}, False),
        ({"type": "boolean", "default": True}, True),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "integer", "nullable": True}, 1),
        # suggestions
        ({"type": "integer", "default": 7}, 7),
        ({"type": "integer", "default": None}, 1),
        ({"type": "integer", "default": "x"}, 1),
        ({"type": "integer", "minimum": 9, "default": 3}, 9),
        ({"type": "integer", "example": 8}, 8),
        ({"type": "integer", "examples": ["no", 9]}, 9),
        ({"type": "integer", "examples": {"one": {"value": 6}}}, 6),
        # numbers
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "minimum": 4.2}, 5),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "integer", "maximum": 0.5}, 0),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "exclusiveMaximum": 1}, 0),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "multipleOf": 5}, 5),
        ({"type": "integer", "minimum": 11, "multipleOf": 5}, 15),
        ({"type": "integer", "maximum": -1, "multipleOf": 5}, -5),
        ({"type": "number"}, 1.0),
        ({"type": "number", "minimum": 2.5}, 2.5),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 0.25),
        ({"type": "number", "minimum": 1.1, "multipleOf": 0.25}, 1.25),
        ({"minimum": 3}, 3.0),
        # texts
        ({"type": "string"}, "a"),
        ({"type": "string", "minLength": 3}, "aaa"),
        ({"type": "string", "maxLength": 0}, ""),
        ({"type": "string", "pattern": "^[0-9]{2,}$"}, "11"),
        ({"type": "string", "pattern": "^[0-9]+$", "minLength": 4}, "1111"),
        ({"type": "string", "pattern": "a"}, "a"),
        ({"type": "string", "pattern": r"\p{L}"}, "a"),
        ({"type": "string", "format": "date"}, "2000-01-01"),
        ({"type": "string", "format": "date-time"}, "2000-01-01T00:00:00Z"),
        ({"type": "string", "format": "time"}, "00:00:00"),
        ({"type": "string", "format": "duration"}, "PT1S"),
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ({"type": "string", "format": "uuid7"}, "00000000-0000-7000-8000-000000000000"),
        ({"type": "string", "format": "email"}, "a@example.com"),
        ({"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083}, "http://example.com/"),
        ({"type": "string", "format": "uri", "maxLength": 3}, "a"),
        ({"type": "string", "format": "ipv4"}, "127.0.0.1"),
        ({"type": "string", "format": "decimal"}, "1"),
        ({"type": "string", "format": "binary"}, "a"),
        ({"type": "string", "format": "unheard-of"}, "a"),
        ({"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "integer"}}, "1"),
        ({"format": "date"}, "2000-01-01"),
        # alternatives
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"oneOf": [{"type": "string", "format": "date"}, {"type": "integer"}]}, "2000-01-01"),
        ({"anyOf": [{"type": "null"}]}, None),
        ({"allOf": [{"type": "integer", "minimum": 3}, {"minimum": 5}]}, 5),
        ({"anyOf": [{"minimum": 3}, {"minimum": 9}], "type": "integer"}, 3),
        # arrays
        ({"type": "array"}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}, [1, 2, 3]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}, ["a", "aa"]),
        ({"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 2, "uniqueItems": True}, ["x", "y"]),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True}, [False, True]),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
            [1, "a"],
        ),
        # objects
        ({"type": "object"}, {}),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["b"]},
            {"b": "a"},
        ),
        ({"type": "object", "required": ["x"]}, {"x": "a"}),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "minProperties": 1}, {"a": 1}),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
            {"a": 1, "aa": 1},
        ),
        (
            {"type": "object", "patternProperties": {"^x[0-9]$": {"type": "integer"}}, "minProperties": 1},
            {"x1": 1},
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                    {"properties": {"b": {"type": "null"}}, "required": ["b"]},
                ]
            },
            {"a": 1, "b": None},
        ),
    ],
)
def test_first(schema: Any, value: Any) -> None:
    found = first(schema)
    assert found == value
    assert type(found) is type(value)


def test_references_into_the_schemas_own_definitions() -> None:
    schema = {
        "$defs": {
            "Item": {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "required": ["n"]},
            "N": {"const": 4},
        },
        "$ref": "#/$defs/Item",
    }
    assert first(schema) == {"n": 4}


def test_references_into_definitions_that_are_handed_over() -> None:
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/a~1b"}, "minItems": 1}
    assert first(schema, {"a/b": {"type": "integer", "minimum": 3}}) == [3]


def test_a_key_beside_a_reference_counts() -> None:
    assert first({"$ref": "#/$defs/N", "default": 9, "$defs": {"N": {"type": "integer"}}}) == 9


def test_a_reference_to_nothing_allows_anything() -> None:
    assert first({"$ref": "#/$defs/Missing"}) == "a"


def test_optional_recursion_ends() -> None:
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
        "required": ["name", "next"],
    }
    value = first({"$defs": {"Node": node}, "$ref": "#/$defs/Node"})
    depth = 0
    while value is not None:
        value, depth = value["next"], depth + 1
    assert 1 < depth < 100


def test_a_reference_to_itself_ends() -> None:
    assert first({"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"}) == "a"
    assert first({"type": "array", "items": {"$ref": "#"}}) == []
    assert boundaries({"$defs": {"A": True}, "$ref": "#/$defs/A"})


def test_distinct_texts_fit_the_items() -> None:
    items = {"type": "string", "pattern": "^x[0-9]$"}
    value = first({"type": "array", "items": items, "minItems": 3, "uniqueItems": True})
    assert len(value) == len(set(value)) == 3
    assert all(re.search("^x[0-9]$", one) for one in value)


def test_distinct_values_of_too_small_a_kind_end() -> None:
    assert first({"type": "array", "items": {"type": "null"}, "minItems": 2, "uniqueItems": True}) == [None, None]
    assert first({"type": "array", "items": {"pattern": r"\p{L}"}, "minItems": 2, "uniqueItems": True}) == ["a", "aa"]
    assert len(first({"type": "array", "items": {"pattern": "^x$"}, "minItems": 2, "uniqueItems": True})) == 2
    assert first({"type": "array", "items": {"enum": [1]}, "minItems": 2, "uniqueItems": True}) == [1, None]


# boundaries


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "minimum": 2, "maximum": 9}, [1, 9, 10, 0, -1, "a"]),
        ({"type": "integer", "exclusiveMinimum": 2}, [2]),
        ({"type": "integer", "multipleOf": 5}, [0, 6]),
        ({"type": "number", "minimum": 2.0}, [1.0, 0.0, "a"]),
        ({"type": "string", "minLength": 2, "maxLength": 4}, ["a", "aaaa", "aaaaa", "", "é", "a" * LONG]),
        ({"type": "string", "format": "date"}, ["1970-01-01", "2000-02-29", "2000-02-30", ""]),
        ({"type": "string", "format": "uuid4"}, ["ffffffff-ffff-4fff-bfff-ffffffffffff"]),
        ({"type": "string", "pattern": "^[0-9]{2,}$"}, ["11111", "!", ""]),
        ({"type": "boolean"}, [True, "a"]),
        ({"enum": ["x", "y", "z"]}, ["y", "z", "xa", ""]),
        ({"const": "x"}, ["xa"]),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}, ["a", None, 0]),
        ({"type": "integer", "nullable": True}, [None]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}, [[1], [], [1, 1, 1], [1] * 4]),
        ({"type": "array", "items": {"type": "integer"}}, [[1], [1, 1], [0]]),
        ({}, ["", 0, None, [], {}]),
    ],
)
def test_boundaries_hold(schema: Any, wanted: list[Any]) -> None:
    found = [(type(value), value) for value in boundaries(schema)]
    missing = [value for value in wanted if (type(value), value) not in found]
    assert not missing, found


OBJECT = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 3}, "s": {"type": "string"}, "o": {"type": "boolean"}},
    "required": ["n", "s"],
}


@pytest.mark.parametrize(
    "value",
    [
        {"n": 3, "s": "a", "o": False},
        {"s": "a"},
        {"n": 3},
        [],
        {"n": 2, "s": "a"},
        {"n": 3, "s": ""},
    ],
)
def test_boundaries_of_an_object(value: Any) -> None:
    assert value in boundaries(OBJECT)


@pytest.mark.parametrize("schema", [{}, OBJECT, {"type": "string", "maxLength": 3}, {"enum": list(range(40))}])
def test_boundaries_are_few_new_and_always_the_same(schema: Any) -> None:
    values = boundaries(schema)
    assert 1 < len(values) <= MOST
    assert values == boundaries(schema)
    told = [(type(value), repr(value)) for value in [first(schema), *values]]
    assert len(set(told)) == len(told)


def test_boundaries_of_a_recursive_schema_end() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}}}
    assert {"next": {}, "all": []} in boundaries(node)


def test_boundaries_follow_references() -> None:
    assert 9 in boundaries({"$ref": "#/x/N"}, {"N": {"type": "integer", "minimum": 10}})


# text_of


class Size(enum.Enum):
    LARGE = "l"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é", "é"),
        (5, "5"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (1.0, "1.0"),
        (1e20, "100000000000000000000.0"),
        (1e-7, "0.0000001"),
        (float("inf"), "inf"),
        (b"a", "a"),
        (b"\xff", "ÿ"),
        ([1, "é"], '[1, "é"]'),
        ({"a": None}, '{"a": null}'),
        (datetime.date(2000, 1, 2), "2000-01-02"),
        (datetime.datetime(2000, 1, 2, 3), "2000-01-02T03:00:00"),
        (decimal.Decimal("1.50"), "1.50"),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (Size.LARGE, "l"),
    ],
)
def test_text_of(value: Any, text: str) -> None:
    assert text_of(value) == text

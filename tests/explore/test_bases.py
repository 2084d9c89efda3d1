"""The requests that exploring a route begins with have all that it declares, and a canary in every part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_oneresponse.contract.request import WEBSOCKET
from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.bases import bases, completed, declared, fallbacks, with_canaries
from pytest_oneresponse.explore.bodies import BODY_METHODS, with_bodies
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.trials import Inputs
from pytest_oneresponse.routes import Parameter, Route

TEXT = {"type": "string"}
QUERY = (Parameter("q", "query", TEXT), Parameter("page", "query", {"type": "integer"}, required=False))
ITEM = {"type": "object", "properties": {"sku": TEXT, "n": {"type": "integer", "maximum": 50}}, "required": ["sku"]}
BODY: dict[str, Any] = {
    "$defs": {"Item": ITEM, "Card": {"type": "object", "properties": {"number": TEXT}}},
    "type": "object",
    "properties": {
        "name": TEXT,
        "kind": {"enum": ["a", "b"]},
        "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
        "pay": {"anyOf": [{"type": "null"}, TEXT, {"$ref": "#/$defs/Card"}]},
        "extra": {"type": "object"},
    },
    "required": ["name"],
}


def drafts(route: Route, **given: Any) -> list[Draft]:
    return list(bases(route, Inputs(route, given), "shop.test"))


def test_what_a_draft_lacks_is_added_at_once_and_then_alone() -> None:
    least = Draft("POST", ("/",), query=(("q", "5"),), media="application/json", json={"a": 1})
    whole = replace(least, query=(("page", "2"), ("q", "7")), headers=(("x-a", ""),), json={"a": 2, "b": [3]})
    together, *alone = completed(whole, least)
    assert together.query == (("q", "5"), ("page", "2")) and together.json == {"a": 1, "b": [3]}
    assert together.headers == (("x-a", "o1p"),), "an empty text says nothing"
    assert [(one.query, one.headers, one.json) for one in alone] == [
        (together.query, (), {"a": 1}),
        (least.query, together.headers, {"a": 1}),
        (least.query, (), together.json),
    ]
    assert list(completed(whole, whole)) == []
    assert len(list(completed(whole, replace(whole, query=())))) == 3
    assert len(list(completed(whole, replace(whole, headers=())))) == 1, "what is added alone is sent once"


def test_the_first_has_all_and_the_last_what_has_to_be_there() -> None:
    full, least = drafts(Route("GET", "/", None, ("/",), QUERY))
    assert [name for name, _ in full.query] == ["q", "page", canary.NAME]
    assert [name for name, _ in least.query] == ["q", canary.NAME]
    assert ("host", "shop.test") in full.headers


def test_every_part_has_a_canary() -> None:
    route = Route("POST", "/", None, ("/",), (Parameter("f", "form", TEXT),))
    for draft in drafts(route):
        assert (canary.NAME, "from-query") in draft.query and (canary.NAME, "from-form") in draft.fields
        assert (canary.NAME, "from-cookie") in draft.cookies and (canary.HEADER, "from-header") in draft.headers
    plain = with_canaries(Draft("GET", ("/",)))
    assert plain.fields == () and plain.media == ""


def test_no_two_inputs_have_one_value() -> None:
    parameters = tuple(
        Parameter(f"p{number}", "query", kind) for number, kind in enumerate([TEXT, {"type": "integer"}] * 8)
    )
    full = drafts(Route("GET", "/", None, ("/",), parameters))[0]
    values = [text for name, text in full.query if name != canary.NAME]
    assert len(values) == len(set(values)) == 16


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "enum": ["x"]}, "x"),
        ({"type": "string", "format": "date"}, "2000-01-01"),
        ({"type": "string", "default": "z"}, "z"),
        ({"type": "string", "maxLength": 2}, "a"),
        ({"type": "integer", "multipleOf": 5}, "5"),
        ({"type": "boolean"}, "false"),
        ({"type": "integer", "minimum": 1, "maximum": 100}, "61"),
        ({"type": "integer", "exclusiveMaximum": 20}, "11"),
        ({"type": "integer", "maximum": 5}, "1"),
        ({"type": "integer"}, "7001"),
        ({"$defs": {"N": {"type": "integer"}}, "$ref": "#/$defs/N"}, "7001"),
        ({"$defs": {"N": {"type": "integer"}}, "allOf": [{"$ref": "#/$defs/N"}]}, "7001"),
    ],
)
def test_values_are_as_the_schema_has_them(schema: dict[str, Any], value: str) -> None:
    full = drafts(Route("GET", "/", None, ("/",), (Parameter("p", "query", schema),)))[0]
    assert dict(full.query)["p"] == value


def test_values_of_the_users_are_taken() -> None:
    full, least = drafts(Route("GET", "/", None, ("/",), QUERY), page=[33, 44], q="mine")
    assert dict(full.query)["page"] == dict(least.query)["page"] == "33" and dict(full.query)["q"] == "mine"
    body = drafts(Route("POST", "/", None, ("/",), (), BODY), name="Ann")[0].json
    assert body["name"] == "Ann"


def test_a_body_has_everything_that_its_schema_allows() -> None:
    body = drafts(Route("POST", "/", None, ("/",), (), BODY))[0].json
    assert set(body) == {"name", "kind", "items", "pay", "extra"}
    assert body["kind"] == "a" and isinstance(body["pay"], str) and body["extra"] == {canary.NAME: ""}
    assert len(body["items"]) == 1 and set(body["items"][0]) == {"sku", "n"} and 9 < body["items"][0]["n"] <= 50


def test_each_alternative_of_a_body_is_sent() -> None:
    bodies = [draft.json for draft in drafts(Route("POST", "/", None, ("/",), (), BODY))]
    assert any(isinstance(body.get("pay"), dict) and "number" in body["pay"] for body in bodies)
    assert set(bodies[-1]) == {"name"}, "what has to be there alone"


def test_a_schema_that_holds_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "v": TEXT}}
    body = drafts(Route("POST", "/", None, ("/",), (), {"$defs": {"Node": node}, "$ref": "#/$defs/Node"}))[0].json
    assert set(body) == {"next", "v"}
    either = {"anyOf": [{"$ref": "#/$defs/E"}, {"type": "integer"}]}
    assert drafts(Route("POST", "/", None, ("/",), (), {"$defs": {"E": either}, "$ref": "#/$defs/E"}))


@pytest.mark.parametrize("method", ["GET", "HEAD", *BODY_METHODS])
def test_a_method_with_a_body_that_is_not_declared_has_each_kind(method: str) -> None:
    route = Route(method, "/", None, ("/",))
    medias = [draft.media for draft in declared(route, Inputs(route, {}), "")]
    kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
    if method == WEBSOCKET:
        kinds = ["application/json", "text/plain", "application/octet-stream"]
    assert medias == (kinds if method in BODY_METHODS else [""])


def test_an_input_without_a_value_is_left_as_it_was() -> None:
    impossible = Parameter("p", "query", {"type": "string", "pattern": "(?=a)b"}, required=False)
    assert drafts(Route("GET", "/", None, ("/",), (impossible,)))


def test_every_kind_of_body_has_a_canary() -> None:
    as_json, form, upload, text = with_bodies(Draft("POST", ("/",)))
    assert canary.source_of(as_json.json) == "json"
    assert form.fields == upload.fields == ((canary.NAME, "from-form"),)
    assert [name for name, *_ in upload.files] == [canary.FILE] and text.text and not text.fields
    assert all(draft.request().body for draft in (as_json, form, upload, text))


CARS = Route(
    "GET",
    "/cars",
    None,
    ("/cars",),
    (
        Parameter("make", "query", {"type": "array", "items": {"type": "string"}}, required=False),
        Parameter("cursor", "query", {"type": "string"}, required=False),
        Parameter("limit", "query", {"type": "integer"}, required=True),
    ),
)


def test_a_list_has_an_item() -> None:
    (whole, minimal) = bases(CARS, Inputs(CARS, {}), "shop.test")
    assert dict(whole.query).keys() == {"make", "cursor", "limit", canary.NAME}
    assert dict(minimal.query).keys() == {"limit", canary.NAME}


def test_fallbacks_have_one_optional_input_each() -> None:
    queries = [set(dict(draft.query)) - {canary.NAME} for draft in fallbacks(CARS, Inputs(CARS, {}), "shop.test")]
    assert queries == [{"limit", "make"}, {"limit", "cursor"}]


def test_fallbacks_have_one_alternative_of_the_body_each() -> None:
    kinds = {"oneOf": [{"properties": {name: {"type": "string"}}, "required": [name]} for name in ("card", "iban")]}
    route = Route("POST", "/", None, ("/",), (), {"type": "object", "properties": {"how": kinds}, "required": ["how"]})
    (other,) = fallbacks(route, Inputs(route, {}), "shop.test")
    assert other.json["how"].keys() >= {"iban"} and "card" not in other.json["how"]

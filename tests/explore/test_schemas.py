"""Classes that say which fields they have give requests with valid values for them."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.schemas import declared_by, schema_of, seeds
from pytest_oneresponse.routes import Parameter, Route

JSON = Draft("POST", ("/",), media="application/json", json={"kept": 1})
FORM = Draft("POST", ("/",), media="application/x-www-form-urlencoded", fields=(("kept", "1"), ("name", "old")))
QUERY = Draft("GET", ("/",), query=(("kept", "1"), ("name", "old")))


@dataclasses.dataclass
class Order:
    name: str
    count: int
    price: float
    tags: list[str] = dataclasses.field(default_factory=list)
    paid: bool = False
    total: float = dataclasses.field(init=False, default=0)


class Plain:
    """Declares nothing."""


class Fails:
    """Cannot say what it holds."""

    model_fields = ()

    @staticmethod
    def model_jsonschema_of() -> Any:
        raise RuntimeError


def test_a_dataclass() -> None:
    schema = schema_of(Order)
    kinds = {name: one["type"] for name, one in schema["properties"].items()}
    assert kinds == {"name": "string", "count": "integer", "price": "number", "tags": "array", "paid": "boolean"}
    assert schema["required"] == ["name", "count", "price"]
    made = dataclasses.make_dataclass("Made", [("n", int), ("t", str, "x")])
    assert schema_of(made)["properties"] == {"n": {"type": "integer"}, "t": {"type": "string"}}


def test_a_model_of_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", name=(str, ...), age=(int, pydantic.Field(ge=18)), note=(str, "x"))
    schema = schema_of(model)
    assert schema["required"] == ["name", "age"] and schema["properties"]["age"]["minimum"] == 18
    whole, _, first, *_ = seeds(model, JSON)
    assert first.json["age"] == 18 and model(**first.json) and model(**whole.json)
    assert whole.json["name"] != whole.json["note"], "a value is known by what it is compared with"


@pytest.mark.parametrize("kind", [Plain, Fails, int, dict, type])
def test_other_classes_say_nothing(kind: type) -> None:
    assert schema_of(kind) == {} and list(seeds(kind, JSON)) == []


def test_fields_are_filled_in_where_the_request_has_its_values() -> None:
    (whole, _, as_json, *others), as_form, as_query = (list(seeds(Order, draft)) for draft in (JSON, FORM, QUERY))
    assert whole.json.keys() == {"kept", "name", "count", "price", "tags", "paid"}
    assert as_json.json == {"kept": 1, "name": "a", "count": 1, "price": 1.0} and others
    assert as_form[2].fields == (("kept", "1"), ("name", "a"), ("count", "1"), ("price", "1.0"))
    assert as_query[2].query == as_form[2].fields and as_query[1].fields == ()
    assert {"kept": 1, "name": "", "count": 1, "price": 1.0} in [one.json for one in others], "a boundary"


CANARY = replace(JSON, json={canary.NAME: canary.value("json")})


def test_what_refuses_keys_that_it_does_not_know_gets_none() -> None:
    with_it = [canary.NAME in draft.json for draft in seeds(Order, CANARY)]
    assert with_it[:3] == [False, True, False] and sum(with_it) == 1


def decorated(*kept: Any) -> Any:
    """A decorator that was given something."""

    def decorate(function: Any) -> Any:
        def wrapper() -> Any:
            return function(kept[0])

        return wrapper

    return decorate


def route(handler: Any, **named: Any) -> Route:
    return Route("POST", "/", handler, ("/",), **named)


def test_decorators_and_annotations_declare_the_input() -> None:
    def annotated(order: Order, number: int) -> Plain: ...

    def bare() -> None: ...

    assert declared_by(route(annotated)) == [Order]
    assert declared_by(route(decorated(Order)(bare))) == [Order]
    assert declared_by(route(decorated(Plain)(decorated(Order)(bare)))) == [Order]
    assert declared_by(route(bare)) == declared_by(route(None)) == []


def test_what_the_framework_declares_is_all_that_there_is() -> None:
    def annotated(order: Order) -> None: ...

    assert declared_by(route(annotated, body={"type": "object"})) == []
    assert declared_by(route(annotated, parameters=(Parameter("q", "query", {}),))) == []

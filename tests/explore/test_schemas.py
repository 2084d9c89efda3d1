"""Classes that say which fields they have give requests with valid values for them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.schemas import _schema, seeds

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
    def model_json_schema() -> Any:
        raise RuntimeError


def test_a_dataclass() -> None:
    schema = _schema(Order)
    kinds = {name: one["type"] for name, one in schema["properties"].items()}
    assert kinds == {"name": "string", "count": "integer", "price": "number", "tags": "array", "paid": "boolean"}
    assert schema["required"] == ["name", "count", "price"]
    made = dataclasses.make_dataclass("Made", [("n", int), ("t", str, "x")])
    assert _schema(made)["properties"] == {"n": {"type": "integer"}, "t": {"type": "string"}}


def test_a_model_of_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", name=(str, ...), age=(int, pydantic.Field(ge=18)), note=(str, "x"))
    schema = _schema(model)
    assert schema["required"] == ["name", "age"] and schema["properties"]["age"]["minimum"] == 18
    first = next(iter(seeds(model, JSON)))
    assert first.json["age"] == 18 and model(**first.json)


def test_a_form_of_django() -> None:
    pytest.importorskip("django")
    from django import forms

    class Form(forms.Form):
        name = forms.CharField(min_length=3, max_length=9)
        age = forms.IntegerField(min_value=18, max_value=99, required=False)
        mail = forms.EmailField()
        code = forms.RegexField(regex=r"^[A-Z]{2}$")
        day = forms.DateField()
        price = forms.DecimalField()
        color = forms.ChoiceField(choices=[("", "none"), ("r", "Red"), ("b", "Blue")])

    schema = _schema(Form)
    assert schema["required"] == ["name", "mail", "code", "day", "price", "color"]
    found = schema["properties"]
    assert found["name"] == {"type": "string", "minLength": 3, "maxLength": 9}
    assert found["age"] == {"type": "integer", "minimum": 18, "maximum": 99}
    assert (found["mail"]["format"], found["day"]["format"], found["price"]["type"]) == ("email", "date", "number")
    assert found["code"]["pattern"] == "^[A-Z]{2}$" and found["color"] == {"enum": ["r", "b"]}
    fields = dict(next(iter(seeds(Form, FORM))).fields)
    assert fields["kept"] == "1" and fields["name"] == "aaa" and fields["code"] == "AA" and fields["color"] == "r"


def test_a_serializer_of_djangos_rest_framework() -> None:
    pytest.importorskip("rest_framework")
    from django.conf import settings

    if not settings.configured:
        settings.configure(SECRET_KEY="key", ALLOWED_HOSTS=["*"], DATABASES={}, INSTALLED_APPS=[])
    from rest_framework import serializers

    class Serializer(serializers.Serializer):  # type: ignore[misc]
        id = serializers.IntegerField(read_only=True)
        name = serializers.CharField(max_length=5)
        count = serializers.IntegerField(min_value=2, required=False)
        kind = serializers.ChoiceField(choices=["ab", "c"])

    schema = _schema(Serializer)
    assert set(schema["properties"]) == {"name", "count", "kind"} and schema["required"] == ["name", "kind"]
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 2}
    assert schema["properties"]["kind"] == {"enum": ["ab", "c"]}


@pytest.mark.parametrize("kind", [Plain, Fails, int, dict, type])
def test_other_classes_say_nothing(kind: type) -> None:
    assert _schema(kind) == {} and list(seeds(kind, JSON)) == []


def test_fields_are_filled_in_where_the_request_has_its_values() -> None:
    (as_json, *others), as_form, as_query = (list(seeds(Order, draft)) for draft in (JSON, FORM, QUERY))
    assert as_json.json == {"kept": 1, "name": "a", "count": 1, "price": 1.0} and others
    assert as_form[0].fields == (("kept", "1"), ("name", "a"), ("count", "1"), ("price", "1.0"))
    assert as_query[0].query == as_form[0].fields and as_query[0].fields == ()
    assert {"kept": 1, "name": "", "count": 1, "price": 1.0} in [one.json for one in others], "a boundary"

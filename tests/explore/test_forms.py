"""Forms, serializers and schemas of libraries are read as JSON schemas, by which they are filled."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.schemas import schema_of, seeds

JSON = Draft("POST", ("/",), media="application/json", json={})
FORM = Draft("POST", ("/",), media="application/x-www-form-urlencoded", fields=(("kept", "1"), ("name", "old")))


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

    schema = schema_of(Form)
    assert schema["required"] == ["name", "mail", "code", "day", "price", "color"]
    found = schema["properties"]
    assert found["name"] == {"type": "string", "minLength": 3, "maxLength": 9}
    assert found["age"] == {"type": "integer", "minimum": 18, "maximum": 99}
    assert (found["mail"]["format"], found["day"]["format"], found["price"]["type"]) == ("email", "date", "number")
    assert found["code"]["pattern"] == "^[A-Z]{2}$" and found["color"] == {"enum": ["r", "b"]}
    _, _, first, *_ = seeds(Form, FORM)
    fields = dict(first.fields)
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

    schema = schema_of(Serializer)
    assert set(schema["properties"]) == {"name", "count", "kind"} and schema["required"] == ["name", "kind"]
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 2}
    assert schema["properties"]["kind"] == {"enum": ["ab", "c"]}


# --- WTForms


@pytest.fixture
def wtforms() -> Any:
    module = pytest.importorskip("wtforms")
    pytest.importorskip("email_validator")
    return module


def filled(kind: Any) -> Draft:
    """The request with all fields of a form."""
    return next(iter(seeds(kind, FORM)))


def accepts(kind: Any, draft: Draft) -> Any:
    """What a form says of the fields of a request: its errors."""
    from werkzeug.datastructures import MultiDict

    form = kind(MultiDict(draft.fields))
    form.validate()
    return form.errors


def test_a_form_of_wtforms(wtforms: Any) -> None:
    fields, checks = wtforms, wtforms.validators

    class Form(wtforms.Form):  # type: ignore[misc]
        name = fields.StringField("Name", [checks.DataRequired(), checks.Length(3, 20), checks.Regexp("^[a-z]+[0-9]*")])
        mail = fields.EmailField(validators=[checks.InputRequired(), checks.Email()])
        site = fields.StringField(validators=[checks.URL()])
        secret = fields.PasswordField(validators=[checks.Length(min=8)])
        again = fields.PasswordField(validators=[checks.EqualTo("secret")])
        age = fields.IntegerField(validators=[checks.NumberRange(18, 120)])
        born = fields.DateField(format="%d.%m.%Y")
        at = fields.TimeField()
        color = fields.StringField(validators=[checks.AnyOf(["red", "blue"])])
        agreed = fields.BooleanField()

    schema = schema_of(Form)
    assert schema["required"] == ["name", "mail"] and list(schema["properties"])[:2] == ["name", "mail"]
    assert schema["properties"]["name"] == {
        "type": "string",
        "minLength": 3,
        "maxLength": 20,
        "pattern": "^[a-z]+[0-9]*",
    }
    assert schema["properties"]["born"]["examples"] == ["14.05.2032"]
    assert accepts(Form, filled(Form)) == {}


def test_a_class_that_is_no_form_is_only_looked_at() -> None:
    class Lazy:
        def __get__(self, instance: Any, owner: Any) -> Any:
            pytest.fail("a descriptor was run")

    class Model:
        query = Lazy()
        field = type("Mock", (), {"__getattr__": lambda self, name: True})()

    assert schema_of(Model) == {}


def test_choices_of_wtforms(wtforms: Any) -> None:
    class Form(wtforms.Form):  # type: ignore[misc]
        plain = wtforms.SelectField(choices=["a", "b"])
        pairs = wtforms.RadioField(choices=[("", "none"), ("c", "C")])
        made = wtforms.SelectField(choices=lambda: [(1, "One")], coerce=int)
        groups = wtforms.SelectField(choices={"Warm": [("r", "Red")], "Cold": [("b", "Blue")]})
        several = wtforms.SelectMultipleField(choices=["x", "y"])
        later = wtforms.SelectField()

    found = schema_of(Form)["properties"]
    enums = [found[name].get("enum") for name in ("plain", "pairs", "made", "groups", "later")]
    assert enums == [["a", "b"], ["c"], [1], ["r", "b"], None]
    assert found["several"] == {"type": "array", "items": {"enum": ["x", "y"]}}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forms_in_forms_have_prefixes(wtforms: Any) -> None:
    class Address(wtforms.Form):  # type: ignore[misc]
        street = wtforms.StringField(validators=[wtforms.validators.DataRequired()])

    class Form(wtforms.Form):  # type: ignore[misc]
        home = wtforms.FormField(Address)
        others = wtforms.FieldList(wtforms.FormField(Address), min_entries=1)
        words = wtforms.FieldList(wtforms.StringField())

    assert list(schema_of(Form)["properties"]) == ["home-street", "others-0-street", "words-0"]
    assert schema_of(Form)["required"] == ["home-street", "others-0-street"]
    assert accepts(Form, filled(Form)) == {}


def test_files_of_forms(wtforms: Any) -> None:
    file = pytest.importorskip("flask_wtf.file")

    class Form(wtforms.Form):  # type: ignore[misc]
        picture = file.FileField(validators=[file.FileRequired(), file.FileAllowed(["png", "jpg"])])
        text = wtforms.FileField()
        title = wtforms.StringField()

    draft = filled(Form)
    assert draft.media == "multipart/form-data" and "title" in dict(draft.fields)
    assert draft.files == (("picture", "upload.png", "text"), ("text", "upload.txt", "text"))


# --- marshmallow


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


@pytest.fixture
def marshmallow() -> Any:
    return pytest.importorskip("marshmallow")


@pytest.fixture
def order(marshmallow: Any) -> Any:
    fields, checks = marshmallow.fields, marshmallow.validate

    class Line(marshmallow.Schema):  # type: ignore[misc]
        sku = fields.Str(required=True, validate=checks.Length(min=4))
        count = fields.Int(required=True, validate=checks.Range(min=1, max=99))

    class Order(marshmallow.Schema):  # type: ignore[misc]
        id = fields.Int(dump_only=True)
        mail = fields.Email(required=True, data_key="e-mail")
        kind = fields.Str(validate=checks.OneOf(["x", "y"]))
        color = fields.Enum(Color)
        price = fields.Decimal()
        day = fields.Date()
        lines = fields.List(fields.Nested(Line), required=True, validate=checks.Length(min=2))
        first = fields.Nested(Line)

    return Order


def test_a_schema_of_marshmallow(order: Any) -> None:
    schema = schema_of(order)
    assert "id" not in schema["properties"] and schema["required"] == ["e-mail", "lines"]
    assert schema["properties"]["color"] == {"enum": ["RED", "BLUE"]}
    for draft in list(seeds(order, JSON))[:3]:
        assert order().load(draft.json)


def test_an_object_of_marshmallow_may_be_for_many_and_for_some_fields(order: Any) -> None:
    (draft, *_) = seeds(order(many=True, only=("mail",)), JSON)
    assert draft.json == [{"e-mail": "a@example.com"}]

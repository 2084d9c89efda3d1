"""Flask apps are listed as they route."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("flask")

from flask import Blueprint, Flask, session
from flask.views import MethodView, View
from werkzeug.routing import BaseConverter, IntegerConverter

from pytest_oneresponse.explore.values import first, text_of
from pytest_oneresponse.frameworks import flask as framework
from pytest_oneresponse.routes import Parameter, Route, handler_of


def view(**values: Any) -> str:
    return "a"


def bare(name: str = "shop", **options: Any) -> Flask:
    return Flask(name, static_folder=None, **options)


def only(app: Flask) -> Route:
    (route,) = framework.routes(app)
    return route


def names(app: Flask) -> list[str]:
    return [route.name for route in framework.routes(app)]


def test_one_route_per_method_without_those_that_flask_adds() -> None:
    app = bare()
    app.add_url_rule("/companies/<int:id>", view_func=view, methods=["GET", "POST"])
    assert names(app) == ["GET /companies/<int:id>", "POST /companies/<int:id>"]


def test_options_that_the_user_asks_for_is_kept() -> None:
    app = bare()
    app.add_url_rule("/a", view_func=view, methods=["GET", "OPTIONS"])
    assert names(app) == ["GET /a", "OPTIONS /a"]


def test_head_alone_is_kept() -> None:
    app = bare()
    app.add_url_rule("/a", view_func=view, methods=["HEAD"])
    assert names(app) == ["HEAD /a"]


def test_a_route_as_a_whole() -> None:
    app = bare()
    app.add_url_rule("/companies/<int(min=3):id>/x", view_func=view)
    parts = ("/companies/", Parameter("id", "path", {"type": "integer", "minimum": 3}), "/x")
    assert only(app) == Route("GET", "/companies/<int(min=3):id>/x", view, parts)


class Even(BaseConverter):
    regex = "[02468]{2}|0"


class Positive(IntegerConverter):
    """Keeps Werkzeug's regex: known by its base."""


class Odd(IntegerConverter):
    regex = "[13579]+"


@pytest.mark.parametrize(
    ("converter", "schema", "text"),
    [
        ("", {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}, "a"),
        ("string:", {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}, "a"),
        ("string(length=2):", {"type": "string", "minLength": 2, "maxLength": 2, "pattern": "^[^/]+$"}, "aa"),
        ("string(minlength=3):", {"type": "string", "minLength": 3, "pattern": "^[^/]+$"}, "aaa"),
        ("string(maxlength=3):", {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[^/]+$"}, "a"),
        ('any(shoe, "hat box"):', {"type": "string", "enum": ["hat box", "shoe"]}, "hat box"),
        ("path:", {"type": "string", "format": "path", "minLength": 1, "pattern": "^[^/]"}, "a"),
        ("int:", {"type": "integer", "minimum": 0}, "1"),
        ("int(min=2, max=9):", {"type": "integer", "minimum": 2, "maximum": 9}, "2"),
        ("int(signed=True, max=0):", {"type": "integer", "maximum": 0}, "0"),
        ("int(fixed_digits=4):", {"type": "string", "pattern": "^[0-9]{4}$", "examples": ["0001"]}, "0001"),
        ("float:", {"type": "number", "minimum": 0}, "1.0"),
        ("float(min=2):", {"type": "number", "minimum": 2}, "2.0"),
        ("uuid:", {"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ("even:", {"type": "string", "pattern": "^(?:[02468]{2}|0)$"}, "00"),
        ("positive:", {"type": "integer", "minimum": 0}, "1"),
        ("odd:", {"type": "string", "pattern": "^[13579]+$"}, "1"),
    ],
)
def test_converters_become_schemas_whose_first_value_is_routed(converter: str, schema: Any, text: str) -> None:
    app = bare()
    app.url_map.converters.update(even=Even, positive=Positive, odd=Odd)
    app.add_url_rule(f"/a/<{converter}x>/b", view_func=view)
    route = only(app)
    (parameter,) = route.path_parameters
    assert parameter == Parameter("x", "path", schema)
    path = route.path({"x": text_of(first(parameter.schema))})
    assert path == f"/a/{text}/b"
    assert app.url_map.bind("localhost").match(path)[0] == "view"


def test_several_parameters_in_one_segment() -> None:
    app = bare()
    app.add_url_rule("/<a>.<b>-<int:c>/", view_func=view)
    assert only(app).path({"a": "x", "b": "y", "c": "7"}) == "/x.y-7/"


class Base(MethodView):
    def get(self) -> str:
        return "a"


class Companies(Base):
    def delete(self) -> str:
        return "a"

    def options(self) -> str:
        return "a"

    def head(self) -> str:
        return "a"


class Listing(View):
    methods = ("GET", "POST")

    def dispatch_request(self) -> str:
        return "a"


def test_each_method_of_a_method_view_is_its_own_handler() -> None:
    app = bare()
    app.add_url_rule("/a", view_func=Companies.as_view("a"))
    handlers = {route.method: route.handler for route in framework.routes(app)}
    assert handlers == {
        "GET": Base.get,
        "DELETE": Companies.delete,
        "OPTIONS": Companies.options,
        "HEAD": Companies.head,
    }


def test_a_view_class_is_answered_by_dispatch_request() -> None:
    app = bare()
    app.add_url_rule("/a", view_func=Listing.as_view("a"))
    assert [(route.method, route.handler) for route in framework.routes(app)] == [
        ("GET", Listing.dispatch_request),
        ("POST", Listing.dispatch_request),
    ]


def test_nested_blueprints_are_listed_below_their_prefixes() -> None:
    app, outer, inner = bare(), Blueprint("o", "o", url_prefix="/o"), Blueprint("i", "i", url_prefix="/i")
    inner.add_url_rule("/a", view_func=view)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    assert names(app) == ["GET /o/i/a"]


def test_the_static_route_is_listed_with_flasks_own_handler() -> None:
    (route,) = framework.routes(Flask("shop", static_folder="static"))
    assert route.name == "GET /static/<path:filename>"
    place = handler_of(route.handler)
    assert place is not None and place.package in framework.PACKAGES


def test_a_subdomain_is_a_host() -> None:
    app = bare(subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.example"
    app.add_url_rule("/a", view_func=view, subdomain="api")
    app.add_url_rule("/b", endpoint="b", view_func=view, subdomain="<user>")
    app.add_url_rule("/c", endpoint="c", view_func=view)
    hosts = {route.template: route.host for route in framework.routes(app)}
    assert hosts == {"/a": "api.shop.example", "/b": "user.shop.example", "/c": ""}


def test_host_matching() -> None:
    app = bare(host_matching=True)
    app.add_url_rule("/a", view_func=view, host="api.example")
    assert only(app).host == "api.example"


def test_hosts_of_the_configuration() -> None:
    app = bare()
    assert framework.hosts(app) == []
    app.config.update(SERVER_NAME="shop.example", TRUSTED_HOSTS=[".shop.test"])
    assert framework.hosts(app) == ["shop.example", "shop.test"]


def test_a_rule_without_a_view_is_listed_without_a_handler() -> None:
    app = bare()
    app.add_url_rule("/a", endpoint="later")
    assert only(app) == Route("GET", "/a", None, ("/a",))


def test_rules_that_only_build_addresses_are_left_out() -> None:
    app = bare()
    app.add_url_rule("/a", view_func=view, build_only=True)
    assert framework.routes(app) == []


def test_a_session_is_sealed_as_the_app_itself_does_it() -> None:
    app = bare()
    assert framework.sealed(app, {"a": [1]}) is None, "without a key there are no sessions"
    app.secret_key = "key"
    app.config["SESSION_COOKIE_NAME"] = "basket"
    sealed = framework.sealed(app, {"a": [1]})
    assert sealed is not None and sealed[0] == "basket"
    with app.test_request_context("/", headers={"Cookie": "=".join(sealed)}):
        assert dict(session) == {"a": [1]}
    app.session_interface = SimpleNamespace()  # another package's
    assert framework.sealed(app, {}) is None


def test_flask_login_looks_for_an_id() -> None:
    app = bare()
    assert framework.new_sessions(app) == []
    app.login_manager = object()
    assert framework.new_sessions(app) == [{"_user_id": "1", "_fresh": True}]


def test_the_named_classes_and_methods_exist() -> None:
    import werkzeug.datastructures.headers as module

    assert [name.rpartition(".")[2] for name in framework.RESPONSES] == ["Response"]
    for _, owner, method in framework.HEADER_SETTERS:
        assert method in vars(getattr(module, owner))

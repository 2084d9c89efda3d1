"""Django's URL patterns are listed as they resolve."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("django")

import django
from django.apps import apps
from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation

if not settings.configured:
    settings.configure(SECRET_KEY="a", ALLOWED_HOSTS=["*"], ROOT_URLCONF="none")
if not apps.ready:
    django.setup()

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path, register_converter, resolve
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic import RedirectView

from pytest_oneresponse import lost
from pytest_oneresponse.explore.values import first, text_of
from pytest_oneresponse.frameworks import django as framework
from pytest_oneresponse.routes import Parameter, Route, handler_of

TEXT = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}

Lister = Callable[..., list[Route]]


def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse()


class Code:
    regex = "[A-Z]{2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    from django.urls.converters import get_converters

    if "oneresponse_code" not in get_converters():
        register_converter(Code, "oneresponse_code")


@pytest.fixture
def urls() -> Iterator[Lister]:
    """Lists the patterns given, which stay the ROOT_URLCONF until the test ends."""
    module: Any = types.ModuleType("oneresponse_urls_of_a_test")
    sys.modules[module.__name__] = module

    def listed(*patterns: Any) -> list[Route]:
        from django.urls import clear_url_caches

        module.urlpatterns = list(patterns)
        clear_url_caches()
        return framework.routes(None)

    with override_settings(ROOT_URLCONF=module.__name__):
        yield listed
    del sys.modules[module.__name__]


def names(routes: list[Route]) -> list[str]:
    return [route.name for route in routes]


def test_a_route_as_a_whole(urls: Lister) -> None:
    parts = ("/companies/", Parameter("id", "path", {"type": "integer", "minimum": 0}), "/")
    template = "/companies/<int:id>/"
    assert urls(path("companies/<int:id>/", view)) == [
        Route("GET", template, view, parts),
        Route("POST", template, view, parts),
    ]


@pytest.mark.parametrize(
    ("converter", "schema", "text"),
    [
        ("", TEXT, "a"),
        ("str:", TEXT, "a"),
        ("int:", {"type": "integer", "minimum": 0}, "1"),
        ("slug:", {"type": "string", "minLength": 1, "pattern": "^[-a-zA-Z0-9_]+$"}, "a"),
        ("path:", {"type": "string", "format": "path", "minLength": 1}, "a"),
        ("uuid:", {"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ("oneresponse_code:", {"type": "string", "pattern": "^[A-Z]{2}$"}, "AA"),
    ],
)
def test_converters_become_schemas_whose_first_value_resolves(
    urls: Lister, converter: str, schema: Any, text: str
) -> None:
    route = urls(path(f"a/<{converter}x>/b", view))[0]
    assert route.path_parameters == (Parameter("x", "path", schema),)
    address = route.path({"x": text_of(first(schema))})
    assert address == f"/a/{text}/b"
    assert resolve(address).func is view


@pytest.mark.parametrize(
    ("regex", "template", "patterns", "address"),
    [
        (r"^a/$", "/a/", [], "/a/"),
        (r"^a/(?P<year>[0-9]{4})/$", "/a/<year>/", ["^[0-9]{4}$"], "/a/1111/"),
        (r"^a/(\d+)/([a-z]+)$", "/a/<0>/<1>", [r"^\d+$", "^[a-z]+$"], "/a/1/a"),
        (r"^a/(x|y)-(?P<n>\d+)/$", "/a/x-<n>/", [r"^\d+$"], "/a/x-1/"),
        (r"^a/(?P<kind>shoe|hat)/?$", "/a/<kind>/", ["^(?:shoe|hat)$"], "/a/shoe/"),
        (r"^a/(?:page-(?P<n>\d+)/)?$", "/a/page-<n>/", [r"^\d+$"], "/a/page-1/"),
        (r"^a/(?P<all>(?P<x>\d)-\d)/$", "/a/<all>/", [r"^(?P<x>\d)-\d$"], "/a/1-1/"),
        (r"^a\.b/[0-9]+/(?P<x>[^/()]+)\Z", "/a.b/1/<x>", ["^[^/()]+$"], "/a.b/1/a"),
        (r"^a/(?P<x>\(\w\))/b|c$", "/a/<x>/b", [r"^\(\w\)$"], "/a/(a)/b"),
        (r"^(?i:a)/(?P<x>.*)$", "/a/<x>", ["^.*$"], "/a/a"),
        (r"(?i)^a/(?P<x>\d+)?/(?=b)[]/b][^]x]", "/a/<x>/bA", [r"^\d+$"], "/a/1/bA"),
        (r"^a/(?:(\d)|(\w))/$", "/a/<0>/", [r"^\d$"], "/a/1/"),
    ],
)
def test_regexes_become_parts_whose_first_values_resolve(
    urls: Lister, regex: str, template: str, patterns: list[str], address: str
) -> None:
    route = urls(re_path(regex, view))[0]
    assert route.template == template
    assert [parameter.schema for parameter in route.path_parameters] == [
        {"type": "string", "pattern": pattern} for pattern in patterns
    ]
    built = route.path({one.name: text_of(first(one.schema)) for one in route.path_parameters})
    assert built == address
    assert resolve(built).func is view


def test_includes_nest_with_their_namespaces(urls: Lister) -> None:
    inner = ([path("<slug:s>/", view, name="one")], "inner")
    outer = ([re_path(r"^(?P<year>\d+)/", include(inner, namespace="x"))], "outer")
    routes = urls(path("api/<int:id>/", include(outer, namespace="y")))
    assert names(routes) == ["GET /api/<int:id>/<year>/<slug:s>/", "POST /api/<int:id>/<year>/<slug:s>/"]
    assert [one.name for one in routes[0].path_parameters] == ["id", "year", "s"]


def test_an_include_that_cannot_be_imported_hides_nothing(urls: Lister) -> None:
    from django.urls import URLResolver
    from django.urls.resolvers import RoutePattern

    broken = URLResolver(RoutePattern("x/"), "oneresponse_there_is_no_such_module")
    assert names(urls(broken, path("a", require_POST(view)))) == ["POST /a"]


@pytest.mark.parametrize(
    ("decorate", "methods"),
    [
        (require_POST, ["POST"]),
        (require_safe, ["GET"]),
        (require_http_methods(["PUT", "DELETE"]), ["PUT", "DELETE"]),
        (require_http_methods(["HEAD"]), ["HEAD"]),
        (lambda function: csrf_exempt(require_POST(function)), ["POST"]),
        (csrf_exempt, ["GET", "POST"]),
        (functools.partial(functools.partial, name="a"), ["GET", "POST"]),
    ],
)
def test_methods_of_function_views(urls: Lister, decorate: Any, methods: list[str]) -> None:
    routes = urls(path("a", decorate(view)))
    assert [route.method for route in routes] == methods
    place = handler_of(routes[0].handler)
    assert place is not None and (place.file, place.function) == (__file__, "view")


class Page(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse()

    def put(self, request: Any) -> HttpResponse:
        return HttpResponse()

    def options(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse()


class Narrow(Page):
    http_method_names = ("put",)


class Away(RedirectView):
    http_method_names = ("get", "head", "options")


def test_class_based_views(urls: Lister) -> None:
    routes = urls(path("a", csrf_exempt(Page.as_view())), path("b", Narrow.as_view()))
    assert [(route.name, route.handler) for route in routes] == [
        ("GET /a", Page.get),
        ("PUT /a", Page.put),
        ("OPTIONS /a", Page.options),
        ("PUT /b", Page.put),
    ]


def test_a_view_object_that_answers_no_questions(urls: Lister) -> None:
    class Strange:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __call__(self, request: Any) -> HttpResponse:
            return HttpResponse()

    strange = Strange()
    assert urls(path("a", strange)) == [Route("GET", "/a", strange, ("/a",))]


def test_a_view_whose_methods_are_djangos_is_named_by_its_class(urls: Lister) -> None:
    assert [(route.name, route.handler) for route in urls(path("a", Away.as_view()))] == [("GET /a", Away)]


def test_a_language_prefix_is_text(urls: Lister) -> None:
    from django.conf.urls.i18n import i18n_patterns

    routes = urls(*i18n_patterns(path("a", require_POST(view))))
    assert names(routes) == [f"POST /{settings.LANGUAGE_CODE}/a"]


def test_thousands_of_patterns(urls: Lister) -> None:
    routes = urls(*(re_path(rf"^a/{number}/(?P<x>\d+)/$", require_POST(view)) for number in range(3_000)))
    assert len(routes) == 3_000
    assert routes[-1].template == "/a/2999/<x>/"


def test_a_urlconf_that_cannot_be_imported_is_the_users_to_see() -> None:
    with (
        override_settings(ROOT_URLCONF="oneresponse_there_is_no_such_module"),
        pytest.raises(ModuleNotFoundError, match="oneresponse_there_is_no_such_module"),
    ):
        framework.routes(None)


def test_hosts_of_the_settings() -> None:
    with override_settings(ALLOWED_HOSTS=[".shop.example", "*", "api.example"]):
        assert framework.hosts(None) == ["shop.example", "api.example"]


SESSIONS = {
    "MIDDLEWARE": ["django.contrib.sessions.middleware.SessionMiddleware"],
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
}


def test_a_session_is_saved_where_the_settings_say() -> None:
    with override_settings(**SESSIONS):
        sealed = framework.sealed(None, {"a": [1]})
        assert sealed is not None and sealed[0] == settings.SESSION_COOKIE_NAME
        assert dict(SessionStore(sealed[1]).items()) == {"a": [1]}


@pytest.mark.parametrize("settings", [{"MIDDLEWARE": []}, {"SESSION_ENGINE": "django.contrib.sessions.backends.db"}])
def test_no_session_is_saved_that_nobody_takes_back(settings: dict[str, Any]) -> None:
    with override_settings(**{**SESSIONS, **settings}):
        assert framework.sealed(None, {}) is None


def test_rest_framework_viewsets(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from rest_framework import decorators, routers, viewsets

    class Companies(viewsets.ModelViewSet):
        lookup_value_regex = "[0-9]+"

        def list(self, request: Any) -> None: ...

        @decorators.action(detail=True, methods=["post"])
        def ping(self, request: Any, pk: str) -> None: ...

    router = routers.DefaultRouter()
    router.register("companies", Companies, basename="company")
    routes = urls(path("api/", include(router.urls)))
    one = "/api/companies/<pk>/"
    assert [(route.name, route.handler) for route in routes[:-1]] == [
        ("GET /api/companies/", Companies.list),
        ("POST /api/companies/", Companies),
        (f"GET {one}", Companies),
        (f"PUT {one}", Companies),
        (f"PATCH {one}", Companies),
        (f"DELETE {one}", Companies),
        (f"POST {one}ping/", Companies.ping),
    ]
    assert routes[-1].name == "GET /api/"
    assert routes[2].path_parameters == (Parameter("pk", "path", {"type": "string", "pattern": "^[0-9]+$"}),)


def test_the_head_that_a_viewset_learns_from_its_first_request_is_left_out(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from rest_framework import viewsets

    class Companies(viewsets.ViewSet):
        def list(self, request: Any) -> None: ...

    callback = Companies.as_view({"get": "list"})
    callback.actions["head"] = "list"
    assert names(urls(path("a", callback))) == ["GET /a"]


def test_rest_framework_function_views(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from rest_framework.decorators import api_view

    routes = urls(path("a", api_view(["GET", "PATCH"])(view)))
    assert [(route.name, route.handler) for route in routes] == [("GET /a", view), ("PATCH /a", view)]


def test_serializers_become_body_schemas(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from rest_framework import generics, serializers

    class Part(serializers.Serializer):
        code = serializers.RegexField("^[A-Z]{2}$")

    class Company(serializers.Serializer):
        id = serializers.IntegerField(read_only=True)
        name = serializers.CharField(min_length=2, max_length=5)
        note = serializers.CharField(allow_blank=True, allow_null=True, required=False)
        size = serializers.IntegerField(min_value=3, max_value=9)
        rate = serializers.FloatField(min_value=0.5)
        price = serializers.DecimalField(max_digits=4, decimal_places=2)
        email = serializers.EmailField(max_length=50)
        site = serializers.URLField()
        key = serializers.UUIDField()
        address = serializers.IPAddressField(protocol="ipv4")
        open = serializers.BooleanField()
        day = serializers.DateField()
        at = serializers.DateTimeField()
        time = serializers.TimeField()
        kind = serializers.ChoiceField(["a", "b"])
        kinds = serializers.MultipleChoiceField(choices=["a", "b"], allow_empty=False)
        tags = serializers.ListField(child=serializers.SlugField(), max_length=3)
        extra = serializers.DictField(child=serializers.IntegerField())
        data = serializers.JSONField()
        owner = serializers.HiddenField(default=1)
        part = Part()
        parts = Part(many=True)

    class Create(generics.CreateAPIView):
        serializer_class = Company

    (route,) = urls(path("a", Create.as_view()))
    assert (route.name, route.handler, route.media) == ("POST /a", Create, "application/json")
    part = {
        "type": "object",
        "properties": {"code": {"type": "string", "minLength": 1, "pattern": "^[A-Z]{2}$"}},
        "required": ["code"],
    }
    slug = {"type": "string", "minLength": 1, "pattern": r"^[-a-zA-Z0-9_]+$"}
    body = route.body
    assert body is not None
    assert body["properties"] == {
        "name": {"type": "string", "minLength": 2, "maxLength": 5},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "size": {"type": "integer", "minimum": 3, "maximum": 9},
        "rate": {"type": "number", "minimum": 0.5},
        "price": {"type": "number", "maximum": 99},
        "email": {"type": "string", "format": "email", "maxLength": 50},
        "site": {"type": "string", "format": "uri"},
        "key": {"type": "string", "format": "uuid"},
        "address": {"type": "string", "format": "ipv4"},
        "open": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "time": {"type": "string", "format": "time"},
        "kind": {"enum": ["a", "b"]},
        "kinds": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1},
        "tags": {"type": "array", "items": slug, "maxItems": 3},
        "extra": {"type": "object", "additionalProperties": {"type": "integer"}},
        "data": {},
        "part": part,
        "parts": {"type": "array", "items": part},
    }
    assert set(body["properties"]) - set(body["required"]) == {"note"}
    written = Company(data=first(body))
    assert written.is_valid(), written.errors


def test_a_serializer_behind_a_form_parser_gives_form_fields(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from rest_framework import generics, parsers, serializers

    class Upload(serializers.Serializer):
        file = serializers.FileField()
        note = serializers.CharField(required=False)

    class Create(generics.CreateAPIView):
        serializer_class = Upload
        parser_classes = (parsers.FormParser, parsers.MultiPartParser)

    (route,) = urls(path("a", Create.as_view()))
    assert (route.body, route.media) == (None, "multipart/form-data")
    assert route.parameters == (
        Parameter("file", "form", {"type": "string", "format": "binary"}),
        Parameter("note", "form", {"type": "string", "minLength": 1}, required=False),
    )


def test_a_serializer_that_cannot_be_made_hides_no_route(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from rest_framework import generics, serializers

    class Broken(serializers.Serializer):
        def get_fields(self) -> Any:
            raise KeyError("request")

    class Create(generics.CreateAPIView):
        serializer_class = Broken

    (route,) = urls(path("a", Create.as_view()))
    assert (route.name, route.body) == ("POST /a", None)


def test_related_fields_have_the_type_of_the_key(urls: Lister) -> None:
    pytest.importorskip("rest_framework")
    from django.db import models
    from rest_framework import generics, serializers

    def keys_of(field: models.Field) -> Any:
        """Stands for a queryset: only the type of its model's key is asked for."""
        return types.SimpleNamespace(model=types.SimpleNamespace(_meta=types.SimpleNamespace(pk=field)), all=list)

    class Link(serializers.Serializer):
        number = serializers.PrimaryKeyRelatedField(queryset=keys_of(models.BigAutoField(primary_key=True)))
        unique = serializers.PrimaryKeyRelatedField(queryset=keys_of(models.UUIDField(primary_key=True)))
        text = serializers.PrimaryKeyRelatedField(queryset=keys_of(models.CharField(primary_key=True, max_length=3)))
        many = serializers.PrimaryKeyRelatedField(many=True, queryset=keys_of(models.AutoField(primary_key=True)))
        some = serializers.PrimaryKeyRelatedField(
            many=True, allow_empty=False, queryset=keys_of(models.AutoField(primary_key=True))
        )
        whole = serializers.DecimalField(max_digits=3, decimal_places=0)
        tags = serializers.ListField(child=serializers.CharField(), allow_empty=False)
        odd = serializers.Field()

    class Create(generics.CreateAPIView):
        serializer_class = Link

    (route,) = urls(path("a", Create.as_view()))
    assert route.body is not None
    assert route.body["properties"] == {
        "number": {"type": "integer"},
        "unique": {"type": "string", "format": "uuid"},
        "text": {"type": "string"},
        "many": {"type": "array", "items": {"type": "integer"}},
        "some": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "whole": {"type": "integer", "maximum": 999},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        "odd": {},
    }


def test_the_operations_of_django_ninja(urls: Lister) -> None:
    self = types.SimpleNamespace(operations=[types.SimpleNamespace(methods=["GET", "PUT"], view_func=view)])

    def sync_view_wrapper(request: Any) -> Any:
        return self

    sync_view_wrapper.__module__ = "ninja.operation"
    assert [(route.name, route.handler) for route in urls(path("a", sync_view_wrapper))] == [
        ("GET /a", view),
        ("PUT /a", view),
    ]


class NoSuchLink(Http404):
    """An exception of the user's own."""


class Elsewhere:
    """Classes of these names that are not Django's."""

    class PermissionDenied(Exception):
        pass


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404, 404),
        (NoSuchLink, 404),
        (PermissionDenied, 403),
        (BadRequest, 400),
        (SuspiciousOperation, 400),
        (DisallowedHost, 400),
        (Elsewhere.PermissionDenied, 0),
        (ValueError, 0),
    ],
    ids=lambda value: value.__qualname__ if isinstance(value, type) else None,
)
def test_the_statuses_of_the_exceptions_that_do_not_say_them(error: type[Exception], status: int) -> None:
    assert lost.status_of(error()) == status
    assert set(framework.STATUSES) <= set(framework.ERRORS)


def test_the_named_classes_and_methods_exist() -> None:
    import django.http.response as module

    for name in framework.RESPONSES:
        assert hasattr(module, name.rpartition(".")[2])
    for _, owner, method in framework.HEADER_SETTERS:
        assert method in vars(getattr(module, owner))

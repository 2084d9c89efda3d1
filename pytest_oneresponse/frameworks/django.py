"""Django, Django REST framework, django-ninja: the patterns of the URL resolver."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..contract.request import Request
from ..explore import rest
from ..routes import Parameter, Route, Schema
from . import Parts, anchored, class_names, django_connections, django_users, is_response, joined, top_package
from .django_regexes import parts_of

NAME = "django"
SIGNALS = (("django.core.signals", "got_request_exception"),)
INTERFACE = "wsgi"
APPS = (
    "django.core.handlers.wsgi.WSGIHandler",
    "django.core.handlers.asgi.ASGIHandler",
    "django.contrib.staticfiles.handlers.StaticFilesHandler",
    "django.contrib.staticfiles.handlers.ASGIStaticFilesHandler",
    "django.test.client.ClientHandler",
    "django.test.client.AsyncClientHandler",
)
INTERFACES = {
    "django.core.handlers.asgi.ASGIHandler": "asgi",
    "django.contrib.staticfiles.handlers.ASGIStaticFilesHandler": "asgi",
    "django.test.client.AsyncClientHandler": "asgi",
}
INNER = ("application",)
RESPONSES = ("django.http.response.HttpResponseBase",)
ERRORS = (
    "django.http.response.Http404",
    "django.core.exceptions.PermissionDenied",
    "django.core.exceptions.SuspiciousOperation",
    "django.core.exceptions.BadRequest",
    "rest_framework.exceptions.APIException",
    "ninja.errors.HttpError",
)
STATUSES = {
    "django.http.response.Http404": 404,
    "django.core.exceptions.PermissionDenied": 403,
    "django.core.exceptions.BadRequest": 400,
    "django.core.exceptions.SuspiciousOperation": 400,
}
SHORTCUTS = ("django.shortcuts.redirect", "django.shortcuts.render")
PROXIES = ()
PACKAGES = ("django", "rest_framework", "ninja", "asgiref", "sqlparse")
HEADER_SETTERS = (("django.http.response", "ResponseHeaders", "__setitem__"),)


def is_answer(kind: type) -> bool:
    """A response, or what an asynchronous view is awaited for."""
    return is_response(kind) or hasattr(kind, "__await__")


_TOKEN = "oneresponse" + "0" * 21
"""As long as Django's own secrets are."""


def prepare(request: Request) -> Request:
    """A request that changes something, with the token that CsrfViewMiddleware looks for in a cookie and in a header."""
    settings: Any = getattr(sys.modules.get("django.conf"), "settings", None)
    if request.method in ("GET", "HEAD", "OPTIONS", "TRACE") or settings is None:
        return request
    header = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-").lower()
    return request.with_cookie(settings.CSRF_COOKIE_NAME, _TOKEN).with_header(header, _TOKEN)


def sealed(app: Any, session: dict[str, Any]) -> tuple[str, str] | None:
    """The cookie of a session that is saved for it: in a database only within a transaction, which takes it back."""
    settings: Any = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is None or not any(name.endswith("SessionMiddleware") for name in settings.MIDDLEWARE):
        return None
    if settings.SESSION_ENGINE.endswith("db") and not django_connections.in_transaction():
        return None
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    store.update(django_users.logged_in(session))
    store.save(must_create=True)
    return settings.SESSION_COOKIE_NAME, store.session_key


def new_sessions(app: Any) -> list[dict[str, Any]]:
    """One for each kind of user that can be made up."""
    return django_users.new_sessions()


has_database, apart = django_connections.has_database, django_connections.apart
around, around_asgi = django_connections.around, django_connections.around_asgi


_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_FORMAT_SUFFIX = "format"
_JSON = "application/json"


class Pattern(NamedTuple):
    """One pattern of a URLconf: how it is written and what it stands for."""

    template: str
    parts: Parts


def routes(app: Any) -> list[Route]:
    """The routes of ROOT_URLCONF. Raises what its import raises: without it the app answers nothing.

    A plain function view takes whatever comes: it is listed with GET and POST, unless require_http_methods says more.
    """
    resolver = sys.modules["django.urls"].get_resolver()
    return list(_walk(resolver.url_patterns, "/", ("/",)))


def hosts(app: Any) -> list[str]:
    """ALLOWED_HOSTS, without wildcards."""
    conf = sys.modules.get("django.conf")
    try:
        allowed = list(conf.settings.ALLOWED_HOSTS) if conf else []
    except Exception:  # not configured
        return []
    return [str(name).lstrip(".") for name in allowed if name and name != "*"]


def _walk(patterns: Iterable[Any], template: str, parts: Parts) -> Iterator[Route]:
    for one in patterns:
        try:
            pattern = _pattern(one.pattern)
            below = getattr(one, "url_patterns", None)
        except Exception:  # an include that cannot be imported hides no other pattern
            continue
        here = joined((*parts, *pattern.parts))
        if below is not None:
            yield from _walk(below, template + pattern.template, here)
        else:
            yield from _views(one.callback, template + pattern.template, here)


def _pattern(pattern: Any) -> Pattern:
    converters = getattr(pattern, "converters", None) or {}
    text = str(pattern)
    if hasattr(pattern, "_route"):
        return Pattern(text, _of_route(text, converters))
    if hasattr(pattern, "_regex"):
        parts = parts_of(text)
        template = "".join(part if isinstance(part, str) else f"<{part.name}>" for part in parts)
        return Pattern(template, parts)
    return Pattern(text, joined((text,)))


_VARIABLE = re.compile(r"<(?:[^>:]+:)?(?P<name>[^>]+)>")


def _of_route(text: str, converters: Mapping[str, Any]) -> Parts:
    """The parts of a path() route ("companies/<int:id>/")."""
    parts: list[str | Parameter] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        name = match["name"]
        parts += [text[end : match.start()], Parameter(name, "path", _converted(converters.get(name)))]
        end = match.end()
    return joined([*parts, text[end:]])


def _converted(converter: Any) -> Schema:
    known = class_names(converter)[0]
    return _CONVERTERS.get(known) or anchored(str(getattr(converter, "regex", "[^/]+")))


_CONVERTERS: dict[str, Schema] = {
    "django.urls.converters.IntConverter": {"type": "integer", "minimum": 0},
    "django.urls.converters.StringConverter": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
    "django.urls.converters.SlugConverter": {"type": "string", "minLength": 1, "pattern": "^[-a-zA-Z0-9_]+$"},
    "django.urls.converters.PathConverter": {"type": "string", "format": "path", "minLength": 1},
    "django.urls.converters.UUIDConverter": {"type": "string", "format": "uuid"},
}


# Views


def _is_format_variant(callback: Any, parts: Parts) -> bool:
    """REST framework adds every route once more with a format suffix."""
    if not hasattr(callback, "cls"):
        return False
    return any(isinstance(part, Parameter) and part.name == _FORMAT_SUFFIX for part in parts)


def _views(callback: Any, template: str, parts: Parts) -> Iterator[Route]:
    try:
        if not _is_format_variant(callback, parts):
            described = [(method, handler, _serialized(callback, method)) for method, handler in _answers(callback)]
            for method, handler, (body, media, parameters) in described:
                yield Route(method, template, handler, parts, parameters, body, media)
    except Exception:  # a view object that overrides attribute access
        yield Route("GET", template, callback, parts)


def _answers(callback: Any) -> Iterator[tuple[str, Callable[..., Any] | None]]:
    """(METHOD, handler) of what a pattern calls."""
    owner = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if owner is None:
        yield from _operations(callback) or [(method, callback) for method in _function_methods(callback)]
        return
    actions: Mapping[str, str] = getattr(callback, "actions", None) or {}
    named = {method: actions.get(method) for method in _METHODS} if actions else {one: one for one in _METHODS}
    allowed = [method.lower() for method in getattr(owner, "http_method_names", _METHODS)]
    for method, attribute in named.items():
        handler = getattr(owner, attribute, None) if attribute else None
        if handler is None or method not in allowed or _automatic(method, handler, actions):
            continue
        yield method.upper(), _user_function(handler, owner)


def _operations(callback: Any) -> list[tuple[str, Callable[..., Any] | None]]:
    """django-ninja's operations behind one pattern; empty for any other callback."""
    if top_package(callback) != "ninja" or not inspect.isfunction(callback):
        return []
    operations = getattr(inspect.getclosurevars(callback).nonlocals.get("self"), "operations", ())
    return [(method, one.view_func) for one in operations for method in one.methods]


def _automatic(method: str, handler: Any, actions: Mapping[str, str]) -> bool:
    """Whether the framework answers by itself: HEAD as GET, OPTIONS and TRACE from its own classes."""
    if method == "head" and actions.get("head") == actions.get("get") is not None:
        return True
    return method in ("head", "options", "trace") and top_package(handler) in PACKAGES


def _user_function(handler: Any, owner: type) -> Callable[..., Any]:
    """The user's function behind a method; the class where the method is the framework's own."""
    if "api_view.<locals>" in getattr(handler, "__qualname__", ""):
        handler = inspect.getclosurevars(handler).nonlocals.get("func", handler)
    answer: Callable[..., Any] = owner if top_package(handler) in PACKAGES else handler
    return answer


def _function_methods(callback: Any) -> list[str]:
    """What require_http_methods keeps in its closure, through further decorators; else GET and POST."""
    current = callback
    for _ in range(20):
        code = getattr(current, "__code__", None)
        if code is not None and "request_method_list" in code.co_freevars:
            listed = [str(method) for method in inspect.getclosurevars(current).nonlocals["request_method_list"]]
            return [method for method in listed if not (method == "HEAD" and "GET" in listed)]
        if not hasattr(current, "__wrapped__"):
            break
        current = current.__wrapped__
    return ["GET", "POST"]


# Serializers


def _serialized(callback: Any, method: str) -> tuple[Schema | None, str, tuple[Parameter, ...]]:
    """The body that a view's serializer_class declares, as (schema, media type, form fields)."""
    owner = getattr(callback, "cls", None)
    given = getattr(callback, "initkwargs", None) or {}
    serializer = given.get("serializer_class") or getattr(owner, "serializer_class", None)
    if method not in ("POST", "PUT", "PATCH") or not isinstance(serializer, type):
        return None, _JSON, ()
    try:
        schema = rest.of_serializer(serializer())
    except Exception:  # a serializer that needs its view's context
        return None, _JSON, ()
    media = _media(given.get("parser_classes") or getattr(owner, "parser_classes", None) or (), schema)
    if media == _JSON:
        return schema, media, ()
    required = schema.get("required", ())
    fields = schema.get("properties", {}).items()
    return None, media, tuple(Parameter(name, "form", one, name in required) for name, one in fields)


_PARSERS = {
    "JSONParser": _JSON,
    "FormParser": "application/x-www-form-urlencoded",
    "MultiPartParser": "multipart/form-data",
}


def _media(parsers: Iterable[Any], schema: Schema) -> str:
    names = [getattr(parser, "__name__", "") for parser in parsers]
    understood = [_PARSERS[name] for name in names if name in _PARSERS]
    if "multipart/form-data" in understood and _holds_file(schema):
        return "multipart/form-data"
    return _JSON if _JSON in understood or not understood else understood[0]


def _holds_file(schema: Schema) -> bool:
    return any(one.get("format") == "binary" for one in schema.get("properties", {}).values())

"""Starlette: the routes of an app or a router, through mounts and hosts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from ..contract.request import WEBSOCKET
from ..routes import Parameter, Route, Schema
from . import Parts, anchored, class_names, is_callable, joined, prefixed, top_package

NAME = "starlette"
INTERFACE = "asgi"
APPS = ("starlette.applications.Starlette", "starlette.routing.Router")
RESPONSES = ("starlette.responses.Response",)
ERRORS = ("starlette.exceptions.HTTPException", "starlette.exceptions.WebSocketException")
PROXIES = ("starlette/middleware/base.py",)
PACKAGES = ("starlette", "anyio", "sniffio")
HEADER_SETTERS = (
    ("starlette.datastructures", "MutableHeaders", "__setitem__"),
    ("starlette.datastructures", "MutableHeaders", "append"),
    ("starlette.datastructures", "MutableHeaders", "setdefault"),
)


def sealed(app: Any, session: dict[str, Any]) -> tuple[str, str] | None:
    """The cookie of SessionMiddleware, where the app has it."""
    for one in getattr(app, "user_middleware", ()):
        if "starlette.middleware.sessions.SessionMiddleware" in class_names(one.cls):
            middleware = one.cls(None, *one.args, **one.kwargs)
            text = base64.b64encode(json.dumps(session).encode())
            return middleware.session_cookie, middleware.signer.sign(text).decode()
    return None


_ANY = ("GET", "POST")
"""Asked of an endpoint that takes any method."""
_VARIABLE = re.compile(r"\{(?P<name>[a-zA-Z_]\w*)(?::[a-zA-Z_]\w*)?\}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _same(routes: Iterable[Any]) -> Iterable[Any]:
    return routes


def _as_it_is(route: Any, described: Route) -> Route:
    return described


@dataclass(frozen=True, slots=True)
class Reader:
    """How a list of routes is read: `expand` replaces placeholders, `declare` adds what a route declares of its inputs.

    A framework built on Starlette brings its own two.
    """

    expand: Callable[[Iterable[Any]], Iterable[Any]] = _same
    declare: Callable[[Any, Route], Route] = _as_it_is

    def read(self, routes: Iterable[Any]) -> Iterator[Route]:
        """The routes, in order of matching."""
        for route in self.expand(routes):
            names = class_names(getattr(route, "original_route", route))
            if "starlette.routing.WebSocketRoute" in names:
                yield from self._route(route, ((WEBSOCKET, route.endpoint),))
            elif "starlette.routing.Mount" in names:
                yield from self._mount(route)
            elif "starlette.routing.Host" in names:
                yield from (replace(one, host=_host(route)) for one in self._inner(route))
            elif getattr(route, "path", None):
                yield from self._route(route)

    def _route(self, route: Any, answers: Iterable[tuple[str, Any]] = ()) -> Iterator[Route]:
        endpoint = getattr(route, "endpoint", None)
        parts = split(route.path, getattr(route, "param_convertors", None) or {})
        for method, handler in answers or _answers(endpoint, getattr(route, "methods", None)):
            described = Route(method, route.path, handler, parts)
            try:
                yield self.declare(route, described)
            except Exception:  # an input that cannot be described must not hide the route
                yield described

    def _mount(self, mount: Any) -> Iterator[Route]:
        parts = split(mount.path, mount.param_convertors)
        for route in self._inner(mount):
            yield prefixed(route, mount.path, parts)

    def _inner(self, holder: Any) -> Iterator[Route]:
        """What stands below a Mount or a Host: the routes of the app there, or the app as a whole."""
        from .recognise import recognise_all

        app = holder.app
        found = False
        for inner in recognise_all(app):
            found = True
            assert inner.framework is not None
            if type(inner.app).__qualname__ == "Router" and top_package(type(inner.app)) == "starlette":
                listed = list(self.read(inner.app.routes))
            else:
                listed = inner.framework.routes(inner.app)
            yield from (prefixed(route, inner.prefix, (inner.prefix,)) for route in listed)
        if not found:
            rest = Parameter("path", "path", {"type": "string", "format": "path"}, required=False)
            methods = ("GET",) if type(app).__name__ == "StaticFiles" else _ANY
            yield from (Route(method, "/{path}", app, ("/", rest)) for method in methods)


def is_answer(kind: type) -> bool:
    """A response, which is any ASGI app."""
    return is_callable(kind)


def routes(app: Any) -> list[Route]:
    """The routes, sub-apps' included, in order of matching."""
    return list(Reader().read(app.routes))


def hosts(app: Any) -> list[str]:
    """What TrustedHostMiddleware lets through, and the Hosts that are routed on."""
    names: list[str] = []
    for middleware in getattr(app, "user_middleware", ()):
        if getattr(middleware.cls, "__name__", "") == "TrustedHostMiddleware":
            options = getattr(middleware, "kwargs", None) or getattr(middleware, "options", {})
            allowed = [name for name in options.get("allowed_hosts") or () if name != "*"]
            names += [f"www.{name[2:]}" if name.startswith("*.") else name for name in allowed]
    return names


def refused(frame: FrameType) -> Mapping[str, Any]:
    """The message that `WebSocket` refuses to send, or to receive, in the state in which it is."""
    code, values = frame.f_code, frame.f_locals
    if not code.co_filename.replace("\\", "/").endswith("starlette/websockets.py"):
        return {}
    if code.co_name == "send":
        message = values.get("message")
        return message if isinstance(message, dict) else {}
    state = getattr(values.get("self"), "application_state", None)
    reads = code.co_name.startswith("receive_") and getattr(state, "name", "") == "CONNECTING"
    return {"type": "websocket.receive"} if reads else {}


def caught(app: Any) -> list[Any]:
    """The keys of `exception_handlers`: exceptions, and statuses."""
    return list(getattr(app, "exception_handlers", None) or ())


def split(path: str, convertors: dict[str, Any]) -> Parts:
    """A path template ("/items/{id:int}") as parts."""
    parts: list[str | Parameter] = []
    end = 0
    for match in _VARIABLE.finditer(path):
        name = match["name"]
        parts += [path[end : match.start()], Parameter(name, "path", _schema(convertors.get(name)))]
        end = match.end()
    return joined([*parts, path[end:]])


def _schema(convertor: Any) -> Schema:
    known = class_names(convertor)[0]
    if known in _KNOWN:
        return _KNOWN[known]
    return anchored(str(getattr(convertor, "regex", "[^/]+")))


_KNOWN: dict[str, Schema] = {
    "starlette.convertors.StringConvertor": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
    "starlette.convertors.PathConvertor": {"type": "string", "format": "path"},
    "starlette.convertors.IntegerConvertor": {"type": "integer", "minimum": 0},
    "starlette.convertors.FloatConvertor": {"type": "number", "minimum": 0},
    "starlette.convertors.UUIDConvertor": {"type": "string", "format": "uuid"},
}


def _answers(endpoint: Any, methods: Iterable[str] | None) -> Iterator[tuple[str, Callable[..., Any] | None]]:
    """(method, handler): of a class endpoint its methods; HEAD is left out where Starlette added it to GET."""
    if isinstance(endpoint, type):
        allowed = [method for method in _METHODS if methods is None or method in methods]
        own = [(method, getattr(endpoint, method.lower(), None)) for method in allowed]
        answered = [(method, handler) for method, handler in own if handler is not None]
        yield from answered or [(method, endpoint) for method in sorted(methods or _ANY)]
        return
    listed = set(methods or _ANY)
    yield from ((method, endpoint) for method in sorted(listed) if not (method == "HEAD" and "GET" in listed))


def _host(route: Any) -> str:
    """The Host asked for; a variable in it stands for its own name."""
    return _VARIABLE.sub(lambda match: match["name"], route.host)

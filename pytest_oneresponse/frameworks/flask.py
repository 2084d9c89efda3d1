"""Flask: the rules of the app's url_map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..routes import Parameter, Route, Schema
from . import Parts, anchored, class_names, is_callable, joined, top_package

NAME = "flask"
INTERFACE = "wsgi"
APPS = ("flask.app.Flask",)
INNER = ("wsgi_app",)
RESPONSES = ("werkzeug.wrappers.response.Response",)
ERRORS = ("werkzeug.exceptions.HTTPException",)
SHORTCUTS = (
    *("flask.helpers.make_response", "flask.helpers.redirect", "flask.helpers.send_file", "flask.json.jsonify"),
    *("flask.helpers.send_from_directory", "werkzeug.utils.redirect", "werkzeug.utils.send_file"),
)
PROXIES = ()
PACKAGES = ("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker")
HEADER_SETTERS = (
    ("werkzeug.datastructures.headers", "Headers", "set"),
    ("werkzeug.datastructures.headers", "Headers", "add"),
)

SIGNALS = (("flask.signals", "got_request_exception"),)

_VARIABLE = re.compile(r"<(?:[a-zA-Z_]\w*(?:\(.*?\))?:)?(?P<name>[a-zA-Z]\w*)>")
_LENGTH = re.compile(r"\{(?P<least>\d+)(?P<open>,(?P<most>\d*))?\}$")


def is_answer(kind: type) -> bool:
    """Text, bytes, a tuple, a dict, a list, an iterator, or a response, which is any WSGI app."""
    made = issubclass(kind, (str, bytes, bytearray, tuple, dict, list)) or hasattr(kind, "__next__")
    return made or is_callable(kind)


def routes(app: Any) -> list[Route]:
    """The routes of every blueprint and of the app, in the map's order."""
    return [route for rule in app.url_map.iter_rules() for route in _of_rule(app, rule)]


def hosts(app: Any) -> list[str]:
    """SERVER_NAME and TRUSTED_HOSTS."""
    names = [app.config.get("SERVER_NAME"), *(app.config.get("TRUSTED_HOSTS") or ())]
    return [str(name).lstrip(".") for name in names if name]


def caught(app: Any) -> list[Any]:
    """What `errorhandler` was given, the blueprints' too."""
    return [kind for by_code in app.error_handler_spec.values() for kinds in by_code.values() for kind in kinds]


def new_sessions(app: Any) -> list[dict[str, Any]]:
    """Flask-Login, where the app has it, looks for the user's ID in the session."""
    return [{"_user_id": "1", "_fresh": True}] if hasattr(app, "login_manager") else []


def sealed(app: Any, session: dict[str, Any]) -> tuple[str, str] | None:
    """The cookie that Flask's own sessions are kept in; other packages keep them where only they know."""
    serializer = getattr(app.session_interface, "get_signing_serializer", lambda _: None)(app)
    return (app.config["SESSION_COOKIE_NAME"], serializer.dumps(session)) if serializer is not None else None


_CHECKS_TOKENS = "WTF_CSRF_ENABLED"


@contextmanager
def relaxed(app: Any) -> Iterator[None]:
    """Flask-WTF asks for no token, as its documentation has it for tests; a token is good for one session and one hour."""
    missing = object()
    before = app.config.get(_CHECKS_TOKENS, missing)
    app.config[_CHECKS_TOKENS] = False
    try:
        yield
    finally:
        if before is missing:
            app.config.pop(_CHECKS_TOKENS, None)
        else:
            app.config[_CHECKS_TOKENS] = before


def _of_rule(app: Any, rule: Any) -> Iterator[Route]:
    if rule.build_only or getattr(rule, "websocket", False):
        return
    view = app.view_functions.get(rule.endpoint)
    parts = _parts(rule)
    for method in sorted(rule.methods or {"GET"}):
        if not _automatic(rule, view, method):
            yield Route(method, rule.rule, _handler(view, method), parts, host=_host(app, rule))


def _automatic(rule: Any, view: Any, method: str) -> bool:
    """Whether Flask or Werkzeug added the method by itself: HEAD to every GET, OPTIONS to everything."""
    own = hasattr(getattr(view, "view_class", None), method.lower())
    if method == "HEAD":
        return "GET" in rule.methods and not own
    return method == "OPTIONS" and bool(getattr(rule, "provide_automatic_options", True)) and not own


def _handler(view: Any, method: str) -> Callable[..., Any] | None:
    """The method of a class-based view that answers; a view that keeps its logic in a base class is named itself."""
    owner = getattr(view, "view_class", None)
    if owner is None:
        return view  # type: ignore[no-any-return]
    if any(name == "flask.views.MethodView" for name in class_names(owner)):
        answer = getattr(owner, method.lower(), None)
    else:
        answer = owner.dispatch_request
    return owner if answer is None or top_package(answer) == "flask" else answer  # type: ignore[no-any-return]


def _parts(rule: Any) -> Parts:
    return _split(rule.rule, getattr(rule, "_converters", {}))


def _split(text: str, converters: dict[str, Any]) -> Parts:
    parts: list[str | Parameter] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        name = match["name"]
        parts += [text[end : match.start()], Parameter(name, "path", _schema(converters.get(name)))]
        end = match.end()
    return joined([*parts, text[end:]])


def _host(app: Any, rule: Any) -> str:
    """The Host that a rule asks for; a variable in it stands for its own name."""
    if app.url_map.host_matching:
        host = rule.host or ""
    else:
        server = app.config.get("SERVER_NAME")
        host = f"{rule.subdomain}.{server}" if rule.subdomain and server else ""
    return _VARIABLE.sub(lambda match: match["name"], host)


def _schema(converter: Any) -> Schema:
    """The JSON schema of the texts that a converter lets through."""
    for name in (known.rpartition(".")[2] for known in class_names(converter) if known.startswith("werkzeug.")):
        if name in _KNOWN and _builtin_regex(converter):
            return _KNOWN[name](converter)
    return anchored(str(getattr(converter, "regex", "[^/]+")))


def _builtin_regex(converter: Any) -> bool:
    """A subclass that brings a regex of its own is described by that, not by what it inherits from."""
    owner = next(base for base in type(converter).__mro__ if "regex" in vars(base) or base is object)
    return owner.__module__.startswith("werkzeug.")


def _number(kind: str) -> Callable[[Any], Schema]:
    def schema(converter: Any) -> Schema:
        least = converter.min
        if not converter.signed:
            least = max(0, least or 0)
        if converter.fixed_digits:
            digits = int(converter.fixed_digits)
            example = str(max(1, least or 0) if converter.max is None else min(max(1, least or 0), converter.max))
            return {"type": "string", "pattern": f"^[0-9]{{{digits}}}$", "examples": [example.zfill(digits)]}
        limits = {"minimum": least, "maximum": converter.max}
        return {"type": kind, **{key: limit for key, limit in limits.items() if limit is not None}}

    return schema


def _text(converter: Any) -> Schema:
    limits: dict[str, Any] = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    match = _LENGTH.search(converter.regex)
    if match:
        limits["minLength"] = int(match["least"])
        most = match["most"] if match["open"] else match["least"]
        if most:
            limits["maxLength"] = int(most)
    return limits


_KNOWN: dict[str, Callable[[Any], Schema]] = {
    "UnicodeConverter": _text,
    "AnyConverter": lambda converter: {"type": "string", "enum": sorted(converter.items)},
    "PathConverter": lambda converter: {"type": "string", "format": "path", "minLength": 1, "pattern": "^[^/]"},
    "IntegerConverter": _number("integer"),
    "FloatConverter": _number("number"),
    "UUIDConverter": lambda converter: {"type": "string", "format": "uuid"},
}

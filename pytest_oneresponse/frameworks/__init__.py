"""One module per framework: whose apps it knows, how their routes are listed, where their responses are built."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any, NamedTuple, Protocol, cast

from ..routes import Parameter, Route, Schema

GROUP = "pytest_oneresponse.frameworks"
"""The entry-point group through which other distributions bring a framework module."""

OWN = ("fastapi", "starlette", "flask", "django", "litestar", "webob")

Parts = tuple[str | Parameter, ...]


class Handed(NamedTuple):
    """A function whose value a framework hands to another one, by a name; an empty one where it hands it to nobody."""

    function: Any
    user: Any
    name: str


class Framework(Protocol):
    """What a framework module holds; a third party's module holds the same names."""

    NAME: str
    INTERFACE: str
    """Either "wsgi" or "asgi"; an optional INTERFACES maps single names of APPS to another one."""
    APPS: tuple[str, ...]
    """The app classes as "module.qualname"; their subclasses are meant too.

    An optional INNER names the attributes of such an app in which a wrapper may have been put.
    """
    RESPONSES: tuple[str, ...]
    """The response base classes as "module.qualname"."""
    ERRORS: tuple[str, ...]
    """The base classes of the exceptions that stand for an answer when they are raised, as "module.qualname"; optional.

    An optional STATUSES maps those of them whose objects do not hold the status of their answer to it.
    """
    SHORTCUTS: tuple[str, ...]
    """The functions that build a response, as "module.qualname"; optional."""
    PROXIES: tuple[str, ...]
    """Path suffixes of files whose response objects merely pass on an inner one."""
    PACKAGES: tuple[str, ...]
    """Top-level packages that are the framework itself."""
    HEADER_SETTERS: tuple[tuple[str, str, str], ...]
    """(module, class, method) taking (self, name, value), through which Content-Length may be declared by hand."""

    SIGNALS: tuple[tuple[str, str], ...]
    """(module, name) of the signals that tell of an exception which is answered 500; optional."""

    def is_answer(self, kind: type) -> bool:
        """Whether what a handler returns is a response by its type, or made into one; optional: without it all is."""

    def routes(self, app: Any) -> list[Route]:
        """One Route per method and template; never raises for a route that it cannot describe."""

    def hosts(self, app: Any) -> list[str]:
        """Host values that the app's own configuration asks for; may be empty."""

    def handed(self, native: Any) -> Iterator[Handed]:
        """What a route depends on, for an environ or scope that was routed; optional."""

    def refused(self, frame: FrameType) -> Mapping[str, Any]:
        """The WebSocket message that its own class refuses to send by the exception raised in a frame.

        One of type "websocket.receive" where one is asked for before the connection was accepted; empty for anything
        else; optional.
        """

    def caught(self, app: Any) -> list[Any]:
        """The exceptions that handlers were registered for with the app; optional."""

    def has_database(self) -> bool:
        """Whether a database is configured that pytest-django gives to tests; optional."""

    def apart(self) -> AbstractContextManager[Any]:
        """Around a trial and the requests before it: what they have stored is taken back; optional."""

    def new_sessions(self, app: Any) -> list[dict[str, Any]]:
        """What a session has to hold for somebody to be logged in, for each kind of user; optional."""

    def sealed(self, app: Any, session: dict[str, Any]) -> tuple[str, str] | None:
        """The name and value of the cookie by which the app has this session; None where it keeps none; optional."""

    def relaxed(self, app: Any) -> AbstractContextManager[Any]:
        """Meanwhile the app lets pass what only a browser's session gets past, as its own tests have it; optional."""


@functools.cache
def modules() -> tuple[Framework, ...]:
    """The framework modules: third parties' first, so that they may take over an app class, then our own.

    An entry point that cannot be imported is left out.
    """
    found: list[Any] = []
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            module = entry.load()
        except Exception:  # a broken plugin of somebody else must not stop the user's tests
            continue
        if module.__name__.rpartition(".")[0] != __name__:
            found.append(module)
    found += [importlib.import_module(f"{__name__}.{name}") for name in OWN]
    return tuple(cast("list[Framework]", found))


@functools.cache
def app_classes() -> dict[str, Framework]:
    """The framework module of every app class, by "module.qualname"."""
    classes: dict[str, Framework] = {}
    for module in modules():
        for name in module.APPS:
            classes.setdefault(name, module)
    return classes


def is_callable(kind: type) -> bool:
    """Whether the objects of a class can be called."""
    return any("__call__" in vars(base) for base in kind.__mro__)


def is_response(kind: type) -> bool:
    """Whether a class is a response class of a known framework."""
    return not responses().isdisjoint(class_names(kind))


@functools.cache
def responses() -> frozenset[str]:
    """The response base classes of every framework, as "module.qualname"."""
    return frozenset(name for module in modules() for name in module.RESPONSES)


@functools.cache
def errors() -> frozenset[str]:
    """The base classes of exceptions that are answers, as "module.qualname"; a third party's module may have none."""
    return frozenset(name for module in modules() for name in getattr(module, "ERRORS", ()))


def stands_for_answer(error: BaseException | type[BaseException]) -> bool:
    """Whether an exception, or its class, stands for a response."""
    names = set(class_names(error))
    return bool(names & errors() or names & responses())


@functools.cache
def statuses() -> dict[str, int]:
    """The statuses of exceptions that do not say them, by "module.qualname"."""
    known: dict[str, int] = {}
    for module in modules():
        known = {**getattr(module, "STATUSES", {}), **known}
    return known


def status_of_error(error: Any) -> int:
    """The status that the class of an exception stands for; 0 where none is known."""
    known = statuses()
    return next((known[name] for name in class_names(error) if name in known), 0)


@functools.cache
def shortcuts() -> frozenset[str]:
    """The functions of frameworks that build a response, as "module.qualname"; a third party's module may have none."""
    return frozenset(name for module in modules() for name in getattr(module, "SHORTCUTS", ()))


def is_shortcut(code: CodeType) -> bool:
    """Whether a function is one of those, whose name was not changed by a decorator."""
    for name in shortcuts():
        module, _, function = name.rpartition(".")
        if code.co_name == function and code.co_filename.replace("\\", "/").removesuffix("/__init__.py").removesuffix(
            ".py"
        ).endswith("/" + module.replace(".", "/")):
            return True
    return False


def class_names(value: Any) -> list[str]:
    """An object's class, or the class itself, and its bases, most derived first, each as "module.qualname"."""
    owner = value if isinstance(value, type) else type(value)
    return [f"{base.__module__}.{base.__qualname__}" for base in owner.__mro__]


def top_package(value: Any) -> str:
    """The top-level package in which a function or class was defined; empty where unknown."""
    return str(getattr(value, "__module__", None) or "").partition(".")[0]


def anchored(regex: str) -> Schema:
    """The schema of a text that has to match a regex as a whole."""
    return {"type": "string", "pattern": f"^(?:{regex})$" if "|" in regex else f"^{regex}$"}


def joined(parts: Sequence[str | Parameter]) -> Parts:
    """The same path with neighbouring texts made one and empty texts left out."""
    result: list[str | Parameter] = []
    for part in parts:
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        elif part != "":
            result.append(part)
    return tuple(result)


def prefixed(route: Route, template: str, parts: Parts, host: str = "") -> Route:
    """The route as it stands below a mount point; a Host of its own stays."""
    path = joined((*parts, *route.parts))
    return replace(route, template=template + route.template, parts=path, host=route.host or host)

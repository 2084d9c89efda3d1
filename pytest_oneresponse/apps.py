"""The app to be driven: imported, recognised, its routes listed, its driver made."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import CellType, FunctionType, ModuleType
from typing import Any

import pytest

from . import sites
from .contract.finding import Finding
from .contract.request import Request
from .explore.producers import Chain
from .explore.trials import Trial
from .frameworks import recognise
from .protocols import asgi, probe, wsgi
from .routes import Parameter, Route, handler_of, innermost
from .source import tree_of

Driver = wsgi.Driver | asgi.Driver
DRIVERS: dict[str, Any] = {"wsgi": wsgi.Driver, "asgi": asgi.Driver}

COMMON_HOSTS = ("localhost", "testserver", "127.0.0.1:8000", "127.0.0.1", "example.com", "www.example.com")


class NoApp(Exception):
    """The app cannot be driven; the text says why and what to do."""


@dataclass
class App:
    """An app under test. `label` is how it was named: "shop:app"."""

    label: str
    target: Any
    interface: str
    routes: list[Route]
    given: Any = None
    """What it was found in: itself, or the factory that made it."""
    hosts: tuple[str, ...] = ()
    driver: Driver | None = None
    host: str = "localhost:8000"
    host_tries: int = 3
    """How many refused routes may still be asked under other Hosts."""
    producing: dict[tuple[str, str], Chain | None] = field(default_factory=dict)
    """For a route and a name the requests up to one whose response holds an ID that is called so, once they were looked for."""
    storing_odd: dict[str, list[Trial]] = field(default_factory=dict)
    """For a route, by its name, the requests that store odd things through it, once they were looked for."""
    registered: dict[Request, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """The requests by which somebody became known to it, and the headers of its answers."""
    lifespan_judged: bool = False
    injured: bool = False
    """Whether something was made to fail in it, which may have kept what the next exchanges wait for."""
    found: list[Finding] = field(default_factory=list)
    """What its routes have broken."""
    odd: list[Trial] = field(default_factory=list)
    """The trials that were to store something odd, for the routes that were driven before."""
    holds: tuple[probe.Hold, ...] = ()
    """The WSGI apps inside, whose iterables have to be closed by those around them."""
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    """What a framework wants around each exchange that no server makes."""
    prepare: Callable[[Request], Request] = lambda request: request
    """What a framework wants of each request that no client has by itself."""
    relaxed: Callable[[], AbstractContextManager[Any]] = nullcontext
    """What a framework takes back while a route is driven, of what only a browser's session gets past."""
    new_sessions: Callable[[], list[dict[str, Any]]] = list
    """What a session has to hold for somebody to be logged in, for each kind of user."""
    seal: Callable[[Any], tuple[str, str] | None] = lambda session: None
    """The cookie by which the app has a session with a content; None where it keeps none."""
    caught: tuple[type[BaseException], ...] = ()
    """The exceptions that handlers were registered for with the app."""
    has_database: bool = False
    """Whether a database of Django's is configured, which pytest-django gives to tests that ask for it."""
    apart: Callable[[], AbstractContextManager[Any]] = nullcontext
    """What a framework wants around each trial, the requests before it included: what they have stored is taken back."""
    packages: tuple[str, ...] = field(default=())
    """Installed packages that are the user's own code here, because the app is theirs."""

    def driven_by(self, timeout: float) -> Driver:
        """The app's driver, made at its first use."""
        if self.driver is None:
            self.driver = DRIVERS[self.interface](self.target, timeout)
        self.driver.timeout = self.driver.patience = timeout
        return self.driver

    def succeeding(self, before: App) -> App:
        """This app, with what was learnt of one that was made in the same way."""
        self.host, self.host_tries = before.host, before.host_tries
        self.producing, self.storing_odd, self.found = before.producing, before.storing_odd, before.found
        self.lifespan_judged, self.injured, self.odd = before.lifespan_judged, before.injured, before.odd
        return self

    def sessions(self) -> list[dict[str, Any]]:
        """What sessions of the app hold at first; empty where it can be given none."""
        return (self.new_sessions() or [{}]) if self.seal({}) is not None else []

    def close(self) -> None:
        if self.driver is not None:
            self.driver.close()
            self.driver = None


def load(spec: str, paths: Iterable[Path] = ()) -> App:
    """The app that "MODULE:ATTR" names. Raises NoApp.

    `paths` are looked through for the module first, as a server started there would.
    """
    module_name, colon, attribute = spec.partition(":")
    if not module_name or not colon or not attribute:
        raise NoApp(f"{spec!r} names no app: write MODULE:ATTR, as in {module_name or 'shop.web'}:{attribute or 'app'}")
    for path in reversed(tuple(paths)):
        if str(path) not in sys.path:
            sys.path.insert(0, str(path))
    module = _imported(module_name, spec)
    target: Any = module
    with told_as(f"{spec}: reading it raised"):
        for name in attribute.removesuffix("()").split("."):
            try:
                target = getattr(target, name)
            except AttributeError:
                raise NoApp(f"{spec}: {_no_attribute(module, name)}") from None
    return recognised(spec, target, module_name)


def _imported(name: str, spec: str) -> ModuleType:
    with told_as(f"{spec}: importing {name} failed with"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if name.split(".")[0] != error.name:
                raise
            help_text = "run pytest where it lies, or set `pythonpath` in the ini file"
            raise NoApp(f"{spec}: there is no module {error.name!r} on sys.path; {help_text}") from error


def _no_attribute(module: ModuleType, name: str) -> str:
    near = [key for key, value in vars(module).items() if not key.startswith("_") and recognise.interface(value)]
    hint = f"; it has {', '.join(sorted(near)[:5])}" if near else ""
    return f"the module has no {name!r}{hint}"


@contextmanager
def told_as(text: str) -> Iterator[None]:
    """Whatever is raised in the block becomes a NoApp that says so after `text`; what ends a run of pytest passes."""
    try:
        yield
    except (NoApp, KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as error:
        raise NoApp(f"{text} {_said(error)}") from error


def _said(error: BaseException) -> str:
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    chain = sites.frames(sites.chain_of(error))
    own = next((frame for frame in chain if sites.Owners.is_user(frame[0].co_filename)), None)
    frame = own or next((frame for frame in chain if not sites.Owners.is_standard(frame[0].co_filename)), None)
    if frame is None:
        return told
    place = sites.place_of(*frame)
    return f"{told} ({place.file}:{place.line})"


def recognised(label: str, target: Any, module: str = "") -> App:
    """The app in an object, or in what a factory without arguments returns. Raises NoApp."""
    given, interface = target, recognise.interface(target)
    if interface is None and callable(target) and _needs_nothing(target):
        with told_as(f"{label}: the factory raised"):
            target = target()
        interface = recognise.interface(target)
    if interface is None:
        raise NoApp(
            f"{label} is {_described(target)}, which is neither a WSGI app (environ, start_response), "
            "nor an ASGI app (scope, receive, send), nor a factory of one that takes no arguments"
        )
    routes = listed(target, module)
    return App(
        label,
        target,
        interface,
        routes,
        given,
        hosts=tuple(dict.fromkeys((*_safely(recognise.hosts_of, target), *COMMON_HOSTS))),
        holds=tuple(_safely(_holds, target)),
        around=_optional(target, f"around_{interface}", _optional(target, "around", nullcontext)),
        prepare=_optional(target, "prepare", lambda request: request),
        relaxed=functools.partial(_relaxed, target),
        new_sessions=functools.partial(_new_sessions, target),
        seal=functools.partial(_sealed, target),
        caught=tuple(_safely(recognise.caught_by, target)),
        has_database=_has_database(target),
        apart=_optional(target, "apart", nullcontext),
        packages=(*_own_packages(module), *_packages_of(target, routes)),
    )


def _described(target: Any) -> str:
    return (
        f"{target!r:.60}" if isinstance(target, (str, int, float, type(None))) else f"of type {type(target).__name__}"
    )


def _needs_nothing(target: Any) -> bool:
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(
        parameter.default is not parameter.empty or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        for parameter in parameters
    )


def listed(target: Any, module: str = "") -> list[Route]:
    """The app's routes; for an app without a router that is known one, whose path is an input. `module`: where it was found."""
    routes = _safely(recognise.routes_of, target)
    unique: dict[str, Route] = {}
    for route in routes:
        unique.setdefault(route.name, route)
    return list(unique.values()) or [bare(target, module)]


def bare(target: Any, module: str = "") -> Route:
    """The one route of an app without a router that is known."""
    paths = tuple(dict.fromkeys(("/", *_paths_in(innermost(target), module))))
    parameter = Parameter("path", "path", {"type": "string", "format": "path", "enum": list(paths)})
    return Route("GET", "{path}", target, (parameter,))


_PATH = re.compile(r"/[A-Za-z0-9_./~-]{0,60}")
_PARAMETER = re.compile(r"<[^<>/]*>|\{[^{}/]*\}|(?<=/):\w+")
_MOST_PATHS = 20


def _paths_in(target: Any, module: str) -> list[str]:
    """The texts in an app's own modules that look like paths: a router written by hand, or unknown here, is given such.

    What stands for a parameter in them (`<id>`, `{id}`, `:id`) is 1.
    """
    function = target if isinstance(target, FunctionType) else getattr(type(target), "__call__", None)  # noqa: B004
    names = dict.fromkeys((getattr(function, "__module__", None) or "", module))
    files = [getattr(sys.modules.get(name), "__file__", None) for name in names]
    own = [
        file
        for file in files
        if file is not None and not sites.Owners.package(file) and not sites.Owners.is_standard(file)
    ]
    found = [_PARAMETER.sub("1", text) for file in own for text in _texts(tree_of(file))]
    return list(dict.fromkeys(text for text in found if _PATH.fullmatch(text)))[:_MOST_PATHS]


def _texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, in their order."""
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    for node in sorted(constants, key=lambda one: (one.lineno, one.col_offset)):
        if isinstance(node.value, str):
            yield node.value
        elif isinstance(node.value, bytes) and node.value.isascii():
            yield node.value.decode()


def _safely(list_of: Any, target: Any) -> list[Any]:
    """What a listing gives, or nothing: an app whose own configuration raises is driven as a bare one."""
    try:
        return list(list_of(target))
    except Exception:
        return []


def _optional(target: Any, name: str, default: Callable[..., Any]) -> Callable[..., Any]:
    """What one of the app's frameworks offers under a name; the default where none does."""
    offered = (getattr(found.framework, name, None) for found in recognise.recognise_all(target))
    return next((one for one in offered if one is not None), default)


@contextmanager
def _relaxed(target: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for found in recognise.recognise_all(target):
            relaxed = getattr(found.framework, "relaxed", None)
            if relaxed is not None:
                stack.enter_context(relaxed(found.app))
        yield


def _new_sessions(target: Any) -> list[dict[str, Any]]:
    offered = ((getattr(found.framework, "new_sessions", None), found.app) for found in recognise.recognise_all(target))
    return _safely(lambda _: next((sessions(app) for sessions, app in offered if sessions is not None), []), target)


def _sealed(target: Any, session: Any) -> tuple[str, str] | None:
    for found in recognise.recognise_all(target):
        sealed = getattr(found.framework, "sealed", None)
        try:
            cookie: tuple[str, str] | None = sealed(found.app, session) if sealed is not None else None
        except Exception:  # what the app keeps its sessions in is not to be had now
            continue
        if cookie is not None:
            return cookie
    return None


def _holds(target: Any) -> Iterable[probe.Hold]:
    for holder, via in recognise.inner_wsgi(target):
        inner = via.cell_contents if isinstance(via, CellType) else getattr(holder, via)
        yield probe.Hold(holder, via, inner)


def _has_database(target: Any) -> bool:
    return bool(_optional(target, "has_database", bool)())


def _own_packages(module: str) -> tuple[str, ...]:
    return (module.partition(".")[0],) if module else ()


def _packages_of(target: Any, routes: Iterable[Route]) -> tuple[str, ...]:
    """The installed package whose app a module of the user's has merely taken: its modules hold the app, and all handlers."""
    handlers = [handler for route in routes if (handler := handler_of(route.handler)) is not None]
    packages = {sites.Owners.package(one.file) for one in handlers if not sites.Owners.is_framework(one.file)}
    if len(packages) != 1 or not (package := packages.pop()):
        return ()
    own = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == package]
    return (package,) if any(value is target for module in own for value in vars(module).values()) else ()

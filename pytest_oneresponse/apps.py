"""The app to be driven: imported, recognised, its routes listed, its driver made."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .frameworks import recognise
from .protocols import asgi, wsgi
from .routes import Parameter, Route, innermost

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
    hosts: tuple[str, ...] = ()
    driver: Driver | None = None
    host: str = "localhost:8000"
    host_tries: int = 3
    """How many refused routes may still be asked under other Hosts."""
    django: bool = False
    packages: tuple[str, ...] = field(default=())
    """Installed packages that are the user's own code here, because the app is theirs."""

    def driven_by(self, timeout: float) -> Driver:
        """The app's driver, made at its first use."""
        if self.driver is None:
            self.driver = DRIVERS[self.interface](self.target, timeout)
        self.driver.timeout = timeout
        return self.driver

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
        raise NoApp(f"{spec!r} names no app: write MODULE:ATTR, as in shop.web:app")
    for path in paths:
        if str(path) not in sys.path:
            sys.path.insert(0, str(path))
    module = _imported(module_name, spec)
    target: Any = module
    for name in attribute.removesuffix("()").split("."):
        try:
            target = getattr(target, name)
        except AttributeError:
            raise NoApp(f"{spec}: {_no_attribute(module, name)}") from None
    return recognised(spec, target, module_name)


def _imported(name: str, spec: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and name.split(".")[0] == error.name:
            told = f"there is no module {error.name!r} on sys.path; run pytest where it lies, or set `pythonpath` in the ini file"
        else:
            told = f"importing {name} failed with {_said(error)}"
        raise NoApp(f"{spec}: {told}") from error


def _no_attribute(module: ModuleType, name: str) -> str:
    near = [key for key, value in vars(module).items() if not key.startswith("_") and recognise.interface(value)]
    hint = f"; it has {', '.join(sorted(near)[:5])}" if near else ""
    return f"the module has no {name!r}{hint}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def recognised(label: str, target: Any, module: str = "") -> App:
    """The app in an object, or in what a factory without arguments returns. Raises NoApp."""
    interface = recognise.interface(target)
    if interface is None and callable(target) and _needs_nothing(target):
        try:
            target = target()
        except (Exception, SystemExit) as error:
            raise NoApp(f"{label}: the factory raised {_said(error)}") from error
        interface = recognise.interface(target)
    if interface is None:
        raise NoApp(
            f"{label} is {_described(target)}, which is neither a WSGI app (environ, start_response), "
            "nor an ASGI app (scope, receive, send), nor a factory of one that takes no arguments"
        )
    return App(
        label,
        target,
        interface,
        listed(target),
        hosts=tuple(dict.fromkeys((*_safely(recognise.hosts_of, target), *COMMON_HOSTS))),
        django=_is_django(target),
        packages=_own_packages(module),
    )


def _described(target: Any) -> str:
    return f"{target!r:.60}" if isinstance(target, (str, int, float, type(None))) else f"of type {type(target).__name__}"


def _needs_nothing(target: Any) -> bool:
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(
        parameter.default is not parameter.empty or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        for parameter in parameters
    )


def listed(target: Any) -> list[Route]:
    """The app's routes; for an app without a router one, whose path is an input."""
    routes = _safely(recognise.routes_of, target)
    unique: dict[str, Route] = {}
    for route in routes:
        unique.setdefault(route.name, route)
    return list(unique.values()) or [bare(target)]


def bare(target: Any) -> Route:
    """The one route of an app without a router."""
    paths = tuple(dict.fromkeys(("/", *_path_constants(innermost(target)))))
    parameter = Parameter("path", "path", {"type": "string", "format": "path", "enum": list(paths)})
    return Route("GET", "{path}", target, (parameter,))


_PATH = re.compile(r"/[A-Za-z0-9_./~-]{0,60}")
_MOST_PATHS = 20


def _path_constants(target: Any) -> list[str]:
    """The texts in an app's module that look like paths of its own: a router written by hand compares with them."""
    function = target if isinstance(target, FunctionType) else getattr(type(target), "__call__", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    if module is None or file is None or "site-packages" in file:
        return []
    codes = [value.__code__ for value in vars(module).values() if isinstance(value, FunctionType)]
    if isinstance(function, FunctionType):
        codes.insert(0, function.__code__)
    found = [text for code in codes if code.co_filename == file for text in _texts(code) if _PATH.fullmatch(text)]
    return list(dict.fromkeys(found))[:_MOST_PATHS]


def _texts(code: CodeType) -> Iterable[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, bytes) and constant.isascii():
            yield constant.decode()
        elif isinstance(constant, (tuple, frozenset)):
            yield from (item for item in constant if isinstance(item, str))
        elif isinstance(constant, CodeType):
            yield from _texts(constant)


def _safely(list_of: Any, target: Any) -> list[Any]:
    """What a listing gives, or nothing: an app whose own configuration raises is driven as a bare one."""
    try:
        return list(list_of(target))
    except Exception:
        return []


def _is_django(target: Any) -> bool:
    return any(found.framework and found.framework.NAME == "django" for found in recognise.recognise_all(target))


def _own_packages(module: str) -> tuple[str, ...]:
    return (module.partition(".")[0],) if module else ()

"""From whatever the user hands over to the framework apps inside it, without importing a framework."""

from __future__ import annotations

import functools
import inspect
import types
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..routes import Route
from . import Framework, app_classes, class_names, prefixed

DEPTH = 8
OBJECTS = 600
WIDTH = 64
"""How deep, how far and how much of one container the search looks: a wrong guess must stay cheap."""

USUAL = ("app", "wsgi_app", "asgi_app", "application", "_app", "__wrapped__", "wrapped", "inner", "mounts", "apps")
"""Where middleware keeps the app that it wraps: looked at before all other attributes."""

_PLAIN: tuple[type, ...] = (str, bytes, bytearray, int, float, complex, type(None), type)
_PLAIN += (types.ModuleType, types.CodeType, types.FrameType)


class Step(NamedTuple):
    """One step inwards: `via` is an attribute's name, a mapping's key, a sequence's index, or a closure's cell."""

    holder: Any
    via: Any


class Recognised(NamedTuple):
    """A framework app and the way to it from the outermost callable, outermost step first.

    Without a framework, `app` is the outermost callable itself. `prefix` is the path below which the app is mounted,
    as far as the mappings on the way tell.
    """

    framework: Framework | None
    app: Any
    path: tuple[Step, ...] = ()
    prefix: str = ""


def recognise(app: Any) -> Recognised:
    """The framework app nearest to the outermost callable; never raises."""
    return next(recognise_all(app), Recognised(None, app))


def recognise_all(app: Any) -> Iterator[Recognised]:
    """Every framework app found inside, nearest first: the mounts of a dispatcher too; never raises.

    The search does not enter a framework app, save for the attributes in which its module says that a wrapper
    may have been put (INNER).
    """
    waiting: deque[tuple[Any, tuple[Step, ...], str]] = deque([(app, (), "")])
    seen: dict[int, Any] = {id(app): app}  # keeps what it names alive, so that no id comes twice
    looked = 0
    while waiting and looked < OBJECTS:
        current, path, prefix = waiting.popleft()
        looked += 1
        framework = _framework(current)
        if framework is not None:
            yield Recognised(framework, current, path, prefix)
        if len(path) >= DEPTH:
            continue
        for via, value in _inside(current, framework):
            if isinstance(value, _PLAIN) or id(value) in seen:
                continue
            seen[id(value)] = value
            waiting.append((value, (*path, Step(current, via)), _below(prefix, current, via)))


def inner_wsgi(app: Any) -> list[Step]:
    """Where WSGI apps are held inside an app, by attributes and closures that can be set; never raises."""
    waiting: deque[tuple[Any, int]] = deque([(app, 0)])
    seen: dict[int, Any] = {id(app): app}
    found: list[Step] = []
    while waiting and len(seen) < OBJECTS:
        current, depth = waiting.popleft()
        framework = _framework(current)
        if depth >= DEPTH or (framework is not None and framework.INTERFACE == "asgi"):
            continue
        for via, value in _inside(current, framework):
            if isinstance(value, _PLAIN) or id(value) in seen:
                continue
            seen[id(value)] = value
            settable = isinstance(via, types.CellType) or (isinstance(via, str) and via in USUAL)
            if settable and not isinstance(current, dict) and callable(value) and _speaks_wsgi(value):
                found.append(Step(current, via))
            waiting.append((value, depth + 1))
    return found


def _speaks_wsgi(value: Any) -> bool:
    try:
        return not isinstance(value, type) and interface(value) == "wsgi"
    except Exception:  # a callable may answer anything to being looked at
        return False


def interface(app: Any) -> str | None:
    """What the outermost callable speaks, "wsgi" or "asgi"; None where neither its class nor its signature tells."""
    for name in () if isinstance(app, type) else class_names(app):
        module = app_classes().get(name)
        if module is not None:
            return str(getattr(module, "INTERFACES", {}).get(name, module.INTERFACE))
    if not callable(app):
        return None
    told = _told(app)
    if told is not None:
        return told
    inner = recognise(app)
    return interface(inner.app) if inner.path and _passes_on(app) else None


def routes_of(app: Any) -> list[Route]:
    """The routes of every framework app inside, below their mount points; those that come twice are kept once."""
    routes: list[Route] = []
    known: set[tuple[str, str, str, int]] = set()
    for found in recognise_all(app):
        assert found.framework is not None
        for route in found.framework.routes(found.app):
            route = prefixed(route, found.prefix, (found.prefix,)) if found.prefix else route
            key = (route.method, route.template, route.host, id(route.handler))
            if key not in known:
                known.add(key)
                routes.append(route)
    return routes


def is_answer(app: Any, kind: type) -> bool:
    """Whether a handler of the app's framework has answered by returning a value of a type."""
    tests = [getattr(found.framework, "is_answer", None) for found in recognise_all(app)]
    return not tests or any(test is None or test(kind) for test in tests)


def hosts_of(app: Any) -> list[str]:
    """The Host values that the configuration of the apps inside asks for, without repeats."""
    hosts = [host for found in recognise_all(app) if found.framework for host in found.framework.hosts(found.app)]
    return list(dict.fromkeys(hosts))


def caught_by(app: Any) -> list[type[BaseException]]:
    """The exceptions that handlers were registered for with the apps inside, without repeats."""
    found: list[Any] = []
    for one in recognise_all(app):
        offered = getattr(one.framework, "caught", None)
        found += offered(one.app) if offered is not None else ()
    return list(dict.fromkeys(kind for kind in found if isinstance(kind, type) and issubclass(kind, BaseException)))


def _framework(value: Any) -> Framework | None:
    if isinstance(value, type):
        return None
    try:
        names = class_names(value)
    except Exception:  # a class may override anything
        return None
    classes = app_classes()
    return next((classes[name] for name in names if name in classes), None)


def _below(prefix: str, holder: Any, via: Any) -> str:
    """A mapping from paths to apps is how dispatchers keep their mounts."""
    if isinstance(holder, dict) and isinstance(via, str) and via.startswith("/"):
        return prefix + via.rstrip("/")
    return prefix


def _inside(value: Any, framework: Framework | None) -> Iterator[tuple[Any, Any]]:
    """The (via, value) pairs one step further in."""
    if framework is not None:
        own = _attributes(value)
        yield from ((name, own[name]) for name in getattr(framework, "INNER", ()) if name in own)
    elif isinstance(value, dict):
        yield from list(value.items())[:WIDTH]
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value[:WIDTH])
    elif isinstance(value, functools.partial):
        yield "func", value.func
        yield "args", value.args
        yield "keywords", value.keywords
    elif inspect.ismethod(value):
        yield "__self__", value.__self__
        yield "__func__", value.__func__
    elif inspect.isfunction(value):
        yield from _of_function(value)
    else:
        yield from _of_object(value)


def _of_function(function: types.FunctionType) -> Iterator[tuple[Any, Any]]:
    for cell in function.__closure__ or ():
        try:
            yield cell, cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from list(vars(function).items())[:WIDTH]
    yield "__defaults__", function.__defaults__
    yield "__kwdefaults__", function.__kwdefaults__
    names = function.__code__.co_names[:WIDTH]
    yield from ((name, function.__globals__[name]) for name in names if name in function.__globals__)


def _of_object(value: Any) -> Iterator[tuple[Any, Any]]:
    attributes = _attributes(value)
    names = [name for name in USUAL if name in attributes]
    names += [name for name in attributes if name not in USUAL]
    yield from ((name, attributes[name]) for name in names[:WIDTH])
    call = _call(value)
    if inspect.isfunction(call):
        yield "__call__", call


def _attributes(value: Any) -> dict[str, Any]:
    """What an object holds, in its dict and its slots; properties and `__getattr__` are not run."""
    try:
        attributes = dict(object.__getattribute__(value, "__dict__"))
    except Exception:  # no dict, or a proxy with nothing behind it
        attributes = {}
    for base in type(value).__mro__:
        for name, slot in list(vars(base).items())[:WIDTH]:
            if isinstance(slot, types.MemberDescriptorType):
                try:
                    attributes.setdefault(name, slot.__get__(value))
                except Exception:  # an empty slot
                    continue
    return attributes


def _call(value: Any) -> Any:
    return inspect.getattr_static(type(value), "__call__", None)


def _signature(app: Any, wrapped: bool) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(app, follow_wrapped=wrapped).parameters.values())
    except (TypeError, ValueError):
        return []


def _told(app: Any) -> str | None:
    """The interface that a signature tells, the callable's own before that of what it wraps."""
    for wrapped in (False, True):
        parameters = _signature(app, wrapped)
        positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        names = [one.name.strip("_") for one in positional]
        if names[:3] == ["scope", "receive", "send"]:
            return "asgi"
        if names[:2] == ["environ", "start_response"]:
            return "wsgi"
        required = sum(one.default is one.empty for one in positional)
        if required > 3 or any(one.kind is one.KEYWORD_ONLY and one.default is one.empty for one in parameters):
            continue
        if _is_async(app):
            if required <= 3 <= len(positional):
                return "asgi"
        elif required == 2 and not isinstance(app, type) and not (inspect.isfunction(app) and _means_else(names)):
            return "wsgi"
    return None


def _means_else(names: list[str]) -> bool:
    """Whether a function of two parameters calls them what no WSGI app does, as `create_app(config, settings)`."""
    return len(names[0]) > 2 and not names[0].startswith("env") and not names[1].startswith(("start", "respond"))


def _passes_on(app: Any) -> bool:
    """Whether it takes whatever comes: then it speaks what the app inside speaks."""
    return any(one.kind is one.VAR_POSITIONAL for one in _signature(app, False))


def _is_async(app: Any) -> bool:
    while isinstance(app, functools.partial):
        app = app.func
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(_call(app))

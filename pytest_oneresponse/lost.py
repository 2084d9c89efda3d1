"""Answers that come to nothing: built and thrown away, or raised and caught as any exception would be."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from . import frameworks, sites
from .contract.events import Lost, Swallowed
from .exchange import Exchange, Watcher
from .owners import Owners
from .sites import Proxies, Site
from .source import function_of, own_nodes

_new = tuple.__new__  # as in exchange.py


def note_lost(exchange: Exchange, rule: str, value: Any, frame: FrameType, level: str = "", detail: str = "") -> None:
    """An answer is being thrown away by the code that runs in `frame`: a response that was built for this exchange.

    `level`: the mildest that the finding may have. `detail`: what is said of it, where that is not what is always said.
    """
    chain = sites.walk(frame)[0]
    built = exchange.built.get(id(value)) if exchange.built else None
    # A class that allows no weak references: whatever else was built at this address has been noted since.
    if built and (built.response is None or built.response() is value):
        if frame.f_code not in built.chain[::2] or Proxies.passes_on(built.chain):
            return  # it came back through a framework, as what a middleware replaces does
        origin = built.chain
    elif rule == "orphan-response":
        return  # it answered another request, of a client that the app itself uses
    elif isinstance(value, BaseException) and value.__traceback__ is not None:
        return  # it was raised, and caught
    else:
        left = list((exchange.left or {}).values())
        maker = next((one for one in left if one.value == id(value) and one.kind is type(value)), None)
        origin = (maker.code, maker.instruction, *chain) if maker else chain
    more = any(map(does_more, _helpers(origin, frame.f_code)))
    is_super = _calls_super(frame)
    if more and is_super:
        return  # as what a view inherits stores a form, and another answer is sent for it
    level = level or ("practice" if more or is_super else "")
    exchange.add(
        Lost(rule, detail or told(value, rule), _new(Site, (chain, sites.NO_SENDER, origin, -1, (), ())), level)
    )
    Watcher.lost()


def _helpers(origin: sites.Chain, code: CodeType) -> Iterator[CodeType]:
    """The functions between the one that throws an answer away and where it was built, without what only builds responses."""
    between = list(itertools.takewhile(lambda one: one is not code, origin[::2]))
    for one in reversed(between):
        if one.co_name in ("__init__", "__new__") or frameworks.is_shortcut(one):
            return
        yield one


def _calls_super(frame: FrameType) -> bool:
    """Whether a function throws away what the one has given that it stands in for: `super().create(request)` in `create`."""
    node, line = function_of(frame.f_code), frame.f_lineno
    if node is None:
        return False
    for one in own_nodes(node.body):
        if isinstance(one, (ast.Expr, ast.Assign)) and one.lineno <= line <= (one.end_lineno or line):
            call = one.value.value if isinstance(one.value, ast.Await) else one.value
            function = call.func if isinstance(call, ast.Call) else None
            if isinstance(function, ast.Attribute) and function.attr == node.name:
                inner = function.value
                return isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super"
    return False


def does_more(code: CodeType) -> bool:
    """Whether a function does something beside answering, so that it may be called for that, and its answer not be wanted.

    To tell of it, in a log or to the user, is nothing more; nor is what is done to the answer itself, nor, in code that
    is not the user's, to what the function has made itself.
    """
    node = function_of(code)
    if node is None:
        return False
    nodes = list(own_nodes(node.body))
    own = {one.value.id for one in nodes if isinstance(one, ast.Return) and isinstance(one.value, ast.Name)}
    if not sites.is_users(code):
        made = (one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
        own |= {*made, *(one.arg for one in (node.args.kwarg, node.args.vararg) if one is not None)}
    return any(_changes(one, own) for one in nodes)


def _changes(node: ast.AST, own: set[str]) -> bool:
    """Whether a statement changes what is not among the function's `own` objects."""
    if isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(call, ast.Call) and not _TELLING & set(_names(call.func)) and _names(call.func)[-1] not in own
    if isinstance(node, (ast.Assign, ast.Delete)):
        return any(
            isinstance(one, (ast.Attribute, ast.Subscript)) and _names(one)[-1] not in own for one in node.targets
        )
    return False


_LOGS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log", "logger", "logging")
_TELLING = frozenset((*_LOGS, "print", "flash", "messages", "capture_exception", "capture_message", "log_response"))


def _names(node: ast.expr) -> list[str]:
    """The names of a dotted expression, the innermost last; calls and subscripts on the way are passed by."""
    names = []
    inner: ast.expr | None = node
    while inner is not None:
        if isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        elif isinstance(inner, ast.Subscript):
            inner = inner.value
        elif isinstance(inner, ast.Call):
            inner = inner.func
        else:
            names.append(inner.id if isinstance(inner, ast.Name) else "")
            inner = None
    return names


def note_swallowed(exchange: Exchange, error: BaseException, frame: FrameType) -> None:
    """An exception that stands for an answer was caught, by the code that runs in `frame`, as any other would be.

    In a framework's own checkout its code is the user's: there it only passes exceptions to the handlers of the app.
    """
    status = status_of(error)
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    if status and package not in Owners.frameworks:
        name = f"{type(error).__name__} ({status})"
        site = _new(Site, (sites.walk(frame)[0], sites.NO_SENDER, sites.chain_of(error), -1, (), ()))
        event = Swallowed(status, name, site)
        exchange.add(event)
        exchange.caught = (*exchange.caught, (event, error, frame.f_code))


def told(value: Any, rule: str, how: str = "was built, and") -> str:
    """What became of an answer that was lost, in one sentence: its class, and its status where it says it."""
    name = type(value).__name__ if rule == "unraised-error" else "a response"
    status = status_of(value)
    fate = "neither raised nor returned" if rule == "unraised-error" else "neither sent nor returned"
    return f"{name}{f' ({status})' if status else ''} {how} {fate}"


def status_of(value: Any) -> int:
    """The status of a response or an HTTP exception, under the names that frameworks use; 0 where it does not say it."""
    codes = (getattr(value, attribute, None) for attribute in ("status_code", "code", "status"))
    known = next((int(code) for code in codes if isinstance(code, int)), 0)
    inner = getattr(value, "response", None)  # an exception that was made of a response
    return known or frameworks.status_of_error(value) or (status_of(inner) if inner is not None else 0)

"""Answers that a function returns to a framework which sends no such thing on, but hands it to another function: dependencies."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from . import frameworks, sites
from .contract.events import Lost, Start
from .exchange import Exchange, Left
from .marks import rule_of
from .routes import innermost
from .sites import Site
from .source import function_of, own_nodes


def note(exchange: Exchange) -> None:
    """An exchange has ended: a response that a dependency returned, and that nobody has sent, was lost there."""
    answers = [
        one
        for one in (exchange.left or {}).values()
        if rule_of(one.kind) == "orphan-response" and (one.caller is None or not sites.is_users(one.caller))
    ]
    for left in answers:
        users = [one for one in dependants(exchange.native) if _code(one.function) is left.code]
        if users and not any(_looks_at(_code(one.user), one.name) for one in users):
            _note(exchange, left)


def dependants(native: Any) -> Iterator[frameworks.Handed]:
    """The functions whose values frameworks hand to others, for a request that was routed."""
    for handed in _known():
        yield from handed(native)


@functools.cache
def _known() -> list[Callable[[Any], Iterator[frameworks.Handed]]]:
    return [module.handed for module in frameworks.modules() if hasattr(module, "handed")]


def _note(exchange: Exchange, left: Left) -> None:
    built = (exchange.built or {}).get(left.value)
    if built is None or left.code not in built.chain[::2]:
        return  # the framework's own, which it had been given: what is set there is sent
    here, chain = (left.code, left.instruction), built.chain
    starts = [event.site for event in exchange.events if isinstance(event, Start)]
    if any(isinstance(site, Site) and site.origin == chain for site in starts):
        return
    name = left.code.co_qualname.rpartition("<locals>.")[2]
    detail = f"the dependency {name} returned a response, which was handed on as a value, and not sent"
    event = Lost("orphan-response", detail, Site(here, sites.NO_SENDER, chain), mend=_MEND)
    exchange.events.insert(len(exchange.events) - 1, event)  # before the app's end: what comes after that is late


_MEND = (
    "A dependency answers by raising alone: `raise HTTPException(...)`, or an exception of your own whose handler gives "
    "the response."
)


def _code(function: Any) -> CodeType | None:
    return getattr(innermost(function), "__code__", None) if function is not None else None


def _looks_at(code: CodeType | None, name: str) -> bool:
    """Whether a function may send on what it is given by a name, or asks what it is; so where its source is not known."""
    if not name:
        return False  # it is not given at all
    node = function_of(code) if code is not None else None
    return node is None or any(_is_looked_at(one, name) for one in own_nodes(node.body))


def _is_looked_at(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call):
        asks = isinstance(node.func, ast.Name) and node.func.id in _ASKING
        return any(_is(one, name) for one in ((*node.args, node.func) if asks else (node.func,)))
    if isinstance(node, (ast.Return, ast.Assign, ast.NamedExpr)):
        return node.value is not None and _may_be(node.value, name)
    if isinstance(node, ast.Match):
        return _is(node.subject, name)
    return isinstance(node, ast.Raise) and node.exc is not None and _may_be(node.exc, name)


_ASKING = frozenset(("isinstance", "type", "hasattr", "getattr", "callable"))


def _may_be(value: ast.expr, name: str) -> bool:
    """Whether the value of an expression may be what has a name, or be made of it by a function."""
    if isinstance(value, ast.IfExp):
        return _may_be(value.body, name) or _may_be(value.orelse, name)
    if isinstance(value, ast.BoolOp):
        return any(_may_be(one, name) for one in value.values)
    if isinstance(value, ast.Await):
        return _may_be(value.value, name)
    if isinstance(value, ast.Call):
        return any(_is(one, name) for one in (*value.args, *(keyword.value for keyword in value.keywords)))
    return _is(value, name)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name

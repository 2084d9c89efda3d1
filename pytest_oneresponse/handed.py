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
from .source import function_of


def note(exchange: Exchange) -> None:
    """An exchange has ended: a response that a dependency returned, and that nobody has sent, was lost there."""
    every = list((exchange.left or {}).values())  # a thread of the app's may still run
    answers = [one for one in every if rule_of(one.kind) == "orphan-response"]
    to_framework = [one for one in answers if one.caller is None or not sites.is_users(one.caller)]
    for left in to_framework:
        if any(one.value == left.value and one is not left for one in to_framework):
            continue  # another function has returned it too
        users = [one for one in dependants(exchange.native) if _code(one.function) is left.code]
        if users and not any(_looks_at(one.user, one.name, left.kind) for one in users):
            _note(exchange, left)


def dependants(native: Any) -> Iterator[frameworks.Handed]:
    """The functions whose values frameworks hand to others, for a request that was routed."""
    for handed in _known():
        try:
            yield from list(handed(native))
        except Exception:  # a scope holds whatever an app puts there
            continue


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


def _looks_at(function: Any, name: str, kind: type = object) -> bool:
    """Whether a function may see that it is given a response, of the class `kind`, by a name; so where its source is not known.

    It does not where it has no use for the name, or takes what the name stands for as data: as a part of a dict or of a
    text, in a calculation, by a key, or by an attribute that responses do not have.
    """
    if not name:
        return False  # it is not given at all
    code = _code(function)
    node = function_of(code) if code is not None else None
    if node is None or hasattr(function, "__wrapped__"):
        return True  # a decorator may look at it
    inside = [one for statement in node.body for one in ast.walk(statement)]
    as_data = [one for parent in inside for one in _as_data(parent, kind)]
    reads = sum(_reads(one, name) for one in inside)
    return reads > sum(_reads(one, name) for one in as_data)


def _as_data(node: ast.AST, kind: type) -> list[ast.expr]:
    """The parts of an expression that are taken as data, whatever they are."""
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, (ast.FormattedValue, ast.Subscript)):
        return [node.value]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CONVERTING:
        return node.args
    alien = isinstance(node, ast.Attribute) and node.attr not in _OF_RESPONSES and not hasattr(kind, node.attr)
    return [node.value] if isinstance(node, ast.Attribute) and alien else []


_CONVERTING = frozenset(("str", "repr", "int", "float", "len", "format", "dict", "list", "set", "sorted", "sum"))
_OF_RESPONSES = frozenset(
    (
        *("status_code", "headers", "raw_headers", "body", "content", "background", "cookies", "media_type", "charset"),
        *("body_iterator", "path", "filename", "url", "template", "context", "encoding", "etag"),
    )
)
"""Attributes that responses have without their classes."""


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)

"""Lost answers that no request has reached, found by reading a handler instead of running it.

The question is that of orphan-response and unraised-error: an expression statement whose value is a response, or an
exception that stands for an answer. What a name means is asked of the handler's own module, as it was imported; nothing
is called for it. What cannot be told for certain is let be.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

from .. import frameworks, sites
from ..contract import rules
from ..contract.finding import Finding, Place
from ..marks import rule_of
from ..routes import Route, innermost, line_place
from ..source import Function, function_of, own_nodes

_DEPTH = 3
"""Through so many helpers a value is followed."""
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def findings(route: Route, known: Iterable[Finding], test: str = "") -> list[Finding]:
    """What a route's handler would lose on lines that none of the `known` findings names, at practice level."""
    lines = ((one.rule, place) for one in known for place in (one.where, one.dropped) if place is not None)
    told = {(rule, place.file, place.line) for rule, place in lines}
    return [
        _finding(rule, place, route, test)
        for rule, place in lost(route.handler)
        if (rule, place.file, place.line) not in told
    ]


def _finding(name: str, place: Place, route: Route, test: str) -> Finding:
    rule = rules.RULES[name]
    what = "an HTTP exception is built here and not raised" if name == "unraised-error" else "a response is lost here"
    return Finding(
        rule=name,
        level=rules.Level.PRACTICE.value,
        route=route.name,
        message=f"{what}, on a line that no request has reached",
        where=place,
        where_label=rule.where,
        stack=(place,),
        test=test,
    )


def lost(handler: Any) -> Iterator[tuple[str, Place]]:
    """Each expression statement of a handler that throws an answer away: the rule that it breaks, and its place."""
    target = innermost(handler) if handler is not None else None
    functions = [target] if inspect.isfunction(target) else _methods(target)
    for function in functions:
        node = function_of(function.__code__)
        if node is None or not sites.Owners.is_user(function.__code__.co_filename):
            continue
        names = _Names(function.__globals__, node)
        for statement in ast.walk(node):
            if isinstance(statement, ast.Expr) and (rule := names.rule(statement.value, _DEPTH)):
                yield rule, _place(function, statement)


def _methods(target: Any) -> list[FunctionType]:
    return [value for value in vars(target).values() if inspect.isfunction(value)] if inspect.isclass(target) else []


def _place(function: FunctionType, node: ast.stmt) -> Place:
    code = function.__code__
    end = (node.end_col_offset or 0) + 1 if node.end_lineno == node.lineno else 0
    line = line_place(code.co_filename, node.lineno, code.co_qualname)
    return replace(line, column=node.col_offset + 1, end_column=end)


class _Names:
    """What the names in a function mean."""

    def __init__(self, module: Mapping[str, Any], node: Function) -> None:
        self.module = module
        stored = (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
        arguments = (one.arg for one in ast.walk(node) if isinstance(one, ast.arg))
        inner = (one.name for one in ast.walk(node) if isinstance(one, _NAMED))
        self.own = {*stored, *arguments, *inner} - {node.name}

    def rule(self, value: ast.expr, depth: int) -> str:
        """The rule that is broken where a value is thrown away; empty where it is not known to be an answer."""
        if isinstance(value, ast.Tuple) and value.elts:
            value = value.elts[0]
        awaited = isinstance(value, ast.Await)
        call = value.value if isinstance(value, ast.Await) else value
        if not isinstance(call, ast.Call):
            return ""
        made = self.meaning(call.func)
        if inspect.isclass(made):
            return "" if awaited else rule_of(made)
        if not inspect.isfunction(made) or inspect.iscoroutinefunction(made) != awaited:
            return ""
        if f"{made.__module__}.{made.__qualname__}" in frameworks.shortcuts():
            return "orphan-response"
        return self.returned(made, depth - 1) if depth > 1 else ""

    def returned(self, function: FunctionType, depth: int) -> str:
        """The same for what a function of the user's returns, where it returns nothing else."""
        node = function_of(function.__code__) if sites.Owners.is_user(function.__code__.co_filename) else None
        if node is None or node.decorator_list:
            return ""
        names = _Names(function.__globals__, node)
        found = {
            names.rule(one.value, depth) if one.value else ""
            for one in own_nodes(node.body)
            if isinstance(one, ast.Return)
        }
        ends = isinstance(node.body[-1], (ast.Return, ast.Raise))
        return found.pop() if ends and len(found) == 1 else ""

    def meaning(self, node: ast.expr) -> Any:
        """The object that a dotted name stands for; None where that is not certain."""
        if isinstance(node, ast.Name):
            return None if node.id in self.own else self.module.get(node.id, getattr(builtins, node.id, None))
        if isinstance(node, ast.Attribute):
            holder = self.meaning(node.value)
            if isinstance(holder, ModuleType):
                return vars(holder).get(node.attr) or sys.modules.get(f"{holder.__name__}.{node.attr}")
        return None

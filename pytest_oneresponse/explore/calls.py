"""What the user's functions call: what is worth a look is called through a function that notes it."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import functools
import hmac
import io
import operator
import re
import time
import uuid
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from . import canary
from .plain import UNKNOWN, members, plain
from .recording import Observation, Recording

NAP = 0.001
"""In seconds."""
_NAPS = 50
"""After so many an app sleeps no more: one that does between all parts of a stream would take its time."""


def called(now: Recording, number: int, function: Any) -> Any:
    """What the user's code calls in place of a function: the same, or what notes with which values it is called."""
    if now.tap is not None:
        function = now.tap.call(number, function)
    if number in now.full:
        return function
    noting = _worth_noting(now, number, function)
    if noting is function:
        now.pass_over(number)
    return noting


def _worth_noting(now: Recording, number: int, function: Any) -> Any:
    """What notes a call; the function itself where that is not worth it."""
    kind = type(function)
    if kind in _OF_C:
        return _builtin(now, number, function)
    if kind is MethodType:
        if function.__name__ in _READS and _is_mapping(function.__self__):
            return _reading(now, number, function, function.__self__)
        if function.__name__ in _LOADS:
            owner = function.__self__
            has_fields = isinstance(owner, type) or hasattr(type(owner), "_declared_fields")
            _fill(now, number, owner if has_fields else type(owner))
    elif kind is FunctionType or kind is _CACHED:
        if function is asyncio.sleep:
            return _sleeping(now, number, function)
        name = _FUNCTIONS.get(f"{function.__module__}.{getattr(function, '__qualname__', '')}")
        if name is not None:
            return _noting(now, number, name, function)
    elif isinstance(function, type):
        return _class(now, number, function)
    return function


_CACHED = type(functools.cache(lambda: None))
"""The type of functions that remember what they gave, as urlsplit does."""
_OF_C = frozenset((BuiltinFunctionType, type(re.compile("").match)))
"""The types of functions and methods that are written in C; some methods, as those of patterns, have one of their own."""


def _builtin(now: Recording, number: int, function: Any) -> Any:
    """Functions and methods that are not written in Python."""
    owner, name = function.__self__, function.__name__
    if type(owner) in (str, bytes):
        return _noting(now, number, "str." + name, function, plain(owner)) if name in _OF_TEXT else function
    if type(owner) is re.Match:
        return _grouping(now, number, function, owner) if name == "group" else function
    if type(owner) is dict or isinstance(owner, Mapping):
        return _reading(now, number, function, owner) if name in _READS else function
    if isinstance(owner, (datetime.date, re.Pattern, list)) or any(owner is one for one in _MAKERS):
        own = owner if isinstance(owner, re.Pattern) else plain(owner)
        name = "match" if name == "prefixmatch" else name
        return _noting(now, number, name, function, own) if name in _OF_OTHERS else function
    if function in _GO_THROUGH:
        return _going_through(now, number, function)
    if function in _COMPARE_TEXTS:
        return _comparing(now, number, function)
    if function is time.sleep:
        return _sleeping(now, number, function)
    if function in _BUILTINS:
        return _noting(now, number, name, function)
    if name in ("execute", "executemany") and type(owner).__module__ == "sqlite3":
        return _asking(now, number, function, owner)
    return function


def _class(now: Recording, number: int, kind: Any) -> Any:
    """What is made of a value, or of the fields that a class declares."""
    if isinstance(kind, enum.EnumMeta):
        return _noting(now, number, "enum", kind, members(kind))
    usual = type(kind) is type  # other metaclasses may make classes that cannot be looked up
    if usual and kind in _CONVERTS:
        return _noting(now, number, _CONVERTS[kind], kind)
    if usual and kind in _COLLECTIONS:
        return _going_through(now, number, kind)
    if kind.__module__ != "builtins":
        _fill(now, number, kind)
    return kind


def _fill(now: Recording, number: int, kind: Any) -> None:
    """What may declare its fields, a class or an object, is about to be filled."""
    if type(kind).__hash__ is not None:
        now.note(Observation("call", number, "made", kind))


_LOADS = frozenset(
    ("load", "loads", "validate", "from_dict", "model_validate", "model_validate_json", "parse_obj", "parse_raw")
)
"""Methods that fill an object from what was sent: pydantic's, marshmallow's and those that are called like them."""

_READS = frozenset(
    ("get", "getlist", "get_list", "getall", "get_all", "pop", "has", "has_key", "getone", "__contains__")
)
_OF_TEXT = frozenset(
    (
        *("startswith", "endswith", "find", "rfind", "index", "count", "split", "rsplit", "partition", "rpartition"),
        *("isdigit", "isalpha", "isalnum", "isupper", "islower", "isdecimal", "isnumeric", "isspace", "isidentifier"),
        *("isascii", "istitle", "splitlines", "removeprefix", "removesuffix"),
    )
)
_OF_OTHERS = frozenset(
    (
        *("match", "fullmatch", "search", "findall", "finditer", "split", "weekday", "isoweekday", "isocalendar"),
        *("fromisoformat", "strptime", "count", "index", "fromhex", "from_bytes"),
    )
)
_MAKERS = (datetime.date, datetime.datetime, datetime.time, bytes, int)
_BUILTINS = frozenset((len, isinstance, ord, abs, round))
_COMPARE_TEXTS = frozenset((hmac.compare_digest, operator.eq))
_GO_THROUGH = frozenset((sorted, any, all, sum, max, min))
_COLLECTIONS = frozenset((list, tuple, set, frozenset, enumerate, zip, map, filter, reversed))
"""What is called with an iterable, and goes through it."""
_CONVERTS: dict[Any, str] = {
    int: "int",
    float: "float",
    decimal.Decimal: "Decimal",
    uuid.UUID: "UUID",
    io.StringIO: "StringIO",
}
_FUNCTIONS = {
    "re.match": "match",
    "re.prefixmatch": "match",  # its name from Python 3.15 on
    "re.fullmatch": "fullmatch",
    "re.search": "search",
    "re.findall": "findall",
    "json.loads": "json.loads",
    "base64.b64decode": "b64decode",
    "urllib.parse.unquote": "unquote",
    "urllib.parse.urlsplit": "urlsplit",
    "urllib.parse.urlparse": "urlsplit",
    "ipaddress.ip_address": "ip_address",
    "ipaddress.ip_network": "ip_network",
    "base64.urlsafe_b64decode": "b64decode",
    "_strptime._strptime_datetime": "strptime",
    "django.utils.dateparse.parse_datetime": "parse moment",
    "django.utils.dateparse.parse_date": "parse moment",
    "django.utils.dateparse.parse_time": "parse moment",
}


def _is_mapping(thing: Any) -> bool:
    return isinstance(thing, Mapping) or type(thing).__module__.startswith(canary.FRAMEWORKS)


def _noting(now: Recording, number: int, what: str, function: Any, own: Any = None) -> Any:
    def noted(*arguments: Any, **named: Any) -> Any:
        given = [own_form(one) for one in (*arguments, *named.values())]
        try:
            result = function(*arguments, **named)
        except Exception as error:
            now.note(Observation("call", number, what, own, given, error.__class__))
            raise
        now.note(Observation("call", number, what, own, given, _result(result)))
        return result

    return noted


def _sleeping(now: Recording, number: int, function: Any) -> Any:
    """How long an app sleeps is often what the request asks for: no branch is worth to wait for it."""

    def slept(*arguments: Any, **named: Any) -> Any:
        if now.naps and arguments and isinstance(arguments[0], (int, float)):
            now.slept += 1
            arguments = (min(arguments[0], NAP if now.slept <= _NAPS else 0), *arguments[1:])
        return function(*arguments, **named)

    return slept


def _grouping(now: Recording, number: int, function: Any, match: re.Match[Any]) -> Any:
    def grouped(*groups: Any) -> Any:
        for group in groups:
            now.note_group(number, match, group)
        return function(*groups)

    return grouped


def _comparing(now: Recording, number: int, function: Any) -> Any:
    def compared(one: Any, other: Any) -> Any:
        result = function(one, other)
        now.note(Observation("compare", number, "Eq", plain(one), plain(other), bool(result)))
        return result

    return compared


def _going_through(now: Recording, number: int, function: Any) -> Any:
    def gone_through(*arguments: Any, **named: Any) -> Any:
        for argument in arguments:
            if type(argument) in (str, list, dict, tuple):
                now.note(Observation("iterate", number, "", plain(argument)))
        if function is map and arguments:  # what it calls is called for the user
            arguments = (called(now, number, arguments[0]), *arguments[1:])
        return function(*arguments, **named)

    return gone_through


def own_form(argument: Any) -> Any:
    """An argument as it is noted: classes and patterns stay what they are."""
    if isinstance(argument, (type, re.Pattern)):
        return argument
    if isinstance(argument, tuple) and argument and all(isinstance(one, type) for one in argument):
        return argument
    return dict(argument) if type(argument) is dict else plain(argument)


def _result(value: Any) -> Any:
    return True if isinstance(value, re.Match) else plain(value)


def _reading(now: Recording, number: int, function: Any, container: Any) -> Any:
    def read(*arguments: Any, **named: Any) -> Any:
        if arguments:
            absent = arguments[1] if len(arguments) > 1 else named.get("default", UNKNOWN)
            kind = named["type"] if isinstance(named.get("type"), type) else _shape(absent)
            now.note_item(number, container, arguments[0], kind)
        return function(*arguments, **named)

    return read


def _shape(absent: Any) -> Any:
    """What stands for a key that is not there, if it tells the value's type."""
    return type(absent) if isinstance(absent, (dict, list, tuple, int, float, str)) else None


def _asking(now: Recording, number: int, function: Any, owner: Any) -> Any:
    def asked(statement: Any, *arguments: Any) -> Any:
        now.note_statement(number, getattr(owner, "connection", owner), statement, *arguments[:1])
        return function(statement, *arguments)

    return asked

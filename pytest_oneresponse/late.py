"""Seeing what is changed on a response after its start.

Theory. Until its start a response may be changed at will, and nothing here costs it anything. At the start the object,
and the objects that hold its headers and cookies, get a subclass of their own class, made for the purpose, whose
methods tell what they change; when the exchange is over they get their class back. So nothing is patched, and a copy,
which has the class but is not known here, tells nothing.
"""

from __future__ import annotations

import sys
import weakref
from abc import ABCMeta
from collections.abc import Callable
from types import FrameType
from typing import Any, Generic, NamedTuple

from . import sites
from .exchange import Exchange, headers_key
from .lost import status_of
from .weakly import Known

_getframe = sys._getframe
_new = tuple.__new__  # as in exchange.py


class Held(NamedTuple):
    """A thing under watch, held weakly as many a client never ends an exchange; the class that it has now, and its own."""

    thing: weakref.ref[Any]
    watched: type
    kind: type
    exchange: Exchange


_held = Known(500)
_NONE = (type(None), list, dict, tuple, str, bytes, property)
"""Types of attributes that hold no headers, or that cannot be watched."""
_STATUS = frozenset(("status", "status_code", "status_int", "reason_phrase", "_status", "_status_code"))
_HEADERS = frozenset(("headers", "headerlist", "raw_headers", "cookies", "content_type", "mimetype", "location"))
_HOLDERS = ("headers", "cookies")
"""Attributes of responses that hold what can be changed in its place."""
_CHANGES = (
    *("__setitem__", "__delitem__", "__ior__", "add", "add_header", "add_vary_header", "append", "clear", "extend"),
    *("insert", "load", "pop", "popitem", "remove", "set", "setdefault", "setlist", "setlistdefault", "update"),
)
_COOKIES = ("set_cookie", "delete_cookie", "set_signed_cookie", "unset_cookie")
"""Methods of responses; some frameworks write a cookie straight into a list."""


_set_class: Callable[[Any, type], None] = vars(object)["__class__"].__set__
"""Sets an object's class, past a `__setattr__` of its own."""


def watch(exchange: Exchange, response: Any, reference: weakref.ref[Any] | None = None) -> None:
    """The response of an exchange has been started: what changes it from here on is told, until `release`.

    `reference` is one to the response, where there is one already: for thousands of exchanges each of these counts.
    """
    _held.sweep()  # exchanges that nobody has closed leave things behind
    if _hold(exchange, response, _response_class, reference):
        for name in _HOLDERS:
            holder = getattr(response, name, None)
            if type(holder) not in _NONE:
                _hold(exchange, holder, _holder_class)


def release(exchange: Exchange) -> None:
    """Give back their classes to what was watched for an exchange."""
    for key in exchange.watched_keys:
        held = _held.pop(key, None)
        thing = held.thing() if held is not None else None
        if held is not None and thing is not None and type(thing) is held.watched:
            _set_class(thing, held.kind)
    exchange.watched_keys = ()


def note_changed(exchange: Exchange, frame: FrameType) -> None:
    """A list of headers or a message of the user's may have been changed after it was handed over."""
    if exchange.handed is None or exchange.told_late:
        return
    message, status, headers = exchange.handed
    if isinstance(message, dict) and "status" not in message:
        return  # made into a message of another type
    now, given = (message.get("status"), message.get("headers")) if isinstance(message, dict) else (status, message)
    pairs = tuple(tuple(pair) if type(pair) is list else pair for pair in given) if isinstance(given, list) else headers
    if now == status and pairs == headers:
        return
    exchange.handed = (message, now, pairs)
    if now != status:
        exchange.improper("late-status", f"the status was changed to {now!r} after it had been handed over", frame)
    else:
        exchange.improper("late-header", "the headers were changed after they had been handed over", frame)


def _hold(
    exchange: Exchange,
    thing: Any,
    make: Callable[[type], type | None],
    reference: weakref.ref[Any] | None = None,
) -> bool:
    key, kind = id(thing), type(thing)
    known = _held.get(key)
    if known is not None and known.thing() is thing:
        return False
    try:
        watched = _classes[kind]
    except KeyError:
        watched = make(kind)
    if watched is None:
        return False
    try:
        held = _new(Held, (reference or weakref.ref(thing), watched, kind, exchange))
        _set_class(thing, watched)
    except TypeError:  # of another layout: it is not watched
        return False
    _held[key] = held
    exchange.watched_keys = (*exchange.watched_keys, key)
    return True


_classes: dict[type, type | None] = {}
"""The subclass that was made for a class; a plain dictionary, as one that holds its keys weakly costs Python calls."""
_MOST_CLASSES = 500


def _response_class(kind: type) -> type | None:
    """The subclass for a response: every assignment to it passes here, and every method that sets a cookie."""
    methods = {name: _telling(kind, name) for name in _COOKIES if hasattr(kind, name)}
    return _made(kind, {"__setattr__": _setattr(kind), **methods})


def _holder_class(kind: type) -> type | None:
    """The subclass for a collection of headers or cookies."""
    return _made(kind, {name: _telling(kind, name) for name in _CHANGES if hasattr(kind, name)})


def _made(kind: type, methods: dict[str, Any]) -> type | None:
    if len(_classes) >= _MOST_CLASSES:  # classes that a program makes as it goes
        _classes.clear()
    watched = _classes[kind] = _subclass(kind, methods)
    return watched


def _subclass(kind: type, methods: dict[str, Any]) -> type | None:
    notices = any("__init_subclass__" in vars(base) for base in kind.__mro__ if base not in (object, Generic))
    if notices or type(kind) not in (type, ABCMeta):
        return None  # a class that notices its subclasses may keep a list of them
    names: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    names |= {"__class__": property(lambda _: kind), "__reduce_ex__": _reduced(kind), "__slots__": ()}
    try:
        return type(kind)(kind.__name__, (kind,), {**names, **methods})
    except Exception:  # a class that does not want to be inherited from: its objects are not watched
        return None


def _reduced(kind: type) -> Any:
    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        """As an object of its own class is pickled and copied."""
        watched = type(self)
        _set_class(self, kind)
        try:
            return self.__reduce_ex__(protocol)
        finally:
            _set_class(self, watched)

    return __reduce_ex__


def _setattr(kind: type) -> Any:
    original: Any = kind.__setattr__

    def __setattr__(self: Any, name: str, value: Any) -> None:
        held = _held.get(id(self))
        if held is None or name not in _STATUS | _HEADERS:
            original(self, name, value)
            return
        before = _seen(self, name)
        original(self, name, value)
        if _seen(self, name) != before:
            rule = "late-status" if name in _STATUS else "late-header"
            if rule == "late-status":
                held.exchange.last_status = status_of(self)
            _tell(held, rule, f"the response's {name.lstrip('_')} was set to {_short(value)}", _getframe(1))

    return __setattr__


def _telling(kind: type, name: str) -> Any:
    original = getattr(kind, name)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        held = _held.get(id(self))
        if held is None:
            return original(self, *arguments, **named)
        before = _content(self)
        result = original(self, *arguments, **named)
        if _content(self) != before:
            _tell(held, "late-header", _change(name, arguments), _getframe(1))
        return result

    method.__name__ = method.__qualname__ = name
    return method


def _change(method: str, arguments: tuple[Any, ...]) -> str:
    """What a method has done, in words."""
    what = "cookie" if method in _COOKIES else "header"
    fate = "deleted" if "del" in method or "unset" in method or method in ("pop", "remove") else "set"
    if arguments and isinstance(arguments[0], (str, bytes)):
        return f"the {what} {_short(arguments[0])} was {fate}"
    return "the headers were changed"


def _tell(held: Held, rule: str, change: str, frame: Any) -> None:
    """A change is told where somebody other than a framework has made it; one told from within another is told once."""
    exchange = held.exchange
    if exchange.token is None:
        return  # the app does not run now: a test changes what it got
    chain = sites.setter(frame)
    if not chain or (rule, chain) in exchange.told_late:
        return
    exchange.told_late = (*exchange.told_late, (rule, chain))
    exchange.improper(rule, f"{change} after the response had started", frame)


def _seen(response: Any, name: str) -> Any:
    """The value of an attribute, as far as it can be had."""
    try:
        value = getattr(response, name, None)
        return value if isinstance(value, (str, int, bytes)) else _content(value)
    except Exception:
        return None


def _content(thing: Any) -> Any:
    """What can be compared of a collection of headers or cookies, or of a response: all of its headers."""
    for name in ("raw_headers", "headers"):
        inner = getattr(thing, name, None)
        if inner is not None and not callable(inner):
            cookies = getattr(thing, "cookies", None)
            return _items(inner), _items(cookies) if cookies is not None else None
    return _items(thing)


def _items(thing: Any) -> Any:
    raw = getattr(thing, "raw", None)
    if isinstance(raw, list):
        return list(raw)
    items = getattr(thing, "items", None)
    found = items() if callable(items) else thing
    try:
        return [(headers_key(one), str(one)) if not isinstance(one, tuple) else tuple(map(str, one)) for one in found]
    except Exception:
        return None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

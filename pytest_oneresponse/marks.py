"""What the marks in the user's functions say while a request is answered: where they are left, and what they throw away."""

from __future__ import annotations

import ast
import sys
from typing import Any, cast

from . import exchange, frameworks, late, lost
from .instrument.rewrite import Hooks, compiled
from .sites import Given, Responses, is_users

_getframe = sys._getframe
_getrefcount = sys.getrefcount
_get = exchange._current.get

_rules: dict[type, str] = {}
"""The rule that a value of a type breaks when it is thrown away; empty for most types."""
CLIENTS = ("werkzeug.test", "webtest.", "flask.testing", "django.test")
"""Modules whose response classes are what a client got: to drop these is legal."""


def returned(value: Any) -> Any:
    """A function is left with `value`, which is given back."""
    running = _get(None)
    if running is not None:
        frame = _getframe(1)
        # What computes returns numbers to itself, thousands of times in a request; a view may return one, to its decorator.
        to_users = type(value) in _NUMBERS and frame.f_back is not None and is_users(frame.f_back.f_code)
        if not to_users or running.left is None or id(frame.f_code) not in running.left:
            running.note_left(value, frame)
        elif running.numbers < _MOST_NUMBERS:
            running.numbers += 1
            running.note_left(value, frame)
    return value


_NUMBERS = frozenset((int, bool, float, complex))
_MOST_NUMBERS = 20
"""So many of an exchange are noted that go to the user's own code, beside the first of each function."""


class _Ended:
    """Subscripted with None at a function's end."""

    __getitem__ = staticmethod(returned)

    def __reduce__(self) -> str:
        return "ended"  # for what pickles functions by value


ended = _Ended()


def caught() -> None:
    """An exception is in the hands of an `except` that takes every one: of interest where it stands for an answer."""
    running = _get(None)
    if running is None:
        return
    error = sys.exception()
    rule = rule_of(type(error))
    if rule == "unraised-error" and error is not None:
        lost.note_swallowed(running, error, _getframe(1))


def changed() -> None:
    """What is called headers, or a message, has been changed: of interest where it was handed over before."""
    running = _get(None)
    if running is not None and running.handed is not None:
        late.note_changed(running, _getframe(1))


def given(thing: Any, attribute: str) -> None:
    """What stands for a response's status, headers or body was given to a thing: of interest where that is a response."""
    running = _get(None)
    if running is not None and not running.started and isinstance(thing, Responses.classes):
        frame = _getframe(1)
        what, value = _as_given(thing, attribute)
        running.give(id(thing), Given(what, value, (frame.f_code, frame.f_lasti)))


def _as_given(thing: Any, attribute: str) -> tuple[str, Any]:
    """What was given to a response by an attribute or a method, and its value where it tells one, as sites.Given has them."""
    if "status" in attribute:
        return "status", lost.status_of(thing)
    return ("headers", _names(getattr(thing, attribute))) if attribute == "headers" else ("body", None)


def _names(headers: Any) -> tuple[str, ...]:
    """The names of headers, in lower case; none where they cannot be told."""
    try:
        return tuple(str(name).lower() for name in headers.keys())  # noqa: SIM118 - to iterate may give pairs
    except Exception:  # the user's own class, or what the framework will refuse
        return ()


class _ThrownAway:
    """Asked whether it holds a value that an expression statement has made, and that is not None."""

    alone = inside = named = 0
    """The references to a value, to a member of a tuple, and to what has a name, of which nobody else has one."""

    def __contains__(self, value: Any) -> bool:
        running = _get(None)
        if running is None:
            return False
        kind = type(value)
        if kind is tuple:
            for member in value:
                rule = rule_of(type(member))
                if rule and _getrefcount(member) <= self.inside:
                    lost.note_lost(running, rule, member, _getframe(1))
            return False
        rule = rule_of(kind)
        if rule and _getrefcount(value) <= self.alone:
            lost.note_lost(running, rule, value, _getframe(1))
        return False

    def __reduce__(self) -> str:
        return "thrown_away"  # for what pickles functions by value


def unread(value: Any) -> None:
    """Something was put under a name that nobody reads: of interest where it is an answer, and nobody else has it."""
    running = _get(None)
    if running is not None:
        rule = rule_of(type(value))
        if rule and _getrefcount(value) <= _ThrownAway.named:
            lost.note_lost(running, rule, value, _getframe(1), "practice", lost.told(value, rule, _UNREAD))


_UNREAD = "was built under a name that nobody reads, and"


class _Most:
    """Stands in the place of a number of references, and keeps the most that it is compared with."""

    def __init__(self) -> None:
        self.references = 0

    def __ge__(self, references: int) -> bool:
        self.references = max(self.references, references)
        return False


def rule_of(kind: type) -> str:
    """The rule that a value of a type breaks when it is thrown away, by the names of its classes: nothing is imported."""
    try:
        rule = _rules.get(kind)
    except TypeError:  # its metaclass has no hash
        return ""
    return _learnt(kind) if rule is None else rule


def _learnt(kind: type) -> str:
    """The rule of a type that was not met before."""
    names = set(frameworks.class_names(kind))
    rule = ""
    if not kind.__module__.startswith(CLIENTS):
        if names & frameworks.errors():
            rule = "unraised-error"
        elif names & frameworks.responses():
            rule = "orphan-response"
    _rules[kind] = rule
    return rule


class _Made:
    """What nobody else holds."""


_THROWING = """
def made():
    return Made()

def plain():
    kept = made()
    made()
    made(), made()
    None or made()

async def made_later():
    return Made()

async def awaiting():
    await made_later()
"""


def _count() -> None:
    """Measure what `alone` and `inside` are on this Python, in a function that is rewritten as the user's are.

    By the very code that compares them later: how many references a name adds is the compiler's to choose, line by line.
    """
    counting, alone, inside, named = _ThrownAway(), _Most(), _Most(), _Most()
    counting.alone, counting.inside = cast("Any", (alone, inside))
    _ThrownAway.named = cast("Any", named)
    names: dict[str, Any] = {"Made": _Made}
    exec(compiled(ast.parse(_THROWING), "<marks>", Hooks(lambda value: value, counting, unread=unread)), names)
    _rules[_Made] = "orphan-response"
    token = exchange._current.set(cast("Any", _Made))  # where no exchange runs nothing is compared
    try:
        names["plain"]()
        names["awaiting"]().send(None)
    except StopIteration:
        pass
    finally:
        exchange._current.reset(token)
        del _rules[_Made]
    _ThrownAway.alone, _ThrownAway.inside = alone.references, inside.references
    _ThrownAway.named = named.references


_count()
thrown_away = _ThrownAway()
HOOKS = Hooks(returned, thrown_away, caught, changed, given, unread, ended)

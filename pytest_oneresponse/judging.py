"""From an exchange to findings: the machine's breaches, laid to lines and told as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

from . import blame
from .contract import rules
from .contract.buffered import EARLY, held_back
from .contract.events import Data, Event, Improper, Lost, Raised, Start, Swallowed
from .contract.finding import Finding
from .contract.machine import Breach, Verdict
from .exchange import Exchange, Left, framework_says
from .frameworks.recognise import is_answer
from .routes import Handler, Route, handler_of
from .sites import Owners, is_users


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an exchange beside its events."""

    route: Route | None = None
    replay: str = ""
    test: str = ""


def findings(exchange: Exchange, told: Told, verdict: Verdict | None = None) -> list[Finding]:
    """Judge one exchange. Findings of rules that are off are among them, so that a selection can take them up.

    `verdict` is the machine's, where it has been asked already.
    """
    verdict = verdict or exchange.judge()
    none = unanswered(exchange, told.route)
    breaches = (*verdict.breaches, none) if none else verdict.breaches
    found = [_finding(exchange, breach, verdict, told) for breach in _one_cause(breaches)]
    return [failed_with(finding, exchange.fired) for finding in found] if exchange.fired else found


def failed_with(finding: Finding, fired: tuple[Any, ...]) -> Finding:
    """A finding of an exchange in which something was made to fail: a stream that this cuts short is a practice.

    Where only a `close()` was made to fail, an error after the start is off.
    """
    last = fired[-1]
    fault = {**_fault(last), "before": [_fault(one) for one in fired[:-1]]}
    before = (
        f"before that {one['call']} in {one['where']['file']}:{one['where']['line']} raises {one['exception']}"
        for one in fault["before"]
    )
    truncates = finding.rule == "error-after-start" and finding.level == "breach"
    level = "practice" if truncates else finding.level
    if last.lets_go and finding.rule in ("error-after-start", "error-after-end"):
        level = "off"
    return replace(finding, fault=fault, level=level, notes=(*finding.notes, *before))


def _fault(fired: Any) -> dict[str, Any]:
    """What a finding tells of a failure."""
    return {
        "kind": fired.fault.kind,
        "where": fired.place.to_json(),
        "call": fired.call,
        "exception": fired.fault.exception.removeprefix("builtins."),
        "occurrence": fired.fault.nth,
        "line": fired.fault.span[0],
        "passing": fired.passing,
        "always": fired.fault.always,
        **({"asked": fired.asked, "otherwise": fired.otherwise} if fired.asked else {}),
    }


def unanswered(exchange: Exchange, route: Route | None) -> Breach | None:
    """The breach of a view or a middleware that returned None, or what else is no answer, so that the framework failed.

    What the app has thrown away before is why: that is told by itself.
    """
    start = next((event for event in exchange.events if isinstance(event, Start)), None)
    failed = str(start.status)[:1] == "5" if start else exchange.escaped() is not None
    if not failed or exchange.facts.kind != "http" or any(isinstance(event, Lost) for event in exchange.events):
        return None
    left = tuple((exchange.left or {}).values())
    handler = _handler(exchange, route)
    if not left or handler is None:
        return None
    last, what = _refused(exchange, left), "view"
    view = blame.left_of(handler, left, strictly=True)
    if last is not None:
        if view is not None and view.kind is last.kind and _went_to_a_framework(view, left):
            last = view  # through decorators that only pass on what it gave
        named = "middleware" if _lacks_a_response(last) else f"function {last.code.co_name}"
        return _unanswered(last, "view" if last is blame.left_of(handler, left) else named, start)
    last = view
    if last is not None and not _went_to_a_framework(last, left):
        return None  # a decorator of the user's made something else of it
    if last is None or is_answer(exchange.app, last.kind):
        last, what = next((one for one in reversed(left) if _lacks_a_response(one)), None), "middleware"
        if last is None or (is_answer(exchange.app, NoneType) and "call_next" not in _arguments(last)):
            return None
    error = exchange.escaped()
    if error is not None and _told(last.kind) not in blame.text_of(error):
        return None  # each of the frameworks names what it was given
    return _unanswered(last, what, start)


def _refused(exchange: Exchange, left: tuple[Left, ...]) -> Left | None:
    """What was given to a framework that says that it cannot do with it, in an error of its own."""
    said, by_then = exchange.failed
    found = _SAYS.search(said or framework_says(exchange.escaped()))
    left = by_then if said else left
    given = (one for one in reversed(left) if one.caller is None or not is_users(one.caller))
    return next((one for one in given if _told(one.kind) in found.groups()), None) if found else None


_SAYS = re.compile(r"returned (None)\b|was an? (\w+)\b|'(\w+)' object is not callable")
"""How Flask, Django and Starlette say what they were given."""


def _told(kind: type) -> str:
    return "None" if kind is NoneType else kind.__name__


def _unanswered(last: Left, what: str, start: Start | None) -> Breach:
    value = _told(last.kind)
    then = "was answered 500 in its place" if start else "failed for it"
    article = "" if value == "None" else "an " if value[:1] in "aeiou" else "a "
    detail = f"the {what} returned {article}{value}, which is no response, and the request {then}"
    event = Improper("no-response", detail, (last.code, last.instruction))
    return Breach("no-response", event, None, "HEAD", detail)


def _went_to_a_framework(last: Left, left: tuple[Left, ...]) -> bool:
    """Whether what a function was left with came to a framework as it was, in whatever way through functions of the user's."""
    for _ in left:
        caller = last.caller
        if caller is None:
            return True
        if not is_users(caller):
            # Another package's decorator may make a response of anything but None, and fail for reasons of its own.
            file = caller.co_filename
            return last.kind is NoneType or Owners.is_framework(file) or Owners.is_standard(file)
        outer = next((one for one in left if one.code is caller and one.value == last.value), None)
        if outer is None or outer.kind is not last.kind:
            return False
        last = outer
    return False


def _lacks_a_response(last: Left) -> bool:
    """Whether a framework called what was left, by its name or arguments a middleware, and got None for the response."""
    if last.kind is not NoneType or (last.caller is not None and is_users(last.caller)):
        return False
    given = _arguments(last)
    hands_on = given[-1:] == ("response",) or "call_next" in given
    # What speaks the protocol itself returns no response.
    speaks = {"send", "start_response"} & set(last.code.co_varnames)
    named = last.code.co_name in _MIDDLEWARE and not {"request", "req", "environ"}.isdisjoint(given)
    return not speaks and (hands_on or named)


def _arguments(last: Left) -> tuple[str, ...]:
    return last.code.co_varnames[: last.code.co_argcount]


_MIDDLEWARE = frozenset(("__call__", "__acall__", "middleware", "dispatch", "process_response"))
"""Functions that return what a handler further in has answered, as frameworks and their documentation name them."""


def _one_cause(breaches: Iterable[Breach]) -> list[Breach]:
    """What is told alike once in an exchange, in its gravest form: a level of its own is milder than the rule's.

    Each line that loses an answer, or changes what was sent, is a cause of its own.
    """
    kept: dict[tuple[Any, ...], Breach] = {}
    for breach in breaches:
        alone = isinstance(breach.at, (Lost, Swallowed)) or breach.rule in ("late-status", "late-header")
        key = (breach.rule, breach.detail, getattr(breach.at, "site", None) if alone else None)
        known = kept.get(key)
        if known is None or (known.level and not breach.level):
            kept[key] = breach
    return list(kept.values())


def _finding(exchange: Exchange, breach: Breach, verdict: Verdict, told: Told) -> Finding:
    rule = rules.RULES[breach.rule]
    left = tuple((exchange.left or {}).values())
    laid = blame.blame(breach, _handler(exchange, told.route), exchange.facts.interface, left, exchange.body)
    where_label, also_label = laid.labels or (rule.where, rule.also)
    request = exchange.make_request()
    return Finding(
        rule=rule.name,
        level=breach.level or rule.level.value,
        route=route_name(exchange, told.route),
        message=sentence(breach),
        where=laid.where,
        also=laid.also,
        where_label=where_label,
        also_label=also_label,
        stack=laid.stack,
        state=breach.state,
        life=life_line(verdict.life, breach.rule),
        exception=laid.exception,
        request=request,
        client=exchange.client,
        buffered=_buffered(exchange, breach),
        notes=laid.notes,
        dropped=laid.dropped,
        replay=told.replay,
        test=told.test,
        mend=getattr(breach.at, "mend", ""),
    )


def _buffered(exchange: Exchange, breach: Breach) -> dict[str, Any] | None:
    """What would be, had nothing been sent before the handler ended, where that is the question."""
    if breach.rule not in EARLY or exchange.facts.kind != "http" or not exchange.closed:
        return None
    events = exchange.events if exchange.cut is None else exchange.events[: exchange.cut]
    held = held_back(exchange.facts, events, exchange.last_status)
    return held._asdict() if held else None


def _handler(exchange: Exchange, route: Route | None) -> Handler | None:
    if route is not None and route.handler is not None:
        return handler_of(route.handler)
    return handler_of(exchange.app) if callable(exchange.app) else None


def route_name(exchange: Exchange, route: Route | None) -> str:
    """ "METHOD template"; the path itself where no route is known; the kind of exchange where there is no path."""
    method = exchange.facts.method
    if exchange.facts.kind == "lifespan":
        return "LIFESPAN"
    if exchange.facts.kind == "websocket":
        method = "WEBSOCKET"
    if route is not None:
        return route.name
    return f"{method} {exchange.make_request().path}"


def life_line(path: tuple[str, ...], rule: str = "") -> str:
    """The way through the states as one line, up to the breach; a long stream is shortened in its middle."""
    if "JUDGED" in path:
        path = (*path[: path.index("JUDGED")], rule or "JUDGED")
    steps = [path[0]] + [f"-{path[index]}-> {path[index + 1]}" for index in range(1, len(path) - 1, 2)]
    if len(steps) > 12:
        steps = [*steps[:6], f"... ({len(steps) - 11} more) ...", *steps[-5:]]
    return " ".join(steps)


_STATES = {
    "STARTED": "had started",
    "BODY": "had sent a part of its body",
    "TRAILERS": "had sent its body",
    "DONE": "was complete",
    "LEFT": "had started (the client has left)",
    "DENYING": "had started",
    "REFUSED": "had failed",
    "OPEN": "had been accepted",
    "CLOSED": "had been closed",
    "CONNECTING": "was not decided",
}


def sentence(breach: Breach) -> str:
    """One sentence about this very case."""
    write = _SENTENCES.get(breach.rule)
    if breach.detail:
        return breach.detail
    return write(breach) if write else rules.RULES[breach.rule].sentence


def _second_response(breach: Breach) -> str:
    first, second = _status(breach.also), _status(breach.at)
    when = _STATES.get(breach.state, "had started")
    return f"a second response{second} was started after the first{first} {when}"


def _status(event: Event | None) -> str:
    return f" ({event.status})" if isinstance(event, Start) else ""


def _error(breach: Breach) -> str:
    error = breach.at.error if isinstance(breach.at, Raised) else None
    when = _STATES.get(breach.state, "had started")
    if breach.rule == "error-after-start" and breach.state == "DONE":
        when = "had started"  # a body that breaks off may be ended by a framework before its error is raised
    if breach.state in ("OPEN", "CLOSED", "CONNECTING"):
        return f"{type(error).__name__} escaped when the connection {when}"
    if breach.rule == "unhandled-error":
        return f"{type(error).__name__} escaped before a response was started"
    return f"{type(error).__name__} escaped after the response{_status(breach.start)} {when}"


def _late_send(breach: Breach) -> str:
    what = {"start": "a response", "data": "a part of the body", "end": "the end of the body"}
    column = breach.at.column if breach.at else ""
    return f"{what.get(column, column)} was sent after the app had returned to the server"


def _write_after_end(breach: Breach) -> str:
    what = f"{breach.at.size} bytes were sent" if isinstance(breach.at, Data) else "the body was ended again"
    return f"{what} after the end of the response{_status(breach.start)}"


def _unfinished(breach: Breach) -> str:
    return f"the response{_status(breach.start)} was started and never ended"


def _hung(breach: Breach) -> str:
    started = f"the response{_status(breach.start)} was started, but" if breach.start else "the handler"
    return f"{started} neither ended nor failed within the time limit"


def _no_response(_breach: Breach) -> str:
    return "the app returned without having started a response"


_SENTENCES = {
    "second-response": _second_response,
    "error-after-start": _error,
    "error-after-end": _error,
    "unhandled-error": _error,
    "late-send": _late_send,
    "write-after-end": _write_after_end,
    "unfinished-response": _unfinished,
    "hung-response": _hung,
    "no-response": _no_response,
}

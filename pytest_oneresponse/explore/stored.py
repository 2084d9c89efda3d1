"""What one route was sent is sent to another that asks for the same: who has registered logs in with his password."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from ..contract.request import Request
from ..routes import Route, handler_of
from ..source import function_at
from . import tree
from .addresses import is_free
from .draft import Address, Draft

_WHO = ("username", "email", "login", "user", "user_name", "name", "mail", "userid")
"""What somebody is called: some forms ask for his name where others took his address."""
_NAME = re.compile(r"[a-z]\w*", re.IGNORECASE)


def in_common(one: Route, other: Route) -> int:
    """How many of the names that one route may ask for the other may ask for, too."""
    return len(_asked(one) & _asked(other))


def _asked(route: Route) -> set[str]:
    """The names that are declared for a route, and the texts in its handler that may be names."""
    names = {parameter.name for parameter in route.parameters}
    for _, part in tree.parts(route.body):
        names |= set(part.get("properties", ())) if isinstance(part, dict) else set()
    handler = handler_of(route.handler)
    node = function_at(handler.file, handler.line) if handler is not None else None
    texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant)) if node is not None else ()
    names |= {text for text in texts if isinstance(text, str) and _NAME.fullmatch(text)}
    return {_WHO[0] if name in _WHO else name for name in names}


def filled(drafts: Iterable[Draft], stored: Iterable[Request]) -> Draft | None:
    """Of the drafts the one that asks for most of what the stored requests held, with that in it; None where none does."""
    held: dict[str, Any] = {}
    for request in stored:
        held |= _fields(request)
    best: tuple[Draft | None, int] = (None, 0)
    for draft in drafts:
        wanted = {address: found for address, name in _named(draft) if (found := _found(held, name)) is not None}
        if len(wanted) > best[1]:
            changed: Draft | None = draft
            for address, value in wanted.items():
                changed = changed.put(address, value) if changed is not None else None
            best = (changed, len(wanted)) if changed is not None else best
    return best[0]


def _named(draft: Draft) -> list[tuple[Address, str]]:
    """The texts and numbers in a draft's form, query and document, each with what it is called."""
    found = []
    for address, atom in draft.atoms():
        name = address[-1] if address[0] == "json" else address[1] if address[0] in ("field", "query") else None
        if isinstance(name, str) and _is_plain(atom) and is_free(address, atom):
            found.append((address, name))
    return found


def _found(held: Mapping[str, Any], name: str) -> Any:
    if name in held:
        return held[name]
    return next((held[other] for other in _WHO if other in held), None) if name in _WHO else None


def _fields(request: Request) -> dict[str, Any]:
    """The named texts and numbers of a request's body."""
    media = (request.header("content-type") or "").partition(";")[0]
    if "json" in media:
        try:
            document = json.loads(request.body)
        except ValueError:
            return {}
        pairs: Iterable[tuple[str, Any]] = document.items() if isinstance(document, dict) else ()
    elif media == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode("latin-1"))
    else:
        pairs = ()
    return {name: value for name, value in pairs if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""

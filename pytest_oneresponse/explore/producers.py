"""Routes that only answer after another has created something: who creates it, its ID, and the requests that come first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..contract.request import Request
from ..protocols.client import Answer
from ..routes import Parameter, Route
from .draft import Draft
from .trials import Trial, explored

_COMMON = ("id", "uuid", "pk", "slug", "key", "code", "token", "name")
"""What an ID is called where it is not called as the parameter is."""
_METHODS = ("POST", "PUT", "GET")
"""Methods of producers, the likelier first: one creates, the other lists what there is."""


def placeholder(name: str) -> str:
    """What stands in a path for an ID that another response will give."""
    return "{" + name + "}"


def producer_of(routes: Iterable[Route], route: Route, name: str) -> Route | None:
    """The route whose responses hold the values of a path parameter: `POST /companies` for `GET /companies/{id}`."""
    wanted = _shape(_before(route, name))
    found = [one for one in routes if one is not route and one.method in _METHODS and _shape(one.parts) == wanted]
    return min(found, key=lambda one: _METHODS.index(one.method), default=None)


def _before(route: Route, name: str) -> tuple[str | Parameter, ...]:
    parts: list[str | Parameter] = []
    for part in route.parts:
        if isinstance(part, Parameter) and part.name == name:
            break
        parts.append(part)
    return tuple(parts)


def _shape(parts: Iterable[str | Parameter]) -> str:
    """A path with its parameters alike, whatever they are called and however it ends."""
    return "".join(part if isinstance(part, str) else "{}" for part in parts).rstrip("/")


def found_id(answer: Answer, name: str) -> str:
    """The ID of what a response has created or lists, as text; empty where there is none."""
    if not 200 <= answer.status < 400:
        return ""
    try:
        document = json.loads(bytes(answer.body))
    except ValueError:
        document = None
    for key in (name, *_COMMON):
        for mapping in _mappings(document):
            value = mapping.get(key)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
                return str(value)
    location = (answer.header("location") or "").partition("?")[0].rstrip("/")
    return location.rpartition("/")[2]


def _mappings(document: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The objects of a document, the outer ones first; of a list the first."""
    if isinstance(document, dict):
        yield document
        inner: Iterable[Any] = document.values()
    else:
        inner = document[:1] if isinstance(document, list) else ()
    if depth < 3:
        for one in inner:
            if isinstance(one, (dict, list)):
                yield from _mappings(one, depth + 1)


@dataclass(frozen=True, slots=True)
class Chain:
    """The requests that have to come first, each with the path parameter whose value its response holds."""

    before: tuple[Request, ...] = ()
    ids: tuple[str, ...] = ()

    def with_producer(self, name: str, request: Request) -> Chain:
        return Chain((*self.before, request), (*self.ids, name))

    def applied(self, drafts: Iterable[Draft]) -> Iterator[Draft]:
        """Each draft with IDs to come in its path, and then as it is."""
        for draft in drafts:
            path = tuple((name, placeholder(name) if name in self.ids else text) for name, text in draft.path)
            if path != draft.path:
                yield replace(draft, path=path)
            yield draft

    def trial(self, draft: Draft) -> Trial:
        """The trial of a draft, with what has to come first where its path waits for it."""
        trial = explored(draft)
        waits = any(text == placeholder(name) for name, text in draft.path)
        return replace(trial, before=self.before, ids=self.ids) if waits else trial


def with_ids(request: Request, known: Mapping[str, str]) -> Request:
    """A request with the IDs that are known by now in its path."""
    path = request.path
    for name, value in known.items():
        path = path.replace(placeholder(name), value)
    return replace(request, path=path) if path != request.path else request

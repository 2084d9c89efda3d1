"""Routes that only answer after another has created something: who creates it, its ID, and the requests that come first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from ..contract.request import Request
from ..protocols.client import Answer
from ..routes import Parameter, Route, handler_of
from .credentials import CREDENTIAL, credential_of
from .documents import mappings_in
from .draft import Address, Draft
from .trials import Trial, explored

ID = str | int
ID_PARTS = ("query", "field", "json")
"""The parts of a request, beside its path, in which IDs may stand."""

STORED = "oneresponse-stored-"
"""Begins the name of a request that comes first for what it stores."""
REGISTERED = STORED + "somebody-"
"""The same of one that makes somebody known: where nothing is taken back, he stays so."""
_COMMON = ("id", "uuid", "pk", "slug", "key", "code", "token", "name")
"""What an ID is called where it is not called as the parameter is."""
_METHODS = ("POST", "PUT", "GET")
"""Methods of producers, the likelier first: one creates, the other lists what there is."""


def placeholder(name: str) -> str:
    """What stands in a path for an ID that another response will give; in a header for what a login will."""
    return name if name.startswith(CREDENTIAL) else "{" + name + "}"


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


def referred(routes: Iterable[Route], route: Route, name: str) -> Route | None:
    """The route whose responses hold the values of a field: `POST /companies` for `company_id` or `companyId`.

    A field that is called as the thing itself (`company`) counts; one that is called as many of them does not.
    """
    stem = _STEM.sub("", name)
    singular = _bare(stem)
    wanted = {singular + "s", singular + "es", singular.removesuffix("y") + "ies"} | (
        {singular} if stem != name else set()
    )
    found = [
        one
        for one in routes
        if one is not route
        and one.method in _METHODS
        and all(isinstance(part, str) for part in one.parts)
        and _bare(_shape(one.parts).rpartition("/")[2]) in wanted
    ]
    return min(found, key=lambda one: _METHODS.index(one.method), default=None) if singular else None


def storing(routes: Iterable[Route], route: Route) -> list[Route]:
    """The routes that may store what another one shows: of its own file, the likelier by their path first."""
    handler = handler_of(route.handler)
    if handler is None:
        return []
    found = []
    for one in routes:
        if one is not route and one.method in ("POST", "PUT") and not one.path_parameters:
            other = handler_of(one.handler)
            if other is not None and other.file == handler.file:
                found.append(one)
    return sorted(found, key=lambda one: -_alike(one.template, route.template))


def _alike(one: str, other: str) -> int:
    """How many characters two paths begin with alike."""
    return next(
        (number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


_STEM = re.compile(r"(?<=[a-z0-9])(_(id|uuid|pk|slug|key|code)|Id|ID|Uuid|UUID)$")
"""What a name ends with that says that it is an ID."""


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _shape(parts: Iterable[str | Parameter]) -> str:
    """A path with its parameters alike, whatever they are called and however it ends."""
    return "".join(part if isinstance(part, str) else "{}" for part in parts).rstrip("/")


def found_id(answer: Answer, name: str) -> ID | None:
    """The ID of what a response has created or lists, or what it gives who logs in; None where there is none."""
    if not 200 <= answer.status < 400:
        return None
    if name.startswith(CREDENTIAL):
        return credential_of(answer, name)
    mappings = mappings_in(answer)
    for key in (name, *_COMMON):
        for mapping in mappings:
            value = mapping.get(key)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
                return value
    location = (answer.header("location") or "").partition("?")[0].rstrip("/")
    return location.rpartition("/")[2] or None


@dataclass(frozen=True, slots=True)
class Chain:
    """The requests that have to come first, each with the name under which the ID that its response holds is waited for."""

    before: tuple[Request, ...] = ()
    ids: tuple[str, ...] = ()

    def with_producer(self, name: str, request: Request) -> Chain:
        return Chain((*self.before, request), (*self.ids, name))

    def joined(self, other: Chain) -> Chain:
        """This one, and what another has besides."""
        for name, request in zip(other.ids, other.before, strict=True):
            if name not in self.ids:
                self = self.with_producer(name, request)
        return self

    @property
    def stored(self) -> list[Request]:
        """The requests that come first for what they store."""
        return [request for name, request in zip(self.ids, self.before, strict=True) if name.startswith(STORED)]

    def up_to(self, request: Request) -> Chain:
        """What has to come before a request: what it waits for, what that waits for, and what stores something."""
        needed: list[tuple[str, Request]] = []
        waiting = [request]
        for name, before in reversed(list(zip(self.ids, self.before, strict=True))):
            if name.startswith(STORED) or any(_waits(one, name) for one in waiting):
                needed.insert(0, (name, before))
                waiting.append(before)
        return Chain(tuple(before for _, before in needed), tuple(name for name, _ in needed))

    def applied(self, drafts: Iterable[Draft]) -> Iterator[Draft]:
        """Each draft with IDs to come in their places, and then as it is."""
        for draft in drafts:
            waiting = self.waiting(draft)
            if waiting.key != draft.key:
                yield waiting
            yield draft

    def waiting(self, draft: Draft) -> Draft:
        """A draft with IDs to come in their places."""
        for address, name in references(draft):
            if name in self.ids:
                draft = draft.put(address, placeholder(name)) or draft
        return draft

    def trial(self, draft: Draft) -> Trial:
        """The trial of a draft, with what has to come first where it waits for it."""
        trial = explored(draft)
        needed = self.up_to(trial.request)
        return replace(trial, before=needed.before, ids=needed.ids)


def references(draft: Draft) -> Iterator[tuple[Address, str]]:
    """Where IDs may stand in a draft, and what they are called there; what its path has names nothing else."""
    in_path = [name for name, _ in draft.path]
    for address, atom in draft.atoms():
        if address[0] == "path":
            yield address, address[1]
        elif address[0] in ID_PARTS and len(address) > 1 and isinstance(atom, (str, int)):
            name = address[-1] if address[0] == "json" else address[1]
            if isinstance(name, str) and name not in in_path:
                yield address, name


def _waits(request: Request, name: str) -> bool:
    text = placeholder(name)
    if name.startswith(CREDENTIAL):
        return any(text in value for _, value in request.headers)
    coded = quote_plus(text)
    return (
        text in request.path
        or coded in request.query
        or text.encode() in request.body
        or coded.encode() in request.body
    )


def with_ids(request: Request, known: Mapping[str, ID | None]) -> Request:
    """A request with the IDs that are known by now in their places; in a JSON body a number stands as one."""
    for name, value in known.items():
        if not _waits(request, name):
            continue
        waiting, text = placeholder(name), "" if value is None else str(value)
        if name.startswith(CREDENTIAL):
            headers = tuple((key, line.replace(waiting, text)) for key, line in request.headers)
            request = replace(request, headers=headers)
            continue
        coded, plain = quote_plus(waiting), quote_plus(text)
        body = request.body.replace(b'"%s"' % waiting.encode(), json.dumps(value).encode())
        body = body.replace(coded.encode(), plain.encode()).replace(waiting.encode(), text.encode())
        path, query = request.path.replace(waiting, text), request.query.replace(coded, plain)
        request = replace(request, path=path, query=query, body=body)
    return request

"""What a route is sent: a first valid request, then the variations that show what one request alone does not."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from ..contract.request import WEBSOCKET, Request
from ..fault import Fault
from ..protocols.client import DEFAULT, Answer, Client
from ..routes import Parameter, Route
from . import values as made
from .draft import Draft, header_text, json_of
from .tree import MISSING

NON_ASCII = "Zoë Łódź 日本"
_BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Trial:
    """One exchange to be driven. `label` names it within its route, the same in every run.

    `before`: requests that are sent first and whose exchanges are judged under labels of their own. `ids`: for each of
    these the name of the path parameter whose value its response holds; in later paths it stands as "{name}".
    """

    label: str
    request: Request
    client: Client = DEFAULT
    before: tuple[Request, ...] = ()
    ids: tuple[str, ...] = ()
    draft: Draft | None = None
    """The parts of a request that was made while the route was explored."""
    upstream: Any = None
    """What other machines answer meanwhile, as JSON has it; None for nothing in particular."""
    session: Any = None
    """What the app's own session holds; None for no session."""
    answered: int = 200
    """The status with which other machines answer."""
    faults: tuple[Fault, ...] = ()
    """What is made to fail in it."""

    @property
    def identity(self) -> str:
        """What tells it from the route's other trials."""
        if not self.faults:
            return self.label
        client = f" to a client that {self.client}" if self.client != DEFAULT else ""
        return f"{self.label}{client}, failing: {'; '.join(fault.label for fault in self.faults)}"

    def to_json(self) -> dict[str, Any]:
        """What is needed to send it again, in JSON basics."""
        return {
            "label": self.label,
            "request": self.request.to_json(),
            "client": asdict(self.client),
            "before": [request.to_json() for request in self.before],
            "ids": list(self.ids),
            "upstream": self.upstream,
            "session": self.session,
            "answered": self.answered,
            "faults": [fault.to_json() for fault in self.faults],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Trial:
        """The inverse of `to_json`. Raises KeyError, TypeError and ValueError for what is none."""
        before = tuple(Request.from_json(request) for request in data["before"])
        ids = tuple(str(name) for name in data.get("ids", ()))
        faults = tuple(Fault.from_json(fault) for fault in data.get("faults", ()))
        request, client = Request.from_json(data["request"]), Client(**data["client"])
        beside = {name: data[name] for name in ("upstream", "session", "answered") if name in data}
        return cls(str(data["label"]), request, client, before, ids, faults=faults, **beside)


VALID = "valid"
"""The label of a route's first trial."""
EXPLORED = "explored "
"""Begins the label of a trial that a search has made."""


def explored(draft: Draft) -> Trial:
    """The trial of a draft, labelled by what it sends. Raises KeyError where the path lacks a value."""
    label = EXPLORED + hashlib.sha256(draft.key.encode()).hexdigest()[:12]
    return Trial(
        label, draft.request(), draft=draft, upstream=draft.upstream, session=draft.session, answered=draft.answered
    )


class Inputs:
    """The values that a route's inputs take: the user's where he gave some, else what the schema declares."""

    def __init__(self, route: Route, given: Mapping[str, Any]) -> None:
        self.route = route
        self.given = {name: _listed(value) for name, value in given.items()}
        self.defs = (route.body or {}).get("$defs", {}) if route.body else {}

    def first(self, parameter: Parameter) -> Any:
        """The first value to send. Raises ValueError where none can be made: a wrong path would miss the route."""
        given = self.given.get(parameter.name)
        if given:
            return given[0]
        value = made.first(parameter.schema, parameter.schema.get("$defs", {}))
        if parameter.source == "path" and not made.matches(made.text_of(value), parameter.schema):
            raise ValueError(f"{parameter.name} has to match {parameter.schema['pattern']}, and no such text was found")
        return value

    def others(self, parameter: Parameter) -> list[Any]:
        """The further values: the user's, and the boundaries of what is declared."""
        given = self.given.get(parameter.name, [])[1:]
        try:
            boundaries = made.boundaries(parameter.schema, parameter.schema.get("$defs", {}))
        except ValueError:
            boundaries = []
        return [*given, *boundaries]

    def body(self) -> Any:
        body = self.route.body
        value = made.first(body, self.defs) if body is not None else None
        if isinstance(value, dict):
            value = {**value, **{name: given[0] for name, given in self.given.items() if name in value and given}}
        return value

    def bodies(self) -> list[Any]:
        body = self.route.body
        return made.boundaries(body, self.defs) if body is not None else []


def _listed(value: Any) -> list[Any]:
    """A user's values as a list; a few examples of a Hypothesis strategy, always the same ones."""
    if hasattr(value, "example") and hasattr(value, "map"):
        return _examples(value)
    return list(value) if isinstance(value, (list, tuple, set, frozenset, range)) else [value]


def _examples(strategy: Any) -> list[Any]:
    from hypothesis import HealthCheck, Phase, given, settings

    found: list[Any] = []

    @settings(
        max_examples=5,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def request_for(route: Route, inputs: Inputs, changed: Mapping[str, Any] | None = None, host: str = "") -> Request:
    """A request to the route with its first valid values, some of them `changed` by name.

    Raises ValueError or KeyError where a parameter has no value.
    """
    draft = draft_for(route, inputs, changed, host)
    if route.method == WEBSOCKET and not draft.media:
        draft = with_body(draft, route.media, {})  # most apps wait for something to be said
    return draft.request()


def draft_for(route: Route, inputs: Inputs, changed: Mapping[str, Any] | None = None, host: str = "") -> Draft:
    """The same as a draft, whose parts can be changed."""
    changed = changed or {}
    template = tuple(part if isinstance(part, str) else (part.name,) for part in route.parts)
    path = tuple((one.name, made.text_of(_chosen(one, inputs, changed))) for one in route.path_parameters)
    parts: dict[str, list[tuple[str, str]]] = {"query": [], "form": [], "header": [], "cookie": [], "file": []}
    parts["header"] += [("host", route.host or host or "localhost:8000"), ("accept", "*/*")]
    for parameter in route.parameters:
        if not parameter.required and parameter.name not in changed and parameter.name not in inputs.given:
            continue
        value = _chosen(parameter, inputs, changed)
        if value is not MISSING:
            clean = header_text if parameter.source == "header" else str
            source = "file" if parameter.source == "form" and is_file(parameter.schema) else parameter.source
            parts[source] += [(parameter.name, clean(text)) for text in _texts(value)]
    files = tuple((name, "upload.txt", text) for name, text in parts["file"])
    query, headers, cookies = (tuple(parts[name]) for name in ("query", "header", "cookie"))
    draft = Draft(route.method, template, path, query, headers, cookies)
    if files:
        return replace(draft, media="multipart/form-data", fields=tuple(parts["form"]), files=files)
    if parts["form"]:
        return replace(draft, media="application/x-www-form-urlencoded", fields=tuple(parts["form"]))
    if route.body is None:
        return draft
    return with_body(draft, route.media, changed["(body)"] if "(body)" in changed else inputs.body())


def is_file(schema: Mapping[str, Any]) -> bool:
    """Whether a field of a form is a file, as OpenAPI 3.0 and 3.1 have it; one of several counts."""
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return True
    inner = (*schema.get("anyOf", ()), schema.get("items"))
    return any(is_file(one) for one in inner if isinstance(one, Mapping))


def _chosen(parameter: Parameter, inputs: Inputs, changed: Mapping[str, Any]) -> Any:
    return changed[parameter.name] if parameter.name in changed else inputs.first(parameter)


def with_body(draft: Draft, media: str, value: Any) -> Draft:
    """The draft with a body of a type; bytes stand as they are."""
    if value is MISSING:
        return draft
    if isinstance(value, bytes):
        return replace(draft, media=media, text=value.decode("utf-8", "surrogateescape"), raw=True)
    if isinstance(value, dict) and media == "application/x-www-form-urlencoded":
        return replace(
            draft, media=media, fields=tuple((key, text) for key, one in value.items() for text in _texts(one))
        )
    if isinstance(value, dict) and media == "multipart/form-data":
        files = tuple(
            (key, "upload.txt", one.decode("latin-1")) for key, one in value.items() if isinstance(one, bytes)
        )
        fields = tuple((key, made.text_of(one)) for key, one in value.items() if not isinstance(one, bytes))
        return replace(draft, media=media, fields=fields, files=files)
    if "json" in media:
        return replace(draft, media=media, json=json_of(value))
    return replace(draft, media=media, text=made.text_of(value))


def _texts(value: Any) -> list[str]:
    return [made.text_of(item) for item in value] if isinstance(value, (list, tuple)) else [made.text_of(value)]


CLIENTS = (
    ("client leaves before the first byte", Client(leaves="before")),
    ("client leaves after the first chunk", Client(leaves="first")),
    ("client leaves at the end", Client(leaves="end")),
    ("client is gone at the head", Client(refuses="start")),
    ("client is gone at the body", Client(refuses="body")),
    ("client is slow", Client(slow=True)),
    ("server is strict", Client(strict=True)),
)


class Plan:
    """The trials of one route, in order. It reads what the first answer taught, so `learn` must be told each answer."""

    def __init__(self, route: Route, given: Mapping[str, Any], host: str, alone: bool = True) -> None:
        """`alone`: no other route of the app has this path, so that OPTIONS and unknown methods are for this one."""
        self.route = route
        self.inputs = Inputs(route, given)
        self.host = host
        self.alone = alone
        self.answers: dict[str, Answer] = {}

    def learn(self, trial: Trial, answer: Answer) -> None:
        self.answers[trial.label] = answer

    def first(self) -> Trial:
        """The first valid request. Raises ValueError or KeyError where it cannot be made."""
        return Trial(VALID, request_for(self.route, self.inputs, host=self.host))

    def trials(self) -> Iterator[Trial]:
        """All trials that need no search; the first has the label "valid"."""
        yield from self.variations()
        yield from self.boundaries()

    def variations(self) -> Iterator[Trial]:
        """The valid request, and what clients and servers do to it."""
        yield self.first()
        first = self.first()  # anew: a Host that the app accepts may have been found meanwhile
        yield from self.varied(first, self.answers.get(first.label, Answer()))

    def varied(self, base: Trial, answer: Answer) -> Iterator[Trial]:
        """What clients and servers do to a request that had an answer."""
        for trial in self.differing(base.request, answer):
            label = trial.label if base.label == VALID else f"{base.label}, {trial.label}"
            before = (*base.before, *trial.before)
            client = trial.client
            yield replace(base, label=label, request=trial.request, client=client, before=before, draft=None)

    def differing(self, base: Request, answer: Answer) -> Iterator[Trial]:
        yield Trial("the same again", base, before=(base,))
        if self.route.method != WEBSOCKET:
            yield from self.methods(base)
        for label, client in CLIENTS:
            yield Trial(label, base, client)
        if self.route.method == WEBSOCKET:
            return
        if self.route.method in _BODY_METHODS or base.body:
            sent = base if base.body else replace(base, body=b"x=1&y=2")
            yield Trial("the request's body breaks off", sent, Client(breaks_off=True))
        yield from self.headers(base, answer)

    def boundaries(self) -> Iterator[Trial]:
        """Other values of what is declared, and other methods."""
        yield from self.other_values()
        yield from self.other_methods(self.first().request)

    def methods(self, base: Request) -> Iterator[Trial]:
        if self.route.method == "GET":
            yield Trial("HEAD", replace(base, method="HEAD"))
        if self.alone:
            yield Trial("OPTIONS", replace(base, method="OPTIONS"))
            yield Trial("an unknown method", replace(base, method="BREW"))

    def other_methods(self, base: Request) -> Iterator[Trial]:
        """An app without a router may answer any method; last, because what is deleted cannot be asked for again."""
        if self.route.template == "{path}":
            yield Trial("a path that leaves the root", replace(base, path="/../x"))
            for method in ("POST", "PUT", "DELETE"):
                yield Trial(method, replace(base, method=method, body=b"x=1" if method != "DELETE" else b""))

    def headers(self, base: Request, answer: Answer) -> Iterator[Trial]:
        yield Trial("gzip", base.with_header("accept-encoding", "gzip"))
        yield Trial(
            "client leaves a gzip response", base.with_header("accept-encoding", "gzip"), Client(leaves="first")
        )
        if self.route.method == "GET":
            etag = answer.header("etag") or "*"
            modified = answer.header("last-modified") or "Fri, 01 Jan 2100 00:00:00 GMT"
            yield Trial("If-None-Match", base.with_header("if-none-match", etag))
            yield Trial("If-Modified-Since", base.with_header("if-modified-since", modified))
            yield Trial(
                "If-None-Match, gzip", base.with_header("if-none-match", etag).with_header("accept-encoding", "gzip")
            )
            yield Trial("Range", base.with_header("range", "bytes=0-0"))
            yield Trial("Range beyond the end", base.with_header("range", "bytes=999999999-"))
            yield Trial("two Ranges", base.with_header("range", "bytes=0-0,2-3"))

    def other_values(self) -> Iterator[Trial]:
        """Non-ASCII values first, then every declared input's boundaries, each input in turn."""
        yield from self.non_ascii()
        columns: list[list[tuple[str, dict[str, Any]]]] = []
        for parameter in (*self.route.path_parameters, *self.route.parameters):
            others: list[Any] = self.inputs.others(parameter)
            if parameter.source != "path" and parameter.required:
                others.append(MISSING)
            if parameter.source != "path" and not parameter.required:
                others.insert(0, _first_or_empty(self.inputs, parameter))
            columns.append(
                [(f"{parameter.source} {parameter.name} #{n}", {parameter.name: v}) for n, v in enumerate(others)]
            )
        if self.route.body is not None:
            bodies: list[Any] = [*self.inputs.bodies(), b"{not json", MISSING]
            columns.append([(f"body #{number}", {"(body)": value}) for number, value in enumerate(bodies)])
        sent: set[Request] = set()
        for label, changed in _in_turn(columns):
            for trial in self.changed(label, changed):
                if trial.request not in sent:  # two values may have one text
                    sent.add(trial.request)
                    yield trial

    def non_ascii(self) -> Iterator[Trial]:
        changed = {
            parameter.name: NON_ASCII
            for parameter in (*self.route.path_parameters, *self.route.parameters)
            if parameter.schema.get("type") == "string" and not {"enum", "format", "pattern"} & set(parameter.schema)
        }
        if changed:
            yield from self.changed("non-ASCII values", changed)
        base = self.first().request
        query = urlencode([("q", NON_ASCII), ("name", NON_ASCII)])
        extra = replace(base, query=f"{base.query}&{query}" if base.query else query)
        yield Trial("non-ASCII query and cookie", extra.with_header("cookie", "name=" + quote(NON_ASCII)))
        if self.route.method in _BODY_METHODS and self.route.body is None:
            form = base.with_header("content-type", "application/x-www-form-urlencoded")
            yield Trial("a form", replace(form, body=urlencode({"name": NON_ASCII}).encode()))
            sent = base.with_header("content-type", "application/json")
            yield Trial("a JSON body", replace(sent, body=json.dumps({"name": NON_ASCII}, ensure_ascii=False).encode()))

    def changed(self, label: str, changed: Mapping[str, Any]) -> Iterator[Trial]:
        try:
            yield Trial(label, request_for(self.route, self.inputs, changed, self.host))
        except (KeyError, ValueError):
            return


def _first_or_empty(inputs: Inputs, parameter: Parameter) -> Any:
    try:
        return inputs.first(parameter)
    except ValueError:
        return ""


def _in_turn(columns: Iterable[list[Any]]) -> Iterator[Any]:
    for row in itertools.zip_longest(*columns, fillvalue=None):
        yield from (item for item in row if item is not None)

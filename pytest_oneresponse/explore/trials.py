"""What a route is sent: a first valid request, then the variations that show what one request alone does not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from ..contract.request import Request
from ..protocols.client import DEFAULT, Answer, Client
from ..routes import Parameter, Route
from . import values as made

NON_ASCII = "Zoë Łódź 日本"
_BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Trial:
    """One exchange to be driven. `label` names it within its route, the same in every run.

    `before`: requests that are sent first and whose exchanges are judged under labels of their own.
    """

    label: str
    request: Request
    client: Client = DEFAULT
    before: tuple[Request, ...] = ()


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
    changed = changed or {}
    path = {
        parameter.name: made.text_of(changed.get(parameter.name, _MISSING))
        if parameter.name in changed
        else made.text_of(inputs.first(parameter))
        for parameter in route.path_parameters
    }
    query: list[tuple[str, str]] = []
    form: list[tuple[str, str]] = []
    headers: list[tuple[str, str]] = [("host", route.host or host or "localhost:8000"), ("accept", "*/*")]
    cookies: list[str] = []
    for parameter in route.parameters:
        if not parameter.required and parameter.name not in changed and parameter.name not in inputs.given:
            continue
        value = changed[parameter.name] if parameter.name in changed else inputs.first(parameter)
        if value is _MISSING:
            continue
        for text in _texts(value):
            if parameter.source == "query":
                query.append((parameter.name, text))
            elif parameter.source == "form":
                form.append((parameter.name, text))
            elif parameter.source == "header":
                headers.append((parameter.name, _header_text(text)))
            elif parameter.source == "cookie":
                cookies.append(f"{parameter.name}={quote(text)}")
    if cookies:
        headers.append(("cookie", "; ".join(cookies)))
    body = _body(route, inputs, form, changed, headers)
    target = route.path(path)
    if not target.startswith("/"):
        target = "/" + target
    return Request(route.method, target, urlencode(query), tuple(headers), body)


class _Missing:
    def __repr__(self) -> str:
        return "(left out)"


_MISSING = _Missing()


def _texts(value: Any) -> list[str]:
    return [made.text_of(item) for item in value] if isinstance(value, (list, tuple)) else [made.text_of(value)]


def _header_text(text: str) -> str:
    return "".join(character if character >= " " and character != "\x7f" else "?" for character in text)


def _body(
    route: Route,
    inputs: Inputs,
    form: list[tuple[str, str]],
    changed: Mapping[str, Any],
    headers: list[tuple[str, str]],
) -> bytes:
    if form:
        headers.append(("content-type", "application/x-www-form-urlencoded"))
        return urlencode(form).encode()
    if route.body is None:
        return b""
    value = changed["(body)"] if "(body)" in changed else inputs.body()
    if value is _MISSING:
        return b""
    if isinstance(value, bytes):
        headers.append(("content-type", route.media))
        return value
    headers.append(("content-type", route.media))
    if route.media == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode([(key, text) for key, item in value.items() for text in _texts(item)]).encode()
    if route.media == "multipart/form-data" and isinstance(value, dict):
        headers[-1] = ("content-type", f"multipart/form-data; boundary={_BOUNDARY}")
        return _multipart(value)
    if "json" in route.media:
        return json.dumps(value, default=str, ensure_ascii=False).encode()
    return made.text_of(value).encode()


_BOUNDARY = "oneresponse-boundary"


def _multipart(fields: Mapping[str, Any]) -> bytes:
    lines: list[bytes] = []
    for name, value in fields.items():
        content = value if isinstance(value, bytes) else made.text_of(value).encode()
        file = '; filename="upload.txt"' if isinstance(value, bytes) else ""
        lines += [f"--{_BOUNDARY}".encode(), f'Content-Disposition: form-data; name="{name}"{file}'.encode()]
        lines += [b"", content]
    return b"\r\n".join([*lines, f"--{_BOUNDARY}--".encode(), b""])


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
        return Trial("valid", request_for(self.route, self.inputs, host=self.host))

    def trials(self) -> Iterator[Trial]:
        """All trials; the first has the label "valid"."""
        first = self.first()
        yield first
        base = self.first().request  # anew: a Host that the app accepts may have been found meanwhile
        yield Trial("the same again", base, before=(base,))
        yield from self.methods(base)
        for label, client in CLIENTS:
            yield Trial(label, base, client)
        yield from self.headers(base)
        yield from self.other_values()
        yield from self.other_methods(base)

    def methods(self, base: Request) -> Iterator[Trial]:
        if self.route.method == "GET":
            yield Trial("HEAD", replace(base, method="HEAD"))
        if self.alone:
            yield Trial("OPTIONS", replace(base, method="OPTIONS"))
            yield Trial("an unknown method", replace(base, method="BREW"))

    def other_methods(self, base: Request) -> Iterator[Trial]:
        """An app without a router may answer any method; last, because what is deleted cannot be asked for again."""
        if self.route.template == "{path}":
            for method in ("POST", "PUT", "DELETE"):
                yield Trial(method, replace(base, method=method, body=b"x=1" if method != "DELETE" else b""))

    def headers(self, base: Request) -> Iterator[Trial]:
        yield Trial("gzip", base.with_header("accept-encoding", "gzip"))
        yield Trial(
            "client leaves a gzip response", base.with_header("accept-encoding", "gzip"), Client(leaves="first")
        )
        answer = self.answers.get("valid", Answer())
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
                others.append(_MISSING)
            if parameter.source != "path" and not parameter.required:
                others.insert(0, _first_or_empty(self.inputs, parameter))
            columns.append(
                [(f"{parameter.source} {parameter.name} #{n}", {parameter.name: v}) for n, v in enumerate(others)]
            )
        if self.route.body is not None:
            bodies: list[Any] = [*self.inputs.bodies(), b"{not json", _MISSING]
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

"""A finding that an injected failure shows, as a test that can be put into the user's suite."""

from __future__ import annotations

import json
import re
import sys

from ..contract.finding import Finding
from ..contract.request import Request
from ..faults.replies import JSON, MISBEHAVIOURS, Reply

_KINDS = ("call", "await", "step", "enter")
"""What `oneresponse.fault` can make fail on a line."""


def pasted(finding: Finding) -> str:
    """The source of a test that makes the same call fail; empty where a test by hand cannot show the same."""
    fault, request = finding.fault, finding.request
    node, _, rest = finding.test.partition("::")
    if not fault or request is None or finding.client or node != "oneresponse" or not fault.get("alone"):
        return ""
    label, _, name = rest.partition("::")
    module, colon, attribute = label.partition(":")
    imports, body = _of_upstream(finding) if fault["kind"] == "upstream" else _of_call(finding)
    if not body:
        return ""
    imports += [f"from {module} import {attribute.removesuffix('()').partition('.')[0]}"] if colon else []
    fixtures = "oneresponse" if colon else f"oneresponse, {label}"
    return "\n".join(
        [
            *imports,
            f"def test_{_words(name)}({fixtures}):",
            f"    client = oneresponse.client({attribute if colon else label})",
            *(f"    {line}" for line in body),
        ]
    )


def _of_call(finding: Finding) -> tuple[list[str], list[str]]:
    """The imports and the lines of a test in which something of the app's own code fails."""
    fault, request = finding.fault, finding.request
    assert fault is not None and request is not None
    error = fault["exception"]
    if fault["kind"] not in _KINDS or error == _CANCELLED:
        return [], []
    escapes = finding.rule in _ESCAPES
    imports = ["import contextlib"] if escapes else []
    imports += [f"import {_module_of(error)}"] if "." in error else []
    return imports, [
        f"with oneresponse.fault({_target(fault)}, {error}{_when(fault)}){_escaping(error) if escapes else ''}:",
        f"    {_call(request)}",
    ]


def _of_upstream(finding: Finding) -> tuple[list[str], list[str]]:
    """The imports and the lines of a test in which another machine, asked through requests, lets the app down."""
    fault, request = finding.fault, finding.request
    assert fault is not None and request is not None
    method, _, url = fault["call"].partition(" ")
    reply = MISBEHAVIOURS[fault["exception"]]
    # requests-mock breaks off no body, and a client of a test is told of what escapes
    if fault["asked"] != "requests" or not reply.whole or fault["occurrence"] != 1 or finding.rule in _ESCAPES:
        return [], []
    failing = _answer(reply, url)
    answers = failing if fault["always"] else f"[dict({failing}), dict(json={fault['otherwise']!r})]"
    imports = ["import requests"] if reply.fails else []
    return imports, [f"oneresponse.upstream.register_uri({method!r}, {url!r}, {answers})", _call(request)]


def _answer(reply: Reply, url: str) -> str:
    """An answer as requests-mock is told of it."""
    if reply.fails:
        return f"exc=requests.{_RAISED[reply.fails]}"
    if "location" in reply.headers:
        return f"status_code={reply.status}, headers={{'location': {url!r}}}"
    if reply.headers == JSON or reply.status != 200:
        return f"status_code={reply.status}, json={json.loads(reply.body)!r}"
    return f"text={reply.body.decode()!r}"


_RAISED = {"connect timeout": "ConnectTimeout", "read timeout": "ReadTimeout", "refused": "ConnectionError"}
_ESCAPES = ("error-after-start", "error-after-end")
_CANCELLED = "asyncio.exceptions.CancelledError"
"""A server's doing, which no client of a test can play."""


def _module_of(error: str) -> str:
    """The module of an exception's dotted name: a class may stand within another one."""
    parts = error.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
    return next((name for name in names if name in sys.modules), error.rpartition(".")[0])


def _target(fault: dict[str, object]) -> str:
    where = fault["where"]
    assert isinstance(where, dict)
    return f'"{where["file"]}:{fault["line"]}"'


def _when(fault: dict[str, object]) -> str:
    nth = f", nth={fault['passing']}" if fault["passing"] != 1 else ""
    return nth + (", always=True" if fault["always"] else "")


def _escaping(error: str) -> str:
    return f", contextlib.suppress({error})"


def _call(request: Request) -> str:
    """The request, as webtest's client sends it."""
    headers = {name: value for name, value in request.headers if name.lower() not in ("host", "content-length")}
    if headers == {"accept": "*/*"}:
        headers = {}
    told = [repr(request.target)]
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        told.append(f"method={request.method!r}")
    if request.body:
        told.append(f"body={request.body!r}")
    if headers:
        told.append(f"headers={headers!r}")
    method = {"HEAD": "head", "OPTIONS": "options", "GET": "get"}.get(request.method, "request")
    return f"client.{method}({', '.join(told)}, expect_errors=True)"


def _words(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower()).strip("_") or "it"

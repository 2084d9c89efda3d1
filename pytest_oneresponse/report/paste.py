"""A finding that an injected failure shows, as a test that can be put into the user's suite."""

from __future__ import annotations

import re
import sys

from pytest_oneresponse.contract.finding import Finding
from pytest_oneresponse.contract.request import Request

_KINDS = ("call", "await", "step", "enter")
"""What `oneresponse.fault` can make fail on a line."""


def pasted(finding: Finding) -> str:
    """The source of a test that makes the same call fail; empty where a test by hand cannot show the same."""
    fault, request = finding.fault, finding.request
    node, _, rest = finding.test.partition("::")
    if not fault or request is None or finding.client or node != "oneresponse":
        return ""
    if fault.get("kind") not in _KINDS or not fault.get("alone") or fault["exception"] == _CANCELLED:
        return ""
    label, _, name = rest.partition("::")
    module, colon, attribute = label.partition(":")
    error = fault["exception"]
    lines = [f"import {_module_of(error)}"] if "." in error else []
    escapes = finding.rule.startswith("error-after")
    lines = ["import contextlib", *lines] if escapes else lines
    lines += [f"from {module} import {attribute.removesuffix('()').partition('.')[0]}"] if colon else []
    fixtures = "oneresponse" if colon else f"oneresponse, {label}"
    call = _call(request)
    lines += [
        f"def test_{_words(name)}({fixtures}):",
        f"    client = oneresponse.client({attribute if colon else label})",
        f"    with oneresponse.fault({_target(fault)}, {error}{_when(fault)}){_escaping(error) if escapes else ''}:",
        f"        {call}",
    ]
    return "\n".join(lines)


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

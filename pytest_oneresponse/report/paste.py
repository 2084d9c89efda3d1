"""A finding that an injected failure shows, as a test that can be put into the user's suite."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from typing import Any

from ..contract.finding import Finding
from ..contract.request import WEBSOCKET, Request
from ..fault import OF
from ..protocols.client import DEFAULT, NAMED, Client


def pasted(finding: Finding) -> str:
    """The source of a test that makes the same things fail; empty where nothing was made to fail, or no app is named."""
    fault, request = finding.fault, finding.request
    node, _, rest = finding.test.partition("::")
    client = NAMED.get(finding.client, DEFAULT)
    if (
        not fault
        or request is None
        or request.method == WEBSOCKET
        or node != "oneresponse"
        or str(client) != finding.client
    ):
        return ""
    label, _, name = rest.partition("::")
    module, colon, attribute = label.partition(":")
    faults = [*fault["before"], fault]
    blocks = [_block(one) for one in faults]
    imports = sorted({f"import {_module_of(one['exception'])}" for one in faults if "." in one["exception"]})
    if finding.rule in _ESCAPES:
        imports.insert(0, "import contextlib")
        blocks.append(f"contextlib.suppress({'Exception' if fault['kind'] == 'upstream' else fault['exception']})")
    imports += [f"from {module} import {attribute.removesuffix('()').partition('.')[0]}"] if colon else []
    fixtures = "oneresponse" if colon else f"oneresponse, {label}"
    return "\n".join(
        [
            *imports,
            f"def test_{_words(name)}({fixtures}):",
            f"    client = oneresponse.client({attribute if colon else label}{_misbehaving(client)})",
            f"    with {', '.join(blocks)}:",
            f"        {_call(request)}",
        ]
    )


def _block(fault: dict[str, Any]) -> str:
    """What makes one thing fail."""
    error = fault["exception"]
    if fault["kind"] == "upstream":
        otherwise = f", otherwise={fault['otherwise']!r}" if fault["otherwise"] else ""
        return f"oneresponse.fault({_target(fault)}, {error!r}{_when(fault, 'occurrence')}{otherwise})"
    if fault["kind"] in OF:
        return f"oneresponse.fault({_target(fault)}, {error}{_when(fault, 'occurrence')}, of={fault['kind']!r})"
    return f"oneresponse.fault({_target(fault)}, {error}{_when(fault, 'passing')})"


def _misbehaving(client: Client) -> str:
    """The arguments that make a client of this kind."""
    plain = asdict(DEFAULT)
    return "".join(f", {name}={value!r}" for name, value in asdict(client).items() if value != plain[name])


_ESCAPES = ("error-after-start", "error-after-end")


def _module_of(error: str) -> str:
    """The module of an exception's dotted name: a class may stand within another one."""
    parts = error.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
    return next((name for name in names if name in sys.modules), error.rpartition(".")[0])


def _target(fault: dict[str, Any]) -> str:
    return f'"{fault["where"]["file"]}:{fault["line"]}"'


def _when(fault: dict[str, Any], counted: str) -> str:
    nth = f", nth={fault[counted]}" if fault[counted] != 1 else ""
    return nth + (", always=True" if fault["always"] else "")


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

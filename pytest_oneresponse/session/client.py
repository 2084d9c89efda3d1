"""A `webtest.TestApp` for WSGI and ASGI apps, whose exchanges are judged."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from ..apps import App
from ..contract.request import Request
from ..exchange import AlreadyJudged
from ..protocols import probe, wsgi
from ..protocols.client import DEFAULT, Client
from .docket import TestDocket

_LEFT = "499 Client Closed Request"
"""Stands for the answer that a client has not waited for, as servers write it in their logs."""


def test_app(app: App, docket: TestDocket, timeout: float, client: Client) -> Any:
    """A client whose every exchange goes to `docket`. Responses of any status are given back with `expect_errors=True`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # on 3.11 webob imports cgi
        import webtest

    class TestApp(webtest.TestApp):  # type: ignore[misc]
        def do_request(self, *args: Any, **named: Any) -> Any:
            with app.around(), probe.probing(app.holds) as closing:
                try:
                    return super().do_request(*args, **named)
                finally:
                    closing(None)

    if app.interface == "wsgi" and client == DEFAULT:
        return TestApp(wsgi.watched(app.target), lint=False)
    return TestApp(_Driven(app, docket, timeout, client), lint=False)


test_app.__test__ = False  # type: ignore[attr-defined]


class _Driven(AlreadyJudged):
    """An app as a WSGI app: each request is one driven exchange, taken as `client` does and then handed over."""

    def __init__(self, app: App, docket: TestDocket, timeout: float, client: Client) -> None:
        self.app = app
        self.docket = docket
        self.timeout = timeout
        self.client = client

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = wsgi.request_of(environ)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size) if size else b""
        sent = Request(request.method, request.path, request.query, request.headers, body)
        exchange, answer = self.app.driven_by(self.timeout).exchange(sent, self.client, keep=None)
        exchange.docket = self.docket
        self.docket.count += 1
        if not exchange.plain:
            self.docket.add(exchange)
        error = exchange.escaped()
        if error is not None and not answer.status and self.client == DEFAULT:
            raise error
        if not answer.status and self.client != DEFAULT:
            start_response(_LEFT, [])
            return [b""]
        status = answer.status or 500
        try:
            reason = HTTPStatus(status).phrase
        except ValueError:
            reason = "Unknown"
        start_response(f"{status} {reason}", list(answer.headers))
        return [bytes(answer.body)]

"""Answering what is sent through requests: by requests-mock, before its adapters, and behind the user's mocks in them."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ..patching import Patches
from .making import TEXT
from .replies import Asked, Reply, Upstream

MODULES = ("requests",)


def install(module: Any, patches: Patches, upstream: Upstream, is_local: Callable[[str], bool]) -> None:
    """From now on `upstream` fails for other machines, and answers for them what no mock of the user's answers."""
    import requests_mock

    def failing(request: Any) -> Any:
        if is_local(request.hostname or ""):
            return None
        reply = upstream.fail(Asked("requests", request.method, request.url))
        return reply and _response(module, request, reply)

    def usual(request: Any) -> Any:
        return _response(module, request, upstream.usual(Asked("requests", request.method, request.url)))

    mocker, answering = requests_mock.Mocker(real_http=True), requests_mock.Adapter()
    mocker.add_matcher(failing)
    answering.add_matcher(usual)
    mocker.start()
    patches.when_undone(mocker.stop)
    adapter = module.adapters.HTTPAdapter
    if adapter.send.__module__ == module.adapters.__name__:  # else a mock stands here
        patches.replace(adapter, "send", functools.partial(_sending, answering, is_local))


def _sending(answering: Any, is_local: Callable[[str], bool], send: Any) -> Any:
    """`HTTPAdapter.send`, the last that a request passes."""

    @functools.wraps(send)
    def sent(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        if is_local(urlsplit(request.url).hostname or ""):
            return send(self, request, *arguments, **named)
        return answering.send(request, **named)

    return sent


def _response(requests: Any, request: Any, reply: Reply) -> Any:
    import requests_mock

    kinds = {
        "connect timeout": requests.exceptions.ConnectTimeout,
        "read timeout": requests.exceptions.ReadTimeout,
        "refused": requests.exceptions.ConnectionError,
    }
    if reply.fails:
        raise kinds[reply.fails](f"{reply.fails} ({TEXT})", request=request._request)
    headers = {**reply.headers, "content-length": str(len(reply.body) + (0 if reply.whole else 100))}
    if reply.whole:
        return requests_mock.create_response(request, status_code=reply.status, headers=headers, content=reply.body)
    from urllib3.response import HTTPResponse

    raw = HTTPResponse(
        io.BytesIO(reply.body), headers, reply.status, preload_content=False, enforce_content_length=True
    )
    return requests_mock.create_response(request, raw=raw, headers=headers, status_code=reply.status)

"""Answering what is sent through requests: by requests-mock, which stands where its adapters do."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from ..watch.patching import Patches
from .making import TEXT
from .replies import Answering, Asked, Reply

MODULES = ("requests",)


def install(module: Any, patches: Patches, answering: Answering, is_local: Callable[[str], bool]) -> None:
    """From now on requests to other machines are answered by `answering`."""
    import requests_mock

    mocker = requests_mock.Mocker(real_http=True)

    def answered(request: Any) -> Any:
        if is_local(request.hostname or ""):
            return None
        return _response(module, request, answering(Asked("requests", request.method, request.url)))

    mocker.add_matcher(answered)
    mocker.start()
    patches.when_undone(mocker.stop)


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

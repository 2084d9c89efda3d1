"""Exceptions made of their classes, as the library that raises them would make them."""

from __future__ import annotations

import errno
import inspect
import io
import os
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .. import exchange
from ..explore.recording import Recording
from .exceptions import name_of

TEXT = "injected by oneresponse"


def made(kind: type[BaseException]) -> BaseException | None:
    """An exception of a class; None where none can be made. What the class does meanwhile belongs to no exchange."""
    before, Recording.now = Recording.now, None
    token = exchange._current.set(None)
    try:
        return _made(kind)
    finally:
        exchange._current.reset(token)
        Recording.now = before


def _made(kind: type[BaseException]) -> BaseException | None:
    if issubclass(kind, OSError) and isinstance(kind.__init__, types.WrapperDescriptorType):  # not the class's own
        number = _NUMBERS.get(kind, errno.EIO)
        return kind(number, f"{os.strerror(number)} ({TEXT})")
    make = _WITH_RESPONSES.get(name_of(kind))
    if make is not None:
        return make(kind)
    named = _named(kind)
    if named is None:
        return None
    if named:
        with suppress(Exception):
            error = kind(**named)
            str(error)
            return error
    for arguments in ((TEXT,), (), (TEXT, None, Exception(TEXT)), (TEXT, "", 0), (None, TEXT), (TEXT, TEXT), (1, TEXT)):
        with suppress(Exception):
            error = kind(*arguments)
            str(error)
            return error
    with suppress(Exception):
        error = kind.__new__(kind, TEXT)
        str(error)
        return error
    return None


def _named(kind: type[BaseException]) -> dict[str, Any] | None:
    """Arguments for a class of the user's that takes a status; none where it takes no such thing.

    None for one that takes a response: what somebody would send for it cannot be known.
    """
    if not isinstance(kind.__init__, types.FunctionType):
        return {}
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    needed = [one for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    if any(one.name in ("response", "resp") for one in needed):
        return None
    numbers = [
        one.name for one in needed if "status" in one.name or one.name == "code" or one.annotation in (int, "int")
    ]
    return {one.name: 500 if one.name in numbers else TEXT for one in needed} if numbers else {}


_can_be_made: dict[Any, bool] = {}


def can_be_made(kind: type[BaseException]) -> bool:
    if kind not in _can_be_made:
        _can_be_made[kind] = made(kind) is not None
    return _can_be_made[kind]


# Who waits for an error of a status looks at the response that it holds.

_URL = "http://upstream.test/"


def _of_urllib(kind: Any) -> BaseException:
    from email.message import Message

    error: BaseException = kind(_URL, 500, TEXT, Message(), io.BytesIO(b"{}"))
    return error


def _of_requests(kind: Any) -> BaseException:
    response = sys.modules["requests"].Response()
    response.status_code, response.url, response.reason, response._content = 500, _URL, TEXT, b"{}"
    error: BaseException = kind(TEXT, response=response)
    return error


def _of_httpx(kind: Any) -> BaseException:
    httpx = sys.modules[kind.__module__]
    request = httpx.Request("GET", _URL)
    error: BaseException = kind(TEXT, request=request, response=httpx.Response(500, request=request, json={}))
    return error


def _of_aiohttp(kind: Any) -> BaseException:
    url, headers = sys.modules["yarl"].URL(_URL), sys.modules["multidict"].CIMultiDict()
    asked = sys.modules["aiohttp"].RequestInfo(url, "GET", sys.modules["multidict"].CIMultiDictProxy(headers), url)
    error: BaseException = kind(asked, (), status=500, message=TEXT)
    return error


_WITH_RESPONSES: dict[str, Callable[[Any], BaseException]] = {
    "urllib.error.HTTPError": _of_urllib,
    "requests.exceptions.HTTPError": _of_requests,
    "httpx.HTTPStatusError": _of_httpx,
    "httpx2.HTTPStatusError": _of_httpx,
    "aiohttp.client_exceptions.ClientResponseError": _of_aiohttp,
    "aiohttp.client_exceptions.ContentTypeError": _of_aiohttp,
}

_NUMBERS: dict[Any, int] = {
    ConnectionRefusedError: errno.ECONNREFUSED,
    ConnectionResetError: errno.ECONNRESET,
    ConnectionError: errno.ECONNRESET,
    TimeoutError: errno.ETIMEDOUT,
    ConnectionAbortedError: errno.ECONNABORTED,
    BrokenPipeError: errno.EPIPE,
    BlockingIOError: errno.EAGAIN,
    InterruptedError: errno.EINTR,
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    IsADirectoryError: errno.EISDIR,
    NotADirectoryError: errno.ENOTDIR,
    PermissionError: errno.EACCES,
}

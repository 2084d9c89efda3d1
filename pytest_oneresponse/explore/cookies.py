"""What a client keeps of the cookies that it is given, between the requests of one trial."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from ..contract.request import Request


def with_given(request: Request, headers: Iterable[tuple[str, str]]) -> Request:
    """The request with the cookies that earlier answers have set, as a browser sends them (RFC 6265, 5.4).

    A cookie of the request's own stays; one that was set to be forgotten is not sent.
    """
    given = set_by(headers)
    own = {pair.partition("=")[0] for pair in (request.header("cookie") or "").split("; ")}
    for name, value in given.items():
        if name not in own and value:
            request = request.with_cookie(name, value)
    return request


def set_by(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The cookies that the headers of answers set, by name; the value of one that is to be forgotten is empty."""
    given: dict[str, str] = {}
    for name, value in headers:
        if name.lower() == "set-cookie":
            given |= _read(value)
    return given


def _read(header: str) -> dict[str, str]:
    """The name and value of one Set-Cookie header; an empty value for what is to be forgotten."""
    try:
        read = SimpleCookie(header)
    except CookieError:
        return {}
    return {name: "" if morsel["max-age"] == "0" else morsel.coded_value for name, morsel in read.items()}

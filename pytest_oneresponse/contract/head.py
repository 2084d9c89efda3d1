"""The form of a head: status and headers, as PEP 3333, ASGI and RFC 9110 want them."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple, cast

from .events import Headers

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WSGI_STATUS = re.compile(r"[0-9]{3} [^\x00-\x1f\x7f]*")

# RFC 9110 calls each of these a field with one value; two of them are read differently by every client.
_SINGLE = frozenset(("content-type", "location", "content-length", "etag", "last-modified", "date", "content-location"))
# RFC 2616, 13.5.1, as wsgiref.util.is_hop_by_hop lists them and PEP 3333 ("Other HTTP Features") forbids them.
_HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
    )
)


TELLING = _HOP_BY_HOP | {"content-length"}
"""The headers, in lower case, of which it is worth knowing who set them by hand."""


class Problem(NamedTuple):
    """A rule that a head breaks, and how; `level` is the rule's own where it is empty. `header`: its name in lower case."""

    rule: str
    detail: str
    level: str = ""
    header: str = ""


class Head(NamedTuple):
    """A head that was read. `status` is 0 where it could not be; `length` the declared one, None where there is none."""

    status: int
    length: int | None
    allows_body: bool
    problems: tuple[Problem, ...]


def read_head(interface: str, status: Any, headers: Headers) -> Head:
    """Read a head as `interface` ("wsgi", "asgi") writes it, with all that is wrong in it."""
    try:
        return known_head(interface, cast("Any", type(status)), status, headers)
    except (TypeError, ValueError):  # what cannot be hashed is no legal header, and is read without the cache
        return known_head.__wrapped__(interface, type(status), status, headers)


@functools.lru_cache(maxsize=2048)
def known_head(interface: str, _type: Any, status: Any, headers: Headers) -> Head:
    """The same for what can be hashed, each head once; `_type` is the status's, as 200 equals 200.0. Raises TypeError."""
    problems: list[Problem] = []
    code = _status(interface, status, problems)
    lengths: list[str] = []
    chunked = False
    seen: dict[str, str] = {}
    for pair in headers:
        read = _pair(interface, pair, problems)
        if read is None:
            continue
        name, value = read
        if name == "content-length":
            lengths.append(value.strip())
        elif (
            name == "transfer-encoding" and interface == "wsgi"
        ):  # an ASGI server ignores it, so nothing conflicts there
            chunked = True
        if interface == "wsgi" and name in _HOP_BY_HOP:
            problems.append(Problem("hop-by-hop-header", f"{name} is the server's to send", header=name))
        if name in _SINGLE:
            if name in seen and name != "content-length":
                detail = f"{name} is sent twice: {seen[name]!r} and {value!r}"
                problems.append(Problem("duplicate-header", detail, header=name))
            seen[name] = value
    length = _length(lengths, chunked, problems)
    allows = not (100 <= code < 200 or code in (204, 304))
    return Head(code, length, allows, tuple(problems))


def _status(interface: str, status: Any, problems: list[Problem]) -> int:
    if interface == "wsgi":
        if not isinstance(status, str):
            problems.append(Problem("invalid-status", f"the status is {type(status).__name__}, not str: {status!r}"))
            return 0
        if not _WSGI_STATUS.fullmatch(status) or not _is_latin1(status):
            problems.append(Problem("invalid-status", f"the status is not of the form '200 OK': {status!r}"))
        digits = status[:3]
        code = int(digits) if re.fullmatch("[0-9]{3}", digits) else 0
    else:
        if not isinstance(status, int) or isinstance(status, bool):
            problems.append(Problem("invalid-status", f"the status is {type(status).__name__}, not int: {status!r}"))
            return 0
        code = int(status)
    if 100 <= code < 200:
        problems.append(Problem("invalid-status", f"{code} is informational and cannot be the final status"))
    elif not 200 <= code <= 599 and (interface == "asgi" or _WSGI_STATUS.fullmatch(status)):
        problems.append(Problem("invalid-status", f"{code} is outside the range of status codes, 100 to 599"))
    return code


def _pair(interface: str, pair: Any, problems: list[Problem]) -> tuple[str, str] | None:
    """The pair as text, its name in lower case; None where it is no pair of the right types."""
    wanted: type = str if interface == "wsgi" else bytes
    if not isinstance(pair, tuple) or len(pair) != 2:
        problems.append(Problem("invalid-header", f"a header is no pair of name and value: {pair!r}"))
        return None
    name, value = pair
    for part in (name, value):
        if not isinstance(part, wanted):
            detail = f"a header's parts must be {wanted.__name__}, not {type(part).__name__}: {name!r}: {value!r}"
            problems.append(Problem("invalid-header", detail))
            return None
    if interface == "asgi":
        name, value = name.decode("latin-1"), value.decode("latin-1")
    if not _TOKEN.fullmatch(name):
        problems.append(Problem("invalid-header", f"{name!r} is no header name", header=name.lower()))
    if _CONTROL.search(value):
        problems.append(
            Problem("invalid-header", f"the value of {name} holds a control character: {value!r}", header=name.lower())
        )
    elif not _is_latin1(value):
        problems.append(
            Problem("invalid-header", f"the value of {name} does not fit latin-1: {value!r}", header=name.lower())
        )
    return name.lower(), value


def _is_latin1(value: str) -> bool:
    return value.isascii() or all(character <= "\xff" for character in value)


def _length(lengths: list[str], chunked: bool, problems: list[Problem]) -> int | None:
    if not lengths:
        return None
    if len(set(lengths)) > 1:
        problems.append(
            Problem(
                "conflicting-length", f"Content-Length is both {lengths[0]} and {lengths[1]}", header="content-length"
            )
        )
        return None
    if not re.fullmatch("[0-9]{1,19}", lengths[0]):
        problems.append(
            Problem("conflicting-length", f"Content-Length is no number: {lengths[0]!r}", header="content-length")
        )
        return None
    if chunked:
        problems.append(
            Problem("conflicting-length", "Content-Length and Transfer-Encoding are both sent", header="content-length")
        )
        return None
    if len(lengths) > 1:
        problems.append(
            Problem("duplicate-header", f"content-length is sent twice: {lengths[0]!r}", header="content-length")
        )
    return int(lengths[0])

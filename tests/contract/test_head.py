"""Heads, good and bad, as WSGI and ASGI write them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from pytest_oneresponse.contract.head import read_head


def told(interface: str, status: Any, headers: Any) -> list[str]:
    """The rules that a head breaks, a milder level behind them."""
    problems = read_head(interface, status, headers).problems
    assert all(problem.detail for problem in problems)
    return [problem.rule + (f" ({problem.level})" if problem.level else "") for problem in problems]


class Text(str):
    """A framework's own kind of text."""

    __slots__ = ()


WSGI_STATUSES: list[tuple[Any, int, bool]] = [
    # status, the code that is read, whether it is sound
    ("200 OK", 200, True),
    ("200 ", 200, True),
    ("200 a reason of many words!", 200, True),
    ("404 Caf\xe9", 404, True),
    ("599 X", 599, True),
    (Text("200 OK"), 200, True),
    ("200", 200, False),
    ("200OK", 200, False),
    (" 200 OK", 0, False),
    ("20 OK", 0, False),
    ("2000 OK", 200, False),
    ("abc OK", 0, False),
    ("", 0, False),
    ("-20 OK", 0, False),
    ("\u0662\u0660\u0660 OK", 0, False),
    ("200 OK\n", 200, False),
    ("200 O\rK", 200, False),
    ("200 O\x7fK", 200, False),
    ("200 OK\x00", 200, False),
    ("100 Continue", 100, False),
    ("103 Early Hints", 103, False),
    ("199 X", 199, False),
    ("099 X", 99, False),
    ("600 X", 600, False),
    ("999 X", 999, False),
    (b"200 OK", 0, False),
    (200, 0, False),
    (None, 0, False),
    (["200 OK"], 0, False),
]


@pytest.mark.parametrize(("status", "code", "sound"), WSGI_STATUSES, ids=[repr(case[0]) for case in WSGI_STATUSES])
def test_wsgi_status(status: Any, code: int, sound: bool) -> None:
    assert read_head("wsgi", status, ()).status == code
    assert told("wsgi", status, ()) == ([] if sound else ["invalid-status"])


@pytest.mark.parametrize("status", ["000 X", "200 \u65e5\u672c", "200 \u0105"])
def test_wsgi_status_of_no_code_or_no_latin_1(status: str) -> None:
    assert told("wsgi", status, ()) == ["invalid-status"]


ASGI_STATUSES: list[tuple[Any, int, bool]] = [
    (200, 200, True),
    (599, 599, True),
    (HTTPStatus.NOT_FOUND, 404, True),
    (199, 199, False),
    (100, 100, False),
    (103, 103, False),
    (99, 99, False),
    (0, 0, False),
    (-1, -1, False),
    (600, 600, False),
    (True, 0, False),
    (200.0, 0, False),
    ("200", 0, False),
    ("200 OK", 0, False),
    (b"200", 0, False),
    (None, 0, False),
    ([], 0, False),
]


@pytest.mark.parametrize(("status", "code", "sound"), ASGI_STATUSES, ids=[repr(case[0]) for case in ASGI_STATUSES])
def test_asgi_status(status: Any, code: int, sound: bool) -> None:
    assert read_head("asgi", status, ()).status == code
    assert told("asgi", status, ()) == ([] if sound else ["invalid-status"])


def test_a_status_is_not_taken_for_an_equal_one_of_another_type() -> None:
    for status in (200, 200.0, True, 1, 200):
        assert bool(told("asgi", status, ())) == (type(status) is not int or status == 1)


HEADERS: list[tuple[str, Any, list[str]]] = [
    # a single header, as WSGI writes it, and what it breaks (the same in ASGI)
    ("plain", ("X-Name", "value"), []),
    ("empty value", ("X-Name", ""), []),
    ("spaces and tab", ("X-Name", " a\tb "), []),
    ("every token character", ("!#$%&'*+-.^_`|~09azAZ", "v"), []),
    ("latin-1", ("X-Name", "caf\xe9 \xff"), []),
    ("the end of latin-1's controls is allowed", ("X-Name", "\x80\x9f"), []),
    ("any media type", ("Content-Type", "text/html; charset=utf-8"), []),
    ("a relative location", ("Location", "/next"), []),
    ("line feed", ("X-Name", "a\nb"), ["invalid-header"]),
    ("carriage return", ("X-Name", "a\rb"), ["invalid-header"]),
    ("folded", ("X-Name", "a\r\n b"), ["invalid-header"]),
    ("nul", ("X-Name", "\x00"), ["invalid-header"]),
    ("escape", ("X-Name", "\x1b"), ["invalid-header"]),
    ("unit separator", ("X-Name", "\x1f"), ["invalid-header"]),
    ("backspace", ("X-Name", "\x08"), ["invalid-header"]),
    ("delete", ("X-Name", "\x7f"), ["invalid-header"]),
    ("name with a space", ("X Name", "v"), ["invalid-header"]),
    ("name with a colon", ("X-Name:", "v"), ["invalid-header"]),
    ("name with a line feed", ("X-Name\n", "v"), ["invalid-header"]),
    ("empty name", ("", "v"), ["invalid-header"]),
    ("latin-1 name", ("X-Nam\xe9", "v"), ["invalid-header"]),
    ("name with a slash", ("X/Name", "v"), ["invalid-header"]),
    ("bad name and bad value", ("X Name", "\n"), ["invalid-header", "invalid-header"]),
    ("length", ("Content-Length", "12"), []),
    ("length zero", ("Content-Length", "0"), []),
    ("length with spaces around", ("Content-Length", " 12 "), []),
    ("length in words", ("Content-Length", "twelve"), ["conflicting-length"]),
    ("length empty", ("Content-Length", ""), ["conflicting-length"]),
    ("length negative", ("Content-Length", "-1"), ["conflicting-length"]),
    ("length with a plus", ("Content-Length", "+1"), ["conflicting-length"]),
    ("length with a fraction", ("Content-Length", "1.0"), ["conflicting-length"]),
    ("length as a list", ("Content-Length", "12, 12"), ["conflicting-length"]),
    ("length in hexadecimal", ("Content-Length", "0x10"), ["conflicting-length"]),
    ("length with an underscore", ("Content-Length", "1_0"), ["conflicting-length"]),
]


def as_asgi(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    return pair[0].lower().encode("latin-1"), pair[1].encode("latin-1")


@pytest.mark.parametrize(("pair", "rules"), [case[1:] for case in HEADERS], ids=[case[0] for case in HEADERS])
@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_header(interface: str, pair: tuple[str, str], rules: list[str]) -> None:
    if interface == "wsgi":
        assert told("wsgi", "200 OK", (pair,)) == rules
    else:
        assert told("asgi", 200, (as_asgi(pair),)) == rules


@pytest.mark.parametrize("value", ["\u0100", "\u20ac", "\u65e5\u672c", "\ud800"])
def test_wsgi_value_outside_latin_1(value: str) -> None:
    assert told("wsgi", "200 OK", (("X-Name", value),)) == ["invalid-header"]


WRONG_TYPES: list[tuple[str, Any]] = [
    ("wsgi", (b"X-Name", "v")),
    ("wsgi", ("X-Name", b"v")),
    ("wsgi", ("X-Name", 1)),
    ("wsgi", ("X-Name", None)),
    ("wsgi", (None, "v")),
    ("wsgi", ["X-Name", "v"]),
    ("wsgi", ("X-Name",)),
    ("wsgi", ("X-Name", "v", "w")),
    ("wsgi", "X-Name: v"),
    ("wsgi", "ab"),
    ("wsgi", ()),
    ("wsgi", None),
    ("wsgi", 5),
    ("asgi", ("x-name", b"v")),
    ("asgi", (b"x-name", "v")),
    ("asgi", (b"x-name", bytearray(b"v"))),
    ("asgi", (b"x-view", memoryview(b"v"))),
    ("asgi", (b"x-name", None)),
    ("asgi", b"ab"),
    ("asgi", {b"x": b"y"}),
    ("asgi", None),
]


@pytest.mark.parametrize(("interface", "pair"), WRONG_TYPES, ids=range(len(WRONG_TYPES)))
def test_header_of_wrong_types(interface: str, pair: Any) -> None:
    status: Any = "200 OK" if interface == "wsgi" else 200
    assert told(interface, status, (pair,)) == ["invalid-header"]
    good: Any = ("X-Good", "v") if interface == "wsgi" else (b"x-good", b"v")
    assert told(interface, status, (good, pair, good)) == ["invalid-header"], "and the others are read"


@pytest.mark.parametrize("pair", [(memoryview(bytearray(b"x")), b"y"), (b"x", memoryview(bytearray(b"y")))])
def test_header_that_cannot_be_hashed(pair: Any) -> None:
    assert told("asgi", 200, (pair,)) == ["invalid-header"]


@pytest.mark.xfail(reason="the cache takes a memoryview and the bytes that it equals for one")
def test_a_header_is_not_taken_for_an_equal_one_of_another_type() -> None:
    assert told("asgi", 200, ((b"x-seen-before", b"v"),)) == []
    assert told("asgi", 200, ((b"x-seen-before", memoryview(b"v")),)) == ["invalid-header"]


def test_a_length_of_very_many_digits() -> None:
    assert told("asgi", 200, ((b"content-length", b"9" * 5000),)) in ([], ["conflicting-length"])


HOP_BY_HOP = "Connection Keep-Alive Proxy-Authenticate Proxy-Authorization TE Trailers Transfer-Encoding Upgrade"


@pytest.mark.parametrize("name", HOP_BY_HOP.split())
def test_hop_by_hop_headers_are_the_servers_under_wsgi(name: str) -> None:
    for spelled in (name, name.lower(), name.upper()):
        assert told("wsgi", "200 OK", ((spelled, "v"),)) == ["hop-by-hop-header"]
    assert told("asgi", 200, ((name.lower().encode(), b"v"),)) == [], "an ASGI server may want to be told"


def headers(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return pairs


TOGETHER: list[tuple[str, tuple[tuple[str, str], ...], list[str], int | None]] = [
    # headers that stand together, what they break, the length that counts
    ("none", headers(), [], None),
    ("one length", headers(("Content-Length", "5")), [], 5),
    ("length and type", headers(("Content-Type", "a"), ("content-length", "5")), [], 5),
    ("same length twice", headers(("Content-Length", "5"), ("Content-Length", "5")), ["duplicate-header"], 5),
    ("two lengths", headers(("Content-Length", "5"), ("content-length", "6")), ["conflicting-length"], None),
    ("two spellings", headers(("Content-Length", "5"), ("Content-Length", "05")), ["conflicting-length"], None),
    ("broken length", headers(("Content-Length", "x")), ["conflicting-length"], None),
    ("two types", headers(("Content-Type", "a"), ("content-type", "b")), ["duplicate-header"], None),
    ("the same type twice", headers(("Content-Type", "a"), ("Content-Type", "a")), ["duplicate-header"], None),
    ("three types", headers(*[("Content-Type", "a")] * 3), ["duplicate-header"] * 2, None),
    ("two locations", headers(("Location", "/a"), ("LOCATION", "/b")), ["duplicate-header"], None),
    ("two etags", headers(("ETag", "a"), ("ETag", "b")), ["duplicate-header"], None),
    ("two dates", headers(("Date", "a"), ("Date", "b")), ["duplicate-header"], None),
    ("two last-modified", headers(("Last-Modified", "a"), ("Last-Modified", "b")), ["duplicate-header"], None),
    (
        "two content-locations",
        headers(("Content-Location", "a"), ("Content-Location", "b")),
        ["duplicate-header"],
        None,
    ),
    ("two cookies", headers(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), [], None),
    ("two Vary", headers(("Vary", "a"), ("Vary", "b")), [], None),
    ("two of one's own", headers(("X-Name", "a"), ("X-Name", "b")), [], None),
    ("two links", headers(("Link", "a"), ("Link", "b")), [], None),
]


@pytest.mark.parametrize(
    ("pairs", "rules", "length"), [case[1:] for case in TOGETHER], ids=[case[0] for case in TOGETHER]
)
def test_headers_together(pairs: Any, rules: list[str], length: int | None) -> None:
    assert told("wsgi", "200 OK", pairs) == rules
    assert read_head("wsgi", "200 OK", pairs).length == length
    in_asgi = tuple(as_asgi(pair) for pair in pairs)
    assert told("asgi", 200, in_asgi) == rules
    assert read_head("asgi", 200, in_asgi).length == length


def test_length_and_transfer_encoding_conflict_under_wsgi() -> None:
    pairs = (("Content-Length", "5"), ("Transfer-Encoding", "chunked"))
    assert told("wsgi", "200 OK", pairs) == ["hop-by-hop-header", "conflicting-length"]
    assert read_head("wsgi", "200 OK", pairs).length is None
    assert told("asgi", 200, tuple(as_asgi(pair) for pair in pairs)) == [], "an ASGI server drops Transfer-Encoding"
    assert read_head("asgi", 200, tuple(as_asgi(pair) for pair in pairs)).length == 5


@pytest.mark.parametrize(
    ("code", "allowed"), [(100, False), (199, False), (200, True), (203, True), (204, False), (205, True), (304, False)]
)
def test_which_statuses_allow_a_body(code: int, allowed: bool) -> None:
    assert read_head("asgi", code, ()).allows_body is allowed
    assert read_head("wsgi", f"{code} X", ()).allows_body is allowed


def test_everything_wrong_is_told_in_order() -> None:
    pairs = (("A B", "x"), ("Content-Length", "5"), ("X", "\n"), ("TE", "x"), ("Content-Length", "6"))
    expected = ["invalid-status", "invalid-header", "invalid-header", "hop-by-hop-header", "conflicting-length"]
    assert told("wsgi", "abc", pairs) == expected


def test_the_sentences_name_what_is_wrong() -> None:
    def detail(status: Any, *pairs: Any) -> str:
        (problem,) = read_head("wsgi", status, pairs).problems
        return problem.detail

    assert "int" in detail(200) and "200" in detail(200)
    assert "'200'" in detail("200")
    assert "103" in detail("103 X") and "informational" in detail("103 X")
    assert "100" in detail("100 X") and "informational" in detail("100 X")
    assert "600" in detail("600 X")
    assert "'a b'" in detail("200 OK", ("a b", "x"))
    assert "X-Name" in detail("200 OK", ("X-Name", "\r")) and "'\\r'" in detail("200 OK", ("X-Name", "\r"))
    assert "latin-1" in detail("200 OK", ("X-Name", "\u20ac"))
    assert "bytes" in detail("200 OK", ("X-Name", b"v"))
    assert "content-type" in detail("200 OK", ("Content-Type", "a"), ("Content-Type", "b"))
    assert "5" in detail("200 OK", ("Content-Length", "5"), ("Content-Length", "6"))
    assert "upgrade" in detail("200 OK", ("Upgrade", "x"))


NAMED: list[tuple[Any, str]] = [
    ([("Connection", "x")], "connection"),
    ([("Content-Type", "a"), ("content-type", "b")], "content-type"),
    ([("Content-Length", "x")], "content-length"),
    ([("Content-Length", "1"), ("Content-Length", "2")], "content-length"),
    ([("Content-Length", "1"), ("Content-Length", "1")], "content-length"),
    ([("X-Name", "\r")], "x-name"),
    ([("X-Name", "\u20ac")], "x-name"),
    ([("X Name", "v")], "x name"),
    ([("X-Name", 5)], ""),
    ([5], ""),
]


@pytest.mark.parametrize(("pairs", "name"), NAMED, ids=range(len(NAMED)))
def test_the_header_that_is_wrong_is_named(pairs: Any, name: str) -> None:
    (problem,) = read_head("wsgi", "200 OK", tuple(pairs)).problems
    assert problem.header == name


def test_a_wrong_status_is_no_header() -> None:
    assert [problem.header for problem in read_head("wsgi", "abc", ()).problems] == [""]

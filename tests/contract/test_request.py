"""A request as plain values: its headers, its target, its JSON and its curl command."""

from __future__ import annotations

import json
import shlex

import pytest

from pytest_oneresponse.contract.request import Request, bytes_of, host_and_port, text_of

TWICE = Request(headers=(("Host", "a"), ("X-Name", "1"), ("x-name", "2")))


def test_a_header_is_found_by_any_spelling() -> None:
    assert TWICE.header("HOST") == "a"
    assert TWICE.header("x-name") == "1", "the first"
    assert TWICE.header("cookie") is None


def test_a_header_that_is_set_replaces_all_of_its_name() -> None:
    assert TWICE.with_header("X-NAME", "3").headers == (("Host", "a"), ("X-NAME", "3"))
    assert TWICE.with_header("new", "3").headers == (*TWICE.headers, ("new", "3"))
    assert TWICE.headers[1] == ("X-Name", "1"), "the request itself stays as it was"


TARGETS = [
    (Request(), "/"),
    (Request(path="/a/b", query="c=d&e"), "/a/b?c=d&e"),
    (Request(path="/caf\xe9 au lait"), "/caf%C3%A9%20au%20lait"),
    (Request(path="/a?b#c%d"), "/a%3Fb%23c%25d"),
    (Request(path="/a:b@c!$&'()*+,;=~-._"), "/a:b@c!$&'()*+,;=~-._"),
    (Request(path="/[x]{y}\n"), "/%5Bx%5D%7By%7D%0A"),
]


@pytest.mark.parametrize(("request_", "target"), TARGETS, ids=[target for _, target in TARGETS])
def test_target(request_: Request, target: str) -> None:
    assert request_.target == target


JSON = [
    Request(),
    Request("POST", "/caf\xe9", "q=\xe9", (("a", "b"), ("a", "c")), "caf\xe9".encode()),
    Request("BREW", "/", "", (), b"\x00\x01"),
]


@pytest.mark.parametrize("request_", JSON, ids=[request.method for request in JSON])
def test_json_there_and_back(request_: Request) -> None:
    assert Request.from_json(json.loads(json.dumps(request_.to_json()))) == request_


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"caf\xe9",
        b"\\xff",
        b"\\x5c",
        b"\xff\\xff",
        b"C:\\x\\y",
        bytes(range(256)),
        "日本\\x41".encode(),
        b"\\",
    ],
    ids=ascii,
)
def test_a_body_as_text_and_back(body: bytes) -> None:
    text = text_of(body)
    assert text.encode() and bytes_of(text) == body
    request = Request("POST", body=body)
    assert Request.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_a_body_as_text() -> None:
    assert text_of("caf\xe9".encode()) == "caf\xe9"
    assert text_of(b"caf\xe9") == "caf\\xe9"
    assert text_of(b"") == bytes_of("").decode() == ""


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", ("localhost", 80)),
        ("localhost:8000", ("localhost", 8000)),
        ("[::1]", ("[::1]", 80)),
        ("[::1]:8000", ("[::1]", 8000)),
        ("shop:", ("shop:", 80)),
        ("shop:http", ("shop:http", 80)),
        ("", ("", 80)),
    ],
)
def test_host_and_port(host: str, expected: tuple[str, int]) -> None:
    assert host_and_port(host) == expected


def test_curl_sends_a_body_as_it_was() -> None:
    body = rb'{"path": "C:\x"}'
    words = shlex.split(Request("POST", body=body).curl())
    assert words[words.index("--data-raw") + 1] == body.decode()


HOST = ("host", "shop.test:81")
CURL = [
    (Request(), ["curl", "http://localhost:8000/"]),
    (Request(headers=(HOST,)), ["curl", "http://shop.test:81/"]),
    (Request("HEAD"), ["curl", "--head", "http://localhost:8000/"]),
    (Request("DELETE", "/a"), ["curl", "-X", "DELETE", "http://localhost:8000/a"]),
    (Request("POST"), ["curl", "-X", "POST", "http://localhost:8000/"]),
    (Request("POST", body=b"it's"), ["curl", "--data-raw", "it's", "http://localhost:8000/"]),
    (Request("PUT", body=b"x"), ["curl", "-X", "PUT", "--data-raw", "x", "http://localhost:8000/"]),
    (Request("GET", body=b"x"), ["curl", "-X", "GET", "--data-raw", "x", "http://localhost:8000/"]),
    (
        Request(headers=(HOST, ("accept", "a; b"), ("Content-Length", "9"))),
        ["curl", "-H", "accept: a; b", "http://shop.test:81/"],
    ),
    (Request(path="/a b", query="q=$(x)&y"), ["curl", "http://localhost:8000/a%20b?q=$(x)&y"]),
]


@pytest.mark.parametrize(("request_", "words"), CURL, ids=range(len(CURL)))
def test_curl(request_: Request, words: list[str]) -> None:
    command = request_.curl()
    found = shlex.split(command)
    assert found == words
    assert "\n" not in command


def test_curl_reads_no_file_for_a_body() -> None:
    words = shlex.split(Request("POST", body=b"@/etc/passwd").curl())
    assert words[words.index("@/etc/passwd") - 1] == "--data-raw"


def test_curl_leaves_brackets_alone() -> None:
    assert shlex.split(Request(query="ids[]=1&b={c}").curl())[1] == "--globoff"
    assert "--globoff" not in Request(query="ids=1").curl()

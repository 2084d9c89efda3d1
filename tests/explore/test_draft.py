"""A request in parts: every part can be named, changed and left out, and the request is written down from them."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.draft import BOUNDARY, Address, Draft, json_of, text_of, without_canaries
from pytest_oneresponse.explore.tree import MISSING
from pytest_oneresponse.explore.trials import explored

GET = Draft(
    "GET",
    ("/items/", ("id",), "/"),
    (("id", "7"),),
    (("q", "a"), ("tag", "x"), ("tag", "y")),
    (("host", "shop.test"), ("accept", "*/*")),
    (("sid", "s1"),),
)
FORM = replace(GET, method="POST", media="application/x-www-form-urlencoded", fields=(("name", "Ann"), ("age", "5")))
UPLOAD = replace(FORM, media="multipart/form-data", files=(("up", "a.txt", "text"),))
DEEP = {"user": {"tags": ["a", {"n": 1}], "name": "Ann"}}
JSON = replace(GET, method="POST", media="application/json", json=DEEP)
TEXT = replace(GET, method="PUT", media="text/plain", text="hello")
UPSTREAM = replace(GET, upstream={"items": [{"n": 1}, {"n": 2}], "next": None})
FILTER = replace(GET, query=(("filter", '{"a": {"b": [1, 2]}}'),))


class Color(enum.Enum):
    RED = "red"


# atoms


def test_every_part_of_a_request_is_an_atom() -> None:
    assert dict(GET.atoms()) == {
        ("path", "id"): "7",
        ("query", "q", 0): "a",
        ("query", "tag", 0): "x",
        ("query", "tag", 1): "y",
        ("query", "q", "all"): ["a"],
        ("query", "tag", "all"): ["x", "y"],
        ("cookie", "sid"): "s1",
        ("header", "accept"): "*/*",
        ("method",): "GET",
    }


@pytest.mark.parametrize(
    ("draft", "wanted"),
    [
        (FORM, {("field", "name", 0): "Ann", ("field", "age", "all"): ["5"], ("media",): FORM.media}),
        (UPLOAD, {("file", "up", "name"): "a.txt", ("file", "up", "content"): "text"}),
        (TEXT, {("text",): "hello", ("media",): "text/plain"}),
        (
            JSON,
            {
                ("json",): DEEP,
                ("json", "user", "tags"): ["a", {"n": 1}],
                ("json", "user", "tags", 1, "n"): 1,
                ("json", "user", "name"): "Ann",
            },
        ),
    ],
)
def test_the_parts_of_a_body_are_atoms(draft: Draft, wanted: dict[Address, Any]) -> None:
    atoms = dict(draft.atoms())
    assert wanted.items() <= atoms.items()
    assert not {("json",)} & atoms.keys() or draft is JSON


def test_a_body_that_is_sent_as_it_is_has_no_atoms_of_json() -> None:
    raw = replace(JSON, raw=True, text="{not json")
    assert not [address for address, _ in raw.atoms() if address[0] == "json"]
    assert raw.body() == b"{not json"


def test_only_the_first_items_of_a_long_list_are_atoms() -> None:
    long = replace(JSON, json=list(range(100)))
    assert 2 < len([address for address, _ in long.atoms() if address[0] == "json"]) < 20


@pytest.mark.parametrize("draft", [GET, FORM, UPLOAD, JSON, TEXT, UPSTREAM])
def test_every_atom_is_found_at_its_address(draft: Draft) -> None:
    for address, atom in draft.atoms():
        assert draft.at(address) == atom, address


@pytest.mark.parametrize(
    "address", [("query", "no", 0), ("json", "no"), ("json", "user", 3), ("json", "user", "name", "x")]
)
def test_where_nothing_is_nothing_is_found(address: Address) -> None:
    assert JSON.at(address) is MISSING


# what other machines answer


def test_the_parts_of_an_answer_are_atoms() -> None:
    atoms = {address: value for address, value in UPSTREAM.atoms() if address[0] == "upstream"}
    assert atoms == {
        ("upstream",): {"items": [{"n": 1}, {"n": 2}], "next": None},
        ("upstream", "items"): [{"n": 1}, {"n": 2}],
        ("upstream", "items", 0): {"n": 1},
        ("upstream", "items", 0, "n"): 1,
        ("upstream", "items", 1): {"n": 2},
        ("upstream", "items", 1, "n"): 2,
        ("upstream", "next"): None,
    }
    assert all(address[0] != "upstream" for address, _ in GET.atoms())


def test_an_answer_is_no_part_of_the_request() -> None:
    assert UPSTREAM.request() == GET.request() and UPSTREAM.media == ""
    changed = UPSTREAM.put(("upstream", "items"), [])
    assert changed is not None and changed.request() == GET.request()
    assert changed.media == "" and changed.json is None
    assert len({GET.key, UPSTREAM.key, changed.key}) == 3, "though it tells one draft from another"


@pytest.mark.parametrize("address", [("upstream", "no"), ("upstream", "items", 9), ("upstream", "next", "x")])
def test_where_nothing_is_answered_nothing_is_found(address: Address) -> None:
    assert UPSTREAM.at(address) is MISSING
    assert UPSTREAM.put(("upstream", "next", 0), 1) is None


def test_the_canaries_of_an_answer_say_where_they_stand_and_are_left_out() -> None:
    draft = GET.put(("upstream",), canary.put_in({"items": [{"n": 1}]}))
    assert draft is not None
    assert draft.at(("upstream", "items", 0, canary.NAME)) == canary.value("upstream\nitems\n0")
    assert draft.at(("upstream", canary.NAME)) == canary.value("upstream")
    assert without_canaries(draft).upstream == {"items": [{"n": 1}]}


# what a session holds


def test_a_session_is_a_document_beside_the_request() -> None:
    draft = replace(GET, session={}).put(("session",), canary.put_in({"cart": [{"n": 1}]}))
    assert draft is not None
    assert draft.at(("session", "cart", 0, canary.NAME)) == canary.value("session\ncart\n0")
    assert draft.request() == GET.request() and draft.key != GET.key
    changed = draft.put(("session", "plan"), "pro")
    assert changed is not None and without_canaries(changed).session == {"cart": [{"n": 1}], "plan": "pro"}
    assert ("session", "plan") in dict(changed.atoms()) and explored(changed).session == changed.session


@pytest.mark.parametrize("value", [MISSING, [1], "text"])
def test_a_session_is_always_a_mapping(value: Any) -> None:
    assert replace(GET, session={"a": 1}).put(("session",), value) is None


# put


@pytest.mark.parametrize(
    ("draft", "address", "value", "part", "wanted"),
    [
        (GET, ("path", "id"), 8, "path", (("id", "8"),)),
        (GET, ("query", "q", 0), "b", "query", (("q", "b"), ("tag", "x"), ("tag", "y"))),
        (GET, ("query", "tag", 1), "z", "query", (("q", "a"), ("tag", "x"), ("tag", "z"))),
        (GET, ("query", "tag", 2), "z", "query", (("q", "a"), ("tag", "x"), ("tag", "y"), ("tag", "z"))),
        (GET, ("query", "new", 0), True, "query", (*GET.query, ("new", "true"))),
        (GET, ("query", "tag", 0), MISSING, "query", (("q", "a"), ("tag", "y"))),
        (GET, ("query", "tag", "all"), ["1", 2], "query", (("q", "a"), ("tag", "1"), ("tag", "2"))),
        (GET, ("query", "tag", "all"), [], "query", (("q", "a"),)),
        (GET, ("query", "q", "all"), "one", "query", (("tag", "x"), ("tag", "y"), ("q", "one"))),
        (GET, ("query", "q", "all"), MISSING, "query", (("tag", "x"), ("tag", "y"))),
        (GET, ("cookie", "sid"), "s2", "cookies", (("sid", "s2"),)),
        (GET, ("cookie", "sid"), MISSING, "cookies", ()),
        (GET, ("cookie", "b"), 5, "cookies", (("sid", "s1"), ("b", "5"))),
        (GET, ("header", "accept"), "text/html", "headers", (("host", "shop.test"), ("accept", "text/html"))),
        (GET, ("header", "x-a"), " a\r\nb ", "headers", (*GET.headers, ("x-a", "a??b"))),
        (GET, ("header", "accept"), MISSING, "headers", (("host", "shop.test"),)),
        (GET, ("method",), "DELETE", "method", "DELETE"),
        (FORM, ("field", "age", 0), 6, "fields", (("name", "Ann"), ("age", "6"))),
        (FORM, ("field", "age", 0), MISSING, "fields", (("name", "Ann"),)),
        (FORM, ("field", "name", "all"), ["A", "B"], "fields", (("age", "5"), ("name", "A"), ("name", "B"))),
        (UPLOAD, ("file", "up", "name"), "b.csv", "files", (("up", "b.csv", "text"),)),
        (UPLOAD, ("file", "up", "content"), b"\xff", "files", (("up", "a.txt", "\xff"),)),
        (UPLOAD, ("file", "other", "content"), "1", "files", (("up", "a.txt", "text"), ("other", "upload.txt", "1"))),
        (UPLOAD, ("file", "up", "content"), MISSING, "files", ()),
        (TEXT, ("text",), "bye", "text", "bye"),
        (TEXT, ("text",), MISSING, "text", ""),
        (TEXT, ("media",), "text/html", "media", "text/html"),
        (TEXT, ("media",), MISSING, "media", ""),
        (JSON, ("json", "user", "name"), 5, "json", {"user": {"tags": ["a", {"n": 1}], "name": 5}}),
        (JSON, ("json", "user", "name"), MISSING, "json", {"user": {"tags": ["a", {"n": 1}]}}),
        (JSON, ("json", "user", "tags", 1, "n"), 2, "json", {"user": {"tags": ["a", {"n": 2}], "name": "Ann"}}),
        (JSON, ("json", "user", "tags", 0), MISSING, "json", {"user": {"tags": [{"n": 1}], "name": "Ann"}}),
        (JSON, ("json", "user", "tags", 9), "z", "json", {"user": {"tags": ["a", {"n": 1}, "z"], "name": "Ann"}}),
        (JSON, ("json", "user", "new", "b", "c"), 1, "json", {"user": DEEP["user"] | {"new": {"b": {"c": 1}}}}),
        (JSON, ("json", "user", "name", "b"), 1, "json", {"user": DEEP["user"] | {"name": {"b": 1}}}),
        (JSON, ("json", "user", "tags", "x"), 1, "json", {"user": DEEP["user"] | {"tags": {"x": 1}}}),
        (JSON, ("json",), [1], "json", [1]),
        (JSON, ("json",), MISSING, "json", None),
        (FILTER, ("inside", ("query", "filter", 0), 0, "a", "b", 1), 3, "query", (("filter", '{"a": {"b": [1, 3]}}'),)),
        (
            FILTER,
            ("inside", ("query", "filter", 0), 0, "c"),
            "d",
            "query",
            (("filter", '{"a": {"b": [1, 2]}, "c": "d"}'),),
        ),
        (FILTER, ("inside", ("query", "filter", 0), 0, "a"), MISSING, "query", (("filter", "{}"),)),
        (UPSTREAM, ("upstream", "items", 0, "n"), 5, "upstream", {"items": [{"n": 5}, {"n": 2}], "next": None}),
        (UPSTREAM, ("upstream", "next"), MISSING, "upstream", {"items": [{"n": 1}, {"n": 2}]}),
        (UPSTREAM, ("upstream", "next"), Color.RED, "upstream", {"items": [{"n": 1}, {"n": 2}], "next": "red"}),
        (UPSTREAM, ("upstream",), [1], "upstream", [1]),
        (GET, ("upstream", "a"), 1, "upstream", {"a": 1}),
    ],
)
def test_a_part_is_changed(draft: Draft, address: Address, value: Any, part: str, wanted: Any) -> None:
    before = draft.key
    changed = draft.put(address, value)
    assert changed is not None and getattr(changed, part) == wanted
    assert replace(changed, **{part: getattr(draft, part)}).key == before, "nothing else is"
    assert draft.key == before


@pytest.mark.parametrize(
    ("draft", "address", "value"),
    [
        (GET, ("path", "id"), MISSING),
        (GET, ("path", "id"), ""),
        (GET, ("method",), MISSING),
        (GET, ("method",), "BREW"),
        (JSON, ("json", "user", "name", 0), 1),
        (GET, ("inside", ("query", "q", 0), 0, "a"), 1),
        (GET, ("inside", ("query", "no", 0), 0, "a"), 1),
        # what no request can hold
        (GET, ("query", "q", 0), "\ud800"),
        (FORM, ("field", "name", 0), "\ud800"),
        (JSON, ("json", "user", "name"), "\ud800"),
        (JSON, ("json",), decimal.Decimal("Infinity")),
        (FILTER, ("inside", ("query", "filter", 0), 0, "a"), decimal.Decimal("sNaN")),
    ],
)
def test_what_cannot_stand_somewhere_is_not_put_there(draft: Draft, address: Address, value: Any) -> None:
    assert draft.put(address, value) is None


def test_json_at_a_request_without_a_body_gives_it_one() -> None:
    changed = GET.put(("json", "a"), 1)
    assert changed is not None and changed.media == "application/json" and changed.json == {"a": 1}


def test_a_new_mapping_of_json_says_where_it_stands() -> None:
    changed = JSON.put(("json", "user", "tags", 0), {canary.NAME: ""})
    assert changed is not None
    assert changed.at(("json", "user", "tags", 0, canary.NAME)) == "from-json\nuser\ntags\n0"


def test_a_document_in_a_text_says_where_the_text_stands() -> None:
    changed = GET.put(("query", "q", 0), json.dumps({"a": [{canary.NAME: "from-text"}]}))
    assert changed is not None
    held = json.loads(changed.at(("query", "q", 0)))
    assert held["a"][0][canary.NAME] == 'from-inside 0 ["query", "q", 0]\na\n0'


# request


def test_a_request_is_written_down() -> None:
    request = GET.request()
    assert (request.method, request.path, request.query) == ("GET", "/items/7/", "q=a&tag=x&tag=y")
    assert request.headers == (("host", "shop.test"), ("accept", "*/*"), ("cookie", "sid=s1")) and request.body == b""


def test_a_path_without_a_value_cannot_be_written_down() -> None:
    with pytest.raises(KeyError):
        replace(GET, path=()).request()


def test_a_path_begins_with_a_slash() -> None:
    assert Draft("GET", (("path",),), (("path", "about"),)).request().path == "/about"


@pytest.mark.parametrize(
    ("draft", "media", "body"),
    [
        (GET, None, b""),
        (FORM, "application/x-www-form-urlencoded", b"name=Ann&age=5"),
        (JSON, "application/json", json.dumps(DEEP).encode()),
        (replace(JSON, media="application/problem+json", json="é"), "application/problem+json", '"é"'.encode()),
        (replace(JSON, json=MISSING), "application/json", b""),
        (replace(JSON, json=None), "application/json", b"null"),
        (TEXT, "text/plain", b"hello"),
        (replace(TEXT, text="\udcff", raw=True), "text/plain", b"\xff"),
    ],
)
def test_a_body_is_written_as_its_type_has_it(draft: Draft, media: str | None, body: bytes) -> None:
    request = draft.request()
    assert request.header("content-type") == media and request.body == body


def test_a_form_of_several_parts_is_written_down() -> None:
    request = UPLOAD.put(("file", "up", "content"), b"\xff\x00")
    assert request is not None
    written = request.request()
    assert written.header("content-type") == f"multipart/form-data; boundary={BOUNDARY}"
    parts = written.body.split(f"--{BOUNDARY}".encode())
    assert parts[0] == b"" and parts[-1] == b"--\r\n" and len(parts) == 5
    assert b'name="name"\r\n\r\nAnn\r\n' in parts[1]
    assert b'name="up"; filename="a.txt"' in parts[3] and parts[3].endswith(b"\r\n\r\n\xff\x00\r\n")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("plain", "sid=plain"), ("a b;c", 'sid="a b\\073c"'), ('q"', 'sid="q\\""'), ("é", "sid=%C3%A9")],
)
def test_a_cookie_is_written_so_that_it_can_be_read(value: str, wanted: str) -> None:
    changed = GET.put(("cookie", "sid"), value)
    assert changed is not None and changed.request().header("cookie") == wanted


def test_a_query_is_encoded() -> None:
    changed = GET.put(("query", "q", "all"), ["a&b", "é=+"])
    assert changed is not None
    assert [pair for pair in parse_qsl(changed.request().query) if pair[0] == "q"] == [("q", "a&b"), ("q", "é=+")]


def test_drafts_of_one_request_have_one_key() -> None:
    assert replace(GET).key == GET.key
    parts = ("method", "path", "query", "headers", "cookies", "media", "fields", "files", "json", "text", "raw")
    others = [replace(UPLOAD, **{part: "?"}).key for part in parts]
    assert len({UPLOAD.key, *others}) == len(others) + 1


# canaries


def test_canaries_are_left_out() -> None:
    pair = (canary.NAME, "from-x")
    full = replace(
        UPLOAD,
        query=(*UPLOAD.query, pair),
        cookies=(*UPLOAD.cookies, pair),
        headers=(*UPLOAD.headers, (canary.HEADER, "from-header")),
        fields=(*UPLOAD.fields, pair),
        files=(*UPLOAD.files, (canary.FILE, "upload.txt", "text")),
        json={"a": [{canary.NAME: "x", "b": 1}], canary.NAME: "y"},
    )
    plain = without_canaries(full)
    assert plain.key == replace(UPLOAD, json={"a": [{"b": 1}]}).key
    assert without_canaries(plain).key == plain.key


# values


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("a", "a"), (b"\xff", "\xff"), (True, "true"), (5, "5"), (None, ""), (1.5, "1.5"), ([1, 2], "1,2")],
)
def test_a_value_as_a_text(value: Any, wanted: str) -> None:
    if isinstance(value, list):
        assert isinstance(text_of(value), str)
    else:
        assert text_of(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Color.RED, "red"),
        (True, True),
        (None, None),
        (1.5, 1.5),
        (decimal.Decimal("2.00"), 2),
        (decimal.Decimal("2.5"), 2.5),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (datetime.time(3, 4), "03:04:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\xff", "\xff"),
        ({1: {Color.RED: (1, 2)}}, {"1": {"Color.RED": [1, 2]}}),
        ({"a"}, ["a"]),
        (1j, "1j"),
    ],
)
def test_a_value_as_json(value: Any, wanted: Any) -> None:
    found = json_of(value)
    assert found == wanted and type(found) is type(wanted)

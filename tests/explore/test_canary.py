"""A mapping is known for the part of the request that it holds, and no other mapping is asked for anything strange."""

from __future__ import annotations

import json
from collections import ChainMap, OrderedDict
from collections.abc import Iterator, Mapping
from http.cookies import SimpleCookie
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import pytest

from pytest_oneresponse.explore import canary


class OfTheUsers(Mapping[str, Any]):
    """A mapping that raises an error for what it does not know."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __getitem__(self, key: str) -> Any:
        raise self.error(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Database:
    """What has a method `get` and is no mapping."""

    def get(self, key: str) -> Any:
        raise AssertionError("it is not to be asked")


class Stored:
    filename = "a.txt"


QUERY = {canary.NAME: canary.value("query")}


@pytest.mark.parametrize(
    ("container", "source"),
    [
        (QUERY, "query"),
        (OrderedDict(QUERY), "query"),
        (ChainMap({}, QUERY), "query"),
        (MappingProxyType(QUERY), "query"),
        (parse_qs("a=1&oneresponse=from-form"), "form"),
        ({canary.NAME: ("from-form",)}, "form"),
        ({canary.HEADER: "from-header"}, "header"),
        ({"HTTP_X_ONERESPONSE": "from-header"}, "header"),
        ({canary.HEADER.encode(): b"from-header"}, "header"),
        ({canary.NAME: b"from-query"}, "query"),
        ({canary.NAME: "from-json\nuser\n0"}, "json\nuser\n0"),
        ({canary.FILE: Stored()}, "file"),
        ({canary.FILE: [Stored()]}, "file"),
        (SimpleCookie("a=b; oneresponse=from-cookie"), "cookie"),
        ({}, ""),
        ({"a": "from-query"}, ""),
        ({canary.NAME: "other"}, ""),
        ({canary.NAME: []}, ""),
        ({canary.NAME: 5}, ""),
        ([canary.NAME], ""),
        (canary.NAME, ""),
        ({canary.NAME}, ""),
        (None, ""),
        (Database(), ""),
        (OfTheUsers(KeyError), ""),
        (OfTheUsers(RuntimeError), ""),
    ],
)
def test_the_source_of_a_mapping(container: Any, source: str) -> None:
    assert canary.source_of(container) == source


def test_the_sources_of_werkzeugs_mappings() -> None:
    wrappers = pytest.importorskip("werkzeug.wrappers")
    test = pytest.importorskip("werkzeug.test")
    environ = test.create_environ(
        query_string="oneresponse=from-query",
        method="POST",
        data={"oneresponse": "from-form"},
        headers={"Cookie": "oneresponse=from-cookie", canary.HEADER: "from-header"},
    )
    request = wrappers.Request(environ)
    parts = (request.args, request.form, request.cookies, request.headers, request.values, environ)
    assert [canary.source_of(one) for one in parts] == ["query", "form", "cookie", "header", "query", "header"]


def test_the_sources_of_starlettes_mappings() -> None:
    requests = pytest.importorskip("starlette.requests")
    headers = [(b"cookie", b"oneresponse=from-cookie"), (canary.HEADER.encode(), b"from-header")]
    request = requests.Request({"type": "http", "query_string": b"oneresponse=from-query", "headers": headers})
    parts = (request.query_params, request.cookies, request.headers)
    assert [canary.source_of(one) for one in parts] == ["query", "cookie", "header"]


def test_every_canary_of_a_document_says_where_it_stands() -> None:
    tree = {"a": [{canary.NAME: ""}, 1, {"b": {canary.NAME: "", "c": 2}}], "d": "x"}
    assert canary.placed(tree, ("json",)) == {
        "a": [{canary.NAME: "from-json\na\n0"}, 1, {"b": {canary.NAME: "from-json\na\n2\nb", "c": 2}}],
        "d": "x",
    }
    assert tree["a"][0] == {canary.NAME: ""}, "the tree itself stays"


@pytest.mark.parametrize("text", ["", "oneresponse", "{oneresponse", '{"a": 1}', '"oneresponse"'])
def test_a_text_without_a_document_of_ours_stays(text: str) -> None:
    assert canary.placed_inside(text, ("query", "q", 0)) == text


def test_a_document_in_a_text_says_which_text() -> None:
    text = canary.placed_inside('[{"oneresponse": ""}]', ("query", "q", 0))
    (held,) = json.loads(text)
    assert canary.source_of(held) == 'inside 0 ["query", "q", 0]\n0'


@pytest.mark.parametrize(
    ("tree", "left"),
    [
        ({canary.NAME: "x", "a": [{canary.NAME: 1}]}, {"a": [{}]}),
        ([canary.NAME], [canary.NAME]),
        ("a", "a"),
        (None, None),
    ],
)
def test_canaries_are_left_out_of_a_document(tree: Any, left: Any) -> None:
    assert canary.left_out(tree) == left

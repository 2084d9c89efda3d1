"""What comes back in a response's headers, and what is put there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.echoed import broken, echoed

DRAFT = Draft(
    "GET",
    ("/", ("name",)),
    path=(("name", "a"),),
    query=(("q", "w1qb"), ("long", "w2qc")),
    headers=(("accept", "text/plain"),),
)


@pytest.mark.parametrize(
    ("headers", "addresses"),
    [
        ((), []),
        ((("X-Tag", "a"),), [("path", "name")]),
        ((("X-Tag", "a b"),), [("path", "name")]),
        ((("Content-Disposition", 'inline; filename="a"'),), [("path", "name")]),
        ((("X-Tag", "bar a1"),), []),
        ((("X-Tag", "w1qb"),), [("query", "q", 0)]),
        ((("Content-Disposition", 'attachment; filename="w1qb-w2qc.csv"'),), [("query", "q", 0), ("query", "long", 0)]),
        ((("Content-Type", "w1qb"), ("content-length", "a")), []),
        ((("X-Accept", "text/plain"),), []),
    ],
)
def test_where_it_stood(headers: Any, addresses: Any) -> None:
    assert list(echoed(DRAFT, headers)) == addresses


def test_two_lines_and_letters_that_no_header_has_take_its_place() -> None:
    texts = [draft.at(("query", "q", 0)) for draft in broken(DRAFT, ("query", "q", 0))]
    assert any("\r\n" in text for text in texts)
    with pytest.raises(UnicodeEncodeError):
        "".join(texts).encode("latin-1")


def test_what_stands_in_no_request_is_not_sent() -> None:
    files = replace(DRAFT, method="POST", media="multipart/form-data", files=(("up", "w3qd", "text"),))
    assert list(echoed(files, (("X", "w3qd"),))) == [("file", "up", "name")]
    assert all("\r\n" not in draft.request().path for draft in broken(files, ("file", "up", "name")))

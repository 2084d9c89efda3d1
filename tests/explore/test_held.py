"""JSON documents that stand in texts are found there, and written back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pytest_oneresponse.explore.held import documents


def encoded(document: Any, letters: str = "url", padded: bool = True) -> str:
    raw = json.dumps(document).encode()
    word = (base64.urlsafe_b64encode(raw) if letters == "url" else base64.b64encode(raw)).decode()
    return word if padded else word.rstrip("=")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": [1]}', [{"a": [1]}]),
        ("[1, 2]", [[1, 2]]),
        (encoded({"a": 1}), [{"a": 1}]),
        (encoded([{"a": "é?>"}], "plain"), [[{"a": "é?>"}]]),
        (f"Bearer {encoded({'alg': 'none'}, padded=False)}.{encoded({'sub': 'ann'}, padded=False)}.c2ln",
         [{"alg": "none"}, {"sub": "ann"}]),
        ("", []),
        ("plain", []),
        ("{not json", []),
        ("eyJub3QganNvbg==", []),
        ("Wednesday, eyes", []),
        ("7", []),
    ],
)  # fmt: skip
def test_what_a_text_holds(text: str, found: list[Any]) -> None:
    assert [held.document for held in documents(text)] == found


def test_one_document_is_written_and_the_rest_stays() -> None:
    token = f"Bearer {encoded({'alg': 'none'}, padded=False)}.{encoded({'sub': 'ann'}, padded=False)}.c2ln"
    changed = documents(token)[1].write({"sub": "bob", "n": 1})
    assert [held.document for held in documents(changed)] == [{"alg": "none"}, {"sub": "bob", "n": 1}]
    assert changed.startswith(token[:20]) and changed.endswith(".c2ln") and "=" not in changed


def test_what_was_padded_stays_padded() -> None:
    for document in ({"a": 1}, {"a": 12}, {"a": 123}, {"a": 1234}):
        text = encoded(document)
        (held,) = documents(text)
        assert held.write(document) == text
        base64.urlsafe_b64decode(held.write({"a": "b"}))

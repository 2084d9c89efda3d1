"""What a driven client says of itself, and what it keeps of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_oneresponse.protocols.client import DEFAULT, KEPT_BODY, Answer, Client, ClientLeft, Refused, as_text

CLIENTS = [
    (DEFAULT, ""),
    (Client(leaves="before"), "leaves before the first byte"),
    (Client(leaves="first"), "leaves after the first chunk"),
    (Client(leaves="end"), "leaves at the end"),
    (Client(breaks_off=True), "leaves half-way through the body of its request"),
    (Client(refuses="start"), "is gone when the head is sent (OSError)"),
    (Client(refuses="body"), "is gone when the body is sent (OSError)"),
    (Client(slow=True), "takes its time, so that other tasks run between two sends"),
    (Client(strict=True), "stands behind a server that refuses a breach with an exception"),
]


@pytest.mark.parametrize(("client", "phrase"), CLIENTS, ids=[phrase or "default" for _, phrase in CLIENTS])
def test_a_client_says_what_is_odd_about_it(client: Client, phrase: str) -> None:
    assert str(client) == phrase


def test_an_answer_keeps_the_first_bytes_and_counts_the_rest() -> None:
    answer = Answer()
    answer.take(b"a" * KEPT_BODY)
    answer.take(b"")
    answer.take(b"b" * 10)
    assert (len(answer.body), answer.size, answer.chunks) == (KEPT_BODY, KEPT_BODY + 10, 3)
    assert b"b" not in answer.body


def test_an_answer_may_keep_less_or_everything() -> None:
    few, every = Answer(keep=3), Answer(keep=None)
    for answer in (few, every):
        answer.take(b"ab")
        answer.take(b"c" * KEPT_BODY)
    assert few.body == b"abc"
    assert len(every.body) == every.size == few.size == KEPT_BODY + 2


def test_headers_of_an_answer_are_found_in_any_spelling() -> None:
    answer = Answer(headers=(("ETag", "1"), ("etag", "2"), ("X", "3")))
    assert answer.header("etag") == "1"
    assert answer.header("x") == "3"
    assert answer.header("y") is None


@pytest.mark.parametrize(
    ("handed", "text"),
    [
        ((("A", "1"), ("b", "2")), (("A", "1"), ("b", "2"))),
        (((b"a", b"caf\xe9"), [b"b", b"c"], 5, (1, 2), (b"d",)), (("a", "caf\xe9"), ("b", "c"))),
        ((), ()),
    ],
)
def test_a_head_is_read_as_text_as_far_as_it_is_one(handed: Any, text: Any) -> None:
    assert as_text(handed) == text


@pytest.mark.parametrize(
    ("media", "streams"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("multipart/x-mixed-replace; boundary=x", True),
        ("application/x-ndjson", True),
        ("text/plain", False),
        ("", False),
    ],
)
def test_which_responses_stay_open_by_design(media: str, streams: bool) -> None:
    assert Answer(headers=(("content-type", media),) if media else ()).streams is streams


def test_a_client_that_left_is_an_os_error_and_a_refusal_is_none() -> None:
    assert issubclass(ClientLeft, OSError)
    assert not issubclass(Refused, OSError) and issubclass(Refused, Exception)

"""Headers that are given parsed are sent to code that looks at them."""

from __future__ import annotations

from pytest_oneresponse.explore.parsed import headers


def test_code_that_looks_at_none_is_sent_none() -> None:
    assert list(headers({"args", "headers", "json"}, ["text/html", "en"])) == []


def test_texts_of_the_code_come_first() -> None:
    found = list(headers({"accept_mimetypes", "best"}, ["text/csv", "a text", "text/html"]))
    assert found[:2] == [("accept", "text/csv"), ("accept", "text/html")]
    assert ("accept", "application/json") in found and len(found) == len(set(found))


def test_several_names_of_one_header_are_one() -> None:
    assert list(headers({"accepts", "accepted_types"}, [])) == list(headers({"accept_mimetypes"}, []))


def test_several_headers() -> None:
    found = dict(headers({"accept_languages", "is_ajax", "user_agent"}, ["pl"]))
    assert list(found) == ["accept-language", "x-requested-with", "user-agent"]
    assert next(headers({"accept_languages"}, ["pl", "Hello"])) == ("accept-language", "pl")

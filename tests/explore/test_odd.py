"""Odd values in a request's parts."""

from __future__ import annotations

from dataclasses import replace

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.odd import absent, odd
from pytest_oneresponse.explore.recording import Observation, Recording

FORM = Draft("POST", ("/",), media="application/x-www-form-urlencoded", fields=(("name", "w1qb"), ("hours", "7001")))
JSON = replace(FORM, media="application/json", fields=(), json={"name": "a", "hours": 3, "paid": True, "tags": ["x"]})


def test_all_parts_together_come_first() -> None:
    first, second, *_ = (draft.fields for draft in odd(FORM))
    assert first == (("name", ""), ("hours", ""))
    assert second == (("name", "0"), ("hours", "0"))


def test_then_each_part_alone() -> None:
    found = [draft.fields for draft in odd(FORM)]
    assert (("name", ""), ("hours", "7001")) in found
    assert (("name", "w1qb"), ("hours", "0")) in found


def test_in_a_document_numbers_are_zero_and_all_is_null() -> None:
    found = [draft.json for draft in odd(JSON)]
    assert found[0] == {"name": "", "hours": 0, "paid": True, "tags": [""]}
    assert {**JSON.json, "name": None} in found
    assert {**JSON.json, "hours": 0} in found
    assert all(one["paid"] is True for one in found)


def test_each_is_another_request() -> None:
    keys = [draft.key for draft in odd(FORM)]
    assert len(set(keys)) == len(keys)
    assert FORM.key not in keys
    assert list(odd(Draft("GET", ("/",)))) == []


def test_neither_headers_nor_canaries_are_odd() -> None:
    draft = replace(FORM, headers=(("accept", "*/*"),), query=((canary.NAME, canary.value("query")),))
    assert {(one.headers, one.query) for one in odd(draft)} == {(draft.headers, draft.query)}


def test_what_was_looked_for_in_vain_is_odd_too() -> None:
    told = Recording()
    told.note(Observation("read", 1, "query", "per", None, False))
    told.note(Observation("read", 1, "query", "page", None, True))
    told.note(Observation("read", 2, "header", "x-per", None, False))
    missing = absent(told)
    assert missing == [("query", "per", 0)]
    assert [draft.query for draft in odd(Draft("GET", ("/",)), missing)] == [(("per", ""),), (("per", "0"),)]

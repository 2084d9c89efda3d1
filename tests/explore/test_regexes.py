"""Texts match their regexes, and are the same every time."""

from __future__ import annotations

import re

import pytest

from pytest_oneresponse.explore.regexes import matching, matching_or, reading, several_matching


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", ""),
        ("abc", "abc"),
        ("a*", "a"),
        ("a?b", "b"),
        ("[0-9]{4}", "1111"),
        (r"\d+", "1"),
        (r"\w+", "a"),
        (r"[^/]+", "a"),
        (".*", "a"),
        ("[A-Z]{2}-[a-f0-9]{3}", "AA-aaa"),
        ("[^a1]", "A"),
        (r"\D\S\W", "aa-"),
        ("(?:cat|dog)s?", "cat"),
        ("(?P<x>a|b)-(?P=x)", "a-a"),
        (r"([bc])\1", "bb"),
        ("^a$", "a"),
        (r"\Aa\Z", "a"),
        (r"\ba\b", "a"),
        ("(?i:A)b", "Ab"),
        ("a{2,}?", "aa"),
        ("a++", "a"),
        ("(?>ab)", "ab"),
        ("(x)?(?(1)y|z)", "z"),
        ("[中文]", "中"),
        ("[\\u4e00-\\u9fff]+", "中"),
        ("[Ѐ-ӿ]", "Ѐ"),
        (r"\s", " "),
        (r"a(?<=a)b", "ab"),
        (r"\n", "\n"),
    ],
)
def test_matching(pattern: str, text: str) -> None:
    assert re.fullmatch(pattern, text) is not None
    assert matching(pattern) == text


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?=.*[A-Z])(?=.*\d).{8,}",
        r"(?!a)\w+",
        r"(?!^[-+.]*$)[+-]?0*\d*\.?\d*",
        r"^(?!admin$)[a-z]{5}$",
        r"[\w.+-]+@[\w-]+\.[\w.-]+",
        r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})",
        r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
        r"(?P<year>[0-9]{4})/(?P<month>0[1-9]|1[0-2])",
    ],
)
def test_matching_of_what_people_write(pattern: str) -> None:
    text = matching(pattern)
    assert text and re.fullmatch(pattern, text) is not None


@pytest.mark.parametrize(("pattern", "least"), [("a+", 5), ("[a-z]{2,9}", 4), ("x(?:ab)*", 6), (".*", 3)])
def test_matching_with_a_least_length(pattern: str, least: int) -> None:
    text = matching(pattern, least)
    assert len(text) >= least and re.fullmatch(pattern, text) is not None


@pytest.mark.parametrize("pattern", ["(", r"\p{L}", "a(?!)", "a{5000}b{5000}c{99999}", "(?:a{999}){999}", r"[^\s\S]"])
def test_no_match(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        matching(pattern)


@pytest.mark.parametrize(("pattern", "text"), [("[0-9]{2}", "11"), ("(", "a"), ("a(?!)", "a")])
def test_where_nothing_matches_there_is_another_text(pattern: str, text: str) -> None:
    assert matching_or(pattern, "a") == text


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("cat|dog", {"cat", "dog"}),
        ("ab?", {"a", "ab"}),
        ("x", {"x"}),
        ("(", set()),
        ("a(?!)", set()),
    ],
)
def test_several_texts_go_other_ways_through_a_regex(pattern: str, texts: set[str]) -> None:
    found = several_matching(pattern)
    assert texts <= set(found) and bool(texts) == bool(found)
    assert len(set(found)) == len(found) <= 6 and all(re.fullmatch(pattern, text) for text in found)


def test_no_more_texts_are_made_than_asked_for() -> None:
    assert len(several_matching("[a-z]*", most=2)) == 2


@pytest.mark.parametrize(
    ("pattern", "spare", "turn", "text"),
    [("[ab]", 0, 0, "a"), ("[ab]", 0, 1, "b"), ("x*", 2, 0, "xx"), ("a(?!)", 0, 0, "a"), ("", 3, 3, "")],
)
def test_each_turn_reads_a_regex_otherwise(pattern: str, spare: int, turn: int, text: str) -> None:
    assert reading(pattern, spare, turn) == text


@pytest.mark.parametrize("pattern", ["(", r"\p{L}", "a{100001}"])
def test_what_is_no_regex_has_no_reading(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        reading(pattern, 0, 0)

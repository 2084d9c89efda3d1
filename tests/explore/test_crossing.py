"""Outcomes that were seen alone are seen together."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from pytest_oneresponse.explore import explorer
from pytest_oneresponse.explore.crossing import Crossing
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.recording import Recording, recording

from .searched import Search, app_of

SHOP = """
def is_loud(r):
    if "on" in r.headers.get("x-loud", "off"):
        return True
    return False
def orders(r):
    if r.args.get("of") == "ann":
        return "ann's"
    return "all"
def prices(r):
    if r.args.get("sale"):
        return "low"
    return "high"
def app(r):
    loud = is_loud(r)
    kind = r.args.get("kind")
    if kind == "prices":
        return loud, prices(r)
    return loud, orders(r)
"""
TOGETHER = {(loud, text) for loud in (True, False) for text in ("ann's", "all", "low", "high")}


def test_each_outcome_of_one_function_is_seen_with_each_of_another() -> None:
    assert set(Search(app_of(SHOP), most=100).answers) == TOGETHER


def test_no_other_part_of_the_search_sees_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "_CROSSED", 0)
    monkeypatch.setattr(explorer, "_QUIET", 0)
    assert not set(Search(app_of(SHOP), most=100).answers) >= TOGETHER


PLAIN = Draft("GET", ("/",))
GET = replace(PLAIN, query=(("a", "1"),))
CHECKS = app_of("""
def app(r):
    if r.args.get("a") == "1":
        first = True
    if r.args.get("b") == "1":
        second = True
    if r.session is not None:
        third = True
""")


def told_of(draft: Draft) -> Recording:
    with recording() as told:
        CHECKS(SimpleNamespace(args=dict(draft.query), session=draft.session))
    return told


def crossing_of(*drafts: Draft) -> Crossing:
    crossing = Crossing()
    for draft in drafts:
        crossing.learn(draft, told_of(draft), new=True)
    return crossing


def left(crossing: Crossing) -> list[Draft]:
    found = []
    while (draft := crossing.next()) is not None:
        crossing.learn(draft, told_of(draft), new=False)
        found.append(draft)
    return found


def test_what_differs_between_two_requests_is_put_into_a_third() -> None:
    crossing = crossing_of(PLAIN, GET, replace(PLAIN, query=(("b", "1"),)))
    assert [dict(draft.query) for draft in left(crossing)] == [{"a": "1", "b": "1"}]


def test_what_has_no_session_gets_it_whole() -> None:
    user = {"user": {"name": "ann", "groups": ["a"]}}
    crossing = crossing_of(PLAIN, replace(PLAIN, session=user), GET)
    assert [(draft.query, draft.session) for draft in left(crossing)] == [(GET.query, user)]


def test_a_session_is_taken_away_whole() -> None:
    user = {"user": {"name": "ann", "groups": ["a"]}}
    both = replace(GET, session=user)
    crossing = crossing_of(both, replace(PLAIN, session=user), GET)
    assert [(draft.query, draft.session) for draft in left(crossing)] == [((), None)]


def test_what_was_seen_together_is_not_sent_again() -> None:
    crossing = crossing_of(PLAIN, GET, replace(PLAIN, query=(("b", "1"),)))
    both = replace(PLAIN, query=(("a", "1"), ("b", "1")))
    crossing.learn(both, told_of(both), new=False)
    assert left(crossing) == []


def test_a_request_that_has_shown_nothing_tells_what_the_next_one_differs_in() -> None:
    crossing = crossing_of(PLAIN)
    beside = replace(PLAIN, query=tuple((name, "0") for name in "vwxyz"))
    crossing.learn(beside, told_of(beside), new=False)
    second = replace(beside, query=(*beside.query, ("b", "1")))
    crossing.learn(second, told_of(second), new=True)
    crossing.learn(GET, told_of(GET), new=True)
    assert any({("a", "1"), ("b", "1")} <= set(draft.query) for draft in left(crossing))


def test_requests_that_differ_in_much_tell_nothing_of_their_parts() -> None:
    many = replace(PLAIN, query=tuple((name, "1") for name in "abcdefg"))
    assert left(crossing_of(PLAIN, many)) == []


@pytest.mark.parametrize(
    ("template", "told"), [((("path",),), False), (("/", ("path",)), True)], ids=["bare", "of a route"]
)
def test_the_path_of_a_bare_app_is_no_part_among_others(template: tuple[str | tuple[str], ...], told: bool) -> None:
    here, there = (Draft("GET", template, path=(("path", name),)) for name in ("/x", "/y"))
    changes = crossing_of(here, replace(there, query=GET.query)).changes
    assert bool(changes) is told

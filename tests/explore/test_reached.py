"""Which outcomes of a route's own code were seen, and which were not."""

from __future__ import annotations

import ast
import itertools
import textwrap
from typing import Any

from pytest_oneresponse.explore.hooks import HOOKS
from pytest_oneresponse.explore.reached import Reached
from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.instrument.rewrite import Hooks, compiled
from pytest_oneresponse.routes import Route

_files = (f"<reached {number}>" for number in itertools.count())

SOURCE = """
    def middleware(x, then):
        if x == 100: return 0
        return then(x)
    def helper(x):
        return 1 if x > 5 else 2
    def view(x):
        if x > 0:
            return helper(x)
        for n in []: pass
        return [n for n in [x] if n]
    def never(x):
        if x: return 1
"""


def names() -> tuple[str, dict[str, Any]]:
    found: dict[str, Any] = {}
    file = next(_files)
    exec(compiled(ast.parse(textwrap.dedent(SOURCE)), file, Hooks(lambda x: x, (), observed=HOOKS)), found)
    return file, found


def shown(reached: Reached, number: int) -> list[tuple[int, str]]:
    """The outcomes that were not seen, once it is sure how many there were."""
    told = reached.to_json(lambda file: "shown")
    assert told["total"] == number and told["taken"] == number - len(told["missed"])
    assert {one["file"] for one in told["missed"]} <= {"shown"}
    return [(one["line"], one["outcome"]) for one in told["missed"]]


def test_outcomes_of_the_handler_and_of_what_it_calls_are_told() -> None:
    _, user = names()
    reached = Reached(Route("GET", "/", user["view"]))
    for x in (7, 8):
        with recording() as told:
            user["middleware"](x, user["view"])
        reached.note(told)
    assert shown(reached, 7) == [(8, "false"), (10, "entered"), (11, "true"), (11, "false"), (6, "false")]
    with recording() as told:
        user["middleware"](-1, user["view"])
    reached.note(told)
    assert shown(reached, 7) == [(10, "entered"), (11, "false"), (6, "false")]


def test_where_the_handler_never_ran_all_that_ran_counts() -> None:
    _, user = names()
    reached = Reached(Route("GET", "/", user["never"]))
    with recording() as told:
        user["middleware"](100, user["view"])
    reached.note(told)
    assert shown(reached, 4) == [(3, "false"), (13, "true"), (13, "false")], "and the handler's own, not taken"


def test_a_route_without_a_handler_counts_all_that_ran() -> None:
    _, user = names()
    reached = Reached(Route("GET", "/"))
    with recording() as told:
        user["middleware"](-1, user["view"])
    reached.note(told)
    assert len(shown(reached, 7)) == 4
    assert [mark.line for mark, _ in reached.outcomes()] == [3, 3, 8, 8, 10, 11, 11]


OF_THE_VIEW = [(8, "true"), (8, "false"), (10, "entered"), (11, "true"), (11, "false")]


def test_where_nothing_ran_all_of_the_handler_was_missed() -> None:
    _, user = names()
    assert shown(Reached(Route("GET", "/", user["view"])), 5) == OF_THE_VIEW
    assert shown(Reached(Route("GET", "/")), 0) == []


def test_the_dependencies_that_a_signature_names_are_the_routes_own() -> None:
    class Depends:
        def __init__(self, dependency: Any) -> None:
            self.dependency = dependency

    _, user = names()
    view, helper = user["view"], user["helper"]
    view.__defaults__ = (Depends(helper),)
    reached = Reached(Route("GET", "/", view))
    with recording() as told:
        user["middleware"](1, helper)  # before the handler, which is never called
    reached.note(told)
    assert shown(reached, 7) == [(6, "true"), *OF_THE_VIEW]

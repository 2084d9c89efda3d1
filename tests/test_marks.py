"""What the marks say: nothing outside of an exchange, and within one only of answers that nobody else holds."""

from __future__ import annotations

import ast
import contextlib
import pickle
import sys
import textwrap
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse import exchange as exchange_module
from pytest_oneresponse import frameworks, marks, sites
from pytest_oneresponse.contract.events import Lost, Swallowed
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange, Watcher
from pytest_oneresponse.instrument.rewrite import compiled
from pytest_oneresponse.owners import Owners


class Response:
    status_code = 200


class Refusal(Exception):
    status_code = 403


class ClientResponse(Response):
    pass


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework of its own, whose response and exception these are."""
    monkeypatch.setattr(frameworks, "responses", lambda: frozenset((f"{__name__}.Response",)))
    monkeypatch.setattr(frameworks, "errors", lambda: frozenset((f"{__name__}.Refusal",)))
    monkeypatch.setattr(marks, "_rules", {})
    monkeypatch.setattr(ClientResponse, "__module__", "werkzeug.test")


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    """An exchange whose app runs."""
    monkeypatch.setattr(Watcher, "docket", None)
    monkeypatch.setattr(Watcher, "marks", None)
    made = Exchange(Facts("wsgi"), print, lambda native: Request(path=native), "/")
    made.open()
    yield made
    made.leave()
    assert exchange_module.current() is None


def build(kind: type, *arguments: Any) -> Any:
    """An object, noted by the exchange that runs as the frameworks' are."""
    made = kind(*arguments)
    running = exchange_module._current.get()
    if running is not None:
        running.note_built(made, sys._getframe(1))
    return made


def user(body: str, **names: Any) -> Any:
    """A marked function of this body, which may hold on to things in `kept`."""
    source = f"def view():\n{textwrap.indent(body, '    ')}\n"
    known = {"build": build, "Response": Response, "Refusal": Refusal, "ClientResponse": ClientResponse, "kept": []}
    names = {**known, **names}
    exec(compiled(ast.parse(source), "<user>", marks.HOOKS), names)
    return names["view"]


def lost(exchange: Exchange) -> list[tuple[str, str]]:
    return [(event.rule, event.detail) for event in exchange.events if isinstance(event, Lost)]


ORPHAN = ("orphan-response", "a response (200) was built, and neither sent nor returned")
UNRAISED = ("unraised-error", "Refusal (403) was built, and neither raised nor returned")


@pytest.mark.parametrize(
    "value", [None, 5, (1, Refusal()), Refusal(), Response()], ids=lambda value: type(value).__name__
)
def test_outside_of_an_exchange_nothing_is_said(value: Any) -> None:
    assert marks.returned(value) is value and marks.ended[value] is value
    assert value not in marks.thrown_away
    marks.caught()
    assert marks._rules == {}, "and nothing is looked up"


def test_a_value_is_given_back_within_an_exchange(exchange: Exchange) -> None:
    value = object()
    assert marks.returned(value) is value
    assert exchange.left is not None
    assert [left.value for left in exchange.left.values()] == [id(value)]


def test_where_a_function_was_left_is_noted_and_the_last_comes_last(exchange: Exchange) -> None:
    names = {"calls": []}
    source = "def inner(): return 'x'\n\ndef view():\n    inner()\n    x = inner()\n    return [5]\n\ndef end():\n    view()\n"
    exec(compiled(ast.parse(source), "<user>", marks.HOOKS), names)
    names["end"]()  # type: ignore[operator]
    assert exchange.left is not None
    assert [(left.code.co_name, left.kind) for left in exchange.left.values()] == [
        ("inner", str),
        ("view", list),
        ("end", type(None)),
    ]
    view = list(exchange.left.values())[1]
    positions = list(view.code.co_positions())
    assert positions[view.instruction // 2][0] == 6, "on the line of the return"
    end = list(exchange.left.values())[2]
    assert list(end.code.co_positions())[end.instruction // 2][0] == 9, "on the line on which it ends"


LOSES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # what a view does; what it loses
    "response": ("build(Response)", [ORPHAN]),
    "exception": ("Refusal()", [UNRAISED]),
    "an exception that was called for": ("build(Refusal)", [UNRAISED]),
    "in a tuple": ("build(Response), 404", [ORPHAN]),
    "twice in a tuple": ("build(Response), Refusal()", [ORPHAN, UNRAISED]),
    "a branch": ("build(Response) if build else None", [ORPHAN]),
    "an or": ("None or build(Response)", [ORPHAN]),
    "an and": ("build and Refusal()", [UNRAISED]),
    "kept by name": ("x = build(Response)\nx", []),
    "kept by somebody": ("kept.append(build(Response)) or kept[0]", []),
    "held by somebody": ("x = build(Response)\n(lambda: x)()", []),
    "held in a tuple": ("x = build(Response)\n(lambda: x)(), 1", []),
    "held by a list": ("kept.append(build(Response))\nkept[0].__class__()\nkept.__getitem__(0)", []),
    "returned": ("return build(Response)", []),
    "raised": ("try:\n    raise Refusal()\nexcept Refusal:\n    pass", []),
    "a client's": ("build(ClientResponse)", []),
    "a client's in a tuple": ("build(ClientResponse), 1", []),
    "another request's": ("Response()", []),
    "something else": ("build(dict)\nbuild(list), 1\nbuild(object)", []),
    "nothing": ("build(type(None))", []),
    "a tuple in a tuple": ("(build(Response), 1), 2", []),
    "a class": ("build(type, Response)", []),
}


@pytest.mark.parametrize("kind", LOSES)
def test_what_a_view_loses(kind: str, exchange: Exchange) -> None:
    body, told = LOSES[kind]
    # Objects that cannot be referred to weakly are noted as well.
    user(body)()
    assert lost(exchange) == told
    exchange.events.clear()
    user(body)()
    assert lost(exchange) == told, "the second time, from the cache"


def test_what_is_awaited_and_thrown_away_is_lost(exchange: Exchange) -> None:
    source = "async def made():\n    return Refusal()\n\nasync def view():\n    await made()\n    await made() if made else 0\n"
    names: dict[str, Any] = {"Refusal": Refusal}
    exec(compiled(ast.parse(source), "<user>", marks.HOOKS), names)
    with pytest.raises(StopIteration):
        names["view"]().send(None)
    assert lost(exchange) == [UNRAISED, UNRAISED]


def test_a_lost_answer_is_on_the_line_that_threw_it_away(exchange: Exchange) -> None:
    user("x = 1\nbuild and (\n    Refusal(\n        x))\nRefusal(\n    x\n)\nreturn x")()
    places = []
    for event in exchange.events:
        assert isinstance(event, Lost)
        code, instruction = event.site.chain[:2]
        places.append(list(code.co_positions())[instruction // 2][0])
    assert places == [4, 6]


def test_what_came_back_through_another_is_not_lost(exchange: Exchange) -> None:
    # A framework's middleware may replace a response, and drop the one that it was given.
    framework: dict[str, Any] = {"build": build, "Response": Response}
    exec("def make(): return build(Response)", framework)
    body = "make()"
    user(body, make=framework["make"])()
    assert lost(exchange) == [ORPHAN], "the view is among those that built it"
    exchange.events.clear()
    made = [build(Response)]
    user("made.pop()", made=made)()
    assert lost(exchange) == [], "here it is not"


@pytest.mark.parametrize(
    ("raised", "told"), [("Refusal()", [403]), ("KeyError()", []), ("Exception()", []), ("SystemExit()", [])]
)
def test_an_answer_that_is_caught_as_any_exception_is_told(raised: str, told: list[int], exchange: Exchange) -> None:
    user(f"try:\n    raise {raised}\nexcept BaseException:\n    return 1")()
    assert [event.status for event in exchange.events if isinstance(event, Swallowed)] == told


def test_a_framework_that_catches_an_answer_in_its_own_checkout_passes_it_on(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = user("try:\n    raise Refusal()\nexcept Exception:\n    return 1", __name__="house.app")
    view()
    assert [event.status for event in exchange.events if isinstance(event, Swallowed)] == [403]
    exchange.events.clear()
    monkeypatch.setattr(Owners, "frameworks", frozenset(("house",)))
    view()
    assert exchange.events == []


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        ("if isinstance(error, Refusal):\n        raise\n    return 1", []),
        ("if isinstance(error, Refusal):\n        raise error\n    return 1", []),
        ("again(error)", []),
        ("if view:\n        return 1\n    raise", [403]),
        ("if not view:\n        return 1\n    raise", []),
        ("if not isinstance(error, Refusal):\n        raise\n    return 1", [403]),
        ("try:\n        raise\n    except Refusal:\n        return 1", [403]),
        ("try:\n        again(error)\n    except Refusal:\n        return 1", [403]),
    ],
)
def test_an_answer_that_leaves_the_function_again_was_not_swallowed(
    handler: str, told: list[int], exchange: Exchange
) -> None:
    def again(error: BaseException) -> None:
        raise error

    view = user(f"try:\n    raise Refusal()\nexcept Exception as error:\n    {handler}", again=again, view=True)
    with contextlib.suppress(Refusal):
        view()
    exchange.close()
    assert [event.status for event in exchange.events if isinstance(event, Swallowed)] == told
    assert exchange.caught == ()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("held = Response()\nheld.status_code = 204", [("status", 204)]),
        ("held = Response()\nheld.data = b'x'\nheld.content = b'y'", [("body", None), ("body", None)]),
        ("held = Response()\nheld.headers = {'X-A': 'b'}", [("headers", ("x-a",))]),
        ("held = Response()\nheld.headers = 5", [("headers", ())]),
        ("held = Other()\nheld.status_code = 204", []),
    ],
)
def test_what_is_given_to_a_response_by_hand_is_told(
    body: str, told: list[Any], exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites.Responses, "classes", (Response,))
    view = user(body + "\nreturn held", Other=SimpleNamespace)
    held = view()
    assert [(one.what, one.value) for _, one in exchange.given or ()] == told
    for owner, one in exchange.given or ():
        assert owner == id(held) and sites.place_of(*one.chain).line >= 3
    exchange.started = True
    view()
    assert len(exchange.given or ()) == len(told), "after the start it is told by the response itself"


def test_the_references_that_python_has_are_counted_and_no_more() -> None:
    assert 0 < marks._ThrownAway.alone < 10 and 0 < marks._ThrownAway.inside < 10
    before = marks._ThrownAway.alone, marks._ThrownAway.inside
    marks._count()
    assert (marks._ThrownAway.alone, marks._ThrownAway.inside) == before


def test_the_hooks_are_pickled_by_their_names() -> None:
    for hook in (marks.returned, marks.thrown_away, marks.caught, marks.ended):
        assert pickle.loads(pickle.dumps(hook)) is hook


def test_a_type_is_looked_up_once(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    user("build(Response)")()
    monkeypatch.setattr(frameworks, "responses", SimpleNamespace())  # which would fail
    user("build(Response)")()
    assert lost(exchange) == [ORPHAN, ORPHAN] and marks._rules[Response] == "orphan-response"


def test_of_the_numbers_that_the_users_own_code_gets_the_first_are_noted(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(value: Any) -> Any:
        return marks.returned(value)

    monkeypatch.setattr(marks, "is_users", lambda code: code.co_filename == __file__)
    for value in (1, True, 1.5, 2j) * 10:
        assert computed(value) is value
    assert exchange.numbers == 20
    assert exchange.left is not None
    assert next(iter(exchange.left.values())).kind is int, "the first one, and twenty more"
    exchange.left = None
    assert computed(1) == 1 and exchange.left is not None, "the first of each function, however many there were"
    monkeypatch.setattr(marks, "is_users", lambda _: False)
    assert computed(404) == 404 and exchange.left is not None, "a framework gets it"

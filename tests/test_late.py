"""A response that was started tells what is changed on it, until its exchange ends; then all is as it was."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import pytest

from pytest_oneresponse import late
from pytest_oneresponse.contract.events import Improper
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange
from pytest_oneresponse.sites import Owners


class Headers(dict[str, str]):
    def append(self, name: str, value: str) -> None:
        super().__setitem__(name, value)


class Response:
    def __init__(self) -> None:
        self.status_code = 200
        self.body = b""
        self.headers = Headers({"A": "b"})

    def set_cookie(self, name: str, value: str = "") -> None:
        self.headers.append("Set-Cookie", f"{name}={value}")


class Slotted:
    __slots__ = ("__weakref__", "headers", "status_code")

    def __init__(self) -> None:
        self.status_code = 200
        self.headers = Headers()


class SlottedFast:
    __slots__ = ("headers", "status_code")

    def __init__(self) -> None:
        self.status_code = 200
        self.headers = Headers()


Value = TypeVar("Value")


class Table(Headers, Generic[Value]):
    """As the headers of the older Starlette: a generic class, which notices its subclasses only to check their parameters."""


class Final(Response):
    def __init_subclass__(cls) -> None:
        raise TypeError("it is final")


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    made = Exchange(Facts("wsgi"), print, lambda native: Request(path=native), "/")
    before = Owners.root
    Owners.configure(Path(__file__).parent)
    made.open()
    yield made
    made.leave()
    Owners.configure(Path(before))
    late.release(made)
    assert not any(held.exchange is made for held in late._held.values())


def test_what_a_test_does_to_a_response_that_it_got_is_its_own(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    exchange.leave()
    response.status_code = 404
    response.headers["X"] = "y"
    assert told(exchange) == []


def told(exchange: Exchange) -> list[tuple[str, str]]:
    return [(event.rule, event.detail) for event in exchange.events if isinstance(event, Improper)]


CHANGES: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    # what is done to a response; what is told
    "status": (
        lambda r: setattr(r, "status_code", 404),
        [("late-status", "the response's status_code was set to 404 after the response had started")],
    ),
    "same status": (lambda r: setattr(r, "status_code", 200), []),
    "body": (lambda r: setattr(r, "body", b"more"), []),
    "something of its own": (lambda r: setattr(r, "anything", 1), []),
    "header": (
        lambda r: r.headers.__setitem__("X", "y"),
        [("late-header", "the header 'X' was set after the response had started")],
    ),
    "same header": (lambda r: r.headers.__setitem__("A", "b"), []),
    "appended header": (
        lambda r: r.headers.append("X", "y"),
        [("late-header", "the header 'X' was set after the response had started")],
    ),
    "deleted header": (
        lambda r: r.headers.__delitem__("A"),
        [("late-header", "the header 'A' was deleted after the response had started")],
    ),
    "popped header": (
        lambda r: r.headers.pop("A"),
        [("late-header", "the header 'A' was deleted after the response had started")],
    ),
    "popped nothing": (lambda r: r.headers.pop("B", None), []),
    "cleared": (
        lambda r: r.headers.clear(),
        [("late-header", "the headers were changed after the response had started")],
    ),
    "updated": (
        lambda r: r.headers.update(C="d"),
        [("late-header", "the headers were changed after the response had started")],
    ),
    "cookie": (
        lambda r: r.set_cookie("n", "v"),
        [("late-header", "the cookie 'n' was set after the response had started")],
    ),
    "read": (lambda r: (r.status_code, r.headers["A"], list(r.headers), len(r.headers), r.headers.get("B")), []),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_what_is_told_of_a_change(kind: str, exchange: Exchange) -> None:
    change, expected = CHANGES[kind]
    plain, response = Response(), Response()
    change(plain)
    late.watch(exchange, response)
    change(response)
    # A cookie goes through the headers, which tell of it first: here they are not of a framework.
    assert (told(exchange)[-1:] if kind == "cookie" else told(exchange)) == expected
    assert (response.__dict__, response.headers) == (plain.__dict__, plain.headers), "and the change is made"


@pytest.mark.parametrize("kind", CHANGES)
def test_before_the_start_and_after_the_end_nothing_is_told(kind: str, exchange: Exchange) -> None:
    change, _ = CHANGES[kind]
    response = Response()
    change(response)
    other = Response()
    late.watch(exchange, other)
    late.release(exchange)
    change(other)
    assert told(exchange) == [] and exchange.watched_keys == ()


def test_classes_are_given_back_at_the_end(exchange: Exchange) -> None:
    response = Response()
    headers = response.headers
    late.watch(exchange, response)
    assert type(response) is not Response and type(headers) is not Headers
    assert len(exchange.watched_keys) == 2
    late.release(exchange)
    assert type(response) is Response and type(headers) is Headers
    late.release(exchange)


def test_a_watched_object_looks_like_what_it_is(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    for thing, kind in ((response, Response), (response.headers, Headers)):
        watched = type(thing)
        assert isinstance(thing, kind) and issubclass(watched, kind) and thing.__class__ is kind is not watched
        assert (watched.__name__, watched.__qualname__, watched.__module__, watched.__doc__) == (
            kind.__name__,
            kind.__qualname__,
            kind.__module__,
            kind.__doc__,
        )
    assert repr(response).startswith(f"<{__name__}.Response object") and response.headers == {"A": "b"}
    assert response.set_cookie.__name__ == "set_cookie"


def test_one_class_is_made_for_a_class(exchange: Exchange) -> None:
    one, other = Response(), Response()
    late.watch(exchange, one)
    late.watch(exchange, other)
    assert type(one) is type(other)


def test_a_response_is_watched_for_the_exchange_that_started_it_first(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    second = Exchange(Facts("wsgi"), print, lambda native: Request(path=native), "/")
    late.watch(second, response)
    response.status_code = 404
    assert len(told(exchange)) == 1 and told(second) == [] and second.watched_keys == ()
    late.release(second)
    assert type(response) is not Response


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_tells_nothing(copied: Any, exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    twin = copied(response)
    twin.status_code = 404
    if twin.headers is not response.headers:
        twin.headers["X"] = "y"
    assert told(exchange) == [] and isinstance(twin, Response) and twin.status_code == 404
    late.release(exchange)
    assert type(response) is Response
    twin.status_code = 500
    assert told(exchange) == [] and twin.status_code == 500


def test_a_response_that_was_released_can_be_pickled() -> None:
    exchange = Exchange(Facts("wsgi"), print, lambda native: Request(path=native), "/")
    response = Response()
    late.watch(exchange, response)
    late.release(exchange)
    assert type(pickle.loads(pickle.dumps(response))) is Response


@pytest.mark.parametrize("kind", [Final, SlottedFast, SimpleNamespace, dict, int, type(None)])
def test_what_cannot_be_watched_is_left_alone(kind: Any, exchange: Exchange) -> None:
    thing = kind()
    late.watch(exchange, thing)
    assert type(thing) is kind and told(exchange) == []
    if hasattr(thing, "headers"):
        thing.status_code = 404
        thing.headers["X"] = "y"
        assert told(exchange) == [] and type(thing.headers) is Headers


def test_headers_of_a_generic_class_are_watched(exchange: Exchange) -> None:
    response = Response()
    response.headers = Table[str]()
    late.watch(exchange, response)
    response.headers["X"] = "y"
    assert told(exchange) == [("late-header", "the header 'X' was set after the response had started")]


def test_a_class_with_slots_and_weak_references_is_watched(exchange: Exchange) -> None:
    thing = Slotted()
    late.watch(exchange, thing)
    thing.status_code = 404
    assert [rule for rule, _ in told(exchange)] == ["late-status"] and isinstance(thing, Slotted)
    late.release(exchange)
    assert type(thing) is Slotted and thing.status_code == 404


def test_a_watched_response_is_not_kept_alive(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    response = Response()
    mine = weakref.ref(response)
    late.watch(exchange, response)
    keys = exchange.watched_keys
    assert all(key in late._held for key in keys)
    del response
    gc.collect()
    assert mine() is None
    monkeypatch.setattr(late._held, "limit", 0)
    other = Response()
    second = Exchange(Facts("wsgi"), print, lambda native: Request(path=native), "/")
    late.watch(second, other)
    assert all(held.thing() is not None for held in late._held.values()), "what is dead is forgotten in the end"
    late.release(exchange)
    late.release(second)
    assert type(other) is Response


def test_a_watched_response_can_be_pickled(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    twin = pickle.loads(pickle.dumps(response))
    assert type(twin) is Response and twin.__dict__ == response.__dict__


def test_another_object_at_the_place_of_one_that_is_no_more_keeps_its_class(exchange: Exchange) -> None:
    late.watch(exchange, Response())
    others = [Response() for _ in range(50)]  # one of them lies where that was
    late.release(exchange)
    assert all(type(other) is Response for other in others)


def test_a_property_that_fails_fails_for_its_user_only(exchange: Exchange) -> None:
    class Failing(Response):
        @property
        def reason_phrase(self) -> str:
            raise LookupError

        @reason_phrase.setter
        def reason_phrase(self, value: str) -> None:
            self.__dict__["set"] = value

    response = Failing()
    late.watch(exchange, response)
    response.reason_phrase = "x"
    assert response.__dict__["set"] == "x"
    with pytest.raises(LookupError):
        _ = response.reason_phrase
    late.release(exchange)


def test_a_change_that_fails_fails_and_tells_nothing(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    with pytest.raises(KeyError):
        del response.headers["missing"]
    assert told(exchange) == []


def test_one_line_that_changes_two_headers_is_told_of_once_for_each_rule(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    for name in ("X", "Y"):
        response.headers[name] = "z"
    assert [rule for rule, _ in told(exchange)] == ["late-header"]


def test_a_long_value_is_shown_shortened(exchange: Exchange) -> None:
    response = Response()
    late.watch(exchange, response)
    response.status_code = "x" * 500  # type: ignore[assignment]
    ((_, detail),) = told(exchange)
    assert len(detail) < 160 and "..." in detail

"""An exchange collects events, is current while its app runs, and comes before the docket where it is not plainly right."""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse import exchange as module
from pytest_oneresponse import sites
from pytest_oneresponse.contract.events import Data, End, Gone, Improper, Raised, Returned, Start
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange, Watcher, current, headers_key
from pytest_oneresponse.sites import Proxies

from .dockets import Kept

FACTS = Facts("wsgi")


@pytest.fixture(autouse=True)
def docket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    kept = Kept()
    monkeypatch.setattr(Watcher, "docket", kept)
    yield kept
    assert current() is None and Watcher.running == []


def make(facts: Facts = FACTS) -> Exchange:
    return Exchange(facts, print, lambda native: Request(path=native), "/native")


def answer(exchange: Exchange, status: Any = "200 OK") -> None:
    exchange.start(status, (), sys._getframe())
    exchange.data(4, sys._getframe())
    exchange.end()
    exchange.returned()


def test_what_recorders_say_becomes_events() -> None:
    exchange = make()
    error = ValueError()
    exchange.start("200 OK", (("A", "b"),), sys._getframe())
    exchange.data(3)
    exchange.data(4, sys._getframe())
    exchange.end()
    exchange.improper("invalid-message", "what", sys._getframe(), "practice")
    exchange.gone()
    exchange.raised(error)
    exchange.returned()
    assert [type(event) for event in exchange.events] == [Start, Data, Data, End, Improper, Gone, Raised, Returned]
    start, silent, data, _, improper, _, raised, _ = exchange.events
    assert isinstance(start, Start) and (start.status, start.headers, start.replaces) == (
        "200 OK",
        (("A", "b"),),
        False,
    )
    assert silent.site is None and data.site and improper.site and start.site
    assert isinstance(raised, Raised) and raised.error is error
    assert isinstance(improper, Improper) and improper.level == "practice"
    assert exchange.started and exchange.escaped() is error


def test_the_request_is_made_where_it_is_wanted() -> None:
    exchange = make()
    assert exchange.make_request() == Request(path="/native")
    assert exchange.app is print and exchange.facts is FACTS and exchange.native == "/native"


def test_nobody_hears_of_an_exchange_that_is_plainly_right(docket: Kept) -> None:
    exchange = make()
    exchange.open()
    answer(exchange)
    exchange.close()
    exchange.close()
    assert docket.names == ["opened", "closed"] and exchange.plain and exchange.closed


def test_an_exchange_that_is_not_plainly_right_is_brought_up(docket: Kept) -> None:
    exchange = make()
    exchange.open()
    exchange.returned()
    exchange.close()
    assert docket.names == ["opened", "closed", "add"] and not exchange.plain
    assert docket.opened == docket.closed == [exchange]


def test_what_comes_after_the_close_is_brought_up_again(docket: Kept) -> None:
    exchange = make()
    exchange.open()
    answer(exchange)
    exchange.close()
    exchange.data(5, sys._getframe())
    assert docket.names == ["opened", "closed", "add"]
    assert [breach.rule for breach in exchange.judge().breaches] == ["late-send"]
    exchange.start("200 OK", (), sys._getframe())
    assert docket.names[-2:] == ["add", "add"]


def test_without_a_docket_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watcher, "docket", None)
    exchange = make()
    exchange.open()
    exchange.close()
    exchange.data(5)
    assert exchange.docket is None


def test_nothing_is_owed_before_the_close() -> None:
    exchange = make()
    exchange.open()
    exchange.returned()
    assert exchange.judge().breaches == ()
    exchange.close()
    assert [breach.rule for breach in exchange.judge().breaches] == ["no-response"]


def test_an_escape_that_the_server_caused_is_the_clients_doing() -> None:
    for chained in (False, True):
        exchange = make()
        exchange.start("200 OK", (), sys._getframe())
        refusal = BrokenPipeError()
        exchange.refused(refusal)
        error: BaseException = refusal
        if chained:
            error = RuntimeError()
            error.__context__ = refusal
        exchange.raised(error)
        exchange.close()
        assert [type(event) for event in exchange.events] == [Start, Gone, Returned]
        assert exchange.judge().breaches == () and exchange.escaped() is None


# ------------------------------------------------------------------------------------------ being current


def test_an_exchange_is_current_from_open_to_close() -> None:
    exchange = make()
    assert current() is None
    exchange.open()
    assert current() is exchange and Watcher.running == [exchange]
    exchange.leave()
    exchange.leave()
    assert current() is None and Watcher.running == []
    exchange.enter()
    exchange.enter()
    assert current() is exchange
    exchange.close()
    assert current() is None


def test_exchanges_within_exchanges() -> None:
    outer, inner = make(), make()
    outer.open()
    inner.open()
    assert current() is inner
    inner.close()
    assert current() is outer
    outer.close()


def test_an_exchange_may_be_left_in_another_context() -> None:
    exchange = make()
    contextvars.copy_context().run(exchange.open)
    assert current() is None
    exchange.close()
    assert Watcher.running == []


def of_a_thread() -> Any:
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(current()))
    thread.start()
    thread.join()
    return seen[0]


def test_a_thread_without_context_belongs_to_the_only_exchange() -> None:
    first, second = make(), make()
    assert of_a_thread() is None
    first.open()
    assert of_a_thread() is first
    second.open()
    assert of_a_thread() is None, "one of two"
    second.close()
    first.close()
    lifespan = make(Facts("asgi", "lifespan"))
    lifespan.open()
    assert of_a_thread() is None, "a lifespan answers nothing"
    lifespan.close()


def test_the_thread_of_the_test_itself_belongs_to_no_exchange() -> None:
    exchange = make()
    contextvars.copy_context().run(exchange.open)
    assert current() is None, "the code of the test runs between the app's"
    exchange.close()


# ------------------------------------------------------------------------------------------ built objects


class Response:
    def __init__(self, body: bytes = b"body") -> None:
        self.body = body
        self.headers = SimpleNamespace()


class Slotted:
    __slots__ = ("headers",)


def origin(site: Any) -> str:
    """The name of the function in which the object was built that a site sends."""
    chain = getattr(site, "origin", None)
    return sites.frames(chain)[0][0].co_name if chain else ""


def build(exchange: Exchange, *kinds: Any) -> Any:
    response = (kinds or (Response,))[0](*kinds[1:])
    exchange.note_built(response, sys._getframe())
    return response


def test_where_a_response_was_built_is_found_when_it_is_sent() -> None:
    exchange = make()
    response = build(exchange)
    assert origin(exchange.start_site(sites.walk(sys._getframe()), response)) == "build"
    assert origin(exchange.start_site(sites.walk(sys._getframe()), Response())) == ""
    assert origin(exchange.start_site(sites.walk(sys._getframe()))) == ""


def test_a_response_is_held_weakly() -> None:
    exchange = make()
    response = build(exchange)
    reference = weakref.ref(response)
    del response
    gc.collect()
    assert reference() is None


def test_a_response_that_cannot_be_held_weakly_is_known_too() -> None:
    exchange = make()
    response = build(exchange, Slotted)
    response.headers = None
    assert origin(exchange.start_site(sites.walk(sys._getframe()), response)) == "build"


def test_another_response_at_the_same_place_in_memory_is_not_taken_for_it() -> None:
    exchange = make()
    gone, other = build(exchange), Response()
    assert exchange.built is not None
    exchange.built[id(other)] = exchange.built.pop(id(gone))
    assert origin(exchange.start_site(sites.walk(sys._getframe()), other)) == ""


def test_a_proxy_passes_on_what_was_built_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Proxies, "suffixes", ("middleware/base.py",))
    names: dict[str, Any] = {"sys": sys}
    source = "def proxy(exchange, kind):\n    made = kind()\n    exchange.note_built(made, sys._getframe())\n    return made\n"
    exec(compile(source, "/site-packages/starlette/middleware/base.py", "exec"), names)
    exchange = make()
    response = build(exchange)
    proxy = names["proxy"](exchange, Response)
    later = build(exchange)
    assert origin(exchange.start_site(sites.walk(sys._getframe()), proxy)) == "build"
    assert origin(exchange.start_site(sites.walk(sys._getframe()), later)) == "build"
    assert response is not None and Proxies.passes_on(()) is False
    alone = make()
    assert origin(alone.start_site(sites.walk(sys._getframe()), names["proxy"](alone, Response))) == "proxy", (
        "nothing before it"
    )


def test_where_a_header_was_set_is_found_when_it_is_sent() -> None:
    exchange = make()
    response = build(exchange)
    exchange.note_header(response.headers, "content-length", "5", sys._getframe())
    site = exchange.start_site(sites.walk(sys._getframe()), response)
    assert isinstance(site, sites.Site)
    assert [(one.what, one.value, one.own) for one in site.given] == [("content-length", "5", True)] and site.given[
        0
    ].chain
    other = exchange.start_site(sites.walk(sys._getframe()), build(exchange))
    assert isinstance(other, sites.Site) and [one.own for one in other.given] == [False]


def test_views_of_one_list_are_the_same_headers() -> None:
    shared: list[Any] = []
    one, other = SimpleNamespace(_list=shared), SimpleNamespace(_list=shared)
    assert headers_key(one) == headers_key(other) == id(shared)
    plain = object()
    assert headers_key(plain) == id(plain)


def test_a_fresh_exchange_shares_nothing_with_others() -> None:
    first = make()
    build(first)
    first.note_header(object(), "x", "5", sys._getframe())
    answer(first)
    second = make()
    assert not second.built and not second.given and second.events == [] and not second.started
    assert module.Exchange.built is None

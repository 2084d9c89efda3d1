"""Driving a route: which requests are sent, in what order, under what Host, and what comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest

from pytest_oneresponse import marks
from pytest_oneresponse.apps import App
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.drive.budget import TIME_LIMITS
from pytest_oneresponse.drive.run import drive
from pytest_oneresponse.drive.settings import Driven, Settings
from pytest_oneresponse.drive.telling import trial_id
from pytest_oneresponse.exchange import Watcher
from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.trials import Plan, Trial
from pytest_oneresponse.instrument.swap import Swap
from pytest_oneresponse.protocols.alarm import Alarm
from pytest_oneresponse.routes import Parameter, Route
from pytest_oneresponse.session import kept
from pytest_oneresponse.session.docket import by_level

needs_alarm = pytest.mark.skipif(not Alarm.available(), reason="no interval timers here")


class Shop:
    """A WSGI app that keeps what it was asked."""

    def __init__(self, answer: Any = None, host: str = "") -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer = answer
        self.host = host

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked.append(environ)
        if self.host and environ["HTTP_HOST"] != self.host:
            start_response("400 Bad Host", [])
            return [b"host"]
        if self.answer is not None:
            return self.answer(environ, start_response)
        start_response("200 OK", [])
        return [b"hello"]

    def seen(self, key: str) -> list[Any]:
        return [environ.get(key) for environ in self.asked]


HOME = Route("GET", "/", None, ("/",))
ITEM = Route("GET", "/items/{id}", None, ("/items/", Parameter("id", "path", {"type": "integer"})))
CODE = Parameter("code", "path", {"type": "string", "pattern": "(?=a)b"})


def app_of(target: Any, *routes: Route, interface: str = "wsgi", **named: Any) -> App:
    return App("shop:app", target, interface, list(routes or (HOME,)), **named)


def run(target: Any, route: Route = HOME, *, app: App | None = None, **settings: Any) -> Driven:
    app = app or app_of(target, route)
    try:
        return drive(app, route, Settings(**settings))
    finally:
        app.close()


def test_a_route_is_sent_its_trials_and_found_right() -> None:
    shop = Shop()
    driven = run(shop)
    assert {finding.level for finding in driven.findings} <= {"off"} and driven.gave_up == driven.cut_short == ""
    assert driven.requests == len(shop.asked) > 10
    assert driven.statuses == {200: shop.seen("REQUEST_METHOD").count("GET")}
    assert {"GET", "HEAD", "OPTIONS", "BREW"} <= set(shop.seen("REQUEST_METHOD"))
    assert driven.seconds > 0 and driven.route is HOME


def test_the_same_route_is_sent_the_same_requests() -> None:
    def asked() -> list[Any]:
        shop = Shop()
        run(shop, ITEM)
        return [(e["REQUEST_METHOD"], e["PATH_INFO"], e["QUERY_STRING"], e.get("HTTP_RANGE")) for e in shop.asked]

    assert asked() == asked()


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_no_more_requests_are_sent_than_asked_for(most: int) -> None:
    shop = Shop()
    driven = run(shop, requests=most)
    assert driven.requests == len(shop.asked) == most


def teapot(environ: Any, start_response: Any) -> Any:
    start_response("418 Teapot", [])
    start_response("500 No", [])
    return []


def test_findings_are_kept_once_with_a_count_and_a_way_to_replay_them() -> None:
    driven = run(Shop(teapot), replay_command="pytest --oneresponse-replay=", test="t.py::x", requests=7)
    (finding,) = [finding for finding in driven.findings if finding.rule == "second-response"]
    assert finding.count > 3 and finding.route == "GET /" and finding.test == "t.py::x"
    assert re.fullmatch("pytest --oneresponse-replay=[0-9a-f]{10}", finding.replay)
    assert driven.refused


def test_without_a_command_there_is_no_replay() -> None:
    driven = run(Shop(teapot), requests=1)
    assert [finding.replay for finding in driven.findings] == [""]


# ------------------------------------------------------------------------------------------ replaying


def labels(app: App, route: Route) -> dict[str, str]:
    return {trial_id(app, route, trial): trial.label for trial in Plan(route, {}, app.host).trials()}


def test_every_trial_of_a_route_has_an_id_of_its_own() -> None:
    app = app_of(Shop(), ITEM)
    trials = list(Plan(ITEM, {}, app.host).trials())
    assert len(labels(app, ITEM)) == len(trials) > 10
    assert set(labels(app, ITEM)) == set(labels(app_of(Shop(), ITEM), ITEM)), "the same in every run"


def test_an_id_depends_on_app_route_host_and_trial() -> None:
    trial = Trial("valid", Request())
    others = [
        (App("other:app", None, "wsgi", []), HOME, trial),
        (app_of(None), Route("POST", "/"), trial),
        (app_of(None), Route("GET", "/", host="admin.test"), trial),
        (app_of(None), HOME, Trial("gzip", Request())),
        (app_of(None), HOME, trial),
    ]
    assert len({trial_id(*other) for other in others}) == len(others)
    assert trial_id(app_of(None), HOME, Trial("valid", Request("POST"))) == trial_id(*others[-1]), "the label names it"


def test_one_exchange_is_run_again() -> None:
    app = app_of(Shop(teapot))
    (identity,) = [key for key, label in labels(app, HOME).items() if label == "gzip"]
    shop = app.target
    driven = run(shop, app=app, replay=identity, replay_command="x ")
    assert driven.replayed and len(shop.asked) == 2, "the first answer teaches what the others need"
    assert shop.seen("HTTP_ACCEPT_ENCODING") == [None, "gzip"]
    assert [finding.replay for finding in driven.findings] == [f"x {identity}"]
    assert [finding.count for finding in driven.findings] == [1], "the first one is not judged"


def test_the_first_exchange_is_run_again() -> None:
    app = app_of(Shop(teapot))
    (identity,) = [key for key, label in labels(app, HOME).items() if label == "valid"]
    driven = run(app.target, app=app, replay=identity)
    assert driven.replayed and driven.requests == 1 and len(driven.findings) == 1


def test_an_exchange_of_another_route_is_not_run() -> None:
    shop = Shop()
    driven = run(shop, replay="0123456789", searches=False)
    assert not driven.replayed and shop.asked == [] and driven.requests == 0


# ------------------------------------------------------------------------------------------ the user's fixtures


def test_each_trial_stands_inside_the_users_reset() -> None:
    log: list[str] = []
    shop = Shop(lambda environ, start_response: log.append("request") or start_response("200 OK", []) or [])

    @contextlib.contextmanager
    def reset() -> Iterator[None]:
        log.append("(")
        yield
        log.append(")")

    driven = run(shop, reset=reset, requests=5)
    told = " ".join(log)
    assert told.startswith("( request ) ( request request ) ( request )")
    assert told.count("request") == driven.requests


def test_each_request_is_prepared_by_the_user() -> None:
    shop = Shop()
    run(shop, prepare=lambda request: request.with_header("authorization", f"token {request.method}"))
    assert shop.seen("HTTP_AUTHORIZATION") == [f"token {method}" for method in shop.seen("REQUEST_METHOD")]


def test_values_of_the_users_are_sent() -> None:
    shop = Shop()
    run(shop, ITEM, values={"id": [71, 72]})
    paths = shop.seen("PATH_INFO")
    assert paths[0] == "/items/71" and "/items/72" in paths


@pytest.mark.parametrize(
    "error", [KeyError("token"), ValueError("v"), RuntimeError("r")], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("name", ["reset", "prepare"])
def test_errors_of_the_users_fixtures_are_his(name: str, error: Exception) -> None:
    def fails(*_: Any) -> Any:
        raise error

    with pytest.raises(type(error)):
        run(Shop(), **{name: fails})


def test_a_route_that_no_request_can_be_made_for_is_given_up() -> None:
    shop = Shop()
    route = Route("GET", "/{code}", None, ("/", CODE))
    driven = run(shop, route)
    assert driven.gave_up.startswith("no request could be made: ") and "oneresponse_values" in driven.gave_up
    assert shop.asked == [] and list(driven.findings) == []
    assert run(Shop(), route, values={"code": "ab"}).gave_up == ""


# ------------------------------------------------------------------------------------------ hosts


def test_a_host_that_the_app_wants_is_found_and_kept() -> None:
    shop = Shop(host="www.shop.test")
    app = app_of(shop, HOME, ITEM, hosts=("localhost", "www.shop.test", "other.test"))
    driven = run(shop, app=app)
    assert shop.seen("HTTP_HOST")[:3] == ["localhost:8000", "localhost", "www.shop.test"]
    assert set(shop.seen("HTTP_HOST")[3:]) == {"www.shop.test"} and app.host == "www.shop.test"
    assert 200 in driven.statuses
    shop.asked.clear()
    run(shop, ITEM, app=app)
    assert set(shop.seen("HTTP_HOST")) == {"www.shop.test"}


def test_an_app_that_refuses_for_other_reasons_is_asked_under_other_hosts_a_few_times_only() -> None:
    shop = Shop(host="nobody knows")
    app = app_of(shop, hosts=("a.test", "b.test"))
    for _ in range(5):
        run(shop, app=app, requests=1)
    tried = [host for host in shop.seen("HTTP_HOST") if host != "localhost:8000"]
    assert tried == ["a.test", "b.test"] * 3 and app.host == "localhost:8000"


def test_an_app_that_answers_is_not_asked_under_other_hosts() -> None:
    shop = Shop()
    app = app_of(shop, hosts=("a.test",))
    run(shop, app=app, requests=3)
    assert app.host_tries == 0 and set(shop.seen("HTTP_HOST")) == {"localhost:8000"}


def test_a_route_with_a_host_of_its_own_is_asked_under_that() -> None:
    shop = Shop(host="nobody knows")
    route = Route("GET", "/", None, ("/",), host="admin.test")
    run(shop, route, app=app_of(shop, route, hosts=("a.test",)))
    assert set(shop.seen("HTTP_HOST")) == {"admin.test"}


# ------------------------------------------------------------------------------------------ time


async def hangs(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await asyncio.Event().wait()


async def works_on(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a"})
        await asyncio.Event().wait()


def test_a_route_that_hangs_is_left_after_the_first_exchange() -> None:
    driven = run(hangs, app=app_of(hangs, interface="asgi"), timeout=0.03)
    assert driven.requests == 1 and "hung" in driven.gave_up
    assert [finding.rule for finding in driven.findings] == ["hung-response"]


def test_a_background_task_that_takes_long_is_no_failure() -> None:
    driven = run(works_on, app=app_of(works_on, interface="asgi"), timeout=0.03, requests=3)
    assert list(driven.findings) == [] and driven.gave_up == ""


def test_a_slow_route_is_cut_short() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await asyncio.sleep(0.1)
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"a"})

    driven = run(slow, app=app_of(slow, interface="asgi"), timeout=0.25)
    assert driven.cut_short.startswith("slow") and driven.gave_up == "" and driven.requests < 15


# ------------------------------------------------------------------------------------------ what it came to


def test_options_and_unknown_methods_are_played_by_the_first_route_of_a_path_alone() -> None:
    shop = Shop()
    post = Route("POST", "/", None, ("/",))
    app = app_of(shop, HOME, post)
    run(shop, post, app=app)
    assert set(shop.seen("REQUEST_METHOD")) == {"POST"}
    shop.asked.clear()
    run(shop, HOME, app=app)
    assert {"OPTIONS", "BREW"} <= set(shop.seen("REQUEST_METHOD"))


@pytest.mark.parametrize(
    ("statuses", "refused"),
    [
        ({200: 1, 404: 3}, False),
        ({401: 2, 0: 1}, True),
        ({302: 1}, False),
        ({}, False),
        ({0: 3}, True),
        ({0: 3, 200: 1}, False),
    ],
)
def test_a_route_that_only_refuses_is_told_apart(statuses: dict[int, int], refused: bool) -> None:
    assert Driven(HOME, statuses=statuses).refused is refused


def test_findings_are_parted_by_their_level() -> None:
    found = list(run(Shop(teapot), requests=1).findings)
    breaches, milder = by_level(found)
    assert [f.rule for f in breaches] == ["second-response"] and milder == []
    assert by_level([]) == ([], [])


# ------------------------------------------------------------------------------------------ exploring

SHOP = """
from urllib.parse import parse_qs
asked = []
def answer(start_response, times):
    for _ in range(times):
        start_response("200 OK", [])
    return [b"hello"]
def app(environ, start_response):
    asked.append(environ)
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    if query.get("kind") == "book":
        if len(query.get("code", "")) > 12:
            return answer(start_response, 2)
    return answer(start_response, 1)
"""

Explored = Callable[[str], ModuleType]


@pytest.fixture
def explored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explored]:
    """Makes a module of a user's of a source, with the marks of exploration in its functions while it is driven."""
    swap = Swap(lambda name: name.startswith(str(tmp_path)), marks.HOOKS)
    monkeypatch.setattr(Watcher, "marks", swap)

    def made(source: str) -> ModuleType:
        path = tmp_path / "shop.py"
        path.write_text(source, encoding="utf-8")
        module = ModuleType("shop")
        module.__file__ = str(path)
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))
        swap.put()
        return module

    yield made
    swap.take_out()


def queries(shop: ModuleType) -> list[dict[str, str]]:
    return [{name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()} for environ in shop.asked]


def test_what_only_some_input_shows_is_found_and_its_request_is_small(explored: Explored) -> None:
    shop = explored(SHOP)
    driven = run(shop.app, replay_command="pytest --oneresponse-replay=")
    (finding,) = [finding for finding in driven.findings if finding.level != "off"]
    assert finding.rule == "second-response"
    ((identity, trial),) = driven.failed.items()
    assert finding.replay.endswith(identity)
    assert set(parse_qs(trial.request.query)) == {"kind", "code"} and trial.request.header("cookie") is None
    assert canary.NAME not in repr(trial.to_json()) and canary.HEADER not in repr(trial.to_json())
    assert any(canary.NAME in query for query in queries(shop)), "there was one in what was sent first"


def test_what_was_found_is_run_again_by_its_id(explored: Explored) -> None:
    shop = explored(SHOP)
    found = run(shop.app)
    ((identity, trial),) = found.failed.items()
    shop.asked.clear()
    again = run(shop.app, replay=identity, failed=found.failed)
    assert again.replayed and again.requests == len(shop.asked) == 1
    assert shop.asked[0]["QUERY_STRING"] == trial.request.query and len(again.findings) == 1
    searched = run(shop.app, replay=identity)
    assert searched.replayed and searched.requests == 1 and len(searched.findings) == 1, "it is searched for"


def test_what_had_findings_before_is_tried_first(explored: Explored) -> None:
    shop = explored(SHOP)
    first = run(shop.app)
    read = kept.trials({"GET /": kept.to_json(first.failed)}, "GET /")
    shop.asked.clear()
    again = run(shop.app, failed=read, requests=1, faults="none")
    assert queries(shop) == [
        {name: values[0] for name, values in parse_qs(next(iter(read.values())).request.query).items()}
    ]
    assert [finding.rule for finding in again.findings] == ["second-response"]
    assert list(again.failed) == list(read), "and is kept for the next run"


def test_what_is_right_by_now_is_not_kept(explored: Explored) -> None:
    first = run(explored(SHOP).app)
    mended = explored(SHOP.replace("answer(start_response, 2)", "answer(start_response, 1)"))
    again = run(mended.app, failed=first.failed)
    assert again.failed == {} and not [finding for finding in again.findings if finding.level != "off"]


def test_branches_of_the_route_are_told(explored: Explored) -> None:
    shop = explored(SHOP)
    full = run(shop.app)
    assert full.reached is not None
    told = full.reached.to_json(lambda file: Path(file).name)
    # two decisions, each with two outcomes, and the body of a loop
    assert told == {"total": 5, "taken": 5, "missed": []}
    little = run(shop.app, requests=1)
    assert little.reached is not None
    missed = little.reached.to_json(lambda file: Path(file).name)
    assert missed["missed"] == [
        {"file": "shop.py", "line": 11, "outcome": "true"},
        {"file": "shop.py", "line": 12, "outcome": "true"},
        {"file": "shop.py", "line": 12, "outcome": "false"},
    ]


def test_exploring_keeps_to_the_number_of_requests(explored: Explored) -> None:
    shop = explored(SHOP)
    driven = run(shop.app, requests=30, faults="none")
    assert driven.requests == len(shop.asked) <= 30


def test_exploring_sends_the_same_requests_every_time(explored: Explored) -> None:
    shop = explored(SHOP)

    def asked() -> list[str]:
        shop.asked.clear()
        run(shop.app, seed=3)
        return [environ["QUERY_STRING"] for environ in shop.asked]

    assert asked() == asked()


def test_values_of_the_users_are_sent_for_names_that_were_learnt(explored: Explored) -> None:
    shop = explored(SHOP.replace('== "book"', '.encode().hex() == "6c6f75"').replace('get("kind")', 'get("kind", "")'))
    assert run(shop.app).failed == {}
    driven = run(shop.app, values={"kind": "lou"})
    assert any(query.get("kind") == "lou" for query in queries(shop))
    assert [finding.rule for finding in driven.findings if finding.level != "off"] == ["second-response"]


def test_without_marks_nothing_is_explored() -> None:
    shop = Shop()
    run(shop)
    assert not [query for query in shop.seen("QUERY_STRING") if canary.NAME in query]


# ------------------------------------------------------------------------------------------ IDs of other routes

COMPANIES = """
import json
asked = []
companies = {}
def answer(start_response, status, document, times=1):
    for _ in range(times):
        start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]
def app(environ, start_response):
    asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    return view(start_response, environ["REQUEST_METHOD"], environ["PATH_INFO"].split("/")[1:])
def view(start_response, method, parts):
    if len(parts) == 1 and method == "POST":
        company = "c" + str(4711 + len(companies))
        companies[company] = []
        return answer(start_response, "201 Created", {"id": company})
    if len(parts) > 1 and parts[1] not in companies:
        return answer(start_response, "404 Not Found", {})
    if len(parts) == 3 and method == "POST":
        users = companies[parts[1]]
        users.append(parts[1] + "u" + str(len(users)))
        return answer(start_response, "201 Created", {"user": {"id": users[-1]}})
    if len(parts) == 4 and parts[3] not in companies[parts[1]]:
        return answer(start_response, "404 Not Found", {})
    return answer(start_response, "200 OK", {}, 2 if method == "DELETE" else 1)
"""
COMPANY, USER = (Parameter(name, "path", {"type": "string"}) for name in ("company", "user"))
CHOICES = {"anyOf": [{"const": number} for number in range(20)]}
CREATE = Route("POST", "/companies", None, ("/companies",), body=CHOICES)
HIRE = Route("POST", "/companies/{company}/users", None, ("/companies/", COMPANY, "/users"))
SHOW = Route("GET", "/companies/{company}", None, ("/companies/", COMPANY))
FIRE = Route("DELETE", "/companies/{company}/users/{user}", None, ("/companies/", COMPANY, "/users/", USER))


def test_what_a_path_names_is_created_first_in_as_many_steps_as_it_takes(explored: Explored) -> None:
    shop = explored(COMPANIES)
    app = app_of(shop.app, FIRE, HIRE, CREATE)
    driven = run(shop.app, FIRE, app=app, replay_command="x ")
    (finding,) = [finding for finding in driven.findings if finding.level != "off"]
    ((identity, trial),) = driven.failed.items()
    assert finding.rule == "second-response" and finding.replay == f"x {identity}"
    assert [(one.method, one.path) for one in trial.before] == [
        ("POST", "/companies"),
        ("POST", "/companies/{company}/users"),
    ]
    assert trial.ids == ("company", "user") and trial.request.path == "/companies/{company}/users/{user}"
    assert [note.startswith("it comes after curl ") for note in finding.notes[-2:]] == [True, True]
    # what was created in one run is not there in the next
    shop.asked.clear()
    shop.companies.clear()
    again = run(shop.app, FIRE, app=app, replay=identity, failed=driven.failed)
    assert again.replayed and len(again.findings) == 1
    assert shop.asked == [
        ("POST", "/companies"),
        ("POST", "/companies/c4711/users"),
        ("DELETE", "/companies/c4711/users/c4711u0"),
    ]


GUARDED = """
from urllib.parse import parse_qs
asked = []
def app(environ, start_response):
    asked.append(environ)
    if parse_qs(environ["QUERY_STRING"]).get("key", [""])[0] != "open":
        start_response(REFUSED, [])
        return [b"no"]
    start_response("200 OK", [("ETag", '"v1"')])
    return parts(start_response)
def parts(start_response):
    try:
        yield b"yes"
        yield b"no"
    except GeneratorExit:
        start_response("500 Internal Server Error", [])
"""


@pytest.mark.parametrize("status", ["403 Forbidden", "302 Found", "404 Not Found", "500 Internal Server Error"])
def test_clients_and_servers_vary_the_request_that_is_not_refused(explored: Explored, status: str) -> None:
    shop = explored(GUARDED.replace("REFUSED", repr(status)))
    driven = run(shop.app, replay_command="x ")
    (finding,) = [finding for finding in driven.findings if finding.rule == "second-response"]
    assert finding.client and finding.request is not None
    assert finding.request.query == "key=open", "what made the search for it is left out"
    opened = [environ for environ in shop.asked if environ["QUERY_STRING"] == "key=open"]
    assert sum(environ["REQUEST_METHOD"] == "HEAD" for environ in opened) == 1
    assert '"v1"' in [environ.get("HTTP_IF_NONE_MATCH") for environ in opened]
    ((identity, _),) = driven.failed.items()
    assert finding.replay == f"x {identity}"
    for failed in ({}, driven.failed):
        again = run(shop.app, replay=identity, failed=failed, replay_command="x ")
        assert again.replayed and [one.replay for one in again.findings] == [finding.replay]


def test_where_all_is_refused_clients_and_servers_vary_the_first_request() -> None:
    shop = Shop(lambda environ, start_response: [start_response("404 Not Found", [])] and [b"no"])
    run(shop)
    assert {"HEAD", "OPTIONS", "BREW"} <= set(shop.seen("REQUEST_METHOD"))


REFERENCES = """
import contextlib, json
from urllib.parse import parse_qs
companies, orders = {}, {}
@contextlib.contextmanager
def reset():
    yield
    companies.clear(), orders.clear()
def answer(start_response, status, document, times=1):
    for _ in range(times):
        start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]
def app(environ, start_response):
    if environ["PATH_INFO"] == "/companies":
        companies[4711] = json.loads(environ["wsgi.input"].read() or "{}")
        return answer(start_response, "201 Created", {"id": 4711})
    if environ["PATH_INFO"] == "/orders":
        data = json.loads(environ["wsgi.input"].read())
        if data["company_id"] not in companies:
            return answer(start_response, "404 Not Found", {})
        orders["o7"] = data
        return answer(start_response, "201 Created", {"order": {"id": "o7"}}, 2 if data["amount"] == 3 else 1)
    found = parse_qs(environ["QUERY_STRING"]).get("order", [""])[0] in orders
    return answer(start_response, "200 OK" if found else "404 Not Found", {}, 2 if found else 1)
"""
INTEGER = {"type": "integer"}
COMPANIES_ROUTE = Route("POST", "/companies", None, ("/companies",))
ORDERED = Route("POST", "/orders", None, ("/orders",))
DECLARED = replace(
    ORDERED,
    body={"type": "object", "properties": {"company_id": INTEGER, "amount": INTEGER}, "required": ["company_id"]},
)
REPORT = Route("GET", "/report", None, ("/report",), (Parameter("order", "query", {"type": "string"}),))


@pytest.mark.parametrize("order", [ORDERED, DECLARED], ids=["read by the handler", "declared"])
def test_what_a_field_names_is_created_first(explored: Explored, order: Route) -> None:
    shop = explored(REFERENCES)
    app = app_of(shop.app, COMPANIES_ROUTE, order, REPORT)
    for route, ids in ((order, ("company_id",)), (REPORT, ("company_id", "order"))):
        driven = run(shop.app, route, app=app, replay_command="x ", reset=shop.reset)
        found = {finding.replay: finding for finding in driven.findings if finding.level != "off"}
        assert [finding.rule for finding in found.values()] == ["second-response"] * len(found)
        # one that was sent a second time, to a strict server, has ended otherwise
        ((identity, trial),) = [one for one in driven.failed.items() if "strict" not in one[1].label]
        finding = found[f"x {identity}"]
        assert trial.ids == ids
        notes = [note for note in finding.notes if note.startswith("it comes after curl ")]
        assert len(notes) == len(ids) and "{company_id}" not in " ".join(notes)
        again = run(shop.app, route, app=app, replay=identity, failed=driven.failed, reset=shop.reset)
        assert again.replayed and len(again.findings) == 1


def test_routes_that_name_each_other_are_not_looked_for_without_end(explored: Explored) -> None:
    shop = explored(REFERENCES)
    things = {"type": "object", "properties": {"order_id": INTEGER, "company_id": INTEGER}}
    app = app_of(shop.app, replace(COMPANIES_ROUTE, body=things), replace(ORDERED, body=things), REPORT)
    for route in app.routes:
        assert run(shop.app, route, app=app, reset=shop.reset).gave_up == ""
    found = {key: chain.ids if chain is not None else None for key, chain in app.producing.items()}
    assert found["POST /companies", "company_id"] == ("company_id",)
    assert found["POST /orders", "order"] == ("company_id", "order")


def test_an_id_is_looked_for_once_for_all_routes() -> None:
    shop = Shop()
    app = app_of(shop, SHOW, FIRE, CREATE)
    run(shop, SHOW, app=app)
    assert shop.seen("REQUEST_METHOD").count("POST") > 0
    shop.asked.clear()
    run(shop, FIRE, app=app)
    assert "/companies" not in shop.seen("PATH_INFO")


def test_an_id_of_the_users_is_not_looked_for() -> None:
    shop = Shop()
    run(shop, SHOW, app=app_of(shop, SHOW, CREATE), values={"company": "c7"})
    assert "/companies" not in shop.seen("PATH_INFO") and "/companies/c7" in shop.seen("PATH_INFO")


def test_a_slow_search_for_an_id_ends_and_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    for module in ("run", "budget", "producing"):
        monkeypatch.setattr(f"pytest_oneresponse.drive.{module}.time", SimpleNamespace(perf_counter=lambda: now[0]))

    def slow(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/companies":
            now[0] += 6.0
        start_response("200 OK", [])
        return [b"{}"]

    shop = Shop(slow)
    app = app_of(shop, SHOW, FIRE, CREATE)
    first = run(shop, SHOW, app=app, timeout=5.0)
    assert first.requests > 10 and first.seconds < 5.0 * (TIME_LIMITS + 2)
    assert 1 <= shop.seen("PATH_INFO").count("/companies") <= TIME_LIMITS
    shop.asked.clear()
    second = run(shop, FIRE, app=app, timeout=5.0)
    assert "/companies" not in shop.seen("PATH_INFO")
    assert second.cut_short == second.gave_up == "" and second.seconds == 0.0


def test_a_search_for_an_id_in_a_route_that_hangs_ends_and_is_not_made_again() -> None:
    asked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        asked.append(scope["path"])
        if scope["path"] == "/companies":
            await asyncio.Event().wait()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"{}"})

    known = app_of(app, SHOW, FIRE, CREATE, interface="asgi")
    driven = run(app, SHOW, app=known, timeout=0.05)
    assert asked.count("/companies") <= TIME_LIMITS + 1
    assert not [finding for finding in driven.findings if finding.rule == "hung-response"], (
        "that is told with its own route"
    )
    asked.clear()
    run(app, FIRE, app=known, timeout=0.05)
    assert "/companies" not in asked

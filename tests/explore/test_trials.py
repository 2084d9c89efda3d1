"""What a route is sent: requests from schemas and from the user's values, and every trial under a label of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.trials import CLIENTS, NON_ASCII, Inputs, Plan, Trial, request_for
from pytest_oneresponse.protocols.client import DEFAULT, Answer, Client
from pytest_oneresponse.routes import Parameter, Route

ID = Parameter("id", "path", {"type": "integer"})
SLUG = Parameter("slug", "path", {"type": "string"})
CODE = Parameter("code", "path", {"type": "string", "pattern": "(?=a)b"})
PAGE = Parameter("page", "query", {"type": "integer", "minimum": 1})
TAGS = Parameter("tags", "query", {"type": "array", "items": {"type": "string"}, "minItems": 2})
OPTIONAL = Parameter("sort", "query", {"type": "string"}, required=False)
TOKEN = Parameter("x-token", "header", {"type": "string"})
CRUMB = Parameter("crumb", "cookie", {"type": "string"})
FIELD = Parameter("field", "form", {"type": "string"})
OTHER = Parameter("other", "form", {"type": "integer"})
BODY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}

HOME = Route("GET", "/", None, ("/",))
ITEM = Route("GET", "/items/{id}", None, ("/items/", ID), (PAGE, OPTIONAL))
FORM = Route("POST", "/form", None, ("/form",), (FIELD, OTHER))
JSON = Route("POST", "/json", None, ("/json",), (), BODY)
BARE = Route("GET", "{path}", None, (Parameter("path", "path", {"type": "string", "enum": ["/", "/about"]}),))
EVERY = Route("PUT", "/e/{slug}", None, ("/e/", SLUG), (PAGE, TAGS, TOKEN, CRUMB), BODY)
ROUTES = [HOME, ITEM, FORM, JSON, BARE, EVERY]


def first(route: Route, given: Any = None, host: str = "") -> Request:
    return request_for(route, Inputs(route, given or {}), host=host)


def trials(route: Route, given: Any = None, answer: Answer | None = None, **named: Any) -> dict[str, Trial]:
    """A route's trials by label, its first answer given."""
    plan = Plan(route, given or {}, "", **named)
    found: dict[str, Trial] = {}
    for trial in plan.trials():
        assert trial.label not in found, "a label names one trial"
        found[trial.label] = trial
        plan.learn(trial, answer if trial.label == "valid" and answer else Answer(200))
    return found


def body_of(request: Request) -> Any:
    return json.loads(request.body)


# ------------------------------------------------------------------------------------------ one request


def test_the_first_request_of_a_plain_route() -> None:
    assert first(HOME) == Request("GET", "/", "", (("host", "localhost:8000"), ("accept", "*/*")), b"")


def test_every_required_input_has_its_place() -> None:
    request = first(EVERY)
    assert (request.method, request.path) == ("PUT", "/e/a")
    query = parse_qsl(request.query)
    assert query[0] == ("page", "1") and [name for name, _ in query] == ["page", "tags", "tags"]
    assert request.header("x-token") == "a" and request.header("cookie") == "crumb=a"
    assert request.header("content-type") == "application/json"
    assert set(body_of(request)) == {"name", "age"}


def test_what_is_optional_is_left_out_at_first() -> None:
    assert first(ITEM).query == "page=1"
    assert first(ITEM, {"sort": "up"}).query == "page=1&sort=up", "unless the user has a value for it"


def test_values_of_the_users_go_first() -> None:
    request = first(EVERY, {"slug": "mine", "page": [7, 8], "x-token": "t", "crumb": ("c d",), "name": ["Zoë", "x"]})
    assert request.path == "/e/mine" and request.query.startswith("page=7&")
    assert request.header("x-token") == "t" and request.header("cookie") == 'crumb="c d"'
    assert body_of(request)["name"] == "Zoë"


@pytest.mark.parametrize("value", ["one", 5, None, {"a": 1}, b"x"], ids=repr)
def test_a_single_value_need_be_no_list(value: Any) -> None:
    inputs = Inputs(ITEM, {"id": value})
    assert inputs.first(ID) == value and inputs.given["id"] == [value]


@pytest.mark.parametrize("values", [[1, 2], (1, 2), range(1, 3)], ids=repr)
def test_several_values(values: Any) -> None:
    inputs = Inputs(ITEM, {"id": values})
    assert inputs.first(ID) == 1 and inputs.others(ID)[0] == 2


def test_an_empty_list_of_values_is_none_at_all() -> None:
    assert first(ITEM, {"id": []}) == first(ITEM)


def test_values_may_come_from_hypothesis() -> None:
    st = pytest.importorskip("hypothesis").strategies
    strategy = st.integers(min_value=100, max_value=999)
    one, other = Inputs(ITEM, {"id": strategy}), Inputs(ITEM, {"id": strategy})
    assert one.given == other.given and 1 <= len(one.given["id"]) <= 5
    assert all(100 <= value <= 999 for value in one.given["id"])


def test_a_path_that_no_value_is_known_for_raises() -> None:
    route = Route("GET", "/{code}", None, ("/", CODE))
    with pytest.raises(ValueError, match="code"):
        first(route)
    with pytest.raises(ValueError, match="code"):
        list(Plan(route, {}, "").trials())
    assert first(route, {"code": "ab"}).path == "/ab"


@pytest.mark.parametrize(
    ("route", "host", "expected"),
    [(HOME, "", "localhost:8000"), (HOME, "a.test", "a.test"), (replace(HOME, host="own.test"), "a.test", "own.test")],
    ids=["none", "the app's", "the route's own"],
)
def test_the_host(route: Route, host: str, expected: str) -> None:
    assert first(route, host=host).header("host") == expected


def test_a_form() -> None:
    request = first(FORM, {"field": "a b&é"})
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode()) == [("field", "a b&é"), ("other", "1")]


def test_a_body_that_is_a_form() -> None:
    route = replace(JSON, media="application/x-www-form-urlencoded")
    request = first(route, {"name": "é"})
    assert dict(parse_qsl(request.body.decode())) == {"name": "é", "age": "1"}
    assert request.header("content-type") == "application/x-www-form-urlencoded"


def test_a_body_of_several_parts() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    request = first(replace(JSON, media="multipart/form-data", body=schema), {"name": "é"})
    kind, _, boundary = str(request.header("content-type")).partition("; boundary=")
    assert kind == "multipart/form-data"
    lines = request.body.split(b"\r\n")
    assert lines[0] == f"--{boundary}".encode() and f"--{boundary}--".encode() in lines[-2:]
    assert b'name="name"' in lines[1] and lines[2] == b"" and lines[3] == "é".encode()


def test_a_body_of_several_parts_has_the_files_that_were_given() -> None:
    schema = {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]}
    request = first(replace(JSON, media="multipart/form-data", body=schema), {"file": b"\x00\xff"})
    assert b'filename="' in request.body and b"\x00\xff" in request.body


def test_a_body_of_several_parts_ends_with_a_line_end() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    assert first(replace(JSON, media="multipart/form-data", body=schema)).body.endswith(b"--\r\n")


def test_a_body_of_another_type_is_text() -> None:
    request = first(replace(JSON, body={"type": "string"}, media="text/plain"))
    assert (request.body, request.header("content-type")) == (b"a", "text/plain")


def test_json_is_utf_8() -> None:
    assert "é".encode() in first(JSON, {"name": "é"}).body


def test_a_path_begins_with_a_slash() -> None:
    route = Route("GET", "{slug}", None, (SLUG,))
    assert first(route, {"slug": "a"}).path == "/a" and first(route, {"slug": "/a"}).path == "/a"


def test_a_header_holds_no_control_characters() -> None:
    route = Route("GET", "/", None, ("/",), (TOKEN,))
    assert first(route, {"x-token": "a\r\nb\x00\x7fc"}).header("x-token") == "a??b??c"


# ------------------------------------------------------------------------------------------ all trials


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_trials_of_a_route_are_always_the_same(route: Route) -> None:
    assert trials(route) == trials(route)
    labels = list(trials(route))
    assert labels[:2] == ["valid", "the same again"]
    assert all(label and label.isprintable() for label in labels)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_client_is_played(route: Route) -> None:
    found = trials(route)
    base = found["valid"].request
    for label, client in CLIENTS:
        assert found[label] == Trial(label, base, client)
    assert {client for _, client in CLIENTS} == {
        Client(leaves="before"),
        Client(leaves="first"),
        Client(leaves="end"),
        Client(refuses="start"),
        Client(refuses="body"),
        Client(slow=True),
        Client(strict=True),
    }
    assert found["valid"].client == DEFAULT and found["the same again"].before == (base,)


def test_gzip_is_asked_for_to_the_end_and_not() -> None:
    found = trials(HOME)
    assert found["gzip"].request.header("accept-encoding") == "gzip" and found["gzip"].client == DEFAULT
    assert found["client leaves a gzip response"].client == Client(leaves="first")


def test_conditional_requests_use_what_the_first_answer_taught() -> None:
    taught = Answer(200, (("ETag", '"abc"'), ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")))
    found = trials(HOME, answer=taught)
    assert found["If-None-Match"].request.header("if-none-match") == '"abc"'
    assert found["If-Modified-Since"].request.header("if-modified-since") == "Mon, 01 Jan 2024 00:00:00 GMT"
    both = found["If-None-Match, gzip"].request
    assert (both.header("if-none-match"), both.header("accept-encoding")) == ('"abc"', "gzip")
    untaught = trials(HOME)
    assert untaught["If-None-Match"].request.header("if-none-match") == "*"
    assert untaught["If-Modified-Since"].request.header("if-modified-since")


def test_ranges() -> None:
    found = trials(HOME)
    ranges = [found[label].request.header("range") for label in ("Range", "Range beyond the end", "two Ranges")]
    assert ranges == ["bytes=0-0", "bytes=999999999-", "bytes=0-0,2-3"]
    assert not any(trial.request.header("range") for trial in trials(FORM).values()), "only where something is read"


def methods(route: Route, **named: Any) -> set[str]:
    return {trial.request.method for trial in trials(route, **named).values()}


def test_methods() -> None:
    assert methods(HOME) == {"GET", "HEAD", "OPTIONS", "BREW"}
    assert methods(HOME, alone=False) == {"GET", "HEAD"}
    assert methods(FORM) == {"POST", "OPTIONS", "BREW"}
    assert methods(BARE) == {"GET", "HEAD", "OPTIONS", "BREW", "POST", "PUT", "DELETE"}


def test_deleting_comes_last() -> None:
    order = [trial.request.method for trial in trials(BARE).values()]
    assert order[-1] == "DELETE" and order.index("PUT") > order.index("HEAD")


def test_every_path_of_a_bare_app_is_asked_for() -> None:
    assert {trial.request.path for trial in trials(BARE).values()} >= {"/", "/about"}


def test_boundaries_of_every_input_are_sent_each_input_in_turn() -> None:
    found = trials(ITEM)
    ids = [label for label in found if label.startswith("path id #")]
    pages = [label for label in found if label.startswith("query page #")]
    sorts = [label for label in found if label.startswith("query sort #")]
    assert len(ids) > 2 and len(pages) > 2 and len(sorts) >= 1
    labels = list(found)
    assert labels.index(ids[0]) < labels.index(pages[0]) < labels.index(sorts[0]) < labels.index(ids[1]), "in turn"
    base = found["valid"].request
    assert len({found[label].request.path for label in ids}) == len(ids)
    assert all(found[label].request.path == base.path for label in pages)
    queries = [dict(parse_qsl(found[label].request.query, keep_blank_values=True)) for label in pages]
    assert {} in queries, "also left out"
    assert {"page": "0"} in queries, "just below what is declared"
    assert dict(parse_qsl(found[sorts[0]].request.query))["sort"] == "a", "an optional one is put in"


def test_no_boundary_is_sent_twice() -> None:
    found = [trial.request for label, trial in trials(ITEM).items() if " #" in label]
    assert len(set(found)) == len(found)


def test_bodies_that_are_wrong_are_sent() -> None:
    found = trials(JSON)
    bodies = [trial.request.body for label, trial in found.items() if label.startswith("body #")]
    assert b"{not json" in bodies and b"" in bodies and len(bodies) > 3
    assert any(body.startswith(b"{") and b"name" not in body for body in bodies), "a required part is left out"
    assert not any(label.startswith("body #") for label in trials(HOME))


def test_non_ascii_values_are_sent_in_every_text() -> None:
    found = trials(EVERY)
    request = found["non-ASCII values"].request
    assert request.path == f"/e/{NON_ASCII}"
    assert request.header("x-token") == NON_ASCII
    assert unquote(str(request.header("cookie"))) == f"crumb={NON_ASCII}"
    extra = found["non-ASCII query and cookie"].request
    assert dict(parse_qsl(extra.query))["name"] == NON_ASCII and extra.query.startswith("page=1&")
    assert unquote(str(extra.header("cookie"))) == f"name={NON_ASCII}"
    assert "non-ASCII values" not in trials(ITEM.__class__("GET", "/{id}", None, ("/", ID))), "no text, no trial"


@pytest.mark.parametrize("schema", [{"enum": ["a"]}, {"format": "uuid"}, {"pattern": "a+"}], ids=repr)
def test_a_text_of_a_form_of_its_own_is_left_in_it(schema: dict[str, Any]) -> None:
    route = Route("GET", "/", None, ("/",), (Parameter("q", "query", {"type": "string", **schema}),))
    assert "non-ASCII values" not in trials(route)


def test_a_route_that_declares_no_body_is_sent_some() -> None:
    found = trials(Route("POST", "/", None, ("/",)))
    assert found["a form"].request.header("content-type") == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(found["a form"].request.body.decode())) == {"name": NON_ASCII}
    assert body_of(found["a JSON body"].request) == {"name": NON_ASCII}
    assert not {"a form", "a JSON body"} & set(trials(JSON)) and not {"a form", "a JSON body"} & set(trials(HOME))


def test_further_values_of_the_users_are_sent() -> None:
    found = trials(ITEM, {"id": [5, 6, 7]})
    assert found["valid"].request.path == "/items/5"
    assert [found[f"path id #{number}"].request.path for number in (0, 1)] == ["/items/6", "/items/7"]


def test_a_host_that_is_found_meanwhile_is_used_from_then_on() -> None:
    plan = Plan(ITEM, {}, "")
    found = []
    for trial in plan.trials():
        found.append(trial.request.header("host"))
        plan.host = "found.test"
    assert found[0] == "localhost:8000" and set(found[1:]) == {"found.test"}


def test_the_length_of_a_body_is_left_to_the_server() -> None:
    for route in ROUTES:
        for label, trial in trials(route).items():
            assert trial.request.header("content-length") is None, label


def test_an_app_without_a_router_is_asked_for_what_lies_outside() -> None:
    path = Parameter("path", "path", {"type": "string", "enum": ["/", "/a"]})
    bare = Plan(Route("GET", "{path}", None, (path,)), {}, "shop.test")
    routed = Plan(Route("GET", "/a", None, ("/a",)), {}, "shop.test")
    assert "/../x" in [trial.request.path for trial in bare.trials()]
    assert "/../x" not in [trial.request.path for trial in routed.trials()]

"""IDs of other routes: who gives them, where they stand in a response, and which requests come first."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.producers import ID, Chain, found_id, placeholder, producer_of, referred, with_ids
from pytest_oneresponse.protocols.client import Answer
from pytest_oneresponse.routes import Parameter, Route


def route(method: str, template: str) -> Route:
    """A route from a template with its parameters in braces."""
    texts = template.replace("}", "{").split("{")
    parts = [Parameter(text, "path") if place % 2 else text for place, text in enumerate(texts) if text]
    return Route(method, template, None, tuple(parts))


# producer_of


@pytest.mark.parametrize(
    ("method", "template", "name", "others", "wanted"),
    [
        ("GET", "/companies/{id}", "id", ["GET /companies", "POST /companies"], "POST /companies"),
        ("GET", "/companies/{id}", "id", ["GET /companies", "PUT /companies"], "PUT /companies"),
        ("GET", "/companies/{id}", "id", ["GET /companies"], "GET /companies"),
        ("GET", "/companies/{id}/", "id", ["POST /companies/"], "POST /companies/"),
        ("GET", "/companies/{id}/users", "id", ["POST /companies", "POST /companies/{id}/users"], "POST /companies"),
        # with another parameter before it
        ("DELETE", "/c/{c}/users/{u}", "u", ["POST /c", "POST /c/{c}/users"], "POST /c/{c}/users"),
        ("DELETE", "/c/{c}/users/{u}", "u", ["POST /c/{company}/users"], "POST /c/{company}/users"),
        ("DELETE", "/c/{c}/users/{u}", "c", ["POST /c", "POST /c/{c}/users"], "POST /c"),
        # there is none
        ("GET", "/companies/{id}", "id", ["DELETE /companies", "PATCH /companies"], None),
        ("GET", "/companies/{id}", "id", ["POST /company", "POST /", "POST /companies/{id}"], None),
        ("GET", "/companies/{id}", "id", [], None),
    ],
)
def test_a_producer_stands_above_what_it_creates(
    method: str, template: str, name: str, others: list[str], wanted: str | None
) -> None:
    own = route(method, template)
    found = producer_of([own, *(route(*other.split(" ")) for other in others)], own, name)
    assert (found.name if found is not None else None) == wanted


# found_id


def answer(document: Any, status: int = 201, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, tuple(headers.items()), bytearray(body))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (answer({"id": 7}), 7),
        (answer({"id": "c7"}), "c7"),
        (answer({"id": 0}), 0),
        (answer({"id": 7}, 200), 7),
        (answer({"id": 7}, 303), 7),
        # the parameter's own name comes first, then what IDs are mostly called
        (answer({"id": 7, "company": "c7"}), "c7"),
        (answer({"name": "Ann", "uuid": "u7"}), "u7"),
        (answer({"slug": "ann", "name": "Ann"}), "ann"),
        # further inside
        (answer({"data": {"id": 7}}), 7),
        (answer({"data": {"id": 7}, "id": 8}), 8),
        (answer([{"id": 7}, {"id": 8}]), 7),
        (answer({"items": [{"id": 7}, {"id": 8}], "total": 2}), 7),
        (answer({"data": {"company": "c7"}, "id": 7}), "c7"),
        (answer({"a": {"b": {"c": {"id": 7}}}}), 7),
        (answer({"a": {"b": {"c": {"d": {"id": 7}}}}}), None),
        # where it was created
        (answer(b"", location="/companies/c7"), "c7"),
        (answer(b"", 303, location="https://shop.test/companies/7/?new=1"), "7"),
        (answer({"id": 7}, location="/companies/c7"), 7),
        # nothing that can stand in a path
        (answer({"id": None}), None),
        (answer({"id": True}), None),
        (answer({"id": ""}), None),
        (answer({"id": [7]}), None),
        (answer({"id": 7.5}), None),
        (answer({"total": 7}), None),
        (answer([]), None),
        (answer(7), None),
        (answer(b"{not json"), None),
        (answer(b"\xff"), None),
        (answer(b""), None),
        # nothing was created
        (answer({"id": 7}, 404), None),
        (answer({"id": 7}, 500), None),
        (answer({"id": 7}, 0), None),
        (answer(b"", 400, location="/companies/c7"), None),
    ],
)
def test_an_id_is_found_in_a_response(told: Answer, wanted: ID | None) -> None:
    found = found_id(told, "company")
    assert (found, type(found)) == (wanted, type(wanted))


# chains

COMPANY = Request("POST", "/companies")
USER = Request("POST", "/companies/{company}/users")
CHAIN = Chain().with_producer("company", COMPANY).with_producer("user", USER)
DELETE = Draft("DELETE", ("/c/", ("company",), "/users/", ("user",)), (("company", "1"), ("user", "2")))


def test_a_chain_holds_its_requests_in_order() -> None:
    assert (CHAIN.before, CHAIN.ids) == ((COMPANY, USER), ("company", "user"))


@pytest.mark.parametrize(
    ("chain", "paths"),
    [
        (Chain(), ["/c/1/users/2"]),
        (Chain((COMPANY,), ("company",)), ["/c/{company}/users/2", "/c/1/users/2"]),
        (CHAIN, ["/c/{company}/users/{user}", "/c/1/users/2"]),
        (Chain((COMPANY,), ("other",)), ["/c/1/users/2"]),
    ],
)
def test_each_draft_comes_with_ids_to_come_and_then_as_it_is(chain: Chain, paths: list[str]) -> None:
    assert [draft.request().path for draft in chain.applied([DELETE])] == paths
    assert [draft.request().path for draft in chain.applied([DELETE, DELETE])] == paths * 2


def test_a_draft_that_waits_for_its_ids_is_not_sent_twice() -> None:
    (waits, _) = CHAIN.applied([DELETE])
    assert list(CHAIN.applied([waits])) == [waits]


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ({"company": "{company}", "user": "{user}"}, ["company", "user"]),
        ({"company": "{company}", "user": "2"}, ["company"]),
        ({"company": "1", "user": "{user}"}, ["company", "user"]),  # a user is made in a company
        ({"company": "1", "user": "2"}, []),
    ],
)
def test_what_a_request_waits_for_comes_first(path: dict[str, str], needed: list[str]) -> None:
    draft = Draft("DELETE", DELETE.template, tuple(path.items()))
    trial = CHAIN.trial(draft)
    assert list(trial.ids) == needed
    assert trial.before == tuple({"company": COMPANY, "user": USER}[name] for name in needed)
    assert trial.request == draft.request() and trial.draft is draft


def test_a_chain_takes_up_what_another_has_besides() -> None:
    companies = Chain().with_producer("company", COMPANY)
    assert companies.joined(CHAIN) == CHAIN.joined(companies) == Chain().joined(CHAIN) == CHAIN


ORDER = Draft(
    "POST",
    ("/c/", ("company",), "/orders"),
    path=(("company", "1"),),
    query=(("item_id", "a"), ("page", "2"), ("company", "3")),
    media="application/json",
    json={"item_id": 7, "company": 8, "lines": [{"item_id": "b"}], "item": {"item_id": True}},
)


def test_ids_to_come_stand_where_a_field_is_called_as_they_are() -> None:
    item = Chain().with_producer("item_id", Request("POST", "/items"))
    waiting = item.waiting(ORDER)
    assert waiting.query == (("item_id", "{item_id}"), ("page", "2"), ("company", "3"))
    assert waiting.json == {
        "item_id": "{item_id}",
        "company": 8,
        "lines": [{"item_id": "{item_id}"}],
        "item": {"item_id": "{item_id}"},
    }
    form = replace(ORDER, media="application/x-www-form-urlencoded", fields=(("item_id", "a"), ("n", "1")))
    assert item.waiting(form).fields == (("item_id", "{item_id}"), ("n", "1"))
    for draft in (waiting, item.waiting(form)):
        assert item.trial(draft).ids == ("item_id",)
    assert item.trial(ORDER).ids == ()


def test_what_a_path_names_is_put_nowhere_else() -> None:
    company = Chain().with_producer("company", COMPANY)
    assert company.waiting(ORDER).path == (("company", "{company}"),)
    assert replace(company.waiting(ORDER), path=ORDER.path).key == ORDER.key


@pytest.mark.parametrize(
    ("request_", "known", "wanted"),
    [
        (("/c/{company}/users/{user}",), {"company": "c7", "user": "u8"}, ("/c/c7/users/u8",)),
        (("/c/{company}/users/{user}",), {"company": 7}, ("/c/7/users/{user}",)),
        (("/c/{company}/users/{user}",), {}, ("/c/{company}/users/{user}",)),
        (("/c/{company}/{company}",), {"company": "c7"}, ("/c/c7/c7",)),
        (("/c/1",), {"company": "c7"}, ("/c/1",)),
        (("/c/{company}",), {"company": None}, ("/c/",)),
        (("/c", "a=%7Bcompany%7D&b=1"), {"company": "c 7&"}, ("/c", "a=c+7%26&b=1")),
        # in JSON a number stands as one, and a text as one
        (("/c", "", b'{"a": "{company}", "b": 1}'), {"company": 7}, ("/c", "", b'{"a": 7, "b": 1}')),
        (("/c", "", b'{"a": "{company}"}'), {"company": "7"}, ("/c", "", b'{"a": "7"}')),
        (("/c", "", b'{"a": "{company}"}'), {"company": 'c"7'}, ("/c", "", b'{"a": "c\\"7"}')),
        (("/c", "", b"a=%7Bcompany%7D"), {"company": "c 7"}, ("/c", "", b"a=c+7")),
        (("/c", "", b"--b\r\n\r\n{company}\r\n"), {"company": 7}, ("/c", "", b"--b\r\n\r\n7\r\n")),
    ],
)
def test_ids_take_their_places(request_: tuple[Any, ...], known: dict[str, ID | None], wanted: tuple[Any, ...]) -> None:
    def of(path: str, query: str = "", body: bytes = b"") -> Request:
        return Request("PUT", path, query, (("x-a", "{company}"),), body)

    assert with_ids(of(*request_), known) == of(*wanted)


# referred


@pytest.mark.parametrize(
    ("name", "others", "wanted"),
    [
        ("company_id", ["POST /companies"], "POST /companies"),
        ("companyId", ["GET /companies", "POST /api/v1/companies/"], "POST /api/v1/companies/"),
        ("company", ["POST /companies"], "POST /companies"),
        ("box_uuid", ["POST /boxes"], "POST /boxes"),
        ("user_id", ["PUT /user"], "PUT /user"),
        ("line_item_id", ["POST /line-items"], "POST /line-items"),
        ("lineItemId", ["POST /lineItems"], "POST /lineItems"),
        # there is none
        ("user", ["POST /user"], None),
        ("users", ["POST /users"], None),
        ("id", ["POST /ids/{a}", "POST /"], None),
        ("_id", ["POST /", "POST /s"], None),
        ("company_id", ["DELETE /companies", "POST /companies/{id}", "POST /c/{c}/companies"], None),
        ("valid", ["POST /vals"], None),
    ],
)
def test_a_field_that_is_called_as_an_id_refers_to_what_another_route_creates(
    name: str, others: list[str], wanted: str | None
) -> None:
    own = route("POST", "/orders")
    found = referred([own, *(route(*other.split(" ")) for other in others)], own, name)
    assert (found.name if found is not None else None) == wanted


def test_what_stands_for_an_id_is_told_from_its_name() -> None:
    assert placeholder("company") == "{company}"

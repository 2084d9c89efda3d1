"""Exchanges that had findings come back from pytest's cache as they were, and what is no such exchange is left out."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.trials import Trial, explored
from pytest_oneresponse.protocols.client import Client
from pytest_oneresponse.session import kept

FOUND = Trial("gzip", Request("POST", "/é", "a=1", (("x-a", "1"),), b"\xff\\x41"), Client(leaves="first"), (Request(),))


class Cache:
    """Keeps JSON, as pytest's cache does."""

    def __init__(self, **held: Any) -> None:
        self.held = {key: json.dumps(value) for key, value in held.items()}
        self.sets = 0

    def get(self, key: str, default: Any) -> Any:
        return json.loads(self.held[key]) if key in self.held else default

    def set(self, key: str, value: Any) -> None:
        self.sets += 1
        self.held[key] = json.dumps(value)


def config(held: Any = None) -> Any:
    return SimpleNamespace(cache=Cache(**{kept.KEY: held} if held is not None else {}))


def test_exchanges_come_back_as_they_were() -> None:
    cached = config()
    small = explored(Draft("GET", ("/",), query=(("q", "é"),)))
    kept.write(cached, {"app::GET /": kept.to_json({"0123": FOUND, "4567": small})})
    failed = kept.read(cached)
    found = kept.trials(failed, "app::GET /")
    assert list(found) == ["0123", "4567"] and found["0123"] == FOUND
    assert found["4567"].request == small.request and found["4567"].label == small.label
    assert kept.trials(failed, "app::GET /other") == {}
    assert kept.knows(failed, "4567") and not kept.knows(failed, "89ab")


def test_only_so_many_of_a_route_are_kept() -> None:
    assert len(kept.to_json({str(number): FOUND for number in range(50)})) == kept.MOST


def test_routes_without_any_are_dropped() -> None:
    cached = config({"a": {"1": {}}, "b": {"2": {}}})
    kept.write(cached, {"a": {}, "b": {"2": FOUND.to_json()}})
    assert list(kept.read(cached)) == ["b"]
    kept.write(cached, {"b": {}})
    assert kept.read(cached) == {} and cached.cache.sets == 2


def test_nothing_is_written_where_there_is_nothing_to_tell() -> None:
    cached = config()
    kept.write(cached, {"a": {}})
    assert cached.cache.sets == 0


@pytest.mark.parametrize("without", [SimpleNamespace(), SimpleNamespace(cache=None)])
def test_without_a_cache_nothing_is_kept(without: Any) -> None:
    kept.write(without, {"a": {"1": FOUND.to_json()}})
    assert kept.read(without) == {}


@pytest.mark.parametrize("held", [[], "text", 5, {"a": []}, {"a": {}, "b": None}])
def test_what_a_cache_holds_of_another_form_is_nothing(held: Any) -> None:
    assert kept.read(config(held)) == {}


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        None,
        "text",
        5,
        {**FOUND.to_json(), "request": None},
        {**FOUND.to_json(), "request": {}},
        {**FOUND.to_json(), "client": {"unheard_of": 1}},
        {**FOUND.to_json(), "client": None},
        {**FOUND.to_json(), "before": 5},
        {**FOUND.to_json(), "request": {**FOUND.request.to_json(), "headers": [["a"]]}},
        {**FOUND.to_json(), "request": {**FOUND.request.to_json(), "body": None}},
    ],
)
def test_what_cannot_be_read_is_left_out(data: Any) -> None:
    assert list(kept.trials({"a": {"bad": data, "good": FOUND.to_json()}}, "a")) == ["good"]

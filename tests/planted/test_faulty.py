"""What only a failing call shows is found, under its rule, on its route and on both of its lines; a twin answers it once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_oneresponse.contract.finding import Finding

from . import test_planted as planted
from .table import FAULTY, Module, modules

MODULES = modules(FAULTY)

pytestmark = planted.pytestmark
quiet, tidy, routes_of = planted.quiet, planted.tidy, planted.routes_of


def bugs() -> list[object]:
    return [pytest.param(module, owner, id=f"{module}-{owner}") for module in MODULES for owner in module.bugs]


@pytest.mark.parametrize(("module", "owner"), bugs())
def test_a_failure_shows_the_bug_on_its_lines(
    module: Module, owner: str, routes_of: Callable[..., planted.Routes]
) -> None:
    mine = [(app, route) for name, app, route in routes_of(module, owner) if name == owner]
    assert mine, f"no route is named {owner}"
    for app, route in mine:
        expected = module.bugs[owner]
        found = planted.findings(app, route, expected, faults="calls")
        assert all(one.fault for one in found), planted.said(found)
        # That what runs after the start may fail at other lines, too, is beside the point.
        found = [one for one in found if one.level == "breach" or one.rule in expected]
        planted.compare(found, expected, module, route.name)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_input_shows_a_bug_and_a_twin_stands_every_failure(
    module: Module, routes_of: Callable[..., planted.Routes]
) -> None:
    loud: list[str] = []
    for owner, app, route in routes_of(module):
        found = [one for one in planted.findings(app, route) if one.request]
        loud += [f"{owner}, without failures: {planted.said(found)}"] if found else []
        if owner not in module.bugs:
            found = breaches(planted.unplanted(module, planted.findings(app, route, faults="calls")))
            loud += [f"{owner}: {planted.said(found)}"] if found else []
    if loud:
        pytest.fail("\n".join(loud), pytrace=False)


def breaches(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.level == "breach"]

"""What a route may have."""

from __future__ import annotations

import pytest

from pytest_oneresponse import apps
from pytest_oneresponse.drive.budget import Budget
from pytest_oneresponse.drive.producing import Producing
from pytest_oneresponse.drive.settings import Driven, Settings
from pytest_oneresponse.routes import Route


@pytest.fixture
def budget() -> Budget:
    route, settings = Route("GET", "{path}"), Settings(requests=10)
    app = apps.recognised("bare", lambda environ, start_response: [])
    return Budget(settings, Driven(route), Producing(app, route, settings, lambda trial: None))  # type: ignore[arg-type]


def test_so_many_requests(budget: Budget) -> None:
    budget.driven.requests = 9
    assert not budget.is_over()
    assert budget.is_over(2)
    budget.driven.requests = 10
    assert budget.is_over()


def test_each_path_that_leads_to_a_function_of_its_own_has_as_many(budget: Budget) -> None:
    budget.learn("/", [1])
    budget.learn("/missing", [1])
    assert budget.requests == 10
    budget.learn("/orders", [1, 2])
    budget.learn("/orders", [1, 2, 3])
    assert budget.requests == 20
    for number in range(50):
        budget.learn(f"/{number}", [1, 10 + number])
    assert budget.requests == 100


def test_failures_have_as_many_again(budget: Budget) -> None:
    budget.driven.injected, budget.driven.looked = 4, 5
    assert budget.may_fail()
    budget.driven.looked = 6
    assert not budget.may_fail()

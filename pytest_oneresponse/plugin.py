"""What pytest loads at every start: the options, the fixtures' names, and nothing else until the flag is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from . import options

if TYPE_CHECKING:
    from .contract.request import Request
    from .session.ask import OneResponse


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", options.MARKER)
    try:
        wanted = options.value(config, "")
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    if wanted and not config.option.help:
        from .session.start import start

        start(config, watching=True)


def pytest_report_header(config: pytest.Config) -> str | None:
    if not options.value(config, "") and options.names_app_in_vain(config):
        return "oneresponse: off; an app is driven with --oneresponse alone: add that to --oneresponse-app"
    return None


@pytest.fixture
def oneresponse(request: pytest.FixtureRequest) -> Iterator[OneResponse]:
    """Ask for the response contract by hand: `client(app)`, `check(app)`, `expect(rule)`."""
    from .session.ask import asking

    yield from asking(request)


@pytest.fixture(scope="session")
def oneresponse_app() -> Any:
    """The app to drive; override it where it cannot be named as MODULE:ATTR."""
    return None


@pytest.fixture
def oneresponse_reset() -> Callable[[], AbstractContextManager[Any]]:
    """A function that makes a context manager for each driven exchange; override it, for a database rollback."""
    from contextlib import nullcontext

    return nullcontext


@pytest.fixture
def oneresponse_request() -> Callable[[Request], Request]:
    """A function applied to every driven request before it is sent; override it, to add a token or a session cookie."""
    return lambda request: request


@pytest.fixture
def oneresponse_values() -> dict[str, Any]:
    """Values, or a Hypothesis strategy, by parameter name; override it, to give real ids."""
    return {}

"""Exceptions are made of their classes, whatever these ask for, and hold what a handler looks at."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib
import socket
import urllib.error
from typing import Any

import pytest

from pytest_oneresponse import exchange
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange
from pytest_oneresponse.explore.recording import Recording, recording
from pytest_oneresponse.faults import callees, making
from pytest_oneresponse.faults.exceptions import name_of, resolved
from pytest_oneresponse.faults.making import TEXT, can_be_made, made


def table() -> list[str]:
    return sorted({text for known in callees.RAISES.values() for text in known})


def loaded(text: str) -> bool:
    """Import the module of an exception, where it is installed."""
    parts = text.split(".")
    for length in range(len(parts) - 1, 0, -1):
        with contextlib.suppress(ImportError):
            importlib.import_module(".".join(parts[:length]))
            return True
    return False


def test_every_exception_of_the_table_can_be_made() -> None:
    here = [text for text in table() if loaded(text)]
    for text in here:
        kind = resolved(text)
        assert kind is not None, f"there is no {text}"
        error = made(kind)
        assert type(error) is kind, text
        assert str(error) is not None
        assert resolved(name_of(kind)) is kind, f"a fault finds {text} again by its name"
    assert len(here) > 20


class Needs(Exception):
    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


class Pair(Exception):
    def __init__(self, status: str, reason: str) -> None:
        super().__init__(status, reason)


class Untellable(Exception):
    def __str__(self) -> str:
        return str(self.nothing)  # type: ignore[attr-defined]


class Refusing(Exception):
    def __new__(cls, *_: Any) -> Refusing:
        raise TypeError


@pytest.mark.parametrize("kind", [KeyError, SystemExit, asyncio.CancelledError, urllib.error.HTTPError, Needs, Pair])
def test_an_exception_is_made_whatever_its_arguments_are(kind: Any) -> None:
    error: Any = made(kind)
    assert type(error) is kind
    if kind is urllib.error.HTTPError:
        error.close()


@pytest.mark.parametrize(
    "name",
    [
        "urllib.error.HTTPError",
        "requests.exceptions.HTTPError",
        "httpx.HTTPStatusError",
        "httpx2.HTTPStatusError",
        "aiohttp.client_exceptions.ClientResponseError",
    ],
)
def test_an_error_of_a_status_holds_a_response(name: str) -> None:
    pytest.importorskip(name.partition(".")[0])
    kind = resolved(name)
    assert kind is not None
    error: Any = made(kind)
    held = getattr(error, "response", error)
    assert type(error) is kind and making.TEXT in str(error)
    assert getattr(held, "status_code", getattr(held, "status", None)) == 500
    if isinstance(error, urllib.error.HTTPError):
        with error:
            assert error.read() == b"{}" and error.headers.get("x") is None


def test_an_error_of_a_database_holds_the_drivers_own() -> None:
    errors = pytest.importorskip("sqlalchemy.exc")
    error: Any = made(errors.IntegrityError)
    assert error.orig.args == (making.TEXT,) and making.TEXT in str(error)


@pytest.mark.parametrize("kind", [Untellable, Refusing])
def test_what_cannot_be_made_or_told_is_none(kind: Any) -> None:
    assert made(kind) is None


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (OSError, errno.EIO),
        (BrokenPipeError, errno.EPIPE),
        (ConnectionResetError, errno.ECONNRESET),
        (ConnectionRefusedError, errno.ECONNREFUSED),
        (TimeoutError, errno.ETIMEDOUT),
        (FileNotFoundError, errno.ENOENT),
        (PermissionError, errno.EACCES),
        (socket.gaierror, errno.EIO),
    ],
)
def test_errors_of_the_system_have_a_number(kind: type[OSError], number: int) -> None:
    error = made(kind)
    assert isinstance(error, kind) and error.errno == number
    assert making.TEXT in str(error)


class OfStatus(Exception):
    def __init__(self, status_code: int, message: str, code: str = "x") -> None:
        super().__init__(message)
        self.status_code = status_code


class OfNumber(Exception):
    def __init__(self, number: int, *, detail: str = "") -> None:
        self.number = number


class OfResponse(Exception):
    def __init__(self, response: Any) -> None:
        self.response = response


def test_an_exception_of_the_users_gets_a_status_where_it_asks_for_one() -> None:
    error: Any = made(OfStatus)
    assert error.status_code == 500 and str(error) == TEXT
    assert made(OfNumber).number == 500  # type: ignore[union-attr]


def test_an_exception_that_holds_a_response_is_not_made_up() -> None:
    assert made(OfResponse) is None and not can_be_made(OfResponse)


def test_what_a_class_of_the_users_does_meanwhile_belongs_to_no_exchange() -> None:
    seen: list[Any] = []

    class Answers(Exception):
        def __init__(self, text: str) -> None:
            seen.append((Recording.now, exchange.current()))

    token = exchange._current.set(running := Exchange(Facts("wsgi"), None, lambda _: Request()))
    try:
        with recording() as now:
            assert isinstance(made(Answers), Answers)
            assert Recording.now is now and exchange.current() is running
    finally:
        exchange._current.reset(token)
    assert seen == [(None, None)]

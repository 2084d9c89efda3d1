"""What a failed start-up comes to in a line."""

from __future__ import annotations

import traceback

import pytest

from pytest_oneresponse.protocols.lifespan import in_a_line


def fails() -> None:
    raise ConnectionError("no database:\n  at localhost") from KeyError("url")


def fails_in_a_group() -> None:
    try:
        fails()
    except ConnectionError as error:
        raise ExceptionGroup("unhandled errors in a TaskGroup", [error]) from None


class Silent(Exception):
    pass


def silent() -> None:
    raise Silent


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (fails, "ConnectionError: no database:"),
        (fails_in_a_group, "ConnectionError: no database:"),
        (silent, f"{__name__}.Silent"),
    ],
)
def test_a_traceback_is_told_by_its_exception(act: object, line: str) -> None:
    try:
        act()  # type: ignore[operator]
    except Exception:
        assert in_a_line(traceback.format_exc()) == line


@pytest.mark.parametrize(
    "text", ["no database", "no database\nat localhost", "Traceback (most recent call last):\n  File"]
)
def test_anything_else_is_told_as_it_is(text: str) -> None:
    assert in_a_line(text) == text

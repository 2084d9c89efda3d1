"""Whether a function looks at what a dependency has given it."""

from __future__ import annotations

import functools
import sys
import types
from pathlib import Path

import pytest

from pytest_oneresponse import handed

_LOOKING = (
    "return user",
    "return user if user else 1",
    "return user or {}",
    "return finish(user)",
    "return await finish(request, user=user)",
    "return await user(scope, receive, send)",
    "if isinstance(user, dict): return 1",
    "response = user",
    "if (response := user): return response",
    "raise user",
    "match user:\n        case dict(): return 1",
    "print(user)",
    "if not user: return 1",
    "if user is not None: return 1",
    "if user.status_code == 403: raise KeyError",
    "return {'code': user.status_code}",
    "for one in (user, 1): return one",
    "both = user, 1",
    "def inner(): return user",
)
_BLIND = (
    "return {}",
    "return {'user': user}",
    "return user.name",
    "return user['name']",
    "name = user.name",
    "return f'{user}'",
    "return str(user)",
    "return user + 1",
    "def inner(): return user.name",
    "user = 1",
    "raise KeyError",
    "return",
)


@pytest.mark.parametrize(("body", "looks"), [*((one, True) for one in _LOOKING), *((one, False) for one in _BLIND)])
def test_it_looks_at_what_it_is_given(body: str, looks: bool, tmp_path: Path) -> None:
    path = tmp_path / "given.py"
    path.write_text(f"async def view(user):\n    {body}\n")
    names: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    assert handed._looks_at(names["view"], "user") is looks  # type: ignore[attr-defined]


def test_what_is_given_to_nobody_is_not_looked_at() -> None:
    assert not handed._looks_at(test_it_looks_at_what_it_is_given, "")


def test_without_a_source_it_may_look() -> None:
    assert handed._looks_at(None, "user")
    elsewhere = types.FunctionType(sys._getframe().f_code.replace(co_filename="<none>"), {})
    assert handed._looks_at(elsewhere, "user")


def test_a_decorator_may_look() -> None:
    assert handed._looks_at(functools.wraps(test_without_a_source_it_may_look)(lambda user: None), "user")


@pytest.mark.parametrize("native", [{}, {"route": None}, {"route": object()}, None])
def test_what_was_not_routed_has_none(native: object) -> None:
    assert list(handed.dependants(native)) == []

"""Whether a function looks at what a dependency has given it."""

from __future__ import annotations

import sys
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
)
_BLIND = (
    "return {}",
    "return {'user': user}",
    "return user.name",
    "return user['name']",
    "print(user)",
    "if not user: return 1",
    "name = user.name",
    "raise KeyError",
    "return",
    "def inner(): return user",
)


@pytest.mark.parametrize(("body", "looks"), [*((one, True) for one in _LOOKING), *((one, False) for one in _BLIND)])
def test_it_looks_at_what_it_is_given(body: str, looks: bool, tmp_path: Path) -> None:
    path = tmp_path / "given.py"
    path.write_text(f"async def view(user):\n    {body}\n")
    names: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    assert handed._looks_at(names["view"].__code__, "user") is looks  # type: ignore[attr-defined]


def test_what_is_given_to_nobody_is_not_looked_at() -> None:
    assert not handed._looks_at(test_it_looks_at_what_it_is_given.__code__, "")


def test_without_a_source_it_may_look() -> None:
    assert handed._looks_at(None, "user")
    assert handed._looks_at(sys._getframe().f_code.replace(co_filename="<none>"), "user")


@pytest.mark.parametrize("native", [{}, {"route": None}, {"route": object()}, None])
def test_what_was_not_routed_has_none(native: object) -> None:
    assert list(handed.dependants(native)) == []

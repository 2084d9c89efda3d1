"""What the patterns of a `match` wait for, as values that match them."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MOST = 12


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a class pattern waits for in an object's attributes: pairs of a name and a value."""

    wanted: tuple[tuple[str, Any], ...]


def examples(patterns: list[ast.pattern]) -> tuple[Any, ...]:
    """Values that patterns wait for, as far as they are plain, or `Attributes`."""
    return tuple(itertools.islice(_each(patterns), _MOST))


def _each(patterns: list[ast.pattern]) -> Iterator[Any]:
    """The same of patterns: those of a choice one by one."""
    for pattern in patterns:
        if isinstance(pattern, ast.MatchOr):
            yield from _each(pattern.patterns)
        elif isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
            yield from _each([pattern.pattern])
        elif not isinstance(pattern, ast.MatchAs):
            example = _example(pattern)
            if example is not _NONE:
                yield example


_NONE = object()
_OF_CLASS: dict[str, Any] = {"str": "text", "int": 1, "float": 1.5, "bool": True, "list": [1], "dict": {"a": 1}}


def _example(pattern: ast.pattern | None) -> Any:
    """One value that a pattern matches; `_NONE` where it waits for what cannot be known from the source."""
    if isinstance(pattern, ast.MatchValue):
        try:
            return ast.literal_eval(pattern.value)
        except (ValueError, TypeError):
            return _NONE
    if isinstance(pattern, ast.MatchSingleton):
        return pattern.value
    if isinstance(pattern, ast.MatchSequence):
        return [_or_text(one) for one in pattern.patterns if not isinstance(one, ast.MatchStar)]
    if isinstance(pattern, ast.MatchMapping):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in pattern.keys]
        return {key: _or_text(one) for key, one in zip(keys, pattern.patterns, strict=True) if isinstance(key, str)}
    if isinstance(pattern, ast.MatchClass) and pattern.kwd_patterns:
        pairs = zip(pattern.kwd_attrs, map(_example, pattern.kwd_patterns), strict=True)
        wanted = tuple((name, value) for name, value in pairs if value is not _NONE)
        return Attributes(wanted) if wanted else _NONE
    if isinstance(pattern, ast.MatchClass):
        name = pattern.cls.id if isinstance(pattern.cls, ast.Name) else ""
        return _OF_CLASS.get(name, _NONE)
    if isinstance(pattern, ast.MatchOr):
        return _example(pattern.patterns[0])
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return _example(pattern.pattern)
    return _NONE


def _or_text(pattern: ast.pattern) -> Any:
    example = _example(pattern)
    return "text" if example is _NONE else example

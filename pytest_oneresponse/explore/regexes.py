"""Texts that a regex matches: the same ones every time."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

LONGEST = 100_000
"""No text made from a regex is longer."""

_FAVOURITES = "a1A_-. /"
_PRINTABLE = [chr(code) for code in range(32, 127)]
_OTHERS = ["\n", "\t", "é", "ß", "中", "😀"]


@functools.lru_cache(maxsize=1024)
def matching(pattern: str, least: int = 0) -> str:
    """A short text that a regex matches as a whole, not empty and not shorter than `least` where that can be.

    Raises ValueError for what is no Python regex and for one whose look-arounds no simple text satisfies.
    """
    try:
        tree = parser.parse(pattern)
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regex that can be matched: {pattern!r}") from error
    fallback: str | None = None
    for spare in range(6):
        for text in _candidates(tree, spare, least):
            if compiled.fullmatch(text) is None:
                continue
            if text and len(text) >= least:
                return text
            fallback = fallback or text
    if fallback is not None:
        return fallback
    raise ValueError(f"no text found that matches {pattern!r}")


@functools.lru_cache(maxsize=1024)
def several_matching(pattern: str, least: int = 0, most: int = 6) -> tuple[str, ...]:
    """Some texts that a regex matches as a whole, each by other branches of it; none where it cannot be read."""
    try:
        tree = parser.parse(pattern)
        compiled = re.compile(pattern)
        texts = [text for spare in (0, 1, 3) for text in _candidates(tree, spare, least) if compiled.fullmatch(text)]
    except (re.error, RecursionError, OverflowError, ValueError):
        return ()
    return tuple(dict.fromkeys(texts))[:most]


def matching_or(pattern: str, otherwise: str, least: int = 0) -> str:
    """What `matching` gives, or another text where it gives none."""
    try:
        return matching(pattern, least)
    except ValueError:
        return otherwise


def reading(pattern: str, spare: int, turn: int) -> str:
    """One text for each `spare` and `turn`; look-arounds are left out, so that the regex need not match it.

    Raises ValueError for what is no Python regex.
    """
    try:
        return _Walker(spare, turn).sequence(parser.parse(pattern))
    except re.error as error:
        raise ValueError(f"not a regex: {pattern!r}") from error


def _candidates(tree: Any, spare: int, least: int) -> Iterator[str]:
    """Texts by ever more generous readings: `spare` is how often an optional part is taken beyond its minimum."""
    for turn in range(4):
        walker = _Walker(spare if spare < 4 else max(least, 8) * (spare - 3), turn)
        text = walker.sequence(tree)
        yield text
        if walker.ahead:
            needed = "".join(dict.fromkeys(walker.ahead))
            yield needed + text[len(needed) :]
            yield text + needed
        if len(text) < least:
            longer = _Walker(least - len(text) + spare, turn)
            yield longer.sequence(tree)


def _bounded(text: str, count: int = 1) -> str:
    if len(text) * count > LONGEST:
        raise ValueError("the shortest text that matches is too long")
    return text


class _Walker:
    """One text from a parsed regex; `turn` says which branch and which character is taken where there is a choice."""

    def __init__(self, spare: int, turn: int) -> None:
        self.spare = spare
        self.turn = turn
        self.groups: dict[int, str] = {}
        self.ahead: list[str] = []

    def sequence(self, items: Any) -> str:
        return _bounded("".join(self.one(code, argument) for code, argument in items))

    def one(self, code: Any, argument: Any) -> str:
        if code is ops.LITERAL:
            return chr(argument)
        if code is ops.NOT_LITERAL:
            return self.choose(lambda character: character != chr(argument))
        if code is ops.ANY:
            return self.choose(lambda character: character != "\n")
        if code is ops.IN:
            return self.choose(lambda character: _in_class(character, argument), _members(argument))
        if code is ops.BRANCH:
            branches = argument[1]
            return self.sequence(branches[self.turn % len(branches)])
        if code is ops.SUBPATTERN:
            return self.remember(argument[0], self.sequence(argument[3]))
        if code in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            low, high, inner = argument
            return self.repeated(inner, int(min(low + self.spare, high)))
        if code is ops.ATOMIC_GROUP:
            return self.sequence(argument)
        if code is ops.GROUPREF:
            return self.groups.get(argument, "")
        if code is ops.GROUPREF_EXISTS:
            group, there, absent = argument
            return self.sequence(there if group in self.groups else absent or ())
        if code is ops.ASSERT and argument[0] > 0:
            self.ahead.append(_Walker(0, self.turn).sequence(argument[1]))
        return ""  # anchors, and look-arounds that the check at the end decides

    def repeated(self, inner: Any, count: int) -> str:
        one = self.sequence(inner) if count else ""
        _bounded(one, count)
        return one + "".join(self.sequence(inner) for _ in range(count - 1))

    def remember(self, group: int | None, text: str) -> str:
        if group is not None:
            self.groups[group] = text
        return text

    def choose(self, fits: Any, members: Iterable[str] = ()) -> str:
        options = [one for one in (*_FAVOURITES, *_PRINTABLE, *_OTHERS, *members) if fits(one)]
        options = list(dict.fromkeys(options))
        return options[self.turn % len(options)] if options else ""


_CATEGORIES = {
    ops.CATEGORY_DIGIT: re.compile(r"\d"),
    ops.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    ops.CATEGORY_SPACE: re.compile(r"\s"),
    ops.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    ops.CATEGORY_WORD: re.compile(r"\w"),
    ops.CATEGORY_NOT_WORD: re.compile(r"\W"),
}


def _in_class(character: str, items: Any) -> bool:
    """Whether a character lies in a class ([a-z0-9_], [^/])."""
    negated = bool(items) and items[0][0] is ops.NEGATE
    return negated != any(_is(character, code, argument) for code, argument in items)


def _is(character: str, code: Any, argument: Any) -> bool:
    if code is ops.LITERAL:
        return ord(character) == int(argument)
    if code is ops.RANGE:
        return int(argument[0]) <= ord(character) <= int(argument[1])
    if code is ops.CATEGORY:
        return _CATEGORIES[argument].match(character) is not None
    return False


def _members(items: Any) -> Iterator[str]:
    """Characters that a class names itself, for classes outside of ASCII."""
    for code, argument in items:
        if code is ops.LITERAL:
            yield chr(argument)
        elif code is ops.RANGE:
            yield chr(argument[0])

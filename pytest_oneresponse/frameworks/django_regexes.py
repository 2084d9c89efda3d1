"""The regexes of re_path(): what is a parameter in them, and a text for what is none."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from ..explore.regexes import matching
from ..routes import Parameter
from . import Parts, anchored, joined


@functools.lru_cache(maxsize=4096)
def parts_of(regex: str) -> Parts:
    """The parts of a re_path() regex: capturing groups are parameters, what lies between them is a text that matches.

    Unnamed groups are numbered from 0 as Django passes them; it ignores them where there are named ones.
    """
    named = "(?P<" in regex
    parts: list[str | Parameter] = []
    _cut(regex, named, parts)
    return joined(parts)


def _cut(regex: str, named: bool, parts: list[str | Parameter]) -> None:
    between = ""
    for kind, text in _pieces(_first_branch(regex)):
        name = _group_name(kind, named, parts)
        if name is not None:
            parts += [_sample(between), Parameter(name, "path", anchored(_group_body(text)))]
            between = ""
        elif kind == "group" and _captures(text, named):
            parts.append(_sample(between))
            _cut(_group_body(text), named, parts)
            between = ""
        elif (kind == "quantifier" and not between) or re.fullmatch(r"\(\?[aiLmsux]+\)", text):
            continue  # a parameter stands there once; flags are no text
        else:
            between += text
    parts.append(_sample(between))


def _group_name(kind: str, named: bool, parts: list[str | Parameter]) -> str | None:
    if kind.startswith("named "):
        return kind[6:]
    if kind == "unnamed" and not named:
        return str(sum(isinstance(part, Parameter) for part in parts))
    return None


def _captures(text: str, named: bool) -> bool:
    if text.startswith(("(?=", "(?!", "(?<=", "(?<!")):
        return False
    return "(?P<" in text if named else re.search(r"(?<!\\)\((?!\?)", text) is not None


def _sample(regex: str) -> str:
    """A text for the part of a regex that captures nothing."""
    bare = regex.replace(r"\Z", "").replace(r"\A", "").replace(r"\b", "")
    bare = re.sub(r"(?<!\\)[\^$](?![^\[]*\])", "", bare)
    if re.fullmatch(r"[\w/ ,:;=@~!&'%#\"<>-]*", bare):
        return bare
    optional = re.sub(r"(?<!\\)/\?\+?$", "/", bare)
    try:
        return matching(optional)
    except ValueError:
        return bare


def _pieces(regex: str) -> Iterator[tuple[str, str]]:
    """A regex cut at its outermost groups: ("text" | "quantifier" | "group" | "unnamed" | "named NAME", source)."""
    position = 0
    after_group = False
    while position < len(regex):
        character = regex[position]
        if character == "(":
            end = _closing(regex, position)
            text = regex[position:end]
            match = re.match(r"\(\?P<(\w+)>", text)
            yield (f"named {match[1]}" if match else "group" if text.startswith("(?") else "unnamed"), text
            after_group = True
        else:
            end = _atom_end(regex, position)
            quantifier = after_group and re.match(r"[*+?{]", character) is not None
            if quantifier:
                end = position + len(re.match(r"(?:[*+?]|\{[^}]*\})[?+]?", regex[position:])[0])  # type: ignore[index]
            yield ("quantifier" if quantifier else "text"), regex[position:end]
            after_group = False
        position = end


def _atom_end(regex: str, position: int) -> int:
    if regex[position] == "\\":
        return position + 2
    if regex[position] == "[":
        return _class_end(regex, position)
    return position + 1


def _class_end(regex: str, position: int) -> int:
    end = position + 1
    if regex[end : end + 1] == "^":
        end += 1
    if regex[end : end + 1] == "]":
        end += 1
    while end < len(regex) and regex[end] != "]":
        end += 2 if regex[end] == "\\" else 1
    return end + 1


def _closing(regex: str, position: int) -> int:
    """Behind the bracket that closes the one at `position`."""
    depth = 0
    while position < len(regex):
        if regex[position] in "()":
            depth += 1 if regex[position] == "(" else -1
            position += 1
            if depth == 0:
                return position
        else:
            position = _atom_end(regex, position)
    return position


def _first_branch(regex: str) -> str:
    depth = position = 0
    while position < len(regex):
        if regex[position] == "|" and depth == 0:
            return regex[:position]
        depth += {"(": 1, ")": -1}.get(regex[position], 0)
        position = _atom_end(regex, position)
    return regex


def _group_body(text: str) -> str:
    return re.sub(r"^\((?:\?P<\w+>|\?:)?", "", text)[:-1]

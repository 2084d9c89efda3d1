"""A JSON document as a tree: its parts, each with the keys and indices that lead to it, and the tree with another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MISSING = type("Missing", (), {"__repr__": lambda self: "(left out)", "__slots__": ()})()
"""Put somewhere it takes away what is there; found somewhere it says that nothing is."""


def parts(tree: Any, way: tuple[Any, ...] = (), most: int | None = None) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """A tree and every part of it, each after what holds it and with its way; of a list no more than `most` members."""
    yield way, tree
    if isinstance(tree, dict):
        for key, one in tree.items():
            yield from parts(one, (*way, key), most)
    elif isinstance(tree, list):
        for number, one in enumerate(tree[:most]):
            yield from parts(one, (*way, number), most)


def at(tree: Any, way: tuple[Any, ...]) -> Any:
    """The part that a way leads to; MISSING where it leads nowhere."""
    for step in way:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return tree


def changed(tree: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The tree with another part where a way leads; objects on the way that are not there are made.

    Raises TypeError for an index into a text, a number, a boolean or null.
    """
    if not way:
        return None if value is MISSING else value
    key = way[0]
    if isinstance(tree, dict):
        if value is MISSING and len(way) == 1:
            return {name: one for name, one in tree.items() if name != key}
        return {**tree, key: changed(tree.get(key, {}), way[1:], value)}
    if isinstance(tree, list) and isinstance(key, int):
        if value is MISSING and len(way) == 1:
            return [*tree[:key], *tree[key + 1 :]]
        if key >= len(tree):
            return [*tree, changed({}, way[1:], value)]
        return [*tree[:key], changed(tree[key], way[1:], value), *tree[key + 1 :]]
    if not isinstance(key, int):
        return {key: changed({}, way[1:], value)}
    raise TypeError(f"{tree!r} has no item {key}")

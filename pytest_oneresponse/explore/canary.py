"""The key that stands in every part of a driven request, by which a mapping is known for that part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .held import documents

NAME = "oneresponse"
HEADER = "x-oneresponse"
_SAYS = "from-"
INSIDE = "inside "
"""Begins the source of a JSON document that stands in a text; the number among those there, and where it stands, follow."""
FILE = "oneresponse-file"
_KEYS = (NAME, HEADER, "HTTP_X_ONERESPONSE", FILE)
FRAMEWORKS = (
    "werkzeug.",
    "flask.",
    "django.http",
    "django.contrib.sessions",
    "django.utils.datastructures",
    "starlette.",
    "webob.",
    "litestar.",
    "multidict",
)
"""Modules whose mappings may be asked: what else has a method `get` may ask a database."""
_NEVER = frozenset((str, bytes, list, tuple, set, frozenset, int, float, range, type(None)))


def value(source: str) -> str:
    """What the key holds in a part of the request: "query", "form", "cookie", "header", "json" and the way down to there."""
    return _SAYS + source


def source_of(container: Any) -> str:
    """The part of the request that a mapping holds; empty where it holds none."""
    kind = type(container)
    if kind in _NEVER:
        return ""
    if not isinstance(container, Mapping) and not kind.__module__.startswith(FRAMEWORKS):
        return ""
    try:
        for key in _KEYS:
            found = container.get(key)
            if found is not None:
                return _said(found)
        return _said(container.get(HEADER.encode())) if kind is dict else ""
    except Exception:  # a mapping of the user's that knows no such key, or asks for another kind of key
        return ""


def _said(found: Any) -> str:
    if isinstance(found, (list, tuple)) and found:
        found = found[0]
    if hasattr(found, "filename") or hasattr(found, "content_type"):
        return "file"
    if hasattr(found, "coded_value"):  # a morsel of http.cookies
        found = found.value
    if isinstance(found, bytes):
        found = found.decode("latin-1")
    return found[len(_SAYS) :] if isinstance(found, str) and found.startswith(_SAYS) else ""


def placed(tree: Any, way: tuple[Any, ...]) -> Any:
    """A part of a JSON document in which each canary says where it stands."""
    if isinstance(tree, dict):
        inside = {key: placed(one, (*way, key)) for key, one in tree.items()}
        return inside | {NAME: value("\n".join(map(str, way)))} if NAME in tree else inside
    if isinstance(tree, list):
        return [placed(one, (*way, place)) for place, one in enumerate(tree)]
    return tree


def placed_inside(text: str, outer: tuple[Any, ...]) -> str:
    """A text that holds JSON documents, in which each canary says where it stands; `outer` is where the text does."""
    for number in range(len(documents(text))):
        held = documents(text)[number]  # made anew: to write the one before has moved it
        if NAME in json.dumps(held.document):
            text = held.write(placed(held.document, (f"{INSIDE}{number} {json.dumps(outer)}",)))
    return text


def put_in(tree: Any) -> Any:
    """A JSON document with a canary in each of its objects, which does not say yet where it stands."""
    if isinstance(tree, dict):
        return {NAME: "", **{key: put_in(one) for key, one in tree.items()}}
    return [put_in(one) for one in tree] if isinstance(tree, list) else tree


def left_out(tree: Any) -> Any:
    """A JSON document without canaries."""
    if isinstance(tree, dict):
        return {key: left_out(one) for key, one in tree.items() if key != NAME}
    return [left_out(one) for one in tree] if isinstance(tree, list) else tree

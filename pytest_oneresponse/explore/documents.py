"""What a JSON response holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..protocols.client import Answer

_DEEPEST = 3


def mappings_in(answer: Answer) -> list[dict[str, Any]]:
    """The objects of a response's document, the outer ones first; of a list the first. None where it is no JSON."""
    try:
        return list(_mappings(json.loads(bytes(answer.body))))
    except ValueError:
        return []


def _mappings(document: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
        inner: Iterable[Any] = document.values()
    else:
        inner = document[:1] if isinstance(document, list) else ()
    if depth < _DEEPEST:
        for one in inner:
            if isinstance(one, (dict, list)):
                yield from _mappings(one, depth + 1)

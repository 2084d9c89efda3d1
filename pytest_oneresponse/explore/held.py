"""JSON documents that stand in texts: plain, or in base64 as the parts of a token are."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_ENCODED = re.compile(r"(?:ey|W[yz0-9])[A-Za-z0-9+/_-]*={0,2}")
"""Base64 of what begins as an object or a list does."""
_ALTERED = str.maketrans("-_", "+/")
"""From the letters of base64 in URLs to those of base64."""


class Held(NamedTuple):
    """A document in a text. `write` makes the whole text of another document."""

    document: Any
    write: Callable[[Any], str]


def documents(text: str) -> list[Held]:
    """The objects and lists that a text holds, in their order."""
    if text[:1] in ("{", "["):
        try:
            return [Held(json.loads(text), _plain)]
        except (ValueError, RecursionError):
            return []
    return list(_encoded(text)) if "ey" in text or "W" in text else []


def _plain(document: Any) -> str:
    return json.dumps(document, default=str)


def _encoded(text: str) -> Iterator[Held]:
    for found in _ENCODED.finditer(text):
        word = found[0].translate(_ALTERED).rstrip("=")
        try:
            document = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), validate=True))
        except (ValueError, binascii.Error, RecursionError):
            continue
        if isinstance(document, (dict, list)):
            yield Held(document, _writer(text, found.start(), found.end()))


def _writer(text: str, start: int, end: int) -> Callable[[Any], str]:
    """Writes in the letters of URLs, which those who wait for the others know too, as JSON in ASCII has no others."""
    padded = text[start:end].endswith("=") or (end - start) % 4 == 0

    def write(document: Any) -> str:
        word = base64.urlsafe_b64encode(_plain(document).encode()).decode()
        return text[:start] + (word if padded else word.rstrip("=")) + text[end:]

    return write

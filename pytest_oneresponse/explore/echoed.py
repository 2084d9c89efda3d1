"""Parts of a request that come back in the head of its response: there a line break or a snowman breaks what was a header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .draft import Address, Draft

_LEAST = 4
"""A shorter text may stand in a header by chance; less so where it stands there as a word of its own."""
_COUNTED = ("content-length", "date", "content-type")
"""What frameworks say themselves."""
_PARTS = frozenset(("query", "field", "json", "path", "cookie", "file"))
"""Where a client can put any text; a header has no line breaks."""
_BREAKING = ("a\r\nX-Second: line", "\u2603 \u0141\xf3d\u017a")
"""A text of two lines (RFC 9110, 5.5), and one with letters that no header has (latin-1 is all that PEP 3333 and ASGI allow)."""


def echoed(draft: Draft, headers: Iterable[tuple[str, str]]) -> Iterator[Address]:
    """Where the texts stand in a request that were found in the headers of its response."""
    values = [value for name, value in headers if name.lower() not in _COUNTED]
    together = "\n".join(values)
    for address, atom in draft.atoms():
        if address[0] not in _PARTS or not isinstance(atom, str):
            continue
        if (len(atom) >= _LEAST and atom in together) or (atom and _is_a_word(atom, together)):
            yield address


def _is_a_word(atom: str, values: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(atom)}(?![A-Za-z0-9])", values) is not None


def broken(draft: Draft, address: Address) -> Iterator[Draft]:
    """The draft with texts in a place of it that cannot stand in a header as they are."""
    drafts = (draft.put(address, text) for text in _BREAKING)
    return (one for one in drafts if one is not None)

"""Where the parts of a request stand that an app reads, and which of them may be changed."""

from __future__ import annotations

import json
from typing import Any

from . import canary
from .draft import DOCUMENTS, Address, Draft


def address_of(source: str, key: str) -> Address | None:
    """Where a key of a part of the request stands."""
    part, *steps = source.split("\n")
    way = [int(step) if step.isdigit() else step for step in steps]
    if part in DOCUMENTS:
        return (part, *way, key)
    if part.startswith(canary.INSIDE):
        number, outer = part[len(canary.INSIDE) :].split(" ", 1)
        return ("inside", tuple(json.loads(outer)), int(number), *way, key)
    if part in ("query", "form"):
        return ("query" if part == "query" else "field", key, 0)
    if part == "cookie":
        return ("cookie", key)
    if part == "file":
        return ("file", key, "content")
    if part == "header":
        name = key.lower().replace("_", "-").removeprefix("http-")
        return None if name in _SERVERS or name.startswith(("wsgi", "werkzeug")) else ("header", name)
    return None


_SERVERS = frozenset(
    (
        *("content-type", "content-length", "host", "request-method", "path-info", "query-string", "script-name"),
        *("server-name", "server-port", "server-protocol", "remote-addr", "remote-host", "request-uri", "raw-uri"),
        *("transfer-encoding", "cookie", "remote-user"),
    )
)


def mappings_with(draft: Draft, keys: list[Any]) -> list[Address]:
    """Where a JSON document holds a mapping with just these keys, if there is but one."""
    found = [
        way for way, atom in draft.atoms() if way[0] in DOCUMENTS and isinstance(atom, dict) and list(atom) == keys
    ]
    return found if len(found) == 1 else []


def meant(draft: Draft) -> list[tuple[Address, Any]]:
    return [(address, atom) for address, atom in draft.atoms() if not is_canary(atom)]


def is_free(address: Address, atom: Any) -> bool:
    """Whether an atom may be changed without a reason."""
    if address[0] in ("query", "field") and address[2] == "all":
        return False
    return address[0] not in ("method", "media") and address != ("header", "accept") and not is_canary(atom)


def is_canary(atom: Any) -> bool:
    """Whether an atom is a canary; a list of all that have its name is none: an app may go through names that come twice."""
    return isinstance(atom, str) and atom.startswith(canary.value(""))


def keys_beside(one: Any, other: Any) -> list[str]:
    """The keys that the canary's name, alone or among others, is compared with."""
    if one != canary.NAME and not (isinstance(one, list) and canary.NAME in one):
        return []
    keys = other if isinstance(other, list) else [other]
    return [key for key in keys if isinstance(key, str) and key and key != canary.NAME]


def mappings_of(draft: Draft) -> list[Address]:
    """The parts of a request that have names, as the beginnings of addresses."""
    found: list[Address] = [("json",)] if isinstance(draft.json, dict) else []
    if isinstance(draft.upstream, dict):
        found.append(("upstream",))
    if draft.fields:
        found.append(("field",))
    return found or [("query",)]


def mappings_within(draft: Draft) -> list[Address]:
    """The mappings in the draft's documents that hold the canary, as the beginnings of addresses."""
    found: list[Address] = [(part,) for part in DOCUMENTS if canary.NAME in _dict(getattr(draft, part))]
    return found + [
        way for way, atom in draft.atoms() if way[0] in DOCUMENTS and len(way) > 1 and canary.NAME in _dict(atom)
    ]


def _dict(document: Any) -> dict[Any, Any]:
    return document if isinstance(document, dict) else {}

"""A request in parts that can be changed one by one: its atoms."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import mimetypes
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode

from ..contract.request import WEBSOCKET, Request
from . import canary, tree
from . import values as made
from .held import documents
from .tree import MISSING

Address = tuple[Any, ...]
"""Where an atom stands: ("query", name, n-th), ("field", name, n-th), ("file", name, "name", "type", "content"), ("path", name),
("header", name), ("cookie", name), ("json", key or index, ...), ("upstream", key or index, ...),
("session", key or index, ...), ("answered",), ("text",), ("method",)."""
Pairs = tuple[tuple[str, str], ...]
BOUNDARY = "oneresponse-boundary"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_MEMBERS = 8
"""So many members of a list in a JSON body are atoms."""


DOCUMENTS = ("json", "upstream", "session")
"""The parts of a draft that are JSON documents."""


_BESIDE = ("upstream", "session")
"""Those of them that stand in no request as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A request that is not written down yet. `template`: the path, its parameters standing as one-element tuples."""

    method: str
    template: tuple[str | tuple[str], ...]
    path: Pairs = ()
    query: Pairs = ()
    headers: Pairs = ()
    cookies: Pairs = ()
    media: str = ""
    """The body's type; empty for none."""
    fields: Pairs = ()
    files: tuple[tuple[str, str, str], ...] = ()
    """Of a form: a field's name, the file's name and its content, as latin-1 text."""
    json: Any = None
    text: str = ""
    raw: bool = False
    """The body is `text`, whatever its type is."""
    upstream: Any = None
    """The JSON document that other machines answer with; None where the app was not seen to ask one."""
    answered: int = 200
    """The status with which other machines answer."""
    session: Any = None
    """What the app's own session holds, as JSON has it; None for no session."""

    @property
    def is_bare(self) -> bool:
        """Whether the app is one without a router that is known: what its one route answers is all up to it."""
        return all(isinstance(part, tuple) for part in self.template)

    @property
    def key(self) -> str:
        """The same for drafts of the same request."""
        parts = (self.method, self.path, self.query, self.headers, self.cookies, self.media, self.fields, self.files)
        told = repr((*parts, json.dumps(self.json, default=str), self.text, self.raw))
        beside = [(name, one) for name in _BESIDE if (one := getattr(self, name)) is not None]
        told += f"answered{self.answered}" if self.answered != 200 else ""
        return told + "".join(f"{name}{json.dumps(one, default=str)}" for name, one in beside)

    def request(self) -> Request:
        """The request. Raises KeyError where a parameter of the path has no value."""
        known = dict(self.path)
        path = "".join(part if isinstance(part, str) else known[part[0]] for part in self.template)
        headers = list(self.headers)
        if self.cookies:
            headers.append(("cookie", "; ".join(f"{name}={_cookie(value)}" for name, value in self.cookies)))
        body = self.body()
        if self.media:
            boundary = f"; boundary={BOUNDARY}" if self.media == "multipart/form-data" else ""
            headers.append(("content-type", self.media + boundary))
        path = path if path.startswith("/") else "/" + path
        return Request(self.method, path, urlencode(self.query), tuple(headers), body)

    def body(self) -> bytes:
        if self.raw:
            return self.text.encode("utf-8", "surrogateescape")
        if self.media == "application/x-www-form-urlencoded":
            return urlencode(self.fields).encode()
        if self.media == "multipart/form-data":
            return _multipart(self.fields, self.files)
        if "json" in self.media and self.json is not MISSING:
            return json.dumps(self.json, default=str, ensure_ascii=False).encode()
        return self.text.encode("utf-8", "surrogateescape")

    # --- atoms

    def atoms(self) -> Iterator[tuple[Address, Any]]:
        """Every part that can be changed, with its value."""
        for name, text in self.path:
            yield ("path", name), text
        yield from _numbered("query", self.query)
        if "json" in self.media and not self.raw:
            yield from tree.parts(self.json, ("json",), _MEMBERS)
        if self.upstream is not None:
            yield ("answered",), self.answered
        for part in _BESIDE:
            if getattr(self, part) is not None:
                yield from tree.parts(getattr(self, part), (part,), _MEMBERS)
        yield from _numbered("field", self.fields)
        for name, filename, content in self.files:
            yield ("file", name, "name"), filename
            yield ("file", name, "type"), media_of(filename)
            yield ("file", name, "content"), content
        if self.text:
            yield ("text",), self.text
        for name, text in self.cookies:
            yield ("cookie", name), text
        for name, text in self.headers:
            if name != "host":
                yield ("header", name), text
        if self.media and self.method != WEBSOCKET:
            yield ("media",), self.media
        if self.method != WEBSOCKET:
            yield ("method",), self.method

    def put(self, address: Address, value: Any) -> Draft | None:
        """The draft with another value at an address; None where it cannot stand there."""
        part = address[0]
        if part == "inside":
            return self._put_inside(address[1], address[2], address[3:], value)
        if isinstance(value, str):
            if not _is_encodable(value, part):
                return None
            value = canary.placed_inside(value, address)
        if part in DOCUMENTS:
            return self._put_json(part, address[1:], value)
        if part == "file":
            return self._put_file(address[1], address[2], value)
        if value is MISSING and part in ("path", "method"):
            return None
        if part == "path":
            return replace(self, path=_replaced(self.path, address[1], text_of(value))) if text_of(value) else None
        if part in ("query", "field"):
            name, number = address[1], address[2] if len(address) > 2 else 0
            if number == "all":
                value, number = value if value is MISSING or isinstance(value, (list, tuple)) else [value], 0
            pairs = _replaced(self.query if part == "query" else self.fields, name, value, number)
            return replace(self, query=pairs) if part == "query" else replace(self, fields=pairs)
        if part == "cookie":
            return replace(self, cookies=_replaced(self.cookies, address[1], value))
        if part == "header":
            clean = value if value is MISSING else header_text(text_of(value))
            return replace(self, headers=_replaced(self.headers, address[1], clean))
        if part == "text":
            return replace(self, text="" if value is MISSING else text_of(value))
        if part == "media":
            return self._put_media("" if value is MISSING else header_text(text_of(value)))
        if part == "answered":
            return replace(self, answered=value) if type(value) is int and 200 <= value < 600 else None
        return replace(self, method=value) if value in METHODS and self.method != WEBSOCKET else None

    def _put_json(self, part: str, way: Address, value: Any) -> Draft | None:
        try:
            changed = canary.placed(_with_json(getattr(self, part), way, value), (part,))
            if part == "upstream":
                return replace(self, upstream=changed)
            if part == "session":
                return replace(self, session=changed) if isinstance(changed, dict) else None
            return replace(self, json=changed, media=self.media or "application/json")
        except (KeyError, IndexError, TypeError, ArithmeticError):  # no such place, or a number that JSON does not have
            return None

    def _put_media(self, media: str) -> Draft:
        """Another type of the body; what cannot be written as one of it becomes a text, for nothing is no body of any type."""
        has = self.raw or self.text or "json" in media or media.startswith(("multipart/", "application/x-www-form"))
        return replace(self, media=media, text=self.text if has or not media else "a,b\n1,2")

    def _put_inside(self, outer: Address, number: int, way: Address, value: Any) -> Draft | None:
        """Change what stands in a JSON document, one of those in the text at another address."""
        try:
            held = documents(self.at(outer))[number]
            return self.put(outer, held.write(_with_json(held.document, way, value)))
        except (ValueError, KeyError, IndexError, TypeError, ArithmeticError):
            return None

    def _put_file(self, field: str, part: str, value: Any) -> Draft:
        kept = tuple(file for file in self.files if file[0] != field)
        if value is MISSING:
            return replace(self, files=kept)
        known = next((file for file in self.files if file[0] == field), (field, "upload.txt", "text"))
        new = (field, known[1], text_of(value))
        if part == "name":
            new = (field, text_of(value), known[2])
        elif part == "type":
            new = (field, "upload" + (_TYPES.guess_extension(text_of(value)) or ""), known[2])
        return replace(self, files=(*kept, new))

    def at(self, address: Address) -> Any:
        """The value at an address; MISSING where there is none."""
        if address[0] in DOCUMENTS:
            return tree.at(getattr(self, address[0]), address[1:])
        return next((value for known, value in self.atoms() if known == address), MISSING)


def without_canaries(draft: Draft) -> Draft:
    """The draft without the key that stands in all of its parts."""

    def kept(pairs: Pairs) -> Pairs:
        return tuple(pair for pair in pairs if pair[0] not in (canary.NAME, canary.HEADER))

    return replace(
        draft,
        query=kept(draft.query),
        headers=kept(draft.headers),
        cookies=kept(draft.cookies),
        fields=kept(draft.fields),
        files=tuple(file for file in draft.files if file[0] != canary.FILE),
        json=canary.left_out(draft.json),
        upstream=canary.left_out(draft.upstream),
        session=canary.left_out(draft.session),
    )


def text_of(value: Any) -> str:
    """A value as the text that stands for it in a path, a query, a form or a header."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return made.text_of(value)


def json_of(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, enum.Enum):
        return json_of(value.value)
    if isinstance(value, bool) or value is None or isinstance(value, (int, float, str)):
        return value
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {str(key): json_of(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_of(one) for one in value]
    return str(value)


def _cookie(text: str) -> str:
    """A cookie's value (RFC 6265, 4.1.1), in quotes where it holds what has to be escaped; beyond ASCII percent-encoded."""
    if not text.isascii():
        return quote(text)
    return SimpleCookie().value_encode(text)[1]


def _numbered(part: str, pairs: Pairs) -> Iterator[tuple[Address, Any]]:
    counts: dict[str, int] = {}
    for name, text in pairs:
        number = counts.get(name, 0)
        counts[name] = number + 1
        yield (part, name, number), text
    for name in counts:
        yield (part, name, "all"), [text for known, text in pairs if known == name]


def _with_json(document: Any, way: Address, value: Any) -> Any:
    return tree.changed(document, way, value if value is MISSING else json_of(value))


def _replaced(pairs: Pairs, name: str, value: Any, number: int = 0) -> Pairs:
    """The pairs with the n-th of a name changed, added at the end, or left out."""
    if isinstance(value, (list, tuple)):
        return (*(pair for pair in pairs if pair[0] != name), *((name, text_of(one)) for one in value))
    found = -1
    done: list[tuple[str, str]] = []
    for pair in pairs:
        found += pair[0] == name
        if pair[0] != name or found != number:
            done.append(pair)
        elif value is not MISSING:
            done.append((name, text_of(value)))
    if found < number and value is not MISSING:
        done.append((name, text_of(value)))
    return tuple(done)


def _is_encodable(text: str, part: str) -> bool:
    """Whether a text can be sent: half a surrogate pair has no bytes, but those of a body that was no text."""
    try:
        text.encode("utf-8", "surrogateescape" if part == "text" else "strict")
    except UnicodeEncodeError:
        return False
    return True


def header_text(text: str) -> str:
    """A text as it can stand in a header (RFC 9110, 5.5): without control characters, and without space around it."""
    return "".join(character if character >= " " and character != "\x7f" else "?" for character in text).strip()


_TYPES = mimetypes.MimeTypes()
"""Python's own table, without what a system adds to it: the same requests are sent on every machine."""
for _media, _end in (
    *(("image/webp", ".webp"), ("image/avif", ".avif"), ("image/heic", ".heic"), ("audio/ogg", ".ogg")),
    *(("text/markdown", ".md"), ("application/yaml", ".yaml"), ("application/x-ndjson", ".ndjson")),
):
    _TYPES.add_type(_media, _end)  # those that not every version of Python has


def media_of(filename: str) -> str:
    """The type that a client tells of a file, by its name's end."""
    return _TYPES.guess_type(filename)[0] or "application/octet-stream"


def _multipart(fields: Pairs, files: tuple[tuple[str, str, str], ...]) -> bytes:
    lines: list[bytes] = []
    for name, value in fields:
        lines += [
            f"--{BOUNDARY}".encode(),
            f'Content-Disposition: form-data; name="{name}"'.encode(),
            b"",
            value.encode(),
        ]
    for name, filename, content in files:
        lines += [f"--{BOUNDARY}".encode()]
        lines += [f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'.encode()]
        lines += [f"Content-Type: {media_of(filename)}".encode(), b"", content.encode("latin-1", "replace")]
    return b"\r\n".join([*lines, f"--{BOUNDARY}--".encode(), b""])

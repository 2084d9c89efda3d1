"""Which part of a request a value came from, and how the part is to look for the value to be another.

Matched by value, not by tainted objects: what an atom turns into on its way through the app (stripped, cut, lowered,
parsed, decoded) is tried on the atom, and undone on the value that is wanted.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime
import decimal
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from . import tree
from .draft import Address, text_of
from .held import Held, documents

Undo = Callable[[Any], Any]
"""From a value that is wanted to the atom; raises ValueError where there is none."""

NO_WAY = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What is raised where a value has no neighbour, as the last day has none, or no way back, or a function was called wrongly."""


class Way(NamedTuple):
    """An atom that a value may have come from. `cost`: 0 for the value itself, more where chance may be in it."""

    address: Address
    undo: Undo
    cost: int


class Derived(NamedTuple):
    """A value that a function made of another one, and how to go back."""

    result: Any
    argument: Any
    undo: Callable[[Any, Any], Any]
    """From the argument and a wanted result to another argument."""
    modulus: int = 0
    """Of a remainder."""
    separator: str = ""
    """By which a text was split."""


class Matcher:
    """The atoms of a request and what the app has made of values; each value is looked for once."""

    def __init__(self, atoms: Iterable[tuple[Address, Any]], derived: Iterable[Derived] = ()) -> None:
        self.atoms = list(atoms)
        self.derived: dict[str, list[Derived]] = {}
        for one in derived:
            self.derived.setdefault(_name(one.result), []).append(one)
        self.known: dict[str, list[Way]] = {}

    def ways(self, value: Any, depth: int = 3) -> list[Way]:
        """Every way from an atom to a value, the likeliest first."""
        name = _name(value)
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = []  # while it is looked for, there is no way round to it
            found += self.search(value, name, depth)
            found.sort(key=lambda way: way.cost)
        return found

    def search(self, value: Any, name: str, depth: int) -> list[Way]:
        found: list[Way] = []
        for address, atom in self.atoms:
            with contextlib.suppress(ArithmeticError):  # a number that is too large for a float, or none at all
                most = _BY_CHANCE if address == ("media",) else 9
                found += [Way(address, undo, cost) for undo, cost in _undone(atom, value) if cost < most]
        if depth and not any(way.cost < 2 for way in found):
            for one in self.derived.get(name, ())[:6]:
                inner = self.ways(one.argument, depth - 1)[:3]
                found += [Way(way.address, _through(way.undo, one), way.cost + 1) for way in inner]
        return found


_BY_CHANCE = 4
"""A letter is in every media type: what costs so much did not come from there."""


def _name(value: Any) -> str:
    """The same for equal values of one type."""
    return f"{type(value).__name__} {value!r}"


def _through(outer: Undo, one: Derived) -> Undo:
    return lambda wanted: outer(one.undo(one.argument, wanted))


def _undone(atom: Any, value: Any) -> Iterator[tuple[Undo, int]]:
    if isinstance(atom, bool) or atom is None:
        if atom is value:
            yield _itself, 3
    elif isinstance(value, bool):
        if isinstance(atom, str) and atom.lower() in _TRUTHS.get(value, ()):
            yield text_of, 3
    elif value is None:
        return
    elif isinstance(atom, (dict, list)):
        if type(atom) is type(value) and atom == value:
            yield _itself, 1
        elif isinstance(atom, list) and isinstance(value, list) and _sorted(atom) == _sorted(value):
            yield _itself, 2
    elif isinstance(atom, (int, float)):
        yield from _of_number(atom, value)
    elif isinstance(atom, str) and atom:
        yield from _of_text(atom, value)
    elif atom == value == "":
        yield text_of, 2


_TRUTHS = {True: ("true", "1", "on", "yes", "t", "y"), False: ("false", "0", "off", "no", "f", "n")}
"""Texts that libraries take for truth values."""


def _sorted(members: list[Any]) -> list[str]:
    """What is in a list, each member once and in one order."""
    return sorted({repr(one) for one in members})


def _itself(wanted: Any) -> Any:
    return wanted


def _of_number(atom: float, value: Any) -> Iterator[tuple[Undo, int]]:
    if isinstance(value, (int, float, decimal.Decimal)) and value == atom:
        yield _itself, 0 if abs(atom) > 9 else 3
    elif isinstance(value, str) and value == str(atom):
        yield _itself, 1
    elif isinstance(value, (int, float, decimal.Decimal)) and round(float(value), 6) == round(float(atom), 6):
        yield _itself, 2


def _of_text(atom: str, value: Any) -> Iterator[tuple[Undo, int]]:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        yield from _text_of_text(atom, value)
    elif isinstance(value, (int, float, decimal.Decimal)):
        yield from _number_of_text(atom, value)
    elif isinstance(value, (datetime.date, datetime.time)):
        yield from _date_of_text(atom, value)
    elif isinstance(value, uuid.UUID):
        with contextlib.suppress(ValueError):
            if uuid.UUID(atom) == value:
                yield text_of, 0
    elif isinstance(value, list):
        yield from _list_of_text(atom, value)


_FORMS: tuple[Callable[[str], str], ...] = (str.strip, str.lower, str.upper, str.casefold, str.title, str.capitalize)


def _text_of_text(atom: str, value: str) -> Iterator[tuple[Undo, int]]:
    if value == atom:
        yield text_of, 0
        return
    if not value:
        return
    if any(form(atom) == value or form(atom.strip()) == value for form in _FORMS):
        yield text_of, 1
        return
    if len(value) > 2 and value == atom[::-1]:
        yield lambda wanted: text_of(wanted)[::-1], 1
    if len(value) > 1 and re.sub(r"[\W_]", "", atom).lower() == value.lower():
        yield text_of, 2
    yield from _part(atom, value)
    if len(atom) > 2 and atom in value:
        before, _, after = value.partition(atom)
        yield _unwrapped(before, after), 2
    yield from _decoded(atom, value)


def _part(atom: str, value: str) -> Iterator[tuple[Undo, int]]:
    """A value that was cut out of an atom."""
    for text, cost in ((atom, 2), (atom.lower(), 3), (atom.upper(), 3)):
        if value in text and len(text) == len(atom):
            start, last = text.index(value), text.rindex(value)
            yield _cut(atom, start, start + len(value)), cost + (2 if len(value) < 2 else 0)
            if last != start:
                yield _cut(atom, last, last + len(value)), cost + 2
            return


def _cut(atom: str, start: int, end: int) -> Undo:
    return lambda wanted: atom[:start] + text_of(wanted) + atom[end:]


def _unwrapped(before: str, after: str) -> Undo:
    def undo(wanted: Any) -> str:
        text = text_of(wanted)
        if not text.startswith(before) or not text.endswith(after):
            raise ValueError(f"{text!r} does not stand between {before!r} and {after!r}")
        return text[len(before) : len(text) - len(after)]

    return undo


def _decoded(atom: str, value: str) -> Iterator[tuple[Undo, int]]:
    """A value inside what an atom, or its last word, encodes: base64, hexadecimal, JSON."""
    head, space, word = atom.rpartition(" ")
    for decode, encode in _CODES:
        try:
            text = decode(word)
        except (ValueError, UnicodeDecodeError, binascii.Error):
            continue
        if len(text) > 1 and value in text:
            yield _encoded(head + space, text, value, encode), 2
    yield from _in_json(atom, value)


def _encoded(head: str, text: str, value: str, encode: Callable[[str], str]) -> Undo:
    return lambda wanted: head + encode(text.replace(value, text_of(wanted), 1))


_PLAIN = str.maketrans("-_", "+/")
"""From the letters of base64 in URLs to those of base64."""
_CODES: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (
        lambda text: base64.b64decode(text, validate=True).decode(),
        lambda text: base64.b64encode(text.encode()).decode(),
    ),
    (
        lambda text: base64.b64decode(text.translate(_PLAIN) + "=" * (-len(text) % 4), validate=True).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    ),
    (lambda text: bytes.fromhex(text).decode(), lambda text: text.encode().hex()),
)


def _in_json(atom: str, value: Any) -> Iterator[tuple[Undo, int]]:
    """A value inside a JSON document that an atom holds."""
    for held in documents(atom):
        for way, part in tree.parts(held.document):
            if part == value and not isinstance(part, bool):
                yield _in_document(held, way), 1


def _in_document(held: Held, way: tuple[Any, ...]) -> Undo:
    return lambda wanted: held.write(tree.changed(held.document, way, wanted))


def _number_of_text(atom: str, value: Any) -> Iterator[tuple[Undo, int]]:
    text = atom.strip()
    with contextlib.suppress(ValueError, decimal.InvalidOperation, OverflowError):
        if decimal.Decimal(text.replace(",", ".")) == decimal.Decimal(str(value)):
            yield _plain_number, 0 if len(text) > 1 else 2
            return
    for number in _NUMBERS.finditer(atom):
        if float(number[0]) == value:
            yield _digits(atom, number.start(), number.end()), 2 if len(number[0]) > 1 else 4
    if len(atom) == value > 3:
        yield _resized(atom), 3
    with contextlib.suppress(ValueError):
        if len(text) > 1 and int(text, 16) == value:
            yield lambda wanted: format(int(wanted), "x"), 3
    yield from _in_json(atom, value)


_NUMBERS = re.compile(r"(?<![\w.])-?\d+\.\d+|\d+", re.ASCII)


def _resized(atom: str) -> Undo:
    def undo(wanted: Any) -> str:
        size = int(wanted)
        if not 0 <= size <= _LARGEST:
            raise ValueError(f"a text of {size} characters is not sent")
        return (atom * (size // len(atom) + 1))[:size]

    return undo


_LARGEST = 100_000


def _plain_number(wanted: Any) -> str:
    if isinstance(wanted, decimal.Decimal):
        return format(wanted, "f")
    return text_of(wanted)


def _digits(atom: str, start: int, end: int) -> Undo:
    def undo(wanted: Any) -> str:
        digits = text_of(wanted)
        return atom[:start] + (digits.zfill(end - start) if digits.isdigit() else digits) + atom[end:]

    return undo


FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y%m%d",
    "%Y/%m/%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%H:%M",
)


def _date_of_text(atom: str, value: Any) -> Iterator[tuple[Undo, int]]:
    text = atom.strip()
    kinds: list[Any] = [type(value)]
    if type(value) is datetime.date:
        kinds.append(datetime.datetime)  # the day of a moment
    for kind in kinds:
        with contextlib.suppress(ValueError):
            parsed = kind.fromisoformat(text)
            if parsed == value or (kind is datetime.datetime and _naive(parsed) in (value, _naive(value))):
                yield _isoformat(parsed), 0
                return
            if kind is datetime.datetime and type(value) is datetime.date and parsed.date() == value:
                yield _isoformat(parsed), 1
                return
    for form in FORMATS:
        with contextlib.suppress(ValueError):
            parsed = datetime.datetime.strptime(text, form)
            if value in (parsed, parsed.date(), parsed.time()):
                yield _formatted(form), 1


def _naive(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value


def _isoformat(parsed: Any) -> Undo:
    def undo(wanted: Any) -> str:
        if isinstance(parsed, datetime.datetime) and type(wanted) is datetime.date:
            return datetime.datetime.combine(wanted, parsed.time(), parsed.tzinfo).isoformat()
        if isinstance(wanted, (datetime.date, datetime.time)):
            return wanted.isoformat()
        return text_of(wanted)

    return undo


def _formatted(form: str) -> Undo:
    return lambda wanted: (
        wanted.strftime(form) if isinstance(wanted, (datetime.date, datetime.time)) else text_of(wanted)
    )


def _list_of_text(atom: str, value: list[Any]) -> Iterator[tuple[Undo, int]]:
    """The parts that a text was split into."""
    if len(value) == 1 and value[0] == atom:
        yield lambda wanted: text_of(wanted[0]) if isinstance(wanted, list) and wanted else "", 4
    for separator in (",", ";", ":", "|", "/", "-", ".", "&", "=", "\n", None):
        parts = atom.split(separator)
        if len(parts) > 1 and (parts == value or [part.strip() for part in parts] == value):
            yield _joined(separator or " "), 1
            return


def _joined(separator: str) -> Undo:
    return lambda wanted: separator.join(map(text_of, wanted)) if isinstance(wanted, list) else text_of(wanted)

"""What the app's calls and operations have made of values, and how to go back from what they should have made."""

from __future__ import annotations

import base64
import contextlib
import csv
import datetime
import functools
import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .draft import text_of
from .matching import NO_WAY, Derived
from .plain import UNKNOWN
from .recording import Observation


def derived(events: Iterable[Observation]) -> list[Derived]:
    """What calls have made of values, where there is a way back."""
    found: list[Derived] = []
    for event in events:
        make = _DERIVES.get(event.what) if event.kind == "call" else None
        known = event.result is not UNKNOWN or event.what in _KNOWN_BY_ARGUMENT
        if make is not None and known and not isinstance(event.result, type):
            with contextlib.suppress(*NO_WAY):
                found += make(event)
    return found


def _resized(argument: Any, wanted: Any) -> Any:
    count = int(wanted)
    if not 0 <= count <= 5000:
        raise ValueError(f"a length of {count} is out of reach")
    if isinstance(argument, str):
        text = (argument or "a") * (count // max(len(argument), 1) + 1)
        return argument[:count] if count <= len(argument) else argument + text[: count - len(argument)]
    if isinstance(argument, list):
        return (argument or ["a"])[:1] * (count - len(argument)) + argument[:count]
    if isinstance(argument, bytes):
        return argument[:count] + b"\x01" * (count - len(argument))
    raise ValueError("it has no length that can be changed")


def _counted(event: Observation) -> list[Derived]:
    """How often a text holds a part, or a list a member."""
    part = event.other[0] if event.other else None

    def undo(argument: Any, wanted: Any) -> Any:
        more = int(wanted) - int(event.result)
        if not part or abs(more) > _MOST_COUNTED:
            raise ValueError(f"{wanted} of them are out of reach")
        if isinstance(argument, list):
            return [one for one in argument if one != part] + [part] * int(wanted)
        return argument + part * more if more > 0 else argument[::-1].replace(part[::-1], "", -more)[::-1]

    return [Derived(event.result, event.given, undo)] if isinstance(event.given, (str, list)) else []


_MOST_COUNTED = 100


def _weekday(event: Observation) -> list[Derived]:
    def undo(argument: Any, wanted: Any) -> Any:
        return argument + datetime.timedelta(days=(int(wanted) - int(event.result)) % 7)

    return [Derived(event.result, event.given, undo)] if isinstance(event.given, datetime.date) else []


def _joined(event: Observation) -> list[Derived]:
    separator = event.other[0] if event.other and isinstance(event.other[0], str) else " "
    found = event.result
    if not isinstance(found, list) or not isinstance(event.given, str):
        return []
    members = [
        Derived(one, event.given, functools.partial(_rejoined, separator, found, n)) for n, one in enumerate(found[:6])
    ]
    return [Derived(found, event.given, lambda _, wanted: _join(separator, wanted), 0, separator), *members]


def _sliced(event: Observation) -> list[Derived]:
    start, stop, step = event.other
    if step not in (None, 1):
        return [Derived(event.result, event.given, lambda _, wanted: wanted[::-1])] if step == -1 else []

    def undo(argument: Any, wanted: Any) -> Any:
        gap = start - len(argument) if isinstance(start, int) else 0
        if 0 < gap < _FAR and not isinstance(argument, list):
            argument += "x" * gap if isinstance(argument, str) else b"x" * gap
        before, end, _ = slice(start, stop).indices(len(argument))
        return argument[:before] + (str(wanted) if isinstance(argument, str) else wanted) + argument[end:]

    return [Derived(event.result, event.given, undo)] if isinstance(event.given, (str, bytes, list)) else []


_FAR = 1000
"""A slice that begins behind a text's end is of use where so many characters fill the gap."""


def _operation(event: Observation) -> list[Derived]:
    """What an operation with two numbers, or two dates, has come to: either of them may be changed."""
    one, other, result = event.given, event.other, event.result
    if event.what == "Add":
        return [
            Derived(result, one, lambda _, wanted: wanted - other),
            Derived(result, other, lambda _, wanted: wanted - one),
        ]
    if event.what == "Sub":
        if isinstance(result, datetime.timedelta):
            days = [Derived(result.days, one, lambda _, wanted: other + datetime.timedelta(days=wanted))]
            return [*days, Derived(result, one, lambda _, wanted: other + wanted)]
        return [
            Derived(result, one, lambda _, wanted: wanted + other),
            Derived(result, other, lambda _, wanted: one - wanted),
        ]
    if event.what == "Mult":
        pairs = ((one, other), (other, one))
        return [Derived(result, x, functools.partial(_divided, y)) for x, y in pairs if y]
    if event.what == "Mod" and other:
        return [Derived(result, one, lambda x, wanted: x + (int(wanted) - x) % other, int(other))]
    if event.what == "FloorDiv":
        return [Derived(result, one, lambda _, wanted: wanted * other)]
    if event.what == "Div":
        return [Derived(result, one, lambda _, wanted: wanted * other)]
    if event.what == "BitXor":
        return [
            Derived(result, one, lambda _, wanted: wanted ^ other),
            Derived(result, other, lambda _, wanted: wanted ^ one),
        ]
    if event.what == "RShift":
        return [Derived(result, one, lambda _, wanted: wanted << other)]
    if event.what == "BitAnd":
        return [Derived(result, one, lambda x, wanted: (x & ~other) | wanted)]
    return []


def _divided(by: Any, _: Any, wanted: Any) -> Any:
    """So that the product is what is wanted, or the next number beyond."""
    return -(-wanted // by) if isinstance(wanted, int) and isinstance(by, int) else wanted / by


def _parts(event: Observation) -> list[Derived]:
    """The head and the tail of a text that was parted, each alone."""
    found = event.result
    if not isinstance(found, list) or len(found) != 3 or not isinstance(event.given, str):
        return []
    separator = found[1] or (event.other[0] if event.other else "")
    head, _, tail = found
    return [
        Derived(tail, event.given, lambda _, wanted: head + separator + str(wanted), 0, separator),
        Derived(head, event.given, lambda _, wanted: str(wanted) + separator + tail),
    ]


def _indexed(event: Observation) -> list[Derived]:
    key = event.other[0]
    if not isinstance(key, int) or not isinstance(event.given, (str, bytes, list)):
        return []

    def undo(argument: Any, wanted: Any) -> Any:
        place = key % len(argument)
        if isinstance(argument, bytes):
            return argument[:place] + bytes([wanted]) + argument[place + 1 :]
        middle = [wanted] if isinstance(argument, list) else str(wanted)
        return argument[:place] + middle + argument[place + 1 :]

    return [Derived(event.result, event.given, undo)]


def _parsed(event: Observation) -> list[Derived]:
    """A number made of a text; the second argument is its base."""
    if not event.other:
        return []
    base = event.other[1] if len(event.other) > 1 and isinstance(event.other[1], int) else 10
    form = {16: "x", 2: "b", 8: "o"}.get(base, "")

    def undo(argument: Any, wanted: Any) -> Any:
        if isinstance(argument, str) and isinstance(wanted, int):
            return format(wanted, form).zfill(len(argument))
        return str(wanted) if isinstance(argument, str) else wanted

    return [Derived(event.result, event.other[0], undo)]


def _lines(event: Observation) -> list[Derived]:
    return [Derived(event.result, event.given, lambda _, wanted: _join("\n", wanted))]


def _rejoined(separator: str, parts: list[Any], place: int, _: Any, wanted: Any) -> str:
    return separator.join(map(str, [*parts[:place], wanted, *parts[place + 1 :]]))


def _join(separator: str, wanted: Any) -> str:
    if not isinstance(wanted, list):
        raise ValueError("no list is wanted")
    return separator.join(map(str, wanted))


def _url(event: Observation) -> list[Derived]:
    """The parts of a URL."""
    text = event.other[0] if event.other else None
    if not isinstance(text, str):
        return []
    parts = urlsplit(text)
    server = parts.netloc.rpartition("@")[2]
    port = f":{parts.port}" if parts.port is not None else ""
    found: list[tuple[Any, Callable[[Any], SplitResult]]] = [
        (parts.scheme, lambda wanted: parts._replace(scheme=wanted)),
        (parts.netloc, lambda wanted: parts._replace(netloc=wanted)),
        (parts.path, lambda wanted: parts._replace(path=wanted)),
        (parts.query, lambda wanted: parts._replace(query=wanted)),
        (parts.fragment, lambda wanted: parts._replace(fragment=wanted)),
        (parts.hostname, lambda wanted: parts._replace(netloc=str(wanted) + port)),
        (parts.port, lambda wanted: parts._replace(netloc=f"{server.removesuffix(port)}:{int(wanted)}")),
    ]
    return [Derived(value, text, functools.partial(_rebuilt, change)) for value, change in found if value]


def _rebuilt(change: Callable[[Any], SplitResult], _: Any, wanted: Any) -> str:
    return change(wanted).geturl()


def _table(event: Observation) -> list[Derived]:
    """The rows and the cells of a text that is read as CSV is."""
    text = event.other[0] if event.other else None
    if not isinstance(text, str) or len(text) > _LONGEST_TABLE:
        return []
    rows = list(csv.reader(text.splitlines()))
    found = [Derived(rows, text, lambda _, wanted: _written(wanted))]
    for place, row in enumerate(rows[:_ROWS]):
        found.append(Derived(row, text, functools.partial(_rewritten, rows, place, None)))
        found += [
            Derived(cell, text, functools.partial(_rewritten, rows, place, column))
            for column, cell in enumerate(row)
            if cell
        ]
    return found


def _rewritten(rows: list[list[str]], place: int, column: int | None, _: Any, wanted: Any) -> str:
    """The table with another row, or another cell."""
    if column is None and not isinstance(wanted, list):
        raise ValueError("no row is wanted")
    row = wanted if column is None else [*rows[place][:column], wanted, *rows[place][column + 1 :]]
    return _written([*rows[:place], row, *rows[place + 1 :]])


def _written(rows: Any) -> str:
    """Rows as CSV; what is no row becomes one."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(row if isinstance(row, list) else [row] for row in rows)
    return written.getvalue()


_ROWS = 4
_LONGEST_TABLE = 2000
_KNOWN_BY_ARGUMENT = frozenset(("urlsplit", "StringIO"))
"""Calls whose result is known by what they were given."""


def _moment(event: Observation) -> list[Derived]:
    """A date or a time made of a text, by whatever form."""
    text, form = event.other[0] if event.other else None, event.other[1] if len(event.other) > 1 else ""
    if not isinstance(text, str):
        return []

    def undo(_: Any, wanted: Any) -> str:
        if not isinstance(wanted, (datetime.date, datetime.time)):
            raise ValueError(f"{wanted!r} is no moment")
        return wanted.strftime(form) if isinstance(form, str) and form else wanted.isoformat()

    return [Derived(event.result, text, undo)]


def _group(event: Observation) -> list[Derived]:
    """What a group of a regex has matched."""
    start, end = event.other
    return [Derived(event.result, event.given, lambda text, wanted: text[:start] + text_of(wanted) + text[end:])]


def _of_first(undo: Callable[[Any, Any], Any]) -> Callable[[Observation], list[Derived]]:
    return lambda event: [Derived(event.result, event.other[0], undo)] if event.other else []


_DERIVES: dict[str, Callable[[Observation], list[Derived]]] = {
    "slice": _sliced,
    "index": _indexed,
    "Add": _operation,
    "Sub": _operation,
    "Mult": _operation,
    "Mod": _operation,
    "FloorDiv": _operation,
    "BitAnd": _operation,
    "Div": _operation,
    "BitXor": _operation,
    "RShift": _operation,
    "int": _parsed,
    "float": _of_first(lambda argument, wanted: text_of(wanted) if isinstance(argument, str) else wanted),
    "Decimal": _of_first(lambda argument, wanted: text_of(wanted) if isinstance(argument, str) else wanted),
    "fromisoformat": _moment,
    "strptime": _moment,
    "parse moment": _moment,
    "group": _group,
    "str.partition": _parts,
    "str.rpartition": _parts,
    "fromhex": _of_first(lambda _, wanted: wanted.hex()),
    "unquote": _of_first(lambda _, wanted: wanted),
    "str.splitlines": _lines,
    "urlsplit": _url,
    "StringIO": _table,
    "len": _of_first(_resized),
    "str.count": _counted,
    "count": _counted,
    "weekday": _weekday,
    "isoweekday": _weekday,
    "str.split": _joined,
    "str.rsplit": _joined,
    "ord": _of_first(lambda _, wanted: chr(int(wanted))),
    "abs": _of_first(lambda argument, wanted: wanted if argument >= 0 else -wanted),
    "round": _of_first(lambda _, wanted: wanted),
    "b64decode": _of_first(lambda _, wanted: base64.b64encode(str(wanted).encode()).decode()),
}

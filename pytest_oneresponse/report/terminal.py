"""A finding as plain text, laid out as ruff's two-place diagnostics; needs no terminal and never raises.

second-response GET /companies/{id}: a second response was started after the first was complete
  --> shop/views.py:40:16                               the primary place
   |
40 |         return Response("error", 500)
   |                ^^^^^^^^^^^^^^^^^^^^^^ second response
   |
  ::: shop/views.py:12:5                                the other place
   |
12 |     await send(start)
   |     ----------------- first response
   |
   = life: HEAD -start 200-> STARTED ...                facts, one a line
"""

from __future__ import annotations

import io
import linecache
import shlex
import sys
import tokenize
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_oneresponse.contract.finding import Caught, Finding, Place
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.report.paste import pasted

CONTEXT = 2
"""Lines shown above the one that is marked."""
INDENT = 4
"""Cells of indentation that a snippet keeps at most; deeper ones are moved to the left."""
WIDTH = 100
"""Cells that a source line may take before it is cut."""
TAB = 4
ELLIPSIS = "..."

BOLD, RED, BLUE, CYAN = "1", "1;31", "1;34", "36"


def render(finding: Finding, *, color: bool = False, help_text: str = "", root: Path | None = None) -> str:
    """The finding as a block of lines without a final newline; its first line is the headline.

    `help_text` says how to mend it. Source lines are read from disk: relative files are looked up below `root`
    (without one, below the working directory) and along sys.path, and where that finds nothing, or another
    line than the place's own `source`, that `source` is shown alone.
    """
    ink = Ink(color)
    places = [
        (place, arrow, mark, label, style)
        for place, arrow, mark, label, style in (
            (finding.where, "-->", "^", finding.where_label, RED),
            (finding.dropped, ":::", "-", "it comes to nothing here", BLUE),
            (finding.also, ":::", "-", finding.also_label, BLUE),
        )
        if place is not None
    ]
    gutter = max((len(str(place.line)) for place, *_ in places), default=1)
    lines = [_headline(finding, ink)]
    for place, arrow, mark, label, style in places:
        lines.append(_arrow(place, gutter, arrow, ink))
        lines += _snippet(place, gutter, mark, label, ink, style, root)
    return "\n".join((*lines, *_named(_facts(finding, help_text), gutter, ink)))


def brief(finding: Finding, told: str, *, color: bool = False) -> str:
    """A finding on a line on which another item has had the same, in few lines; `told`: the id of that one."""
    ink = Ink(color)
    lines = [_headline(finding, ink)]
    if finding.where is not None:
        lines.append(_arrow(finding.where, 1, "-->", ink))
    lines += [_arrow(place, 1, ":::", ink) for place in (finding.also, finding.dropped) if place is not None]
    fault, request = fault_line(finding.fault), _command(finding.request)
    notes = [("note", note) for note in finding.notes]
    facts = (("fault", fault), ("request", request), *notes, ("as in", told), ("replay", finding.replay))
    return "\n".join((*lines, *_named(((name, text) for name, text in facts if text), 1, ink)))


def _arrow(place: Place, gutter: int, arrow: str, ink: Ink) -> str:
    package = f" (in package {place.package})" if place.package else ""
    return f"{' ' * gutter}{ink(arrow, BLUE)} {_clean(f'{place}{package}')}"


def _named(facts: Iterable[tuple[str, str]], gutter: int, ink: Ink) -> Iterator[str]:
    """Facts as lines that begin with their names."""
    margin = " " * (gutter + 1)
    for name, text in facts:
        first, *rest = text.splitlines() or [""]
        yield f"{margin}{ink('=', BLUE)} {ink(f'{name}:', BOLD)} {_clean(first)}".rstrip()
        indent = " " * (len(margin) + len(name) + 4)
        yield from (f"{indent}{_clean(line)}".rstrip() for line in rest)


@dataclass(frozen=True, slots=True)
class Ink:
    """Paints text with ANSI codes, or leaves it as it is."""

    on: bool

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.on and text else text


def _headline(finding: Finding, ink: Ink) -> str:
    text = _clean(" ".join(finding.headline.split()))
    rule = _clean(finding.rule)
    return ink(rule, RED) + ink(text.removeprefix(rule), BOLD)


def _facts(finding: Finding, help_text: str) -> Iterator[tuple[str, str]]:
    """The named lines below the snippets, in their order; those without a text are left out."""
    facts = [
        ("life", finding.life),
        ("caught", _caught(finding.exception)),
        ("fault", fault_line(finding.fault)),
        ("request", _command(finding.request)),
        ("client", finding.client),
        ("buffered", _buffered(finding)),
        *(("note", note) for note in finding.notes),
        ("help", help_text),
        ("replay", finding.replay),
        ("test", pasted(finding)),
    ]
    return ((name, text) for name, text in facts if text)


def _caught(exception: Caught | None) -> str:
    if exception is None:
        return ""
    lines = [line.strip() for line in exception.message.splitlines() if line.strip()]
    message = f": {lines[0]}{f' {ELLIPSIS}' if len(lines) > 1 else ''}" if lines else ""
    where = f" ({exception.where.file}:{exception.where.line})" if exception.where else ""
    return f"{exception.type}{message}{where}"


def fault_line(fault: dict[str, Any] | None) -> str:
    """What was made to fail, and where; empty where nothing was."""
    if fault is None:
        return ""
    where = fault.get("where")
    at = f"{where.get('file')}:{where.get('line')}" if isinstance(where, dict) else where
    time = fault.get("occurrence") or 1
    does = "answers with" if fault.get("kind") == "upstream" else "raises"
    parts = [f"{fault.get('call')}", f" at {at}" if at else "", f" {does} {fault.get('exception')}"]
    return "".join(parts) + (f", the {_ordinal(time)} time that it is called" if time > 1 else "")


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number // 10 % 10 == 1 else ends.get(number % 10, 'th')}"


def _buffered(finding: Finding) -> str:
    """What would be, had nothing been sent before the handler ended: it tells one remedy from the other."""
    buffered = finding.buffered
    if buffered is None:
        return ""
    size = buffered.get("size")
    what = f"{buffered.get('status')}" + ("" if not size else f" with {size} byte{'' if size == 1 else 's'} of body")
    if buffered.get("holds"):
        return f"sent too early: held back until the handler ends, the response would be a whole {what}"
    twice = ", and answered twice all the same: a `return` is missing" if finding.rule == "second-response" else ""
    return f"held back until the handler ends, the response would be a {what}{twice or ', and would still break the contract'}"


def _command(request: Request | None) -> str:
    """The request as a shell command on one line, whatever its body holds."""
    return "" if request is None else " | ".join(" ".join(map(_word, words)) for words in request.commands())


def _word(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    body = "".join(_escaped(char) if char in "\\'" or not char.isprintable() else char for char in word)
    return f"$'{body}'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    # bash reads "\xHH" as a byte, so what is beyond ASCII is named by its code point
    return f"\\x{ord(char):02x}" if char < "\x80" else f"\\U{ord(char):08x}"


def _snippet(
    place: Place, gutter: int, mark: str, label: str, ink: Ink, style: str, root: Path | None
) -> Iterator[str]:
    """The place's source with its line numbers, and the marks below; nothing where no source is known."""
    shown, start, end = _source(place, root)
    if not shown:
        return
    bar = ink("|", BLUE)
    empty = f"{' ' * gutter} {bar}"
    cells, start, end = _placed(shown[-1], start, end)
    above = [_placed(text, 0, 0)[0] for text in shown[:-1]]
    dedent = max(0, min(_indentation(row) for row in (*above, cells)) - INDENT)
    *before, line = (row[dedent:] for row in (*above, cells))
    line, start, end = _cut(line, start - dedent, end - dedent)
    yield empty
    first = place.line - len(before)
    for number, row in enumerate(before, first):
        yield _row(number, gutter, bar, _cut(row, 0, 0)[0], ink)
    yield _row(place.line, gutter, bar, line, ink)
    marks = mark * max(1, _width(line[start:end]))
    yield f"{empty} {' ' * _width(line[:start])}{ink(f'{marks} {_clean(label)}'.rstrip(), style)}"
    yield empty


def _row(number: int, gutter: int, bar: str, cells: list[str], ink: Ink) -> str:
    return f"{ink(str(number).rjust(gutter), BLUE)} {bar} {''.join(cells)}".rstrip()


def _source(place: Place, root: Path | None) -> tuple[list[str], int, int]:
    """The lines to show, the marked one last, and the marked slice of that line as character indices."""
    own = next((line for line in place.source.splitlines() if line.strip()), "")
    lines = _lines(place, own, root)
    if lines:
        text = lines[-1]
        return lines, *_span(text, place)
    if not own:
        return [], 0, 0
    if not own[0].isspace() and place.column > 1 and place.function not in ("", "<module>"):
        # a function's line that comes without its indentation: where its column is, cannot be known
        return [own], 0, _end_of_code(own)
    return [own], *_span(own, place)


def _span(text: str, place: Place) -> tuple[int, int]:
    length = len(text.rstrip())
    start = max(place.column - 1, len(text) - len(text.lstrip()))
    if start >= length:
        return len(text) - len(text.lstrip()), _end_of_code(text)
    if place.end_column <= place.column:
        # unknown, or on a later line
        return start, max(_end_of_code(text), start + 1)
    return start, min(place.end_column - 1, length)


def _end_of_code(text: str) -> int:
    """The index behind the last character that is no comment."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text.lstrip()).readline):
            if token.type == tokenize.COMMENT:
                return len(text[: len(text) - len(text.lstrip()) + token.start[1]].rstrip())
    except (tokenize.TokenError, SyntaxError):
        # a statement that goes on below: what was read so far held no comment
        pass
    return len(text.rstrip())


def _lines(place: Place, own: str, root: Path | None) -> list[str]:
    """The marked line of the file and what stands directly above it; empty where the file does not fit the place."""
    for name in _candidates(place, root):
        try:
            lines = linecache.getlines(name)
        except ValueError:
            # a name that no file can have
            continue
        if not 0 < place.line <= len(lines):
            continue
        line = lines[place.line - 1].rstrip("\r\n")
        if not line.strip() or own.strip() not in line:
            continue
        above: list[str] = []
        for text in reversed(lines[max(0, place.line - 1 - CONTEXT) : place.line - 1]):
            if not text.strip():
                break
            above.insert(0, text.rstrip("\r\n"))
        return [*above, line]
    return []


def _candidates(place: Place, root: Path | None) -> Iterator[str]:
    path = Path(place.file)
    if place.file.startswith("<") or path.is_absolute():
        yield place.file
        return
    below = str((root or Path()) / path)
    along = [str(Path(entry) / path) for entry in sys.path]
    yield from [*along, below] if place.package else [below, *along]


def _placed(text: str, start: int, end: int) -> tuple[list[str], int, int]:
    """The text as printable characters, tabs expanded, and the slice as indices of that list."""
    cells: list[str] = []
    column = 0
    edges = []
    for char in text:
        edges.append(len(cells))
        if char == "\t":
            pad = TAB - column % TAB
            cells += " " * pad
            column += pad
        else:
            cells += char if char.isprintable() else " " if char.isspace() else ascii(char)[1:-1]
            column += _width(cells[edges[-1] :])
    edges.append(len(cells))
    return cells, edges[min(start, len(text))], edges[min(end, len(text))]


def _cut(cells: list[str], start: int, end: int) -> tuple[list[str], int, int]:
    """A line no wider than WIDTH that still shows the slice, or as much of it as fits."""
    if _width(cells) <= WIDTH:
        return cells, start, end
    room = WIDTH - 2 * len(ELLIPSIS)
    spare = max(0, room - _width(cells[start:end]))
    first = start
    while first and _width(cells[first - 1 : start]) <= spare // 2:
        first -= 1
    if _width(cells[:end]) <= room:
        first = 0
    last = first
    width = 0
    while last < len(cells) and width + _width(cells[last : last + 1]) <= room:
        width += _width(cells[last : last + 1])
        last += 1
    before = [*ELLIPSIS] if first else []
    after = [*ELLIPSIS] if last < len(cells) else []
    moved = len(before) - first
    return [*before, *cells[first:last], *after], start + moved, min(end, last) + moved


def _indentation(cells: list[str]) -> int:
    return next((index for index, char in enumerate(cells) if char != " "), len(cells))


def _width(cells: Iterable[str]) -> int:
    """Columns of a terminal that characters take: wide ones two, combining ones none."""
    return sum(_cell_width(char) for char in cells)


def _cell_width(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _clean(text: str) -> str:
    """Text without anything that a terminal obeys or UTF-8 cannot write."""
    return "".join(char if char.isprintable() else " " if char.isspace() else ascii(char)[1:-1] for char in text)

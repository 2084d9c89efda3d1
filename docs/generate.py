"""Writes what the code knows better: the contract and its picture from the rules and the machine, the table of options.

python docs/generate.py            write docs/contract.md, docs/states.svg, docs/options.md, the options of README.md
python docs/generate.py --check    write nothing; exit status 1 where a file on disk differs
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import wrap

DOCS = Path(__file__).resolve().parent
README = DOCS.parent / "README.md"
if str(DOCS.parent) not in sys.path:
    sys.path.insert(0, str(DOCS.parent))

from pytest_oneresponse.contract.machine import FIRST, TABLES, Table  # noqa: E402
from pytest_oneresponse.contract.rules import GROUPS, INTERFACES, RULES, Rule  # noqa: E402
from pytest_oneresponse.options import MARKER_KEYS, OPTIONS, Option  # noqa: E402

TITLES = {"http": "HTTP: WSGI and ASGI", "websocket": "WebSocket (ASGI)", "lifespan": "Lifespan (ASGI)"}

NOT_SENT = ("returned", "raised", "gone", "timed out", "over", "ask startup", "ask shutdown")
"""Events that are not the app's own sending."""

INTRO = """\
# The response contract

<!-- Written by docs/generate.py from pytest_oneresponse/contract/; edit those and run it again. -->

One request gets exactly one complete response, and its head does not change once it has started.
This page is the reference: what each rule says, where it comes from, how serious it is, what goes wrong for the
client, and the way out.

- [Life of a response](#life-of-a-response)
- [Levels](#levels)
- [Which interface can break which rule](#which-interface-can-break-which-rule)
- [Rules](#rules)
- [One cause, one finding](#one-cause-one-finding)
- [Legal, though it looks odd](#legal-though-it-looks-odd)
- [Which line is blamed](#which-line-is-blamed)
- [Every state and event](#every-state-and-event)
"""

LIFE = """\
## Life of a response

A response begins in the state HEAD, where nothing has been sent. The app *starts* it with a status and headers
(STARTED), sends bytes (BODY) and *ends* it (DONE); where it declared trailers, they stand between the body and the
end (TRAILERS). From the start on the head is frozen.

| event | WSGI | ASGI |
|---|---|---|
| start | `start_response(status, headers)` | `http.response.start` |
| restart | `start_response(..., exc_info)`: legal until the first byte is sent | |
| data | a non-empty chunk, or `write()` | `http.response.body` with bytes |
| empty | an empty chunk | `http.response.body` without bytes |
| file | | `http.response.pathsend` |
| end | the iterable is exhausted | `http.response.body` without `more_body` |
| returned | the iterable is closed | the app returns |
| raised | an exception escapes from the app or the iterable | an exception escapes from the app |
| gone | the client left | the client left |
| over | nothing more can come from this exchange | |

After the client has gone, data, the end and a first start are legal: they go nowhere, and no end is owed. A second
start is a second response all the same.

![The states of an exchange, and the events that lead from one to the next](states.svg)

Some states need a word:

- SILENT, CUT, OWING, UNDECIDED: the app returned and owes the response, its end, its trailers or its decision. If a
  forgotten task sends afterwards, that is the breach; else the missing part is, as soon as nothing more can come.
- REFUSED: `start_response` was called with exc_info after bytes had been sent, and raised that exception again.
- GONE, LEFT: the client went before or after the head was sent. QUIET: the app returned after that.
- OVER: the app returned or failed, and owes nothing. JUDGED, which is not drawn: a breach was found, and what follows
  from it is part of it.

A box is a state and an arrow is a legal step. Red lines in a box are what breaks a rule there.
*Anything sent* stands for every event by which the app sends something. The
[tables below](#every-state-and-event) say the same in text.
"""

LEVELS = """\
## Levels

| level | what a finding does |
|---|---|
| breach | fails the test |
| practice | is shown as a warning |
| off | is not judged unless the rule is selected: `--oneresponse-select=RULE` |
"""

ORDER = """\
## One cause, one finding

- A lost response and, because of it, no response or a framework's 500: `orphan-response` alone.
- Data or an end after the end, with no new head: `write-after-end`. With a new head: `second-response`.
- An app that returned unfinished, and a task that then sends: `late-send` alone.
- A second response that the framework refuses by raising: `second-response`, not `error-after-start`.
- What follows from a finding in the same exchange is part of it: the excess bytes of a second response, its second end.
"""

LEGAL = """\
## Legal, though it looks odd

None of these is a finding.

- WSGI: a generator that calls `start_response` at its first `next()`; exc_info before any byte was sent, also in the
  first call and after an empty chunk; `write()` and then an iterable; an empty iterable; an iterable without `close`;
  a file wrapper.
- ASGI: `more_body`, `body` or `headers` left out; empty chunks; extra keys; header pairs that are lists; sends from
  another task while the app has not returned; `receive()` after the end; sending after the client went, whether it
  does nothing or raises OSError; no end after the client went; 100 and 103 before the start, in any number; a denial
  response in place of a WebSocket accept.
- HEAD with a Content-Length and no body; 304 with Content-Length and ETag; a relative Location; no Content-Type.
- A background task that runs after the final body: only what it *sends* is judged.
- An error page that the server's own middleware sends before it raises the same exception again for the log, as
  Starlette's ServerErrorMiddleware does.
- Starlette's `BaseHTTPMiddleware`: an extra empty final body; an inner response that is read and replaced. Only the
  outermost send is judged.
- A middleware, `after_request` or exception handler that replaces or changes a response before the start: the response
  came back by the framework's own return path, so it is replaced and not lost.
- Werkzeug, WebOb and Bottle exceptions that *are* responses: raised, returned or called as a WSGI app, they are used.
- A client that closes early: closing the iterable is not an error of the app.
"""

BLAME = """\
## Which line is blamed

A finding names one line (`-->`), and a second one (`:::`) where two events are told against each other. Both are in
your own code wherever your code had a part in it.

1. The nearest frame of your code at the moment of the event: a file below pytest's root directory that is not in an
   installed package.
2. Frameworks send after the view has returned. Then it is the line where the response object was built, or the line
   on which the view returned.
3. The two lines differ. Where both events lead to the same innermost line (a helper, a loop), both stacks are walked
   outward to the first frames that differ.
4. Where your line is the same all the way, the package that made the second call is named, with your line beside it.
   So too where none of your code is on the stack. An app that is entirely installed counts as your code.
5. Across tasks and threads the request is followed by its context, not by the stack.
6. An exception is blamed on its innermost frame in your code, searched through its causes, its context and the members
   of exception groups.
"""

OBJECTS = """\
A rule marked *objects* is about the framework's own response and exception objects, whatever the server gets to see: a
response that was built and lost, a status set on an object that was sent already. These rules know the objects of Flask and
Werkzeug, Django, Django REST framework, Starlette, FastAPI and WebOb, and look at what your own functions do with them.
"""


def main(arguments: list[str]) -> int:
    """Write the files, or check them; the exit status."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = []
    for path, text in documents().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if arguments:
            stale.append(path)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    for path in stale:
        state = "differs from its source" if path.exists() else "is missing"
        print(f"{path.name} {state}: run python docs/generate.py", file=sys.stderr)
    return 1 if stale else 0


def documents() -> dict[Path, str]:
    """Every generated file and its text."""
    return {
        DOCS / "contract.md": contract_page(),
        DOCS / "states.svg": states_svg(),
        DOCS / "options.md": options_page(),
        README: readme(),
    }


# ------------------------------------------------------------------------------------------------ the page


def contract_page() -> str:
    """The reference as Markdown."""
    parts = [INTRO, LIFE, LEVELS, interfaces_section(), "## Rules\n", *(group_section(group) for group in GROUPS)]
    return "\n".join((*parts, ORDER, LEGAL, BLAME, tables_section()))


def interfaces_section() -> str:
    lines = ["## Which interface can break which rule", "", "| interface | what it is | rules |", "|---|---|---|"]
    for key, meaning in INTERFACES.items():
        links = ", ".join(link(rule) for rule in RULES.values() if key in rule.interfaces)
        lines.append(f"| {key} | {meaning} | {links} |")
    return "\n".join((*lines, "", OBJECTS))


def link(rule: Rule) -> str:
    return f"[{rule.name}](#{rule.name})"


def group_section(group: str) -> str:
    rules = [rule for rule in RULES.values() if rule.group == group]
    lines = [f"### {group}", "", "| rule | level | what breaks it |", "|---|---|---|"]
    lines += [f"| {link(rule)} | {rule.level} | {rule.sentence} |" for rule in rules]
    return "\n".join((*lines, "", *(rule_section(rule) for rule in rules)))


def rule_section(rule: Rule) -> str:
    level = f"{rule.level}; {rule.cases}" if rule.cases else f"{rule.level}"
    places = f"*{rule.where}*" + (f"; beside it: *{rule.also}*" if rule.also else "")
    return "\n".join(
        (
            f"#### {rule.name}",
            "",
            rule.sentence,
            "",
            f"- **Level:** {level}",
            f"- **Interfaces:** {', '.join(rule.interfaces)}",
            f"- **What goes wrong:** {rule.why}",
            f"- **Way out:** {rule.mend}",
            f"- **Lines named:** {places}",
            f"- **Source:** {rule.source}",
            "",
        )
    )


def tables_section() -> str:
    lines = [
        "## Every state and event",
        "",
        "From the machine's own tables. A rule's name stands where it is broken.",
        "",
    ]
    for protocol, table in TABLES.items():
        lines += [
            f"### {TITLES.get(protocol, protocol)}",
            "",
            "| state | moves on | stays | breaks a rule |",
            "|---|---|---|---|",
        ]
        lines += [row(state) for state in states_of(protocol, table).values()]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def row(state: State) -> str:
    moves = "; ".join(f"{events} → {target}" for target, events in state.moves.items())
    breaks = "; ".join(f"{link(RULES[rule])}: {events}" for rule, events in state.breaks.items())
    return f"| {state.name} | {moves} | {state.stays} | {breaks} |"


# ------------------------------------------------------------------------------------------------ the tables, read


@dataclass(frozen=True)
class State:
    """One state of a table in words: events grouped by where they lead."""

    name: str
    moves: dict[str, str] = field(default_factory=dict)
    """The next state, and the events that lead to it."""
    stays: str = ""
    breaks: dict[str, str] = field(default_factory=dict)
    """The rule, and the events that break it."""


def states_of(protocol: str, table: Table) -> dict[str, State]:
    """Every state of one table, in the table's order."""
    sending = {event for events in table.values() for event in events if event not in NOT_SENT}
    found: dict[str, State] = {}
    for name, events in table.items():
        moves: dict[str, list[str]] = {}
        breaks: dict[str, list[str]] = {}
        for event, entry in events.items():
            if isinstance(entry, str):
                moves.setdefault(entry, []).append(event)
            else:
                level = f" ({entry[2]})" if len(entry) == 3 else ""
                breaks.setdefault(entry[0], []).append(event + level)
        stays = [event for event in moves.pop(name, []) if event != "over"]
        found[name] = State(
            name,
            {target: phrase(group, sending) for target, group in moves.items()},
            phrase(stays, sending),
            {rule: phrase(group, sending) for rule, group in breaks.items()},
        )
    return found


def phrase(events: Iterable[str], sending: set[str]) -> str:
    """Events as a list in words, all that the app can send as two."""
    left = list(events)
    if sending <= set(left):
        left = ["anything sent", *(event for event in left if event not in sending)]
    return ", ".join(left)


# ------------------------------------------------------------------------------------------------ the options

OPTIONS_INTRO = """\
# Options

<!-- Written by docs/generate.py from pytest_oneresponse/options.py; edit that and run it again. -->

A flag on the command line goes before the key of the same name in the ini file (`pytest.ini`, `pyproject.toml` or what
else pytest reads), and that before the default.
"""

OPTIONS_NOTES = """\
- `RULE` is a name from [the contract](contract.md), `ROUTE` a method and a template as the report has them:
  `--oneresponse-ignore="error-after-start@GET /orders.csv"`.
- A rule, an app or a path that is wrong ends the run with a sentence that says what is right, or fails its own item and
  lets the others run.
"""

README_MARKS = ("<!-- options -->\n", "<!-- end of options -->")


def options_page() -> str:
    """All options as Markdown."""
    lines = ["| flag | ini key | marker | default | meaning |", "|---|---|---|---|---|"]
    for option in OPTIONS:
        ini = f"`{option.key}` ({INI_KINDS.get(option.kind, 'text')})" if option.ini else ""
        mark = f"`{option.name}`" if option.marker else ""
        lines.append(
            f"| {flag(option)} | {ini} | {mark} | {default(option)} | {option.help.replace('|', chr(92) + '|')} |"
        )
    keys = ", ".join(f"`{key}`" for key in MARKER_KEYS)
    marker = f"The marker `@pytest.mark.oneresponse(...)` takes {keys}: [how](usage.md#the-marker).\n"
    return "\n".join((OPTIONS_INTRO, *lines, "", OPTIONS_NOTES, marker))


INI_KINDS = {"bool": "true or false", "list": "one a line, or a list", "int": "number", "float": "number"}


def flag(option: Option) -> str:
    given = f"={option.metavar}".replace("|", "\\|") if option.metavar else ""
    off = f", `{option.flag.replace('--', '--no-')}`" if option.kind == "bool" else ""
    return f"`{option.flag}{given}`{off}"


def default(option: Option) -> str:
    if option.kind in ("int", "float"):
        return f"{option.default:g}"
    return "off" if option.kind == "bool" else str(option.default or "") if option.kind == "str" else ""


def readme() -> str:
    """README.md with the table of options as it is now."""
    text = README.read_text(encoding="utf-8")
    before, start, rest = text.partition(README_MARKS[0])
    _, end, after = rest.partition(README_MARKS[1])
    if not (start and end):
        raise ValueError(f"{README} has lost its marks {README_MARKS}")
    lines = ["| flag | default | meaning |", "|---|---|---|"]
    lines += [f"| {flag(option)} | {default(option)} | {option.help} |" for option in OPTIONS]
    return "\n".join((before + start.rstrip("\n"), "", *lines, "", end + after))


# ------------------------------------------------------------------------------------------------ the picture

WIDTH, GAP_X, GAP_Y, LINE, MARGIN = 236, 34, 84, 14, 24
COLUMNS = 40
"""Characters of small text that fit a box."""

STYLE = """\
text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',Arial,sans-serif;font-size:10.5px;fill:#1f2328}
.paper{fill:#ffffff}.title{font-size:17px;font-weight:600}.name{font-size:13px;font-weight:600}
.box{fill:#eef4fb;stroke:#4a78b0;stroke-width:1.2}.first{fill:#dff1e3;stroke:#2f8046;stroke-width:2}
.end{fill:#f3f3f4;stroke:#8a8f98}.stays{fill:#57606a}.breaks{fill:#b3261e}
.arrow{fill:none;stroke:#5b6470;stroke-width:1.3}.label{font-size:10.5px;fill:#24405f}.back{fill:#ffffff}"""


@dataclass
class Box:
    """A state, or the passage of a long arrow between states, at a place of the picture; x is its centre."""

    layer: int
    lines: list[tuple[str, str]] = field(default_factory=list)
    """Text and its style class."""
    real: bool = True
    x: float = 0.0
    y: float = 0.0
    height: float = 0.0

    @property
    def width(self) -> float:
        return WIDTH if self.real else 30


def states_svg() -> str:
    """All tables as one picture, one below the other."""
    panels = []
    top, width = float(MARGIN), 0.0
    for protocol, table in TABLES.items():
        body, panel_width, panel_height = panel(protocol, table)
        panels.append(f'<g transform="translate({MARGIN} {top:.0f})">\n{body}\n</g>')
        top += panel_height + 40
        width = max(width, panel_width)
    width += 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {top:.0f}" width="{width:.0f}" '
        f'height="{top:.0f}" role="img" aria-label="States of an exchange">\n<style>{STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#5b6470"/></marker></defs>\n'
        f'<rect class="paper" width="{width:.0f}" height="{top:.0f}"/>\n' + "\n".join(panels) + "\n</svg>\n"
    )


def panel(protocol: str, table: Table) -> tuple[str, float, float]:
    """One table's drawing, its width and its height."""
    states = {name: state for name, state in states_of(protocol, table).items() if name != "JUDGED"}
    edges = [(name, target, text) for name, state in states.items() for target, text in state.moves.items()]
    layers = layers_of(FIRST[protocol], table, edges, list(states))
    boxes = {name: Box(layers[name], box_lines(state)) for name, state in states.items()}
    for item in boxes.values():
        item.height = 16 + LINE * len(item.lines)
    routes = routes_of(edges, boxes)
    width, height = place(boxes, routes)
    drawn = [f'<text class="title" x="0" y="14">{escape(TITLES.get(protocol, protocol))}</text>']
    paths = curves(routes, boxes)
    drawn += [arrow(path) for path in paths]
    drawn += [box(item, name == FIRST[protocol], not states[name].moves) for name, item in boxes.items() if item.real]
    drawn += labels([(path[0], text) for path, (_, text) in zip(paths, routes, strict=True)])
    return "\n".join(drawn), width, height


def box_lines(state: State) -> list[tuple[str, str]]:
    lines = [(state.name, "name")]
    if state.stays:
        lines += [(line, "stays") for line in wrap(f"stays: {state.stays}", COLUMNS, subsequent_indent="  ")]
    for rule, events in state.breaks.items():
        lines += [(line, "breaks") for line in wrap(f"{rule}: {events}", COLUMNS, subsequent_indent="  ")]
    return lines


def layers_of(first: str, table: Table, edges: list[tuple[str, str, str]], names: list[str]) -> dict[str, int]:
    """How far below the first state each one stands: the longest way of legal steps, else of steps of any kind."""
    layers = {first: 0}
    steps = [(origin, target) for origin, target, _ in edges]
    for _ in names:  # the tables hold no cycle but the step from a state to itself; the bound guards against one
        for origin, target in steps:
            if origin in layers:
                layers[target] = max(layers.get(target, 0), min(layers[origin] + 1, len(names)))
    for name in names:
        if name not in layers:
            entered = [layers[origin] for origin in names if origin in layers and enters(table, origin, name)]
            layers[name] = min(entered, default=0) + 1
    return layers


def enters(table: Table, origin: str, target: str) -> bool:
    return any(entry[1] == target for entry in table[origin].values() if not isinstance(entry, str))


def routes_of(edges: list[tuple[str, str, str]], boxes: dict[str, Box]) -> list[tuple[list[str], str]]:
    """Every arrow as the boxes it passes; an arrow over several layers gets a passage through each."""
    routes = []
    for origin, target, text in edges:
        route = [origin]
        for layer in range(boxes[origin].layer + 1, boxes[target].layer):
            passage = f"{origin}>{target}>{layer}"
            boxes[passage] = Box(layer, real=False)
            route.append(passage)
        routes.append(([*route, target], text))
    return routes


def place(boxes: dict[str, Box], routes: list[tuple[list[str], str]]) -> tuple[float, float]:
    """Give every box its place; the width and height of all."""
    rows: dict[int, list[str]] = {}
    for name, item in boxes.items():
        rows.setdefault(item.layer, []).append(name)
    order = [rows[layer] for layer in sorted(rows)]
    links: dict[str, list[str]] = {name: [] for name in boxes}
    for route, _ in routes:
        for one, other in pairwise(route):
            links[one].append(other)
            links[other].append(one)
    for _ in range(12):
        for line in (*order, *reversed(order)):
            align(line, boxes, links)
    left = min(item.x - item.width / 2 for item in boxes.values())
    y = 40.0
    for line in order:
        tall = max(boxes[name].height for name in line)
        for name in line:
            boxes[name].x -= left
            boxes[name].y = y
            if not boxes[name].real:
                boxes[name].height = tall
        y += tall + GAP_Y
    return max(item.x + item.width / 2 for item in boxes.values()), y - GAP_Y


def align(line: list[str], boxes: dict[str, Box], links: Mapping[str, list[str]]) -> None:
    """Move the boxes of one row toward what they are linked with, in that order and without overlap."""
    wanted = {}
    for name in line:
        near = [boxes[other].x for other in links[name]]
        wanted[name] = sum(near) / len(near) if near else boxes[name].x
    line.sort(key=lambda name: wanted[name])
    x = -1e9
    for name in line:
        half = boxes[name].width / 2
        boxes[name].x = max(wanted[name], x + half)
        x = boxes[name].x + half + GAP_X
    shift = sum(wanted[name] - boxes[name].x for name in line) / len(line)
    for name in line:
        boxes[name].x += shift


Curve = tuple[tuple[float, float], tuple[float, float]]
"""From a point on the lower edge of a box to a point on the upper edge of another."""


def curves(routes: list[tuple[list[str], str]], boxes: dict[str, Box]) -> list[list[Curve]]:
    """Every arrow as curves; arrows that share a box leave and reach it side by side."""
    leaving: dict[str, list[str]] = {}
    arriving: dict[str, list[str]] = {}
    for route, _ in routes:
        for one, other in pairwise(route):
            leaving.setdefault(one, []).append(other)
            arriving.setdefault(other, []).append(one)
    found = []
    for route, _ in routes:
        path = []
        for one, other in pairwise(route):
            upper, lower = boxes[one], boxes[other]
            start = (port(upper, other, leaving[one], boxes), upper.y + upper.height)
            path.append((start, (port(lower, one, arriving[other], boxes), lower.y)))
        found.append(path)
    return found


def port(item: Box, other: str, others: list[str], boxes: dict[str, Box]) -> float:
    """Where on a box the arrow from or to `other` has its end: in the order in which the others stand."""
    place = sorted(others, key=lambda name: boxes[name].x).index(other)
    return item.x + item.width * 0.8 * ((place + 0.5) / len(others) - 0.5)


def arrow(path: list[Curve]) -> str:
    drawn = ""
    for (x, y), (to_x, to_y) in path:
        middle = (y + to_y) / 2
        drawn += (
            f"{'L' if drawn else 'M'}{x:.0f} {y:.0f}C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
        )
    return f'<path class="arrow" d="{drawn}" marker-end="url(#tip)"/>'


def box(item: Box, first: bool, last: bool) -> str:
    style = "first" if first else "end" if last else ""
    left = item.x - item.width / 2
    drawn = (
        f'<rect class="box {style}" x="{left:.0f}" y="{item.y:.0f}" width="{item.width:.0f}" '
        f'height="{item.height:.0f}" rx="6"/>'
    )
    for number, (text, kind) in enumerate(item.lines):
        indent = 8 if text.startswith("  ") else 0
        y = item.y + 17 + LINE * number
        drawn += f'\n<text class="{kind}" x="{left + 9 + indent:.0f}" y="{y:.0f}">{escape(text.strip())}</text>'
    return drawn


def labels(texts: list[tuple[Curve, str]]) -> list[str]:
    """The events of every arrow, on its first curve, where no other label stands."""
    taken: list[tuple[float, float, float]] = []
    drawn = []
    for curve, text in texts:
        half = len(text) * 2.9 + 3
        spots = [(*along(curve, part), half) for part in (0.5, 0.36, 0.64, 0.24, 0.76)]
        spot = next((one for one in spots if not any(overlap(one, other) for other in taken)), spots[0])
        taken.append(spot)
        x, y, _ = spot
        drawn.append(
            f'<rect class="back" x="{x - half:.0f}" y="{y - 8:.0f}" width="{2 * half:.0f}" height="15"/>'
            f'<text class="label" x="{x:.0f}" y="{y + 3:.0f}" text-anchor="middle">{escape(text)}</text>'
        )
    return drawn


def along(curve: Curve, part: float) -> tuple[float, float]:
    """The point of a curve at `part` of its way."""
    (x, y), (to_x, to_y) = curve
    eased = 3 * part * part - 2 * part**3
    middle = (y + to_y) / 2
    rest = 1 - part
    return x + (to_x - x) * eased, rest**3 * y + 3 * rest * part * middle + part**3 * to_y


def overlap(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    return abs(one[0] - other[0]) < one[2] + other[2] + 2 and abs(one[1] - other[1]) < 16


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

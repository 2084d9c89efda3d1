"""The table of planted bugs, read from the marks in the apps themselves.

A line, or a statement of several, ends in `# where: RULE` or `# also: RULE` where a finding has to name it; marks stand
between commas, and several lines with the same mark are all right. A mark belongs to the top-level function or class
around it, which is a handler or an app of its own, or to the one that `for NAME` says; `on INTERFACE` limits it to
"wsgi" or "asgi".
What has no mark must be silent.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

APPS = Path(__file__).with_name("apps")
FAULTY = Path(__file__).with_name("faulty")
"""Apps that are right until a call of theirs fails."""
_MARK = re.compile(r"\b(where|also): ([a-z-]+)(?: for (\w+))?(?: on (wsgi|asgi))?")


class Marked(NamedTuple):
    """The lines that a finding of one rule may name, counted from 1; none where it need not name any."""

    where: tuple[int, ...] = ()
    also: tuple[int, ...] = ()


@dataclass
class Module:
    """One file of apps. `bugs`: {owner: {rule: Marked}}."""

    file: Path
    interface: str
    bugs: dict[str, dict[str, Marked]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def framework(self) -> str:
        """The module that it cannot do without; empty for a bare app."""
        first = self.name.partition("_")[0]
        return "" if first in ("wsgi", "asgi") else first

    def __str__(self) -> str:
        return f"{self.name}-{self.interface}" if self.framework == "django" else self.name


def modules(folder: Path = APPS) -> list[Module]:
    """All files of apps, Django's once for each of its interfaces."""
    files = sorted(folder.glob("*.py"))
    return [Module(file, kind, _bugs(file, kind)) for file in files for kind in _interfaces(file.stem)]


def _interfaces(name: str) -> tuple[str, ...]:
    first, _, rest = name.partition("_")
    if first == "django":
        return (rest,) if rest in ("wsgi", "asgi") else ("wsgi", "asgi")
    return ("wsgi",) if first in ("wsgi", "flask", "webob") else ("asgi",)


def _bugs(file: Path, interface: str) -> dict[str, dict[str, Marked]]:
    lines: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for numbers, kind, rule, owner, on in _marks(file.read_text(encoding="utf-8")):
        if on in ("", interface):
            lines[owner, rule, kind] += numbers
    bugs: dict[str, dict[str, Marked]] = {}
    for owner, rule, _ in lines:
        where, also = lines.get((owner, rule, "where"), []), lines.get((owner, rule, "also"), [])
        bugs.setdefault(owner, {})[rule] = Marked(tuple(where), tuple(also))
    return bugs


def _marks(source: str) -> Iterator[tuple[range, str, str, str, str]]:
    """Each mark: the lines of its statement, "where" or "also", the rule, its owner, its interface."""
    tree = ast.parse(source)
    spans = [(_first_line(node), node.end_lineno or 0, node.name) for node in tree.body if isinstance(node, _NAMED)]
    simple = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body")]
    for number, line in enumerate(source.splitlines(), 1):
        _, hash_sign, comment = line.partition("  # ")
        for kind, rule, owner, on in _MARK.findall(comment if hash_sign else ""):
            around = next((name for first, last, name in spans if first <= number <= last), "")
            lines = next((_lines(node) for node in simple if number in _lines(node)), range(number, number + 1))
            yield lines, kind, rule, owner or around, on


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)

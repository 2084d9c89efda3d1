"""Which apps a folder's modules make, read without importing them: for those who have named none."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_MADE = re.compile(
    r"^(?P<name>\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)*"
    r"(?:Flask|FastAPI|Starlette|Litestar|APIFlask|OpenAPI|get_wsgi_application|get_asgi_application)\(",
    re.MULTILINE,
)
_MOST_FILES = 300
_DEEPEST = 3
_NO_CODE = frozenset(("site-packages", "node_modules", "tests", "test", "venv", "env", "build", "dist", "__pycache__"))


def apps_in(folder: Path) -> list[str]:
    """Each app that a module below the folder makes at its top level, as "MODULE:ATTR", the nearest first."""
    found = []
    for path in _modules(folder):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        below = path.relative_to(folder).with_suffix("").parts
        module = ".".join(below[:-1] if below[-1] == "__init__" else below)
        found += [f"{module}:{match['name']}" for match in _MADE.finditer(text) if module]
    return found


def _modules(folder: Path) -> Iterator[Path]:
    """The modules of a folder, of its packages and of their packages."""
    looked_at = 0
    level = [folder]
    for _ in range(_DEEPEST):
        below: list[Path] = []
        for one in level:
            for entry in _sorted(one):
                if entry.is_dir() and entry.name.isidentifier() and entry.name not in _NO_CODE:
                    below.append(Path(entry))
                elif entry.name.endswith(".py") and entry.name[:-3].isidentifier() and looked_at < _MOST_FILES:
                    looked_at += 1
                    yield Path(entry)
        level = below


def _sorted(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []

"""What docs/ says is so: the examples of usage.md and failing.md run, the generated pages are current, no link is dead."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

import pytest_oneresponse
from pytest_oneresponse.frameworks import Framework

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS = {"Django and its database": ("django", "pytest_django"), "Several cores": ("fastapi", "xdist")}
PLUGINS = {"Django and its database": "pytest_django.plugin", "Several cores": "xdist.plugin"}


class Section(NamedTuple):
    """A part of a page. `files`: their texts by name. `runs`: a command, and what its output has, line by line."""

    title: str
    files: dict[str, str]
    runs: list[tuple[str, list[str]]]


def sections(page: str) -> Iterator[Section]:
    """The parts of a page below its headings, what stands above the first of them included."""
    for part in re.split(r"^## ", page, flags=re.MULTILINE):
        section = Section(part.partition("\n")[0], {}, [])
        for language, text in BLOCK.findall(part):
            if language == "console":
                for line in text.splitlines():
                    if line.startswith("$ "):
                        section.runs.append((line[2:], []))
                    else:
                        section.runs[-1][1].append(line)
            else:
                name, _, body = text.partition("\n")
                section.files[name.removeprefix("# ")] = body
        yield section


OPENING, *SECTIONS = sections((DOCS / "usage.md").read_text(encoding="utf-8"))
FAILING, *FAILURES = sections((DOCS / "failing.md").read_text(encoding="utf-8"))


def run(command: str, folder: Path, plugin: str = "") -> str:
    """The output of a pytest command, in an environment that has the plugin and no other but the one named."""
    program, *arguments = shlex.split(command)
    assert program == "pytest"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_CORE"))}
    # in front of the folders of an installation, as it may not be installed
    environment["PYTHONPATH"] = str(Path(pytest_oneresponse.__file__).parents[1])
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}
    plugins = ["-p", "pytest_oneresponse.plugin", "-p", "no:cacheprovider", *(["-p", plugin] if plugin else [])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.stdout + done.stderr


def test_every_example_is_found() -> None:
    assert set(OPENING.files) == {"shop.py"}
    assert [section.title for section in SECTIONS if not section.runs] == []
    assert set(NEEDS) <= {section.title for section in SECTIONS}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_examples_do_what_is_said(section: Section, tmp_path: Path) -> None:
    for module in NEEDS.get(section.title, ("fastapi",)):
        pytest.importorskip(module)
    check(section if "mysite.py" in section.files else section._replace(files=OPENING.files | section.files), tmp_path)


@pytest.mark.parametrize("section", [one for one in FAILURES if one.runs], ids=lambda section: section.title)
def test_failures_show_what_is_said(section: Section, tmp_path: Path) -> None:
    pytest.importorskip("flask")
    check(section._replace(files=FAILING.files | section.files), tmp_path)


def check(section: Section, tmp_path: Path) -> None:
    files = section.files
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    if not any(name.endswith((".ini", ".toml")) for name in files):
        (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for command, expected in section.runs:
        output = run(command, tmp_path, PLUGINS.get(section.title, ""))
        at = 0
        for line in expected:
            found = output.find(line, at)
            assert found >= 0, f"$ {command}\n{line!r} is not in\n{output}"
            at = found + len(line)


def test_the_framework_file_lists_the_routes_of_its_framework() -> None:
    (page,) = sections((DOCS / "writing-a-framework-file.md").read_text(encoding="utf-8"))
    module: dict[str, Any] = {}
    exec(page.files["oneresponse.py"], module)
    app = SimpleNamespace(table={("GET", "/orders"): print, ("DELETE", "/orders/:number"): print})
    listed = module["routes"](app)
    assert [route.name for route in listed] == ["GET /orders", "DELETE /orders/:number"]
    assert listed[1].path({"number": "7"}) == "/orders/7"
    names = {name for name in module if not name.startswith("_")} - {"Any", "Parameter", "Route"}
    assert names == set(Framework.__annotations__) | {"routes", "hosts"}


def generator() -> object:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module  # where its dataclasses look for it
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["generate"]
    return module


def test_the_generated_pages_are_current() -> None:
    for path, text in generator().documents().items():  # type: ignore[attr-defined]
        assert path.read_text(encoding="utf-8") == text, f"run python docs/generate.py: {path.name}"


PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        aim = page.parent / file if file else page
        assert aim.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(aim), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}

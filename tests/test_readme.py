"""README.md shows what really comes out. `python tests/test_readme.py` writes today's output into it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

import pytest_oneresponse

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VIEW, ASKING = (text for language, text in BLOCK.findall(TEXT) if language == "python")
EARNED, TRIED, TESTED = (text for language, text in BLOCK.findall(TEXT) if language == "console")
(OF_MCP,) = (text for language, text in BLOCK.findall(TEXT) if language == "text")


def run(command: str, folder: Path) -> tuple[int, str]:
    """The exit status and the output of a pytest command, with this plugin alone."""
    words = shlex.split(command)
    arguments = words[1:] if words[0] == "pytest" else words[words.index("pytest") + 1 :]
    apart = ("PYTEST", "COV_CORE", "CI", "BUILD_NUMBER")  # in CI pytest does not cut the lines of its summary
    environment = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    environment["PYTHONPATH"] = str(Path(pytest_oneresponse.__file__).parents[1])  # it may not be installed
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_oneresponse.plugin", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def shown(output: str) -> str:
    """What README.md shows of an output: without the lines on this machine."""
    return "".join(line for line in output.splitlines(keepends=True) if not re.match(r"platform |rootdir: ", line))


def steady(output: str) -> str:
    """The same without what changes from run to run: timings, the rules drawn around them, the number of requests."""
    for changing, fixed in ((r"in \d+\.\d+s", "in N s"), (r"[=_]{3,}", "==="), (r"\d+ requests", "N requests")):
        output = re.sub(changing, fixed, output)
    return output.strip()


def orders(folder: Path) -> str:
    (folder / "orders.py").write_text(VIEW, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    status, output = run(EARNED.splitlines()[0].removeprefix("$ "), folder)
    assert status == 1
    return "".join(line for line in shown(output).splitlines(keepends=True) if "configfile:" not in line)


def blocks_of(output: str) -> Iterator[str]:
    """The findings in an output, each as its block of lines."""
    for found in re.split(r"^_+ .* _+$\n", output, flags=re.MULTILINE)[1:]:
        yield re.split(r"^=", found, maxsplit=1, flags=re.MULTILINE)[0]


def of_mcp() -> tuple[str, str]:
    """The finding in mcp, and the whole output."""
    status, output = run(TRIED.partition("&& cd demo &&")[2].strip(), ROOT / "demo")
    assert status == 1, output
    (found,) = (block for block in blocks_of(output) if block.startswith("second-response GET /sse"))
    return found, output


def test_the_view_earns_what_is_shown(tmp_path: Path) -> None:
    pytest.importorskip("flask")
    assert steady(orders(tmp_path)) == steady(EARNED.partition("\n")[2])


def test_the_tests_that_ask_pass(tmp_path: Path) -> None:
    pytest.importorskip("flask")
    (tmp_path / "orders.py").write_text(VIEW, encoding="utf-8")
    (tmp_path / "test_orders.py").write_text(ASKING, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    status, output = run("pytest", tmp_path)
    assert status == 0, output


def test_the_demonstration_finds_what_is_said() -> None:
    pytest.importorskip("mcp")
    found, output = of_mcp()
    assert steady(found) == steady(OF_MCP)
    assert re.search(r"--> mcp/server/mcpserver/server\.py:\d+:\d+ \(in package mcp\)", found)
    assert "return Response()" in found
    ours = [block for block in blocks_of(output) if "--> shop.py:" in block]
    assert sorted(block.partition(":")[0] for block in ours) == [
        "body-not-allowed DELETE /orders",
        "length-mismatch GET /hello/{name}",
        "orphan-response GET /account",
        "second-response GET /orders.csv",
    ]


def test_the_commands_name_what_there_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert list(project["optional-dependencies"]) == ["demo"]
    assert re.findall(r'install "\.\[(\w+)\]"', TRIED) == ["demo"]
    for app in re.findall(r"--oneresponse-app=(\w+):app", TRIED):
        assert (ROOT / "demo" / f"{app}.py").is_file()
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    assert "py311" in tox["tox"]["env_list"]
    assert TESTED.strip() == "python -m pip install tox tox-uv && tox run-parallel"


def rewrite() -> None:
    """Put today's outputs in place of those shown. Needs Flask, and mcp in the release that the extra `demo` names."""
    with tempfile.TemporaryDirectory() as folder:
        command = EARNED.splitlines()[0]
        earned = f"{command}\n{orders(Path(folder))}"
    README.write_text(TEXT.replace(EARNED, earned).replace(OF_MCP, of_mcp()[0]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()

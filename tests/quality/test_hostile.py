"""Handlers that do terrible things when a call of theirs fails: the run ends, and all the other routes are judged."""

from __future__ import annotations

from pathlib import Path

import pytest

HOSTILE = Path(__file__).with_name("hostile.py")
CONFTEST = """
import pytest
import hostile

@pytest.fixture(autouse=True)
def put_right():
    yield
    hostile.restore()
"""


@pytest.mark.parametrize("interface", ["WSGI", "ASGI"])
def test_the_run_ends_whatever_handlers_do(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, interface: str
) -> None:
    """In a process of its own: what they leave behind is not this one's."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(hostile=HOSTILE.read_text(encoding="utf-8"), conftest=CONFTEST)
    found = [
        line.partition("def ")[2].partition("(")[0]
        for line in HOSTILE.read_text(encoding="utf-8").splitlines()
        if _is_of(line, interface)
    ]
    assert len(found) > 15
    apps = [f"--oneresponse-app=hostile:{name}" for name in found]
    result = pytester.runpytest_subprocess(
        "-p", "pytest_oneresponse.plugin", "--oneresponse", "--oneresponse-timeout=0.2", "-rA", *apps, timeout=200
    )
    lines = result.stdout.lines
    ended = [line for line in lines if line.startswith(("PASSED oneresponse::", "FAILED oneresponse::"))]
    assert len(ended) == len(found), "\n".join(lines[-40:])
    assert not any("INTERNALERROR" in line for line in lines)
    sane = f"hostile:sane_{interface.lower()}"
    assert any(line.startswith(f"FAILED oneresponse::{sane}::") and "second-response" in line for line in ended)


def _is_of(line: str, interface: str) -> bool:
    if interface == "WSGI":
        return line.startswith("def ") and line.endswith("(environ, start_response):")
    return line.startswith("async def ") and line.endswith("(scope, receive, send):")

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from pytest_oneresponse.report.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def reporter(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> TerminalReporter:
    """Pytest's own reporter, at the dots of a file, on a terminal of 40 cells."""
    for name in ("NO_COLOR", "PY_COLORS", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return make(pytestconfig, Terminal())


def make(
    pytestconfig: pytest.Config, stream: io.StringIO, *, capture: str = "fd", verbose: int = 0
) -> TerminalReporter:
    reporter = TerminalReporter(pytestconfig, stream)
    writer = reporter._tw
    writer.fullwidth = 40
    option = SimpleNamespace(**{**vars(pytestconfig.option), "capture": capture, "verbose": verbose})
    reporter.config = SimpleNamespace(  # type: ignore[assignment]
        option=option,
        get_terminal_writer=lambda: writer,
        getoption=lambda name, default=None: getattr(option, name, default),
    )
    writer.write("shop ..")
    return reporter


def written(reporter: TerminalReporter) -> str:
    stream: Any = reporter._tw._file
    text: str = stream.getvalue()
    return text.removeprefix("shop ..")


def test_a_route_is_shown_behind_the_cursor_and_wiped(reporter: TerminalReporter) -> None:
    progress = Progress(reporter)
    progress.show("GET", "/a/{id}")
    assert written(reporter) == "\x1b7\x1b[K\x1b[2m GET /a/{id}\x1b[0m\x1b8"
    progress.wipe()
    assert written(reporter) == "\x1b7\x1b[K\x1b[2m GET /a/{id}\x1b[0m\x1b8\x1b[K"
    progress.wipe()
    assert written(reporter).count("\x1b[K") == 2


def test_pytest_still_knows_where_its_line_ends(reporter: TerminalReporter) -> None:
    Progress(reporter).show("GET", "/a")
    assert reporter._tw.width_of_current_line == len("shop ..")


def test_a_long_route_leaves_room_for_the_percentage(reporter: TerminalReporter) -> None:
    Progress(reporter).show("GET", "/companies/{id}/members/{member}")
    # 40 cells: 7 written, 7 of " [100%]", 1 at the end
    assert written(reporter) == "\x1b7\x1b[K\x1b[2m GET /companies/{id}/m...\x1b[0m\x1b8"
    assert len(" GET /companies/{id}/m...") == 40 - 7 - 7 - 1


def test_wide_characters_are_counted_twice(reporter: TerminalReporter) -> None:
    Progress(reporter).show("GET", "/日本日本日本日本")
    assert written(reporter) == "\x1b7\x1b[K\x1b[2m GET /日本日...\x1b[0m\x1b8"


def test_control_characters_are_not_obeyed(reporter: TerminalReporter) -> None:
    Progress(reporter).show("GET", "/a\x1b[2J\n")
    assert written(reporter) == "\x1b7\x1b[K\x1b[2m GET /a?[2J?\x1b[0m\x1b8"


def test_no_room_wipes_what_was_shown(reporter: TerminalReporter) -> None:
    progress = Progress(reporter)
    progress.show("GET", "/a")
    reporter._tw.write("." * 20)
    progress.show("GET", "/b")
    assert written(reporter).endswith(f"{'.' * 20}\x1b[K")


@pytest.mark.parametrize(
    ("stream", "values", "term"),
    [
        (io.StringIO(), {}, "xterm"),
        (Terminal(), {}, "dumb"),
        (Terminal(), {"verbose": 1}, "xterm"),
        (Terminal(), {"capture": "no"}, "xterm"),
    ],
    ids=["no terminal", "dumb terminal", "-v", "-s"],
)
@pytest.mark.usefixtures("reporter")
def test_nothing_is_written_otherwise(
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    stream: io.StringIO,
    values: dict[str, Any],
    term: str,
) -> None:
    monkeypatch.setenv("TERM", term)
    reporter = make(pytestconfig, stream, **values)
    progress = Progress(reporter)
    progress.show("GET", "/a")
    progress.wipe()
    assert written(reporter) == ""


def test_without_a_reporter_nothing_happens() -> None:
    progress = Progress(None)
    progress.show("GET", "/a")
    progress.wipe()

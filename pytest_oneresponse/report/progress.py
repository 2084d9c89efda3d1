"""Which route is being driven, shown behind pytest's dots on a terminal, and wiped again."""

from __future__ import annotations

from typing import Any, Protocol

SAVE, RESTORE, ERASE = "\x1b7", "\x1b8", "\x1b[K"
PERCENT = len(" [100%]")
"""Cells at the line's end that belong to pytest."""


class Writer(Protocol):
    """What is used of pytest's TerminalWriter."""

    hasmarkup: bool

    @property
    def fullwidth(self) -> int: ...
    @property
    def width_of_current_line(self) -> int: ...
    def markup(self, text: str, **markup: bool) -> str: ...
    def flush(self) -> None: ...


class Config(Protocol):
    """What is used of pytest's Config."""

    def get_terminal_writer(self) -> Any: ...
    def getoption(self, name: str, default: Any = ...) -> Any: ...


class Reporter(Protocol):
    """What is used of pytest's TerminalReporter."""

    @property
    def config(self) -> Config: ...
    @property
    def isatty(self) -> object: ...
    @property
    def verbosity(self) -> int: ...


class Progress:
    """Shows a route and wipes it; does nothing off a terminal, without colour, under -v and under -s.

    Both methods write to the terminal at once, so they are called where pytest captures nothing: from the hooks
    pytest_runtest_logstart (after pytest's own) and pytest_runtest_logreport (before it). Only pytest moves the cursor.
    """

    def __init__(self, reporter: Reporter | None) -> None:
        self._writer: Writer | None = None
        self._shown = False
        if reporter is None or not reporter.isatty or reporter.verbosity > 0:
            return
        writer: Writer = reporter.config.get_terminal_writer()
        if writer.hasmarkup and reporter.config.getoption("capture", "fd") != "no":
            self._writer = writer

    def show(self, method: str, template: str) -> None:
        """Show " METHOD /template" behind the cursor, as much of it as the line has room for."""
        if self._writer is None:
            return
        # a line that wraps would scroll the terminal, and the saved cursor would point at the wrong line;
        # each character may be two cells wide
        room = self._writer.fullwidth - self._writer.width_of_current_line - PERCENT - 1
        text = "".join(char if char.isprintable() else "?" for char in f" {method} {template}")
        if not text.isascii():
            room //= 2
        if room < len(f" {method} /"):
            self.wipe()
            return
        text = text if len(text) <= room else f"{text[: max(0, room - 3)]}..."
        _write(self._writer, f"{SAVE}{ERASE}{self._writer.markup(text, light=True)}{RESTORE}")
        self._shown = True

    def wipe(self) -> None:
        """Take away what is shown."""
        if self._writer is not None and self._shown:
            _write(self._writer, ERASE)
            self._shown = False


def _write(writer: Any, text: str) -> None:
    # never write(): that takes what it is given as part of pytest's own line, whose width it counts
    if hasattr(writer, "write_raw"):
        writer.write_raw(text)
    else:
        # pytest 8.4
        writer._file.write(text)
    writer.flush()

"""One failure, as it is planned, printed, kept and run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("call", "await", "step", "enter", "exit")
"""What fails: a call, an await, a step of an iteration, the entry and the exit of a `with`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A place of the user's code, the exception that it raises, and when.

    `file` as sites.Code.shown has it. `span`: the expression's first line and column, its last line and the column after
    it, as Python's syntax tree has them. `exception` is the class as "module.qualname". The place raises when it is
    passed for the `nth` time in the exchange, and, where `always`, every time after that.
    """

    kind: str
    file: str
    span: tuple[int, int, int, int]
    exception: str
    nth: int = 1
    always: bool = False

    @property
    def label(self) -> str:
        """The same in every run and on every machine."""
        often = "+" if self.always else ""
        return f"{self.kind} {self.file}:{':'.join(map(str, self.span))} {self.exception} {self.nth}{often}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """The inverse of `to_json`. Raises KeyError, TypeError and ValueError for what is none."""
        fault = cls(**{**data, "span": tuple(data["span"])})
        if fault.kind not in KINDS:
            raise ValueError(f"{fault.kind!r} is no kind of fault")
        return fault

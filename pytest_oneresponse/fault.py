"""One failure, as it is planned, printed, kept and run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("call", "await", "step", "enter", "exit", "upstream", "query")
"""What fails: a call, an await, a step of an iteration, the entry and the exit of a `with`; what another machine answers
to a line; a statement that a line sends to a database, whoever sends it for it."""

OF = ("exit", "query")
"""What counts on a line only where it is asked for by its name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A place of the user's code, the exception that it raises, and when.

    `file` as sites.Owners.shown has it. `span`: the expression's first line and column, its last line and the column after
    it, as Python's syntax tree has them; of an upstream and a query those of the line. `exception` is the class as
    "module.qualname", of an upstream the way in which it misbehaves (a key of replies.MISBEHAVIOURS). The place raises when it is
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

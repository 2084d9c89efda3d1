"""A docket for tests, which remembers every exchange that came and went."""

from __future__ import annotations

from typing import Any

from pytest_oneresponse.exchange import Docket, Exchange


class Kept(Docket):
    """`opened`, `closed` and `added`: the exchanges, in the order in which each of it happened; `names`: all of it in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Exchange] = []
        self.closed: list[Exchange] = []
        self.added: list[Exchange] = []
        self.names: list[str] = []
        self.unclosed = _Unclosed(self)

    def add(self, exchange: Exchange) -> None:
        self.added.append(exchange)
        self.names.append("add")


class _Unclosed(dict[int, Exchange]):
    def __init__(self, docket: Kept) -> None:
        super().__init__()
        self.docket = docket

    def __setitem__(self, key: int, exchange: Exchange) -> None:
        super().__setitem__(key, exchange)
        self.docket.opened.append(exchange)
        self.docket.names.append("opened")

    def pop(self, key: int, *default: Any) -> Any:
        if key in self:
            self.docket.closed.append(self[key])
            self.docket.names.append("closed")
        return super().pop(key, *default)

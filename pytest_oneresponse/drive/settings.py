"""How a route is to be driven, and what driving it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ..contract.finding import Ledger
from ..contract.request import Request
from ..explore.reached import Reached
from ..explore.trials import Trial
from ..faults.network import Network
from ..routes import Route


@dataclass(frozen=True)
class Settings:
    """How to drive. `reset` makes a context manager around each exchange, `prepare` changes each request to be sent."""

    requests: int = 100
    timeout: float = 5.0
    reset: Callable[[], AbstractContextManager[Any]] = nullcontext
    prepare: Callable[[Request], Request] = lambda request: request
    values: Mapping[str, Any] = field(default_factory=dict)
    replay: str = ""
    replay_command: str = ""
    """The command up to the ID."""
    test: str = ""
    seed: int = 0
    faults: str = "calls"
    """What may be made to fail: "calls", "upstream" or "none"."""
    network: bool = False
    """Whether the app may reach other machines."""
    searches: bool = True
    """Whether an exchange that is to be run again is searched for where it is not known."""
    failed: Mapping[str, Trial] = field(default_factory=dict)
    """Exchanges of this route that had findings before, by their IDs: they are tried first."""


@dataclass
class Driven:
    """What driving a route came to. `gave_up` says why it ended early, empty where it did not."""

    route: Route
    findings: Ledger = field(default_factory=Ledger)
    requests: int = 0
    injected: int = 0
    """Exchanges in which something was made to fail, beside the requests."""
    looked: int = 0
    """Exchanges that were run once more to see what may fail in them."""
    sites: int = 0
    """Places that may fail."""
    seconds: float = 0.0
    gave_up: str = ""
    cut_short: str = ""
    """Why not all trials were sent, where nothing is wrong."""
    network: Network = field(default_factory=Network)
    """What was asked of other machines."""
    shrinking: int = 0
    """How many were sent to find a finding's smallest request."""
    statuses: dict[int, int] = field(default_factory=dict)
    """How often each status answered a request of the route's own method; 0 where no answer came."""
    replayed: bool = False
    reached: Reached | None = None
    failed: dict[str, Trial] = field(default_factory=dict)
    """The exchanges that had findings, by their IDs."""

    @property
    def exchanges(self) -> int:
        """All of them."""
        return self.requests + self.looked + self.injected + self.shrinking

    @property
    def refused(self) -> bool:
        """Whether all answers to the route's own method were errors: nothing behind them has been seen."""
        return bool(self.statuses) and min(status or 500 for status in self.statuses) >= 400  # 0 where nothing came

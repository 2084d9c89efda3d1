"""What a route may have: so many requests and failures, and so much time."""

from __future__ import annotations

import time
from collections.abc import Iterable

from .producing import Producing
from .settings import Driven, Settings

TIME_LIMITS = 4
"""A route may take so many times the time limit of one exchange, and as much again for what is made to fail."""


_MOST_PATHS = 10


class Budget:
    """Reads what was spent; the clock runs from when it is made. What is spent on other routes does not count.

    An app without a router is one route: there each path that leads to a function of its own has as many requests.
    """

    def __init__(self, settings: Settings, driven: Driven, producing: Producing) -> None:
        self.settings = settings
        self.driven = driven
        self.producing = producing
        self.began = time.perf_counter()
        self.paths: set[str] = set()
        """The paths of a bare app that have led to a function which none before had led to."""
        self.functions: set[int] = set()

    def learn(self, path: str, functions: Iterable[int]) -> None:
        """Take in which functions ran, by the numbers of their first marks, when a bare app was asked for a path."""
        if not self.functions.issuperset(functions):
            self.functions.update(functions)
            self.paths.add(path)

    @property
    def requests(self) -> int:
        """The most that are sent, and as many again for what is made to fail."""
        return self.settings.requests * max(1, min(len(self.paths), _MOST_PATHS))

    def start_again(self) -> None:
        """The clock runs from here on."""
        self.began = time.perf_counter() - self.producing.seconds

    @property
    def seconds(self) -> float:
        """The most that the route may take."""
        return self.settings.timeout * TIME_LIMITS

    def is_late(self) -> bool:
        """Whether the route has had its time: a slow handler must not hold up all the others."""
        spent = time.perf_counter() - self.began - self.producing.seconds
        return spent >= self.seconds and bool(self.driven.requests)

    def is_over(self, needed: int = 1) -> bool:
        """Whether the route has had its requests, or its time."""
        ended = self.driven.gave_up or self.driven.cut_short or self.is_late()
        return bool(ended) or self.requests - self.driven.requests < needed

    def may_shrink(self) -> bool:
        """Whether there is room and time to look for a smaller request: as many again, so that findings cost no others."""
        return self.driven.shrinking < self.requests and not self.driven.gave_up and not self.is_late()

    def may_fail(self) -> bool:
        """Whether there is room and time for one more failure."""
        sent = self.driven.injected + self.driven.looked
        return sent < self.requests and not self.driven.gave_up and not self.is_late()

    def note(self) -> None:
        """Say of the route that it was stopped, where its time is over."""
        if self.is_late() and not self.driven.cut_short:
            self.driven.cut_short = f"slow: stopped after {self.seconds:g} s and {self.driven.requests} requests"

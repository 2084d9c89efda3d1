"""Starting what runs while the flag is on, or where a test has asked for the fixture."""

from __future__ import annotations

import pytest

from .collecting import Collecting
from .reporting import Reporting
from .state import State
from .testing import Testing

_KEY = pytest.StashKey[State]()


def start(config: pytest.Config, *, watching: bool) -> State:
    """The run's state, made once, its hooks registered. Raises pytest.UsageError for a wrong option."""
    if _KEY not in config.stash:
        config.stash[_KEY] = state = State(config, watching)
        for hooks in (Collecting(state), Testing(state), Reporting(state)):
            config.pluginmanager.register(hooks, f"oneresponse-{type(hooks).__name__.lower()}")
    return config.stash[_KEY]

"""pytest-oneresponse: every request gets exactly one complete response.

The public names are imported when they are first used, so that pytest's start does not pay for them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .contract.finding import Finding, Place
    from .contract.request import Request
    from .routes import Parameter, Route
    from .session.ask import OneResponse
    from .session.docket import BreachFailure, PracticeWarning

__all__ = [
    "BreachFailure",
    "Finding",
    "OneResponse",
    "Parameter",
    "Place",
    "PracticeWarning",
    "Request",
    "Route",
]

_HOMES = {
    "BreachFailure": ".session.docket",
    "Finding": ".contract.finding",
    "OneResponse": ".session.ask",
    "Parameter": ".routes",
    "Place": ".contract.finding",
    "PracticeWarning": ".session.docket",
    "Request": ".contract.request",
    "Route": ".routes",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(home, __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

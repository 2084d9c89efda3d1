"""Which exceptions belong together."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all because of which it was raised: its causes, its contexts and the members of groups, each once."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        yield one
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def related(error: BaseException | None, other: BaseException | None) -> bool:
    """Whether `other` is `error`, or is among its causes, its context or the members of its group."""
    return other is not None and any(one is other for one in causes(error))

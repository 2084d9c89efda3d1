"""Exceptions that belong together: by cause, by context, in a group."""

from __future__ import annotations

from pytest_oneresponse.contract.causes import related


def test_related_follows_causes_contexts_and_groups() -> None:
    inner = KeyError("k")
    cause, context = RuntimeError(), RuntimeError()
    cause.__cause__ = inner
    context.__context__ = inner
    group = ExceptionGroup("g", [ValueError(), ExceptionGroup("h", [cause])])
    for error in (inner, cause, context, group):
        assert related(error, inner)
    assert not related(inner, cause), "only inwards"
    assert not related(KeyError("k"), inner), "the same object, not an equal one"
    assert not related(None, inner) and not related(inner, None) and not related(None, None)


def test_related_ends_on_a_ring() -> None:
    one, two = ValueError(), ValueError()
    one.__context__, two.__context__ = two, one
    assert related(one, two)
    assert not related(one, KeyError())


class Counted(Exception):
    """An exception that counts how often its cause is read."""

    reads = 0

    @property
    def __cause__(self) -> BaseException | None:  # type: ignore[override]
        Counted.reads += 1
        return self.__context__


def test_related_looks_at_each_exception_once() -> None:
    error = Counted()
    for _ in range(15):
        outer = Counted()
        outer.__context__ = error
        error = outer
    Counted.reads = 0
    related(error, KeyError())
    assert Counted.reads <= 20

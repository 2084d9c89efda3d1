"""The user's Ctrl-C and a KeyboardInterrupt that the app raises are told apart."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse import sites
from pytest_oneresponse.protocols.alarm import TimeLimit
from pytest_oneresponse.protocols.interrupt import is_apps_own, raise_if_users

APP = """
import signal
def raises(): raise KeyboardInterrupt
def raises_one(): raise KeyboardInterrupt("x")
def raises_below(): raises()
def raises_again():
    try: raise KeyboardInterrupt
    except KeyboardInterrupt: raise
def raises_in_the_end():
    try: raise KeyboardInterrupt
    finally: len("a")
def raises_within():
    with open(__file__): raise KeyboardInterrupt
def raises_from():
    try: raise KeyError
    except KeyError as error: raise KeyboardInterrupt from error
def steps():
    yield 1
    raise KeyboardInterrupt
def goes_through(): return list(steps())
def struck(): signal.raise_signal(signal.SIGINT)
def struck_below(): struck()
def struck_in_the_end():
    try: signal.raise_signal(signal.SIGINT)
    finally: len("a")
def struck_again():
    try: signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt: raise
def struck_and_raised():
    try: signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt as error: raise error
"""


def module_at(path: Path) -> ModuleType:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(APP)
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(compile(APP, str(path), "exec"), vars(module))
    return module


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder whose files are the user's."""
    for name in ("root", "packages", "frameworks", "_user"):
        monkeypatch.setattr(sites.Owners, name, getattr(sites.Owners, name))
    sites.Owners.configure(tmp_path, (), ())
    return tmp_path


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT is Python's own, also in a worker that ignores it."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:
        pytest.skip("signals come to the main thread alone")
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_of(function: Callable[[], Any]) -> KeyboardInterrupt:
    with pytest.raises(KeyboardInterrupt) as caught:
        function()
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        *("raises", "raises_one", "raises_below", "raises_again", "raises_in_the_end", "raises_within", "raises_from"),
        "goes_through",
    ],
)
def test_what_the_app_raises_is_its_own(users: Path, name: str) -> None:
    assert is_apps_own(interrupt_of(getattr(module_at(users / "app.py"), name)))


@pytest.mark.parametrize("name", ["raises", "raises_below", "goes_through"])
def test_what_others_raise_is_not(users: Path, name: str) -> None:
    library = module_at(users / "site-packages" / "lib" / "app.py")
    assert not is_apps_own(interrupt_of(getattr(library, name)))


@pytest.mark.parametrize("name", ["struck", "struck_below", "struck_in_the_end", "struck_again", "struck_and_raised"])
@pytest.mark.usefixtures("interruptible")
def test_a_signal_that_strikes_is_the_users(users: Path, name: str) -> None:
    assert not is_apps_own(interrupt_of(getattr(module_at(users / "app.py"), name)))


def test_one_that_nobody_has_raised_is_not_the_apps() -> None:
    assert not is_apps_own(KeyboardInterrupt())
    assert sys.exception() is None


@pytest.mark.parametrize("error", [ValueError(), SystemExit(3), TimeLimit(None)])
def test_what_is_no_interrupt_does_not_end_the_run(error: BaseException) -> None:
    raise_if_users(error)


def test_an_interrupt_of_the_apps_own_does_not_end_the_run(users: Path) -> None:
    raise_if_users(interrupt_of(module_at(users / "app.py").raises))


def test_the_users_interrupt_ends_the_run() -> None:
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt) as caught:
        raise_if_users(error)
    assert caught.value is error

"""Drives the planted apps as the plugin does, outside of a run of its own."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse import marks, objects, sites
from pytest_oneresponse.exchange import Watcher
from pytest_oneresponse.instrument.swap import Swap
from pytest_oneresponse.patching import Patches

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def swap() -> Iterator[Swap]:
    """The marks in the planted apps: each file is rewritten once."""
    folders = tuple(str(ROOT / "tests" / "planted" / name) + os.sep for name in ("apps", "faulty"))
    swap = Swap(lambda filename: filename.startswith(folders), marks.HOOKS)
    yield swap
    swap.take_out()


@pytest.fixture(autouse=True)
def noting(monkeypatch: pytest.MonkeyPatch, swap: Swap) -> Iterator[None]:
    """What the plugin sets up at its start, undone afterwards."""
    for name in ("root", "packages", "frameworks", "_user"):
        monkeypatch.setattr(sites.Owners, name, getattr(sites.Owners, name))
    patches = Patches()
    objects.install(patches)
    sites.Owners.configure(ROOT, (), objects.framework_packages())
    monkeypatch.setattr(Watcher, "marks", swap)
    yield
    patches.undo()


@pytest.fixture(scope="module")
def loaded() -> Iterator[dict[Path, Any]]:
    """The files of apps that were imported."""
    modules: dict[Path, Any] = {}
    yield modules
    for module in modules.values():
        del sys.modules[module.__name__]


@pytest.fixture
def load(loaded: dict[Path, Any]) -> Iterator[Callable[[Path], Any]]:
    """Imports a file of apps."""

    def imported(file: Path) -> Any:
        if file not in loaded:
            name = f"oneresponse_{file.parent.name}_{file.stem}"
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec and spec.loader
            loaded[file] = sys.modules[name] = module = importlib.util.module_from_spec(spec)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # to return in a `finally` is one of the bugs
                spec.loader.exec_module(module)
        return loaded[file]

    yield imported
    for module in loaded.values():
        if hasattr(module, "FOREVER"):
            module.FOREVER.set()  # a thread that hangs would keep the process from ending
            module.FOREVER = threading.Event()


@pytest.fixture
def apps_of(load: Callable[[Path], Any]) -> Iterator[Callable[[Any], dict[str, Any]]]:
    """The apps of a table.Module by name. Django's are made under settings of their own."""
    with ExitStack() as stack:

        def made(module: Any) -> dict[str, Any]:
            if module.framework != "django":
                found: dict[str, Any] = load(module.file).APPS
                return found
            _set_django_up()
            from django.test import override_settings

            urls = load(module.file)
            middleware = [f"{urls.__name__}.{name}" for name in getattr(urls, "MIDDLEWARE", ())]
            settings = {"DEBUG": False, "ALLOWED_HOSTS": ["*"], **getattr(urls, "SETTINGS", {})}
            stack.enter_context(override_settings(ROOT_URLCONF=urls.__name__, MIDDLEWARE=middleware, **settings))
            if module.interface == "wsgi":
                from django.core.handlers.wsgi import WSGIHandler

                return {"django": WSGIHandler()}
            from django.core.handlers.asgi import ASGIHandler

            return {"django": ASGIHandler()}

        yield made


def _set_django_up() -> None:
    import django
    from django.apps import apps
    from django.conf import settings

    if not settings.configured:
        settings.configure(SECRET_KEY="key", ALLOWED_HOSTS=["*"], DATABASES={}, INSTALLED_APPS=[])
    if not apps.ready:
        django.setup()

"""What watching costs: an app as it is, beside the same app with the recorder around it, a test's docket open and the marks in.

Each side runs in a process of its own, which is this file as a program: a class of responses that is noted once stays so.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_apps
from bench_turns import Run, asgi_loop, in_turns, line, wsgi_loop

_CLIENT_REQUESTS = 50


def watching() -> None:
    """The table: microseconds a request."""
    print("\nWatching, microseconds a request       bare     watched     added    ratio")
    for name in SIDES:
        bare, watched = Side(name, "bare"), Side(name, "watched")
        try:
            line(name, *in_turns(bare.run, watched.run))
        except EOFError:
            print(f"{name:34}  not installed here, or it fails")
        finally:
            bare.close()
            watched.close()


class Side:
    """A process that measures one round whenever it is asked to."""

    def __init__(self, name: str, mode: str) -> None:
        command = [sys.executable, __file__, name, mode]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self) -> float:
        """Seconds a request. Raises EOFError where the process has ended."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise EOFError from None
        answer = self.process.stdout.readline()
        if not answer:
            raise EOFError
        return float(answer)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def answer(name: str, mode: str) -> None:
    """What the process of a side does: a line in, the seconds a request out."""
    run = SIDES[name](mode == "watched")
    run()
    for _ in sys.stdin:
        gc.collect()
        print(run(), flush=True)


def _calling(make: Callable[[], Any], loop: Callable[..., Run], interface: str) -> Callable[[bool], Run]:
    def side(watched: bool) -> Run:
        app = make()
        if not watched:
            return loop(app)
        from pytest_oneresponse import protocols
        from pytest_oneresponse.protocols import asgi, wsgi  # noqa: F401 - each is an attribute of the package by this

        _watch()
        return _marked(loop(getattr(protocols, interface).watched(app)))

    return side


def _asking(make: Callable[[], Any]) -> Callable[[bool], Run]:
    """The same through a framework's own test client."""

    def side(watched: bool) -> Run:
        client = make()
        if watched:
            from pytest_oneresponse import watch

            _watch()
            watch.install()

        def run() -> float:
            began = time.perf_counter()
            for _ in range(_CLIENT_REQUESTS):
                client.get("/items/7?q=x")
            return (time.perf_counter() - began) / _CLIENT_REQUESTS

        return _marked(run) if watched else run

    return side


def _watch() -> None:
    from pytest_oneresponse import objects, sites
    from pytest_oneresponse.patching import Patches

    sites.Owners.configure(Path(__file__).parent, (), objects.framework_packages())
    objects.install(Patches())


def _marked(run: Run) -> Run:
    """With a test's docket and the marks in the apps' functions; to open the one and to put in the others is not measured."""
    from pytest_oneresponse import marks
    from pytest_oneresponse.exchange import Watcher
    from pytest_oneresponse.instrument.swap import Swap
    from pytest_oneresponse.session.docket import Selection, TestDocket

    Watcher.marks = Swap(lambda filename: filename == bench_apps.__file__, marks.HOOKS)
    Watcher.marks.refresh()

    def with_docket() -> float:
        Watcher.docket = TestDocket("bench", Selection())
        return run()

    return with_docket


def _django_client() -> Any:
    bench_apps.django_app()
    from django.test import Client

    return Client()


def _starlette_client(make: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient
    return TestClient(make()).__enter__()


SIDES: dict[str, Callable[[bool], Run]] = {
    "raw ASGI": _calling(lambda: bench_apps.raw_asgi, asgi_loop, "asgi"),
    "raw WSGI": _calling(lambda: bench_apps.raw_wsgi, wsgi_loop, "wsgi"),
    "Flask": _calling(bench_apps.flask_app, wsgi_loop, "wsgi"),
    "Django": _calling(bench_apps.django_app, wsgi_loop, "wsgi"),
    "Starlette": _calling(bench_apps.starlette_app, asgi_loop, "asgi"),
    "FastAPI": _calling(bench_apps.fastapi_app, asgi_loop, "asgi"),
    "Flask test client": _asking(lambda: bench_apps.flask_app().test_client()),
    "Django test client": _asking(_django_client),
    "Starlette TestClient": _asking(lambda: _starlette_client(bench_apps.starlette_app)),
    "FastAPI TestClient": _asking(lambda: _starlette_client(bench_apps.fastapi_app)),
}

if __name__ == "__main__":
    answer(*sys.argv[1:])

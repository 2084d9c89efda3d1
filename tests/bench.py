"""What the plugin costs, as ratios of interleaved runs: `tox -e bench`, or `python tests/bench.py [off] [watch] ...`.

Every pair is run in turns (A B A B ...) within one process or one series of processes, so that a machine that is busy or
slow is so for both. Printed are the best round of each side and the median of the ratios of neighbouring rounds. Nothing
fails here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import bench_apps
import bench_beside
from bench_apps import django_app, fastapi_app, flask_app, raw_asgi, raw_wsgi, starlette_app
from bench_turns import REQUESTS, ROUNDS, Run, asgi_loop, in_turns, line, wsgi_loop
from bench_watch import watching

# --- the figures


def flag_off() -> None:
    """Collecting a suite with the plugin installed and its flag off, beside `-p no:oneresponse`; processor seconds."""
    print("\nFlag off: pytest --collect-only of 2,000 tests, user + system seconds a run")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(20):
            tests = "\n".join(f"def test_{case}(): pass" for case in range(100))
            Path(folder, f"test_{number}.py").write_text(tests)
        bare, ours, ratio = in_turns(_collecting(folder, "no:oneresponse"), _collecting(folder, ""), 15)
    print(f"  without {bare:.3f} s   with {ours:.3f} s   median ratio {ratio:.3f}")


def _collecting(folder: str, plugin: str) -> Run:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    command += ["-p", plugin] if plugin else []

    def run() -> float:
        before = os.times()
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    return run


def driving() -> None:
    """The driver sending one request and judging it, beside a plain loop that calls the app."""
    from pytest_oneresponse.contract.request import Request
    from pytest_oneresponse.protocols import alarm, asgi, wsgi

    print("\nDriving, microseconds a request        loop      driven     added    ratio  speed of the plain loop")
    request = Request(path="/items/7", query="q=x")
    apps = (
        ("Flask", flask_app, wsgi.Driver, wsgi_loop),
        ("Django", django_app, wsgi.Driver, wsgi_loop),
        ("Starlette", starlette_app, asgi.Driver, asgi_loop),
        ("FastAPI", fastapi_app, asgi.Driver, asgi_loop),
        ("raw WSGI", lambda: raw_wsgi, wsgi.Driver, wsgi_loop),
        ("raw ASGI", lambda: raw_asgi, asgi.Driver, asgi_loop),
    )
    for name, make, driver_class, loop in apps:
        try:
            app = make()
        except ImportError:
            continue
        driver = driver_class(app)
        with alarm.kept():  # as it is while a route is driven
            bare, ours, ratio = in_turns(loop(app, 100), _driven(driver, request, 100))
        line(name, bare, ours, ratio, f"{1 / ratio:.0%}")
        driver.close()


def _driven(driver: Any, request: Any, requests: int) -> Run:
    def run() -> float:
        began = time.perf_counter()
        for _ in range(requests):
            exchange, _ = driver.exchange(request)
            if not exchange.plain:
                exchange.judge()
        return (time.perf_counter() - began) / requests

    return run


# --- exploring


def exploring() -> None:
    """A Flask handler with branches, called by its app: bare, then while it is observed, then with its own code again."""
    from pytest_oneresponse import marks
    from pytest_oneresponse.explore import hooks
    from pytest_oneresponse.explore.recording import recording
    from pytest_oneresponse.instrument.swap import Swap

    print(f"\n{'exploring, us a request':34}{'bare':>12}{'observed':>12}{'added':>10}{'ratio':>9}")
    app = bench_apps.branching_app()
    swap = Swap(lambda filename: filename == bench_apps.__file__, replace(marks.HOOKS, observed=hooks.HOOKS))
    bare = wsgi_loop(app)

    def observed() -> float:
        """A recording for each request, as driving has it."""
        swap.put()
        try:
            began = time.perf_counter()
            for _ in range(REQUESTS):
                with recording():
                    one()
            return (time.perf_counter() - began) / REQUESTS
        finally:
            swap.take_out()

    one = wsgi_loop(app, 1)
    line("Flask, ten branches", *in_turns(bare, observed))
    swap.put()
    swap.take_out()
    line("the same, taken out again", *in_turns(bare, bare))
    grown()


def grown() -> None:
    """Seconds to drive apps of ten, a hundred and a thousand like routes, each with thirty requests."""
    from pytest_oneresponse import apps, marks
    from pytest_oneresponse.drive.run import drive
    from pytest_oneresponse.drive.settings import Settings
    from pytest_oneresponse.exchange import Watcher
    from pytest_oneresponse.instrument.swap import Swap

    Watcher.marks = Swap(lambda filename: filename == bench_apps.__file__, marks.HOOKS)
    try:
        for count in (10, 100, 1000):
            app = apps.recognised("bench", bench_apps.branching_app(count))
            began = time.perf_counter()
            sent = sum(drive(app, route, Settings(requests=30)).requests for route in app.routes)
            took = time.perf_counter() - began
            print(
                f"{count:>6} routes: {took:8.2f} s, {sent:7} requests, {1000 * took / count:8.2f} ms a route",
                flush=True,
            )
    finally:
        Watcher.marks.take_out()
        Watcher.marks = None


def spread() -> None:
    """Seconds that pytest takes to explore a hundred routes, in one process and by two of xdist's workers.

    The app lies below the root, as a user's does: elsewhere its branches would be nobody's, and nothing would be explored.
    No other plugin is loaded: a second of some other plugin's imports, once more before the workers start, is none of ours.
    """
    print("\npytest --oneresponse, 100 routes, wall seconds a run")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(bench_apps.__file__, folder)
        Path(folder, "large.py").write_text("import bench_apps\n\napp = bench_apps.branching_app(100)\n")
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        one, two, ratio = in_turns(_driven_by(folder, "-n", "0"), _driven_by(folder, "-n", "2"), 3)
    print(
        f"  one process {one:.1f} s   -n 2 {two:.1f} s   {one / two:.2f} times as fast, by the median pair {1 / ratio:.2f}"
    )


def _driven_by(folder: str, *options: str) -> Run:
    command = [sys.executable, "-m", "pytest", "-qq", "-p", "no:cacheprovider", "-p", "oneresponse", "-p", "xdist"]
    command += ["--oneresponse", "--oneresponse-app=large:app", *options]

    def run() -> float:
        began = time.perf_counter()
        env = {**os.environ, "PYTHONPATH": folder, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        subprocess.run(command, cwd=folder, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began

    return run


# --- failing


def failing() -> None:
    """Planted handlers, half of them with a bug that a failure shows: explored, then failing by classes, then in every way."""
    from unittest import mock

    from pytest_oneresponse.drive import failing as driving_of
    from pytest_oneresponse.faults.plan import FaultPlan
    from pytest_oneresponse.faults.tap import Tap, fault_at

    class EveryTap(Tap):
        """Tells every passing of a place apart, not every class of them."""

        def is_new(self, key: Any, frame: Any) -> Any:
            self.seen.clear()
            kept, self.points = self.points, {}
            found = super().is_new(key, frame)
            self.points = kept
            return found

        def add(self, key: Any, place: Any, found: Any, names: Any) -> None:
            super().add(key, place, found, names)
            self.points[key, self.counts[key]] = self.points.popitem()[1]

    class EveryPlan(FaultPlan):
        """Plans each of them."""

        def plan(self, trial: Any, point: Any, failure: str, spoiled: bool = False) -> None:
            fault = fault_at(point, failure)
            key = (trial.identity, fault)
            if key not in self.planned and not trial.faults:
                self.planned.add(key)
                self.push(0, replace(trial, faults=(*trial.faults, fault)))

    print(f"\n{'failing':24}{'routes':>8}{'requests':>10}{'failures':>10}{'s':>9}{'ms a route':>12}{'findings':>10}")
    none = _failing("none")
    _told_failing("explored alone", *none)
    _told_failing("by classes", *(classes := _failing("calls")))
    with mock.patch.object(driving_of, "Tap", EveryTap), mock.patch.object(driving_of, "FaultPlan", EveryPlan):
        _told_failing("every one", *(every := _failing("calls", 5000)))
    lost = every[-1] - classes[-1]
    print(f"found by every failure and not by classes: {len(lost)}")
    for rule, route, where in sorted(lost, key=str):
        print(f"    {rule} {route} {where}")


def _told_failing(name: str, routes: int, requests: int, injected: int, took: float, found: Any) -> None:
    print(
        f"{name:24}{routes:8}{requests:10}{injected:10}{took:9.2f}{1000 * took / routes:12.1f}{len(found):10}",
        flush=True,
    )


def _failing(faults: str, requests: int = 100) -> tuple[int, int, int, float, set[Any]]:
    """Drive the planted handlers: routes, requests, failures, seconds, and the findings by rule, route and line."""
    import importlib.util
    import logging

    from pytest_oneresponse import apps, marks, objects, sites
    from pytest_oneresponse.drive.run import drive
    from pytest_oneresponse.drive.settings import Settings
    from pytest_oneresponse.exchange import Watcher
    from pytest_oneresponse.instrument.swap import Swap
    from pytest_oneresponse.patching import Patches

    folder = Path(__file__).parent / "planted" / "faulty"
    logging.disable(logging.CRITICAL)
    patches = Patches()
    objects.install(patches)
    sites.Owners.configure(folder, (), objects.framework_packages())
    Watcher.marks = Swap(lambda filename: filename.startswith(str(folder)), marks.HOOKS)
    routes = sent = injected = 0
    found: set[Any] = set()
    began = time.perf_counter()
    try:
        for name in ("wsgi_bare", "asgi_bare", "flask_app", "fastapi_app"):
            spec = importlib.util.spec_from_file_location(f"bench_{name}", folder / f"{name}.py")
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            Watcher.marks.put()
            for label, target in module.APPS.items():
                app = apps.recognised(label, target)
                for route in app.routes:
                    driven = drive(app, route, Settings(faults=faults, requests=100 if faults == "none" else requests))
                    routes, sent, injected = routes + 1, sent + driven.requests, injected + driven.injected
                    told = (one for one in driven.findings if one.level != "off" and one.request)
                    found |= {(one.rule, f"{label} {one.route}", one.where and one.where.line) for one in told}
                app.close()
        return routes, sent, injected, time.perf_counter() - began, found
    finally:
        Watcher.marks.take_out()
        Watcher.marks = None
        patches.undo()
        logging.disable(logging.NOTSET)


FIGURES = {
    "off": flag_off,
    "watch": watching,
    "drive": driving,
    "explore": exploring,
    "spread": spread,
    "fail": failing,
    "beside": bench_beside.beside,
}

if __name__ == "__main__":
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, {ROUNDS} interleaved rounds, best of each side"
    )
    for wanted in sys.argv[1:] or FIGURES:
        FIGURES[wanted]()

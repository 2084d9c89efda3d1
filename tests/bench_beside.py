"""The same FastAPI handlers driven by this plugin, by Schemathesis and by Hypothesis alone: `python tests/bench.py beside`.

Every side has the same number of requests for each route. Counted are the outcomes of branches that were taken, as the marks
tell, and processor seconds. Each side runs in a process of its own: `python bench_beside.py SIDE REQUESTS`.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).parent / "quality"))

import runner

GUARDS = Path(__file__).parent / "quality" / "guards" / "fastapi_guards.py"
SIDES = ("oneresponse", "schemathesis", "hypothesis")


def beside(requests: int = 100) -> None:
    print(f"\n{'beside others':24}{'branches':>14}{'requests':>10}{'CPU s':>9}")
    for side in SIDES:
        command = [sys.executable, "-W", "ignore", __file__, side, str(requests)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{side:24} {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
            continue
        told = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{side:24}{told['taken']:>7} of {told['total']:>3}{told['requests']:>10}{told['seconds']:>9.1f}",
            flush=True,
        )


def observed() -> tuple[Any, set[Any]]:
    """The app with the marks of exploration in it, and the outcomes that it tells."""
    from pytest_oneresponse import marks
    from pytest_oneresponse.explore import hooks
    from pytest_oneresponse.instrument.swap import Swap

    app = runner.load(GUARDS).app
    Swap(lambda filename: filename == str(GUARDS), replace(marks.HOOKS, observed=hooks.HOOKS)).put()
    return app, set()


def run(tests: list[tuple[Any, Callable[[Any], None]]], requests: int, taken: set[Any]) -> dict[str, Any]:
    """Draw from each strategy so many examples, and ask the app for each of them."""
    from hypothesis import HealthCheck, Phase, given, settings

    from pytest_oneresponse.explore.recording import recording

    sent = 0
    began = time.process_time()
    most = settings(
        max_examples=requests,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )

    def one(ask: Callable[[Any], None], drawn: Any) -> None:
        nonlocal sent
        sent += 1
        with recording() as told, suppress(Exception):
            ask(drawn)
        taken.update(told.branches)

    def test_of(strategy: Any, ask: Callable[[Any], None]) -> Callable[[], None]:
        @most
        @given(strategy)
        def test(drawn: Any) -> None:
            one(ask, drawn)

        return test

    for strategy, ask in tests:
        test_of(strategy, ask)()
    total = list(runner.outcomes(GUARDS))
    reached = sum((mark.number, outcome) in taken for mark, outcome in total)
    return {"total": len(total), "taken": reached, "requests": sent, "seconds": time.process_time() - began}


def by_schemathesis(requests: int) -> dict[str, Any]:
    import schemathesis

    app, taken = observed()
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [operation.ok() for operation in schema.get_all_operations()]
    return run([(operation.as_strategy(), lambda case: case.call()) for operation in operations], requests, taken)


def by_hypothesis(requests: int) -> dict[str, Any]:
    """The names of the parameters are known, their values are texts and numbers, and JSON of any shape for a body."""
    from hypothesis import strategies as st

    from pytest_oneresponse import apps
    from pytest_oneresponse.contract.request import Request
    from pytest_oneresponse.protocols import asgi

    app, taken = observed()
    driver = asgi.Driver(app)
    driver.start()
    texts = st.one_of(st.text(max_size=12), st.integers().map(str), st.floats().map(str))
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12))

    def asking(route: Any) -> tuple[Any, Callable[[Any], None]]:
        names = list((route.body or {}).get("properties", ())) or ["a"]
        values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))
        given = st.fixed_dictionaries(
            {parameter.name: texts for parameter in (*route.path_parameters, *route.parameters)}
        )
        body = st.dictionaries(st.sampled_from(names), values)

        def ask(drawn: Any) -> None:
            known, document = drawn
            path = "".join(part if isinstance(part, str) else quote(known[part.name]) or "-" for part in route.parts)
            by_source: dict[str, list[tuple[str, str]]] = {}
            for parameter in route.parameters:
                by_source.setdefault(parameter.source, []).append((parameter.name, known[parameter.name]))
            headers = [(name, quote(text)) for name, text in by_source.get("header", ())]
            headers += [("cookie", f"{name}={quote(text)}") for name, text in by_source.get("cookie", ())]
            media = "application/json" if route.body is not None else "application/x-www-form-urlencoded"
            sent = json.dumps(document) if route.body is not None else urlencode(by_source.get("form", []))
            headers.append(("content-type", media))
            query = urlencode(by_source.get("query", []))
            driver.exchange(Request(route.method, path, query, tuple(headers), sent.encode()))

        return st.tuples(given, body), ask

    try:
        return run([asking(route) for route in apps.recognised("guards", app).routes], requests, taken)
    finally:
        driver.close()


def by_oneresponse(requests: int) -> dict[str, Any]:
    told = runner.measure(GUARDS, requests)
    return {
        "total": told["total"],
        "taken": told["total"] - len(told["missed"]),
        "requests": told["requests"],
        "seconds": told["seconds"],
    }


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(globals()[f"by_{sys.argv[1]}"](int(sys.argv[2]))))

"""A good neighbour: nothing is paid with the flag off, and pytest's other options and plugins work."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

ITEM = "oneresponse::shop:app::GET {path}"
WATCHED = """
import shop, webtest
def test_good(): webtest.TestApp(shop.fine, lint=False).get("/")
def test_bad(): webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
"""
FORBIDDEN = (
    "aiohttp", "anyio", "asgiref", "django", "fastapi", "flask", "httpx", "httpx2", "hypothesis", "litestar",
    "pydantic", "quart", "requests", "requests_mock", "starlette", "tornado", "twisted", "webob", "webtest", "werkzeug",
)  # fmt: skip
# From Python 3.14 on pytest itself imports asyncio: its debugger does.
FORBIDDEN += ("asyncio",) if sys.version_info < (3, 14) else ()


@pytest.fixture
def watched(wsgi: Suite) -> Suite:
    """A suite with a good and a bad test, and a bad app to drive."""
    wsgi.write(test_a=WATCHED)
    return wsgi


# ---------------------------------------------------------------- the flag is off

SPY = """
import json, sys
import pytest

def loaded():
    return sorted(name for name in sys.modules if name.partition(".")[0] in set(json.load(open("names.json"))))

@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    json.dump(loaded(), open("loaded.json", "w"))
"""


def loaded(suite: Suite, *arguments: str) -> set[str]:
    """The modules, ours and the forbidden ones, that are loaded at the end of a run in a process of its own."""
    suite.write(conftest=SPY)
    (suite.path / "names.json").write_text(json.dumps(["pytest_oneresponse", *FORBIDDEN]), encoding="utf-8")
    result = suite.spawn(*arguments)
    assert result.ret == pytest.ExitCode.OK, str(result.stdout) + str(result.stderr)
    return set(json.loads((suite.path / "loaded.json").read_text(encoding="utf-8")))


def test_off_two_modules_are_imported_and_no_other(suite: Suite) -> None:
    suite.write(test_a="def test_a(tmp_path, monkeypatch): pass\n\nimport unittest.mock")
    ours = {"pytest_oneresponse", "pytest_oneresponse.plugin", "pytest_oneresponse.options"}
    # unittest.mock imports asyncio itself
    assert loaded(suite) - {name for name in sys.modules if name.partition(".")[0] == "asyncio"} == ours
    suite.write(test_a="def test_a(tmp_path, monkeypatch): pass")
    assert loaded(suite) == ours


@pytest.mark.parametrize("argument", ["--help", "--markers", "--fixtures", "--collect-only"])
def test_off_nothing_more_is_imported_to_list_things(suite: Suite, argument: str) -> None:
    suite.write(test_a="def test_a(): pass")
    assert loaded(suite, argument) == {"pytest_oneresponse", "pytest_oneresponse.plugin", "pytest_oneresponse.options"}


def test_off_the_marker_and_the_override_fixtures_import_nothing(suite: Suite) -> None:
    suite.write(
        test_a="""
import pytest
@pytest.mark.oneresponse(ignore=["second-response"])
def test_a(oneresponse_app, oneresponse_reset, oneresponse_request, oneresponse_values): pass
"""
    )
    assert loaded(suite, "--strict-markers") == {
        "pytest_oneresponse", "pytest_oneresponse.plugin", "pytest_oneresponse.options"
    }  # fmt: skip


def test_off_nothing_but_the_hooks_of_start_is_registered(suite: Suite) -> None:
    suite.write(
        test_a="""
def test_a(request):
    names = [name for name, _ in request.config.pluginmanager.list_name_plugin() if "oneresponse" in name]
    assert names == ["oneresponse"]
"""
    )
    suite.run().assert_outcomes(passed=1)


def test_on_no_framework_is_imported_that_the_user_did_not(wsgi: Suite) -> None:
    found = loaded(wsgi, "--oneresponse", "--oneresponse-app=shop:fine")
    frameworks = set(FORBIDDEN) - {"asyncio", "webtest", "webob"}
    assert not {name.partition(".")[0] for name in found} & frameworks


def test_on_watching_imports_no_client(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    assert not {name.partition(".")[0] for name in loaded(suite, "--oneresponse")} & (set(FORBIDDEN) - {"asyncio"})


# ---------------------------------------------------------------- names


def test_all_fixtures_carry_the_prefix_and_none_is_automatic(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    told = suite.run("--oneresponse", "--fixtures", "-vv").outlines
    ours = [line.split()[0] for line in told if "pytest_oneresponse/plugin.py:" in line.replace("\\", "/")]
    assert len(ours) == 5 and all(name.startswith("oneresponse") for name in ours)
    assert "SETUP" not in str(suite.run("--oneresponse", "--setup-show").stdout)


def test_the_package_lists_and_gives_its_public_names() -> None:
    import pytest_oneresponse

    assert set(pytest_oneresponse.__all__) <= set(dir(pytest_oneresponse))
    for name in pytest_oneresponse.__all__:
        assert getattr(pytest_oneresponse, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'nosuch'"):
        _ = pytest_oneresponse.nosuch  # type: ignore[attr-defined]


# ---------------------------------------------------------------- pytest's own options


def test_no_oneresponse(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    result = suite.pytester.runpytest_inprocess("-p", "no:oneresponse")
    result.assert_outcomes(passed=1)
    assert (
        suite.pytester.runpytest_inprocess("-p", "no:oneresponse", "--oneresponse").ret == pytest.ExitCode.USAGE_ERROR
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tb=no",),
        ("--no-summary",),
        ("-s",),
        ("--show-capture=no",),
        ("--capture=tee-sys",),
        ("-q",),
        ("-vv",),
        ("--tb=line",),
        ("--full-trace",),
        ("--showlocals",),
        ("--color=yes",),
        ("-rA",),
        ("-p", "no:logging"),
        ("-p", "no:warnings"),
        ("-p", "no:capture"),
        ("-p", "no:skipping"),
        ("-p", "no:unittest"),
        ("-p", "no:terminal",),
        ("--doctest-modules",),
        ("--import-mode=importlib",),
        ("-W", "error"),
        ("--assert=plain",),
        ("--setup-show",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_options_of_pytest(watched: Suite, arguments: tuple[str, ...]) -> None:
    ini = "pythonpath=."  # --import-mode=importlib adds nothing to sys.path
    result = watched.drive("-o", ini, "--oneresponse-report=r.json", "--oneresponse-ignore=body-not-bytes", *arguments)
    outcomes = watched.outcomes(result)
    assert outcomes == {"test_a.py::test_good": "passed", "test_a.py::test_bad": "failed", ITEM: "failed"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in str(result.stdout) + str(result.stderr)
    routes = {finding["route"] for finding in watched.report("r.json")["findings"]}
    assert routes == {"GET /twice", "GET {path}"}


@pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
def test_the_finding_is_told_in_every_style_of_traceback(watched: Suite, style: str) -> None:
    told = str(watched.drive(f"--tb={style}", "--show-capture=no").stdout)
    assert "second-response GET /twice: a second response" in told
    assert "second-response GET {path}: a second response" in told
    assert " --> shop.py:8:9" in told
    assert "session.py" not in told and "driven.py" not in told


def test_tb_line(watched: Suite) -> None:
    told = str(watched.drive("--tb=line").stdout)
    assert "second-response GET /twice: a second response" in told
    assert "second-response GET {path}: a second response" in told


def test_no_escape_codes_without_colour(watched: Suite) -> None:
    result = watched.drive("--color=no", "-rA")
    assert "\x1b" not in str(result.stdout) + str(result.stderr)


def test_setup_plan_drives_nothing(wsgi: Suite) -> None:
    result = wsgi.drive("--setup-plan", "--oneresponse-report=r.json")
    assert result.ret == pytest.ExitCode.OK
    assert wsgi.report("r.json")["routes"] == []


def test_setup_only_drives_nothing(wsgi: Suite) -> None:
    wsgi.drive("--setup-only", "--oneresponse-report=r.json")
    assert wsgi.report("r.json")["routes"] == []


def test_pdb_is_entered_at_a_breach(watched: Suite) -> None:
    watched.write(
        debugger="""
import pdb
class Debugger(pdb.Pdb):
    def interaction(self, *_): print("ENTERED")
"""
    )
    told = str(watched.run("--oneresponse", "--pdb", "--pdbcls=debugger:Debugger").stdout)
    assert told.count("ENTERED") == 1
    assert "second-response GET /twice" in told


def test_a_driven_item_leaves_no_alarm_behind(wsgi: Suite) -> None:
    wsgi.write(
        conftest="""
import signal
def pytest_sessionfinish():
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
"""
    )
    result = wsgi.drive(app="shop:fine")
    assert result.ret == pytest.ExitCode.OK


def test_two_runs_in_one_process(watched: Suite) -> None:
    """What the first one patched is undone: the second sees each request once."""
    for _ in range(2):
        watched.run("--oneresponse", "--oneresponse-report=r.json")
        assert [finding["count"] for finding in watched.report("r.json")["findings"]] == [1]
    watched.run().assert_outcomes(passed=2)


def test_a_run_inside_of_a_run(wsgi: Suite) -> None:
    """Plugins' own tests do so; the outer run is judged to its end."""
    wsgi.write(
        test_a="""
import shop, webtest
pytest_plugins = "pytester"
def test_inner(pytester):
    pytester.makepyfile("def test_a(): pass")
    pytester.runpytest_inprocess("-p", "oneresponse", "--oneresponse").assert_outcomes(passed=1)
    webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
def test_later(): webtest.TestApp(shop.app, lint=False).get("/twice", status="*")
"""
    )
    result = wsgi.spawn("--oneresponse")
    result.assert_outcomes(failed=2)


# ---------------------------------------------------------------- neighbours


def test_randomly(watched: Suite) -> None:
    pytest.importorskip("pytest_randomly")
    found = []
    for seed in ("1", "2"):
        result = watched.spawn(
            "-p", "randomly", f"--randomly-seed={seed}", "--cache-clear", "--oneresponse",
            "--oneresponse-app=shop:app", "--oneresponse-report=r.json",
        )  # fmt: skip
        result.assert_outcomes(passed=1, failed=2)
        found.append(watched.report("r.json")["findings"])
    assert found[0] == found[1]


def test_cov(watched: Suite) -> None:
    pytest.importorskip("pytest_cov")
    result = watched.spawn("-p", "pytest_cov", "--cov=shop", "--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["shop.py * 100%"])


def test_requests_mock_and_hypothesis(watched: Suite) -> None:
    pytest.importorskip("hypothesis")
    watched.write(
        test_h="""
import shop, webtest
from hypothesis import given, settings, strategies
@settings(max_examples=10, database=None)
@given(strategies.sampled_from(["/", "/twice"]))
def test_h(path): webtest.TestApp(shop.app, lint=False).get(path, status="*")
"""
    )
    result = watched.spawn(
        "-p", "_hypothesis_pytestplugin", "--oneresponse", "test_h.py", "--oneresponse-report=r.json"
    )
    result.assert_outcomes(failed=1)
    (finding,) = watched.report("r.json")["findings"]
    assert finding["test"] == "test_h.py::test_h"


def test_subtests(wsgi: Suite) -> None:
    if pytest.version_tuple < (9,):
        pytest.skip("pytest 9 brought subtests")
    wsgi.write(
        test_a="""
import shop, webtest
def test_a(subtests):
    for path in ["/", "/twice"]:
        with subtests.test(path=path):
            webtest.TestApp(shop.app, lint=False).get(path, status="*")
"""
    )
    result = wsgi.run("--oneresponse")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "second-response GET /twice: " in str(result.stdout)


def test_a_plugin_that_runs_tests_again(watched: Suite) -> None:
    """As pytest-rerunfailures does it, through pytest_runtest_protocol."""
    watched.write(
        conftest="""
import pytest
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
    )
    result = watched.drive("--oneresponse-report=r.json", "--oneresponse-ignore=body-not-bytes")
    assert watched.outcomes(result) == {
        "test_a.py::test_good": "passed",
        "test_a.py::test_bad": "failed",
        ITEM: "failed",
    }

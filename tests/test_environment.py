"""What tests/conftest.py promises to the environments of tox.ini."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
PASSES = "def test(): pass"
SKIPS = "import pytest; pytest.importorskip('no_such_module')"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test suite with this project's conftest, in an environment that names no modules."""
    monkeypatch.delenv("ONERESPONSE_NEEDS", raising=False)
    monkeypatch.delenv("ONERESPONSE_LACKS", raising=False)
    # with its neighbours, a run of pytest takes a second to start
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CONFTEST)
    return pytester


def test_a_needed_module_that_is_missing_ends_the_run(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile(PASSES)
    monkeypatch.setenv("ONERESPONSE_NEEDS", "json, no_such_module")
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "ONERESPONSE_NEEDS names 'no_such_module', which cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_module'"
    ) in str(result.stdout) + str(result.stderr)
    assert "json" not in str(result.stdout) + str(result.stderr)


def test_a_module_that_should_be_missing_ends_the_run(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile(PASSES)
    monkeypatch.setenv("ONERESPONSE_LACKS", "no_such_module,json")
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ONERESPONSE_LACKS names 'json', which is installed" in str(result.stdout) + str(result.stderr)


def test_a_run_that_skips_everything_fails(suite: pytest.Pytester) -> None:
    suite.makepyfile(SKIPS)
    assert suite.runpytest_subprocess().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_run_that_skips_something_passes(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile(test_one=PASSES, test_two=SKIPS)
    monkeypatch.setenv("ONERESPONSE_NEEDS", "json")
    monkeypatch.setenv("ONERESPONSE_LACKS", "no_such_module")
    assert suite.runpytest_subprocess().ret == pytest.ExitCode.OK

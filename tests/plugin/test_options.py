"""Every flag and ini key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_oneresponse import options

if TYPE_CHECKING:
    from .conftest import Suite

ITEM = "oneresponse::shop:app::GET {path}"
FINE = "oneresponse::shop:fine::GET {path}"


def ini(suite: Suite, *lines: str) -> None:
    """Write pytest.ini."""
    (suite.path / "pytest.ini").write_text("\n".join(["[pytest]", *lines, ""]), encoding="utf-8")


def told(result: pytest.RunResult) -> str:
    """All that a run printed."""
    return str(result.stdout) + str(result.stderr)


def requests(suite: Suite, *arguments: str) -> int:
    """How many requests a run sends to the one route of shop:fine."""
    suite.run("--oneresponse", "--oneresponse-app=shop:fine", "--oneresponse-report=r.json", *arguments)
    (route,) = suite.report("r.json")["routes"]
    return int(route["requests"])


# ---------------------------------------------------------------- on and off


@pytest.mark.parametrize(
    ("arguments", "lines", "told_so"),
    [
        (["--oneresponse-app=shop:fine"], [], True),
        (["--oneresponse-app=shop:fine", "--no-oneresponse"], [], False),
        (["--oneresponse-app=shop:fine"], ["oneresponse = true"], False),
        ([], ["oneresponse_app = shop:fine"], False),
    ],
)
def test_an_app_that_is_named_without_the_flag_is_told_to_be_so(
    wsgi: Suite, arguments: list[str], lines: list[str], told_so: bool
) -> None:
    ini(wsgi, *lines)
    assert ("oneresponse: off; an app is driven with --oneresponse" in told(wsgi.run(*arguments))) is told_so


def test_where_there_is_nothing_to_judge_it_is_said_what_to_do(suite: Suite) -> None:
    assert "nothing to judge: there is no test, *--oneresponse-app=MODULE:ATTR" not in told(suite.run())
    suite.run("--oneresponse").stdout.fnmatch_lines(
        ["nothing to judge: there is no test, *--oneresponse-app=MODULE:ATTR"]
    )
    suite.write(shop="app = Flask(__name__)", web__api="api = FastAPI()")
    result = suite.run("--oneresponse")
    result.stdout.fnmatch_lines(["nothing to judge: *--oneresponse-app=shop:app", "  or web.api:api"])
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_where_tests_ask_nothing_it_is_said_whose_requests_are_seen(suite: Suite) -> None:
    suite.pytester.makepyfile("def test(): pass")
    suite.run("--oneresponse").stdout.fnmatch_lines(["no request was judged; watched are those of WebTest, *"])
    assert "judge" not in told(suite.run("--oneresponse", "-k", "other")), "none was selected"
    ini(suite, "oneresponse = true")
    assert "judge" not in told(suite.run()), "who has it on always knows"


# ---------------------------------------------------------------- the table


def test_the_flags_and_ini_keys_are_those_of_the_interface() -> None:
    names = {option.flag: option.key if option.ini else "" for option in options.OPTIONS}
    assert names == {
        "--oneresponse": "oneresponse",
        "--oneresponse-app": "oneresponse_app",
        "--oneresponse-requests": "oneresponse_requests",
        "--oneresponse-timeout": "oneresponse_timeout",
        "--oneresponse-faults": "oneresponse_faults",
        "--oneresponse-network": "oneresponse_network",
        "--oneresponse-seed": "",
        "--oneresponse-replay": "",
        "--oneresponse-report": "oneresponse_report",
        "--oneresponse-select": "oneresponse_select",
        "--oneresponse-ignore": "oneresponse_ignore",
        "--oneresponse-baseline": "oneresponse_baseline",
    }


def test_help_lists_every_flag_and_ini_key(suite: Suite) -> None:
    text = told(suite.run("--help"))
    for option in options.OPTIONS:
        assert f"{option.flag}" in text
        assert not option.ini or f"  {option.key} " in text
    assert "--no-oneresponse" in text


def test_help_with_the_flag(suite: Suite) -> None:
    assert suite.run("--oneresponse", "--help").ret == pytest.ExitCode.OK


def test_markers_are_listed(suite: Suite) -> None:
    suite.run("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.oneresponse(requests=N, faults=*, ignore=*, expect=*): *"]
    )


def test_fixtures_are_listed(suite: Suite) -> None:
    text = told(suite.run("--fixtures"))
    for name in ("oneresponse", "oneresponse_app", "oneresponse_reset", "oneresponse_request", "oneresponse_values"):
        assert f"\n{name}" in text
    assert "no docstring available" not in "\n".join(line for line in text.splitlines() if "oneresponse" in line)


# ---------------------------------------------------------------- the switch


@pytest.mark.parametrize("value", ["true", "1", "yes", "on"])
def test_the_ini_key_turns_it_on(wsgi: Suite, value: str) -> None:
    ini(wsgi, f"oneresponse = {value}", "oneresponse_app = shop:app")
    assert wsgi.outcomes(wsgi.run()) == {ITEM: "failed"}


def test_the_no_flag_goes_before_the_ini_key(wsgi: Suite) -> None:
    ini(wsgi, "oneresponse = true", "oneresponse_app = shop:app")
    assert wsgi.outcomes(wsgi.run("--no-oneresponse")) == {}


def test_the_flag_goes_before_the_ini_key(wsgi: Suite) -> None:
    ini(wsgi, "oneresponse = false", "oneresponse_app = shop:app")
    assert wsgi.outcomes(wsgi.run("--oneresponse")) == {ITEM: "failed"}


def test_the_last_of_both_flags_holds(wsgi: Suite) -> None:
    assert wsgi.outcomes(wsgi.drive("--no-oneresponse")) == {}
    assert wsgi.outcomes(wsgi.run("--no-oneresponse", "--oneresponse", "--oneresponse-app=shop:app")) == {
        ITEM: "failed"
    }


def test_addopts(wsgi: Suite) -> None:
    ini(wsgi, "addopts = --oneresponse --oneresponse-app=shop:app")
    assert wsgi.outcomes(wsgi.run()) == {ITEM: "failed"}


def test_pyproject(wsgi: Suite) -> None:
    text = (
        "[tool.pytest.ini_options]\noneresponse = true\n"
        'oneresponse_app = ["shop:fine", "shop:app"]\noneresponse_requests = "9"\n'
    )
    (wsgi.path / "pyproject.toml").write_text(text, encoding="utf-8")
    result = wsgi.run()
    assert list(wsgi.outcomes(result)) == [FINE, ITEM]
    assert "at most 9 requests a route" in told(result)


def test_native_toml(wsgi: Suite) -> None:
    """pytest 9 reads `[tool.pytest]` with TOML's own types."""
    if pytest.version_tuple < (9,):
        pytest.skip("pytest 9 brought native TOML")
    text = '[tool.pytest]\noneresponse = true\noneresponse_app = ["shop:fine"]\noneresponse_requests = 9\n'
    (wsgi.path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert "at most 9 requests a route" in told(wsgi.run())


# ---------------------------------------------------------------- app, requests, timeout


def test_apps_of_the_ini_file(wsgi: Suite) -> None:
    ini(wsgi, "oneresponse_app =", "    shop:fine", "    shop:app")
    assert list(wsgi.outcomes(wsgi.run("--oneresponse"))) == [FINE, ITEM]


def test_the_flag_app_goes_before_the_ini_key(wsgi: Suite) -> None:
    ini(wsgi, "oneresponse_app = shop:app")
    assert list(wsgi.outcomes(wsgi.run("--oneresponse", "--oneresponse-app=shop:fine"))) == [FINE]


def test_requests(wsgi: Suite) -> None:
    assert requests(wsgi) > 10
    assert requests(wsgi, "--oneresponse-requests=5") == 5
    ini(wsgi, "oneresponse_requests = 4")
    assert requests(wsgi) == 4
    assert requests(wsgi, "--oneresponse-requests=1") == 1


@pytest.mark.parametrize("timeout", [("--oneresponse-timeout=0.2",), ()])
def test_timeout(suite: Suite, timeout: tuple[str, ...]) -> None:
    suite.write(shop="import time\ndef app(environ, start_response):\n    time.sleep(60)\n")
    if not timeout:
        ini(suite, "oneresponse_timeout = 0.2")
    result = suite.drive(*timeout)
    assert suite.outcomes(result) == {ITEM: "failed"}
    result.stdout.fnmatch_lines(["hung-response GET {path}: *"])


# ---------------------------------------------------------------- select, ignore


RAISING = "def app(environ, start_response):\n    raise LookupError\n"


@pytest.mark.parametrize("where", ["flag", "ini"])
def test_select(suite: Suite, where: str) -> None:
    suite.write(shop=RAISING)
    assert suite.outcomes(suite.drive()) == {ITEM: "passed"}
    if where == "ini":
        ini(suite, "oneresponse_select = unhandled-error")
    result = suite.drive(*["--oneresponse-select=unhandled-error"] * (where == "flag"))
    assert suite.outcomes(result) == {ITEM: "failed"}
    result.stdout.fnmatch_lines(["unhandled-error GET {path}: LookupError escaped*"])


@pytest.mark.parametrize("where", ["flag", "ini"])
@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ("second-response", "passed"),
        ("second-response@GET {path}", "passed"),
        ("second-response@GET /other", "failed"),
        ("late-send", "failed"),
    ],
)
def test_ignore(asgi: Suite, where: str, entry: str, outcome: str) -> None:
    if where == "ini":
        ini(asgi, "oneresponse_ignore =", f"    {entry}")
    result = asgi.drive(*[f"--oneresponse-ignore={entry}"] * (where == "flag"))
    assert asgi.outcomes(result) == {ITEM: outcome}


def test_ignore_more_than_one(wsgi: Suite) -> None:
    arguments = ("--oneresponse-ignore=second-response", "--oneresponse-ignore=body-not-bytes")
    assert wsgi.outcomes(wsgi.drive(*arguments)) == {ITEM: "passed"}
    assert wsgi.outcomes(wsgi.drive(*arguments[:1])) == {ITEM: "failed"}


def test_what_is_ignored_is_in_no_report(asgi: Suite) -> None:
    asgi.drive("--oneresponse-ignore=second-response", "--oneresponse-report=r.json")
    assert asgi.report("r.json")["findings"] == []


# ---------------------------------------------------------------- baseline


@pytest.mark.parametrize("where", ["flag", "ini"])
def test_known_findings_are_listed_and_do_not_fail(asgi: Suite, where: str) -> None:
    asgi.drive("--oneresponse-report=known.json")
    if where == "ini":
        ini(asgi, "oneresponse_baseline = known.json")
    flags = ["--oneresponse-baseline=known.json"] * (where == "flag")
    result = asgi.drive(*flags, "--oneresponse-report=new.json")
    assert asgi.outcomes(result) == {ITEM: "passed"}
    result.stdout.fnmatch_lines(["*: breach: second-response * (1 of them in the baseline)"])
    assert len(asgi.report("new.json")["findings"]) == 1


def test_a_new_finding_fails_beside_a_known_one(wsgi: Suite) -> None:
    wsgi.drive("--oneresponse-report=known.json", "--oneresponse-ignore=body-not-bytes")
    result = wsgi.drive("--oneresponse-baseline=known.json")
    assert wsgi.outcomes(result) == {ITEM: "failed"}
    assert "body-not-bytes GET {path}: " in told(result)
    assert "second-response GET {path}: " not in told(result)


def test_a_baseline_holds_when_lines_move(asgi: Suite) -> None:
    asgi.drive("--oneresponse-report=known.json")
    shop = asgi.path / "shop.py"
    shop.write_text("# more\n# lines\n" + shop.read_text(encoding="utf-8"), encoding="utf-8")
    assert asgi.outcomes(asgi.drive("--oneresponse-baseline=known.json")) == {ITEM: "passed"}


def test_a_baseline_holds_for_watched_tests(wsgi: Suite) -> None:
    wsgi.write(
        test_a="import shop, webtest\ndef test_a(): webtest.TestApp(shop.app, lint=False).get('/twice', status='*')"
    )
    assert wsgi.run("--oneresponse", "--oneresponse-report=known.json").ret == pytest.ExitCode.TESTS_FAILED
    assert wsgi.run("--oneresponse", "--oneresponse-baseline=known.json").ret == pytest.ExitCode.OK


def test_a_known_practice_does_not_warn(wsgi: Suite) -> None:
    wsgi.write(test_a="import shop, webtest\ndef test_a(): webtest.TestApp(shop.app, lint=False).get('/practice')")
    wsgi.run("--oneresponse", "--oneresponse-report=known.json").assert_outcomes(passed=1, warnings=1)
    wsgi.run("--oneresponse", "--oneresponse-baseline=known.json").assert_outcomes(passed=1, warnings=0)


# ---------------------------------------------------------------- wrong values: one clear line, before any test


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--oneresponse-faults=some", "--oneresponse-faults must be one of calls, upstream, none, not 'some'"),
        ("--oneresponse-requests=0", "--oneresponse-requests must be more than 0, not 0"),
        ("--oneresponse-requests=-3", "--oneresponse-requests must be more than 0, not -3"),
        ("--oneresponse-requests=many", "--oneresponse-requests: invalid int value: 'many'"),
        ("--oneresponse-requests=1.5", "--oneresponse-requests: invalid int value: '1.5'"),
        ("--oneresponse-timeout=0", "--oneresponse-timeout must be more than 0, not 0.0"),
        ("--oneresponse-timeout=-1", "--oneresponse-timeout must be more than 0, not -1.0"),
        ("--oneresponse-timeout=soon", "--oneresponse-timeout: invalid float value: 'soon'"),
        ("--oneresponse-timeout=nan", "--oneresponse-timeout must be more than 0, not nan"),
        ("--oneresponse-timeout=inf", "--oneresponse-timeout"),
        ("--oneresponse-ignore=second-respons", "did you mean second-response"),
        ("--oneresponse-ignore=second-respons@GET /", "did you mean second-response"),
        ("--oneresponse-select=unhandled", "unhandled-error"),
        ("--oneresponse-report=r.xml", "--oneresponse-report=r.xml: the suffix must be .json"),
        ("--oneresponse-report=no/such/r.json", "--oneresponse-report=no/such/r.json: there is no folder "),
        (
            "--oneresponse-baseline=none.json",
            "--oneresponse-baseline: cannot read none.json: No such file or directory",
        ),
        ("--oneresponse-baseline=shop.py", "--oneresponse-baseline: shop.py is no report"),
    ],
)
def test_a_wrong_flag(wsgi: Suite, argument: str, says: str) -> None:
    wsgi.write(test_a="def test_a(): raise SystemExit('a test was run')")
    result = wsgi.run("--oneresponse", argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert says in told(result)
    assert "Traceback" not in told(result) and "INTERNALERROR" not in told(result)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("oneresponse_requests = many", "oneresponse_requests in the ini file must be a number, not 'many'"),
        ("oneresponse_requests = 0", "must be more than 0, not 0"),
        ("oneresponse_timeout = soon", "oneresponse_timeout in the ini file must be a number, not 'soon'"),
        ("oneresponse_timeout = -1", "must be more than 0, not -1.0"),
        ("oneresponse_ignore = second-respons", "did you mean second-response"),
        ("oneresponse_select = nothing-like-it", "nothing-like-it"),
        ("oneresponse_report = r.txt", "the suffix must be .json"),
        ("oneresponse_baseline = none.json", "cannot read none.json"),
        ("oneresponse = perhaps", "perhaps"),
    ],
)
def test_a_wrong_ini_value(suite: Suite, line: str, says: str) -> None:
    ini(suite, *([] if line.startswith("oneresponse =") else ["oneresponse = true"]), line)
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert says in told(result)
    assert "Traceback" not in told(result) and "INTERNALERROR" not in told(result)


@pytest.mark.parametrize(
    "document", ["{}", "[]", '{"findings": [1]}', '{"findings": {}}x', '{"schema": 2, "findings": 3}', ""]
)
def test_a_baseline_that_is_no_report(suite: Suite, document: str) -> None:
    (suite.path / "known.json").write_text(document, encoding="utf-8")
    result = suite.run("--oneresponse", "--oneresponse-baseline=known.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "known.json is no report; write one with --oneresponse-report=known.json" in told(result)


def test_a_baseline_that_is_no_text(suite: Suite) -> None:
    (suite.path / "known.json").write_bytes(b"\xff\xfe\x00")
    result = suite.run("--oneresponse", "--oneresponse-baseline=known.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "known.json is no report" in told(result)


def test_a_baseline_with_only_what_identifies_a_finding(asgi: Suite) -> None:
    """A baseline is edited by hand now and then."""
    asgi.drive("--oneresponse-report=known.json")
    (finding,) = asgi.report("known.json")["findings"]
    kept = {key: finding[key] for key in ("rule", "route", "where")}
    (asgi.path / "known.json").write_text(json.dumps({"schema": 1, "findings": [kept]}), encoding="utf-8")
    assert asgi.outcomes(asgi.drive("--oneresponse-baseline=known.json")) == {ITEM: "passed"}

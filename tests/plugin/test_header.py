"""The header line, and the lines at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Suite


def header(suite: Suite, *arguments: str) -> str:
    """The plugin's header line, if there is one."""
    lines = suite.run(*arguments).outlines
    return next((line for line in lines if line.startswith("oneresponse: ")), "")


def test_no_header_without_the_flag(suite: Suite) -> None:
    assert header(suite) == ""


def test_the_header_of_watching(suite: Suite) -> None:
    told = "oneresponse: watch every test; at most 100 requests a route, 5 s an exchange"
    assert header(suite, "--oneresponse") == told


def test_the_header_of_driving(wsgi: Suite) -> None:
    line = header(wsgi, "--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-app=shop:fine")
    assert line.startswith("oneresponse: drive shop:app, shop:fine; watch every test; ")


def test_the_header_tells_the_limits_in_use(suite: Suite) -> None:
    line = header(suite, "--oneresponse", "--oneresponse-requests=7", "--oneresponse-timeout=0.5")
    assert line.endswith("; at most 7 requests a route, 0.5 s an exchange")


def test_no_header_in_quiet_runs(suite: Suite) -> None:
    assert header(suite, "--oneresponse", "-q") == ""


def test_the_last_section_counts_what_was_found(wsgi: Suite) -> None:
    wsgi.write(
        test_a="""
        from webtest import TestApp
        import shop
        def test_a():
            TestApp(shop.app, lint=False).get("/twice", status="*")
            TestApp(shop.app, lint=False).get("/practice")
            TestApp(shop.app, lint=False).get("/")
        """.replace("\n        ", "\n"),
    )
    result = wsgi.run("--oneresponse")
    result.stdout.fnmatch_lines(
        [
            "=* oneresponse =*",
            "3 requests judged: breach: second-response 1; practice: body-not-bytes 1",
            "=* short test summary info =*",
        ]
    )


def test_no_findings(wsgi: Suite) -> None:
    result = wsgi.drive(app="shop:fine")
    result.stdout.fnmatch_lines(["1 route driven, * requests judged: no findings"])


def test_no_section_where_nothing_was_judged(suite: Suite) -> None:
    suite.write(test_a="def test_a(): pass")
    assert "requests judged" not in str(suite.run("--oneresponse").stdout)


def test_the_reports_are_named(wsgi: Suite) -> None:
    result = wsgi.drive("--oneresponse-report=one.json", "--oneresponse-report=two.json", app="shop:fine")
    result.stdout.fnmatch_lines(["report: one.json", "report: two.json"])

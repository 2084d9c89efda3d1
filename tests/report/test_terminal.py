from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_oneresponse.contract.finding import Caught, Finding, Place
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.report.terminal import WIDTH, brief, render

SHOP = '''\
async def app(scope, receive, send):
    """Answers twice."""
    await send({"type": "http.response.start", "status": 200})
    try:
        company = find(scope)
    except Missing:

        log()
        return Response("error", 500)  # the second
    return Response(
        company,
        200,
    )
'''

FINDING = Finding(
    rule="second-response",
    level="breach",
    route="GET /companies/{id}",
    message="a second response was started after the first was complete",
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A root directory with shop/views.py below it."""
    write(tmp_path, SHOP)
    return tmp_path


def write(root: Path, text: str, name: str = "shop/views.py") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def block(root: Path | None = None, **place: Any) -> str:
    """What stands below the headline for a finding with this one place."""
    values: dict[str, Any] = {"file": "shop/views.py", "line": 1} | place
    text = render(replace(FINDING, where=Place(**values), where_label="here"), root=root)
    return text.partition("\n")[2]


def test_a_whole_finding(shop: Path) -> None:
    finding = replace(
        FINDING,
        where=Place("shop/views.py", 9, 16, "app", 'return Response("error", 500)', 38),
        also=Place("shop/views.py", 3, 5, "app", 'await send({"type": "http.response.start", "status": 200})'),
        where_label="second response",
        also_label="first response",
        life="HEAD -start 200-> STARTED -data 7-> BODY -start 500-> second-response",
        exception=Caught("sqlite3.OperationalError", "no such table", Place("shop/db.py", 8)),
        fault={"where": "shop/db.py:8", "call": "db.execute", "exception": "OperationalError", "occurrence": 2},
        request=Request("DELETE", "/companies/1"),
        client="leaves after the first chunk",
        buffered={"status": 500, "holds": True},
        notes=("the first", "the second\nin two lines"),
        replay="pytest --oneresponse --oneresponse-replay=x",
    )
    assert render(finding, root=shop, help_text="add `return`") == (
        """\
second-response GET /companies/{id}: a second response was started after the first was complete
 --> shop/views.py:9:16
  |
8 |     log()
9 |     return Response("error", 500)  # the second
  |            ^^^^^^^^^^^^^^^^^^^^^^ second response
  |
 ::: shop/views.py:3:5
  |
1 | async def app(scope, receive, send):
2 |     \"""Answers twice.\"""
3 |     await send({"type": "http.response.start", "status": 200})
  |     ---------------------------------------------------------- first response
  |
  = life: HEAD -start 200-> STARTED -data 7-> BODY -start 500-> second-response
  = caught: sqlite3.OperationalError: no such table (shop/db.py:8)
  = fault: db.execute at shop/db.py:8 raises OperationalError, the 2nd time that it is called
  = request: curl -X DELETE http://localhost:8000/companies/1
  = client: leaves after the first chunk
  = buffered: sent too early: held back until the handler ends, the response would be a whole 500
  = note: the first
  = note: the second
          in two lines
  = help: add `return`
  = replay: pytest --oneresponse --oneresponse-replay=x"""
    )


def test_a_finding_that_another_item_had_on_its_line_is_told_in_few_lines(shop: Path) -> None:
    finding = replace(
        FINDING,
        where=Place("shop/views.py", 9, 16, "app", 'return Response("error", 500)', 38),
        also=Place("shop/views.py", 3, 5, "app"),
        life="HEAD -start 200-> STARTED",
        fault={"call": "db.execute", "exception": "OperationalError", "occurrence": 1},
        request=Request("DELETE", "/companies/1"),
        replay="pytest --oneresponse --oneresponse-replay=x",
    )
    assert brief(finding, "oneresponse::shop:app::GET /companies") == (
        """\
second-response GET /companies/{id}: a second response was started after the first was complete
 --> shop/views.py:9:16
 ::: shop/views.py:3:5
  = fault: db.execute raises OperationalError
  = request: curl -X DELETE http://localhost:8000/companies/1
  = as in: oneresponse::shop:app::GET /companies
  = replay: pytest --oneresponse --oneresponse-replay=x"""
    )


def test_a_finding_without_places_is_its_headline_and_facts() -> None:
    assert render(replace(FINDING, life="HEAD -return-> no-response")) == (
        "second-response GET /companies/{id}: a second response was started after the first was complete\n"
        "  = life: HEAD -return-> no-response"
    )


def test_the_gutter_is_as_wide_as_the_longest_line_number() -> None:
    finding = replace(FINDING, where=Place("a.py", 7, source="pass"), also=Place("b.py", 1234, source="fail()"))
    assert render(finding).splitlines()[1:] == [
        "    --> a.py:7:1",
        "     |",
        "   7 | pass",
        "     | ^^^^",
        "     |",
        "    ::: b.py:1234:1",
        "     |",
        "1234 | fail()",
        "     | ------",
        "     |",
    ]


def test_an_unknown_end_reaches_to_the_end_of_the_code_not_of_the_comment(shop: Path) -> None:
    code = 'return Response("error", 500)'
    assert block(shop, line=9, column=9).splitlines()[-2] == f"  |     {'^' * len(code)} here"


def test_a_hash_in_a_string_is_no_comment(tmp_path: Path) -> None:
    write(tmp_path, 'x = "#no"\n')
    assert block(tmp_path).splitlines()[-2] == "  | ^^^^^^^^^ here"


@pytest.mark.parametrize("end_column", [0, 6, 99])
def test_an_expression_of_many_lines_is_marked_to_the_end_of_its_first(shop: Path, end_column: int) -> None:
    assert block(shop, line=10, column=12, end_column=end_column) == (
        """\
  --> shop/views.py:10:12
   |
 8 |         log()
 9 |         return Response("error", 500)  # the second
10 |     return Response(
   |            ^^^^^^^^^ here
   |"""
    )


def test_a_column_behind_the_line_marks_the_whole_line(shop: Path) -> None:
    assert block(shop, line=8, column=80).splitlines()[-2] == "  |     ^^^^^ here"


def test_deep_code_is_moved_to_the_left(tmp_path: Path) -> None:
    write(tmp_path, f"{' ' * 20}if broken:\n{' ' * 24}fail()\n")
    assert block(tmp_path, line=2, column=25) == (
        """\
 --> shop/views.py:2:25
  |
1 |     if broken:
2 |         fail()
  |         ^^^^^^ here
  |"""
    )


def test_tabs_are_expanded(tmp_path: Path) -> None:
    write(tmp_path, "def view():\n\treturn\tfail(\t1)\n")
    assert block(tmp_path, line=2, column=9, end_column=17) == (
        """\
 --> shop/views.py:2:9
  |
1 | def view():
2 |     return  fail(   1)
  |             ^^^^^^^^^^ here
  |"""
    )


def test_wide_and_combining_characters_keep_the_marks_in_their_columns(tmp_path: Path) -> None:
    text = 'send("日本", "e\u0301", boom("日"))\n'
    write(tmp_path, text)
    column = text.index("boom") + 1
    assert block(tmp_path, column=column, end_column=column + 9) == (
        f"""\
 --> shop/views.py:1:{column}
  |
1 | {text.rstrip()}
  |                   ^^^^^^^^^^ here
  |"""
    )


def test_a_long_line_is_cut_around_the_marks(tmp_path: Path) -> None:
    text = f"a = [{'1, ' * 60}boom(){', 2' * 60}]\n"
    write(tmp_path, text)
    column = text.index("boom") + 1
    *_, source, marks, _ = block(tmp_path, column=column, end_column=column + 6).splitlines()
    shown = source.removeprefix("1 | ")
    assert len(shown) == WIDTH
    assert shown.startswith("...")
    assert shown.endswith("...")
    assert source[marks.index("^") : marks.rindex("^") + 1] == "boom()"


@pytest.mark.parametrize(("column", "first", "last"), [(1, "a", "."), (397, ".", "z")])
def test_a_long_line_keeps_its_marked_end(tmp_path: Path, column: int, first: str, last: str) -> None:
    write(tmp_path, f"a{'=' * 398}z\n")
    *_, source, marks, _ = block(tmp_path, column=column, end_column=column + 4).splitlines()
    assert (source[4], source[-1]) == (first, last)
    assert len(source) <= WIDTH + 4
    assert marks.count("^") == 4


def test_a_mark_wider_than_the_line_is_cut_with_it(tmp_path: Path) -> None:
    write(tmp_path, f"fail({'日' * 200})\n")
    *_, source, marks, _ = block(tmp_path).splitlines()
    assert source == f"1 | fail({'日' * 44}..."
    assert marks == f"  | {'^' * 93} here"


def test_a_long_line_above_is_cut_too(tmp_path: Path) -> None:
    write(tmp_path, f"a = '{'x' * 300}'\nfail()\n")
    above = block(tmp_path, line=2).splitlines()[2]
    assert above == f"1 | a = '{'x' * (WIDTH - 11)}..."


def test_a_package_is_named_and_its_file_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "site", "start()\n", "slowapi/middleware.py")
    write(tmp_path / "root", "another()\n", "slowapi/middleware.py")
    monkeypatch.syspath_prepend(tmp_path / "site")
    place = {"file": "slowapi/middleware.py", "package": "slowapi"}
    assert block(tmp_path / "root", **place) == (
        """\
 --> slowapi/middleware.py:1:1 (in package slowapi)
  |
1 | start()
  | ^^^^^^^ here
  |"""
    )


def test_an_absolute_file_needs_no_root(shop: Path) -> None:
    assert "8 |     log()" in block(file=str(shop / "shop" / "views.py"), line=8, column=9)


def test_without_a_root_the_working_directory_is_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    assert "8 |     log()" in block(line=8, column=9)


def test_a_file_that_changed_gives_way_to_the_source_of_the_place(shop: Path) -> None:
    assert block(shop, line=8, column=9, function="app", source="gone()") == (
        """\
 --> shop/views.py:8:9
  |
8 | gone()
  | ^^^^^^ here
  |"""
    )


@pytest.mark.parametrize(
    ("place", "source", "marks"),
    [
        # a function's line without its indentation: the column cannot be placed
        ({"column": 16, "function": "app", "source": "return fail()  # no"}, "return fail()  # no", "^" * 13),
        # with it
        ({"column": 12, "function": "app", "source": "    return fail()"}, "    return fail()", f"{' ' * 11}^^^^^^"),
        # module level
        ({"column": 7, "function": "<module>", "source": "app = fail()"}, "app = fail()", f"{' ' * 6}^^^^^^"),
        ({"column": 1, "end_column": 4, "source": "\nabc(\n1)"}, "abc(", "^^^"),
    ],
)
def test_the_source_of_the_place_where_there_is_no_file(place: dict[str, Any], source: str, marks: str) -> None:
    assert block(file="<string>", **place).splitlines()[2:4] == [f"1 | {source}", f"  | {marks} here"]


@pytest.mark.parametrize("line", [0, 7, 14])
def test_a_line_that_is_blank_or_not_there_shows_no_source(shop: Path, line: int) -> None:
    assert block(shop, line=line) == f"{' ' * len(str(line))}--> shop/views.py:{line}:1"


@pytest.mark.parametrize("file", ["no\0file.py", "shop", "", "."])
def test_a_file_that_cannot_be_read_shows_no_source(shop: Path, file: str) -> None:
    assert len(block(shop, file=file).splitlines()) == 1


def test_what_a_terminal_would_obey_or_cannot_write_is_spelled_out(tmp_path: Path) -> None:
    write(tmp_path, "fail('\x07\u200b')\n")
    finding = replace(
        FINDING,
        message="a\n b\x1b[2J\udc80",
        where=Place("shop/views.py", 1),
        exception=Caught("E", "\n one \n two"),
        notes=("bell \x07",),
        where_label="日",
    )
    text = render(finding, root=tmp_path)
    assert text == (
        r"""second-response GET /companies/{id}: a b\x1b[2J\udc80
 --> shop/views.py:1:1
  |
1 | fail('\x07\u200b')
  | ^^^^^^^^^^^^^^^^^^ 日
  |
  = caught: E: one ...
  = note: bell \x07"""
    )
    text.encode()


def test_marks_and_frame_are_ascii(shop: Path) -> None:
    assert block(shop, line=9, column=9).isascii()


def test_no_colour_unless_asked_for(shop: Path) -> None:
    finding = replace(FINDING, where=Place("shop/views.py", 8, 9), where_label="here", life="x")
    plain, painted = render(finding, root=shop), render(finding, root=shop, color=True)
    assert "\x1b" not in plain
    assert painted.splitlines() == [
        "\x1b[1;31msecond-response\x1b[0m\x1b[1m GET /companies/{id}: "
        "a second response was started after the first was complete\x1b[0m",
        " \x1b[1;34m-->\x1b[0m shop/views.py:8:9",
        "  \x1b[1;34m|\x1b[0m",
        "\x1b[1;34m8\x1b[0m \x1b[1;34m|\x1b[0m     log()",
        "  \x1b[1;34m|\x1b[0m     \x1b[1;31m^^^^^ here\x1b[0m",
        "  \x1b[1;34m|\x1b[0m",
        "  \x1b[1;34m=\x1b[0m \x1b[1mlife:\x1b[0m x",
    ]


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ({"call": "f", "exception": "KeyError"}, "f raises KeyError"),
        (
            {"where": {"file": "a.py", "line": 3}, "call": "f", "exception": "KeyError", "occurrence": 1},
            "f at a.py:3 raises KeyError",
        ),
        *(
            (
                {"call": "f", "exception": "KeyError", "occurrence": number},
                f"f raises KeyError, the {said} time that it is called",
            )
            for number, said in (
                (2, "2nd"),
                (3, "3rd"),
                (4, "4th"),
                (11, "11th"),
                (13, "13th"),
                (21, "21st"),
                (112, "112th"),
            )
        ),
    ],
)
def test_a_fault(fault: dict[str, Any], line: str) -> None:
    assert render(replace(FINDING, fault=fault)).splitlines()[1:] == [f"  = fault: {line}"]


def test_buffering_that_does_not_help() -> None:
    told = {"status": 200, "size": 1, "holds": False}
    assert render(replace(FINDING, buffered=told)).splitlines()[1:] == [
        "  = buffered: held back until the handler ends, the response would be a 200 with 1 byte of body, "
        "and answered twice all the same: a `return` is missing"
    ]
    assert render(replace(FINDING, rule="late-header", buffered=told)).splitlines()[1:] == [
        "  = buffered: held back until the handler ends, the response would be a 200 with 1 byte of body, "
        "and would still break the contract"
    ]


def test_an_exception_without_message_or_place() -> None:
    assert render(replace(FINDING, exception=Caught("KeyError", ""))).splitlines()[1:] == ["  = caught: KeyError"]


def test_a_request_stays_one_line_that_the_shell_reads_back() -> None:
    body = "a\nb'c\\d\x1b\N{NO-BREAK SPACE}é\t0"
    finding = replace(FINDING, request=Request("POST", "/x", body=body.encode()))
    line = render(finding).splitlines()[1:]
    assert line == [
        r"  = request: curl --data-raw $'a\x0ab\'c\\d\x1b\U000000a0é\x090' http://localhost:8000/x",
    ]
    word = line[0].partition("--data-raw ")[2].rpartition(" ")[0]
    bash = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert bash.stdout.decode() == body


def test_a_plain_request_is_its_curl_command() -> None:
    request = Request("PATCH", "/a b", headers=(("X-A", "it's"), ("Host", "shop.test")))
    line = render(replace(FINDING, request=request)).splitlines()[1]
    assert shlex.split(line.partition(": ")[2]) == shlex.split(request.curl())

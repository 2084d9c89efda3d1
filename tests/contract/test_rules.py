"""The table of rules holds together, says what the contract says, and is what the docs say."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_oneresponse.contract import rules
from pytest_oneresponse.contract.machine import TABLES
from pytest_oneresponse.contract.rules import GROUPS, INTERFACES, RULES, Rule

DOCS = Path(__file__).parents[2] / "docs"

LEVELS = {
    "breach": """
        no-response second-response unfinished-response hung-response orphan-response unraised-error
        late-status late-header error-swallowed error-after-start
        body-before-start write-after-end late-send length-mismatch body-not-allowed body-not-bytes
        invalid-status invalid-header conflicting-length hop-by-hop-header invalid-message
        trailers-out-of-order trailers-missing
        websocket-second-decision websocket-no-decision websocket-after-close lifespan-out-of-order
    """,
    "practice": """
        shared-response swallowed-answer error-after-end duplicate-header iterable-not-closed write-during-iteration
    """,
    "off": "unhandled-error body-on-head",
}

ONE_LINE = {"unhandled-error"} | set(
    [
        "invalid-status",
        "invalid-header",
        "conflicting-length",
        "hop-by-hop-header",
        "duplicate-header",
        "invalid-message",
    ]
)
"""Rules that are about one event, so that no second line is named."""

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=rules.names())


def test_every_rule_has_its_level() -> None:
    expected = {name: level for level, text in LEVELS.items() for name in text.split()}
    assert {name: rule.level.value for name, rule in RULES.items()} == expected


@every_rule
def test_name_is_kebab_case(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)


def test_rule_stands_under_its_own_name() -> None:
    assert [rule.name for rule in RULES.values()] == list(RULES)


def test_a_name_that_comes_twice_is_an_error() -> None:
    rule = rules.get("no-response")
    with pytest.raises(ValueError, match="'no-response' stands twice"):
        rules._index((rule, rule))


@every_rule
def test_no_text_is_empty(rule: Rule) -> None:
    texts = [rule.sentence, rule.why, rule.mend, rule.source, rule.where]
    assert all(text.strip() == text != "" for text in texts)
    assert bool(rule.also) == (rule.name not in ONE_LINE)


@every_rule
def test_texts_can_be_printed_anywhere(rule: Rule) -> None:
    for text in (rule.sentence, rule.why, rule.mend, rule.source, rule.where, rule.also, rule.cases):
        assert text.isascii()
        assert "\n" not in text and "  " not in text
        assert "|" not in text, "ends a cell of the docs' tables"


@every_rule
def test_sentences_are_sentences(rule: Rule) -> None:
    for text in (rule.sentence, rule.why, rule.mend):
        assert text.endswith(".") and not text.endswith("..")
        assert text[0].isupper() or text[0] in "`"
        assert text.count("`") % 2 == 0
    assert len(re.findall(r"\.(?= [A-Z`])", rule.mend)) <= 1, "help text is one or two sentences"


@every_rule
def test_labels_fit_under_a_caret(rule: Rule) -> None:
    for label in (rule.where, rule.also):
        assert len(label) <= 40
        assert not label.endswith(".")


@every_rule
def test_source_cites_a_specification(rule: Rule) -> None:
    for clause in rule.source.split("; "):
        pep = re.match(r'PEP 3333, ".+"', clause)
        asgi = re.match(r'ASGI (spec|HTTP & WebSocket spec|Lifespan spec|extensions)(, ".+"|$)', clause)
        rfc = re.fullmatch(r"RFC (6455|9110|9112) sections? [0-9.]+(, [0-9.]+)*( and [0-9.]+)?", clause)
        assert pep or asgi or rfc, clause


@every_rule
def test_groups_and_interfaces_are_known(rule: Rule) -> None:
    assert rule.group in GROUPS
    assert rule.interfaces and set(rule.interfaces) <= set(INTERFACES)
    assert len(set(rule.interfaces)) == len(rule.interfaces)


def test_rules_of_a_group_stand_together_and_in_order() -> None:
    groups = list(dict.fromkeys(rule.group for rule in RULES.values()))
    assert groups == list(GROUPS)
    places = [GROUPS.index(rule.group) for rule in RULES.values()]
    assert places == sorted(places)


def test_machine_breaks_only_known_rules_on_their_interfaces() -> None:
    interfaces = {"http": {"wsgi", "asgi http"}, "websocket": {"websocket"}, "lifespan": {"lifespan"}}
    for protocol, table in TABLES.items():
        for state, events in table.items():
            for event, entry in events.items():
                if not isinstance(entry, str):
                    rule = RULES[entry[0]]
                    assert interfaces[protocol] & set(rule.interfaces), f"{protocol} {state} {event}: {rule.name}"


def test_names_are_in_the_order_of_the_table() -> None:
    assert rules.names() == tuple(RULES)


@pytest.mark.parametrize("name", ["second-response", "body-on-head"])
def test_get_finds_a_rule(name: str) -> None:
    assert rules.get(name) is RULES[name]


@pytest.mark.parametrize("typo", ["second-respons", "SECOND_RESPONSE"])
def test_get_suggests_the_nearest_name(typo: str) -> None:
    with pytest.raises(KeyError) as caught:
        rules.get(typo)
    assert str(caught.value.args[0]).startswith(f"no rule is named {typo!r}; did you mean second-response")


def test_get_suggests_nothing_where_nothing_is_near() -> None:
    with pytest.raises(KeyError) as caught:
        rules.get("qqqqqq")
    assert caught.value.args == ("no rule is named 'qqqqqq'",)


# ------------------------------------------------------------------------------------------------ docs


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("oneresponse_docs_generate", DOCS / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_docs_on_disk_are_up_to_date(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_check_names_the_files_that_differ(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    (tmp_path / "contract.md").write_text("old")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "contract.md differs from its source: run python docs/generate.py",
        "states.svg is missing: run python docs/generate.py",
        "options.md is missing: run python docs/generate.py",
    ]
    assert (tmp_path / "contract.md").read_text() == "old"
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_an_unknown_argument_is_an_error(generate: ModuleType) -> None:
    assert generate.main(["--chekc"]) == 2


def test_page_has_every_rule_and_no_dead_link(generate: ModuleType) -> None:
    page = generate.contract_page()
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    assert [name for name in headings if name in RULES] == list(RULES)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def test_every_state_is_drawn(generate: ModuleType) -> None:
    picture = generate.states_svg()
    for table in TABLES.values():
        for state in table:
            assert state == "JUDGED" or f">{state}</text>" in picture


def test_every_cell_of_the_tables_is_told(generate: ModuleType) -> None:
    table = {"A": {"start": "B", "data": ("write-after-end", "B"), "gone": "A"}, "B": {"start": "B", "data": "B"}}
    states = generate.states_of("http", table)
    assert states["A"].moves == {"B": "start"}
    assert states["A"].breaks == {"write-after-end": "data"}
    assert states["A"].stays == "gone"
    assert states["B"].stays == "anything sent"

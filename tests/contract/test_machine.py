"""Every cell of the tables, the lists "one cause, one finding" and "legal, though it looks odd", and the arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from pytest_oneresponse.contract import machine
from pytest_oneresponse.contract.events import (
    Accept,
    Close,
    Data,
    End,
    Event,
    File,
    Gone,
    Improper,
    Informational,
    Lifespan,
    Message,
    Raised,
    Returned,
    Start,
    TimedOut,
    Trailers,
)
from pytest_oneresponse.contract.machine import Breach, Facts, Verdict, is_plain, judge
from pytest_oneresponse.contract.rules import RULES

ERROR = RuntimeError("the app's")
OK = Start("200 OK", ())
EXC_INFO = Start("500 No", (), replaces=True, handling=ERROR)
PROMISES = Start("200 OK", (), trailers=True)

EVENTS: dict[str, Event] = {
    "informational": Informational(103),
    "start": OK,
    "restart": EXC_INFO,
    "data": Data(4),
    "empty": Data(0),
    "file": File(),
    "part of a file": File(last=False),
    "end": End(),
    "trailers": Trailers(last=False),
    "last trailers": Trailers(),
    "returned": Returned(),
    "raised": Raised(ERROR),
    "raised in the body": Raised(ERROR, in_body=True),
    "gone": Gone(),
    "timed out": TimedOut(),
    "accept": Accept(),
    "message": Message(),
    "close": Close(),
    **{
        name: Lifespan(name)
        for name in [
            "ask startup",
            "ask shutdown",
            "startup.complete",
            "startup.failed",
            "shutdown.complete",
            "shutdown.failed",
        ]
    },
}

# How each state is reached. A star marks a state whose head promised trailers.
WAYS: dict[str, dict[str, list[Event]]] = {
    "http": {
        "HEAD": [],
        "STARTED": [OK],
        "STARTED*": [PROMISES],
        "BODY": [OK, Data(4)],
        "BODY*": [PROMISES, Data(4)],
        "REFUSED": [OK, Data(4), EXC_INFO],
        "TRAILERS": [PROMISES, End()],
        "DONE": [OK, End()],
        "SILENT": [Returned()],
        "CUT": [OK, Returned()],
        "OWING": [PROMISES, End(), Returned()],
        "OVER": [OK, End(), Returned()],
        "GONE": [Gone()],
        "LEFT": [OK, Gone()],
        "QUIET": [Gone(), Returned()],
        "JUDGED": [Data(4)],
    },
    "websocket": {
        "CONNECTING": [],
        "OPEN": [Accept()],
        "DENYING": [OK],
        "CLOSED": [Accept(), Close()],
        "UNDECIDED": [Returned()],
        "CUT": [OK, Returned()],
        "OVER": [Accept(), Returned()],
        "GONE": [Gone()],
        "JUDGED": [Message()],
    },
    "lifespan": {
        "NEW": [],
        "STARTING": [Lifespan("ask startup")],
        "RUNNING": [Lifespan("ask startup"), Lifespan("startup.complete")],
        "STOPPING": [Lifespan("ask startup"), Lifespan("startup.complete"), Lifespan("ask shutdown")],
        "FAILED": [Lifespan("ask startup"), Lifespan("startup.failed")],
        "ENDED": [
            Lifespan("ask startup"),
            Lifespan("startup.complete"),
            Lifespan("ask shutdown"),
            Lifespan("shutdown.complete"),
        ],
        "UNSUPPORTED": [Raised(ERROR)],
        "JUDGED": [Lifespan("startup.complete")],
    },
}

# What each event leads to. "STATE ...: next" says it for several states, "=" stays. A rule's name alone ends in JUDGED;
# "rule > STATE" in another state; "(practice)" is a milder level. What is not said here is an error of this test.
EXPECTED = {
    "http": """
        informational
            HEAD STARTED STARTED* BODY BODY* GONE LEFT QUIET JUDGED: =
            TRAILERS DONE: second-response
            REFUSED: error-swallowed
            SILENT CUT OWING OVER: late-send
        start
            HEAD: STARTED
            STARTED STARTED* BODY BODY* TRAILERS DONE LEFT: second-response
            REFUSED: error-swallowed
            SILENT CUT OWING OVER: late-send
            GONE: LEFT
            QUIET JUDGED: =
        restart
            HEAD STARTED STARTED*: STARTED
            BODY BODY*: REFUSED
            REFUSED: error-swallowed
            TRAILERS DONE: second-response
            SILENT CUT OWING OVER: late-send
            GONE LEFT: LEFT
            QUIET JUDGED: =
        data
            HEAD: body-before-start
            STARTED BODY STARTED* BODY*: BODY
            REFUSED: error-swallowed
            TRAILERS DONE: write-after-end
            SILENT CUT OWING OVER: late-send
            GONE LEFT QUIET JUDGED: =
        empty
            HEAD: body-before-start (practice) > HEAD
            STARTED STARTED* BODY BODY* GONE LEFT QUIET JUDGED: =
            REFUSED: error-swallowed
            TRAILERS DONE: write-after-end
            SILENT CUT OWING OVER: late-send
        part of a file
            HEAD: body-before-start
            STARTED BODY STARTED* BODY*: BODY
            REFUSED: error-swallowed
            TRAILERS DONE: write-after-end
            SILENT CUT OWING OVER: late-send
            GONE LEFT QUIET JUDGED: =
        file
            HEAD: body-before-start
            STARTED BODY: DONE
            STARTED* BODY*: TRAILERS
            REFUSED: error-swallowed
            TRAILERS DONE: write-after-end
            SILENT CUT OWING OVER: late-send
            GONE LEFT QUIET JUDGED: =
        end
            HEAD: body-before-start
            STARTED BODY: DONE
            STARTED* BODY*: TRAILERS
            REFUSED: error-swallowed
            TRAILERS DONE: write-after-end
            SILENT CUT OWING OVER: late-send
            GONE LEFT QUIET JUDGED: =
        trailers
            HEAD STARTED STARTED* BODY BODY* DONE: trailers-out-of-order
            REFUSED: error-swallowed
            SILENT CUT OWING OVER: late-send
            TRAILERS GONE LEFT QUIET JUDGED: =
        last trailers
            HEAD STARTED STARTED* BODY BODY* DONE: trailers-out-of-order
            REFUSED: error-swallowed
            TRAILERS: DONE
            SILENT CUT OWING OVER: late-send
            GONE LEFT QUIET JUDGED: =
        returned
            HEAD: SILENT
            STARTED STARTED* BODY BODY*: CUT
            REFUSED: error-swallowed
            TRAILERS: OWING
            DONE: OVER
            GONE LEFT: QUIET
            SILENT CUT OWING OVER QUIET JUDGED: =
        raised
            HEAD: unhandled-error > OVER
            STARTED STARTED* BODY BODY* REFUSED TRAILERS: error-after-start > OVER
            DONE: error-after-end > OVER
            GONE LEFT: QUIET
            SILENT CUT OWING OVER QUIET JUDGED: =
        raised in the body
            HEAD: unhandled-error > OVER
            STARTED STARTED* BODY BODY* REFUSED TRAILERS DONE: error-after-start > OVER
            GONE LEFT: QUIET
            SILENT CUT OWING OVER QUIET JUDGED: =
        gone
            HEAD: GONE
            STARTED STARTED* BODY BODY* REFUSED TRAILERS: LEFT
            DONE SILENT CUT OWING OVER GONE LEFT QUIET JUDGED: =
        timed out
            HEAD STARTED STARTED* BODY BODY* REFUSED TRAILERS GONE LEFT: hung-response
            DONE SILENT CUT OWING OVER QUIET JUDGED: =
        over
            HEAD STARTED STARTED* BODY BODY* REFUSED TRAILERS DONE OVER GONE LEFT QUIET JUDGED: =
            SILENT: no-response
            CUT: unfinished-response
            OWING: trailers-missing
    """,
    "websocket": """
        accept
            CONNECTING: OPEN
            OPEN DENYING CLOSED: websocket-second-decision
            UNDECIDED CUT OVER: late-send
            GONE JUDGED: =
        message
            CONNECTING DENYING CLOSED: websocket-after-close
            OPEN GONE JUDGED: =
            UNDECIDED CUT OVER: late-send
        close
            CONNECTING OPEN: CLOSED
            DENYING: websocket-second-decision
            CLOSED: websocket-after-close
            UNDECIDED CUT OVER: late-send
            GONE JUDGED: =
        start
            CONNECTING: DENYING
            OPEN CLOSED: websocket-second-decision
            DENYING: second-response
            UNDECIDED CUT OVER: late-send
            GONE JUDGED: =
        data
            CONNECTING: body-before-start
            OPEN: websocket-second-decision
            CLOSED: write-after-end
            UNDECIDED CUT OVER: late-send
            DENYING GONE JUDGED: =
        empty
            CONNECTING: body-before-start
            OPEN: websocket-second-decision
            CLOSED: write-after-end
            UNDECIDED CUT OVER: late-send
            DENYING GONE JUDGED: =
        end
            CONNECTING: body-before-start
            OPEN: websocket-second-decision
            DENYING: CLOSED
            CLOSED: write-after-end
            UNDECIDED CUT OVER: late-send
            GONE JUDGED: =
        returned
            CONNECTING: UNDECIDED
            OPEN CLOSED: OVER
            DENYING: CUT
            UNDECIDED CUT OVER GONE JUDGED: =
        raised
            CONNECTING OPEN CLOSED: unhandled-error > OVER
            DENYING: error-after-start > OVER
            UNDECIDED CUT OVER GONE JUDGED: =
        gone
            CONNECTING OPEN DENYING: GONE
            CLOSED UNDECIDED CUT OVER GONE JUDGED: =
        timed out
            CONNECTING DENYING: hung-response
            OPEN CLOSED UNDECIDED CUT OVER GONE JUDGED: =
        over
            CONNECTING OPEN DENYING CLOSED OVER GONE JUDGED: =
            UNDECIDED: websocket-no-decision
            CUT: unfinished-response
    """,
    "lifespan": """
        ask startup
            NEW: STARTING
            STARTING RUNNING STOPPING FAILED ENDED UNSUPPORTED JUDGED: =
        ask shutdown
            NEW RUNNING: STOPPING
            STARTING STOPPING FAILED ENDED UNSUPPORTED JUDGED: =
        startup.complete
            STARTING: RUNNING
            NEW RUNNING STOPPING FAILED ENDED: lifespan-out-of-order
            UNSUPPORTED JUDGED: =
        startup.failed
            STARTING: FAILED
            NEW RUNNING STOPPING FAILED ENDED: lifespan-out-of-order
            UNSUPPORTED JUDGED: =
        shutdown.complete
            STOPPING: ENDED
            NEW STARTING RUNNING FAILED ENDED: lifespan-out-of-order
            UNSUPPORTED JUDGED: =
        shutdown.failed
            STOPPING: ENDED
            NEW STARTING RUNNING FAILED ENDED: lifespan-out-of-order
            UNSUPPORTED JUDGED: =
        returned
            NEW STARTING: UNSUPPORTED
            RUNNING STOPPING: ENDED
            FAILED ENDED UNSUPPORTED JUDGED: =
        raised
            NEW STARTING: UNSUPPORTED
            RUNNING STOPPING: ENDED
            FAILED ENDED UNSUPPORTED JUDGED: =
        gone
            NEW STARTING RUNNING STOPPING FAILED ENDED UNSUPPORTED JUDGED: =
        timed out
            NEW STARTING RUNNING STOPPING FAILED ENDED UNSUPPORTED JUDGED: =
        over
            NEW STARTING RUNNING STOPPING FAILED ENDED UNSUPPORTED JUDGED: =
    """,
}


def cells() -> Iterator[tuple[str, str, str, str]]:
    """(kind, state, event, what is expected), one for each cell."""
    for kind, text in EXPECTED.items():
        column = ""
        for line in filter(None, (line.strip() for line in text.splitlines())):
            states, colon, then = line.partition(":")
            if not colon:
                column = line
                continue
            yield from ((kind, state, column, then.strip()) for state in states.split())


CELLS = list(cells())


def parsed(state: str, then: str) -> tuple[str, str, str]:
    """(rule, level, next state) of an expectation; no rule where the event is legal."""
    bare = state.rstrip("*")
    if then == "=":
        return "", "", bare
    if then.isupper():
        return "", "", then
    rule, _, after = then.partition(" > ")
    level = "practice" if rule.endswith("(practice)") else ""
    return rule.removesuffix(" (practice)"), level, after or "JUDGED"


def test_every_cell_is_expected_once() -> None:
    expected = [(kind, state, column) for kind, state, column, _ in CELLS]
    assert len(set(expected)) == len(expected)
    wanted = {(kind, state, c) for kind, ways in WAYS.items() for state in ways for k, _, c, _ in CELLS if k == kind}
    assert set(expected) == wanted


def test_tables_have_these_cells_and_no_others() -> None:
    owed = {("http", state, f"{c}, trailers owed") for state in ("STARTED", "BODY") for c in ("file", "end")}
    owed |= {("http", "STARTED", f"{c}, in WSGI") for c in ("raised", "raised in the body")}
    there = {(kind, s, c) for kind, table in machine.TABLES.items() for s, row in table.items() for c in row}
    assert there - owed == {(kind, state, column) for kind, state, column, _ in CELLS if "*" not in state}
    assert owed <= there
    assert {kind: next(iter(table)) for kind, table in machine.TABLES.items()} == dict(machine.FIRST)


def test_every_way_leads_to_a_state_and_breaks_a_rule_that_exists() -> None:
    for table in machine.TABLES.values():
        for row in table.values():
            for entry in row.values():
                after = entry if isinstance(entry, str) else entry[1]
                assert after in table
                assert isinstance(entry, str) or entry[0] in RULES


@pytest.mark.parametrize(("kind", "state", "column", "then"), CELLS, ids=["-".join(cell[:3]) for cell in CELLS])
def test_cell(kind: str, state: str, column: str, then: str) -> None:
    rule, level, after = parsed(state, then)
    way = WAYS[kind][state]
    facts = Facts("asgi" if column.startswith("raised") else "wsgi", kind)
    before = judge(facts, way, over=False)
    assert before.state == state.rstrip("*")
    verdict = judge(facts, way, over=True) if column == "over" else judge(facts, [*way, EVENTS[column]], over=False)
    assert verdict.state == after
    new = verdict.breaches[len(before.breaches) :]
    assert [(breach.rule, breach.level) for breach in new] == ([(rule, level)] if rule else [])
    if new:
        assert new[0].state == state.rstrip("*")


@pytest.mark.parametrize("in_body", [False, True])
@pytest.mark.parametrize(
    ("before", "level"),
    [([OK], "practice"), ([OK, Data(0)], "practice"), ([OK, Data(4)], ""), ([OK, Data(4), EXC_INFO], "")],
)
def test_a_wsgi_server_answers_an_error_itself_as_long_as_there_is_no_byte(
    before: list[Event], level: str, in_body: bool
) -> None:
    verdict = judge(Facts("wsgi"), [*before, Raised(ERROR, in_body=in_body)], over=False)
    assert [(breach.rule, breach.level) for breach in verdict.breaches] == [("error-after-start", level)]
    assert verdict.state == "OVER"


def test_the_way_through_the_states_is_told_step_by_step() -> None:
    verdict = judge(Facts("asgi"), [Start(200, ()), Data(7), Start(500, ()), Returned()])
    told = "HEAD|start 200|STARTED|data 7|BODY|start 500|JUDGED|returned|JUDGED"
    assert verdict.life == tuple(told.split("|"))
    assert judge(Facts("asgi"), [Returned()]).life == ("HEAD", "returned", "SILENT", "over", "JUDGED")
    assert judge(Facts("asgi"), []) == Verdict((), "HEAD", ("HEAD",))


# ------------------------------------------------------------------------------------------ what a breach carries


def only(events: Sequence[Event], facts: Facts = Facts("asgi")) -> Breach:
    (breach,) = judge(facts, events).breaches
    return breach


FIRST = Start(200, (), site="first")
SECOND = Start(500, (), site="second", handling=ERROR)
BYTES = Data(2, site="bytes")
LATER = Data(3, site="later")
THE_END = End(site="the end")
AGAIN = End(site="again")
BACK = Returned(site="back")
ESCAPED = Raised(ERROR, site="escaped")
STUCK = TimedOut(site="stuck")
PROMISED = Start(200, (), site="promised", trailers=True)

CARRIED: list[tuple[str, list[Event], Event | None, Event | None, Event | None, BaseException | None]] = [
    # rule, events, at, also, the head in force, the exception
    ("second-response", [FIRST, SECOND], SECOND, FIRST, FIRST, ERROR),
    ("second-response", [FIRST, BYTES, SECOND], SECOND, FIRST, FIRST, ERROR),
    ("second-response", [FIRST, THE_END, SECOND], SECOND, FIRST, FIRST, ERROR),
    ("second-response", [FIRST, Gone(), SECOND], SECOND, FIRST, FIRST, ERROR),
    ("second-response", [Gone(), FIRST, SECOND], SECOND, FIRST, FIRST, ERROR),
    ("write-after-end", [FIRST, BYTES, THE_END, LATER], LATER, THE_END, FIRST, None),
    ("write-after-end", [FIRST, THE_END, AGAIN], AGAIN, THE_END, FIRST, None),
    ("write-after-end", [FIRST, File(site="file"), AGAIN], AGAIN, File(site="file"), FIRST, None),
    ("late-send", [FIRST, THE_END, BACK, LATER], LATER, THE_END, FIRST, None),
    ("late-send", [FIRST, BACK, LATER], LATER, FIRST, FIRST, None),
    ("late-send", [BACK, FIRST], FIRST, BACK, None, None),
    ("error-after-start", [FIRST, BYTES, ESCAPED], ESCAPED, FIRST, FIRST, ERROR),
    ("error-after-end", [FIRST, THE_END, ESCAPED], ESCAPED, THE_END, FIRST, ERROR),
    ("unhandled-error", [ESCAPED], ESCAPED, None, None, ERROR),
    ("no-response", [BACK], BACK, None, None, None),
    ("unfinished-response", [FIRST, BYTES, BACK], BACK, FIRST, FIRST, None),
    ("trailers-missing", [PROMISED, THE_END, BACK], BACK, PROMISED, PROMISED, None),
    ("trailers-out-of-order", [FIRST, Trailers(site="t")], Trailers(site="t"), FIRST, FIRST, None),
    ("hung-response", [STUCK], STUCK, None, None, None),
    ("hung-response", [FIRST, STUCK], STUCK, FIRST, FIRST, None),
    ("body-before-start", [BYTES], BYTES, None, None, None),
    ("invalid-message", [FIRST, Improper("invalid-message", "what"), THE_END], None, FIRST, FIRST, None),
]


@pytest.mark.parametrize("carried", CARRIED, ids=[f"{c[0]}-{len(c[1])}-{n}" for n, c in enumerate(CARRIED)])
def test_what_a_breach_carries(carried: Any) -> None:
    rule, events, at, also, start, error = carried
    breach = only(events)
    at = at or next(event for event in events if isinstance(event, Improper))
    assert (breach.rule, breach.at, breach.also) == (rule, at, also)
    assert (breach.start, breach.error) == (start, error)


def test_a_swallowed_error_is_told_where_it_was_refused_beside_the_first_byte() -> None:
    first = Start("200 OK", (), site="first")
    refused = Start("500 No", (), site="refused", replaces=True, handling=ERROR)
    breach = only([first, Data(0), BYTES, LATER, refused, LATER, THE_END, BACK], Facts("wsgi"))
    assert (breach.rule, breach.at, breach.also, breach.error) == ("error-swallowed", refused, BYTES, ERROR)
    assert breach.start == first, "the head that went out"


def test_an_answer_to_the_servers_own_word_that_the_client_is_gone_is_none() -> None:
    refusal = BrokenPipeError()
    wrapped = RuntimeError()
    wrapped.__cause__ = refusal
    facts = Facts("asgi", refusal=refusal)
    for handling, broken in ((refusal, []), (wrapped, []), (ERROR, ["second-response"]), (None, ["second-response"])):
        events = [FIRST, BYTES, Gone(), Start(500, (), handling=handling), THE_END, BACK]
        assert [breach.rule for breach in judge(facts, events).breaches] == broken
    assert only([FIRST, BYTES, Start(500, (), handling=refusal)]).rule == "second-response", "another exchange's"


def test_an_error_that_is_let_pass_is_no_swallowed_error() -> None:
    refused = Start("500 No", (), replaces=True, handling=ERROR)
    assert only([OK, BYTES, refused, ESCAPED], Facts("wsgi")).rule == "error-after-start"


WEBSOCKETS: list[tuple[list[Event], str, Event | None]] = [
    ([Accept("a"), Accept("b")], "websocket-second-decision", Accept("a")),
    ([Accept("a"), Message("m"), FIRST], "websocket-second-decision", Accept("a")),
    ([Close("c"), Message("m")], "websocket-after-close", Close("c")),
    ([Accept("a"), Close("c"), Close("d")], "websocket-after-close", Close("c")),
    ([FIRST, Accept("a")], "websocket-second-decision", FIRST),
    ([BACK], "websocket-no-decision", None),
    ([FIRST, SECOND], "second-response", FIRST),
]


@pytest.mark.parametrize(("events", "rule", "also"), WEBSOCKETS, ids=range(len(WEBSOCKETS)))
def test_websocket_breaches_stand_beside_the_decision(events: list[Event], rule: str, also: Event | None) -> None:
    breach = only(events, Facts("asgi", "websocket"))
    assert (breach.rule, breach.also) == (rule, also)


MISPLACED = [
    ("websocket", File()),
    ("websocket", Trailers()),
    ("websocket", Informational(103)),
    ("http", Accept()),
    ("http", Message()),
    ("http", Lifespan("startup.complete")),
    ("lifespan", OK),
    ("lifespan", End()),
    ("lifespan", Lifespan("startup.completed")),
]


@pytest.mark.parametrize(("kind", "event"), MISPLACED, ids=[f"{k}-{e.column}" for k, e in MISPLACED])
def test_an_event_without_a_column_is_an_invalid_message_and_changes_nothing(kind: str, event: Event) -> None:
    verdict = judge(Facts("asgi", kind), [event], over=False)
    assert [(breach.rule, breach.at) for breach in verdict.breaches] == [("invalid-message", event)]
    assert event.column in verdict.breaches[0].detail and kind in verdict.breaches[0].detail
    assert verdict.state == machine.FIRST[kind]


# ------------------------------------------------------------------------------------------ one cause, one finding


def rules(facts: Facts, *events: Event) -> list[str]:
    return [breach.rule for breach in judge(facts, events).breaches]


LENGTH_4 = Start(200, ((b"content-length", b"4"),))
W_LENGTH_4 = Start("200 OK", (("Content-Length", "4"),))
NO_CONTENT = Start(204, ())
R = Returned()
E = End()
REFUSAL = RuntimeError("the response has already been started")

ONE_CAUSE: list[tuple[str, Facts, list[Event], str]] = [
    ("a second finish", Facts("asgi"), [FIRST, E, E, R], "write-after-end"),
    ("a write after the end", Facts("asgi"), [FIRST, E, Data(3), E, R], "write-after-end"),
    ("an end too early, and the rest", Facts("asgi"), [LENGTH_4, Data(1), E, Data(3), E, R], "write-after-end"),
    ("an end too early, and another", Facts("asgi"), [LENGTH_4, Data(1), E, Data(3), Data(0), E], "write-after-end"),
    ("a new head and its body", Facts("asgi"), [FIRST, Data(3), E, SECOND, Data(3), E, R], "second-response"),
    ("a second head and its excess", Facts("asgi"), [LENGTH_4, Data(4), SECOND, Data(9), E, R], "second-response"),
    ("a second head at once", Facts("asgi"), [LENGTH_4, SECOND, Data(9), E, R], "second-response"),
    ("and the second never ends", Facts("asgi"), [FIRST, SECOND, R], "second-response"),
    ("two more heads", Facts("asgi"), [FIRST, SECOND, SECOND, E, R], "second-response"),
    ("unfinished, then a task sends", Facts("asgi"), [FIRST, Data(3), R, Data(3), E], "late-send"),
    ("silent, then a task answers", Facts("asgi"), [R, FIRST, Data(3), E], "late-send"),
    ("complete, then a task sends", Facts("asgi"), [FIRST, E, R, Data(3), E], "late-send"),
    ("trailers owed, then a task sends", Facts("asgi"), [PROMISED, E, R, Trailers()], "late-send"),
    ("refused by raising", Facts("asgi"), [FIRST, SECOND, Raised(REFUSAL)], "second-response"),
    ("refused after the end", Facts("asgi"), [FIRST, E, SECOND, Raised(REFUSAL)], "second-response"),
    ("a write refused by raising", Facts("asgi"), [FIRST, E, Data(1), Raised(REFUSAL)], "write-after-end"),
    ("a body and no head at all", Facts("asgi"), [Data(3), E, R], "body-before-start"),
    ("the body before its head", Facts("asgi"), [Data(3), FIRST, E, R], "body-before-start"),
    ("an end and no head", Facts("wsgi"), [E, R], "body-before-start"),
    ("too many bytes, chunk by chunk", Facts("asgi"), [LENGTH_4, *[Data(3)] * 5, E, R], "length-mismatch"),
    ("several chunks on a 204", Facts("asgi"), [NO_CONTENT, *[Data(3)] * 5, E, R], "body-not-allowed"),
    ("swallowed, and on it goes", Facts("wsgi"), [OK, Data(3), EXC_INFO, Data(3), E, R], "error-swallowed"),
    ("hung, then cancelled", Facts("asgi"), [FIRST, STUCK, Gone(), R], "hung-response"),
    ("hung, then it raises", Facts("wsgi"), [STUCK, ESCAPED], "hung-response"),
    ("an error, then close() raises too", Facts("wsgi"), [OK, ESCAPED, ESCAPED, R], "error-after-start"),
    (
        "trailers that nobody promised",
        Facts("asgi"),
        [FIRST, E, Trailers(last=False), Trailers(), R],
        "trailers-out-of-order",
    ),
]


@pytest.mark.parametrize(("facts", "events", "rule"), [c[1:] for c in ONE_CAUSE], ids=[c[0] for c in ONE_CAUSE])
def test_one_cause_one_finding(facts: Facts, events: list[Event], rule: str) -> None:
    assert rules(facts, *events) == [rule]


def test_a_body_of_the_wrong_type_is_not_also_too_short() -> None:
    wrong = Improper("body-not-bytes", "the body is str, not bytes")
    assert rules(Facts("asgi"), LENGTH_4, wrong, E, R) == ["body-not-bytes"]


def test_an_unfinished_denial_that_a_task_finishes_is_a_late_send() -> None:
    assert rules(Facts("asgi", "websocket"), FIRST, R, Data(3), E) == ["late-send"]


# ------------------------------------------------------------------------------------------ legal, though it looks odd

A, W, WS, LS = Facts("asgi"), Facts("wsgi"), Facts("asgi", "websocket"), Facts("asgi", "lifespan")
NOT_MODIFIED = Start(304, ((b"content-length", b"999"), (b"etag", b'"x"')))
W_NOT_MODIFIED = Start("304 Not Modified", (("Content-Length", "999"), ("ETag", '"x"')))
SENT_PAGE = Start(500, (), handling=ERROR)
NOT_FOUND = Start(404, (), handling=ERROR)


def caused(cause: BaseException) -> BaseException:
    error = RuntimeError("wrapped")
    error.__cause__ = cause
    return error


LEGAL: list[tuple[str, Facts, list[Event]]] = [
    ("exc_info before any byte", W, [OK, EXC_INFO, Data(3), E, R]),
    ("exc_info as the first call", W, [EXC_INFO, Data(3), E, R]),
    ("exc_info after an empty chunk", W, [OK, Data(0), EXC_INFO, Data(3), E, R]),
    ("exc_info again and again", W, [OK, EXC_INFO, EXC_INFO, E, R]),
    ("exc_info replaces the length", W, [W_LENGTH_4, EXC_INFO, Data(9), E, R]),
    ("write() and then an iterable", W, [OK, Data(3), Data(3), E, R]),
    ("an empty iterable", W, [OK, E, R]),
    ("many empty chunks", W, [OK, Data(0), Data(0), Data(1), Data(0), E, R]),
    ("no body at all", A, [FIRST, E, R]),
    ("empty chunks", A, [FIRST, Data(0), Data(0), E, R]),
    ("a file", A, [FIRST, File(), R]),
    ("a file of another length", A, [LENGTH_4, File(), R]),
    ("parts of a file, and bytes", A, [LENGTH_4, File(last=False), Data(9), File(last=False), E, R]),
    ("bytes, then a file", A, [LENGTH_4, Data(2), File(), R]),
    ("hints before the head", A, [Informational(103), Informational(100), Informational(103), FIRST, E, R]),
    ("hints after the head (the ASGI extension has them there)", A, [FIRST, Informational(103), E, R]),
    ("trailers", A, [PROMISED, Data(3), E, Trailers(last=False), Trailers(), R]),
    ("a file, then trailers", A, [PROMISED, File(), Trailers(), R]),
    ("HEAD with a length and no body", W._replace(method="HEAD"), [W_LENGTH_4, E, R]),
    ("HEAD with a length and no body, ASGI", A._replace(method="HEAD"), [LENGTH_4, E, R]),
    ("HEAD with its whole body, ASGI", A._replace(method="HEAD"), [LENGTH_4, Data(4), E, R]),
    ("HEAD with another body, ASGI", A._replace(method="HEAD"), [LENGTH_4, Data(9), E, R]),
    ("304 with a length", A, [NOT_MODIFIED, E, R]),
    ("304 with a length, WSGI", W, [W_NOT_MODIFIED, Data(0), E, R]),
    ("204 without a body", A, [NO_CONTENT, Data(0), E, R]),
    ("the client goes before the head", A, [Gone(), R]),
    ("and the app answers all the same", A, [Gone(), FIRST, Data(3), E, R]),
    ("and sends bytes only", A, [Gone(), Data(3), E, R]),
    ("and is cancelled", A, [Gone(), ESCAPED]),
    ("the client goes after the head", A, [LENGTH_4, Gone(), R]),
    ("and gets the wrong length", A, [LENGTH_4, Gone(), Data(9), E, R]),
    ("and the app raises", A, [FIRST, Data(3), Gone(), ESCAPED]),
    ("and exc_info comes", W, [OK, Data(3), Gone(), EXC_INFO, E, R]),
    ("and a task sends later", A, [FIRST, Gone(), R, Data(3), E]),
    ("the client goes twice", A, [FIRST, Gone(), Gone(), R]),
    ("the client goes with trailers owed", A, [PROMISED, E, Gone(), R]),
    ("the client goes after the end", A, [FIRST, E, Gone(), R]),
    ("the time passes after the end", A, [FIRST, E, STUCK, R]),
    ("a 500 page, then the same error for the log", A, [SENT_PAGE, E, ESCAPED]),
    ("a 500 page sent from another thread, then the error", A, [Start(500, ()), E, ESCAPED]),
    ("a 404 page, then the same error", A, [NOT_FOUND, E, ESCAPED]),
    ("and wrapped", A, [NOT_FOUND, E, Raised(caused(ERROR))]),
    ("and in a group", A, [NOT_FOUND, E, Raised(BaseExceptionGroup("g", [ERROR, KeyError()]))]),
    ("a websocket closed at once", WS, [Close(), R]),
    ("a websocket that is never closed", WS, [Accept(), Message(), R]),
    ("a websocket denied", WS, [FIRST, Data(3), E, R]),
    ("a websocket denied with its length left open", WS, [FIRST, E, R]),
    ("a websocket's client goes", WS, [Accept(), Message(), Gone(), Message(), Close(), R]),
    ("a websocket's client goes first", WS, [Gone(), R]),
    ("a websocket open for long", WS, [Accept(), STUCK, Message(), Close(), R]),
    ("a lifespan", LS, WAYS["lifespan"]["ENDED"] + [R]),
    ("a lifespan that is not known", LS, [Lifespan("ask startup"), ESCAPED]),
    ("a lifespan that returns", LS, [R]),
    ("a lifespan that fails", LS, [Lifespan("ask startup"), Lifespan("startup.failed"), ESCAPED]),
    ("a lifespan that ends by an error", LS, [*WAYS["lifespan"]["RUNNING"], ESCAPED]),
]


@pytest.mark.parametrize(("facts", "events"), [case[1:] for case in LEGAL], ids=[case[0] for case in LEGAL])
def test_legal_though_it_looks_odd(facts: Facts, events: list[Event]) -> None:
    assert rules(facts, *events) == []


ODD_BUT_WRONG: list[tuple[str, Facts, list[Event], str]] = [
    ("exc_info after the first byte", W, [OK, Data(1), EXC_INFO, R], "error-swallowed"),
    ("a second start after the client went", A, [FIRST, Gone(), SECOND, R], "second-response"),
    ("a start with no exc_info after one with it", W, [EXC_INFO, OK, E, R], "second-response"),
    ("another error after a 404 page", A, [NOT_FOUND, E, Raised(KeyError())], "error-after-end"),
    ("the same error before the page is whole", A, [SENT_PAGE, ESCAPED], "error-after-start"),
    ("an error after a 499", A, [Start(499, ()), E, ESCAPED], "error-after-end"),
    ("an error after a page that no error made", A, [FIRST, E, ESCAPED], "error-after-end"),
    ("a hint after the end", A, [FIRST, E, Informational(103), R], "second-response"),
    ("HEAD with a body", W._replace(method="HEAD"), [OK, Data(3), E, R], "body-on-head"),
    ("the client gone, and the app never ends", A, [FIRST, Gone(), STUCK], "hung-response"),
]


def test_a_second_end_does_not_excuse_a_length_that_was_wrong_before() -> None:
    assert rules(A, LENGTH_4, Data(1), E, E, R) == ["length-mismatch", "write-after-end"]
    assert rules(A, LENGTH_4, Data(9), E, Data(3), R) == ["length-mismatch", "write-after-end"]


@pytest.mark.parametrize(("facts", "events", "rule"), [c[1:] for c in ODD_BUT_WRONG], ids=[c[0] for c in ODD_BUT_WRONG])
def test_their_neighbours_are_wrong(facts: Facts, events: list[Event], rule: str) -> None:
    assert rules(facts, *events) == [rule]


# ------------------------------------------------------------------------------------------ length and form


def chunks(*sizes: int) -> list[Event]:
    return [*(Data(size) for size in sizes), E, R]


LENGTHS: list[tuple[str, Facts, Event, list[Event], list[str]]] = [
    ("exact", A, LENGTH_4, chunks(4), []),
    ("exact in two", A, LENGTH_4, chunks(3, 0, 1), []),
    ("one too few", A, LENGTH_4, chunks(3), ["length-mismatch"]),
    ("none", A, LENGTH_4, chunks(), ["length-mismatch"]),
    ("one too many", A, LENGTH_4, chunks(5), ["length-mismatch"]),
    ("too many in the last", A, LENGTH_4, chunks(4, 1), ["length-mismatch"]),
    ("exact, WSGI", W, W_LENGTH_4, chunks(2, 2), []),
    ("too few, WSGI", W, W_LENGTH_4, chunks(2), ["length-mismatch"]),
    ("nothing declared", A, FIRST, chunks(4, 4), []),
    ("zero declared", A, Start(200, ((b"content-length", b"0"),)), chunks(), []),
    ("zero declared, one sent", A, Start(200, ((b"content-length", b"0"),)), chunks(1), ["length-mismatch"]),
    ("204", A, NO_CONTENT, chunks(1), ["body-not-allowed"]),
    ("304", W, W_NOT_MODIFIED, chunks(1), ["body-not-allowed"]),
    ("205 may have one here", A, Start(205, ()), chunks(1), []),
    ("204 to HEAD, WSGI", W._replace(method="HEAD"), Start("204 No", ()), chunks(1), ["body-not-allowed"]),
    ("HEAD, WSGI, twice", W._replace(method="HEAD"), W_LENGTH_4, chunks(1, 1), ["body-on-head"]),
    ("not closed", A, LENGTH_4, [Data(1), R], ["unfinished-response"]),
    (
        "a broken length is not counted with",
        A,
        Start(200, ((b"content-length", b"x"),)),
        chunks(1),
        ["conflicting-length"],
    ),
]


@pytest.mark.parametrize(
    ("facts", "start", "events", "expected"), [c[1:] for c in LENGTHS], ids=[c[0] for c in LENGTHS]
)
def test_length(facts: Facts, start: Event, events: list[Event], expected: list[str]) -> None:
    assert rules(facts, start, *events) == expected


def test_the_sentence_about_a_length_says_both_numbers() -> None:
    short = only([LENGTH_4, Data(3), THE_END, R])
    assert short.detail == "Content-Length says 4 bytes, 3 were sent"
    assert (short.at, short.also) == (THE_END, LENGTH_4)
    excess = Data(3, "excess")
    long = only([LENGTH_4, Data(3), excess, Data(3), THE_END, R])
    assert long.detail == "more than the declared Content-Length of 4: 6 bytes so far"
    assert (long.at, long.also) == (excess, LENGTH_4)


def test_the_sentence_about_a_forbidden_body_says_its_status() -> None:
    breach = only([NO_CONTENT, Data(0), BYTES, LATER, E, R])
    assert breach.detail == "2 bytes of body on a 204, which has none"
    assert (breach.at, breach.also) == (BYTES, NO_CONTENT)


def test_the_lengths_of_a_replaced_head_are_those_of_the_new_one() -> None:
    new = Start("500 No", (("Content-Length", "2"),), replaces=True, handling=ERROR)
    assert rules(W, W_LENGTH_4, new, Data(2), E, R) == []
    assert rules(W, W_LENGTH_4, new, Data(4), E, R) == ["length-mismatch"]


def test_what_is_wrong_with_a_head_is_told_at_the_start() -> None:
    bad = Start("abc", (("A B", "x"), ("Connection", "close")), site="bad")
    breaches = judge(W, [bad, E, R]).breaches
    assert [breach.rule for breach in breaches] == ["invalid-status", "invalid-header", "hop-by-hop-header"]
    assert all((breach.at, breach.also) == (bad, None) for breach in breaches)
    assert all(breach.detail for breach in breaches)


def test_the_level_of_a_recorders_own_finding_is_kept() -> None:
    mild = Improper("body-not-bytes", "empty", level="practice")
    assert [(b.rule, b.level, b.detail) for b in judge(W, [OK, mild, E, R]).breaches] == [
        ("body-not-bytes", "practice", "empty")
    ]


def test_nothing_is_owed_while_the_app_runs() -> None:
    for events in ([R], [FIRST, R], [PROMISED, E, R]):
        assert judge(A, events, over=False).breaches == ()
        assert len(judge(A, events).breaches) == 1


# ------------------------------------------------------------------------------------------ is_plain

PLAIN: list[tuple[Facts, list[Event]]] = [
    (W, [OK, E, R]),
    (W, [W_LENGTH_4, Data(4), E, R]),
    (A, [LENGTH_4, Data(1), Data(0), Data(3), E, R]),
    (A, [NO_CONTENT, E, R]),
    (A._replace(method="HEAD"), [LENGTH_4, Data(9), E, R]),
    (W._replace(method="HEAD"), [W_LENGTH_4, E, R]),
    (A._replace(method="HEAD"), [NO_CONTENT, E, R]),
    (W._replace(method="HEAD"), [W_LENGTH_4, Data(0), E, R]),
]

NOT_PLAIN: list[tuple[Facts, list[Event]]] = [
    (W, []),
    (W, [OK, R]),
    (W, [OK, E]),
    (W, [OK, E, E]),
    (W, [OK, E, ESCAPED]),
    (W, [EXC_INFO, E, R]),
    (A, [PROMISES, E, R]),
    (W, [OK, OK, E, R]),
    (W, [OK, Gone(), E, R]),
    (W, [W_LENGTH_4, Data(3), E, R]),
    (W, [W_LENGTH_4, Data(5), E, R]),
    (A, [NO_CONTENT, Data(1), E, R]),
    (W._replace(method="HEAD"), [W_LENGTH_4, Data(4), E, R]),
    (W, [Start("200 OK", (("Connection", "x"),)), E, R]),
    (W, [Improper("invalid-header", "x"), OK, E, R]),
    (WS, [OK, E, R]),
    (LS, [OK, E, R]),
]


@pytest.mark.parametrize(("facts", "events"), PLAIN, ids=range(len(PLAIN)))
def test_the_commonest_exchanges_are_plain(facts: Facts, events: list[Event]) -> None:
    assert is_plain(facts, events)
    assert judge(facts, events).breaches == ()


@pytest.mark.parametrize(("facts", "events"), NOT_PLAIN, ids=range(len(NOT_PLAIN)))
def test_all_others_are_not(facts: Facts, events: list[Event]) -> None:
    assert not is_plain(facts, events)


def some_starts(interface: str) -> Iterator[Start]:
    """Heads good and bad, the commonest several times."""
    lengths: list[tuple[str, ...]] = [(), (), ("0",), ("1",), ("4",), ("4", "4"), ("4", "1"), ("x",)]
    for code, values in itertools.product((200, 200, 204, 304, 500, 99, 103), lengths):
        if interface == "wsgi":
            yield Start(f"{code} Said", tuple(("Content-Length", value) for value in values))
        else:
            yield Start(code, tuple((b"content-length", value.encode()) for value in values))
    yield from (OK._replace(headers=(("Connection", "x"),)), EXC_INFO) if interface == "wsgi" else (PROMISED, SENT_PAGE)


def strategies() -> tuple[Any, Any, Any]:
    """Hypothesis, its facts and its event sequences: half of them nearly plain, half of them anything at all."""
    hypothesis = pytest.importorskip("hypothesis")
    st = hypothesis.strategies
    data = [Data(0), Data(1), Data(3), Data(4)]
    others = [event for event in EVENTS.values() if not isinstance(event, Start)]
    endings = [[E, R], [E, R], [E, R], [R], [E]]
    sequences: dict[str, Any] = {}
    for interface in ("wsgi", "asgi"):
        starts = st.sampled_from([*some_starts(interface)])
        body = st.lists(st.one_of(st.sampled_from(data), st.sampled_from([*data, *data, *others])), max_size=2)
        nearly = st.tuples(starts, body, st.sampled_from(endings))
        anything = st.lists(st.one_of(starts, st.sampled_from([*data, *others])), max_size=7)
        sequences[interface] = st.one_of(nearly.map(lambda parts: [parts[0], *parts[1], *parts[2]]), anything)
    facts = [
        Facts(interface, kind, method)
        for interface in ("wsgi", "asgi")
        for kind, methods in (("http", ("GET", "HEAD", "POST", "HEAD", "GET")), ("websocket", "G"), ("lifespan", "L"))
        for method in methods
    ]
    cases = st.sampled_from(facts).flatmap(lambda known: st.tuples(st.just(known), sequences[known.interface]))
    settings = hypothesis.settings(max_examples=400, deadline=None, derandomize=True, database=None)
    return hypothesis, cases, settings


def test_what_is_plain_has_no_breaches() -> None:
    hypothesis, cases, settings = strategies()
    plain = 0

    @settings
    @hypothesis.given(cases)
    def check(case: tuple[Facts, list[Event]]) -> None:
        nonlocal plain
        facts, events = case
        if is_plain(facts, events):
            plain += 1
            assert judge(facts, events).breaches == ()

    check()
    assert plain > 3, "the search must meet plain exchanges"


def test_any_sequence_of_events_can_be_judged() -> None:
    hypothesis, cases, settings = strategies()

    @settings
    @hypothesis.given(cases)
    def check(case: tuple[Facts, list[Event]]) -> None:
        facts, events = case
        table = machine.TABLES[facts.kind]
        for count in range(len(events) + 1):
            verdict = judge(facts, events[:count], over=False)
            assert verdict.state in table
            assert verdict.state == verdict.life[-1] and len(verdict.life) % 2 == 1
        whole = judge(facts, events)
        assert whole.breaches[: len(verdict.breaches)] == verdict.breaches, "what was said is not taken back"
        assert len(whole.breaches) - len(verdict.breaches) <= 1, "at most one thing is owed"

    check()

"""What a client would have got, had the output been held back: a table of exchanges."""

from __future__ import annotations

import pytest

from pytest_oneresponse.contract.buffered import Buffered, held_back
from pytest_oneresponse.contract.events import (
    Data,
    End,
    Event,
    Gone,
    Improper,
    Lost,
    Raised,
    Returned,
    Start,
    Swallowed,
)
from pytest_oneresponse.contract.machine import Facts

ERROR = ValueError("x")
WSGI, ASGI = Facts("wsgi"), Facts("asgi")
OK, LATE = Start(200, ()), Improper("late-status", "status was set")


@pytest.mark.parametrize(
    ("events", "status", "expected"),
    [
        pytest.param([OK, Data(3), End(), Returned()], 0, Buffered(200, 3, True), id="right as it is"),
        pytest.param([OK, Data(3), LATE, End(), Returned()], 500, Buffered(500, 3, True), id="status set too late"),
        pytest.param([OK, Data(3), Raised(ERROR)], 0, Buffered(500, 0, True), id="error after the start"),
        pytest.param(
            [OK, Data(3), Start(500, (), handling=ERROR), Data(5), End(), Returned()],
            0,
            Buffered(500, 5, True),
            id="answered by an error handler",
        ),
        pytest.param(
            [OK, Data(3), Start(500, ()), Data(5), End(), Returned()], 0, Buffered(200, 8, False), id="answered twice"
        ),
        pytest.param(
            [OK, Data(3), End(), Start(404, ()), End(), Returned()],
            0,
            Buffered(200, 3, False),
            id="twice, one after the other",
        ),
        pytest.param([OK, Data(3), Returned()], 0, Buffered(200, 3, False), id="never ended"),
        pytest.param([Returned()], 0, None, id="nothing started"),
        pytest.param(
            [Lost("orphan-response", ""), Swallowed(404, ""), OK, End(), Returned()],
            0,
            Buffered(200, 0, True),
            id="lost as well",
        ),
        pytest.param([OK, Gone(), Data(3), End(), Returned()], 0, Buffered(200, 3, True), id="the client left"),
        pytest.param(
            [OK, LATE, Start(503, (), handling=ERROR), End(), Returned()],
            500,
            Buffered(503, 0, True),
            id="a status that was set on the response that is dropped",
        ),
    ],
)
def test_what_would_have_been_sent(events: list[Event], status: int, expected: Buffered | None) -> None:
    assert held_back(ASGI, events, status) == expected


def test_wsgi_has_its_own_form_of_a_status() -> None:
    start = Start("200 OK", (("Content-Length", "9"),))
    assert held_back(WSGI, [start, Data(3), Raised(ERROR)]) == Buffered(500, 0, True)
    assert held_back(WSGI, [start, Data(3), End(), Returned()]) == Buffered(200, 3, False)
    replaced = Start("404 Not Found", (), replaces=True)
    assert held_back(WSGI, [start, Data(3), replaced, Data(1), End(), Returned()]) == Buffered(404, 1, True)

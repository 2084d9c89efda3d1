"""Made-up values give way to others, equal ones to equal ones, and nothing else changes."""

from __future__ import annotations

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.drive.fresh import fresh
from pytest_oneresponse.explore.trials import Trial

REQUEST = Request(
    "POST",
    "/users/w1qb",
    "q=w12qc&x=ww1qb",
    (("x-name", "s3kd"),),
    b'{"name": "w1qb", "again": "w1qb@x", "b": "w1qbc\xff"}',
)


def test_a_trial_is_renewed() -> None:
    renewed = fresh(Trial("a", REQUEST, before=(REQUEST,)), 7)
    assert renewed.before == (renewed.request,) and renewed.label == "a"
    assert renewed.request == Request(
        "POST",
        "/users/w71qb",
        "q=w712qc&x=ww1qb",
        (("x-name", "s73kd"),),
        b'{"name": "w71qb", "again": "w71qb@x", "b": "w1qbc\xff"}',
    )
    assert fresh(Trial("a", REQUEST), 8).request != renewed.request


def test_a_trial_without_made_up_values_stays_as_it_is() -> None:
    plain = Request("GET", "/users/ada", "q=1", (("accept", "*/*"),), b"w1")
    assert fresh(Trial("a", plain), 7).request == plain


def test_days_are_moved_by_weeks() -> None:
    request = Request(
        "POST", "/days/2032-05-14", body=b'{"end": "2032-05-16T09:00:00", "code": "12032-05-14", "no": "2032-13-14"}'
    )
    renewed = fresh(Trial("a", request), 2).request
    assert renewed.path == "/days/2032-05-28"
    assert renewed.body == b'{"end": "2032-05-30T09:00:00", "code": "12032-05-14", "no": "2032-13-14"}'
    last = Request("GET", "/9999-12-31")
    assert fresh(Trial("a", last), 2).request == last

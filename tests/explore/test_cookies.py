"""Cookies that are given are sent from then on."""

from __future__ import annotations

import pytest

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.cookies import with_given


@pytest.mark.parametrize(
    ("headers", "own", "sent"),
    [
        ([], "", None),
        ([("Set-Cookie", "a=1; Path=/; HttpOnly")], "", "a=1"),
        ([("set-cookie", "a=1"), ("set-cookie", "b=2"), ("set-cookie", "a=3")], "", "a=3; b=2"),
        ([("set-cookie", "a=1")], "a=own; c=5", "a=own; c=5"),
        ([("set-cookie", "b=1")], "a=own", "a=own; b=1"),
        ([("set-cookie", "a=1"), ("set-cookie", "a=; Max-Age=0; Path=/")], "", None),
        ([("set-cookie", 'a="quoted, text"')], "", 'a="quoted, text"'),
        ([("set-cookie", "no cookie at all")], "", None),
        ([("x-other", "a=1")], "", None),
    ],
)
def test_what_is_sent(headers: list[tuple[str, str]], own: str, sent: str | None) -> None:
    request = Request().with_header("cookie", own) if own else Request()
    assert with_given(request, headers).header("cookie") == sent

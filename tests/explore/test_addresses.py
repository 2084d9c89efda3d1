"""Where what an app reads stands in a request, and what of that may be changed."""

from __future__ import annotations

import pytest

from pytest_oneresponse.explore import canary
from pytest_oneresponse.explore.addresses import address_of, is_canary, is_free


@pytest.mark.parametrize(
    ("source", "key", "address"),
    [
        ("query", "a", ("query", "a", 0)),
        ("form", "a", ("field", "a", 0)),
        ("file", "a", ("file", "a", "content")),
        ("cookie", "a", ("cookie", "a")),
        ("json\norder\n0", "sku", ("json", "order", 0, "sku")),
        ("header", "HTTP_X_FORWARDED_FOR", ("header", "x-forwarded-for")),
        ("header", "X-Tenant", ("header", "x-tenant")),
        ("header", "wsgi.input", None),
        ("header", "CONTENT_LENGTH", None),
        ("text", "a", None),
    ],
)
def test_where_a_key_stands(source: str, key: str, address: object) -> None:
    assert address_of(source, key) == address


def test_a_canary_is_let_be_and_its_name_may_come_twice() -> None:
    value = canary.value("query")
    assert is_canary(value) and not is_free(("query", canary.NAME, 0), value)
    assert not is_canary([value]), "an app may go through names that come twice"

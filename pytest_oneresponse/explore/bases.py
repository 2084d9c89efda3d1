"""The requests that exploring a route begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from . import canary
from .draft import Draft

_BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_FORM = "application/x-www-form-urlencoded"


def bases(valid: Draft) -> Iterator[Draft]:
    """The valid request with a canary in each of its parts; where no body is declared, one with each kind of body."""
    draft = with_canaries(valid)
    if valid.media or valid.method not in _BODY_METHODS:
        yield draft
        return
    yield replace(draft, media="application/json", json={canary.NAME: canary.value("json")})
    form = replace(draft, media=_FORM, fields=((canary.NAME, canary.value("form")),))
    yield form
    yield draft
    yield replace(form, media="multipart/form-data", files=((canary.FILE, "upload.txt", "text"),))


def with_canaries(draft: Draft) -> Draft:
    """A draft in which each part of the request that has names has the canary's."""
    fields = (*draft.fields, (canary.NAME, canary.value("form"))) if draft.fields else ()
    return replace(
        draft,
        query=(*draft.query, (canary.NAME, canary.value("query"))),
        cookies=(*draft.cookies, (canary.NAME, canary.value("cookie"))),
        headers=(*draft.headers, (canary.HEADER, canary.value("header"))),
        fields=fields,
    )

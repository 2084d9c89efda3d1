"""The kinds of body that a request may have, or of messages, where nothing says which one is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..contract.request import WEBSOCKET
from . import canary
from .draft import Draft

BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE", WEBSOCKET)
_FORM = "application/x-www-form-urlencoded"


def with_bodies(draft: Draft) -> Iterator[Draft]:
    """The draft with each kind of body, in each of them a canary."""
    form = replace(draft, media=_FORM, fields=((canary.NAME, canary.value("form")),))
    yield replace(draft, media="application/json", json={canary.NAME: canary.value("json")})
    if draft.method == WEBSOCKET:
        yield replace(draft, media="text/plain", text="text")
        yield replace(draft, media="application/octet-stream", text="bytes")
        return
    yield form
    yield replace(form, media="multipart/form-data", files=((canary.FILE, "upload.txt", "text"),))
    yield replace(draft, media="text/plain", text="text")

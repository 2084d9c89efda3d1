"""Headers that a request object gives parsed, as attributes: no key is read of them, and no text is compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Parsed(NamedTuple):
    """A header behind an attribute. `form`: of the code's own texts those are sent that are written so; then the `usual`."""

    header: str
    form: re.Pattern[str]
    usual: tuple[str, ...]


_MEDIA = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_LANGUAGE = re.compile(r"[a-z]{2}([-_][A-Za-z]{2})?")
_WORD = re.compile(r"[A-Za-z0-9./-]{3,40}")
_NONE = re.compile(r"(?!)")
_ACCEPT = Parsed("accept", _MEDIA, ("application/json", "text/html", "image/png"))
_AGENT = Parsed(
    "user-agent", _WORD, ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148", "curl/8.5")
)
_ASKED_BY = Parsed("x-requested-with", _NONE, ("XMLHttpRequest",))
BEHIND = {
    "accept_mimetypes": _ACCEPT,
    "accept": _ACCEPT,
    "accepts": _ACCEPT,
    "accepted_types": _ACCEPT,
    "accepted_renderer": _ACCEPT,
    "get_preferred_type": _ACCEPT,
    "accept_languages": Parsed("accept-language", _LANGUAGE, ("en", "de")),
    "accept_encodings": Parsed("accept-encoding", _NONE, ("gzip", "br", "identity")),
    "user_agent": _AGENT,
    "is_ajax": _ASKED_BY,
    "is_xhr": _ASKED_BY,
    "referrer": Parsed("referer", _NONE, ("http://localhost:8000/",)),
}
"""By the names that Flask, Django, WebOb and Starlette have for them."""
_MOST = 4


def headers(attributes: Iterable[str], constants: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The headers that are worth sending to code with these attributes and texts in it, as (name, value)."""
    texts = list(constants)
    for parsed in dict.fromkeys(BEHIND[name] for name in sorted(set(attributes) & BEHIND.keys())):
        own = [text for text in texts if parsed.form.fullmatch(text)]
        for value in dict.fromkeys((*own[:_MOST], *parsed.usual)):
            yield parsed.header, value

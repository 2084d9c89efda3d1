"""Routes where somebody may log in: what they give him, and where he shows it later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..protocols.client import Answer
from ..routes import Route, handler_of
from ..source import function_at
from .cookies import set_by
from .documents import mappings_in
from .draft import Draft, Pairs

CREDENTIAL = "oneresponse-credential-"
"""Begins the name of what a login gives; the name itself stands in a header until that is known."""
_TOKEN, _COOKIE = "token", "cookie-"
"""What stands after that, and the number of the credential."""
_TOKENS = ("access_token", "token", "access", "id_token", "jwt", "auth_token", "api_key", "session_id", "sid", "key")
"""What credentials are called in JSON."""
_FOR_ALL = re.compile(r"(?i)csrf|xsrf|lang|locale|theme|consent")
"""What cookies are called that do not say who somebody is."""
_KNOWS = re.compile(r"(?i)sess|token|auth|jwt|sid$|user|login|key")
"""What headers are called that do."""
_LOGIN = re.compile(r"(?i)log-?_?in|sign-?_?in|token|auth|session|jwt")
_GIVES = re.compile(r"""["'](access_)?token["']|set_cookie|Set-Cookie|\bsession\[|\blogin\(|\blog_?in_user\(""")
_LEAST = 4
"""A shorter text may stand in a header by chance."""


def logins(routes: Iterable[Route], route: Route) -> list[Route]:
    """The routes where somebody may log in for another one: by their path, then by what their handlers name."""
    found = []
    for one in routes:
        if one is not route and one.method == "POST" and not one.path_parameters:
            by_path = _LOGIN.search(one.template) is not None
            if by_path or _GIVES.search(_source(one)):
                found.append((not by_path, "refresh" in one.template, one))
    return [one for *_, one in sorted(found, key=lambda pair: pair[:2])]


def _source(route: Route) -> str:
    handler = handler_of(route.handler)
    if handler is None:
        return ""
    node = function_at(handler.file, handler.line)
    return ast.unparse(node) if node is not None else ""


def credential_in(answer: Answer) -> str | None:
    """What a response gives who logs in, as the end of its name: a token in JSON, or a cookie; None where it gives nothing."""
    if not 200 <= answer.status < 400:
        return None
    if _token_in(answer) is not None:
        return _TOKEN
    given = (name for name, text in set_by(answer.headers).items() if text and not _FOR_ALL.search(name))
    return next((_COOKIE + name for name in given), None)


def credential_of(answer: Answer, name: str) -> str | None:
    """What a response gives under the name of a credential."""
    kind = _kind(name)
    return _token_in(answer) if kind == _TOKEN else set_by(answer.headers).get(kind.removeprefix(_COOKIE))


def credential(number: int, kind: str) -> str:
    """The name of the n-th credential of an app. `kind`: as `credential_in` has it."""
    return f"{CREDENTIAL}{number}-{kind}"


def _kind(name: str) -> str:
    return name.removeprefix(CREDENTIAL).partition("-")[2]


def _token_in(answer: Answer) -> str | None:
    found = (mapping.get(key) for mapping in mappings_in(answer) for key in _TOKENS)
    return next((text for text in found if isinstance(text, str) and text), None)


def shown(draft: Draft, name: str, headers: Iterable[str] = ()) -> Iterator[Draft | None]:
    """The draft with a credential of a name where it may be looked for: a token also in those of `headers` that sound so."""
    kind = _kind(name)
    if kind != _TOKEN:
        yield draft.put(("cookie", kind.removeprefix(_COOKIE)), name)
        return
    for header in headers:
        if _KNOWS.search(header) and header != "authorization":
            yield draft.put(("header", header), name)
    yield draft.put(("header", "authorization"), f"Bearer {name}")


def exchanged(draft: Draft, names: Iterable[str]) -> Iterator[Draft]:
    """A draft that shows one of some credentials, with each of the others in its place."""
    shown_now = [name for name in names if any(name in text for _, text in (*draft.headers, *draft.cookies))]
    for other in names if shown_now else ():
        if other not in shown_now:
            yield _in_headers(draft, dict.fromkeys(shown_now, other))


class Credentials:
    """What logins gave. Drafts are sent with the names of it in their headers, and learnt from with what was sent."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Each credential that was given, with its name."""

    def note(self, answer: Answer) -> None:
        """An answer may give a credential while it is found out how somebody logs in; the app may know it ever after."""
        kind = credential_in(answer)
        name = credential(1, kind) if kind is not None else ""
        text = credential_of(answer, name) if name else None
        if text is not None and len(text) >= _LEAST:
            self.names.setdefault(text, name)

    def canonical(self, draft: Draft) -> Draft:
        """A draft with names in place of the credentials."""
        return _in_headers(draft, self.names) if self.names else draft

    def actual(self, draft: Draft, known: Mapping[str, Any]) -> Draft:
        """A draft as it was sent. `known`: what was given before it, by name."""
        given = {name: str(text) for name, text in known.items() if name.startswith(CREDENTIAL) and text}
        self.names |= {text: name for name, text in given.items() if len(text) >= _LEAST}
        return _in_headers(draft, given) if given else draft


def _in_headers(draft: Draft, changes: Mapping[str, str]) -> Draft:
    def changed(pairs: Pairs) -> Pairs:
        for old, new in changes.items():
            pairs = tuple((name, text.replace(old, new)) for name, text in pairs)
        return pairs

    return replace(draft, headers=changed(draft.headers), cookies=changed(draft.cookies))

"""Functions with the marks of exploration as apps, and searches through them."""

from __future__ import annotations

import ast
import itertools
import json
import textwrap
from collections.abc import Callable, Container
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.explore.bases import bases
from pytest_oneresponse.explore.draft import Draft
from pytest_oneresponse.explore.explorer import Explorer
from pytest_oneresponse.explore.hooks import HOOKS
from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.explore.trials import Inputs, draft_for
from pytest_oneresponse.instrument.observe import MARKS
from pytest_oneresponse.instrument.rewrite import Hooks, compiled
from pytest_oneresponse.routes import Route

_files = (f"<explored {number}>" for number in itertools.count())


def app_of(source: str, **names: Any) -> Callable[[Any], Any]:
    """The function `app` of a source, with the marks."""
    hooks = Hooks(lambda value: value, (), observed=HOOKS)
    exec(compiled(ast.parse(textwrap.dedent(source)), next(_files), hooks), names)
    app: Callable[[Any], Any] = names["app"]
    return app


def seen(request: Request) -> Any:
    """A request as the apps here have it: the parts by name, JSON as it was sent."""
    cookies = dict(pair.partition("=")[::2] for pair in (request.header("cookie") or "").split("; ") if pair)
    fields = {name: values[0] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    media = request.header("content-type") or ""
    try:
        document = json.loads(request.body) if "json" in media else None
    except ValueError:
        document = None
    form = parse_qs(request.body.decode("latin-1"), keep_blank_values=True) if "urlencoded" in media else {}
    return SimpleNamespace(
        method=request.method,
        path=request.path,
        args=fields,
        query=request.query,
        json=document,
        form={name: values[0] for name, values in form.items()},
        cookies=cookies,
        headers=dict(request.headers),
        text=request.body.decode("latin-1"),
    )


class Search:
    """One search: what was sent, and what came back."""

    def __init__(
        self,
        app: Callable[[Any], Any],
        method: str = "GET",
        *,
        session: dict[str, Any] | None = None,
        most: int = 300,
        values: Any = None,
        seed: int = 0,
        route: Route | None = None,
        elsewhere: Container[str] = (),
    ) -> None:
        route = route or Route(method, "/", None, ("/",))
        inputs = Inputs(route, values or {})
        plain = draft_for(route, inputs)
        self.explorer = Explorer(
            bases(route, inputs, ""),
            inputs.given,
            seed,
            plain,
            sessions=lambda: [] if session is None else [session],
            elsewhere=elsewhere,
        )
        self.drafts: list[Draft] = []
        self.answers: list[Any] = []
        self.ended = False
        while len(self.drafts) < most:
            draft = self.explorer.next()
            if draft is None:
                self.ended = True
                break
            with recording(document=draft.upstream, answered=draft.answered) as told:
                try:
                    request = seen(draft.request())
                    request.session = json.loads(json.dumps(draft.session or {}))
                    answer = app(request)
                except Exception as error:
                    answer = type(error)
            self.drafts.append(draft)
            self.answers.append(answer)
            status = answer if isinstance(answer, int) else 200
            self.explorer.learn(draft, told, 500 if isinstance(answer, type) else status)

    @property
    def missed(self) -> list[tuple[int, str]]:
        return [(MARKS.all[number].line, outcome) for number, outcome in self.explorer.missed()]

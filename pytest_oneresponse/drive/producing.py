"""Finding the requests that come before those to a route: the routes that create what it names are explored for them."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..apps import App
from ..contract.events import TimedOut
from ..contract.request import Request
from ..exchange import Exchange
from ..explore.bases import bases
from ..explore.credentials import CREDENTIAL, Credentials, credential, credential_in, logins
from ..explore.draft import METHODS, Draft, without_canaries
from ..explore.explorer import Explorer
from ..explore.odd import odd
from ..explore.producers import ID, REGISTERED, STORED, Chain, found_id, producer_of, references, referred, storing
from ..explore.recording import Recording
from ..explore.schemas import declared_by
from ..explore.stored import filled, in_common
from ..explore.trials import Inputs, Trial
from ..explore.turning import with_other_keys
from ..protocols.client import Answer
from ..routes import Route
from .settings import Settings

_SEARCHES = 100
"""So many requests are sent to a route whose responses another one needs."""
_ODD = 10
"""So many odd things are stored through one route."""
_DEEPEST = 4
"""So many steps a route may be away from what it needs."""
_LOGINS = 2
"""So many routes are tried where somebody may log in."""
_STORES = 2
"""So many routes store something."""
SAME = 2
"""Who registers gives at least so much that a login asks for."""
_OTHERS = 20
"""So many requests find out how another one logs in."""
_PEOPLE = 3
"""So many people log in there."""

Send = Callable[[Trial], tuple[Exchange, Answer, Recording]]
"""Sends a trial to another route than the one that is driven."""


class Producing:
    """What creates the things that one route names. What its requests break is told with their own routes."""

    def __init__(
        self,
        app: App,
        route: Route,
        settings: Settings,
        send: Send,
        given: Callable[[], Mapping[str, ID | None]] = dict,
    ) -> None:
        """`given`: what the requests before the last one gave, by name."""
        self.app = app
        self.given = given
        self.logins = Credentials()
        self.route = route
        self.settings = settings
        self.send = send
        self.chain = Chain()
        self.depth = 0
        self.seconds = 0.0
        """The time that was spent on other routes."""

    def look_for_declared(self) -> None:
        """Look for what the path names, and for what else is declared that is called as an ID."""
        for parameter in self.route.path_parameters:
            if parameter.name not in self.settings.values:
                self.extend(parameter.name, producer_of(self.app.routes, self.route, parameter.name))
        self.look_for_references(self.route)

    def look_for_references(self, route: Route) -> None:
        inputs = Inputs(route, self.settings.values)
        try:
            drafts = list(bases(route, inputs, self.app.host))
        except (KeyError, ValueError):
            return
        for name in dict.fromkeys(
            name for draft in drafts for address, name in references(draft) if address[0] != "path"
        ):
            self.has_ids(name)

    def has_ids(self, name: str) -> bool:
        """Whether IDs for a field come from another route, which is looked for now where it was not yet."""
        if name in self.chain.ids:
            return True
        if name in self.settings.values:
            return False
        return self.extend(name, referred(self.app.routes, self.route, name))

    def credentials(self) -> list[str]:
        """The names of what those get who log in, whose requests come first from now on where that is shown."""
        for producer in logins(self.app.routes, self.route)[:_LOGINS]:
            key = (producer.name, CREDENTIAL)
            known = self.app.producing
            if key not in known and self.depth < _DEEPEST:
                known[key] = None  # a login that asks who it is gets no answer
                known[key] = self.logged_in(producer)
            found = known.get(key)
            if found is not None:
                self.chain = self.chain.joined(found)
                return [name for name in found.ids if name.startswith(CREDENTIAL)]
        return []

    def logged_in(self, producer: Route) -> Chain | None:
        """Explore a route where somebody may log in: the requests that do, as different people; None where nobody may.

        Where nobody is known, somebody registers first at a route that asks for the same.
        """
        own = self.chain
        asked: list[Draft] = []
        try:
            found = self.people(producer, None, asked)
            if found is None and self.store(producer, SAME):
                first = filled(asked, self.chain.stored)
                found = self.people(producer, first, asked) if first is not None else None
        finally:
            self.chain = own
        return found

    def people(self, producer: Route, begin: Draft | None, asked: list[Draft]) -> Chain | None:
        """The requests that log in, as different people, of a search that begins with a draft; `asked` takes what was sent."""
        found = Chain()
        known: set[tuple[Any, ...]] = set()
        waiting = [begin]
        """Where a search begins: with what is declared, or as told, then with others who may log in as somebody has."""
        for first in waiting:
            for draft, answer, told in self.explored(producer, first):
                asked.append(draft)
                kind, who = credential_in(answer), _who(told)
                self.logins.note(answer)
                if kind is None or who in known or len(known) == _PEOPLE:
                    continue
                if not known:
                    waiting += with_other_keys(draft, told, _PEOPLE - 1)
                known.add(who)
                request = self.plain(draft, lambda answer: credential_in(answer) is not None)
                found = found.joined(self.chain.up_to(request)).with_producer(credential(len(known), kind), request)
        return found if known else None

    def plain(self, draft: Draft, serves: Callable[[Answer], bool]) -> Request:
        """The request of a draft, without what the search has put into it where its answer serves all the same."""
        plain = without_canaries(draft)
        _, answer, _ = self.send(self.chain.trial(plain))
        self.logins.note(answer)
        return (plain if serves(answer) else draft).request()

    def extend(self, name: str, producer: Route | None) -> bool:
        """Let the requests come first that another route needs to give an ID; it is looked for once in an app."""
        if producer is None:
            return False
        key = (producer.name, name)
        known = self.app.producing
        if key not in known and self.depth < _DEEPEST:
            known[key] = None  # whoever needs it meanwhile is what it needs itself
            known[key] = found = self.search(producer, name, lambda answer: found_id(answer, name) is not None)
            if found is None and self.depth:
                del known[key]  # what is looked for further out may be all that it lacked
        found = known.get(key)
        if found is not None:
            self.chain = self.chain.joined(found)
        return found is not None

    def search(
        self, producer: Route, name: str, serves: Callable[[Answer], bool], *, to_the_end: bool = False
    ) -> Chain | None:
        """Explore another route until an answer serves; the requests up to that one, which has a name.

        `to_the_end`: of all that serve the one that has come farthest, as a form that is refused may be answered 200.
        """
        own = self.chain
        best: tuple[int, Draft | None] = (-1, None)
        try:
            with contextlib.closing(self.explored(producer)) as drafts:
                for draft, answer, told in drafts:
                    if serves(answer) and len(told.branches) > best[0]:
                        best = len(told.branches), draft
                        if not to_the_end:
                            break
            if best[1] is None:
                return None
            request = self.plain(best[1], serves)
            return self.chain.up_to(request).with_producer(name, request)
        finally:
            self.chain = own

    def store(self, route: Route | None = None, names: int = 0) -> bool:
        """Let the requests come first that store something, of the routes which may store what this one looks for.

        `route`: another one that looks for it. `names`: so many of the names that it asks for they ask for, too.
        """
        stored = False
        looks = self.route if route is None else route
        likely = storing(self.app.routes, looks)
        if names:
            likely = sorted(likely, key=lambda one: -in_common(one, looks))
        for producer in [one for one in likely if in_common(one, looks) >= names][:_STORES]:
            key = (producer.name, f"{STORED}{names}")
            known = self.app.producing
            if key not in known:
                known[key] = None
                name = f"{REGISTERED if names else STORED}{producer.name}"
                known[key] = self.search(
                    producer, name, lambda answer: 200 <= answer.status < 400, to_the_end=names > 0
                )
            found = known.get(key)
            if found is not None:
                self.chain = self.chain.joined(found)
                stored = True
        return stored

    def storing_odd(self, producer: Route) -> list[Trial]:
        """The richest request that another route has not refused, with odd values in it; looked for once in an app."""
        known = self.app.storing_odd
        if producer.name not in known:
            own, best = self.chain, None
            for draft, answer, _ in self.explored(producer):
                plain = without_canaries(draft)
                if 200 <= answer.status < 400 and (best is None or len([*plain.atoms()]) >= len([*best.atoms()])):
                    best = plain
            found = odd(best) if best is not None else ()
            known[producer.name] = [self.chain.trial(one) for one in itertools.islice(found, _ODD)]
            self.chain = own
        return known[producer.name]

    def explored(
        self, producer: Route, begin: Draft | None = None
    ) -> Generator[tuple[Draft, Answer, Recording], None, None]:
        """The requests of a search through another route, each with what came of it, until it ends, hangs or takes too long.

        It begins with one draft, or with what is declared.
        """
        spent, began = self.seconds, time.perf_counter()
        self.depth += 1
        try:
            self.look_for_references(producer)
            inputs = Inputs(producer, self.settings.values)
            first = self.chain.applied(bases(producer, inputs, self.app.host) if begin is None else [begin])
            declared = declared_by(producer)
            others = frozenset(METHODS) - {producer.method}
            explorer = Explorer(
                first,
                inputs.given,
                self.settings.seed,
                has_ids=self.has_ids,
                declared=declared,
                elsewhere=others,
                credentials=self.credentials,
                canonical=self.logins.canonical,
            )
            until = time.perf_counter() + self.settings.timeout
            for _ in range(min(_SEARCHES if begin is None else _OTHERS, self.settings.requests)):
                draft = explorer.next()
                if draft is None or time.perf_counter() > until:
                    break
                draft = self.logins.canonical(draft)
                exchange, answer, told = self.send(self.chain.trial(draft))
                if any(isinstance(event, TimedOut) for event in exchange.events):
                    break
                yield draft, answer, told
                explorer.learn(self.logins.actual(draft, self.given()), told, answer.status)
        except (KeyError, ValueError):  # no request can be made of what is declared
            return
        finally:
            self.depth -= 1
            self.seconds = spent + time.perf_counter() - began


def _who(told: Recording) -> tuple[Any, ...]:
    """What tells one login from another: the branches that it took, and the keys that were found in tables."""
    keys = (event.given for event in told.events if event.kind == "lookup" and isinstance(event.other, list))
    return frozenset(told.branches), tuple(map(repr, keys))

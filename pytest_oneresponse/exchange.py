"""One request and what the app does with it, while it happens."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import FrameType
from typing import Any, NamedTuple

from . import sites
from .contract.events import Data, End, Event, Gone, Headers, Improper, Raised, Returned, Start
from .contract.machine import Facts, Verdict, is_plain, judge
from .contract.request import Request
from .sites import Site


class Built(NamedTuple):
    """Where a response object was built, and a weak reference to it where it allows one."""

    chain: sites.Chain
    response: weakref.ref[Any] | None


class Exchange:
    """Collects the events of one exchange. Recorders make it, the app's frames are followed to it by context.

    `request` makes the request as plain values, called only where a finding needs it. `app` is the outermost callable.
    """

    __slots__ = (
        "app",
        "built",
        "called",
        "client",
        "closed",
        "declared",
        "docket",
        "events",
        "facts",
        "make_request",
        "native",
        "replay",
        "started",
        "token",
    )

    def __init__(self, facts: Facts, app: Any, make_request: Callable[[], Request], native: Any = None) -> None:
        self.facts = facts
        self.app = app
        self.make_request = make_request
        self.native = native
        self.events: list[Event] = []
        self.built: dict[int, Built] = {}
        self.declared: dict[int, sites.Chain] = {}
        self.docket = Watcher.docket
        self.closed = False
        self.client = ""
        self.replay = ""
        self.called = 0
        self.started = False
        self.token: Token[Exchange | None] | None = None

    # --- what a recorder says

    def start(
        self,
        status: Any,
        headers: Headers,
        frame: FrameType | None,
        *,
        replaces: bool = False,
        trailers: bool = False,
    ) -> None:
        """The head was handed over, by the code that runs in `frame`."""
        self.started = True
        self.add(Start(status, headers, self.start_site(frame), replaces, sys.exception(), trailers))

    def start_site(self, frame: FrameType | None, response: Any = None) -> Site:
        """The site of a start, with where the response object that is being sent was built.

        `response` is that object where the frames do not show it.
        """
        chain, sender, seen = sites.capture_sender(frame)
        if seen is not None:
            response = seen
        elif response is None:
            return Site(chain, sender)
        else:
            sender = sites.NOT_ITSELF
        built = self.built.get(id(response))
        if built and Proxies.passes_on(built.chain):
            built, response = self.passed_on(built)
        bodiless = getattr(response, "body", None) == b""
        declared = self.declared.get(headers_key(getattr(response, "headers", None))) if self.declared else None
        return Site(chain, sender, built and built.chain, bodiless, declared)

    def passed_on(self, proxy: Built) -> tuple[Built, Any]:
        """The inner response that a proxy passes on: the last one that was built before it."""
        inner = proxy
        for built in self.built.values():
            if built is proxy:
                break
            if not Proxies.passes_on(built.chain):
                inner = built
        return inner, inner.response and inner.response()

    def note_built(self, response: Any, frame: FrameType | None) -> None:
        """A response object is being built for this exchange. It is held weakly."""
        try:
            reference = weakref.ref(response)
        except TypeError:
            reference = None
        self.built[id(response)] = Built(sites.capture_built(frame), reference)

    def data(self, size: int, frame: FrameType | None = None) -> None:
        """`size` bytes of the body were handed over. A site is taken where a finding could need it."""
        self.add(Data(size, Site(sites.capture(frame)) if frame is not None else None))

    def end(self, frame: FrameType | None = None) -> None:
        """The body is complete."""
        self.add(End(Site(sites.capture(frame)) if frame is not None else None))

    def improper(self, rule: str, detail: str, frame: FrameType | None = None, level: str = "") -> None:
        """A breach that no order of events decides."""
        self.add(Improper(rule, detail, Site(sites.capture(frame)) if frame is not None else None, level))

    def returned(self) -> None:
        self.add(Returned())

    def raised(self, error: BaseException) -> None:
        self.add(Raised(error))

    def gone(self) -> None:
        self.add(Gone())

    def add(self, event: Event) -> None:
        """Append an event; one that comes after the exchange was closed brings it before the docket again."""
        self.events.append(event)
        if self.closed and self.docket is not None:
            self.docket.add(self)

    # --- its frame in time

    def open(self) -> None:
        """From here on, what runs in this context belongs to this exchange."""
        self.token = _current.set(self)
        Watcher.open.append(self)

    def leave(self) -> None:
        """What runs in this context belongs to the exchange around this one again."""
        if self.token is not None:
            try:
                _current.reset(self.token)
            except ValueError:  # closed in another context than it was opened in, as a generator's end may be
                pass
            self.token = None

    def close(self) -> None:
        """The app has returned, and its iterable is closed: bring the exchange before the docket where it is not plainly right."""
        if self.closed:
            return
        self.leave()
        self.closed = True
        try:
            Watcher.open.remove(self)
        except ValueError:
            pass
        if self.docket is not None:
            self.docket.seen(self)
            if not is_plain(self.facts, self.events):
                self.docket.add(self)

    @property
    def plain(self) -> bool:
        return is_plain(self.facts, self.events)

    def escaped(self) -> BaseException | None:
        """The exception that left the app, if one did."""
        return next((event.error for event in self.events if isinstance(event, Raised)), None)

    def judge(self) -> Verdict:
        """The machine's word on what was collected; nothing is owed while the app still runs."""
        return judge(self.facts, tuple(self.events), over=self.closed)


_current: ContextVar[Exchange | None] = ContextVar("oneresponse_exchange", default=None)


class Docket:
    """Takes the exchanges that need judging. The plugin's own keeps them for the test that runs."""

    def seen(self, exchange: Exchange) -> None:
        """An exchange has ended."""

    def add(self, exchange: Exchange) -> None:
        """An exchange is not plainly right. May come more than once for the same one."""


class Watcher:
    """What is watched now, process-wide: tests run one at a time, whatever threads they start."""

    docket: Docket | None = None
    open: list[Exchange] = []


def current() -> Exchange | None:
    """The exchange that the running code belongs to.

    By context; in a thread that was started without one, the only exchange that is open.
    """
    exchange = _current.get()
    if exchange is not None:
        return exchange
    return Watcher.open[0] if len(Watcher.open) == 1 else None


def headers_key(headers: Any) -> int:
    """What tells one collection of headers from another, also where two objects are views of one list."""
    return id(getattr(headers, "_list", headers))


class Proxies:
    """Files whose response objects pass on an inner response, as Starlette's BaseHTTPMiddleware does."""

    suffixes: tuple[str, ...] = ()

    @classmethod
    def passes_on(cls, chain: sites.Chain) -> bool:
        return bool(chain) and bool(cls.suffixes) and chain[0].co_filename.replace("\\", "/").endswith(cls.suffixes)

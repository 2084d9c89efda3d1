"""One request and what the app does with it, while it happens."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from threading import get_ident
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from . import sites
from .contract.causes import related
from .contract.events import Close, Data, End, Event, Gone, Headers, Improper, Raised, Returned, Start
from .contract.machine import Facts, Verdict, is_plain, judge
from .contract.request import Request
from .sites import Given, Proxies, Site

if TYPE_CHECKING:
    from .instrument.swap import Swap

# A named tuple made in one step, without the call of its class: twice as fast, and made for every event.
_new = tuple.__new__
_RETURNED = Returned()


class Built(NamedTuple):
    """Where a response object was built, and a weak reference to it where it allows one."""

    chain: sites.Chain
    response: weakref.ref[Any] | None


class Left(NamedTuple):
    """Where a function was left, and by which value: its type, and its id, good for as long as the value lives.

    `caller`: the code that called it.
    """

    code: CodeType
    instruction: int
    kind: type
    value: int
    caller: CodeType | None = None


HANDLED = "handled"
"""Stands in `Site.given` for the exception that was handled at a start, with the way that it has come."""

_running: list[Exchange] = []
"""The exchanges whose app runs at this moment: from its call until it returns."""


class Exchange:
    """Collects the events of one exchange. Recorders make it, the app's frames are followed to it by context.

    `native` is the protocol's own request (an environ, a scope), which `read` turns into plain values where a finding needs
    them. `app` is the outermost callable.
    """

    # Defaults of what most exchanges never set: thousands of exchanges are made, and each assignment counts.
    client = ""
    """What the client does out of the ordinary, as a phrase."""
    replay = ""
    """The command that runs this exchange again."""
    called: Sequence[sites.Chain] = ()
    """Where messages were handed over that have not been awaited yet."""
    cut: int | None = None
    """After so many events a strict server refused a breach: what follows is its doing."""
    sound = 0
    """So many events, the app's return the last of them, are known to be right."""
    started = False
    closed = False
    exhausted = False
    """The body was taken to its end."""
    body: int | None = None
    """The id of what the app returned for its body, good for as long as that lives."""
    refusal: BaseException | None = None
    token: Token[Exchange | None] | None = None
    watched_keys: tuple[int, ...] = ()
    """The ids of the objects that late.py watches for this exchange."""
    handed: tuple[Any, Any, Headers] | None = None
    """The head as it was handed over: the list of its headers, or the message, and the status and headers of that moment."""
    told_late: tuple[Any, ...] = ()
    task: Any = None
    """The task in which the server called the app, where there is one."""
    fired: tuple[Any, ...] = ()
    """What was made to fail in it, as faults.tap.Fired."""
    numbers = 0
    """How many numbers the user's functions were seen to return to each other."""
    last_status = 0
    """The status that was set on the response after its start; 0 where none was."""
    failed: tuple[str, tuple[Left, ...]] = ("", ())
    """What a framework said of its own failure, which it has answered 500, and where functions had been left by then."""
    caught: tuple[tuple[Event, BaseException, CodeType], ...] = ()
    """The answers that were caught as any exception is, each with the code that has caught it."""
    built: dict[int, Built] | None = None
    left: dict[int, Left] | None = None
    """Where the user's functions were left, by the ids of their code; the one that was left last comes last."""
    given: list[tuple[int, Given]] | None = None
    """What was given to responses by hand, with the id of what took it."""

    def __init__(self, facts: Facts, app: Any, read: Callable[[Any], Request], native: Any = None) -> None:
        self.facts = facts
        self.app = app
        self.read = read
        self.native = native
        self.events: list[Event] = []
        self.docket = Watcher.docket
        self.thread = get_ident()

    def make_request(self) -> Request:
        """The request as plain values."""
        return self.read(self.native)

    # --- what a recorder says

    def start(
        self,
        status: Any,
        headers: Headers,
        frame: FrameType | None,
        replaces: bool = False,
        trailers: bool = False,
        message: Any = None,
        handling: BaseException | None = None,
    ) -> None:
        """The head was handed over, by the code that runs in `frame`, in the object `message`, while `handling` was handled."""
        self.started = True
        walked = sites.walk(frame, message, status)
        if handling is not None:
            walked = (*walked[:4], (*walked[4], Given(HANDLED, None, sites.chain_of(handling))))
        plain = walked[1] == sites.NO_SENDER and not walked[3] and not walked[4]
        site = walked[0] if plain else self.start_site(walked)
        start = _new(Start, (status, headers, site, replaces, handling, trailers))
        self.handed = (message, status, headers)
        if self.closed:
            self.add(start)
        else:
            self.events.append(start)

    def start_site(self, walked: sites.Walked, response: Any = None) -> Site | sites.Chain:
        """The site of a start, with where the response object that is being sent was built.

        `response` is that object where the frames do not show it.
        """
        chain, sender, seen, passed, changed = walked
        if seen is not None:
            response = seen
        elif response is None:
            return _new(Site, (chain, sender, None, -1, passed, changed)) if passed or changed else chain
        else:
            sender = sites.NOT_ITSELF
        built = self.built.get(id(response)) if self.built else None
        if built and built.response and built.response() is not response:
            built = None  # an object that was built elsewhere, at the place of one that is no more
        Watcher.started(self, response, built)
        outer = None  # the proxy, which is what the user's middleware sees
        if built and Proxies.passes_on(built.chain):
            outer, proxy = response, built
            built, response = self.passed_on(built)
            if built is proxy:
                Watcher.passed(self)
            elif response is not None:
                Watcher.started(self, response, built)
        size = _size(getattr(response, "__dict__", {}))
        given: tuple[Given, ...] = ()
        if self.given:
            own = {id(response), id(outer), headers_key(getattr(response, "headers", None))}
            given = tuple(one._replace(own=owner in own) for owner, one in self.given)
        return _new(Site, (chain, sender, built and built.chain, size, passed, (*given, *changed)))

    def passed_on(self, proxy: Built) -> tuple[Built, Any]:
        """The inner response that a proxy passes on: the last one that was built before it."""
        inner = proxy
        for built in (self.built or {}).values():
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
        key, known = id(response), self.built
        if known is None:
            known = self.built = {}
        elif key in known:
            # This object lies at the place of one that is no more, which a proxy may still pass on: it keeps its turn.
            free = -1 - len(known)
            known = self.built = {free if key == one else one: built for one, built in known.items()}
        known[key] = _new(Built, (sites.capture_built(frame), reference))

    def note_header(self, headers: Any, name: str, value: Any, frame: FrameType | None) -> None:
        """A header that a finding could be about is being set; `name` in lower case."""
        chain = sites.setter(frame)
        if chain:  # else it is a framework's own doing
            self.give(headers_key(headers), Given(name, value, chain))

    def give(self, owner: int, given: Given) -> None:
        """Something was given by hand to what has the id `owner`."""
        if self.given is None:
            self.given = []
        self.given.append((owner, given))

    def note_left(self, value: Any, frame: FrameType) -> None:
        """A function of the user's is being left, with `value`."""
        code = frame.f_code
        key = id(code)
        left = self.left
        if left is None:
            left = self.left = {}
        else:
            left.pop(key, None)
        caller = frame.f_back.f_code if frame.f_back is not None else None
        left[key] = _new(Left, (code, frame.f_lasti, type(value), id(value), caller))

    def data(self, size: int, frame: FrameType | None = None, message: Any = None) -> None:
        """`size` bytes of the body were handed over. A site is taken where a finding could need it."""
        self.add(_new(Data, (size, sites.capture(frame, message) if frame is not None else None)))

    def end(self, frame: FrameType | None = None) -> None:
        """The body is complete."""
        self.add(_new(End, (sites.capture(frame) if frame is not None else None,)))

    def improper(self, rule: str, detail: str, frame: FrameType | None = None, level: str = "") -> None:
        """A breach that no order of events decides."""
        self.add(Improper(rule, detail, sites.capture(frame) if frame is not None else None, level))

    def returned(self) -> None:
        """The app gave control back."""
        self.events.append(_RETURNED)

    def refused_breach(self, error: BaseException) -> BaseException:
        """A strict server refuses what was just recorded: the exception that it is to raise."""
        self.cut = len(self.events)
        self.refusal = error
        return error

    def raised(self, error: BaseException) -> None:
        """An exception left the app."""
        if self.refusal is not None and related(error, self.refusal):
            self.returned()
        else:
            in_http = self.facts.kind == "http"
            self.add(Raised(error, None, in_http and sites.raised_in_body(error)))

    def gone(self) -> None:
        """The client has left; told once."""
        if not any(type(event) is Gone for event in self.events):
            self.add(Gone())

    def refused(self, error: BaseException) -> None:
        """The server told the app by an exception that the client is gone: what escapes because of it is the client's doing."""
        self.refusal = error
        self.gone()

    def add(self, event: Event) -> None:
        """Append an event; one that comes after the exchange was closed brings it before the docket again."""
        self.events.append(event)
        if self.closed and self.docket is not None:
            self.docket.add(self)

    # --- its frame in time

    def open(self) -> None:
        """The app is called: from here to `leave`, what runs in this context belongs to this exchange."""
        put_marks()
        self.token = _current.set(self)
        _running.append(self)
        docket = self.docket
        if docket is not None:
            docket.count += 1
            docket.unclosed[id(self)] = self

    def enter(self) -> None:
        """The app runs again: for each piece of its body, for close()."""
        if self.token is None:
            self.token = _current.set(self)

    def leave(self) -> None:
        """The app does not run now: what runs in this context belongs to the exchange around this one again."""
        token = self.token
        if token is not None:
            self.token = None
            try:
                _current.reset(token)
            except ValueError:  # left in another context than it was entered in, as a generator's end may be
                pass
            if self in _running:
                _running.remove(self)

    def settle(self) -> None:
        """The body was taken whole: many a client never closes it, so an exchange that is right by now is let go."""
        events, docket = self.events, self.docket
        if docket is not None and is_plain(self.facts, events, returned=True):
            self.sound = len(events) + 1
            docket.unclosed.pop(id(self), None)

    def is_sound(self) -> bool:
        """Whether nothing but the app's return has come since all was known to be right."""
        return self.sound == len(self.events) and self.events[-1] is _RETURNED

    def abandon(self, around: Exchange | None) -> None:
        """Leave it for good, for the exchange around it: a time limit may have struck half-way through `enter` or `leave`."""
        if _current.get() is self:
            _current.set(around)
        while self in _running:
            _running.remove(self)
        self.token = None

    def close(self) -> None:
        """The app has returned and its iterable is closed: where all is not plainly right, the docket is to judge."""
        if self.closed:
            return
        if self.token is not None:
            self.leave()
        self.closed = True
        if self.watched_keys:
            Watcher.ended(self)
        if self.left and self.facts.interface == "asgi":
            Watcher.left(self)
        if self.caught:
            self.forget_raised_again()
        docket = self.docket
        if docket is not None:
            docket.unclosed.pop(id(self), None)
            if self.called or not ((self.sound and self.is_sound()) or is_plain(self.facts, self.events)):
                docket.add(self)

    def forget_raised_again(self) -> None:
        """Of the answers that were caught only those were swallowed that did not leave the function again."""
        for event, error, code in self.caught:
            outermost = error.__traceback__  # to pass a frame puts it there
            if outermost is None or outermost.tb_frame.f_code is not code:
                place = next(place for place, one in enumerate(self.events) if one is event)
                del self.events[place]
                if self.cut is not None and place < self.cut:
                    self.cut -= 1
        self.caught = ()

    @property
    def plain(self) -> bool:
        """Whether there is nothing to judge."""
        return is_plain(self.facts, self.events) and not self.called

    def escaped(self) -> BaseException | None:
        """The exception that left the app, if one did."""
        return next((event.error for event in self.events if isinstance(event, Raised)), None)

    def judge(self) -> Verdict:
        """The machine's word on what was collected; nothing is owed while the app still runs."""
        events = tuple(self.events) if self.cut is None else tuple(self.events[: self.cut])
        verdict = judge(self.facts._replace(refusal=self.refusal), events, over=self.closed and self.cut is None)
        gone = any(type(event) is Gone for event in events)  # then what is under way may be dropped with its task
        if self.called and self.closed and not gone and not verdict.breaches:
            detail = f"{len(self.called)} send() calls were not awaited"
            events = (*events, Improper("invalid-message", detail, self.called[0]))
            verdict = judge(self.facts, events)
        return verdict


def framework_says(error: BaseException | None) -> str:
    """The text of an exception that a framework raised itself; empty for any other."""
    chain = sites.chain_of(error)
    return f"{error}" if chain and sites.Owners.is_framework(chain[0].co_filename) else ""


def _size(attributes: Mapping[str, Any]) -> int:
    """The bytes of a response's body; -1 where that is not whole.

    From the object's own attributes: a property may read, and so use up, a body that is streamed.
    """
    for name in ("body", "response", "_container", "_app_iter"):
        body = attributes.get(name)
        if type(body) is bytes:
            return len(body)
        if type(body) is list and all(type(part) is bytes for part in body):
            return sum(map(len, body))
    return -1


_current: ContextVar[Exchange | None] = ContextVar("oneresponse_exchange", default=None)


class Docket:
    """Takes the exchanges that need judging. The plugin's own keeps them for the test that runs.

    `count`: how many exchanges have begun. `unclosed`: those that have not ended and are not known to be right, by their
    ids; many a client never closes a body. Exchanges write both themselves, as each call would count.
    """

    def __init__(self) -> None:
        self.count = 0
        self.unclosed: dict[int, Exchange] = {}

    def add(self, exchange: Exchange) -> None:
        """An exchange is not plainly right. May come more than once for the same one."""


class Watcher:
    """What is watched now, process-wide: tests run one at a time, whatever threads they start."""

    docket: Docket | None = None
    started: Callable[[Exchange, Any, Built | None], None] = staticmethod(lambda exchange, response, built: None)
    """Told of each response object that has been started, and where it was built for the exchange, if it was."""
    passed: Callable[[Exchange], None] = staticmethod(lambda exchange: None)
    """Told of each exchange in which a proxy passes on a response that was not built for it."""
    ended: Callable[[Exchange], None] = staticmethod(lambda exchange: None)
    """Told of each exchange that has ended, if it was told of a response."""
    left: Callable[[Exchange], None] = staticmethod(lambda exchange: None)
    """Told of each exchange of ASGI's that has ended, if functions of the user's were left in it."""
    escaped: Callable[[Exchange, BaseException], None] = staticmethod(lambda exchange, error: None)
    """Told of each exception that leaves the app of a WebSocket."""
    closed: Callable[[Exchange, BaseException, Site | sites.Chain], Event] = staticmethod(
        lambda exchange, error, site: Close(site)
    )
    """Says what a WebSocket's close is that is sent while an exception is handled."""
    lost: Callable[[], None] = staticmethod(lambda: None)
    """Told of each answer that is thrown away, as it happens."""
    marks: Swap | None = None
    """The marks in the user's functions, put into what has been imported since before each exchange."""
    running = _running


def current() -> Exchange | None:
    """The exchange that the running code belongs to.

    By context; in a thread that the app started without one, the only exchange whose app runs.
    """
    exchange = _current.get()
    if exchange is not None or len(Watcher.running) != 1:
        return exchange
    only = Watcher.running[0]
    return only if only.thread != get_ident() and only.facts.kind == "http" else None


def put_marks() -> None:
    """Put the marks into what has been imported since the last time; before a time limit runs, as it may take a while."""
    marks = Watcher.marks
    if marks is not None and marks.is_behind():
        marks.refresh()


class AlreadyJudged:
    """Base of callables whose exchanges are judged elsewhere, so that a recorder passes them by."""

    __slots__ = ()


def headers_key(headers: Any) -> int:
    """What tells one collection of headers from another, also where two objects are views of one list."""
    return id(getattr(headers, "_list", headers))

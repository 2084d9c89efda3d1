"""Which two lines of code a breach is laid to.

The order of choice, for one event: the line that built the response object that was sent; else the user's line on the
live stack that sent it; else the handler; else, where no line is the user's, the frame of the package that did it. Two
events that lead to one line are told apart by walking outward until they differ. An app that is wholly installed is its
own user code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType, NoneType
from typing import Any

from . import sites
from .contract.events import Event, Improper, Start
from .contract.finding import Caught, Place
from .contract.head import read_head
from .contract.machine import Breach
from .exchange import HANDLED, Left
from .routes import Handler, definition
from .sites import Owners, Site

Frame = tuple[CodeType, int]


@dataclass(frozen=True, slots=True)
class Blame:
    """The two places of a breach, the chain that led to the first, and what is to be said beside them."""

    where: Place | None
    also: Place | None
    stack: tuple[Place, ...]
    exception: Caught | None
    notes: tuple[str, ...]
    dropped: Place | None = None
    """The line that threw a lost answer away, where that is another one."""
    labels: tuple[str, str] | None = None
    """What is said at the two places, where the rule's own words do not fit them."""


def blame(
    breach: Breach, handler: Handler | None, interface: str, left: Sequence[Left] = (), body: int | None = None
) -> Blame:
    """Lay a breach to lines of code.

    `handler` answers the route, `interface` is "wsgi" or "asgi", `left` is where the user's functions were left, `body`
    the id of the list that was sent, where it was one.
    """
    return _Blamer(breach, handler, interface, left, body).blame()


class _Blamer:
    def __init__(
        self,
        breach: Breach,
        handler: Handler | None,
        interface: str,
        left: Sequence[Left] = (),
        body: int | None = None,
    ) -> None:
        self.left = left
        self.body = next((one for one in left if one.value == body), None)
        self.breach = breach
        self.handler = handler
        self.interface = interface
        self.notes: list[str] = []
        self.dropped: Place | None = None
        self.labels: tuple[str, str] | None = None
        package = Owners.package(handler.file) if handler and not Owners.is_framework(handler.file) else ""
        self.own: frozenset[str] = frozenset((package,)) if package else frozenset()

    def blame(self) -> Blame:
        where, also, chain = self.places()
        caught = self.caught()
        if where is not None and where.package and where.package not in self.own:
            self.notes.append(f"the line is in the package {where.package}, not in your code")
        return Blame(where, also, sites.places(chain), caught, tuple(self.notes), self.dropped, self.labels)

    # --- each rule's choice

    def places(self) -> tuple[Place | None, Place | None, sites.Chain]:
        breach = self.breach
        rule = breach.rule
        if rule in ("error-after-start", "error-after-end", "unhandled-error"):
            return self.raised(breach)
        if rule == "no-response":
            return self.unanswered(breach)
        if rule == "websocket-no-decision" and isinstance(breach.at, Improper):
            return self.read_early(breach)
        if rule == "websocket-no-decision":
            return self.unanswered(breach)
        if rule in ("unfinished-response", "trailers-missing"):
            return self.stopped(), self.place(breach.also), self.chain(breach.also)
        if rule == "body-not-bytes" and self.site(breach.at) is None and self.body is not None:
            return sites.place_of(self.body.code, self.body.instruction), self.place(breach.start), ()
        if rule in ("second-response", "write-after-end", "late-send", "websocket-second-decision"):
            return self.pair(breach.at, breach.also)
        if rule in ("orphan-response", "unraised-error"):
            return self.lost(breach)
        if rule == "swallowed-answer":
            return self.swallowed(breach)
        if rule == "shared-response":
            return self.place(breach.at), self.handler_place(), self.chain(breach.at)
        if rule == "length-mismatch" or breach.header:
            return self.header(breach, breach.header or "content-length")
        if rule == "invalid-status":
            return self.status(breach)
        if rule == "iterable-not-closed":
            return self.caller(breach)
        if rule in ("body-not-allowed", "body-on-head"):
            return self.forbidden_body(breach)
        return self.place(breach.at) or self.place(breach.start), self.place(breach.also), self.chain(breach.at)

    def read_early(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The line that asks for a message before it accepts, beside its function."""
        self.labels = _READS
        chain = self.chain(breach.at)
        reads = next((frame for frame in sites.frames(chain) if self.is_user(frame[0])), None)
        if reads is None:
            return self.place(breach.at), self.handler_place(), chain
        return sites.place_of(*reads), definition(reads[0]), chain

    def unanswered(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The line on which the handler was left; where it was not called, that on which a middleware was."""
        known = self.silent() or left_of(self.handler, self.left) or (self.left[-1] if self.left else None)
        chain = breach.at.site if isinstance(breach.at, Improper) else known and (known.code, known.instruction)
        if not chain:
            return self.handler_place(), self.place(breach.also), self.chain(breach.also)
        where, defined = sites.place_of(*chain[:2]), definition(chain[0])
        return where, defined if defined.line != where.line else None, chain

    def stopped(self) -> Place | None:
        """The line on which a function was left that had more to send: the handler, or who speaks the protocol itself."""
        handler, speaker = left_of(self.handler, self.left), self.silent()
        if speaker is not None and (handler is None or self.speaks(handler)):
            return sites.place_of(speaker.code, speaker.instruction)
        return self.handler_place()

    def speaks(self, one: Left) -> bool:
        """Whether a function takes what the protocol sends with."""
        wanted = "send" if self.interface == "asgi" else "start_response"
        return wanted in one.code.co_varnames[: one.code.co_argcount]

    def silent(self) -> Left | None:
        """Of the functions that speak the protocol themselves, the one left first: those left later had called it."""
        return next((one for one in self.left if self.speaks(one)), None)

    def lost(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The line that built it, beside the one that built what was sent; a third one may have thrown it away."""
        where, also, chain = self.pair(breach.at, breach.also)
        site = self.site(breach.at)
        dropped = self.first(self.live(sites.frames(site.chain))) if site else None
        if dropped is not None and where is not None and (dropped.file, dropped.line) != (where.file, where.line):
            self.dropped = dropped
        return where, also, chain

    def swallowed(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The line on which the exception was caught, beside the one that raised it."""
        site = self.site(breach.at)
        if site is None:
            return None, None, ()
        return self.first(self.frames(site.chain)), self.first(self.frames(site.origin)), self.chain(breach.at)

    def caller(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The very frame that did it: who called an app has to close what he got."""
        chain = self.chain(breach.at)
        found = sites.frames(chain)
        return (sites.place_of(*found[0]) if found else self.handler_place()), None, chain

    def raised(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The user's line that raised; where a package did of its own, the user's line that made the response."""
        chain = self.error_chain(breach.error)
        start = self.site(breach.start)
        known = start is not None and start.origin is not None
        where, made = self.first(self.frames(chain)), self.place(breach.start if known else breach.also)
        if where is None:
            raiser = self.package_place(chain)
            if made is None or made.package or raiser is None:
                return raiser, made, chain
            self.notes.append(f"it was raised in {raiser.file}:{raiser.line}")
            self.labels = _MADE
            return made, None, chain
        return where, made, chain

    def header(self, breach: Breach, name: str) -> tuple[Place | None, Place | None, sites.Chain]:
        """The line that set a header by hand, beside the one that built the response; else that one alone."""
        start = self.site(breach.start)
        changed = self.changed_body(breach, start) if breach.rule == "length-mismatch" and start else None
        if changed is not None:
            self.labels = _BODY_CHANGED
            return sites.place_of(*changed), self.place(self.made(breach.start)), self.chain(breach.at)
        by_hand = self.given(breach.start, name, *(["body"] if breach.rule == "length-mismatch" else []))
        if by_hand:
            self.labels = _BODY_CHANGED if by_hand == self.given(breach.start, "body") else None
            return sites.place_of(*by_hand[:2]), self.place(breach.start), by_hand
        where, also = self.place(self.made(breach.start)), self.send_line(breach)
        return where, also if also != where else None, self.chain(breach.start)

    def given(self, start: Event | None, *what: str) -> sites.Chain:
        """Where one of these was last given to the response by hand; to another object, where the response has its value."""
        site = self.site(start)
        if site is None or not isinstance(start, Start):
            return ()
        sent = {("status", str(start.status)), *sites.pairs(start.headers)}
        chains = (
            one.chain
            for one in reversed(site.given)
            if (one.what in what and (one.own or (one.what, str(one.value)) in sent))
            or (one.what == "headers" and one.own and what[0] in one.value)
        )
        return next((chain for chain in chains if not self.is_framework(chain[0])), ())

    def changed_body(self, breach: Breach, start: Site) -> Frame | None:
        """The frame of a middleware that changed the body of a response which had declared its own length rightly."""
        at, head = self.site(breach.at), breach.start
        if head is None:
            return None
        if at is None:
            return self.made_anew(head, start)
        wrappers = [sites.frames(start.chain)[index][0] for index in start.passed]
        if start.size < 0:
            # It passed the head on as it was, and sent a body of its own.
            sent_by = [frame for index, frame in enumerate(sites.frames(at.chain)) if index not in at.passed]
            return next((frame for frame in sent_by if frame[0] in wrappers), None)
        declared = read_head(self.interface, head.status, head.headers).length
        if declared != start.size:
            return None
        return next((frame for frame in sites.frames(at.chain) if not self.is_framework(frame[0])), None)

    def made_anew(self, head: Start, start: Site) -> Frame | None:
        """The line on which a middleware returned a list of its own, in place of the one that it got."""
        body, inner = self.body, self.lines(self.made(head))
        maker = inner[0][0] if inner else None
        if body is None or body.code is maker or body.code not in start.chain[::2]:
            return None
        if start.size >= 0:
            kept = read_head(self.interface, head.status, head.headers).length == start.size
        else:  # no object that would tell: the function that made the head has returned another list
            kept = start.origin is None and any(one.code is maker and one.value != body.value for one in self.left)
        return (body.code, body.instruction) if kept else None

    def forbidden_body(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        start, at = self.site(breach.start), self.site(breach.at)
        if breach.rule == "body-on-head":
            return self.send_line(breach) or self.place(breach.start), self.place(breach.start), self.chain(breach.at)
        if start and at and start.size == 0:
            # The response that was built has no body: whoever stands between it and the server made one.
            frame = self.differing(at.chain, start.chain)
            if frame is not None:
                return sites.place_of(*frame), self.place(breach.start), at.chain
        by_hand = self.given(breach.start, "status")
        if by_hand:
            return sites.place_of(*by_hand[:2]), self.place(breach.start), by_hand
        return self.place(breach.start), self.send_line(breach), self.chain(breach.start)

    def status(self, breach: Breach) -> tuple[Place | None, Place | None, sites.Chain]:
        """The line that set a status by hand, beside the one that built the response; else that one alone."""
        by_hand = self.given(breach.at, "status")
        if by_hand:
            return sites.place_of(*by_hand[:2]), self.place(breach.at), by_hand
        where = self.place(self.made(breach.at)) or self.place(self.made(breach.start))
        return where, self.place(breach.also), self.chain(breach.at)

    def made(self, start: Event | None) -> Event | None:
        """A start in which those who have changed the head count as passing it on: what is wrong is none of their changes."""
        site = self.site(start)
        if site is None or not isinstance(start, Start):
            return start
        changers = {one.chain for one in site.given}
        passed = [index for index, frame in enumerate(sites.frames(site.chain)) if frame in changers]
        return start._replace(site=site._replace(passed=(*site.passed, *passed)))

    def send_line(self, breach: Breach) -> Place | None:
        """The user's line that sent the body itself, through other people's wrappers of `send` or not.

        One further out only called what did: a framework's response.
        """
        at = self.site(breach.at)
        frames = sites.frames(at.chain) if at else []
        sender = next((frame for frame in frames if not _is_others_send(frame[0])), None)
        return self.first(self.user([sender], Owners.is_user)) if sender is not None else None

    # --- two events

    def pair(self, at: Event | None, also: Event | None) -> tuple[Place | None, Place | None, sites.Chain]:
        chain = self.chain(at)
        if self.sent_again(at, also):
            return self.handler_place(), self.first(self.live_lines(also)), chain
        second, first = self.lines(at), self.lines(also)
        if len(second) == len(first) and all(map(same_line, second, first)):
            apart = self.passed_on_twice(at, also)
            if apart is not None:
                return sites.place_of(*apart[0]), sites.place_of(*apart[1]), chain
        adapter = self.adapter(at)
        if adapter is not None:
            return sites.place_of(*adapter), sites.place_of(*first[-1]) if first else self.place(also), chain
        if not second:
            return (*self.second_without_user(at, also), chain)
        if not first:
            return sites.place_of(*second[0]), self.place(also), chain
        for index, frame in enumerate(second):
            if index >= len(first):
                return sites.place_of(*frame), sites.place_of(*first[-1]), chain
            if not same_line(frame, first[index]):
                return sites.place_of(*frame), sites.place_of(*first[index]), chain
        if len(first) > len(second):
            return sites.place_of(*second[-1]), sites.place_of(*first[len(second)]), chain
        return (*self.one_line(at, also, second[0]), chain)

    def sent_again(self, at: Event | None, also: Event | None) -> bool:
        """Whether a handler has sent a response itself, and then returned that same one."""
        second, first = self.site(at), self.site(also)
        if second is None or first is None or second.origin is None or second.origin != first.origin:
            return False
        returned = left_of(self.handler, self.left)
        same = returned is not None and returned.kind is not NoneType
        return same and not self.live_lines(at) and bool(self.live_lines(also))

    def passed_on_twice(self, at: Event | None, also: Event | None) -> tuple[Frame, Frame] | None:
        """The two lines of one who has passed on twice what was made once; None where there is no such one."""
        second, first = self.site(at), self.site(also)
        if second is None or first is None:
            return None
        mine, theirs = ([sites.frames(site.chain)[index] for index in site.passed] for site in (second, first))
        return next((pair for pair in zip(mine, theirs, strict=False) if not same_line(*pair)), None)

    def live_lines(self, event: Event | None) -> list[Frame]:
        """The user's frames that sent an event, wherever its response was built."""
        site = self.site(event)
        return self.lines(event._replace(site=site._replace(origin=None))) if event is not None and site else []

    def one_line(self, at: Event | None, also: Event | None, line: Frame) -> tuple[Place | None, Place | None]:
        """Both events come from one line of the user's all the way: he is guilty only where that line itself sends."""
        site = self.site(at)
        sender = self.innermost_foreign(site.chain if site else ())
        if sender is None or self.is_user(sender[0]):
            place = sites.place_of(*(self.loop_line(site) if site else line))
            return place, place
        return sites.place_of(*sender), sites.place_of(*line)

    def loop_line(self, site: Site) -> Frame:
        """The outermost line of the user's innermost stretch: a loop there calls the helpers below it again."""
        chain = sites.frames(site.chain)
        first = next(index for index, (code, _) in enumerate(chain) if self.is_user(code))
        last = first
        while last + 1 < len(chain) and self.is_user(chain[last + 1][0]):
            last += 1
        return chain[last]

    def second_without_user(self, at: Event | None, also: Event | None) -> tuple[Place | None, Place | None]:
        """No line of the user's made the second: the handler's return did, or a package of its own accord."""
        second, first = self.site(at), self.site(also)
        beside = self.place(also)
        handling = isinstance(at, Start) and at.handling is not None
        built_once = bool(second and first and second.origin and second.origin == first.origin)
        if not handling and not built_once and self.handler is not None:
            self.note_builder(second)
            return self.handler_place(), beside
        if second is None:
            return self.handler_place(), beside
        packages = [frame for frame in sites.frames(second.chain) if not self.is_framework(frame[0])]
        foreign = next((frame for frame in packages if not self.is_user(frame[0])), None)
        answered = self.answered(at)
        if answered and foreign is None:
            return sites.place_of(*answered[0]), beside
        frame = foreign or self.differing(second.chain, first.chain if first else ())
        return (sites.place_of(*frame) if frame else self.handler_place()), beside

    def note_builder(self, site: Site | None) -> None:
        """Say where the framework made the response, as long as only the handler's definition can be named."""
        if left_of(self.handler, self.left) is not None:
            return
        builders = (
            [frame for frame in sites.frames(site.origin) if not Owners.is_standard(frame[0].co_filename)]
            if site
            else []
        )
        if builders:
            place = sites.place_of(*builders[0])
            self.notes.append(f"a framework made the response, in {place.file}:{place.line}")

    def differing(self, chain: sites.Chain, other: sites.Chain) -> Frame | None:
        """The first frame, from the innermost outward, in which two chains differ; else the innermost."""
        mine, theirs = sites.frames(chain), sites.frames(other)
        for index, frame in enumerate(mine):
            if index >= len(theirs) or not same_line(frame, theirs[index]):
                return frame
        return mine[0] if mine else None

    # --- one event

    def place(self, event: Event | None) -> Place | None:
        """The line of one event."""
        if event is None:
            return None
        lines = self.lines(event)
        if lines:
            return sites.place_of(*lines[0])
        site = self.site(event)
        answered = self.answered(event)
        if answered:
            return sites.place_of(*answered[0])
        if self.handler is not None and not self.handler_is_framework():
            self.note_builder(site)
            return self.handler_place()
        return self.package_place(site.chain if site else ()) or self.handler_place()

    def answered(self, event: Event | None) -> list[Frame]:
        """The user's frames that raised what an event answers."""
        handling: BaseException | None = getattr(event, "handling", None)
        return self.frames(self.error_chain(handling) or self.handled(event)) if event is not None else []

    def handled(self, event: Event) -> sites.Chain:
        """The way of the exception that was handled, as it was known at a start: a framework may take its traceback away."""
        site = self.site(event)
        return next((one.chain for one in site.given if one.what == HANDLED), ()) if site else ()

    def lines(self, event: Event | None) -> list[Frame]:
        """The user's frames that made an event, the most telling first."""
        site = self.site(event)
        if site is None:
            return []
        every = sites.frames(site.chain)
        chain = [frame for index, frame in enumerate(every) if index not in site.passed]
        if site.sender >= 0:
            inner, outer = chain[: site.sender - len(site.passed)], every[site.sender + 1 :]
            itself = every[site.sender : site.sender + 1]  # a response class of the user's own
            live = self.user([*inner, *itself], Owners.is_user) + self.adjacent(outer)
        elif site.sender == sites.NOT_ITSELF:
            live = []
        else:
            live = self.live(chain)
        return self.frames(site.origin) + live

    def live(self, chain: list[Frame]) -> list[Frame]:
        return self.user(chain, Owners.is_user) or self.user(chain, self.is_own)

    def frames(self, chain: sites.Chain | None) -> list[Frame]:
        return self.live(sites.frames(chain))

    def adjacent(self, chain: list[Frame]) -> list[Frame]:
        """The user's frames that called a response object themselves; those further out only called the app."""
        found: list[Frame] = []
        for frame in chain:
            if not self.is_user(frame[0]):
                break
            found.append(frame)
        return found

    def adapter(self, event: Event | None) -> Frame | None:
        """The frame of an adapter to which the app spoke WSGI, and was right to: it is the adapter that speaks ASGI."""
        site = self.site(event)
        if self.interface != "asgi" or site is None or not isinstance(event, Start) or event.handling is None:
            return None
        for frame in sites.frames(site.chain):
            code = frame[0]
            if code.co_name == "start_response" and "exc_info" in code.co_varnames and not self.is_user(code):
                return frame
        return None

    def site(self, event: Event | None) -> Site | None:
        found = getattr(event, "site", None)
        if found is None or isinstance(found, Site):
            return found
        return Site(found)  # a bare chain

    def chain(self, event: Event | None) -> sites.Chain:
        site = self.site(event)
        if site is None:
            return ()
        return site.chain + site.origin if site.origin else site.chain

    # --- whose code

    def is_user(self, code: CodeType) -> bool:
        return Owners.is_user(code.co_filename) or self.is_own(code.co_filename)

    def is_own(self, filename: str) -> bool:
        return bool(self.own) and Owners.package(filename) in self.own

    def is_framework(self, code: CodeType) -> bool:
        name = code.co_filename
        return Owners.is_standard(name) or (Owners.is_framework(name) and not self.is_own(name))

    def handler_is_framework(self) -> bool:
        return self.handler is not None and Owners.is_framework(self.handler.file)

    def user(self, chain: list[Frame], test: Callable[[str], bool]) -> list[Frame]:
        return [frame for frame in chain if test(frame[0].co_filename)]

    def first(self, found: list[Frame]) -> Place | None:
        return sites.place_of(*found[0]) if found else None

    def innermost_foreign(self, chain: sites.Chain) -> Frame | None:
        """The innermost frame that is neither a framework's nor the standard library's."""
        return next((frame for frame in sites.frames(chain) if not self.is_framework(frame[0])), None)

    def package_place(self, chain: sites.Chain) -> Place | None:
        found = sites.frames(chain)
        frame = self.innermost_foreign(chain) or next(
            (frame for frame in found if not Owners.is_standard(frame[0].co_filename)), None
        )
        return sites.place_of(*frame) if frame else None

    def handler_place(self) -> Place | None:
        """The line on which the handler was left; its definition where that is not known."""
        handler = self.handler
        if handler is None:
            return None
        last = left_of(handler, self.left)
        if last is not None:
            return sites.place_of(last.code, last.instruction)
        return handler.place

    # --- exceptions

    def caught(self) -> Caught | None:
        error = self.breach.error
        if error is None:
            return None
        chain = self.error_chain(error)
        where = self.first(self.frames(chain)) or self.package_place(chain)
        deepest = self.deepest(error)
        return Caught(_name(deepest), text_of(deepest), where)

    def error_chain(self, error: BaseException | None) -> sites.Chain:
        return sites.chain_of(self.deepest(error)) if error is not None else ()

    def deepest(self, error: BaseException | None) -> BaseException | None:
        """The first of an exception, its causes, contexts and group members whose innermost own frame is the user's.

        Where none has a frame of the user's, what it was raised `from`: what wraps an error says less than the error.
        """
        queue: list[BaseException | None] = [error]
        seen: set[int] = set()
        best: BaseException | None = None
        while queue:
            current = queue.pop(0)
            if current is None or id(current) in seen:
                continue
            seen.add(id(current))
            if isinstance(current, BaseExceptionGroup):
                queue += [*current.exceptions, current.__cause__, current.__context__]
                best = best or current
                continue
            if self.frames(sites.chain_of(current)):
                if self.raised_by_user(current):
                    return current
                best = best or current
            queue += [current.__cause__, current.__context__]
        return best or _first_cause(error)

    def raised_by_user(self, error: BaseException) -> bool:
        """Whether no framework frame lies inside the innermost user frame: the framework's own re-raising does not count."""
        chain = sites.frames(sites.chain_of(error))
        for code, _ in chain:
            if self.is_user(code):
                return True
            if Owners.is_framework(code.co_filename):
                return False
        return False


def _first_cause(error: BaseException | None) -> BaseException | None:
    """What an exception was raised `from`, at the end of the chain."""
    seen: set[int] = set()
    while error is not None and error.__cause__ is not None and id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__
    return error


def left_of(handler: Handler | None, left: Sequence[Left], *, strictly: bool = False) -> Left | None:
    """Where a handler was left; of a class, the method that is named as a request's, or else the last one.

    `strictly`: not the last one.
    """
    if handler is None:
        return None
    inside = [one for one in left if one.code.co_filename == handler.file]
    itself = [one for one in inside if one.code.co_qualname == handler.function]
    if itself:
        return itself[-1]
    methods = [one for one in inside if one.code.co_qualname.rpartition(".")[0] == handler.function]
    verbs = [one for one in methods if one.code.co_name in _VERBS]
    found = verbs or ([] if strictly else methods)
    return found[-1] if found else None


def _is_others_send(code: CodeType) -> bool:
    """Whether a function is a package's own `send`, which it gives to the app and through which the app's messages pass."""
    return code.co_varnames[: code.co_argcount][-1:] == ("message",) and not Owners.is_user(code.co_filename)


_MADE = ("response made here", "")
_READS = ("reads here, and has not accepted", "function defined here")
_BODY_CHANGED = ("body changed here", "length declared here")
_VERBS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace"))


def same_line(one: Frame, other: Frame) -> bool:
    """Whether two frames stand on the same line of the same code."""
    if one[0] is not other[0]:
        return False
    return one[1] == other[1] or _line(one) == _line(other)


def _line(frame: Frame) -> int:
    return sites.place_of(*frame).line


def _name(error: BaseException | None) -> str:
    if error is None:
        return ""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def text_of(error: Any) -> str:
    """What an exception says, also where it fails to."""
    try:
        return str(error)
    except Exception:
        return f"<{type(error).__name__} that cannot be printed>"

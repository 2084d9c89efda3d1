"""From a running frame to the line of code that a finding names.

Taking a site is cheap: the code object and the instruction of every frame from the caller outward, up to the frame in
which the app was called. Files, lines and columns are looked up only for what is printed.
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from .contract.finding import Place
from .owners import HERE
from .owners import Owners as Owners

_BOUNDARIES = (os.path.join(HERE, "protocols") + os.sep, os.path.join(HERE, "watch") + os.sep)
_INSIDE = os.path.join(HERE, "protocols", "probe.py")
"""This one stands between an app and those inside it."""


def _is_boundary(filename: str) -> bool:
    """Whether a file of this plugin's calls the app from outside."""
    return filename.startswith(_BOUNDARIES) and filename != _INSIDE


Chain = tuple[Any, ...]
"""Code objects and instruction offsets in turn, innermost frame first."""


NO_SENDER, NOT_ITSELF = -1, -2


class Given(NamedTuple):
    """What was given to a response by hand before it was sent, and at which stack.

    `what`: "status", "body", the name of a header in lower case, or "headers" for all of them at once, whose names are the
    `value` then. `own`: it was given to the very object that was sent, not to another one, from which a framework may have
    taken it.
    """

    what: str
    value: Any
    chain: Chain
    own: bool = True


class Site(NamedTuple):
    """Where an event came from.

    `chain`: the live stack. `sender`: the index of the frame (counted in frames) that is a method of the response
    object being sent, NO_SENDER where no such object was seen, NOT_ITSELF where another object sends it.
    `origin`: the stack at which that object was built, None where it is unknown. `size`: the bytes of its body, -1 where
    that is unknown. `passed`: the indexes of the user's frames that only pass on what another made. `given`: in order of
    time.
    """

    chain: Chain
    sender: int = -1
    origin: Chain | None = None
    size: int = -1
    passed: tuple[int, ...] = ()
    given: tuple[Given, ...] = ()


# What the walk does at a frame, as bits, by the id of its code object; `_kept` keeps those code objects alive, so that no
# id is used twice. 0 is the common case: keep the frame and go on.
_SKIP, _STOP, _METHOD, _SENDS, _USER, _ENTRY, _OWN, _FRAMEWORK, _MEASURES, _PROXY = (1 << bit for bit in range(10))
_PAUSE = _SKIP | _STOP | _USER
_LOOK = _PAUSE | _METHOD | _SENDS
_marks: dict[int, int] = {}
_kept: list[CodeType] = []
_SENDERS = frozenset(("__call__", "send_response", "handle", "respond"))
"""Functions of frameworks that send what their local `response` holds."""
_MEASURERS = frozenset(("get_wsgi_headers", "set_data", "process_response", "init_headers", "set_headers"))
"""Functions of frameworks that declare a body's length by themselves."""
_MOST_KEPT = 50_000


class Responses:
    """The response classes of the frameworks that are loaded."""

    classes: tuple[type, ...] = ()

    @classmethod
    def add(cls, response: type) -> None:
        """Make the class known; the frames seen so far are looked at anew."""
        if response not in cls.classes:
            cls.classes = (*cls.classes, response)
            forget()


class Proxies:
    """Files whose response objects pass on an inner response, as Starlette's BaseHTTPMiddleware does."""

    suffixes: tuple[str, ...] = ()

    @classmethod
    def know(cls, suffixes: Iterable[str]) -> None:
        """Take these path suffixes; the frames seen so far are looked at anew."""
        cls.suffixes = tuple(suffixes)
        forget()

    @classmethod
    def passes_on(cls, chain: Chain) -> bool:
        """Whether what was built at a chain is such an object."""
        return bool(chain) and cls.is_in(chain[0])

    @classmethod
    def is_in(cls, code: CodeType) -> bool:
        """Whether a code object is of such a file."""
        mark = _marks.get(id(code))
        return bool((_mark(code) if mark is None else mark) & _PROXY)


def forget() -> None:
    """Look at every code object anew."""
    _marks.clear()
    _kept.clear()


Owners.listeners.append(forget)


def _mark(code: CodeType) -> int:
    if len(_kept) > _MOST_KEPT:
        forget()
    filename = code.co_filename
    mark = 0
    if filename.startswith(HERE):
        mark = _STOP if _is_boundary(filename) else _SKIP
    else:
        names = code.co_varnames
        if Responses.classes and names[:1] == ("self",):
            mark |= _METHOD
        if Responses.classes and "response" in names and code.co_name in _SENDERS:
            mark |= _SENDS
        arguments = names[: code.co_argcount]
        is_entry = "start_response" in arguments or ("receive" in arguments and "send" in arguments)
        if not Owners.is_user(filename):
            mark |= _ENTRY if is_entry else 0
            mark |= _FRAMEWORK if Owners.is_framework(filename) or Owners.is_standard(filename) else 0
            mark |= _MEASURES if mark & _FRAMEWORK and code.co_name in _MEASURERS else 0
            mark |= _PROXY if filename.replace("\\", "/").endswith(Proxies.suffixes) else 0
        else:
            mark |= _OWN | (_USER if arguments and not is_entry else 0)
    _marks[id(code)] = mark
    _kept.append(code)
    return mark


Walked = tuple[Chain, int, Any, tuple[int, ...], tuple[Given, ...]]
"""What `walk` gives."""


def walk(frame: FrameType | None, message: Any = None, status: Any = None) -> Walked:
    """Walk from `frame` outward, without this plugin's frames, up to where the app was called.

    `message` is what was handed over, a list of headers that of `status`: frames that have it among their arguments pass
    on what another made. Gives the chain, `sender` and `passed` as Site has them, third the response object that is being
    sent, None where none was seen, and last what the user's frames have changed of a head that they were to pass on.
    """
    chain: list[Any] = []
    known = _marks
    sender, response = NO_SENDER, None
    passed: tuple[int, ...] = ()
    given: tuple[Given, ...] = ()
    while frame is not None:
        code = frame.f_code
        try:
            mark = known[id(code)]
        except KeyError:
            mark = _mark(code)
        if mark & _LOOK:
            if mark & _STOP:
                break
            if mark & _SKIP:
                frame = frame.f_back
                continue
            if mark & _USER and message is not None:
                changed = _changed(frame, message, status)
                if changed is not None:
                    given = (*changed, *given)
                    passed = passed if changed else (*passed, len(chain) // 2)
            found = _look(frame, mark) if mark & (_METHOD | _SENDS) else None
            if found is not None and (response is None or found is response):
                response = found
                sender = len(chain) // 2 if _marks[id(code)] & _METHOD else NOT_ITSELF
        chain += code, frame.f_lasti
        frame = frame.f_back
    return tuple(chain), sender, response, passed, given


def capture(frame: FrameType | None, message: Any = None) -> Chain | Site:
    """The site of an event that is no start: the bare chain where there is no more to say."""
    chain: list[Any] = []
    known = _marks
    passed: tuple[int, ...] = ()
    while frame is not None:
        code = frame.f_code
        try:
            mark = known[id(code)]
        except KeyError:
            mark = _mark(code)
        if mark & _PAUSE:
            if mark & _STOP:
                break
            if mark & _SKIP:
                frame = frame.f_back
                continue
            if message is not None and _passes(frame, message):
                passed = (*passed, len(chain) // 2)
        chain += code, frame.f_lasti
        frame = frame.f_back
    return Site(tuple(chain), passed=passed) if passed else tuple(chain)


def _passes(frame: FrameType, message: Any) -> bool:
    """Whether a frame of the user's has a message among its arguments; a wrapper may pass one on and make the next."""
    code = frame.f_code
    values = frame.f_locals
    return any(values.get(name) is message for name in code.co_varnames[: code.co_argcount])


def _changed(frame: FrameType, message: Any, status: Any) -> tuple[Given, ...] | None:
    """What a frame of the user's has changed of a head that it has among its arguments; None where it has none."""
    code = frame.f_code
    values = frame.f_locals
    given = [values.get(name) for name in code.co_varnames[: code.co_argcount]]
    here = (code, frame.f_lasti)
    if type(message) is dict:
        inner = next((one for one in given if type(one) is dict and one.get("type") == message.get("type")), None)
        if inner is None or "status" not in message:
            return () if inner is message else None
        return _difference(
            (inner.get("status"), inner.get("headers")), (message["status"], message.get("headers")), here
        )
    lists = [one for one in given if type(one) is list]
    headers = message if any(one is message for one in lists) else next(iter(lists), None)
    statuses = [one for one in given if type(one) is str and one[:3].isdigit()]
    if headers is None or (headers is not message and not statuses):
        return None
    return _difference((statuses[0] if statuses else status, headers), (status, message), here)


def _difference(before: tuple[Any, Any], after: tuple[Any, Any], here: Chain) -> tuple[Given, ...]:
    """What of a head, its status and headers, is another afterwards."""
    status = (Given("status", after[0], here),) if before[0] != after[0] else ()
    old, new = pairs(before[1]), pairs(after[1])
    return (*status, *(Given(name, value, here) for name, value in new if (name, value) not in old))


def pairs(headers: Any) -> list[tuple[str, str]]:
    """Headers as text, their names in lower case; what is no pair is left out."""
    known = [one for one in headers or () if isinstance(one, (tuple, list)) and len(one) == 2]
    return [(_text(name).lower(), _text(value)) for name, value in known]


def _text(part: Any) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else str(part)


_SETTING_FRAMES = 8
_SETS_NONE, _PASSES_BY = _ENTRY | _STOP | _MEASURES, _FRAMEWORK | _SKIP


def setter(frame: FrameType | None) -> Chain:
    """The innermost frame, outside of any framework, of a call that sets a header; empty where a framework itself sets it."""
    known = _marks.get
    for _ in range(_SETTING_FRAMES):
        if frame is None:
            break
        code = frame.f_code
        mark = known(id(code))
        if mark is None:
            mark = _mark(code)
        if mark & _SETS_NONE:
            break
        if not mark & _PASSES_BY:
            return code, frame.f_lasti
        frame = frame.f_back
    return ()


_ABSENT = object()


def _look(frame: FrameType, mark: int) -> Any:
    """The response object whose method runs in a frame, or that it sends.

    A function that has nothing to do with a response at the first look is not looked at again for that.
    """
    code = frame.f_code
    values = frame.f_locals
    own = values.get("self") if mark & _METHOD else None
    if isinstance(own, Responses.classes):
        return own
    other = values.get("response", _ABSENT) if mark & _SENDS else None
    if isinstance(other, Responses.classes):
        return other
    # A function that sends a response has none yet while the user's code makes it.
    _marks[id(code)] = mark & ~(_METHOD if other is _ABSENT else _METHOD | _SENDS)
    return None


_BUILT_FRAMES = 40
_ENDS_BUILT = _STOP | _SKIP | _ENTRY


def capture_built(frame: FrameType | None) -> Chain:
    """The chain at which an object is built: as far out as the first stretch of the user's own frames reaches."""
    chain: list[Any] = []
    in_user = False
    known = _marks.get
    while frame is not None and len(chain) < _BUILT_FRAMES:
        code = frame.f_code
        mark = known(id(code))
        if mark is None:
            mark = _mark(code)
        if mark & _OWN:
            in_user = True
        elif in_user and not mark & _SKIP:
            break
        elif mark & _ENDS_BUILT:
            if mark & _STOP:
                break
            if mark & _SKIP:
                frame = frame.f_back
                continue
            chain += code, frame.f_lasti
            break  # further out are the app's callers: a middleware of the user's did not build this
        chain += code, frame.f_lasti
        frame = frame.f_back
    return tuple(chain)


def is_users(code: CodeType) -> bool:
    """Whether a code object is the user's own, looked up once."""
    mark = _marks.get(id(code))
    return bool((_mark(code) if mark is None else mark) & _OWN)


def stack(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of a stack, innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's, from `frame` outward; None where there is none, as in a thread of a library's."""
    return next((one for one in stack(frame) if is_users(one.f_code)), None)


def holds_user(chain: Chain) -> bool:
    """Whether a frame of the chain is the user's own code."""
    return any(Owners.is_user(code.co_filename) for code in chain[::2])


def raised_in_body(error: BaseException | None) -> bool:
    """Whether an exception left the code that makes a streamed body: a framework may end the body first, and raise it then."""
    traceback = error.__traceback__ if error is not None else None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name in _STREAMERS:
            return True
        traceback = traceback.tb_next
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return any(raised_in_body(member) for member in members)


_STREAMERS = frozenset(("stream_response", "_stream_response"))


def chain_of(error: BaseException | None) -> Chain:
    """The chain of the frames that an exception passed, innermost first."""
    frames: list[tuple[CodeType, int]] = []
    traceback: TracebackType | None = error.__traceback__ if error is not None else None
    while traceback is not None:
        frames.append((traceback.tb_frame.f_code, traceback.tb_lasti))
        traceback = traceback.tb_next
    chain: list[Any] = []
    for code, instruction in reversed(frames[-200:]):
        if not code.co_filename.startswith(HERE):
            chain += (code, instruction)
        elif chain and _is_boundary(code.co_filename):
            break
    return tuple(chain)


def handled_by_framework(error: BaseException, site: Site | Chain) -> bool:
    """Whether what was sent at `site` was sent by the one that has caught `error`, and neither is the user's code.

    An exception is given the frame of the one that has caught it as its outermost; those of the user's that pass on what
    is sent are none of its senders.
    """
    chain, passed = (site.chain, site.passed) if isinstance(site, Site) else (site, ())
    if error.__traceback__ is None:
        return False
    caught = error.__traceback__.tb_frame.f_code
    for index, code in enumerate(chain[::2]):
        if code is caught:
            return not is_users(code)
        if index not in passed and is_users(code):
            return False
    return False


def frames(chain: Chain | None) -> list[tuple[CodeType, int]]:
    """A chain as pairs of code object and instruction offset."""
    return list(zip(chain[::2], chain[1::2], strict=True)) if chain else []


def place_of(code: CodeType, instruction: int) -> Place:
    """The place of one instruction, with the text of its line."""
    line, column, end_line, end_column = code.co_firstlineno, 0, None, 0
    if instruction >= 0:
        for position, (first, last, start, end) in enumerate(code.co_positions()):
            if position == instruction // 2:
                line = first or line
                end_line, column, end_column = last, start or 0, end or 0
                break
    text = linecache.getline(code.co_filename, line)
    column, end_column = _characters(text, column), _characters(text, end_column) if end_line == line else 0
    return Place(
        file=Owners.shown(code.co_filename),
        line=line,
        column=column + 1,
        function=code.co_qualname,
        source=text.strip(),
        end_column=end_column + 1 if end_column else 0,
        package="" if Owners.is_user(code.co_filename) else Owners.package(code.co_filename),
    )


def _characters(text: str, offset: int) -> int:
    """Python counts columns in UTF-8 bytes; people and editors count characters."""
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))


def places(chain: Sequence[Any] | None) -> tuple[Place, ...]:
    """All frames of a chain as places, outermost first."""
    return tuple(place_of(code, instruction) for code, instruction in reversed(frames(tuple(chain or ()))))

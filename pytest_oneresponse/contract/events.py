"""What can happen in an exchange, in one vocabulary for every protocol.

Every event is immutable and names its `column` in the tables of machine.py. Events are named tuples: a recorder
makes four for each request, and a named tuple is made in a third of the time of a frozen dataclass.

`site` is where the event came from: a chain of frames, or more. The core never looks into it: it hands sites on to the findings.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Headers = tuple[tuple[Any, Any], ...]
"""Header pairs as the app gave them: text for WSGI, bytes for ASGI, anything at all where the app is wrong."""


class Informational(NamedTuple):
    """A 1xx response before the final one (RFC 9110, 15.2)."""

    status: int
    site: Any = None

    @property
    def column(self) -> str:
        return "informational"


class Start(NamedTuple):
    """The head of the final response.

    `status` and `headers` are what the app gave, unchecked. `replaces`: WSGI's exc_info was given (PEP 3333,
    "The start_response() Callable"). `handling` is the exception that was being handled, if any.
    """

    status: Any
    headers: Headers
    site: Any = None
    replaces: bool = False
    handling: BaseException | None = None
    trailers: bool = False

    @property
    def column(self) -> str:
        return "restart" if self.replaces else "start"


class Data(NamedTuple):
    """Body bytes; `size` in bytes, 0 for an empty chunk."""

    size: int
    site: Any = None

    @property
    def column(self) -> str:
        return "data" if self.size else "empty"


class File(NamedTuple):
    """A file sent by the server (ASGI's `pathsend`, `zerocopysend`): the `last` piece of the body or not, of unknown length."""

    site: Any = None
    last: bool = True

    @property
    def column(self) -> str:
        return "file" if self.last else "part of a file"


class End(NamedTuple):
    """The body is complete."""

    site: Any = None

    @property
    def column(self) -> str:
        return "end"


class Trailers(NamedTuple):
    """A trailer section (ASGI's `http.response.trailers`)."""

    last: bool = True
    site: Any = None

    @property
    def column(self) -> str:
        return "last trailers" if self.last else "trailers"


class Returned(NamedTuple):
    """The app gave control back to the server."""

    site: Any = None

    @property
    def column(self) -> str:
        return "returned"


class Raised(NamedTuple):
    """An exception escaped from the app; `in_body`: from the code that makes the body, which may have been ended since."""

    error: BaseException | None
    site: Any = None
    in_body: bool = False

    @property
    def column(self) -> str:
        return "raised in the body" if self.in_body else "raised"


class Gone(NamedTuple):
    """The client left."""

    site: Any = None

    @property
    def column(self) -> str:
        return "gone"


class TimedOut(NamedTuple):
    """The time limit passed; `site` is where the app waits."""

    site: Any = None

    @property
    def column(self) -> str:
        return "timed out"


class Accept(NamedTuple):
    """`websocket.accept`."""

    site: Any = None

    @property
    def column(self) -> str:
        return "accept"


class Message(NamedTuple):
    """`websocket.send`."""

    site: Any = None

    @property
    def column(self) -> str:
        return "message"


class Close(NamedTuple):
    """`websocket.close`. `handling` is the exception that is an answer and for which a framework closes, if any."""

    site: Any = None
    handling: BaseException | None = None

    @property
    def column(self) -> str:
        return "close"


class Lifespan(NamedTuple):
    """A lifespan event; `column` is "ask startup", "startup.complete", "startup.failed", "ask shutdown", ..."""

    column: str
    site: Any = None


class Improper(NamedTuple):
    """A breach that a recorder saw by itself and that no order of events decides (a wrong type, an unknown message).

    `level` is that of the rule where it is empty.
    """

    rule: str
    detail: str
    site: Any = None
    level: str = ""

    @property
    def column(self) -> str:
        return "improper"


class Lost(NamedTuple):
    """An answer that the app made and threw away; `rule` says of which kind it was, `detail` what it was.

    `level`: one of its own, where it is milder than the rule's. `mend`: how to mend it, where it is not as the rule says.
    """

    rule: str
    detail: str
    site: Any = None
    level: str = ""
    mend: str = ""

    @property
    def column(self) -> str:
        return "lost"


class Swallowed(NamedTuple):
    """An exception that stands for an answer of `status` was caught by an `except` that takes every exception."""

    status: int
    detail: str
    site: Any = None

    @property
    def column(self) -> str:
        return "swallowed"


Event = (
    Informational
    | Start
    | Data
    | File
    | End
    | Trailers
    | Returned
    | Raised
    | Gone
    | TimedOut
    | Accept
    | Message
    | Close
    | Lifespan
    | Improper
    | Lost
    | Swallowed
)

"""The table of rules: the reference for what is held against an app, from which docs/ is generated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Level(StrEnum):
    """What a finding does: a breach fails the test, a practice warns, what is off must be selected."""

    BREACH = "breach"
    PRACTICE = "practice"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract. `sentence` is what breaks it; `source` the clause of PEP 3333, ASGI or RFC."""

    name: str
    group: str
    level: Level
    sentence: str
    why: str
    mend: str
    source: str
    where: str
    """What happened on the primary line, for the caret: "second response"."""
    also: str
    """What happened on the other line: "first response"; empty where the rule has no second line."""
    interfaces: tuple[str, ...]
    """Which interfaces can break it, as keys of INTERFACES."""
    cases: str = ""
    """The cases whose level is another than the rule's; empty where there are none."""


INTERFACES: dict[str, str] = {
    "wsgi": "a WSGI app: Flask, Django, Pyramid, Bottle, Falcon",
    "asgi http": "an HTTP request to an ASGI app: FastAPI, Starlette, Django, Quart, Litestar",
    "websocket": "a WebSocket connection to an ASGI app",
    "lifespan": "start-up and shutdown of an ASGI app",
    "objects": "the framework's own response and exception objects, before they reach the server",
}
"""Every interface, and what it stands for."""

WSGI = ("wsgi",)
ASGI = ("asgi http",)
HTTP = ("wsgi", "asgi http")
WEBSOCKET = ("websocket",)
ASGI_ALL = ("asgi http", "websocket")
ALL = ("wsgi", "asgi http", "websocket")
LIFESPAN = ("lifespan",)
OBJECTS = ("objects",)

ONE = "Exactly one response"
HEAD = "The head is frozen once started"
ERRORS = "Errors"
BODY = "Body and length"
FORM = "Form of the head, and protocol"

GROUPS: tuple[str, ...] = (ONE, HEAD, ERRORS, BODY, FORM)
"""The groups, in the order of the reference."""


def _index(rules: Iterable[Rule]) -> dict[str, Rule]:
    """The rules by name, in order; ValueError where a name comes twice."""
    table: dict[str, Rule] = {}
    for rule in rules:
        if rule.name in table:
            raise ValueError(f"rule {rule.name!r} stands twice in the table")
        table[rule.name] = rule
    return table


RULES: dict[str, Rule] = _index(
    (
        # ---------------------------------------------------------------- exactly one response
        Rule(
            name="no-response",
            group=ONE,
            level=Level.BREACH,
            sentence="The handler or a middleware ended and no response was started, or it returned something that is "
            "no response, so that a 500 was sent in its place.",
            why="The client gets the server's or the framework's plain 500, or an empty reply, on a path where "
            'nothing failed; uvicorn logs only "ASGI callable returned without starting response".',
            mend="End every branch with `return` and a response: a Flask or Django view that can fall off its last "
            "line returns None, and an ASGI middleware must `await self.app(scope, receive, send)` or send a response "
            "itself.",
            source='PEP 3333, "The start_response() Callable"; ASGI HTTP & WebSocket spec, "Response Start"; RFC 9110 '
            "section 3.4",
            where="ends here without a response",
            also="handler defined here",
            interfaces=HTTP,
        ),
        Rule(
            name="second-response",
            group=ONE,
            level=Level.BREACH,
            sentence="A second response, or a second head, was sent for a request that already had one.",
            why="The client gets the first response, whole or cut short, and never the second; servers raise or drop "
            "the second one, and some write its status line into the first one's body, which puts a kept-alive "
            "connection out of step.",
            mend="Leave the handler after the first response: `return` right after it, and give it to only one of two "
            "ways out (send it through `send`/`start_response`, or return it to the framework). To replace a WSGI "
            "response because of an error, pass `sys.exc_info()` to `start_response` before any byte is sent.",
            source='PEP 3333, "The start_response() Callable"; ASGI HTTP & WebSocket spec, "Response Start"; RFC 9112 '
            "section 9.2",
            where="second response",
            also="first response",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="unfinished-response",
            group=ONE,
            level=Level.BREACH,
            sentence="A response was started and the handler returned without ending it.",
            why="The client holds a status line and half a body and waits for the rest; uvicorn cuts the connection, "
            "other servers leave it open until a timeout.",
            mend="Send a last `http.response.body` without `more_body=True` on every path, also in the `except` and "
            "`finally` of a streaming loop; a `StreamingResponse` (Starlette, FastAPI) does it for you.",
            source='ASGI HTTP & WebSocket spec, "Response Start" and "Response Body"; RFC 9112 section 8',
            where="returns here with the response open",
            also="response started here",
            interfaces=ASGI_ALL,
        ),
        Rule(
            name="hung-response",
            group=ONE,
            level=Level.BREACH,
            sentence="The response was neither ended nor failed within the time limit.",
            why="The client waits until its own timeout, and the request holds a worker thread or a connection for as "
            "long.",
            mend="Put a limit on what this line waits for (`timeout=` of requests or httpx, `asyncio.timeout()`), and "
            "answer 504 when it passes; if the wait is meant to be long, raise `--oneresponse-timeout`.",
            source="RFC 9110 section 3.4; RFC 9112 section 9.5",
            where="waits here",
            also="response started here",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="orphan-response",
            group=ONE,
            level=Level.BREACH,
            sentence="A response was built for this request and neither sent, returned nor raised.",
            why="The client never sees the answer that this line was written for: a redirect or a 403 that does "
            "nothing, while the handler runs on and answers something else. A practice where a helper that does other "
            "things as well has built it, as it may have been called for those, and where it is under a name that nobody "
            "reads. A dependency's value is handed to the "
            "path operation, which runs as if nothing were wrong: whom it was to turn away gets in.",
            mend="Put `return` in front of it: `return redirect(...)`, `return JsonResponse(...)`, `return "
            "render(...)`. Where the result of a helper is a response, return that too.",
            source='RFC 9110 section 3.4; PEP 3333, "Specification Details"',
            where="this response is lost",
            also="this one was sent",
            interfaces=OBJECTS,
        ),
        Rule(
            name="unraised-error",
            group=ONE,
            level=Level.BREACH,
            sentence="An HTTP exception was built and neither raised nor returned.",
            why="The client gets a success where the code meant to refuse: a missing object answers 200, and a "
            "permission check lets everybody pass.",
            mend="Put `raise` in front of it: `raise HTTPException(404)` (FastAPI), `raise Http404()` (Django), "
            "`raise HTTPFound(...)` (Pyramid); in Flask, `abort(404)` raises by itself.",
            source="RFC 9110 sections 3.4 and 15",
            where="built, and not raised",
            also="this response was sent",
            interfaces=OBJECTS,
        ),
        Rule(
            name="shared-response",
            group=ONE,
            level=Level.PRACTICE,
            sentence="One response object served two requests.",
            why="What one request sets on it, a cookie or a header, goes out to the next client as well, and headers "
            "pile up; with aiohttp the second request gets no byte at all.",
            mend="Build the response inside the handler, anew for each request; keep at module level only the data "
            "that it is made from.",
            source="RFC 9110 section 3.4; RFC 9112 section 9.2",
            where="built once, here",
            also="used again here",
            interfaces=OBJECTS,
            cases="breach where the later exchange is broken by it: no byte for the second request, headers that pile "
            "up",
        ),
        Rule(
            name="swallowed-answer",
            group=ONE,
            level=Level.PRACTICE,
            sentence="An HTTP exception that was raised as the answer was caught by a broad `except`, and another "
            "response was sent.",
            why="The client gets the catch-all's answer, often a 500, in place of the 404, 403 or redirect that the "
            "code had chosen.",
            mend="Let the framework's own exception pass: put `except HTTPException: raise` (Flask, FastAPI), `except "
            "(Http404, PermissionDenied): raise` (Django) or `except HTTPResponse: raise` (Bottle) above it, or catch "
            "only what you expect.",
            source="RFC 9110 sections 3.4 and 15",
            where="caught here",
            also="raised as the answer here",
            interfaces=OBJECTS,
        ),
        # ---------------------------------------------------------------- the head is frozen
        Rule(
            name="late-status",
            group=HEAD,
            level=Level.BREACH,
            sentence="The status was set after the response had started.",
            why="The status line has left, or is fixed, so the client sees the old status; most Python servers drop "
            "the new one in silence, while a test client may report it as if it had been sent.",
            mend="Decide the status before the first byte: do what can fail before you return the streaming response, "
            "or set `response.status_code` before `prepare()`, `send` or `start_response`.",
            source='PEP 3333, "The start_response() Callable"; ASGI HTTP & WebSocket spec, "Response Start"; RFC 9112 '
            "section 2.1",
            where="status set too late",
            also="response started here",
            interfaces=OBJECTS,
        ),
        Rule(
            name="late-header",
            group=HEAD,
            level=Level.BREACH,
            sentence="A header or cookie was set, changed or deleted after the response had started.",
            why="The client never sees the change: a session cookie is not stored, a redirect has no Location, a "
            "cache rule does not hold. Where a server still reads the list, it goes out on one server and not on the "
            "next.",
            mend="Set headers and cookies on the response before it is returned, and never from inside a streaming "
            "generator; in WSGI or ASGI middleware build a new list and pass that on, in place of changing one that "
            "`start_response` or `send` already has.",
            source='PEP 3333, "The start_response() Callable"; ASGI HTTP & WebSocket spec, "Response Start"; RFC 9112 '
            "section 2.1",
            where="header changed too late",
            also="response started here",
            interfaces=(*HTTP, "objects"),
        ),
        Rule(
            name="error-swallowed",
            group=HEAD,
            level=Level.BREACH,
            sentence="`start_response` re-raised the error because bytes had been sent, and the app caught it and "
            "went on.",
            why="The error page is written behind the part of the body that was sent, under the first status: the "
            "client gets a mix of two documents that says 200.",
            mend="Do not wrap `start_response(status, headers, sys.exc_info())` in a `try` of its own: let what it "
            "raises pass through to the server, which then cuts the response short.",
            source='PEP 3333, "The start_response() Callable" and "Error Handling"',
            where="the re-raised error is swallowed",
            also="first byte sent here",
            interfaces=WSGI,
        ),
        # ---------------------------------------------------------------- errors
        Rule(
            name="error-after-start",
            group=ERRORS,
            level=Level.BREACH,
            sentence="An exception escaped after the response had started and before it had ended.",
            why="The status was already 200, so the client gets a truncated body; some servers end it cleanly, so "
            "that half a file looks complete and is cached.",
            mend="Do what can fail before the response starts: run the query, open the file and fetch the first item "
            "before you return the `StreamingResponse`, `StreamingHttpResponse` or generator. Inside the stream, "
            "catch the error and end in a way that the format can express.",
            source='PEP 3333, "Error Handling"; ASGI spec, "Error Handling"; RFC 9112 section 8',
            where="raised here",
            also="response made here",
            interfaces=(*HTTP, "websocket"),
            cases="practice where only an injected fault brings it about, and in WSGI before the first byte: the server "
            "then answers 500 in its place",
        ),
        Rule(
            name="error-after-end",
            group=ERRORS,
            level=Level.PRACTICE,
            sentence="An exception escaped after the complete response.",
            why="The client saw a success, yet the work behind it (a mail, a commit, a clean-up) did not happen, and "
            "only the server's log says so.",
            mend="Catch and log the error inside the background task, `close()` or teardown function, or move work "
            "that the answer promises to before the response.",
            source='PEP 3333, "Error Handling"; ASGI spec, "Error Handling"',
            where="raised here",
            also="response ended here",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="unhandled-error",
            group=ERRORS,
            level=Level.OFF,
            sentence="An exception escaped before anything was sent.",
            why="The client gets the server's plain 500: a complete response, but not the app's own.",
            mend="Handle it in the view, or register a handler: `@app.errorhandler` (Flask), `@app.exception_handler` "
            "(FastAPI), `handler500` (Django).",
            source='PEP 3333, "Error Handling"; ASGI spec, "Error Handling"; RFC 9110 section 15.6.1',
            where="raised here",
            also="",
            interfaces=(*HTTP, "websocket"),
        ),
        # ---------------------------------------------------------------- body and length
        Rule(
            name="body-before-start",
            group=BODY,
            level=Level.BREACH,
            sentence="Body data, or the end of the body, was sent before the response had started.",
            why="There is no status line to send it under: servers raise and answer 500 in place of the body.",
            mend="Call `start_response(...)` before the first chunk is yielded, or send `http.response.start` before "
            "the first `http.response.body`; in middleware, pass the start on before any body.",
            source='PEP 3333, "Specification Details"; ASGI HTTP & WebSocket spec, "Response Start"',
            where="body sent before the start",
            also="response started only here",
            interfaces=(*HTTP, "websocket"),
            cases="practice for an empty chunk before the start",
        ),
        Rule(
            name="write-after-end",
            group=BODY,
            level=Level.BREACH,
            sentence="Body data, or a second end, was sent after the response had ended.",
            why="The client has the whole response and never sees these bytes; uvicorn raises inside the app, other "
            "servers drop them in silence.",
            mend="Send the last `http.response.body` once, after the loop, with `more_body=True` on every earlier "
            "one; in WSGI do not call `write()` from `close()`.",
            source='ASGI HTTP & WebSocket spec, "Response Body"; PEP 3333, "The write() Callable"; RFC 9112 section '
            "6.3",
            where="sent after the end",
            also="response ended here",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="late-send",
            group=BODY,
            level=Level.BREACH,
            sentence="Something was sent after the app had returned to the server.",
            why="The server has closed the exchange and may have begun the next request on the connection: the bytes "
            "are lost, or raise in a task that nobody watches.",
            mend="Await the task or join the thread that sends before the app returns (`async with "
            "asyncio.TaskGroup()`), and use a background task only for work that sends nothing.",
            source='ASGI spec, "Connection Scope"; ASGI HTTP & WebSocket spec, "HTTP Connection Scope"; PEP 3333, '
            '"The write() Callable"',
            where="sent after the app returned",
            also="too late for this response",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="length-mismatch",
            group=BODY,
            level=Level.BREACH,
            sentence="More or fewer body bytes were sent than Content-Length declares.",
            why="With too few the client waits and then reports a broken download; with too many it gets a cut body, "
            "or reads the rest as the start of the next response.",
            mend="Do not set Content-Length by hand: Flask, Django and Starlette compute it from the body. Where you "
            "must, count encoded bytes (`len(text.encode())`, not `len(text)`), and drop the header in middleware "
            "that changes the body.",
            source='RFC 9110 section 8.6; RFC 9112 sections 6.2, 6.3 and 8; PEP 3333, "Handling the Content-Length '
            'Header"',
            where="length declared here",
            also="body ended here",
            interfaces=HTTP,
        ),
        Rule(
            name="body-not-allowed",
            group=BODY,
            level=Level.BREACH,
            sentence="Body bytes were sent with a status that has no body: 1xx, 204 or 304.",
            why="The client stops reading after the headers, so on a kept-alive connection it takes these bytes for "
            "the start of the next response; other servers refuse the response and answer 500.",
            mend='Send no body with it: `return "", 204` (Flask), `HttpResponse(status=204)` (Django), '
            "`Response(status_code=204)` in place of a JSONResponse (FastAPI); or answer 200.",
            source="RFC 9110 sections 6.4.1, 15.3.5 and 15.4.5; RFC 9112 section 6.3",
            where="status that allows no body",
            also="body sent here",
            interfaces=HTTP,
        ),
        Rule(
            name="body-on-head",
            group=BODY,
            level=Level.OFF,
            sentence="Body bytes were sent in answer to HEAD under WSGI.",
            why="Servers differ: gunicorn drops them; wsgiref, Werkzeug's server, waitress and cheroot send them, and "
            "the last two are then out of step on a kept-alive connection.",
            mend="Yield no bytes where the method is HEAD, and keep the headers that GET would have; Werkzeug "
            "responses do it by themselves, Django leaves it to the server.",
            source="RFC 9110 sections 6.4.1 and 9.3.2",
            where="body sent for HEAD",
            also="response started here",
            interfaces=WSGI,
        ),
        Rule(
            name="body-not-bytes",
            group=BODY,
            level=Level.BREACH,
            sentence="Body data was not bytes, or the WSGI iterable was itself a str or bytes.",
            why="Servers raise on it and answer 500, or break off: Werkzeug's server sends 200 and an empty body. The "
            "items of a bare bytes object are ints, so it fails in the same way.",
            mend='Encode text and wrap it in a list: `return [text.encode()]` (WSGI), `"body": text.encode()` (ASGI); '
            "a generator must yield bytes.",
            source='PEP 3333, "Specification Details" and "Unicode Issues"; ASGI HTTP & WebSocket spec, "Response '
            'Body"; ASGI spec, "Error Handling"',
            where="no bytes",
            also="response started here",
            interfaces=HTTP,
            cases="practice for an empty bytes object as the WSGI iterable",
        ),
        # ---------------------------------------------------------------- form of the head, and protocol
        Rule(
            name="invalid-status",
            group=FORM,
            level=Level.BREACH,
            sentence="The status has a wrong type, form or range, or a 1xx was given as the final status.",
            why="Servers raise on it and answer 500, or send a status line that clients reject; after a 1xx the "
            "client goes on waiting for the real response.",
            mend='Give WSGI a str such as `"404 Not Found"`, ASGI an int such as `404`, between 200 and 599; '
            "`http.HTTPStatus` has them all.",
            source='PEP 3333, "The start_response() Callable"; ASGI HTTP & WebSocket spec, "Response Start"; RFC 9110 '
            "sections 15 and 15.2",
            where="invalid status",
            also="",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="invalid-header",
            group=FORM,
            level=Level.BREACH,
            sentence="A header has a wrong type, a bad name, control characters, or text that is not latin-1.",
            why="A CR or LF from user input lets that user write headers, or a whole response, of their own; the rest "
            "makes servers raise and answer 500.",
            mend="Strip or percent-encode what comes from outside (`urllib.parse.quote`; `filename*=UTF-8''...` for a "
            "download's name); WSGI takes a list of `(str, str)` tuples, ASGI pairs of bytes.",
            source='PEP 3333, "The start_response() Callable" and "Unicode Issues"; ASGI HTTP & WebSocket spec, '
            '"Response Start"; RFC 9110 sections 5.1 and 5.5',
            where="invalid header",
            also="",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="conflicting-length",
            group=FORM,
            level=Level.BREACH,
            sentence="Two different Content-Length values, one that is no number, or Content-Length together with "
            "Transfer-Encoding.",
            why="Proxies and clients disagree on where the response ends: browsers refuse it, and a shared connection "
            "is open to response splitting.",
            mend='Let the framework set Content-Length, once: replace it (`response.headers["Content-Length"] = ...`) '
            "in place of adding a second, and never set Transfer-Encoding, which is the server's.",
            source='RFC 9110 section 8.6; RFC 9112 sections 6.2 and 6.3; PEP 3333, "Handling the Content-Length '
            'Header"',
            where="conflicting length",
            also="",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="hop-by-hop-header",
            group=FORM,
            level=Level.BREACH,
            sentence="A WSGI app set a hop-by-hop header such as Connection, TE or Upgrade.",
            why="The connection belongs to the server: waitress and wsgiref raise and answer 500, others send a "
            "header that contradicts what they do with the connection.",
            mend="Leave the header out. A proxy view must drop the upstream's Connection, Keep-Alive, "
            "Transfer-Encoding and the like before it passes the other headers on.",
            source='PEP 3333, "The start_response() Callable" and "Other HTTP Features"; RFC 9110 section 7.6.1',
            where="hop-by-hop header",
            also="",
            interfaces=WSGI,
        ),
        Rule(
            name="duplicate-header",
            group=FORM,
            level=Level.PRACTICE,
            sentence="A header that can have only one value, such as Content-Type or Location, was sent twice.",
            why="Each client picks its own: one takes the first Content-Type, another the last, a third refuses the "
            "response.",
            mend='Set the header in place of adding it: `response.headers["Content-Type"] = ...`, not `.add()` or '
            "`.append()`; in WSGI or ASGI middleware remove the old pair first.",
            source="RFC 9110 section 5.3",
            where="header sent twice",
            also="",
            interfaces=(*HTTP, "websocket"),
        ),
        Rule(
            name="invalid-message",
            group=FORM,
            level=Level.BREACH,
            sentence="An ASGI message is unknown, malformed or of an extension that was not offered, or a `send` was "
            "not awaited, or the app returned a value.",
            why="The server raises inside the app, and the client gets a 500 or a cut response; a `send` that is not "
            "awaited sends nothing at all.",
            mend='Write `await send({...})` with a type and keys of the specification, ask `scope["extensions"]` '
            "before you use an extension, and return None from the app.",
            source='ASGI spec, "Applications", "Error Handling" and "Extensions"; ASGI HTTP & WebSocket spec',
            where="invalid message",
            also="",
            interfaces=("asgi http", "websocket", "lifespan"),
        ),
        Rule(
            name="trailers-out-of-order",
            group=FORM,
            level=Level.BREACH,
            sentence="Trailers were sent without having been declared, or before the end of the body.",
            why="The server raises, or ends the response without them, so the client never gets the checksum or "
            "status that it was to find there.",
            mend='Send `"trailers": True` in `http.response.start`, then the whole body, and `http.response.trailers` '
            "after the last `http.response.body`.",
            source='ASGI extensions, "HTTP Trailers"; ASGI HTTP & WebSocket spec, "Response Start"; RFC 9110 section '
            "6.5",
            where="trailers out of order",
            also="response started here",
            interfaces=ASGI,
        ),
        Rule(
            name="trailers-missing",
            group=FORM,
            level=Level.BREACH,
            sentence="Trailers were declared and never sent.",
            why="A server that offers trailers must wait for them, so the response never ends for the client.",
            mend="Send `http.response.trailers` on every path, with an empty list where there is nothing to say, or "
            'leave `"trailers": True` out of `http.response.start`.',
            source='ASGI HTTP & WebSocket spec, "Response Start"; ASGI extensions, "HTTP Trailers"',
            where="returns here without the trailers",
            also="trailers declared here",
            interfaces=ASGI,
        ),
        Rule(
            name="iterable-not-closed",
            group=FORM,
            level=Level.PRACTICE,
            sentence="A WSGI middleware dropped the `close()` of the iterable that it wraps.",
            why="What the inner app hands back in `close()` is kept: files, database connections, Django's "
            "`request_finished`, Flask's streamed request context.",
            mend="Give the wrapper a `close()` that calls the inner one, or return "
            "`werkzeug.wsgi.ClosingIterator(new, [inner.close])`; a generator needs `try: ... finally: "
            "inner.close()`.",
            source='PEP 3333, "Specification Details" and "Middleware: Components that Play Both Sides"',
            where="close() dropped here",
            also="response started here",
            interfaces=WSGI,
        ),
        Rule(
            name="write-during-iteration",
            group=FORM,
            level=Level.PRACTICE,
            sentence="WSGI's `write()` was called from inside the returned iterable.",
            why="The specification forbids it, so the order of the two streams of bytes is the server's to choose: "
            "the client may get them mixed.",
            mend="Yield the bytes in place of passing them to `write()`, or write everything before you return the "
            "iterable.",
            source='PEP 3333, "The write() Callable"',
            where="write() called during iteration",
            also="response started here",
            interfaces=WSGI,
        ),
        Rule(
            name="websocket-second-decision",
            group=FORM,
            level=Level.BREACH,
            sentence="A WebSocket connection was accepted or denied a second time.",
            why="The handshake is answered once: the server raises inside the app, and a connection that was open is "
            "cut with an error code.",
            mend="Call `await websocket.accept()` in one place and leave the handler after a denial: `await "
            "websocket.close(...)` and `return`, or `raise WebSocketException(...)`.",
            source='ASGI HTTP & WebSocket spec, "Connect" and "Accept"; ASGI extensions, "Websocket Denial Response"; '
            "RFC 6455 section 4.2.2",
            where="second decision",
            also="first decision",
            interfaces=WEBSOCKET,
        ),
        Rule(
            name="websocket-no-decision",
            group=FORM,
            level=Level.BREACH,
            sentence="The app returned and had neither accepted nor denied the WebSocket connection.",
            why="The client's handshake gets the server's 500 or a dropped connection; uvicorn logs \"ASGI callable "
            'returned without sending handshake".',
            mend="Call `await websocket.accept()` before you read or send, or `await websocket.close(code=1008)` "
            "where you refuse; check every early `return`.",
            source='ASGI HTTP & WebSocket spec, "Connect"; RFC 6455 section 4.2.2',
            where="returns here without a decision",
            also="handler defined here",
            interfaces=WEBSOCKET,
        ),
        Rule(
            name="websocket-after-close",
            group=FORM,
            level=Level.BREACH,
            sentence="Something was sent on a WebSocket before it was accepted, or after the app had closed or denied "
            "it.",
            why="No data may follow a close frame: the client never sees it, and the server raises inside the app.",
            mend="Accept before the first `send`, and `return` right after `await websocket.close()`; where another "
            "task sends, cancel it first.",
            source='ASGI HTTP & WebSocket spec, "Connect" and "Close"; RFC 6455 section 5.5.1',
            where="sent on a closed connection",
            also="closed here",
            interfaces=WEBSOCKET,
        ),
        Rule(
            name="lifespan-out-of-order",
            group=FORM,
            level=Level.BREACH,
            sentence="A lifespan `complete` or `failed` was sent twice or in the wrong phase.",
            why="The server's start-up or shutdown stops on an assertion: the app does not come up, or does not clean "
            "up.",
            mend="Answer each of `lifespan.startup` and `lifespan.shutdown` with one `complete` or `failed`, and only "
            "after you received it; the `lifespan=` context manager of Starlette and FastAPI does it for you.",
            source='ASGI Lifespan spec, "Startup Complete" and "Shutdown Complete"',
            where="lifespan event out of order",
            also="earlier event",
            interfaces=LIFESPAN,
        ),
    )
)
"""Every rule by its name, in the order of the reference."""


def names() -> tuple[str, ...]:
    """The names of all rules, in the order of the reference."""
    return tuple(RULES)


def get(name: str) -> Rule:
    """The rule of that name; KeyError, with the nearest names, where there is none."""
    rule = RULES.get(name)
    if rule is None:
        near = get_close_matches(name.lower().replace("_", "-"), RULES, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise KeyError(f"no rule is named {name!r}{hint}")
    return rule

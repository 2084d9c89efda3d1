"""ASGI apps that are right, though they look odd."""

from __future__ import annotations

import asyncio
from functools import partial
from inspect import iscoroutinefunction

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
BODY = {"type": "http.response.body", "body": b"text"}


async def keys_left_out(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


async def empty_chunks(scope, receive, send):
    await send(dict(START))
    for chunk in (b"", b"te", b"", b"xt"):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def extra_keys(scope, receive, send):
    await send({**START, "x-mine": 1, "trailers": False})
    await send({**BODY, "x-mine": None})


async def list_pairs(scope, receive, send):
    await send({**START, "headers": [[b"content-type", b"text/plain"], [b"x-name", b"a"]]})
    await send(dict(BODY))


async def headers_as_an_iterator(scope, receive, send):
    await send({**START, "headers": ((name, b"a") for name in (b"x-one", b"x-two"))})
    await send(dict(BODY))


async def bytearray_body(scope, receive, send):
    await send(dict(START))
    await send({**BODY, "body": bytearray(b"text")})


async def other_task_sends(scope, receive, send):
    async def answer():
        await send(dict(START))
        await send(dict(BODY))

    await asyncio.create_task(answer())


async def other_thread_sends(scope, receive, send):
    loop = asyncio.get_running_loop()

    def answer():
        asyncio.run_coroutine_threadsafe(send(dict(START)), loop).result()
        asyncio.run_coroutine_threadsafe(send(dict(BODY)), loop).result()

    await asyncio.to_thread(answer)


async def receives_after_the_end(scope, receive, send):
    await receive()
    await send(dict(START))
    await send(dict(BODY))
    await receive()


async def stops_when_the_client_leaves(scope, receive, send):
    await receive()
    gone = asyncio.create_task(receive())
    await send(dict(START))
    for _ in range(5):
        await asyncio.sleep(0)
        if gone.done():
            return
        await send({**BODY, "more_body": True})
    await send(dict(BODY))
    gone.cancel()


async def sends_to_nobody(scope, receive, send):
    await receive()
    await send(dict(START))
    for _ in range(20):
        await send({**BODY, "more_body": True})
    await send(dict(BODY))


async def swallows_that_the_client_left(scope, receive, send):
    try:
        await send(dict(START))
        await send(dict(BODY))
    except OSError:
        return


async def head_with_length(scope, receive, send):
    await send({**START, "headers": [(b"content-length", b"4")]})
    await send({**BODY, "body": b"" if scope["method"] == "HEAD" else b"text"})


async def body_on_head(scope, receive, send):
    await send({**START, "headers": [(b"content-length", b"4")]})
    await send(dict(BODY))


async def not_modified_with_length(scope, receive, send):
    await send({**START, "status": 304, "headers": [(b"content-length", b"4"), (b"etag", b'"a"')]})
    await send({**BODY, "body": b""})


async def relative_location(scope, receive, send):
    await send({**START, "status": 302, "headers": [(b"location", b"next?page=2")]})
    await send({**BODY, "body": b""})


async def works_after_the_end(scope, receive, send):
    await send(dict(START))
    await send(dict(BODY))
    for _ in range(5):
        await asyncio.sleep(0)


async def task_works_after_the_end(scope, receive, send):
    await send(dict(START))
    await send(dict(BODY))
    scope["state_of_mine"] = asyncio.create_task(asyncio.sleep(0))


async def same_message_twice(scope, receive, send):
    await send(START)
    chunk = {**BODY, "more_body": True}
    await send(chunk)
    await send(chunk)
    await send(BODY)


async def reads_the_request_while_it_answers(scope, receive, send):
    await send(dict(START))
    while (await receive()).get("more_body"):
        pass
    await send(dict(BODY))


class Application:
    """A class whose instances are the apps."""

    async def __call__(self, scope, receive, send):
        await list_pairs(scope, receive, send)


def _forwards(app):
    async def middleware(scope, receive, send):
        async def forward(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-seen", b"1")]}
            await send(message)

        await app(scope, receive, forward)

    return middleware


APPS = {name: app for name, app in list(globals().items()) if not name.startswith("_") and iscoroutinefunction(app)}
APPS["application"] = Application()
APPS["bound"] = Application().__call__
APPS["partial"] = partial(list_pairs)
APPS["forwarded"] = _forwards(list_pairs)

"""Pure ASGI middleware without a framework: who merely forwards is not to blame, who sends again is."""

from __future__ import annotations

PLAIN = [(b"content-type", b"text/plain")]


def _forwards(app):
    async def middleware(scope, receive, send):
        async def forward(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-seen", b"1")]}
            await send(message)

        await app(scope, receive, forward)

    return middleware


async def _twice(scope, receive, send):
    await send(
        {"type": "http.response.start", "status": 200, "headers": PLAIN}
    )  # also: second-response for forwarded_twice
    await send(
        {"type": "http.response.start", "status": 404, "headers": PLAIN}
    )  # where: second-response for forwarded_twice
    await send({"type": "http.response.body"})


async def _short(scope, receive, send):
    headers = [(b"content-length", b"9")]
    await send(
        {"type": "http.response.start", "status": 200, "headers": headers}
    )  # where: length-mismatch for forwarded_short
    await send({"type": "http.response.body", "body": b"text"})


async def _ends_twice(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": PLAIN})
    await send({"type": "http.response.body"})  # also: write-after-end for forwarded_end
    await send({"type": "http.response.body"})  # where: write-after-end for forwarded_end


async def _right(scope, receive, send):
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
    await send(start)  # also: length-mismatch for length_kept, also: second-response for started_again
    await send({"type": "http.response.body", "body": b"text"})


def _starts_again(app):
    async def middleware(scope, receive, send):
        async def again(message):
            await send(message)  # also: second-response for started_again
            if message["type"] == "http.response.start":
                await send({**message, "status": 500})  # where: second-response for started_again

        await app(scope, receive, again)

    return middleware


def _answers_after(app):
    async def middleware(scope, receive, send):
        await app(scope, receive, send)
        await send(
            {"type": "http.response.start", "status": 500, "headers": []}
        )  # where: second-response for answered_after
        await send({"type": "http.response.body"})

    return middleware


async def _answers(scope, receive, send):
    await send(
        {"type": "http.response.start", "status": 200, "headers": PLAIN}
    )  # also: second-response for answered_after
    await send({"type": "http.response.body"})


def _body_before_the_start(app):
    async def middleware(scope, receive, send):
        kept = []

        async def hold(message):
            if message["type"] == "http.response.start":
                kept.append(message)
                return
            await send(message)  # where: body-before-start for start_held_back
            if kept:
                await send(kept.pop())

        await app(scope, receive, hold)

    return middleware


def _adds_a_line(app):
    async def middleware(scope, receive, send):
        async def add(message):
            if message["type"] == "http.response.body":
                message = {**message, "body": message["body"] + b" and more"}
            await send(message)  # where: length-mismatch for length_kept

        await app(scope, receive, add)

    return middleware


def _answers_nothing(app):
    async def middleware(scope, receive, send):  # also: no-response for never_called
        if scope["path"] == "/open":
            await app(scope, receive, send)
        return  # where: no-response for never_called

    return middleware


def _passes_on_twice(app):
    async def middleware(scope, receive, send):
        async def twice(message):
            await send(message)  # also: second-response for passed_on_twice
            if message["type"] == "http.response.start":
                await send(message)  # where: second-response for passed_on_twice

        await app(scope, receive, twice)

    return middleware


APPS = {
    "forwarded_twice": _forwards(_twice),
    "forwarded_short": _forwards(_short),
    "forwarded_end": _forwards(_ends_twice),
    "forwarded_right": _forwards(_forwards(_right)),
    "started_again": _starts_again(_right),
    "answered_after": _answers_after(_answers),
    "start_held_back": _body_before_the_start(_answers),
    "length_kept": _adds_a_line(_right),
    "passed_on_twice": _passes_on_twice(_right),
    "never_called": _answers_nothing(_right),
}

"""ASGI apps without a framework: each breaks one rule, its twin of the same shape breaks none."""

from __future__ import annotations

import asyncio
import threading
from inspect import iscoroutinefunction

PLAIN = [(b"content-type", b"text/plain")]
FOREVER = threading.Event()
TASKS = set()


def _start(status=200, headers=PLAIN, **keys):
    return {"type": "http.response.start", "status": status, "headers": list(headers), **keys}


def _body(body=b"text", **keys):
    return {"type": "http.response.body", "body": body, **keys}


# --- exactly one response


async def silent(scope, receive, send):  # also: no-response
    await receive()
    return  # where: no-response


async def twice(scope, receive, send):
    await send(_start(200))  # also: second-response
    await send(_start(404))  # where: second-response
    await send(_body())


async def twice_after_bytes(scope, receive, send):
    await send(_start(200))  # also: second-response
    await send(_body(more_body=True))
    await send(_start(500))  # where: second-response
    await send(_body())


async def twice_after_the_end(scope, receive, send):
    await send(_start(200))  # also: second-response
    await send(_body())
    await send(_start(404))  # where: second-response
    await send(_body())


async def _answer(send, status):
    await send({"type": "http.response.start", "status": status, "headers": list(PLAIN)})
    await send({"type": "http.response.body", "body": b"text"})


async def twice_by_helper(scope, receive, send):
    await _answer(send, 401)  # also: second-response
    await _answer(send, 404)  # where: second-response


async def twice_by_helpers_of_a_helper(scope, receive, send):
    async def refuse(status):
        await _answer(send, status)

    await refuse(401)  # also: second-response
    await refuse(403)  # where: second-response


async def twice_in_a_loop(scope, receive, send):
    for status in (200, 404):
        await _answer(send, status)  # where: second-response, also: second-response


async def once_by_helper(scope, receive, send):
    if scope["path"] == "/missing":
        await _answer(send, 404)
        return
    await _answer(send, 200)


async def answers_the_error_too(scope, receive, send):
    try:
        await send(_start(200))  # also: second-response
        await send(_body(str(int("x")).encode()))
    except ValueError:
        await send(_start(500))  # where: second-response
        await send(_body(b"sorry"))


async def answers_the_error(scope, receive, send):
    try:
        body = str(int("x")).encode()
    except ValueError:
        await send(_start(500))
        await send(_body(b"sorry"))
    else:
        await send(_start(200))
        await send(_body(body))


async def twice_from_two_tasks(scope, receive, send):
    async def one():
        await send(_start(200))  # also: second-response

    async def two():
        await send(_start(404))  # where: second-response

    async with asyncio.TaskGroup() as group:
        group.create_task(one())
        group.create_task(two())
    await send(_body())


async def unfinished(scope, receive, send):
    await send(_start())  # also: unfinished-response
    await send(_body(more_body=True))  # where: unfinished-response


async def unfinished_and_returned(scope, receive, send):
    await send(_start())  # also: unfinished-response
    return  # where: unfinished-response


async def hung(scope, receive, send):
    await asyncio.Event().wait()  # where: hung-response
    await _answer(send, 200)


async def hung_in_the_body(scope, receive, send):
    await send(_start())  # also: hung-response
    await send(_body(more_body=True))
    await asyncio.Event().wait()  # where: hung-response
    await send(_body())


async def hung_without_await(scope, receive, send):
    FOREVER.wait()  # where: hung-response
    await _answer(send, 200)


async def hung_in_a_helper(scope, receive, send):
    async def fetch():
        await asyncio.get_running_loop().create_future()  # where: hung-response

    await fetch()
    await _answer(send, 200)


# --- the head is frozen


async def header_added_late(scope, receive, send):
    message = _start()
    await send(message)  # also: late-header
    message["headers"].append((b"set-cookie", b"a=1"))  # where: late-header
    await send(_body())


async def header_added_in_time(scope, receive, send):
    message = _start()
    message["headers"].append((b"set-cookie", b"a=1"))
    await send(message)
    await send(_body())


# --- errors


async def raises_in_the_body(scope, receive, send):
    await send(_start())  # also: error-after-start
    await send(_body(more_body=True))
    raise ValueError("lost")  # where: error-after-start


async def raises_in_a_task_group(scope, receive, send):
    async def part():
        raise ValueError("lost")  # where: error-after-start

    await send(_start())  # also: error-after-start
    async with asyncio.TaskGroup() as group:
        group.create_task(part())
    await send(_body())


async def raises_after_the_end(scope, receive, send):
    await send(_start())
    await send(_body())  # also: error-after-end
    raise ValueError("lost")  # where: error-after-end


async def raises(scope, receive, send):
    raise ValueError("lost")  # where: unhandled-error


# --- body and length


async def body_first(scope, receive, send):
    await send(_body(more_body=True))  # where: body-before-start
    await send(_start())
    await send(_body())


async def end_first(scope, receive, send):
    await send(_body(b""))  # where: body-before-start


async def body_after_the_end(scope, receive, send):
    await send(_start())
    await send(_body())  # also: write-after-end
    await send(_body(b"late"))  # where: write-after-end


async def ended_twice(scope, receive, send):
    await send(_start())
    await send(_body())  # also: write-after-end
    await send(_body(b""))  # where: write-after-end


async def sent_by_a_forgotten_task(scope, receive, send):
    async def later():
        await send(_body(b"late"))  # where: late-send

    await send(_start())
    await send(_body())
    task = asyncio.create_task(later())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


async def ended_by_a_forgotten_task(scope, receive, send):
    async def later():
        await send(_body())  # where: late-send

    await send(_start())  # also: late-send
    task = asyncio.create_task(later())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


async def answered_by_a_forgotten_task(scope, receive, send):
    async def later():
        await send(_start())  # where: late-send
        await send(_body())

    task = asyncio.create_task(later())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


async def sent_from_a_thread(scope, receive, send):
    loop = asyncio.get_running_loop()

    def later():
        asyncio.run_coroutine_threadsafe(send(_body()), loop)  # where: late-send

    await send(_start())  # also: late-send
    thread = threading.Thread(target=later)
    thread.start()
    thread.join()


async def sent_by_an_awaited_task(scope, receive, send):
    async def now():
        await send(_body())

    await send(_start())
    await asyncio.create_task(now())


async def too_short(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"content-length", b"10")]))  # where: length-mismatch
    await send(_body())  # also: length-mismatch


async def too_long(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"content-length", b"2")]))  # where: length-mismatch
    await send(_body())  # also: length-mismatch


async def just_right(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"content-length", b"4")]))
    await send(_body())


async def no_content(scope, receive, send):
    await send(_start(204, []))  # where: body-not-allowed
    await send(_body())  # also: body-not-allowed


async def not_modified(scope, receive, send):
    await send(_start(304, []))  # where: body-not-allowed
    await send(_body())  # also: body-not-allowed


async def text_sent(scope, receive, send):
    await send(_start())  # also: body-not-bytes
    await send(_body("text"))  # where: body-not-bytes


async def none_sent(scope, receive, send):
    await send(_start())  # also: body-not-bytes
    await send(_body(None))  # where: body-not-bytes


async def text_sent_in_the_middle(scope, receive, send):
    await send(_start())  # also: body-not-bytes
    for _ in range(4):
        await send(_body(more_body=True))
    await send(_body("text", more_body=True))  # where: body-not-bytes
    await send(_body())


# --- the form of the head


async def status_as_text(scope, receive, send):
    await send(_start("200"))  # where: invalid-status
    await send(_body())


async def status_informational(scope, receive, send):
    await send(_start(103))  # where: invalid-status
    await send(_body(b""))


async def status_too_high(scope, receive, send):
    await send(_start(1000))  # where: invalid-status
    await send(_body())


async def header_with_newline(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"x-name", b"a\r\nset-cookie: b=1")]))  # where: invalid-header
    await send(_body())


async def header_as_text(scope, receive, send):
    await send(_start(200, [*PLAIN, ("x-name", "a")]))  # where: invalid-header
    await send(_body())


async def header_with_a_bad_name(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"x name", b"a")]))  # where: invalid-header
    await send(_body())


async def header_without_value(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"x-name",)]))  # where: invalid-header
    await send(_body())


async def two_lengths(scope, receive, send):
    headers = [*PLAIN, (b"content-length", b"4"), (b"content-length", b"5")]
    await send(_start(200, headers))  # where: conflicting-length
    await send(_body())


async def length_in_words(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"content-length", b"four")]))  # where: conflicting-length
    await send(_body())


async def two_types(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"content-type", b"text/html")]))  # where: duplicate-header
    await send(_body())


async def two_cookies(scope, receive, send):
    await send(_start(200, [*PLAIN, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-name", b"Zo\xeb")]))
    await send(_body())


# --- protocol


async def message_unknown(scope, receive, send):
    await send({"type": "http.response.begin", "status": 200})  # where: invalid-message
    await _answer(send, 200)


async def message_without_type(scope, receive, send):
    await send({"status": 200})  # where: invalid-message
    await _answer(send, 200)


async def message_as_text(scope, receive, send):
    await send("hello")  # where: invalid-message
    await _answer(send, 200)


async def message_of_a_websocket(scope, receive, send):
    await send({"type": "websocket.accept"})  # where: invalid-message
    await _answer(send, 200)


async def start_without_status(scope, receive, send):
    await send({"type": "http.response.start", "headers": list(PLAIN)})  # where: invalid-status
    await send(_body())


async def not_awaited(scope, receive, send):
    await send(_start())
    await send(_body(more_body=True))
    forgotten = send(_body(more_body=True))  # where: invalid-message
    await send(_body())
    forgotten.close()


async def value_returned(scope, receive, send):
    await _answer(send, 200)
    return "done"  # where: invalid-message


async def extension_not_offered(scope, receive, send):
    await send(_start())
    await send({"type": "http.response.pathsend", "path": __file__})  # where: invalid-message
    await send(_body())


async def trailers_not_declared(scope, receive, send):
    await send(_start())  # also: trailers-out-of-order
    await send(_body())
    await send(
        {"type": "http.response.trailers", "headers": [], "more_trailers": False}
    )  # where: trailers-out-of-order


async def trailers_before_the_end(scope, receive, send):
    await send(_start(trailers=True))  # also: trailers-out-of-order
    await send(_body(more_body=True))
    await send(
        {"type": "http.response.trailers", "headers": [], "more_trailers": False}
    )  # where: trailers-out-of-order
    await send(_body())


async def trailers_missing(scope, receive, send):
    await send(_start(trailers=True))  # also: trailers-missing
    await send(_body())  # where: trailers-missing


async def trailers(scope, receive, send):
    await send(_start(trailers=True))
    await send(_body())
    await send({"type": "http.response.trailers", "headers": [], "more_trailers": True})
    await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")], "more_trailers": False})


APPS = {name: app for name, app in list(globals().items()) if not name.startswith("_") and iscoroutinefunction(app)}

"""Handlers that do terrible things when a call of theirs fails; beside them sane ones with a planted bug.

`WSGI` and `ASGI` are apps by name; each answers 200 as long as nothing fails. What they leave behind is put right by
`restore()`, which also ends what would go on for ever; without it every endless loop ends by itself after `MOST` seconds.
Only `sane_wsgi` and `sane_asgi` break a rule of a kind that has to be found, whatever the others did before them.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import gc
import inspect
import json
import logging
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import warnings

PLAIN = [("Content-Type", "text/plain")]
MOST = 30.0
HELD = []
"""What the handlers keep."""
_ERROR = RuntimeError("ever the same")
_STOP = threading.Event()
_ENDED = [-1.0]
"""When all that went on for ever was ended."""
_TASKS = set()
_KEPT = {
    (json, "loads"): json.loads,
    (builtins, "open"): builtins.open,
    (builtins, "len"): builtins.len,
    (time, "sleep"): time.sleep,
    (time, "monotonic"): time.monotonic,
    (time, "perf_counter"): time.perf_counter,
    (sqlite3, "connect"): sqlite3.connect,
    (sys, "excepthook"): sys.excepthook,
    (sys, "unraisablehook"): sys.unraisablehook,
    (threading, "excepthook"): threading.excepthook,
}
_RECURSION, _FOLDER = sys.getrecursionlimit(), os.getcwd()


def restore():
    """Put right what the handlers have done to the process."""
    _ENDED[0] = _KEPT[time, "monotonic"]()
    _STOP.set()
    for (module, name), value in _KEPT.items():
        setattr(module, name, value)
    sys.setrecursionlimit(_RECURSION)
    os.chdir(_FOLDER)
    gc.enable()
    logging.disable(logging.NOTSET)
    HELD.clear()
    for thread in threading.enumerate():
        if thread.name.startswith("hostile"):
            thread.join(2)
    _STOP.clear()


def _going(until):
    """Whether a loop that means to be endless may go on."""
    return _ENDED[0] < until - MOST and _KEPT[time, "monotonic"]() < until


def _until():
    return _KEPT[time, "monotonic"]() + MOST


def _work():
    """What all of them do, and what can fail: a file, a database, some JSON."""
    with open(os.devnull, "rb") as file:
        file.read(1)
    db = sqlite3.connect(":memory:")
    try:
        count = db.execute("select 1").fetchone()[0]
    finally:
        db.close()
    return f"{json.loads('1')}{count}".encode()


async def _work_later():
    await asyncio.sleep(0)
    return _work()


def _answer(start_response, body):
    start_response("200 OK", list(PLAIN))
    return [body]


async def _send(send, body, status=200):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


class Fatal(BaseException):
    """Which no `except Exception` catches."""


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no text")

    __repr__ = __str__


class Untrue(Exception):
    """Which lies about itself."""

    def __bool__(self):
        raise ValueError("neither true nor false")

    def __eq__(self, other):
        raise ValueError("not to be compared")

    __hash__ = None

    @property
    def __traceback__(self):
        raise ValueError("no traceback")


class Attached(Exception):
    """Which cannot be given attributes."""

    __slots__ = ()

    def __setattr__(self, name, value):
        raise AttributeError(name)

    def add_note(self, note):
        raise AttributeError(note)


# --- sane, with a planted bug


def sane_wsgi(environ, start_response):
    start_response("200 OK", list(PLAIN))  # also: second-response
    try:
        body = _work()
    except (OSError, ValueError, sqlite3.Error):
        start_response("500 Internal Server Error", list(PLAIN))  # where: second-response
        return [b"sorry"]
    return [body]


async def sane_asgi(scope, receive, send):
    start = {"type": "http.response.start", "status": 200, "headers": []}
    await send(start)  # also: second-response
    try:
        body = await _work_later()
    except (OSError, ValueError, sqlite3.Error):
        await send({"type": "http.response.start", "status": 500, "headers": []})  # where: second-response
        body = b"sorry"
    await send({"type": "http.response.body", "body": body})


# --- errors of a kind that nobody expects


def raises_a_base_exception(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        raise Fatal("as BaseException") from error
    return _answer(start_response, body)


def exits(environ, start_response):
    try:
        body = _work()
    except Exception:
        sys.exit(3)
    return _answer(start_response, body)


def exits_after_the_start(environ, start_response):
    start_response("200 OK", list(PLAIN))
    yield b"one"
    try:
        yield _work()
    except Exception:
        sys.exit("after the start")


def interrupts(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise KeyboardInterrupt from None
    return _answer(start_response, body)


def ends_the_generator(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise GeneratorExit from None
    return _answer(start_response, body)


def stops_the_iteration(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        raise StopIteration(error) from None
    return _answer(start_response, body)


def raises_what_cannot_be_printed(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        raise Unprintable from error
    return _answer(start_response, body)


def raises_what_lies(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise Untrue from None
    return _answer(start_response, body)


def raises_what_takes_no_attribute(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise Attached from None
    return _answer(start_response, body)


def raises_a_huge_message(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise RuntimeError("lost " * 4_000_000) from None
    return _answer(start_response, body)


def raises_in_control_characters(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise RuntimeError("\x1b[2J\x00\r\n\ud800 lost") from None
    return _answer(start_response, body)


def raises_in_a_circle(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        one, two = RuntimeError("one"), RuntimeError("two")
        one.__context__, two.__context__ = two, one
        one.__cause__, two.__cause__ = two, error
        error.__cause__ = one
        raise one from two
    return _answer(start_response, body)


def raises_a_deep_group(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        for depth in range(500):
            error = ExceptionGroup(f"depth {depth}", [error])
        raise error from None
    return _answer(start_response, body)


def raises_from_a_long_chain(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        for number in range(5000):
            following = RuntimeError(number)
            following.__cause__ = error
            error = following
        raise error from error.__cause__
    return _answer(start_response, body)


def raises_the_same_object(environ, start_response):
    try:
        body = _work()
    except Exception:
        raise _ERROR from None
    return _answer(start_response, body)


def changes_the_exception(environ, start_response):
    try:
        body = _work()
    except Exception as error:
        error.__traceback__ = None
        error.args = (object(),)
        error.__suppress_context__ = True
        raise error.with_traceback(None) from None
    return _answer(start_response, body)


def warns_as_an_error(environ, start_response):
    try:
        body = _work()
    except Exception:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.warn("gone wrong", ResourceWarning, stacklevel=1)
        body = b"sorry"
    return _answer(start_response, body)


# --- without end


def recurses(environ, start_response):
    def deeper(depth):
        return deeper(depth + 1) + 1

    try:
        body = _work()
    except Exception:
        body = str(deeper(0)).encode()
    return _answer(start_response, body)


def recurses_in_the_except(environ, start_response):
    def again():
        try:
            return _work()
        except Exception:
            return failing()

    def failing():
        try:
            raise ValueError("again")
        except ValueError:
            return failing()

    return _answer(start_response, again())


def tries_for_ever(environ, start_response):
    failed, until = False, _until()
    while True:
        try:
            if failed and _going(until):
                raise OSError("still down")
            body = _work()
            break
        except Exception:
            failed = True
    return _answer(start_response, body)


def waits_for_ever(environ, start_response):
    try:
        body = _work()
    except Exception:
        _STOP.wait(MOST)
        body = b"at last"
    return _answer(start_response, body)


def sleeps_in_small_pieces(environ, start_response):
    until = _until()
    try:
        body = _work()
    except Exception:
        while _going(until):
            time.sleep(0.001)
        body = b"at last"
    return _answer(start_response, body)


def catches_all_in_a_loop(environ, start_response):
    failed, until = False, _until()
    while True:
        try:
            if failed and _going(until):
                time.sleep(0.001)
                continue
            body = _work()
            break
        except BaseException:
            failed = True
    return _answer(start_response, body)


def swallows_interrupts(environ, start_response):
    until = _until()
    try:
        body = _work()
    except Exception:
        while _going(until):
            try:
                time.sleep(0.01)
            except (KeyboardInterrupt, SystemExit):
                continue
        body = b"at last"
    return _answer(start_response, body)


def streams_for_ever(environ, start_response):
    until = _until()
    start_response("200 OK", list(PLAIN))
    try:
        yield _work()
    except Exception:
        while _going(until):
            yield b"sorry, "


def streams_nothing_for_ever(environ, start_response):
    until = _until()
    start_response("200 OK", list(PLAIN))
    try:
        yield _work()
    except Exception:
        while _going(until):
            yield b""


def yields_when_closed(environ, start_response):
    """A generator that does not let itself be closed."""
    start_response("200 OK", list(PLAIN))
    failed = False
    try:
        yield _work()
    except Exception:
        failed = True
    until = _until()
    while failed and _going(until):
        try:
            yield b"still here"
        except GeneratorExit:
            continue


def eats_memory(environ, start_response):
    try:
        body = _work()
    except Exception:
        HELD.append(bytearray(150_000_000))
        body = b"sorry"
    return _answer(start_response, body)


def sends_much(environ, start_response):
    try:
        body = _work()
    except Exception:
        body = b"sorry" * 20_000_000
    return _answer(start_response, body)


# --- what is left behind


def leaves_threads(environ, start_response):
    try:
        body = _work()
    except Exception:
        for number in range(20):
            threading.Thread(target=_STOP.wait, args=(MOST,), name=f"hostile {number}", daemon=True).start()
        body = b"sorry"
    return _answer(start_response, body)


def leaves_a_thread_that_sends(environ, start_response):
    """Whether its late sends are told does not matter here."""
    write = start_response("200 OK", list(PLAIN))
    until = _until()

    def later():
        while _going(until):
            with contextlib.suppress(BaseException):
                write(b"")
            _STOP.wait(0.01)

    try:
        body = _work()
    except Exception:
        threading.Thread(target=later, name="hostile writer", daemon=True).start()
        body = b"sorry"
    return [body]


def leaves_a_thread_that_fails(environ, start_response):
    def fail():
        raise Fatal("in a thread")

    try:
        body = _work()
    except Exception:
        threading.Thread(target=fail, name="hostile failure").start()
        body = b"sorry"
    return _answer(start_response, body)


def leaves_what_fails_to_be_collected(environ, start_response):
    class Held:
        def __del__(self):
            raise RuntimeError("while it was collected")

    try:
        body = _work()
    except Exception:
        held = Held()
        held.itself = held
        body = b"sorry"
    return _answer(start_response, body)


def patches_json(environ, start_response):
    try:
        body = _work()
    except Exception:
        json.loads = lambda *_args, **_named: 1 / 0
        body = b"sorry"
    return _answer(start_response, body)


def patches_open(environ, start_response):
    def refuse(*_args, **_named):
        raise OSError("patched")

    try:
        body = _work()
    except Exception:
        builtins.open = refuse
        body = b"sorry"
    return _answer(start_response, body)


def patches_sqlite(environ, start_response):
    try:
        body = _work()
    except Exception:
        sqlite3.connect = None
        body = b"sorry"
    return _answer(start_response, body)


def patches_the_clock(environ, start_response):
    try:
        body = _work()
    except Exception:
        time.sleep = lambda _seconds: None
        time.monotonic = lambda: 0.0
        time.perf_counter = lambda: random.random()
        body = b"sorry"
    return _answer(start_response, body)


def changes_the_folder(environ, start_response):
    try:
        body = _work()
    except Exception:
        os.chdir(tempfile.gettempdir())
        body = b"sorry"
    return _answer(start_response, body)


def lowers_the_recursion_limit(environ, start_response):
    try:
        body = _work()
    except Exception:
        depth = len(inspect.stack(0))
        sys.setrecursionlimit(depth + 60)
        body = b"sorry"
    return _answer(start_response, body)


def stops_the_collector(environ, start_response):
    try:
        body = _work()
    except Exception:
        gc.disable()
        logging.disable(logging.CRITICAL)
        sys.excepthook = sys.unraisablehook = threading.excepthook = None
        body = b"sorry"
    return _answer(start_response, body)


def ignores_the_alarm(environ, start_response):
    """Takes the signal by which a time limit may be kept; not all systems have it."""
    try:
        body = _work()
    except Exception:
        before = None
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and hasattr(signal, "SIGALRM"):
            before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
        try:
            for _tick in range(300):
                time.sleep(0.01)
        finally:
            if before is not None:
                signal.signal(signal.SIGALRM, before)
        body = b"sorry"
    return _answer(start_response, body)


WSGI = {
    name: app
    for name, app in list(globals().items())
    if not name.startswith("_")
    and inspect.isfunction(app)
    and app.__module__ == __name__
    and list(inspect.signature(app).parameters) == ["environ", "start_response"]
}

# --- ASGI


async def cancels_itself(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        raise asyncio.CancelledError from None
    await _send(send, body)


async def cancels_everybody(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        for task in asyncio.all_tasks():
            task.cancel()
        body = b"sorry"
    await _send(send, body)


async def swallows_cancellation(scope, receive, send):
    failed, until = False, _until()
    while True:
        try:
            if failed and _going(until):
                await asyncio.sleep(0.01)
                continue
            body = await _work_later()
            break
        except BaseException:
            failed = True
    await _send(send, body)


async def raises_a_base_exception_later(scope, receive, send):
    try:
        body = await _work_later()
    except Exception as error:
        raise Fatal("as BaseException") from error
    await _send(send, body)


async def exits_later(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        sys.exit(3)
    await _send(send, body)


async def exits_in_a_task(scope, receive, send):
    async def leave():
        sys.exit(4)

    try:
        body = await _work_later()
    except Exception:
        task = asyncio.create_task(leave())
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)
        body = b"sorry"
    await _send(send, body)


async def interrupts_later(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        raise KeyboardInterrupt from None
    await _send(send, body)


async def blocks_the_loop(scope, receive, send):
    until = _until()
    try:
        body = await _work_later()
    except Exception:
        while _going(until):
            time.sleep(0.01)
        body = b"at last"
    await _send(send, body)


async def waits_for_ever_later(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), MOST)
        body = b"at last"
    await _send(send, body)


async def spins_without_waiting(scope, receive, send):
    until = _until()
    try:
        body = await _work_later()
    except Exception:
        while _going(until):
            await asyncio.sleep(0)
        body = b"at last"
    await _send(send, body)


async def receives_for_ever(scope, receive, send):
    until = _until()
    try:
        body = await _work_later()
    except Exception:
        while _going(until):
            await receive()
        body = b"at last"
    await _send(send, body)


async def streams_for_ever_later(scope, receive, send):
    until = _until()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        body = await _work_later()
    except Exception:
        while _going(until):
            await send({"type": "http.response.body", "body": b"sorry, ", "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


async def leaves_tasks(scope, receive, send):
    until = _until()

    async def linger():
        """Which is not to be cancelled."""
        while _going(until):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    try:
        body = await _work_later()
    except Exception:
        for _number in range(20):
            task = asyncio.create_task(linger())
            _TASKS.add(task)
            task.add_done_callback(_TASKS.discard)
        body = b"sorry"
    await _send(send, body)


async def leaves_tasks_that_make_tasks(scope, receive, send):
    until = _until()

    async def spawn():
        await asyncio.sleep(0.01)
        if _going(until):
            task = asyncio.create_task(spawn())
            _TASKS.add(task)
            task.add_done_callback(_TASKS.discard)

    try:
        body = await _work_later()
    except Exception:
        await spawn()
        body = b"sorry"
    await _send(send, body)


async def leaves_coroutines(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        HELD.append(_work_later())
        _work_later()
        body = b"sorry"
    await _send(send, body)


async def stops_the_loop(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0)
        body = b"sorry"
    await _send(send, body)


async def breaks_the_loop(scope, receive, send):
    def complain(_loop, _context):
        raise RuntimeError("in the handler of exceptions")

    try:
        body = await _work_later()
    except Exception:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(complain)
        loop.call_soon(json.loads, "{")
        loop.slow_callback_duration = -1
        await asyncio.sleep(0)
        body = b"sorry"
    await _send(send, body)


async def waits_in_a_thread(scope, receive, send):
    try:
        body = await _work_later()
    except Exception:
        await asyncio.to_thread(_STOP.wait, 3)
        body = b"at last"
    await _send(send, body)


async def recurses_later(scope, receive, send):
    async def deeper(depth):
        return await deeper(depth + 1) + 1

    try:
        body = await _work_later()
    except Exception:
        body = str(await deeper(0)).encode()
    await _send(send, body)


async def raises_what_cannot_be_printed_later(scope, receive, send):
    try:
        body = await _work_later()
    except Exception as error:
        raise BaseExceptionGroup("many", [Unprintable(), Fatal(), error]) from error
    await _send(send, body)


ASGI = {
    name: app
    for name, app in list(globals().items())
    if not name.startswith("_")
    and inspect.iscoroutinefunction(app)
    and app.__module__ == __name__
    and list(inspect.signature(app).parameters) == ["scope", "receive", "send"]
}

APPS = {**WSGI, **ASGI}

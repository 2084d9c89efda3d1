"""Threads in which an app hangs: Python would wait for them for ever when the process ends."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import thread as pools
from typing import Any

_forsaken: set[threading.Thread] = set()


def forsake(threads: Iterable[threading.Thread]) -> None:
    """Have the process end without waiting for these threads.

    Python has no call for that, as a thread has to say so before it starts. Up to 3.12 it waits for a lock of each
    thread, from 3.13 on in a function that knows no exceptions; pools of threads wait for their own besides.
    """
    locks: Any = getattr(threading, "_shutdown_locks", set())
    queues: Any = getattr(pools, "_threads_queues", {})
    for thread in threads:
        _forsaken.add(thread)
        queues.pop(thread, None)
        locks.discard(getattr(thread, "_tstate_lock", None))
    if _forsaken and hasattr(threading, "_thread_shutdown"):
        threading._thread_shutdown = _wait_for_the_others


def _wait_for_the_others() -> None:
    for thread in threading.enumerate():
        if not (thread.daemon or thread in _forsaken or thread is threading.main_thread()):
            thread.join()

"""Telling the user's Ctrl-C from a KeyboardInterrupt that the app raises itself."""

from __future__ import annotations

import dis

from ..sites import is_users


def raise_if_users(error: BaseException) -> None:
    """Raise what ends the run, and nothing else: the user's Ctrl-C."""
    if isinstance(error, KeyboardInterrupt) and not is_apps_own(error):
        raise error


def is_apps_own(error: KeyboardInterrupt) -> bool:
    """Whether a `raise` of the user's code made it; a signal strikes at other instructions."""
    traceback = error.__traceback__
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return is_users(code) and dis.opname[code.co_code[traceback.tb_lasti]] in ("RAISE_VARARGS", "RERAISE")

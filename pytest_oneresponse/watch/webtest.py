"""webtest.TestApp: the app is recorded inside webtest's own lint."""

from __future__ import annotations

import functools
import inspect
from types import ModuleType
from typing import Any

from ..patching import Patches
from .disguise import Disguise, watched_wsgi


def patch(module: ModuleType, patches: Patches) -> None:
    """Record what passes through `TestApp.do_request`: every method and every followed redirect or form."""
    patches.replace(getattr(module, "TestApp", None), "do_request", _do_request)


TARGETS = {"webtest.app": patch}


def _do_request(original: Any) -> Any:
    if not inspect.isfunction(original):
        return original

    @functools.wraps(original)
    def do_request(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        disguise = Disguise(self, "app", _watched)
        response = original(disguise, *args, **kwargs)
        # The response keeps the client and, where there is no lint, the app.
        if getattr(response, "test_app", None) is disguise:
            response.test_app = self
            if not getattr(self, "lint", False):
                response.app = self.app
        return response

    return do_request


def _watched(app: Any) -> Any:
    # TestApp("http://host") sends to a server elsewhere: there is no app here to be judged.
    if type(app).__module__.partition(".")[0] == "wsgiproxy":
        return app
    return watched_wsgi(app)

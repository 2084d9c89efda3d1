"""werkzeug.test.Client, and with it Flask's: the one method that runs the app, once for each redirect too."""

from __future__ import annotations

from types import ModuleType

from ..patching import Patches
from .disguise import disguised, watched_wsgi


def patch(module: ModuleType, patches: Patches) -> None:
    """Record what passes through `Client.run_wsgi_app`.

    The function of the same name is left alone: `Response.from_app` and `force_type` use it inside apps.
    """
    patches.replace(getattr(module, "Client", None), "run_wsgi_app", disguised("application", watched_wsgi))


TARGETS = {"werkzeug.test": patch}

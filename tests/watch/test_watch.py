from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from pytest_oneresponse import watch
from pytest_oneresponse.watch import asgiref, django, httpx, starlette, webtest, werkzeug

TARGETS = {
    name: patch
    for client in (asgiref, django, httpx, starlette, webtest, werkzeug)
    for name, patch in client.TARGETS.items()
}
ATTRIBUTES = {
    "webtest.app": {"TestApp": "do_request"},
    "werkzeug.test": {"Client": "run_wsgi_app"},
    "django.test.client": {"ClientHandler": "get_response", "AsyncClientHandler": "get_response_async"},
    "starlette.testclient": {
        "_TestClientTransport": "handle_request",
        "WebSocketTestSession": "_run",
        "TestClient": "lifespan",
    },
    "httpx": {"ASGITransport": "handle_async_request", "WSGITransport": "handle_request"},
    "httpx2": {"ASGITransport": "handle_async_request", "WSGITransport": "handle_request"},
    "asgiref.testing": {"ApplicationCommunicator": "future"},
}

ALONE = """
import sys
before = set(sys.modules)
from pytest_oneresponse import watch
patches = watch.install()
from pytest_oneresponse.protocols import asgi, wsgi
wsgi.watched(lambda environ, start_response: [])
patches.undo()
clients = {"webtest", "webob", "werkzeug", "flask", "django", "starlette", "httpx", "httpx2", "asgiref", "anyio"}
found = clients & {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(found))
"""


def test_nothing_is_imported_for_the_user() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", TARGETS)
def test_a_seam_that_is_not_there_is_skipped(name: str) -> None:
    hollow = ModuleType(name)
    patches = watch.Patches()
    TARGETS[name](hollow, patches)
    for owner in ATTRIBUTES[name]:
        setattr(hollow, owner, type(owner, (), {}))
    TARGETS[name](hollow, patches)
    for owner, attribute in ATTRIBUTES[name].items():
        setattr(hollow, owner, type(owner, (), {attribute: "not a function"}))
    TARGETS[name](hollow, patches)
    for owner, attribute in ATTRIBUTES[name].items():
        assert getattr(getattr(hollow, owner), attribute) == "not a function"
    for owner in ATTRIBUTES[name]:
        setattr(hollow, owner, None)
    TARGETS[name](hollow, patches)
    patches.undo()


@pytest.mark.parametrize("name", TARGETS)
def test_installed_on_import_and_undone_exactly(name: str) -> None:
    module: Any = pytest.importorskip(name)
    owners = [getattr(module, owner) for owner in ATTRIBUTES[name]]
    before = [dict(vars(owner)) for owner in owners]
    patches = watch.install()
    for owner, old, attribute in zip(owners, before, ATTRIBUTES[name].values(), strict=True):
        changed = {key for key, value in vars(owner).items() if old.get(key) is not value}
        assert changed in ({attribute}, {"__init__"})
    patches.undo()
    for owner, old in zip(owners, before, strict=True):
        assert dict(vars(owner)) == old
        assert all(vars(owner)[key] is value for key, value in old.items())


def test_an_install_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(module: ModuleType, patches: watch.Patches) -> None:
        raise ZeroDivisionError

    finders = list(sys.meta_path)
    monkeypatch.setattr(werkzeug, "TARGETS", {"sys": fail})
    with pytest.raises(ZeroDivisionError):
        watch.install()
    assert sys.meta_path == finders

"""Response objects note where they are built, and their headers where they are set, and are otherwise as they were."""

from __future__ import annotations

import contextvars
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse import exchange as exchange_module
from pytest_oneresponse import objects, sites
from pytest_oneresponse.contract.machine import Facts
from pytest_oneresponse.contract.request import Request
from pytest_oneresponse.exchange import Exchange, Proxies
from pytest_oneresponse.patching import Patches
from pytest_oneresponse.sites import Responses

SOURCE = """\
class Headers(dict):
    def __setitem__(self, name, value):
        super().__setitem__(name, value)

    def append(self, name, value):
        return self.setdefault(name, value)


class Response:
    def __init__(self, body=b"", *, status=200):
        self.body = body
        self.status = status
        self.headers = Headers()


class Json(Response):
    pass


class Page:
    def __new__(cls, *args, **named):
        page = super().__new__(cls)
        page.made = args
        return page


NoClass = 5
"""


@pytest.fixture
def framework(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A framework of its own, the only one that is known."""
    package = ModuleType("madeup_fw")
    exec(SOURCE, vars(package))
    monkeypatch.setitem(sys.modules, "madeup_fw", package)
    description = SimpleNamespace(
        RESPONSES=(
            "madeup_fw.Response",
            "madeup_fw.Page",
            "madeup_fw.NoClass",
            "madeup_fw.Missing",
            "not_there.Response",
        ),
        PROXIES=("madeup_fw/proxy.py",),
        PACKAGES=("madeup_fw",),
        HEADER_SETTERS=(
            ("madeup_fw", "Headers", "__setitem__"),
            ("madeup_fw", "Headers", "append"),
            ("madeup_fw", "Missing", "append"),
            ("madeup_fw", "Headers", "missing"),
        ),
    )
    monkeypatch.setattr(objects, "modules", lambda: (description,))
    monkeypatch.setattr(Responses, "classes", ())
    monkeypatch.setattr(Proxies, "suffixes", ())
    patches = Patches()
    objects.install(patches)
    yield package  # type: ignore[misc]
    patches.undo()
    sites._marks.clear()
    sites._kept.clear()


@pytest.fixture
def exchange(framework: Any) -> Exchange:
    made = Exchange(Facts("wsgi"), None, lambda _: Request())
    made.docket = None
    return made


def within(exchange: Exchange, run: Callable[[], Any]) -> Any:
    """What `run` gives while the exchange's app runs."""

    def running() -> Any:
        exchange.enter()
        try:
            return run()
        finally:
            exchange.leave()

    return contextvars.copy_context().run(running)


def test_an_object_notes_where_it_is_built(framework: Any, exchange: Exchange) -> None:
    def view() -> Any:
        return framework.Response(b"body", status=201)

    response = within(exchange, view)
    assert (response.body, response.status) == (b"body", 201)
    assert exchange.built is not None
    built = exchange.built[id(response)]
    assert view.__code__ in built.chain[:4]
    assert built.response is not None and built.response() is response


def test_subclasses_note_it_too(framework: Any, exchange: Exchange) -> None:
    class Own(framework.Json):  # type: ignore[misc, name-defined]
        def __init__(self, extra: str) -> None:
            super().__init__(extra.encode(), status=202)

    response = within(exchange, lambda: Own("x"))
    assert (response.body, response.status) == (b"x", 202)
    assert exchange.built is not None and list(exchange.built) == [id(response)]
    assert type(response) is Own and isinstance(response, framework.Response)


def test_outside_of_an_exchange_nothing_is_noted(framework: Any, exchange: Exchange) -> None:
    assert exchange_module.current() is None
    response = framework.Response(b"x")
    response.headers["Content-Length"] = "1"
    assert response.body == b"x" and response.headers == {"Content-Length": "1"}
    assert not exchange.built and not exchange.given


def test_a_class_that_makes_its_own_objects_is_left_alone(framework: Any, exchange: Exchange) -> None:
    before = framework.Page.__new__
    page = within(exchange, lambda: framework.Page(1, two=2))
    assert page.made == (1,) and framework.Page.__new__ is before
    assert not exchange.built
    assert framework.Page in Responses.classes, "but is known, so that its frames are"


def test_wrong_arguments_are_the_classes_own_error(framework: Any, exchange: Exchange) -> None:
    with pytest.raises(TypeError, match="colour"):
        within(exchange, lambda: framework.Response(colour="red"))


def test_objects_can_be_copied_as_before(framework: Any, exchange: Exchange) -> None:
    import copy

    response = framework.Response(b"x")
    assert copy.copy(response).body == b"x"
    assert pickle.loads(pickle.dumps(response)).body == b"x"


def test_the_classes_become_known_once(framework: Any) -> None:
    assert Responses.classes == (framework.Response, framework.Page)
    first = framework.Response.__new__
    objects.install(Patches())
    assert framework.Response.__new__ is first and Responses.classes == (framework.Response, framework.Page)


NOTED = [
    ("Content-Length", "5", "content-length"),
    ("content-length", "5", "content-length"),
    ("Connection", "close", "connection"),
    ("UPGRADE", "x", "upgrade"),
    ("Content-Type", "a", ""),
    ("X-Name", "a\nb", "x-name"),
    ("X-Name", "日本", "x-name"),
    ("X-Name", "v", ""),
    ("ETag-of-mine", "v", ""),
]


@pytest.mark.parametrize(("name", "value", "noted"), NOTED, ids=[f"{n}-{v!a}" for n, v, _ in NOTED])
@pytest.mark.parametrize("method", ["__setitem__", "append"])
def test_a_header_that_a_finding_could_be_about_is_noted(
    framework: Any, exchange: Exchange, method: str, name: str, value: str, noted: str
) -> None:
    response = framework.Response()
    result = within(exchange, lambda: getattr(response.headers, method)(name, value))
    assert response.headers == {name: value} and result == (value if method == "append" else None)
    key = exchange_module.headers_key(response.headers)
    assert [(owner, one.what, one.value) for owner, one in exchange.given or ()] == (
        [(key, noted, value)] if noted else []
    )
    if noted and exchange.given:
        names = [code.co_name for code, _ in sites.frames(exchange.given[0][1].chain)]
        assert "<lambda>" in names[:2] and "setter" not in names


def test_a_header_of_another_type_is_the_frameworks_to_refuse(framework: Any, exchange: Exchange) -> None:
    response = framework.Response()
    within(exchange, lambda: response.headers.__setitem__(b"X", 5))
    assert response.headers == {b"X": 5}


def test_the_setters_are_put_back(framework: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patched = framework.Headers.__setitem__
    assert patched.__name__ == "__setitem__"
    patches = Patches()
    objects.install(patches)
    assert framework.Headers.__setitem__ is not patched
    patches.undo()
    assert framework.Headers.__setitem__ is patched


def test_proxies_and_packages_are_told(framework: Any) -> None:
    assert Proxies.suffixes == ("madeup_fw/proxy.py",)
    assert objects.framework_packages() == {"madeup_fw"}
    code = compile("0", str(Path("/x/site-packages/madeup_fw/proxy.py")), "exec")
    assert Proxies.passes_on((code, 0)) and not Proxies.passes_on((compile("0", "/x/other.py", "exec"), 0))


def test_a_module_that_is_imported_later_is_noted_then(
    framework: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "madeup_late.py").write_text("class Response:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    description = SimpleNamespace(RESPONSES=("madeup_late.Response",), PROXIES=(), PACKAGES=(), HEADER_SETTERS=())
    monkeypatch.setattr(objects, "modules", lambda: (description,))
    patches = Patches()
    objects.install(patches)
    import importlib

    module = importlib.import_module("madeup_late")
    assert module.Response in Responses.classes
    patches.undo()
    del sys.modules["madeup_late"]


def test_the_makers_of_other_bases_are_called(framework: Any, exchange: Exchange) -> None:
    class Counted:
        def __new__(cls, *args: Any, **named: Any) -> Any:
            made = super().__new__(cls)
            made.given = args, named
            return made

    class Mine(framework.Response, Counted):  # type: ignore[misc, name-defined]
        pass

    class Raised(framework.Response, Exception):  # type: ignore[misc, name-defined]
        pass

    mine = within(exchange, lambda: Mine(b"x", status=201))
    raised = within(exchange, lambda: Raised(b"y"))
    assert mine.given == ((b"x",), {"status": 201}) and (mine.body, mine.status) == (b"x", 201)
    assert raised.args == (b"y",) and raised.body == b"y"
    assert exchange.built is not None and {id(mine), id(raised)} <= set(exchange.built)

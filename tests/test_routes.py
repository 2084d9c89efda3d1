"""Routes: their names, their paths, which one a request belongs to, and where a handler is defined."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_oneresponse.routes import Handler, Parameter, Route, definition, find, handler_of, innermost

ID = Parameter("id", "path", {"type": "integer"})
NAME = Parameter("name", "path")
REST = Parameter("rest", "path", {"format": "path"})


def route(template: str, method: str = "GET", *parts: Any) -> Route:
    return Route(method, template, None, parts or (template,))


def test_a_route_is_named_by_method_and_template() -> None:
    assert route("/items/{id}", "PATCH").name == "PATCH /items/{id}"


def test_a_path_is_made_from_texts() -> None:
    items = route("/items/{id}/of/{name}", "GET", "/items/", ID, "/of/", NAME)
    assert items.path_parameters == (ID, NAME)
    assert items.path({"id": "1", "name": "é b", "other": "x"}) == "/items/1/of/é b"
    with pytest.raises(KeyError, match="name"):
        items.path({"id": "1"})
    assert route("/").path({}) == "/" and route("/").path_parameters == ()


ROUTES = [
    route("/"),
    route("/items", "GET"),
    route("/items", "POST"),
    route("/items/{id}", "GET", "/items/", ID),
    route("/items/{id}", "DELETE", "/items/", ID),
    route("/items/new"),
    route("/files/{rest}", "GET", "/files/", REST),
    route("/a.b"),
]

FOUND = [
    ("GET", "/", "GET /"),
    ("GET", "/items", "GET /items"),
    ("POST", "/items", "POST /items"),
    ("HEAD", "/items", "GET /items"),
    ("BREW", "/items", "GET /items"),
    ("GET", "/items/7", "GET /items/{id}"),
    ("DELETE", "/items/7", "DELETE /items/{id}"),
    ("HEAD", "/items/7", "GET /items/{id}"),
    ("GET", "/items/new", "GET /items/new"),
    ("GET", "/files/a/b\nc", "GET /files/{rest}"),
    ("GET", "/a.b", "GET /a.b"),
    ("GET", "/axb", None),
    ("GET", "/items/", None),
    ("GET", "/nowhere", None),
    ("GET", "", None),
]


@pytest.mark.parametrize(("method", "path", "expected"), FOUND, ids=[f"{case[0]} {case[1]!r}" for case in FOUND])
def test_the_route_of_a_request(method: str, path: str, expected: str | None) -> None:
    found = find(ROUTES, method, path)
    assert (found and found.name) == expected


def test_the_first_of_equals_is_the_route() -> None:
    one, other = route("/{id}", "GET", "/", ID), route("/{name}", "GET", "/", NAME)
    assert find([one, other], "GET", "/x") is one
    assert find([], "GET", "/x") is None


# ------------------------------------------------------------------------------------------ handlers


def plain() -> None:
    """A handler."""


class View:
    def get(self) -> None:
        """A handler."""

    def __call__(self) -> None:
        """A handler."""


@functools.wraps(plain)
def wrapper() -> None:
    """Around a handler."""


WRAPPED = [
    (plain, plain),
    (functools.partial(plain), plain),
    (functools.partial(functools.partial(wrapper)), plain),
    (wrapper, plain),
    (View().get, View.get),
    (View(), View.__call__),
    (functools.partial(View()), View.__call__),
    (View, View),
    (functools.lru_cache(plain), plain),
    (len, len),
]


@pytest.mark.parametrize(("handler", "function"), WRAPPED, ids=range(len(WRAPPED)))
def test_the_function_behind_a_handler(handler: Any, function: Any) -> None:
    assert innermost(handler) is function


def test_a_ring_of_wrappers_ends() -> None:
    def one() -> None: ...

    def other() -> None: ...

    one.__wrapped__, other.__wrapped__ = other, one  # type: ignore[attr-defined]
    assert innermost(one) in (one, other)


SOURCE = """\
import functools


def decorate(*_, **__):
    return lambda function: function


@decorate("/", lambda x: x)
@decorate(
    "def",
    methods=["GET"],
)
async def decorated():
    pass


def undecorated(): pass


@decorate(lambda: 0)
class Decorated:
    def method(self):
        pass

    @decorate()
    def decorated_method(self):
        pass


class Undecorated:
    pass


short = lambda: None
several = decorate(
)(lambda: (
    None
))


def outer():
    def inner():
        pass
    return inner
"""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    file = tmp_path / "handlers_of_routes.py"
    file.write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    import importlib

    module = importlib.import_module("handlers_of_routes")
    yield SimpleNamespace(file=str(file), **vars(module))
    sys.modules.pop("handlers_of_routes")


DEFINED: list[tuple[Callable[[Any], Any], int, str]] = [
    (lambda m: m.decorated, 13, "decorated"),
    (lambda m: m.undecorated, 17, "undecorated"),
    (lambda m: m.Decorated, 21, "Decorated"),
    (lambda m: m.Decorated.method, 22, "Decorated.method"),
    (lambda m: m.Decorated().decorated_method, 26, "Decorated.decorated_method"),
    (lambda m: m.Undecorated, 30, "Undecorated"),
    (lambda m: m.short, 34, "<lambda>"),
    (lambda m: m.outer(), 42, "outer.<locals>.inner"),
]


@pytest.mark.parametrize(("handler", "line", "function"), DEFINED, ids=[case[2] for case in DEFINED])
def test_where_a_handler_is_defined(loaded: SimpleNamespace, handler: Any, line: int, function: str) -> None:
    assert handler_of(handler(loaded)) == Handler(loaded.file, line, function, "handlers_of_routes")


def test_the_place_of_a_definition_is_that_of_its_handler(loaded: SimpleNamespace) -> None:
    place = definition(loaded.Decorated.decorated_method.__code__)
    assert (place.line, place.column, place.function) == (26, 5, "Decorated.decorated_method")
    assert (place.source, place.end_column) == ("def decorated_method(self):", 32)
    found = handler_of(loaded.Decorated.decorated_method)
    assert found is not None and found.place == place


def test_a_definition_below_a_decorator_of_many_lines(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    texts = "".join(f'    "def {number}",\n' for number in range(100))
    file.write_text(f"@(lambda *_: lambda function: function)(\n{texts})\nasync def view():\n    pass\n")
    names: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    assert (definition(names["view"].__code__).line, definition(names["view"].__code__).source) == (
        103,
        "async def view():",
    )


def test_a_lambda_among_lines_is_somewhere_on_them(loaded: SimpleNamespace) -> None:
    found = handler_of(loaded.several)
    assert found is not None and 35 <= found.line <= 37


def test_what_has_no_source_has_no_place() -> None:
    assert handler_of(None) is None
    assert handler_of(len) is None
    assert handler_of(int) is None
    names: dict[str, Any] = {}
    exec("def made(): pass", names)
    found = handler_of(names["made"])
    assert found is not None and (found.file, found.line, found.function) == ("<string>", 1, "made")


def test_the_package_is_the_top_one() -> None:
    found = handler_of(pytest.fail)
    assert found is not None and found.package == "_pytest"

"""Under which clauses a line runs, and which exceptions these catch."""

from __future__ import annotations

import builtins
import json
import sys
from typing import Any

import pytest

from pytest_oneresponse import sites
from pytest_oneresponse.faults import regions
from pytest_oneresponse.faults.regions import Span

from .conftest import Load


class Here:
    """Called where the question is: notes the regions around its caller, and what they catch."""

    spans: tuple[Span, ...] = ()
    caught: tuple[type[BaseException], ...] = ()

    def __call__(self, *_: Any) -> None:
        frame = sys._getframe(1)
        chain = sites.capture(frame)
        self.spans = regions.around(chain.chain if isinstance(chain, sites.Site) else chain)
        self.caught = regions.caught(self.spans, sites.stack(frame))

    @property
    def parts(self) -> list[str]:
        return [span.region.part for span in self.spans]


def asked(load: Load, source: str, **names: Any) -> Here:
    """What `here()` sees in the function `f` of a source."""
    here = Here()
    function = load(source, here=here, **names).f
    try:
        coroutine = function()
        if coroutine is not None:
            coroutine.send(None)
    except (KeyError, ValueError, StopIteration):
        pass
    return here


CONTEXT = """
import contextlib
held = contextlib.nullcontext
"""


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("here()", []),
        ("try: here()\nexcept KeyError: pass", ["body"]),
        ("try: raise KeyError\nexcept ValueError: pass\nexcept KeyError: here()", ["except 1"]),
        ("try: pass\nexcept KeyError: pass\nelse: here()", []),
        ("try: pass\nfinally: here()", ["finally"]),
        ("try:\n  raise KeyError\nfinally: here()", ["finally"]),
        ("try: here()\nfinally: pass", ["body"]),
        ("try: here()\nexcept* KeyError: pass", ["body"]),
        ("with held():\n  here()", ["with"]),
        ("with held(), held():\n  here()", ["with"]),
        ("with held():\n  pass\nhere()", []),
        ("try:\n  with held():\n    here()\nexcept KeyError: pass", ["with", "body"]),
        ("with held():\n  try:\n    here()\n  except KeyError: pass", ["body", "with"]),
        ("try:\n  try: raise KeyError\n  except KeyError: here()\nexcept ValueError: pass", ["except 0", "body"]),
        ("try:\n  if True:\n    for _ in (1,):\n      here()\nexcept KeyError: pass", ["body"]),
        ("for _ in ():\n  pass\nelse:\n  try: here()\n  finally: pass", ["body"]),
        ("while True:\n  try: here()\n  finally: pass\n  break", ["body"]),
        ("match 1:\n  case 1:\n    try: here()\n    except KeyError: pass", ["body"]),
        ("try:\n  match 1:\n    case 2: pass\n    case _: here()\nexcept KeyError: pass", ["body"]),
        ("try:\n  def g(): pass\n  here()\nexcept KeyError: pass", ["body"]),
        ("try:\n  def g(): here()\nexcept KeyError: pass\ng()", []),
        ("try:\n  class A:\n    def g(self): here()\nexcept KeyError: pass\nA().g()", []),
        ("try:\n  g = lambda: here()\nexcept KeyError: pass\ng()", []),
        ("def g():\n  try: here()\n  except ValueError: pass\ntry: g()\nexcept KeyError: pass", ["body", "body"]),
        ("try: [here() for _ in (1,)]\nexcept KeyError: pass", ["body"]),
        ("try: list(here() for _ in (1,))\nexcept KeyError: pass", ["body"]),
        ("try: steps = (here() for _ in (1,))\nexcept KeyError: pass\nlist(steps)", []),
    ],
)  # fmt: skip
def test_a_line_runs_under_the_clauses_around_it(load: Load, body: str, parts: list[str]) -> None:
    lines = "\n".join("    " + line for line in body.splitlines())
    here = asked(load, f"{CONTEXT}def f():\n{lines}\n")
    assert here.parts == parts
    assert len(set(here.spans)) == len(parts), "each of them is told apart"


def test_a_coroutine_runs_under_clauses_too(load: Load) -> None:
    source = """
        import contextlib
        class Held:
            async def __aenter__(self): pass
            async def __aexit__(self, *raised): pass
        async def f():
            try:
                async with Held():
                    here()
            except KeyError: pass
    """
    assert asked(load, source).parts == ["with", "body"]


def test_a_decorated_function_has_its_clauses(load: Load) -> None:
    source = """
        import functools
        def plain(function):
            @functools.wraps(function)
            def wrapper(): return function()
            return wrapper
        @plain
        @plain
        def f():
            try: here()
            except KeyError: pass
    """
    assert asked(load, source).parts == ["body"]


def test_functions_of_one_name_have_clauses_of_their_own(load: Load) -> None:
    source = """
        def f():
            try: here()
            except KeyError: pass
        first = f
        def f():
            first()
    """
    assert asked(load, source).parts == ["body"]


def test_clauses_of_others_than_the_user_are_none(load: Load) -> None:
    source = "def g(function):\n    try: function()\n    except KeyError: pass\n"
    library = load(source, folder="site-packages/lib")
    assert asked(load, "def f():\n    g(here)", g=library.g).parts == []
    own = load(source)
    assert asked(load, "def f():\n    g(here)", g=own.g).parts == ["body"]


# what is caught


class Boom(Exception):
    pass


class Errors:
    class Mine(Exception):
        pass

    Both = (Boom, Mine)


class Narrower(Errors):
    pass


@pytest.mark.parametrize(
    ("clause", "wanted"),
    [
        ("KeyError", [KeyError]),
        ("(KeyError, ValueError)", [KeyError, ValueError]),
        ("(KeyError, (OSError, Boom))", [KeyError, OSError, Boom]),
        ("Boom", [Boom]),
        ("BOTH", [KeyError, Boom]),
        ("Errors.Mine", [Errors.Mine]),
        ("Errors.Both", [Boom, Errors.Mine]),
        ("Narrower.Mine", [Errors.Mine]),
        ("json.JSONDecodeError", [json.JSONDecodeError]),
        ("json.decoder.JSONDecodeError", [json.JSONDecodeError]),
        ("errors.Mine", [Errors.Mine]),
        ("nowhere", []),
        ("nowhere.Error", []),
        ("json.nowhere", []),
        ("json", []),
        ("KeyError if True else OSError", []),
        ("made()", []),
        ("SomeClass", []),
    ],
)
def test_what_a_clause_catches_is_found_by_its_name(load: Load, clause: str, wanted: list[Any]) -> None:
    def made() -> Any:
        raise AssertionError("nothing is called")

    source = f"def f():\n    try: here()\n    except {clause}: pass\n"
    names = {"Boom": Boom, "BOTH": (KeyError, Boom), "Errors": Errors, "Narrower": Narrower, "errors": Errors()}
    here = asked(load, source, **names, json=json, made=made, SomeClass=dict)
    assert list(here.caught) == wanted and here.parts == ["body"]


def test_a_bare_clause_catches_everything(load: Load) -> None:
    assert asked(load, "def f():\n    try: here()\n    except: pass").caught == (BaseException,)


def test_names_are_those_of_where_the_clause_stands(load: Load) -> None:
    source = """
        def f():
            from json import JSONDecodeError as Error
            try: g()
            except Error: pass
        def g():
            from zipfile import BadZipFile as Error
            try: here()
            except Error: pass
    """
    import zipfile

    assert asked(load, source).caught == (zipfile.BadZipFile, json.JSONDecodeError)


def test_a_name_that_only_the_outer_function_has_is_found_there(load: Load) -> None:
    source = """
        def f():
            from json import JSONDecodeError
            try: g()
            except JSONDecodeError: pass
        def g(): here()
    """
    assert asked(load, source).caught == (json.JSONDecodeError,)


def test_a_name_of_a_function_around_is_found(load: Load) -> None:
    source = """
        def f():
            from json import JSONDecodeError
            def inner():
                try: here()
                except JSONDecodeError: pass
            inner()
    """
    assert asked(load, source).caught == (json.JSONDecodeError,)


def test_the_innermost_clause_comes_first_and_each_exception_once(load: Load) -> None:
    source = """
        def f():
            try:
                try:
                    here()
                except (KeyError, OSError): pass
                except OSError: pass
            except (ValueError, KeyError): pass
    """
    assert asked(load, source).caught == (KeyError, OSError, ValueError)


def test_a_handler_is_not_under_its_own_clause(load: Load) -> None:
    source = "def f():\n    try: raise KeyError\n    except KeyError: here()\n    except OSError: pass\n"
    assert asked(load, source).caught == ()


def test_nothing_of_the_users_is_called_for_a_name(load: Load) -> None:
    source = """
        called = []
        class Lazy:
            __slots__ = ()
            def __getattr__(self, name):
                called.append(name)
                raise RuntimeError
            @property
            def Error(self):
                called.append("property")
                return KeyError
        class Meta(type):
            def __getattr__(cls, name):
                called.append(name)
                raise RuntimeError
        class Strange(metaclass=Meta):
            Error = OSError
        lazy = Lazy()
        def f():
            called.clear()
            try: here()
            except lazy.Error: pass
            except lazy.other.Error: pass
            except Strange.Error: pass
            except Strange.Other: pass
    """
    here = Here()
    module = load(source, here=here)
    module.f()
    assert module.called == []
    assert here.caught == (OSError,)


def test_a_name_that_a_local_one_hides_is_the_local_one(load: Load) -> None:
    source = "def f():\n    KeyError = OSError\n    try: here()\n    except KeyError: pass\n"
    assert asked(load, source).caught == (OSError,)
    assert builtins.KeyError is not OSError


# what a function raises itself


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("def f(): raise ValueError", ("ValueError",)),
        ("def f(): raise ValueError('x') from None", ("ValueError",)),
        ("def f(): raise errors.Mine(1)", ("errors.Mine",)),
        ("def f():\n    if a: raise B\n    for c in d: raise A\n    raise B", ("B", "A")),
        ("def f():\n    try: a()\n    except A: raise", ()),
        ("def f(): return ValueError()", ()),
        ("def f():\n    def g(): raise A\n    return g", ()),
        ("def f():\n    class B:\n        def g(self): raise A\n    raise C", ("C",)),
        ("async def f(): raise A", ("A",)),
        ("@(lambda g: g)\ndef f(): raise A", ("A",)),
    ],
)  # fmt: skip
def test_what_a_function_raises_itself_is_read(load: Load, source: str, wanted: tuple[str, ...]) -> None:
    assert set(regions.raised_by(load(source).f.__code__)) == set(wanted)


def test_a_function_without_a_source_raises_nothing_that_is_known() -> None:
    names: dict[str, Any] = {}
    exec("def f(): raise KeyError", names)
    assert regions.raised_by(names["f"].__code__) == ()


# how it is told


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("db.query(1)", "db.query"),
        ("await load(1)", "load"),
        ("await task", "task"),
        ("rows", "rows"),
        ("open_all(1)", "open_all"),
        ("a.b['c'](1)", "a.b['c']"),
        ("call(" + ")(".join("x" * 9 for _ in range(9)) + ")", None),
    ],
)
def test_a_place_is_told_as_the_source_writes_it(load: Load, text: str, wanted: str | None) -> None:
    module = load(f"async def f():\n    {text}\n")
    told = regions.told(str(module.path), module.span(text))
    assert told == wanted if wanted else len(told) == 60 and told.endswith("...") and text.startswith(told[:-3])


def test_a_place_that_is_no_expression_is_told_as_nothing(load: Load) -> None:
    module = load("def f(): return 1")
    assert regions.told(str(module.path), (1, 0, 1, 3)) == ""
    assert regions.told(str(module.path.with_name("gone.py")), (1, 0, 1, 3)) == ""

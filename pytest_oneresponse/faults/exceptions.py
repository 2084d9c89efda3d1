"""What a call can raise: the exceptions that its callee is known for, or that its own source raises.

The order of choice: what a library that callees.py names raises when the other side fails; for a function of the user's
what its source raises itself (what it calls is made to fail there); for a function of any other package
a plain RuntimeError. Python's own pure functions, the standard library beyond the table, logging, and what frameworks
offer beyond the table do not fail. Nothing is imported for it: a library that is not loaded is not called.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import inspect
import io
import sys
import types
from typing import Any

from .. import frameworks, sites
from ..owners import HERE, Owners
from ..source import function_of, own_nodes
from . import callees
from .regions import BARE, looked_up, raised_by

Types = tuple[type[BaseException], ...]


def of_call(function: Any) -> Types:
    """What a callable may raise instead of what it does; empty where it is not to fail."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, types.MethodType):
        owner, function = function.__self__, function.__func__
        if isinstance(owner, sites.Responses.classes):
            return ()
    if isinstance(function, types.FunctionType):
        return of_function(function.__code__, function)
    if isinstance(function, (types.BuiltinFunctionType, types.MethodWrapperType)):
        return _of_builtin(function)
    wrapped = _held(function, "__wrapped__")  # functools.cache
    if isinstance(wrapped, types.FunctionType):
        return of_call(wrapped)
    if isinstance(function, type) and f"{function.__module__}.{function.__qualname__}" in callees.OPENING:
        return _of_names(function.__module__, function.__qualname__)
    return ()


def _held(thing: Any, name: str) -> Any:
    """What an object itself holds under a name; what its class does where it does not is not asked for."""
    try:
        return object.__getattribute__(thing, "__dict__").get(name)
    except AttributeError:
        return None


def _of_builtin(function: Any) -> Types:
    owner = function.__self__
    if function is open or function is io.open:
        return (OSError,)
    if owner is None or isinstance(owner, types.ModuleType):
        if function.__module__ == "_csv":
            return ()
        return _of_names(function.__module__ or "", function.__qualname__)
    kind = owner if isinstance(owner, type) else type(owner)
    if kind.__module__ == "_csv":
        return ()  # what is read may be wrong, and fails where it is gone through
    return _of_names(kind.__module__, f"{kind.__qualname__}.{function.__name__}")


@functools.lru_cache(maxsize=8192)
def of_function(code: types.CodeType, function: types.FunctionType | None = None) -> Types:
    """What a function in Python may raise. Where only its code is known, as of a coroutine, its module is taken from there."""
    filename = code.co_filename
    if filename.startswith(HERE):
        return ()
    module = str(function.__module__) if function is not None else _module_of(filename)
    if Owners.is_user(filename):
        return _raised_in(function) if function is not None and not _is_async(code) else ()
    if function is not None and _is_async(code):
        return ()  # it fails where it is awaited, or gone through
    # a wrapper of functools has the module and the name of what it wraps
    name = function.__qualname__ if function is not None else code.co_qualname
    known = _of_names(module, name)
    if (
        known
        or Owners.is_standard(filename)
        or Owners.is_framework(filename)
        or module.partition(".")[0] in callees.COMPUTES
    ):
        return known
    if code.co_name in callees.NEVER or code.co_name in callees.LETS_GO or _is_pure(module, name):
        return ()
    return () if code.co_name.startswith(("is_", "has_")) else (RuntimeError,)


Owners.listeners.append(of_function.cache_clear)


def _is_async(code: types.CodeType) -> bool:
    return bool(code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_GENERATOR))


_modules: dict[str, str] = {}


def _module_of(filename: str) -> str:
    """The name of the module that a file was loaded as; empty where there is none."""
    if filename not in _modules:
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__dict__", {}).get("__file__")
            if isinstance(file, str):
                _modules.setdefault(file, name)
    return _modules.setdefault(filename, "")


def of_thing(thing: Any) -> Types:
    """What an object may raise where it is gone through or entered: by its class, a generator by its function."""
    code = _code_of(thing)
    if code is not None:
        return of_function(code)
    code = _code_of(_held(thing, "gen"))  # contextlib's managers hold the generator
    if code is not None:
        return () if Owners.is_user(code.co_filename) else _of_names(_module_of(code.co_filename), code.co_qualname)
    kind = type(thing)
    if kind.__module__ == "builtins" or isinstance(thing, sites.Responses.classes):
        return ()
    return _of_names(kind.__module__, kind.__qualname__) or _of_own_kind(kind)


def of_manager(kind: str, manager: Any) -> Types:
    """What the entry, or the exit, of a context manager may raise; empty where it is not to fail.

    Of a package about which nothing is known the entry fails, as its functions do.
    """
    if not may(kind, manager) or (kind == "enter" and _enters_in_peace(type(manager))):
        return ()
    known = of_thing(manager)
    if known or kind == "exit" or isinstance(manager, sites.Responses.classes):
        return known
    code = _code_of(_held(manager, "gen")) or _code_of_entry(type(manager))
    return (RuntimeError,) if code is not None and _is_foreign(code) else ()


def _enters_in_peace(kind: type) -> bool:
    """Whether the entry of a class of the user's own can be seen to do nothing that fails, as one that looks at the clock."""
    entry = next((one for one in (getattr(kind, name, None) for name in ("__enter__", "__aenter__")) if one), None)
    if not isinstance(entry, types.FunctionType) or not Owners.is_user(entry.__code__.co_filename):
        return False
    return _does_nothing_that_fails(entry)


@functools.lru_cache(maxsize=1024)
def _does_nothing_that_fails(entry: types.FunctionType) -> bool:
    node = function_of(entry.__code__)
    if node is None:
        return False
    inside = list(own_nodes(node.body))
    if any(isinstance(one, (ast.Raise, ast.Await, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor)) for one in inside):
        return False
    called = (looked_up(ast.unparse(one.func), entry.__globals__) for one in inside if isinstance(one, ast.Call))
    return all(isinstance(one, types.BuiltinFunctionType) and not of_call(one) for one in called)


def _code_of_entry(kind: type) -> types.CodeType | None:
    entries = (getattr(kind, name, None) for name in ("__enter__", "__aenter__"))
    return next((entry.__code__ for entry in entries if isinstance(entry, types.FunctionType)), None)


def _is_foreign(code: types.CodeType) -> bool:
    """Whether code is of a package that neither a table, nor Python, nor a framework says anything of."""
    filename = code.co_filename
    if (
        filename.startswith(HERE)
        or Owners.is_user(filename)
        or Owners.is_standard(filename)
        or Owners.is_framework(filename)
    ):
        return False
    module = _module_of(filename)
    return module.partition(".")[0] not in callees.COMPUTES and not _is_pure(module, code.co_qualname)


def _of_own_kind(kind: type) -> Types:
    """A class of the user's own that is gone through or entered stands for something that others hold."""
    names = ("__next__", "__anext__", "__iter__", "__aiter__", "__enter__", "__aenter__")
    steps = (getattr(kind, name, None) for name in names)
    mine = any(isinstance(step, types.FunctionType) and Owners.is_user(step.__code__.co_filename) for step in steps)
    return (RuntimeError,) if mine else ()


def _code_of(thing: Any) -> types.CodeType | None:
    """The code of a generator."""
    if isinstance(thing, types.GeneratorType):
        return thing.gi_code
    return thing.ag_code if isinstance(thing, types.AsyncGeneratorType) else None


def may(kind: str, manager: Any) -> bool:
    """Whether the entry, or the exit, of a context manager may fail.

    What is opened by the call before it is entered surely; at its end only what ends a transaction does something.
    """
    owner = type(manager)
    top = owner.__module__.partition(".")[0]
    if kind == "exit":
        names = set(frameworks.class_names(owner))
        return not names & callees.ONLY_CLOSE and (top == "contextlib" or top in callees.TRANSACTS)
    return top not in callees.OPEN


def of_awaitable(awaitable: Any) -> Types:
    """What an await may raise: it may be cancelled in any case."""
    if isinstance(awaitable, types.CoroutineType):
        known = of_function(awaitable.cr_code)
    elif isinstance(awaitable, asyncio.Future):
        known = ()  # the task's own code is made to fail
    else:
        known = _of_names(type(awaitable).__module__, type(awaitable).__qualname__)
    return (*known, asyncio.CancelledError)


def _is_pure(module: str, name: str) -> bool:
    full = f"{module}.{name}"
    return any(full == pure or full.startswith(pure + ".") for pure in callees.PURE)


def _of_names(module: str, name: str) -> Types:
    """What the table says of a function, by its module and qualified name."""
    last = name.rpartition(".")[2]
    if last.startswith(("is_", "has_")) or (module.startswith("sqlalchemy.engine.result") and last in callees.WRAPS):
        return ()
    if module.startswith("pathlib."):  # where Python 3.13 keeps its classes
        module = "pathlib"
    if last in callees.NEVER or _is_pure(module, name) or (module.startswith("django.db") and last in callees.LAZY):
        return ()
    parts = f"{module}.{name}".split(".")
    for length in range(len(parts), 0, -1):
        known = callees.RAISES.get(".".join(parts[:length]))
        if known is not None:
            return tuple(kind for text in known if (kind := resolved(text)) is not None)
    return ()


@functools.lru_cache(maxsize=1024)
def _raised_in(function: types.FunctionType) -> Types:
    """The exceptions that a function of the user's raises itself; those that are answers are not failures."""
    found: dict[type[BaseException], None] = {}
    for name in raised_by(function.__code__):
        kind = looked_up(name, function.__globals__) if name != BARE else None
        if isinstance(kind, type) and issubclass(kind, Exception) and not frameworks.stands_for_answer(kind):
            found[kind] = None
    return tuple(found)


def resolved(name: str) -> type[BaseException] | None:
    """The exception of a dotted name, of what is loaded; None for what is not."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        value: Any = sys.modules.get(".".join(parts[:length]))
        if value is None:
            continue
        for attribute in parts[length:]:
            value = getattr(value, attribute, None)
        return value if isinstance(value, type) and issubclass(value, BaseException) else None
    return None


def lets_go(function: Any) -> bool:
    """Whether a call lets go of what the user's code holds."""
    return getattr(function, "__name__", "") in callees.LETS_GO


def name_of(kind: type[BaseException]) -> str:
    """The dotted name by which `resolved` finds a class again; builtins without their module."""
    return f"{kind.__module__}.{kind.__qualname__}"

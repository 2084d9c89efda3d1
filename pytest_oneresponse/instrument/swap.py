"""Putting the rewritten code into live functions, and taking it out again."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .pairs import Pairs
from .rewrite import Hooks


class Swap:
    """The marks in the functions of the files that `is_user` accepts.

    A function is found wherever it is held: in a module, a class, a closure, behind a decorator. What a rewritten
    function defines when it runs is rewritten already. A generator or coroutine that runs keeps the code it began with.
    """

    def __init__(self, is_user: Callable[[str], bool], hooks: Hooks, config: Any = None) -> None:
        self.is_user = is_user
        self.hooks = hooks
        self.config = config
        self.files: dict[str, Pairs] = {}
        self.of_hooks: dict[int, dict[str, Pairs]] = {id(hooks): self.files}
        """The rewritten files of every set of hooks that was in use."""
        self.before: dict[int, tuple[CodeType, CodeType]] = {}
        """The original of every rewritten code object that is in use, by the id of the latter, which is kept beside it."""
        self.swapped: list[weakref.ref[FunctionType]] = []
        """The functions that have the marks; the collector does not list what was frozen since."""
        self.seen: dict[str, int] = {}
        """The modules that were looked at: their names, and the ids of their specs, which a reload replaces."""
        self.users: dict[str, int] = {}
        """Those of them that are the user's."""
        self.latest: object = self
        """The module that had been imported last when it looked; itself, which is none, where it has to look anew."""
        self.scanned = False
        """Whether all of the heap has been looked at."""

    def is_behind(self) -> bool:
        """Whether something has been imported since the last look, as far as is seen at once: every exchange asks."""
        return _latest() is not self.latest

    def refresh(self) -> bool:
        """Put the marks into what has been imported since the last time; whether there was anything to look at."""
        if not self.is_behind() and all(_spec(name) == spec for name, spec in self.users.items()):
            return False
        self.latest = _latest()
        new = [name for name in list(sys.modules) if self.seen.get(name) != _spec(name)]
        self.seen.update((name, _spec(name)) for name in new)
        mine = [name for name in new if self.is_user(str(getattr(sys.modules.get(name), "__file__", None) or ""))]
        if not mine:
            return False
        self.users.update((name, _spec(name)) for name in mine)
        # All of the heap is looked at once; later only at what refers to the new modules' names, as every function does.
        try:
            self.put(_functions_of([sys.modules[name] for name in mine]) if self.scanned else None)
        except BaseException:  # a time limit struck here: all is looked at again
            self.forget()
            raise
        self.scanned = True
        return True

    def put(self, functions: Iterable[FunctionType] | None = None) -> int:
        """Put the marks into functions that have none, every one that there is by default; how many were rewritten."""
        done = 0
        for function in _functions() if functions is None else functions:
            code = function.__code__
            if id(code) in self.before or not self.is_user(code.co_filename):
                continue
            rewritten = self.rewritten(code, "@pytest_ar" in function.__globals__)
            if rewritten is not None:
                self.keep(rewritten, code)
                function.__code__ = rewritten
                self.swapped.append(weakref.ref(function))
                done += 1
        return done

    def change(self, hooks: Hooks) -> None:
        """Put the marks of other hooks in the place of these, in every function that has marks."""
        if hooks is self.hooks:
            return
        self.hooks = hooks
        self.files = self.of_hooks.setdefault(id(hooks), {})
        for function in self.marked():
            code = self.before[id(function.__code__)][1]
            rewritten = self.rewritten(code, "@pytest_ar" in function.__globals__) or code
            if rewritten is not code:
                self.keep(rewritten, code)
            function.__code__ = rewritten

    def marked(self) -> list[FunctionType]:
        """The functions that have marks now."""
        swapped = [function for reference in self.swapped if (function := reference()) is not None]
        found = {
            id(function): function for function in (*swapped, *_functions()) if id(function.__code__) in self.before
        }
        return list(found.values())

    def forget(self) -> None:
        """Look at every module anew: whose code is the user's has changed."""
        self.seen.clear()
        self.users.clear()
        self.latest = self
        self.scanned = False

    def rewritten(self, code: CodeType, asserting: bool) -> CodeType | None:
        """What stands in place of a code object; `asserting`: its module was compiled by pytest."""
        pairs = self.files.get(code.co_filename)
        if pairs is None:
            pairs = self.files[code.co_filename] = Pairs(code.co_filename, self.hooks, self.config, asserting)
        return pairs.rewritten(code)

    def keep(self, rewritten: CodeType, code: CodeType) -> None:
        """Note which code is to come back, of the function and of all that it may define."""
        if id(rewritten) in self.before:
            return
        self.before[id(rewritten)] = (rewritten, code)
        inner = (constant for constant in rewritten.co_consts if isinstance(constant, CodeType))
        for one, other in zip(inner, (c for c in code.co_consts if isinstance(c, CodeType)), strict=True):
            self.keep(one, other)

    def take_out(self) -> None:
        """Give every function that is alive the code back that it came with."""
        if self.before:
            for function in self.marked():
                function.__code__ = self.before[id(function.__code__)][1]
        self.before.clear()
        self.swapped.clear()
        for files in self.of_hooks.values():
            files.clear()
        self.forget()


def _latest() -> object:
    """The module that was imported last: it stands last, also where another was thrown out meanwhile."""
    try:
        return next(reversed(sys.modules.values()))
    except RuntimeError:  # another thread is importing
        return None


def _spec(name: str) -> int:
    return id(getattr(sys.modules.get(name), "__spec__", None))


def _functions_of(modules: Iterable[ModuleType]) -> list[FunctionType]:
    names = [vars(module) for module in modules]
    return [found for found in gc.get_referrers(*names) if type(found) is FunctionType]


def _functions() -> list[FunctionType]:
    return [found for found in gc.get_objects() if type(found) is FunctionType]

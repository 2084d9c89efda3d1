"""Whose code a file is: the user's, a package's, a framework's, the standard library's."""

from __future__ import annotations

import functools
import os
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
"""The folder of this plugin, whose own frames are never shown."""


_real = functools.lru_cache(maxsize=None)(os.path.realpath)
"""Where a file lies, looked up once: that asks the system about each folder on the way."""


class Owners:
    """Whose code a file is. Set up once for a session by `configure`."""

    root: str = os.getcwd() + os.sep
    others: tuple[str, ...] = ()
    """Further folders whose files are the user's."""
    packages: frozenset[str] = frozenset()
    """Top-level packages that count as the user's own although they are installed."""
    frameworks: frozenset[str] = frozenset()
    _standard = tuple(
        os.path.realpath(path) + os.sep for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    )
    _installed = tuple(
        {os.path.realpath(path) + os.sep for path in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))}
    )
    _user: ClassVar[dict[str, bool]] = {}
    listeners: ClassVar[list[Callable[[], None]]] = []
    """Called when what is whose has changed."""

    @classmethod
    def configure(
        cls,
        root: Path | None = None,
        packages: Iterable[str] | None = None,
        frameworks: Iterable[str] | None = None,
        others: Iterable[Path] = (),
    ) -> None:
        """Say what is the user's: all below `root` and `others`, and `packages`; and which packages are frameworks."""
        cls.others = tuple(str(folder).rstrip(os.sep) + os.sep for folder in others)
        if root is not None:
            cls.root = str(root).rstrip(os.sep) + os.sep
        if packages is not None:
            cls.packages = frozenset(packages)
        if frameworks is not None:
            cls.frameworks = frozenset(frameworks)
        cls._user = {}
        for listener in cls.listeners:
            listener()

    @classmethod
    def package(cls, filename: str) -> str:
        """The installed top-level package that holds a file; empty where the file is not installed."""
        rest = cls._below_installed(filename)
        if rest is None:
            return ""
        top = rest.partition(os.sep)[0]
        return top.removesuffix(".py")

    @classmethod
    def _below_installed(cls, filename: str) -> str | None:
        for marker in (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}"):
            _, found, rest = filename.rpartition(marker)
            if found:
                return rest
        for folder in cls._installed:
            if filename.startswith(folder):
                return filename[len(folder) :]
        return None

    @classmethod
    def is_user(cls, filename: str) -> bool:
        """Whether a file is the user's own code: below the root and not installed, or of a package that he named."""
        known = cls._user.get(filename)
        if known is None:
            known = cls._user[filename] = cls._is_user(filename)
        return known

    @classmethod
    def _is_user(cls, filename: str) -> bool:
        if not os.path.isabs(filename) or not filename.endswith((".py", ".pyw")) or filename.startswith(HERE):
            return False
        package = cls.package(filename)
        if package:
            return package in cls.packages
        if cls.is_standard(filename):
            return False
        if filename.startswith((cls.root, *cls.others)):
            return True
        return Path(filename).stem in cls.packages or any(
            f"{os.sep}{name}{os.sep}" in filename for name in cls.packages
        )

    @classmethod
    def is_standard(cls, filename: str) -> bool:
        """Whether a file belongs to the standard library or is no file at all."""
        if not os.path.isabs(filename):
            return True
        return not cls.package(filename) and _real(filename).startswith(cls._standard)

    @classmethod
    def is_framework(cls, filename: str) -> bool:
        return cls.package(filename) in cls.frameworks

    @classmethod
    def shown(cls, filename: str) -> str:
        """How a report names a file, on every system alike: below the root, below its installation's folder, or in full."""
        below = cls._below_installed(filename)
        if below is None:
            below = filename[len(cls.root) :] if filename.startswith(cls.root) else filename
        return below.replace(os.sep, "/")

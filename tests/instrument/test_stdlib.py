"""Python's own tests pass as well with marks in the library that they test, and in themselves."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = """
import importlib, os, sys, sysconfig, unittest
from pytest_oneresponse.instrument.swap import Swap
from pytest_oneresponse.marks import HOOKS

folder = os.path.realpath(sysconfig.get_path("stdlib")) + os.sep
# Not what imports modules, and not what runs while a lock is held or an object dies.
apart = tuple(folder + name for name in ("importlib", "threading.py", "weakref.py", "_weakrefset.py", "site-packages"))
module = importlib.import_module("test." + sys.argv[1])
swap = Swap(lambda name: name.startswith(folder) and not name.startswith(apart), HOOKS)
assert swap.put() > 1000
suite = unittest.defaultTestLoader.loadTestsFromModule(module)
result = unittest.TextTestRunner(verbosity=0).run(suite)
assert result.testsRun > 20
swap.take_out()
sys.exit(not result.wasSuccessful())
"""


@pytest.mark.parametrize("name", ["test_generators", "test_contextlib", "test_textwrap", "test_with", "test_scope"])
def test_pythons_own_tests_pass_with_marks_in_them(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("test") is None or importlib.util.find_spec(f"test.{name}") is None:
        pytest.skip("Python's own tests are not installed")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, name],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr

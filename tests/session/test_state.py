"""What the session knows before any test runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_oneresponse.session.state import around


@pytest.mark.parametrize(
    ("root", "start", "others"),
    [
        ("/srv/shop", "/srv/shop", []),
        ("/srv/shop/tests", "/srv/shop/tests", ["/srv/shop"]),
        ("/srv/shop/tests", "/srv/shop", ["/srv/shop"]),
        ("/srv/shop/tests", "/srv", ["/srv", "/srv/shop"]),
        ("/srv/shop/api", "/srv/shop", ["/srv/shop"]),
        ("/srv/shop", "/srv/shop/api", []),
        ("/srv/shop", "/elsewhere", []),
        ("/srv/shop", "/", []),
        ("/tests", "/tests", []),
        (str(Path.home() / "shop"), str(Path.home()), []),
    ],
)
def test_the_folders_around_the_root(root: str, start: str, others: list[str]) -> None:
    assert around(Path(root), Path(start)) == [Path(other) for other in others]

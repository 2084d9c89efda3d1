"""The apps that a folder's modules make are found by reading them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_oneresponse.session.guess import apps_in


def write(folder: Path, *names: str, text: str = "web = FastAPI()") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "app = Flask(__name__)",
        "import flask\n\napp = flask.Flask(__name__)",
        "app: FastAPI = FastAPI()",
        "if True:\n    pass\napp=fastapi.applications.FastAPI(\n    title='x',\n)",
        "app = get_wsgi_application()",
    ],
)
def test_what_makes_an_app(tmp_path: Path, text: str) -> None:
    write(tmp_path, "shop.py", text=text)
    assert apps_in(tmp_path) == ["shop:app"]


@pytest.mark.parametrize(
    "text",
    ["", "def create():\n    app = Flask(__name__)", "# app = Flask(__name__)", "app = Flaskish()", "print(Flask())"],
)
def test_what_makes_none(tmp_path: Path, text: str) -> None:
    write(tmp_path, "shop.py", text=text)
    assert apps_in(tmp_path) == []


def test_the_nearest_come_first_and_tests_and_what_is_installed_are_passed_by(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop/deep/api.py", "zebra.py", "shop/deep/deeper/deepest.py")
    write(tmp_path, "tests/app.py", "venv/lib/x.py", "not-a-module.py")
    assert apps_in(tmp_path) == ["zebra:web", "shop:web", "shop.deep.api:web"]


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert apps_in(tmp_path / "none") == []

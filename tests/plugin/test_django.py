"""Django: with pytest-django, driven items have its database access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

pytest.importorskip("django")
pytest.importorskip("pytest_django")

SETTINGS = """
SECRET_KEY = "x"
ROOT_URLCONF = "site_urls"
ALLOWED_HOSTS = ["shop.example"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
USE_TZ = True
"""

URLS = """
import django.http
from django.contrib.auth.models import Group
from django.urls import path

def count(request):
    Group.objects.create(name=f"group {Group.objects.count()}")
    return django.http.HttpResponse(str(Group.objects.count()))

def bad(request, number):
    def body():
        yield "some"
        raise LookupError(number)
    return django.http.StreamingHttpResponse(body())

urlpatterns = [path("count/", count), path("bad/<int:number>/", bad)]
"""

APP = "from django.core.{0} import get_{0}_application\napp = get_{0}_application()\n"

TESTS = """
import pytest

@pytest.mark.django_db
def test_count(client):
    assert client.get("/count/", headers={"host": "shop.example"}).content == b"1"

def test_bad(client):
    assert client.get("/bad/7/", headers={"host": "shop.example"}).status_code == 200

def test_bad_taken(client):
    response = client.get("/bad/7/", headers={"host": "shop.example"})
    with pytest.raises(LookupError):
        b"".join(response.streaming_content)

@pytest.mark.django_db
def test_nothing_is_left_behind():
    from django.contrib.auth.models import Group
    assert not Group.objects.exists()
"""


@pytest.fixture
def django(suite: Suite) -> Suite:
    """A Django site with a view that writes to the database and one that breaks off, as a WSGI app."""
    suite.write(site_settings=SETTINGS, site_urls=URLS, shop=APP.format("wsgi"), test_a=TESTS)
    (suite.path / "pytest.ini").write_text(
        "[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n", encoding="utf-8"
    )
    return suite


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_driving_and_watching(django: Suite, interface: str) -> None:
    django.write(shop=APP.format(interface))
    result = django.spawn(
        "-p",
        "django",
        "--nomigrations",
        "--oneresponse",
        "--oneresponse-app=shop:app",
        "--oneresponse-report=r.json",
        "-v",
    )
    report = django.report("r.json")
    outcomes = {f"{route['method']} {route['path']}": route["outcome"] for route in report["routes"]}
    assert outcomes == {
        "GET /count/": "passed",
        "POST /count/": "passed",
        "GET /bad/<int:number>/": "failed",
        "POST /bad/<int:number>/": "failed",
    }
    assert {finding["rule"] for finding in report["findings"]} == {"error-after-start"}
    for line in (
        "test_a.py::test_count PASSED*",
        "test_a.py::test_bad_taken FAILED*",
        "test_a.py::test_nothing_is_left_behind PASSED*",
        "oneresponse::shop:app::GET /count/ *PASSED*",
    ):
        result.stdout.fnmatch_lines([line])
    assert "Database access not allowed" not in str(result.stdout)


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_database_is_as_before_for_each_item(django: Suite, interface: str) -> None:
    """No exchange sees what another one wrote, nor one that broke off; each sees what the item's fixtures did."""
    django.write(
        shop=APP.format(interface),
        conftest="""
import pytest
@pytest.fixture
def oneresponse_request(db):
    from django.contrib.auth.models import Group
    Group.objects.create(name="a fixture's")
    return lambda request: request
@pytest.fixture(autouse=True)
def kept(request):
    yield
    if request.node.nodeid.startswith("oneresponse::"):
        from django.contrib.auth.models import Group
        assert [group.name for group in Group.objects.all()] == ["a fixture's"]
@pytest.fixture(autouse=True)
def empty(request):
    if request.node.nodeid.startswith("oneresponse::"):
        request.getfixturevalue("db")
        from django.contrib.auth.models import Group
        assert not Group.objects.exists()
""",
    )
    result = django.spawn(
        "-p", "django", "--nomigrations", "--oneresponse", "--oneresponse-app=shop:app", "-k", "oneresponse"
    )
    result.assert_outcomes(passed=2, failed=2, deselected=4)
    assert "assert not" not in str(result.stdout)


def test_without_pytest_django(django: Suite) -> None:
    """The items run; what needs a database gets what the settings give."""
    django.write(
        shop="import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'site_settings'\n"
        + (django.path / "shop.py").read_text(encoding="utf-8")
    )
    (django.path / "pytest.ini").unlink()
    (django.path / "test_a.py").unlink()
    result = django.spawn("--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(passed=2, failed=2)


CLASH = """
import django.http
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.urls import path

def clash(request):
    Group.objects.create(name="twice")
    try:
        Group.objects.create(name="twice")
    except IntegrityError:
        if request.GET.get("name") == "late":
            django.http.HttpResponse(status=409)
    return django.http.HttpResponse("clash")

urlpatterns = [path("clash/", clash)]
"""


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_an_error_that_a_view_catches_leaves_the_transaction_whole_for_the_next_trial(
    django: Suite, interface: str
) -> None:
    django.write(shop=APP.format(interface), site_urls=CLASH, test_a="")
    django.spawn(
        "-p", "django", "--nomigrations", "--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json"
    )
    found = {(one["route"], one["where"]["line"], one["level"]) for one in django.report("r.json")["findings"]}
    assert found == {("GET /clash/", 12, "breach"), ("POST /clash/", 12, "breach")}


NOTHING_LEFT = """
import pytest

@pytest.mark.django_db
def test_nothing_is_left_behind():
    from django.contrib.sessions.models import Session
    assert not Session.objects.exists()
"""
SESSION_URLS = """
import django.http
from django.urls import path

def pay(request):
    if request.session.get("plan") == "pro":
        django.http.HttpResponseRedirect("/pro")
    return django.http.HttpResponse("paid")

urlpatterns = [path("pay/", pay)]
"""


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_a_session_in_the_database_is_explored_and_taken_back(django: Suite, interface: str) -> None:
    settings = SETTINGS.replace('"django.contrib.auth"', '"django.contrib.auth", "django.contrib.sessions"')
    django.write(
        shop=APP.format(interface),
        site_settings=f'{settings}\nMIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]',
        site_urls=SESSION_URLS,
        test_a=NOTHING_LEFT,
    )
    result = django.spawn("-p", "django", "--nomigrations", "--oneresponse", "--oneresponse-app=shop:app")
    result.assert_outcomes(passed=1, failed=2)  # with GET and with POST
    result.stdout.fnmatch_lines(["*orphan-response GET /pay/*", '*note: the session holds {"plan": "pro"}*'])


USERS_URLS = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path

@login_required
def panel(request):
    if not request.user.is_staff:
        HttpResponseRedirect("/")
    if request.GET.get("tab") == "danger":
        HttpResponse(status=403)
    return HttpResponse("panel")

def whoever(request):
    if request.user.is_authenticated:
        HttpResponse("hello")
    return HttpResponse("who")

urlpatterns = [path("panel/", panel), path("whoever/", whoever)]
"""
OF_USERS = """
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
"""


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_who_is_logged_in_is_made_up_and_taken_back(django: Suite, interface: str) -> None:
    settings = SETTINGS.replace('"django.contrib.auth"', '"django.contrib.auth", "django.contrib.sessions"')
    django.write(
        shop=APP.format(interface),
        site_settings=settings + OF_USERS,
        site_urls=USERS_URLS,
        test_a=NOTHING_LEFT.replace("sessions.models import Session", "auth.models import User").replace(
            "Session.objects", "User.objects"
        ),
    )
    result = django.spawn(
        "-p", "django", "--nomigrations", "--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json"
    )
    found = {(one["route"], one["where"]["line"], one["level"]) for one in django.report("r.json")["findings"]}
    assert found == {
        (f"{method} {path}", line, "breach")
        for method in ("GET", "POST")
        for path, line in (("/panel/", 8), ("/panel/", 10), ("/whoever/", 15))
    }
    result.stdout.fnmatch_lines(['*note: the session holds {"_auth_user_id": "user"}*'])
    result.assert_outcomes(passed=1, failed=4)


REFUSED = """
from django.contrib.auth.models import Group, User
from django.db.models.signals import pre_save
from django.http import HttpResponse
from django.urls import path

def refuse(sender, instance, **_):
    instance.email = None  # which the database refuses

pre_save.connect(refuse, sender=User, weak=False)

def panel(request):
    who = request.user
    try:
        Group.objects.count()
    except Exception:
        HttpResponse("broken")
    return HttpResponse(str(who))

urlpatterns = [path("panel/", panel)]
"""


def test_a_user_whom_the_project_refuses_leaves_the_transaction_whole(django: Suite) -> None:
    settings = SETTINGS.replace('"django.contrib.auth"', '"django.contrib.auth", "django.contrib.sessions"')
    django.write(site_settings=settings + OF_USERS, site_urls=REFUSED, test_a="")
    drive = ("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-faults=none", "--oneresponse-report=r.json")
    django.spawn("-p", "django", "--nomigrations", *drive)
    assert {one["level"] for one in django.report("r.json")["findings"]} == {"practice"}, (
        "on a line that none has reached"
    )

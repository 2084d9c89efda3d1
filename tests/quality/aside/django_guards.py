"""A school district's Django site: enrolment, timetables, marks, elections of parents and their schedules."""

import json
import re
import sqlite3
from datetime import date
from decimal import Decimal, InvalidOperation
from http import HTTPStatus

import django
from django.conf import settings

# Settings are those of a process, so this file is loaded in a process of its own.
if not settings.configured:  # unreachable: true, false
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DEBUG=False,
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        SECRET_KEY="not-a-secret",
        USE_I18N=False,
        USE_TZ=False,
    )
    django.setup()

from django import forms
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path, re_path
from django.views import View
from django.views.decorators.http import require_GET, require_http_methods, require_POST

TERMS = {"autumn": (36, 51), "spring": (2, 13), "summer": (16, 29)}
CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
CENTURIES = {"+": 1800, "-": 1900, "A": 2000}
CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
SUBSCRIBERS = {"/topics/closures": {"lease": 3600}, "/topics/menus": {"lease": 86400}}

db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE pupil (number INTEGER PRIMARY KEY, surname TEXT, form TEXT, locker INTEGER);
    INSERT INTO pupil VALUES (40117, 'Aalto', '7b', 212);
    INSERT INTO pupil VALUES (40230, 'Salmi', '9a', NULL);
    INSERT INTO pupil VALUES (51004, 'Virtanen', '9a', 318);
    """
)


def answer(status, **facts):
    """An answer of some facts."""
    return JsonResponse(facts, status=status)


class Enrolment(forms.Form):
    born = forms.DateField(input_formats=["%d.%m.%Y"])
    school = forms.ChoiceField(choices=[("north", "North"), ("lake", "Lake"), ("music", "Music")])
    phone = forms.CharField(max_length=20)
    sibling = forms.IntegerField(required=False)

    def clean_phone(self):
        phone = re.sub(r"[ ()-]", "", self.cleaned_data["phone"])
        if phone.startswith("00"):
            phone = "+" + phone[2:]
        if not re.fullmatch(r"\+358[0-9]{7,9}", phone):
            raise forms.ValidationError("a number of this country")
        return phone

    def clean(self):
        data = super().clean()
        born = data.get("born")
        if born and data.get("school") == "music" and born.year > 2012:
            self.add_error("school", "from the sixth class on")
        return data


@require_POST
def enrol(request):
    form = Enrolment(request.POST)
    if not form.is_valid():
        return answer(422, fields=sorted(form.errors))
    sibling = form.cleaned_data["sibling"]
    if sibling is not None and 40000 <= sibling < 60000:
        return answer(201, place="sure")
    return answer(201, place="lottery" if form.cleaned_data["school"] == "lake" else "list")


class Timetable(View):
    def get(self, request, year, week, term):
        if term not in TERMS:
            return answer(404, error="no such term")
        first, last = TERMS[term]
        try:
            monday = date.fromisocalendar(year, week, 1)
        except (OverflowError, ValueError):
            return answer(404, error="no such week")
        if not first <= week <= last:
            return answer(409, error="that week is not of the term")
        form = request.GET.get("form", "")
        if form and not (form[:-1].isdecimal() and form[-1:] in "abc"):
            return answer(400, error="forms are 1a to 9c")
        return answer(200, even=week % 2 == 0, month=monday.month)


@require_http_methods(["PUT"])
def record_marks(request):
    try:
        marks = json.loads(request.body)["pupil"]["marks"]
        pairs = [(mark["weight"], Decimal(mark["points"])) for mark in marks if mark.get("void") is not True]
    except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation):
        return answer(400, error="incomplete marks")
    if any(not isinstance(weight, int) or weight < 1 for weight, _ in pairs):
        return answer(422, error="weights are positive")
    if sum(weight for weight, _ in pairs) != 100:
        return answer(422, error="weights make a hundred")
    if not all(points.is_finite() and 0 <= points <= 15 for _, points in pairs):
        return answer(422, error="zero to fifteen points")
    mean = sum(weight * points for weight, points in pairs) / 100
    if mean < 5:
        return answer(200, passed=False)
    return answer(200, passed=True, honours=mean >= Decimal("13.5"))


@require_GET
def report_card(request):
    wishes = {}
    for wish in request.headers.get("Prefer", "").split(";"):
        name, equals, value = wish.strip().partition("=")
        wishes[name.lower()] = value if equals else True
    if "respond-async" in wishes and wishes.get("wait") == "0":
        return answer(202, queued=True)
    if wishes.get("return") == "minimal":
        return answer(200, card=None)
    depth = request.GET.get("depth", "1")
    if depth not in ("1", "2", "all"):
        return answer(400, error="depth is 1, 2 or all")
    return answer(200, card={"depth": depth})


@require_GET
def identify(request, code):
    """A Finnish personal identity code: the day of birth, a sign for the century, a number and its check."""
    found = re.fullmatch(r"([0-9]{2})([0-9]{2})([0-9]{2})([-+A])([0-9]{3})([0-9A-Y])", code)
    if found is None:
        return answer(400, error="malformed code")
    day, month, year, sign, serial, check = found.groups()
    try:
        born = date(CENTURIES[sign] + int(year), int(month), int(day))
    except ValueError:
        return answer(400, error="no such day")
    if CHECKS[int(day + month + year + serial) % 31] != check:
        return answer(422, error="mistyped code")
    if serial >= "900":
        return answer(200, temporary=True)
    return answer(200, born=born.year, even=int(serial) % 2 == 0)


@require_POST
def count_votes(request):
    sheet = request.FILES.get("sheet")
    if sheet is None or not sheet.name.startswith("station-"):
        return answer(400, error="name the station")
    totals = {}
    for line in sheet.read().decode("utf-8", "replace").splitlines():
        name, tab, votes = line.partition("\t")
        if not tab:
            continue
        try:
            totals[name] = totals.get(name, 0) + int(votes)
        except ValueError:
            return answer(422, error="votes are numbers")
    if str(sum(totals.values())) != request.POST.get("cast"):
        return answer(409, error="votes and voters differ")
    ranking = sorted(totals, key=totals.get, reverse=True)
    if len(ranking) > 1 and totals[ranking[0]] == totals[ranking[1]]:
        return answer(200, winner=None)
    return answer(200, winner=ranking[0] if ranking else None)


@require_http_methods(["GET", "POST"])
def topic_hub(request):
    data = request.POST if request.method == "POST" else request.GET
    topic = SUBSCRIBERS.get(data.get("hub.topic"))
    if topic is None:
        return answer(404, error="no such topic")
    match data.get("hub.mode"):
        case "subscribe":
            lease = data.get("hub.lease_seconds", "60")
            if not lease.isascii() or not lease.isdigit() or not 60 <= int(lease[:9]) <= topic["lease"]:
                return answer(422, error="lease")
            return answer(202, lease=int(lease[:9]))
        case "unsubscribe" if len(data.getlist("hub.callback")) == 1:
            return answer(202, gone=True)
        case None:
            return answer(400, error="mode")
    return answer(422, error="not that mode")


@require_GET
def api_root(request):
    media, *parameters = request.headers.get("Accept", "").split(";")
    if media.strip() not in ("application/json", "application/*", "*/*", ""):
        return answer(HTTPStatus.NOT_ACCEPTABLE, error="JSON")
    version = next((text.split("=")[1] for text in parameters if text.strip().startswith("version=")), "1")
    if version == "2":
        return answer(200, version=2, items={"href": "/items"})
    if version != "1":
        return answer(HTTPStatus.NOT_ACCEPTABLE, error="versions 1 and 2")
    return answer(200, version=1)


@require_POST
def schedule_bell(request):
    fields = request.POST.get("when", "").split()
    if len(fields) != 5:
        return answer(400, error="five fields")
    every = 0
    for field, (low, high) in zip(fields, CRON, strict=True):
        if field == "*":
            every += 1
            continue
        found = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?|\*/([1-9][0-9]?)", field)
        if found is None:
            return answer(400, error="cannot read that")
        start, end, step = (int(group) if group else None for group in found.groups())
        if step is not None:
            every += 1
        elif not low <= start <= high or (end is not None and not start < end <= high):
            return answer(422, error="out of range")
    if every == 5:
        return answer(409, error="that would never stop")
    return answer(201, bell=True)


@require_GET
def locker(request, number):
    row = db.execute("SELECT surname, form, locker FROM pupil WHERE number = ?", (int(number),)).fetchone()
    if row is None:
        return answer(404, error="no such pupil")
    surname, form, place = row
    if request.COOKIES.get("teacher_of") != form:
        return answer(403, error="not your form")
    if request.GET.get("name", "").casefold() != surname.casefold():
        return answer(409, error="number and name differ")
    if place is None:
        return answer(200, locker=None)
    return answer(200, locker=place, floor="upper" if place > 300 else "lower")


urlpatterns = [
    path("enrol/", enrol),
    path("timetable/<int:year>/<int:week>/<str:term>/", Timetable.as_view()),
    path("marks/", record_marks),
    path("report-card/", report_card),
    path("identify/<str:code>/", identify),
    path("votes/", count_votes),
    path("hub/", topic_hub),
    path("api/", api_root),
    path("bells/", schedule_bell),
    re_path(r"^lockers/(?P<number>[0-9]{5})/$", locker),
]

app = get_wsgi_application()

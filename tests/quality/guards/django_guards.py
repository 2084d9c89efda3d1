"""A Django site of a travel and tickets agency: forms, bookings, webhooks, uploads and reports."""

import base64
import json
import re
import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

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
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views import View
from django.views.decorators.http import require_GET, require_http_methods, require_POST

ARTICLES = {
    "night-trains": {"year": 2021, "members": False},
    "slow-alps": {"year": 2019, "members": True},
    "draft-azores": {"year": 2025, "members": False},
}
ROLLOUT = {"new-checkout": 25, "seat-map": 60, "dark-mode": 100}
TOKENS = {"agency-lyon": "violet", "agency-porto": "ochre"}
DOCUMENTS = {
    "0b9d1c52-38ab-4d43-b7d5-8f3a44f0a6be": {"kind": "invoice", "etag": '"a17"', "pages": 2},
    "f2f7b5c0-9a1a-4f0e-8b4e-1f2bb0a9c3d7": {"kind": "ticket", "etag": '"c03"', "pages": 1},
}
TOTAL_TRIPS = 137
LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"

db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE stock (depot TEXT, article TEXT, pieces INTEGER, PRIMARY KEY (depot, article));
    INSERT INTO stock VALUES ('north', 'tent-2', 14);
    INSERT INTO stock VALUES ('north', 'stove', 3);
    INSERT INTO stock VALUES ('harbour', 'tent-2', 0);
    CREATE TABLE traveller (email TEXT PRIMARY KEY, pin TEXT, locked INTEGER);
    INSERT INTO traveller VALUES ('ines@example.org', '480913', 0);
    INSERT INTO traveller VALUES ('joao@example.org', '112358', 1);
    """
)


def problem(text, status=400):
    """An answer that says what is wrong."""
    return JsonResponse({"error": text}, status=status)


class OrderForm(forms.Form):
    sku = forms.RegexField(regex=r"^TRIP-\d{3}$")
    seats = forms.IntegerField(min_value=1, max_value=60)
    gift = forms.BooleanField(required=False)
    message = forms.CharField(required=False, max_length=80)

    def clean_sku(self):
        sku = self.cleaned_data["sku"]
        if sku.endswith("13"):
            raise forms.ValidationError("there is no such trip")
        return sku

    def clean(self):
        data = super().clean()
        if data.get("gift") and not data.get("message"):
            raise forms.ValidationError("a gift needs a message")
        return data


@require_POST
def order_trip(request):
    form = OrderForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors.get_json_data()}, status=422)
    if form.cleaned_data["seats"] > 40 and not form.cleaned_data["gift"]:
        return JsonResponse({"order": "coach"}, status=201)
    return JsonResponse({"order": "seats"}, status=201)


@require_GET
def read_article(request, year, slug):
    article = ARTICLES.get(slug)
    if article is None:
        return problem("no such article", 404)
    if article["year"] != year:
        return problem("not of that year", 404)
    if slug.startswith("draft-") and request.headers.get("X-Preview") != "editor":
        return problem("not published", 403)
    if article["members"] and request.COOKIES.get("member") != "yes":
        return problem("for members", 402)
    return JsonResponse({"article": slug})


class Stays(View):
    def get(self, request):
        try:
            start = date.fromisoformat(request.GET["from"])
            end = date.fromisoformat(request.GET["to"])
        except KeyError as error:
            return problem(f"{error.args[0]} is missing")
        except ValueError:
            return problem("not a date")
        if not start < end:
            return problem("the stay ends before it begins", 422)
        if end - start > timedelta(days=28):
            return problem("four weeks at most", 422)
        if start.isoweekday() != 6 and start.month in (7, 8):
            return problem("in summer from Saturday on", 409)
        return JsonResponse({"nights": (end - start).days})


@require_POST
def move_stock(request):
    try:
        order = json.loads(request.body)
        source, target = order["route"]["from"]["depot"], order["route"]["to"]["depot"]
        article, pieces = order["article"], int(order["pieces"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return problem("incomplete order")
    if not all(isinstance(text, str) and text.isascii() for text in (source, target, article)):
        return problem("names are plain text")
    if source == target or pieces < 1:
        return problem("nothing to move", 409)
    row = db.execute("SELECT pieces FROM stock WHERE depot = ? AND article = ?", (source, article)).fetchone()
    if row is None:
        return problem("not kept there", 404)
    if pieces > row[0]:
        return problem("not that many", 409)
    if pieces == row[0]:
        return JsonResponse({"moved": True, "reorder": article})
    return JsonResponse({"moved": True})


@require_GET
def feature(request, name):
    share = ROLLOUT.get(name)
    if share is None:
        return problem("no such feature", 404)
    if request.COOKIES.get(f"force_{name}") == "on":
        return JsonResponse({"on": True, "why": "forced"})
    user = request.headers.get("X-User", "")
    if not user:
        return JsonResponse({"on": share == 100, "why": "anonymous"})
    bucket = sum(ord(char) for char in user + name) % 100
    if bucket < share:
        return JsonResponse({"on": True, "why": "bucket"})
    return JsonResponse({"on": False, "why": "bucket"})


@require_POST
def upload_photo(request):
    photo = request.FILES.get("photo")
    if photo is None:
        return problem("no photo")
    if not re.search(r"\.(png|gif)$", photo.name, re.IGNORECASE):
        return problem("PNG or GIF", 415)
    if photo.size > 4096:
        return problem("too large", 413)
    head = photo.read(8)
    if head == b"\x89PNG\r\n\x1a\n":
        kind = "png"
    elif head[:6] in (b"GIF87a", b"GIF89a"):
        kind = "gif"
    else:
        return problem("that is no picture", 415)
    if not photo.name.lower().endswith(kind):
        return problem("name and content differ", 409)
    return JsonResponse({"kind": kind, "title": request.POST.get("title", "")}, status=201)


@require_POST
def payment_hook(request):
    fields = dict(part.split("=", 1) for part in request.headers.get("Pay-Signature", "").split(",") if "=" in part)
    if "t" not in fields or not re.fullmatch(r"[0-9a-f]{32}", fields.get("v1", "")):
        return problem("unsigned", 401)
    try:
        event = json.loads(request.body)
        kind, charge = event["type"], event["data"]["object"]
        amount, currency = charge["amount"], charge["currency"]
    except (ValueError, KeyError, TypeError):
        return problem("unreadable event")
    if kind == "charge.refunded" and isinstance(amount, int) and amount < 0:
        return JsonResponse({"refund": -amount})
    if kind == "charge.succeeded" and currency == "eur":
        if amount == 0:
            return JsonResponse({"verified": True})
        return JsonResponse({"paid": True})
    return JsonResponse({"ignored": True}, status=202)


@require_GET
def document(request, key):
    entry = DOCUMENTS.get(str(key))
    if entry is None:
        return problem("no such document", 404)
    if request.headers.get("If-None-Match") == entry["etag"]:
        return HttpResponse(status=304)
    try:
        page = int(request.GET.get("page", "1"))
    except ValueError:
        return problem("page is a number")
    if not 1 <= page <= entry["pages"]:
        return problem("no such page", 404)
    return JsonResponse({"kind": entry["kind"], "last": page == entry["pages"]})


@require_GET
def appointment(request):
    try:
        at = datetime.fromisoformat(request.GET.get("at", ""))
    except ValueError:
        return problem("not a time")
    if at.tzinfo is not None:
        return problem("local time, please", 422)
    if at.weekday() >= 5 or not 9 <= at.hour < 17:
        return problem("closed", 409)
    if at.minute % 20 or at.second:
        return problem("every twenty minutes", 409)
    return JsonResponse({"desk": 1 if at.hour < 12 else 2})


@require_POST
def stack_coupons(request):
    codes = [code.strip().upper() for code in request.POST.getlist("coupon") if code.strip()]
    if not codes:
        return problem("no coupon")
    if len(set(codes)) < len(codes):
        return problem("each coupon once", 409)
    if len(codes) > 1 and any(code.startswith("SOLO") for code in codes):
        return problem("that coupon stands alone", 409)
    percent = sum(int(found[1]) for code in codes if (found := re.fullmatch(r"[A-Z]+(\d{1,2})", code)))
    if percent > 50:
        return problem("half the price at most", 422)
    return JsonResponse({"percent": percent})


@require_GET
def agency_report(request):
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return problem("log in", 401)
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return problem("broken login")
    if not colon or TOKENS.get(name) != password:
        return problem("wrong login", 401)
    if request.GET.get("city") and not name.endswith(request.GET["city"].lower()):
        return problem("another agency's city", 403)
    return JsonResponse({"agency": name})


@require_GET
def identity_card(request, number):
    found = re.fullmatch(r"([0-9]{8})-?([A-Z])", number.upper())
    if not found:
        return problem("eight digits and a letter")
    digits, letter = found.groups()
    if letter in "IOU":
        return problem("that letter is not used")
    if LETTERS[int(digits) % 23] != letter:
        return problem("the letter does not belong to the number", 422)
    return JsonResponse({"old": True} if digits.startswith("000") else {"old": False})


@require_POST
def fare_rules(request):
    try:
        rules = json.loads(request.POST.get("rules", ""))
    except ValueError:
        return problem("rules are JSON")
    if not isinstance(rules, list) or not rules:
        return problem("rules are a list")
    best = None
    for rule in rules:
        if not isinstance(rule, dict) or not isinstance(rule.get("off"), int):
            return problem("a rule says how much is off", 422)
        if rule.get("class") == request.POST.get("class") and (best is None or rule["off"] > best):
            best = rule["off"]
    if best is None:
        return problem("no rule for that class", 404)
    return JsonResponse({"off": best, "free": best >= 100})


class Status(Enum):
    DRAFT = "draft"
    PAID = "paid"
    SENT = "sent"
    CLOSED = "closed"


@require_http_methods(["POST", "PATCH"])
def change_status(request, current, action):
    try:
        status = Status(current)
    except ValueError:
        return problem("no such status", 404)
    match status, action:
        case Status.DRAFT, "pay":
            return JsonResponse({"status": Status.PAID.value})
        case Status.PAID, "send" if request.GET.get("carrier") in ("dhl", "gls"):
            return JsonResponse({"status": Status.SENT.value})
        case Status.SENT | Status.PAID, "close":
            return JsonResponse({"status": Status.CLOSED.value})
        case Status.CLOSED, _:
            return problem("closed for good", 410)
    return problem("not from there", 409)


@require_GET
def nearest_office(request):
    pair = request.GET.get("at", "").split(",")
    if len(pair) != 2:
        return problem("latitude,longitude")
    try:
        latitude, longitude = map(float, pair)
    except ValueError:
        return problem("two numbers")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return problem("not on earth", 422)
    if 36.9 < latitude < 42.2 and -9.6 < longitude < -6.1:
        return JsonResponse({"office": "porto" if latitude > 40 else "lisboa"})
    if abs(latitude) == 90:
        return JsonResponse({"office": "expedition"})
    return JsonResponse({"office": "lyon"})


@require_GET
def trips(request):
    try:
        page = int(request.GET.get("page", 1))
        size = int(request.GET.get("size", 20))
    except ValueError:
        return problem("numbers, please")
    if size not in (10, 20, 50):
        return problem("ten, twenty or fifty")
    pages = -(-TOTAL_TRIPS // size)
    if page < 0:
        page += pages + 1
    if not 0 < page <= pages:
        return problem("no such page", 404)
    shown = TOTAL_TRIPS - (page - 1) * size if page == pages else size
    return JsonResponse({"page": page, "shown": shown})


@require_POST
def second_factor(request):
    email = request.POST.get("email", "").strip().lower()
    row = db.execute("SELECT pin, locked FROM traveller WHERE email = ?", (email,)).fetchone()
    if not row:
        return problem("unknown", 404)
    pin, locked = row
    if locked:
        return problem("locked", 423)
    if request.POST.get("pin") != pin:
        return problem("wrong pin", 403)
    limit = Decimal("250.00")
    amount = request.POST.get("amount", "0")
    if not re.fullmatch(r"\d{1,6}(\.\d\d)?", amount) or Decimal(amount) > limit:
        return problem("two factors are not enough for that", 422)
    return JsonResponse({"ok": True})


urlpatterns = [
    path("orders/", order_trip),
    path("articles/<int:year>/<slug:slug>/", read_article),
    path("stays/", Stays.as_view()),
    path("stock/move/", move_stock),
    path("features/<str:name>/", feature),
    path("photos/", upload_photo),
    path("hooks/payment/", payment_hook),
    path("documents/<uuid:key>/", document),
    path("appointments/", appointment),
    path("coupons/", stack_coupons),
    path("reports/agency/", agency_report),
    path("cards/<str:number>/", identity_card),
    path("fares/", fare_rules),
    path("status/<str:current>/<str:action>/", change_status),
    path("offices/nearest/", nearest_office),
    path("trips/", trips),
    path("second-factor/", second_factor),
]

app = get_wsgi_application()

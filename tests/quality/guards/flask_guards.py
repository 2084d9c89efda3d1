"""A shop's Flask back end: orders, coupons, shipping, webhooks and the tools of its office."""

import base64
import binascii
import re
import sqlite3
from datetime import date
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Flask, request
from flask.views import MethodView

app = Flask(__name__)
internal = Blueprint("internal", __name__, url_prefix="/internal")

COUPONS = {
    "SPRING15": {"kind": "percent", "value": Decimal("15"), "minimum": Decimal("40")},
    "TENOFF": {"kind": "amount", "value": Decimal("10"), "minimum": Decimal("60")},
    "SHIPFREE": {"kind": "shipping", "value": Decimal("0"), "minimum": Decimal("25")},
}
ZONES = {"domestic": 4, "benelux": 7, "nordics": 11, "overseas": 26}
EU = ("AT", "BE", "DE", "DK", "ES", "FR", "IT", "NL", "PL", "SE")
TOKENS = {
    "tok_9f27c1": {"owner": "deploy", "scopes": 0b0101},
    "tok_41bb08": {"owner": "support", "scopes": 0b0010},
    "tok_e6603a": {"owner": "root", "scopes": 0b1111},
}
READ, WRITE, PURGE = 1, 2, 4
SHIPMENTS = {
    "6f0c2a1e-7d5b-4c38-9a53-1d0a7c0f5e11": {"status": "in_transit", "postcode": "50667", "parcels": 3},
    "b7a0d9d4-20a4-4e0e-8a3f-55a1a8a7e2c9": {"status": "delivered", "postcode": "1012AB", "parcels": 1},
}
THEMES = {"light", "dark", "sepia"}
GREETINGS = {"de": "Guten Tag", "fr": "Bonjour", "nl": "Goedendag"}
PRODUCTS = [
    {"sku": "LMP-100", "name": "desk lamp", "tags": ["light", "office"], "price": 39},
    {"sku": "LMP-220", "name": "floor lamp", "tags": ["light", "living"], "price": 129},
    {"sku": "CHR-010", "name": "office chair", "tags": ["office", "seat"], "price": 249},
    {"sku": "SHF-300", "name": "oak shelf", "tags": ["living", "wood"], "price": 180},
]

db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE clerk (name TEXT PRIMARY KEY, password TEXT, branch TEXT, clearance INTEGER);
    INSERT INTO clerk VALUES ('marta', 'kestrel-7', 'lyon', 2);
    INSERT INTO clerk VALUES ('odile', 'heron-12', 'gent', 4);
    INSERT INTO clerk VALUES ('piet', 'avocet-3', 'gent', 1);
    """
)


def money(text):
    """The amount a text stands for, None where it stands for none the shop would take."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < 1_000_000:
        return None
    return amount


def luhn(number):
    """Whether the last digit of a number is its Luhn check digit."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        if place % 2 == 1:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0


@app.get("/coupons/<code>")
def redeem_coupon(code):
    coupon = COUPONS.get(code.strip().upper())
    if coupon is None:
        return {"error": "no such coupon"}, 404
    total = money(request.args.get("total", "0"))
    if total is None:
        return {"error": "total is not an amount"}, 400
    if total < coupon["minimum"]:
        return {"error": "order is too small for this coupon"}, 409
    if coupon["kind"] == "percent":
        off = total * coupon["value"] / 100
    elif coupon["kind"] == "amount":
        off = coupon["value"]
    else:
        off = Decimal(0)
    return {"off": str(off)}


@app.get("/shipping/quote")
def shipping_quote():
    grams = request.args.get("grams", type=int)
    zone = request.args.get("zone", "domestic")
    if grams is None or grams <= 0:
        return {"error": "grams must be a positive number"}, 400
    if zone not in ZONES:
        return {"error": "we do not ship there"}, 404
    if grams > 31_500:
        return {"carrier": "freight", "price": None}
    price = ZONES[zone] + grams // 1000 * 2
    price += 12 if request.args.get("express") == "yes" else 0
    return {"carrier": "parcel", "price": price}


@app.post("/signup")
def signup():
    form = request.form
    if not re.fullmatch(r"[a-z0-9._-]+@[a-z0-9-]+\.[a-z]{2,6}", form.get("email", "").strip().lower()):
        return {"field": "email"}, 422
    password = form.get("password", "")
    if len(password) < 10 or password.isalpha():
        return {"field": "password"}, 422
    if password != form.get("confirm"):
        return {"field": "confirm"}, 422
    if form.get("terms") != "on":
        return {"field": "terms"}, 422
    if (invite := form.get("invite")) and not invite.startswith(("FRIEND-", "STAFF-")):
        return {"field": "invite"}, 422
    return {"welcome": bool(invite)}, 201


@app.get("/invoices/<number>")
def invoice_by_number(number):
    match = re.fullmatch(r"INV-(\d{4})-(\d{5})-(\d{2})", number)
    if match is None:
        return {"error": "malformed invoice number"}, 400
    year, serial, check = (int(group) for group in match.groups())
    if not 2016 <= year <= 2025:
        return {"error": "no invoices of that year"}, 404
    if (year * 100_000 + serial) % 97 != check:
        return {"error": "mistyped invoice number"}, 400
    if serial > 90_000:
        return {"invoice": serial, "series": "credit note"}
    return {"invoice": serial, "series": "invoice"}


def isbn10(text):
    """Whether a text of ten places is an ISBN of the old kind."""
    total = 0
    for weight, char in zip(range(10, 0, -1), text, strict=True):
        if char == "X" and weight == 1:
            total += 10
        elif "0" <= char <= "9":
            total += weight * int(char)
        else:
            return False
    return total % 11 == 0


def isbn13(text):
    """Whether a text of thirteen places is an ISBN of the new kind."""
    if not re.fullmatch(r"97[89]\d{10}", text):
        return False
    return sum(int(char) * (3 if place % 2 else 1) for place, char in enumerate(text)) % 10 == 0


@app.get("/books/<isbn>")
def book_by_isbn(isbn):
    compact = isbn.replace("-", "").upper()
    if len(compact) == 10:
        good = isbn10(compact)
    elif len(compact) == 13:
        good = isbn13(compact)
    else:
        return {"error": "an ISBN has ten or thirteen places"}, 400
    if not good:
        return {"error": "check digit does not match"}, 400
    return {"isbn": compact}


@app.post("/products/import")
def import_products():
    feed = request.files.get("feed")
    if feed is None or not feed.filename.lower().endswith((".csv", ".txt")):
        return {"error": "send a .csv file as feed"}, 400
    try:
        lines = feed.read().decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return {"error": "the feed is not UTF-8"}, 400
    if not lines or lines[0] != "sku;name;price":
        return {"error": "unexpected columns"}, 422
    skipped = 0
    total = Decimal(0)
    for line in lines[1:]:
        cells = line.split(";")
        if len(cells) != 3:
            skipped += 1
            continue
        price = money(cells[2])
        if price is None:
            return {"error": "bad price"}, 422
        total += price
    return {"skipped": skipped, "total": str(total)}


@app.post("/hooks/github")
def github_hook():
    signature = request.headers.get("X-Hub-Signature-256", "")
    if not signature.startswith("sha256=") or len(signature) != 71:
        return {"error": "unsigned"}, 401
    payload = request.get_json(silent=True)
    if not isinstance(payload, dict):
        return {"error": "no payload"}, 400
    match request.headers.get("X-GitHub-Event"):
        case "ping":
            return {"pong": True}
        case "push" if payload.get("ref") == "refs/heads/main":
            return {"deploy": True}
        case "pull_request":
            try:
                merged = payload["pull_request"]["merged"] is True
                base = payload["pull_request"]["base"]["ref"]
            except (KeyError, TypeError):
                return {"error": "incomplete pull request"}, 422
            if merged and base == "release":
                return {"release": True}
            return {"release": False}
    return {"ignored": True}, 202


@app.post("/orders")
def place_order():
    order = request.get_json(silent=True)
    try:
        country = order["customer"]["address"]["country"]
        items = list(order["items"])
    except (KeyError, TypeError):
        return {"error": "incomplete order"}, 400
    pieces = 0
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("qty"), int):
            return {"error": "bad item"}, 422
        if not 1 <= item["qty"] <= 99:
            return {"error": "quantity out of range"}, 422
        pieces += item["qty"]
    if any(item.get("hazmat") is True for item in items) and country not in EU:
        return {"error": "dangerous goods stay within the EU"}, 409
    if pieces > 100:
        return {"order": "wholesale", "pieces": pieces}, 201
    return {"order": "retail", "pieces": pieces}, 201


@app.put("/flags/<name>")
def set_flag(name):
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer":
        return {"error": "bearer token wanted"}, 401
    grant = TOKENS.get(token)
    if grant is None:
        return {"error": "unknown token"}, 403
    if not grant["scopes"] & WRITE:
        return {"error": "read only token"}, 403
    if name.startswith("danger_") and not grant["scopes"] & PURGE:
        return {"error": "not with this token"}, 403
    return {"flag": name, "by": grant["owner"], "audit": bool(grant["scopes"] & READ)}


@app.get("/export/<branch>")
def export_sales(branch):
    auth = request.authorization
    if auth is None or auth.type != "basic":
        return {"error": "log in"}, 401, {"WWW-Authenticate": 'Basic realm="export"'}
    row = db.execute("SELECT password, branch, clearance FROM clerk WHERE name = ?", (auth.username,)).fetchone()
    if row is None or row[0] != auth.password:
        return {"error": "wrong name or password"}, 401, {"WWW-Authenticate": 'Basic realm="export"'}
    if row[1] != branch:
        return {"error": "not your branch"}, 403
    if request.args.get("level", 1, type=int) > row[2]:
        return {"error": "not cleared for that level"}, 403
    return {"branch": branch, "rows": []}


class Bookings(MethodView):
    def post(self):
        try:
            arrival = date.fromisoformat(request.form.get("arrival", ""))
            departure = date.fromisoformat(request.form.get("departure", ""))
        except ValueError:
            return {"error": "dates are written 2024-05-31"}, 400
        if arrival >= departure:
            return {"error": "departure must come after arrival"}, 422
        nights = (departure - arrival).days
        if nights > 21:
            return {"error": "three weeks at most"}, 422
        if arrival.month == 12 and arrival.day >= 20 and nights < 4:
            return {"error": "four nights at least over the holidays"}, 409
        price = nights * 80
        if arrival.weekday() == 4 and departure.weekday() == 6:
            price += 30
        if (arrival.month, arrival.day) == (2, 29):
            price = 0
        return {"nights": nights, "price": price}, 201


app.add_url_rule("/bookings", view_func=Bookings.as_view("bookings"))


@app.get("/search")
def search_products():
    words = request.args.get("q", "").casefold().split()
    tags = request.args.getlist("tag")
    if len(tags) > 3 or len(words) > 5:
        return {"error": "too many terms"}, 400
    found = [product for product in PRODUCTS if all(tag in product["tags"] for tag in tags)]
    found = [product for product in found if any(word in product["name"] for word in words)] if words else found
    if not found:
        return {"error": "nothing found"}, 404
    sort = request.args.get("sort", "sku")
    if sort == "-price":
        found = sorted(found, key=lambda product: product["price"], reverse=True)
    elif sort not in ("sku", "name"):
        return {"error": "unknown order"}, 400
    return {"skus": [product["sku"] for product in found]}


@app.get("/welcome")
def welcome():
    settings = {}
    for part in request.cookies.get("prefs", "").split("|"):
        key, mark, value = part.partition(":")
        if mark:
            settings[key] = value
    theme = settings.get("theme", "light")
    if theme not in THEMES:
        theme = "light"
    greeting = GREETINGS.get(settings.get("lang"), "Hello")
    if theme == "dark" and greeting != "Hello" and settings.get("beta") == "2":
        return {"greeting": greeting, "layout": "next"}
    return {"greeting": greeting, "layout": theme}


@app.get("/catalogue")
def catalogue():
    offers = {}
    for part in request.headers.get("Accept", "*/*").split(","):
        kind, _, weight = part.strip().partition(";q=")
        try:
            offers[kind] = float(weight or 1)
        except ValueError:
            offers[kind] = 0.0
    usable = {kind: weight for kind, weight in offers.items() if kind.startswith(("application/", "text/"))}
    if not usable:
        return {"format": "any"}
    best = max(usable, key=usable.get)
    if best == "text/csv":
        return "sku;name;price\n", 200, {"Content-Type": "text/csv"}
    if best == "application/vnd.shop+json" and usable[best] >= 0.5:
        return {"format": "vendor"}
    return {"error": "not acceptable"}, 406


@app.get("/vat/<country>/<number>")
def check_vat(country, number):
    digits = number.replace(".", "").replace(" ", "")
    if not re.fullmatch(r"[0-9]+", digits):
        return {"error": "digits wanted"}, 400
    match country.upper():
        case "BE":
            valid = len(digits) == 10 and 97 - int(digits[:8]) % 97 == int(digits[8:])
        case "LU":
            valid = len(digits) == 8 and int(digits[:6]) % 89 == int(digits[6:])
        case "IT" | "SI":
            valid = len(digits) == 11 and luhn(digits)
        case _:
            return {"error": "country is not checked"}, 404
    return {"valid": True} if valid else ({"valid": False}, 422)


@app.get("/tracking/<uuid:shipment>")
def track_shipment(shipment):
    parcel = SHIPMENTS.get(str(shipment))
    if parcel is None:
        return {"error": "unknown shipment"}, 404
    if request.args.get("postcode", "").replace(" ", "").upper() != parcel["postcode"]:
        return {"status": "known"}
    if parcel["status"] == "delivered":
        return {"status": "delivered", "proof": True}
    if request.args.get("parcel", 0, type=int) == parcel["parcels"]:
        return {"status": parcel["status"], "last": True}
    return {"status": parcel["status"], "last": False}


@app.get("/ledger")
def ledger_page():
    cursor = request.args.get("cursor")
    if not cursor:
        return {"entries": [], "from": 0}
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode("ascii")
        kind, offset, direction = text.split(":")
        start = int(offset)
    except (binascii.Error, ValueError):
        return {"error": "broken cursor"}, 400
    if kind != "ledger" or start < 0:
        return {"error": "not a cursor of this list"}, 400
    if direction == "back":
        return {"entries": [], "from": max(0, start - 25)}
    if start % 25:
        return {"error": "cursor is not at the start of a page"}, 409
    return {"entries": [], "from": start}


@internal.before_request
def need_internal_key():
    key = request.headers.get("X-Internal-Key", "")
    if not re.match(r"ops-[0-9a-f]{4}$", key):
        return {"error": "internal only"}, 403
    if int(key[4:], 16) % 13:
        return {"error": "mistyped key"}, 403
    return None


@internal.route("/reindex", methods=["GET", "POST"])
def reindex():
    target = request.values.get("index", "all")
    if target not in {"all", "products", "customers"}:
        return {"error": "unknown index"}, 404
    if target == "all" and request.values.get("confirm") != "reindex all":
        return {"error": "say so"}, 409
    dry = request.values.get("dry", "").lower() in ("1", "true", "yes")
    return {"index": target, "dry": True} if dry else ({"index": target}, 202)


@app.post("/giftcards")
def load_gift_card():
    number = request.form.get("number", "").replace(" ", "")
    if len(number) != 16 or not re.fullmatch(r"[0-9]+", number):
        return {"error": "sixteen digits wanted"}, 400
    if not number.startswith("6035"):
        return {"error": "not a card of ours"}, 404
    if not luhn(number):
        return {"error": "mistyped number"}, 422
    if request.form.get("pin") != number[-4:][::-1]:
        return {"error": "wrong pin"}, 403
    return {"card": number[-4:]}


@app.post("/transfers")
def bank_transfer():
    body = request.get_json(silent=True) or {}
    if not isinstance(body, dict) or not isinstance(body.get("iban"), str):
        return {"error": "iban missing"}, 400
    iban = body["iban"].replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return {"error": "malformed iban"}, 422
    moved = iban[4:] + iban[:4]
    if int("".join(str(int(char, 36)) for char in moved)) % 97 != 1:
        return {"error": "mistyped iban"}, 422
    bic = body.get("bic")
    if isinstance(bic, str) and bic[4:6] != iban[:2]:
        return {"error": "bank and account are in different countries"}, 409
    if not bic and iban[:2] not in EU:
        return {"error": "bic needed outside the EU"}, 409
    return {"accepted": True}, 202


@app.get("/files/<int:mask>/<owner>")
def file_rights(mask, owner):
    if mask > 0o777:
        return {"error": "rights have nine bits"}, 400
    if mask & 0o002:
        return {"warning": "anyone may write"}
    if owner == "root" and mask & 0o100 and not mask & 0o011:
        return {"warning": "root's own program"}
    bits = 0
    while mask:
        bits += mask & 1
        mask >>= 1
    return {"bits": bits, "even": bits % 2 == 0}


app.register_blueprint(internal)

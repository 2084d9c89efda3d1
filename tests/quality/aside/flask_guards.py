"""A festival's Flask site: tickets, halls, ballots, badges, volunteers and the archive."""

import base64
import json
import re
import sqlite3
from datetime import date

from flask import Flask, request
from flask.views import MethodView

app = Flask(__name__)

DAYS = {date(2025, 7, 17): "opening", date(2025, 7, 18): "main", date(2025, 7, 19): "main", date(2025, 7, 20): "brunch"}
ASSETS = {"SPK": "speaker", "MIX": "mixer", "CBL": "cable", "TNT": "tent"}
WEEK = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
CANDIDATES = frozenset({"willow", "harpers", "tin-drum", "blank"})
MOVES = {"crew": ("lead", "guest"), "lead": ("crew",), "guest": ("crew",)}
NUMERALS = (("M", 1000), ("CM", 900), ("D", 500), ("CD", 400), ("C", 100), ("XC", 90), ("L", 50))
NUMERALS += (("XL", 40), ("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1))
VOLUMES = {
    1974: {"reels": 12, "fragile": True},
    1989: {"reels": 7, "fragile": False},
    2006: {"reels": 0, "fragile": False},
}
PAINTS = {(200, 30, 45): "signal red", (17, 85, 102): "harbour", (240, 240, 230): "canvas"}

db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE hall (name TEXT PRIMARY KEY, seat_rows INTEGER, seat_columns INTEGER, ramp_row INTEGER);
    INSERT INTO hall VALUES ('barn', 9, 16, 1);
    INSERT INTO hall VALUES ('chapel', 5, 8, 3);
    CREATE TABLE blocked (hall TEXT, seat TEXT, reason TEXT);
    INSERT INTO blocked VALUES ('barn', 'D7', 'pillar');
    INSERT INTO blocked VALUES ('chapel', 'B2', 'organ');
    """
)


@app.get("/tickets/price")
def ticket_price():
    try:
        born = date.fromisoformat(request.args["born"])
        visit = date.fromisoformat(request.args.get("visit", "2025-07-18"))
    except (KeyError, ValueError):
        return {"error": "born=1990-01-31"}, 400
    if visit not in DAYS:
        return {"error": "no festival on that day"}, 404
    age = visit.year - born.year - ((visit.month, visit.day) < (born.month, born.day))
    if age < 0:
        return {"error": "not born yet"}, 422
    if (visit.month, visit.day) == (born.month, born.day):
        return {"price": 0, "cake": True}
    if age < 7 or age >= 80:
        return {"price": 0}
    return {"price": 42 if DAYS[visit] == "main" else 19}


@app.get("/assets/<label>")
def find_asset(label):
    kind, _, rest = label.upper().partition("-")
    name = ASSETS.get(kind)
    if name is None:
        return {"error": "unknown kind"}, 404
    try:
        serial = int(rest, 36)
    except ValueError:
        return {"error": "letters and digits"}, 400
    if serial < 36**2:
        return {"asset": name, "label": "old"}
    if serial % 11 != len(name) % 11:
        return {"error": "mistyped label"}, 422
    return {"asset": name, "label": "new"}


@app.post("/venues/hours")
def venue_hours():
    day = "(" + "|".join(WEEK) + ")"
    rule = re.fullmatch(rf"{day}(?:-{day})? (\d\d):(\d\d)-(\d\d):(\d\d)", request.form.get("rule", "").strip())
    if rule is None:
        return {"error": "Mo-Fr 09:00-17:30"}, 400
    first, last = rule[1], rule[2]
    if last and WEEK.index(last) <= WEEK.index(first):
        return {"error": "days run from Monday to Sunday"}, 422
    opens, closes = int(rule[3]) * 60 + int(rule[4]), int(rule[5]) * 60 + int(rule[6])
    if max(int(rule[4]), int(rule[6])) > 59 or max(opens, closes) > 24 * 60:
        return {"error": "no such time"}, 422
    if closes <= opens:
        return {"overnight": True}
    return {"hours": (closes - opens) // 60, "weekend": (last or first) in ("Sa", "Su")}


@app.post("/ballots")
def cast_ballot():
    ballot = request.get_json(silent=True)
    if not isinstance(ballot, dict) or not isinstance(ballot.get("ranks"), dict):
        return {"error": "ranks wanted"}, 400
    ranks = ballot["ranks"]
    if strangers := [name for name in ranks if name not in CANDIDATES]:
        return {"error": "not on the ballot", "count": len(strangers)}, 422
    try:
        given = sorted(ranks.values())
    except TypeError:
        return {"error": "ranks are numbers"}, 422
    if not given or given != list(range(1, len(given) + 1)):
        return {"error": "rank from one on, without gaps"}, 422
    favourite = min(ranks, key=ranks.get)
    if favourite == "blank" and len(ranks) > 1:
        return {"error": "a blank vote stands alone"}, 409
    return {"counted": favourite}, 201


@app.get("/halls/<hall>/seats/<seat>")
def seat_in_hall(hall, seat):
    row = db.execute("SELECT seat_rows, seat_columns, ramp_row FROM hall WHERE name = ?", (hall,)).fetchone()
    place = re.fullmatch(r"([A-Z])([1-9][0-9]?)", seat)
    if row is None or place is None:
        return {"error": "no such seat"}, 404
    line, column = ord(place[1]) - 64, int(place[2])
    if line > row[0] or column > row[1]:
        return {"error": "not in that hall"}, 404
    blocked = db.execute("SELECT reason FROM blocked WHERE hall = ? AND seat = ?", (hall, seat)).fetchone()
    if blocked is not None:
        return {"blocked": blocked[0]}, 410
    if request.args.get("wheelchair") == "yes" and line != row[2]:
        return {"error": "no ramp there"}, 409
    return {"aisle": column in (1, row[1])}


@app.post("/badges/import")
def import_badges():
    sheet = request.files.get("badges")
    if sheet is None or sheet.mimetype not in ("application/json", "text/json"):
        return {"error": "JSON, please"}, 415
    try:
        badges = json.load(sheet)["badges"]
    except (KeyError, TypeError, ValueError):
        return {"error": "no badges in that"}, 400
    seen = set()
    for badge in badges if isinstance(badges, list) else []:
        number = badge.get("number") if isinstance(badge, dict) else None
        if not isinstance(number, int) or number in seen:
            return {"error": "each badge has a number of its own"}, 422
        seen.add(number)
        if badge.get("role") == "stage" and sum(int(digit) for digit in str(abs(number))) % 9 != 4:
            return {"error": "not a number for the stage"}, 422
    if not seen:
        return {"error": "nothing to import"}, 422
    return {"badges": len(seen)}, 201


@app.get("/gate")
def gatehouse():
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Token" or token.count(".") != 2:
        return {"error": "token wanted"}, 401
    middle = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except ValueError:
        return {"error": "broken token"}, 400
    if not isinstance(claims, dict) or claims.get("iss") != "gatehouse":
        return {"error": "a token of another house"}, 401
    audience = claims.get("aud")
    if isinstance(audience, list):
        audience = "backstage" if "backstage" in audience else None
    if audience != "backstage":
        return {"error": "not for backstage"}, 403
    scope = claims.get("scope")
    if not isinstance(scope, str) or "enter:night" not in scope.split():
        return {"open": "by day"}
    return {"open": "day and night"}


@app.get("/programme")
def programme():
    chosen = request.cookies.get("lang", "")
    if chosen in ("en", "cy", "ga"):
        return {"lang": chosen}
    for choice in request.headers.get("Accept-Language", "").split(","):
        tag, _, quality = choice.strip().partition(";q=")
        if quality == "0":
            continue
        if tag.split("-")[0].lower() in ("en", "cy", "ga"):
            return {"lang": tag[:2].lower()}
        if tag == "*":
            return {"lang": "cy"}
    return {"lang": "en", "guessed": True}


class Volunteers(MethodView):
    def put(self, volunteer):
        body = request.get_json(silent=True)
        try:
            current, wanted = body["role"]["from"], body["role"]["to"]
            hours = int(body["hours"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return {"error": "from, to and hours"}, 400
        if wanted == current:
            return {"changed": False}
        if not isinstance(current, str) or wanted not in MOVES.get(current, ()):
            return {"error": "no such step"}, 409
        if wanted == "lead" and (hours < 40 or volunteer % 2):
            return {"error": "not yet"}, 403
        return {"changed": True}


app.add_url_rule("/volunteers/<int:volunteer>/role", view_func=Volunteers.as_view("volunteers"))


@app.get("/paints/<colour>")
def paint(colour):
    if len(colour) == 3:
        colour = "".join(digit * 2 for digit in colour)
    try:
        red, green, blue = bytes.fromhex(colour)
    except ValueError:
        return {"error": "rgb or rrggbb"}, 400
    known = PAINTS.get((red, green, blue))
    if known:
        return {"paint": known}
    if max(red, green, blue) - min(red, green, blue) < 16:
        return {"paint": "grey", "dark": red < 128}
    if red > 2 * green and red > 2 * blue:
        return {"paint": "reddish"}
    return {"paint": None}, 404


@app.post("/profile")
def edit_profile():
    guard = request.cookies.get("guard", "")
    if len(guard) < 8 or request.headers.get("X-Guard") != guard:
        return {"error": "form was not ours"}, 403
    match request.form.get("action", "").split("/"):
        case ["rename"]:
            name = " ".join(request.form.get("name", "").split())
            if not 2 <= len(name) <= 30 or name.title() != name:
                return {"error": "a Proper Name"}, 422
            return {"name": name}
        case ["mute", ("mail" | "phone") as channel]:
            return {"muted": channel}
        case ["delete", confirm] if confirm == guard[-4:]:
            return {"deleted": True}
    return {"error": "no such action"}, 404


@app.get("/archive/<numeral>")
def archive_volume(numeral):
    rest, year = numeral.upper(), 0
    for sign, worth in NUMERALS:
        while rest.startswith(sign):
            rest = rest[len(sign) :]
            year += worth
    if rest:
        return {"error": "not a numeral"}, 400
    volume = VOLUMES.get(year)
    if volume is None:
        return {"error": "no festival that year"}, 404
    if volume["fragile"] and not request.headers.get("X-Reader", "").startswith(("curator:", "conservator:")):
        return {"error": "ask a curator"}, 403
    reel = request.args.get("reel", 0, type=int)
    if not 0 < reel <= volume["reels"]:
        return {"reels": volume["reels"]}
    return {"reel": reel, "last": reel == volume["reels"]}

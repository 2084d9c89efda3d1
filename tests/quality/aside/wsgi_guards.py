"""A bare WSGI service of an airfield: weather, clubs, settings, logs and money transfers."""

import json
import re
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from urllib.parse import parse_qs

FIELDS = {"EFHK": 179, "LSZB": 1675, "EHAM": -11}
PREFIXES = {"OH": "Finland", "HB": "Switzerland", "PH": "Netherlands", "D": "Germany"}
PILOTS = {"aino": "1f4b", "beat": "77c0"}


def text_of(environ):
    """The body of a request as text."""
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("utf-8", "replace")


def wind(environ):
    """GET /wind/<field>/<group>, a METAR's group of wind such as 27015G30KT"""
    steps = environ["PATH_INFO"].split("/")[2:]
    if len(steps) != 2 or steps[0] not in FIELDS:
        return 404, {"error": "field and group"}
    found = re.match(r"(\d{3}|VRB)(\d{2,3})(?:G(\d{2,3}))?(KT|MPS)$", steps[1])
    if not found:
        return 400, {"error": "not a group of wind"}
    direction, speed, gust, unit = found.groups()
    if direction == "VRB" and int(speed) > 6:
        return 422, {"error": "a strong wind has a direction"}
    if direction != "VRB" and (int(direction) > 360 or int(direction) % 10):
        return 422, {"error": "tens of degrees"}
    knots = int(speed) * 2 if unit == "MPS" else int(speed)
    if gust and int(gust) - int(speed) >= 10:
        return 200, {"knots": knots, "gusty": True}
    return 200, {"knots": knots, "calm": knots == 0, "low": FIELDS[steps[0]] < 0}


def registration(environ):
    """GET /aircraft?reg=OH-ABC, by the marks of its country"""
    marks = parse_qs(environ.get("QUERY_STRING", "")).get("reg", [""])[-1].upper()
    nation, dash, rest = marks.partition("-")
    country = PREFIXES.get(nation)
    if not dash or country is None:
        return 404, {"error": "unknown nation"}
    if not rest.isascii() or not rest.isalnum():
        return 400, {"error": "letters and digits"}
    if country == "Germany" and rest[0] in "EFGI" and len(rest) == 4:
        return 200, {"country": country, "class": "EFGI".index(rest[0])}
    if rest.isdigit():
        return 200, {"country": country, "class": "glider"}
    return (200, {"country": country}) if len(rest) == 3 else (422, {"error": "three letters"})


def preferences(environ):
    """PUT /preferences, sections of settings as text"""
    section, values = None, {}
    lines = text_of(environ).splitlines()
    while lines:
        line = lines.pop(0).split("#")[0].strip()
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
        elif section is None or "=" not in line:
            return 400, {"error": "a section first, then names and values"}
        else:
            name, value = line.split("=", 1)
            values[section, name.strip()] = value.strip()
    if values.get(("units", "altitude"), "feet") not in ("feet", "metres"):
        return 422, {"error": "feet or metres"}
    if values.get(("alerts", "below")) == "1500" and ("alerts", "mute") not in values:
        return 200, {"alerts": True}
    return 200, {"settings": len(values)}


def logbook(environ):
    """GET /logbook, for a pilot who names a response to the nonce"""
    header = environ.get("HTTP_AUTHORIZATION", "")
    if not header.startswith("Digest "):
        return 401, {"error": "digest wanted"}
    pairs = re.findall(r'(\w+)="([^"]*)"', header)
    given = {}
    for name, value in pairs:
        if name in given:
            return 400, {"error": "said twice"}
        given[name] = value
    try:
        secret = PILOTS[given["username"]]
        expected = given["nonce"][:4] + secret[::-1]
    except KeyError:
        return 403, {"error": "who?"}
    if given.get("response") != expected:
        return 403, {"error": "wrong response"}
    return 200, {"flights": [], "stale": len(given["nonce"]) < 8}


def transfer(environ):
    """POST /transfers, JSON with a routing number and an amount"""
    try:
        order = json.loads(text_of(environ))
        routing, amount = order["to"]["routing"], Decimal(order["amount"]["value"])
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return 400, {"error": "incomplete order"}
    if not isinstance(routing, str) or not re.fullmatch("[0-9]{9}", routing):
        return 422, {"error": "nine digits"}
    if sum(int(digit) * weight for digit, weight in zip(routing, (3, 7, 1) * 3, strict=True)) % 10:
        return 422, {"error": "mistyped routing number"}
    if not amount.is_finite() or amount <= 0 or amount.as_tuple().exponent < -2:
        return 422, {"error": "dollars and cents"}
    if amount >= 10_000 and not order.get("purpose"):
        return 409, {"error": "what for?"}
    return 202, {"accepted": True, "wire": routing[:2] in ("11", "12")}


ROUTES = {
    ("GET", "wind"): wind,
    ("GET", "aircraft"): registration,
    ("PUT", "preferences"): preferences,
    ("GET", "logbook"): logbook,
    ("POST", "transfers"): transfer,
}


def app(environ, start_response):
    handler = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"].lstrip("/").split("/")[0]))
    if handler is None:
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return [b""]
    status, answer = handler(environ)
    body = json.dumps(answer).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]

"""A bare WSGI service of a depot: machines, frames, downloads, rpc and a few forms."""

import json
import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl

COMPONENTS = {"crane": "ok", "belt": "halted", "gate": "ok"}
OPERATORS = {"7c1d": ("nils", 3), "a90f": ("sofia", 5)}
MANIFEST = b"depot manifest, second edition, sixty-four bytes long, no more.\n"


def read_body(environ):
    """The whole body of a request."""
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def component_status(environ):
    """GET /status/<component>[/<detail>]"""
    name, _, detail = environ["PATH_INFO"].removeprefix("/status/").partition("/")
    if name not in COMPONENTS:
        return "404 Not Found", {"error": "no such component"}
    if detail == "history":
        return "200 OK", {"history": []}
    if detail:
        return "404 Not Found", {"error": "no such detail"}
    return "200 OK", {"state": COMPONENTS[name], "alert": COMPONENTS[name] != "ok"}


def convert_units(environ):
    """GET /convert?value=..&from=..&to=.."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    try:
        value = float(query["value"][0])
        pair = query["from"][0], query["to"][-1]
    except (KeyError, ValueError):
        return "400 Bad Request", {"error": "value, from and to"}
    if pair == ("kg", "lb"):
        value *= 2.20462
    elif pair == ("c", "f"):
        if value < -273.15:
            return "422 Unprocessable Entity", {"error": "below absolute zero"}
        value = value * 1.8 + 32
    elif pair[0] != pair[1]:
        return "404 Not Found", {"error": "cannot convert"}
    return "200 OK", {"value": str(value), "hot": value > 212}


def book_slot(environ):
    """POST /slots, a form"""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return "415 Unsupported Media Type", {"error": "a form"}
    form = dict(parse_qsl(read_body(environ).decode("latin-1")))
    plate = form.get("plate", "").upper().replace(" ", "-")
    if not re.fullmatch(r"[A-Z]{1,3}-[A-Z]{1,2}-[1-9]\d{0,3}[EH]?", plate):
        return "422 Unprocessable Entity", {"error": "plate"}
    gate, colon, minute = form.get("slot", "").partition("@")
    if not colon or gate not in ("A", "B", "C") or not minute.isdecimal():
        return "422 Unprocessable Entity", {"error": "slot"}
    if plate.endswith("E") and gate != "C":
        return "409 Conflict", {"error": "electric lorries use gate C"}
    if int(minute[:4]) % 15 == 0 and int(minute[:4]) < 1440:
        return "201 Created", {"gate": gate}
    return "409 Conflict", {"error": "slots begin every quarter of an hour"}


def json_rpc(environ):
    """POST /rpc, JSON-RPC 2.0"""
    try:
        call = json.loads(read_body(environ))
    except ValueError:
        return "400 Bad Request", {"error": {"code": -32700}}
    if not isinstance(call, dict) or call.get("jsonrpc") != "2.0":
        return "400 Bad Request", {"error": {"code": -32600}}
    match call.get("method"), call.get("params"):
        case "add", [int(left), int(right)]:
            return "200 OK", {"result": left + right}
        case "crane.move", {"to": {"bay": int(bay), "row": str(row)}} if 1 <= bay <= 40 and row in ("L", "R"):
            return "200 OK", {"result": "moving"}
        case "crane.move" | "add", _:
            return "400 Bad Request", {"error": {"code": -32602}}
        case _:
            return "404 Not Found", {"error": {"code": -32601}}


def machine_frame(environ):
    """POST /frames, hexadecimal text of one frame: 7e, length, kind, payload, checksum"""
    try:
        frame = bytes.fromhex(read_body(environ).decode("ascii"))
    except ValueError:
        return "400 Bad Request", {"error": "not hexadecimal"}
    if len(frame) < 4 or frame[0] != 0x7E:
        return "400 Bad Request", {"error": "not a frame"}
    if frame[1] != len(frame) - 3:
        return "400 Bad Request", {"error": "cut short"}
    if sum(frame[1:-1]) & 0xFF != frame[-1]:
        return "400 Bad Request", {"error": "damaged"}
    if frame[2] == 0x21 and len(frame) == 6:
        return "200 OK", {"load": int.from_bytes(frame[3:5], "big")}
    return "202 Accepted", {"kind": frame[2]}


def operator_door(environ):
    """POST /door, with the cookie of an operator"""
    try:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        return "400 Bad Request", {"error": "cookies"}
    badge = cookies["badge"].value if "badge" in cookies else ""
    if badge not in OPERATORS:
        return "401 Unauthorized", {"error": "no badge"}
    name, level = OPERATORS[badge]
    if environ.get("HTTP_X_OPERATOR", "").strip().lower() != name:
        return "403 Forbidden", {"error": "badge of another"}
    doors = environ.get("HTTP_X_DOORS", "").split(",")
    if any(door.strip() == "vault" for door in doors) and level < 5:
        return "403 Forbidden", {"error": "not the vault"}
    return "200 OK", {"open": len(doors)}


def manifest(environ):
    """GET /manifest, whole or a range of it"""
    wanted = environ.get("HTTP_RANGE")
    if not wanted:
        return "200 OK", {"text": MANIFEST.decode()}
    match = re.fullmatch(r"bytes=([0-9]{0,6})-([0-9]{0,6})", wanted)
    if not match or wanted == "bytes=-":
        return "400 Bad Request", {"error": "range"}
    first, last = match.groups()
    if not first:
        return "206 Partial Content", {"text": MANIFEST[max(0, len(MANIFEST) - int(last)) :].decode()}
    if int(first) >= len(MANIFEST) or (last and int(last) < int(first)):
        return "416 Range Not Satisfiable", {"error": "range"}
    return "206 Partial Content", {"text": MANIFEST[int(first) : int(last) + 1 if last else None].decode()}


ROUTES = {
    "status": ("GET", component_status),
    "convert": ("GET", convert_units),
    "slots": ("POST", book_slot),
    "rpc": ("POST", json_rpc),
    "frames": ("POST", machine_frame),
    "door": ("POST", operator_door),
    "manifest": ("GET", manifest),
}


def app(environ, start_response):
    method, handler = ROUTES.get(environ["PATH_INFO"].strip("/").partition("/")[0], (None, None))
    if handler is None:
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    if environ["REQUEST_METHOD"] != method:
        start_response("405 Method Not Allowed", [("Allow", method), ("Content-Length", "0")])
        return []
    status, answer = handler(environ)
    body = json.dumps(answer).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]

"""A bare ASGI service of a library: shelves, loans, feeds and its gate."""

import base64
import json
from datetime import date
from urllib.parse import parse_qs

SHELVES = {"12.b": {"floor": 1, "subjects": ["maths", "logic"]}, "40.f": {"floor": 3, "subjects": ["maps"]}}
READERS = {"r-2201": {"pin": "0815", "loans": 4}, "r-3117": {"pin": "4711", "loans": 10}}


def headers_of(scope):
    """The headers of a request by name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def body_of(receive):
    """The whole body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def shelf(scope, receive):
    """GET /shelves/<number>.<letter>[/<subject>]"""
    steps = scope["path"].strip("/").split("/")
    if len(steps) not in (2, 3):
        return 404, {"error": "which shelf?"}
    entry = SHELVES.get(steps[1].lower())
    if entry is None:
        return 404, {"error": "no such shelf"}
    if len(steps) == 3 and steps[2] not in entry["subjects"]:
        return 404, {"error": "not on that shelf"}
    return 200, {"floor": entry["floor"], "lift": entry["floor"] > 1}


async def opening(scope, receive):
    """GET /opening?day=2024-05-31"""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        day = date.fromisoformat(query["day"][0])
    except (KeyError, ValueError):
        return 400, {"error": "which day?"}
    if day.weekday() == 6 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25)}:
        return 200, {"open": False}
    if day.month == 2 and day.day == 29:
        return 200, {"open": True, "until": 24}
    if day.weekday() == 4 and day.day == 13:
        return 200, {"open": True, "until": 13}
    return 200, {"open": True, "until": 18}


async def lend(scope, receive):
    """POST /loans, Basic login of a reader and the JSON of the loan"""
    scheme, _, login = headers_of(scope).get("authorization", "").partition(" ")
    try:
        reader, pin = base64.b64decode(login).decode("ascii").split(":") if scheme == "Basic" else ("", "")
    except ValueError:
        return 400, {"error": "broken login"}
    entry = READERS.get(reader)
    if entry is None or entry["pin"] != pin:
        return 401, {"error": "who are you?"}
    try:
        books = json.loads(await body_of(receive))["loan"]["books"]
    except (KeyError, TypeError, ValueError):
        return 400, {"error": "which books?"}
    if not isinstance(books, list) or entry["loans"] + len(books) > 12:
        return 409, {"error": "twelve books at most"}
    if [book for book in books if isinstance(book, dict) and book.get("shelf") == "rare"]:
        return 403, {"error": "rare books stay here"}
    return 201, {"loans": entry["loans"] + len(books)}


async def feed(scope, receive):
    """GET /feed, in a language and a shape the headers ask for"""
    headers = headers_of(scope)
    language = headers.get("accept-language", "en")[:2].lower()
    if language not in ("en", "fi", "sv"):
        return 406, {"error": "en, fi or sv"}
    if headers.get("accept") == "application/atom+xml":
        return 200, {"atom": language}
    agent, slash, version = headers.get("user-agent", "").partition("/")
    if slash and agent == "ShelfReader":
        major = version.split(".")[0]
        if not major.isdecimal() or int(major[:3]) < 4:
            return 426, {"error": "update the reader"}
    return 200, {"json": language}


async def label(scope, receive):
    """GET /labels/<signature>, such as QA.76.9-c"""
    signature = scope["path"].removeprefix("/labels/")
    letters = ""
    while signature[:1].isalpha():
        letters += signature[0]
        signature = signature[1:]
    if not letters.isupper() or len(letters) > 2:
        return 400, {"error": "one or two capital letters first"}
    numbers, dash, copy = signature.strip(".").partition("-")
    if not all(number.isdecimal() for number in numbers.split(".")):
        return 400, {"error": "then numbers"}
    if dash and copy not in "abc":
        return 404, {"error": "no such copy"}
    return 200, {"class": letters, "new": numbers == "2025"}


async def gate(scope, receive):
    """POST /gate, the line a gate sends: <checksum>*<kind>,<tag>,<count>"""
    line = (await body_of(receive)).decode("utf-8", "replace").strip()
    check, star, text = line.partition("*")
    if not star or len(check) != 2:
        return 400, {"error": "no checksum"}
    folded = 0
    for char in text:
        folded ^= ord(char)
    if f"{folded & 0xFF:02X}" != check.upper():
        return 400, {"error": "wrong checksum"}
    fields = text.split(",")
    match fields:
        case ["ALARM", tag, _] if tag.startswith("bk"):
            return 200, {"beep": True}
        case ["COUNT", _, count] if count.isdecimal():
            return 200, {"count": count}
        case [_]:
            return 202, {"short": True}
    return 202, {"fields": len(fields)}


ROUTES = {
    "shelves": ("GET", shelf),
    "opening": ("GET", opening),
    "loans": ("POST", lend),
    "feed": ("GET", feed),
    "labels": ("GET", label),
    "gate": ("POST", gate),
}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    method, handler = ROUTES.get(scope["path"].strip("/").partition("/")[0], (None, None))
    if handler is None:
        status, headers, body = 404, [], b""
    elif scope["method"] != method:
        status, headers, body = 405, [(b"allow", method.encode())], b""
    else:
        status, answer = await handler(scope, receive)
        headers, body = [(b"content-type", b"application/json")], json.dumps(answer).encode()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

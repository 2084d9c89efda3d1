"""A bare ASGI service of a games club: boards, chat, scores, hands of cards and bags."""

import json
from http import cookies
from itertools import pairwise
from urllib.parse import parse_qsl

LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
RANKS = "23456789TJQKA"
WEIGHTS = {"rope": 3, "lamp": 2, "anvil": 40, "map": 0}
PLAYERS = {"wren": {"rank": 12, "team": "reds"}, "otto": {"rank": 3, "team": "blues"}}


async def body_of(receive):
    """The whole body of a request."""
    chunks, message = [], {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
    return b"".join(chunks)


def header(scope, wanted):
    """The last header of a name, empty where there is none."""
    found = ""
    for name, value in scope["headers"]:
        if name == wanted:
            found = value.decode("latin-1")
    return found


async def board(scope, receive):
    """GET /board/<nine places>, such as XO..X..O."""
    places = scope["path"].rpartition("/")[2].upper()
    if len(places) != 9 or set(places) - set("XO."):
        return 400, {"error": "nine of X, O and ."}
    lead = places.count("X") - places.count("O")
    if lead not in (0, 1):
        return 422, {"error": "somebody moved twice"}
    winners = {places[a] for a, b, c in LINES if places[a] == places[b] == places[c] != "."}
    if len(winners) > 1 or (winners == {"O"} and lead == 1):
        return 422, {"error": "played on after the end"}
    if winners:
        return 200, {"winner": winners.pop()}
    return 200, {"next": "XO"[lead == 1]} if "." in places else {"draw": True}


async def chat(scope, receive):
    """POST /chat, JSON with a text that may be a command"""
    try:
        message = json.loads(await body_of(receive))
        text, sender = message["message"]["text"], message["message"]["sender"]["name"]
        words = text.split()
    except (AttributeError, KeyError, TypeError, ValueError):
        return 400, {"error": "no message"}
    player = PLAYERS.get(sender) if isinstance(sender, str) else None
    match words:
        case ["/me", *rest] if rest:
            return 200, {"acts": len(rest)}
        case ["/team", team] if player and player["team"] != team:
            return 200, {"moved": True}
        case ["/kick", name, "because", *_] if name in PLAYERS:
            if player is None or player["rank"] <= PLAYERS[name]["rank"]:
                return 403, {"error": "you cannot"}
            return 200, {"kicked": name}
        case [word, *_] if word[0] == "/":
            return 404, {"error": "no such command"}
    return 200, {"said": len(words)}


async def scores(scope, receive):
    """GET /scores?from=..&to=..&key=.., hexadecimal bounds"""
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    try:
        low, high = int(query.get("from", "0"), 16), int(query.get("to", "ffff"), 16)
    except ValueError:
        return 400, {"error": "hexadecimal"}
    if low > high or high >= 1 << 16:
        return 416, {"error": "bounds"}
    if "key" not in query:
        return 200, {"scores": [], "public": True}
    if query["key"] != f"{low ^ high:04x}":
        return 403, {"error": "wrong key"}
    return 200, {"scores": [], "public": low & 1 == high & 1}


async def hand(scope, receive):
    """POST /hands, five cards as text: AS KH 9D 9C 2S"""
    cards = (await body_of(receive)).decode("ascii", "replace").upper().split()
    if len(cards) != 5 or len(set(cards)) != 5:
        return 400, {"error": "five cards"}
    if any(len(card) != 2 or card[0] not in RANKS or card[1] not in "SHDC" for card in cards):
        return 422, {"error": "no such card"}
    places = sorted(RANKS.index(card[0]) for card in cards)
    flush = len({card[1] for card in cards}) == 1
    straight = all(right - left == 1 for left, right in pairwise(places))
    if flush and straight:
        return 200, {"hand": "royal flush" if places[0] == 8 else "straight flush"}
    if straight or flush:
        return 200, {"hand": "straight" if straight else "flush"}
    most = max(places.count(place) for place in places)
    if most == 4:
        return 200, {"hand": "four"}
    if most == 3 and len(set(places)) == 2:
        return 200, {"hand": "full house"}
    return 200, {"hand": "other"}


async def bag(scope, receive):
    """PUT /bag, JSON of things within things, for the player the cookie names"""
    try:
        jar = cookies.SimpleCookie(header(scope, b"cookie"))
    except cookies.CookieError:
        return 400, {"error": "cookie"}
    if "player" not in jar or (player := PLAYERS.get(jar["player"].value)) is None:
        return 401, {"error": "who plays?"}
    try:
        open_things = list(json.loads(await body_of(receive))["things"])
    except (KeyError, TypeError, ValueError):
        return 400, {"error": "things"}
    weight = depth = 0
    while open_things and depth < 50:
        depth += 1
        thing = open_things.pop()
        if isinstance(thing, str) and thing in WEIGHTS:
            weight += WEIGHTS[thing]
        elif isinstance(thing, dict) and isinstance(thing.get("holds"), list):
            open_things += thing["holds"]
        else:
            return 422, {"error": "unknown thing"}
    if weight > 10 * player["rank"]:
        return 409, {"error": "too heavy"}
    return 200, {"weight": weight}


ROUTES = {
    ("GET", "board"): board,
    ("POST", "chat"): chat,
    ("GET", "scores"): scores,
    ("POST", "hands"): hand,
    ("PUT", "bag"): bag,
}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    handler = ROUTES.get((scope["method"], scope["path"].lstrip("/").split("/")[0]))
    status, answer = await handler(scope, receive) if handler else (404, None)
    body = json.dumps(answer).encode() if answer is not None else b""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

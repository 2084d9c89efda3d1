"""For each handler set aside the requests that together take every outcome, but those marked unreachable."""

import base64
import json
from urllib.parse import urlencode


def request(method, path, query="", body=b"", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"method": method, "path": path, "query": query, "headers": headers, "body": body}


def get(path, query="", **headers):
    return request("GET", path, query if isinstance(query, str) else urlencode(query), **headers)


def form(path, fields=(), **headers):
    body = urlencode(fields).encode()
    return request("POST", path, body=body, Content_Type="application/x-www-form-urlencoded", **headers)


def put(path, value, **headers):
    return request("PUT", path, body=json.dumps(value).encode(), Content_Type="application/json", **headers)


def post(path, value, **headers):
    return {**put(path, value, **headers), "method": "POST"}


def upload(path, field, name, kind, content, **fields):
    body = b""
    for key, value in fields.items():
        body += f'--seam\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    body += f'--seam\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'.encode()
    body += f"Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n--seam--\r\n"
    return request("POST", path, body=body, Content_Type="multipart/form-data; boundary=seam")


def rule(text):
    return form("/venues/hours", {"rule": text})


def badges(content):
    return upload("/badges/import", "badges", "b.json", "application/json", content)


def token(claims):
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return get("/gate", Authorization=f"Token a.{middle}.c")


def role(current, wanted, hours, volunteer=2):
    return put(f"/volunteers/{volunteer}/role", {"role": {"from": current, "to": wanted}, "hours": hours})


def profile(**fields):
    return form("/profile", fields, Cookie="guard=abcd1234", X_Guard="abcd1234")


FLASK = {
    "ticket_price": [
        get("/tickets/price"),
        get("/tickets/price", "born=1990-01-31&visit=2025-07-16"),
        get("/tickets/price", "born=2026-01-31"),
        get("/tickets/price", "born=1990-07-18"),
        get("/tickets/price", "born=2020-01-31"),
        get("/tickets/price", "born=1990-01-31"),
        get("/tickets/price", "born=1990-01-31&visit=2025-07-20"),
    ],
    "find_asset": [
        get("/assets/ABC-1"),
        get("/assets/SPK-!"),
        get("/assets/SPK-9"),
        get("/assets/spk-10a"),
        get("/assets/spk-109"),
    ],
    "venue_hours": [
        rule("always"),
        rule("Fr-Mo 09:00-17:00"),
        rule("Mo 09:60-17:00"),
        rule("Fr-Sa 20:00-02:00"),
        rule("Mo-Fr 09:00-17:30"),
    ],
    "cast_ballot": [
        post("/ballots", []),
        post("/ballots", {"ranks": {"nobody": 1}}),
        post("/ballots", {"ranks": {"willow": 1, "harpers": "2"}}),
        post("/ballots", {"ranks": {"willow": 2}}),
        post("/ballots", {"ranks": {"blank": 1, "willow": 2}}),
        post("/ballots", {"ranks": {"harpers": 2, "willow": 1}}),
    ],
    "seat_in_hall": [
        get("/halls/shed/seats/A1"),
        get("/halls/barn/seats/J1"),
        get("/halls/barn/seats/D7"),
        get("/halls/chapel/seats/A1", "wheelchair=yes"),
        get("/halls/chapel/seats/C1", "wheelchair=yes"),
    ],
    "import_badges": [
        form("/badges/import"),
        badges(b"[]"),
        badges(b'{"badges": 1}'),
        badges(b'{"badges": [1]}'),
        badges(b'{"badges": [{"number": 14, "role": "stage"}]}'),
        badges(b'{"badges": [{"number": 13, "role": "stage"}]}'),
    ],
    "gatehouse": [
        get("/gate"),
        get("/gate", Authorization="Token a.x.c"),
        token([]),
        token({"iss": "gatehouse", "aud": ["front"]}),
        token({"iss": "gatehouse", "aud": ["front", "backstage"]}),
        token({"iss": "gatehouse", "aud": "backstage", "scope": "enter:day enter:night"}),
    ],
    "programme": [
        get("/programme", Cookie="lang=cy"),
        get("/programme", Accept_Language="ga-IE"),
        get("/programme", Accept_Language="ga;q=0, *"),
        get("/programme", Accept_Language="fr"),
    ],
    "Volunteers": [
        put("/volunteers/1/role", {}),
        role("crew", "crew", 1),
        role("crew", "head", 1),
        role("crew", "lead", 39),
        role("crew", "lead", 40),
    ],
    "paint": [
        get("/paints/xyz"),
        get("/paints/156"),
        get("/paints/777777"),
        get("/paints/f00"),
        get("/paints/00f"),
    ],
    "edit_profile": [
        form("/profile"),
        profile(action="rename", name="ann"),
        profile(action="rename", name="Ann  Lee"),
        profile(action="mute/mail"),
        profile(action="delete/1234"),
        profile(action="delete"),
    ],
    "archive_volume": [
        get("/archive/year"),
        get("/archive/MM"),
        get("/archive/mcmlxxiv"),
        get("/archive/mcmlxxiv", "reel=12", X_Reader="curator:ann"),
        get("/archive/MCMLXXXIX", "reel=8"),
    ],
}

CHILD = {"born": "31.01.2014", "school": "lake", "phone": "00358 40 1234567"}


def marks(*entries):
    return put("/marks/", {"pupil": {"marks": [{"weight": weight, "points": points} for weight, points in entries]}})


def sheet(content, cast="", name="station-1.txt"):
    return upload("/votes/", "sheet", name, "text/plain", content, cast=cast)


def hub(**fields):
    return {f"hub.{name}": value for name, value in fields.items()}


DJANGO = {
    "enrol": [
        form("/enrol/"),
        form("/enrol/", {**CHILD, "phone": "12"}),
        form("/enrol/", {**CHILD, "school": "music"}),
        form("/enrol/", {**CHILD, "sibling": "40117"}),
        form("/enrol/", CHILD),
        form("/enrol/", {**CHILD, "school": "north", "sibling": "1"}),
    ],
    "Timetable": [
        get("/timetable/2024/1/winter/"),
        get("/timetable/2024/53/autumn/"),
        get("/timetable/2024/1/autumn/"),
        get("/timetable/2024/40/autumn/", "form=x"),
        get("/timetable/2024/40/autumn/", "form=7b"),
    ],
    "record_marks": [
        put("/marks/", {}),
        marks((0, "1")),
        marks((99, "1")),
        marks((100, "16")),
        marks((100, "4.9")),
        put(
            "/marks/",
            {"pupil": {"marks": [{"weight": 100, "points": "13.5"}, {"weight": 1, "points": "1", "void": True}]}},
        ),
    ],
    "report_card": [
        get("/report-card/", Prefer="respond-async; wait=0"),
        get("/report-card/", Prefer="return=minimal"),
        get("/report-card/", "depth=3"),
        get("/report-card/", "depth=all"),
    ],
    "identify": [
        get("/identify/1/"),
        get("/identify/310252-308T/"),
        get("/identify/131052-308A/"),
        get("/identify/131052-308T/"),
        get("/identify/131052-900W/"),
    ],
    "count_votes": [
        form("/votes/"),
        sheet(b"a\tb"),
        sheet(b"#\na\t1", "2"),
        sheet(b"a\t1\nb\t1", "2"),
        sheet(b"a\t1\nb\t2", "3"),
        sheet(b"", "0"),
    ],
    "topic_hub": [
        get("/hub/"),
        get("/hub/", hub(topic="/topics/menus", mode="subscribe", lease_seconds="10")),
        form("/hub/", hub(topic="/topics/menus", mode="subscribe")),
        get("/hub/", hub(topic="/topics/menus", mode="unsubscribe", callback="here")),
        get("/hub/", hub(topic="/topics/menus")),
        get("/hub/", hub(topic="/topics/menus", mode="ask")),
    ],
    "api_root": [
        get("/api/", Accept="text/html"),
        get("/api/", Accept="application/json; version=2"),
        get("/api/", Accept="application/json; version=3; charset=utf-8"),
        get("/api/", Accept="application/json; charset=utf-8"),
    ],
    "schedule_bell": [
        form("/bells/"),
        form("/bells/", {"when": "a * * * *"}),
        form("/bells/", {"when": "60 * * * *"}),
        form("/bells/", {"when": "*/5 * * * *"}),
        form("/bells/", {"when": "5 8-15 * * 1-5"}),
    ],
    "locker": [
        get("/lockers/40000/"),
        get("/lockers/40230/"),
        get("/lockers/40230/", Cookie="teacher_of=9a"),
        get("/lockers/40230/", "name=salmi", Cookie="teacher_of=9a"),
        get("/lockers/51004/", "name=VIRTANEN", Cookie="teacher_of=9a"),
        get("/lockers/40117/", "name=Aalto", Cookie="teacher_of=7b"),
    ],
}


def meter(serial, before, after, unit="kWh", estimated=False):
    return post("/meters", {"serial": serial, "unit": unit, "before": before, "after": after, "estimated": estimated})


def leg(origin, target, **vehicle):
    return {"origin": origin, "target": target, "vehicle": vehicle}


def area(value, **fields):
    content = value if isinstance(value, bytes) else json.dumps({"features": [{"geometry": value}]}).encode()
    return upload("/areas", "area", "a.json", "application/json", content, **fields)


def polygon(*points, **fields):
    return area({"type": "Polygon", "coordinates": [points]}, **fields)


def calculate(*program):
    return post("/calculate", {"program": list(program)})


def bay(depot, number, day="2024-05-02", **fields):
    return form("/fleet/bays", {"depot": depot, "bay": number, "day": day, **fields})


LIGHT = {"kind": "truck", "axles": 2, "weight": 20}

FASTAPI = {
    "read_meter": [
        meter("abc-000002", 0, 0),
        meter("ABC-000001", 99001, 1),
        meter("ABC-000001", 99000, 1),
        meter("ABC-000001", 0, 6, "MWh"),
        meter("GAS-000001", 0, 6),
        meter("ABC-000001", 0, 6),
    ],
    "plan_route": [
        post("/fleet/routes", [leg("a", "b", **LIGHT), leg("c", "d", **LIGHT)]),
        post("/fleet/routes", [leg("a", "b", kind="barge", draught=3.5, locks=["old-lock"])]),
        post("/fleet/routes", [leg("a", "b", kind="truck", axles=2, weight=20.5)]),
        post("/fleet/routes", [leg("a", "b", **LIGHT), leg("b", "a", kind="barge", draught=3)]),
        post("/fleet/routes", [leg("a", "b", **LIGHT)]),
    ],
    "list_trucks": [
        get("/fleet/trucks", X_Tenant="none"),
        get("/fleet/trucks", X_Tenant="tern"),
        get("/fleet/trucks", "zone=uk-1&size=6", X_Tenant="tern"),
        get("/fleet/trucks", "zone=uk-7&state=repair", X_Tenant="tern"),
        get("/fleet/trucks", "zone=uk-7", X_Tenant="tern"),
        get("/fleet/trucks", "state=idle", X_Tenant="blue-line"),
    ],
    "import_area": [
        upload("/areas", "area", "a.txt", "text/plain", b""),
        area(b"{}"),
        polygon((0, 0)),
        polygon((0, 0), (0, 1), (1, 1), (1, 0)),
        polygon((0, 0), (0, 1), (1, 1), (0, 0)),
        polygon((0, 0), (1, 1), (0, 1), (0, 0)),
        polygon((0, 0), (1, 1), (2, 2), (3, 3), closed="false"),
    ],
    "tariff": [
        get("/tariff", "at=2024-05-02T10:00:00"),
        get("/tariff", "at=2024-05-02T10:00:00%2B05:30"),
        get("/tariff", "at=2024-05-04T10:00:00Z"),
        get("/tariff", "at=2024-05-02T10:00:00Z&type=works&peak=251"),
        get("/tariff", "at=2024-05-02T00:00:00Z"),
        get("/tariff", "at=2024-05-02T12:00:00Z"),
        get("/tariff", "at=2024-05-02T18:00:00Z"),
    ],
    "container": [
        get("/fleet/containers/1"),
        get("/fleet/containers/CSQA3054383"),
        get("/fleet/containers/CSQU3054384"),
        get("/fleet/containers/csqu%20305438%203"),
    ],
    "calculate": [
        calculate("dup"),
        calculate(),
        calculate(1, "dup", "sub"),
        calculate(1, 2, "add"),
    ],
    "terms": [
        get("/terms", If_Modified_Since="soon"),
        get("/terms", If_Modified_Since="Sun, 05 Nov 2023 12:00:00 GMT"),
        get("/terms", If_Modified_Since="Sun, 05 Nov 2023 11:59:59 GMT"),
        get("/terms", Cookie="agreed=v3"),
    ],
    "book_bay": [
        bay("XXX", 1),
        bay("GOT", 4),
        bay("RTM", 1, cargo="fish:frozen"),
        bay("RTM", 1, "2021-01-01", cargo="steel"),
        bay("HAM", 2),
    ],
    "from_office": [
        get("/office"),
        get("/office", X_Real_IP="::1"),
        get("/office", X_Forwarded_For="10.20.1.1, 10.0.0.1, 10.0.0.1"),
        get("/office", X_Forwarded_For="192.0.2.70,"),
        get("/office", X_Real_IP="127.0.0.1"),
    ],
}


def digest(**pairs):
    return get("/logbook", Authorization="Digest " + ", ".join(f'{name}="{value}"' for name, value in pairs.items()))


def preferences(text):
    return request("PUT", "/preferences", body=text)


def transfer(routing, value, **more):
    return post("/transfers", {"to": {"routing": routing}, "amount": {"value": value}, **more})


WSGI = {
    "app": [get("/none"), get("/aircraft", "reg=D-1234")],
    "wind": [
        get("/wind"),
        get("/wind/EFHK/calm"),
        get("/wind/EFHK/VRB07KT"),
        get("/wind/EFHK/27510KT"),
        get("/wind/EHAM/27010G20KT"),
        get("/wind/EHAM/00000MPS"),
        get("/wind/LSZB/VRB03KT"),
    ],
    "registration": [
        get("/aircraft"),
        get("/aircraft", "reg=OH-"),
        get("/aircraft", "reg=d-eabc"),
        get("/aircraft", "reg=OH-123"),
        get("/aircraft", "reg=OH-ABC"),
        get("/aircraft", "reg=OH-ABCD"),
    ],
    "preferences": [
        preferences(b"a=1"),
        preferences(b"[units]\naltitude=miles"),
        preferences(b"# all\n\n[ Alerts ]\nbelow = 1500  # feet"),
        preferences(b"[units]\naltitude=metres"),
    ],
    "logbook": [
        get("/logbook"),
        digest(username="none", nonce="abcd"),
        get("/logbook", Authorization='Digest username="a", username="b"'),
        digest(username="aino", nonce="abcdefgh", response="no"),
        digest(username="aino", nonce="abcdefgh", response="abcdb4f1"),
    ],
    "transfer": [
        post("/transfers", {}),
        transfer("1", "1"),
        transfer("011000016", "1"),
        transfer("011000015", "0"),
        transfer("011000015", "10000"),
        transfer("011000015", "10000.00", purpose="hangar"),
    ],
}


def say(text, sender="otto"):
    return post("/chat", {"message": {"text": text, "sender": {"name": sender}}})


def hand(text):
    return request("POST", "/hands", body=text)


def bag(value, cookie="player=otto"):
    return put("/bag", value, Cookie=cookie)


ASGI = {
    "app": [get("/none"), get("/scores")],
    "board": [
        get("/board/x"),
        get("/board/XXX......"),
        get("/board/XXXOOO..."),
        get("/board/XXXOO...."),
        get("/board/XO......."),
        get("/board/X........"),
        get("/board/XOXXOOOXX"),
    ],
    "chat": [
        post("/chat", {}),
        say("/me waves"),
        say("/team reds"),
        say("/kick wren because"),
        say("/kick otto because of that", "wren"),
        say("/dance"),
        say("hello", 5),
    ],
    "scores": [
        get("/scores", "from=x"),
        get("/scores", "from=2&to=1"),
        get("/scores"),
        get("/scores", "from=1&to=3&key=0"),
        get("/scores", "from=1&to=3&key=0002"),
    ],
    "hand": [
        hand(b"AS"),
        hand(b"AS KS QS JS 1S"),
        hand(b"AS KS QS JS TS"),
        hand(b"9S KS QS JS TS"),
        hand(b"9H KS QS JS TS"),
        hand(b"2S KS QS JS TS"),
        hand(b"2S 2H 2D 2C TS"),
        hand(b"2S 2H 2D TC TS"),
        hand(b"2S 3H 5D TC TS"),
    ],
    "bag": [
        bag({}, "a,b=1"),
        bag({}, "player=nobody"),
        bag({}),
        bag({"things": [1]}),
        bag({"things": ["anvil"]}),
        bag({"things": [{"holds": ["map", "rope"]}]}),
    ],
}

WITNESSES = {
    "flask_guards": FLASK,
    "django_guards": DJANGO,
    "fastapi_guards": FASTAPI,
    "wsgi_guards": WSGI,
    "asgi_guards": ASGI,
}

"""For each handler the requests that together take every outcome of its branches, but those marked unreachable."""

import base64
import json
from urllib.parse import urlencode


def ask(method, path, query="", headers=None, body=b""):
    return {"method": method, "path": path, "query": query, "headers": headers or {}, "body": body}


def get(path, query="", **headers):
    return ask("GET", path, query, {name.replace("_", "-"): value for name, value in headers.items()})


def form(path, fields=(), method="POST", query="", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return ask(method, path, query, headers, urlencode(fields).encode())


def send(path, value, method="POST", query="", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Content-Type"] = "application/json"
    return ask(method, path, query, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


def upload(path, field, name, content, kind="application/octet-stream", fields=()):
    parts = [
        f'--frontier\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields
    ]
    head = (
        f'--frontier\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {kind}\r\n'
    )
    parts.append(head.encode() + b"\r\n" + content + b"\r\n--frontier--\r\n")
    return ask("POST", path, "", {"Content-Type": "multipart/form-data; boundary=frontier"}, b"".join(parts))


def basic(login):
    return "Basic " + base64.b64encode(login.encode()).decode()


SIGNUP = {"email": "eve@example.com", "password": "longenough1", "confirm": "longenough1", "terms": "on"}
SIGNED = {"X_Hub_Signature_256": "sha256=" + "0" * 64}
CLERK = basic("marta:kestrel-7")

FLASK = {
    "redeem_coupon": [
        get("/coupons/NONE"),
        get("/coupons/spring15", "total=ten"),
        get("/coupons/spring15", "total=-1"),
        get("/coupons/spring15", "total=39"),
        get("/coupons/spring15", "total=40"),
        get("/coupons/tenoff", "total=60"),
        get("/coupons/shipfree", "total=25"),
    ],
    "shipping_quote": [
        get("/shipping/quote"),
        get("/shipping/quote", "grams=1&zone=moon"),
        get("/shipping/quote", "grams=31501"),
        get("/shipping/quote", "grams=500&express=yes"),
        get("/shipping/quote", "grams=500&zone=nordics"),
    ],
    "signup": [
        form("/signup"),
        form("/signup", {**SIGNUP, "password": "short"}),
        form("/signup", {**SIGNUP, "confirm": ""}),
        form("/signup", {**SIGNUP, "terms": ""}),
        form("/signup", {**SIGNUP, "invite": "me"}),
        form("/signup", SIGNUP),
    ],
    "invoice_by_number": [
        get("/invoices/1"),
        get("/invoices/INV-1999-00001-01"),
        get("/invoices/INV-2020-00123-00"),
        get("/invoices/INV-2020-00123-48"),
        get("/invoices/INV-2020-90001-07"),
    ],
    "book_by_isbn": [
        get("/books/1"),
        get("/books/0-43942089-X"),
        get("/books/0439X20890"),
        get("/books/978-3-16-148410-0"),
        get("/books/1234567890123"),
    ],
    "import_products": [
        form("/products/import"),
        upload("/products/import", "feed", "a.csv", b"\xff"),
        upload("/products/import", "feed", "a.csv", b"sku"),
        upload("/products/import", "feed", "a.csv", b"sku;name;price\na;b\na;b;1\n"),
        upload("/products/import", "feed", "a.csv", b"sku;name;price\na;b;c\n"),
    ],
    "github_hook": [
        send("/hooks/github", {}),
        send("/hooks/github", [], **SIGNED),
        send("/hooks/github", {}, X_GitHub_Event="ping", **SIGNED),
        send("/hooks/github", {"ref": "refs/heads/main"}, X_GitHub_Event="push", **SIGNED),
        send("/hooks/github", {}, X_GitHub_Event="pull_request", **SIGNED),
        send(
            "/hooks/github",
            {"pull_request": {"merged": True, "base": {"ref": "release"}}},
            X_GitHub_Event="pull_request",
            **SIGNED,
        ),
        send(
            "/hooks/github",
            {"pull_request": {"merged": True, "base": {"ref": "main"}}},
            X_GitHub_Event="pull_request",
            **SIGNED,
        ),
    ],
    "place_order": [
        send("/orders", {}),
        send("/orders", {"customer": {"address": {"country": "DE"}}, "items": [1]}),
        send("/orders", {"customer": {"address": {"country": "DE"}}, "items": [{"qty": 0}]}),
        send("/orders", {"customer": {"address": {"country": "US"}}, "items": [{"qty": 1, "hazmat": True}]}),
        send("/orders", {"customer": {"address": {"country": "US"}}, "items": [{"qty": 99}, {"qty": 2}]}),
        send("/orders", {"customer": {"address": {"country": "DE"}}, "items": [{"qty": 1}]}),
    ],
    "set_flag": [
        ask("PUT", "/flags/new"),
        ask("PUT", "/flags/new", headers={"Authorization": "Bearer x"}),
        ask("PUT", "/flags/new", headers={"Authorization": "Bearer tok_9f27c1"}),
        ask("PUT", "/flags/danger_zone", headers={"Authorization": "Bearer tok_41bb08"}),
        ask("PUT", "/flags/danger_zone", headers={"Authorization": "Bearer tok_e6603a"}),
    ],
    "export_sales": [
        get("/export/lyon"),
        get("/export/lyon", Authorization=basic("marta:heron-12")),
        get("/export/gent", Authorization=CLERK),
        get("/export/lyon", "level=3", Authorization=CLERK),
        get("/export/lyon", "level=2", Authorization=CLERK),
    ],
    "Bookings": [
        form("/bookings"),
        form("/bookings", {"arrival": "2024-05-02", "departure": "2024-05-02"}),
        form("/bookings", {"arrival": "2024-05-02", "departure": "2024-05-24"}),
        form("/bookings", {"arrival": "2024-12-20", "departure": "2024-12-23"}),
        form("/bookings", {"arrival": "2024-05-03", "departure": "2024-05-05"}),
        form("/bookings", {"arrival": "2024-02-29", "departure": "2024-03-01"}),
    ],
    "search_products": [
        get("/search", "tag=a&tag=b&tag=c&tag=d"),
        get("/search", "q=lamp&sort=-price"),
        get("/search", "q=nothing"),
        get("/search", "tag=light&sort=weight"),
        get("/search", "tag=light"),
    ],
    "welcome": [
        get("/welcome"),
        get("/welcome", Cookie="prefs=theme:neon"),
        get("/welcome", Cookie="prefs=theme:dark|lang:fr|beta:2"),
    ],
    "catalogue": [
        get("/catalogue"),
        get("/catalogue", Accept="text/csv, text/html;q=0.1"),
        get("/catalogue", Accept="application/vnd.shop+json;q=0.5"),
        get("/catalogue", Accept="text/html;q=much"),
    ],
    "check_vat": [
        get("/vat/BE/none"),
        get("/vat/be/0403969168"),
        get("/vat/LU/12345613"),
        get("/vat/IT/07430110150"),
        get("/vat/SI/07430110151"),
        get("/vat/XX/1"),
    ],
    "track_shipment": [
        get("/tracking/00000000-0000-0000-0000-000000000000"),
        get("/tracking/6f0c2a1e-7d5b-4c38-9a53-1d0a7c0f5e11"),
        get("/tracking/6f0c2a1e-7d5b-4c38-9a53-1d0a7c0f5e11", "postcode=50667"),
        get("/tracking/6f0c2a1e-7d5b-4c38-9a53-1d0a7c0f5e11", "postcode=50667&parcel=3"),
        get("/tracking/b7a0d9d4-20a4-4e0e-8a3f-55a1a8a7e2c9", "postcode=1012+ab"),
    ],
    "ledger_page": [
        get("/ledger"),
        get("/ledger", "cursor=x"),
        get("/ledger", "cursor=b3RoZXI6MTpvbg=="),
        get("/ledger", "cursor=bGVkZ2VyOjMwOmJhY2s="),
        get("/ledger", "cursor=bGVkZ2VyOjMwOm9u"),
        get("/ledger", "cursor=bGVkZ2VyOjUwOm9u"),
    ],
    "reindex": [
        get("/internal/reindex"),
        get("/internal/reindex", X_Internal_Key="ops-0522"),
        get("/internal/reindex", "index=no", X_Internal_Key="ops-0514"),
        get("/internal/reindex", X_Internal_Key="ops-0514"),
        form("/internal/reindex", {"confirm": "reindex all", "dry": "Yes"}, X_Internal_Key="ops-0514"),
        form("/internal/reindex", {"index": "products"}, X_Internal_Key="ops-0514"),
    ],
    "load_gift_card": [
        form("/giftcards"),
        form("/giftcards", {"number": "1234567890123456"}),
        form("/giftcards", {"number": "6035123456789012"}),
        form("/giftcards", {"number": "6035123456789011"}),
        form("/giftcards", {"number": "6035 1234 5678 9011", "pin": "1109"}),
    ],
    "bank_transfer": [
        send("/transfers", {}),
        send("/transfers", {"iban": "x"}),
        send("/transfers", {"iban": "DE00370400440532013000"}),
        send("/transfers", {"iban": "DE89370400440532013000", "bic": "BNPAFRPP"}),
        send("/transfers", {"iban": "DE89370400440532013000", "bic": "COBADEFF"}),
        send("/transfers", {"iban": "GB82WEST12345698765432"}),
    ],
    "file_rights": [
        get("/files/512/ann"),
        get("/files/2/ann"),
        get("/files/64/root"),
        get("/files/64/ann"),
    ],
}

ORDER = {"sku": "TRIP-001", "seats": "41"}


def move(source, target, article, pieces):
    route = {"from": {"depot": source}, "to": {"depot": target}}
    return send("/stock/move/", {"route": route, "article": article, "pieces": pieces})


def charge(kind, amount, currency):
    event = {"type": kind, "data": {"object": {"amount": amount, "currency": currency}}}
    return send("/hooks/payment/", event, Pay_Signature="t=1,v1=" + "a" * 32)


DJANGO = {
    "order_trip": [
        form("/orders/"),
        form("/orders/", {**ORDER, "sku": "TRIP-113"}),
        form("/orders/", {**ORDER, "gift": "on"}),
        form("/orders/", {**ORDER, "gift": "on", "message": "enjoy"}),
        form("/orders/", ORDER),
    ],
    "read_article": [
        get("/articles/2021/none/"),
        get("/articles/2020/night-trains/"),
        get("/articles/2021/night-trains/"),
        get("/articles/2025/draft-azores/"),
        get("/articles/2019/slow-alps/"),
        get("/articles/2019/slow-alps/", Cookie="member=yes"),
    ],
    "Stays": [
        get("/stays/"),
        get("/stays/", "from=x&to=y"),
        get("/stays/", "from=2024-05-02&to=2024-05-01"),
        get("/stays/", "from=2024-05-02&to=2024-06-01"),
        get("/stays/", "from=2024-07-01&to=2024-07-08"),
        get("/stays/", "from=2024-07-06&to=2024-07-08"),
    ],
    "move_stock": [
        send("/stock/move/", {}),
        move(1, "harbour", "stove", 1),
        move("north", "north", "stove", 1),
        move("north", "harbour", "kettle", 1),
        move("north", "harbour", "stove", 4),
        move("north", "harbour", "stove", 3),
        move("north", "harbour", "stove", 2),
    ],
    "feature": [
        get("/features/none/"),
        get("/features/seat-map/", Cookie="force_seat-map=on"),
        get("/features/seat-map/"),
        get("/features/new-checkout/", X_User="G"),
        get("/features/new-checkout/", X_User="a"),
    ],
    "upload_photo": [
        form("/photos/"),
        upload("/photos/", "photo", "a.txt", b"a"),
        upload("/photos/", "photo", "a.png", b"a" * 4097),
        upload("/photos/", "photo", "a.png", b"\x89PNG\r\n\x1a\n"),
        upload("/photos/", "photo", "a.gif", b"GIF89a.."),
        upload("/photos/", "photo", "a.png", b"GIF89a.."),
        upload("/photos/", "photo", "a.png", b"BM"),
    ],
    "payment_hook": [
        send("/hooks/payment/", {}, Pay_Signature="t"),
        send("/hooks/payment/", {}, Pay_Signature="t=1,v1=" + "a" * 32),
        charge("charge.refunded", -5, "eur"),
        charge("charge.succeeded", 0, "eur"),
        charge("charge.succeeded", 5, "eur"),
        charge("charge.succeeded", 5, "usd"),
    ],
    "document": [
        get("/documents/00000000-0000-0000-0000-000000000000/"),
        get("/documents/0b9d1c52-38ab-4d43-b7d5-8f3a44f0a6be/", If_None_Match='"a17"'),
        get("/documents/0b9d1c52-38ab-4d43-b7d5-8f3a44f0a6be/", "page=one"),
        get("/documents/0b9d1c52-38ab-4d43-b7d5-8f3a44f0a6be/", "page=3"),
        get("/documents/0b9d1c52-38ab-4d43-b7d5-8f3a44f0a6be/", "page=2"),
    ],
    "appointment": [
        get("/appointments/"),
        get("/appointments/", "at=2024-05-02T10:00:00Z"),
        get("/appointments/", "at=2024-05-04T10:00:00"),
        get("/appointments/", "at=2024-05-02T10:05:00"),
        get("/appointments/", "at=2024-05-02T10:20:00"),
        get("/appointments/", "at=2024-05-02T12:40:00"),
    ],
    "stack_coupons": [
        form("/coupons/", [("coupon", " ")]),
        form("/coupons/", [("coupon", "a"), ("coupon", "A")]),
        form("/coupons/", [("coupon", "solo10"), ("coupon", "a")]),
        form("/coupons/", [("coupon", "may30"), ("coupon", "june30")]),
        form("/coupons/", [("coupon", "may30"), ("coupon", "extra")]),
    ],
    "agency_report": [
        get("/reports/agency/"),
        get("/reports/agency/", Authorization="Basic x"),
        get("/reports/agency/", Authorization=basic("agency-lyon:ochre")),
        get("/reports/agency/", "city=Porto", Authorization=basic("agency-lyon:violet")),
        get("/reports/agency/", "city=Lyon", Authorization=basic("agency-lyon:violet")),
    ],
    "identity_card": [
        get("/cards/1/"),
        get("/cards/12345678I/"),
        get("/cards/12345678A/"),
        get("/cards/12345678Z/"),
        get("/cards/00012345-v/"),
    ],
    "fare_rules": [
        form("/fares/"),
        form("/fares/", {"rules": "[]"}),
        form("/fares/", {"rules": "[1]"}),
        form("/fares/", {"rules": '[{"off": 5, "class": "eco"}]', "class": "eco"}),
        form("/fares/", {"rules": '[{"off": 5, "class": "eco"}]', "class": "first"}),
    ],
    "change_status": [
        form("/status/lost/pay/"),
        form("/status/draft/pay/"),
        form("/status/paid/send/", query="carrier=gls"),
        form("/status/sent/close/", method="PATCH"),
        form("/status/closed/pay/"),
        form("/status/draft/close/"),
    ],
    "nearest_office": [
        get("/offices/nearest/"),
        get("/offices/nearest/", "at=a,b"),
        get("/offices/nearest/", "at=91,0"),
        get("/offices/nearest/", "at=41,-8"),
        get("/offices/nearest/", "at=38,-9"),
        get("/offices/nearest/", "at=90,0"),
        get("/offices/nearest/", "at=0,0"),
    ],
    "trips": [
        get("/trips/", "page=x"),
        get("/trips/", "size=5"),
        get("/trips/", "page=8"),
        get("/trips/", "page=-1"),
        get("/trips/", "page=1"),
    ],
    "second_factor": [
        form("/second-factor/"),
        form("/second-factor/", {"email": "joao@example.org"}),
        form("/second-factor/", {"email": "ines@example.org"}),
        form("/second-factor/", {"email": "ines@example.org", "pin": "480913", "amount": "251"}),
        form("/second-factor/", {"email": "ines@example.org", "pin": "480913", "amount": "250.00"}),
    ],
}

ACCOUNT = {"name": "eve", "email": "eve@club.example", "password": "longenough", "repeat": "longenough", "age": 20}


def pay(source, amount=10):
    return send("/payments", {"amount": amount, "source": source})


def card(number, expires):
    return pay({"method": "card", "number": number, "expires": expires})


def debit(iban):
    return pay({"method": "debit", "iban": iban, "mandate": "2024-01-01"})


def reading(sensor, value, at="2024-05-02T23:00:00"):
    return {"sensor": sensor, "value": value, "at": at}


def room(path, key, query=""):
    return ask("POST", path, query, {"X-API-Key": key})


FASTAPI = {
    "create_account": [
        send("/accounts", {**ACCOUNT, "email": "eve@example.com"}),
        send("/accounts", {**ACCOUNT, "repeat": "other"}),
        send("/accounts", {**ACCOUNT, "password": "steven-12", "repeat": "steven-12"}),
        send("/accounts", {**ACCOUNT, "email": "eve@clinic.example"}),
        send("/accounts", {**ACCOUNT, "age": 15}),
        send("/accounts", ACCOUNT),
    ],
    "pay": [
        card("4111111111111112", "06/26"),
        card("4111111111111111", "05/26"),
        card("4111111111111111", "06/26"),
        debit("DE00"),
        debit("NL00"),
        pay({"method": "voucher", "codes": ["a", "a"]}),
        pay({"method": "voucher", "codes": ["V10", "a"]}),
        pay({"method": "voucher", "codes": ["a"]}),
    ],
    "find_courses": [
        get("/courses", "day=sun&day=sat"),
        get("/courses", "level=5"),
        get("/courses", "level=5&teacher=Okafor"),
        get("/courses"),
    ],
    "read_record": [
        get("/records/00000000-0000-0000-0000-000000000000"),
        get("/records/5f8e2a34-2f3b-4d6e-8a71-0d3b9d8c7e60", If_Match='"1"'),
        get("/records/5f8e2a34-2f3b-4d6e-8a71-0d3b9d8c7e60", "shape=raw"),
        get("/records/5f8e2a34-2f3b-4d6e-8a71-0d3b9d8c7e60", "shape=full", If_Match='"4"'),
        get("/records/c2a1b7d8-90ef-4c11-b3a4-6a5e4d3c2b1a"),
    ],
    "open_room": [
        ask("POST", "/rooms/front/open"),
        room("/rooms/front/open", "no"),
        room("/rooms/archive/open", "k-desk-0412"),
        room("/rooms/front/open", "k-desk-0412", "hour=19"),
        room("/rooms/front/open", "k-desk-0412"),
        room("/rooms/archive/open", "k-head-9000"),
    ],
    "upload_measurements": [
        upload("/measurements", "sheet", "a.txt", b""),
        upload("/measurements", "sheet", "a.csv", b"\xff"),
        upload("/measurements", "sheet", "a.csv", b"a"),
        upload("/measurements", "sheet", "a.csv", b"#"),
        upload("/measurements", "sheet", "a.csv", b"a,34"),
        upload("/measurements", "sheet", "a", b"a,1\nb,2\nc,3", "text/csv"),
        upload("/measurements", "sheet", "a.csv", b"a,40", fields=[("unit", "mg")]),
    ],
    "log_in": [
        form("/login", {"username": "ada", "password": "x"}),
        form("/login", {"username": "alan", "password": "enigma-1912"}),
        form("/login", {"username": "ada", "password": "lovelace-1815"}),
        form("/login", {"username": "ada", "password": "lovelace-1815", "code": "000004"}),
        form("/login", {"username": " Ada ", "password": "lovelace-1815", "code": "000003"}),
    ],
    "reserve": [
        send("/stays", {"room": 217, "first": "2024-05-02", "last": "2024-05-01"}),
        send("/stays", {"room": 17, "first": "2024-05-02", "last": "2024-05-03"}),
        send("/stays", {"room": 218, "first": "2024-05-02", "last": "2024-05-03"}),
        send("/stays", {"room": 104, "first": "2024-05-02", "last": "2024-05-03", "guests": 3}),
        send("/stays", {"room": 104, "first": "2024-01-02", "last": "2024-01-03"}),
        send("/stays", {"room": 217, "first": "2024-02-29", "last": "2024-03-07"}),
        send("/stays", {"room": 104, "first": "2024-05-02", "last": "2024-05-03"}),
    ],
    "gross_price": [
        get("/prices/10", "country=XX"),
        get("/prices/200"),
        get("/prices/10", "discount=0.5"),
        get("/prices/10", "country=hu"),
    ],
    "price_cart": [
        send("/carts", {"lines": []}),
        send("/carts", {"lines": [{"sku": "a", "count": 1, "options": [{"name": "engraving", "extra": 25}]}]}),
        send("/carts", {"lines": [{"sku": "MED-1", "count": 3}]}),
        send("/carts", {"lines": [{"sku": "a", "count": 1}], "note": "URGENT"}),
        send("/carts", {"lines": [{"sku": "a", "count": 1, "options": [{"name": "gift", "extra": 2}]}]}),
    ],
    "who_am_i": [
        get("/me"),
        get("/me", Cookie="session=x"),
        get("/me", Cookie="session=ada:admin:0000"),
        get("/me", Cookie="session=bob:admin:0062"),
        get("/me", Cookie="session=ada:admin:0062"),
        get("/me", Cookie="session=:user:0004"),
    ],
    "telemetry": [
        send("/telemetry", [reading("temp", 9), reading("door", 1)]),
        send("/telemetry", [reading("temp", 9), reading("power", 0)]),
        send("/telemetry", [reading("temp", 9)]),
    ],
    "share": [
        ask("PUT", "/shares/2"),
        ask("PUT", "/shares/13"),
        ask("PUT", "/shares/8", "with=@all"),
        ask("PUT", "/shares/8"),
    ],
    "lab_hook": [
        send("/hooks/lab", {}),
        send("/hooks/lab", b"{", X_Lab_Tag="Lab/1"),
        send("/hooks/lab", {"version": 1}, X_Lab_Tag="Lab/1"),
        send("/hooks/lab", {"version": 3}, X_Lab_Tag="Lab/1"),
        send("/hooks/lab", {"version": 2, "result": '{"positive": true}'}, X_Lab_Tag="Lab/1"),
        send("/hooks/lab", {"version": 3, "result": []}, X_Lab_Tag="Lab/1"),
    ],
    "patch_settings": [
        send("/settings", {"changes": {}, "revision": 1}, "PATCH"),
        send("/settings", {"changes": {"colour": 1}, "revision": 17}, "PATCH"),
        send("/settings", {"changes": {"quiet": 1}, "revision": 17}, "PATCH"),
        send("/settings", {"changes": {"quiet": [22, 7]}, "revision": 17}, "PATCH"),
        send("/settings", {"changes": {"quiet": [1, 7]}, "revision": 1}, "PATCH", "force=true"),
        send("/settings", {"changes": {"digest": 1}, "revision": 17}, "PATCH"),
    ],
    "quote_plan": [
        get("/plans/none/quote", "seats=1"),
        get("/plans/solo/quote", "seats=1&currency=SEK"),
        get("/plans/team-09/quote", "seats=10&currency=SEK"),
        get("/plans/solo/quote", "seats=3"),
    ],
    "reminder": [
        get("/reminders/x"),
        get("/reminders/P1W1D"),
        get("/reminders/P"),
        get("/reminders/P1D"),
        get("/reminders/PT90M"),
    ],
}


def slot(plate, time):
    return form("/slots", {"plate": plate, "slot": time})


def frame(text):
    return ask("POST", "/frames", body=text)


def rpc(method, params):
    return send("/rpc", {"jsonrpc": "2.0", "method": method, "params": params})


def door(badge, name="", doors=""):
    return ask("POST", "/door", headers={"Cookie": f"badge={badge}", "X-Operator": name, "X-Doors": doors})


WSGI = {
    "app": [get("/none"), get("/rpc"), get("/status/belt")],
    "component_status": [
        get("/status/none"),
        get("/status/crane/history"),
        get("/status/crane/colour"),
        get("/status/crane"),
    ],
    "convert_units": [
        get("/convert"),
        get("/convert", "value=1&from=kg&to=lb"),
        get("/convert", "value=-300&from=c&to=f"),
        get("/convert", "value=1&from=c&to=f"),
        get("/convert", "value=1&from=c&to=kg"),
        get("/convert", "value=1&from=c&to=c"),
    ],
    "book_slot": [
        ask("POST", "/slots"),
        slot("?", ""),
        slot("K-AB-1", ""),
        slot("K-AB-1E", "A@15"),
        slot("k ab 1e", "C@15"),
        slot("K-AB-1", "A@16"),
    ],
    "json_rpc": [
        send("/rpc", b"{"),
        send("/rpc", []),
        rpc("add", [1, 2]),
        rpc("crane.move", {"to": {"bay": 40, "row": "L"}}),
        rpc("add", []),
        rpc("sub", []),
    ],
    "machine_frame": [
        frame(b"zz"),
        frame(b"00"),
        frame(b"7e 02 22 23"),
        frame(b"7e 01 22 22"),
        frame(b"7e 01 22 23"),
        frame(b"7e 03 21 01 02 27"),
    ],
    "operator_door": [
        ask("POST", "/door", headers={"Cookie": "a,b=1"}),
        ask("POST", "/door"),
        door("7c1d"),
        door("7c1d", "Nils", "gate, vault"),
        door("7c1d", "Nils", "gate"),
    ],
    "manifest": [
        get("/manifest"),
        get("/manifest", Range="lines=1-2"),
        get("/manifest", Range="bytes=-5"),
        get("/manifest", Range="bytes=9-5"),
        get("/manifest", Range="bytes=5-9"),
        get("/manifest", Range="bytes=5-"),
    ],
}


def loan(value, login="r-2201:0815"):
    return send("/loans", value, Authorization=basic(login))


def books(*entries):
    return {"loan": {"books": list(entries)}}


ASGI = {
    "app": [get("/none"), get("/loans"), get("/shelves/12.b")],
    "shelf": [
        get("/shelves"),
        get("/shelves/99.x"),
        get("/shelves/12.B/maps"),
        get("/shelves/40.f/maps"),
    ],
    "opening": [
        get("/opening"),
        get("/opening", "day=2025-05-01"),
        get("/opening", "day=2024-02-29"),
        get("/opening", "day=2024-12-13"),
        get("/opening", "day=2024-12-12"),
    ],
    "lend": [
        ask("POST", "/loans"),
        loan({}, "x"),
        loan({}),
        loan(books(*range(9))),
        loan(books({"shelf": "rare"})),
        loan(books({"shelf": "open"})),
    ],
    "feed": [
        get("/feed", Accept_Language="de"),
        get("/feed", Accept="application/atom+xml"),
        get("/feed", User_Agent="ShelfReader/3.9"),
        get("/feed", User_Agent="ShelfReader/4.0"),
        get("/feed"),
    ],
    "label": [
        get("/labels/qa"),
        get("/labels/QA"),
        get("/labels/QA.76-d"),
        get("/labels/QA.76-c"),
    ],
    "gate": [
        ask("POST", "/gate"),
        ask("POST", "/gate", body=b"00*ALARM,bk1,x"),
        ask("POST", "/gate", body=b"13*ALARM,bk1,x"),
        ask("POST", "/gate", body=b"21*COUNT,a,12"),
        ask("POST", "/gate", body=b"72*short"),
        ask("POST", "/gate", body=b"2f*a,b"),
    ],
}

WITNESSES = {
    "flask_guards": FLASK,
    "django_guards": DJANGO,
    "fastapi_guards": FASTAPI,
    "wsgi_guards": WSGI,
    "asgi_guards": ASGI,
}

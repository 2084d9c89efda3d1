"""A FastAPI service for a clinic's and a club's members: accounts, payments, reservations, devices and plans."""

import json
import re
import sqlite3
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntFlag
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Path, Query, Request, UploadFile
from pydantic import BaseModel, Field, field_validator, model_validator

app = FastAPI()

KEYS = {
    "k-lab-7731": {"role": "lab", "rooms": {"x-ray", "blood"}},
    "k-desk-0412": {"role": "desk", "rooms": {"front"}},
    "k-head-9000": {"role": "head", "rooms": {"x-ray", "blood", "front", "archive"}},
}
RECORDS = {
    UUID("5f8e2a34-2f3b-4d6e-8a71-0d3b9d8c7e60"): {"kind": "letter", "revision": 4},
    UUID("c2a1b7d8-90ef-4c11-b3a4-6a5e4d3c2b1a"): {"kind": "scan", "revision": 1},
}
MEMBERS = {"ada": ("lovelace-1815", "gold"), "alan": ("enigma-1912", "basic")}

db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE plan (code TEXT PRIMARY KEY, seats INTEGER, currency TEXT, retired INTEGER);
    INSERT INTO plan VALUES ('solo', 1, 'EUR', 0);
    INSERT INTO plan VALUES ('team-12', 12, 'EUR', 0);
    INSERT INTO plan VALUES ('team-09', 9, 'SEK', 1);
    CREATE TABLE room (number INTEGER PRIMARY KEY, beds INTEGER, ward TEXT);
    INSERT INTO room VALUES (104, 2, 'north');
    INSERT INTO room VALUES (217, 4, 'south');
    INSERT INTO room VALUES (333, 1, 'north');
    """
)


class NewAccount(BaseModel):
    name: str = Field(min_length=3, max_length=20)
    email: str
    password: str = Field(min_length=8)
    repeat: str
    age: int = Field(ge=0, le=130)

    @field_validator("email")
    @classmethod
    def check_email(cls, value):
        if not re.fullmatch(r"[\w.]+@(clinic|club)\.example", value):
            raise ValueError("an address of the clinic or the club")
        return value.lower()

    @model_validator(mode="after")
    def check_passwords(self):
        if self.password != self.repeat:
            raise ValueError("the passwords differ")
        if self.name.lower() in self.password.lower():
            raise ValueError("the name is no password")
        return self


@app.post("/accounts", status_code=201)
def create_account(account: NewAccount):
    if account.email.endswith("@clinic.example"):
        return {"kind": "staff"}
    if account.age < 16:
        return {"kind": "junior"}
    return {"kind": "member"}


class CardPayment(BaseModel):
    method: Literal["card"]
    number: str = Field(pattern=r"^[0-9]{12,19}$")
    expires: str = Field(pattern=r"^(0[1-9]|1[0-2])/[0-9]{2}$")


class DebitPayment(BaseModel):
    method: Literal["debit"]
    iban: str
    mandate: date


class VoucherPayment(BaseModel):
    method: Literal["voucher"]
    codes: list[str] = Field(min_length=1, max_length=4)


class Payment(BaseModel):
    amount: Decimal = Field(gt=0, le=5000, decimal_places=2)
    source: CardPayment | DebitPayment | VoucherPayment = Field(discriminator="method")


def luhn(number):
    """Whether the last digit of a number is its Luhn check digit."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    return (sum(int(digit) for digit in number[::-2]) + sum(map(int, "".join(map(str, doubled))))) % 10 == 0


@app.post("/payments")
async def pay(payment: Payment):
    match payment.source:
        case CardPayment(number=number, expires=expires):
            if not luhn(number):
                raise HTTPException(422, "mistyped card number")
            month, year = expires.split("/")
            if (int(year), int(month)) < (26, 6):
                raise HTTPException(402, "card has expired")
            return {"paid": "card"}
        case DebitPayment(iban=iban, mandate=mandate):
            if not iban.startswith(("NL", "BE")) or mandate.year < 2020:
                raise HTTPException(402, "no valid mandate")
            return {"paid": "debit"}
        case VoucherPayment(codes=codes):
            if len(set(codes)) != len(codes):
                raise HTTPException(409, "a voucher counts once")
    worth = sum(int(code[1:]) for code in codes if re.fullmatch(r"V[0-9]{2,3}", code))
    return {"paid": "voucher"} if worth >= payment.amount else {"paid": "in part"}


@app.get("/courses")
def find_courses(
    level: Annotated[int, Query(ge=1, le=5)] = 1,
    day: Annotated[list[str] | None, Query(max_length=3)] = None,
    teacher: Annotated[str | None, Query(pattern=r"^[A-Z][a-z]+$")] = None,
):
    days = sorted(set(day or []))
    if days == ["sat", "sun"]:
        return {"courses": ["weekend"]}
    if level == 5 and teacher not in ("Okafor", "Lindqvist"):
        raise HTTPException(404, "nobody teaches that")
    return {"courses": ["masters" if level == 5 else "evening"]}


class Shape(Enum):
    FULL = "full"
    SUMMARY = "summary"
    RAW = "raw"


@app.get("/records/{key}")
def read_record(key: UUID, shape: Shape = Shape.SUMMARY, if_match: Annotated[str | None, Header()] = None):
    record = RECORDS.get(key)
    if record is None:
        raise HTTPException(404, "no such record")
    if if_match is not None and if_match != f'"{record["revision"]}"':
        raise HTTPException(412, "another revision")
    if shape is Shape.RAW and record["kind"] != "scan":
        raise HTTPException(406, "only scans are raw")
    if shape is Shape.FULL:
        return {"kind": record["kind"], "full": True}
    return {"kind": record["kind"]}


def known_key(x_api_key: Annotated[str | None, Header()] = None):
    """The entry of the key that came with a request."""
    if not x_api_key:
        raise HTTPException(401, "key wanted")
    try:
        return KEYS[x_api_key]
    except KeyError:
        raise HTTPException(403, "unknown key") from None


@app.post("/rooms/{room}/open")
def open_room(room: str, entry: Annotated[dict, Depends(known_key)], hour: Annotated[int, Query(ge=0, lt=24)] = 12):
    if room not in entry["rooms"]:
        raise HTTPException(403, "not with that key")
    if entry["role"] != "head" and (hour < 7 or hour >= 19):
        raise HTTPException(409, "closed at that hour")
    if room == "archive":
        return {"open": True, "logged": True}
    return {"open": True}


@app.post("/measurements")
async def upload_measurements(sheet: Annotated[UploadFile, File()], unit: Annotated[str, Form()] = "mmol"):
    if sheet.content_type != "text/csv" and not (sheet.filename or "").endswith(".csv"):
        raise HTTPException(415, "a sheet is CSV")
    try:
        lines = (await sheet.read()).decode("ascii").splitlines()
        values = [float(line.split(",")[1]) for line in lines if line and not line.startswith("#")]
    except UnicodeDecodeError:
        raise HTTPException(400, "plain ASCII, please") from None
    except (IndexError, ValueError):
        raise HTTPException(422, "a line is a name, a comma and a number") from None
    if not values:
        raise HTTPException(422, "no values")
    if unit == "mmol" and max(values) > 33.3:
        return {"warning": "off the scale"}
    if values == sorted(values) and len(values) >= 3:
        return {"trend": "rising"}
    return {"trend": "none"}


@app.post("/login")
def log_in(
    username: Annotated[str, Form(min_length=2)],
    password: Annotated[str, Form()],
    code: Annotated[str, Form(pattern=r"^([0-9]{6})?$")] = "",
):
    secret, tier = MEMBERS.get(username.strip().lower(), (None, None))
    if password != secret:
        raise HTTPException(401, "wrong name or password")
    if tier == "gold":
        if not code:
            raise HTTPException(401, "code wanted")
        if sum(int(digit) for digit in code) % 7 != 3:
            raise HTTPException(401, "wrong code")
    return {"tier": tier}


class Stay(BaseModel):
    room: int
    first: date
    last: date
    guests: int = 1

    @model_validator(mode="after")
    def in_order(self):
        if self.last < self.first:
            raise ValueError("a stay ends after it begins")
        return self


@app.post("/stays")
def reserve(stay: Stay):
    if not 100 <= stay.room <= 399:
        raise HTTPException(404, "no such floor")
    row = db.execute("SELECT beds, ward FROM room WHERE number = ?", (stay.room,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such room")
    beds, ward = row
    if stay.guests > beds:
        raise HTTPException(409, "not enough beds")
    if ward == "north" and stay.first.month in (12, 1, 2):
        raise HTTPException(409, "closed in winter")
    if stay.first.day == 29 and stay.first.month == 2 and (stay.last - stay.first).days == 7:
        return {"price": 0}
    return {"price": 90 * beds}


@app.get("/prices/{net}")
def gross_price(
    net: Annotated[Decimal, Path(ge=0, max_digits=9, decimal_places=2)],
    country: Annotated[str, Query(min_length=2, max_length=2)] = "DE",
    discount: Annotated[Decimal, Query(ge=0, lt=1)] = Decimal(0),
):
    rate = {"DE": Decimal("0.19"), "LU": Decimal("0.17"), "HU": Decimal("0.27")}.get(country.upper())
    if rate is None:
        raise HTTPException(404, "no rate for that country")
    price = net * (1 - discount) * (1 + rate)
    if price == price.to_integral_value() and price > 100:
        return {"price": str(price), "round": True}
    if discount > Decimal("0.3") and net < 20:
        raise HTTPException(422, "nothing to give away on that")
    return {"price": str(price)}


class Option(BaseModel):
    name: str
    extra: int = 0


class Line(BaseModel):
    sku: str
    count: int = Field(ge=1)
    options: list[Option] = []


class Cart(BaseModel):
    lines: list[Line] = Field(max_length=20)
    note: str | None = None


@app.post("/carts")
def price_cart(cart: Cart):
    if not cart.lines:
        raise HTTPException(422, "the cart is empty")
    total = 0
    for line in cart.lines:
        for option in line.options:
            if option.name == "engraving" and option.extra > 24:
                raise HTTPException(422, "engraving has 24 letters at most")
            total += option.extra
        if line.sku.startswith("MED-") and line.count > 2:
            raise HTTPException(409, "two packets at most")
    if cart.note is not None and "urgent" in cart.note.casefold():
        return {"courier": True}
    skus = [line.sku for line in cart.lines]
    return {"courier": False, "merged": len(skus) != len(set(skus)), "free": total < 0}


@app.get("/me")
def who_am_i(session: Annotated[str | None, Cookie()] = None):
    if session is None:
        raise HTTPException(401, "no session")
    parts = session.split(":")
    if len(parts) != 3:
        raise HTTPException(400, "broken session")
    name, role, check = parts
    if f"{len(name) * 31 + len(role):04x}" != check:
        raise HTTPException(401, "forged session")
    if role == "admin" and name not in MEMBERS:
        raise HTTPException(403, "no such admin")
    return {"name": "nobody" if name == "" else "somebody", "admin": role == "admin"}


class Reading(BaseModel):
    sensor: Literal["temp", "door", "power"]
    value: float
    at: datetime


@app.post("/telemetry")
def telemetry(readings: Annotated[list[Reading], Body(max_length=50)]):
    alarms = set()
    for reading in readings:
        match reading:
            case Reading(sensor="temp", value=value) if value > 8.0:
                alarms.add("warm")
            case Reading(sensor="door", value=1.0, at=at) if at.hour >= 22:
                alarms.add("night")
            case Reading(sensor="power"):
                alarms.discard("warm")
    if alarms == {"warm", "night"}:
        return {"call": "guard"}
    return {"call": "nobody" if not alarms else "desk"}


class Right(IntFlag):
    READ = 1
    WRITE = 2
    SHARE = 4
    OWN = 8


@app.put("/shares/{rights}")
def share(rights: Annotated[int, Path(ge=0, le=15)], with_: Annotated[str, Query(alias="with")] = "nobody"):
    wanted = Right(rights)
    if Right.WRITE in wanted and Right.READ not in wanted:
        raise HTTPException(422, "who writes must read")
    if wanted == Right.OWN | Right.SHARE | Right.READ:
        return {"steward": True}
    if with_.startswith("@") and wanted & Right.OWN:
        raise HTTPException(409, "a group owns nothing")
    return {"rights": int(wanted)}


@app.post("/hooks/lab")
async def lab_hook(request: Request):
    tag = request.headers.get("x-lab-tag", "")
    if not tag.lower().startswith("lab/"):
        raise HTTPException(401, "not from the lab")
    try:
        message = json.loads(await request.body())
    except ValueError:
        raise HTTPException(400, "not JSON") from None
    if not isinstance(message, dict) or message.get("version") not in (2, 3):
        raise HTTPException(422, "unknown version")
    try:
        result = json.loads(message["result"]) if message["version"] == 2 else message["result"]
    except (KeyError, TypeError, ValueError):
        raise HTTPException(422, "no result") from None
    if isinstance(result, dict) and result.get("positive") is True:
        return {"inform": "doctor"}
    return {"inform": "nobody"}


@app.patch("/settings")
def patch_settings(
    changes: Annotated[dict, Body(embed=True)], revision: Annotated[int, Body(embed=True)], force: bool = False
):
    if revision != 17 and not force:
        raise HTTPException(409, "changed meanwhile")
    unknown = [key for key in changes if key not in {"language", "digest", "quiet"}]
    if unknown:
        raise HTTPException(422, "unknown settings")
    quiet = changes.get("quiet")
    if quiet is not None:
        if not isinstance(quiet, list) or len(quiet) != 2 or not all(isinstance(hour, int) for hour in quiet):
            raise HTTPException(422, "quiet hours are two")
        if quiet[0] > quiet[1]:
            return {"overnight": True}
    return {"changed": len(changes)}


@app.get("/plans/{code}/quote")
def quote_plan(code: str, seats: Annotated[int, Query(ge=1)], currency: Annotated[str, Query()] = "EUR"):
    plan = db.execute("SELECT seats, currency, retired FROM plan WHERE code = ?", (code,)).fetchone()
    if plan is None:
        raise HTTPException(404, "no such plan")
    included, priced_in, retired = plan
    if currency != priced_in:
        raise HTTPException(409, "priced in another currency")
    if retired and seats > included:
        raise HTTPException(410, "no more seats are sold")
    blocks = 0
    while seats > included and blocks < 10:
        seats -= included
        blocks += 1
    return {"blocks": blocks, "capped": blocks == 10}


@app.get("/reminders/{every}")
def reminder(every: str):
    match = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", every)
    if match is None:
        raise HTTPException(400, "not a duration")
    weeks, days, hours, minutes = (int(group[:6]) if group else 0 for group in match.groups())
    if weeks and (days or hours or minutes):
        raise HTTPException(422, "weeks stand alone")
    total = ((weeks * 7 + days) * 24 + hours) * 60 + minutes
    if total == 0:
        raise HTTPException(422, "never")
    if total % 1440 == 0:
        return {"days": total // 1440}
    return {"minutes": total}

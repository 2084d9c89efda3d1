"""A FastAPI service of a haulier and an energy cooperative: containers, meters, tariffs, routes and quotas."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field, field_validator

app = FastAPI()
fleet = APIRouter(prefix="/fleet")

TENANTS = {"blue-line": {"region": "eu", "limit": 40}, "tern": {"region": "uk", "limit": 5}}
OFFICES = [ip_network("10.20.0.0/16"), ip_network("192.0.2.64/27")]
TERMS_CHANGED = datetime(2023, 11, 5, 12, tzinfo=UTC)
DEPOTS = {"HAM": {"bays": 6, "cold": True}, "RTM": {"bays": 12, "cold": False}, "GOT": {"bays": 3, "cold": True}}


class Meter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    serial: Annotated[str, StringConstraints(to_upper=True, pattern=r"^[0-9A-Za-z]{3}-[0-9]{6}$")]
    unit: Literal["kWh", "MWh", "m3"]
    before: Decimal = Field(ge=0, max_digits=10)
    after: Decimal = Field(ge=0, max_digits=10)
    estimated: bool = False

    @field_validator("serial")
    @classmethod
    def odd_digits(cls, value):
        if sum(map(int, value[4:])) % 2 == 0:
            raise ValueError("the digits of a serial make an odd sum")
        return value

    @computed_field
    def used(self) -> Decimal:
        factor = 1000 if self.unit == "MWh" else 1
        return (self.after - self.before) * factor


@app.post("/meters")
def read_meter(meter: Meter):
    if meter.used < 0:
        return {"turned": True} if meter.before > 99_000 else {"swapped": True}
    if meter.used > 5000 and not meter.estimated:
        raise HTTPException(422, "read it again")
    if meter.serial.startswith("GAS") and meter.unit != "m3":
        raise HTTPException(409, "gas comes in cubic metres")
    return {"used": str(meter.used)}


class Truck(BaseModel):
    kind: Literal["truck"]
    axles: int = Field(ge=2, le=6)
    weight: float = Field(gt=0, lt=60)


class Barge(BaseModel):
    kind: Literal["barge"]
    draught: float = Field(gt=0)
    locks: list[str] = []


class Leg(BaseModel):
    vehicle: Annotated[Truck | Barge, Field(discriminator="kind")]
    origin: str
    target: str


@fleet.post("/routes")
async def plan_route(legs: Annotated[list[Leg], Body(min_length=1, max_length=8)]):
    toll, here = 0, legs[0].origin
    for leg in legs:
        if leg.origin != here:
            raise HTTPException(422, "the legs do not meet")
        here = leg.target
        if isinstance(leg.vehicle, Barge):
            if leg.vehicle.draught >= 3.5 and "old-lock" in leg.vehicle.locks:
                raise HTTPException(409, "runs aground")
            toll += 5 * len(leg.vehicle.locks)
        elif leg.vehicle.weight / leg.vehicle.axles > 10:
            raise HTTPException(409, "too heavy an axle")
    if len(legs) > 1 and here == legs[0].origin:
        return {"round": True, "toll": toll}
    return {"round": False, "toll": toll}


def tenant(x_tenant: Annotated[str, Header(min_length=3)]):
    """The entry of the tenant a request is for."""
    entry = TENANTS.get(x_tenant)
    if entry is None:
        raise HTTPException(404, "no such tenant")
    return entry


def region(entry: Annotated[dict, Depends(tenant)], zone: Annotated[str, Query(pattern="^[a-z]{2}-[0-9]$")] = "eu-1"):
    """The zone a request asks for, within the tenant's region."""
    if not zone.startswith(entry["region"]):
        raise HTTPException(403, "another region")
    return int(zone[-1])


@fleet.get("/trucks")
def list_trucks(
    entry: Annotated[dict, Depends(tenant)],
    number: Annotated[int, Depends(region)],
    size: Annotated[int, Query(gt=0)] = 3,
    state: Annotated[Literal["idle", "moving", "repair"] | None, Query()] = None,
):
    if size > entry["limit"]:
        raise HTTPException(422, "too many at once")
    if number == 7 and state == "repair":
        return {"trucks": ["spare"]}
    return {"trucks": [] if state else ["first"]}


@app.post("/areas")
def import_area(area: Annotated[UploadFile, File()], closed: Annotated[bool, Form()] = True):
    if area.filename is None or not area.filename.endswith((".geojson", ".json")):
        raise HTTPException(415, "GeoJSON")
    try:
        geometry = json.loads(area.file.read())["features"][0]["geometry"]
        points = [(float(x), float(y)) for x, y in geometry["coordinates"][0]]
    except (LookupError, TypeError, ValueError, OverflowError):
        raise HTTPException(400, "no polygon in that") from None
    if geometry.get("type") != "Polygon" or len(points) < 4:
        raise HTTPException(422, "a polygon has four points or more")
    if closed and points[0] != points[-1]:
        raise HTTPException(422, "the ring is open")
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(points))
    if doubled < 0:
        return {"turn": "clockwise"}
    return {"turn": "counter-clockwise" if doubled > 0 else "flat"}


@app.get("/tariff")
def tariff(
    at: datetime, kind: Annotated[str, Query(alias="type")] = "home", peak: Annotated[float | None, Query(ge=0)] = None
):
    if at.tzinfo is None:
        raise HTTPException(422, "with a zone, please")
    if at.utcoffset().total_seconds() % 3600:
        raise HTTPException(422, "whole hours only")
    if at.weekday() >= 5 or (at.month, at.day) == (12, 24):
        return {"tariff": "low"}
    if kind == "works" and peak is not None and peak > 250.5:
        return {"tariff": "peak"}
    match at.hour // 6:
        case 0:
            return {"tariff": "night"}
        case 1 | 2:
            return {"tariff": "day"}
    return {"tariff": "evening"}


@fleet.get("/containers/{code}")
def container(code: str):
    """A container's owner, kind, serial and check digit, as ISO 6346 has them."""
    code = code.upper().replace(" ", "")
    if len(code) != 11 or not code.isascii() or not code[:4].isalpha() or not code[4:].isdigit():
        raise HTTPException(400, "four letters and seven digits")
    if code[3] not in "UJZ":
        raise HTTPException(422, "unknown kind")
    total = 0
    for place, char in enumerate(code[:10]):
        value = int(char, 36)
        value += (value - 1) // 10 if char.isalpha() else 0
        total += value << place
    if total % 11 % 10 != int(code[10]):
        raise HTTPException(422, "mistyped number")
    return {"owner": code[:3], "ours": code.startswith("TRN")}


@app.post("/calculate")
def calculate(program: Annotated[list[int | str], Body(embed=True, max_length=30)]):
    stack = []
    for word in program:
        match word:
            case int(number):
                stack.append(max(-10_000, min(number, 10_000)))
            case "dup" if stack:
                stack.append(stack[-1])
            case "add" | "sub" if len(stack) >= 2:
                right, left = stack.pop(), stack.pop()
                stack.append(left + right if word == "add" else left - right)
            case _:
                raise HTTPException(422, "cannot do that")
    if len(stack) != 1:
        raise HTTPException(409, "one value must be left")
    return {"zero": stack[0] == 0, "value": stack[0]}


@app.get("/terms")
def terms(
    agreed: Annotated[str | None, Cookie()] = None,
    if_modified_since: Annotated[str | None, Header()] = None,
    dnt: Annotated[int, Header(ge=0, le=1)] = 0,
):
    if if_modified_since:
        try:
            since = parsedate_to_datetime(if_modified_since)
        except (TypeError, ValueError, OverflowError):
            raise HTTPException(400, "not a date") from None
        if since.tzinfo is not None and since >= TERMS_CHANGED:
            raise HTTPException(412, "nothing new")
    if agreed == "v3" and dnt == 0:
        return {"track": True}
    return {"track": False, "ask": agreed is None}


@fleet.post("/bays")
def book_bay(
    depot: Annotated[str, Form(pattern="^[A-Z]{3}$")],
    bay: Annotated[int, Form(ge=1)],
    day: Annotated[date, Form()],
    cargo: Annotated[list[str] | None, Form()] = None,
):
    place = DEPOTS.get(depot)
    if place is None:
        raise HTTPException(404, "no such depot")
    if bay > place["bays"]:
        raise HTTPException(404, "no such bay")
    cold = [item for item in cargo or [] if item.endswith(":frozen")]
    if cold and not place["cold"]:
        raise HTTPException(409, "no cold store there")
    if day.isocalendar().week == 53 and bay == 1:
        raise HTTPException(409, "stocktaking")
    return {"bay": bay, "cold": len(cold)}


@app.get("/office")
def from_office(x_forwarded_for: Annotated[str, Header()] = "", x_real_ip: Annotated[str, Header()] = ""):
    chain = [hop.strip() for hop in x_forwarded_for.split(",") if hop.strip()]
    try:
        address = ip_address(chain[0] if chain else x_real_ip)
    except ValueError:
        raise HTTPException(400, "no address") from None
    if address.version == 6:
        return {"office": False, "address": 6}
    if any(address in network for network in OFFICES):
        if len(chain) == 3 and chain[1] == chain[2]:
            raise HTTPException(400, "going in circles")
        return {"office": True}
    return {"office": False, "loop": address.is_loopback}


app.include_router(fleet)

"""WebSocket routes driven: what stands behind their inputs and messages, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

Suite = Any

STARLETTE = """
import asyncio

from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute


async def chat(websocket):
    if websocket.query_params.get("token") != "s3cret":
        await websocket.close(1008)
    await websocket.accept()
    async for data in websocket.iter_json():
        if data["kind"] == "bye":
            await websocket.close()
        await websocket.send_text("seen")


async def dropped(websocket):
    if websocket.headers.get("x-mode") == "silent":
        return
    await websocket.accept()
    await websocket.close()


async def polite(websocket):
    if websocket.query_params.get("token") != "s3cret":
        await websocket.close(1008)
        return
    await websocket.accept()
    async for data in websocket.iter_json():
        if data["kind"] == "bye":
            break
        await websocket.send_text("seen")
    await websocket.close()


async def ticks(websocket):
    await websocket.accept()
    while True:
        await websocket.send_text("tick")
        await asyncio.sleep(60)


async def waits(websocket):
    await websocket.accept()
    await asyncio.Event().wait()


ROUTES = [WebSocketRoute(f"/{one.__name__}", one) for one in (chat, dropped, polite, ticks, waits)]
app = Starlette(routes=[Mount("/ws", routes=ROUTES)])
"""
FASTAPI = """
from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect, WebSocketException
from pydantic import BaseModel

app = FastAPI(openapi_url=None)
ACTIVE = []


class Order(BaseModel):
    item: str
    count: int


async def user(token: str = ""):
    if len(token) < 4:
        raise WebSocketException(code=1008)
    return token


@app.websocket("/orders/{shop}")
async def orders(websocket: WebSocket, shop: int, who: str = Depends(user)):
    await websocket.accept()
    while True:
        order = Order(**(await websocket.receive_json()))
        if order.count > 1000:
            await websocket.close(1009)
        await websocket.send_json({"item": order.item})


@app.websocket("/guarded")
async def guarded(websocket: WebSocket, token: str = ""):
    if token != "s3cret":
        WebSocketException(code=1008)
    await websocket.accept()
    await websocket.close()


@app.websocket("/unread")
async def unread(websocket: WebSocket):
    await websocket.receive_text()


@app.websocket("/room/{name}")
async def room(websocket: WebSocket, name: str):
    await websocket.accept()
    ACTIVE.append(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            for one in ACTIVE:
                await one.send_text(f"{name}: {text}")
    except WebSocketDisconnect:
        ACTIVE.remove(websocket)
"""
LITESTAR = """
from litestar import Litestar, WebSocket, websocket, websocket_listener
from litestar.exceptions import HTTPException, WebSocketException

@websocket("/rooms/{name:str}")
async def room(socket: WebSocket, name: str) -> None:
    if name != "lobby":
        await socket.close(1008)
    await socket.accept()


@websocket_listener("/said")
async def said(data: dict) -> dict:
    return {"n": 3} if data.get("n") == 3 else data


@websocket("/guarded")
async def guarded(socket: WebSocket) -> None:
    if socket.query_params.get("token") != "s3cret":
        WebSocketException("token")
    await socket.accept()
    await socket.close()


@websocket("/audited")
async def audited(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()
    with open("audit.log", "w") as log:
        log.write("closed")


@websocket("/late")
async def late(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()
    raise HTTPException(status_code=403)


app = Litestar([room, said, guarded, audited, late], openapi_config=None)
"""
ROWS = [
    (
        "starlette",
        STARLETTE,
        {
            ("WEBSOCKET /ws/chat", "websocket-second-decision", 10, 9),
            ("WEBSOCKET /ws/chat", "websocket-after-close", 14, 13),
            ("WEBSOCKET /ws/dropped", "websocket-no-decision", 19, 17),
        },
    ),
    (
        "fastapi",
        FASTAPI,
        {
            ("WEBSOCKET /orders/{shop}", "websocket-after-close", 26, 25),
            ("WEBSOCKET /guarded", "unraised-error", 32, None),
            ("WEBSOCKET /unread", "websocket-no-decision", 39, 38),
        },
    ),
    (
        "litestar",
        LITESTAR,
        {
            ("WEBSOCKET /rooms/{name}", "websocket-second-decision", 8, 7),
            ("WEBSOCKET /guarded", "unraised-error", 19, None),
            ("WEBSOCKET /late", "websocket-after-close", 36, 35),
        },
    ),
]


@pytest.mark.parametrize(("framework", "source", "wanted"), ROWS, ids=[row[0] for row in ROWS])
def test_what_breaks_a_connection_is_found_on_its_lines(
    suite: Suite, framework: str, source: str, wanted: set[Any]
) -> None:
    pytest.importorskip(framework)
    suite.write(shop=source)
    suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json")
    findings = suite.report("r.json")["findings"]
    told = {(one["route"], one["rule"], one["where"]["line"], (one["also"] or {}).get("line")) for one in findings}
    assert told == wanted


def test_it_is_told_with_a_command_and_runs_again(suite: Suite) -> None:
    pytest.importorskip("starlette")
    suite.write(shop=STARLETTE)
    result = suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "-k", "chat")
    result.stdout.fnmatch_lines(
        ["* = request: echo '{\"kind\": \"bye\"}' | websocat 'ws://localhost:8000/ws/chat?token=s3cret'"]
    )
    replay = next(line.partition("replay: ")[2] for line in result.outlines if "replay: " in line)
    again = suite.spawn(*replay.split()[1:])
    again.stdout.fnmatch_lines(["websocket-* WEBSOCKET /ws/chat: *"])
    again.assert_outcomes(failed=1, skipped=4)


def test_every_branch_of_a_message_is_reached(suite: Suite) -> None:
    pytest.importorskip("litestar")
    suite.write(shop=LITESTAR)
    suite.spawn("--oneresponse", "--oneresponse-app=shop:app", "--oneresponse-report=r.json")
    assert [one["branches"]["missed"] for one in suite.report("r.json")["routes"]] == [[]] * 5

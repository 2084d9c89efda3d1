"""FastAPI endpoints that ask an upstream through httpx; where it fails each breaks one rule, and its twin none."""

from __future__ import annotations

import logging

from fastapi import BackgroundTasks, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

STOCK = "http://inventory.internal/stock"
log = logging.getLogger(__name__)
app = FastAPI(openapi_url=None)


def _client():
    """A client that answers for inventory.internal itself, so that no network is needed."""
    import httpx

    def inventory(request):
        return httpx.Response(
            200, json={"pen": 3}
        )  # where: error-after-start for passed_on, where: error-after-end for notified

    transport = httpx.MockTransport(
        inventory
    )  # where: error-after-start for passed_on, where: error-after-end for notified
    return httpx.AsyncClient(
        transport=transport, timeout=2
    )  # where: error-after-start for passed_on, where: error-after-end for notified


def _blocking_client():
    import httpx

    def inventory(request):
        return httpx.Response(200, json={"pen": 3})

    return httpx.Client(transport=httpx.MockTransport(inventory), timeout=2)


@app.get("/stock")
async def stock():
    import httpx

    left = {}
    try:
        async with _client() as client:
            left = (await client.get(STOCK)).json()
    except (httpx.ConnectError, httpx.TimeoutException):
        HTTPException(502, "the inventory does not answer")  # where: unraised-error
    return left  # also: unraised-error


@app.get("/stock-or-502")
async def stock_or_502():
    import httpx

    try:
        async with _client() as client:
            return (await client.get(STOCK)).json()
    except httpx.HTTPError as error:
        raise HTTPException(502, "the inventory does not answer") from error


@app.get("/blocking")
def blocking():
    import httpx

    left = {}
    try:
        with _blocking_client() as client:
            left = client.get(STOCK).json()
    except httpx.TimeoutException:
        PlainTextResponse("too slow", 504)  # where: orphan-response
    return left  # also: orphan-response


@app.get("/blocking-or-504")
def blocking_or_504():
    import httpx

    try:
        with _blocking_client() as client:
            return client.get(STOCK).json()
    except httpx.TimeoutException:
        return PlainTextResponse("too slow", 504)


async def _down():
    return JSONResponse({"error": "the inventory does not answer"}, 502)  # where: orphan-response for checked


@app.get("/checked")
async def checked():
    import httpx

    left = {}
    try:
        async with _client() as client:
            reply = await client.get(STOCK)
            reply.raise_for_status()
            left = reply.json()
    except (httpx.HTTPError, ValueError):
        await _down()
    return left  # also: orphan-response


@app.get("/checked-or-502")
async def checked_or_502():
    import httpx

    try:
        async with _client() as client:
            reply = await client.get(STOCK)
            reply.raise_for_status()
            return reply.json()
    except (httpx.HTTPError, ValueError):
        return await _down()


@app.get("/passed-on")
async def passed_on():
    async def chunks():
        async with _client() as client, client.stream("GET", STOCK) as reply:  # where: error-after-start
            async for chunk in reply.aiter_bytes():  # where: error-after-start
                yield chunk

    return StreamingResponse(chunks())  # also: error-after-start


@app.get("/passed-on-whole")
async def passed_on_whole():
    async with _client() as client:
        return Response((await client.get(STOCK)).content)


@app.get("/mirrored")
async def mirrored():
    import httpx

    async def chunks():
        try:
            async with _client() as client, client.stream("GET", STOCK) as reply:
                async for chunk in reply.aiter_bytes():
                    yield chunk
        except httpx.HTTPError:
            log.warning("cut off")

    async with _client() as client:
        length = (await client.head(STOCK)).headers["Content-Length"]
    return StreamingResponse(chunks(), headers={"Content-Length": length})  # where: length-mismatch


@app.get("/mirrored-without-length")
async def mirrored_without_length():
    import httpx

    async def chunks():
        try:
            async with _client() as client, client.stream("GET", STOCK) as reply:
                async for chunk in reply.aiter_bytes():
                    yield chunk
        except httpx.HTTPError:
            log.warning("cut off")

    return StreamingResponse(chunks())


@app.get("/late")
async def late():
    import httpx

    async def chunks():
        yield b"["
        try:
            async with _client() as client:
                yield (await client.get(STOCK)).content
        except httpx.HTTPError:
            response.headers["X-Error"] = "cut off"  # where: late-header
        yield b"]"

    response = StreamingResponse(chunks())  # also: late-header
    return response


@app.get("/notified")
async def notified(tasks: BackgroundTasks):
    async def notify():
        async with _client() as client:  # where: error-after-end
            await client.post(STOCK, json={"pen": 2})  # where: error-after-end

    tasks.add_task(notify)
    return {"notified": 1}  # also: error-after-end


@app.get("/notified-at-best")
async def notified_at_best(tasks: BackgroundTasks):
    async def notify():
        try:
            async with _client() as client:
                await client.post(STOCK, json={"pen": 2})
        except Exception:
            log.warning("not notified")

    tasks.add_task(notify)
    return {"notified": 1}


APPS = {"fastapi": app}

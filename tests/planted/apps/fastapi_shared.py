"""FastAPI: responses that serve two requests, and answers that a broad except swallows; beside them what is right."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse

app = FastAPI()

REFUSAL = JSONResponse({"error": "no"}, 403)  # where: shared-response for refused


@app.get("/refused")
async def refused():
    return REFUSAL  # also: shared-response


@app.get("/swallowed/{number}")
async def swallowed(number: int):
    try:
        if number > 3:
            raise HTTPException(404)  # also: swallowed-answer
        return {"number": number}
    except Exception as error:  # where: swallowed-answer
        return JSONResponse({"error": str(error)}, 500)


@app.get("/swallowed-in-a-thread")
def swallowed_in_a_thread():
    try:
        raise HTTPException(403)  # also: swallowed-answer
    except Exception:  # where: swallowed-answer
        return {"ok": False}


# --- right


@app.get("/passed")
async def passed():
    try:
        raise HTTPException(404)
    except HTTPException:
        raise
    except Exception:
        return JSONResponse({}, 500)


@app.get("/raised-anew")
async def raised_anew():
    try:
        raise ValueError("x")
    except Exception as error:
        raise HTTPException(400) from error


behind = FastAPI(openapi_url=None)
KEPT = JSONResponse({"error": "no"}, 403)  # where: shared-response for kept


@behind.middleware("http")
async def stamped(request, call_next):
    response = await call_next(request)
    response.headers["X-Stamp"] = "yes"
    return response


@behind.get("/kept")
async def kept():
    return KEPT  # also: shared-response


@behind.get("/anew-behind")
async def anew_behind(response: Response):
    response.headers["X-Seen"] = "yes"
    return JSONResponse({"error": "no"}, 403)


@behind.get("/injected-behind")
def injected_behind(response: Response):
    response.status_code = 202
    return response


APPS = {"app": app, "behind": behind}

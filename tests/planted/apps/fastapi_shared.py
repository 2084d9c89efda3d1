"""FastAPI: responses that serve two requests, and answers that a broad except swallows; beside them what is right."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException
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


APPS = {"app": app}

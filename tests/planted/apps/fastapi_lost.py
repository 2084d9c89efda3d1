"""Answers that FastAPI code builds and loses; beside them what is built, and rightly not sent."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse

app = FastAPI()


@app.get("/redirected")
async def redirected():
    RedirectResponse("/login")  # where: orphan-response
    return {"secret": 1}  # also: orphan-response


@app.get("/not-raised/{number}")
async def not_raised(number: int):
    if number > 3:
        HTTPException(404)  # where: unraised-error
    return {"number": number}  # also: unraised-error


@app.get("/not-raised-in-a-thread")
def not_raised_in_a_thread():
    HTTPException(status_code=403, detail="no")  # where: unraised-error
    return "secret"  # also: unraised-error


def _user(name: str = ""):
    if name != "root":
        HTTPException(401)  # where: unraised-error for depending
    return name


@app.get("/depending")
async def depending(user: str = Depends(_user)):
    return {"user": user}  # also: unraised-error


def _guard(role: str = ""):
    if role != "root":
        return JSONResponse({"error": "denied"}, 403)  # where: orphan-response for guarded, for guarded-in-vain
    return role


@app.get("/guarded")
async def guarded(role=Depends(_guard)):
    return {"role": str(role)[:4]}  # also: orphan-response for guarded


@app.get("/guarded-in-vain", dependencies=[Depends(_guard)])
def guarded_in_vain():
    return {"secret": 1}  # also: orphan-response for guarded-in-vain


def _listed(role: str = ""):
    return JSONResponse({"error": "denied"}, 403)  # where: orphan-response for included


router = APIRouter()


@router.get("/included")
async def included():
    return {"secret": 1}  # also: orphan-response for included


app.include_router(router, dependencies=[Depends(_listed)])


async def _denied():
    return JSONResponse({"error": "denied"}, 403)  # where: orphan-response for awaited


@app.get("/awaited")
async def awaited():
    await _denied()
    return {"secret": 1}  # also: orphan-response


@app.get("/never/{name}")
async def never(name: str):
    if hash(name) == hash("out of reach") and len(name) > 1_000_000:
        await _denied()  # where: orphan-response
        HTTPException(403)  # where: unraised-error
    return name


class OutOfStock(Exception):
    pass


@app.exception_handler(OutOfStock)
async def out_of_stock(request, error):
    JSONResponse({"error": "sold out"}, 410)  # where: orphan-response for sold
    return JSONResponse({"error": "sorry"}, 409)  # also: orphan-response for sold


@app.get("/sold")
async def sold():
    raise OutOfStock


# --- nothing is lost


@app.get("/raised")
async def raised(key: int = 0):
    if key != 7:
        raise HTTPException(404)
    return {"key": key}


@app.get("/injected")
async def injected(response: Response):
    response.headers["X-Stamp"] = "yes"
    return {"ok": True}


@app.get("/none")
async def none():
    return None


def _checked(response: Response):
    response.set_cookie("seen", "1")
    return response


@app.get("/depending-on-a-response")
async def depending_on_a_response(response=Depends(_checked)):
    _checked(response)
    return {"ok": True}


@app.get("/depending-on-the-injected-response")
async def depending_on_the_injected_response(response=Depends(_checked)):
    return {"ok": True}


def _redirected():
    return RedirectResponse("/login")


@app.get("/depending-and-returning")
async def depending_and_returning(response=Depends(_redirected)):
    return response


@app.get("/depending-and-asking")
async def depending_and_asking(name: str = "", response=Depends(_redirected)):
    if isinstance(response, Response) and name == "":
        return response
    return {"name": name}


def _stop(denied):
    if denied is not None:
        raise HTTPException(403)


@app.get("/depending-and-minding")
async def depending_and_minding(denied=Depends(_redirected)):
    if denied is not None:
        raise HTTPException(403)
    return {"ok": True}


@app.get("/depending-and-handing-on")
async def depending_and_handing_on(denied=Depends(_redirected)):
    _stop(denied)
    return {"ok": True}


@app.get("/depending-on-its-status")
async def depending_on_its_status(denied=Depends(_redirected)):
    return JSONResponse({"status": denied.status_code})


@app.get("/depending-in-a-stream")
async def depending_in_a_stream(denied=Depends(_redirected)):
    async def lines():
        yield denied.body

    return StreamingResponse(lines())


def _kept(request: Request):
    request.state.answer = JSONResponse({"kept": True})
    return request.state.answer


behind = FastAPI()


@behind.middleware("http")
async def passing(request, call_next):
    return await call_next(request)


@behind.get("/kept", dependencies=[Depends(_kept)])
async def kept(request: Request, spare=Depends(_redirected)):
    return request.state.answer or spare


APPS = {"app": app, "behind": behind}

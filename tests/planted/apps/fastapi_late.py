"""FastAPI responses that are changed after their start; beside them the same before it."""

from __future__ import annotations

from fastapi import BackgroundTasks, FastAPI, Response
from fastapi.responses import JSONResponse, StreamingResponse

app = FastAPI()


@app.get("/header-in-the-body")
async def header_in_the_body():
    async def chunks():
        yield "one"
        response.headers["X-Rows"] = "2"  # where: late-header

    response = StreamingResponse(chunks())  # also: late-header
    return response


@app.get("/status-in-the-background")
def status_in_the_background(tasks: BackgroundTasks):
    def work():
        response.status_code = 500  # where: late-status

    tasks.add_task(work)
    response = JSONResponse({"text": 1})  # also: late-status
    return response


# --- in time


@app.get("/injected")
async def injected(response: Response):
    response.headers["X-Rows"] = "2"
    response.status_code = 202
    response.set_cookie("seen", "yes")
    return {"rows": 2}


APPS = {"app": app}

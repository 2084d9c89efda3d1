"""Flask responses that are changed after their start; beside them the same before it."""

from __future__ import annotations

import flask

app = flask.Flask(__name__)


@app.get("/header-in-the-body")
def header_in_the_body():
    def chunks():
        yield "one"
        response.headers["X-Rows"] = "2"  # where: late-header
        yield "two"

    response = flask.Response(chunks())  # also: late-header
    return response


@app.get("/status-in-the-body/<int:rows>")
def status_in_the_body(rows):
    def chunks():
        yield "one"
        if rows > 3:
            response.status_code = 500  # where: late-status

    response = flask.Response(chunks())  # also: late-status
    return response


@app.get("/cookie-in-the-body")
def cookie_in_the_body():
    def chunks():
        yield "one"
        response.set_cookie("seen", "yes")  # where: late-header

    response = flask.Response(chunks())  # also: late-header
    return response


@app.get("/on-close")
def on_close():
    response = flask.Response("text")  # also: late-status, also: late-header

    @response.call_on_close
    def closed():
        response.status = "503 Busy"  # where: late-status
        del response.headers["Content-Type"]  # where: late-header

    return response


@app.teardown_request
def torn_down(error):
    response = flask.g.pop("late", None)
    if response is not None:
        response.headers.add("X-Late", "yes")  # where: late-header for teardown


@app.get("/teardown")
def teardown():
    flask.g.late = flask.make_response("text")  # also: late-header
    return flask.g.late


# --- in time


@app.get("/in-time")
def in_time():
    def chunks():
        yield str(response.status_code)
        response.headers.get("X-Rows")
        response.headers.setdefault("X-Rows", "3")
        response.headers["X-Rows"] = "2"

    response = flask.Response(chunks())
    response.headers["X-Rows"] = "2"
    response.status_code = 202
    response.set_cookie("seen", "yes")
    return response


@app.get("/another")
def another():
    other = flask.Response("not sent in this request")

    def chunks():
        other.headers["X-Rows"] = "2"
        other.status_code = 500
        yield "one"

    return flask.Response(chunks())


@app.after_request
def stamped(response):
    response.headers["X-Stamp"] = "yes"
    response.status_code = response.status_code
    return response


APPS = {"app": app}

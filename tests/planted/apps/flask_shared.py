"""Flask: responses that serve two requests, and answers that a broad except swallows; beside them what is right."""

from __future__ import annotations

import functools

import flask
from werkzeug.exceptions import HTTPException

app = flask.Flask(__name__)

NOBODY = flask.Response("nobody")  # where: shared-response for nobody
_kept: dict[str, flask.Response] = {}


@app.get("/nobody")
def nobody():
    return NOBODY  # also: shared-response


@app.get("/cached")
def cached():
    if "page" not in _kept:
        _kept["page"] = flask.Response("page")  # where: shared-response
    return _kept["page"]  # also: shared-response


@app.get("/swallowed")
def swallowed():
    try:
        flask.abort(404)  # also: swallowed-answer
    except Exception:  # where: swallowed-answer
        return "sorry", 500


@app.get("/swallowed-bare/<int:number>")
def swallowed_bare(number):
    try:
        if number > 3:
            flask.abort(403)  # also: swallowed-answer
    except:  # noqa: E722  # where: swallowed-answer
        pass
    return "for all"


# --- right


@functools.cache
def _text():
    return "kept text"


@app.get("/anew")
def anew():
    return flask.Response(_text())


@app.get("/raised-again")
def raised_again():
    try:
        flask.abort(404)
    except Exception:
        app.logger.debug("none")
        raise


class Locked(Exception):
    pass


@app.errorhandler(401)
def unauthorized(error):
    return flask.redirect("/login")


@app.get("/mapped")
def mapped():
    try:
        flask.abort(401)
    except Exception as error:
        app.logger.debug("locked")
        raise error


@app.get("/passed")
def passed():
    try:
        flask.abort(404)
    except HTTPException:
        raise
    except Exception:
        return "sorry", 500


@app.get("/same-answer")
def same_answer():
    try:
        flask.abort(404)
    except Exception as error:
        return {"error": str(error)}, 404


@app.get("/another-error")
def another_error():
    try:
        raise KeyError("x")
    except Exception:
        return "sorry", 500


@app.get("/expected")
def expected():
    try:
        flask.abort(404)
    except HTTPException:
        return "fallback"


APPS = {"app": app}

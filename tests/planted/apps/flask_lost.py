"""Answers that Flask code builds and loses; beside them what is built, and rightly not sent."""

from __future__ import annotations

import functools

import flask
from flask.views import MethodView
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.wrappers import Response

app = flask.Flask(__name__)


# --- lost


@app.get("/redirected")
def redirected():
    flask.redirect("/login")  # where: orphan-response
    return "for all to see"  # also: orphan-response


@app.get("/pair")
def pair():
    if not flask.request.args.get("key"):
        flask.jsonify(error="no key"), 403  # where: orphan-response
    return flask.jsonify(ok=True)  # also: orphan-response


@app.get("/made/<name>")
def made(name):
    flask.make_response("not for you", 403)  # where: orphan-response
    return flask.render_template_string("{{ name }}", name=name)  # also: orphan-response


def _refused(status):
    return flask.Response("refused", status)  # where: orphan-response for helped


@app.get("/helped")
def helped():
    _refused(403)
    return "for all to see"  # also: orphan-response


@app.get("/helped-twice")
def helped_twice():
    _refused(401)  # where: orphan-response
    return _refused(403)  # also: orphan-response


@app.get("/and-nothing")
def and_nothing():
    flask.redirect("/login")  # where: orphan-response


class Lost(MethodView):
    def get(self):
        flask.jsonify(lost=True)  # where: orphan-response
        return "sent"  # also: orphan-response


app.add_url_rule("/lost-in-a-class", view_func=Lost.as_view("lost"))


def _guarded(view):
    @functools.wraps(view)
    def guard(*args, **kwargs):
        if "user" not in flask.request.args:
            flask.redirect("/login")  # where: orphan-response for guarded
        return view(*args, **kwargs)

    return guard


@app.get("/guarded")
@_guarded
def guarded():
    return "for users"  # also: orphan-response


@app.get("/not-raised/<int:number>")
def not_raised(number):
    if number > 3:
        NotFound()  # where: unraised-error
    return "here it is"  # also: unraised-error


@app.get("/not-raised-with-a-text")
def not_raised_with_a_text():
    BadRequest("no key")  # where: unraised-error
    return "here it is"  # also: unraised-error


def _missing():
    return NotFound()  # where: unraised-error for not_raised_by_a_helper


@app.get("/not-raised-by-a-helper")
def not_raised_by_a_helper():
    _missing()
    return "here it is"  # also: unraised-error


@app.get("/never/<name>")
def never(name):
    if hash(name) == hash("out of reach") and len(name) > 1_000_000:
        flask.redirect("/login")  # where: orphan-response
        NotFound()  # where: unraised-error
    return name


class OutOfStock(Exception):
    pass


@app.errorhandler(OutOfStock)
def out_of_stock(error):
    flask.jsonify(error="sold out"), 410  # where: orphan-response for sold
    return "sorry", 409


@app.get("/sold")
def sold():
    raise OutOfStock


# --- nothing is lost


@app.get("/aborted")
def aborted():
    if flask.request.args.get("key") != "7":
        flask.abort(404)
    return "found"


@app.get("/raised-later")
def raised_later():
    error = NotFound()
    if flask.request.args.get("key") != "7":
        raise error
    return "found"


@app.get("/one-branch")
def one_branch():
    refusal = flask.redirect("/login")
    if flask.request.args.get("user"):
        return "welcome"
    return refusal


@app.get("/changed")
def changed():
    response = flask.make_response("text")
    _stamped(response)
    response.headers.setdefault("X-Stamp", "yes")
    return response


def _stamped(response):
    response.headers["X-Stamp"] = "no"
    return response


@app.get("/looked-at")
def looked_at():
    try:
        flask.abort(404)
    except HTTPException as error:
        looked = error.get_response()
        return "none", looked.status_code


@app.get("/tried-again")
def tried_again():
    for number in range(3):
        response = flask.jsonify(number=number)
        response.get_data()
    return response


@app.get("/failing-behind-a-helper")
def failing_behind_a_helper():
    def noted():
        flask.g.noted = True

    noted()
    raise RuntimeError("not for lack of a return")


class _Audit:
    def __call__(self, message):
        self.message = message


@app.get("/failing-behind-a-callable")
def failing_behind_a_callable():
    _Audit()("seen")
    raise RuntimeError("not for lack of a return")


def _attempt():
    try:
        flask.abort(404)
    except HTTPException as error:
        return error


@app.get("/caught-by-a-helper")
def caught_by_a_helper():
    _attempt()
    return "fine"


@app.get("/returned-error")
def returned_error():
    return NotFound()


@app.get("/asked-itself")
def asked_itself():
    flask.current_app.test_client().get("/aborted")
    return "asked"


@app.get("/conditional")
def conditional():
    response = flask.make_response("text")
    response.add_etag()
    return response.make_conditional(flask.request)


class Quiet(Response):
    pass


@app.get("/subclass")
def subclass():
    kept = [Quiet("one"), Quiet("two")]
    del kept[1]
    return kept[0]


@app.get("/replaced")
def replaced():
    return "replaced later"


@app.before_request
def before():
    flask.g.refusals = [NotFound()]


@app.after_request
def replace(response):
    if flask.request.path != "/replaced":
        return response
    return flask.make_response((response.get_data(), response.status, list(response.headers)))


APPS = {"app": app}

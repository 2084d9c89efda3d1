"""Flask views: each breaks one rule, its twin breaks none."""

from __future__ import annotations

import threading

import flask

FOREVER = threading.Event()
app = flask.Flask(__name__)


# --- exactly one response


@app.get("/nothing")
def nothing():  # also: no-response
    if flask.request.args.get("never") == "ever":
        return "found"
    flask.g.seen = True  # where: no-response


@app.get("/nothing-returned/<int:number>")
def nothing_returned(number):  # also: no-response
    if number > 1_000_000:
        return "many"
    return None  # where: no-response


@app.get("/number-returned")
def number_returned():  # also: no-response
    return 404  # where: no-response


@app.get("/something")
def something():
    return "text"


@app.get("/hung")
def hung():
    FOREVER.wait()  # where: hung-response
    return "at last"


@app.get("/hung-in-the-body")
def hung_in_the_body():
    def chunks():
        yield "one"
        FOREVER.wait()  # where: hung-response
        yield "two"

    return flask.Response(chunks())  # also: hung-response


# --- errors


@app.get("/raises-in-the-body")
def raises_in_the_body():
    def chunks():
        yield "one"
        raise ValueError("lost")  # where: error-after-start

    return flask.Response(chunks())  # also: error-after-start


@app.get("/raises-in-the-body-with-context")
def raises_in_the_body_with_context():
    @flask.stream_with_context
    def chunks():
        yield flask.request.path
        raise ValueError("lost")  # where: error-after-start

    return chunks()  # also: error-after-start


@app.get("/streams")
def streams():
    def chunks():
        yield flask.request.path
        yield "two"

    return flask.stream_with_context(chunks())


@app.get("/raises-in-close")
def raises_in_close():
    response = flask.Response("text")  # also: error-after-end

    @response.call_on_close
    def close():
        raise ValueError("lost")  # where: error-after-end

    return response


@app.get("/closes")
def closes():
    response = flask.Response("text")
    response.call_on_close(lambda: None)
    return response


@app.get("/raises")
def raises():
    raise ValueError("answered with a page of Flask's own")


@app.get("/aborts/<int:number>")
def aborts(number):
    flask.abort(404 if number else 403)


@app.get("/redirects")
def redirects():
    return flask.redirect("somewhere")


# --- body and length


@app.get("/too-short")
def too_short():
    def chunks():
        yield b"text"

    return flask.Response(chunks(), headers={"Content-Length": "10"})  # where: length-mismatch


@app.get("/too-long")
def too_long():
    response = flask.Response(iter([b"te", b"xt"]))
    response.content_length = 2  # where: length-mismatch
    return response


@app.get("/length-counted-in-characters")
def length_counted_in_characters():
    text = "Łódź"
    response = flask.Response(iter([text]))
    response.headers["Content-Length"] = len(text)  # where: length-mismatch
    return response


@app.get("/just-right")
def just_right():
    response = flask.Response(iter([b"te", b"xt"]))
    response.content_length = 4
    return response


@app.get("/length-by-hand-for-bytes")
def length_by_hand_for_bytes():
    return flask.Response("text", headers={"Content-Length": "10"})


@app.get("/no-content")
def no_content():
    return "text", 204


@app.get("/number-in-the-body")
def number_in_the_body():
    def chunks():
        yield "one"
        yield 2  # where: body-not-bytes

    return flask.Response(chunks())  # where: body-not-bytes, also: body-not-bytes


# --- the form of the head


@app.get("/status-too-high")
def status_too_high():
    return flask.Response("text", status=999)  # where: invalid-status


@app.get("/status-too-high-in-a-tuple")
def status_too_high_in_a_tuple():
    return "text", 999  # where: invalid-status


@app.get("/status-informational")
def status_informational():
    return flask.Response(status=103)  # where: invalid-status


@app.get("/header-in-unicode")
def header_in_unicode():
    return flask.Response("text", headers={"X-Name": "Łódź"})  # where: invalid-header


@app.get("/header-with-a-bad-name")
def header_with_a_bad_name():
    return flask.Response("text", headers={"X Name": "a"})  # where: invalid-header


@app.get("/two-lengths")
def two_lengths():
    response = flask.Response(iter([b"text"]))  # where: conflicting-length
    response.headers.add("Content-Length", "4")
    response.headers.add("Content-Length", "5")  # where: conflicting-length
    return response


@app.get("/connection-closed")
def connection_closed():
    return flask.Response("text", headers={"Connection": "close"})  # where: hop-by-hop-header


@app.get("/two-types")
def two_types():
    response = flask.Response("text")  # where: duplicate-header
    response.headers.add("Content-Type", "text/plain")  # where: duplicate-header
    return response


@app.get("/two-cookies")
def two_cookies():
    response = flask.Response("text")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


APPS = {"flask": app}

# --- an app that lets errors through

strict = flask.Flask(f"{__name__}.strict")
strict.testing = True


@strict.get("/raises-through")
def raises_through():
    raise ValueError("lost")  # where: unhandled-error


APPS["strict"] = strict

# --- an app that replaces its responses before they start, which is legal

replacing = flask.Flask(f"{__name__}.replacing")


@replacing.before_request
def answer_early():
    if flask.request.path == "/early":
        return flask.Response("early", status=403)
    return None


@replacing.after_request
def another(response):
    if response.status_code == 404 or "X-Replace" in response.headers:
        return flask.Response("another", headers={"X-Seen": "1"})
    response.headers["X-Seen"] = "1"
    return response


@replacing.errorhandler(ZeroDivisionError)
def divided(_error):
    return "divided", 422


@replacing.get("/early")
def early():
    return "late"


@replacing.get("/replaced")
def replaced():
    return flask.Response("one", headers={"X-Replace": "1"})


@replacing.get("/divides")
def divides():
    return str(1 // 0)


@replacing.get("/conditional")
def conditional():
    response = flask.Response("text" * 10)
    response.add_etag()
    return response.make_conditional(flask.request, accept_ranges=True, complete_length=40)


@replacing.get("/not-found-as-a-response")
def not_found_as_a_response():
    from werkzeug.exceptions import NotFound

    return NotFound().get_response(flask.request.environ)


@replacing.get("/file")
def file():
    return flask.send_file(__file__, conditional=True)


@replacing.get("/after-this")
def after_this():
    @flask.after_this_request
    def change(response):
        response.data = b"changed"
        return response

    return "text"


APPS["replacing"] = replacing

# --- teardown that fails: Flask runs it before the server takes the body

torn = flask.Flask(f"{__name__}.torn")


@torn.teardown_request
def tear_down(_error):
    if flask.request.path == "/torn-down" and flask.request.method == "GET":
        raise ValueError("lost")  # where: error-after-start for torn_down


@torn.get("/torn-down")
def torn_down():
    return flask.Response("text")  # also: error-after-start


@torn.get("/torn-down-well")
def torn_down_well():
    return "text"


APPS["torn"] = torn

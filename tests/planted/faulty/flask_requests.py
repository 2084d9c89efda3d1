"""Flask views that ask an upstream through requests; where it fails each breaks one rule, and its twin none."""

from __future__ import annotations

import io

import flask
from werkzeug.exceptions import BadGateway

STOCK = "http://inventory.internal/stock"
app = flask.Flask(__name__, static_folder=None)


def _upstream():
    """A session that answers for inventory.internal itself, so that no network is needed."""
    import requests
    from requests.adapters import BaseAdapter

    class Inventory(BaseAdapter):
        def send(self, request, **named):
            reply = requests.Response()
            reply.status_code, reply.url, reply.request = 200, request.url, request
            reply.headers["Content-Length"] = "10"
            reply.raw = io.BytesIO(b'{"pen": 3}')
            return reply

        def close(self):
            pass

    session = requests.Session()
    session.mount("http://inventory.internal", Inventory())
    return session


@app.get("/stock")
def stock():
    import requests

    left = {}
    try:
        left = _upstream().get(STOCK, timeout=2).json()
    except (requests.ConnectionError, requests.Timeout):
        flask.make_response("the inventory does not answer", 502)  # where: orphan-response
    return flask.jsonify(left)  # also: orphan-response


@app.get("/stock-or-502")
def stock_or_502():
    import requests

    try:
        left = _upstream().get(STOCK, timeout=2).json()
    except requests.RequestException:
        return flask.make_response("the inventory does not answer", 502)
    return flask.jsonify(left)


@app.get("/checked")
def checked():  # also: no-response
    import requests

    reply = None
    try:
        reply = _upstream().get(STOCK, timeout=2)
        reply.raise_for_status()
        return flask.jsonify(reply.json())
    except requests.HTTPError:
        flask.g.refused = True  # where: no-response


@app.get("/checked-or-502")
def checked_or_502():
    import requests

    try:
        reply = _upstream().get(STOCK, timeout=2)
        reply.raise_for_status()
        return flask.jsonify(reply.json())
    except requests.HTTPError:
        flask.abort(502)


@app.get("/pens")
def pens():
    count = 0
    try:
        count = _upstream().get(STOCK, timeout=2).json()["pen"]
    except ValueError:
        BadGateway("the inventory answers in riddles")  # where: unraised-error
    return str(count)  # also: unraised-error


@app.get("/pens-or-502")
def pens_or_502():
    try:
        count = _upstream().get(STOCK, timeout=2).json()["pen"]
    except ValueError as error:
        raise BadGateway("the inventory answers in riddles") from error
    return str(count)


@app.get("/passed-on")
def passed_on():
    def chunks():
        for chunk in reply.iter_content(4):  # where: error-after-start
            yield bytes(chunk)

    reply = _upstream().get(STOCK, timeout=2, stream=True)
    return flask.Response(chunks())  # also: error-after-start


@app.get("/passed-on-whole")
def passed_on_whole():
    reply = _upstream().get(STOCK, timeout=2)
    return flask.Response(reply.content, mimetype="application/json")


@app.get("/mirrored")
def mirrored():
    import requests

    def chunks():
        try:
            for chunk in reply.iter_content(4):
                yield bytes(chunk)
        except requests.RequestException:
            app.logger.warning("cut off")

    reply = _upstream().get(STOCK, timeout=2, stream=True)
    length = reply.headers["Content-Length"]
    return flask.Response(chunks(), headers={"Content-Length": length})  # where: length-mismatch


@app.get("/mirrored-without-length")
def mirrored_without_length():
    import requests

    def chunks():
        try:
            for chunk in reply.iter_content(4):
                yield bytes(chunk)
        except requests.RequestException:
            app.logger.warning("cut off")

    reply = _upstream().get(STOCK, timeout=2, stream=True)
    return flask.Response(chunks())


@app.get("/late")
def late():
    import requests

    def chunks():
        yield b"["
        try:
            yield _upstream().get(STOCK, timeout=2).content
        except requests.Timeout:
            response.status_code = 504  # where: late-status
        yield b"]"

    response = flask.Response(chunks())  # also: late-status
    return response


@app.get("/in-time")
def in_time():
    import requests

    def chunks():
        yield b"["
        yield content
        yield b"]"

    try:
        content, status = _upstream().get(STOCK, timeout=2).content, 200
    except requests.Timeout:
        content, status = b"", 504
    return flask.Response(chunks(), status)


APPS = {"flask": app}

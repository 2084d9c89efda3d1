"""Answers of WebOb, and of plain Werkzeug, in bare WSGI apps: built and lost, or rightly not sent."""

from __future__ import annotations

from webob import Request, Response
from webob.exc import HTTPForbidden, HTTPFound, HTTPNotFound


def dropped(environ, start_response):
    Response("not for you", status=403)  # where: orphan-response
    return Response("for all")(environ, start_response)  # also: orphan-response


def not_raised(environ, start_response):
    HTTPFound(location="/login")  # where: unraised-error
    return Response("for all")(environ, start_response)  # also: unraised-error


def _denied():
    return HTTPForbidden()  # where: unraised-error for helped


def helped(environ, start_response):
    _denied()
    return Response("for all")(environ, start_response)  # also: unraised-error


# --- nothing is lost


def called(environ, start_response):
    request = Request(environ)
    if "key" not in request.params:
        return HTTPNotFound()(environ, start_response)
    return Response("text")(environ, start_response)


def raised(environ, start_response):
    try:
        raise HTTPFound(location="/login")
    except HTTPFound as found:
        return found(environ, start_response)


def subrequest(environ, start_response):
    Request.blank("/").get_response(called)
    response = Request.blank("/").get_response(called)
    return response(environ, start_response)


def changed(environ, start_response):
    response = Response("text")
    response.merge_cookies(response)
    response.md5_etag()
    return response(environ, start_response)


APPS = {
    "dropped": dropped,
    "not_raised": not_raised,
    "helped": helped,
    "called": called,
    "raised": raised,
    "subrequest": subrequest,
    "changed": changed,
}

"""The apps of bench.py, in a file of their own, so that the marks stand in them and not in what calls them."""

from __future__ import annotations

from typing import Any


async def raw_asgi(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})


def raw_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def flask_app() -> Any:
    import flask

    app = flask.Flask("bench")

    @app.get("/items/<int:item>")
    def item(item: int) -> Any:
        return flask.jsonify(item=item, q=flask.request.args.get("q", ""))

    return app


def django_app() -> Any:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=__name__,
            SECRET_KEY="bench",
            MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.security.SecurityMiddleware"],
        )
        django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.urls import path

    def item(request: Any, item: int) -> Any:
        return JsonResponse({"item": item, "q": request.GET.get("q", "")})

    globals()["urlpatterns"] = [path("items/<int:item>", item)]
    return get_wsgi_application()


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def item(request: Any) -> Any:
        return JSONResponse({"item": request.path_params["item"], "q": request.query_params.get("q", "")})

    return Starlette(routes=[Route("/items/{item:int}", item)])


def fastapi_app() -> Any:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/items/{item}")
    async def item(item: int, q: str = "") -> dict[str, Any]:
        return {"item": item, "q": q}

    return app


def branching_app(routes: int = 1) -> Any:
    """A Flask app whose handlers decide ten times before they answer."""
    from flask import Flask, request

    app = Flask(__name__)

    def view(number: int = 7) -> tuple[dict[str, object], int] | dict[str, object]:
        query = request.args.get("q", "")
        if query == "admin":
            return {"role": "admin"}, 403
        if query.startswith("sku-") and len(query) > 8:
            return {"sku": query}
        found = []
        for place, character in enumerate(query[:4]):
            if character.isdigit() or place % 2:
                found.append(character)
        if number > 1000 and number % 7 == 3:
            return {"large": number}
        if "x" in found:
            return {"found": found}
        try:
            year = int(query or "2031")
        except ValueError:
            year = 0
        return {"year": year, "leap": year % 4 == 0 and year % 100 != 0, "number": number}

    for place in range(routes):
        path = "/items/<int:number>" if routes == 1 else f"/items{place}/<int:number>"
        app.add_url_rule(path, f"view{place}", view)
    return app

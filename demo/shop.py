"""A small shop with four mistakes, each of a kind that is made every day."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

ORDERS = [{"id": 1, "total": 30}, {"id": 2}]


async def orders(request):
    return JSONResponse([order["id"] for order in ORDERS])


async def remove(request):
    return Response(b"gone", status_code=204)


async def lines():
    yield "id,total\n"
    for order in ORDERS:
        yield f"{order['id']},{order['total']}\n"


async def export(request):
    return StreamingResponse(lines(), media_type="text/csv")


async def hello(request):
    text = f"Hello, {request.path_params['name']}!"
    return PlainTextResponse(text, headers={"Content-Length": str(len(text))})


async def account(request):
    if "user" not in request.query_params:
        RedirectResponse("/login")
    return PlainTextResponse("your orders and your address")


class CatchAll:
    """Answers errors with JSON."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            answer = JSONResponse({"error": type(error).__name__}, status_code=500)
            await answer(scope, receive, send)


app = Starlette(
    routes=[
        Route("/orders", orders),
        Route("/orders", remove, methods=["DELETE"]),
        Route("/orders.csv", export),
        Route("/hello/{name}", hello),
        Route("/account", account),
    ],
    middleware=[Middleware(CatchAll)],
)

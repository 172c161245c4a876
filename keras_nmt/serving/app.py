"""The routes of the server."""

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from keras_nmt.run.language_pairs import name_of
from keras_nmt.serving import openapi
from keras_nmt.serving.answers import Answers, translate_batch
from keras_nmt.serving.batching import RETRY_AFTER, Batcher
from keras_nmt.serving.bodies import fields_of
from keras_nmt.serving.guard import Guard
from keras_nmt.serving.metrics import Metrics
from keras_nmt.serving.page import page
from keras_nmt.serving.refusals import ANY_ORIGIN, Refusal
from keras_nmt.serving.settings import Limits

FRONTEND_TIMEOUT = 500
"""Milliseconds that a page shall wait after a key before it asks."""

SWITCHED_OFF = ("/suggest", "/translate_file")
"""Addresses of the API whose features LibreTranslate itself can switch off."""


def make_app(catalog, limits=None):
    """The ASGI application that serves the systems of a `Catalog`.

    Args:
        catalog: `Catalog`.
        limits: `Limits`; the defaults if None.
    """
    limits = limits or Limits()
    metrics = Metrics()
    batcher = Batcher(translate_batch, limits, metrics.batches.observe)
    metrics.unfinished.set_function(lambda: batcher.unfinished)
    answers = Answers(catalog, batcher, limits)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with batcher:
            yield
        answers.close()

    def answering(answer):
        async def endpoint(request):
            fields = await fields_of(request, limits)
            return JSONResponse(await _in_time(request, answer(fields), limits.seconds))

        return endpoint

    routes = [
        Route("/translate", answering(answers.translate), methods=["POST"]),
        Route("/detect", answering(answers.detect), methods=["POST"]),
        Route("/attention", answering(answers.attention), methods=["POST"]),
        *(_refusing(path) for path in SWITCHED_OFF),
        *_described(catalog, limits, metrics),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=["Retry-After"],
            ),
            Middleware(Guard, limits=limits, metrics=metrics, routes=routes),
        ],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _not_found,
            Exception: _failed,
        },
    )


def _described(catalog, limits, metrics):
    """The routes that say what the server is and does."""
    first, *_ = catalog.systems
    settings = {
        "apiKeys": False,
        "charLimit": limits.characters,
        "filesTranslation": False,
        "frontendTimeout": FRONTEND_TIMEOUT,
        "keyRequired": False,
        "language": {
            "source": {"code": first.source, "name": name_of(first.source)},
            "target": {"code": first.target, "name": name_of(first.target)},
        },
        "suggestions": False,
        "supportedFilesFormat": [],
    }
    content, headers = page()
    described = openapi.description()
    return [
        # Some clients ask for the languages by POST.
        _json_route("/languages", catalog.languages(), ["GET", "POST"]),
        _json_route("/models", [system.about() for system in catalog.systems]),
        _json_route("/frontend/settings", settings),
        _json_route("/health", {"status": "ok"}),
        _json_route("/openapi.json", described),
        _json_route("/spec", described),
        _route("/", lambda: HTMLResponse(content, headers=headers)),
        _route(
            "/metrics",
            lambda: Response(metrics.text(), media_type=metrics.content_type),
        ),
    ]


def _json_route(path, content, methods=("GET",)):
    return _route(path, lambda: JSONResponse(content), methods)


def _route(path, respond, methods=("GET",)):
    async def endpoint(request):
        return respond()

    return Route(path, endpoint, methods=methods)


def _refusing(path):
    content = {"error": "this server does not offer it"}
    return _route(path, lambda: JSONResponse(content, 403), ["POST"])


async def _in_time(request, answer, seconds):
    """What `answer` returns; cancelled when time is up or the client is gone."""

    async def gone():
        while (await request.receive())["type"] != "http.disconnect":
            pass

    answering, leaving = asyncio.ensure_future(answer), asyncio.create_task(gone())
    try:
        done, _ = await asyncio.wait(
            [answering, leaving],
            timeout=seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not done:
            raise Refusal(
                503,
                f"no answer within {seconds:g} s; try again later, or send less text",
                RETRY_AFTER,
            )
        if not answering.done():
            raise Refusal(400, "the client is gone")
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()


async def _refused(request, refusal):
    content = {"error": refusal.message}
    return JSONResponse(content, refusal.status, headers=refusal.headers)


async def _not_found(request, error):
    content = {"error": error.detail}
    return JSONResponse(content, error.status_code, headers=error.headers)


async def _failed(request, error):
    # Starlette raises it again, and uvicorn logs it.
    return JSONResponse({"error": "internal error"}, 500, headers=ANY_ORIGIN)

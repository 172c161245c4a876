"""Bounds and counts the requests in progress, and sets headers of their answers."""

import re
import time

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse

UNBOUNDED = {"/health", "/metrics"}
"""Routes that are answered under any load, so that one can see the load."""

OTHER = "other"
"""The route of requests to an address that is none."""


class Guard:
    """ASGI middleware around all routes.

    Args:
        app: ASGI application.
        limits: `Limits`.
        metrics: `Metrics`.
        routes: of the application; their paths are labels of the metrics.
    """

    def __init__(self, app, limits, metrics, routes):
        self._app = app
        self._most = limits.in_progress
        self._metrics = metrics
        self._paths = {route.path for route in routes}
        self._in_progress = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A client whose base address ends with a slash asks for `//translate`.
        scope["path"] = re.sub("//+", "/", scope["path"])
        began, status = time.perf_counter(), 500

        async def observed(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            await send(message)

        bounded = scope["path"] not in UNBOUNDED
        self._in_progress += bounded
        try:
            if bounded and self._in_progress > self._most:
                refuse = JSONResponse(
                    {"error": "the server is busy; try again later"},
                    503,
                    headers={"Retry-After": "1"},
                )
                await refuse(scope, receive, observed)
            else:
                await self._app(scope, receive, observed)
        finally:
            self._in_progress -= bounded
            path = scope["path"] if scope["path"] in self._paths else OTHER
            self._metrics.answered(path, status, time.perf_counter() - began)

"""Requests that end early: refused, too slow, or left by their client."""

import asyncio
import json
import time

import httpx2
import pytest

from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from keras_nmt.serving.settings import Limits
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free

THREE = "eins.\n\nzwei.\n\ndrei."
"""A text of three sentences."""


async def _post(app, q, source="de"):
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://server") as http,
    ):
        asked = {"q": q, "source": source, "target": "en"}
        answer = await http.post("/translate", json=asked)
        await asyncio.sleep(0.1)  # in which what was not ended would go on
        return answer


def test_a_text_that_fails_ends_the_rest_of_its_request():
    german, french = Upper("de", "en", ["fail"]), Upper("fr", "en", ["un", "deux"])
    app = make_app(Catalog([german, french]), Limits(batch_size=1))
    answer = asyncio.run(_post(app, ["fail", *["un", "deux"] * 5], "auto"))
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "this text could not be translated"},
    )
    assert len(french.batches) < 10


def test_the_time_limit_counts_what_comes_before_the_translation():
    class SlowlySplit(Upper):
        def length(self, sentence):
            time.sleep(0.3)
            return super().length(sentence)

    system = SlowlySplit(longest=1)
    answer = asyncio.run(_post(make_app(Catalog([system]), Limits(seconds=0.1)), THREE))
    assert answer.status_code == 503
    assert "no answer within 0.1 s" in answer.json()["error"]
    assert "retry-after" in answer.headers
    assert not system.batches


def test_a_client_that_leaves_is_translated_nothing_more():
    system = Upper(seconds=0.05)
    app = make_app(Catalog([system]), Limits(batch_size=1))
    body = json.dumps({"q": THREE * 5, "source": "de", "target": "en"}).encode()
    unread = [{"type": "http.request", "body": body, "more_body": False}]
    sent = []

    async def receive():
        if unread:
            return unread.pop()
        while not system.batches:
            await asyncio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    async def main():
        async with app.router.lifespan_context(app):
            await app(_scope(len(body)), receive, send)
            await asyncio.sleep(0.2)

    asyncio.run(main())
    assert sent[0]["status"] == 400
    assert len(system.batches) <= 2  # one ran, and one may have been begun


def _scope(length):
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/translate",
        "raw_path": b"/translate",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(length).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("server", 80),
    }

"""The LibreTranslate API as its clients use it, and what hostile clients get."""

import asyncio
import json
import re

import httpx2
import pytest
from starlette.testclient import TestClient

from keras_nmt.errors import InputError
from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from keras_nmt.serving.settings import Limits
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free

LIMITS = Limits(characters=200, texts=5, body_seconds=0.3)
ASKED = {"q": "Der Hund.", "source": "de", "target": "en"}


@pytest.fixture(scope="module")
def client():
    german = Upper("de", "en", words=["der", "hund", "."])
    french = Upper("fr", "en", words=["le", "chien", "."])
    app = make_app(Catalog([german, french, Upper("en", "de")]), LIMITS)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def translated(client, **fields):
    answer = client.post("/translate", json={**ASKED, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client, status, **fields):
    answer = client.post("/translate", json={**ASKED, **fields})
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    return answer.json()["error"]


# === What clients use ===


@pytest.mark.parametrize(
    "sent",
    [
        {"json": ASKED},
        {"data": ASKED},
        {"files": {name: (None, value) for name, value in ASKED.items()}},
        {"params": ASKED},
        {"url": "http://testserver//translate", "json": ASKED},
        {"json": {**ASKED, "api_key": None, "format": "text", "unknown": [1]}},
        {"data": {**ASKED, "alternatives": "0", "api_key": ""}},
    ],
    ids=["json", "urlencoded", "multipart", "address", "slash", "more", "empty fields"],
)
def test_every_way_to_send_gives_the_same_translation(client, sent):
    answer = client.post(**{"url": "/translate", **sent})
    assert (answer.status_code, answer.json()) == (200, {"translatedText": "DER HUND."})


@pytest.mark.parametrize("way", ["json", "data"])
def test_a_list_is_answered_with_a_list(client, way):
    answer = client.post("/translate", **{way: {**ASKED, "q": ["a", "", "b\nc"]}})
    assert answer.json() == {"translatedText": ["A", "", "B\nC"]}


def test_alternatives_and_scores_come_where_they_are_asked_for(client):
    assert translated(client, q="a", alternatives=2, scores=True) == {
        "translatedText": "A",
        "alternatives": ["A'", "A''"],
        "scores": [-1.0, -2.0, -3.0],
    }
    found = translated(client, q=["a", "b"], alternatives=1)
    assert found["alternatives"] == [["A'"], ["B'"]]


@pytest.mark.parametrize(
    ("value", "count"), [(2.0, 2), ("2", 2), (-1, 0), (-1.0, 0), ("-1", 0), (-0.0, 0)]
)
def test_alternatives_are_a_whole_number_none_if_negative(client, value, count):
    found = translated(client, q="a", alternatives=value)
    assert len(found.get("alternatives", [])) == count


def test_auto_finds_the_language_and_its_system(client):
    found = translated(client, q="Le chien.", source="auto")
    assert found["detectedLanguage"] == {"language": "fr", "confidence": 100}
    found = translated(client, q=["Der Hund.", "Le chien."], source="auto")
    assert [x["language"] for x in found["detectedLanguage"]] == ["de", "fr"]
    assert found["translatedText"] == ["DER HUND.", "LE CHIEN."]


def test_codes_of_any_usual_form_are_understood(client):
    assert translated(client, source="deu", target="en-GB")["translatedText"]


def test_html_keeps_its_tags_and_text_has_none(client):
    found = translated(client, q="<b>a</b>", format="html")
    assert found["translatedText"] == "<b>A</b>"
    assert translated(client, q="<b>a</b>")["translatedText"] == "<B>A</B>"


def test_languages_are_told_with_their_targets(client):
    assert client.get("/languages").json() == client.post("/languages").json()
    assert client.get("/languages").json() == [
        {"code": "de", "name": "German", "targets": ["de", "en"]},
        {"code": "en", "name": "English", "targets": ["de", "en"]},
        {"code": "fr", "name": "French", "targets": ["en", "fr"]},
    ]


def test_detect_answers_a_text_with_all_and_a_list_with_the_best(client):
    found = client.post("/detect", data={"q": "Le chien."}).json()
    assert [x["language"] for x in found] == ["fr", "de", "en"]
    found = client.post("/detect", json={"q": ["Le chien.", "Der Hund."]}).json()
    assert [x["language"] for x in found] == ["fr", "de"]


def test_the_server_tells_its_limits_and_its_health(client):
    settings = client.get("/frontend/settings").json()
    assert settings["charLimit"] == LIMITS.characters
    assert settings["language"]["source"] == {"code": "de", "name": "German"}
    assert client.get("/health").json() == {"status": "ok"}


def test_the_description_names_every_route(client):
    described = client.get("/openapi.json").json()
    assert client.get("/spec").json() == described
    told = {route.path for route in client.app.routes} - {"/", "/openapi.json", "/spec"}
    assert described["paths"].keys() == told


def test_metrics_count_answers_by_route_and_status(client):
    client.get("/no/such/page")
    translated(client)
    text = client.get("/metrics").text
    assert 'keras_nmt_requests_total{route="other",status="404"}' in text
    assert 'keras_nmt_request_seconds_count{route="/translate"}' in text
    assert "no/such" not in text


@pytest.mark.parametrize(
    ("q", "status"),
    [("Der Hund.", 200), (None, 400), ("x" * 201, 413), ("fail", 500)],
)
def test_pages_of_other_origins_may_ask_and_read_errors(client, q, status):
    asked, origin = {**ASKED, "q": q}, {"Origin": "https://a.b"}
    answer = client.post("/translate", json=asked, headers=origin)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"


def test_pages_of_other_origins_may_read_that_the_server_failed():
    class Failing(Upper):
        def length(self, sentence):
            raise RuntimeError("as asked")

    app = make_app(Catalog([Failing(longest=1)]))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/translate", json=ASKED)
    assert (answer.status_code, answer.json()) == (500, {"error": "internal error"})
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/suggest", "/translate_file"])
def test_features_that_are_off_are_refused_as_the_api_does(client, path):
    answer = client.post(path, files={"file": ("a.txt", b"Der Hund.")})
    assert (answer.status_code, answer.json().keys()) == (403, {"error"})


# === What is wrong is said ===


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"q": None}, 400, "q is missing"),
        ({"q": 5}, 400, "q must be a string"),
        ({"q": ["a", None]}, 400, "q must be a string"),
        ({"q": "\ud800"}, 400, "the surrogate U\\+D800"),
        ({"q": "x" * 201}, 413, "201 characters; send at most 200"),
        ({"q": ["x"] * 6}, 413, "6 texts; send at most 5"),
        ({"q": "x" * 9999}, 413, "body is larger|characters"),
        ({"source": ""}, 400, "source is missing"),
        ({"target": ["en"]}, 400, "target must be the code"),
        ({"target": "auto"}, 400, "'auto' is not supported"),
        ({"target": "xx-" * 99}, 400, "is not supported"),
        (
            {"source": "fr", "target": "de"},
            400,
            "this server translates de to en, en to de, fr to en",
        ),
        ({"format": "xml"}, 400, "format must be text or html"),
        ({"format": []}, 200, ""),
        ({"alternatives": 1.5}, 400, "alternatives must be a whole number"),
        ({"alternatives": float("inf")}, 400, "alternatives must be a whole number"),
        ({"alternatives": []}, 400, "alternatives must be a whole number"),
        ({"alternatives": True}, 400, "alternatives must be a whole number"),
        ({"alternatives": "9" * 99}, 400, "alternatives must be a whole number"),
        ({"alternatives": 10**99}, 200, ""),
    ],
)
def test_wrong_fields_are_refused_in_one_line(client, fields, status, message):
    content = json.dumps({**ASKED, **fields})
    answer = client.post(
        "/translate", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    if status != 200:
        (name,), (error,) = answer.json().keys(), answer.json().values()
        assert name == "error"
        assert re.search(message, error)
        assert "\n" not in error


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"\xff\xfe\x00"),
        ("application/json", b"[" * 2000),
        ("application/json", b'{"q": ' + b"9" * 2300 + b"}"),
        ("application/x-www-form-urlencoded", b"q=%ff"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nq"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        ("text/plain", b"Der Hund."),
        ("", b"Der Hund."),
    ],
)
def test_bodies_that_cannot_be_read_are_refused(client, kind, body):
    answer = client.post("/translate", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}


def test_a_body_with_more_fields_or_files_than_texts_may_be_is_refused(client):
    assert client.post("/translate", data={"q": ["a"] * 99}).status_code == 413
    answer = client.post("/translate", files={"q": ("a.txt", b"Der Hund.")})
    assert answer.status_code == 400


def test_a_declared_or_sent_body_that_is_too_large_is_not_read(client):
    sent = []

    def chunks():
        for _ in range(1000):
            sent.append(0)
            yield b" " * 10_000

    head = {"Content-Type": "application/json"}
    assert client.post("/translate", content=chunks(), headers=head).status_code == 413
    head["Content-Length"] = "9" * 15
    assert client.post("/translate", content=b"{}", headers=head).status_code == 413


def test_unknown_addresses_and_methods_get_json(client):
    assert client.get("/nope").json() == {"error": "Not Found"}
    answer = client.get("/translate")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py",
        "/%2e%2e/app.py",
        "/page.html",
        "/app.py",
        "//etc/passwd",
        "/..%5capp",
    ],
)
def test_no_file_but_the_page_can_be_read(client, path):
    assert client.get(path).json() == {"error": "Not Found"}


def test_a_text_that_fails_gives_no_traceback(client):
    assert refused(client, 500, q="fail") == "this text could not be translated"


def test_two_systems_for_one_pair_are_refused():
    with pytest.raises(InputError, match="both translate de-en"):
        Catalog([Upper(), Upper()])


# === The page ===


def test_the_page_is_one_file_that_loads_nothing_from_elsewhere(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert answer.headers["x-content-type-options"] == "nosniff"
    text = answer.text
    assert "://" not in text
    assert "innerHTML" not in text  # what a system says is never read as markup
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text


# === Many clients, hostile clients ===


async def _together(app, *clients):
    """Runs `client(http)` coroutines against an application."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://server") as http,
    ):
        return await asyncio.gather(*(client(http) for client in clients))


def test_many_clients_get_each_its_own_answer():
    system = Upper(seconds=0.002)
    app = make_app(Catalog([system]))

    def client(name):
        async def run(http):
            for turn in range(5):
                text = f"satz {name} {turn}.\n\nnoch {name} {turn}."
                answer = await http.post("/translate", json={**ASKED, "q": text})
                assert answer.json() == {"translatedText": text.upper()}

        return run

    asyncio.run(_together(app, *map(client, range(64))))
    sentences = [sentence for batch in system.batches for sentence in batch]
    assert len(sentences) == len(set(sentences)) == 640
    assert len(system.batches) < 320


def test_a_slow_sender_is_refused_and_holds_up_nobody():
    app = make_app(Catalog([Upper()]), LIMITS)

    async def slow(http):
        async def chunks():
            yield b"{"
            await asyncio.sleep(5)

        head = {"Content-Type": "application/json"}
        return await http.post("/translate", content=chunks(), headers=head)

    async def quick(http):
        return await http.post("/translate", json=ASKED)

    slow, quick = asyncio.run(_together(app, slow, quick))
    assert (slow.status_code, quick.status_code) == (408, 200)
    assert "took longer than 0.3 s" in slow.json()["error"]


def test_more_requests_at_once_than_permitted_are_refused():
    limits = Limits(waiting=2)
    app = make_app(Catalog([Upper(seconds=0.05)]), limits)

    async def client(http):
        origin = {"Origin": "https://a.b"}
        return await http.post("/translate", json=ASKED, headers=origin)

    async def health(http):
        return await http.get("/health")

    async def metrics(http):
        return await http.get("/metrics")

    clients = [client] * (limits.in_progress + 9)
    *answers, health, metrics = asyncio.run(_together(app, *clients, health, metrics))
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 429, 503}
    assert all(answer.headers["retry-after"] for answer in answers if answer.is_error)
    assert {x.headers["access-control-allow-origin"] for x in answers} == {"*"}
    assert (health.status_code, metrics.status_code) == (200, 200)

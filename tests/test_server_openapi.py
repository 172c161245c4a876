"""The OpenAPI description says what the server answers."""

import pytest
from starlette.testclient import TestClient

from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from keras_nmt.serving.layout import TextCandidate
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free

ASKED = {"source": "de", "target": "en", "scores": True}

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "number": int | float,
    "boolean": bool,
    "null": None,
}


class Greedy(Upper):
    """Has no scores, as greedy search."""

    def candidates(self, sentences, alternatives=False):
        found = super().candidates(sentences, alternatives)
        return [[TextCandidate(one.text, None) for one in some] for some in found]


@pytest.fixture(scope="module")
def client():
    app = make_app(Catalog([Upper(), Greedy("fr", "en")]))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def fits(value, schema):
    """Whether a value is as a schema says; an answer has no undescribed field."""
    for name, permitted in (("anyOf", range(1, 99)), ("oneOf", [1])):
        branches = schema.get(name, [])
        if branches and sum(fits(value, x) for x in branches) not in permitted:
            return False
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, TYPES[x] or type(None)) for x in types):
        return False
    if isinstance(value, list) and "items" in schema:
        return all(fits(x, schema["items"]) for x in value)
    if isinstance(value, dict) and schema.get("properties"):
        known = schema["properties"]
        return all(name in known and fits(x, known[name]) for name, x in value.items())
    return True


def is_described(client, answer, method, path):
    responses = client.get("/openapi.json").json()["paths"][path][method]["responses"]
    described = responses[str(answer.status_code)]["content"]["application/json"]
    return fits(answer.json(), described["schema"])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"q": "Ja."}, 200),
        ({"q": ""}, 200),
        ({"q": ["Ja.", " "], "alternatives": 2}, 200),
        ({"q": [], "alternatives": 2}, 200),
        ({"q": "Ja.", "alternatives": 1, "source": "fr"}, 200),
        ({"q": "Ja.", "alternatives": 1, "source": "en"}, 200),
        ({"q": ["Ja."], "source": "auto"}, 200),
        ({"q": 5}, 400),
        ({"q": "x" * 50_001}, 413),
        ({"q": "fail"}, 500),
    ],
)
def test_what_translate_answers_is_described(client, fields, status):
    answer = client.post("/translate", json={**ASKED, **fields})
    assert answer.status_code == status
    assert is_described(client, answer, "post", "/translate")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/languages"),
        ("post", "/languages"),
        ("get", "/models"),
        ("get", "/health"),
        ("get", "/frontend/settings"),
        ("post", "/detect"),
        ("post", "/attention"),
        ("post", "/suggest"),
    ],
)
def test_what_others_answer_is_described(client, method, path):
    asked = {"json": {**ASKED, "q": "Ja."}} if method == "post" else {}
    answer = getattr(client, method)(path, **asked)
    assert is_described(client, answer, method, path)


def test_what_is_not_described_is_found():
    """That the comparison of this file compares."""
    numbers = {"type": "array", "items": {"type": "number"}}
    assert fits([1, 0.5], numbers)
    assert not fits([None], numbers)
    assert not fits([], {"oneOf": [numbers, numbers]})
    assert not fits({"b": 1}, {"type": "object", "properties": {"a": {}}})


def test_every_way_to_ask_is_described(client):
    paths = client.get("/openapi.json").json()["paths"]
    for route in client.app.routes:
        if route.path in paths:
            methods = {x.lower() for x in route.methods} - {"head"}
            assert paths[route.path].keys() == methods

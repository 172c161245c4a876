"""The language of a text, among those of a server's systems."""

import pytest
from starlette.testclient import TestClient

from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from keras_nmt.serving.detecting import detect
from keras_nmt.serving.refusals import Refusal
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free

GERMAN = Upper("de", words=["der", "hund", "läuft", "."])
FRENCH = Upper("fr", words=["le", "chien", "court", "."])
RUSSIAN = Upper("ru", words=["собака", "."])


def sides(*systems):
    return {x.source: x.translator.source for x in systems}


@pytest.mark.parametrize(
    ("text", "language", "confidence"),
    [
        ("Der Hund läuft.", "de", 100),
        ("Le chien court.", "fr", 100),
        ("Собака.", "ru", 100),
        ("Der Hund schläft.", "de", 53),
        ("Der Hund la\u0308uft.", "de", 100),
    ],
)
def test_the_system_that_knows_most_of_the_text_names_its_language(
    text, language, confidence
):
    best, *others = detect(text, sides(FRENCH, RUSSIAN, GERMAN))
    assert best == {"language": language, "confidence": confidence}
    assert all(other["confidence"] <= confidence for other in others)
    assert len(others) == 2


def test_of_languages_that_fit_alike_the_first_is_named():
    for first, second in ((GERMAN, FRENCH), (FRENCH, GERMAN)):
        found = detect("12", sides(first, second))
        assert found[0] == {"language": first.source, "confidence": 0}
    assert detect("", sides(GERMAN))[0]["language"] == "de"


@pytest.mark.parametrize(
    ("text", "languages", "found"),
    [
        ("A dog runs through the snow.", ("de", "en"), "en"),
        ("Ein Hund läuft durch den Schnee.", ("en", "de"), "de"),
        ("Berlin", ("de", "en"), "de"),
        ("In a house", ("ha", "en"), "ha"),  # spaCy has no stop words of Hausa
    ],
)
def test_languages_with_the_same_subwords_are_told_by_their_stop_words(
    text, languages, found
):
    same = GERMAN.translator.source
    assert detect(text, dict.fromkeys(languages, same))[0]["language"] == found


# === Text that is in the target language ===

DOG = ["the", "dog", "."]


@pytest.fixture(
    scope="module",
    params=[False, True],
    ids=["English as a target", "English by a system of its own"],
)
def client(request):
    systems = [
        Upper("de", "en", words=["der", "hund", "."], target_words=DOG),
        Upper("fr", "it", words=["le", "chien", "."], target_words=["il", "cane", "."]),
    ]
    if request.param:
        systems.append(Upper("en", "de", words=DOG))
    with TestClient(make_app(Catalog(systems))) as client:
        yield client


@pytest.mark.parametrize(
    ("q", "source", "target", "expected", "language"),
    [
        ("The dog.", "auto", "en", "The dog.", "en"),
        ("Der Hund.", "auto", "en", "DER HUND.", "de"),
        ("Berlin", "auto", "en", "BERLIN", "de"),
        ("Il cane.", "auto", "it", "Il cane.", "it"),
        ("Der Hund.", "en", "en", "Der Hund.", None),
        ("Der Hund.", "en-GB", "eng", "Der Hund.", None),
        ("Der Hund.", "fr", "fr", "Der Hund.", None),
    ],
)
def test_a_text_in_the_target_language_stays(
    client, q, source, target, expected, language
):
    fields = {"q": q, "source": source, "target": target, "alternatives": 1}
    found = client.post("/translate", json=fields).json()
    assert found["translatedText"] == expected
    assert found.get("detectedLanguage", {}).get("language") == language
    assert found["alternatives"] == ([] if expected == q else [f"{expected}'"])


def test_a_text_that_stays_keeps_every_byte(client):
    q = "<p>&nbsp;a\nb <!-- &amp;"
    fields = {"q": [q, ""], "source": "en", "target": "en", "format": "html"}
    assert client.post("/translate", json=fields).json()["translatedText"] == [q, ""]
    answer = client.post("/attention", json={**fields, "q": q})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_every_served_language_is_found_and_is_a_target_of_itself(client):
    found = client.post("/detect", json={"q": "Il cane."}).json()
    assert found[0] == {"language": "it", "confidence": 100}
    assert {x["language"] for x in found} == {"de", "en", "fr", "it"}
    languages = client.get("/languages").json()
    assert all(language["code"] in language["targets"] for language in languages)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("de", "fr", "target 'fr' is not supported"),
        ("auto", "fr", "target 'fr' is not supported"),
        ("de", "it", "source 'de' is not supported"),
        ("xx", "xx", "target 'xx' is not supported"),
    ],
)
def test_a_pair_that_is_not_served_is_refused(client, source, target, message):
    fields = {"q": "Der Hund.", "source": source, "target": target}
    answer = client.post("/translate", json=fields)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


# === Codes ===


@pytest.mark.parametrize("code", ["zh-Hant", "zh_Hant", "zho-hant"])
def test_a_variety_that_is_named_goes_before_another_of_its_language(code):
    simplified, traditional = Upper("en", "zh-Hans"), Upper("en", "zh-Hant")
    catalog = Catalog([simplified, traditional])
    assert catalog.find("en", code) == {"en": traditional}
    assert catalog.find("auto", code) == {"en": traditional, "zh-Hant": None}
    assert catalog.find(code, code) == {"zh-Hant": None}
    assert catalog.find("en", "zh") == {"en": simplified}
    with pytest.raises(Refusal, match="source 'zh_Hans' is not supported"):
        catalog.find("zh_Hans", code)


def test_a_system_from_a_language_to_itself_goes_before_no_change():
    plain = Upper("en", "en")
    assert Catalog([plain]).find("en", "en") == {"en": plain}
    assert Catalog([plain]).find("auto", "en") == {"en": plain}

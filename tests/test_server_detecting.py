"""The language of a text, among those of a server's systems."""

import pytest

from keras_nmt.serving.detecting import detect
from tests.serving_stub import Upper

pytestmark = pytest.mark.backend_free

GERMAN = Upper("de", words=["der", "hund", "läuft", "."])
FRENCH = Upper("fr", words=["le", "chien", "court", "."])
RUSSIAN = Upper("ru", words=["собака", "."])


@pytest.mark.parametrize(
    ("text", "language", "confidence"),
    [
        ("Der Hund läuft.", "de", 100),
        ("Le chien court.", "fr", 100),
        ("Собака.", "ru", 100),
        ("Der Hund schläft.", "de", 53),
    ],
)
def test_the_system_that_knows_most_of_the_text_names_its_language(
    text, language, confidence
):
    best, *others = detect(text, [FRENCH, RUSSIAN, GERMAN])
    assert best == {"language": language, "confidence": confidence}
    assert all(other["confidence"] <= confidence for other in others)
    assert len(others) == 2


def test_a_server_with_one_source_language_names_it_always():
    assert detect("12", [GERMAN]) == [{"language": "de", "confidence": 0}]
    assert detect("", [GERMAN])[0]["language"] == "de"

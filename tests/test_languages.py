"""Languages that spaCy has rules for, and what is said of the others."""

import pytest

from keras_nmt.errors import InputError
from keras_nmt.text.languages import (
    has_rules,
    same,
    spacy_code,
    spacy_rules,
    usable_rules,
)

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize("language", ["de", "xx", "deu", "fra", "ja"])
def test_languages_with_rules(language):
    assert has_rules(language)


@pytest.mark.parametrize("language", ["", "json", "tsv", "DE", "de~", "punctuation"])
def test_suffixes_that_are_no_languages(language):
    assert not has_rules(language)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *[(code, "de") for code in ("de", "deu", "ger", "de-DE", "DE", "de_AT")],
        *[("pt_BR", "pt"), ("zh_Hans", "zh"), ("zh-CN", "zh"), ("cmn", "zh")],
        *[("no", "nb"), ("iw", "he"), ("sr_Latn", "sr"), ("xx", "xx")],
        *[("src", None), ("json", None), ("de~", None), ("", None)],
    ],
)
def test_a_code_in_any_usual_form_finds_its_rules(code, expected):
    assert spacy_code(code) == expected
    if expected is None:
        with pytest.raises(InputError, match=r'spaCy cannot tokenize it.*"xx"'):
            spacy_rules(code)
        assert usable_rules(code) == ("xx", "spaCy has no rules for it")
    else:
        assert usable_rules(code) == (expected, "")
        assert spacy_rules(code)("a b")[1].text == "b"


def test_codes_of_one_language_are_the_same():
    assert same("deu", "de-AT")
    assert same("src", "src")
    assert not same("json", "jsonl")
    assert not same("de", "nl")


def test_a_package_that_a_language_needs_is_named(monkeypatch):
    import spacy

    def blank(language):
        raise ImportError("Japanese needs SudachiPy.\nInstall with `pip install x`.")

    monkeypatch.setattr(spacy, "blank", blank)
    with pytest.raises(InputError) as error:
        spacy_rules("ja")
    assert str(error.value) == (
        "language 'ja': Japanese needs SudachiPy. Install with `pip install x`."
    )
    reason = "its rules need what is not installed: Japanese needs SudachiPy"
    assert usable_rules("jpn") == ("xx", reason)

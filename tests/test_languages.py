"""Languages that spaCy has rules for, and what is said of the others."""

import pytest

from keras_nmt.errors import InputError
from keras_nmt.text.languages import has_rules, spacy_rules

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize("language", ["de", "xx", "deu", "fra", "ja"])
def test_languages_with_rules(language):
    assert has_rules(language)


@pytest.mark.parametrize("language", ["", "json", "tsv", "DE", "de~", "punctuation"])
def test_suffixes_that_are_no_languages(language):
    assert not has_rules(language)


@pytest.mark.parametrize(
    ("language", "hint"),
    [("DE", "mean de"), ("pt_BR", "mean pt"), ("zh-CN", "mean zh"), ("src", '"xx"')],
)
def test_the_nearest_language_is_named(language, hint):
    with pytest.raises(InputError, match=f"{language}.*spaCy cannot tok.*{hint}"):
        spacy_rules(language)


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

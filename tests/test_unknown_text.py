"""The warning that a text is nothing like the training data."""

import pytest

from keras_nmt.commands.unknown_text import UnknownText
from keras_nmt.specials import SPECIALS
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary

pytestmark = pytest.mark.backend_free

LINES = ["Der Hund läuft im Park und sieht die Katze.", "Die Katze sieht den Hund."]


def words():
    tokenizer = WordTokenizer("de")
    return TextProcessor(tokenizer, Vocabulary.build(map(tokenizer.tokenize, LINES), 1))


def subwords():
    tokenizer = SubwordTokenizer.train(LINES, 40, at_most=True)
    return TextProcessor(tokenizer, Vocabulary.build(map(tokenizer.tokenize, LINES), 1))


@pytest.mark.parametrize("make", [words, subwords])
def test_strange_text_is_warned_of_once_and_known_text_never(make, capsys):
    known = UnknownText(make())
    known.add(["", *LINES, "Собака."])
    known.warn()
    assert capsys.readouterr().err == ""
    strange = UnknownText(make())
    strange.add(["Собака бежит по парку, и кошка смотрит на неё с дерева"])
    (line,) = capsys.readouterr().err.splitlines()
    assert "tokens are unknown to this system: the text is nothing like" in line
    strange.add(["Собака бежит по парку, и кошка смотрит на неё с дерева"])
    strange.warn()
    assert capsys.readouterr().err == ""


def test_a_short_text_is_judged_at_its_end(capsys):
    found = UnknownText(TextProcessor(WordTokenizer("de"), Vocabulary(SPECIALS)))
    found.add(["Ja"])
    assert capsys.readouterr().err == ""
    found.warn()
    assert "1 of 1 tokens are unknown" in capsys.readouterr().err


def test_no_text_is_not_warned_of(capsys):
    found = UnknownText(words())
    found.add([])
    found.warn()
    assert capsys.readouterr().err == ""

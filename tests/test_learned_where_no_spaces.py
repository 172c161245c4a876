"""Subwords that are learned where words have no spaces between them."""

import pytest

from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.text.subword_training import KINDS
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer

pytestmark = pytest.mark.backend_free

TEXT = ParallelText(
    ("犬が走る。", "猫が眠る。", "犬が眠る。", "猫と犬が走る。") * 4,
    ("The dog runs.", "The cat sleeps.", "The dog sleeps.", "Both of them run.") * 4,
)


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_of_the_kind_that_was_asked_for(kind):
    corpus = Corpus("toy", "th", "en", TEXT, TEXT, TEXT)
    prepared = prepare(corpus, subword_vocabulary_size=24, subword_model=kind)
    assert isinstance(prepared.target.tokenizer, WordTokenizer)
    asked, other = (
        SubwordTokenizer.train(TEXT.source, 24, True, one).get_config()
        for one in (kind, *{*KINDS} - {kind})
    )
    assert prepared.source.tokenizer.get_config() == asked != other
    line = TEXT.source[0]
    assert prepared.source.decode(prepared.source.encode(line)) == line

"""A corpus prepared by words, by subwords of each language, by joint subwords."""

import pytest

from keras_nmt.errors import InputError
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.recipes.own import TRANSFORMER
from tests.test_train import shrunken, small_corpus

OPTIONS = {"subword_vocabulary_size": 150, "lowercase": False, "max_length": 60}


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


@pytest.mark.backend_free
def test_joint_subwords_are_one_tokenizer_and_one_vocabulary(corpus):
    prepared = prepare(corpus, tokenizer="joint_subwords", **OPTIONS)
    source, target = prepared.source, prepared.target
    assert source.tokenizer is target.tokenizer
    assert source.vocabulary.tokens == target.vocabulary.tokens
    # Pieces of each language are known to the other.
    for text in (corpus.train.source[0], corpus.train.target[0]):
        assert source.encode(text) == target.encode(text)
        assert source.decode(source.encode(text)) == text


@pytest.mark.backend_free
def test_separate_subwords_are_learned_from_their_own_language(corpus):
    prepared = prepare(corpus, tokenizer="subwords", **OPTIONS)
    source, target = prepared.source, prepared.target
    assert source.vocabulary.tokens != target.vocabulary.tokens
    letters = {*"".join(corpus.train.target)}
    assert {*"".join(target.vocabulary.tokens[4:])} <= letters | {"▁"}
    line = corpus.train.target[0]
    assert target.decode(target.encode(line)) == line
    # Two captions of train and one of validation are longer than 60 pieces.
    assert [len(pairs) for pairs in prepared.pairs.values()] == [298, 59, 4]


def test_tied_to_all_is_one_table_of_embeddings(corpus):
    prepared = prepare(corpus, tokenizer="joint_subwords", **OPTIONS)
    size = {len(prepared.source.vocabulary)}
    model = shrunken(TRANSFORMER, num_heads=2).build(*prepared.sizes)
    model.build()
    tables = [x for x in model.weights if {*x.shape} & size and len(x.shape) == 2]
    assert len(tables) == 1


@pytest.mark.backend_free
def test_tied_to_all_needs_joint_subwords():
    with pytest.raises(InputError, match="set tokenizer to joint_subwords"):
        shrunken(TRANSFORMER, tokenizer="subwords")

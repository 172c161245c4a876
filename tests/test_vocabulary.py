"""Vocabularies: order, unknown tokens, and specials that occur in the text."""

import json

import numpy as np
import pytest

from keras_nmt.errors import InputError
from keras_nmt.text.vocabulary import EOS, PAD, SOS, SPECIALS, UNK, Vocabulary

pytestmark = pytest.mark.backend_free

SENTENCES = [["the", "dog", "the"], ["a", "dog", "ä"], ["a", "the", "cat"]]


def test_special_ids_are_their_places():
    assert [SPECIALS[i] for i in (UNK, PAD, SOS, EOS)] == [
        "<unk>",
        "<pad>",
        "<sos>",
        "<eos>",
    ]


@pytest.mark.parametrize(
    ("min_frequency", "words"),
    [
        (1, ("the", "a", "dog", "cat", "ä")),
        (2, ("the", "a", "dog")),
        (3, ("the",)),
        (4, ()),
    ],
)
def test_order_is_by_count_then_by_token(min_frequency, words):
    built = Vocabulary.build(SENTENCES, min_frequency)
    assert built.tokens == SPECIALS + words
    assert Vocabulary.build(SENTENCES[::-1], min_frequency).tokens == built.tokens
    assert len(built) == 4 + len(words)


def test_two_occurrences_are_needed_by_default():
    assert "dog" in Vocabulary.build(SENTENCES)
    assert "cat" not in Vocabulary.build(SENTENCES)


def test_literal_ids():
    vocabulary = Vocabulary.build(SENTENCES)
    assert vocabulary.encode(["the", "dog", "barks"]) == [SOS, 4, 6, UNK, EOS]
    assert vocabulary.encode([]) == [SOS, EOS]
    assert vocabulary.decode([2, 4, 6, 0, 3, 4, 1]) == ["the", "dog", "<unk>"]


def test_decoding_takes_arrays_and_sentences_without_end():
    vocabulary = Vocabulary.build(SENTENCES)
    assert vocabulary.decode(np.array([2, 1, 5, 6], "int32")) == ["a", "dog"]
    assert vocabulary.decode([]) == []


@pytest.mark.parametrize("token_id", [-1, 7])
def test_an_id_outside_the_vocabulary_is_a_fault(token_id):
    with pytest.raises(IndexError, match=f"expected 0 to 6. Received: {token_id}"):
        Vocabulary.build(SENTENCES).decode([token_id])


@pytest.mark.parametrize("special", SPECIALS)
def test_a_special_in_the_text_is_an_unknown_word(special):
    vocabulary = Vocabulary.build([[special, "a", special, "a"]])
    assert vocabulary.tokens == (*SPECIALS, "a")
    assert special not in vocabulary
    ids = vocabulary.encode(["a", special, "a"])
    assert ids == [SOS, 4, UNK, 4, EOS]
    assert vocabulary.decode(ids) == ["a", "<unk>", "a"]


def test_round_trip_through_json():
    vocabulary = Vocabulary.build(SENTENCES, 1)
    config = json.loads(json.dumps(vocabulary.get_config()))
    assert Vocabulary.from_config(config).tokens == vocabulary.tokens


@pytest.mark.parametrize(
    ("tokens", "complaint"),
    [
        (("a", "b"), "must begin with"),
        ((), "must begin with"),
        (SPECIALS[::-1], "must begin with"),
        ((*SPECIALS, "a", "b", "a"), "'a' occurs twice"),
        ((*SPECIALS, "a", "<eos>"), "'<eos>' occurs twice"),
    ],
)
def test_damaged_vocabularies(tokens, complaint):
    with pytest.raises(InputError, match=complaint):
        Vocabulary(tokens)
    with pytest.raises(InputError, match=complaint):
        Vocabulary.from_config({"tokens": list(tokens)})

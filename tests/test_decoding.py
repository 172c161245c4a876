"""Search over the contract alone: a stub that spells words stands for a model."""

import numpy as np
import pytest
from keras import ops

from keras_nmt.decoding.corpus import translate_ids
from keras_nmt.decoding.greedy import greedy
from keras_nmt.specials import EOS, PAD, SOS


class Speller:
    """Gives all probability to the next token of the word that the source names."""

    max_length = None

    def __init__(self, words):
        self.words = words  # (V, T), row w is what a source beginning with w spells
        self.batches = []

    def encode(self, source):
        return {"word": source[:, 0]}

    def initial_state(self, encoded):
        return {"position": ops.zeros_like(encoded["word"])}

    def decode_step(self, token_ids, state, encoded):
        words = ops.take(ops.convert_to_tensor(self.words), encoded["word"], axis=0)
        position = state["position"]
        token = ops.take_along_axis(words, position[:, None], axis=1)[:, 0]
        return ops.one_hot(token, 16), {"position": position + 1}

    def translate(self, source, search):
        self.batches.append(source)
        return search(self, source, max_length=5)


WORDS = np.full((16, 5), EOS)
WORDS[4] = [7, 8, 9, EOS, 11]
WORDS[5] = [6, EOS, 12, 12, 12]
WORDS[6] = [9, 9, 9, 9, 9]


def test_greedy_spells_up_to_the_end_of_sentence_and_pads_after_it():
    found = greedy(Speller(WORDS), np.array([[4], [5]]), max_length=5)
    assert found.tolist() == [[7, 8, 9, EOS], [6, EOS, PAD, PAD]]


def test_greedy_stops_a_sentence_that_never_ends():
    found = greedy(Speller(WORDS), np.array([[6], [5]]), max_length=3)
    assert found.tolist() == [[9, 9, 9], [6, EOS, PAD]]


def test_hypotheses_come_back_in_the_order_of_the_sentences():
    sentences = [[4, 1, 1], [5], [6, 1], [5, 1, 1], [4]]
    found = translate_ids(Speller(WORDS), sentences, greedy, batch_size=2)
    assert [row[0] for row in found] == [7, 6, 9, 6, 7]


def test_no_sentence_gives_no_hypothesis():
    assert translate_ids(Speller(WORDS), [], greedy) == []


@pytest.mark.parametrize("pad_to", [1, 3])
def test_a_batch_holds_sentences_of_one_padded_length(pad_to):
    model = Speller(WORDS)
    translate_ids(model, [[4], [5, 1, 1, 1], [6, 1]], greedy, pad_to=pad_to)
    lengths = sorted(max(pad_to, n) for n in (1, 2, 4))
    assert [batch.shape[1] for batch in model.batches] == sorted(set(lengths))


def test_a_sentence_beyond_the_known_positions_is_cut_and_still_ends():
    model = Speller(WORDS)
    model.max_length = 4
    translate_ids(model, [[SOS, *[4] * 500, EOS]], greedy)
    assert model.batches[0].tolist() == [[SOS, 4, 4, EOS]]

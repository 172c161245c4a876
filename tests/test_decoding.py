"""Search over the contract alone: stubs with known answers stand for a model."""

import itertools

import numpy as np
import pytest
from keras import ops

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.models.hypotheses import RowsOfState
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.corpus_decoder import CorpusDecoder
from keras_nmt.search.greedy import Greedy
from keras_nmt.search.loop import EXTRA_LENGTH, Decoder
from keras_nmt.search.sampling import Sampling
from keras_nmt.specials import EOS, PAD, SOS
from tests.checks import log_softmax, random


def translate_ids(translator, sentences, search, *, batch_size=128):
    return CorpusDecoder(translator, search, batch_size)(sentences)


class Stub(RowsOfState):
    """The parts of a `Translator` that a search may know."""

    max_length = None
    visible_padding = 0
    variables = ()

    def translate(self, source, decoder, numbers=None):
        return decoder(source, numbers)


class Speller(Stub):
    """Gives all probability to the next token of the word that the source names."""

    def __init__(self, words):
        self.words = words  # (V, T), row w is what a source beginning with w spells
        self.batches = []

    def encode(self, source):
        return {"word": source[:, 0], "mask": None}

    def initial_state(self, encoded, max_length):
        return {"position": ops.zeros_like(encoded["word"])}

    def decode_step(self, token_ids, state, encoded):
        words = ops.take(ops.convert_to_tensor(self.words), encoded["word"], axis=0)
        position = state["position"]
        last = self.words.shape[1] - 1
        words = ops.repeat(words, ops.shape(position)[0] // ops.shape(words)[0], axis=0)
        place = ops.minimum(position, last)[:, None]
        token = ops.take_along_axis(words, place, axis=1)[:, 0]
        return 50.0 * ops.one_hot(token, 16), {"position": position + 1}

    def translate(self, source, decoder, numbers=None):
        self.batches.append(source)
        return decoder(source, numbers)


class Markov(Stub):
    """The next token depends on the last one: `logits: float (V, V)`."""

    def __init__(self, logits):
        self.logits = logits

    def encode(self, source):
        return {"source": source}

    def initial_state(self, encoded, max_length):
        return {"position": ops.zeros_like(encoded["source"][:, 0])}

    def decode_step(self, token_ids, state, encoded):
        return ops.take(ops.convert_to_tensor(self.logits), token_ids, axis=0), state


WORDS = np.full((16, 5), EOS)
WORDS[4] = [7, 8, 9, EOS, 11]
WORDS[5] = [6, EOS, 12, 12, 12]
WORDS[6] = [9, 9, 9, 9, 9]

SEARCHES = {
    "greedy": Greedy(),
    "beam": BeamSearch(3, n_best=2),
    "sampling": Sampling(temperature=0.5, n_best=2),
}


def best(found):
    return [hypotheses[0].token_ids for hypotheses in found]


# === What is spelled ===


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_sentence_ends_with_its_end_and_is_padded_after_it(search):
    token_ids, _ = Decoder(Speller(WORDS), search)(np.array([[4], [5]]))
    assert token_ids[0, 0, :5].tolist() == [7, 8, 9, EOS, PAD]
    assert token_ids[1, 0, :5].tolist() == [6, EOS, PAD, PAD, PAD]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_sentence_that_never_ends_is_cut_by_its_own_length(search):
    found = translate_ids(Speller(WORDS), [[6], [6, 4, 4], [5]], search)
    lengths = [len(ids) for ids in best(found)]
    assert lengths == [EXTRA_LENGTH + 1, EXTRA_LENGTH + 3, 2]


def test_hypotheses_come_back_in_the_order_of_the_sentences():
    sentences = [[4, 4, 4], [5], [6, 4], [5, 4, 4], [4]]
    found = translate_ids(Speller(WORDS), sentences, Greedy(), batch_size=2)
    assert [ids[0] for ids in best(found)] == [7, 6, 9, 6, 7]


def test_sentences_that_are_done_leave_and_the_others_go_on():
    rows = np.resize([4, 5, 6, 5, 5], 41)[:, None]
    together = Decoder(Speller(WORDS), Greedy())(rows)[0]
    decode = Decoder(Speller(WORDS), Greedy())
    for row, token_ids in zip(rows, together, strict=True):
        np.testing.assert_array_equal(token_ids, decode(row[None])[0][0])


def test_no_sentence_gives_no_hypothesis():
    assert translate_ids(Speller(WORDS), [], Greedy()) == []


def test_sources_are_padded_to_few_lengths():
    model = Speller(WORDS)
    translate_ids(model, [[4], [5] * 7, [6] * 9, [4] * 15], Greedy(), batch_size=2)
    assert [batch.shape for batch in model.batches] == [(2, 8), (2, 16)]


def test_a_document_does_not_make_the_sentences_beside_it_as_long():
    model = Speller(WORDS)
    sentences = [[4] * 5, [5] * 65, [4] * 9, [5] * 2000, [5] * 100, [4] * 64]
    found = translate_ids(model, sentences, Greedy(), batch_size=4)
    shapes = sorted(batch.shape for batch in model.batches)
    assert shapes == [(1, 2048), (2, 112), (3, 64)]
    assert [ids[0] for ids in best(found)] == [7, 6, 7, 6, 6, 7]


def test_sentences_of_ordinary_lengths_fill_their_batches():
    model = Speller(WORDS)
    sentences = [[4] * length for length in range(1, 65)]
    translate_ids(model, sentences, Greedy(), batch_size=10)
    assert sorted(len(batch) for batch in model.batches) == [4, *[10] * 6]


def test_a_lone_batch_is_cut_in_two_where_that_is_faster(monkeypatch):
    sentences = [[4 + n % 3] * (1 + n % 5) for n in range(9)]
    whole = translate_ids(Speller(WORDS), sentences, Greedy())
    monkeypatch.setattr(kernels, "pays_in_two", lambda count: count > 4)
    model = Speller(WORDS)
    assert translate_ids(model, sentences, Greedy()) == whole
    assert sorted(len(batch) for batch in model.batches) == [4, 5]


def test_long_sentences_are_padded_to_few_lengths():
    model = Speller(WORDS)
    translate_ids(model, [[4] * n for n in range(65, 513, 8)], Greedy(), batch_size=1)
    lengths = {batch.shape[1] for batch in model.batches}
    assert lengths == {80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512}


def test_a_sentence_beyond_the_known_positions_is_cut_and_still_ends():
    model = Speller(WORDS)
    model.max_length = 4
    translate_ids(model, [[SOS, *[4] * 500, EOS]], Greedy())
    assert model.batches[0].tolist() == [[SOS, 4, 4, EOS]]


# === Beam search ===


def chain_of(seed, vocabulary_size=6):
    """Probable, but not certain, tokens; `PAD` and `SOS` are never said."""
    logits = 2 * random(seed, vocabulary_size, vocabulary_size)
    logits[:, [PAD, SOS]] = -1e9
    return logits


def all_sequences(logits, length):
    """Every sequence that ends, or reaches `length`, with its log-probability."""
    log_probs = log_softmax(logits.astype("float64"))
    words = [t for t in range(len(logits)) if t not in (PAD, SOS, EOS)]
    for count in range(length + 1):
        for said in itertools.product(words, repeat=count):
            ids = [*said] if count == length else [*said, EOS]
            steps = zip([SOS, *ids[:-1]], ids, strict=True)
            yield ids, sum(log_probs[last, token] for last, token in steps)


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_as_wide_as_the_space_is_exhaustive_search(seed, length_penalty):
    model = Markov(chain_of(seed))
    model.max_length = 4
    space = [
        (total / ((5 + len(ids)) / 6) ** length_penalty, ids)
        for ids, total in all_sequences(model.logits, 4)
    ]
    space.sort(reverse=True)
    search = BeamSearch(len(space), length_penalty, n_best=5)
    (found,) = translate_ids(model, [[4, 4, 4, 4]], search)
    for hypothesis, (score, ids) in zip(found, space, strict=False):
        assert hypothesis.token_ids == ids
        assert hypothesis.score == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_leaving_early_changes_nothing(seed, monkeypatch):
    model = Markov(chain_of(seed, 12))
    sentences = [[4] * length for length in range(1, 12)]
    early = translate_ids(model, sentences, BeamSearch(4, 0.6, n_best=2))
    monkeypatch.setattr(
        BeamSearch, "is_done", lambda self, found: ops.all(found["finished"], axis=1)
    )
    late = translate_ids(model, sentences, BeamSearch(4, 0.6, n_best=2))
    assert [[h.token_ids for h in hs] for hs in early] == [
        [h.token_ids for h in hs] for hs in late
    ]


def test_a_wider_beam_finds_what_greedy_search_misses():
    """The first step that looks best leads into a spread of poor second ones."""
    logits = np.full((7, 7), -1e9, "float32")
    logits[SOS, [4, 5]] = np.log([0.55, 0.45])
    logits[4, [4, 5, 6, EOS]] = np.log([0.25, 0.25, 0.25, 0.25])
    logits[5, EOS] = 0.0
    logits[6, EOS] = 0.0
    model = Markov(logits)
    assert best(translate_ids(model, [[4]], BeamSearch(1)))[0][0] == 4
    assert best(translate_ids(model, [[4]], BeamSearch(2, 0.0))) == [[5, EOS]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam_size": 0}, "beam size must be at least 1"),
        ({"length_penalty": -1.0}, "length penalty must be a finite number"),
        ({"length_penalty": float("nan")}, "length penalty must be a finite number"),
        ({"beam_size": 2, "n_best": 3}, "between 1 and the beam size, 2"),
    ],
)
def test_a_senseless_beam_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        BeamSearch(**options)


# === Sampling ===


def first_tokens(search, count=4000):
    logits = np.log(np.float32([1e-9, 1e-9, 1e-9, 0.1, 0.4, 0.3, 0.2]))
    model = Markov(np.tile(logits, (7, 1)))
    model.max_length = 1
    found = translate_ids(model, [[4]] * count, search, batch_size=1024)
    return np.bincount([ids[0] for ids in best(found)], minlength=7)[3:] / count


def test_samples_follow_the_distribution():
    np.testing.assert_allclose(
        first_tokens(Sampling()), [0.1, 0.4, 0.3, 0.2], atol=0.03
    )


def test_a_low_temperature_favours_the_probable():
    powers = np.array([0.1, 0.4, 0.3, 0.2]) ** 2
    np.testing.assert_allclose(
        first_tokens(Sampling(temperature=0.5)), powers / powers.sum(), atol=0.03
    )


def test_top_k_leaves_the_most_probable():
    np.testing.assert_allclose(
        first_tokens(Sampling(top_k=2)), [0, 4 / 7, 3 / 7, 0], atol=0.03
    )


def test_top_p_leaves_the_fewest_that_reach_it():
    np.testing.assert_allclose(
        first_tokens(Sampling(top_p=0.6)), [0, 4 / 7, 3 / 7, 0], atol=0.03
    )


def test_rounding_never_draws_the_least_probable_token():
    logits = random(5, 40, 1, 8000)
    logits[:, :, 123] = -80.0  # of no probability in float32
    hypotheses = {"log_probs": ops.zeros((40, 1))}
    hypotheses["chance"] = ops.full((40, 1, 1), 1 - 2.0**-24, "float32")
    frozen = ops.zeros((40, 1), bool)
    chosen = Sampling().choose(ops.convert_to_tensor(logits), 0, frozen, hypotheses)
    assert 123 not in ops.convert_to_numpy(chosen.token_ids)


def test_samples_depend_on_the_seed_and_the_sentence_and_not_on_the_batch():
    model = Markov(chain_of(0, 12))
    sentences = [[4] * (1 + number % 5) for number in range(20)]

    def drawn(seed, batch_size):
        search = Sampling(seed=seed)
        return best(translate_ids(model, sentences, search, batch_size=batch_size))

    together = drawn(0, 20)
    assert together == drawn(0, 3)
    assert together != drawn(1, 20)
    assert len({tuple(ids) for ids in together}) > 10


@pytest.mark.parametrize(
    "options",
    [{"temperature": 0.0}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.1}, {"n_best": 0}],
)
def test_a_senseless_sampling_is_refused(options):
    with pytest.raises(InputError, match=next(iter(options)).replace("_", "-")):
        Sampling(**options)


def test_a_model_that_computes_in_half_precision_is_refused():
    model = Markov(chain_of(0, 3))
    model.compute_dtype = "bfloat16"
    with pytest.raises(InputError, match="and this model in bfloat16; build it with"):
        Decoder(model, Greedy())

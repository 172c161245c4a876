"""Every system is searched: in batches as alone, and with the weights it has now."""

import functools

import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.corpus_decoder import CorpusDecoder
from keras_nmt.search.greedy import Greedy
from keras_nmt.search.loop import EXTRA_LENGTH
from keras_nmt.specials import EOS, PAD, SOS
from tests.checks import SMALL, fill, log_softmax, small_system, system
from tests.running import built, computed
from tests.test_decoding import SEARCHES, best, translate_ids

SENTENCES = [
    [SOS, 5, 6, 7, EOS],
    [SOS, EOS],
    [SOS, 10, 10, EOS],
    [SOS, *[4, 9] * 30, EOS],
    [SOS, 0, EOS],
    [SOS, 5, 6, 7, 8, 9, 10, EOS],
]
"""Empty, unknown, and longer than the transformers' positions among them."""

LONGEST = 8 + EXTRA_LENGTH
"""Of a hypothesis of the short ones among them."""


@functools.cache
def greedy_decoder(name, **options):
    """Compiled once for all tests."""
    return CorpusDecoder(small_system(name, **options), Greedy())


@pytest.mark.parametrize("name", ["lstm_cosine", "gru_stacked", "transformer"])
def test_a_beam_of_one_is_greedy_search(name):
    greedy = greedy_decoder(name)(SENTENCES)
    beam = translate_ids(small_system(name), SENTENCES, BeamSearch(1))
    assert best(greedy) == best(beam)


def assert_independent(decode):
    together = decode(SENTENCES)
    assert len(together) == len(SENTENCES)
    for number, sentence in enumerate(SENTENCES):
        assert best(decode([sentence])) == [together[number][0].token_ids]


@pytest.mark.parametrize("name", ["lstm_cosine", "transformer", "encoder_only"])
@pytest.mark.parametrize("visible_padding", [0, 7])
def test_a_batch_is_its_sentences_one_by_one(name, visible_padding):
    assert_independent(greedy_decoder(name, visible_padding=visible_padding))


@pytest.mark.parametrize("name", ["lstm_cosine", "transformer"])
def test_a_batch_is_its_sentences_one_by_one_in_beam_search(name):
    assert_independent(CorpusDecoder(system(name), SEARCHES["beam"]))


@pytest.mark.parametrize("name", ["lstm_cosine", "transformer"])
def test_scores_are_those_of_the_whole_pass(name):
    model = system(name)
    search = BeamSearch(3, length_penalty=0.6, n_best=3)
    for source, hypotheses in zip(
        SENTENCES[:3], translate_ids(model, SENTENCES[:3], search), strict=True
    ):
        assert [h.score for h in hypotheses] == sorted(
            (h.score for h in hypotheses), reverse=True
        )
        for ids, score in hypotheses:
            # Padded to one length, for which the system is compiled once.
            target_in = np.full((1, model.max_length or LONGEST), PAD, "int32")
            target_in[0, : len(ids)] = [SOS, *ids[:-1]]
            source_ids = np.array([source], "int32")
            inputs = {"source": source_ids, "target_in": target_in}
            log_probs = log_softmax(computed(model, inputs)[0].astype("float64"))
            total = log_probs[range(len(ids)), ids].sum()
            penalty = ((5 + len(ids)) / 6) ** 0.6
            assert score == pytest.approx(total / penalty, abs=1e-3)


def test_the_encoder_only_system_scores_its_one_pass():
    model = system("encoder_only")
    ((found,),) = translate_ids(model, SENTENCES[:1], Greedy())
    source = np.full((1, 8), PAD, "int32")
    source[0, :5] = SENTENCES[0]
    logits = computed(model, {"source": source})[0].astype("float64")
    ids = logits.argmax(axis=-1)[: len(found.token_ids)]
    assert found.token_ids == ids.tolist()
    total = log_softmax(logits)[range(len(ids)), ids].sum()
    assert found.score == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize("name", ["lstm_cosine", "transformer"])
def test_what_is_compiled_follows_the_weights(name):
    """A search that was compiled before a training must not know old weights."""
    model = built(SMALL[name]())
    decode = CorpusDecoder(model, Greedy())
    before = decode(SENTENCES)
    fill(model, seed=1)
    fresh = CorpusDecoder(model, Greedy())
    after = decode(SENTENCES)
    assert best(after) == best(fresh(SENTENCES))
    assert best(after) != best(before)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_work_side_by_side_keeps_its_order(count):
    items = list(range(count))
    assert list(kernels.mapped(lambda item: item**2, items)) == [
        item**2 for item in items
    ]


def test_what_fails_beside_other_work_is_raised():
    def fail_at_three(item):
        if item == 3:
            raise ValueError("three")
        return item

    with pytest.raises(ValueError, match="three"):
        list(kernels.mapped(fail_at_three, [1, 2, 3, 4]))


@pytest.mark.skipif(
    kernels.BACKEND != "torch",
    reason="the number of threads is a setting of torch alone",
)
def test_work_side_by_side_leaves_the_number_of_threads():
    import torch

    before = torch.get_num_threads()
    inside = list(kernels.mapped(lambda _: torch.get_num_threads(), range(4)))
    assert set(inside) == {max(1, before // 2)}
    assert torch.get_num_threads() == before

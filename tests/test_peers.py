"""The plain PyTorch peers are the same systems as ours, shrunken here."""

import dataclasses

import numpy as np
import pytest

from experiments import recipes
from keras_nmt.specials import EOS, PAD, SOS
from tests.checks import (
    MAX_LENGTH,
    ONE_BLOCK,
    SOURCE,
    encoder_only,
    to_numpy,
    transformer,
)
from tests.running import built, computed
from tests.test_train import shrunken

torch = pytest.importorskip("torch")
peers = pytest.importorskip("benchmarks.peers")
fitting = pytest.importorskip("benchmarks.peers.fitting")
greedy = pytest.importorskip("benchmarks.peers.greedy")

pytestmark = pytest.mark.backend_free

VOCABULARIES = 11, 9
TARGET = np.array([[SOS, 5, 6, EOS], [SOS, 8, EOS, PAD]])


def config_of(recipe):
    return {**dataclasses.asdict(recipe), "family": type(recipe).__name__}


def peer_of(model, family):
    """The peer of one of our tiny transformers, with the same weights."""
    config = {**model.get_config(), "family": family, "max_positions": MAX_LENGTH}
    peer = peers.build(config, *VOCABULARIES)
    return peer.load_from({w.path: to_numpy(w.value) for w in model.weights}).eval()


@pytest.mark.parametrize("name", recipes.WRITEUP)
def test_a_peer_has_as_many_parameters_as_ours_and_learns(name):
    recipe = recipes.WRITEUP[name]
    depth = {x: getattr(recipe, x) for x in ONE_BLOCK if hasattr(recipe, x)}
    recipe = shrunken(recipe, **depth)
    model = recipe.build(*VOCABULARIES)
    model.build()
    torch.manual_seed(0)
    peer = peers.build(config_of(recipe), *VOCABULARIES)
    assert peers.parameters(peer) == model.count_params()
    pairs = [([SOS, 5, 6, EOS], [SOS, 7, 8, EOS]), ([SOS, 9, EOS], [SOS, 4, EOS])]
    source, target = next(fitting.batches(pairs, 2, 6))
    optimizer = torch.optim.Adam(peer.parameters(), 0.01)
    losses = [fitting.step(peer, optimizer, source, target) for _ in range(10)]
    assert losses[-1] < 0.9 * losses[0]


def test_logits_of_the_full_transformer_are_ours():
    model = built(transformer(visible_padding=SOURCE.shape[1]))
    peer = peer_of(model, "TransformerRecipe")
    target_in = np.concatenate([TARGET[:, :1], TARGET[:, :-1]], axis=1)
    ours = computed(model, {"source": SOURCE, "target_in": target_in})
    theirs = peer(torch.tensor(SOURCE), torch.tensor(TARGET))
    np.testing.assert_allclose(theirs.detach(), ours, atol=1e-5)


def test_logits_of_the_encoder_only_transformer_are_ours():
    model = built(encoder_only(visible_padding=SOURCE.shape[1]))
    peer = peer_of(model, "EncoderOnlyRecipe")
    ours = computed(model, {"source": SOURCE})
    np.testing.assert_allclose(peer(torch.tensor(SOURCE)).detach(), ours, atol=1e-5)


def uncached(peer, ids, pad_to):
    """The best tokens of one sentence, with everything computed anew each time."""
    source = torch.tensor([ids + [PAD] * (pad_to - len(ids))])
    limit = min(len(ids) + greedy.EXTRA_LENGTH, peer.max_length)
    said = []
    while len(said) < limit:
        target_in = torch.tensor([[SOS, *said]])
        logits = peer.decode(target_in, peer.encode(source))
        said.append(int(logits[0, -1].argmax()))
        if said[-1] == EOS:
            return said[:-1]
    return said


@pytest.mark.parametrize("pad_to", [1, 5])
@pytest.mark.parametrize("batch_size", [1, 20])
def test_translating_with_caches_in_batches_says_the_same(batch_size, pad_to):
    longest = {"max_length": MAX_LENGTH, "shapes": ((MAX_LENGTH, MAX_LENGTH),)}
    longest |= {"encoder_layers": 2, "decoder_layers": 2}
    longest |= {"visible_padding": MAX_LENGTH}
    recipe = shrunken(recipes.FULL_TRANSFORMER, max_positions=MAX_LENGTH, **longest)
    config = config_of(recipe)
    torch.manual_seed(5)  # one of the few that end some sentences early, not all
    peer = peers.build(config, *VOCABULARIES).eval()
    generator = np.random.default_rng(0)
    sentences = [
        [SOS, *generator.integers(4, VOCABULARIES[0], length).tolist(), EOS]
        for length in generator.integers(1, 9, 20)
    ]
    expected = [uncached(peer, ids, pad_to) for ids in sentences]
    assert len({len(ids) for ids in expected}) > 1
    assert greedy.translate(peer, sentences, batch_size, pad_to) == expected

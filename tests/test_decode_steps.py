"""Systems step by step say what their one pass says."""

import keras
import numpy as np
import pytest
from keras import ops, tree

from keras_nmt.models.hypotheses import RowsOfState, rows_taken
from keras_nmt.specials import SOS
from tests.checks import (
    EMBEDDING_DIM,
    HIDDEN_DIM,
    MAX_LENGTH,
    RECURRENT,
    SOURCE,
    STEPWISE,
    SYSTEMS,
    TARGET_IN,
    TARGET_VOCABULARY,
    inputs_for,
    system,
    to_numpy,
)
from tests.running import built
from tests.test_models import B, T, assert_same, begin, logits_of


@pytest.mark.parametrize("name", STEPWISE)
def test_steps_over_the_reference_are_the_call(name):
    model, logits = system(name), []
    encoded, state = begin(model)
    assert all(len(leaf) == B for leaf in tree.flatten(state))
    for token_ids in TARGET_IN.T:
        step, state = model.decode_step(
            ops.convert_to_tensor(token_ids), state, encoded
        )
        logits.append(to_numpy(step))
    assert_same(np.stack(logits, axis=1), logits_of(name))


@pytest.mark.parametrize("name", RECURRENT)
def test_free_running_training_is_greedy_translation(name):
    model, logits = system(name), []
    encoded, state = begin(model)
    token_ids = np.full(B, SOS, "int32")
    for _ in range(T):
        step, state = model.decode_step(
            ops.convert_to_tensor(token_ids), state, encoded
        )
        logits.append(to_numpy(step))
        token_ids = logits[-1].argmax(axis=-1).astype("int32")
    assert_same(np.stack(logits, axis=1), logits_of(name, feeding="free_running"))


@pytest.mark.parametrize("name", ["lstm_cosine", "gru_stacked"])
def test_free_running_never_reads_the_reference(name):
    model = system(name, feeding="free_running")
    changed = TARGET_IN.copy()
    changed[:, 1:] = 4
    np.testing.assert_array_equal(
        to_numpy(model(inputs_for(name, changed))),
        logits_of(name, feeding="free_running"),
    )


@pytest.mark.parametrize(
    "name", ["lstm_cosine", "gru_stacked", "lstm_fed", "transformer"]
)
def test_hypotheses_of_a_sentence_share_its_memory_and_nothing_else(name):
    model = system(name)
    encoded, state = begin(model)
    hypotheses = [TARGET_IN[:, :2], np.array([[SOS, 8], [SOS, 4]], "int32")]
    alone = [run(model, encoded, state, tokens) for tokens in hypotheses]
    # Rows of a sentence stand side by side: b * W + w.
    together = run(
        model,
        encoded,
        tree.map_structure(lambda leaf: ops.repeat(leaf, 2, axis=0), state),
        np.stack(hypotheses, axis=1).reshape(2 * B, 2),
    )
    for w, expected in enumerate(alone):
        assert_same(together[w::2], expected)


def run(model, encoded, state, target_in):
    """Logits after the last column of `target_in`."""
    for token_ids in target_in.T:
        logits, state = model.decode_step(
            ops.convert_to_tensor(token_ids), state, encoded
        )
    return to_numpy(logits)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_one_embedding_serves_both_languages_and_the_projection(norm):
    source = np.minimum(SOURCE, TARGET_VOCABULARY - 1)
    options = {"source_vocabulary_size": TARGET_VOCABULARY}
    model = built(SYSTEMS["transformer"](norm=norm, tied="all", **options))
    shapes = [tuple(weight.shape) for weight in model.weights]
    assert shapes.count((TARGET_VOCABULARY, HIDDEN_DIM)) == 1
    called = to_numpy(model({"source": source, "target_in": TARGET_IN}))
    stepped = []
    encoded, state = begin(model, source)
    for token_ids in TARGET_IN.T:
        step, state = model.decode_step(
            ops.convert_to_tensor(token_ids), state, encoded
        )
        stepped.append(to_numpy(step))
    assert_same(np.stack(stepped, axis=1), called)


@pytest.mark.parametrize("name", ["lstm_fed", "transformer"])
def test_one_embedding_of_two_vocabularies_is_refused(name):
    with pytest.raises(ValueError, match='tied="all" needs one vocabulary'):
        SYSTEMS[name](tied="all")


def test_a_recurrent_system_ties_what_it_is_asked_to():
    """A table for each language and a projection; a table each; one table."""
    counts = []
    for tied in ("none", "target", "all"):
        model = SYSTEMS["lstm_fed"](tied=tied, source_vocabulary_size=TARGET_VOCABULARY)
        model.build()
        shapes = [tuple(sorted(weight.shape)) for weight in model.weights]
        counts.append(shapes.count((EMBEDDING_DIM, TARGET_VOCABULARY)))
    assert counts == [3, 2, 1]


def test_a_tied_projection_starts_with_logits_as_wide_as_any():
    """And what is looked up starts as N(0, 1), as an embedding of its own does."""
    keras.utils.set_random_seed(0)
    model = SYSTEMS["transformer"](tied="target", target_vocabulary_size=500)
    model.build()
    table = to_numpy(model.target_embedding.tokens.table())
    np.testing.assert_allclose(table.std(), 1.0, rtol=0.05)
    kernel = to_numpy(model.projection.kernel)
    np.testing.assert_allclose(kernel.std(), HIDDEN_DIM**-0.5, rtol=0.05)


def test_hypotheses_that_share_caches_are_those_with_rows_of_their_own():
    """Whoever continues whom; wide enough for attention to the first positions only."""
    model, width, generator = system("transformer"), 4, np.random.default_rng(0)
    encoded = model.encode(ops.convert_to_tensor(SOURCE))
    state = model.initial_state(encoded, MAX_LENGTH)
    ways = model, RowsOfState()
    states = [way.widened(state, width) for way in ways]
    for position in range(MAX_LENGTH):
        token_ids = generator.integers(4, TARGET_VOCABULARY, B * width, "int32")
        logits, parents = [], generator.integers(0, width, (B, width), "int32")
        for number, way in enumerate(ways):
            found, state = model.decode_step(
                ops.convert_to_tensor(token_ids), states[number], encoded
            )
            logits.append(to_numpy(found))
            states[number] = way.reordered(state, ops.convert_to_tensor(parents))
        assert_same(*logits)
        if position == MAX_LENGTH // 2:  # the sentences change places
            places = ops.convert_to_tensor(np.arange(B, dtype="int32")[::-1].copy())
            states = [
                way.selected(state, places, width)
                for way, state in zip(ways, states, strict=True)
            ]
            encoded = rows_taken(encoded, places)

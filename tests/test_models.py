"""Every system fulfils the contract: one pass, step by step, saved, trained."""

import functools

import keras
import numpy as np
import pytest
from keras import ops, tree

from experiments.parity_measures import Gradients
from keras_nmt import kernels
from keras_nmt.layers.embedding import TokenEmbedding
from keras_nmt.specials import PAD, SOS
from keras_nmt.text.batching import TranslationBatches
from tests.checks import (
    EMBEDDING_DIM,
    HIDDEN_DIM,
    ONE_BLOCK,
    RECURRENT,
    SOURCE,
    STEPWISE,
    SYSTEMS,
    TARGET_IN,
    TARGET_VOCABULARY,
    VARIANTS,
    inputs_for,
    log_softmax,
    pairs,
    system,
    to_numpy,
    weights_of,
)
from tests.running import built

B, T = TARGET_IN.shape
FAMILIES = (
    "rnn_none",
    "lstm_cosine",
    "gru_stacked",
    "lstm_fed",
    "encoder_only",
    "transformer",
)
"""One of each: plain, with attention, stacked, with input feeding, all at once, from
step to step."""


@functools.cache
def logits_of(name, **options):
    """Logits for `SOURCE` and `TARGET_IN`, computed once for all tests."""
    return to_numpy(system(name, **options)(inputs_for(name)))


def assert_same(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


# === One pass ===


@pytest.mark.parametrize("name", SYSTEMS)
def test_nothing_is_left_unbuilt(name):
    """Else Keras traces the whole system again before every `train_on_batch`."""
    layers = system(name)._flatten_layers()
    assert [layer for layer in layers if not layer.built] == []


@pytest.mark.parametrize("name", SYSTEMS)
def test_call_gives_logits_at_every_position(name):
    length = SOURCE.shape[1] if name == "encoder_only" else T
    assert logits_of(name).shape == (B, length, TARGET_VOCABULARY)


@pytest.mark.parametrize("name", FAMILIES)
def test_call_gives_logits_whatever_else_the_batch_holds(name):
    inputs, targets = short_batches(name, 2)[0]
    logits, with_targets = (
        to_numpy(system(name)(batch)) for batch in (inputs, {**inputs, **targets})
    )
    assert logits.shape == (*targets["target_out"].shape, TARGET_VOCABULARY)
    np.testing.assert_array_equal(with_targets, logits)


@pytest.mark.parametrize("name", STEPWISE)
def test_the_future_cannot_change_the_past(name):
    changed = TARGET_IN.copy()
    changed[:, 2:] = 4
    after = to_numpy(system(name)(inputs_for(name, changed)))
    np.testing.assert_array_equal(after[:, :2], logits_of(name)[:, :2])
    assert not np.allclose(after[:, 2:], logits_of(name)[:, 2:], atol=1e-3)


@pytest.mark.parametrize("name", SYSTEMS)
def test_more_padding_changes_nothing_where_it_is_masked(name):
    longer = np.pad(SOURCE, [(0, 0), (0, 3)], constant_values=PAD)
    after = to_numpy(system(name)({**inputs_for(name), "source": longer}))
    before = logits_of(name)
    if name == "encoder_only":
        after, before = (
            after[:, : SOURCE.shape[1]][SOURCE != PAD],
            before[SOURCE != PAD],
        )
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_padding_is_seen_where_it_is_not_masked(name):
    """The writeup's systems see it, so a mask that slips in must not go unnoticed."""
    unmasked = logits_of(name, visible_padding=SOURCE.shape[1])
    assert not np.allclose(unmasked, logits_of(name), atol=1e-3)


@pytest.mark.parametrize("name", FAMILIES)
def test_padding_beyond_what_is_visible_changes_nothing(name):
    longer = np.pad(SOURCE, [(0, 0), (0, 3)], constant_values=PAD)
    model = system(name, visible_padding=SOURCE.shape[1])
    before, after = (
        to_numpy(model({**inputs_for(name), "source": source}))
        for source in (SOURCE, longer)
    )
    np.testing.assert_allclose(
        after[:, : before.shape[1]], before, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_a_row_of_padding_alone_stays_finite(name):
    inputs = {key: np.full_like(x, PAD) for key, x in inputs_for(name).items()}
    assert np.isfinite(to_numpy(system(name)(inputs))).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_dropout_acts_in_training_alone(name):
    model = built(SYSTEMS[name](dropout=0.5))
    at_rest = to_numpy(model(inputs_for(name)))
    np.testing.assert_allclose(at_rest, logits_of(name), rtol=1e-5, atol=1e-5)
    in_training = to_numpy(model(inputs_for(name), training=True))
    assert not np.allclose(in_training, logits_of(name), atol=1e-2)


# === Where a system looks ===


@pytest.mark.parametrize(
    "name", ["lstm_additive", "lstm_fed", "transformer", "encoder_only"]
)
def test_attention_weights_sum_to_one_over_what_is_seen(name):
    weights = system(name).attention(inputs_for(name))
    for x in map(to_numpy, weights.values()):
        np.testing.assert_allclose(x.sum(axis=-1), 1.0, rtol=1e-5)
        assert x[1, :, :, 3:].max() == 0.0, "padding of the second sentence"


def test_attention_is_that_of_the_layers():
    """The recurrent decoder's own weights, step by step, are what is told."""
    model = system("lstm_cosine")
    found = to_numpy(model.attention(inputs_for("lstm_cosine"))["attention"])
    encoded, state = begin(model)
    for position, token_ids in enumerate(TARGET_IN.T):
        embedded = model.target_embedding(ops.convert_to_tensor(token_ids))
        _, state, weights = model.decoder(embedded, state, encoded)
        assert_same(found[:, 0, position], to_numpy(weights))


def test_a_system_without_attention_has_no_weights_to_tell():
    assert system("lstm_none").attention(inputs_for("lstm_none")) == {}


# === Step by step ===


def begin(model, source=SOURCE):
    encoded = model.encode(ops.convert_to_tensor(source))
    return encoded, model.initial_state(encoded, TARGET_IN.shape[1])


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


# === Saved and loaded ===


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_saved_model_says_the_same(name, tmp_path):
    model = system(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(to_numpy(loaded(inputs_for(name))), logits_of(name))


@pytest.mark.parametrize("name", SYSTEMS)
def test_saved_weights_find_their_places(name, tmp_path):
    model = system(name)
    model.save_weights(tmp_path / "model.weights.h5")
    other = built(SYSTEMS[name](), seed=1)
    other.load_weights(tmp_path / "model.weights.h5")
    for one, same in zip(model.weights, other.weights, strict=True):
        assert one.path == same.path
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(same.value))


# === Trained ===


def short_batches(name, count, **options):
    """Batches of the shapes of `SOURCE` and `TARGET_IN`, for which all is compiled."""
    length = SOURCE.shape[1]
    shape = (length, length if name == "encoder_only" else T)
    return TranslationBatches(pairs(count, longest=2), B, [shape], **options)


def numpy_losses(model, batches):
    """`-log softmax(logits)[token]` of every scored token, and the tokens."""
    losses, tokens = [], []
    for inputs, targets in (batches[index] for index in range(len(batches))):
        target_out = targets["target_out"]
        real = target_out != PAD
        rows = to_numpy(model(inputs))[real].astype("float64")
        tokens.append(target_out[real])
        losses.append(-log_softmax(rows)[np.arange(real.sum()), tokens[-1]])
    return np.concatenate(losses), np.concatenate(tokens)


def compiled(model, optimizer=None):
    model.compile(optimizer or "sgd", run_eagerly=True)
    return model


@pytest.mark.parametrize(
    "name", ["lstm_cosine", "gru_none", "encoder_only", "transformer"]
)
def test_evaluate_is_the_mean_over_real_tokens(name):
    model = compiled(system(name))
    batches = short_batches(name, 5, score_sos=True)
    results = model.evaluate(batches, return_dict=True, verbose=0)
    losses, tokens = numpy_losses(model, batches)
    assert len(tokens) == batches.target_tokens
    words = losses[tokens != SOS].mean()
    for key, expected in {
        "nll": losses.mean(),
        "perplexity": np.exp(losses.mean()),
        "nll_without_sos": words,
        "perplexity_without_sos": np.exp(words),
    }.items():
        np.testing.assert_allclose(results[key], expected, rtol=1e-5)


@pytest.mark.parametrize("name", [*FAMILIES, "gru_fed_stacked", *VARIANTS])
def test_the_fast_loss_and_its_gradients_are_those_of_the_plain_one(name):
    """To 1e-5 of the loss, and 2e-5 of the largest gradient of each weight.

    A gradient that is nothing but rounding (of the keys' bias, which softmax cancels)
    is compared with a hundredth of the largest of all.
    """
    batch = short_batches(name, 2, score_sos=True)[0]
    results, gradients = [], []
    for plain in (True, False):
        model = built(SYSTEMS[name](label_smoothing=0.1))
        model.plain_loss = plain
        compiled(model, Gradients())
        results.append(model.test_on_batch(*batch, return_dict=True))
        model.reset_metrics()
        results[-1]["training"] = model.train_on_batch(*batch, return_dict=True)["loss"]
        gradients.append(weights_of(model))
    for key, expected in results[0].items():
        np.testing.assert_allclose(results[1][key], expected, rtol=1e-5, err_msg=key)
    largest = max(np.abs(x).max() for x in gradients[0].values())
    for path, expected in gradients[0].items():
        atol = 2e-5 * max(np.abs(expected).max(), 1e-2 * largest)
        np.testing.assert_allclose(
            gradients[1][path], expected, rtol=0, atol=atol, err_msg=path
        )


@pytest.mark.parametrize("plain", [True, False])
def test_penalties_of_regularizers_are_part_of_the_loss(plain):
    batch = short_batches("transformer", 2)[0]
    losses = []
    for penalty in (0.0, 0.5):
        regularizer = keras.regularizers.L2(penalty)
        projection = keras.layers.Dense(
            TARGET_VOCABULARY, name="projection", kernel_regularizer=regularizer
        )
        model = compiled(built(SYSTEMS["transformer"](projection=projection)))
        model.plain_loss = plain
        losses.append(model.test_on_batch(*batch, return_dict=True)["loss"])
    squares = np.square(to_numpy(model.projection.kernel.value)).sum()
    np.testing.assert_allclose(losses[1] - losses[0], 0.5 * squares, rtol=1e-4)


def test_samples_with_weights_are_refused_rather_than_taken_for_equal():
    model = compiled(system("rnn_none"))
    with pytest.raises(ValueError, match="Translators do not weigh samples"):
        model.test_on_batch(*short_batches("rnn_none", 2)[0], np.ones(B, "float32"))


@pytest.mark.parametrize("name", ["rnn_none", "transformer"])
def test_the_training_loss_is_smoothed_and_what_is_reported_is_not(name):
    model = compiled(built(SYSTEMS[name](label_smoothing=0.1)))
    batches = short_batches(name, 2)
    losses, _ = numpy_losses(model, batches)
    inputs, targets = batches[0]
    rows = to_numpy(model(inputs))[targets["target_out"] != PAD].astype("float64")
    smoothed = 0.9 * losses.mean() - 0.1 * log_softmax(rows).mean()
    results = model.train_on_batch(*batches[0], return_dict=True)
    np.testing.assert_allclose(results["loss"], smoothed, rtol=1e-5)
    np.testing.assert_allclose(results["nll"], losses.mean(), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lstm_cosine", {"feeding": "free_running", "visible_padding": 7}),
        ("gru_none", {"dropout": 0.1}),
        ("gru_fed_stacked", {"output_dropout": 0.1}),
        ("encoder_only", {}),
        ("transformer", {"label_smoothing": 0.1, **ONE_BLOCK}),
        ("transformer", {"norm": "pre", "tied": "target", **ONE_BLOCK}),
    ],
)
def test_fit_learns_to_reverse(name, options, tmp_path):
    """A fifth of the loss goes in a few steps; the model is saved as it stands."""
    keras.utils.set_random_seed(0)
    model = SYSTEMS[name](**options)
    model.compile(kernels.Adam(0.02), jit_compile=kernels.JIT_COMPILE)
    batches = TranslationBatches(pairs(48), 16, [(7, 7)], seed=0)
    history = model.fit(batches, epochs=10, shuffle=False, verbose=0).history
    assert history["nll"][-1] < 0.8 * history["nll"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, same in zip(
        (*model.weights, *model.optimizer.variables),
        (*loaded.weights, *loaded.optimizer.variables),
        strict=True,
    ):
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(same.value))


# === Repeated tokens under Adam ===


class Lookup(keras.Model):
    """Only an embedding, to be pulled towards targets."""

    def __init__(self):
        super().__init__()
        self.embedding = TokenEmbedding(5, 3)

    def call(self, token_ids):
        return self.embedding(token_ids)


def numpy_adam(table, token_ids, target, steps, learning_rate, epsilon=1e-7):
    """Kingma & Ba 2015 as Keras writes it, on the summed gradient of each row."""
    first, second = np.zeros_like(table), np.zeros_like(table)
    for step in range(1, steps + 1):
        error = table[token_ids] - target
        gradient = np.zeros_like(table)
        np.add.at(gradient, token_ids, 2 * error / error.size)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        rate = learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        table = table - rate * first / (np.sqrt(second) + epsilon)
    return table


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam, kernels.Adam])
def test_a_token_that_occurs_twice_has_one_gradient(optimizer):
    token_ids = np.array([[1, 1, 2], [1, 3, 2]], "int32")
    target = np.random.default_rng(0).standard_normal((2, 3, 3)).astype("float32")
    model = Lookup()
    model(token_ids)
    before = to_numpy(model.embedding.embeddings.value).astype("float64")
    model.compile(optimizer(0.1), loss="mse")
    for _ in range(3):
        model.train_on_batch(token_ids, target)
    np.testing.assert_allclose(
        to_numpy(model.embedding.embeddings.value),
        numpy_adam(before, token_ids, target, steps=3, learning_rate=0.1),
        rtol=1e-5,
        atol=1e-5,
    )

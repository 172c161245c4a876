"""What the tests share: one check for all layers, tiny systems, tiny sentences.

Nothing here imports a backend, so that the same check runs on each of them.
"""

import functools

import keras
import numpy as np
from keras import ops, tree

from keras_nmt.layers.attention import (
    AdditiveAttention,
    CosineAttention,
    MultiplicativeAttention,
)
from keras_nmt.layers.input_feeding import InputFeedingDecoder
from keras_nmt.layers.normalised import NormalisedEncoder
from keras_nmt.layers.recurrent import (
    BidirectionalEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    StackedEncoder,
)
from keras_nmt.models.encoder_only import EncoderOnlyTranslator
from keras_nmt.models.feeding import FreeRunning, TeacherForcing
from keras_nmt.models.input_feeding import InputFeedingTranslator
from keras_nmt.models.recurrent import RecurrentTranslator
from keras_nmt.models.transformer import TransformerTranslator
from keras_nmt.specials import EOS, PAD, SOS
from tests.running import built, fill, to_numpy

SOURCE_VOCABULARY = 11
TARGET_VOCABULARY = 9
EMBEDDING_DIM = 6
HIDDEN_DIM = 8
MAX_LENGTH = 12
ONE_BLOCK = {"encoder_layers": 1, "decoder_layers": 1}
"""Of a transformer that is compiled, where a second one would only take time."""

SOURCE = np.array([[SOS, 5, 6, 7, EOS, PAD], [SOS, 10, EOS, PAD, PAD, PAD]], "int32")
TARGET_IN = np.array([[SOS, 5, 6, 7], [SOS, 8, PAD, PAD]], "int32")
"""Two sentences as a system sees them, each side padded."""

ATTENTIONS = {
    "none": lambda **options: None,
    "cosine": CosineAttention,
    "additive": AdditiveAttention,
    "multiplicative": MultiplicativeAttention,
}

# === Arrays ===


def random(seed, *shape):
    """Standard normal numbers, float32, the same on every machine."""
    return np.random.default_rng(seed).standard_normal(shape, "float32")


def weights_of(layer):
    """`{"name" or "sublayer/name": array}` of a layer's weights, float64.

    The name of the layer itself is left out of the paths.
    """
    return {
        weight.path.split("/", 1)[1]: to_numpy(weight.value).astype("float64")
        for weight in layer.weights
    }


def softmax(x):
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


# === Layers ===


def call_with(layer, inputs):
    """`layer(**inputs)`, how a layer is run unless its test says otherwise."""
    return layer(**inputs)


def check_layer(make, inputs, run=call_with, *, symbolic=True, free_of_gradient=()):
    """What every layer must do, whatever it computes.

    A copy from its config computes the same; symbolic inputs give the shapes and
    dtypes of real ones; a step of gradient descent moves every weight; half
    precision gives finite numbers.

    Args:
        make: makes the layer, unbuilt.
        inputs: dict of NumPy arrays.
        run: `(layer, inputs) -> outputs`, any structure of tensors.
        symbolic: whether the layer can stand in a functional graph.
        free_of_gradient: endings of the paths of weights that cannot move, such as
            a bias that softmax cancels.
    """
    layer = make()
    run(layer, inputs)
    fill(layer)
    outputs = to_numpy(run(layer, inputs))
    _check_config(layer, inputs, run, outputs)
    if symbolic:
        _check_symbolic(layer, inputs, run, outputs)
    _check_gradient(layer, inputs, run, outputs, free_of_gradient)
    for policy in ("mixed_bfloat16", "mixed_float16"):
        _check_precision(make, inputs, run, policy)


def _check_config(layer, inputs, run, outputs):
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.name == layer.name
    assert copy.get_config() == layer.get_config()
    # The config says how to build, so the weights are there before the first call.
    copy.set_weights(layer.get_weights())
    tree.map_structure(
        np.testing.assert_array_equal, to_numpy(run(copy, inputs)), outputs
    )


def _check_symbolic(layer, inputs, run, outputs):
    symbolic = tree.map_structure(
        lambda x: keras.KerasTensor(x.shape, x.dtype.name), inputs
    )

    def spec(x):
        return tuple(x.shape), keras.backend.standardize_dtype(x.dtype)

    for real, promised in zip(
        tree.flatten(outputs), tree.flatten(run(layer, symbolic)), strict=True
    ):
        assert spec(real) == spec(promised)


def _check_gradient(layer, inputs, run, outputs, free_of_gradient):
    if not layer.trainable_weights:
        return
    size = sum(x.size for x in tree.flatten(outputs))
    trainer = _Trainer(layer, run)
    trainer.compile(keras.optimizers.SGD(1.0), loss="mse", run_eagerly=True)
    before = weights_of(layer)
    trainer.train_on_batch(inputs, random(1, size))
    for path, after in weights_of(layer).items():
        assert np.isfinite(after).all(), path
        if not path.endswith(tuple(free_of_gradient)):
            assert np.any(after != before[path]), f"{path} does not learn"


def _check_precision(make, inputs, run, policy):
    keras.config.set_dtype_policy(policy)
    try:
        layer = make()
        outputs = tree.flatten(run(layer, inputs))
    finally:
        keras.config.set_dtype_policy("float32")
    assert layer.compute_dtype == policy.removeprefix("mixed_")
    for x in outputs:
        assert np.isfinite(to_numpy(ops.cast(x, "float32"))).all(), policy


class _Trainer(keras.Model):
    """All numbers that a layer gives, in one row, so that `mse` can pull at them."""

    def __init__(self, layer, run):
        super().__init__()
        self.layer = layer
        self.run = run

    def call(self, inputs):
        outputs = tree.flatten(self.run(self.layer, inputs))
        return ops.concatenate([ops.reshape(x, (-1,)) for x in outputs])


def is_tensorflow():
    return keras.backend.backend() == "tensorflow"


# === Systems ===


def recurrent(
    kind="lstm",
    attention="none",
    encoder="forward",
    feeding="teacher_forcing",
    **options,
):
    """A tiny `RecurrentTranslator`, not built."""
    encoders = {
        "forward": lambda: RecurrentEncoder(kind, HIDDEN_DIM, name="encoder"),
        "bidirectional": lambda: BidirectionalEncoder(kind, HIDDEN_DIM, name="encoder"),
        "stacked": lambda: StackedEncoder(
            [
                BidirectionalEncoder(kind, HIDDEN_DIM, name="encoder_0"),
                RecurrentEncoder(kind, HIDDEN_DIM, name="encoder_1"),
            ],
            name="encoder",
        ),
    }
    feedings = {"teacher_forcing": TeacherForcing, "free_running": FreeRunning}
    decoder = RecurrentDecoder(
        kind,
        EMBEDDING_DIM,
        HIDDEN_DIM,
        num_layers=2 if encoder == "stacked" else 1,
        attention=ATTENTIONS[attention](name="attention"),
        name="decoder",
    )
    return RecurrentTranslator(
        SOURCE_VOCABULARY,
        TARGET_VOCABULARY,
        encoders[encoder](),
        decoder,
        feedings[feeding](),
        **{"name": "translator", **options},
    )


def input_feeding(kind="lstm", num_layers=1, normalised=False, **options):
    """A tiny `InputFeedingTranslator`, not built."""
    encoders = [
        BidirectionalEncoder(kind, HIDDEN_DIM, name=f"encoder_{depth}")
        for depth in range(num_layers)
    ]
    if normalised:
        encoders = [
            NormalisedEncoder(encoder, name=f"normalised_{depth}")
            for depth, encoder in enumerate(encoders)
        ]
    decoder = InputFeedingDecoder(
        kind,
        EMBEDDING_DIM,
        HIDDEN_DIM,
        num_layers,
        attention=AdditiveAttention(name="attention"),
        normalised=normalised,
        name="decoder",
    )
    options = {"source_vocabulary_size": SOURCE_VOCABULARY, **options}
    return InputFeedingTranslator(
        target_vocabulary_size=TARGET_VOCABULARY,
        encoder=StackedEncoder(encoders, name="encoder"),
        decoder=decoder,
        **{"name": "translator", **options},
    )


def encoder_only(**options):
    """A tiny `EncoderOnlyTranslator`, not built; heads wider than the model."""
    options = {"key_dim": 5, "name": "translator", **options}
    return EncoderOnlyTranslator(
        SOURCE_VOCABULARY,
        TARGET_VOCABULARY,
        HIDDEN_DIM,
        2,
        16,
        1,
        MAX_LENGTH,
        **options,
    )


def transformer(**options):
    """A tiny `TransformerTranslator`, not built."""
    options = {
        "name": "translator",
        "source_vocabulary_size": SOURCE_VOCABULARY,
        "target_vocabulary_size": TARGET_VOCABULARY,
        "encoder_layers": 2,
        "decoder_layers": 2,
        **options,
    }
    return TransformerTranslator(
        model_dim=HIDDEN_DIM,
        num_heads=2,
        intermediate_dim=16,
        max_length=MAX_LENGTH,
        **options,
    )


RECURRENT = {
    **{
        f"{kind}_{attention}": functools.partial(recurrent, kind, attention)
        for kind in ("rnn", "lstm", "gru")
        for attention in ATTENTIONS
    },
    "lstm_bidirectional": functools.partial(
        recurrent, "lstm", "cosine", "bidirectional"
    ),
    "gru_stacked": functools.partial(recurrent, "gru", "additive", "stacked"),
}
INPUT_FEEDING = {
    "lstm_fed": input_feeding,
    "gru_fed_stacked": functools.partial(
        input_feeding, "gru", 2, normalised=True, tied="target"
    ),
}
VARIANTS = {
    "transformer_pre_norm": functools.partial(transformer, norm="pre"),
    "transformer_tied": functools.partial(transformer, tied="target"),
    "transformer_sinusoidal": functools.partial(
        transformer, positions="sinusoidal", scaled_embeddings=True
    ),
    "transformer_rotary": functools.partial(
        transformer, norm="pre", positions="rotary"
    ),
}
"""Of the transformer; they have no golden values."""

STEPWISE = {**RECURRENT, **INPUT_FEEDING, "transformer": transformer, **VARIANTS}
"""Systems with `decode_step`, whose next token depends on the last ones."""

SYSTEMS = {**STEPWISE, "encoder_only": encoder_only}


SMALL = {**SYSTEMS, "transformer": functools.partial(transformer, **ONE_BLOCK)}
"""The same systems, the transformer with one block: quicker to compile."""


@functools.cache
def system(name, **options):
    """A built system with weights from `fill`; shared, so never train it."""
    return built(SYSTEMS[name](**options))


@functools.cache
def small_system(name, **options):
    """One of `SMALL`, as `system` is one of `SYSTEMS`."""
    return built(SMALL[name](**options))


def inputs_for(name, target_in=TARGET_IN):
    """`SOURCE` and `target_in`; the encoder-only system reads no target."""
    if name == "encoder_only":
        return {"source": SOURCE}
    return {"source": SOURCE, "target_in": target_in}


def pairs(count, seed=0, longest=5):
    """Random pairs that are to be learned: the target is the source reversed."""
    generator = np.random.default_rng(seed)
    return [
        ([SOS, *words, EOS], [SOS, *words[::-1], EOS])
        for words in (
            generator.integers(4, TARGET_VOCABULARY, length).tolist()
            for length in generator.integers(1, longest + 1, count)
        )
    ]

"""Every named experiment. A recipe is data; `build` makes its model.

The eight systems of the writeup come first; costs are for Multi30k, expected are
the writeup's final training / validation losses. A recipe of your own is a
`dataclasses.replace` of the nearest one, entered in `RECIPES`.
"""

import dataclasses

from experiments.choices import ATTENTIONS, ENCODERS, FEEDINGS, fault_of
from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.layers.recurrent import (
    RecurrentDecoder,
    StackedEncoder,
)
from keras_nmt.models.encoder_only import EncoderOnlyTranslator
from keras_nmt.models.recurrent import RecurrentTranslator
from keras_nmt.models.transformer import TransformerTranslator


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What every experiment has: its text, its batches, its training.

    The defaults are the writeup's protocol. `system` is the row of the writeup
    that the recipe stands beside, None for a recipe of our own.
    """

    name: str
    system: str | None
    epochs: int
    batch_size: int = 128
    learning_rate: float = 1e-3
    min_frequency: int = 2
    newline_token: bool = True
    max_length: int = 20
    shapes: tuple[tuple[int, int], ...] = ((20, 20),)
    score_sos: bool = True
    visible_padding: int = 20
    label_smoothing: float = 0.0
    precision: str = "float32"
    dropout: float

    def __new__(cls, **fields):
        known = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            if name not in known:
                raise InputError(
                    f"recipe {fields.get('name')}: no field {name!r}"
                    f"{did_you_mean(name, known)}; there are {', '.join(known)}"
                )
        return super().__new__(cls)

    def __post_init__(self):
        for name, value in vars(self).items():
            fault = fault_of(name, value)
            if fault:
                raise InputError(f"recipe {self.name}: {name} {value!r}{fault}")
        positions = getattr(self, "max_positions", self.max_length)
        if not self.max_length <= min(*self.shapes[-1], positions):
            raise InputError(
                f"recipe {self.name}: max_length {self.max_length} is above the last "
                f"of shapes, {self.shapes[-1]}, or max_positions, {positions}"
            )

    def build(self, source_vocabulary_size, target_vocabulary_size):
        """The untrained translator."""
        raise NotImplementedError(f"{type(self).__name__} must define build().")

    @classmethod
    def defaults(cls):
        """The values of the fields that need not be given."""
        return {
            field.name: field.default
            for field in dataclasses.fields(cls)
            if field.default is not dataclasses.MISSING
        }

    def _options(self):
        return {
            "visible_padding": self.visible_padding,
            "label_smoothing": self.label_smoothing,
            "dropout": self.dropout,
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecurrentRecipe(Recipe):
    """An encoder-decoder of one kind of recurrence."""

    kind: str
    attention: str = "none"
    embedding_dim: int = 128
    hidden_dim: int = 128
    num_layers: int = 1
    encoder: str = "forward"
    feeding: str = "free_running"

    def build(self, source_vocabulary_size, target_vocabulary_size):
        return RecurrentTranslator(
            source_vocabulary_size,
            target_vocabulary_size,
            self._encoder(),
            RecurrentDecoder(
                self.kind,
                self.embedding_dim,
                self.hidden_dim,
                self.num_layers,
                self.dropout,
                ATTENTIONS[self.attention](),
            ),
            FEEDINGS[self.feeding](),
            **self._options(),
        )

    def _encoder(self):
        layers = [
            ENCODERS[self.encoder](self.kind, self.hidden_dim)
            for _ in range(self.num_layers)
        ]
        return layers[0] if len(layers) == 1 else StackedEncoder(layers, self.dropout)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncoderOnlyRecipe(Recipe):
    """One pass of a transformer encoder."""

    model_dim: int = 128
    num_heads: int = 2
    key_dim: int = 96
    intermediate_dim: int = 2048
    num_layers: int = 1
    max_positions: int = 43

    def build(self, source_vocabulary_size, target_vocabulary_size):
        return EncoderOnlyTranslator(
            source_vocabulary_size,
            target_vocabulary_size,
            self.model_dim,
            self.num_heads,
            self.intermediate_dim,
            self.num_layers,
            self.max_positions,
            key_dim=self.key_dim,
            **self._options(),
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformerRecipe(Recipe):
    """A full transformer."""

    model_dim: int = 128
    num_heads: int = 2
    intermediate_dim: int = 2048
    encoder_layers: int = 2
    decoder_layers: int = 2
    max_positions: int = 43

    def build(self, source_vocabulary_size, target_vocabulary_size):
        return TransformerTranslator(
            source_vocabulary_size,
            target_vocabulary_size,
            self.model_dim,
            self.num_heads,
            self.intermediate_dim,
            self.encoder_layers,
            self.decoder_layers,
            self.max_positions,
            **self._options(),
        )


RNN = RecurrentRecipe(name="rnn", system="rnn", kind="rnn", epochs=20, dropout=0.2)
"""Expected 4.28 / 4.35."""

LSTM = dataclasses.replace(RNN, name="lstm", system="lstm", kind="lstm")
"""Expected 3.04 / 3.20."""

RNN_ATTENTION = dataclasses.replace(
    RNN, name="rnn_attention", system="rnn_attention", attention="cosine"
)
"""Expected 3.52 / 3.58."""

LSTM_ATTENTION = dataclasses.replace(
    LSTM, name="lstm_attention", system="lstm_attention", attention="cosine"
)
"""Expected 2.98 / 3.13."""

LSTM_ATTENTION_BEST = dataclasses.replace(
    LSTM_ATTENTION,
    name="lstm_attention_best",
    system="lstm_attention_best",
    embedding_dim=256,
    hidden_dim=256,
    dropout=0.3,
)
"""Expected 2.69 / 3.12."""

ENCODER_ONLY = EncoderOnlyRecipe(
    name="encoder_only", system="encoder_only", epochs=10, dropout=0.0
)
"""Expected 2.13 / 2.96."""

FULL_TRANSFORMER = TransformerRecipe(
    name="full_transformer", system="full_transformer", epochs=10, dropout=0.2
)
"""Expected 1.32 / 1.60."""

FULL_TRANSFORMER_BEST = dataclasses.replace(
    FULL_TRANSFORMER,
    name="full_transformer_best",
    system="full_transformer_best",
    model_dim=256,
    num_heads=4,
)
"""Expected 0.99 / 1.56."""

FULL_TRANSFORMER_BUCKETED = dataclasses.replace(
    FULL_TRANSFORMER,
    name="full_transformer_bucketed",
    system=None,
    visible_padding=0,
    shapes=((13, 13), (15, 15), (17, 17), (20, 20)),
)
"""The same sentences and scores without the writeup's padding: it is masked, and pairs
are padded to the next of four lengths, which leaves a fifth of the positions away."""

WRITEUP = {
    recipe.name: recipe
    for recipe in (
        RNN,
        LSTM,
        RNN_ATTENTION,
        LSTM_ATTENTION,
        LSTM_ATTENTION_BEST,
        ENCODER_ONLY,
        FULL_TRANSFORMER,
        FULL_TRANSFORMER_BEST,
    )
}
"""The writeup's eight systems, in its order; `all` on the command line."""

BFLOAT16 = {
    recipe.name: recipe
    for recipe in (
        dataclasses.replace(
            of, name=f"{of.name}_bfloat16", system=None, precision="bfloat16"
        )
        for of in WRITEUP.values()
    )
}
"""The same eight with matrix products in bfloat16 (`backends.products_in`): less time
on processors and GPUs that are made for it."""

RECIPES = {
    **WRITEUP,
    FULL_TRANSFORMER_BUCKETED.name: FULL_TRANSFORMER_BUCKETED,
    **BFLOAT16,
}
"""Whatever the command line knows by name."""


def find(name):
    """The recipe of that name.

    Raises:
        InputError: if there is none; it names the nearest and lists all.
    """
    if name not in RECIPES:
        hint = did_you_mean(name, RECIPES)
        raise InputError(
            f"unknown recipe {name!r}{hint}; there are: all, {', '.join(RECIPES)}"
        )
    return RECIPES[name]

"""The recurrent systems: the fields of their recipes, and the models they build."""

import dataclasses

from keras_nmt.errors import InputError
from keras_nmt.layers.input_feeding import InputFeedingDecoder
from keras_nmt.layers.normalised import NormalisedEncoder
from keras_nmt.layers.recurrent import RecurrentDecoder, StackedEncoder
from keras_nmt.models.input_feeding import InputFeedingTranslator
from keras_nmt.models.recurrent import RecurrentTranslator
from keras_nmt.recipes.choices import ATTENTIONS, ENCODERS, FEEDINGS
from keras_nmt.recipes.recipe import Recipe


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecurrentRecipe(Recipe):
    """An encoder-decoder of one kind of recurrence.

    With `input_feeding` it is an `InputFeedingTranslator`, and only then are there
    `layer_norm`, which normalises what leaves each recurrent layer, `tied`, and
    dropouts of embedded tokens and of outputs; None takes `dropout`.
    """

    kind: str
    attention: str = "none"
    embedding_dim: int = 128
    hidden_dim: int = 128
    num_layers: int = 1
    encoder: str = "forward"
    feeding: str = "free_running"
    input_feeding: bool = False
    layer_norm: bool = False
    tied: str = "none"
    embedding_dropout: float | None = None
    output_dropout: float | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.encoder == "bidirectional" and self.hidden_dim % 2:
            raise InputError(
                f"recipe {self.name}: hidden_dim {self.hidden_dim} is odd, and a "
                "bidirectional encoder has half of it each way; make it even"
            )
        if self.input_feeding:
            self._check_input_feeding()
            return
        for name in ("layer_norm", "tied", "embedding_dropout", "output_dropout"):
            if getattr(self, name) != self.defaults()[name]:
                raise InputError(
                    f"recipe {self.name}: {name} goes with input_feeding; set "
                    f"input_feeding to true, or leave {name} out"
                )
        if len(self.shapes) > 1:
            raise InputError(
                f"recipe {self.name}: a decoder without input_feeding is unrolled over "
                f"one length, and shapes has {len(self.shapes)}; give one shape"
            )

    def _check_input_feeding(self):
        if self.attention == "none":
            raise InputError(
                f"recipe {self.name}: input_feeding feeds what attention found; set "
                "attention to additive, or input_feeding to false"
            )
        if self.feeding != "teacher_forcing":
            raise InputError(
                f"recipe {self.name}: input_feeding is trained by teacher forcing; set "
                "feeding to teacher_forcing, or input_feeding to false"
            )
        if self.tied == "all" and self.tokenizer != "joint_subwords":
            raise InputError(
                f"recipe {self.name}: tied 'all' needs one vocabulary of both "
                "languages; set tokenizer to joint_subwords, or tied to target"
            )

    def build(self, source_vocabulary_size, target_vocabulary_size):
        sizes = source_vocabulary_size, target_vocabulary_size
        decoder = (
            self.kind,
            self.embedding_dim,
            self.hidden_dim,
            self.num_layers,
            self.dropout,
            ATTENTIONS[self.attention](),
        )
        if self.input_feeding:
            return InputFeedingTranslator(
                *sizes,
                self._encoder(),
                InputFeedingDecoder(*decoder, self.layer_norm),
                embedding_dropout=self._dropout_of(self.embedding_dropout),
                output_dropout=self._dropout_of(self.output_dropout),
                tied=self.tied,
                **self._options(),
            )
        return RecurrentTranslator(
            *sizes,
            self._encoder(),
            RecurrentDecoder(*decoder),
            FEEDINGS[self.feeding](),
            **self._options(),
        )

    def _dropout_of(self, rate):
        return self.dropout if rate is None else rate

    def _encoder(self):
        layers = [
            ENCODERS[self.encoder](self.kind, self.hidden_dim)
            for _ in range(self.num_layers)
        ]
        if self.layer_norm:
            layers = [NormalisedEncoder(layer) for layer in layers]
        return layers[0] if len(layers) == 1 else StackedEncoder(layers, self.dropout)

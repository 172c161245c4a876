"""The families of systems: the fields of their recipes, and the models they build.

That of the recurrent systems is in `recurrent.py`.
"""

import dataclasses

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.models.encoder_only import EncoderOnlyTranslator
from keras_nmt.models.transformer import TransformerTranslator
from keras_nmt.recipes.choices import fault_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What every experiment has: its text, its batches, its training.

    The defaults are the writeup's protocol. `system` is the row of the writeup
    that the recipe stands beside, None for a recipe of our own. `about` says in a line
    what it is for; it changes nothing.
    """

    name: str
    system: str | None
    about: str = ""
    epochs: int
    batch_size: int = 128
    learning_rate: float = 1e-3
    min_frequency: int = 2
    tokenizer: str = "words"
    subword_vocabulary_size: int = 8000
    lowercase: bool = True
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
        if self.newline_token and self.tokenizer != "words":
            raise InputError(
                f"recipe {self.name}: newline_token goes with the tokenizer words; "
                "set newline_token to false"
            )
        positions = getattr(self, "max_positions", self.max_length)
        if not self.max_length <= min(*self.shapes[-1], positions):
            raise InputError(
                f"recipe {self.name}: max_length {self.max_length} is above the last "
                f"of shapes, {self.shapes[-1]}, or max_positions, {positions}; "
                "raise these, too"
            )

    def build(self, source_vocabulary_size, target_vocabulary_size):
        """The untrained translator."""
        raise NotImplementedError(f"{type(self).__name__} must define build().")

    def config(self):
        """The fields, for config.json."""
        fields = dataclasses.asdict(self)
        return {name: fields[name] for name in fields if name != "about"}

    def text_options(self):
        """What `text.prepared.prepare` is asked for."""
        names = (
            "tokenizer",
            "subword_vocabulary_size",
            "lowercase",
            "newline_token",
            "min_frequency",
            "max_length",
        )
        return {name: getattr(self, name) for name in names}

    def batch_options(self):
        """What `TranslationBatches` is asked for."""
        names = ("batch_size", "shapes", "score_sos")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def defaults(cls):
        """The values of the fields that need not be given."""
        return {
            field.name: field.default
            for field in dataclasses.fields(cls)
            if field.default is not dataclasses.MISSING and field.name != "about"
        }

    def _options(self):
        return {
            "visible_padding": self.visible_padding,
            "label_smoothing": self.label_smoothing,
            "dropout": self.dropout,
        }


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
    """A full transformer; `norm` and `tied` as in `TransformerTranslator`."""

    model_dim: int = 128
    num_heads: int = 2
    intermediate_dim: int = 2048
    encoder_layers: int = 2
    decoder_layers: int = 2
    max_positions: int = 43
    norm: str = "post"
    tied: str = "none"

    def __post_init__(self):
        super().__post_init__()
        if self.tied == "all" and self.tokenizer != "joint_subwords":
            raise InputError(
                f"recipe {self.name}: tied 'all' needs one vocabulary of both "
                "languages; set tokenizer to joint_subwords, or tied to target"
            )

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
            norm=self.norm,
            tied=self.tied,
            **self._options(),
        )

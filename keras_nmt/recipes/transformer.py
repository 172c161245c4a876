"""The transformers: the fields of their recipes, and the models they build."""

import dataclasses

from keras_nmt.errors import InputError
from keras_nmt.models.encoder_only import EncoderOnlyTranslator
from keras_nmt.models.transformer import TransformerTranslator
from keras_nmt.recipes.recipe import Recipe


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncoderOnlyRecipe(Recipe):
    """One pass of a transformer encoder."""

    model_dim: int = 128
    num_heads: int = 2
    key_dim: int = 96
    intermediate_dim: int = 2048
    num_layers: int = 1
    max_positions: int = 43

    def __post_init__(self):
        super().__post_init__()
        if any(source != target for source, target in self.shapes):
            raise InputError(
                f"recipe {self.name}: target position t is source position t, so both "
                f"lengths of each of shapes must be equal. Received: {self.shapes}"
            )

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
    """A full transformer; its fields are as in `TransformerTranslator`."""

    model_dim: int = 128
    num_heads: int = 2
    intermediate_dim: int = 2048
    encoder_layers: int = 2
    decoder_layers: int = 2
    max_positions: int = 43
    norm: str = "post"
    tied: str = "none"
    positions: str = "learned"
    scaled_embeddings: bool = False
    attention_dropout: float | None = None
    activation_dropout: float = 0.0
    embedding_dropout: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        if self.model_dim % self.num_heads:
            raise InputError(
                f"recipe {self.name}: model_dim {self.model_dim} is not a multiple of "
                f"num_heads, {self.num_heads}; change one of them"
            )
        head = self.model_dim // self.num_heads
        if self.positions == "rotary" and head % 2:
            raise InputError(
                f"recipe {self.name}: rotary positions turn pairs of numbers, and a "
                f"head of {head} is odd; change model_dim or num_heads"
            )
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
            positions=self.positions,
            scaled_embeddings=self.scaled_embeddings,
            attention_dropout=self.attention_dropout,
            activation_dropout=self.activation_dropout,
            embedding_dropout=self.embedding_dropout,
            **self._options(),
        )

"""The values that the fields of a recipe may have."""

import math

from keras_nmt.errors import did_you_mean
from keras_nmt.kernels import PRECISIONS
from keras_nmt.layers import attention as attentions
from keras_nmt.layers.position_encoding import POSITIONS
from keras_nmt.layers.recurrent import LAYERS, BidirectionalEncoder, RecurrentEncoder
from keras_nmt.layers.transformer_block import NORMS
from keras_nmt.models import feeding as feedings
from keras_nmt.models.consistency import CONSISTENCIES
from keras_nmt.models.tying import TIED
from keras_nmt.text.prepared import TOKENIZERS
from keras_nmt.text.subword_training import KINDS
from keras_nmt.training.schedules import SCHEDULES
from keras_nmt.training.selection import MEASURES

ATTENTIONS = {
    "none": lambda: None,
    "cosine": attentions.CosineAttention,
    "additive": attentions.AdditiveAttention,
    "multiplicative": attentions.MultiplicativeAttention,
}
ENCODERS = {"forward": RecurrentEncoder, "bidirectional": BidirectionalEncoder}
FEEDINGS = {
    "free_running": feedings.FreeRunning,
    "teacher_forcing": feedings.TeacherForcing,
}
CHOICES = {
    "attention": ATTENTIONS,
    "best_by": MEASURES,
    "consistency": CONSISTENCIES,
    "encoder": ENCODERS,
    "feeding": FEEDINGS,
    "kind": LAYERS,
    "norm": NORMS,
    "positions": POSITIONS,
    "precision": PRECISIONS,
    "schedule": SCHEDULES,
    "subword_model": KINDS,
    "tied": TIED,
    "tokenizer": TOKENIZERS,
}
"""Fields whose value is one of several names."""

SHARES = (
    "activation_dropout",
    "attention_dropout",
    "beta_1",
    "beta_2",
    "cutoff",
    "dropout",
    "ema",
    "embedding_dropout",
    "label_smoothing",
    "output_dropout",
    "subword_sampling",
    "word_dropout",
)
"""Fields whose value is at least 0 and less than 1."""

FROM_0 = (
    "average_last",
    "batch_tokens",
    "decay_steps",
    "epoch_updates",
    "keep_last",
    "patience",
    "validation_bleu_every",
    "visible_padding",
    "warmup_steps",
)
"""Whole numbers that may be 0; the others start at 1."""


def fault_of(name, value):
    """Why a field cannot have this value, as the end of a message; "" if it can."""
    if name in CHOICES and value not in CHOICES[name]:
        hint = did_you_mean(str(value), CHOICES[name])
        return f": no such {name}{hint}; choose from {', '.join(CHOICES[name])}"
    if name in SHARES and value is not None:
        return "" if 0 <= value < 1 else ": expected at least 0 and less than 1"
    if name in ("clip_norm", "weight_decay") and not 0 <= value < math.inf:
        return ": expected a number of at least 0"
    if name in ("learning_rate", "consistency_weight") and not 0 < value < math.inf:
        return ": expected a number above 0"
    if name == "epoch_updates" and value == 1:
        return ": expected 0, or at least 2"  # TensorFlow reads shapes of two batches
    least = 0 if name in FROM_0 else 1
    if type(value) is int and value < least:
        kind = "positive whole number" if least else "whole number of at least 0"
        return f": expected a {kind}"
    return ""

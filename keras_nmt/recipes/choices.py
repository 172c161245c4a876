"""The values that the fields of a recipe may have."""

import math

from keras_nmt.errors import did_you_mean
from keras_nmt.kernels import PRECISIONS
from keras_nmt.layers import attention as attentions
from keras_nmt.layers.recurrent import LAYERS, BidirectionalEncoder, RecurrentEncoder
from keras_nmt.layers.transformer import NORMS
from keras_nmt.models import feeding as feedings
from keras_nmt.models.transformer import TIED
from keras_nmt.text.prepared import TOKENIZERS

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
    "encoder": ENCODERS,
    "feeding": FEEDINGS,
    "kind": LAYERS,
    "norm": NORMS,
    "precision": PRECISIONS,
    "tied": TIED,
    "tokenizer": TOKENIZERS,
}
"""Fields whose value is one of several names."""

BELOW_1 = ("dropout", "embedding_dropout", "label_smoothing", "output_dropout")
"""Fields with a share of the whole: from 0, and less than 1."""


def fault_of(name, value):
    """Why a field cannot have this value, as the end of a message; "" if it can."""
    if name in CHOICES and value not in CHOICES[name]:
        hint = did_you_mean(str(value), CHOICES[name])
        return f": no such {name}{hint}; choose from {', '.join(CHOICES[name])}"
    if name in BELOW_1 and value is not None:
        return "" if 0 <= value < 1 else ": expected at least 0 and less than 1"
    if name == "learning_rate" and not 0 < value < math.inf:
        return ": expected a number above 0"
    least = 0 if name == "visible_padding" else 1
    if type(value) is int and value < least:
        return ": expected a positive whole number"
    return ""

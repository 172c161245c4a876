"""What the fields of a recipe may hold, and how a wrong value is told."""

import math

from keras_nmt.backends import PRECISIONS
from keras_nmt.errors import did_you_mean
from keras_nmt.layers import attention as attentions
from keras_nmt.layers.recurrent import LAYERS, BidirectionalEncoder, RecurrentEncoder
from keras_nmt.models import feeding as feedings

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
    "precision": PRECISIONS,
}
"""Fields that name one of several things."""

SHARES = ("dropout", "label_smoothing")
FROM_ZERO = ("visible_padding",)


def fault_of(name, value):
    """Why a field cannot have this value; "" if it can."""
    if name in CHOICES and value not in CHOICES[name]:
        hint = did_you_mean(str(value), CHOICES[name])
        return f": no such {name}{hint}; choose of {', '.join(CHOICES[name])}"
    if name in SHARES and not 0 <= value < 1:
        return ": expected at least 0 and less than 1"
    if name == "learning_rate" and not 0 < value < math.inf:
        return ": expected a number above 0"
    if type(value) is int and value < (name not in (*FROM_ZERO, *SHARES)):
        return ": expected a positive whole number"
    return ""

"""Position encodings without weights: sinusoidal and rotary.

They are keras-hub's `SinePositionEncoding` and `RotaryEmbedding`, to which
tests/test_keras_hub.py compares them; keras-hub can only be imported where TensorFlow
is installed.
"""

import keras
import numpy as np
from keras import ops

POSITIONS = ("learned", "sinusoidal", "rotary")
MAX_WAVELENGTH = 10_000.0


@keras.saving.register_keras_serializable("keras_nmt")
class SinusoidalPositions(keras.layers.Layer):
    """Waves of many lengths (Vaswani et al. 2017, section 3.5).

        p[t, 2i]     = sin(t / 10000^(2i / D))
        p[t, 2i + 1] = cos(t / 10000^(2i / D))

    It takes the place of a `TokenEmbedding` of positions.

    Args:
        input_dim: number of positions.
        output_dim: D.

    Call arguments:
        positions: int (...).

    Returns:
        float (..., D).
    """

    def __init__(self, input_dim, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        columns = np.arange(output_dim)
        rates = MAX_WAVELENGTH ** -(columns // 2 * 2 / output_dim)
        angles = np.arange(input_dim)[:, None] * rates
        self._table = np.where(columns % 2, np.cos(angles), np.sin(angles))

    def build(self, input_shape=None):
        self.built = True

    def call(self, positions):
        return self.rows(positions)

    def rows(self, positions):
        """The same as a call; `TokenEmbedding` has a faster one for a search."""
        table = ops.convert_to_tensor(self._table, self.compute_dtype)
        return ops.take(table, positions, axis=0)

    def get_config(self):
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
        }


def rotated(x, positions):
    """Rotary positions (Su et al. 2021, "RoFormer", section 3.2.2).

    At position t the numbers i and i + K / 2 of a head, as a pair, are turned by the
    angle `t / 10000^(2i / K)`. The product of a query and a key then depends on their
    distance only.

    Args:
        x: queries or keys, float (B, H, T, K), K even.
        positions: int (T,).

    Returns:
        float (B, H, T, K).
    """
    half = x.shape[-1] // 2
    rates = MAX_WAVELENGTH ** -(np.arange(half) / half)
    rates = ops.convert_to_tensor(rates, "float32")
    angles = ops.cast(positions, "float32")[:, None] * rates
    cos, sin = (ops.cast(f(angles), x.dtype) for f in (ops.cos, ops.sin))  # (T, K / 2)
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate(
        [first * cos - second * sin, second * cos + first * sin], axis=-1
    )

"""Faults of others that this library works around: still there, and not in ours."""

import numpy as np
import pytest

from keras_nmt import backends
from keras_nmt.layers.embedding import TokenEmbedding
from tests.checks import is_tensorflow
from tests.upstream import adam_repeated_tokens


def test_keras_adam_errs_on_repeated_tokens_with_tensorflow_alone():
    """If this fails, Keras is mended, and `TokenEmbedding` may be simpler."""
    found, formula = adam_repeated_tokens.second_moments()
    assert np.isclose(found, formula, rtol=1e-4) != is_tensorflow()


@pytest.mark.parametrize("optimizer", ["keras", "ours"])
def test_our_embedding_does_not_lead_to_it(optimizer, monkeypatch):
    monkeypatch.setattr(adam_repeated_tokens.keras.layers, "Embedding", TokenEmbedding)
    if optimizer == "ours":
        adam = adam_repeated_tokens.keras.optimizers
        monkeypatch.setattr(adam, "Adam", backends.Adam)
    found, formula = adam_repeated_tokens.second_moments()
    np.testing.assert_allclose(found, formula, rtol=1e-4)

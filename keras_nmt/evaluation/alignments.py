"""Attention weights of translations, stored as JSON; `attention_maps` draws them."""

import json
from typing import NamedTuple

import numpy as np

from keras_nmt.errors import InputError
from keras_nmt.files import read_text, write_whole


class Alignment(NamedTuple):
    """A hypothesis with the attention weights of each of its tokens.

    `weights`: attention_weights by the name of their layer, float (H, T, S), for T
    `target_tokens` and S `source_tokens`, at least one each; empty if the system has
    no attention. A row may sum to less than 1, since the weights of padding are left
    out.
    """

    source_tokens: list[str]
    target_tokens: list[str]
    weights: dict[str, np.ndarray]


def write_alignments(path, alignments):
    """Stores `Alignment`s as JSON, a line each, weights to four decimals."""
    lines = [
        json.dumps(
            alignment._replace(
                weights={
                    name: np.round(weights.astype(float), 4).tolist()
                    for name, weights in alignment.weights.items()
                }
            )._asdict(),
            ensure_ascii=False,
        )
        for alignment in alignments
    ]
    return write_whole(path, "[\n" + ",\n".join(lines) + "\n]\n")


def read_alignments(path):
    """What `write_alignments` stored.

    Raises:
        InputError: the file is missing or has other content.
    """
    try:
        return [_alignment(**sentence) for sentence in json.loads(read_text(path))]
    except InputError:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no alignments: {error!r:.120}") from error


def _alignment(source_tokens, target_tokens, weights):
    weights = {name: np.array(heads, float) for name, heads in weights.items()}
    expected = len(target_tokens), len(source_tokens)
    for name, heads in weights.items():
        if heads.ndim != 3 or heads.shape[1:] != expected:
            raise ValueError(
                f"weights of {name}: expected (heads, {expected[0]}, {expected[1]}). "
                f"Received: {heads.shape}"
            )
    return Alignment(source_tokens, target_tokens, weights)

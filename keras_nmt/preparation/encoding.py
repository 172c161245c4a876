"""Lines of text to ids, before the vocabulary is known."""

import itertools
import unicodedata
from typing import NamedTuple

import numpy as np

from keras_nmt.preparation.word_table import WordTable
from keras_nmt.text import tokenizer as tokenizers
from keras_nmt.text.lines import normalize

SPACE = "\u2581"
"""SentencePiece's sign for a space."""


class Encoded(NamedTuple):
    """Lines as ids of tokens that are numbered for themselves.

    `ids: int (sum of lengths,)`, `lengths: int32 (lines,)`. `tokens` are the tokens
    by id, or None if they are the pieces of the tokenizer.
    """

    ids: np.ndarray
    lengths: np.ndarray
    tokens: list | None


def encoder_of(tokenizer, kind):
    """The encoder of a tokenizer.

    Args:
        tokenizer: a `Tokenizer`.
        kind: one of `subword_training.KINDS`, of a tokenizer for subwords.
    """
    if isinstance(tokenizer, tokenizers.SubwordTokenizer):
        return PieceEncoder(tokenizer, kind)
    return WordEncoder(tokenizer)


class WordEncoder:
    """Numbers the words of lines in the order in which they appear."""

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer

    def encode(self, lines):
        """The `Encoded` of lines."""
        numbers, ids, lengths = {}, [], []
        for line in lines:
            tokens = self._tokenizer.tokenize(normalize(line))
            ids += [numbers.setdefault(token, len(numbers)) for token in tokens]
            lengths.append(len(tokens))
        return Encoded(np.array(ids, "int32"), np.array(lengths, "int32"), [*numbers])


class PieceEncoder:
    """Gives the ids of SentencePiece.

    Byte-pair merges never cross a space. So the pieces of a word do not depend on its
    sentence, and words that come again are looked up, which is several times faster.
    A unigram model compares sums over a sentence, whose rounding may depend on it.
    """

    def __init__(self, tokenizer, kind):
        self._encode = tokenizer.encode_ids
        self._words = WordTable(self._encode) if kind == "bpe" else None

    def encode(self, lines):
        """The `Encoded` of lines."""
        text = "\n".join(lines)
        if not unicodedata.is_normalized("NFC", text):
            lines = [normalize(line) for line in lines]
        is_broken = text.count("\n") >= len(lines)  # within a line
        if self._words is None or SPACE in text or is_broken:
            found = self._encode(lines)
            ids = np.fromiter(itertools.chain.from_iterable(found), "int32")
            lengths = np.array([*map(len, found)], "int32")
        else:
            ids, lengths = self._words.ids_of(lines)
        return Encoded(ids, lengths, None)

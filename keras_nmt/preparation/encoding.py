"""Lines of text to ids, before the vocabulary is known."""

import itertools
import unicodedata
from typing import NamedTuple

import numpy as np

from keras_nmt.text import tokenizer as tokenizers
from keras_nmt.text.lines import normalize
from keras_nmt.text.packed import PackedIds

MOST_WORDS = 200_000
"""Words whose pieces are remembered before they are forgotten."""

SPACE = "\u2581"
"""SentencePiece's sign for a space."""


class Encoded(NamedTuple):
    """Lines as ids of tokens that are numbered for themselves.

    `ids: int32 (sum of lengths,)`, `lengths: int32 (lines,)`. `tokens` are the tokens
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
        self._words = _Words(self._encode) if kind == "bpe" else None

    def encode(self, lines):
        """The `Encoded` of lines."""
        text = "\n".join(lines)
        if not unicodedata.is_normalized("NFC", text):
            lines = [normalize(line) for line in lines]
        if self._words is None or SPACE in text:
            found = self._encode(lines)
            ids = np.fromiter(itertools.chain.from_iterable(found), "int32")
            lengths = np.array([*map(len, found)], "int32")
        else:
            ids, lengths = self._words.ids_of(lines)
        return Encoded(ids, lengths, None)


class _Words(dict):
    """The numbers of words, and the ids of their pieces by these numbers.

    Args:
        encode: gives the ids of the pieces of each text of a list.
    """

    def __init__(self, encode):
        super().__init__()
        self._encode = encode
        self._forget()

    def _forget(self):
        self.clear()
        self._pieces = PackedIds.of([])
        self._new = []

    def __missing__(self, word):
        number = self[word] = len(self)
        self._new.append(word)
        return number

    def ids_of(self, lines):
        """`(ids: int32, lengths: int32)` of lines without `SPACE`."""
        if len(self) > MOST_WORDS:
            self._forget()
        words = " ".join(lines).split(" ")
        spaces = map(str.count, lines, itertools.repeat(" "))
        counts = np.fromiter(spaces, "int64", len(lines)) + 1
        numbers = np.fromiter(map(self.__getitem__, words), "int64", len(words))
        self._pieces = self._pieces.extended(self._encode(self._new))
        self._new = []
        found = self._pieces.joined(numbers[: counts.sum()])
        ends = np.concatenate([[0], np.cumsum(counts)])
        return found.ids, np.diff(found.starts[ends]).astype("int32")

"""Lines of text to ids, before the vocabulary is known."""

import json
from typing import NamedTuple

import numpy as np

from keras_nmt.text import tokenizer as tokenizers
from keras_nmt.text.lines import normalize

MOST_WORDS = 200_000
"""Words whose pieces are remembered."""

LONGEST_WORD = 40
"""Characters of such a word."""

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


def encoder_of(serialized, kind):
    """The encoder of a tokenizer.

    Args:
        serialized: `tokenizer.serialize` of it, as JSON.
        kind: one of `subword_training.KINDS`, of a tokenizer for subwords.
    """
    tokenizer = tokenizers.deserialize(json.loads(serialized))
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
        self._pieces = _PiecesOfWord(self._encode) if kind == "bpe" else None

    def encode(self, lines):
        """The `Encoded` of lines."""
        lines = [normalize(line) for line in lines]
        if self._pieces is None:
            found = self._encode(lines)
            ids = [piece for pieces in found for piece in pieces]
            lengths = [*map(len, found)]
        else:
            ids, lengths = self._by_words(lines)
        return Encoded(np.array(ids, "int32"), np.array(lengths, "int32"), None)

    def _by_words(self, lines):
        ids, lengths, before, pieces = [], [], 0, self._pieces
        for line in lines:
            if SPACE in line:
                ids += self._encode(line)
            else:
                for word in line.split(" "):
                    ids += pieces[word]
            lengths.append(len(ids) - before)
            before = len(ids)
        return ids, lengths


class _PiecesOfWord(dict):
    """The ids of a word's pieces; remembers up to `MOST_WORDS` of the short words."""

    def __init__(self, encode):
        super().__init__({"": ()})
        self._encode = encode

    def __missing__(self, word):
        pieces = self._encode(word)
        if len(word) <= LONGEST_WORD and len(self) < MOST_WORDS:
            self[word] = pieces = tuple(pieces)
        return pieces

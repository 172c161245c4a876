"""Makes vocabularies and the ids of a part from encoded pairs."""

import collections
import functools
from typing import NamedTuple

import numpy as np

from keras_nmt.specials import EOS, SOS, UNK
from keras_nmt.text.packed import PackedIds, PackedPairs
from keras_nmt.text.prepared import choose_tokenizers, fewest
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.sample import with_spaces
from keras_nmt.text.statistics import TokenCounts
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary


def learned_tokenizers(languages, text, options):
    """The tokenizers of both sides.

    Args:
        languages: codes of source and target.
        text: `Lines`, a sample of train.
        options: `Recipe.text_options()`.
    """
    names = (
        *("tokenizer", "subword_vocabulary_size", "subword_model"),
        *("lowercase", "newline_token"),
    )
    chosen = {name: options[name] for name in names}
    source, target = choose_tokenizers(languages, text, **chosen)
    if isinstance(target, WordTokenizer):
        target = with_spaces(target, text.target)
    return source, target


def processors_of(train, tokenizers, options):
    """The `TextProcessor`s of both sides, with the vocabularies of train.

    Args:
        train: an iterable of the `Encoded` of both sides, shard after shard.
        tokenizers: of both sides.
        options: `Recipe.text_options()`.
    """
    counts = _token_counts(train, tokenizers)
    if options["tokenizer"] == "joint_subwords":
        counts = [counts[0] + counts[1]] * 2
    if options["subword_sampling"]:
        counts = [
            known + collections.Counter(one.pieces())
            for known, one in zip(counts, tokenizers, strict=True)
        ]
    return [
        TextProcessor(
            one, Vocabulary.of_counts(known, fewest(one, options["min_frequency"]))
        )
        for one, known in zip(tokenizers, counts, strict=True)
    ]


def _token_counts(shards, tokenizers):
    """How often each token occurs: a `Counter` for each side."""
    counts = [collections.Counter(), collections.Counter()]
    pieces = [0, 0]
    for sides in shards:
        for side, encoded in enumerate(sides):
            if encoded.tokens is None:
                size = len(_pieces(tokenizers[side]))
                pieces[side] += np.bincount(encoded.ids, minlength=size)
            else:
                numbers = np.bincount(encoded.ids, minlength=len(encoded.tokens))
                _add(counts[side], encoded.tokens, numbers)
    for side, numbers in enumerate(pieces):
        if np.any(numbers):
            _add(counts[side], _pieces(tokenizers[side]), numbers)
    return counts


def _add(counts, tokens, numbers):
    for place in np.flatnonzero(numbers).tolist():
        if tokens[place] is not None:
            counts[tokens[place]] += int(numbers[place])


@functools.lru_cache(maxsize=2)
def _pieces(tokenizer):
    """The tokens of SentencePiece's ids, None for the unknown one."""
    return tokenizer.pieces_by_id()


class Fitted(NamedTuple):
    """Pairs that are short enough, as ids of the vocabularies.

    `fits: bool (n,)` says which of the n pairs they are. `kept_counts` and `all_counts`
    are as in `EncodedPairs`.
    """

    pairs: PackedPairs
    fits: np.ndarray
    kept_counts: list
    all_counts: list


class Fitter:
    """Turns encoded pairs into ids of the vocabularies, without those too long.

    Args:
        processors: the `TextProcessor` of each side.
        max_length: most ids on a side, `SOS` and `EOS` included.
    """

    def __init__(self, processors, max_length):
        self._sides = [_Side(processor) for processor in processors]
        self._max_length = max_length

    def __call__(self, encoded):
        """The `Fitted` of the `Encoded` of both sides."""
        fits = np.maximum(*(one.lengths + 2 for one in encoded)) <= self._max_length
        found = [
            side.ids_of(one, fits)
            for side, one in zip(self._sides, encoded, strict=True)
        ]
        packed, kept, everything = zip(*found, strict=True)
        return Fitted(PackedPairs(*packed), fits, [*kept], [*everything])


class _Side:
    """Turns the shards of one side into ids of its vocabulary, and counts tokens."""

    def __init__(self, processor):
        self._vocabulary = processor.vocabulary
        self._type = id_type(len(self._vocabulary))
        self._of_pieces = None
        if isinstance(processor.tokenizer, SubwordTokenizer):
            self._of_pieces = self._known(_pieces(processor.tokenizer))

    def ids_of(self, encoded, fits):
        """Of the lines that fit their `PackedIds`, and counts of these and of all."""
        ids, spaces, words = self._of_pieces or self._known(encoded.tokens)
        stays = np.repeat(fits, encoded.lengths)
        kept = encoded.ids[stays]
        counts = [
            _count(np.bincount(chosen, minlength=len(ids)), ids, spaces, words)
            for chosen in (kept, encoded.ids)
        ]
        lengths = encoded.lengths[fits] + 2
        ends = np.cumsum(lengths, dtype="int64")
        lines = np.empty(int(lengths.sum()), self._type)
        inner = np.ones(len(lines), bool)
        inner[ends - 1] = inner[ends - lengths] = False
        lines[ends - 1], lines[ends - lengths] = EOS, SOS
        lines[inner] = ids[kept]
        return PackedIds(lines, np.concatenate([[0], ends])), *counts

    def _known(self, tokens):
        """By token: its id, whether it is white space, whether it is a word."""
        texts = ["" if token is None else token for token in tokens]
        ids = np.array(self._vocabulary.encode(texts)[1:-1], self._type)
        spaces = np.array([text.isspace() for text in texts], bool)
        words = np.array([any(map(str.isalnum, text)) for text in texts], bool)
        return ids, spaces, words


def id_type(size):
    """The type of the ids of a vocabulary of that size."""
    return np.dtype("<u2") if size <= 1 << 16 else np.dtype("<i4")


def _count(numbers, ids, spaces, words):
    """The `TokenCounts` of tokens that occur so often."""
    text, unknown = ~spaces, ids == UNK
    return TokenCounts(
        int(numbers[text].sum()),
        int(numbers[text & unknown].sum()),
        int(numbers[text & words & ~unknown].sum()),
    )


def total(counts):
    """The sum of the `TokenCounts` of both sides, over shards."""
    return [sum((one[side] for one in counts), TokenCounts()) for side in (0, 1)]

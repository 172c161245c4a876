"""Converts lines of text to token ids and back, with a tokenizer and a vocabulary.

Tokenizing is slow, so each text is tokenized once. Vocabulary and ids are both made
from the tokens:

    >>> train = tokenize_pairs(corpus.train, german, english)
    >>> source = TextProcessor(german, Vocabulary.build(train.source))
    >>> target = TextProcessor(english, Vocabulary.build(train.target))
    >>> encoded = encode_pairs(train, source, target, max_length=20)
    >>> len(encoded)
    24240
"""

import collections.abc
import dataclasses

from keras_nmt.errors import InputError
from keras_nmt.text import tokenizer as tokenizers
from keras_nmt.text.lines import normalize
from keras_nmt.text.packed import PackedPairs
from keras_nmt.text.statistics import TokenCounts
from keras_nmt.text.vocabulary import Vocabulary


@dataclasses.dataclass(frozen=True)
class TextProcessor:
    """Converts lines of one side to ids and ids to text.

    A run stores its two processors as JSON, so that later text is tokenized and encoded
    exactly as in training.

        >>> target.encode("A man is sleeping.")
        [2, 4, 10, 11, 376, 6, 3]
        >>> target.decode([2, 4, 10, 11, 376, 6, 3])
        'A man is sleeping.'
    """

    tokenizer: tokenizers.Tokenizer
    vocabulary: Vocabulary

    def encode(self, line):
        """Ids of a line of text, `SOS` and `EOS` included."""
        return self.vocabulary.encode(self.tokenizer.tokenize(normalize(line)))

    def tokens(self, ids):
        """The tokens of the ids, up to the first `EOS`."""
        return self.vocabulary.decode(ids)

    def decode(self, ids):
        """Readable text of the ids, up to the first `EOS`."""
        return self.tokenizer.detokenize(self.tokens(ids))

    def get_config(self):
        """What `from_config` needs; fit for JSON."""
        return {
            "tokenizer": tokenizers.serialize(self.tokenizer),
            "vocabulary": self.vocabulary.get_config(),
        }

    @classmethod
    def from_config(cls, config):
        """The processor that `get_config` described."""
        for key in ("tokenizer", "vocabulary"):
            if key not in config:
                raise InputError(f"text processor: key {key!r} is missing; add it")
        return cls(
            tokenizers.deserialize(config["tokenizer"]),
            Vocabulary.from_config(config["vocabulary"]),
        )


@dataclasses.dataclass(frozen=True)
class TokenPairs:
    """A tokenized parallel text; `target[n]` translates `source[n]`."""

    source: tuple[list[str], ...]
    target: tuple[list[str], ...]


@dataclasses.dataclass(frozen=True)
class EncodedPairs(collections.abc.Sequence):
    """A sequence of (source_ids, target_ids), and their places in the text.

    `kept[n]` is the index of pair n in the text, so `text.select(kept)` gives the lines
    of the pairs. `kept_counts` and `all_counts` are the `TokenCounts` of source and
    target: of these pairs, and of all pairs of the text.
    """

    pairs: collections.abc.Sequence
    kept: collections.abc.Sequence[int]
    kept_counts: tuple[TokenCounts, TokenCounts]
    all_counts: tuple[TokenCounts, TokenCounts]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.pairs[index]


def tokenize_pairs(text, source_tokenizer, target_tokenizer):
    """Tokenizes both sides of a `ParallelText`; returns `TokenPairs`."""
    return TokenPairs(
        tuple(source_tokenizer.tokenize(normalize(line)) for line in text.source),
        tuple(target_tokenizer.tokenize(normalize(line)) for line in text.target),
    )


def encode_pairs(tokens, source, target, max_length=None):
    """Encodes the tokens of both sides, and leaves out pairs that are too long.

        >>> encoded = encode_pairs(tokens, source, target, max_length=20)
        >>> source.decode(encoded[0][0]), encoded.kept[:3]
        ('Zwei junge weiße Männer sind im freien in der nähe vieler büsche.', (0, 1, 2))

    Args:
        tokens: `TokenPairs`.
        source: `TextProcessor` of the source side.
        target: `TextProcessor` of the target side.
        max_length: most ids on either side, `SOS` and `EOS` counted; a longer pair
            is left out. None keeps every pair.
    """
    pairs, kept = [], []
    for index, (left, right) in enumerate(
        zip(tokens.source, tokens.target, strict=True)
    ):
        pair = source.vocabulary.encode(left), target.vocabulary.encode(right)
        if max_length is None or max(map(len, pair)) <= max_length:
            pairs.append(pair)
            kept.append(index)
    sides = (tokens.source, source.vocabulary), (tokens.target, target.vocabulary)
    return EncodedPairs(
        PackedPairs.of(pairs),
        tuple(kept),
        tuple(TokenCounts.of((side[i] for i in kept), known) for side, known in sides),
        tuple(TokenCounts.of(side, known) for side, known in sides),
    )


def check_ids(pairs, source_size, target_size, name, line_numbers):
    """Refuses ids that are outside their vocabulary.

    Backends do not check that: on JAX such a target has loss 0, and others read a wrong
    row.

    Args:
        pairs: `(source_ids, target_ids)` pairs.
        source_size: tokens of the source vocabulary.
        target_size: tokens of the target vocabulary.
        name: of the part of the corpus, for the message.
        line_numbers: of the pairs, for the message.

    Raises:
        InputError: an id is out of range; the message names part, line, side and id.
    """
    packed = PackedPairs.of(pairs)
    sides = (
        ("source", packed.source, source_size),
        ("target", packed.target, target_size),
    )
    found = [
        (place, side, ids, size)
        for side, ids, size in sides
        if (place := ids.first_outside(size)) is not None
    ]
    if found:
        place, side, ids, size = min(found, key=lambda one: one[0])
        wrong = next(i for i in (min(ids[place]), max(ids[place])) if not 0 <= i < size)
        raise InputError(
            f"{name}, line {line_numbers[place]}: {side} id {wrong} is outside its "
            f"vocabulary of {size}; encode the text with that vocabulary"
        )

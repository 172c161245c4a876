"""A sample of train, from which tokenizers are learned where there is more text."""

import random
from typing import NamedTuple

from keras_nmt.text.lines import normalize
from keras_nmt.text.spaces import learn_spaces

SAMPLE = 100_000
"""Most pairs of train from which tokenizers are learned; of a smaller corpus all."""

SEED = 0
"""Of the sample; fixed, so that the same text gives the same vocabulary."""

SPACES_SAMPLE = 50_000
"""Most lines from which is learned where spaces stand."""


class Lines(NamedTuple):
    """The two sides of a sample; `target[n]` translates `source[n]`."""

    source: tuple[str, ...]
    target: tuple[str, ...]


class Sample:
    """Pairs drawn evenly from all that are added (Vitter 1985, algorithm R).

    The same pairs give the same sample on every machine: only `random.random` is used,
    which Python keeps as it is.
    """

    def __init__(self, size):
        self._size, self._seen, self._held = size, 0, []
        self._random = random.Random(SEED)

    def add(self, pairs):
        room = self._size - len(self._held)
        self._held += enumerate(pairs[:room], self._seen)
        draw = self._random.random
        for place, pair in enumerate(pairs[room:], self._seen + len(pairs[:room])):
            drawn = int(draw() * (place + 1))
            if drawn < self._size:
                self._held[drawn] = place, pair
        self._seen += len(pairs)

    def sides(self):
        """The two sides of the sample, in the order of the text."""
        drawn = sorted(self._held, key=lambda held: held[0])
        return Lines(*(tuple(pair[side] for _, pair in drawn) for side in (0, 1)))


def sample_of(text):
    """The `Lines` of the sample of a text with `source` and `target`."""
    sample = Sample(SAMPLE)
    sample.add([*zip(text.source, text.target, strict=True)])
    return sample.sides()


def with_spaces(tokenizer, lines):
    """The `WordTokenizer` that has learned from lines where spaces stand."""
    some = lines[:: len(lines) // SPACES_SAMPLE + 1]
    tokens = [tokenizer.tokenize(normalize(line)) for line in some]
    return learn_spaces(tokenizer, some, tokens)

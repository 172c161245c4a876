"""The built-in corpus `captions`: German image captions and their translations.

A small synchronous grammar generates each caption in both languages, so nothing is
downloaded and every translation is exact. A system learns it in minutes. It contains
what makes German hard to translate: verbs at the end of their clause, verbs that are
split or precede their subject, and case and gender that only endings show.

    >>> generate(2)[1]  # doctest: +NORMALIZE_WHITESPACE
    ('Der Student läuft aus einem Geschäft, weil es regnet.',
     'The student is running out of a store because it is raining.')
"""

import random

from keras_nmt.corpora.captions.grammar import sentence
from keras_nmt.corpora.captions.kinds import KINDS
from keras_nmt.corpora.captions.phrases import PhraseDrawer
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.errors import InputError

SIZES = {"train": 6000, "validation": 500, "test": 500}
SHORTEST, LONGEST = 4, 18
DRAWS_PER_PAIR = 50


def load(seed=0):
    """The corpus in its three parts, which share no sentence on either side."""
    pairs = generate(sum(SIZES.values()), seed)
    parts, start = {}, 0
    for part, size in SIZES.items():
        german, english = zip(*pairs[start : start + size], strict=True)
        parts[part] = ParallelText(german, english)
        start += size
    return Corpus("captions", "de", "en", **parts)


def generate(count, seed=0):
    """Draws `count` (German, English) pairs, no sentence twice on either side.

    A longer list begins with the shorter one of the same seed.

    Raises:
        InputError: `count` is negative, or the grammar has too few sentences.
    """
    if count < 0:
        raise InputError(f"captions: count must be 0 or more. Received: {count}")
    draw, pairs, seen = PhraseDrawer(random.Random(seed)), [], set()
    for _ in range(DRAWS_PER_PAIR * count):
        if len(pairs) == count:
            break
        pair = sentence(draw.pick(KINDS)(draw))
        if _has_fair_length(pair) and seen.isdisjoint(pair):
            seen.update(pair)
            pairs.append(tuple(pair))
    if len(pairs) < count:
        raise InputError(
            f"captions: only {len(pairs)} distinct pairs in {DRAWS_PER_PAIR * count} "
            f"draws; ask for fewer. Received: count={count}"
        )
    return pairs


def _has_fair_length(pair):
    return all(SHORTEST <= len(side.split()) <= LONGEST for side in pair)

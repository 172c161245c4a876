"""How BLEU changes with the length of the source sentence, as one number.

BLEU belongs to a set of sentences, so the sentences are grouped by length, as in the
report's table of lengths, and a line is fitted to the groups' BLEU by least squares.
A group weighs as much as it has sentences. The slope is in BLEU points for one more
word of the source; relative to the system's own BLEU it says whether a weak system,
whose BLEU cannot fall far, loses a greater share.
"""

import numpy as np

from experiments.report.lengths import LONGER_FROM
from keras_nmt.evaluation.bleu import bleu

SAMPLES = 1000
SEED = 12345


def resamples(words):
    """How often each sentence is in each resampled test set.

    A resample draws as many sentences of each length group as there are. The draws
    depend on the lengths alone: those of two systems are paired.

    Args:
        words: int (N,), the words of each source sentence.

    Returns:
        int (1 + SAMPLES, N); the first is the test set itself.
    """
    generator = np.random.default_rng(SEED)
    groups = np.digitize(words, LONGER_FROM)
    times = np.ones((1 + SAMPLES, len(words)), int)
    for number in np.unique(groups):
        members = np.flatnonzero(groups == number)
        size = len(members)
        for row in times[1:]:
            draw = generator.integers(size, size=size)
            row[members] = np.bincount(draw, minlength=size)
    return times


def groups_of(words):
    """In how many groups of length some sentences are, of so many words each."""
    return len(np.unique(np.digitize(words, LONGER_FROM)))


def slopes(counts, words, times):
    """Slope of BLEU over length, and BLEU, for each resampled test set.

    Args:
        counts: int (N, ...), the n-gram counts of `sentence_counts`.
        words: int (N,).
        times: int (R, N), as of `resamples`.

    Returns:
        Two arrays, float (R,): points for each word, and BLEU of all sentences.
    """
    groups = np.digitize(words, LONGER_FROM)
    numbers = np.unique(groups)
    if len(numbers) < 2:
        raise ValueError("a slope needs sentences of two length groups")
    sizes = np.array([(groups == number).sum() for number in numbers])
    lengths = np.array([words[groups == number].mean() for number in numbers])
    scores = np.stack(
        [_scores(times[:, groups == n], counts[groups == n]) for n in numbers], axis=1
    )
    centred = lengths - np.average(lengths, weights=sizes)
    weights = sizes * centred / (sizes * centred**2).sum()
    return scores @ weights, _scores(times, counts)


def _scores(times, counts):
    return np.array([bleu(sums[None]) for sums in times @ counts])

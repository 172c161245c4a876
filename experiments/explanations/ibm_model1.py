"""IBM model 1: which source word a target word translates, learned from pairs alone.

    p(target | source) = prod_t 1/S sum_s p(target_t | source_s)

Brown et al. 1993, "The Mathematics of Statistical Machine Translation", section 4.1,
trained by expectation maximisation. It knows no positions and no attention, so it can
judge attention; it is a model, too, and no gold standard. The alignments on which both
directions agree (Och & Ney 2003, section 4.1.1, "intersection") are the sure ones.
"""

import numpy as np

NULL = -1
"""A source word that every sentence has, for target words that translate none."""


class Model1:
    """`p(target word | source word)` of the pairs of words that occur together.

    Args:
        pairs: (source, target) pairs of lists of int: the words of a sentence, without
            special tokens.
        iterations: of expectation maximisation.

    Example:
    >>> model = Model1([([1, 2], [5, 6]), ([1], [5])], iterations=20)
    >>> model.probability(2, 6) > 0.9
    True
    """

    def __init__(self, pairs, iterations=10):
        blocks = [_crossed(*pair) for pair in pairs]
        # A row of crossings for each target word of each sentence.
        cells = np.concatenate([cell for cell, _ in blocks])
        starts = np.cumsum([0, *(size for _, sizes in blocks for size in sizes)])[:-1]
        self._keys, which = np.unique(cells, return_inverse=True)
        sources, which_source = np.unique(self._keys >> 32, return_inverse=True)
        self._table = np.ones(len(self._keys))
        sizes = np.diff([*starts, len(cells)])
        for _ in range(iterations):
            weights = self._table[which]
            weights /= np.repeat(np.add.reduceat(weights, starts), sizes)
            counts = np.bincount(which, weights, len(self._keys))
            totals = np.bincount(which_source, counts, len(sources))
            self._table = counts / totals[which_source]

    def probability(self, source, target):
        """0 for words that never occurred together."""
        return float(self._looked_up(_key(source, target)))

    def table(self, source, target):
        """The probabilities of a sentence's words, (T, S + 1); the last is `NULL`'s.

        Args:
            source, target: lists of int.
        """
        keys = _key(np.array([*source, NULL])[None, :], np.array(target)[:, None])
        return self._looked_up(keys)

    def _looked_up(self, keys):
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[places] == keys, self._table[places], 0.0)


def _key(source, target):
    """Both words in one int64."""
    return ((np.asarray(source, "int64") + 1) << 32) | np.asarray(target, "int64")


def _crossed(source, target):
    """All pairs of words of a sentence, by target word, and the sizes of these rows."""
    keys = _key(np.array([*source, NULL])[None, :], np.array(target, int)[:, None])
    return keys.ravel(), [keys.shape[1]] * len(target)


def sure_alignments(forward, backward, source, target):
    """The pairs of places (t, s) on which both directions agree.

    A word that occurs twice in its sentence has no sure place: model 1 knows no order.

    Args:
        forward: `Model1` of (source, target) pairs.
        backward: `Model1` of (target, source) pairs.
        source, target: lists of int, at least one word each.
    """
    there, back = forward.table(source, target), backward.table(target, source)
    best, best_back = there.argmax(axis=1), back.argmax(axis=1)
    return [
        (t, int(s))
        for t, s in enumerate(best)
        if s < len(source)
        and there[t, s] > 0
        and best_back[s] == t
        and source.count(source[s]) == target.count(target[t]) == 1
    ]

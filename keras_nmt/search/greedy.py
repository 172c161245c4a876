"""Greedy search: the most probable token at each position."""

from keras_nmt import kernels
from keras_nmt.search.base import Choice, Search


class Greedy(Search):
    """Always chooses the most probable token.

    Hypotheses get no score, because a score costs a softmax over the vocabulary.
    `BeamSearch(1)` finds the same hypotheses and scores them.
    """

    def choose(self, logits, step, frozen, hypotheses):
        return Choice(kernels.argmax(logits), hypotheses["log_probs"])

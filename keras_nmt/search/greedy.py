"""Greedy search: the most probable token, one position after the other."""

from keras_nmt import kernels
from keras_nmt.search.loop import Choice, Search


class Greedy(Search):
    """Always the best token. Hypotheses are not scored: that would cost a softmax
    over the vocabulary; `BeamSearch(1)` finds the same ones with their scores."""

    def choose(self, logits, step, frozen, hypotheses):
        return Choice(kernels.argmax(logits), hypotheses["log_probs"])

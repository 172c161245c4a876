"""Greedy search: the most probable token, one position after the other."""

from keras_nmt import backends
from keras_nmt.decoding.search import Choice, Search


class Greedy(Search):
    """Always the best token. Hypotheses are not scored: that would cost a softmax
    over the vocabulary; `BeamSearch(1)` finds the same ones with their scores."""

    def choose(self, logits, step, frozen, hypotheses):
        return Choice(backends.argmax(logits), hypotheses["log_probs"])

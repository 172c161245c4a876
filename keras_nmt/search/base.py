"""What a search is: how it chooses the next tokens."""

from typing import Any, NamedTuple

from keras import ops


class Choice(NamedTuple):
    """What a search chose at one position, each (B, W)."""

    token_ids: Any
    """int: the next tokens."""
    log_probs: Any
    """float: log-probabilities of the hypotheses, these tokens included."""
    parents: Any = None
    """int: the hypotheses that these tokens extend; None if each extends its own."""


class Search:
    """How tokens are chosen; a `Decoder` runs it."""

    width = 1
    """Hypotheses kept for each sentence, W."""

    n_best = 1
    """Hypotheses returned for each sentence, K."""

    def get_config(self):
        """The arguments that make the same search, without `n_best`."""
        return {}

    def first_log_probs(self):
        """Log-probabilities of the W hypotheses before the first token."""
        return [0.0] * self.width

    def chance(self, numbers, length):
        """Random numbers for all tokens, if needed: arrays whose first axis is B."""
        return {}

    def choose(self, logits, step, frozen, hypotheses):
        """The next tokens.

        Args:
            logits: float (B, W, V).
            step: int scalar, the position of the tokens.
            frozen: bool (B, W), the hypotheses that get no more tokens. Their choice
                is ignored, and their log-probability must not change.
            hypotheses: dict, as described in `Decoder`.

        Returns:
            `Choice`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define choose().")

    def is_done(self, hypotheses):
        """Whether no further step can change the result of a sentence, bool (B,)."""
        return ops.all(hypotheses["finished"], axis=1)

    def scores(self, log_probs, lengths):
        """Scores that rank the hypotheses, from arrays; None for no ranking."""
        return None

"""What a recurrent decoder reads in training: its own tokens, or the reference's."""

import keras
from keras import ops


class Feeding:
    """Where the decoder's input tokens come from during `fit`."""

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable("keras_nmt")
class FreeRunning(Feeding):
    """The decoder reads the first token, then its own best token of each position.

    Training then runs as greedy search does. No gradient flows through the choice of
    a token. This is the writeup's protocol.
    """

    def unroll(self, step, embed, best_token, target_in, state):
        """Runs the decoder over all target positions.

        Args:
            step: `(embedded (B, E), state) -> hidden (B, D), state`.
            embed: `token_ids (B, ...), positions -> embedded (B, ..., E)`; the
                positions are the number of one, or a slice.
            best_token: `hidden (B, D) -> token_ids (B,)`.
            target_in: int (B, T); only its first column and its length T are used.
            state: of the decoder before the first step.

        Returns:
            list of T hidden vectors, each float (B, D).
        """
        token_ids, outputs = target_in[:, 0], []
        for position in range(target_in.shape[1]):
            if position:
                token_ids = best_token(outputs[-1])
            hidden, state = step(embed(token_ids, position), state)
            outputs.append(hidden)
        return outputs


@keras.saving.register_keras_serializable("keras_nmt")
class TeacherForcing(Feeding):
    """The decoder reads the reference's previous token (Williams & Zipser 1989)."""

    def unroll(self, step, embed, best_token, target_in, state):
        """As `FreeRunning.unroll`, but every column of `target_in` is read."""
        outputs = []
        for embedded in ops.unstack(embed(target_in, slice(None)), axis=1):
            hidden, state = step(embedded, state)
            outputs.append(hidden)
        return outputs

"""Several translators that search as one: their probabilities are averaged."""

from keras import ops

from keras_nmt.search.corpus_decoder import CorpusDecoder, cut, padded, padded_length


class Ensemble:
    """Translators of one target vocabulary, as a single one for `Decoder`.

        log p(y_t) = log 1/M sum_m p_m(y_t | y_<t, source_m)

    The mean of the probabilities is that of Sutskever et al. 2014 and of most toolkits;
    each system may read the source as its own tokens. `encoded` and `state` are lists
    with an element for each system. An ensemble of one system twice gives that system's
    log-probabilities to the last bit.

    Args:
        translators: `Translator`s with `decode_step`.
    """

    one_pass = False

    def __init__(self, translators):
        self.translators = list(translators)

    @property
    def variables(self):
        """The variables of all systems, each once."""
        every = [x for one in self.translators for x in one.variables]
        return list({id(variable): variable for variable in every}.values())

    @property
    def max_length(self):
        """Most target positions that every system can read; None for no limit."""
        limits = [one.max_length for one in self.translators if one.max_length]
        return min(limits, default=None)

    def encode(self, source):
        """As in `Translator`; `source` has an array int (B, S) for each system."""
        return [
            translator.encode(ids)
            for translator, ids in zip(self.translators, source, strict=True)
        ]

    def initial_state(self, encoded, max_length):
        return [
            translator.initial_state(one, max_length)
            for translator, one in zip(self.translators, encoded, strict=True)
        ]

    def widened(self, state, width):
        return self._each("widened", state, width)

    def reordered(self, state, parents):
        return self._each("reordered", state, parents)

    def selected(self, state, sentences, width):
        return self._each("selected", state, sentences, width)

    def _each(self, name, states, *args):
        """What the systems' methods of that name make of their states."""
        return [
            getattr(translator, name)(state, *args)
            for translator, state in zip(self.translators, states, strict=True)
        ]

    def decode_step(self, token_ids, state, encoded):
        """As in `Translator`; what it returns as logits are log-probabilities."""
        logits, states = zip(
            *(
                translator.decode_step(token_ids, *one)
                for translator, *one in zip(
                    self.translators, state, encoded, strict=True
                )
            ),
            strict=True,
        )
        log_probs = [ops.log_softmax(ops.cast(x, "float32"), axis=-1) for x in logits]
        return log_mean_exp(log_probs), list(states)

    def translate(self, source, decoder, numbers=None):
        return decoder(source, numbers)


def log_mean_exp(log_probs):
    """The logarithm of the mean of probabilities; equal ones stay as they are.

    Args:
        log_probs: list of float tensors of one shape.
    """
    highest = log_probs[0]
    for x in log_probs[1:]:
        highest = ops.maximum(highest, x)
    total = sum(ops.exp(x - highest) for x in log_probs)
    return highest + ops.log(total / len(log_probs))


class EnsembleDecoder(CorpusDecoder):
    """A `CorpusDecoder` of an `Ensemble`: a sentence has its ids for each system."""

    def _cut(self, sentence):
        systems = self.translator.translators
        return tuple(
            cut(ids, one.max_length) for ids, one in zip(sentence, systems, strict=True)
        )

    def _length(self, sentence):
        return max(map(len, sentence))

    def _positions(self, sentence):
        systems = self.translator.translators
        return max(
            padded_length(len(ids), one)
            for ids, one in zip(sentence, systems, strict=True)
        )

    def _source(self, sentences):
        sides = zip(*sentences, strict=True)
        return tuple(
            padded(side, padded_length(max(map(len, side)), one))
            for side, one in zip(sides, self.translator.translators, strict=True)
        )

"""A translator with its search as one graph of TensorFlow."""

import tensorflow as tf

from keras_nmt.errors import InputError
from keras_nmt.exporting.saved_model_text import SubwordReader, WordReader, Writer
from keras_nmt.run.long_lines import LONGEST_SENTENCE
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.loop import EXTRA_LENGTH, Decoder
from keras_nmt.specials import EOS, PAD, SOS
from keras_nmt.text.tokenizer import SubwordTokenizer


def save_graph(trained, folder, beam_size):
    """Writes a SavedModel with two signatures.

        serving_default   lines: string (B,); greedy search
        beam_search       lines, and length_penalty: float ()

    Both give `translations: string (B, K)` and `scores: float (B, K)`, best first.

    Args:
        trained: `TrainedTranslator`, on TensorFlow.
        folder: where to write.
        beam_size: of `beam_search`, and its K.
    """
    module = tf.Module()
    model = trained.model
    module.weights = [variable.value for variable in model.variables]
    is_subwords = isinstance(trained.source.tokenizer, SubwordTokenizer)
    reader = (SubwordReader if is_subwords else WordReader)(
        trained.source, model.max_length or LONGEST_SENTENCE, model.visible_padding
    )
    module.reader = reader
    writer = Writer(trained.target)
    lines = tf.TensorSpec([None], tf.string, name="lines")
    penalty = tf.TensorSpec([], tf.float32, name="length_penalty")

    @tf.function(input_signature=[lines])
    def greedy(lines):
        return _translated(lines, model, reader, writer, BeamSearch(1, 0.0))

    @tf.function(input_signature=[lines, penalty])
    def beam_search(lines, length_penalty):
        search = BeamSearch(beam_size, n_best=beam_size)
        search.length_penalty = length_penalty
        return _translated(lines, model, reader, writer, search)

    module.greedy, module.beam_search = greedy, beam_search
    signatures = {"serving_default": greedy, "beam_search": beam_search}
    try:
        tf.saved_model.save(module, str(folder), signatures=signatures)
    except tf.errors.OpError as error:  # a full disk
        # "{{function_node ...}} <path>; No space left on device [Op:SaveV2]"
        reason = error.message.rpartition("; ")[2].partition(" [Op:")[0]
        raise InputError(f"cannot write {folder}: {reason}") from None


def _translated(lines, model, reader, writer, search):
    source = reader(lines)  # (B, S)
    if model.one_pass:
        token_ids, scores = _in_one_pass(model, source)
    else:
        token_ids, scores = GraphDecoder(model, search).in_graph(source)
    blank = are_blank(lines)[:, None]
    return {
        "translations": tf.where(blank, "", writer(token_ids)),
        "scores": tf.where(blank, 0.0, scores),
    }


def are_blank(lines):
    """Whether each line, string (B,), has nothing that can be seen, as `is_blank`."""
    return tf.strings.regex_full_match(lines, r"[\s\v\x1c-\x1f\x{85}\p{Z}\p{Cf}]*")


class GraphDecoder(Decoder):
    """The search loop with all sizes left open; no sentence leaves the batch."""

    def in_graph(self, source):
        """Token ids, int (B, K, T), and scores, float (B, K), best first.

        Args:
            source: int (B, S).
        """
        hypotheses, encoded = self._with_state(source, self._at_first(source))
        _, found = self._until_few(tf.constant(0), tf.constant(0), hypotheses, encoded)
        scores = self.search.scores(found["log_probs"], found["lengths"])
        order = tf.argsort(scores, axis=1, direction="DESCENDING", stable=True)
        order = order[:, : self.search.n_best]
        return (
            tf.gather(found["token_ids"], order, batch_dims=1),
            tf.gather(scores, order, batch_dims=1),
        )

    def _at_first(self, source):
        """As `_first_hypotheses`, from a tensor of any size."""
        batch, positions = tf.unstack(tf.shape(source))
        width = self.search.width
        length = positions + EXTRA_LENGTH
        if self.translator.max_length:
            length = tf.minimum(length, self.translator.max_length)
        tokens = tf.reduce_sum(tf.cast(tf.not_equal(source, PAD), "int32"), axis=1)
        first = tf.constant([self.search.first_log_probs()], "float32")
        return {
            "token_ids": tf.fill([batch, width, length], PAD),
            "last": tf.fill([batch, width], SOS),
            "log_probs": tf.tile(first, [batch, 1]),
            "lengths": tf.zeros([batch, width], "int32"),
            "finished": tf.zeros([batch, width], "bool"),
            "limit": tf.minimum(tokens + EXTRA_LENGTH, length),
            "done": tf.zeros([batch], "bool"),
            "chance": {},
        }


def _in_one_pass(model, source):
    """As `EncoderOnlyTranslator.translate`."""
    token_ids, log_probs = model._best_tokens(source)
    tokens = tf.reduce_sum(tf.cast(tf.not_equal(source, PAD), "int32"), axis=1)
    limit = tf.maximum(tokens, model.visible_padding)
    ends = tf.cast(tf.equal(token_ids, EOS), "int32")
    after_end = tf.cumsum(ends, axis=1) > ends
    beyond_limit = tf.range(tf.shape(source)[1]) >= limit[:, None]
    unused = tf.logical_or(after_end, beyond_limit)
    scores = tf.reduce_sum(tf.where(unused, 0.0, log_probs), axis=1)
    return tf.where(unused, PAD, token_ids)[:, None], scores[:, None]

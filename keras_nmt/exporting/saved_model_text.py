"""Text to ids and ids to text with operations of TensorFlow.

A reloaded SavedModel with two `SentencepieceTokenizer`s takes the wrong one's model to
join pieces. So there is one, for the source; the target's pieces are joined as strings.
"""

import base64

import tensorflow as tf

from keras_nmt.specials import EOS, PAD, SOS, SPECIALS, UNK
from keras_nmt.text.tokenizer import SubwordTokenizer

OPEN_BOX = "␣"
"""A space inside a word, since a space outside separates words. Such words consist of
white space: the protocol of the writeup keeps them."""


class Reader(tf.Module):
    """Lines to ids.

    Args:
        processor: the `TextProcessor` of the source.
        max_length: most ids of a line, `SOS` and `EOS` included; the rest is cut.
        least: fewest columns.
    """

    def __init__(self, processor, max_length, least):
        super().__init__()
        self._most = max_length - 2
        self._least = least
        self._prepare(processor)

    def __call__(self, lines):
        """Lines, string (B,), as int (B, S) with `SOS` and `EOS`, then `PAD`."""
        ids = self._ids(lines)[:, : self._most]
        column = tf.ones_like(lines, "int32")[:, None]
        padded = tf.concat([SOS * column, ids, EOS * column], axis=1).to_tensor(PAD)
        missing = tf.maximum(self._least - tf.shape(padded)[1], 0)
        return tf.pad(padded, [[0, 0], [0, missing]], constant_values=PAD)


class SubwordReader(Reader):
    """Cuts lines into subwords."""

    def _prepare(self, processor):
        import tensorflow_text

        model = base64.b64decode(processor.tokenizer.get_config()["model"])
        self._tokenizer = tensorflow_text.SentencepieceTokenizer(model, tf.int32)
        self._normalize = tensorflow_text.normalize_utf8
        pieces = processor.tokenizer.all_pieces()
        known = [processor.vocabulary.encode([piece])[1] for piece in pieces]
        self._known = tf.constant(known, tf.int32)

    def _ids(self, lines):
        pieces = self._tokenizer.tokenize(self._normalize(lines, "NFC"))
        return pieces.with_flat_values(tf.gather(self._known, pieces.flat_values))


class WordReader(Reader):
    """Looks up tokens with a space between them."""

    def _prepare(self, processor):
        ids = {}
        for i, word in enumerate(processor.vocabulary.tokens[len(SPECIALS) :]):
            ids.setdefault(word.replace(" ", OPEN_BOX), i + len(SPECIALS))
        content = tf.lookup.KeyValueTensorInitializer(
            tf.constant(list(ids), tf.string), tf.constant(list(ids.values()), tf.int32)
        )
        self._table = tf.lookup.StaticHashTable(content, UNK)

    def _ids(self, lines):
        words = tf.strings.split(lines, " ")
        return words.with_flat_values(self._table.lookup(words.flat_values))


class Writer:
    """Ids to lines: int (B, K, T) to string (B, K); words have spaces between them.

    Args:
        processor: the `TextProcessor` of the target.
    """

    def __init__(self, processor):
        tokens = processor.vocabulary.tokens
        self._of_subwords = isinstance(processor.tokenizer, SubwordTokenizer)
        if not self._of_subwords:
            tokens = [token.replace(" ", OPEN_BOX) for token in tokens]
        self._tokens = tf.constant(tokens, tf.string)

    def __call__(self, token_ids):
        ended = tf.cumsum(tf.cast(tf.equal(token_ids, EOS), "int32"), axis=-1) > 0
        silent = tf.equal(token_ids, SOS) | tf.equal(token_ids, PAD) | ended
        tokens = tf.gather(self._tokens, token_ids)
        if self._of_subwords:
            joined = tf.strings.reduce_join(tf.where(silent, "", tokens), axis=-1)
            spaced = tf.strings.regex_replace(joined, "▁", " ")
            return tf.strings.regex_replace(spaced, "^ +", "")
        # Each word brings the space before it.
        tokens = tf.where(silent, "", tf.strings.join([" ", tokens]))
        joined = tf.strings.reduce_join(tokens, axis=-1)
        return tf.strings.regex_replace(joined, "^ ", "")

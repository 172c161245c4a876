"""Splits lines into tokens and joins them: words by spaCy, subwords by SentencePiece.

Both are imported when first needed, because spaCy also imports torch, which is slow.
"""

import base64
import re

from keras_nmt.errors import InputError
from keras_nmt.text.joining import (
    capitalize_sentences,
    glued_by_rules,
    join,
    rule_sides,
    without_white_space,
)
from keras_nmt.text.languages import spacy_rules
from keras_nmt.text.learned_joining import LearnedJoiner
from keras_nmt.text.lines import normalize
from keras_nmt.text.subword_training import learn_pieces

LONGEST_WORD = 200
"""Characters; longer words are split. spaCy's time is quadratic in a word's length."""

_TOO_LONG = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")


class Tokenizer:
    """The interface of tokenizers."""

    def tokenize(self, line):
        """Splits a line, without its newline, into a list of tokens."""
        raise NotImplementedError(f"{type(self).__name__} must define tokenize().")

    def detokenize(self, tokens):
        """Joins tokens to readable text, as a person would type it."""
        raise NotImplementedError(f"{type(self).__name__} must define detokenize().")

    def get_config(self):
        """The arguments of the constructor; fit for JSON."""
        raise NotImplementedError(f"{type(self).__name__} must define get_config().")

    @classmethod
    def from_config(cls, config):
        """The tokenizer that `get_config` described."""
        return cls(**config)


class WordTokenizer(Tokenizer):
    """Splits into words and punctuation by spaCy's rules, without a trained model.

        >>> WordTokenizer("de").tokenize("Zwei Hunde, z.B. im Schnee.")
        ['zwei', 'hunde', ',', 'z.b.', 'im', 'schnee', '.']
        >>> WordTokenizer("en", newline_token=True).tokenize("Don't!")
        ['do', "n't", '!', '\\n']

    Args:
        language: code of a spaCy language, such as "de"; "xx" suits any language.
        lowercase: whether to lower-case tokens, so that "The" and "the" are one word.
        newline_token: whether to tokenize the line with its newline and to keep tokens
            of white space, as the writeup's protocol does. Otherwise white space is
            never a token.
        joiner: config of a `LearnedJoiner`, as `spaces.learn_spaces` makes it; None
            joins by the rules of `joining`.

    Raises:
        InputError: spaCy has no rules for the language.
    """

    def __init__(self, language, lowercase=True, newline_token=False, joiner=None):
        self.language = language
        self.lowercase = lowercase
        self.newline_token = newline_token
        self._joiner = None if joiner is None else LearnedJoiner(**joiner)
        self._rules = spacy_rules(language)
        # "well-known" is three tokens in English and one in German. Where it is one,
        # a hyphen that is a token is a dash.
        self.cuts_hyphens = len(self._rules("ab-cd")) > 1

    def tokenize(self, line):
        text = line + "\n" if self.newline_token else line
        if len(text) > LONGEST_WORD:
            text = _TOO_LONG.sub(r"\g<0> ", text)
        words = [token.text for token in self._rules(text)]
        if not self.newline_token:
            words = [word for word in words if not word.isspace()]
        return [word.lower() for word in words] if self.lowercase else words

    def detokenize(self, tokens):
        words = without_white_space(tokens)
        shown = capitalize_sentences(words) if self.lowercase else words
        return normalize(join(shown, self.glued(words)))

    def glued(self, words):
        """For each word, whether it has no space before it; True for the first."""
        if self._joiner is None:
            return glued_by_rules(words, self.cuts_hyphens)
        return self._joiner.glued(words, rule_sides(words, self.cuts_hyphens))

    def get_config(self):
        config = {
            "language": self.language,
            "lowercase": self.lowercase,
            "newline_token": self.newline_token,
        }
        if self._joiner is not None:
            config["joiner"] = self._joiner.get_config()
        return config


class SubwordTokenizer(Tokenizer):
    """Splits into pieces of words with SentencePiece, so that no word is unknown.

        >>> tokenizer = SubwordTokenizer.train(corpus.train.target, 4000)
        >>> tokenizer.tokenize("A snowboarder.")
        ['▁A', '▁snowboarder', '.']

    Reference: Kudo and Richardson 2018, https://arxiv.org/abs/1808.06226.

    Args:
        model: the bytes of a trained SentencePiece model.

    Raises:
        InputError: the bytes are not such a model.
    """

    def __init__(self, model):
        import sentencepiece

        self._model = model
        self._pieces = sentencepiece.SentencePieceProcessor()
        try:
            self._pieces.LoadFromSerializedProto(model)
        except RuntimeError:
            raise InputError(
                "subword tokenizer: not a SentencePiece model; train it again"
            ) from None

    @classmethod
    def train(cls, lines, vocabulary_size, at_most=False, kind="bpe"):
        """Learns pieces from lines.

        The same lines always give the same model. Every character becomes a piece, but
        SentencePiece leaves out lines with its own mark, U+2585, and takes several
        spaces for one. Else `lines.normalize` is the only normalization.

        Args:
            lines: a sequence of text.
            vocabulary_size: pieces to learn.
            at_most: whether to learn fewer, with a warning, if lines yield fewer.
            kind: one of `subword_training.KINDS`: "bpe" for byte-pair encoding
                (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909), "unigram" for
                a unigram language model (Kudo 2018, https://arxiv.org/abs/1804.10959).

        Raises:
            InputError: the lines do not yield so many pieces, or need more.
        """
        return cls(learn_pieces(lines, vocabulary_size, at_most, kind))

    def tokenize(self, line):
        return self._pieces.encode(line, out_type=str)

    def encode_ids(self, text):
        """SentencePiece's own ids of a line's pieces; of each line of a list."""
        return self._pieces.encode(text, out_type=int, num_threads=1)

    def sample(self, lines, alpha, seed):
        """Splits every line at random; the same seed always gives the same pieces.

        With byte-pair pieces each merge is skipped with probability alpha (BPE-dropout,
        Provilkov et al. 2020, https://arxiv.org/abs/1910.13267). With a unigram model a
        split is drawn with a probability proportional to P(split)^alpha (subword
        regularization, Kudo 2018, https://arxiv.org/abs/1804.10959).

        Args:
            lines: a list of text.
            alpha: above 0 and below 1.
            seed: a number from 0 to 2**32 - 2.

        Returns:
            A list of tokens for each line.
        """
        import sentencepiece

        sentencepiece.set_random_generator_seed(seed)
        # Each thread draws from its own generator, so there may be only one.
        return self._pieces.encode(
            lines,
            out_type=str,
            enable_sampling=True,
            nbest_size=-1,
            alpha=alpha,
            num_threads=1,
        )

    def pieces(self):
        """All pieces that text may be split into, without the unknown one."""
        return [piece for piece in self.pieces_by_id() if piece is not None]

    def pieces_by_id(self):
        """The piece of each of SentencePiece's ids; None for the unknown one."""
        model = self._pieces
        ids = range(model.get_piece_size())
        return [None if model.is_unknown(i) else model.id_to_piece(i) for i in ids]

    def all_pieces(self):
        """All pieces in the order of SentencePiece's own ids, the unknown one too."""
        return [self._pieces.id_to_piece(i) for i in range(len(self._pieces))]

    def detokenize(self, tokens):
        return self._pieces.decode(list(tokens)) if len(tokens) else ""

    def get_config(self):
        return {"model": base64.b64encode(self._model).decode("ascii")}

    @classmethod
    def from_config(cls, config):
        try:
            model = base64.b64decode(config["model"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise InputError(
                "subword tokenizer: key 'model' is not base64; restore the file"
            ) from None
        return cls(model)


def serialize(tokenizer):
    """The class and config of a tokenizer, for `deserialize`; fit for JSON."""
    return {"class_name": type(tokenizer).__name__, "config": tokenizer.get_config()}


def deserialize(config):
    """The tokenizer that `serialize` described.

        >>> deserialize({"class_name": "WordTokenizer", "config": {"language": "de"}})
        <keras_nmt.text.tokenizer.WordTokenizer object at 0x7f...>

    Raises:
        InputError: the class or an argument is unknown.
    """
    classes = {c.__name__: c for c in (WordTokenizer, SubwordTokenizer)}
    name = config.get("class_name")
    if name not in classes:
        raise InputError(
            f"tokenizer: class_name must be one of {sorted(classes)}. Received: {name}"
        )
    try:
        return classes[name].from_config(config.get("config", {}))
    except TypeError as error:
        raise InputError(f"tokenizer: {error}; mend its config") from None

"""A corpus that is prepared for a model, and the choice of its tokenizers."""

import dataclasses
import functools
import logging

from keras_nmt.text.fingerprint import fingerprint
from keras_nmt.text.languages import ANY, usable_rules
from keras_nmt.text.processing import EncodedPairs, TextProcessor
from keras_nmt.text.scripts import lacks_spaces
from keras_nmt.text.statistics import statistics
from keras_nmt.text.subword_sampling import SampledPairs
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer

TOKENIZERS = ("words", "subwords", "joint_subwords")
"""Words, subwords of each language, or the same subwords for both languages."""

_LOG = logging.getLogger("keras_nmt")

PARTS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """A corpus with its text processors and encoded pairs.

    Args:
        corpus: the `Corpus`.
        source, target: the `TextProcessor` of each side.
        pairs: `{part: EncodedPairs}` for train, validation and test.
        max_length: most ids on a side of a pair; longer pairs are left out.
        subword_sampling: alpha of `SubwordTokenizer.sample`; 0 for no sampling.
    """

    corpus: object
    source: TextProcessor
    target: TextProcessor
    pairs: dict[str, EncodedPairs]
    max_length: int
    subword_sampling: float = 0.0

    def train_pairs(self, seed):
        """The pairs to train on: `SampledPairs` if subwords are sampled."""
        plain, text = self.pairs["train"], self.corpus.train
        if not self.subword_sampling:
            return plain
        return SampledPairs(
            plain,
            text.select(plain.kept),
            self.source,
            self.target,
            self.subword_sampling,
            self.max_length,
            seed,
        )

    @property
    def sizes(self):
        """Tokens of the source vocabulary and of the target vocabulary."""
        return len(self.source.vocabulary), len(self.target.vocabulary)

    @functools.cached_property
    def statistics(self):
        """`PartStatistics` of each part: pairs kept, unknown tokens."""
        return statistics(self.corpus, self.pairs, self.max_length)

    def line_numbers(self, part):
        """The line numbers, from 1, of a part's kept pairs in their files."""
        return getattr(self.corpus, part).line_numbers(self.pairs[part].kept)

    @functools.cached_property
    def fingerprint(self):
        """SHA-256 of the vocabularies and of the train and validation pairs."""
        vocabularies = self.source.vocabulary, self.target.vocabulary
        parts = [self.pairs[x].pairs for x in ("train", "validation")]
        return fingerprint(vocabularies, parts)


def choose_tokenizers(
    languages,
    text,
    *,
    tokenizer,
    subword_vocabulary_size,
    subword_model,
    lowercase,
    newline_token,
):
    """The tokenizers of both sides, in a list; subwords are learned from the text.

    Args:
        languages: codes of source and target.
        text: `Lines`, a sample of train.

    The others are those of `preparation.in_memory.prepare`.
    """
    if tokenizer == "words":
        learned = subword_vocabulary_size, True, subword_model
        make = functools.partial(_words, (lowercase, newline_token), learned)
        return [
            make("source", languages[0], text.source),
            make("target", languages[1], text.target),
        ]
    joint = tokenizer == "joint_subwords"
    return _subwords(text, subword_vocabulary_size, joint, subword_model)


def _words(options, learned, side, language, lines):
    """The word tokenizer of a language; of subwords where words have no spaces.

    `options` are those of `WordTokenizer`, `learned` of `SubwordTokenizer.train`.
    """
    rules, reason = usable_rules(language)
    if rules == ANY and lacks_spaces(lines):
        _LOG.warning(
            "%s (%s): no spaces between words, and %s; subwords are learned instead",
            *(side, language, reason or "the rules for any language cut at spaces"),
        )
        return SubwordTokenizer.train(lines, *learned)
    if reason:
        _LOG.warning(
            "%s (%s): words are cut by the rules for any language: %s",
            *(side, language, reason),
        )
    return WordTokenizer(rules, *options)


def fewest(tokenizer, min_frequency):
    """The fewest occurrences of a known token; all learned pieces are known."""
    return 1 if isinstance(tokenizer, SubwordTokenizer) else min_frequency


def _subwords(text, vocabulary_size, joint, kind):
    """The tokenizers of both sides; the same one twice if `joint`."""
    texts = [text.source + text.target] if joint else [text.source, text.target]
    found = [SubwordTokenizer.train(x, vocabulary_size, True, kind) for x in texts]
    return [found[0], found[-1]]

"""Prepares a corpus for a model: tokens, vocabularies, ids, checks."""

import dataclasses
import functools
import logging

from keras_nmt.text.fingerprint import fingerprint
from keras_nmt.text.languages import ANY, usable_rules
from keras_nmt.text.processing import (
    EncodedPairs,
    TextProcessor,
    check_ids,
    encode_pairs,
    tokenize_pairs,
)
from keras_nmt.text.sample import sample_of, with_spaces
from keras_nmt.text.scripts import lacks_spaces
from keras_nmt.text.statistics import statistics
from keras_nmt.text.subword_sampling import SampledPairs
from keras_nmt.text.tokenizer import SubwordTokenizer, WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary

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


@functools.lru_cache(maxsize=1)
def prepare(
    corpus,
    *,
    tokenizer="words",
    subword_vocabulary_size=8000,
    subword_model="bpe",
    subword_sampling=0.0,
    lowercase=True,
    newline_token=False,
    min_frequency=2,
    max_length=20,
):
    """Tokenizes a corpus, builds both vocabularies from train, and encodes the pairs.

    Pairs that are too long are left out after the vocabularies are built, so their
    words count. The last result is cached for recipes with the same options.

    Args:
        corpus: `Corpus`.
        tokenizer: one of `TOKENIZERS`.
        subword_vocabulary_size: pieces to learn; fewer if the text yields fewer.
        subword_model: one of `subword_training.KINDS`.
        subword_sampling: as in `Prepared`. With sampling every piece is known, also
            those that train contains only when it is sampled.
        lowercase, newline_token: as in `WordTokenizer`.
        min_frequency: fewest occurrences in train of a known word.
        max_length: most ids on either side, `SOS` and `EOS` included.

    Returns:
        `Prepared`.

    Raises:
        InputError: the corpus leaves nothing to learn from.
    """
    languages = corpus.source_language, corpus.target_language
    text = sample_of(corpus.train)
    tokenizers = choose_tokenizers(
        languages,
        text,
        tokenizer=tokenizer,
        subword_vocabulary_size=subword_vocabulary_size,
        subword_model=subword_model,
        lowercase=lowercase,
        newline_token=newline_token,
    )
    tokens = {
        part: tokenize_pairs(getattr(corpus, part), *tokenizers) for part in PARTS
    }
    train = tokens["train"]
    if isinstance(tokenizers[1], WordTokenizer):
        tokenizers[1] = with_spaces(tokenizers[1], text.target)
    sides = [train.source, train.target]
    if tokenizer == "joint_subwords":
        sides = [train.source + train.target] * 2
    if subword_sampling:
        sides = [
            (*side, one.pieces()) for side, one in zip(sides, tokenizers, strict=True)
        ]
    source, target = (
        TextProcessor(one, Vocabulary.build(side, fewest(one, min_frequency)))
        for one, side in zip(tokenizers, sides, strict=True)
    )
    pairs = {
        part: encode_pairs(tokens[part], source, target, max_length) for part in PARTS
    }
    prepared = Prepared(corpus, source, target, pairs, max_length, subword_sampling)
    for found in prepared.statistics:
        found.check(corpus.name)
    for part in PARTS:
        check_ids(pairs[part], *prepared.sizes, part, prepared.line_numbers(part))
    return prepared


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

    The others are those of `prepare`.
    """
    if tokenizer == "words":
        make = functools.partial(
            _words, (lowercase, newline_token), subword_vocabulary_size
        )
        return [
            make("source", languages[0], text.source),
            make("target", languages[1], text.target),
        ]
    joint = tokenizer == "joint_subwords"
    return _subwords(text, subword_vocabulary_size, joint, subword_model)


def _words(options, vocabulary_size, side, language, lines):
    """The word tokenizer of a language; of subwords where words have no spaces."""
    rules, reason = usable_rules(language)
    if rules == ANY and lacks_spaces(lines):
        _LOG.warning(
            "%s (%s): no spaces between words, and %s; subwords are learned instead",
            *(side, language, reason or "the rules for any language cut at spaces"),
        )
        return SubwordTokenizer.train(lines, vocabulary_size, at_most=True)
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

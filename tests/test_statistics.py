"""What is said of a text before a model learns from it."""

import re

import pytest

from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.errors import InputError
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.text.processing import TextProcessor, encode_pairs, tokenize_pairs
from keras_nmt.text.statistics import TokenCounts, statistics
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary

pytestmark = pytest.mark.backend_free

KNOWN = ("ein hund", "a dog")
LONG = ("ein ein ein ein ein hund", "a dog")
STRANGE = ("eine katze", "a dog")


def numbers_of(train, validation=(KNOWN,), test=(KNOWN,), blank=0, max_length=7):
    """`statistics` of a corpus of such pairs; words need two occurrences."""
    parts = {"train": train, "validation": validation, "test": test}
    texts = {
        part: ParallelText(*zip(*pairs, strict=True)) for part, pairs in parts.items()
    }
    texts["train"] = ParallelText(*zip(*train, strict=True), blank=blank)
    corpus = Corpus("toy", "de", "en", **texts)
    tokenizers = [WordTokenizer(x, newline_token=True) for x in ("de", "en")]
    tokens = {part: tokenize_pairs(texts[part], *tokenizers) for part in texts}
    sides = tokens["train"].source, tokens["train"].target
    processors = [
        TextProcessor(tokenizer, Vocabulary.build(side))
        for tokenizer, side in zip(tokenizers, sides, strict=True)
    ]
    pairs = {p: encode_pairs(tokens[p], *processors, max_length) for p in tokens}
    return statistics(corpus, pairs, max_length)


def test_white_space_and_specials_are_no_tokens_and_punctuation_no_word():
    vocabulary = Vocabulary.build([["dog", "3", ".", "\n"]], 1)
    sentences = [["dog", "3", ".", "cat", "\n", " \n"]] * 2
    assert TokenCounts.of(sentences, vocabulary) == TokenCounts(8, 2, 4)
    assert TokenCounts.of(sentences, vocabulary).unknown_share == 0.25
    assert TokenCounts.of([], vocabulary).unknown_share == 0


def test_a_line_a_part():
    train = [KNOWN, KNOWN, STRANGE, LONG]
    parts = numbers_of(train, [KNOWN, LONG], [KNOWN, STRANGE, LONG], blank=2)
    assert [part.line() for part in parts] == [
        "train: 3 of 6 pairs kept, 2 with a blank side, 1 longer than 7 tokens; "
        "unknown tokens: source 33.3 %, target 0.0 %",
        "validation: 1 of 2 pairs kept, 1 longer than 7 tokens; "
        "unknown tokens: source 0.0 %, target 0.0 %",
        "test: all 3 lines translated, 1 longer than 7 tokens; "
        "unknown tokens: source 20.0 %, target 0.0 %",
    ]
    assert parts[0].record() == {
        "read": 6,
        "kept": 3,
        "blank": 2,
        "too_long": 1,
        "unknown_source": 0.3333,
        "unknown_target": 0.0,
    }


def test_a_text_that_is_known_and_kept_is_not_warned_of():
    parts = numbers_of([KNOWN] * 3 + [LONG], [KNOWN, LONG], [KNOWN, LONG])
    for part in parts:
        assert part.warnings() == []
        part.check("toy")


@pytest.mark.parametrize(
    ("given", "warning"),
    [
        ({"train": [KNOWN] * 2 + [LONG] * 3}, "train: only 2 of 5.*max_length"),
        ({"train": [KNOWN] * 2, "blank": 3}, "train: 3 of 5 pairs have a blank"),
        ({"train": [KNOWN] * 2 + [STRANGE] * 1}, "train: 33 % of the source.*min_freq"),
        ({"train": [KNOWN] * 2, "test": [LONG]}, "test: 1 of 1 lines are longer"),
        ({"train": [KNOWN] * 2, "test": [STRANGE]}, "test: 100 % of the source.*like"),
    ],
)
def test_each_warning_says_its_mend(given, warning):
    (found,) = [line for part in numbers_of(**given) for line in part.warnings()]
    assert re.search(warning, found)


def test_rare_words_are_told_of_what_counts_for_words_alone():
    train = {"train": [KNOWN] * 2 + [STRANGE]}
    (warning,) = [line for part in numbers_of(**train) for line in part.warnings()]
    mend = "give more text, or with the tokenizer words a smaller min_frequency (--set)"
    assert warning.endswith(mend)
    with pytest.raises(InputError) as error:
        numbers_of([STRANGE, STRANGE[::-1]])[0].check("toy")
    assert str(error.value).endswith(
        f"the source side of train has no word that occurs min_frequency times; {mend}"
    )


@pytest.mark.parametrize("tokenizer", ["words", "subwords"])
def test_signs_alone_are_not_told_as_rare_words(tokenizer):
    text = ParallelText((". , !", "! ?", ". ?") * 4, ("a dog", "a cat", "cats") * 4)
    options = {"tokenizer": tokenizer, "subword_vocabulary_size": 12}
    with pytest.raises(InputError) as error:
        prepare(Corpus("toy", "de", "en", text, text, text), **options)
    assert str(error.value) == (
        "corpus toy: the source side of train has no letter or digit; give text with "
        "some"
    )


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"train": [LONG]}, "toy: no pair of train has at most 7 tokens.*max_length"),
        ({"train": [KNOWN] * 2, "validation": [LONG]}, "no pair of validation has"),
        ({"train": [STRANGE, STRANGE[::-1]]}, "the source side of train has no word"),
        ({"train": [("a .", "b ."), ("a .", "c .")]}, "the target side of train has"),
        ({"train": [KNOWN] * 2, "validation": [("", "")]}, "side of validation is bl"),
        ({"train": [KNOWN] * 2, "test": [("a", " ")]}, "the target side of test is bl"),
    ],
)
def test_a_text_that_teaches_nothing_is_refused(given, complaint):
    parts = numbers_of(**given)
    with pytest.raises(InputError, match=complaint):
        [part.check("toy") for part in parts]

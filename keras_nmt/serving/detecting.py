"""Finds out which of the served languages a text is written in."""

import functools
import re

from keras_nmt.spacy_alone import import_spacy
from keras_nmt.specials import UNK
from keras_nmt.text.languages import spacy_code
from keras_nmt.text.lines import normalize
from keras_nmt.text.scripts import script_of, usual_script

SAMPLE = 1000
"""Characters of a text that are looked at."""


def detect(text, sides):
    """The languages that a text may be in, the most probable first.

    A language is as probable as the share of the text, in characters, that its side of
    a system knows the tokens of. Among equals the one with fewer tokens goes first,
    since subwords are longest in the language that they were learned from. Two
    languages with the same subwords are told apart by their most frequent words. In
    the end the one that was given first goes first.

    Args:
        text: of any length.
        sides: dict from languages to the `TextProcessor` of each.

    Returns:
        a list of `{"language": code, "confidence": 0 to 100}`.
    """
    sample = normalize(text[:SAMPLE])
    fits = [_fit(sample, language, side) for language, side in sides.items()]
    found = zip(sides, fits, _stop_words_of(sample, sides), strict=True)
    found = sorted(found, key=lambda x: (-x[1][0], x[1][1], -x[2]))
    return [
        {"language": language, "confidence": round(100 * share)}
        for language, (share, _), _ in found
    ]


def _fit(text, language, side):
    """The share of the text that a side knows, and the number of its tokens."""
    script, usual = script_of(text), usual_script(language)
    if None not in (script, usual) and script != usual:
        return 0.0, 0
    tokens = [x for x in side.tokenizer.tokenize(text) if x.strip("▁ \n\t")]
    ids = side.vocabulary.encode(tokens)[1:-1]
    known = sum(len(token) for token, i in zip(tokens, ids, strict=True) if i != UNK)
    return known / max(sum(map(len, tokens)), 1), len(tokens)


def _stop_words_of(text, languages):
    """How many of its words are stop words of each language.

    It is 0 for all if spaCy does not know those of one of them.
    """
    known = [_stop_words(language) for language in languages]
    words = re.findall(r"\w+", text.lower()) if all(known) else []
    return [sum(word in some for word in words) for some in known]


@functools.cache
def _stop_words(language):
    code = spacy_code(language)
    rules = code and import_spacy().util.get_lang_class(code)
    return rules.Defaults.stop_words if rules else set()

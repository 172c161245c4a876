"""Kinds of words, by their first and last character.

The letters of a script are one kind, digits and symbols are one each, and every
punctuation mark is its own kind. Names of kinds are in capitals, so that they differ
from words, which are lower-cased.
"""

import functools
import unicodedata

from keras_nmt.specials import SPECIALS, UNK
from keras_nmt.text.joining import QUOTE_KINDS, mark_sides, opening_quotes

UNKNOWN = "UNKNOWN"
"""The kind of the token that stands for unknown words."""

_DASHES = frozenset("–—")


def forms_of(words):
    """Lower-cased words; opening quotation marks and dashes end in a space."""
    forms = [word.lower() for word in words]
    if not QUOTE_KINDS.keys().isdisjoint(words):
        for place, opens in enumerate(opening_quotes(words)):
            forms[place] += " " * opens
    dashes = [place for place, word in enumerate(words) if word in _DASHES]
    # A dash at the start of a line begins speech: "—Sí —dijo él—, vamos."
    start = dashes[:1] if dashes[:1] == [0] else []
    for place in start + dashes[len(start) :: 2]:
        forms[place] += " "
    return forms


def last_kind(form):
    return _kind(form, form[-1:] or " ")


def first_kind(form):
    return form if mark_sides(form)[0] else _kind(form, form[:1] or " ")


@functools.lru_cache(maxsize=2**16)
def _kind(form, character):
    """The kind of a form at the side where it has this character.

    A mark alone and a mark in a word are two kinds: "-" and "-il", "'" and "l'".
    """
    category = unicodedata.category(character)
    if form == SPECIALS[UNK]:
        return UNKNOWN
    if category[0] in "LM":
        return unicodedata.name(character, "LETTER").split()[0]
    if category[0] == "N":
        return "DIGIT"
    if category == "So":
        return "SYMBOL"
    return f"{character}+" if any(map(str.isalnum, form)) else form

"""Splits a line into sentences, and joins translated sentences to a line."""

import bisect
import functools
import re

from keras_nmt.spacy_alone import import_spacy
from keras_nmt.text.tokenizer import LONGEST_WORD

ANY_LANGUAGE = "xx"
"""spaCy's code for rules that suit any language."""

_FULL_WIDTH_ENDS = "。！？｡"
_UNIT = re.compile(
    rf"[^\s{_FULL_WIDTH_ENDS}]{{1,{LONGEST_WORD}}}|[{_FULL_WIDTH_ENDS}]|\s+"
)
_ENDS_WITHOUT_SPACE = re.compile(rf"[{_FULL_WIDTH_ENDS}][」』）】》〉”’]*$")
_OPENING = re.compile(r"(?<=\s)[^\w\s]+$")


def split_sentences(line, language=ANY_LANGUAGE):
    """Splits a line into sentences with spaCy's `sentencizer`.

    Only white space between sentences is left out.

        >>> split_sentences('Er sagte: "Ja." (Er kam z.B. am 3. Mai.) Gut!', "de")
        ['Er sagte: "Ja."', '(Er kam z.B. am 3. Mai.)', 'Gut!']

    Args:
        line: of any length.
        language: code of the language, whose abbreviations do not end a sentence. If
            spaCy cannot tokenize it, the rules for any language are used.
    """
    tokenizer, sentencizer = _rules(language)
    spaced, added = _spaced(line)
    document = sentencizer(tokenizer(spaced))
    starts = [document[sentence.start].idx for sentence in document.sents]
    starts = [start - bisect.bisect_left(added, start) for start in starts]
    ends = [*starts[1:], len(line)]
    pieces = [line[start:end] for start, end in zip(starts, ends, strict=False)]
    pieces = _with_their_opening_marks(pieces, sentencizer.punct_chars)
    return [piece.strip() for piece in pieces if piece.strip()]


def join_sentences(sentences):
    """Joins sentences with spaces, but without one after a full-width full stop."""
    line = ""
    for sentence in filter(None, sentences):
        glued = not line or _ENDS_WITHOUT_SPACE.search(line[-9:])
        line += sentence if glued else " " + sentence
    return line


@functools.cache
def _rules(language):
    spacy = import_spacy()
    try:
        tokenizer = spacy.blank(language).tokenizer
    except ImportError:
        tokenizer = spacy.blank(ANY_LANGUAGE).tokenizer
    return tokenizer, spacy.pipeline.Sentencizer()


def _spaced(line):
    """Adds spaces after full-width full stops and inside very long words.

    Most languages' rules do not end a word at a full-width full stop, and spaCy's time
    is quadratic in the length of a word.

    Returns:
        The line, and the places of the added spaces.
    """
    parts, added, length = [], [], 0
    for unit in _UNIT.findall(line):
        if parts and not (parts[-1].isspace() or unit.isspace()):
            added.append(length)
            parts.append(" ")
            length += 1
        parts.append(unit)
        length += len(unit)
    return "".join(parts), added


def _with_their_opening_marks(pieces, ends):
    """Moves opening marks, such as "(", to the sentence that they open.

    The sentencizer adds all punctuation after a full stop to the sentence before it.
    """
    moved, carried = [], ""
    for piece in pieces:
        piece = carried + piece
        found = _OPENING.search(piece)
        carried = found[0] if found and not ends & {*found[0]} else ""
        moved.append(piece.removesuffix(carried))
    moved[-1:] = [piece + carried for piece in moved[-1:]]
    return moved

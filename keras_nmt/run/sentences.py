"""A line of several sentences: taken apart, and put together again."""

import bisect
import functools
import re

from keras_nmt.spacy_alone import import_spacy
from keras_nmt.text.tokenizer import LONGEST_WORD

ANY_LANGUAGE = "xx"
"""spaCy's code for the rules that fit any language."""

_FULL_WIDTH_ENDS = "。！？｡"
_UNIT = re.compile(
    rf"[^\s{_FULL_WIDTH_ENDS}]{{1,{LONGEST_WORD}}}|[{_FULL_WIDTH_ENDS}]|\s+"
)
_ENDS_WITHOUT_SPACE = re.compile(rf"[{_FULL_WIDTH_ENDS}][」』）】》〉”’]*$")
_OPENING = re.compile(r"(?<=\s)[^\w\s]+$")


def split_sentences(line, language=ANY_LANGUAGE):
    """The sentences of a line, by the rules of spaCy's `sentencizer`.

    Nothing but white space between sentences is left out.

        >>> split_sentences('Er sagte: "Ja." (Er kam z.B. am 3. Mai.) Gut!', "de")
        ['Er sagte: "Ja."', '(Er kam z.B. am 3. Mai.)', 'Gut!']

    Args:
        line: of any length.
        language: whose abbreviations and numbers end no sentence; if spaCy cannot
            tokenize it here, the rules for any language are taken.
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
    """One line of the sentences, with a space between them.

    After the full-width full stop of Chinese and Japanese there is none.
    """
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
    """The line with spaces added where a word ends for spaCy, and their places.

    Its time grows with the square of a word's length, and the rules of languages that
    are written with spaces look for no full-width full stop inside a word.
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
    """Moves marks that touch the next sentence alone, such as "(", over to it.

    The sentencizer counts all punctuation after a full stop to the sentence before.
    """
    moved, carried = [], ""
    for piece in pieces:
        piece = carried + piece
        found = _OPENING.search(piece)
        carried = found[0] if found and not ends & {*found[0]} else ""
        moved.append(piece.removesuffix(carried))
    moved[-1:] = [piece + carried for piece in moved[-1:]]
    return moved

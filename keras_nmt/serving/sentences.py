"""Splits a text into sentences that a system can read whole."""

import re

from keras_nmt.run.sentences import ANY_LANGUAGE, split_sentences

MARKS = 8
"""A sentence has at most this many more ids than characters: `SOS`, `EOS`, the newline
of the writeup's protocol, and the mark before a first piece."""

_BREAK = re.compile(r"[,;:،、，；：]\s*|\s+")


def sentences_of(line, system):
    """The sentences of a line, none too long for the system.

    A sentence that is too long is divided near its middle, after a comma or else at a
    space, so that all of it is translated.

        >>> sentences_of("Er kam z.B. am 3. Mai. Gut!", system)
        ['Er kam z.B. am 3. Mai.', 'Gut!']

    Args:
        line: without white space around it, not blank.
        system: `Served`.
    """
    language = getattr(system.translator.source.tokenizer, "language", ANY_LANGUAGE)
    if language == ANY_LANGUAGE:
        language = system.source
    found = []
    for sentence in split_sentences(line, language):
        found += _parts(sentence, system)
    return found


def has_letters(text):
    """Whether a text is one to translate; punctuation, numbers and emoji are not."""
    return any(map(str.isalpha, text))


def _parts(sentence, system):
    """The sentence, or parts of it that are short enough, from left to right."""
    parts, waiting = [], [sentence]
    while waiting:
        part = waiting.pop()
        if _fits(part, system):
            parts.append(part)
        else:
            left, right = _halves(part)
            waiting += [x for x in (right, left) if x]
    return parts


def _fits(part, system):
    if len(part) + MARKS <= system.longest or len(part) == 1:
        return True
    if not has_letters(part):  # no system reads it
        return True
    return system.length(part) <= system.longest


def _halves(part):
    """The two halves of a text, divided where it harms least."""
    middle = len(part) / 2
    breaks = [found for found in _BREAK.finditer(part) if found.end() < len(part)]
    commas = [found for found in breaks if not found[0].isspace()]
    near = [x.end() for x in commas if abs(x.end() - middle) < len(part) / 4]
    ends = near or [found.end() for found in breaks]
    place = min(ends, key=lambda end: abs(end - middle), default=int(middle))
    return part[:place].strip(), part[place:].strip()

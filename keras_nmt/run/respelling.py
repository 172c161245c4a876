"""Text in capitals, or with ae for ä, in the spelling that a tokenizer knows.

A model that has read `Mädchen` alone makes nothing of `MÄDCHEN` or `Maedchen`: the
word falls apart into letters, or into what it does not know at all. Of the ways in
which a word may be spelled, the training text has the one with the fewest unknown
letters, and of these the one that falls into the fewest subwords.
"""

import functools
import itertools
import re

LETTERS = {"ae": "ä", "oe": "ö", "ue": "ü", "ss": "ß"}
"""What German writes for letters that a keyboard lacks."""

WORDS_KEPT = 10_000
"""Most words whose spelling is remembered."""

_SINGLE = re.compile(f"[{''.join(LETTERS.values())}]", re.IGNORECASE)
_DOUBLE = re.compile(f"({'|'.join(LETTERS)})", re.IGNORECASE)
_MOST_DOUBLES = 4
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s)\W*$")


class Respeller:
    """Spells lines as the text that a tokenizer was trained on.

        >>> respell = Respeller(tokenizer)
        >>> respell("EIN MAEDCHEN LACHT."), respell("Ein Maedchen lacht.")
        ('Ein Mädchen lacht.', 'Ein Mädchen lacht.')

    A line changes only if it is all capitals, or if it has none of the letters ä, ö, ü
    and ß and the subwords of one of its words become half as many with one of them.

    Args:
        tokenizer: the `SubwordTokenizer` of the source side.
    """

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer
        self._letters = [len(piece or "") for piece in tokenizer.pieces_by_id()]
        self._spelled = functools.lru_cache(WORDS_KEPT)(self._without_cache)

    def __call__(self, line):
        """The line, with the words alone that need it in another spelling."""
        if line.isupper():
            return _WORD.sub(self._in_capitals, line)
        words = [] if _SINGLE.search(line) else _WORD.findall(line)
        if any(self._halved(word) for word in words if _DOUBLE.search(word)):
            return _WORD.sub(lambda word: self._spelled((word[0],)), line)
        return line

    def _halved(self, word):
        before, after = self._tokenizer.encode_ids([word, self._spelled((word,))])
        return 2 * len(after) <= len(before)

    def _in_capitals(self, word):
        written, start = word[0], word.string[: word.start()]
        # A sentence begins with a capital, whatever its first word is.
        lower = () if _SENTENCE_START.search(start) else (written.lower(),)
        return self._spelled((written, written.capitalize(), *lower))

    def _without_cache(self, words):
        """The spelling of the fewest unknown letters, and then of the fewest subwords.

        Of equal ones it is that whose subwords were learned first, or as written.

        Args:
            words: one word in different spellings, first as it is written.
        """
        known = list(dict.fromkeys(itertools.chain(words, *map(_variants, words))))
        costs = [
            (*self._unfamiliar(word, ids), sum(ids))
            for word, ids in zip(known, self._tokenizer.encode_ids(known), strict=True)
        ]
        if len(words) == 1:
            # Equal counts are no reason to change what somebody wrote.
            costs = [cost[:2] for cost in costs]
        return known[costs.index(min(costs))]

    def _unfamiliar(self, word, ids):
        """The number of letters that no subword has, and the number of subwords.

        Unknown letters that follow one another have one id together.
        """
        known = sum(self._letters[i] for i in ids)
        return len(f"▁{word}") - known, len(ids)


def _variants(word):
    """The word with each choice of its double letters written as one."""
    parts = _DOUBLE.split(word)
    doubles = parts[1::2]
    if not doubles or len(doubles) > _MOST_DOUBLES:
        return
    for choice in itertools.product(
        *([(double, _single(double)) for double in doubles])
    ):
        parts[1::2] = choice
        yield "".join(parts)


def _single(double):
    letter = LETTERS[double.lower()]
    return letter.upper() if double[0].isupper() and letter != "ß" else letter

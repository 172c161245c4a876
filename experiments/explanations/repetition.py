"""How many words of a translation are doubled: "a a boat boat is"."""

import itertools
import re


def doubled_words(sentence):
    """The words that repeat the word before them, and all words, as two counts.

    A mark of punctuation counts as a word; upper and lower case are the same.

    >>> doubled_words("Two two dogs dogs run..")
    (3, 7)

    Args:
        sentence: text.
    """
    words = re.findall(r"\w+|[^\w\s]", sentence.lower())
    pairs = itertools.pairwise(words)
    return sum(one == other for one, other in pairs), len(words)


def repetition_rate(sentences):
    """The share of doubled words among all words of a text, 0 to 1.

    The references have a rate, too: "had had" is English. Compare with theirs.

    Args:
        sentences: a list of texts.

    Returns:
        float; NaN without any word.
    """
    counts = [doubled_words(sentence) for sentence in sentences]
    doubled, words = (sum(column) for column in zip(*counts, strict=True))
    return doubled / words if words else float("nan")

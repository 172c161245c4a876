"""Where spaces stand in train's target side, and who puts them back."""

from keras_nmt.text.joining import join
from keras_nmt.text.learned_joining import LearnedJoiner
from keras_nmt.text.tokenizer import without_white_space

RESTORED = 0.99
"""The share of train's lines that the rules of print must restore to be used."""


def learn_spaces(tokenizer, lines, token_lists):
    """A `WordTokenizer` that puts spaces back as lines have them.

    It is the one given where the rules of print restore at least `RESTORED` of the
    lines exactly, up to case and to how wide a space is, or where nothing better can
    be learned from them.

    Args:
        tokenizer: a `WordTokenizer` with the rules of print.
        lines: raw text, one sentence or more a line.
        token_lists: what `tokenizer.tokenize` gives for each.
    """
    missed = _count_missed(tokenizer, lines, token_lists)
    if missed <= (1 - RESTORED) * len(lines):
        return tokenizer
    words = map(without_white_space, token_lists)
    observed = (
        (line_words, glued)
        for line, line_words in zip(lines, words, strict=True)
        if (glued := glued_in(line, line_words)) is not None
    )
    joiner = LearnedJoiner.learn(observed, tokenizer.cuts_hyphens)
    config = {**tokenizer.get_config(), "joiner": joiner.get_config()}
    learned = type(tokenizer)(**config)
    better = _count_missed(learned, lines, token_lists) < missed
    return learned if better else tokenizer


def glued_in(line, words):
    """For each word of a line, whether no white space stands before it there.

        >>> glued_in("L'eau  claire.", ["l'", "eau", "claire", "."])
        [True, True, False, True]

    Args:
        line: raw text; its case does not matter.
        words: its tokens but for white space, in order.

    Returns:
        a list of bool, or None for words that are not those of the line.
    """
    # The one letter that is longer in lower case than in upper case.
    text = line.replace("İ", "i̇")
    glued, place = [], 0
    for word in words:
        start = place
        while text[place : place + 1].isspace():
            place += 1
        glued.append(place == start or not glued)
        place += len(word)
    return glued if place == len(text.rstrip()) else None


def _count_missed(tokenizer, lines, token_lists):
    missed = 0
    for line, tokens in zip(lines, token_lists, strict=True):
        words = without_white_space(tokens)
        text = join(words, tokenizer.glued(words)).lower()
        missed += text != line.lower() and text != " ".join(line.split()).lower()
    return missed

"""Chooses how words are joined to text: by the rules, or as learned from train."""

from keras_nmt.text.joining import join, without_white_space
from keras_nmt.text.learned_joining import LearnedJoiner

RESTORED = 0.99
"""The share of train's lines that the rules of `joining` must restore to be used."""


def learn_spaces(tokenizer, lines, token_lists):
    """A `WordTokenizer` whose `detokenize` restores the spaces of the lines.

    It is `tokenizer` itself if the rules of `joining` restore at least `RESTORED` of
    the lines, up to case and the width of spaces, or if a learned joiner is no better.

    Args:
        tokenizer: a `WordTokenizer` without a joiner.
        lines: raw lines of text.
        token_lists: `tokenizer.tokenize` of each line.
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
    """For each word of a line, whether it has no white space before it.

        >>> glued_in("L'eau  claire.", ["l'", "eau", "claire", "."])
        [True, True, False, True]

    Args:
        line: raw text; its case does not matter.
        words: its tokens, in order, without those of white space.

    Returns:
        a list of bool, or None if the line does not consist of these words.
    """
    # The only letter whose lower case has another length.
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

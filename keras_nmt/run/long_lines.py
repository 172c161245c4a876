"""Lines beyond what a system reads at once: sentence by sentence, or cut."""

import logging

from keras_nmt.run.sentences import ANY_LANGUAGE, split_sentences
from keras_nmt.search.corpus_decoder import cut

LONGEST_WHOLE = 128
"""Tokens, `SOS` and `EOS` included, of a line that is read whole by a system without a
limit of positions. A longer line is a document, and no training shows one."""

LISTED = 20
"""Most lines that one warning tells one by one."""

_LOG = logging.getLogger("keras_nmt")


def in_pieces(line, processor, max_length):
    """The line as ids, in one piece if a system can read it so, else by sentences.

    Args:
        line: not blank.
        processor: `TextProcessor` of the source side.
        max_length: most ids that the system reads at once; None for no limit.

    Returns:
        a list of lists of ids, which may still be too long.
    """
    ids = processor.encode(line)
    if len(ids) <= (max_length or LONGEST_WHOLE):
        return [ids]
    language = getattr(processor.tokenizer, "language", ANY_LANGUAGE)
    return [processor.encode(text) for text in split_sentences(line, language)]


def warn_of_cut(lines, first, vocabulary, max_length):
    """Says which lines are not read to their end, in one warning for all.

    Args:
        lines: of each line its pieces, lists of ids.
        first: how many lines came before these.
        vocabulary: of the source side.
        max_length: most ids that the system reads at once; None for no limit.
    """
    if max_length is None:
        return
    told = [
        f"line {number} ({_words([cut(ids, max_length) for ids in line], vocabulary):,}"
        f" of {_words(line, vocabulary):,} tokens read)"
        for number, line in enumerate(lines, first + 1)
        if any(len(ids) > max_length for ids in line)
    ]
    if told:
        more = len(told) - LISTED
        _LOG.warning(
            "cut, since this system reads %d tokens of a sentence at most: %s%s; put a "
            "full stop where sentences end, or shorten them",
            max_length - 2,
            ", ".join(told[:LISTED]),
            f" and {more:,} more" if more > 0 else "",
        )


def _words(line, vocabulary):
    """Tokens that a reader would count: no specials, no newline."""
    return sum(not vocabulary.tokens[i].isspace() for ids in line for i in ids[1:-1])

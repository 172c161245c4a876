"""Lines that are too long for a system: split into sentences, or cut."""

from keras_nmt.run.respelled_lines import warn
from keras_nmt.run.sentences import ANY_LANGUAGE, split_sentences
from keras_nmt.search.corpus_decoder import cut
from keras_nmt.text.lines import is_blank

LONGEST_WHOLE = 128
"""Most tokens, `SOS` and `EOS` included, of a line that a system without a maximum
length translates whole. A longer line is split, since no system is trained on such."""

LONGEST_SENTENCE = 1024
"""Most tokens of a sentence that a system without a maximum length reads: a document
without a full stop would take a step of the search for each of its words."""

LISTED = 20
"""Most lines that one warning names."""


def in_pieces(line, processor, max_length):
    """The ids of a line; a line that is too long is split into sentences.

    Args:
        line: of text; a blank one has no sentence.
        processor: `TextProcessor` of the source side.
        max_length: most ids that the system reads at once; None for no limit.

    Returns:
        a list of lists of ids, one for each sentence; a sentence may still be too long.
    """
    if is_blank(line):
        return []
    ids = processor.encode(line)
    if len(ids) <= (max_length or LONGEST_WHOLE):
        return [ids]
    language = getattr(processor.tokenizer, "language", ANY_LANGUAGE)
    return [processor.encode(text) for text in split_sentences(line, language)]


def warn_of_cut(lines, first, vocabulary, max_length):
    """Logs one warning that names all lines of which a sentence is cut.

    Args:
        lines: for each line its sentences, lists of ids.
        first: number of lines before these.
        vocabulary: of the source side.
        max_length: most ids that the system reads at once.
    """
    cut_lines = [
        f"line {number} ({_words([cut(ids, max_length) for ids in line], vocabulary):,}"
        f" of {_words(line, vocabulary):,} tokens read)"
        for number, line in enumerate(lines, first + 1)
        if any(len(ids) > max_length for ids in line)
    ]
    if cut_lines:
        more = len(cut_lines) - LISTED
        warn(
            "cut, since this system reads %d tokens of a sentence at most: %s%s; put a "
            "full stop where sentences end, or shorten them",
            max_length - 2,
            ", ".join(cut_lines[:LISTED]),
            f" and {more:,} more" if more > 0 else "",
        )


def _words(line, vocabulary):
    """The number of tokens without specials and white space."""
    return sum(not vocabulary.tokens[i].isspace() for ids in line for i in ids[1:-1])

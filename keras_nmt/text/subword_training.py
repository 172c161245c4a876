"""Learns the pieces of words from text with SentencePiece."""

import io
import logging
import re

from keras_nmt.errors import InputError
from keras_nmt.text.lines import MAX_LINE_CHARACTERS

KINDS = ("bpe", "unigram")
"""How SentencePiece chooses pieces: byte-pair merges, or a unigram language model."""

MOST_BYTES = 4 * MAX_LINE_CHARACTERS
"""Bytes of a line; SentencePiece would leave out lines of more than 4,192."""

_LOG = logging.getLogger("keras_nmt")


def learn_pieces(lines, vocabulary_size, at_most=False, kind="bpe"):
    """The bytes of a SentencePiece model; `SubwordTokenizer.train` says the rest."""
    import sentencepiece

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            vocab_size=vocabulary_size,
            model_type=kind,
            character_coverage=1.0,
            normalization_rule_name="identity",
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            unk_surface="<unk>",
            max_sentence_length=MOST_BYTES,
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        most = _most_pieces(error)
        if at_most and most:
            _LOG.warning(
                "the text yields no more than %d subwords; %d were asked for",
                *(most, vocabulary_size),
            )
            return learn_pieces(lines, most, kind=kind)
        raise InputError(_mend_training(error, vocabulary_size)) from None
    return model.getvalue()


def _most_pieces(error):
    """The number that SentencePiece names as possible; None if it names none."""
    found = re.search(r"<= (\d+)", str(error))
    return int(found[1]) if found else None


def _mend_training(error, vocabulary_size):
    # The text after the last bracket names a possible value; "" if lines were empty.
    reason = str(error).rpartition("] ")[2].strip()
    if "<=" in reason:
        mend = f"set it to at most {reason.rpartition('<=')[2].strip(' .')}"
    elif " vs " in reason:
        mend = f"set it above {reason.partition(' vs ')[2].partition('.')[0]}"
    else:
        return "subword tokenizer: the lines hold no text; give some"
    return f"subword tokenizer: vocabulary_size {vocabulary_size}: {mend}"

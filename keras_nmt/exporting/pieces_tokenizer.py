"""A SentencePiece model as a tokenizer of Hugging Face's `tokenizers`.

It cuts text into the same pieces, and gives them the ids of a `Vocabulary`, with `SOS`
before them and `EOS` after them. Pieces that the vocabulary lacks get ids after its
own, since byte-pair merges pass through some of them.
"""

import base64

import sentencepiece

from keras_nmt.specials import EOS, SOS, SPECIALS, UNK

SPACE = "▁"
"""How SentencePiece writes a space."""

LEADING = 99
"""Most spaces at the start of a line that decoding removes."""

_UNLIKELY = -1e6
"""The score of a special token, which no text is cut into."""


def piece_ids(processor):
    """`{piece: id}` of a `TextProcessor` of subwords; the vocabulary's ids come first.

    Returns:
        dict, in the order of the ids, which have no gaps.
    """
    ids = {token: place for place, token in enumerate(processor.vocabulary.tokens)}
    for piece in processor.tokenizer.pieces():
        ids.setdefault(piece, len(ids))
    return ids


def fast_tokenizer(processor):
    """The `tokenizers.Tokenizer` of a `TextProcessor` of subwords."""
    from tokenizers import Regex, Tokenizer, decoders, normalizers, processors

    ids = piece_ids(processor)
    tokenizer = Tokenizer(_model(processor, ids))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Replace(Regex("^ +| +$"), ""),
            normalizers.Replace(Regex(" +"), SPACE),
            normalizers.Prepend(SPACE),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{SPECIALS[SOS]} $A {SPECIALS[EOS]}",
        special_tokens=[(SPECIALS[i], i) for i in (SOS, EOS)],
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(SPACE, " "),
            decoders.Fuse(),
            decoders.Strip(" ", LEADING, 0),
        ]
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def _model(processor, ids):
    """The model that cuts a text into pieces, by merges or by probabilities."""
    from tokenizers import models

    scores = _scores(processor.tokenizer)
    ranks = sorted(scores.values(), reverse=True)
    # The scores of byte-pair pieces are their places in the order of merging.
    if ranks == [-float(place) for place in range(len(ranks))]:
        merges = _merges(scores)
        return models.BPE(ids, merges, unk_token=SPECIALS[UNK], fuse_unk=True)
    vocabulary = [(piece, scores.get(piece, _UNLIKELY)) for piece in ids]
    return models.Unigram(vocabulary, unk_id=UNK, byte_fallback=False)


def _scores(tokenizer):
    """`{piece: score}` of all pieces without the unknown one."""
    model = base64.b64decode(tokenizer.get_config()["model"])
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = range(pieces.get_piece_size())
    return {
        pieces.id_to_piece(i): pieces.get_score(i)
        for i in ids
        if not pieces.is_unknown(i)
    }


def _merges(scores):
    """Pairs of pieces, in the order in which they are merged."""
    merges = []
    for piece in sorted(scores, key=lambda piece: -scores[piece]):
        cuts = ((piece[:place], piece[place:]) for place in range(1, len(piece)))
        pairs = [pair for pair in cuts if pair[0] in scores and pair[1] in scores]
        merges += sorted(pairs, key=lambda pair: (-scores[pair[0]], -scores[pair[1]]))
    return merges

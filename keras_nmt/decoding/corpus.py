"""Many sentences: batched by length, translated, put back into their order."""

import itertools

import numpy as np
from tqdm import tqdm

from keras_nmt.specials import EOS, PAD


def translate_ids(translator, sentences, search, *, batch_size=128, pad_to=1):
    """Translates sentences of any length.

    Only sentences of the same padded length share a batch, so that a sentence's
    translation does not depend on the others, not even where a system sees its
    padding. A sentence beyond the positions a system knows is cut.

    Args:
        translator: a `Translator`.
        sentences: lists of ids with `SOS` and `EOS`.
        search: `(translator, source (B, S), max_length) -> ids (B, T)`.
        batch_size: most sentences at once.
        pad_to: the least length that a source is padded to.

    Returns:
        a list of id lists in the order of `sentences`.
    """
    sentences = [_cut(ids, translator.max_length) for ids in sentences]

    def length(index):
        return max(pad_to, len(sentences[index]))

    hypotheses = [None] * len(sentences)
    order = sorted(range(len(sentences)), key=length)
    progress = tqdm(total=len(sentences), desc="translating", disable=None)
    for padded, group in itertools.groupby(order, key=length):
        group = list(group)
        for start in range(0, len(group), batch_size):
            members = group[start : start + batch_size]
            source = np.full((len(members), padded), PAD, "int32")
            for row, index in enumerate(members):
                source[row, : len(sentences[index])] = sentences[index]
            rows = translator.translate(source, search)
            for index, row in zip(members, rows, strict=True):
                hypotheses[index] = row.tolist()
            progress.update(len(members))
    progress.close()
    return hypotheses


def _cut(ids, max_length):
    if max_length is None or len(ids) <= max_length:
        return ids
    return [*ids[: max_length - 1], EOS]

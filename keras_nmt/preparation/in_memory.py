"""Prepares a corpus in memory."""

import functools

import numpy as np

from keras_nmt.corpora.in_memory import sources_of
from keras_nmt.preparation import shards
from keras_nmt.preparation.assembling import (
    Fitter,
    learned_tokenizers,
    processors_of,
    total,
)
from keras_nmt.preparation.encoding import encoder_of
from keras_nmt.text.packed import PackedIds, PackedPairs
from keras_nmt.text.prepared import PARTS, Prepared
from keras_nmt.text.processing import EncodedPairs, check_ids
from keras_nmt.text.sample import sample_of


@functools.lru_cache(maxsize=1)
def prepare(
    corpus,
    *,
    tokenizer="words",
    subword_vocabulary_size=8000,
    subword_model="bpe",
    subword_sampling=0.0,
    lowercase=True,
    newline_token=False,
    min_frequency=2,
    max_length=20,
):
    """Tokenizes a corpus, builds both vocabularies from train, and encodes the pairs.

    `prepare_folder` does the same for text that does not fit in memory. Pairs that are
    too long are left out after the vocabularies are built, so their words count. The
    last result is cached for recipes with the same options.

    Args:
        corpus: `Corpus`.
        tokenizer: one of `text.prepared.TOKENIZERS`.
        subword_vocabulary_size: pieces to learn; fewer if the text yields fewer.
        subword_model: one of `subword_training.KINDS`.
        subword_sampling: as in `Prepared`. With sampling every piece is known, also
            those that train contains only when it is sampled.
        lowercase, newline_token: as in `WordTokenizer`.
        min_frequency: fewest occurrences in train of a known word.
        max_length: most ids on either side, `SOS` and `EOS` included.

    Returns:
        `Prepared`.

    Raises:
        InputError: the corpus leaves nothing to learn from.
    """
    options = {
        "tokenizer": tokenizer,
        "subword_vocabulary_size": subword_vocabulary_size,
        "subword_model": subword_model,
        "subword_sampling": subword_sampling,
        "lowercase": lowercase,
        "newline_token": newline_token,
        "min_frequency": min_frequency,
    }
    languages = corpus.source_language, corpus.target_language
    tokenizers = learned_tokenizers(languages, sample_of(corpus.train), options)
    encoded = _encoded(corpus, tokenizers, subword_model)
    processors = processors_of(encoded["train"], tokenizers, options)
    fitter = Fitter(processors, max_length)
    pairs = {part: _joined([*map(fitter, encoded[part])]) for part in PARTS}
    prepared = Prepared(corpus, *processors, pairs, max_length, subword_sampling)
    for found in prepared.statistics:
        found.check(corpus.name)
    for part in PARTS:
        check_ids(pairs[part], *prepared.sizes, part, prepared.line_numbers(part))
    return prepared


def _encoded(corpus, tokenizers, kind):
    """`{part: [both sides as Encoded, ...]}`, shard after shard."""
    made = {one: encoder_of(one, kind) for one in dict.fromkeys(tokenizers)}
    encoders = [made[one] for one in tokenizers]
    return {
        part: [
            [one.encode(side) for one, side in zip(encoders, block.sides, strict=True)]
            for block in reader.blocks(shards.SIZE)
        ]
        for part, reader in sources_of(corpus).parts.items()
    }


def _joined(found):
    """The `EncodedPairs` of all `Fitted` of a part."""
    pairs = PackedPairs(
        *(
            PackedIds.concatenated(sides)
            for sides in zip(*(one.pairs.sides for one in found), strict=True)
        )
    )
    kept = np.flatnonzero(np.concatenate([one.fits for one in found]))
    counts = (
        [getattr(one, f"{name}_counts") for one in found] for name in ("kept", "all")
    )
    return EncodedPairs(pairs, (*kept.tolist(),), *map(tuple, map(total, counts)))

"""The n-gram counts of each sentence, and BLEU of any set of sentences.

BLEU of a set depends only on sums over its sentences. So the sentences are counted
once, and BLEU of a subset (sentences of one length) or of a resample (bootstrap) takes
only a sum. The scores equal those of sacrebleu on lower-cased text.
"""

import functools
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics import BLEU

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import (
    DEFAULT,
    MissingTokenizer,
    check_tokenizer,
    tokenizer_of_run,
)
from keras_nmt.evaluation.sentence_statistics import SAMPLES, SEED, resampled_sums

ORDERS = 4
"""The longest n-grams that BLEU counts."""


@dataclass(frozen=True, eq=False)
class CountedRun:
    """A run's test translations with their n-gram counts.

    `counts` is int (N, 2 + 2 * ORDERS), a row for each of N sentences: tokens of
    the hypothesis, tokens of the reference, matching n-grams and n-grams of the
    hypothesis for n = 1 ... ORDERS. `tokenize` names the tokenizer of the run's scores.
    """

    run: object
    rows: list
    counts: np.ndarray
    tokenize: str = DEFAULT

    @functools.cached_property
    def bleu(self):
        return bleu(self.counts)

    @functools.cached_property
    def samples(self):
        return resampled_bleu(self.counts)


def count_run(run):
    """Reads the translations of a complete run and counts their n-grams.

    Raises:
        InputError: there are no translations, or they cannot be read or tokenized.
    """
    rows = run.translations
    if not rows:
        raise InputError(f"{run.translations_file} has no line to score")
    tokenize = tokenizer_of_run(run.scores)
    try:
        check_tokenizer(tokenize)
    except MissingTokenizer as error:
        raise MissingTokenizer(f"{run.folder}: {error}") from None
    return CountedRun(run, rows, sentence_counts(rows, tokenize), tokenize)


def sentence_counts(rows, tokenize=DEFAULT):
    """The `counts` of `CountedRun` for rows of `Translation`."""
    metric = BLEU(lowercase=True, tokenize=tokenize)
    scores = [metric.corpus_score([row.hypothesis], [[row.reference]]) for row in rows]
    return np.array([[s.sys_len, s.ref_len, *s.counts, *s.totals] for s in scores])


def bleu(counts):
    """BLEU of a set of sentences with these counts (N, 2 + 2 * ORDERS)."""
    return _bleu(counts.sum(axis=0))


def resampled_bleu(counts):
    """BLEU of `SAMPLES` resampled test sets, each N sentences drawn from these N.

    The draws depend only on N. They are the same for every system, as a paired
    comparison needs.

    Returns:
        float (SAMPLES,)
    """
    return np.array([_bleu(sums.astype(int)) for sums in resampled_sums(counts)])


def interval(samples):
    """The bounds (low, high) of the middle 95 % of resampled values."""
    ordered = np.sort(samples)
    cut = len(ordered) // 40
    return float(ordered[cut]), float(ordered[-cut - 1])


def signature(tokenize=DEFAULT):
    """sacrebleu's signature of the BLEU that this module computes."""
    metric = BLEU(lowercase=True, tokenize=tokenize)
    metric.corpus_score([""], [[""]])
    words = metric.get_signature()
    words.update("bs", SAMPLES)
    words.update("seed", SEED)
    return str(words)


def _bleu(sums):
    hypothesis, reference, *ngrams = sums.tolist()
    return BLEU.compute_bleu(
        ngrams[:ORDERS], ngrams[ORDERS:], hypothesis, reference, smooth_method="exp"
    ).score

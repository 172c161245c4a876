"""Numbers of each sentence, whose sums give BLEU, chrF and TER of any set of sentences.

The sentences are counted once, in blocks. What is then held of a sentence is some
numbers, which may lie on the disk; scores, those of a part, and bootstrap resamples are
sums over them. The values are those of sacrebleu to the digit.
"""

import numpy as np
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import estimate_ci

SAMPLES = 1000
"""Bootstrap resamples for each interval; sacrebleu's default."""

SEED = 12345
"""sacrebleu's default, with which the resamples are those of sacrebleu."""

CASES = {"cased": False, "lowercased": True}
"""Key of the scores -> whether both sides are lower-cased first."""

DECIMALS = 4

HELD = 1 << 27
"""Bytes of the counts that say how often each sentence is in each resample."""

BLOCK = 1 << 12
"""Sentences that are summed together; their counts are 33 MB for all resamples."""


class SentenceStatistics:
    """Counts sentences, and scores sets of them.

    Args:
        tokenize: name of sacreBLEU's tokenizer, for BLEU.
    """

    def __init__(self, tokenize):
        self._metrics = {
            case: {
                "bleu": BLEU(lowercase=lowercase, tokenize=tokenize),
                "chrf": CHRF(lowercase=lowercase),
                "ter": TER(case_sensitive=not lowercase),
            }
            for case, lowercase in CASES.items()
        }
        self._places = None

    def of(self, hypotheses, references):
        """The numbers of some sentences: float64 (N, numbers of all metrics).

        Args:
            hypotheses: a list of N lines.
            references: lists of N lines, one or more.
        """
        found = [
            metric._extract_corpus_statistics(hypotheses, references)
            for metrics in self._metrics.values()
            for metric in metrics.values()
        ]
        ends = np.cumsum([len(rows[0]) for rows in found])
        self._places = [*map(slice, [0, *ends[:-1]], ends)]
        return np.concatenate([np.array(rows, "float64") for rows in found], axis=1)

    def scores(self, rows):
        """The scores of the sentences with these numbers.

        Args:
            rows: float64 (N, numbers), of `of`, in memory or memory-mapped.

        Returns:
            dict: the number of `sentences` and, for each of `CASES` and metrics, the
            `score`, its 95 % bootstrap `interval` (low, high) and the `signature`.
        """
        blocks = range(0, len(rows), BLOCK)
        whole = sum(rows[start : start + BLOCK].sum(axis=0) for start in blocks)
        samples = resampled_sums(rows).astype("float32")  # as sacrebleu has them
        results, places = {"sentences": len(rows)}, iter(self._places)
        for case, metrics in self._metrics.items():
            results[case] = {}
            for name, metric in metrics.items():
                place = next(places)
                sums = whole[place].tolist(), samples[:, place]
                results[case][name] = _scored(metric, *sums)
        return results


def resampled_sums(rows):
    """Sums over the sentences of `SAMPLES` resamples: float64 (SAMPLES, numbers).

    The draws are those of `rng.choice(N, (SAMPLES, N))`, without holding all of them.
    """
    size, generator = len(rows), np.random.default_rng(SEED)
    sums, done = np.zeros((SAMPLES, rows.shape[1])), 0
    while done < SAMPLES:
        count = min(max(HELD // (2 * size), 1), SAMPLES - done)
        times = np.empty((count, size), "uint16")
        for row in times:
            row[:] = np.bincount(generator.choice(size, size=size), minlength=size)
        for start in range(0, size, BLOCK):
            some = slice(start, start + BLOCK)
            sums[done : done + count] += times[:, some].astype("float64") @ rows[some]
        done += count
    return sums


def _scored(metric, sums, samples):
    """One metric with its bootstrap interval, as wide as sacrebleu's.

    The interval is as wide as the middle 95 % of the resampled scores, around their
    mean.
    """
    score = metric._compute_score_from_stats(sums).score
    scores = [metric._compute_score_from_stats(one).score for one in samples]
    mean, half = estimate_ci(np.array(scores))
    signature = metric.get_signature()
    signature.update("seed", str(SEED))
    signature.update("bs", SAMPLES)
    return {
        "score": round(float(score), DECIMALS),
        "interval": [round(float(x), DECIMALS) for x in (mean - half, mean + half)],
        "signature": str(signature),
    }

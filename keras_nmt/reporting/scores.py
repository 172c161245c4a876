"""Scores of translations with sacrebleu, none without its signature."""

from sacrebleu.metrics import BLEU, CHRF, TER

from keras_nmt.errors import InputError


def score(hypotheses, references, kept=None):
    """BLEU, chrF and TER of a test set, lower-cased as the systems write.

    Args:
        hypotheses: lines of readable text.
        references: raw lines, as many.
        kept: places of the pairs that the protocol keeps; they are scored too.

    Returns:
        dict: `all` and, with `kept`, `kept`: a metric's score and signature each;
        `kept_rows`: the places.

    Raises:
        InputError: when the counts differ, which sacrebleu would not tell.
    """
    if len(hypotheses) != len(references):
        raise InputError(
            f"{len(hypotheses)} hypotheses but {len(references)} references; "
            "give one line each"
        )
    scores = {"all": _scores(hypotheses, references)}
    if kept:
        scores["kept"] = _scores(
            [hypotheses[i] for i in kept], [references[i] for i in kept]
        )
        scores["kept_rows"] = list(kept)
    return scores


def _scores(hypotheses, references):
    metrics = {
        "bleu": BLEU(lowercase=True),
        "chrf": CHRF(lowercase=True),
        "ter": TER(),
    }
    results = {"sentences": len(hypotheses)}
    for name, metric in metrics.items():
        value = metric.corpus_score(hypotheses, [references]).score
        results[name] = {
            "score": value,
            "signature": str(metric.get_signature()),
        }
    return results

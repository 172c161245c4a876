"""Scores translations with sacrebleu; each score has an interval and a signature."""

import itertools
import tempfile

import numpy as np
from sacrebleu.metrics import BLEU

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import DEFAULT
from keras_nmt.evaluation.sentence_statistics import CASES, SentenceStatistics

CHUNK = 1024
"""Lines that are counted together."""


def score(hypotheses, references, kept=None, *, tokenize=DEFAULT, other_references=()):
    """BLEU, chrF and TER of a test set, cased and lower-cased.

    The writeup's systems produce lower case only, so their lower-cased scores are the
    fair ones. Papers usually report cased scores.

    Args:
        hypotheses: lines of readable text.
        references: raw lines, as many.
        kept: indices of the lines that the protocol keeps, which are also scored alone.
        tokenize: name of sacreBLEU's tokenizer, for BLEU.
        other_references: further lists of as many reference lines.

    Returns:
        dict: `all` and, with `kept`, `kept`: the number of `sentences` and, for each
        of `CASES` and metrics, the `score`, its 95 % bootstrap `interval` (low,
        high) and the `signature`; `kept_rows`: the indices.

    Raises:
        InputError: hypotheses and references differ in number, which sacrebleu does
            not check; or there is no line to score; or an index is out of range.

    Example:
        >>> score(["A dog runs."], ["A dog runs."])["all"]["cased"]["bleu"]["interval"]
        [100.0, 100.0]
    """
    every = [references, *other_references]
    for lines in every:
        _check(hypotheses, lines, kept or [])
    return score_stream(hypotheses, every, kept, tokenize=tokenize)


def score_stream(hypotheses, references, kept=None, *, tokenize=DEFAULT):
    """The same of iterables that are read once and together, and not held.

    Args:
        hypotheses: an iterable of lines.
        references: iterables of as many lines, one or more.

    The others are those of `score`.
    """
    counted, lines = (
        SentenceStatistics(tokenize),
        zip(hypotheses, *references, strict=True),
    )
    rows = None
    with tempfile.TemporaryFile() as file:
        while chunk := [*itertools.islice(lines, CHUNK)]:
            said, *meant = map(list, zip(*chunk, strict=True))
            rows = counted.of(said, meant)
            file.write(rows)
        if rows is None:
            raise InputError("no line to score; give at least one hypothesis")
        file.flush()
        rows = np.memmap(file, rows.dtype, "r").reshape(-1, rows.shape[1])
        scores = {"all": counted.scores(rows)}
        if kept:
            scores["kept"] = counted.scores(rows[[*kept]])
            scores["kept_rows"] = list(kept)
    return scores


def _check(hypotheses, references, kept):
    if len(hypotheses) != len(references):
        raise InputError(
            f"{len(hypotheses)} hypotheses but {len(references)} references; "
            "give one line each"
        )
    if not hypotheses:
        raise InputError("no line to score; give at least one hypothesis")
    strays = [place for place in kept if place not in range(len(hypotheses))]
    if strays:
        raise InputError(
            f"kept_rows: expected places in 0 to {len(hypotheses) - 1}. "
            f"Received: {strays[0]!r}"
        )


def round_trip(tokenizer, lines, tokenize=DEFAULT):
    """BLEU, lower-cased, of lines that are tokenized and detokenized.

    It is the highest BLEU that a system with this tokenizer can reach. If no line
    changes it is 100, even if no line has the four words that BLEU needs.
    """
    lines = [" ".join(line.split()).lower() for line in lines]
    joined = [tokenizer.detokenize(tokenizer.tokenize(line)).lower() for line in lines]
    if joined == lines:
        return 100.0
    metric = BLEU(lowercase=True, tokenize=tokenize)
    return metric.corpus_score(joined, [lines]).score


def for_screen(scores):
    """The scores as lines of text, each with its interval and signature.

    >>> print(for_screen(score(["A dog runs."], ["A dog runs."])))
    all: 1 sentences
    bleu  cased       100.00 [100.00, 100.00]  nrefs:1|bs:1000|seed:12345|...
    """
    lines = []
    for part in ("all", "kept"):
        if part in scores:
            lines.append(f"{part}: {scores[part]['sentences']} sentences")
            lines += [
                _line(name, case, found)
                for case in CASES
                for name, found in scores[part][case].items()
            ]
    return "\n".join(lines)


def _line(name, case, found):
    low, high = found["interval"]
    numbers = f"{found['score']:6.2f} [{low:.2f}, {high:.2f}]"
    return f"{name:5} {case:10}  {numbers}  {found['signature']}"

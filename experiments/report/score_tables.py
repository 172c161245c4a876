"""Tables with a row for each run: scores and losses, and costs."""

import pandas as pd

from experiments.report.epochs import epochs_frame
from keras_nmt.run.file_formats import LOSS_COLUMNS

METRICS = ("bleu", "chrf", "ter")
"""The metrics of a summary: lower-cased, over all test lines."""

PLACES = (
    *(("all", "lowercased", metric) for metric in METRICS),
    ("all", "cased", "bleu"),
    ("kept", "lowercased", "bleu"),
)
"""The keys below `test` in scores.json of the scores in a run's row."""

OTHER_TOKENS = "other tokens"
"""Shown for the mean of scores that were counted with several tokenizers."""

RESCORE = "rescore"
"""Shown for a score that a complete run lacks: an earlier version wrote its
scores.json, which `experiments.rescore` updates."""

TIMES = {
    "step_seconds": "median_step_seconds",
    "first_step_seconds": "first_step_seconds",
    "peak_memory_mib": "peak_memory_mib",
    "peak_device_memory_mib": "peak_device_memory_mib",
}
"""Columns -> keys below `training` in scores.json."""


def runs_table(runs):
    """A table with a row for each run of any status: last losses, scores, size."""
    return pd.DataFrame([_row(run) for run in runs], dtype=object)


def _row(run):
    last = epochs_frame(run).iloc[-1] if run.has_result else {}
    row = {
        "run": run.name,
        "recipe": run.recipe,
        "backend": run.backend,
        "seed": run.seed,
        "status": run.status,
        "epochs": int(last["epoch"]) if run.has_result else None,
        **{name: last.get(name) for name in LOSS_COLUMNS},
    }
    for place in PLACES:
        row |= _score_cells(run, place)
    return row | {"parameters": _number(run.scores.get("parameters"))}


def costs_table(runs):
    """A table with a row for each run: times, memory and device of its training.

    Other work on the machine influences these, so they must not be compared;
    `benchmarks/` measures what can be.
    """
    return pd.DataFrame([_costs(run) for run in runs], dtype=object)


def _costs(run):
    training = run.scores.get("training", {})
    return {
        "run": run.name,
        **{name: _number(training.get(key)) for name, key in TIMES.items()},
        "training_tokens_per_second": _training_speed(run),
        "sentences_per_second": _translation_speed(run),
        "device": run.environment.get("device"),
        "cores": _number(run.environment.get("cores")),
    }


def score_cell(run, metric, part="all", case="lowercased"):
    """A score of a run: a float, a word for why there is none, or None.

    A diverged run without a score counts as NaN.
    """
    value = _score_cells(run, (part, case, metric))[f"{part}_{case}_{metric}"]
    return float("nan") if value == "nan" else value


def interval_of(run, metric):
    """The 95 % interval over lines of a run's score; None if it has none."""
    found = _lookup(run, ("all", "lowercased", metric))
    return found and found["interval"]


def _score_cells(run, place):
    name = "_".join(place)
    found = _lookup(run, place)
    values = (_word(run, place), None, None)
    if found is not None:
        values = (found["score"], *found["interval"])
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _word(run, place):
    """The word that stands for a missing score; None if no test line is kept."""
    if run.status != "complete":
        return run.status
    return RESCORE if _lookup(run, ("all", *place[1:])) is None else None


def _lookup(run, place):
    """The score at a place of scores.json; None if it has none or the run no result."""
    part, case, metric = place
    if not run.has_result:
        return None
    try:
        found = run.scores["test"][part][case][metric]
        low, high = map(float, found["interval"])
        return {
            "score": float(found["score"]),
            "interval": (low, high),
            "signature": str(found["signature"]),
        }
    except (KeyError, TypeError, ValueError):
        return None


def _training_speed(run):
    """The median over the epochs, since the first one also compiles."""
    if not run.has_result:
        return None
    return float(epochs_frame(run)["tokens_per_second"].median(skipna=False))


def _translation_speed(run):
    translation = run.scores.get("translation")
    if not isinstance(translation, dict):
        return None
    return _number(translation.get("sentences_per_second"))


def _number(value):
    return value if isinstance(value, int | float) else None


def bleu_signatures(runs):
    """The distinct signatures of the BLEU that the pages show."""
    cells = [_lookup(run, PLACES[0]) for run in runs]
    return sorted({cell["signature"] for cell in cells if cell})


def signatures(runs):
    """The distinct signatures of the scores: `BLEU|nrefs:1...`"""
    names = dict(zip(METRICS, ("BLEU", "chrF", "TER"), strict=True))
    found = {}
    for part, case, metric in PLACES:
        cells = [_lookup(run, (part, case, metric)) for run in runs]
        found |= {f"{names[metric]}|{c['signature']}": None for c in cells if c}
    return list(found)


def tokens_of(runs):
    """What the recipe of these runs calls a token, and so what its loss counts."""
    return runs[0].config.get("tokenizer", "words") if runs else "words"

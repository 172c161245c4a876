"""What each run scored, what it cost and how fast it is."""

import math

import pandas as pd

from keras_nmt.reporting.runs import epochs_frame

SHOWN = {
    "BLEU": ("all", "lowercased", "bleu"),
    "chrF": ("all", "lowercased", "chrf"),
    "TER": ("all", "lowercased", "ter"),
    "BLEU, cased": ("all", "cased", "bleu"),
    "BLEU, kept": ("kept", "lowercased", "bleu"),
}
"""Columns for reading -> where `scores.json` holds them, below `test`."""
RESCORE = "rescore"
"""In place of a score that a complete run lacks: its scores.json is of an older
form, which `experiments.rescore` renews."""


def scores_table(runs):
    """One row a run, whatever its status: scores, size and speed."""
    return pd.DataFrame([_row(run) for run in runs], dtype=object)


def _row(run):
    row = {"run": run.name, "status": run.status}
    for place in SHOWN.values():
        row |= _score_cells(run, place)
    return row | {
        "parameters": _number(run.scores.get("parameters")),
        "training_tokens_per_second": _training_speed(run),
        "sentences_per_second": _translation_speed(run),
        "device": _device(run),
    }


def _score_cells(run, place):
    name = "_".join(place)
    found = _lookup(run, place)
    values = (_word(run, place), None, None)
    if found is not None:
        values = (found["score"], *found["interval"])
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _word(run, place):
    """Why there is no score; None where the protocol simply keeps no test line."""
    if run.status != "complete":
        return run.status
    return RESCORE if _lookup(run, ("all", *place[1:])) is None else None


def _lookup(run, place):
    """What scores.json holds there; None if it is of another form, or half a run's."""
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
    """The median over the epochs: the first one also compiles."""
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


def _device(run):
    device = run.environment.get("device")
    return f"{run.backend} {device}" if isinstance(device, str) else run.backend


def scores_for_reading(table):
    """The scores: each with its interval."""
    columns = {"run": table["run"]}
    for heading, place in SHOWN.items():
        name = "_".join(place)
        cells = table[[name, f"{name}_low", f"{name}_high"]].to_numpy()
        columns[heading] = [_read(*row) for row in cells]
    return pd.DataFrame(columns, dtype=object)


def costs_for_reading(table):
    """Size and speed."""
    return pd.DataFrame(
        {
            "run": table["run"],
            "parameters": [_grouped(cell) for cell in table["parameters"]],
            "training tokens/s": [
                _grouped(cell) for cell in table["training_tokens_per_second"]
            ],
            "translated sentences/s": [
                _grouped(cell) for cell in table["sentences_per_second"]
            ],
            "device": table["device"],
        },
        dtype=object,
    )


def _read(score, low, high):
    if not isinstance(score, float):
        return score or ""
    return f"{score:.2f} [{low:.2f}, {high:.2f}]"


def _grouped(cell):
    """Three figures are enough for a speed: `5,184`, `43.2`."""
    if cell is None:
        return ""
    if isinstance(cell, int):
        return f"{cell:,}"
    digits = 1 if math.isfinite(cell) and abs(cell) < 100 else 0
    return f"{cell:,.{digits}f}"


def signatures(runs):
    """The signatures behind the scores shown, each once: `BLEU|nrefs:1|...`."""
    found = {}
    for heading, place in SHOWN.items():
        metric = heading.partition(",")[0]
        cells = [_lookup(run, place) for run in runs]
        found |= {f"{metric}|{cell['signature']}": None for cell in cells if cell}
    return list(found)

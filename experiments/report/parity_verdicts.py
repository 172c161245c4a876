"""Judges whether the backends compute the same, from stored measurements."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.report.systems import order
from keras_nmt.errors import InputError
from keras_nmt.files import read_object

FOLDER = "parity"

BOUNDS = {
    "logits": 1e-5,
    "gradients": 1e-4,
    "gradients_absolute": 1e-4,
    "losses": 1e-3,
}
"""The largest differences that count as the same."""

LEAST_IDENTICAL = 0.999
"""The least share of test lines whose translations must be identical."""

NUDGES = 2
"""Losses beyond their bound are still as close as float32 allows if their difference is
at most this many times that of the nudged run, whose initial weights are each moved by
one rounding."""

SAME, ROUNDING, DIFFERENT = "yes", "as close as float32 allows", "no"
"""The verdicts: within every bound; only losses beyond their bound, but within
`NUDGES`; anything else."""


@dataclass(frozen=True, eq=False)
class Parity:
    """The measurements for one recipe on one corpus; see `experiments.parity`.

    `losses` has a list for each backend. `pairs` and `loads` are as in the file;
    `loads[saved_by][loaded_by]` says whether all arrays were equal. `nudged` are the
    first backend's losses from weights moved by one rounding; None if not measured.
    """

    corpus: str
    recipe: str
    steps: int
    test_lines: int
    pairs: list[dict]
    loads: dict[str, dict]
    losses: dict[str, list[float]]
    nudged: list[float] | None


def parity_of(content):
    """The `Parity` of a file's content.

    Raises:
        InputError: a key is missing or damaged; the message names it.
    """
    try:
        found = Parity(
            **{key: content[key] for key in ("corpus", "recipe", "steps")},
            test_lines=int(content["test_lines"]),
            pairs=content["pairs"],
            loads=content["loads"],
            losses={b: x["losses"] for b, x in content["backends"].items()},
            nudged=content.get("nudged_losses"),
        )
        series = [*found.losses.values(), found.nudged or found.steps * [0]]
        if any(len(losses) != found.steps for losses in series):
            raise ValueError(f"expected {found.steps} losses of every backend")
        pair_table([found])
        summary([found])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"a key is missing or damaged ({error!r:.80})") from None
    return found


def load_parity(results_dir):
    """The `Parity` of each file in `<results>/parity`, and a line for each bad file."""
    found, complaints = [], []
    root = Path(results_dir) / FOLDER
    for path in sorted(root.glob("*/*.json")):
        try:
            found.append(parity_of(read_object(path)))
        except InputError as error:
            cause = str(error).removeprefix(f"{path}").lstrip(": ")
            complaints.append(f"{path.relative_to(root)}: {cause}")
    return sorted(found, key=lambda x: (x.corpus, order(x.recipe))), complaints


def relative_differences(one, other):
    """The relative differences of two lists of losses, step by step."""
    one, other = np.asarray(one), np.asarray(other)
    return np.abs(one - other) / np.abs(one)


# === Tables ===


def pair_table(found):
    """A table with a row for each recipe and pair of backends."""
    return pd.DataFrame(
        [
            {
                "recipe": parity.recipe,
                "backends": " ".join(pair["backends"]),
                "logits": _number(pair["logits"]),
                "largest_logit": pair["largest_logit"],
                "gradients": _number(pair["gradients"]),
                "gradients_absolute": _number(pair["gradients_absolute"]),
                "largest_gradient": pair["largest_gradient"],
                "gradients_worst": _number(pair["gradients_worst"]),
                "gradients_worst_weight": pair["gradients_worst_weight"],
                "gradients_worst_column": pair["gradients_worst_column"],
                "steps": parity.steps,
                "losses": _number(_loss_difference(parity, pair)),
                "test_lines": parity.test_lines,
                "differing_lines": pair["differing_lines"],
            }
            for parity in found
            for pair in parity.pairs
        ],
        dtype=object,
    )


def summary(found):
    """A table with a row for each recipe: the worst of its pairs, and the verdict.

    Cells that are the reason for the verdict `no` are marked ✗.
    """
    return pd.DataFrame([_summary(parity) for parity in found], dtype=object)


def _summary(parity):
    worst = {
        name: _worst(pair[name] for pair in parity.pairs)
        for name in ("logits", "gradients", "gradients_absolute")
    }
    worst["losses"] = _worst(_loss_difference(parity, pair) for pair in parity.pairs)
    # `not <=` instead of `>`, so that NaN breaks the bound.
    broken = {name: not worst[name] <= bound for name, bound in BOUNDS.items()}
    nudged = _nudged_difference(parity)
    excused = broken["losses"] and worst["losses"] <= NUDGES * nudged
    broken["losses"] = broken["losses"] and not excused
    lines = parity.test_lines
    alike = lines - max(pair["differing_lines"] for pair in parity.pairs)
    broken["lines"] = not alike >= LEAST_IDENTICAL * lines
    loads = [same for loaders in parity.loads.values() for same in loaders.values()]
    identical = sum(same is True for same in loads)
    broken["loads"] = identical < len(loads)
    texts = {name: _number(value) for name, value in worst.items()}
    texts["lines"] = f"{alike:,} of {lines:,}"
    texts["loads"] = f"{identical} of {len(loads)}"
    marked = {name: text + " ✗" * broken[name] for name, text in texts.items()}
    return {
        "recipe": parity.recipe,
        "backends": ", ".join(parity.losses),
        "logits": marked["logits"],
        "gradients": marked["gradients"],
        "gradients_absolute": marked["gradients_absolute"],
        f"losses of {parity.steps} steps": marked["losses"],
        "nudged": None if parity.nudged is None else _number(nudged),
        "identical_lines": marked["lines"],
        "loads": marked["loads"],
        "same": _verdict(broken, excused),
    }


def _verdict(broken, excused):
    if any(broken.values()):
        return DIFFERENT
    return ROUNDING if excused else SAME


def _worst(values):
    return float(np.max(list(values)))  # NaN, if one is


def _loss_difference(parity, pair):
    one, other = (parity.losses[backend] for backend in pair["backends"])
    return float(np.max(relative_differences(one, other)))


def _nudged_difference(parity):
    """The largest difference of the nudged run; NaN if it was not measured."""
    if parity.nudged is None:
        return float("nan")
    first = next(iter(parity.losses.values()))
    return float(np.max(relative_differences(first, parity.nudged)))


def _number(value):
    return f"{value:.1e}"

"""Do the backends compute the same? Kept measurements to table, curves and verdict."""

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
"""The least part of the test lines that must be translated alike, word for word."""

NUDGES = 2
"""Losses that break their bound still agree as far as float32 allows, if they part by
at most so many times what one rounding of the starting weights does."""

SAME, ROUNDING, DIFFERENT = "yes", "as close as float32 allows", "no"
"""The verdicts: within every bound; beyond that of the losses, but within `NUDGES`;
anything else."""


@dataclass(frozen=True, eq=False)
class Parity:
    """What was measured for one recipe on one corpus; see `experiments.parity`.

    `losses` has one list a backend; `pairs` and `loads` are as the file holds them,
    `loads[saved_by][loaded_by]` being whether all arrays were the same. `nudged` are
    the first backend's losses from weights moved by a rounding, None if not measured.
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
        InputError: naming the key that is missing or damaged.
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
    """What lies under `<results>/parity`, and a complaint for each unusable file."""
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
    """Of two lists of losses, step by step."""
    one, other = np.asarray(one), np.asarray(other)
    return np.abs(one - other) / np.abs(one)


# === Tables ===


def pair_table(found):
    """One row a recipe and pair of backends, the differences as they are."""
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
    """One row a recipe: the worst of its pairs, and the verdict.

    A cell that the verdict `no` rests on is marked ✗.
    """
    return pd.DataFrame([_summary(parity) for parity in found], dtype=object)


def _summary(parity):
    worst = {
        name: _worst(pair[name] for pair in parity.pairs)
        for name in ("logits", "gradients", "gradients_absolute")
    }
    worst["losses"] = _worst(_loss_difference(parity, pair) for pair in parity.pairs)
    # `not <=`, as NaN keeps no bound.
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
    """NaN, which excuses nothing, if it was not measured."""
    if parity.nudged is None:
        return float("nan")
    first = next(iter(parity.losses.values()))
    return float(np.max(relative_differences(first, parity.nudged)))


def _number(value):
    return f"{value:.1e}"

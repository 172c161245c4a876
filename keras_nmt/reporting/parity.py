"""Do the backends compute the same? Kept measurements to table, curves and verdict."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from keras_nmt.errors import InputError
from keras_nmt.reporting import figures
from keras_nmt.reporting.files import read_object
from keras_nmt.reporting.parity_curves import parity_curves
from keras_nmt.reporting.tables import escaped, markdown, write_table

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

GUIDE = f"""\
Every backend begins with the weights of one file. Each cell is the worst of all pairs
of backends; one that breaks its bound is marked ✗.

- *Logits*: the largest difference on the first validation batch; at most
  {BOUNDS["logits"]:g}.
- *Gradients* of the first training batch: the norm of the difference by the norm of the
  gradient, all weights as one vector, and the largest difference of any entry
  (*absolute*); both at most {BOUNDS["gradients"]:g}.
- *Losses* of each step of training, without dropout and in the same order: the
  largest difference by the loss; at most {BOUNDS["losses"]:g}. *Nudged*: the same
  difference of the first backend to itself, begun with every weight moved to the next
  float32. It says how far rounding alone takes a training; where it breaks the bound,
  too, two backends cannot be expected to hold it in float32.
- *Identical lines*: greedy translations of the test set with the weights that the
  first backend has after these steps; at least {100 * LEAST_IDENTICAL:g} %.
- *Loads*: each backend saves, each loads, and all arrays are the same to the bit.

The csv has every pair, and the single weight whose gradients are farthest apart
(*gradients worst*, by its norm). No bound stands there, as a ReLU's gradient jumps at
0: a hidden unit within rounding of it passes its gradient on one backend and not on
another. *gradients worst column*, the part of the squared difference that lies in one
column, is near 1 where a single unit jumped.
The figure has the losses above, and below how far they are from the first backend's.
"""


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
    return sorted(found, key=_order), complaints


def _order(found):
    known = list(figures.COLOURS)
    place = known.index(found.recipe) if found.recipe in known else len(known)
    return found.corpus, place, found.recipe


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
    """One row a recipe: the worst of its pairs, and whether all bounds hold."""
    return pd.DataFrame([_summary(parity) for parity in found], dtype=object)


def _summary(parity):
    worst = {
        name: _worst(pair[name] for pair in parity.pairs)
        for name in ("logits", "gradients", "gradients_absolute")
    }
    worst["losses"] = _worst(_loss_difference(parity, pair) for pair in parity.pairs)
    # `not <=`, as NaN keeps no bound.
    broken = {name: not worst[name] <= bound for name, bound in BOUNDS.items()}
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
        "nudged": parity.nudged and _number(_nudged_difference(parity)),
        "identical_lines": marked["lines"],
        "loads": marked["loads"],
        "holds": "no" if any(broken.values()) else "yes",
    }


def _worst(values):
    return float(np.max(list(values)))  # NaN, if one is


def _loss_difference(parity, pair):
    one, other = (parity.losses[backend] for backend in pair["backends"])
    return float(np.max(relative_differences(one, other)))


def _nudged_difference(parity):
    first = next(iter(parity.losses.values()))
    return float(np.max(relative_differences(first, parity.nudged)))


def _number(value):
    return f"{value:.1e}"


# === The section of the page ===


def write_parity(results_dir, writeup_corpus):
    """Writes table and figure of each corpus; the section and the paths written.

    Both are empty where nothing was measured.
    """
    found, complaints = load_parity(results_dir)
    if not found and not complaints:
        return "", []
    texts, paths = ["## Parity of backends\n", GUIDE], []
    for corpus, here in groupby(found, lambda parity: parity.corpus):
        prefix = "" if corpus == writeup_corpus else f"{corpus}_"
        text, written = _write_corpus(corpus, list(here), results_dir, prefix)
        texts.append(text)
        paths += written
    texts += [f"- {escaped(complaint)}" for complaint in complaints]
    return "\n".join(texts) + "\n" * bool(complaints), paths


def _write_corpus(corpus, found, results_dir, prefix):
    table = markdown(summary(found))
    page = f"{GUIDE}\n{table}\n{markdown(pair_table(found))}"
    paths = write_table(
        pair_table(found), results_dir / "tables" / f"{prefix}parity", page
    )
    images = figures.save_figure(
        parity_curves(found, BOUNDS["losses"]),
        results_dir / "figures" / f"{prefix}parity",
    )
    text = "\n".join(
        [
            f"### {escaped(corpus)}\n",
            table,
            f"{_verdict(found)} Every pair of backends: [csv]"
            f"(tables/{quote(paths[0].name)}).\n",
            f"![losses of the first steps by backend, {escaped(corpus)}]"
            f"(figures/{quote(images[0].name)})\n",
        ]
    )
    return text, paths + images


def _verdict(found):
    table = summary(found)
    broken = table["recipe"][table["holds"] == "no"].tolist()
    if not broken:
        return f"All bounds hold for all {len(found)} recipes."
    return f"**A bound does not hold for {escaped(', '.join(broken))}.**"

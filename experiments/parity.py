"""Measures whether the backends compute the same, starting from one weight file.

    python -m experiments.parity [RECIPE ...] [--backends tensorflow,jax,torch]
        [--corpus multi30k|captions|DIR] [--source-language XX]
        [--target-language YY] [--test NAME] [--data-dir PATH] [--steps 200]
        [--results-dir results] [--seed K]

The first backend writes the initial weights, which all backends load. Each computes the
logits of the first validation batch, the gradients of the first training batch, and the
losses of the first training steps (without dropout, in the same order), and saves its
weights. Then each loads the weights that every backend saved, and translates the test
set with those of the first. The results are stored in
`results/parity/<corpus>/<recipe>.json`; `experiments.report` makes a table and a figure
of them.

Each backend runs in two processes, one to measure and one to load. Their files take
about 400 MB in the temporary folder for each recipe.
"""

import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np

from experiments import each_backend
from experiments.report.parity_verdicts import parity_of, summary
from experiments.report.tables import for_reading
from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError
from keras_nmt.files import read_object, write_json
from keras_nmt.program.command_line import OptionParser, command_line

DIGITS = 7
"""Significant digits of the stored losses, more than float32 has."""

FLOOR = 1e-3
"""See `compare_gradients`."""

LINES_NAMED = 10


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    if options.steps < 1 or options.seed < 0:
        raise InputError("give --steps of at least 1 and --seed of at least 0")
    present = each_backend.installed(options.backends)
    if len(present) < 2:
        raise InputError(
            f"parity takes two backends, but only {present[0]} is named or installed; "
            "name two in --backends and install both"
        )
    with tempfile.TemporaryDirectory(prefix="keras_nmt-parity-") as folder:
        measured = [b for b in present if _run(b, folder, options)]
        loaded = [b for b in measured if _run(b, folder, options, measured)]
        if len(loaded) < 2:
            raise InputError("fewer than two backends succeeded; see above")
        found = [_write(place, loaded, options) for place in _in_order(Path(folder))]
    print(for_reading(summary(found)).to_string(index=False))
    print("`python -m experiments.report` makes the tables and the figure")
    failed = [backend for backend in present if backend not in loaded]
    if failed:
        raise InputError(f"no result of {', '.join(failed)}; see the message above")


def _run(backend, folder, options, savers=None):
    """Whether a backend's process succeeded; bad input ends the program."""
    given = {
        **corpus_options.given(options),
        "--steps": options.steps,
        "--seed": options.seed,
        "--savers": savers and ",".join(savers),
    }
    module = "experiments.parity_measures"
    code = each_backend.run(backend, module, [folder, *options.recipes], given)
    if code == each_backend.BAD_INPUT:
        sys.exit(code)
    return not code


def _in_order(folder):
    """The recipes' folders in the order of their creation."""
    return sorted(folder.iterdir(), key=lambda place: place.stat().st_ctime)


def _write(place, backends, options):
    content = compare(place, backends, options.steps, options.seed)
    name = f"{place.name}.json"
    write_json(options.results_dir / "parity" / content["corpus"] / name, content)
    return parity_of(content)


# === Comparing ===


def compare(place, backends, steps, seed):
    """The content of a recipe's file in `results/parity`, from its backends' files."""
    measured = {b: read_object(place / f"{b}.json") for b in backends}
    loaded = {b: read_object(place / f"{b}.loaded.json") for b in backends}
    first = measured[backends[0]]
    return {
        "recipe": place.name,
        "corpus": first["corpus"],
        "seed": seed,
        "steps": steps,
        "parameters": first["parameters"],
        "test_lines": len(loaded[backends[0]]["hypotheses"]),
        "pairs": [
            compare_pair(place, pair, loaded)
            for pair in itertools.combinations(backends, 2)
        ],
        "loads": {
            saver: {
                loader: loaded[loader]["digests"][saver] == measured[saver]["digest"]
                for loader in backends
            }
            for saver in backends
        },
        "nudged_losses": [_rounded(loss, DIGITS) for loss in first["nudged_losses"]],
        "backends": {
            backend: {
                "version": found["version"],
                "device": found["device"],
                "losses": [_rounded(loss, DIGITS) for loss in found["losses"]],
            }
            for backend, found in measured.items()
        },
    }


def compare_pair(place, pair, loaded):
    """The differences of two backends, apart from those of their losses."""
    one, other = (np.load(place / f"{backend}.npz") for backend in pair)
    texts = [loaded[backend]["hypotheses"] for backend in pair]
    differing = [n for n, (a, b) in enumerate(zip(*texts, strict=True), 1) if a != b]
    return {
        "backends": list(pair),
        "logits": _rounded(np.abs(one["logits"] - other["logits"]).max()),
        "largest_logit": _rounded(np.abs(one["logits"]).max()),
        **compare_gradients(
            *({n: x[n] for n in x if n != "logits"} for x in (one, other))
        ),
        "differing_lines": len(differing),
        "first_differing_lines": differing[:LINES_NAMED],
    }


def compare_gradients(one, other):
    """The differences of the gradients of all weights.

    `gradients_absolute` is the largest difference of an entry. `gradients` is
    `|g1 - g2| / |g1|` in Euclidean norms, with all weights as one vector.

    `gradients_worst` is the same for the single weight where it is largest. A ReLU can
    make it large: a hidden unit that is 0 up to rounding passes its gradient on one
    backend and not on the other. Then nearly all of the difference is in one unit, that
    is one column; `gradients_worst_column` is the share of the largest column in that
    weight's squared difference. The gradient of a weight without influence (the bias of
    attention's keys, which softmax cancels) is only rounding; so no norm is divided by
    less than `FLOOR` times the largest norm.

    Args:
        one, other: `{weight: gradient}` of each backend.
    """
    apart = {name: one[name] - other[name] for name in one}
    sizes = {name: np.linalg.norm(gradient) for name, gradient in one.items()}
    gaps = {name: np.linalg.norm(gradient) for name, gradient in apart.items()}
    least = FLOOR * max(sizes.values())
    relative = {name: gaps[name] / max(sizes[name], least) for name in one}
    # NaN is the worst of all.
    worst = max(relative, key=lambda name: (np.isnan(relative[name]), relative[name]))
    return {
        "gradients": _rounded(_together(gaps) / _together(sizes)),
        "gradients_absolute": _rounded(_largest(apart)),
        "largest_gradient": _rounded(_largest(one)),
        "gradients_worst": _rounded(relative[worst]),
        "gradients_worst_weight": worst.partition("/")[2],
        "gradients_worst_column": _rounded(_share_of_a_column(apart[worst])),
    }


def _together(norms):
    return np.linalg.norm([*norms.values()])


def _largest(arrays):
    return np.max([np.abs(array).max() for array in arrays.values()])


def _share_of_a_column(array):
    squares = np.square(array, dtype="float64").reshape(-1, array.shape[-1])
    columns = squares.sum(axis=0)
    return columns.max() / max(columns.sum(), np.finfo("float64").tiny)


def _rounded(number, digits=3):
    return float(f"{number:.{digits}g}")


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument(
        "recipes", nargs="*", metavar="RECIPE", default=["all"], help="default: all"
    )
    parser.add_argument("--backends", default=",".join(each_backend.INSTALL))
    corpus_options.add_options(parser, "multi30k")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results-dir", type=Path, default=Path("results"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()

"""CKA between the layers of trained translators, and what each layer shows.

    python -m experiments.representations.translators RUN_DIR [RUN_DIR ...]
        [--out results/representations] [--longest 20] [--sentences 512]

Writes translators.json over the same sentences of the first run's test set, where a
sentence is the mean of its tokens' vectors; a heatmap for each pair of `COMPARED`, or
for the two runs given; and translators_heads.png, how far each head looks. Runs without
weights are left out.
"""

import itertools
import re
from pathlib import Path

from keras import ops

from experiments.explanations.figures import ranges
from experiments.explanations.weighted_runs import with_weights
from experiments.report.figures import save_figure
from experiments.representations import heatmaps
from experiments.representations.attention import among_real, line_distances, reach
from experiments.representations.measures import cka_of, layer_measures
from experiments.representations.sentences import (
    as_read,
    block_layers,
    sentence_vectors,
)
from experiments.representations.skip_effects import skip_effects
from keras_nmt.errors import InputError
from keras_nmt.files import write_json
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.translator import load
from keras_nmt.specials import PAD

BATCH = 64
"""Sentences of a minibatch of CKA."""

COMPARED = (
    ("encoder_only", "full_transformer"),
    ("rnn", "lstm"),
    ("full_transformer", "full_transformer,norm=pre"),
    ("full_transformer_best", "full_transformer_best,norm=pre"),
)
"""Recipes whose runs are drawn beside one another."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    runs = with_weights(options.run_dirs)
    result = measure(runs, options.longest, options.sentences)
    options.out.mkdir(parents=True, exist_ok=True)
    write_json(options.out / "translators.json", result)
    recipes = [x["recipe"] for x in result["runs"]]
    pairs = [pair for pair in COMPARED if {*pair} <= {*recipes}]
    if not pairs and len(recipes) == 2:
        pairs = [tuple(recipes)]
    for one, other in pairs:
        figure = pair_figure(result, one, other)
        print(save_figure(figure, options.out / pair_name(one, other)))
    if head_rows(result):
        print(save_figure(head_figure(result), options.out / "translators_heads"))


def _parser():
    parser = OptionParser(description=__doc__)
    add = parser.add_argument
    add("run_dirs", nargs="+", type=Path, metavar="RUN_DIR")
    add("--out", type=Path, default=Path("results/representations"), metavar="DIR")
    add("--longest", type=int, default=20, help="20; most tokens of a side")
    add("--sentences", type=int, default=512, help="512; most of the test set")
    add("--debug", action="store_true", help="show tracebacks")
    return parser


def measure(runs, longest, most):
    """The numbers of some complete runs; see the module's docstring.

    Raises:
        InputError: too few sentences are short enough in all of the runs.
    """
    rows = runs[0].translations
    lines, references = [x.source for x in rows], [x.reference for x in rows]
    translators = [load(run.folder) for run in runs]

    def read(number, lines, references):
        score_sos = runs[number].config.get("score_sos")
        return as_read(translators[number], lines, references, longest, score_sos)

    kept = [read(number, lines, references)[1] for number in range(len(runs))]
    common = sorted(set.intersection(*map(set, kept)))[:most]
    common = common[: len(common) - len(common) % BATCH]
    if not common:
        raise InputError(
            f"fewer than {BATCH} test sentences have at most {longest} tokens in all "
            "runs; raise --longest"
        )
    lines, references = ([x[n] for n in common] for x in (lines, references))
    vectors, described = [], []
    for number, (run, translator) in enumerate(zip(runs, translators, strict=True)):
        inputs, _ = read(number, lines, references)
        model = translator.model
        vectors.append(sentence_vectors(model, inputs))
        described.append(
            {
                "run": run.name,
                "corpus": run.corpus,
                "recipe": run.recipe,
                "epochs": len(run.epochs),
                "layers": _layers(model, inputs, longest),
                "without_skip": skip_effects(model, inputs, BATCH),
            }
        )
    pairs = itertools.combinations_with_replacement(range(len(runs)), 2)
    return {
        "sentences": len(common),
        "runs": described,
        "pairs": [_pair(described, vectors, *places) for places in pairs],
    }


def _pair(described, vectors, one, other):
    batches = [_batches(x) for x in vectors]
    return {
        "runs": [described[place]["run"] for place in (one, other)],
        "recipes": [described[place]["recipe"] for place in (one, other)],
        "rows": [*vectors[one]],
        "columns": [*vectors[other]],
        **cka_of(batches[one], batches[other]),
    }


def _batches(vectors):
    count = len(next(iter(vectors.values())))
    return [
        [x[start : start + BATCH] for x in vectors.values()]
        for start in range(0, count, BATCH)
    ]


def _layers(model, inputs, longest):
    sides = zip(("source", "target_in"), block_layers(model, inputs), strict=True)
    distances, found = line_distances(longest, longest), {}
    for side, outputs in sides:
        if not outputs:
            continue
        is_real = inputs[side] != PAD
        found[side] = layer_measures(outputs, distances, is_real)
        for name, block in outputs.items():
            if "self_attention" in block.weights:
                weights = ops.convert_to_numpy(block.weights["self_attention"])
                weights = among_real(weights, is_real)
                found[side][name]["reach"] = reach(weights, distances, is_real)
    return found


# === Figures ===


def pair_name(one, other):
    """The name of a pair's figure, without its suffix."""
    return re.sub(r"[,=.]", "_", f"cka_{one}_and_{other}")


def pair_figure(result, one, other):
    """CKA of a recipe's first run with itself, of another's, and of both."""
    panels = []
    for pair in ((one, one), (other, other), (one, other)):
        found = _found(result, pair)
        title = " and ".join(dict.fromkeys(pair))
        panels.append((title, found["rows"], found["columns"], found["cka"]))
    figure = heatmaps.cka_figure(panels)
    # Titles of panels that differ in height need more room.
    figure.set_figheight(figure.get_figheight() + 0.4)
    return figure


def _found(result, pair):
    """The first pair of runs of two recipes; rows are the first's layers."""
    for found in result["pairs"]:
        if found["recipes"] == [*pair]:
            return found
        if found["recipes"] == [*pair[::-1]]:
            turned = [list(row) for row in zip(*found["cka"], strict=True)]
            return {"rows": found["columns"], "columns": found["rows"], "cka": turned}
    raise KeyError(pair)


def head_rows(result):
    """`run`, `layer`, `heads` (the mean distance of each) and `reach`, by layer."""
    return [
        {
            "recipe": described["recipe"],
            "layer": name,
            "heads": layer["head_distances"],
            "reach": layer["reach"],
        }
        for described in result["runs"]
        for layers in described["layers"].values()
        for name, layer in layers.items()
        if isinstance(layer, dict) and "head_distances" in layer
    ]


def head_figure(result):
    """Mean attention distance of each head, divided by that of uniform attention."""
    rows = []
    for row in head_rows(result):
        shares = [distance / row["reach"] for distance in row["heads"]]
        rows.append(
            {
                "name": f"{row['recipe']}, {row['layer'].replace('_', ' ')}",
                "recipe": row["recipe"].partition(",")[0],
                "value": sum(shares) / len(shares),
                "low": min(shares),
                "high": max(shares),
                "marks": shares,
            }
        )
    title = "How far heads of self-attention look, each head a stroke"
    label = "mean distance; 1 is that of uniform attention"
    return ranges(rows, title, label, 1.0)


if __name__ == "__main__":
    main()

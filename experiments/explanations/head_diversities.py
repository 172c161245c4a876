"""How different the heads of a layer look, for each attention of trained transformers.

    python -m experiments.explanations.head_diversities RUN_DIR [RUN_DIR ...]
        [--sentences 256] [--out results/explanations/head_diversities.csv]

A row stands for a recipe and one attention of one block: the mean over pairs of heads,
positions and sentences of the Jensen-Shannon divergence of their attention weights, in
bits, 0 if all heads look alike and 1 if no two look at the same position; the mean,
least and greatest over the recipe's runs. `all` is the mean over the attentions. The
sentences are those of the test set that fit the recipe's length, and the decoder reads
the references. A layer with one head has none.
"""

import numpy as np
import pandas as pd

from experiments.explanations.weighted_runs import parser_of, with_weights
from experiments.report.tables import write_csv
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import command_line

ALL = "all"


@command_line(results_in_files=True)
def main(argv=None):
    parser = parser_of(__doc__, "results/explanations/head_diversities.csv")
    parser.add_argument(
        "--sentences", type=int, default=256, help="256; most of the test set"
    )
    options = parser.parse_args(argv)
    measured = {}
    for run in with_weights(options.run_dirs):
        found = diversities(run, options.sentences)
        if not found:
            print(f"{run.folder}: left out, it has no layer with two heads or more")
        else:
            measured.setdefault((run.corpus, run.recipe), []).append((run, found))
    if not measured:
        raise InputError("no run with two heads or more; give a transformer")
    table = diversity_table(measured)
    write_csv(table, options.out)
    print(table.to_string(index=False, float_format="{:.4f}".format))


def diversities(run, most):
    """`{"block attention": bits}` of a run; {} without two heads.

    Raises:
        InputError: no test sentence fits the recipe's length.
    """
    from keras import ops

    from experiments.representations.attention import among_real, head_diversity
    from experiments.representations.sentences import as_read, block_layers
    from keras_nmt.run.translator import load
    from keras_nmt.specials import PAD

    translator = load(run.folder)
    lines, references = zip(*(row[:2] for row in run.translations), strict=True)
    longest, score_sos = run.config["max_length"], run.config["score_sos"]
    inputs, kept = as_read(translator, lines, references, longest, score_sos)
    if not kept:
        raise InputError(f"{run.folder}: no test sentence has at most {longest} tokens")
    inputs = {side: ids[:most] for side, ids in inputs.items()}
    sides = block_layers(translator.model, inputs)
    found = {}
    for side, layers in zip(("source", "target_in"), sides, strict=True):
        for name, block in layers.items():
            for attention, weights in block.weights.items():
                if weights.shape[1] > 1:
                    looked_at = "source" if attention == "cross_attention" else side
                    found[f"{name} {attention}"] = head_diversity(
                        among_real(
                            ops.convert_to_numpy(weights), inputs[looked_at] != PAD
                        ),
                        inputs[side] != PAD,
                    )
    return found


def diversity_table(measured):
    """The table of `{(corpus, recipe): [(run, diversities), one a run]}`."""
    rows = []
    for (corpus, recipe), runs in measured.items():
        layers = {name: [found[name] for _, found in runs] for name in runs[0][1]}
        layers[ALL] = np.mean([*layers.values()], axis=0)
        for layer, values in layers.items():
            rows.append(
                {
                    "corpus": corpus,
                    "recipe": recipe,
                    "runs": len(runs),
                    "heads": runs[0][0].config["num_heads"],
                    "layer": layer,
                    "diversity": float(np.mean(values)),
                    "least": float(min(values)),
                    "greatest": float(max(values)),
                }
            )
    return pd.DataFrame(rows, dtype=object)


if __name__ == "__main__":
    main()

"""How often the attended source word is the one that a target word translates.

    python -m experiments.explanations.attention_alignments RUN_DIR [RUN_DIR ...]
        [--corpus NAME|PATH] [--out results/explanations/attention_alignments.csv]

Neither corpus has alignments by hand. The reference are those of IBM model 1, trained
on the run's train pairs, on which both directions agree: about half of the words, and
more of nouns than of articles. They know no positions and no attention.

A row stands for a recipe and a layer: the share of aligned words of the validation
references whose most attended source word is the aligned one, with its 95 % interval
over resampled sentences; the mean over the recipe's runs. Weights are the mean over
heads; special tokens, unknown words and line ends do not count. The decoder reads the
reference. Two systems without a network stand beside it: `diagonal` looks at place
t S / T of the source for word t of T, and `chance` at any word.
"""

import numpy as np
import pandas as pd

from experiments.explanations.reference_alignments import (
    References,
    sentence_counts,
    word_places,
)
from experiments.explanations.resampling import draws, means, with_interval
from experiments.explanations.weighted_runs import corpora, parser_of, with_weights
from experiments.report.tables import write_csv
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import command_line

BASELINES = ("diagonal", "chance")


@command_line(results_in_files=True)
def main(argv=None):
    parser = parser_of(
        __doc__, "results/explanations/attention_alignments.csv", of_validation=True
    )
    options = parser.parse_args(argv)
    runs = with_weights(options.run_dirs)
    texts, references, measured = corpora(options, runs), References(), {}
    for run in runs:
        found = agreements(run, texts[run.corpus], references)
        if not found:
            print(f"{run.folder}: left out, it has no attention to the source")
        for layer, counts in found.items():
            key = run.corpus, run.recipe, layer
            measured.setdefault(key, []).append(counts)
    if not measured:
        raise InputError("no run with attention among the folders; give one")
    table = pd.DataFrame(
        [agreement_row(*key, here) for key, here in measured.items()], dtype=object
    )
    write_csv(table, options.out)
    print(table.to_string(index=False, float_format="{:.4f}".format))


def agreements(run, corpus, references):
    """`{layer: float (4, N)}`, the `sentence_counts` of each validation pair."""
    from keras_nmt.run.translator import load

    translator, found = load(run.folder), {}
    sides = translator.source, translator.target
    for *pair, weights in attended(run, translator, corpus.validation):
        models = references.models(run, translator, corpus)
        source, target = map(word_places, sides, pair)
        words = [
            [ids[place] for place in places]
            for ids, places in zip(pair, (source, target), strict=True)
        ]
        for layer, heads in weights.items():
            of_words = heads.mean(axis=0)[target][:, source]
            counts = sentence_counts(models, *words, of_words)
            found.setdefault(layer, []).append(counts)
    return {layer: np.array(rows).T for layer, rows in found.items()}


def attended(run, translator, text):
    """Yields `(source ids, target ids, {layer: weights (H, T, S)})` of each pair."""
    from keras import ops

    from keras_nmt import kernels
    from keras_nmt.run.average_run import Validation

    batches = Validation(run, translator, text).batches
    compute = kernels.compiled(translator.model.attention, translator.model)
    for index in range(len(batches)):
        inputs, targets = batches[index]
        weights = {x: ops.convert_to_numpy(w) for x, w in compute(inputs).items()}
        for row in range(len(batches.members(0, index))):
            yield (
                inputs["source"][row].tolist(),
                targets["target_out"][row].tolist(),
                {name: heads[row] for name, heads in weights.items()},
            )


def agreement_row(corpus, recipe, layer, measured):
    """The row of a layer: shares of the aligned words.

    Args:
        measured: float (4, N) of each run, as of `agreements`.
    """
    words, hits, *baselines = np.mean(measured, axis=0)
    times = draws(len(words))

    def share(found):
        return means(found[:, None], words[:, None], times)[:, 0]

    agreement, low, high = with_interval(share(hits))
    return {
        "corpus": corpus,
        "recipe": recipe,
        "runs": len(measured),
        "layer": layer,
        "words": int(words.sum()),
        "agreement": agreement,
        "low": low,
        "high": high,
        **{
            name: float(share(found)[0])
            for name, found in zip(BASELINES, baselines, strict=True)
        },
    }


if __name__ == "__main__":
    main()

"""CKA between the layers of trained translators, and what each layer shows.

    python -m experiments.representations.translators RUN_DIR [RUN_DIR ...] --out DIR
        [--longest 20] [--sentences 512]

Writes translators.json and a heatmap for each pair of runs, over the same sentences of
the first run's test set. A sentence is the mean of its tokens' vectors.
"""

import itertools
from pathlib import Path

from experiments.representations import heatmaps
from experiments.representations.attention import line_distances
from experiments.representations.measures import cka_of, layer_measures
from experiments.representations.sentences import (
    as_read,
    block_layers,
    sentence_vectors,
)
from keras_nmt.errors import InputError
from keras_nmt.evaluation.drawing import save_image
from keras_nmt.files import write_json
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import complete_run
from keras_nmt.run.translator import load
from keras_nmt.specials import PAD

BATCH = 64
"""Sentences of a minibatch of CKA."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    runs = [complete_run(folder) for folder in options.run_dirs]
    result = measure(runs, options.longest, options.sentences)
    options.out.mkdir(parents=True, exist_ok=True)
    write_json(options.out / "translators.json", result)
    for number, pair in enumerate(result["pairs"], 1):
        title = " and ".join(dict.fromkeys(pair["runs"]))
        panel = title, pair["rows"], pair["columns"], pair["cka"]
        save_image(heatmaps.cka_figure([panel]), options.out / f"cka_{number}.png")
        print(f"cka_{number}.png: {title}")


def _parser():
    parser = OptionParser(description=__doc__)
    add = parser.add_argument
    add("run_dirs", nargs="+", type=Path, metavar="RUN_DIR")
    add("--out", type=Path, required=True, metavar="DIR")
    add("--longest", type=int, default=20, help="20; most tokens of a side")
    add("--sentences", type=int, default=512, help="512; most of the test set")
    return parser


def measure(runs, longest, most):
    """The numbers of some complete runs; see the module's docstring.

    Raises:
        InputError: too few sentences are short enough in all of the runs.
    """
    rows = runs[0].translations
    lines, references = [x.source for x in rows], [x.reference for x in rows]
    translators = [load(run.folder) for run in runs]
    kept = [as_read(x, lines, references, longest)[1] for x in translators]
    common = sorted(set.intersection(*map(set, kept)))[:most]
    common = common[: len(common) - len(common) % BATCH]
    if not common:
        raise InputError(
            f"fewer than {BATCH} test sentences have at most {longest} tokens in all "
            "runs; raise --longest"
        )
    lines, references = ([x[n] for n in common] for x in (lines, references))
    vectors, layers = [], []
    for translator in translators:
        inputs, _ = as_read(translator, lines, references, longest)
        vectors.append(sentence_vectors(translator.model, inputs))
        layers.append(_layers(translator.model, inputs, longest))
    names = [run.name for run in runs]
    pairs = itertools.combinations_with_replacement(range(len(runs)), 2)
    return {
        "sentences": len(common),
        "layers": dict(zip(names, layers, strict=True)),
        "pairs": [_pair(names, vectors, *places) for places in pairs],
    }


def _pair(names, vectors, one, other):
    batches = [_batches(x) for x in vectors]
    return {
        "runs": [names[one], names[other]],
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
    distances = line_distances(longest, longest)
    return {
        side: layer_measures(outputs, distances, inputs[side] != PAD)
        for side, outputs in sides
        if outputs
    }


if __name__ == "__main__":
    main()

"""Whether JAX and torch on a GPU train and translate as JAX does on the CPU.

    python -m benchmarks.gpu_parity [--recipe full_transformer] [--steps 20]
        [--results-dir results/benchmarks/gpu]

Each is a process that begins with the same weights and trains on the same made-up
batches, without dropout, and then translates some sentences greedily. parity.csv has
the largest difference of a step's loss from JAX's on the CPU, and the share of the
sentences that are translated alike.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.training_data import made_up
from keras_nmt.files import write_whole

SENTENCES = 64
CONTENDERS = {
    "jax, cpu": {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    "jax": {"KERAS_BACKEND": "jax"},
    "torch": {"KERAS_BACKEND": "torch"},
}
"""Variables of each; the first one is what the others are compared with."""


def main(argv):
    options = _parser().parse_args(argv)
    if options.into:
        compute(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for number, (name, variables) in enumerate(CONTENDERS.items()):
            into = Path(folder) / f"{number}.json"
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.gpu_parity", *argv, "--into", into],
                env={**os.environ, **variables},
            )
            if not done.returncode:
                found[name] = json.loads(into.read_text(encoding="utf-8"))
                write(found, options)
    print(f"written: {options.results_dir}/parity.csv")


def write(found, options):
    """The table of those that have come to their end so far."""
    first = next(iter(found.values()))
    rows = []
    for name, mine in found.items():
        alike = [
            a == b
            for a, b in zip(mine["translations"], first["translations"], strict=True)
        ]
        apart = np.abs(np.subtract(mine["losses"], first["losses"])).max()
        rows.append(
            {
                "contender": name,
                "device": mine["device"],
                "recipe": options.recipe,
                "steps": len(mine["losses"]),
                "first_loss": round(mine["losses"][0], 6),
                "last_loss": round(mine["losses"][-1], 6),
                "largest_difference": float(f"{apart:.2g}"),
                "same_translations": round(float(np.mean(alike)), 4),
            }
        )
    table = pd.DataFrame(rows)
    csv = table.to_csv(index=False, lineterminator="\n")
    write_whole(options.results_dir / "parity.csv", csv)
    print(table.to_string(index=False), flush=True)


def compute(options):
    """One contender: its losses and translations, as JSON."""
    import keras

    from experiments.recipes import RECIPES
    from keras_nmt import kernels
    from keras_nmt.compiling import compiled
    from keras_nmt.search.corpus_decoder import CorpusDecoder
    from keras_nmt.search.greedy import Greedy
    from keras_nmt.text.batching import TranslationBatches

    kernels.overrule_settings()
    sizes, pairs = made_up()
    recipe = dataclasses.replace(RECIPES[options.recipe], dropout=0.0)
    model = compiled(recipe, sizes, seed=0)
    begin_alike(model, options.into.parent / "weights.npz")
    batches = TranslationBatches(pairs, **recipe.batch_options(), seed=0)
    losses = []

    def note(batch, logs):
        losses.append(float(logs["loss"]))
        model.stop_training = len(losses) == options.steps

    watching = keras.callbacks.LambdaCallback(on_train_batch_end=note)
    with kernels.products_in("float32"):
        model.fit(batches, shuffle=False, verbose=0, callbacks=[watching])
    sources = [source for source, _ in pairs[:SENTENCES]]
    found = CorpusDecoder(model, Greedy(), SENTENCES)(sources)
    result = {
        "device": kernels.device(),
        "losses": losses,
        "translations": [list(map(int, best.token_ids)) for best, *_ in found],
    }
    options.into.write_text(json.dumps(result), encoding="utf-8")


def begin_alike(model, path):
    """Gives the model the weights of the first contender."""
    import keras

    weights = model.trainable_variables
    if path.exists():
        with np.load(path) as arrays:
            for number, weight in enumerate(weights):
                weight.assign(arrays[f"{number}"])
        return
    arrays = [keras.ops.convert_to_numpy(weight.value) for weight in weights]
    np.savez(path, **{str(number): array for number, array in enumerate(arrays)})


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--recipe", default="full_transformer", metavar="NAME")
    add("--steps", type=int, default=20)
    add("--results-dir", type=Path, default=Path("results/benchmarks/gpu"))
    add("--into", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])

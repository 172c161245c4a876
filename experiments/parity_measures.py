"""Measures one backend for `experiments.parity`, which starts this module.

    python -m experiments.parity_measures FOLDER RECIPE [RECIPE ...] --corpus CORPUS
        --steps N --seed K [options of the corpus] [--savers tensorflow,jax,torch]

Without `--savers` it measures logits, gradients and training losses, starting from the
weight file of the first backend. With `--savers` it loads the weights that every
backend saved, and translates with those of the first.
"""

import dataclasses
import hashlib
from importlib import metadata
from pathlib import Path

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from experiments import recipes
from keras_nmt import kernels
from keras_nmt.corpora import options as corpus_options
from keras_nmt.files import write_json
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.recipes.from_text import find
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.train import compiled
from keras_nmt.training.weights import load_weights, save_weights

INITIAL = "initial.weights.h5"


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    kernels.overrule_settings()
    names = list(recipes.WRITEUP) if "all" in options.recipes else options.recipes
    chosen = [
        dataclasses.replace(find(name, recipes.RECIPES), dropout=0.0) for name in names
    ]
    corpus = corpus_options.chosen_corpus(options)
    for number, recipe in enumerate(chosen, 1):
        progress = f"[{number}/{len(chosen)}] {recipe.name} on {corpus.name}"
        print(f"{progress}, {kernels.BACKEND}", flush=True)
        folder = options.folder / recipe.name
        if options.savers:
            reload(recipe, corpus, folder, options.seed, options.savers.split(","))
        else:
            measure(recipe, corpus, folder, options.seed, options.steps)


# === Measuring ===


def measure(recipe, corpus, folder, seed, steps):
    """Writes `<backend>.npz`, `<backend>.json` and `<backend>.weights.h5`."""
    folder.mkdir(parents=True, exist_ok=True)
    model, prepared = _model(recipe, corpus, seed)
    is_first = not (folder / INITIAL).exists()
    if is_first:
        save_weights(model, folder / INITIAL)
    load_weights(model, folder / INITIAL)
    parameters = model.count_params()
    pairs, options = prepared.pairs, recipe.batch_options()
    validation = TranslationBatches(pairs["validation"], **options)
    batches = TranslationBatches(pairs["train"], **options, seed=seed)
    np.savez(
        folder / f"{kernels.BACKEND}.npz",
        logits=logits(model, validation[0][0]),
        **gradients(model, batches[0]),
    )
    model, losses = _trained(recipe, corpus, folder, seed, steps)
    save_weights(model, folder / f"{kernels.BACKEND}.weights.h5")
    found = {
        "corpus": corpus.name,
        "version": metadata.version(kernels.BACKEND),
        "device": kernels.device(),
        "parameters": parameters,
        "losses": losses,
        "digest": digest(model),
    }
    if is_first:
        _, found["nudged_losses"] = _trained(
            recipe, corpus, folder, seed, steps, nudged=True
        )
    write_json(folder / f"{kernels.BACKEND}.json", found)


def _model(recipe, corpus, seed):
    """The compiled model, and the `Prepared` corpus."""
    prepared = prepare(corpus, **recipe.text_options())
    return compiled(recipe, prepared.sizes, seed), prepared


def _trained(recipe, corpus, folder, seed, steps, nudged=False):
    """A model trained for some steps from the initial weights, and its losses."""
    model, prepared = _model(recipe, corpus, seed)
    load_weights(model, folder / INITIAL)
    if nudged:
        nudge(model)
    pairs, options = prepared.pairs["train"], recipe.batch_options()
    batches = TranslationBatches(pairs, **options, seed=seed)
    return model, training_losses(model, first_batches(batches, steps), steps)


def nudge(model):
    """Moves each weight at random to the next larger or smaller float32 number.

    The difference to the run without this shows what rounding alone does; two backends
    cannot be expected to agree more closely.
    """
    generator = np.random.default_rng(0)
    for weight in model.trainable_weights:
        array = ops.convert_to_numpy(weight.value)
        signs = generator.choice(np.float32([-np.inf, np.inf]), array.shape)
        weight.assign(np.nextafter(array, signs))


def logits(model, inputs):
    """NumPy logits of a batch, padding included, compiled as in validation."""
    return model.predict_on_batch(inputs)


class Gradients(keras.optimizers.Optimizer):
    """Replaces each weight by its gradient.

    This gives the gradients of a real training step without code for each backend.
    (From a step of gradient descent they could be computed only with rounding.)
    """

    def __init__(self):
        super().__init__(learning_rate=1.0, name="gradients")

    def update_step(self, gradient, variable, learning_rate):
        self.assign(variable, ops.convert_to_tensor(gradient))


def gradients(model, batch):
    """`{path: gradient}` of the loss of a batch; overwrites the weights."""
    model.compile(Gradients(), jit_compile=kernels.JIT_COMPILE)
    model.train_on_batch(*batch)
    return {
        weight.path: ops.convert_to_numpy(weight.value)
        for weight in model.trainable_weights
    }


def first_batches(batches, steps):
    """Yields the batches of the first steps, from as many epochs as needed."""
    for step in range(steps):
        epoch, place = divmod(step, len(batches))
        if not place:
            batches.set_epoch(epoch)
        yield batches[place]


def training_losses(model, batches, steps):
    """Trains the model; returns the loss of each step before its update."""
    losses = []
    progress = f"{kernels.BACKEND}: training"
    for batch in tqdm(batches, progress, steps, unit="step", disable=None):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(*batch, return_dict=True)["loss"]))
    return losses


def digest(model):
    """SHA-256 of all weights: equal for two models with exactly equal weights."""
    found = hashlib.sha256()
    for weight in model.weights:
        array = np.ascontiguousarray(ops.convert_to_numpy(weight.value))
        found.update(f"{weight.path} {array.dtype} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


# === Loading ===


def reload(recipe, corpus, folder, seed, savers):
    """Writes `<backend>.loaded.json`: digests of all weights, and translations."""
    model, prepared = _model(recipe, corpus, seed)
    digests = {}
    for saver in reversed(savers):  # the first one's weights are loaded last
        load_weights(model, folder / f"{saver}.weights.h5")
        digests[saver] = digest(model)
    translator = TrainedTranslator(model, prepared.source, prepared.target)
    hypotheses = translator.translate(list(corpus.test.source), progress=None)
    write_json(
        folder / f"{kernels.BACKEND}.loaded.json",
        {"digests": digests, "hypotheses": hypotheses},
    )


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("recipes", nargs="+", metavar="RECIPE")
    corpus_options.add_options(parser)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--savers", help="backends that have saved weights")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()

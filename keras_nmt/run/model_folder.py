"""Model folders: a translator to give away, in 2 bytes a weight, with a model card.

    <folder>/
        README.md  translator.json  model.weights.h5  scores.json  examples.tsv

Unlike a run folder it keeps no training: `keras-nmt package` makes one from a run.
"""

import os
from pathlib import Path

from keras_nmt.atomic import UNFINISHED
from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.run.checkpoints import TRANSLATOR
from keras_nmt.run.file_formats import SCORES
from keras_nmt.run.runs import Run

CARD = "README.md"
EXAMPLES = "examples.tsv"
WEIGHTS = "model.weights.h5"

FILES = (CARD, WEIGHTS, SCORES, EXAMPLES, TRANSLATOR)
"""All that `keras-nmt package` writes."""

EXPORTS = "exports"
"""The folder of a model or a run in which `--engine` keeps what other engines read; it
is made again after the weights have changed."""

VARIABLE = "KERAS_NMT_MODELS"
"""The environment variable with the folder where models are looked up by name."""

SHIPPED = Path(__file__).parents[2] / "results" / "models"
"""The models of the project's repository; a wheel has none."""


def is_model(folder):
    """Whether a folder is a model folder, as far as its file names tell."""
    return (Path(folder) / TRANSLATOR).is_file()


def check_replaceable(folder):
    """Raises `InputError` unless a folder is new or empty, or holds a model alone."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; give a new folder by --out")
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    own = {*FILES, EXPORTS} if TRANSLATOR in names else set()
    for name in sorted({*names} - own):
        if not name.startswith(UNFINISHED):
            raise InputError(
                f"{folder}: holds other files ({name}), which a new model would be "
                "among; move them away, or give an empty folder by --out"
            )


def files_to_load(folder):
    """The paths of translator.json and of the weights, of a model or a run.

    Raises:
        InputError: it is no folder but the name of a model.
    """
    folder = Path(folder)
    if is_model(folder):
        return folder / TRANSLATOR, folder / WEIGHTS
    if not folder.exists() and is_model(_models() / folder.name):
        raise InputError(
            f"{folder}: no such folder; --model {folder.name} is the model of that name"
        )
    run = Run(folder)
    return run.translator_file, run.translating_weights_file


def named_model(name):
    """The folder of the model of that name.

    Models are looked up in the folder that `KERAS_NMT_MODELS` names, or else in
    `results/models` of the repository.

    Raises:
        InputError: there is none; the message lists those there are.
    """
    root = _models()
    folder = root / name
    if os.path.basename(name) == name and is_model(folder):
        return folder
    known = sorted(path.parent.name for path in root.glob(f"*/{TRANSLATOR}"))
    there = f"there are {', '.join(known)}" if known else "there are none"
    raise InputError(
        f"--model {name}: no such model in {root}{did_you_mean(name, known)}; {there}; "
        f"a folder elsewhere goes without --model, or set {VARIABLE}"
    )


def _models():
    return Path(os.environ.get(VARIABLE) or SHIPPED)

"""What the contenders translate and with which weights, taken from a run folder.

    python -m benchmarks.decoding_data RUN_DIR FOLDER

Writes `sentences.json` (ids of the raw test lines), `config.json` (the recipe and
the sizes of the vocabularies) and `weights.npz` (arrays by their paths).
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

import keras_nmt
from benchmarks.contenders import Driver
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import command_line
from keras_nmt.run.runs import Run
from keras_nmt.specials import EOS


@command_line
def main(argv=None):
    run_dir, folder = map(Path, argv)
    driver = Driver()
    run = keras_nmt.load(run_dir)
    config = Run(run_dir).config
    if type(run.model).__name__ != "TransformerTranslator":
        raise InputError(f"{run_dir}: no full transformer; its peer is the only one")
    lines = [row.source for row in Run(run_dir).translations]
    longest = run.model.max_length
    sentences = [cut(run.source.encode(line), longest) for line in lines]
    config |= {"family": "TransformerRecipe", "pad_to": run.model.visible_padding}
    write(folder / "config.json", config)
    write(folder / "sentences.json", sentences)
    weights = run.model.weights
    arrays = {w.path: keras.ops.convert_to_numpy(w.value) for w in weights}
    np.savez(folder / "weights.npz", **arrays)
    driver.reply(lines=lines)


def cut(ids, longest):
    """As the library cuts a sentence that has more positions than the system knows."""
    return ids if len(ids) <= longest else [*ids[: longest - 1], EOS]


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

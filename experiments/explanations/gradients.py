"""Gradients through time of a recurrent run, before and after its training.

    python -m experiments.explanations.gradients RUN_DIR [--length 12] [--position 0]
        [--sentences 64] [--out FILE.csv]

Prints a line for each distance from the loss: the norm of the derivative by that state,
of the initial weights and of the trained ones.
"""

from pathlib import Path

import keras
import numpy as np

from experiments.explanations.state_gradients import state_gradients
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import complete_run
from keras_nmt.run.translator import load


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    run = complete_run(options.run_dir)
    translator = load(run.folder)
    text = sentences(
        translator, run, options.length, options.position, options.sentences
    )
    keras.utils.set_random_seed(run.seed or 0)
    model = translator.model
    fresh = type(model).from_config(model.get_config())
    fresh.build()
    columns = [state_gradients(x, *text, options.position) for x in (fresh, model)]
    lines = ["distance,start,end"]
    for distance, (start, end) in enumerate(zip(*map(reversed, columns), strict=True)):
        lines.append(f"{distance},{start:.6g},{end:.6g}")
    print("\n".join(lines))
    if options.out:
        write_whole(options.out, "\n".join(lines) + "\n")


def _parser():
    parser = OptionParser(description=__doc__)
    add = parser.add_argument
    add("run_dir", type=Path, metavar="RUN_DIR")
    add("--length", type=int, default=12, help="12; tokens of the sources")
    add("--position", type=int, default=0, help="0; of the target, whose loss it is")
    add("--sentences", type=int, default=64, help="64; most of the test set")
    add("--out", type=Path, metavar="FILE.csv")
    return parser


def sentences(translator, run, length, position, most):
    """Sources of one length, (n, length), and the beginnings of their references.

    Raises:
        InputError: the test set has no such pair.
    """
    found = []
    for row in run.translations:
        source = translator.source.encode(row.source)
        target = translator.target.encode(row.reference)
        if len(source) == length and len(target) >= position + 2:
            found.append((source, target[: position + 2]))
    if not found:
        raise InputError(
            f"{run.folder}: no test sentence has {length} tokens and a reference of "
            f"{position + 2} or more; give another --length"
        )
    return tuple(np.array(side, "int32") for side in zip(*found[:most], strict=True))


if __name__ == "__main__":
    main()

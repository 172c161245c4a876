"""Gradients through time of recurrent runs, before and after their training.

    python -m experiments.explanations.gradients RUN_DIR [RUN_DIR ...] [--length 12]
        [--word 5] [--sentences 128] [--out results/explanations/gradients.csv]

The loss is that of one word of the reference, for test sources of one length, and the
decoder reads the reference. A row stands for a recipe and a distance, in steps, from
that loss back to a state of decoder or encoder: the norm of the derivative by this
state, with the initial weights of the run's seed (`start`) and with the trained ones
(`end`), the mean over sentences and runs. The writeup's systems read a source's padding
like words, so its states are among them, nearer to the loss than the words.

`kept` has instead what a step back leaves of the norm: the factor exp(slope) of a line
through the logarithms over the source's states. 1 keeps all, 0.5 halves it with every
word. It has a 95 % interval over resampled sentences. A row of two recipes,
`this - that`, is the difference of their factors. The figure stands beside the table.
"""

import numpy as np
import pandas as pd

from experiments.explanations import figures
from experiments.explanations.resampling import draws, slopes, with_interval
from experiments.explanations.weighted_runs import parser_of, with_weights
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import command_line
from keras_nmt.specials import PAD

COMPARED = (("lstm", "rnn"), ("lstm_attention", "rnn_attention"))
KEPT = "kept"
TIMES = ("start", "end")


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    measured = {}
    for run in with_weights(options.run_dirs):
        found = gradients_of(run, options.length, options.word, options.sentences)
        if found is None:
            print(f"{run.folder}: left out, it is no recurrent system of one layer")
        else:
            measured.setdefault((run.corpus, run.recipe), []).append(found)
    if not measured:
        raise InputError("no recurrent run among the folders; give one")
    table = gradient_table(measured)
    write_whole(options.out, table.map(_cell).to_csv(index=False))
    print(table[table["distance"] == KEPT].to_string(index=False))
    for path in figures.for_each_corpus(table, gradient_figure, options.out):
        print(path)


def _cell(x):
    """Norms span many powers of ten, so cells have six significant digits."""
    if x is None or x != x:
        return ""
    return f"{x:.6g}" if isinstance(x, float) else x


def _parser():
    parser = parser_of(__doc__, "results/explanations/gradients.csv")
    add = parser.add_argument
    add("--length", type=int, default=12, help="12; tokens of the sources")
    add("--word", type=int, default=5, help="5; of the reference, whose loss it is")
    add("--sentences", type=int, default=128, help="128; most of the test set")
    return parser


def gradients_of(run, length, word, most):
    """Norms by distance, at the start and at the end; None for other systems.

    Returns:
        float (2, S + position + 1, B), the first state has distance 0; and S.
    """
    from experiments.explanations.initial_weights import initial_model
    from experiments.explanations.state_gradients import (
        is_measurable,
        sentence_gradients,
    )
    from keras_nmt.run.translator import load

    translator = load(run.folder)
    if not is_measurable(translator.model):
        return None
    *text, position = sentences(translator, run, length, word, most)
    models = initial_model(run, translator), translator.model
    norms = [sentence_gradients(x, *text, position)[::-1] for x in models]
    return np.stack(norms), text[0].shape[1]


def sentences(translator, run, length, word, most):
    """Sources of one length, what the decoder reads, and the position of a word.

    Returns:
        int (n, S), with the padding that the model sees; int (n, position + 2); int.
        The writeup's decoder reads `<sos>` to predict `<sos>`, so its first word stands
        at position 1.

    Raises:
        InputError: the test set has no such pair.
    """
    first = int(bool(run.config.get("score_sos")))
    position = word - 1 + first
    found = []
    for row in run.translations:
        source = translator.source.encode(row.source)
        target = translator.target.encode(row.reference)
        target = target[:1] * first + target
        # The word itself stands at position + 1, and `<eos>` comes after it.
        if len(source) == length and len(target) > position + 2:
            padding = [PAD] * (translator.model.visible_padding - length)
            found.append((source + padding, target[: position + 2]))
    if not found:
        raise InputError(
            f"{run.folder}: no test sentence has {length} tokens and a reference of "
            f"{word} words or more; give another --length or --word"
        )
    sides = zip(*found[:most], strict=True)
    return *(np.array(side, "int32") for side in sides), position


def gradient_table(measured):
    """The table of `{(corpus, recipe): [(norms, states of the source), one a run]}`."""
    rows, factors = [], {}
    for (corpus, recipe), runs in measured.items():
        norms = np.mean([found for found, _ in runs], axis=0)
        same = {"corpus": corpus, "recipe": recipe, "runs": len(runs)}
        for distance in range(norms.shape[1]):
            values = dict(zip(TIMES, norms[:, distance].mean(axis=1), strict=True))
            rows.append({**same, "distance": distance, **values})
        factors[corpus, recipe] = factor = _kept(norms, runs[0][1])
        rows.append({**same, "distance": KEPT, **_intervals(factor)})
    for corpus in dict.fromkeys(corpus for corpus, _ in factors):
        for one, other in COMPARED:
            keys = (corpus, one), (corpus, other)
            if all(key in factors for key in keys):
                difference = factors[keys[0]] - factors[keys[1]]
                name = {"corpus": corpus, "recipe": f"{one} - {other}", "runs": None}
                rows.append({**name, "distance": KEPT, **_intervals(difference)})
    return pd.DataFrame(rows, dtype=object)


def _kept(norms, states):
    """The factor of a step, (2, R): at the start and the end, for resampled texts.

    Args:
        norms: float (2, steps, B); the last `states` are those of the source.
    """
    times, places = draws(norms.shape[2]), np.arange(states)
    sums = np.einsum("rb,tsb->trs", times, norms[:, -states:])
    lines = [slopes(np.log(x), places, np.ones(states)) for x in sums]
    return np.exp(lines)


def _intervals(factors):
    row = {}
    for name, samples in zip(TIMES, factors, strict=True):
        ends = (name, f"{name}_low", f"{name}_high")
        row |= dict(zip(ends, with_interval(samples), strict=True))
    return row


def gradient_figure(table):
    """Norms over distance, before training at the left and after it at the right."""
    shown = table[table["distance"] != KEPT]
    panels = []
    for time, title in zip(TIMES, ("before training", "after training"), strict=True):
        lines = [
            {
                "name": recipe,
                "x": rows["distance"].to_list(),
                "y": figures.numbers(rows[time]),
            }
            for recipe, rows in shown.groupby("recipe", sort=False)
        ]
        panels.append((title, lines))
    label = "norm of the derivative by a state"
    return figures.curves(panels, "steps from the loss back to the state", label, True)


if __name__ == "__main__":
    main()

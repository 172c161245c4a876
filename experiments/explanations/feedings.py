"""The same recurrent weights, fed with their own words and with the reference's.

    python -m experiments.explanations.feedings RUN_DIR [RUN_DIR ...]
        [--corpus NAME|PATH] [--out results/explanations/feedings.csv]

The writeup trains and validates its recurrent systems free running, and its
transformers by teacher forcing, so their losses do not compare. A row stands for a
recipe: validation loss both ways, in nats a token without `<sos>`, the mean over its
runs, and their difference with its 95 % interval over resampled sentences. BLEU is
that of the run's test set: greedy search runs free whatever the training did.
"""

import numpy as np
import pandas as pd

from experiments.explanations.resampling import draws, means, with_interval
from experiments.explanations.weighted_runs import corpora, parser_of, with_weights
from experiments.report.score_tables import score_cell
from experiments.report.tables import write_csv
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import command_line

WAYS = ("free_running", "teacher_forcing")


@command_line(results_in_files=True)
def main(argv=None):
    parser = parser_of(__doc__, "results/explanations/feedings.csv", of_validation=True)
    options = parser.parse_args(argv)
    runs = with_weights(options.run_dirs)
    texts = corpora(options, runs)
    measured = {}
    for run in runs:
        found = both_ways(run, texts[run.corpus].validation)
        if found is None:
            print(f"{run.folder}: left out, it has no feeding", flush=True)
        else:
            measured.setdefault((run.corpus, run.recipe), []).append((run, *found))
    if not measured:
        raise InputError("no recurrent run among the folders; give one")
    table = pd.DataFrame(
        [feeding_row(*key, here) for key, here in measured.items()], dtype=object
    )
    write_csv(table, options.out)
    print(table.to_string(index=False, float_format="{:.4f}".format))


def both_ways(run, text):
    """The losses (N, T) of a run's words for each of `WAYS`; None for other systems."""
    from experiments.explanations.token_losses import token_losses, words_alone
    from keras_nmt.models.recurrent import RecurrentTranslator
    from keras_nmt.recipes.choices import FEEDINGS
    from keras_nmt.run.average_run import Validation
    from keras_nmt.run.translator import load

    translator = load(run.folder)
    if type(translator.model) is not RecurrentTranslator:
        return None
    measure, found = Validation(run, translator, text), []
    for way in WAYS:
        translator.model.feeding = FEEDINGS[way]()
        losses = token_losses(translator.model, measure.batches)
        found.append(words_alone(losses, measure.recipe))
    return found


def feeding_row(corpus, recipe, measured):
    """The row of a recipe.

    Args:
        measured: (run, losses free running, losses forced) of each run; losses are
            float (N, T).
    """
    times = draws(len(measured[0][1]))
    free, forced = (
        np.mean([_loss(losses, times) for losses in column], axis=0)
        for column in list(zip(*measured, strict=True))[1:]
    )
    difference, low, high = with_interval(free - forced)
    scores = [score_cell(run, "bleu") for run, *_ in measured]
    known = [score for score in scores if isinstance(score, float)]
    return {
        "corpus": corpus,
        "recipe": recipe,
        "runs": len(measured),
        "trained": measured[0][0].config.get("feeding"),
        "free_running": float(free[0]),
        "teacher_forcing": float(forced[0]),
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
        "bleu": float(np.mean(known)) if known else None,
    }


def _loss(losses, times):
    """The loss of each resampled text, (R,)."""
    sums, counts = np.nansum(losses, axis=1), np.isfinite(losses).sum(axis=1)
    return means(sums[:, None], counts[:, None], times)[:, 0]


if __name__ == "__main__":
    main()

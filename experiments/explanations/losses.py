"""Validation loss by position in the sentence, by its length, and without a context.

    python -m experiments.explanations.losses RUN_DIR [RUN_DIR ...]
        [--corpus NAME|PATH] [--out results/explanations/losses.csv]

The loss is that of training: each system reads what its recipe feeds it. A row stands
for a recipe and a group of words: those at one position of the reference, 1 for the
first word, those of sentences of one length (`group` then names the words of the
source), or all. It has the loss in nats a word, the mean over the recipe's runs, and
the 95 % interval over resampled sentences. `slope` is the change of the loss from one
position to the next. A row of two recipes, `this - that`, holds their difference.

`NAME, uniform` is the recurrent system NAME with attention, but with equal attention
weights for all positions: the same weights, and a context that says nothing of where.
Two figures stand beside the table, by position and by length.
"""

import functools

import numpy as np
import pandas as pd

from experiments.explanations import figures
from experiments.explanations.resampling import draws, means, slopes, with_interval
from experiments.explanations.weighted_runs import corpora, parser_of, with_weights
from experiments.report.lengths import LONGER_FROM, bin_names
from experiments.report.systems import COLOURS
from experiments.report.tables import write_csv
from keras_nmt.program.command_line import command_line

UNIFORM = ", uniform"
WITH_ATTENTION = ("rnn_attention", "lstm_attention", "lstm_attention_best")
COMPARED = (
    ("rnn", "lstm"),
    ("rnn", "rnn_attention"),
    ("lstm", "lstm_attention"),
    *((f"{name}{UNIFORM}", name) for name in WITH_ATTENTION),
)
"""A row `this - that` says how much lower the loss of the second is."""

FEWEST = 50
"""Words of a group; smaller groups are left out."""

SLOPE = "slope"
LABELS = {"position": "word of the reference", "length": "words of the source"}


@command_line(results_in_files=True)
def main(argv=None):
    parser = parser_of(__doc__, "results/explanations/losses.csv", of_validation=True)
    options = parser.parse_args(argv)
    runs = with_weights(options.run_dirs)
    texts, measured = corpora(options, runs), {}
    for run in runs:
        for name, found in losses_of(run, texts[run.corpus].validation).items():
            measured.setdefault(run.corpus, {}).setdefault(name, []).append(found)
    table = pd.concat([loss_table(x, measured[x]) for x in measured])
    write_csv(table, options.out)
    print(options.out)
    for by, label in LABELS.items():
        here = table[table["by"] == by]
        draw = functools.partial(loss_figure, x_label=label)
        stem = options.out.with_name(f"{options.out.stem}_by_{by}.csv")
        for path in figures.for_each_corpus(here, draw, stem):
            print(path)


def losses_of(run, text):
    """`{name: (losses (N, T) of words, words of each source (N,))}` of a run."""
    from experiments.explanations.contexts import uniform_attention
    from experiments.explanations.token_losses import token_losses, words_alone
    from keras_nmt.models.recurrent import RecurrentTranslator
    from keras_nmt.run.average_run import Validation
    from keras_nmt.run.translator import load

    translator = load(run.folder)
    measure, model = Validation(run, translator, text), translator.model
    kept = measure.bleu.text.source
    lengths = np.array([len(line.split()) for line in kept])

    def measured():
        return words_alone(token_losses(model, measure.batches), measure.recipe)

    found = {run.recipe: (measured(), lengths)}
    if isinstance(model, RecurrentTranslator) and model.decoder.attention is not None:
        with uniform_attention(model):
            found[run.recipe + UNIFORM] = measured(), lengths
    return found


def loss_table(corpus, measured):
    """The table of one corpus.

    Args:
        measured: `{name: [(losses, lengths), one a run]}`, as of `losses_of`.
    """
    rows = []
    for by, groups in GROUPS.items():
        samples, tokens = {}, {}
        for name, runs in measured.items():
            grouped = [groups(*run) for run in runs]
            times = draws(len(runs[0][0]))
            samples[name] = np.mean([means(*x, times) for x in grouped], axis=0)
            tokens[name] = grouped[0][1].sum(axis=0)
            rows += _rows((corpus, name, len(runs), by), samples[name], tokens[name])
        for one, other in COMPARED:
            if one in samples and other in samples and _alike(tokens, one, other):
                difference = samples[one] - samples[other]
                key = corpus, f"{one} - {other}", None, by
                rows += _rows(key, difference, tokens[one])
    return pd.DataFrame(rows, dtype=object)


def _alike(tokens, one, other):
    return np.array_equal(tokens[one], tokens[other])


def _by_position(losses, lengths):
    """Sums and counts (N, T): a group for each position."""
    return np.nan_to_num(losses), np.isfinite(losses).astype(int)


def _by_length(losses, lengths):
    """Sums and counts (N, G): a sentence is in the group of its length alone."""
    groups = np.digitize(lengths, LONGER_FROM)
    member = groups[:, None] == np.arange(len(LONGER_FROM) + 1)
    sums, counts = np.nansum(losses, axis=1), np.isfinite(losses).sum(axis=1)
    return member * sums[:, None], member * counts[:, None]


def _altogether(losses, lengths):
    """Sums and counts (N, 1)."""
    return tuple(x.sum(axis=1, keepdims=True) for x in _by_position(losses, lengths))


GROUPS = {"position": _by_position, "length": _by_length, "all": _altogether}


def _rows(key, samples, tokens):
    corpus, name, runs, by = key
    same = {"corpus": corpus, "recipe": name, "runs": runs, "by": by}
    names = {"length": bin_names(), "all": ["all"]}.get(by, range(1, len(tokens) + 1))
    wanted = np.flatnonzero(tokens >= FEWEST)
    rows = [
        {
            **same,
            "group": str(names[n]),
            "tokens": int(tokens[n]),
            **_values(samples[:, n]),
        }
        for n in wanted
    ]
    if by == "position" and len(wanted) > 1:
        lines = slopes(samples[:, wanted], wanted, tokens[wanted])
        rows.append({**same, "group": SLOPE, "tokens": None, **_values(lines)})
    return rows


def _values(samples):
    return dict(zip(("loss", "low", "high"), with_interval(samples), strict=True))


def loss_figure(table, x_label):
    """The writeup's systems at the left, differences of two at the right."""
    table = table[table["group"] != SLOPE]
    systems, differences = [], []
    for name, rows in table.groupby("recipe", sort=False):
        first, _, second = name.partition(" - ")
        line = {
            "name": name,
            "recipe": second or name,
            "dash": int(UNIFORM in first),
            "x": [int(x) if x.isdigit() else x for x in rows["group"]],
            **{
                end: figures.numbers(rows[column])
                for end, column in (("y", "loss"), ("low", "low"), ("high", "high"))
            },
        }
        if second:
            differences.append(line)
        elif name in COLOURS:
            systems.append(line)
    titles = "validation loss", "what the second system gains over the first"
    panels = zip(titles, (systems, differences), strict=True)
    shown = [(title, lines) for title, lines in panels if lines]
    return figures.curves(shown, x_label, "nats a word", shared=False)


if __name__ == "__main__":
    main()

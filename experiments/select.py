"""Compares weights and searches of trained runs on their validation text.

    python -m experiments.select RUN_DIR [RUN_DIR ...] [--corpus NAME|PATH]

For every run: the best epoch and averages of the last epochs, each with several
searches. The rows go to `results/selection/<corpus>.csv`, where those of other runs
stay, and those of the run when it had fewer epochs; `results/SELECTION.md` shows them
all. No test set is read.
"""

import json
from pathlib import Path

import pandas as pd
from sacrebleu.metrics import BLEU

from experiments.report.selection_page import write_selection_page
from experiments.report.tables import write_csv
from keras_nmt.commands.average import validation_text
from keras_nmt.corpora import options as corpus_options
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.recipes import own
from keras_nmt.run import averaging
from keras_nmt.run.runs import complete_run

AVERAGES = (2, 4, 8)
"""Numbers of last epochs whose weights are averaged, as far as they are kept."""

SEARCHES = ((1, 0.0), (4, 0.6), (5, 0.8), (5, 1.2))
"""Beam size and length penalty; a beam of 1 is greedy search."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    runs = [complete_run(folder) for folder in options.run_dirs]
    for run in runs:
        path = options.results_dir / f"selection/{run.corpus}.csv"
        known = (
            pd.read_csv(path, keep_default_na=False)
            if path.exists()
            else pd.DataFrame({"run": []})
        )
        rows = pd.DataFrame(measured(run, validation_text(options, run)))
        table = with_rows(known, rows)
        write_csv(table, path)
        print(f"{path}: {len(rows)} rows of {run.name}", flush=True)
    print(write_selection_page(options.results_dir))


def with_rows(table, rows):
    """The table with the rows of a run, which replace those of as many epochs.

    Args:
        table: of all runs; it may be empty.
        rows: of one run.
    """
    if not len(table):
        return rows
    state = (table["run"] == rows["run"].iloc[0]) & (
        table["trained_epochs"] == rows["trained_epochs"].iloc[0]
    )
    together = pd.concat([table[~state], rows])
    return together.sort_values(["run", "trained_epochs"], kind="stable")


def measured(run, validation):
    """Yields a row for each choice of weights and search.

    Args:
        run: a complete `Run`.
        validation: `ParallelText`, the text that it was validated on.
    """
    from keras_nmt.kernels import overrule_settings
    from keras_nmt.recipes.from_text import recorded
    from keras_nmt.run.average_run import Validation, check_text, tokenizer_for
    from keras_nmt.run.translator import load
    from keras_nmt.run.translator_file import digest
    from keras_nmt.search.beam import BeamSearch

    check_text(run, validation)
    overrule_settings()
    translator, tokenize = load(run.folder), tokenizer_for(run)
    owner = digest(translator)
    measure = Validation(run, translator, validation)
    searches = [BeamSearch(*arguments) for arguments in SEARCHES]
    best = recorded(run.config).selection.best(run.epochs)
    for epochs in _choices(run, best):
        if epochs:
            averaging.load_average(translator.model, run, epochs, owner)
        loss = measure.loss()
        for search in searches:
            found = translator.translate(validation.source, search, progress=None)
            yield {
                "run": run.name,
                "differs": differences(run.config),
                "trained_epochs": len(run.epochs),
                "weights": _in_words(epochs),
                "beam_size": search.width,
                "length_penalty": search.length_penalty,
                "val_loss": round(loss, 4),
                **_bleu(found, validation.target, tokenize),
            }


def differences(config):
    """What a run's config has that our recipe of its kind has not: "ema=0.9, ..."."""
    # As JSON stores them: lists instead of tuples.
    bases = json.loads(json.dumps([recipe.config() for recipe in own.RECIPES.values()]))
    base = max(bases, key=lambda fields: len(fields.keys() & config.keys()))
    return ", ".join(
        f"{name}={config.get(name)}"
        for name in base
        # A run of an earlier version lacks the fields that came later.
        if config.get(name, base[name]) != base[name]
        and name not in ("name", "system", "epochs")
    )


def _choices(run, best):
    """The epochs of each average; none if the weights of no epoch are kept."""
    last = len(run.epochs)
    kept = run.epochs_with_weights()
    spans = [[best], *([*range(last - n + 1, last + 1)] for n in AVERAGES)]
    return [epochs for epochs in spans if {*epochs} <= {*kept}] or [[]]


def _in_words(epochs):
    if not epochs:
        return "of the run"
    return ("mean of " if len(epochs) > 1 else "") + averaging.in_words(epochs)


def _bleu(hypotheses, references, tokenize):
    """BLEU, cased and lower-cased."""
    metrics = {
        f"val_bleu_{case}": BLEU(lowercase=lowercase, tokenize=tokenize)
        for case, lowercase in (("cased", False), ("lowercased", True))
    }
    return {
        name: round(metric.corpus_score(hypotheses, [references]).score, 2)
        for name, metric in metrics.items()
    }


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("run_dirs", type=Path, nargs="+", metavar="RUN_DIR")
    parser.add_argument("--results-dir", type=Path, default=Path("results"))
    corpus_options.add_options(parser, default=None)
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()

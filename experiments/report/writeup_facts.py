"""What `WRITEUP.md` is made of: numbers of the runs, and tables that were measured."""

import csv
import io
import json
import math
import tomllib
from dataclasses import dataclass

import pandas as pd

from experiments.report.epochs import epochs_frame
from experiments.report.score_tables import score_cell
from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, read_text

REPETITIONS = "explanations/repetitions.csv"
SLOPES = "explanations/length_slopes.csv"
DERIVATIVE = "theory/derivative.csv"
GRADIENTS = "explanations/gradients.csv"
LOSSES = "explanations/losses.csv"
ALIGNMENTS = "explanations/attention_alignments.csv"
FEEDINGS = "explanations/feedings.csv"
DIVERSITIES = "explanations/head_diversities.csv"
SERIES = "explanations/series.csv"
SEEDS = "explanations/seeds.csv"
DIGITS = "representations/digits.json"
TRANSLATORS = "representations/translators.json"
SENTENCES = "reference/sentences.csv"
TUNING = ("recurrent", "recurrent_short", "transformer", "transformer_short")
"""The studies, as `experiments/tuning` names them."""

TUNED = {
    "recurrent": "lstm_attention_tuned",
    "transformer": "full_transformer_tuned",
}
"""Family -> the recipe that its study found, for training in full."""


def study_file(study, name):
    """A file of a study's folder."""
    return f"tuning/{study}/{name}"


FILES = (
    *(REPETITIONS, SLOPES, GRADIENTS, LOSSES, ALIGNMENTS, FEEDINGS, DIVERSITIES),
    *(SERIES, SEEDS, DERIVATIVE, SENTENCES, DIGITS, TRANSLATORS),
    *(
        study_file(study, name)
        for study in TUNING
        for name in ("trials.csv", "importances.csv", "best.toml")
    ),
)


@dataclass(frozen=True)
class Facts:
    """The numbers of the page.

    Attributes:
        reference: the writeup's numbers, a row for each system.
        measures: recipe -> measure (`loss`, `val_loss`, `bleu`) -> a number a run.
        tables: file -> its rows as dicts of text, or its JSON or TOML; files that are
            missing are not there.
        translations: recipe -> the kept `Translation`s of its first complete run.
        configs: recipe -> config.json of this run.
    """

    reference: pd.DataFrame
    measures: dict
    tables: dict
    translations: dict
    configs: dict

    def of(self, recipe, measure):
        return self.measures[recipe][measure]

    def rows(self, name, **same):
        """The rows of a table on Multi30k that have these cells."""
        wanted = {"corpus": "multi30k", **same}
        return [x for x in self.tables.get(name, ()) if wanted.items() <= x.items()]

    def row(self, name, recipe, **same):
        """The row of a recipe in a table; None if there is none."""
        return next(iter(self.rows(name, recipe=recipe, **same)), None)


def facts_of(contents, results_dir):
    """The `Facts` of a corpus; None without two complete runs of each system."""
    measures, configs = {}, {}
    systems = contents.reference.index
    for recipe in (*systems, *TUNED.values()):
        runs = [r for r in contents.recipes.get(recipe, ()) if r.status == "complete"]
        values = _measures(runs)
        if len(runs) >= 2 and all(map(_are_numbers, values.values())):
            measures[recipe], configs[recipe] = values, runs[0].config
    if not measures.keys() >= {*systems}:
        return None
    tables = {}
    for name in FILES:
        path = results_dir / name
        try:
            tables[name] = READERS[path.suffix](read_text(path))
        except MissingFile:
            continue
        except ValueError as error:
            raise InputError(f"{path}: {error}; remove it or make it again") from None
    translations = {name: contents.translations(name) for name in measures}
    return Facts(contents.reference, measures, tables, translations, configs)


def _measures(runs):
    last = [epochs_frame(run).iloc[-1] for run in runs]
    found = {name: [row[name] for row in last] for name in ("loss", "val_loss")}
    return {**found, "bleu": [score_cell(run, "bleu") for run in runs]}


def _are_numbers(values):
    return all(isinstance(x, float) and math.isfinite(x) for x in values)


def _rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


READERS = {".csv": _rows, ".json": json.loads, ".toml": tomllib.loads}

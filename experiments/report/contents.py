"""The data of one page, for all its parts."""

import functools
from dataclasses import dataclass

import pandas as pd

from experiments.report import tables
from experiments.report.significance_table import significance_table
from experiments.report.systems import STEPS
from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu import CountedRun, count_run
from keras_nmt.evaluation.bleu_tokenizers import MissingTokenizer
from keras_nmt.run.runs import first_complete

BY_RECIPE = ("recipe",)


@dataclass(frozen=True, eq=False)
class Contents:
    """The runs of one corpus, as its page shows them.

    `groups` holds a (runs, reference) pair for each table. On the writeup's corpus
    these are the writeup's systems with its numbers, and then recipes of our own with
    None; on other corpora all recipes with None. The page compares the first group.
    """

    corpus: str
    prefix: str
    groups: list[tuple[list, pd.DataFrame | None]]

    @functools.cached_property
    def tables(self):
        """A table for each group, with a row for each recipe over all its runs."""
        return [
            tables.recipe_table(runs, BY_RECIPE)
            if reference is None
            else tables.writeup_table(runs, reference, BY_RECIPE)
            for runs, reference in self.groups
        ]

    @property
    def reference(self):
        return self.groups[0][1]

    @functools.cached_property
    def recipes(self):
        """recipe -> its runs, in the order of the tables; [] if it has none."""
        runs = [run for here, _ in self.groups for run in here]
        names = [name for table in self.tables for name in table["recipe"]]
        return {name: [run for run in runs if run.recipe == name] for name in names}

    @property
    def listed(self):
        """The recipes of the first table, including those without runs."""
        return self.tables[0]["recipe"].tolist()

    @property
    def main(self):
        """The compared recipes: those of the first table, or all if it has no run."""
        return self.listed if self.groups[0][0] else list(self.recipes)

    @functools.cached_property
    def rows(self):
        """recipe -> its row of the tables, as a dict."""
        return {
            row["recipe"]: row
            for table in self.tables
            for row in table.to_dict("records")
        }

    def systems_table(self):
        """All tables in one; cells of columns that a recipe does not have are empty."""
        columns = list(dict.fromkeys(name for table in self.tables for name in table))
        rows = [{name: row.get(name) for name in columns} for row in self.rows.values()]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    @functools.cached_property
    def counted(self):
        """recipe -> `CountedRun` of its first complete run, or a word for why not."""
        return {name: _counted_or_word(runs) for name, runs in self.recipes.items()}

    @functools.cached_property
    def ranked(self):
        """The compared recipes that have a BLEU, best first."""
        return self._ranked(self.main)

    @functools.cached_property
    def best(self):
        """The recipe with the highest BLEU of all, also of our own; None without."""
        return next(iter(self._ranked(self.recipes)), None)

    def _ranked(self, names):
        scores = {name: self.rows[name]["bleu"] for name in names}
        known = [name for name in names if _is_number(scores[name])]
        return sorted(known, key=lambda name: -scores[name])

    @functools.cached_property
    def significance(self):
        """The significance table of the compared recipes, one run of each."""
        return significance_table({name: self.counted[name] for name in self.main})

    @functools.cached_property
    def pairs(self):
        """(worse, better, change): first those of `STEPS`, then neighbours in rank."""
        present = set(self.ranked)
        found = [step for step in STEPS if {step.before, step.after} <= present]
        known = {frozenset(step[:2]) for step in found}
        ranks = zip(self.ranked[1:], self.ranked, strict=False)
        found += [
            (worse, better, "next in rank")
            for worse, better in ranks
            if frozenset((worse, better)) not in known
        ]
        return found

    def translations(self, recipe):
        """The kept `Translation`s of its first complete run; None without one."""
        run = first_complete(self.recipes[recipe])
        if run is None:
            return None
        rows = run.translations
        kept = run.kept_rows or range(len(rows))
        return [rows[index] for index in kept]


def _is_number(value):
    return isinstance(value, float) and value == value  # a NaN has no rank


def _counted_or_word(runs):
    run = first_complete(runs)
    if run is None:
        return runs[0].status if runs else "missing"
    try:
        return count_run(run)
    except MissingTokenizer:
        return "no tokenizer"
    except InputError:
        return "no lines"


def counted_only(counted):
    return [run for run in counted if isinstance(run, CountedRun)]

"""`REPORT.md`: every table and figure of the run folders on one page."""

import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from keras_nmt.data import multi30k
from keras_nmt.errors import InputError
from keras_nmt.reporting import figures, quality, tables
from keras_nmt.reporting.alignments import attention_maps, read_alignments
from keras_nmt.reporting.backend_tables import write_backends
from keras_nmt.reporting.files import write_whole
from keras_nmt.reporting.parity import write_parity
from keras_nmt.reporting.runs import ALIGNMENTS, Run, first_complete

WRITEUP_CORPUS = multi30k.NAME

READING_GUIDE = """\
A *loss* is the mean negative log-likelihood per real (non-padding) target token, in
nats, at the last epoch; a *perplexity* is its exponential. The writeup's systems
count the trivial `<sos>` at the first position, because the writeup's own numbers
do; the columns *without sos* leave it out and are the honest figure. Ours are the
mean over `n` seeds ± the sample standard deviation (none for a single seed), and a
*difference* is ours minus the writeup's. `missing` means that no run folder exists,
`partial` that one is unfinished, `failed` that one cannot be used, and `nan` that the
loss left the numbers; none of them is ever replaced by a number, and only complete
and nan runs count towards `n`.
"""


@dataclass(frozen=True, eq=False)
class Section:
    """The runs that share a table: the writeup's systems, or a corpus's recipes.

    Only the writeup's section has a `reference`.
    """

    corpus: str
    runs: list[Run]
    table: pd.DataFrame
    reference: pd.DataFrame | None = None

    @property
    def title(self):
        if self.reference is not None:
            return f"{self.corpus}: the writeup's systems"
        own = "recipes of our own" if self.corpus == WRITEUP_CORPUS else "all recipes"
        return f"{self.corpus}: {own}"

    @property
    def table_name(self):
        return "writeup" if self.reference is not None else self.corpus

    @property
    def overview_name(self):
        return "overview" if self.reference is not None else f"{self.corpus}_overview"

    @property
    def prefix(self):
        return "" if self.corpus == WRITEUP_CORPUS else f"{self.corpus}_"

    def by_recipe(self):
        """(recipe, its runs), in the order of the table."""
        for recipe in dict.fromkeys(self.table["recipe"]):
            yield recipe, [run for run in self.runs if run.recipe == recipe]


def sections(runs, reference):
    """The writeup's systems first, then each corpus with its recipes."""
    found = []
    for corpus in sorted({_corpus(run) for run in runs}, key=_writeup_first):
        here = [run for run in runs if _corpus(run) == corpus]
        if corpus == WRITEUP_CORPUS:
            table = tables.writeup_table(here, reference)
            theirs = [run for run in here if run.system in reference.index]
            found.append(Section(corpus, theirs, table, reference))
            here = [run for run in here if run not in theirs]
        if here:
            found.append(Section(corpus, here, tables.recipe_table(here)))
    return found


def _corpus(run):
    """The corpus a run is compared within: its own, unless its text is another's.

    A folder can be moved to where the writeup's runs are. Runs that were made before
    the text was recorded are taken at their word.
    """
    is_other = run.corpus == WRITEUP_CORPUS and run.text not in (None, multi30k.TEXT)
    return multi30k.OTHER_NAME if is_other else run.corpus


def write_report(runs, found, results_dir):
    """Writes every table and figure of the sections `found`, then `REPORT.md`.

    Returns:
        The paths written, the page last.
    """
    results_dir = Path(results_dir)
    texts, paths = ["# Results\n", READING_GUIDE], []
    parts = [
        *(_write_section(section, results_dir) for section in found),
        *(_write_quality(*item, results_dir) for item in groupby(found, _place)),
        *(_write_backends(*item, results_dir) for item in groupby(found, _place)),
        write_parity(results_dir, WRITEUP_CORPUS),
    ]
    for text, written in parts:
        texts += [text] if text else []
        paths += written
    texts.append(_incomplete(runs, found))
    page = write_whole(results_dir / "REPORT.md", "\n".join(texts))
    return [*paths, page]


def _place(section):
    return section.corpus, section.prefix


def _write_quality(place, found, results_dir):
    """Translations of one test set compare across the sections of its corpus."""
    corpus, prefix = place
    recipes = [item for section in found for item in section.by_recipe()]
    text, paths = quality.write_quality(recipes, results_dir, prefix)
    return f"## {tables.escaped(corpus)}: the test set translated\n\n{text}", paths


def _write_backends(place, found, results_dir):
    corpus, prefix = place
    recipes = [item for section in found for item in section.by_recipe()]
    text, paths = write_backends(recipes, results_dir, prefix)
    title = f"## {tables.escaped(corpus)}: backends compared"
    return f"{title}\n\n{text}" if text else "", paths


def _write_section(section, results_dir):
    table_paths = tables.write_table(
        section.table, results_dir / "tables" / section.table_name
    )
    image_paths = figures.save_figure(
        figures.overview(section.table, section.title),
        results_dir / "figures" / section.overview_name,
    )
    texts = [
        f"## {tables.escaped(section.title)}\n",
        tables.markdown(section.table),
        f"The same as [csv](tables/{quote(table_paths[0].name)}).\n",
        _image(f"final validation loss, {section.title}", image_paths[0]),
    ]
    paths = table_paths + image_paths
    for recipe, runs in section.by_recipe():
        for text, written in (
            _write_curves(section, recipe, runs, results_dir),
            _write_translations(section, recipe, runs, results_dir),
            _write_attention(section, recipe, runs, results_dir),
        ):
            texts += [text] if text else []
            paths += written
    return "\n".join(texts), paths


def _write_curves(section, recipe, runs, results_dir):
    theirs = None
    if runs and section.reference is not None:
        theirs = section.reference.loc[runs[0].system]
    figure = figures.learning_curves(runs, theirs)
    text = f"### {tables.escaped(recipe)}\n"
    if figure is None:
        return f"{text}\nNo learning curve: no run has a result.\n", []
    stem = results_dir / "figures" / f"{section.prefix}perplexity_{recipe}"
    paths = figures.save_figure(figure, stem)
    return f"{text}\n{_image(f'perplexity by epoch, {recipe}', paths[0])}", paths


def _write_translations(section, recipe, runs, results_dir):
    """One complete run speaks for its recipe: the first by backend and seed."""
    run = first_complete(runs)
    if run is None:
        return "No translations: no run is complete.\n", []
    table = tables.markdown(tables.translations_table(run))
    caption = f"The first test sentences as {tables.escaped(run.name)} translates them"
    name = f"translations_{section.prefix}{recipe}.md"
    path = write_whole(results_dir / "tables" / name, f"{caption}:\n\n{table}")
    return f"{caption} ([file](tables/{quote(name)})):\n\n{table}", [path]


def _write_attention(section, recipe, runs, results_dir):
    """Where the run that speaks for its recipe looked, if its system has attention."""
    run = first_complete(runs)
    if run is None or not (run.folder / ALIGNMENTS).is_file():
        return "", []
    try:
        figure = attention_maps(read_alignments(run.folder / ALIGNMENTS))
    except InputError as error:
        reason = str(error).replace(f"{run.folder}{os.sep}", "")
        return f"No picture of attention: {tables.escaped(reason)}.\n", []
    stem = results_dir / "figures" / f"{section.prefix}attention_{recipe}"
    paths = figures.save_figure(figure, stem)
    return _image(f"attention in those sentences, {recipe}", paths[0]), paths


def _incomplete(runs, found):
    """What the numbers above do not cover, so that no gap goes unseen."""
    lines = [
        f"- {tables.escaped(section.corpus)}/{tables.escaped(row['system'])}: missing"
        for section in found
        for _, row in section.table.iterrows()
        if row["status"] == "missing"
    ]
    lines += [
        f"- {tables.escaped(run.name)}: {run.status} ({tables.escaped(run.reason)})"
        for run in runs
        if run.status != "complete"
    ]
    lines = lines or ["Every run is complete, and none is missing."]
    return "## Missing, partial and failed runs\n\n" + "\n".join(lines) + "\n"


def _image(caption, path):
    return f"![{tables.escaped(caption)}](figures/{quote(path.name)})\n"


def _writeup_first(corpus):
    return corpus != WRITEUP_CORPUS, corpus

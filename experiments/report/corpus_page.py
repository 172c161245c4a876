"""The page of a corpus: the answer first, then the details."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from experiments.report import answer, quality
from experiments.report.backend_tables import backends_part
from experiments.report.contents import Contents
from experiments.report.figures import overview, save_figure
from experiments.report.parity_page import write_parity
from experiments.report.score_tables import (
    bleu_signatures,
    costs_table,
    runs_table,
)
from experiments.report.speed import write_speed
from experiments.report.system_pages import write_system
from experiments.report.tables import escaped, write_csv
from keras_nmt.evaluation.bleu import signature
from keras_nmt.files import write_whole
from keras_nmt.run.status import AVERAGED

TITLE = "BLEU and validation loss"
STATUSES = """\
`missing` means that no run folder exists, `partial` that one is unfinished, `failed`
that one cannot be used, `nan` that a loss became NaN or infinite; none is ever replaced
by a number, and only complete and nan runs count."""


@dataclass(frozen=True, eq=False)
class Page:
    """What a page shows, and where it is written.

    `name` is its file under `results_dir`, `others` are the pages of other corpora.
    `by_backend` are tables with a row for each recipe and backend. `parity` holds
    (prefix, measurements, complaints) for each corpus whose parity is shown. `speed`
    says whether benchmarks are shown.
    """

    contents: Contents
    name: str
    results_dir: Path
    others: list[str] = field(default_factory=list)
    by_backend: list[pd.DataFrame] = field(default_factory=list)
    parity: list[tuple] = field(default_factory=list)
    speed: bool = False


def write_page(page):
    """Writes the page, its tables, figures and systems' pages; returns their paths."""
    parts = [
        _answer(page),
        quality.write_gains(page.contents, page.results_dir),
        quality.write_lengths(page.contents, page.results_dir),
        (backends_part(page.contents, page.by_backend), []),
        *(
            write_parity(found, complaints, page.results_dir, prefix)
            for prefix, found, complaints in page.parity
        ),
        write_speed(page.results_dir) if page.speed else ("", []),
        _details(page),
    ]
    text = "\n".join(text for text, _ in parts if text)
    paths = [path for _, written in parts for path in written]
    return [*paths, write_whole(page.results_dir / page.name, text)]


def _answer(page):
    """The first part of the page, with the translated sentences."""
    contents = page.contents
    stem = page.results_dir / "figures" / f"{contents.prefix}overview"
    figure = overview(contents.rows, contents.recipes, f"{TITLE}, {contents.corpus}")
    image = save_figure(figure, stem)
    parts = [
        f"# {escaped(contents.corpus)}: which system translates best?\n",
        answer.lead(contents),
        answer.main_table(contents),
        f"![{TITLE} of every system](figures/{quote(image.name)})\n",
        _notes(contents) + answer.own_recipes(contents),
        _sentences(contents),
    ]
    return "\n".join(part for part in parts if part), [image]


def _notes(contents):
    runs = [run for here in contents.recipes.values() for run in here]
    signed = bleu_signatures(runs) or [signature()]
    words = ", ".join(f"`BLEU|{one}`" for one in signed)
    notes = answer.NOTES.format(signature=words, gpus=answer.gpu_runs(contents))
    if contents.reference is None:
        return notes
    return notes + answer.NOTES_ON_WRITEUP


def _sentences(contents):
    table = answer.translations_table(contents)
    heading = "## The first test sentences, translated by every system"
    return f"{heading}\n\n{table}" if table else ""


def _details(page):
    """Links to other pages and tables, and the list of incomplete runs."""
    contents, tables = page.contents, page.results_dir / "tables"
    runs = [run for here in contents.recipes.values() for run in here]
    written = {
        "systems": contents.systems_table(),
        "runs": runs_table(runs),
        "run_costs": costs_table(runs),
    }
    paths = [
        write_csv(table, tables / f"{contents.prefix}{name}.csv")
        for name, table in written.items()
    ]
    pages = []
    for recipe, here in contents.recipes.items():
        if here:
            paths += write_system(contents, recipe, page.results_dir, page.name)
            pages.append(f"[{escaped(recipe)}]({answer.page_path(contents, recipe)})")
    texts = [
        "## Details\n",
        f"- A page for each system, with its runs, learning curves, sentences and "
        f"attention: {', '.join(pages)}.",
        f"- Tables: {_links(paths[:3])} (a row for each system, with perplexities, "
        "chrF, TER; a row for each run;\n  times and memory of each run, which cannot "
        "be compared, since other work ran beside them).",
        *(
            f"- Another corpus: [{escaped(name)}]({quote(name)})"
            for name in page.others
        ),
        "",
        _incomplete(contents, runs),
    ]
    return "\n".join(texts), paths


def _links(paths):
    return ", ".join(f"[{path.stem}](tables/{quote(path.name)})" for path in paths)


def _incomplete(contents, runs):
    """The recipes without runs, and the runs that are not complete."""
    lines = [
        f"- {escaped(contents.corpus)}/{escaped(recipe)}: missing"
        for recipe, here in contents.recipes.items()
        if not here
    ]
    lines += [
        f"- {escaped(run.name)}: {run.status} ({escaped(run.reason)})"
        for run in runs
        if run.status not in ("complete", AVERAGED)
    ]
    averages = "".join(
        f" {escaped(run.name)} is {escaped(run.reason)}; no table counts it."
        for run in runs
        if run.status == AVERAGED
    )
    if not lines:
        return f"Every run is complete, and none is missing.{averages}\n"
    listed = "\n".join(lines)
    return f"## Missing, partial and failed runs\n\n{listed}\n\n{STATUSES}{averages}\n"

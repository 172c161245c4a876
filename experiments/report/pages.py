"""Writes `REPORT.md`: a short page for each corpus."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pandas as pd

from experiments.report import tables
from experiments.report.contents import Contents
from experiments.report.corpus_page import Page, write_page
from experiments.report.parity_verdicts import load_parity
from keras_nmt.corpora import multi30k
from keras_nmt.run.runs import Run

WRITEUP_CORPUS = multi30k.NAME


@dataclass(frozen=True, eq=False)
class Section:
    """The runs of one table: the writeup's systems, or the recipes of a corpus.

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
    def prefix(self):
        return _prefix(self.corpus)


def sections(runs, reference):
    """The sections of all runs: the writeup's systems first, then each corpus."""
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
    """The corpus of a run; another one if it is called multi30k but has other text.

    A folder can be moved to where the writeup's runs are. Runs of earlier versions have
    no record of their text; they keep their corpus.
    """
    is_other = run.corpus == WRITEUP_CORPUS and run.text not in (None, multi30k.TEXT)
    return multi30k.OTHER_NAME if is_other else run.corpus


def contents_of(found):
    """The `Contents` of each corpus, in the order of the sections."""
    return [
        Contents(*place, [(section.runs, section.reference) for section in here])
        for place, here in groupby(found, lambda x: (x.corpus, x.prefix))
    ]


def write_report(found, results_dir):
    """Writes every table, figure and page of the sections `found`.

    The first corpus has the page `REPORT.md`, every other one `REPORT_<corpus>.md`.

    Returns:
        The paths written, `REPORT.md` last.
    """
    results_dir = Path(results_dir)
    paths = [
        tables.write_csv(
            section.table, results_dir / f"tables/{section.table_name}.csv"
        )
        for section in found
    ]
    for page in reversed(_pages(found, results_dir)):
        paths += write_page(page)
    return paths


def _pages(found, results_dir):
    corpora = contents_of(found)
    names = ["REPORT.md", *(f"REPORT_{x.corpus}.md" for x in corpora[1:])]
    parity = _parity(results_dir, [contents.corpus for contents in corpora])
    return [
        Page(
            contents,
            name,
            results_dir,
            others=[other for other in names if other != name],
            by_backend=[x.table for x in found if x.corpus == contents.corpus],
            parity=parity[contents.corpus],
            speed=name == names[0],
        )
        for contents, name in zip(corpora, names, strict=True)
    ]


def _parity(results_dir, corpora):
    """corpus -> parity for its page; the first also gets corpora without a page."""
    found, complaints = load_parity(results_dir)
    measured = {name: list(here) for name, here in groupby(found, lambda x: x.corpus)}
    by_page = {name: [(_prefix(name), measured.get(name, []), [])] for name in corpora}
    first = by_page[corpora[0]]
    first[0] = (*first[0][:2], complaints)
    first += [
        (_prefix(name), here, [])
        for name, here in measured.items()
        if name not in corpora
    ]
    return by_page


def _prefix(corpus):
    return "" if corpus == WRITEUP_CORPUS else f"{corpus}_"


def _writeup_first(corpus):
    return corpus != WRITEUP_CORPUS, corpus

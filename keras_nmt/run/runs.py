"""The layout of a run folder, and what can be read from it.

    <runs>/<corpus>/<recipe>/<backend>-seed<k>/
        config.json  environment.json  epochs.csv  scores.json  translations.tsv
        alignments.json (of a system that has attention)

A run is judged, never trusted: what is absent, cut short or unreadable is told as
a status and a reason, so that one broken folder can neither stop a report nor
vanish from it.
"""

import csv
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, read_cells, read_object, write_whole
from keras_nmt.run.status import backend_and_seed, judge

CONFIG = "config.json"
ENVIRONMENT = "environment.json"
EPOCHS = "epochs.csv"
SCORES = "scores.json"
TRANSLATIONS = "translations.tsv"
ALIGNMENTS = "alignments.json"

EPOCH_COLUMNS = (
    "epoch",
    "loss",
    "perplexity",
    "val_loss",
    "val_perplexity",
    "val_loss_without_sos",
    "val_perplexity_without_sos",
    "learning_rate",
    "seconds",
    "tokens_per_second",
)


class Translation(NamedTuple):
    """One row of `translations.tsv`: a test sentence and what became of it."""

    source: str
    reference: str
    hypothesis: str


@dataclass(frozen=True, eq=False)
class Run:
    """A recipe trained on one corpus, with one backend and one seed.

    `status` is `complete` when all five files are there and agree; `nan` when the
    loss of the last epoch is not finite; `partial` when files or epochs are
    missing; `failed` when something is unreadable or contradictory; or what
    `scores.json` itself declares. `reason` says why a run is not complete.
    """

    folder: Path
    corpus: str
    recipe: str
    backend: str
    seed: int | None
    status: str
    reason: str
    config: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    scores: dict = field(default_factory=dict)

    @property
    def name(self):
        place = self.backend if self.seed is None else f"{self.backend}-seed{self.seed}"
        return f"{self.corpus}/{self.recipe}/{place}"

    @property
    def system(self):
        """The writeup's name for it; None for a recipe of our own."""
        system = self.config.get("system", self.recipe)
        return system if isinstance(system, str) else None

    @property
    def text(self):
        """The recorded `Corpus.fingerprints()`; None where a run has none."""
        return self.config.get("text_sha256")

    @property
    def kept_rows(self):
        """Places of the test lines that the protocol keeps; None where unknown."""
        test = self.scores.get("test")
        return test.get("kept_rows") if isinstance(test, dict) else None

    @property
    def has_result(self):
        """Whether its last epoch is a result: a NaN is one, half a run is not."""
        return self.status in ("complete", "nan")


def run_directory(runs_dir, corpus, recipe, backend, seed):
    """The folder of one run, whether it exists or not."""
    return Path(runs_dir) / corpus / recipe / f"{backend}-seed{seed}"


def load_runs(runs_dir):
    """Every run folder under `runs_dir`, in a fixed order, broken ones included."""
    root = Path(runs_dir)
    folders = [
        folder
        for folder in root.glob("*/*/*")
        if folder.is_dir()
        and not any(part.startswith(".") for part in folder.relative_to(root).parts)
    ]
    return sorted(map(_load_run, folders), key=_order)


def complete_run(folder):
    """The run in a folder that a user named, wherever it was moved or copied to.

    What it is stands in its config and environment; the names of its folders count
    only for what these leave open, as they do in a report.

    Raises:
        InputError: there is none, or it is not complete.
    """
    run = _load_run(Path(os.path.realpath(folder)), by_place=False)
    if run.status != "complete":
        raise InputError(
            f"{folder}: {run.status} ({run.reason}); give the folder of a complete run"
        )
    return run


def first_complete(runs):
    """The run that speaks for its recipe: the first by backend and seed, or None."""
    return next((run for run in runs if run.status == "complete"), None)


def epochs_frame(run):
    """One row an epoch, as `epochs.csv` holds them; all values are floats.

    Raises:
        InputError: the file is missing or malformed; never for a run that
            `has_result`.
    """
    return _read_epochs(run.folder / EPOCHS)


def write_translations(path, rows):
    """Stores `(source, reference, hypothesis)` rows in test order.

    Every cell is quoted: text may hold tabs, quotes and line ends (a bare carriage
    return too, which minimal quoting would let through), and comes back unchanged.
    """
    table = io.StringIO()
    writer = csv.writer(
        table, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n"
    )
    writer.writerow(Translation._fields)
    writer.writerows(Translation(*row) for row in rows)
    return write_whole(path, table.getvalue())


def read_translations(path):
    """The rows of `write_translations` as a list of `Translation`.

    Raises:
        InputError: the file is missing, or a row does not hold three cells.
    """
    header, *rows = read_cells(path, delimiter="\t")
    if tuple(header) != Translation._fields:
        raise InputError(
            f"{path}: expected the header {Translation._fields}. "
            f"Received: {tuple(header)}"
        )
    return [Translation(*row) for row in rows]


def _read_epochs(path):
    header, *rows = read_cells(path)
    absent = [name for name in EPOCH_COLUMNS if name not in header]
    if absent:
        raise InputError(f"{path}: no column {', '.join(absent)}")
    try:
        values = [[float(cell) for cell in row] for row in rows]
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    return pd.DataFrame(values, columns=header, dtype=float)


READERS = {
    CONFIG: read_object,
    ENVIRONMENT: read_object,
    EPOCHS: _read_epochs,
    SCORES: read_object,
    TRANSLATIONS: read_translations,
}


def _load_run(folder, by_place=True):
    """Judges a folder.

    Args:
        by_place: whether the names of its folders say what it should be, as in a
            report; else its own files say it.
    """
    contents, missing, unreadable = {}, [], []
    for name, read in READERS.items():
        try:
            contents[Path(name).stem] = read(folder / name)
        except MissingFile:
            missing.append(name)
        except InputError as error:
            unreadable.append(str(error).replace(f"{folder}{os.sep}", ""))
    status, reason = judge(folder if by_place else None, contents, missing, unreadable)
    backend, seed = backend_and_seed(folder)
    names = {
        "corpus": folder.parent.parent.name,
        "recipe": folder.parent.name,
        "backend": backend,
        "seed": seed,
    }
    if not by_place:
        said = {**contents.get("environment", {}), **contents.get("config", {})}
        names = {key: said.get(key, name) for key, name in names.items()}
    return Run(
        folder=folder,
        **{key: _as_text(name) for key, name in names.items()},
        status=status,
        reason=reason,
        config=contents.get("config", {}),
        environment=contents.get("environment", {}),
        scores=contents.get("scores", {}),
    )


def _as_text(name):
    """A folder's name for tables and figures, which need not be UTF-8."""
    if not isinstance(name, str):
        return name
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _order(run):
    return run.corpus, run.recipe, run.backend, -1 if run.seed is None else run.seed

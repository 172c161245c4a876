"""Run folders; no other module knows their layout, but for checkpoints.py.

<runs>/<corpus>/<recipe>/<backend>-seed<k>/
    config.json  environment.json  epochs.csv  scores.json  translations.tsv
    alignments.json (of a system that has attention)
    checkpoints/  translator.json  best.weights.h5  state  lock
                  epoch-<n>.weights.h5 (of a recipe that keeps those of several epochs)
                  average.weights.h5 (of one that translates with their mean)

`<backend>-seed<k>-average-last5`, say, holds the mean of that run's weights: the same
files without epochs.csv, and translations.tsv only if it was asked for.
"""

import functools
import os
from pathlib import Path

from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile
from keras_nmt.run.checkpoints import Checkpoints
from keras_nmt.run.file_formats import (
    CONFIG,
    ENVIRONMENT,
    EPOCHS,
    READERS,
    SCORES,
    TRANSLATIONS,
)
from keras_nmt.run.status import AVERAGE, AVERAGED, backend_and_seed, judge

ALIGNMENTS = "alignments.json"
CHECKPOINTS = "checkpoints"


class Run(Checkpoints):
    """A run folder: the paths of its files, their contents, and the run's status.

    Missing and damaged files raise no error, so that one broken folder neither stops a
    report nor disappears from it. They show in the status:

    - `complete`: all five files exist and agree.
    - `nan`: the loss of the last epoch is not finite.
    - `partial`: files or epochs are missing.
    - `failed`: a file is unreadable or contradicts another.
    - `averaged`: it holds the mean of the weights of another run.
    - `pruned`: `keras-nmt tune` ended it early, because it fell behind others.
    - any other status that `scores.json` declares.

    `reason` says why a run is not complete. The files are read once, when they are
    first needed.

    Args:
        folder: the run folder, whether it exists or not.
        by_place: True takes recipe, backend and seed from the names of the folders, as
            a report does; files that say otherwise make the run `failed`. False takes
            them from the files, so that the folder may be moved.
    """

    def __init__(self, folder, *, by_place=False):
        self.folder = Path(folder)
        super().__init__(self.folder / CHECKPOINTS)
        self.by_place = by_place
        self.config_file = self.folder / CONFIG
        self.environment_file = self.folder / ENVIRONMENT
        self.epochs_file = self.folder / EPOCHS
        self.scores_file = self.folder / SCORES
        self.translations_file = self.folder / TRANSLATIONS
        self.alignments_file = self.folder / ALIGNMENTS

    def average_folder(self, by, count):
        """Where the mean of the weights of its `by` ("last", "best") epochs goes."""
        return self.folder.with_name(f"{self.folder.name}-average-{by}{count}")

    # === What the files hold ===

    @property
    def config(self):
        """The content of config.json; {} if it is missing."""
        return self._contents.get(CONFIG, {})

    @property
    def environment(self):
        """The content of environment.json; {} if it is missing."""
        return self._contents.get(ENVIRONMENT, {})

    @property
    def scores(self):
        """The content of scores.json; {} if it is missing."""
        return self._contents.get(SCORES, {})

    @property
    def epochs(self):
        """A dict of floats for each row of epochs.csv; [] if it is missing."""
        return self._contents.get(EPOCHS, [])

    @property
    def translations(self):
        """A `Translation` for each row of translations.tsv; [] if it is missing."""
        return self._contents.get(TRANSLATIONS, [])

    @property
    def _contents(self):
        return self._read[0]

    @functools.cached_property
    def _read(self):
        """Contents by file name, names of missing files, faults of unreadable ones."""
        contents, missing, unreadable = {}, [], []
        for name, read in READERS.items():
            try:
                contents[name] = read(self.folder / name)
            except MissingFile:
                missing.append(name)
            except InputError as error:
                unreadable.append(str(error).replace(f"{self.folder}{os.sep}", ""))
        return contents, missing, unreadable

    # === Which run it is ===

    @property
    def corpus(self):
        return self._recorded("corpus", self._place.parent.parent.name)

    @property
    def recipe(self):
        return self._recorded("recipe", self._place.parent.name)

    @property
    def backend(self):
        return self._recorded("backend", backend_and_seed(self._place)[0])

    @property
    def seed(self):
        """An int, or None if it is not recorded."""
        return self._recorded("seed", backend_and_seed(self._place)[1])

    @property
    def _place(self):
        return Path(os.path.realpath(self.folder))

    def _recorded(self, key, of_place):
        """The value in the files; without one, the value `of_place` in the path."""
        value = of_place
        if not self.by_place:
            value = {**self.environment, **self.config}.get(key, of_place)
        if not isinstance(value, str):
            return value
        # A folder's name need not be UTF-8, but tables and figures are.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")

    @property
    def name(self):
        place = self.backend if self.seed is None else f"{self.backend}-seed{self.seed}"
        average = self.config.get(AVERAGE)
        if isinstance(average, dict):
            place += f"-average-{average.get('of')}"
        return f"{self.corpus}/{self.recipe}/{place}"

    @property
    def system(self):
        """The name of its system in the writeup; None for a recipe of our own."""
        system = self.config.get("system", self.recipe)
        return system if isinstance(system, str) else None

    @property
    def text(self):
        """The recorded `Corpus.fingerprints()`; None where a run has none."""
        return self.config.get("text_sha256")

    @property
    def kept_rows(self):
        """Indices of the test lines that the protocol keeps; None if not recorded."""
        test = self.scores.get("test")
        return test.get("kept_rows") if isinstance(test, dict) else None

    # === Status ===

    @property
    def status(self):
        return self._judgement[0]

    @property
    def reason(self):
        return self._judgement[1]

    @functools.cached_property
    def _judgement(self):
        return judge(self.folder if self.by_place else None, *self._read)

    @property
    def has_result(self):
        """Whether its last epoch is a result, which may be NaN."""
        return self.status in ("complete", "nan")


def run_directory(runs_dir, corpus, recipe, backend, seed):
    """The folder of one run, whether it exists or not."""
    return Path(runs_dir) / corpus / recipe / f"{backend}-seed{seed}"


def load_runs(runs_dir):
    """All runs under `runs_dir`, broken ones included, sorted."""
    root = Path(runs_dir)
    runs = [
        Run(folder, by_place=True)
        for folder in root.glob("*/*/*")
        if folder.is_dir()
        and not any(part.startswith(".") for part in folder.relative_to(root).parts)
    ]
    return sorted(runs, key=_order)


def complete_run(folder):
    """The run in a folder that a user named, which may have been moved.

    Raises:
        InputError: there is no run, or it is not complete. An average of weights is if
            it has translated its test set.
    """
    run = Run(folder)
    has_test = run.status == AVERAGED and run.translations
    if run.status != "complete" and not has_test:
        raise InputError(
            f"{folder}: {run.status} ({run.reason}); give the folder of a complete run"
        )
    return run


def first_complete(runs):
    """The first complete run, which stands for its recipe; None if there is none."""
    return next((run for run in runs if run.status == "complete"), None)


def _order(run):
    return run.corpus, run.recipe, run.backend, -1 if run.seed is None else run.seed

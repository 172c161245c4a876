"""A trial as a run folder: trained, resumed and judged like any other run."""

import json
import math

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.evaluation.tokenizer_checks import chosen_tokenizer
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.run.runs import Run, run_directory
from keras_nmt.run.status import PRUNED as PRUNED_RUN
from keras_nmt.train import train_prepared
from keras_nmt.training.resume import NotFinite
from keras_nmt.tuning.pruning import EpochWatch
from keras_nmt.tuning.study import SharedStudy
from keras_nmt.tuning.trial import COMPLETE, FAILED, NAN, PRUNED, Outcome

DIRECTIONS = {"loss": "minimize", "bleu": "maximize"}


def open_study(folder, space, corpus, seed, tokenize=None):
    """The `SharedStudy` in a folder, new or begun by another process.

    Args:
        folder: of the study.
        space: a `Space`.
        corpus: a `Corpus`.
        seed: of the values and of every run.
        tokenize: as in `train`.

    Raises:
        InputError: the folder holds another study.
    """
    setup = {
        "space": space.record(),
        "corpus": corpus.name,
        "text": corpus.fingerprints(),
        "seed": seed,
        "backend": kernels.BACKEND,
    }
    if space.recipe.validation_bleu_every:
        setup["tokenize"] = chosen_tokenizer(tokenize, corpus.target_language)
    return SharedStudy(
        folder,
        json.loads(json.dumps(setup)),
        space.ranges,
        DIRECTIONS[space.recipe.best_by],
        seed,
        space.pruning.startup_trials,
        space.pruning.warmup_epochs,
    )


def trial_name(space_name, number):
    """The name of a trial's recipe: `recurrent-007`."""
    return f"{space_name}-{number:03d}"


def trial_folder(study_folder, corpus_name, space_name, number, seed):
    """Where the run of a trial is, whether it exists or not."""
    name = trial_name(space_name, number)
    return run_directory(
        study_folder / "runs", corpus_name, name, kernels.BACKEND, seed
    )


class TrainedTrial:
    """The objective of a study: trains the recipe of a trial.

    Args:
        space: a `Space`.
        corpus: a `Corpus`.
        folder: of the study.
        seed: of every run.
        tokenize: as in `train`.
    """

    def __init__(self, space, corpus, folder, seed, tokenize=None):
        self.space = space
        self.corpus = corpus
        self.folder = folder
        self.seed = seed
        self.tokenize = tokenize

    def __call__(self, taken):
        """The `Outcome` of a `trial.Taken`."""
        name = trial_name(self.space.name, taken.number)
        try:
            recipe = self.space.with_values(name, taken.values)
            prepared = prepare(self.corpus, **recipe.text_options())
        except InputError as error:
            return Outcome(FAILED, reason=str(error))
        place = self.corpus.name, self.space.name, taken.number, self.seed
        folder = trial_folder(self.folder, *place)
        watch = EpochWatch(taken, recipe.selection, recipe.epochs)
        # Its process may have been killed after that was written.
        if Run(folder).status != PRUNED_RUN:
            try:
                train_prepared(
                    recipe,
                    prepared,
                    Run(folder),
                    seed=self.seed,
                    tokenize=self.tokenize,
                    prune=watch,
                )
            except NotFinite as error:
                watch.report(Run(folder).epochs)
                return Outcome(NAN, reason=error.reason)
        return _outcome(Run(folder), watch, recipe.selection)


def _outcome(run, watch, selection):
    rows = run.epochs
    watch.report(rows)
    if run.status == PRUNED_RUN:
        return Outcome(PRUNED, reason=run.reason)
    best = selection.best(rows)
    if best is None:
        return Outcome(FAILED, reason="no epoch was measured")
    value = float(rows[best - 1][selection.column])
    return Outcome(COMPLETE, value) if math.isfinite(value) else Outcome(NAN)

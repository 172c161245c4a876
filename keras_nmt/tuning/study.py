"""What the processes of a study share: the trials, who has which, how each went.

A trial is created and claimed under the study's lock. Whoever has it holds a kernel
lock on `trials/<number>.lock` as long as its process lives. So a running trial whose
lock is free was left by a killed process, and the next worker takes it up. No heartbeat
is needed, a slow process is never robbed, and nobody else can take the same trial.
"""

import contextlib
import warnings
from pathlib import Path

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState

from keras_nmt.errors import InputError
from keras_nmt.training.lock import Held, one_writer
from keras_nmt.tuning.journal import open_journal
from keras_nmt.tuning.trial import REASON, STATES, STATUS, Taken

NAME = "keras_nmt"
"""Of the one Optuna study in a journal."""

ERRORS = "errors"
"""The attribute of a trial that counts its exceptions."""

SETUP = "setup"
"""The attribute of the study that tells it from others."""


class SharedStudy:
    """A study in a folder, for one of its processes.

    Args:
        folder: of the study.
        setup: a JSON object; a study that was begun with another one is refused.
        ranges: `{field: Choices or Interval}`.
        direction: "minimize" or "maximize".
        seed: of the values. Those of a trial depend on it, on the trial's number and
            on the trials that had ended or were running then.
        startup_trials, warmup_epochs: as in `space.Pruning`.
        say: called with a line when a trial of a killed process is taken up.

    Raises:
        InputError: the folder holds another study, or cannot be used.
    """

    def __init__(
        self,
        folder,
        setup,
        ranges,
        direction="minimize",
        seed=0,
        startup_trials=5,
        warmup_epochs=2,
        say=print,
    ):
        self.folder = Path(folder)
        self.ranges = ranges
        self.seed = seed
        self.say = say
        self.storage, self.lock = open_journal(self.folder)
        with self.lock:
            pruner = optuna.pruners.MedianPruner(startup_trials, warmup_epochs + 1)
            self.study = self._found(pruner, direction)
            self._check(setup)

    def _found(self, pruner, direction):
        """Optuna's study; `create_study` would add a line to the journal each time."""
        options = {"study_name": NAME, "storage": self.storage, "pruner": pruner}
        try:
            return optuna.load_study(**options)
        except KeyError:
            return optuna.create_study(**options, direction=direction)

    def _check(self, setup):
        there = self.study.user_attrs.get(SETUP)
        if there is None:
            self.study.set_user_attr(SETUP, setup)
            return
        differing = [*_differing(there, setup)]
        if differing:
            raise InputError(
                f"{self.folder}: holds a study with another {', '.join(differing)}; "
                "give another --study"
            )

    @property
    def trials(self):
        """All trials, as Optuna's `FrozenTrial`, by number."""
        return self.study.get_trials(deepcopy=False)

    def is_over(self, count):
        """Whether `count` trials have ended."""
        return sum(trial.state.is_finished() for trial in self.trials) >= count

    def take(self, count):
        """A trial to run: one that a killed process left, or a new one.

        Args:
            count: most trials of the study.

        Returns:
            A `Taken`; None if all are done or with others.
        """
        with self.lock:
            trials = self.trials
            for trial in trials:
                if trial.state == TrialState.RUNNING:
                    claim = self._claim(trial.number)
                    if claim:
                        return self._taken(trial.number, claim)
            if len(trials) >= count:
                return None
            number = self.study.ask().number
            return self._taken(number, self._claim(number))

    def _claim(self, number):
        """A context that holds the lock of a trial; None if another process does."""
        claim = contextlib.ExitStack()
        path = self.folder / "trials" / f"{number:03d}.lock"
        try:
            claim.enter_context(one_writer(path, self.say))
        except Held:
            return None
        return claim

    def _taken(self, number, claim):
        """The trial with its values; those that it has already are kept."""
        study_id = self.storage.get_study_id_from_name(NAME)
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(
            study_id, number
        )
        self.study.sampler = sampler(self.seed, number)
        trial = optuna.Trial(self.study, trial_id)
        values = {name: x.suggest(trial, name) for name, x in self.ranges.items()}
        return Taken(trial, values, claim)

    def count_error(self, taken):
        """How often a trial has ended by an exception, this time included."""
        with self.lock:
            count = 1 + taken.trial.user_attrs.get(ERRORS, 0)
            taken.trial.set_user_attr(ERRORS, count)
        return count

    def finish(self, taken, outcome):
        """Records how a trial went; it is not running any more.

        Args:
            taken: the `Taken`.
            outcome: an `Outcome`.
        """
        with self.lock:
            taken.trial.set_user_attr(STATUS, outcome.status)
            if outcome.reason:
                taken.trial.set_user_attr(REASON, outcome.reason)
            state = STATES[outcome.status]
            self.study.tell(taken.trial, outcome.value, state)

    def best(self):
        """The complete trial with the best value; None if none is complete."""
        states = (TrialState.COMPLETE,)
        found = self.study.get_trials(deepcopy=False, states=states)
        sign = 1 if self.study.direction.name == "MINIMIZE" else -1
        return min(found, key=lambda x: (sign * x.value, x.number), default=None)


def sampler(seed, number):
    """Optuna's sampler of tree-structured Parzen estimators (Bergstra et al. 2011).

    Trials that are still running count as bad ones, so that several workers do not try
    the same values at once.
    """
    (entropy,) = np.random.SeedSequence((seed, number)).generate_state(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return optuna.samplers.TPESampler(seed=int(entropy), constant_liar=True)


def _differing(there, here, prefix=""):
    """The keys, such as `search.dropout`, whose values differ."""
    for key in sorted({*there, *here}):
        one, other = there.get(key), here.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differing(one, other, f"{prefix}{key}.")
        elif one != other:
            yield f"{prefix}{key}"

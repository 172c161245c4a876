"""One trial: the values that it tries, its epochs, and how it went."""

from typing import NamedTuple

from optuna.trial import TrialState

STATUS, REASON = "status", "reason"
"""Attributes of a trial: how it went, and why if it is not complete."""

COMPLETE, PRUNED, NAN, FAILED, RUNNING = (
    *("complete", "pruned", "nan", "failed"),
    "running",
)
STATES = {
    COMPLETE: TrialState.COMPLETE,
    # Optuna's sampler learns from a pruned trial, and ignores a failed one.
    PRUNED: TrialState.PRUNED,
    NAN: TrialState.PRUNED,
    FAILED: TrialState.FAIL,
}
"""How a trial went -> what Optuna is told."""


class Outcome(NamedTuple):
    """How a trial went.

    Attributes:
        status: a key of `STATES`.
        value: that is minimised or maximised; None unless complete.
        reason: why it is not complete.
    """

    status: str
    value: float | None = None
    reason: str = ""


class Taken:
    """A trial that this process has until it leaves the context.

    Attributes:
        number: from 0.
        values: `{field: value}`.
    """

    def __init__(self, trial, values, claim):
        self.trial = trial
        self.number = trial.number
        self.values = values
        self._claim = claim

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._claim.close()

    def report(self, epoch, value):
        """Records the value of an epoch; one that is recorded already is kept."""
        if epoch not in self._frozen().intermediate_values:
            self.trial.report(value, epoch)

    def should_prune(self):
        """Whether its best value so far is worse than the median at that epoch."""
        return self.trial.should_prune()

    def _frozen(self):
        (found,) = (
            x
            for x in self.trial.study.get_trials(deepcopy=False)
            if x.number == self.number
        )
        return found


def status_of(trial):
    """How a trial went, in a word."""
    if not trial.state.is_finished():
        return RUNNING
    return trial.user_attrs.get(STATUS, trial.state.name.lower())

"""Takes one trial after the other, until all of a study have ended."""

import time

from keras_nmt.tuning.trial import FAILED, Outcome

TRIES = 3
"""Of a trial that ends by an exception."""

WAIT = 2.0
"""Seconds between two looks for a trial, when all are with other processes."""


def work(study, count, objective, wait=WAIT, say=print):
    """Runs trials until `count` of the study have ended.

    When other processes have all that are left it waits, so that it can take up a trial
    whose process is killed. An exception of `objective` leaves its trial to whoever
    works on the study next, and counts: at the `TRIES`-th the trial has failed, since
    it would end every process that takes it, as one too large for the memory does.

    Args:
        study: a `SharedStudy`.
        count: of its trials, those of all processes together.
        objective: `taken -> Outcome`; it may be called again for a trial that a killed
            process had begun.
        wait: seconds.
        say: called with a line for each trial.
    """
    is_waiting = False
    while not study.is_over(count):
        taken = study.take(count)
        if taken is None:
            if not is_waiting:
                say("the trials that are left are with other processes; waiting")
            is_waiting = True
            time.sleep(wait)
            continue
        is_waiting = False
        with taken:
            say(f"trial {taken.number} of {count}: {_in_words(taken.values)}")
            try:
                outcome = objective(taken)
            except Exception as error:
                if study.count_error(taken) < TRIES:
                    raise
                outcome = Outcome(FAILED, reason=f"{TRIES} times: {error!r:.200}")
            study.finish(taken, outcome)
        say(f"trial {taken.number}: {_result(outcome)}")


def _in_words(values):
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items())


def _result(outcome):
    if outcome.value is None:
        return f"{outcome.status}: {outcome.reason}"
    return f"{outcome.status}, {outcome.value:.4f}"


def _number(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""Checks what a run folder already holds: this run, a shorter one, or another one."""

import enum
import json

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.files import read_object
from keras_nmt.run.earlier_text import (
    MEND,
    OF_TEXT,
    TEXT,
    check_text,
    differing_keys,
)
from keras_nmt.run.epoch_log import epochs_logged
from keras_nmt.run.status import AVERAGE, STOPPED_EARLY
from keras_nmt.training.states import States

EPOCHS = "epochs"


class Earlier(enum.Enum):
    """What a run folder already holds."""

    NONE = "no run"
    UNFINISHED = "a run that the same command continues"
    SHORTER = "complete, with fewer epochs than requested"
    COMPLETE = "already complete"
    STOPPED = "already complete: it stopped early, which more epochs do not change"
    UNRECORDED = (
        "already complete on this test text; it has no record of its train and "
        "validation text, so these are not compared"
    )


def find(run, config, corpus, defaults):
    """Compares the run that is about to be trained with the content of its folder.

    Args:
        run: the `Run`, whether it exists or not.
        config: the config of the run to train.
        corpus: its `Corpus`.
        defaults: values of keys that configs of earlier versions do not have.

    Returns:
        An `Earlier`.

    Raises:
        InputError: the folder holds a run with another config or other text, or that
            has trained more epochs than requested, or fewer and without the state to
            continue from. Such a run is replaced only on request.
    """
    if not run.config_file.is_file():
        _check_empty(run)
        return Earlier.NONE
    _check_backend(run)
    config, defaults = json.loads(json.dumps([config, defaults]))
    there = {**defaults, **read_object(run.config_file)}
    is_complete = _is_complete(run)
    if AVERAGE in there:
        raise InputError(
            f"{run.folder}: holds an average of the weights of another run; {MEND}"
        )
    _check_config(run, there, config)
    check_text(run, there, config, corpus, is_complete)
    if is_complete and _has_stopped(run, there.get(EPOCHS), config[EPOCHS]):
        return Earlier.STOPPED
    _check_epochs(run, there.get(EPOCHS), config[EPOCHS], is_complete)
    if not is_complete:
        return Earlier.UNFINISHED
    if there.get(EPOCHS) != config[EPOCHS]:
        return Earlier.SHORTER
    return Earlier.COMPLETE if TEXT in there else Earlier.UNRECORDED


def _check_backend(run):
    """Refuses the run of another backend, which starts from other random numbers."""
    there = run.environment.get("backend", kernels.BACKEND)
    if there != kernels.BACKEND:
        raise InputError(
            f"{run.folder}: holds a run of the backend {there}, and this is "
            f"{kernels.BACKEND}; set KERAS_BACKEND={there}, or {MEND}"
        )


def _check_empty(run):
    files = run.scores_file, run.epochs_file
    if any(file.exists() for file in files) or _states(run).exist():
        raise InputError(
            f"{run.folder}: holds a run without {run.config_file.name}; restore "
            f"that file, {MEND}"
        )


def extended(run, config, earlier):
    """The config to train with; a run that is continued keeps its own.

    Only the epochs are taken from `config`. Keys that are new in this version are not
    added, because the state of the earlier run does not have them.
    """
    if earlier is Earlier.NONE or not _states(run).exist():
        return config
    there = read_object(run.config_file)
    if there.get(EPOCHS) != config[EPOCHS]:
        print(f"{run.folder}: {config[EPOCHS]} epochs now, {there.get(EPOCHS)} before")
    return {**there, EPOCHS: config[EPOCHS]}


def lasting(config):
    """The config without epochs and text; a run's state must agree with this part.

    The state itself holds the fingerprint of the training text, and `find` compares
    what is recorded of the test text.
    """
    return {key: config[key] for key in config if key not in (EPOCHS, TEXT)}


def _is_complete(run):
    scores = run.scores_file
    return scores.is_file() and read_object(scores).get("status") == "complete"


def _has_stopped(run, there, wanted):
    """Whether a run ended by its own rule, and would with more epochs, too."""
    stopped = STOPPED_EARLY in read_object(run.scores_file)
    return stopped and isinstance(there, int) and wanted > there


def _check_config(run, there, config):
    """Refuses a run whose config differs in anything but epochs and text."""
    apart = {EPOCHS, TEXT, *OF_TEXT}
    if there.get(TEXT) == config[TEXT]:
        apart -= {*OF_TEXT}
    keys = differing_keys(there, config, {*there, *config} - apart)
    for key in sorted({"processes", "devices", "split_model"} & {*keys}):
        before, now = there.get(key, 1), config.get(key, 1)
        raise InputError(
            f"{run.folder}: was trained with {key}: {before}, and there are {now} now; "
            f"go on with as many as before, or {MEND}"
        )
    if keys:
        named = ", ".join(keys)
        raise InputError(f"{run.folder}: holds a run with another {named}; {MEND}")


def _check_epochs(run, there, wanted, is_complete):
    has_state = _states(run).exist()
    if there == wanted or not (is_complete or has_state):
        return
    kind = "a complete" if is_complete else "an unfinished"
    # An unfinished run may end sooner than planned, but not sooner than it is.
    trained = there if is_complete else epochs_logged(run.epochs_file)
    if not isinstance(there, int) or wanted < trained:
        which = "" if is_complete else f", {trained} of them trained"
        raise InputError(
            f"{run.folder}: holds {kind} run of {there} epochs{which}, and {wanted} is "
            f"fewer; {run.epochs_file.name} says what loss each epoch had; {MEND}"
        )
    if not has_state:
        raise InputError(
            f"{run.folder}: holds {kind} run of {there} epochs without the state that "
            f"training to {wanted} would start from ({run.checkpoints.name}/state: git "
            f"leaves it out, earlier versions removed it); {MEND}"
        )


def _states(run):
    return States(run.checkpoints, {})

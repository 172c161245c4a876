"""Checks what a run folder already holds: this run, a shorter one, or another one."""

import enum
import json

from keras_nmt.errors import InputError
from keras_nmt.files import read_cells, read_object
from keras_nmt.run.file_formats import read_translations
from keras_nmt.run.status import AVERAGE, STOPPED_EARLY
from keras_nmt.training.states import States

TEXT = "text_sha256"
"""The key of config.json with the fingerprints of the parts of the corpus."""

EPOCHS = "epochs"

OF_TEXT = ("source_vocabulary_size", "target_vocabulary_size", "pairs")
"""Keys of config.json whose values depend on the text."""

MEND = "give another --runs-dir, or --restart to replace it"


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
    config, defaults = json.loads(json.dumps([config, defaults]))
    there = {**defaults, **read_object(run.config_file)}
    is_complete = _is_complete(run)
    if AVERAGE in there:
        raise InputError(
            f"{run.folder}: holds an average of the weights of another run; {MEND}"
        )
    _check_config(run, there, config)
    _check_text(run, there, config, corpus, is_complete)
    if is_complete and _has_stopped(run, there.get(EPOCHS), config[EPOCHS]):
        return Earlier.STOPPED
    _check_epochs(run, there.get(EPOCHS), config[EPOCHS], is_complete)
    if not is_complete:
        return Earlier.UNFINISHED
    if there.get(EPOCHS) != config[EPOCHS]:
        return Earlier.SHORTER
    return Earlier.COMPLETE if TEXT in there else Earlier.UNRECORDED


def _check_empty(run):
    for file in (run.scores_file, run.epochs_file):
        if file.exists():
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

    The test set may change, and the state itself holds the fingerprint of the training
    text.
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
    keys = _differing(there, config, {*there, *config} - apart)
    for key in sorted({"processes", "devices", "split_model"} & {*keys}):
        before, now = there.get(key, 1), config.get(key, 1)
        raise InputError(
            f"{run.folder}: was trained with {key}: {before}, and there are {now} now; "
            f"go on with as many as before, or {MEND}"
        )
    if keys:
        named = ", ".join(keys)
        raise InputError(f"{run.folder}: holds a run with another {named}; {MEND}")


def _differing(there, config, keys):
    return sorted(key for key in keys if there.get(key) != config.get(key))


# === Text ===


def _check_text(run, there, config, corpus, is_complete):
    if TEXT in there:
        differing = _parts_that_differ(there[TEXT], config[TEXT])
        if differing and there[TEXT] == _exchanged(config[TEXT]):
            raise InputError(
                f"{run.folder}: holds a run that translates the other way: its source "
                f"is the target now; {MEND}"
            )
    else:
        keys = _differing(there, config, OF_TEXT)
        if keys:
            named = ", ".join(keys)
            raise InputError(
                f"{run.folder}: holds a run on other text, with another {named}; {MEND}"
            )
        differing = _test_sides_that_differ(run, corpus.test) if is_complete else {}
    if differing:
        raise InputError(
            f"{run.folder}: holds a run on other text: "
            f"{_in_words(differing, config)}; {_mend(run, differing, is_complete)}"
        )


def _exchanged(text):
    return {
        part: {"source": sides["target"], "target": sides["source"]}
        for part, sides in text.items()
    }


def _parts_that_differ(there, now):
    """The parts whose text differs, as `{part: [sides]}`."""
    there = there if isinstance(there, dict) else {}
    found = {}
    for part, sides in now.items():
        known = there.get(part)
        known = known if isinstance(known, dict) else {}
        differing = [side for side in sides if known.get(side) != sides[side]]
        if differing:
            found[part] = differing
    return found


def _test_sides_that_differ(run, test):
    """Compares with translations.tsv, for runs without recorded fingerprints."""
    try:
        rows = read_translations(run.translations_file)
    except InputError as error:
        raise InputError(f"{error}; restore that file, {MEND}") from error
    known = {
        "source": tuple(row.source for row in rows),
        "target": tuple(row.reference for row in rows),
    }
    sides = [side for side, lines in known.items() if lines != getattr(test, side)]
    return {"test": sides} if sides else {}


def _in_words(differing, config):
    named = ", ".join(
        part if len(sides) == 2 else f"{part} ({sides[0]} side)"
        for part, sides in differing.items()
    )
    verb = "differs" if len(differing) == 1 else "differ"
    if len(differing.get("train", ())) == 2:
        verb += f" (edited since, or another corpus named {config['corpus']})"
    return f"{named} {verb}"


def _mend(run, differing, is_complete):
    if is_complete and [*differing] == ["test"]:
        return (
            f"`keras-nmt evaluate {run.folder} --source FILE --reference FILE` "
            f"scores other test text without training; or {MEND}"
        )
    return MEND


# === Epochs ===


def _check_epochs(run, there, wanted, is_complete):
    has_state = _states(run).exist()
    if there == wanted or not (is_complete or has_state):
        return
    kind = "a complete" if is_complete else "an unfinished"
    # An unfinished run may end sooner than planned, but not sooner than it is.
    trained = there if is_complete else _epochs_trained(run)
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


def _epochs_trained(run):
    return len(read_cells(run.epochs_file)) - 1 if run.epochs_file.is_file() else 0


def _states(run):
    return States(run.checkpoints, {})

"""Checks whether the run in a folder was trained and tested on the same text."""

import contextlib

from keras_nmt.errors import InputError
from keras_nmt.run.file_formats import read_translations

TEXT = "text_sha256"
"""The key of config.json with the fingerprints of the parts of the corpus."""

OF_TEXT = ("source_vocabulary_size", "target_vocabulary_size", "pairs")
"""Keys of config.json whose values depend on the text."""

_RUNS_DIR = "give another --runs-dir"

_RESTART = "--restart to replace it"

MEND = f"{_RUNS_DIR}, or {_RESTART}"
"""Of errors about what a run folder holds; see `mended_by`."""


@contextlib.contextmanager
def mended_by(option, restart=_RESTART):
    """Names the options of this command in errors that ask for another run folder.

    Args:
        option: that gives another one, where that is not `--runs-dir`.
        restart: how the run that is there is replaced.
    """
    try:
        yield
    except InputError as error:
        text = str(error).replace(_RUNS_DIR, f"give another {option}")
        error.args = (text.replace(_RESTART, restart),)
        raise


def check_text(run, there, config, corpus, is_complete):
    """Refuses a run on other text; the message says which parts differ.

    Args:
        run: the `Run`.
        there: its config.json.
        config: of the run to train.
        corpus: its `Corpus`.
        is_complete: whether the run in the folder is.
    """
    if TEXT in there:
        differing = _parts_that_differ(there[TEXT], config[TEXT])
        if differing and there[TEXT] == _exchanged(config[TEXT]):
            raise InputError(
                f"{run.folder}: holds a run that translates the other way: its source "
                f"is the target now; {MEND}"
            )
    else:
        keys = differing_keys(there, config, OF_TEXT)
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


def differing_keys(there, config, keys):
    """Those of the keys whose values differ, sorted."""
    return sorted(key for key in keys if there.get(key) != config.get(key))

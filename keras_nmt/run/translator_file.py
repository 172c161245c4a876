"""`translator.json`: everything of a trained translator except its weights."""

import hashlib
import json

from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, read_object
from keras_nmt.text.processing import TextProcessor


def describe(trained):
    """The content of translator.json without its checksum, as a dict."""
    return {
        "system": type(trained.model).__name__,
        "config": trained.model.get_config(),
        "source": trained.source.get_config(),
        "target": trained.target.get_config(),
    }


def digest_of(content):
    """The SHA-256, in hexadecimal, of a dict that `describe` returned."""
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


def read_description(path):
    """Reads translator.json and compares its checksum.

    Files of earlier versions have no checksum, and are accepted without one.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        content = read_object(path)
    except MissingFile:
        raise InputError(
            f"{path}: no such file; give the folder of a run that was trained here "
            "(checkpoints are not kept in git: train it again)"
        ) from None
    unsigned = {key: content[key] for key in content if key != "sha256"}
    if content != unsigned and content["sha256"] != digest_of(unsigned):
        raise InputError(
            f"{path}: is altered: its checksum does not match; train the run again, "
            "or restore the file"
        )
    strange = sorted(unsigned.keys() - {"system", "config", "source", "target"})
    if strange:
        raise InputError(f"{path}: unknown key {strange[0]!r}; train the run again")
    return content


def read_side(content, side, path):
    """The `TextProcessor` of the "source" or the "target"."""
    try:
        processor = TextProcessor.from_config(content[side])
        known, expected = (
            len(processor.vocabulary),
            content["config"][f"{side}_vocabulary_size"],
        )
        if known != expected:
            raise ValueError(f"{known} tokens, the model knows {expected}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: key {side!r} is missing or damaged ({error!s:.120}); "
            "train the run again"
        ) from None
    return processor

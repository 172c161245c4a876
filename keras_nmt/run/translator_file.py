"""`translator.json`: everything of a trained translator except its weights."""

import hashlib
import json

from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, read_object, write_json
from keras_nmt.run.runs import Run
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.greedy import Greedy
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.tokenizer import SubwordTokenizer

SEARCH = "search"
"""The key of the search that a translator prefers; greedy search has no entry."""

RESPELLING = "respelling"
"""The key that is true where lines are respelled; elsewhere it is left out."""

GREEDY = Greedy()


def describe(trained):
    """The content of translator.json without its checksum, as a dict."""
    content = {
        "system": type(trained.model).__name__,
        "config": trained.model.get_config(),
        "source": trained.source.get_config(),
        "target": trained.target.get_config(),
    }
    if isinstance(trained.search, BeamSearch):
        content[SEARCH] = trained.search.get_config()
    if trained.respell:
        content[RESPELLING] = True
    return content


def digest_of(content):
    """The SHA-256, in hexadecimal, of a dict that `describe` returned."""
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


def save(folder, trained):
    """Writes translator.json: everything that `load` needs except the weights."""
    content = describe(trained)
    content["sha256"] = digest_of(content)
    write_json(Run(folder).translator_file, content)


def digest(trained):
    """The SHA-256 of all but the weights; the weights file records it."""
    return digest_of(describe(trained))


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
    known = {"system", "config", "source", "target", SEARCH, RESPELLING}
    strange = sorted(unsigned.keys() - known)
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


def read_search(content, path):
    """The search that the translator prefers: `BeamSearch`, or greedy search."""
    if SEARCH not in content:
        return GREEDY
    try:
        return BeamSearch(**content[SEARCH])
    except (TypeError, InputError) as error:
        raise InputError(
            f"{path}: key {SEARCH!r} is damaged ({error!s:.120}); package the run again"
        ) from None


def read_respelling(content, path):
    """Whether lines are respelled for the source side's subwords."""
    respelling = content.get(RESPELLING, False)
    tokenizer = content["source"]["tokenizer"]["class_name"]
    if respelling is False or (
        respelling is True and tokenizer == SubwordTokenizer.__name__
    ):
        return respelling
    raise InputError(
        f"{path}: key {RESPELLING!r} is {respelling!r:.40} for a {tokenizer!s:.40}; "
        "package the run again"
    )

"""The command-line options that name a corpus, and the corpus that they name."""

import dataclasses
import logging
from pathlib import Path

from keras_nmt.corpora import captions, multi30k
from keras_nmt.corpora.corpus import read_corpus
from keras_nmt.errors import InputError, did_you_mean

BUILT_IN = ("captions", "multi30k")

OTHER_CAPTIONS = "captions_other"
"""The corpus name of a folder called captions; `captions` is the built-in corpus."""

FOLDER_OPTIONS = ("source_language", "target_language", "test")
"""Options that apply to a folder only."""

_LOG = logging.getLogger("keras_nmt")


def add_options(parser, default="captions"):
    """Adds the options that name a corpus."""
    parser.add_argument(
        "--corpus", default=default, help="captions, multi30k or a folder"
    )
    parser.add_argument("--data-dir", help="local copy of Multi30k")
    parser.add_argument("--source-language", help="suffix of the files to translate")
    parser.add_argument("--target-language", help="suffix of their translations")
    parser.add_argument("--test", help="name of the test set, such as test_2017_flickr")


def given(options):
    """The values of the corpus options, as `{"--option": value}`; None if not given."""
    names = ("corpus", "data_dir", *FOLDER_OPTIONS)
    return {option_of(name): getattr(options, name) for name in names}


def folder_options(options):
    """The keywords of `load_corpus` for a folder, those that were given."""
    values = {name: getattr(options, name) for name in FOLDER_OPTIONS}
    return {name: value for name, value in values.items() if value is not None}


def option_of(name):
    """The command line's spelling of a keyword: `--source-language`."""
    return f"--{name.replace('_', '-')}"


def chosen_corpus(options):
    """The corpus that the options name."""
    return load_corpus(options.corpus, options.data_dir, **folder_options(options))


def load_corpus(name, data_dir=None, **folder_options):
    """Loads `captions`, `multi30k`, or a folder with parallel text.

    Args:
        name: one of these names, or the path of a folder.
        data_dir: local copy of Multi30k.
        folder_options: keywords of `read_corpus`, for a folder.

    Raises:
        InputError: there is no such corpus, or the options do not apply to it.
    """
    if data_dir and name != "multi30k":
        raise InputError(
            "--data-dir is where the files of --corpus multi30k are; "
            f"leave it out with --corpus {name}"
        )
    if name in BUILT_IN:
        _check_built_in(name, folder_options)
        return captions.load() if name == "captions" else multi30k.load(data_dir)
    if not Path(name).is_dir():
        raise InputError(
            f"unknown corpus {name!r}{did_you_mean(name, BUILT_IN)}; "
            "choose captions, multi30k or an existing folder"
        )
    corpus = multi30k.named_by_text(read_corpus(name, **folder_options))
    if corpus.name.lower() == "captions":
        _LOG.warning(
            "%s: its runs are called %s, as captions is the built-in corpus",
            *(name, OTHER_CAPTIONS),
        )
        corpus = dataclasses.replace(corpus, name=OTHER_CAPTIONS)
    return corpus


def _check_built_in(name, folder_options):
    if folder_options:
        options = ", ".join(map(option_of, folder_options))
        folder = "a folder of yours" if name == "captions" else "its folder"
        raise InputError(
            f"--corpus {name} goes from German to English, with one test set; "
            f"leave out {options}, or give {folder} by --corpus PATH"
        )
    if Path(name).is_dir():
        _LOG.warning(
            "corpus %s: the built-in one, not the folder ./%s; --corpus ./%s is that",
            *(name, name, name),
        )

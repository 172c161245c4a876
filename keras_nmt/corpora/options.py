"""The command-line options that name a corpus, and the corpus that they name."""

import dataclasses
import logging
from pathlib import Path

from keras_nmt.corpora import captions, multi30k
from keras_nmt.corpora.corpus import load
from keras_nmt.corpora.formats.pairs import Choice
from keras_nmt.corpora.in_memory import sources_of
from keras_nmt.corpora.sources import PARTS, find_sources
from keras_nmt.corpora.splitting import split
from keras_nmt.errors import InputError, did_you_mean

BUILT_IN = ("captions", "multi30k")

OTHER_CAPTIONS = "captions_other"
"""The corpus name of a folder called captions; `captions` is the built-in corpus."""

SIDES = ("source", "target")

FILES = tuple(f"{part}_{side}" for part in PARTS for side in SIDES)
"""Options that name the files of a part, by side."""

OWN_TEXT = (
    *("source_language", "target_language", "test"),
    *("source_column", "target_column", "split"),
    *FILES,
)
"""Options that apply to text of the user's own only."""

_LOG = logging.getLogger("keras_nmt")


def add_options(parser, default="captions"):
    """Adds the options that name a corpus."""
    add = parser.add_argument
    parser.set_defaults(default_corpus=default)
    add(
        "--corpus",
        metavar="NAME|PATH",
        help="captions, multi30k, a folder, a table (.csv, .tsv), .tmx, .jsonl, or "
        "what two files have before .xx and .yy"
        + f"; default {default}"
        * bool(default),
    )
    add("--data-dir", help="local copy of Multi30k")
    for part in PARTS:
        for side in SIDES:
            add(
                f"--{part}-{side}",
                metavar="FILE",
                help=f"the {side} side of {part}, a sentence a line",
            )
    add("--source-language", metavar="XX", help="to translate from: de, deu, pt_BR...")
    add("--target-language", metavar="YY", help="to translate into")
    add("--source-column", metavar="NAME|N", help="column of a table, key of .jsonl")
    add("--target-column", metavar="NAME|N", help="likewise")
    add("--test", metavar="NAME", help="the test set, such as test_2017_flickr")
    add(
        "--split",
        type=int,
        metavar="N",
        help="take N pairs from train for validation, and for test, if there is none",
    )


def given(options):
    """The values of the corpus options, as `{"--option": value}`; None if not given."""
    names = ("data_dir", *OWN_TEXT)
    values = {option_of(name): getattr(options, name) for name in names}
    return {"--corpus": _corpus_of(options), **values}


def refuse_beside(option, options):
    """Refuses options that name a corpus beside one that names its text already.

    Raises:
        InputError: the message names them.
    """
    named = {**given(options), "--corpus": options.corpus}
    found = [name for name, value in named.items() if value is not None]
    if found:
        raise InputError(
            f"{option} names the text already; leave out {', '.join(found)}"
        )


def own_options(options):
    """The keywords of `load_corpus` for a user's own text, those that were given."""
    values = {name: getattr(options, name) for name in OWN_TEXT}
    return {name: value for name, value in values.items() if value is not None}


def option_of(name):
    """The command line's spelling of a keyword: `--source-language`."""
    return f"--{name.replace('_', '-')}"


def chosen_corpus(options):
    """The corpus that the options name."""
    return load_corpus(_corpus_of(options), options.data_dir, **own_options(options))


def chosen_sources(options):
    """The `Sources` that the options name.

    Raises:
        InputError: there are none, or they are built in.
    """
    name, own = _corpus_of(options), own_options(options)
    if name in BUILT_IN:
        _check_built_in(name, own)
        raise InputError(
            f"--corpus {name} is checked already; give text of yours by --corpus PATH"
        )
    _refuse_data_dir(options)
    return own_sources(name, **own)


def any_sources(options):
    """The `Sources` that the options name; of a built-in corpus, too."""
    name = _corpus_of(options)
    if name in BUILT_IN:
        return sources_of(chosen_corpus(options))
    _refuse_data_dir(options)
    found = own_sources(name, **own_options(options))
    if found.name.lower() in BUILT_IN:
        # These names are compared with the built-in text, which is small.
        return sources_of(chosen_corpus(options))
    return found


def _refuse_data_dir(options):
    if options.data_dir:
        raise InputError("--data-dir goes with --corpus multi30k; leave it out")


def load_corpus(name, data_dir=None, **own):
    """Loads `captions`, `multi30k`, or parallel text of the user's own.

    Args:
        name: one of these names, or a path; None if `own` names the files.
        data_dir: local copy of Multi30k.
        own: values of `OWN_TEXT`.

    Raises:
        InputError: there is no such corpus, or the options do not apply to it.
    """
    if data_dir and name != "multi30k":
        raise InputError(
            "--data-dir is where the files of --corpus multi30k are; "
            f"leave it out with --corpus {name}"
        )
    if name in BUILT_IN:
        _check_built_in(name, own)
        return captions.load() if name == "captions" else multi30k.load(data_dir)
    corpus = multi30k.named_by_text(load(own_sources(name, **own)))
    if corpus.name.lower() == "captions":
        _LOG.warning(
            "%s: its runs are called %s, as captions is the built-in corpus",
            *(name, OTHER_CAPTIONS),
        )
        corpus = dataclasses.replace(corpus, name=OTHER_CAPTIONS)
    return corpus


def own_sources(name, **own):
    """The `Sources` of a path, or of files that are named one by one.

    Raises:
        InputError: there are none, or the choice is not clear.
    """
    files = _files(own)
    if name is None and "train" not in files:
        raise InputError(
            "give the training text by --train-source and --train-target, or --corpus"
        )
    if name is not None and "train" in files:
        raise InputError(
            f"--corpus {name} and --train-source both name the training text; "
            "leave one of them out"
        )
    choice = Choice(**{x.name: own.get(x.name) for x in dataclasses.fields(Choice)})
    try:
        found = find_sources(name, choice, own.get("test"), files)
    except FileNotFoundError:
        raise InputError(
            f"unknown corpus {name!r}{did_you_mean(name, BUILT_IN)}; choose captions, "
            "multi30k, or an existing folder or file"
        ) from None
    return found if own.get("split") is None else split(found, own["split"])


def _files(own):
    """`{part: (source file, target file)}` of the files that are named."""
    files = {}
    for part in PARTS:
        sides = [own.get(f"{part}_{side}") for side in SIDES]
        if any(sides) and not all(sides):
            there, absent = SIDES if sides[0] else SIDES[::-1]
            raise InputError(
                f"--{part}-{there} without --{part}-{absent}; give both sides"
            )
        if all(sides):
            files[part] = tuple(map(Path, sides))
    return files


def _corpus_of(options):
    """The corpus that is named, or the default; None if its files are named."""
    is_named_by_files = getattr(options, "train_source", None) is not None
    return options.corpus or (None if is_named_by_files else options.default_corpus)


def _check_built_in(name, own):
    if own:
        options = ", ".join(map(option_of, own))
        mine = "text of yours" if name == "captions" else "its folder"
        raise InputError(
            f"--corpus {name} goes from German to English, with one test set; "
            f"leave out {options}, or give {mine} by --corpus PATH"
        )
    if Path(name).is_dir():
        _LOG.warning(
            "corpus %s: the built-in one, not the folder ./%s; --corpus ./%s is that",
            *(name, name, name),
        )

"""`keras-nmt prepare`: checks, cleans and prepares a corpus before training."""

import os
import shlex
from pathlib import Path

from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError

CHARACTERS, RATIO = 1000, 3.0
"""Limits of a pair of train, for `--check` and `--clean`."""


def add_to(commands):
    parser = commands.add_parser("prepare", help="check, clean or prepare text")
    parser.set_defaults(run=run)
    corpus_options.add_options(parser, default=None)
    add = parser.add_argument
    add("--check", action="store_true", help="tell what is in the text; writes nothing")
    add(
        "--clean",
        type=Path,
        metavar="OUT",
        help="write the text to this new folder, without bad pairs of train",
    )
    add("--max-characters", type=int, metavar="N", help=f"{CHARACTERS}; a side")
    add(
        "--max-ratio",
        type=float,
        metavar="R",
        help=f"{RATIO:g}; of a side's characters to the other's",
    )
    add(
        "--recipe",
        metavar="NAME|FILE.toml",
        help="prepare the text for this recipe, in the folder of --out",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="a field of the recipe that differs; may be given several times",
    )
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="for --recipe: a new folder, or that of a call to go on with",
    )
    add("--processes", type=int, metavar="N", help="that encode; one a core by default")
    add("--restart", action="store_true", help="replace what is in --out")
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    from keras_nmt.corpora.checking import check
    from keras_nmt.corpora.cleaning import rules_for

    if bool(options.recipe) != bool(options.out):
        raise InputError("--recipe and --out go together; give both or none")
    if options.processes is not None and options.processes < 1:
        raise InputError(f"--processes {options.processes}: give at least 1")
    _check_together(options)
    if not (options.check or options.clean):
        _prepare(options)
        return
    given = options.max_characters, options.max_ratio
    defaults = zip(given, (CHARACTERS, RATIO), strict=True)
    limits = [default if value is None else value for value, default in defaults]
    if limits[0] < 1 or not limits[1] >= 1:
        raise InputError("--max-characters and --max-ratio: give at least 1")
    sources = corpus_options.chosen_sources(options)
    rules = rules_for(sources.parts["train"], *limits)
    if options.check:
        for line in check(sources, rules):
            print(line, flush=True)
    if options.clean:
        _clean(sources, options.clean, rules)
    if options.recipe:
        _prepare(options)


def _check_together(options):
    """Refuses options that nothing would read."""
    judges = options.check or options.clean
    if not (judges or options.recipe):
        raise InputError(
            "say what to do: --check, --clean OUT, or --recipe NAME --out DIR"
        )
    if options.clean and options.recipe:
        raise InputError(
            "--recipe reads --corpus as it is; prepare the folder that --clean writes "
            "by a second command"
        )
    limits = {"max-characters": options.max_characters, "max-ratio": options.max_ratio}
    for name, value in limits.items():
        if value is not None and not judges:
            raise InputError(f"--{name} goes with --check or --clean")
    of_recipe = {"set": options.set, "processes": options.processes}
    for name, value in {**of_recipe, "restart": options.restart}.items():
        if value and not options.recipe:
            raise InputError(f"--{name} goes with --recipe and --out")


def _prepare(options):
    from keras_nmt.commands.train import found
    from keras_nmt.preparation.going_on import earlier_in
    from keras_nmt.preparation.layout import LOCK
    from keras_nmt.preparation.prepare import prepare_folder
    from keras_nmt.preparation.stored import open_prepared
    from keras_nmt.recipes.from_text import with_settings
    from keras_nmt.recipes.own import RECIPES
    from keras_nmt.training.lock import one_writer

    recipe = with_settings(found(options.recipe, RECIPES), options.set)
    sources, folder = corpus_options.any_sources(options), options.out
    processes = options.processes or _cores()
    earlier_in(folder, sources)  # a folder of other files gets no lock, either
    with one_writer(folder / LOCK, option="--out"):
        prepare_folder(
            sources,
            folder,
            recipe.text_options(),
            processes=processes,
            restart=options.restart,
            say=lambda line: print(line, flush=True),
        )
    for part in open_prepared(folder).statistics:
        print(part.line())
    words = ["keras-nmt", "train", options.recipe, "--prepared", str(folder)]
    words += [word for field in options.set for word in ("--set", field)]
    print(f"train on it: {shlex.join(words)}")


def _cores():
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _clean(sources, folder, rules):
    from keras_nmt.corpora.cleaning import DROPPED, clean

    print("rules, of train alone:")
    for line in rules.lines():
        print(f"  {line}")
    languages, counts = clean(sources, folder, rules)
    read, kept = sum(counts.values()), counts.pop("")
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in counts.most_common())
    print(f"train: {kept:,} of {read:,} pairs kept; dropped: {dropped or 'none'}")
    print(f"{folder / DROPPED}: the dropped pairs, with their line and reason")
    for part in sorted({"validation", "test"} - sources.parts.keys()):
        print(f"{folder}: no {part}; --split N takes some away from train")
    words = ["keras-nmt", "train", "transformer", "--corpus", str(folder)]
    for name, language in zip(("source", "target"), languages, strict=True):
        words += [f"--{name}-language", language]
    print(f"train on it: {shlex.join(words)}")

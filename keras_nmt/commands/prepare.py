"""`keras-nmt prepare`: checks a corpus before training, and cleans it."""

import itertools
from pathlib import Path

from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError


def add_to(commands):
    parser = commands.add_parser("prepare", help="check or clean text to train on")
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
    add("--max-characters", type=int, default=1000, metavar="N", help="1000; a side")
    add(
        "--max-ratio",
        type=float,
        default=3.0,
        metavar="R",
        help="3; of a side's characters to the other's",
    )
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    from keras_nmt.corpora.checking import check
    from keras_nmt.corpora.cleaning import rules_for

    if not (options.check or options.clean):
        raise InputError("say what to do: --check, or --clean OUT")
    if options.max_characters < 1 or not options.max_ratio >= 1:
        raise InputError("--max-characters and --max-ratio: give at least 1")
    sources = corpus_options.chosen_sources(options)
    limits = options.max_characters, options.max_ratio
    rules = rules_for(sources.parts["train"], *limits)
    if options.check:
        for line in check(sources, rules):
            print(line, flush=True)
    if options.clean:
        _clean(sources, options.clean, rules)


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
    words = itertools.chain.from_iterable(
        zip(("--source-language", "--target-language"), languages, strict=True)
    )
    print(
        f"train on it: keras-nmt train transformer --corpus {folder} {' '.join(words)}"
    )

"""Translates with a trained run, or scores it.

    python -m keras_nmt translate RUN_DIR < source.txt > hypotheses.txt
    python -m keras_nmt evaluate RUN_DIR [--source FILE --reference FILE]

The backend is Keras's own choice: KERAS_BACKEND=tensorflow, jax or torch, whichever
trained the run.
"""

import sys
from pathlib import Path

from keras_nmt.data.lines import read_lines, stream_lines
from keras_nmt.environment import require
from keras_nmt.errors import InputError, OptionParser, command_line
from keras_nmt.memory import keep_freed_memory
from keras_nmt.quiet import hush_tensorflow
from keras_nmt.streaming import as_they_come, own_stdin

CHUNK = 1024
"""Most lines translated before the first of them is written."""

SENTENCES_DRAWN = 9
"""Most sentences in one picture of attention."""

LONGEST_DRAWN = 60
"""Most tokens of such a sentence; a map of more is too large to be looked at."""


@command_line
def main(argv=None):
    require()
    keep_freed_memory()
    hush_tensorflow()
    options = _parser().parse_args(argv)
    options.run(options)


def translate(options):
    """A line out for every line in, as soon as it is there."""
    _check_writable(options.attention)
    chunks = as_they_come(stream_lines(own_stdin(), "stdin"), CHUNK)
    translator, search = _load(options)
    if options.attention:
        _check_attention(translator, options)
    if sys.stdin.isatty():
        print("a sentence a line; Ctrl-D ends", file=sys.stderr)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    first_lines, number = [], 0
    for chunk in chunks:
        for candidates in translator.candidates(
            chunk,
            search,
            batch_size=options.batch_size,
            progress=None,
            first=number,
        ):
            number += 1
            for candidate in candidates:
                print(_line(number, candidate, options))
        sys.stdout.flush()
        first_lines += chunk[: SENTENCES_DRAWN - len(first_lines)]
    if options.attention:
        _draw(translator, first_lines, search, options.attention)


def evaluate(options):
    """Scores of a test set: the run's own, or two files."""
    from keras_nmt.reporting.scores import for_screen, score

    sources, references, kept = _test_set(options)
    translator, search = _load(options)
    hypotheses = translator.translate(
        sources, search, batch_size=options.batch_size, progress=None
    )
    print(for_screen(score(hypotheses, references, kept)))


def _load(options):
    """Translator and search.

    Keras and the backend come in here, after everything that can fail early."""
    if options.batch_size < 1:
        raise InputError(f"--batch-size {options.batch_size}: give at least 1")
    from keras_nmt.decoding.beam import BeamSearch
    from keras_nmt.decoding.sampling import Sampling
    from keras_nmt.trained import GREEDY, load

    sampled = {
        name: getattr(options, name)
        for name in ("temperature", "top_k", "top_p")
        if getattr(options, name) is not None
    }
    n_best = getattr(options, "n_best", 1)
    if sampled:
        search = Sampling(**sampled, n_best=n_best, seed=options.seed)
    elif options.beam_size == n_best == 1 and not getattr(options, "scores", False):
        search = GREEDY
    else:
        search = BeamSearch(options.beam_size, options.length_penalty, n_best)
    translator = load(options.run_dir)
    if translator.model.one_pass and (sampled or n_best > 1):
        raise InputError(
            f"{options.run_dir}: this system says all words at once, so that there is "
            "one translation a sentence; leave out sampling and --n-best"
        )
    return translator, search


def _line(number, candidate, options):
    cells = [candidate.text]
    if options.scores:
        cells.insert(0, "" if candidate.score is None else f"{candidate.score:.4f}")
    if options.n_best > 1:
        cells.insert(0, str(number))
    return "\t".join(cells)


def _check_writable(path):
    if path is not None and not path.resolve().parent.is_dir():
        raise InputError(f"{path}: no such folder; make it first")
    if path is not None and path.suffix not in (".png", ".svg"):
        raise InputError(f"{path}: name a .png or .svg file")


def _check_attention(translator, options):
    (sample,) = translator.alignments(["."]) or [None]
    if sample is None or not sample.weights:
        raise InputError(
            f"{options.run_dir}: this system has no attention to draw; take one that "
            "has, or leave out --attention"
        )


def _draw(translator, lines, search, path):
    from keras_nmt.reporting.alignments import attention_maps
    from keras_nmt.reporting.figures import save_image

    # The attention of a document takes memory with the square of its length.
    short = [
        line if len(translator.source.encode(line)) <= LONGEST_DRAWN else ""
        for line in lines
    ]
    alignments = [
        alignment
        for alignment in translator.alignments(short, search)
        if max(map(len, alignment[:2])) <= LONGEST_DRAWN
    ]
    if alignments:
        save_image(attention_maps(alignments), path)
    else:
        print(
            f"{path}: not written; none of the first {SENTENCES_DRAWN} lines has 1 to "
            f"{LONGEST_DRAWN} tokens",
            file=sys.stderr,
        )


def _test_set(options):
    """Sources, references, and the places that the protocol keeps, or None."""
    given = [path for path in (options.source, options.reference) if path]
    if len(given) == 1:
        raise InputError("--source and --reference go together; give both or none")
    if given:
        sources, references = map(read_lines, given)
        if len(sources) != len(references):
            raise InputError(
                f"{options.source} has {len(sources)} lines but {options.reference} "
                f"{len(references)}; give one reference a source line"
            )
        return sources, references, None
    from keras_nmt.reporting.runs import TRANSLATIONS, complete_run, read_translations

    run = complete_run(options.run_dir)
    rows = read_translations(run.folder / TRANSLATIONS)
    sources, references = [r.source for r in rows], [r.reference for r in rows]
    return sources, references, run.kept_rows


def _parser():
    parser = OptionParser(
        prog="python -m keras_nmt", description=__doc__.split("\n\n")[0]
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("translate", help="lines from stdin, to stdout")
    one.set_defaults(run=translate)
    _add_search_options(one)
    one.add_argument(
        "--n-best",
        type=int,
        default=1,
        metavar="K",
        help="K lines a sentence, each after the sentence's number and a tab",
    )
    one.add_argument(
        "--scores", action="store_true", help="the score and a tab before each line"
    )
    one.add_argument(
        "--attention",
        type=Path,
        metavar="OUT.png",
        help=f"draw where the system looked, for the first {SENTENCES_DRAWN} sentences",
    )
    two = commands.add_parser("evaluate", help="BLEU, chrF and TER of a test set")
    two.set_defaults(run=evaluate)
    _add_search_options(two)
    two.add_argument("--source", type=Path, metavar="FILE", help="instead of the run's")
    two.add_argument("--reference", type=Path, metavar="FILE")
    return parser


def _add_search_options(parser):
    add = parser.add_argument
    add("run_dir", type=Path, metavar="RUN_DIR", help="a trained run's folder")
    add("--beam-size", type=int, default=4, metavar="W", help="4; 1 is greedy search")
    add("--length-penalty", type=float, default=0.6, metavar="ALPHA", help="0.6")
    add("--temperature", type=float, metavar="T", help="sample instead of searching")
    add("--top-k", type=int, metavar="K", help="sample from the K most probable")
    add("--top-p", type=float, metavar="P", help="sample from the most probable P")
    add("--seed", type=int, default=0, help="of sampling")
    add("--batch-size", type=int, default=128, help="most sentences at once")
    add("--debug", action="store_true", help="show tracebacks")


if __name__ == "__main__":
    main()

"""`keras-nmt translate`: translates each line of standard input as it arrives."""

import sys
from pathlib import Path

from keras_nmt.commands import searching
from keras_nmt.commands.unknown_text import UnknownText
from keras_nmt.errors import InputError
from keras_nmt.program import streams
from keras_nmt.program.extras import check_installed
from keras_nmt.program.line_shards import chunks_of_shard, count_lines, shard_of
from keras_nmt.program.stdin import available_lines, own_stdin
from keras_nmt.text.lines import stream_lines

SENTENCES_DRAWN = 9
"""Most sentences in one picture of attention."""

LONGEST_DRAWN = 60
"""Most tokens of such a sentence; a larger map is unreadable."""


def add_to(commands):
    parser = commands.add_parser("translate", help="lines from stdin, to stdout")
    parser.set_defaults(run=run)
    searching.add_options(parser)
    parser.add_argument(
        "--n-best",
        type=int,
        default=1,
        metavar="K",
        help="K lines a sentence, each after the sentence's number and a tab",
    )
    parser.add_argument(
        "--scores", action="store_true", help="the score and a tab before each line"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="instead of stdout; the same command goes on where it was killed",
    )
    parser.add_argument(
        "--shard",
        default="1/1",
        metavar="I/N",
        help="translate only the I-th of N parts of the text; needs --out",
    )
    parser.add_argument(
        "--attention",
        type=Path,
        metavar="OUT.png",
        help=f"draw where the system looked, for the first {SENTENCES_DRAWN} sentences",
    )


def run(options):
    _check_writable(options.attention)
    if options.out:
        _to_file(options)
        return
    if shard_of(options.shard) != (1, 1):
        raise InputError("--shard needs --out FILE; each part has a file of its own")
    chunks = available_lines(stream_lines(own_stdin(), "stdin"), searching.CHUNK)
    translator, search = searching.load(options)
    if options.attention:
        _check_attention(translator, options)
    _say_what_is_read()
    streams.write_utf8(sys.stdout)
    first_lines, number, unknown = [], 0, UnknownText(translator.source)
    for chunk in chunks:
        unknown.add(chunk)
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
    unknown.warn()
    if options.attention:
        _draw(translator, first_lines, search, options.attention)


def _to_file(options):
    """Translates in chunks that do not depend on how fast lines arrive."""
    from keras_nmt.run.growing_file import growing_file

    if options.attention:
        raise InputError("--attention goes with stdout; leave out --out")
    shard, stdin = shard_of(options.shard), own_stdin()
    count = count_lines(stdin) if shard != (1, 1) else None
    job = searching.job(options, "n_best", "scores", "shard")
    with growing_file(options.out, job) as file:
        translator, search = searching.load(options)
        unknown = UnknownText(translator.source)
        _say_what_is_read()
        lines = stream_lines(stdin, "stdin")
        for first, chunk in chunks_of_shard(lines, count, searching.CHUNK, shard):
            if file.is_done(chunk):
                continue
            unknown.add(chunk)
            found = translator.candidates(
                chunk, search, batch_size=options.batch_size, progress=None, first=first
            )
            file.write(
                "".join(
                    f"{_line(number, candidate, options)}\n"
                    for number, candidates in enumerate(found, first + 1)
                    for candidate in candidates
                )
            )
        unknown.warn()
        file.finish()


def _say_what_is_read():
    if streams.is_terminal(sys.stdin):
        print("a sentence a line; Ctrl-D ends", file=sys.stderr)


def _line(number, candidate, options):
    cells = [candidate.text]
    if options.scores:
        cells.insert(0, "" if candidate.score is None else f"{candidate.score:.4f}")
    if options.n_best > 1:
        cells.insert(0, str(number))
    return "\t".join(cells)


def _check_writable(path):
    if path is not None:
        check_installed("matplotlib")
    if path is not None and not path.absolute().parent.is_dir():
        raise InputError(f"{path}: no such folder; make it first")
    if path is not None and path.suffix not in (".png", ".svg"):
        raise InputError(f"{path}: name a .png or .svg file")


def _check_attention(translator, options):
    if len(options.run_dirs) > 1:
        raise InputError(
            "--attention draws one system, not an ensemble; give one RUN_DIR, or leave "
            "it out"
        )
    (sample,) = translator.alignments(["."]) or [None]
    if sample is None or not sample.weights:
        raise InputError(
            f"{options.run_dirs[0]}: this system has no attention to draw; take one "
            "that has, or leave out --attention"
        )


def _draw(translator, lines, search, path):
    from keras_nmt.evaluation.attention_maps import attention_maps
    from keras_nmt.evaluation.drawing import save_image

    # Attention weights take memory proportional to the square of a line's length.
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

"""`keras-nmt evaluate`: BLEU, chrF and TER of the run's test set or another one.

The text is translated and scored chunk by chunk, so it may be of any size.
"""

import contextlib
import itertools
from pathlib import Path

from keras_nmt.commands import searching
from keras_nmt.commands.scored_text import Hypotheses, Lines, ScoredText
from keras_nmt.errors import InputError
from keras_nmt.program.line_shards import chunks_of_shard, shard_of


def add_to(commands):
    parser = commands.add_parser("evaluate", help="BLEU, chrF and TER of a test set")
    parser.set_defaults(run=run)
    searching.add_options(parser)
    parser.add_argument(
        "--source", type=Path, metavar="FILE", help="instead of the run's test set"
    )
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="FILE",
        action="append",
        help="may be given several times: each is compared with",
    )
    parser.add_argument(
        "--tokenize",
        metavar="NAME",
        help="of sacreBLEU's tokenizers, for BLEU; by default the run's own",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="keep the translations; the same command goes on where it was killed",
    )
    parser.add_argument(
        "--shard",
        default="1/1",
        metavar="I/N",
        help="translate only the I-th of N parts, to --out; --hypotheses scores them",
    )
    parser.add_argument(
        "--hypotheses",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="score these translations, one file after the other, of --out or not",
    )


def run(options):
    from keras_nmt.evaluation.bleu_tokenizers import check_tokenizer

    if options.tokenize:
        check_tokenizer(options.tokenize)
    shard = _shard(options)
    searching.find_models(options)
    texts = _test_set(options)
    texts.check()
    hypotheses = None
    if options.hypotheses:
        hypotheses = Hypotheses(options.hypotheses)
        hypotheses.check(texts)
    with _file(options) as file:
        print(_evaluated(options, texts, hypotheses, file, shard))


def _file(options):
    """The context of the `GrowingFile` of `--out`, or of None."""
    if not options.out:
        return contextlib.nullcontext()
    from keras_nmt.run.growing_file import growing_file

    return growing_file(options.out, searching.job(options, "shard"))


def _evaluated(options, texts, hypotheses, file, shard):
    """What the command prints once all is translated."""
    from keras_nmt.evaluation.bleu_tokenizers import check_tokenizer
    from keras_nmt.evaluation.scores import for_screen, score_stream

    translator, search = searching.load(options)
    tokenize = check_tokenizer(options.tokenize or _own_tokenizer(options, translator))

    def translated(first, chunk):
        found = translator.candidates(
            chunk, search, batch_size=options.batch_size, progress=None, first=first
        )
        return [best.text for best, *_ in found]

    chunks = chunks_of_shard(iter(texts.sources), len(texts), searching.CHUNK, shard)
    if file:
        for first, chunk in chunks:
            if not file.is_done(chunk):
                file.write("".join(f"{x}\n" for x in translated(first, chunk)))
        if shard != (1, 1):
            file.finish()
            return f"{options.out}: part {options.shard}; --hypotheses scores all parts"
        hypotheses = Hypotheses([file.unfinished])
    if hypotheses is None:
        hypotheses = itertools.chain.from_iterable(translated(*x) for x in chunks)
    found = score_stream(hypotheses, texts.references, texts.kept, tokenize=tokenize)
    if file:
        file.finish()
    return for_screen(found)


def _shard(options):
    """The numbers of `--shard`, if the options go together."""
    shard = shard_of(options.shard)
    if options.hypotheses and options.out:
        raise InputError("--hypotheses are scored as they are; leave out --out")
    if shard != (1, 1) and not options.out:
        raise InputError("--shard needs --out FILE; each part has a file of its own")
    return shard


def _own_tokenizer(options, translator):
    """BLEU's tokenizer: the one of the run's scores, or of its language if unscored."""
    from keras_nmt.evaluation.bleu_tokenizers import tokenizer_of, tokenizer_of_run
    from keras_nmt.run.runs import Run

    scores = Run(options.run_dirs[0]).scores
    if "test" in scores:
        return tokenizer_of_run(scores)
    return tokenizer_of(getattr(translator.target.tokenizer, "language", None))


def _test_set(options):
    """The `ScoredText` that the options name."""
    if bool(options.source) != bool(options.reference):
        raise InputError("--source and --reference go together; give both or none")
    if options.source:
        return ScoredText(Lines(options.source), [*map(Lines, options.reference)])
    from keras_nmt.run.model_folder import is_model
    from keras_nmt.run.runs import complete_run

    for folder in filter(is_model, options.run_dirs):
        raise InputError(
            f"{folder}: a model folder has no test set; give one by --source and "
            "--reference"
        )
    runs = [complete_run(folder) for folder in options.run_dirs]
    sides = [[(row.source, row.reference) for row in run.translations] for run in runs]
    for run, side in zip(runs, sides, strict=True):
        if side != sides[0]:
            raise InputError(
                f"{run.folder}: has another test set than {runs[0].folder}; name one "
                "by --source and --reference"
            )
    sources, references = (list(side) for side in zip(*sides[0], strict=True))
    kept = runs[0].kept_rows
    same = all(run.kept_rows == kept for run in runs)
    return ScoredText(sources, [references], kept if same else None)

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
    if options.hypotheses:
        _check_hypotheses(options)
    shard = _shard(options)
    searching.find_models(options)
    texts = _test_set(options)
    texts.check()
    if options.hypotheses:
        _check_systems(options.run_dirs)
        hypotheses = Hypotheses(options.hypotheses)
        hypotheses.check(texts)
        print(_scored(hypotheses, texts, _tokenizer(options)))
        return
    with _file(options) as file:
        print(_evaluated(options, texts, file, shard))


def _file(options):
    """The context of the `GrowingFile` of `--out`, or of None."""
    if not options.out:
        return contextlib.nullcontext()
    from keras_nmt.run.growing_file import growing_file

    return growing_file(options.out, searching.job(options, "shard"))


def _evaluated(options, texts, file, shard):
    """What the command prints once all is translated."""
    translator, search = searching.load(options)
    tokenize = _tokenizer(options)

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
    else:
        hypotheses = itertools.chain.from_iterable(translated(*x) for x in chunks)
    found = _scored(hypotheses, texts, tokenize)
    if file:
        file.finish()
    return found


def _scored(hypotheses, texts, tokenize):
    from keras_nmt.evaluation.scores import for_screen, score_stream

    return for_screen(
        score_stream(hypotheses, texts.references, texts.kept, tokenize=tokenize)
    )


def _shard(options):
    """The numbers of `--shard`, if the options go together."""
    shard = shard_of(options.shard)
    if shard != (1, 1) and not options.out:
        raise InputError("--shard needs --out FILE; each part has a file of its own")
    return shard


def _check_hypotheses(options):
    """Refuses what is not read beside `--hypotheses`, and a missing run."""
    named = searching.given(options, (*searching.SEARCH, "out", "shard"))
    if named:
        raise InputError(
            f"--hypotheses are scored as they are; leave out {', '.join(named)}"
        )
    if not (options.run_dirs or options.model):
        raise InputError(
            "no run is named, as --hypotheses takes all words after it; put RUN_DIR "
            "before --hypotheses"
        )
    for folder in filter(Path.is_dir, options.hypotheses):
        raise InputError(
            f"--hypotheses {folder}: is a folder; name files of translations, and put "
            "RUN_DIR before --hypotheses"
        )


def _check_systems(folders):
    """Refuses folders that are none of a run or a model; weights may be missing."""
    from keras_nmt.run.model_folder import files_to_load
    from keras_nmt.run.runs import Run

    for folder in folders:
        path, _ = files_to_load(folder)
        if not path.is_file() and not Run(folder).config_file.is_file():
            raise InputError(
                f"{folder}: holds neither a run nor a model; give the folder of one"
            )


def _tokenizer(options):
    """BLEU's: that of `--tokenize`, of the run's scores, or of its target language."""
    from keras_nmt.evaluation import bleu_tokenizers
    from keras_nmt.run.model_folder import files_to_load
    from keras_nmt.run.runs import Run
    from keras_nmt.run.translator_file import read_description, read_side

    folder, name = options.run_dirs[0], options.tokenize
    if name is None and "test" in (scores := Run(folder).scores):
        name = bleu_tokenizers.tokenizer_of_run(scores)
    if name is None:
        path, _ = files_to_load(folder)
        side = read_side(read_description(path), "target", path)
        language = getattr(side.tokenizer, "language", None)
        name = bleu_tokenizers.tokenizer_of(language)
    return bleu_tokenizers.check_tokenizer(name)


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

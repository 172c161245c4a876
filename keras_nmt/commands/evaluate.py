"""`keras-nmt evaluate`: BLEU, chrF and TER of the run's test set or another one."""

from pathlib import Path

from keras_nmt.commands import searching
from keras_nmt.errors import InputError
from keras_nmt.text.lines import read_lines


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


def run(options):
    from keras_nmt.evaluation.bleu_tokenizers import check_tokenizer
    from keras_nmt.evaluation.scores import for_screen, score

    if options.tokenize:
        check_tokenizer(options.tokenize)
    searching.find_models(options)
    sources, (references, *others), kept = _test_set(options)
    translator, search = searching.load(options)
    tokenize = check_tokenizer(options.tokenize or _own_tokenizer(options, translator))
    hypotheses = translator.translate(
        sources, search, batch_size=options.batch_size, progress=None
    )
    found = score(
        hypotheses, references, kept, tokenize=tokenize, other_references=others
    )
    print(for_screen(found))


def _own_tokenizer(options, translator):
    """BLEU's tokenizer: the one of the run's scores, or of its language if unscored."""
    from keras_nmt.evaluation.bleu_tokenizers import tokenizer_of, tokenizer_of_run
    from keras_nmt.run.runs import Run

    scores = Run(options.run_dirs[0]).scores
    if "test" in scores:
        return tokenizer_of_run(scores)
    return tokenizer_of(getattr(translator.target.tokenizer, "language", None))


def _test_set(options):
    """Sources, lists of references, and the indices of the kept pairs or None."""
    if bool(options.source) != bool(options.reference):
        raise InputError("--source and --reference go together; give both or none")
    if options.source:
        sources = read_lines(options.source)
        references = [read_lines(path) for path in options.reference]
        for path, lines in zip(options.reference, references, strict=True):
            if len(sources) != len(lines):
                raise InputError(
                    f"{options.source} has {len(sources)} lines but {path} "
                    f"{len(lines)}; give one reference a source line"
                )
        return sources, references, None
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
    return sources, [references], kept if same else None

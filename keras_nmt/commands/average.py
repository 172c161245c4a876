"""`keras-nmt average`: the mean of the weights of a run's last or best epochs."""

from pathlib import Path

from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError


def add_to(commands):
    parser = commands.add_parser(
        "average", help="the mean of the weights of a run's epochs, to a run folder"
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add(
        "run_dir",
        type=Path,
        metavar="RUN_DIR",
        help="a complete run whose recipe has keep_last",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--last", type=int, metavar="K", help="of the last K epochs")
    which.add_argument(
        "--best", type=int, metavar="K", help="of the K best epochs on validation"
    )
    add("--out", type=Path, metavar="RUN_DIR", help="RUN_DIR-average-lastK or -bestK")
    add(
        "--score-test",
        dest="score_test",
        action="store_true",
        help="translate and score the test set, too; do so when all is chosen",
    )
    corpus_options.add_options(parser, default=None)
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    from keras_nmt.kernels import overrule_settings
    from keras_nmt.run.average_run import chosen_epochs, write_average
    from keras_nmt.run.averaging import in_words
    from keras_nmt.run.runs import Run, complete_run

    overrule_settings()
    source = complete_run(options.run_dir)
    by = "last" if options.last is not None else "best"
    count = getattr(options, by)
    epochs = chosen_epochs(source, by, count)
    new = Run(options.out or source.average_folder(by, count))
    validation = validation_text(options, source)
    scores = write_average(
        source, new, epochs, f"{by}{count}", validation, options.score_test
    )
    found = scores["validation"]
    names = {
        "average": f"average of {in_words(epochs)}",
        "best_epoch": f"best single epoch, {found['best_epoch']['epoch']}",
    }
    print("validation:")
    for key, name in names.items():
        loss, bleu = found[key]["loss"], found[key]["bleu"]
        print(f"  loss {loss:.4f}  BLEU {bleu:5.2f}  {name}")
    if "test" in scores:
        from keras_nmt.evaluation.scores import for_screen

        print("test, of the average:")
        print(for_screen(scores["test"]))
    print(f"{new.folder}: keras-nmt translate {new.folder} < FILE translates with it")


def validation_text(options, source):
    """The validation text of the corpus that the run was trained on."""
    if not any(corpus_options.given(options).values()):
        if source.corpus not in corpus_options.BUILT_IN:
            raise InputError(
                f"{source.folder}: was trained on {source.corpus}; name its text by "
                "--corpus, as for train"
            )
        options.corpus = source.corpus
    return corpus_options.chosen_corpus(options).validation

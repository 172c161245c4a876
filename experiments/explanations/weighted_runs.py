"""The runs of given folders that still hold their weights, and their text."""

from pathlib import Path

from experiments.report.systems import order
from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser
from keras_nmt.run.runs import Run


def parser_of(description, out, of_validation=False):
    """The parser of a program that measures trained runs.

    Args:
        description: what it says of itself.
        out: where it writes unless told.
        of_validation: whether it reads the runs' validation text, which may be the
            user's own.
    """
    parser = OptionParser(description=description)
    parser.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN_DIR")
    parser.add_argument("--out", type=Path, default=Path(out))
    if of_validation:
        corpus_options.add_options(parser, default=None)
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def with_weights(folders):
    """The complete runs with weights, the writeup's systems first.

    What is left out is printed: git keeps no weights, so a fresh copy has none.

    Args:
        folders: paths of run folders.

    Raises:
        InputError: a folder does not exist, or no run has weights.
    """
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; give run folders")
        run = Run(folder)
        if run.status != "complete":
            print(f"{folder}: left out, {run.status} ({run.reason})", flush=True)
        elif not (run.translating_weights_file.exists() and _is_described(run)):
            print(f"{folder}: left out, it has no weights", flush=True)
        else:
            found.append(run)
    if not found:
        raise InputError(
            "no complete run with weights among the folders; train one, with "
            "python -m experiments.train"
        )
    return sorted(found, key=lambda run: (run.corpus, order(run.recipe), run.folder))


def _is_described(run):
    return run.translator_file.exists()


def corpora(options, runs):
    """`{name: Corpus}` of the runs' corpora, each read once.

    Args:
        options: parsed options of `corpora.options`. They name the corpus of all runs;
            without them each run's is loaded, if it is a built-in one.
        runs: a list of `Run`.

    Raises:
        InputError: a run was trained on text of the user's own that is not named, or
            validated on other text than the one that is named.
    """
    named = corpus_options.given(options)
    chosen, found = None, {}
    if any(value for name, value in named.items() if name != "--data-dir"):
        chosen = corpus_options.chosen_corpus(options)
    for run in runs:
        if run.corpus not in found:
            found[run.corpus] = chosen or _built_in(run, options.data_dir)
        known = (run.text or {}).get("validation")
        if known and known != found[run.corpus].validation.fingerprints():
            raise InputError(
                f"{run.folder}: was validated on other text; give its corpus by "
                "--corpus, and runs of other corpora on their own"
            )
    return found


def _built_in(run, data_dir):
    if run.corpus not in corpus_options.BUILT_IN:
        raise InputError(
            f"{run.folder}: was trained on {run.corpus}; name its text by --corpus, as "
            "for train"
        )
    data_dir = data_dir if run.corpus == "multi30k" else None
    return corpus_options.load_corpus(run.corpus, data_dir)

"""Makes a model folder from a complete run: half-precision weights, a model card."""

import contextlib
import os
from pathlib import Path

from keras_nmt.atomic import replacing_folder
from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import (
    MissingTokenizer,
    check_tokenizer,
    tokenizer_of_run,
)
from keras_nmt.evaluation.scores import score
from keras_nmt.files import write_json, write_whole
from keras_nmt.run import model_card
from keras_nmt.run.checkpoints import TRANSLATOR
from keras_nmt.run.file_formats import write_translations
from keras_nmt.run.model_folder import (
    CARD,
    EXAMPLES,
    EXPORTS,
    WEIGHTS,
    check_replaceable,
)
from keras_nmt.run.respelling import Respeller
from keras_nmt.run.runs import Run
from keras_nmt.run.translator import load
from keras_nmt.run.translator_file import GREEDY, describe, digest_of
from keras_nmt.text.tokenizer import SubwordTokenizer
from keras_nmt.training.weights import save_weights

EXAMPLES_SHOWN = 5
"""The first test sentences, which the folder keeps with their translations."""


def package(run, folder, note="", search=GREEDY, progress=False):
    """Writes the model folder of a run, with the scores of its own search.

    The run's test set is translated by that search, so that the card says what a user
    gets. A model that is there is replaced when the new one is complete.

    Args:
        run: a complete `Run` with its checkpoints.
        folder: to write; it is new or empty, or holds a model alone.
        note: a paragraph of the user's for the card: data, licence, limits.
        search: the one that the model prefers, greedy or `BeamSearch`.
        progress: as in `TrainedTranslator.translate`.

    Returns:
        The size of the weights in bytes.

    Raises:
        InputError: the folder holds something else or cannot be written, or BLEU cannot
            be counted as the run's is; nothing is written then.
    """
    folder = Path(os.path.realpath(folder))
    check_replaceable(folder)
    tokenize = _tokenizer_of(run)
    trained = load(run.folder)
    trained.search = GREEDY if trained.model.one_pass else search
    if isinstance(trained.source.tokenizer, SubwordTokenizer):
        trained.respell = Respeller(trained.source.tokenizer)
    with _replacing_model(folder) as made:
        _write_model(trained, made)
        rows = _translated(run, load(made), progress)
        scores = score(
            [row.hypothesis for row in rows],
            [row.reference for row in rows],
            tokenize=tokenize,
        )["all"]
        write_json(Run(made).scores_file, {"test": {"all": scores}})
        examples = rows[:EXAMPLES_SHOWN]
        write_translations(made / EXAMPLES, examples)
        card = model_card.text(folder, run, trained, scores, examples, note)
        write_whole(made / CARD, card)
    return (folder / WEIGHTS).stat().st_size


def _tokenizer_of(run):
    """The tokenizer of the run's BLEU, checked to be usable here."""
    name = tokenizer_of_run(run.scores)
    try:
        return check_tokenizer(name)
    except MissingTokenizer as error:
        fault, _, _ = str(error).partition(", or score with")
    except InputError:
        fault = f"this sacreBLEU has no tokenizer {name}: get the newest"
    raise InputError(
        f"{run.scores_file}: {fault}, or count the run's BLEU by another: "
        f"python -m experiments.rescore {run.folder} --tokenize char"
    )


@contextlib.contextmanager
def _replacing_model(folder):
    """Yields a new folder, whose files become the model in the end."""
    try:
        with replacing_folder(folder, check_replaceable, TRANSLATOR, (EXPORTS,)) as new:
            yield new
    except OSError as error:
        raise InputError(
            f"cannot write {folder}: {error.strerror or error}; mend that, or give "
            "another folder by --out"
        ) from error


def _write_model(trained, folder):
    """Writes the two files that `load` reads."""
    content = describe(trained)
    content["sha256"] = digest_of(content)
    save_weights(trained.model, folder / WEIGHTS, content["sha256"], half=True)
    write_json(folder / TRANSLATOR, content)


def _translated(run, model, progress):
    """The `Translation`s of the run's test set by the packaged model."""
    rows = run.translations
    hypotheses = model.translate([row.source for row in rows], progress=progress)
    return [
        row._replace(hypothesis=hypothesis)
        for row, hypothesis in zip(rows, hypotheses, strict=True)
    ]

"""Makes a model folder from a complete run: half-precision weights, a model card."""

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import check_tokenizer, tokenizer_of_run
from keras_nmt.evaluation.scores import score
from keras_nmt.files import write_json, write_whole
from keras_nmt.run import model_card
from keras_nmt.run.checkpoints import TRANSLATOR
from keras_nmt.run.file_formats import write_translations
from keras_nmt.run.model_folder import CARD, EXAMPLES, WEIGHTS, is_model
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
    gets.

    Args:
        run: a complete `Run` with its checkpoints.
        folder: to write; a model that is there is replaced.
        note: a paragraph of the user's for the card: data, licence, limits.
        search: the one that the model prefers, greedy or `BeamSearch`.
        progress: as in `TrainedTranslator.translate`.

    Returns:
        The size of the weights in bytes.

    Raises:
        InputError: the folder holds something else.
    """
    if folder.exists() and not is_model(folder) and any(folder.iterdir()):
        raise InputError(f"{folder}: holds other files; give an empty folder by --out")
    trained = load(run.folder)
    trained.search = GREEDY if trained.model.one_pass else search
    if isinstance(trained.source.tokenizer, SubwordTokenizer):
        trained.respell = Respeller(trained.source.tokenizer)
    content = describe(trained)
    content["sha256"] = digest_of(content)
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    save_weights(trained.model, weights, content["sha256"], half=True)
    write_json(folder / TRANSLATOR, content)
    rows = _translated(run, load(folder), progress)
    write_translations(folder / EXAMPLES, rows[:EXAMPLES_SHOWN])
    scores = _scores(run, rows)
    write_json(Run(folder).scores_file, {"test": {"all": scores}})
    card = model_card.text(
        folder.name, run, trained, scores, rows[:EXAMPLES_SHOWN], note
    )
    write_whole(folder / CARD, card)
    return weights.stat().st_size


def _translated(run, model, progress):
    """The `Translation`s of the run's test set by the packaged model."""
    rows = run.translations
    hypotheses = model.translate([row.source for row in rows], progress=progress)
    return [
        row._replace(hypothesis=hypothesis)
        for row, hypothesis in zip(rows, hypotheses, strict=True)
    ]


def _scores(run, rows):
    _, references, hypotheses = zip(*rows, strict=True)
    tokenize = check_tokenizer(tokenizer_of_run(run.scores))
    return score(hypotheses, references, tokenize=tokenize)["all"]

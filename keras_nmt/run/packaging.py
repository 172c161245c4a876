"""Makes a model folder from a complete run: half-precision weights, a model card."""

from keras_nmt.errors import InputError
from keras_nmt.files import write_json, write_whole
from keras_nmt.run import model_card
from keras_nmt.run.checkpoints import TRANSLATOR
from keras_nmt.run.model_folder import CARD, WEIGHTS, is_model
from keras_nmt.run.translator import load
from keras_nmt.run.translator_file import describe, digest_of
from keras_nmt.training.weights import save_weights


def package(run, folder, note=""):
    """Writes the model folder of a run.

    Args:
        run: a complete `Run` with its checkpoints.
        folder: to write; a model that is there is replaced.
        note: a paragraph of the user's for the card: data, licence, limits.

    Returns:
        The size of the weights in bytes.

    Raises:
        InputError: the folder holds something else.
    """
    if folder.exists() and not is_model(folder) and any(folder.iterdir()):
        raise InputError(f"{folder}: holds other files; give an empty folder by --out")
    trained = load(run.folder)
    content = describe(trained)
    content["sha256"] = digest_of(content)
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    save_weights(trained.model, weights, content["sha256"], half=True)
    write_json(folder / TRANSLATOR, content)
    write_whole(folder / CARD, model_card.text(folder.name, run, trained, note))
    return weights.stat().st_size

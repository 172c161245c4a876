"""The weights with which a trained run translates: the best epoch's, or an average."""

from keras_nmt.run import averaging
from keras_nmt.run.status import STOPPED_EARLY
from keras_nmt.training.weights import load_weights


def load_chosen(recipe, run, model, rows, owner):
    """Loads the weights that a recipe asks for, after its training.

    Args:
        recipe: a `Recipe`.
        run: the `Run`, with the weights of its epochs.
        model: built.
        rows: of epochs.csv.
        owner: as in `save_weights`, for the average.

    Returns:
        What scores.json says of the choice.
    """
    best, done = recipe.selection.best(rows), rows[-1]["epoch"]
    found = {"best_epoch": best}
    if done < recipe.epochs:
        found[STOPPED_EARLY] = done
        _say(
            run,
            f"stopped early after epoch {done} of {recipe.epochs}: no better "
            f"{recipe.selection.column} since epoch {best}",
        )
    if not recipe.average_last:
        load_weights(model, run.weights_file)
        return found
    epochs = [row["epoch"] for row in rows[-recipe.average_last :]]
    _say(run, f"translating with the average of {averaging.in_words(epochs)}")
    averaging.load_average(model, run, epochs)
    averaging.save_average(model, run, owner)
    return {**found, "averaged_epochs": epochs}


def _say(run, line):
    print(f"{run.folder}: {line}", flush=True)

"""The model of a run as it was before training."""

import dataclasses

from keras_nmt.compiling import compiled
from keras_nmt.recipes.from_text import replaced
from keras_nmt.recipes.recurrent import RecurrentRecipe


def initial_model(run, translator):
    """A recurrent run's model with the weights that its seed gives on this backend.

    Args:
        run: a `Run` of a `RecurrentRecipe`.
        translator: its `TrainedTranslator`, for the sizes of its vocabularies.
    """
    blank = RecurrentRecipe(
        name=run.recipe, system=None, epochs=1, dropout=0, kind="rnn"
    )
    known = {x.name for x in dataclasses.fields(blank)} - {"name", "system", "about"}
    fields = {name: run.config[name] for name in known & run.config.keys()}
    recipe = replaced(blank, {**fields, "name": run.recipe, "system": None})
    sizes = len(translator.source.vocabulary), len(translator.target.vocabulary)
    return compiled(recipe, sizes, run.seed or 0)

"""The recipe `recurrent`, shrunken: it learns, and goes on where it stopped."""

import dataclasses
import signal

import keras
import pytest

from keras_nmt.corpora import captions
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.errors import Interrupted
from keras_nmt.recipes.own import RECURRENT
from keras_nmt.run.runs import Run
from keras_nmt.train import train
from tests import checks
from tests.test_resume import At, Trainings
from tests.test_train import read_epochs

SMALL = dataclasses.replace(
    RECURRENT,
    epochs=3,
    batch_size=32,
    learning_rate=5e-3,
    dropout=0.1,
    subword_vocabulary_size=500,
    embedding_dim=64,
    hidden_dim=96,
    max_length=32,
    shapes=((32, 32),),
)
MOST_LOSS = 3.3
"""Of validation after 3 epochs, in nats a piece; on torch 2.90, after one 4.37."""


def corpus(pairs):
    def part(text, count):
        return ParallelText(text.source[:count], text.target[:count])

    whole = captions.load()
    return Corpus(
        "captions",
        "de",
        "en",
        part(whole.train, pairs),
        part(whole.validation, 100),
        part(whole.test, 60),
    )


def test_the_shrunken_recipe_learns_the_captions(tmp_path):
    run = Run(tmp_path / "run")
    train(SMALL, corpus(600), run)
    losses = [float(row["val_loss"]) for row in read_epochs(run.folder)]
    assert losses[-1] < MOST_LOSS
    keras.utils.clear_session()


@pytest.mark.parametrize("num_layers", [1, 2])
def test_an_interrupted_training_ends_as_a_whole_one(num_layers, tmp_path):
    """Also with dropout between layers, whose noise is drawn before the loop."""
    recipe = dataclasses.replace(
        SMALL,
        num_layers=num_layers,
        layer_norm=num_layers > 1,
        tied="target",
        dropout=0.3,
        embedding_dim=checks.EMBEDDING_DIM,
        hidden_dim=checks.HIDDEN_DIM,
    )

    keras.utils.set_random_seed(0)
    model = recipe.build(checks.SOURCE_VOCABULARY, checks.TARGET_VOCABULARY)
    trainings = Trainings(model)
    rows, _ = trainings.run(tmp_path / "whole")
    whole = trainings.weights()
    stop = At("on_train_batch_end", (1, 1), lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        trainings.run(tmp_path / "stopped", stop)
    again, began = trainings.run(tmp_path / "stopped")
    assert "epoch 2, step 2" in began
    assert (again, trainings.weights()) == (rows, whole)

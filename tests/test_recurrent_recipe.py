"""The recipe `recurrent`, shrunken: it learns, and goes on where it stopped."""

import dataclasses
import json
import signal

import keras
import pytest

from keras_nmt.corpora import captions
from keras_nmt.corpora.corpus import Corpus
from keras_nmt.errors import Interrupted
from keras_nmt.recipes.own import RECURRENT
from keras_nmt.run.runs import Run
from keras_nmt.train import train
from tests import checks
from tests.test_resume import At, Trainings

SMALL = dataclasses.replace(
    RECURRENT,
    epochs=9,
    batch_size=96,
    learning_rate=1e-2,
    dropout=0.1,
    subword_vocabulary_size=500,
    embedding_dim=64,
    hidden_dim=96,
    max_length=20,
    shapes=((14, 14), (20, 20)),
)
MOST_WORDS = 9
LEAST_BLEU = 40


def short_captions():
    """A quarter of them: a step takes as long as its longest caption."""

    def part(text, count=None):
        lengths = [len(line.split()) for line in text.target]
        kept = [row for row, length in enumerate(lengths) if length <= MOST_WORDS]
        return text.select(kept[:count])

    whole = captions.load()
    parts = part(whole.train), part(whole.validation, 100), part(whole.test, 60)
    return Corpus("captions", "de", "en", *parts)


def test_the_shrunken_recipe_learns_the_captions(tmp_path):
    run = Run(tmp_path / "run")
    train(SMALL, short_captions(), run)
    scores = json.loads(run.scores_file.read_text(encoding="utf-8"))
    assert scores["test"]["all"]["cased"]["bleu"]["score"] > LEAST_BLEU
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

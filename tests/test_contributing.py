"""The worked example of CONTRIBUTING.md: its very code trains and translates."""

import dataclasses
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.corpora import captions
from keras_nmt.corpora.corpus import Corpus
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.recipes.recipe import Recipe
from keras_nmt.run import systems
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.train import compiled
from tests.checks import SOURCE, TARGET_IN, fill, to_numpy

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
MODEL, RECIPE = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.M | re.S)


@pytest.fixture(scope="module")
def example():
    """What the two blocks define, in the files that they are meant for."""
    names = {"dataclasses": dataclasses, "Recipe": Recipe, "__name__": "example"}
    exec(compile(MODEL, "CONTRIBUTING.md", "exec"), names)
    exec(compile(RECIPE, "CONTRIBUTING.md", "exec"), names)
    return names


@pytest.mark.backend_free
def test_the_example_is_short():
    assert len(MODEL.splitlines()) <= 45
    assert sum(bool(line.strip()) for line in MODEL.splitlines()) <= 40


def test_the_example_trains_translates_and_is_loaded(example, monkeypatch):
    whole = captions.load()
    part = whole.train.select(range(64))
    recipe = dataclasses.replace(example["BAG"], batch_size=32)
    corpus = Corpus("part", "de", "en", part, part, part)
    prepared = prepare(corpus, **recipe.text_options())
    model = compiled(recipe, prepared.sizes, seed=0)
    batches = TranslationBatches(
        prepared.pairs["train"], **recipe.batch_options(), seed=0
    )
    source, target = prepared.source, prepared.target
    losses = model.fit(batches, epochs=4, shuffle=False, verbose=0).history["nll"]
    assert losses[-1] < 0.98 * losses[0]
    lines = list(part.source[:2])
    translations = TrainedTranslator(model, source, target).translate(lines)
    assert all(isinstance(text, str) for text in translations)

    monkeypatch.setitem(systems.SYSTEMS, "BagTranslator", example["BagTranslator"])
    content = {"system": "BagTranslator", "config": model.get_config()}
    loaded = systems.make(content, Path("translator.json"), most_bytes=10**8)
    loaded.set_weights(model.get_weights())
    assert TrainedTranslator(loaded, source, target).translate(lines) == translations


def test_the_example_takes_the_same_steps_as_its_call(example):
    model = example["BagTranslator"](11, 9, 4)
    model.build()
    fill(model)
    called = to_numpy(model({"source": SOURCE, "target_in": TARGET_IN}))
    encoded = model.encode(ops.convert_to_tensor(SOURCE))
    state = model.initial_state(encoded, len(TARGET_IN))
    for position, token_ids in enumerate(TARGET_IN.T):
        logits, state = model.decode_step(
            ops.convert_to_tensor(token_ids), state, encoded
        )
        np.testing.assert_allclose(to_numpy(logits), called[:, position], rtol=1e-5)
    assert keras.saving.get_registered_object("keras_nmt>BagTranslator") is type(model)

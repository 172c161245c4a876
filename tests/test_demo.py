"""The demo from end to end, on shrunken systems."""

import dataclasses

import pytest

from experiments import demo, recipes
from keras_nmt.corpora import captions
from keras_nmt.run.runs import Run
from keras_nmt.train import train
from tests.test_train import read_epochs, shrunken, small_corpus


@pytest.mark.backend_free
def test_the_demo_trains_reports_and_shows_translations(tmp_path, monkeypatch, capsys):
    corpus = small_corpus()
    names = ("rnn", "encoder_only")
    monkeypatch.setattr(demo, "WRITEUP", {n: recipes.WRITEUP[n] for n in names})
    monkeypatch.setattr(demo, "shortened", shrunken)
    small = {"max_length": 40, "shapes": ((40, 40),), "max_positions": 40}
    small |= {"subword_vocabulary_size": 300}
    monkeypatch.setattr(demo, "OWN", shrunken(demo.OWN, **small))
    monkeypatch.setattr(demo, "shipped", lambda: "the shipped model speaks")
    monkeypatch.setattr(demo.captions, "load", lambda: corpus)
    demo.main(["--results-dir", str(tmp_path), "--processes", "1"])
    screen = capsys.readouterr().out
    runs = tmp_path / "runs"
    shown = Run(demo.folder(runs, recipes.WRITEUP["rnn"])).kept_rows[:3]
    for row in shown:
        assert corpus.test.source[row] in screen
        assert corpus.test.target[row] in screen
    first = screen.index(corpus.test.source[shown[0]])
    assert screen.index(" rnn  ", first) < screen.index(" encoder_only  ", first)
    assert "3 runs under" in screen
    assert " transformer  " in screen
    assert screen.endswith("the shipped model speaks\n")
    for name in ("REPORT.md", "tables/captions.csv", "figures/captions_overview.png"):
        assert (tmp_path / name).is_file()


@pytest.mark.backend_free
def test_the_demo_shortens_every_recipe_of_the_writeup():
    for recipe in recipes.WRITEUP.values():
        assert 0 < demo.shortened(recipe).epochs < recipe.epochs


def test_the_built_in_corpus_is_learned_to_a_stated_score(tmp_path):
    """After the demo's first epoch of its quickest system: 2.34 nats a token."""
    recipe = demo.shortened(recipes.ENCODER_ONLY)
    recipe = dataclasses.replace(recipe, epochs=1)
    folder = demo.folder(tmp_path, recipe)
    train(recipe, captions.load(), Run(folder))
    (row,) = read_epochs(folder)
    assert float(row["val_loss"]) < 2.5

"""The demo from end to end, on two shrunken systems."""

from experiments import demo, recipes
from keras_nmt.data.corpus import Corpus
from tests.test_train import part, shrunken


def test_the_demo_trains_reports_and_shows_translations(tmp_path, monkeypatch, capsys):
    whole = demo.captions.load()
    corpus = Corpus(
        "captions",
        "de",
        "en",
        part(whole.train, 300),
        part(whole.validation, 60),
        part(whole.test, 4),
    )
    names = ("rnn", "encoder_only")
    monkeypatch.setattr(demo, "WRITEUP", {n: recipes.WRITEUP[n] for n in names})
    monkeypatch.setattr(demo, "shortened", shrunken)
    monkeypatch.setattr(demo.captions, "load", lambda: corpus)
    demo.main(["--results-dir", str(tmp_path)])
    screen = capsys.readouterr().out
    for sentence in (*corpus.test.source[:3], *corpus.test.target[:3]):
        assert sentence in screen
    assert "2 runs under" in screen
    for name in ("REPORT.md", "tables/captions.csv", "figures/captions_overview.png"):
        assert (tmp_path / name).is_file()


def test_the_demo_shortens_every_recipe_of_the_writeup():
    for recipe in recipes.WRITEUP.values():
        assert 0 < demo.shortened(recipe).epochs < recipe.epochs

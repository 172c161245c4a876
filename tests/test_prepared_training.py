"""Training on a prepared folder is training on its corpus."""

import dataclasses

import pytest

from keras_nmt.__main__ import main
from keras_nmt.corpora.in_memory import sources_of
from keras_nmt.preparation.prepare import prepare_folder
from keras_nmt.preparation.stored import open_prepared
from keras_nmt.recipes.own import TRANSFORMER
from keras_nmt.run.runs import Run
from keras_nmt.train import train, train_prepared
from tests.soak.killed_runs import TIMES
from tests.test_train import read_epochs, shrunken, small_corpus

TINY = shrunken(TRANSFORMER, num_heads=2, epochs=2)


def lasting(folder):
    """What must not depend on where the text was read from."""
    rows = [{k: v for k, v in r.items() if k not in TIMES} for r in read_epochs(folder)]
    names = "config.json", "translations.tsv", "checkpoints/best.weights.h5"
    return rows, [(folder / name).read_bytes() for name in names]


def test_a_run_on_a_prepared_folder_has_the_same_files(tmp_path):
    corpus = small_corpus()
    train(TINY, corpus, Run(tmp_path / "read"))
    folder = tmp_path / "prepared"
    prepare_folder(sources_of(corpus), folder, TINY.text_options(), say=print)
    train_prepared(TINY, open_prepared(folder), Run(tmp_path / "mapped"))
    assert lasting(tmp_path / "mapped") == lasting(tmp_path / "read")


@pytest.mark.backend_free
def test_the_commands_prepare_and_refuse_a_recipe_with_other_text(tmp_path, capsys):
    text, out = tmp_path / "toy.tsv", tmp_path / "out"
    rows = "".join(f"Satz Nummer {n}.\tSentence number {n}.\n" for n in range(80))
    text.write_text(f"de\ten\n{rows}")
    words = ["--recipe", "transformer", "--set", "subword_vocabulary_size=60"]
    main(["prepare", "--corpus", str(text), "--split", "5", "--out", str(out), *words])
    shown = capsys.readouterr().out
    assert "train: 70 of 70 pairs kept" in shown
    assert f"train on it: keras-nmt train transformer --prepared {out}" in shown
    for more, said in (
        (
            [],
            "was prepared with subword_vocabulary_size 60, and recipe transformer has",
        ),
        (["--corpus", "captions"], "--prepared names the text already; leave out --co"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["train", "transformer", "--prepared", str(out), *more])
        assert stop.value.code == 2
        assert said in capsys.readouterr().err


@pytest.mark.backend_free
def test_a_recipe_keeps_its_text_options_in_json(tmp_path):
    """The manifest holds them, and a recipe is compared with them."""
    corpus, options = small_corpus(), TINY.text_options()
    prepare_folder(sources_of(corpus), tmp_path / "out", options, say=print)
    open_prepared(tmp_path / "out").check_options("tiny", options)
    other = dataclasses.replace(TINY, dropout=0.9)
    open_prepared(tmp_path / "out").check_options("other", other.text_options())
